"""Constants that a formula's code has computed in floating point before any arithmetic of ours sees them.

`1/m * dZ` hands over the float nearest to 1/m. Exactly speaking the formula with that float is not the formula with
1/m, so whether the formula is right is asked of the constant that was meant: the simplest fraction that rounds to it.
Where there is none (1/√3, or 0.7/10 made in two ways) it is asked of the constant with its rounding, as an enclosure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto
from fractions import Fraction
from math import inf, isfinite, nextafter, ulp

# A fraction of larger terms than this is no constant that anybody wrote down.
LARGEST_DENOMINATOR = 10**7
# An array of more different numbers than this is data, not constants.
MOST_CONSTANTS = 16
# Binary fractions with a denominator up to this are written down exactly.
SHORT = 2**10

# What a constant may be off by where it is taken as rounded: half a unit in the last place for each literal and each
# operation that made it, up to four of them.
UNITS = 2


class Mode(Enum):
    """How constants are taken: as the floats they are, as the fractions that were meant, or as rounded."""

    EXACT, MEANT, ROUNDED = auto(), auto(), auto()


EXACT, MEANT, ROUNDED = Mode
_MODE: ContextVar[Mode] = ContextVar("mode", default=EXACT)


@contextmanager
def taken_as(mode: Mode) -> Iterator[None]:
    """Inside, constants are taken as the fractions that were meant, or as rounded; elsewhere as the floats they are."""
    token = _MODE.set(mode)
    try:
        yield
    finally:
        _MODE.reset(token)


def mode() -> Mode:
    """How constants are taken, here and now."""
    return _MODE.get()


def intended(c: float) -> Fraction | None:
    """The fraction meant by the constant, where that is asked for and there is one that differs from it."""
    if mode() != MEANT or not isfinite(c):
        return None
    fraction = simplest(c)
    return fraction if fraction.denominator <= LARGEST_DENOMINATOR and fraction != Fraction(c) else None


def doubt(c: float) -> float:
    """How far the constant may be from what it stands for, where it is taken as rounded; ½, 3 and so on are exact."""
    if mode() != ROUNDED or not isfinite(c) or Fraction(c).denominator <= SHORT:
        return 0.0
    return UNITS * ulp(c)


def simplest(c: float) -> Fraction:
    """The fraction of the smallest denominator that rounds to c.

    >>> simplest(1 / 209), simplest(0.01), simplest(0.5)
    (Fraction(1, 209), Fraction(1, 100), Fraction(1, 2))
    """
    if c < 0:
        return -simplest(-c)
    exact, above = Fraction(c), nextafter(c, inf)
    if not isfinite(above):
        return exact
    return _between((exact + Fraction(nextafter(c, -inf))) / 2, (exact + Fraction(above)) / 2)


def _between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator strictly between 0 ≤ low < high, by their continued fractions."""
    whole = low.numerator // low.denominator
    if whole + 1 < high:
        return Fraction(whole + 1)
    if low == whole:
        least = 1 / (high - whole)
        return whole + Fraction(1, least.numerator // least.denominator + 1)
    return whole + 1 / _between(1 / (high - whole), 1 / (low - whole))
