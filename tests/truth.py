"""The truth that running bounds are held to: an exact rational, or mpmath's at 400 bits and more."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from verify.arithmetic.rounding import RULES, most

Array = np.ndarray[Any, Any]
Real = Fraction | mpmath.mpf

BITS = 400  # a float and an error of 2⁻⁶⁰ of it go in exactly
DTYPES = [np.float32, np.float64]
dtypes = pytest.mark.parametrize("dtype", DTYPES)


# --- the truth -----------------------------------------------------------------------------------------------------
def mp(x: Real) -> mpmath.mpf:
    return mpmath.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def rational(x: Real) -> Fraction:
    """Exactly: an mpf is a whole number times a power of two. Beyond 2^±5000 there is no float: it counts as that."""
    if isinstance(x, Fraction):
        return x
    sign, mantissa, exponent, bits = x._mpf_
    if mantissa and abs(exponent + bits) > 5000:
        mantissa, exponent = 1, 5000 if exponent + bits > 0 else -5000
    return Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** int(exponent)


BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "fmax", "fmin"]
POWERS = ["power", "float_power"]
UNARY = [name for name in RULES if name not in BINARY + POWERS]


def holds(value: Any, err: Any, truth: Real | None) -> bool:
    """Whether the value's bound allows the truth. An infinite value is the set from ±max outwards."""
    if np.isnan(value) or err == np.inf:
        return True
    if truth is None:
        return False
    if np.isinf(value):
        return bool(rational(truth) * int(np.sign(value)) >= Fraction(most(value)) - Fraction(float(err)))
    return abs(Fraction(float(value)) - rational(truth)) <= Fraction(float(err))


def ends(x: float, err: float) -> tuple[Fraction, ...]:
    exact, e = Fraction(float(x)), Fraction(err)
    return (exact - e, exact, exact + e) if e else (exact,)


def numbers(dtype: DTypeLike) -> st.SearchStrategy[tuple[float, float]]:
    width = 8 * np.dtype(dtype).itemsize
    wide = st.floats(width=width, allow_nan=False, allow_infinity=False, min_value=-(2.0**50), max_value=2.0**50)
    tame = st.floats(-50, 50, width=width)
    shares = st.sampled_from([0.0, 0.0, 2.0**-60, 2.0**-24, 1e-3, 0.3])
    return st.builds(lambda x, share: (x, share * abs(x)), wide | tame, shares)
