"""Numbers that move along directions, and the truth about them from mpmath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
from flint import arb

from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.jets import Jets
from verify.oracles.certificate import SHARP

Array = np.ndarray[Any, Any]
DIGITS = 80  # what mpmath computes with
TRUE = 1e-70  # and what of it counts: ten digits are left for the conditioning of the functions here


def moving(x: Any, rates: Sequence[Any]) -> Jets:
    """x, moving at these rates along as many directions."""
    return Jets.of(Balls.of(np.asarray(x, dtype=float)), [Balls.of(np.asarray(r, dtype=float)) for r in rates])


def each(x: Any) -> Jets:
    """x, moving along each of its elements."""
    x = np.asarray(x, dtype=float)
    return moving(x, [row.reshape(x.shape) for row in np.eye(x.size)])


def exactly(found: Balls, want: Any) -> bool:
    """Whether the enclosure is this one number, element by element, without any radius."""
    want = np.asarray(want, dtype=float)
    return found.shape == want.shape and not found.rad().any() and bool(np.array_equal(found.mid(), want))


def truth(x: Any) -> arb:
    """A number of mpmath's as an enclosure of what it approximates."""
    with precision(400):
        return arb(mpmath.nstr(x, DIGITS)) + arb(0, TRUE) * (1 + abs(arb(mpmath.nstr(x, 20))))


def encloses(found: Balls, want: Any) -> bool:
    """Whether a single enclosure holds the true number, and is as sharp as a certificate asks."""
    (ball,) = found.parts[0].ravel()
    return bool(ball.overlaps(truth(want))) and bool(ball.rad() <= arb(SHARP) * (1 + abs(ball)))


def holds(found: Jets, function: Callable[..., Any], at: Sequence[float], rates: Sequence[Sequence[float]]) -> bool:
    """Whether a single jet holds the function's value and its derivative along each direction, both from mpmath."""
    with mpmath.workdps(DIGITS):
        point = [mpmath.mpf(v) for v in at]
        if not encloses(found.value, function(*point)):
            return False
        for slope, rate in zip(found.slopes, rates, strict=True):
            along = mpmath.diff(lambda t, r=rate: function(*(p + t * v for p, v in zip(point, r, strict=True))), 0)
            if not encloses(slope, along):
                return False
    return True


def central(function: Callable[..., Any], x: Array, rate: Array) -> Array:
    """The derivative of a polynomial of degree 2 at most, exact where float64 is: small integers, powers of two."""
    return np.asarray((function(x + rate) - function(x - rate)) / 2)
