"""Constants that a formula's code has computed in floating point before any arithmetic of ours sees them.

`1/m * dZ` hands over the float nearest to 1/m. Exactly speaking the formula with that float is not the formula with
1/m, so whether the formula is right is asked of the constant that was meant: the simplest fraction that rounds to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from math import isfinite, nextafter

# A fraction of larger terms than this is no constant that anybody wrote down.
LARGEST_DENOMINATOR = 10**7
# An array of more different numbers than this is data, not constants.
MOST_CONSTANTS = 1000

_MEANT: ContextVar[bool] = ContextVar("meant", default=False)


@contextmanager
def as_meant() -> Iterator[None]:
    """Inside, constants are taken as the fractions that were meant; elsewhere as the floats they are."""
    token = _MEANT.set(True)
    try:
        yield
    finally:
        _MEANT.reset(token)


def asked() -> bool:
    """Whether constants are taken as meant, here and now."""
    return _MEANT.get()


def intended(c: float) -> Fraction | None:
    """The fraction meant by the constant, where that is asked for and there is one that differs from it."""
    if not _MEANT.get() or not isfinite(c):
        return None
    fraction = simplest(c)
    return fraction if fraction.denominator <= LARGEST_DENOMINATOR and fraction != Fraction(c) else None


def simplest(c: float) -> Fraction:
    """The fraction of the smallest denominator that rounds to c.

    >>> simplest(1 / 209), simplest(0.01), simplest(0.5)
    (Fraction(1, 209), Fraction(1, 100), Fraction(1, 2))
    """
    exact = Fraction(c)
    if not isfinite(nextafter(abs(c), float("inf"))):
        return exact
    low = (exact + Fraction(nextafter(c, float("-inf")))) / 2
    high = (exact + Fraction(nextafter(c, float("inf")))) / 2
    return -_between(-high, -low) if c < 0 else _between(low, high)


def _between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator strictly between 0 ≤ low < high, by their continued fractions."""
    whole = low.numerator // low.denominator
    if whole + 1 < high:
        return Fraction(whole + 1)
    if low == whole:
        least = 1 / (high - whole)
        return whole + Fraction(1, least.numerator // least.denominator + 1)
    return whole + 1 / _between(1 / (high - whole), 1 / (low - whole))
