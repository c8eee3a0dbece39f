"""Which one change of a formula's own source makes it right: what a reader would strike out, and write there.

Every single change of the source is tried: another operator, a part left out, an index beside it, another tensor, a
factor or a term more, statements in another order. In floating point first, which decides nothing; what is near then is
run on exact numbers, and has to be the right result there, in all it gives back.
"""

from __future__ import annotations

import ast
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.diagnosis.fit import NEAR, enclosed
from verify.problem import cast
from verify.repair.changes import CHOICE, Slot, Words, more, others, put, simple, slots, switch
from verify.repair.parts import Parts, parts_of
from verify.runs import named, run
from verify.source.code import Chain, bound, chains, changeable, has_source, readable, tree_of

SECONDS = 5.0  # of work for one formula
DEEPEST = 2  # the formula, and the helpers that it calls
ASIDE = "({x}) * 1.0625 + 0.0078125"  # what a part is moved to, to see what depends on it
Floats = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """The function under test, and `results(function, **inputs)`: what is compared, with another in its place."""

    function: Callable[..., Any]
    results: Callable[..., Any]
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Repair:
    """`where`: the function, and the line of its file; `words`: what to write there; `function`: the formula then."""

    where: str
    words: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class _Source:
    """A function of the chain's end, in which the mistake may be; and what is known of the whole."""

    subject: Subject
    want: Mapping[str, Balls]
    wrong: Floats | None
    until: float
    chain: Chain
    tree: ast.FunctionDef

    def late(self) -> bool:
        return time.process_time() > self.until


def repairs(subject: Subject, want: Mapping[str, Balls], seconds: float = SECONDS) -> list[Repair]:
    """All changes of the simplest kind, of which one is enough, that make the results `want`; none where none is found.

    Nothing is told where the function's source is not to be had, or is not what was run.
    """
    # What only watches a formula hands its name on.
    function = getattr(subject.function, "__wrapped__", subject.function)
    if not has_source(function) or not want or _holds(subject, function, want, True):
        return []
    wrong, until = _floats(subject, function), time.process_time() + seconds
    sources = [
        _Source(subject, want, wrong, until, chain, tree)
        for chain in chains(function, _is_helper, DEEPEST)
        if (tree := _tree(chain)) is not None and _same(_floats(subject, bound(chain, tree)), wrong)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a changed source may be no good Python
        for near in (_simple, _exchanged, _extended):
            found = {text: one for source in sources for text, one in _sure(source, near)}
            if found:
                return list(found.values())
    return []


def _sure(source: _Source, near: Callable[[_Source], Iterator[Words]]) -> Iterator[tuple[str, Repair]]:
    seen: set[str] = set()
    for words in near(source):
        text = ast.unparse(source.tree)
        if text not in seen:
            seen.add(text)
            repaired = readable(source.chain, source.tree)
            if _holds(source.subject, repaired, source.want, False):
                told = words()
                yield text, Repair(_where(source.chain[-1], told.line), told.words, repaired)


def _where(function: Any, line: int) -> str:
    in_a_file = Path(function.__code__.co_filename).exists()
    return f"{function.__name__}, line {line}" if in_a_file else str(function.__name__)


def _simple(source: _Source) -> Iterator[Words]:
    """While the tree holds a change that is near: its words. So do the two below."""
    for words in simple(source.tree, changeable(source.tree)):
        if source.late():
            return
        if _near(_changed(source), source.want):
            yield words


def _exchanged(source: _Source) -> Iterator[Words]:
    return _offered(source, others)


def _extended(source: _Source) -> Iterator[Words]:
    return _offered(source, more)


def _offered(source: _Source, offers: Callable[[Slot, Parts], list[ast.AST]]) -> Iterator[Words]:
    nodes = changeable(source.tree)
    parts = parts_of(source.tree, nodes)
    for slot in slots(source.tree, nodes):
        offered = offers(slot, parts)
        if not offered or not _matters(source, slot):
            continue
        choice = [0]
        slot.put(switch(offered))
        function = _function(source, {CHOICE: choice})
        slot.put(slot.at)
        if function is None:
            continue
        for i, node in enumerate(offered):
            choice[0] = i
            if source.late():
                return
            if _near(_floats(source.subject, function), source.want):
                yield put(slot, node)
                slot.put(slot.at)


def _matters(source: _Source, slot: Slot) -> bool:
    """Whether all that is wrong depends on the slot, and nothing else does; where that cannot be told, so it is."""
    if source.wrong is None or not slot.is_number:
        return True
    slot.put(ast.parse(ASIDE.format(x=ast.unparse(slot.at)), mode="eval").body)
    moved = _changed(source)
    slot.put(slot.at)
    if moved is None or any(moved[k].shape != x.shape for k, x in source.wrong.items() if k in moved):
        return True
    for k, want in source.want.items():
        if k in moved and source.wrong[k].shape == want.shape:
            off = _off(source.wrong[k], want)
            touched = moved[k] != source.wrong[k]
            if (off & ~touched).any() or (not off.any() and touched.any()):
                return False
    return True


def _is_helper(x: Any) -> bool:
    return not x.__module__.startswith(("numpy", "torch", "verify"))


def _tree(chain: Chain) -> ast.FunctionDef | None:
    try:
        return tree_of(chain[-1])
    except (OSError, TypeError, SyntaxError):
        return None


def _function(source: _Source, extra: Mapping[str, Any]) -> Callable[..., Any] | None:
    try:
        made: Callable[..., Any] = bound(source.chain, ast.fix_missing_locations(source.tree), extra)
    except Exception:  # a change that is no Python
        return None
    return made


def _changed(source: _Source) -> Floats | None:
    function = _function(source, {})
    return _floats(source.subject, function) if function else None


def _floats(subject: Subject, function: Callable[..., Any]) -> Floats | None:
    """The results in floating point; None where it raises."""
    try:
        with np.errstate(all="ignore"):
            found = named(subject.results(function, **cast(subject.inputs, "float64")))
            return {k: np.asarray(x, dtype=np.float64) for k, x in found.items()}
    except Exception:  # a changed formula may raise anything
        return None


def _same(found: Floats | None, other: Floats | None) -> bool:
    if found is None or other is None:
        return found is other
    return set(found) == set(other) and all(np.array_equal(found[k], other[k], equal_nan=True) for k in other)


def _off(found: Any, want: Balls) -> Any:
    """Which elements are not near: floating point chooses what is looked at, and decides nothing."""
    middle = want.mid()
    return ~(np.abs(found - middle) <= NEAR * np.max(np.abs(middle), initial=0.0))


def _near(found: Floats | None, want: Mapping[str, Balls]) -> bool:
    if found is None or not set(want) <= set(found):
        return False
    return all(found[k].shape == x.shape and not _off(found[k], x).any() for k, x in want.items())


def _holds(subject: Subject, function: Callable[..., Any], want: Mapping[str, Balls], overwrites: bool) -> bool:
    """Exactly, or within the running bounds; and, but where it may, nothing that was given is overwritten."""
    try:
        runs = run(lambda **inputs: subject.results(function, **inputs), subject.inputs, "float64")
    except Exception:  # a changed formula may raise anything
        return False
    if not overwrites and any(finding.startswith("overwrites") for finding in runs.findings):
        return False
    with precision():
        for k, x in want.items():
            known = k in runs.exact or (k in runs.budget and np.isfinite(runs.budget[k]).all())
            if not known or runs.value[k].shape != x.shape:
                return False
            mine = runs.exact[k] if k in runs.exact else enclosed(runs.value[k], runs.budget[k])
            if not overlaps(mine, x).all():
                return False
    return True
