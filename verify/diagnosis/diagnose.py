"""Which mistake it is: the simplest transforms of the right tensor, and of what is at hand, that give the wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.diagnosis.expressions import Library
from verify.diagnosis.fit import enclosed
from verify.diagnosis.match import Match
from verify.diagnosis.relations import OUTERMOST, beside, edits, masked, outermost, ratios, swapped, terms
from verify.diagnosis.structure import factors, structural
from verify.problem import floating

MOST = 2000  # elements up to which products of what is at hand are tried
CANDIDATES = 3  # that are told, a kind each
PLACES = ("element", "row", "column", "diagonal", "zero")
# Explanations that are as simple as each other, but for so much, are told side by side.
ALIKE = 3
# What the right tensor alone explains, by its cost: each is another mistake. What is at hand says one in many ways.
WHOLE = (1, OUTERMOST)


def diagnose(
    name: str, mine: Any, want: Any, at_hand: Mapping[str, Any], *, m: int = 1, upstream: str = "dout",
    error: Any = 0.0, want_error: Any = 0.0, plain: frozenset[str] = frozenset(),
) -> tuple[Match, ...]:  # fmt: skip
    """The explanations of `mine`, the simplest first; none where it is right, or where nothing fits.

    `mine` and `want` are exact (Balls), or floats with their errors; `at_hand` are the tensors that were there, by
    name; of those that are `plain` no functions are tried. One explanation alone, of its
    simplicity, is told with confidence.
    """
    mine, want = enclosed(mine, error), enclosed(want, want_error)
    if not mine.size or not want.size or not (mine.is_finite().all() and want.is_finite().all()):
        return ()
    if mine.shape == want.shape and overlaps(mine, want).all():
        return ()
    hand = {k: enclosed(v) for k, v in at_hand.items() if _is_tensor(v)}
    sizes = _sizes(hand, m)
    found = list(structural(name, mine, want, m, sizes))
    local = all(match.kind in PLACES or match.cost != 1 for match in found)
    if local and small(mine, want):
        # A few wrong places may be a mask, or a slope that differs there alone: then both are told.
        related = list(_related(name, mine, want, hand, m, upstream, plain))
        costs = [match.cost for match in _causes(related) or related]
        found = [replace(match, cost=min(costs)) for match in found] + related if costs else found
    return _simplest(found, mine.size > 1, _various(want))


def _related(
    name: str, mine: Balls, want: Balls, hand: Mapping[str, Balls], m: int, upstream: str, plain: frozenset[str]
) -> Iterator[Match]:
    library = Library(hand, mine.shape, upstream, m, plain)
    if mine.shape != want.shape:
        yield from edits(name, mine, want, library, Library(hand, want.shape, upstream, m, plain))
        return
    found = [
        *masked(name, mine, want, library),
        *edits(name, mine, want, library),
        *ratios(name, mine, want, library),
        *terms(name, mine, want, library),
    ]
    if all(match.kind == "formula" for match in found):
        found += [*beside(name, mine, want, library), *swapped(name, mine, want, library)]
    if any(match.kind == "mask" for match in found):
        found += _there(name, mine, want, hand, m, upstream, plain)
    if all(match.kind == "formula" for match in found):
        found += [*outermost(name, mine, want, library), *_multiplied(name, mine, want, library)]
    yield from found


def _there(
    name: str, mine: Balls, want: Balls, hand: Mapping[str, Balls], m: int, upstream: str, plain: frozenset[str]
) -> Iterator[Match]:
    """What is wrong where it is wrong: the wrong elements alone, beside those of what is at hand."""
    bad = ~overlaps(mine, want)
    if bad.sum() < 2:
        return
    part = {k: Balls(x.parts[0][bad]) for k, x in hand.items() if x.shape == want.shape}
    a, b = Balls(mine.parts[0][bad]), Balls(want.parts[0][bad])
    library = Library(part, a.shape, upstream, m, plain)
    found = [*factors(name, a, b, m, {}), *edits(name, a, b, library), *ratios(name, a, b, library)]
    found += terms(name, a, b, library)
    for match in found or outermost(name, a, b, library):
        yield replace(match, sentence=f"{match.sentence[:-1]}, where it is wrong.", cost=26)


def _multiplied(name: str, mine: Balls, want: Balls, library: Library) -> Iterator[Match]:
    """What the upstream gradient was multiplied with, element by element, and what it should have been."""
    dout = library.at_hand.get(library.upstream)
    if dout is None or dout.shape != want.shape or not dout.mid().all():
        return
    with precision():
        slope, right = mine / dout, want / dout
    inner = f"{name}: what {library.upstream} is multiplied with"
    for match in (*structural(inner, slope, right, library.m, {}), *outermost(inner, slope, right, library)):
        yield replace(match, cost=33)


def small(*tensors: Any) -> bool:
    return all(np.size(x) <= MOST for x in tensors)


def _is_tensor(x: Any) -> bool:
    return isinstance(x, Balls) or floating(x)


def _sizes(hand: Mapping[str, Balls], m: int) -> dict[str, int]:
    """The sizes of what is at hand but m, each by the first array that has it."""
    found: dict[str, int] = {}
    for name, x in hand.items():
        for axis, n in enumerate(x.shape):
            if n != m and n not in found.values():
                found[f"{name}.shape[{axis}]"] = n
    return found


def _causes(found: list[Match]) -> list[Match]:
    return [match for match in found if match.kind not in ("formula", "mask", *PLACES)]


def _various(x: Balls) -> bool:
    """More than one number but 0 and signs: of zeros and ones much is true by chance."""
    return len(np.unique(np.abs(x.mid()[x.mid() != 0]))) > 1


def _simplest(found: list[Match], several: bool, various: bool) -> tuple[Match, ...]:
    """The simplest of each kind, all where the right tensor alone explains them; of several none is sure."""
    # Where a cause is known, what the tensor equals, or where it is wrong, says the same once more.
    if _causes(found):
        found = [match for match in found if match.kind not in ("formula", "mask")]
    best: dict[str, Match] = {}
    for match in sorted(found, key=lambda match: match.cost):
        best.setdefault(match.sentence if match.cost in WHOLE else match.kind, match)
    kept = [match for match in best.values() if match.cost <= min(m.cost for m in best.values()) + ALIKE]
    kept = kept[:CANDIDATES]
    # A single number fits many things, and so do many that are the same; and what a tensor equals, or where it is
    # wrong, is no cause.
    cause = len(kept) == 1 and kept[0].kind not in ("formula", "mask", "zero")
    sure = cause and several and (various or kept[0].kind in PLACES)
    return tuple(replace(match, confident=sure) for match in kept)
