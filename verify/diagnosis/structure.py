"""What needs nothing but the right tensor: a factor, a transpose, a flip, a shape, a few bad elements, an offset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.diagnosis.fit import CHANCE, Fit, equal, multiple
from verify.diagnosis.match import Match
from verify.diagnosis.numbers import holds, meanings, text
from verify.questions import place

SLIGHTLY = 2.0**-6  # a factor that near to 1 is said by how far it is off
FARTHEST = 16  # a shift along a longer axis is not looked for


def structural(name: str, mine: Balls, want: Balls, m: int, sizes: Mapping[str, int]) -> Iterator[Match]:
    """Every transform of the right tensor alone that fits."""
    if mine.shape != want.shape:
        yield from _reshaped(name, mine, want)
        return
    if not mine.mid().any() and bool(overlaps(mine, mine * 0).all()):
        yield Match("zero", f"{name} is 0 everywhere.")
        return
    yield from factors(name, mine, want, m, sizes)
    yield from _moved(name, mine, want)
    yield from _places(name, mine, want, m, sizes)
    yield from _offset(name, mine, want)


def factors(name: str, mine: Balls, want: Balls, m: int, sizes: Mapping[str, int]) -> Iterator[Match]:
    """mine = c ∗ want. Of a single number that says something only where c is one that is known."""
    fit = multiple(mine, want)
    if fit is None or holds(fit.factor, Fraction(1)):
        return
    # Enclosures that are wide agree with anything.
    narrow = fit.chance < CHANCE or bool(fit.factor.rad() < abs(fit.factor.mid()) * CHANCE)
    found = meanings(fit.factor, m, sizes) if narrow else []
    for kind, words, why in found:
        yield Match(kind, f"{name} {words}" + (f": {why}." if why else "."), fit.residual)
    if not found and fit.chance < CHANCE:
        yield _other(name, fit)


def _other(name: str, fit: Fit) -> Match:
    """A factor that is none of those that are known."""
    beyond = float(fit.factor.mid()) - 1
    if abs(beyond) < SLIGHTLY:
        return Match("off", f"{name} is off by a relative {beyond:.1e}.", fit.residual)
    return Match("factor", f"{name} is {text(fit.factor)} times what it should be.", fit.residual)


def _sure(fit: Fit | None) -> Fit | None:
    return fit if fit is not None and fit.chance < CHANCE else None


def _moved(name: str, mine: Balls, want: Balls) -> Iterator[Match]:
    """The same numbers in other places. What a transform leaves as it is says nothing."""
    moves: dict[str, Any] = {}
    if want.ndim == 2 and want.shape[0] == want.shape[1]:
        moves["transpose"] = ("is the transpose of what it should be", want.T)
    for axis, called in enumerate(("rows", "columns")[: want.ndim] if want.ndim != 1 else ("elements",)):
        if want.shape[axis] > 1:
            index = tuple(slice(None, None, -1) if i == axis else slice(None) for i in range(want.ndim))
            moves[f"flip {axis}"] = (f"has its {called} in reverse order", want[index])
    if want.ndim == 2 and min(want.shape) > 1:
        moves["flip both"] = ("has its rows and its columns in reverse order", want[::-1, ::-1])
    for kind, (words, moved) in moves.items():
        fit = _sure(equal(mine, moved))
        if fit:
            yield Match(kind.split()[0], f"{name} {words}.", fit.residual)
    for axis in range(want.ndim):
        for by in range(1, want.shape[axis]) if 2 < want.shape[axis] <= FARTHEST else ():
            fit = _sure(equal(mine, _rolled(want, by, axis)))
            if fit:
                yield Match("shift", f"{name} is shifted by {by} along axis {axis}.", fit.residual)


def _rolled(x: Balls, by: int, axis: int) -> Balls:
    return Balls(np.roll(x.parts[0], by, axis), x.dtype)


def _reshaped(name: str, mine: Balls, want: Balls) -> Iterator[Match]:
    """Another shape: a transpose, the same numbers, a sum that is missing or one too many, an array that has spread."""
    is_, ought = f"{name} has shape {mine.shape}", f"for {want.shape}"
    if mine.ndim == 2 and mine.shape == want.shape[::-1]:
        fit = _sure(equal(mine, want.T))
        if fit:
            yield Match(
                "transpose", f"{name} is the transpose of what it should be: shape {mine.shape} {ought}.", fit.residual
            )
    if mine.size == want.size:
        fit = equal(mine.reshape(want.shape), want)
        if fit:
            yield Match("shape", f"{is_} {ought}; its numbers are right.", fit.residual)
        return
    for axis in range(mine.ndim):
        for keep in (True, False):
            total = np.sum(mine, axis=axis, keepdims=keep)
            if total.shape == want.shape and _sure(equal(total, want)):
                yield Match("sum", f"{is_} {ought}: the sum over axis {axis} is missing.", 0.0)
    if mine.ndim and _sure(equal(np.sum(mine).reshape((1,) * want.ndim), want.reshape(want.shape))) and want.size == 1:
        yield Match("sum", f"{is_} {ought}: the sum over all its elements is missing.", 0.0)
    for axis in range(want.ndim):
        for keep in (True, False):
            total = np.sum(want, axis=axis, keepdims=keep)
            if total.shape == mine.shape and _sure(equal(mine, total)):
                yield Match("sum", f"{is_} {ought}: it is summed over axis {axis}, where nothing is to be summed.", 0.0)
    try:
        spread: Any = np.broadcast_to(want, mine.shape)
    except ValueError:
        return
    if _sure(equal(mine, spread)):
        yield Match("shape", f"{is_} {ought}: the right numbers, spread over more places.", 0.0)


def _places(name: str, mine: Balls, want: Balls, m: int, sizes: Mapping[str, int]) -> Iterator[Match]:
    """A few wrong places among right ones: one element, a row, a column, the diagonal."""
    bad = ~overlaps(mine, want)
    nonzero = want.mid() != 0
    good = ~bad & (nonzero | ~nonzero.any())
    if not bad.any() or not good.any():
        return
    at = np.argwhere(bad)
    kinds: dict[str, str] = {}
    if len(at) == 1:
        kinds["element"] = f"at {place(int(np.flatnonzero(bad)[0]), want.shape)}"
    if want.ndim == 2:
        rows, columns = (set(at[:, i].tolist()) for i in (0, 1))
        if len(rows) == 1 and want.shape[0] > 1 and len(at) > 1:
            kinds["row"] = f"in row {rows.pop()}"
        elif len(columns) == 1 and want.shape[1] > 1 and len(at) > 1:
            kinds["column"] = f"in column {columns.pop()}"
        elif len(at) > 1 and all(i == j for i, j in at) and len(at) == min(want.shape):
            kinds["diagonal"] = "on the diagonal"
    for kind, where in kinds.items():
        yield Match(kind, f"{name} is wrong {where} alone{_as(mine, want, bad, m, sizes)}.", 0.0)


def _as(mine: Balls, want: Balls, bad: Any, m: int, sizes: Mapping[str, int]) -> str:
    """What is there in the place of the right numbers."""
    held, right = Balls(mine.parts[0][bad]), Balls(want.parts[0][bad])
    if not held.mid().any():
        return ": it is 0 there"
    fit = multiple(held, right)
    known = meanings(fit.factor, m, sizes) if fit else []
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
        if number.rad() < abs(number.mid()) * CHANCE and "." not in words and "e" not in words:
            yield Match("offset", f"{name} is off by {words}.", 0.0, 20)
        return
    fit = multiple(gap, Balls.of(np.ones(want.shape)), want)
    if fit and (fit.chance < CHANCE or not want.mid().any()):
        yield Match("offset", f"{name} is off by the same {text(fit.factor)} everywhere.", fit.residual)
