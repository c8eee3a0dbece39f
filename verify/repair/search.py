"""Which one change of a formula's own source makes it right: what a reader would strike out, and write there.

Every single change of the source is tried, the simplest kind first: another operator, a part left out, an index beside
it, statements in another order; another tensor; a factor or a term more.
"""

from __future__ import annotations

import ast
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from verify.repair.changes import CHOICE, Slot, Words, more, orders, others, put, simple, slots, switch, turned
from verify.repair.parts import Parts, parts_of
from verify.source.code import Chain, bound, chains, changeable, has_source, readable, tree_of
from verify.source.guard import is_guarded, within
from verify.source.plain import is_endless, is_plain

SECONDS = 5.0  # of work for one formula
RUN = 0.2  # seconds of work for one run, where a loop need not end
ASIDE = "({x}) * 1.0625 + 0.0078125"  # what a part is moved to, to see what depends on it
Function = Callable[..., Any]


@dataclass(frozen=True)
class Trial:
    """How a changed formula is tried.

    `same`: is it what was run, in all it gives back; `near`: may it be right, as floating point has it, which decides
    nothing; `holds`: is it right; `matters`: with a part of it moved, has all moved that is wrong, and nothing else.
    """

    same: Callable[[Function], bool]
    near: Callable[[Function], bool]
    holds: Callable[[Function], bool]
    matters: Callable[[Function], bool]


@dataclass(frozen=True)
class Repair:
    """`where`: the function, and the line of its file; `words`: what to write there; `function`: the formula then."""

    where: str
    words: str
    function: Function


@dataclass(frozen=True)
class _Source:
    """A function in which the mistake may be: the last of a chain, and its tree."""

    trial: Trial
    until: float
    chain: Chain
    tree: ast.FunctionDef

    def late(self) -> bool:
        return time.process_time() > self.until

    def function(self, extra: Mapping[str, Any] | None = None) -> Function | None:
        """The formula as the tree reads now; None where that is no Python."""
        try:
            made: Function = bound(self.chain, ast.fix_missing_locations(self.tree), extra or {})
        except Exception:
            return None
        return made


def search(function: Function, trial: Trial, seconds: float = SECONDS) -> list[Repair]:
    """All changes of the simplest kind of which one is enough; none where none is found.

    Nothing is told where the function's source is not to be had, is not what was run, or does more than compute.
    """
    # What only watches a formula hands its name on.
    function = getattr(function, "__wrapped__", function)
    if not has_source(function):
        return []
    until = time.process_time() + seconds
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a changed source may be no good Python
        sources = [
            _Source(trial, until, chain, tree)
            for chain in chains(function, _is_helper)
            if (tree := _tree(chain)) is not None and trial.same(bound(chain, tree))
        ]
        sources = [replace(source, trial=_guarded(trial)) if is_endless(source.tree) else source for source in sources]
        for near in KINDS:
            found = {text: one for source in sources for text, one in _sure(source, near)}
            if near is ORDERED:  # a statement that may come before one may come before those above it too
                found = {one.where: one for one in reversed(found.values())}
            if found:
                return list(found.values())
    return []


def _guarded(trial: Trial) -> Trial:
    """The same, where a change may make a loop go on for ever."""

    def ends(asked: Callable[[Function], bool], function: Function) -> bool:
        try:
            with within(RUN):
                return asked(function)
        except TimeoutError:
            return False

    return Trial(*(partial(ends, asked) for asked in (trial.same, trial.near, trial.holds, trial.matters)))


def _sure(source: _Source, near: Callable[[_Source], Iterator[Words]]) -> Iterator[tuple[str, Repair]]:
    seen: set[str] = set()
    for words in near(source):
        text = ast.unparse(source.tree)
        if text not in seen:
            seen.add(text)
            repaired = readable(source.chain, source.tree)
            if source.trial.holds(repaired):
                told = words()
                yield text, Repair(_where(source.chain[-1], told.line), told.words, repaired)


def _where(function: Any, line: int) -> str:
    in_a_file = Path(function.__code__.co_filename).exists()
    return f"{function.__name__}, line {line}" if in_a_file else str(function.__name__)


def _by_itself(changes: Callable[[ast.FunctionDef], Iterator[Words]], source: _Source) -> Iterator[Words]:
    """While the tree holds a change that is near: its words. So does the one below."""
    for words in changes(source.tree):
        if source.late():
            return
        function = source.function()
        if function and source.trial.near(function):
            yield words


def _offered(offers: Callable[[Slot, Parts, bool], list[ast.AST]], made: bool, source: _Source) -> Iterator[Words]:
    """Of a slot all that is offered is compiled at once."""
    parts = parts_of(source.tree, changeable(source.tree))
    for slot in slots(source.tree):
        offered = offers(slot, parts, made)
        if not offered or not _matters(source, slot):
            continue
        choice: list[int] = []
        slot.put(switch(offered))
        function = source.function({CHOICE: choice})
        slot.put(slot.at)
        if function is None:
            continue
        for i, node in enumerate(offered):
            choice[:] = [i]
            if source.late():
                return
            if source.trial.near(function):
                yield put(slot, node)
                slot.put(slot.at)


ORDERED = partial(_by_itself, orders)
# The simplest first: what stands in the source comes before what is made of its names.
KINDS: tuple[Callable[[_Source], Iterator[Words]], ...] = (
    partial(_by_itself, simple),
    ORDERED,
    partial(_by_itself, turned),
    *(partial(_offered, offers, made) for made in (False, True) for offers in (others, more)),
)


def _matters(source: _Source, slot: Slot) -> bool:
    """Where it cannot be told, it does."""
    if not slot.is_number:
        return True
    slot.put(ast.parse(ASIDE.format(x=ast.unparse(slot.at)), mode="eval").body)
    moved = source.function()
    slot.put(slot.at)
    return moved is None or source.trial.matters(moved)


def _is_helper(x: Any) -> bool:
    return not x.__module__.startswith(("numpy", "torch", "verify"))


def _tree(chain: Chain) -> ast.FunctionDef | None:
    try:
        tree = tree_of(chain[-1])
    except (OSError, TypeError, SyntaxError):
        return None
    return tree if is_plain(chain[-1], tree) and (is_guarded() or not is_endless(tree)) else None
