"""What needs nothing but the right tensor: a factor, a transpose, a flip, a shape, a few bad elements, an offset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.diagnosis.fit import Fit, chance, equal, multiple, narrow, rare
from verify.diagnosis.match import Match
from verify.diagnosis.numbers import holds, meanings, text

SLIGHTLY = 2.0**-6  # a factor that near to 1 is said by how far it is off
FARTHEST = 16  # a shift along a longer axis is not looked for
CALLED = {1: ("elements",), 2: ("rows", "columns")}  # what lies along each axis


def structural(name: str, mine: Balls, want: Balls, m: int, sizes: Mapping[str, int]) -> Iterator[Match]:
    """Every transform of the right tensor alone that fits."""
    if mine.shape != want.shape:
        yield from _reshaped(name, mine, want)
        return
    if mine.largest().is_zero():
        yield Match("zero", f"{name} is 0 everywhere.")
        return
    yield from factors(name, mine, want, m, sizes)
    yield from _moved(name, mine, want)
    yield from _places(name, mine, want, m, sizes)
    yield from _offset(name, mine, want)


def factors(name: str, mine: Balls, want: Balls, m: int, sizes: Mapping[str, int]) -> Iterator[Match]:
    """mine = c ∗ want; c is one that is known or, but for a single number, one of the others."""
    fit = multiple(mine, want)
    if fit is None or holds(fit.factor, Fraction(1)):
        return
    found = known_factors(name, fit, m, sizes)
    yield from found
    if not found and rare(fit.chance):
        yield _other(name, fit)


def known_factors(name: str, fit: Fit, m: int, sizes: Mapping[str, int]) -> list[Match]:
    """What the factor may be, where its enclosure is sharp enough to tell."""
    found = meanings(fit.factor, m, sizes) if narrow(fit.factor) else []
    return [Match(kind, f"{name} {words}" + (f": {why}." if why else "."), fit.residual) for kind, words, why in found]


def _other(name: str, fit: Fit) -> Match:
    """A factor that is none of those that are known."""
    beyond = float((fit.factor - 1).mid())
    if abs(beyond) < SLIGHTLY:
        return Match("off", f"{name} is off by a relative {beyond:.1e}.", fit.residual)
    return Match("factor", f"{name} is {text(fit.factor)} times what it should be.", fit.residual)


def _moved(name: str, mine: Balls, want: Balls) -> Iterator[Match]:
    """The same numbers in other places."""
    for kind, words, moved in _moves(want):
        fit = equal(mine, moved)
        if fit:
            yield Match(kind, f"{name} {words}.", fit.residual)


def _moves(want: Balls) -> Iterator[tuple[str, str, Balls]]:
    """What gives the same in another way is left out: a shift of two is a flip."""
    numbers = want.parts[0]
    yield "transpose", "is the transpose of what it should be", want.T
    for axis, called in enumerate(CALLED.get(want.ndim, ())):
        yield "flip", f"has its {called} in reverse order", Balls(np.flip(numbers, axis))
    if want.ndim == 2 and min(want.shape) > 1:
        yield "flip", "has its rows and its columns in reverse order", Balls(np.flip(numbers))
    for axis, n in enumerate(want.shape):
        for by in range(n)[1:] if 2 < n <= FARTHEST else ():
            yield "shift", f"is shifted by {by} along axis {axis}", Balls(np.roll(numbers, by, axis))


def _reshaped(name: str, mine: Balls, want: Balls) -> Iterator[Match]:
    """Another shape: a transpose, the same numbers, a sum that is missing or one too many, an array that has spread."""
    shapes = f"shape {mine.shape} for {want.shape}"
    fit = equal(mine, want.T)
    if fit:
        yield Match("transpose", f"{name} is the transpose of what it should be: {shapes}.", fit.residual)
    if mine.size == want.size:
        fit = equal(mine.reshape(want.shape), want)
        if fit or not (mine.upper().any() or want.upper().any()):
            yield Match("shape", f"{name} has {shapes}; its numbers are right.", fit.residual if fit else 0.0)
        return
    for over in _sums(mine, want):
        yield Match("sum", f"{name} has {shapes}: the sum over {over} is missing.")
    for over in _sums(want, mine):
        yield Match("sum", f"{name} has {shapes}: it is summed over {over}, where nothing is to be summed.")
    try:
        spread: Any = np.broadcast_to(want, mine.shape)
    except ValueError:
        return
    if equal(mine, spread):
        yield Match("shape", f"{name} has {shapes}: the right numbers, spread over more places.")


def _sums(x: Balls, total: Balls) -> list[str]:
    """What x is to be summed over, to give the total."""
    axes = [
        f"axis {axis}"
        for axis in range(x.ndim)
        for keep in (True, False)
        if equal(np.sum(x, axis=axis, keepdims=keep), total)
    ]
    if axes or total.size > 1:
        return axes
    return ["all its elements"] if equal(np.sum(x).reshape(total.shape), total) else []


def _places(name: str, mine: Balls, want: Balls, m: int, sizes: Mapping[str, int]) -> Iterator[Match]:
    """A few wrong places among right ones: one element, a row, a column, the diagonal."""
    bad = ~overlaps(mine, want)
    found = None if bad.all() else _where(bad)
    # The others must be known to be right, by more than zeros among other numbers.
    others = chance(Balls(mine.parts[0][~bad]), Balls(want.parts[0][~bad]), None)
    if found and (rare(others) or not want.upper().any()):
        kind, where = found
        yield Match(kind, f"{name} is wrong {where} alone{_as(mine, want, bad, m, sizes)}.")


def _where(bad: Any) -> tuple[str, str] | None:
    at = np.argwhere(bad)
    if len(at) == 1:
        return "element", f"at {at[0].tolist()}"
    if bad.ndim == 2:
        rows, columns = (np.unique(at[:, axis]) for axis in (0, 1))
        if len(rows) == 1 and bad.shape[0] > 1:
            return "row", f"in row {rows[0]}"
        if len(columns) == 1 and bad.shape[1] > 1:
            return "column", f"in column {columns[0]}"
        if np.array_equal(bad, np.eye(*bad.shape)):
            return "diagonal", "on the diagonal"
    return None


def _as(mine: Balls, want: Balls, bad: Any, m: int, sizes: Mapping[str, int]) -> str:
    """What is there in the place of the right numbers."""
    held, right = Balls(mine.parts[0][bad]), Balls(want.parts[0][bad])
    if held.largest().is_zero():
        return ": it is 0 there"
    fit = multiple(held, right)
    known = meanings(fit.factor, m, sizes) if fit and narrow(fit.factor) else []
    if known:
        return f", where it {known[0][1]}"
    if held.size == 1:
        with precision():
            off = (held - right).mid()[0]
        return f", by {off:.3g}"
    return ""


def _offset(name: str, mine: Balls, want: Balls) -> Iterator[Match]:
    with precision():
        gap = mine - want
    if mine.size == 1:
        number = gap.parts[0].ravel()[0]
        words = text(number)
        if narrow(number) and "." not in words and "e" not in words:
            yield Match("offset", f"{name} is off by {words}.", 0.0, 20)
        return
    fit = multiple(gap, Balls.of(np.ones(want.shape)), want)
    if fit and (rare(fit.chance) or not want.mid().any()):
        yield Match("offset", f"{name} is off by the same {text(fit.factor)} everywhere.", fit.residual)
