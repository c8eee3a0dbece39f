"""What balls hold, read off exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from flint import arb

from verify.arithmetic.balls import Balls

BITS, DIGITS = 128, 120


def exact(x: arb) -> Fraction:
    """What Arb keeps, a whole number times a power of two."""
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def middle(x: arb) -> Fraction:
    return exact(x.mid())


def radius(x: arb) -> Fraction:
    return exact(x.rad())


def fraction(x: Any) -> Fraction:
    if isinstance(x, mpmath.mpf):
        sign, mantissa, exponent, _ = x._mpf_
        return Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** int(exponent)
    return Fraction(x)


def elements(x: Balls) -> list[arb]:
    return x.parts[0].ravel().tolist()  # type: ignore[no-any-return]


def ball(mid: float, rad: float) -> Balls:
    numbers = np.empty((), dtype=object)
    numbers[()] = arb(mid, rad)
    return Balls(numbers)


def contained(x: arb, truth: Any) -> bool:
    return abs(middle(x) - fraction(truth)) <= radius(x)


def sharp(x: arb, truth: Any) -> bool:
    return radius(x) <= abs(fraction(truth)) * Fraction(2) ** (20 - BITS)


def listed(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]
