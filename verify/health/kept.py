"""Decimal digits that one float keeps of its exact value. Every value is judged by itself, not by its tensor."""

from __future__ import annotations

from math import copysign, isfinite, isinf, log10, nan

import numpy as np
from flint import arb

from verify.questions import FULL_DIGITS


def kept(mine: float, exact: arb, dtype: str) -> float:
    """−log₁₀(|mine − exact|/|exact|), at least 0 and at most what the dtype holds; nan where `exact` is not known.

    What no float of that dtype could have done better is not held against it: half the smallest subnormal number is
    taken off the error, so that a 0 for 1e-330 has lost nothing; and ∞ is right where the exact value rounds to it. A
    NaN, or another infinity, has no digit. Never overstated: the error is an upper bound, and digits are cut off after
    the third place.

    >>> kept(0.5, arb("0.5"), "float64"), kept(float("nan"), arb(1), "float64"), kept(0.99, arb(1), "float32")
    (15.954, 0.0, 1.999)
    >>> [kept(0.0, arb(x), "float64") for x in ("1e-330", "1e-300")], kept(float("inf"), arb("1e309"), "float64")
    ([15.954, 0.0], 15.954)
    """
    full = _cut(FULL_DIGITS[dtype])
    if not exact.is_finite():
        return nan
    if not isfinite(mine):
        right = isinf(mine) and arb(copysign(1, mine)) * exact >= overflows(dtype)
        return full if right else 0.0
    error = (abs(arb(mine) - exact) - half_the_smallest(dtype)).upper()
    if error <= 0:
        return full
    if exact.contains(0):
        return 0.0
    lost = float((error / abs(exact)).upper())
    return _cut(min(max(-log10(lost), 0.0), FULL_DIGITS[dtype])) if lost else full


def _cut(digits: float) -> float:
    return int(digits * 1000) / 1000


def half_the_smallest(dtype: str) -> arb:
    """Half the smallest subnormal number: what rounding to the nearest may do to the smallest of values."""
    return arb(float(np.finfo(dtype).smallest_subnormal)) / 2


def overflows(dtype: str) -> arb:
    """From here on a number rounds to ∞: half a unit beyond the largest float."""
    limits = np.finfo(dtype)
    return arb(2) ** int(limits.maxexp) * (1 - arb(float(limits.epsneg)) / 2)
