"""The digits of one value at the edges of what floats hold, and where the exact value is known too loosely."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import pytest
from flint import arb

from verify.arithmetic.balls import precision
from verify.health.kept import half_the_smallest, kept, overflows

FULL = {"float64": 15.954, "float32": 7.224}
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])


@DTYPES
def test_from_the_middle_between_the_largest_float_and_the_next_power_of_two_on_infinity_is_right(dtype: str) -> None:
    limits = np.finfo(dtype)
    with precision(4096):
        largest, beyond = arb(float(limits.max)), arb(2) ** int(limits.maxexp)
        middle = (largest + beyond) / 2  # a tie, that goes to the even of the two: to ∞
        below = middle * (1 - arb(2) ** -200)
        assert overflows(dtype) == middle
        for sign in (1, -1):
            assert kept(sign * inf, sign * middle, dtype) == FULL[dtype]
            assert kept(sign * inf, sign * below, dtype) == 0
            assert kept(-sign * inf, sign * middle, dtype) == 0
            assert kept(sign * float(limits.max), sign * middle, dtype) == FULL[dtype]
        assert kept(nan, middle, dtype) == 0


@DTYPES
def test_below_the_smallest_float_half_of_it_is_no_error(dtype: str) -> None:
    smallest = float(np.finfo(dtype).smallest_subnormal)
    with precision(4096):
        half = arb(smallest) / 2
        assert half_the_smallest(dtype) == half
        assert kept(0.0, half, dtype) == kept(smallest, half, dtype) == FULL[dtype]
        assert kept(0.0, 3 * half, dtype) == 0.176  # an error of one half in three: log₁₀ 1.5
        assert kept(0.0, -3 * half, dtype) == 0.176
        assert kept(2 * smallest, arb(0), dtype) == 0
        assert kept(0.0, arb(0), dtype) == FULL[dtype]


@pytest.mark.parametrize(
    ("mine", "exact", "digits"),
    [
        (0.75, "1", 0.602),
        (1.25, "1", 0.602),
        (1 - 2.0**-20, "1", 6.020),
        (2.0, "1", 0.0),
        (3.0, "1", 0.0),
        (1e300, "1", 0.0),
        (1.0, "1 +/- 1e-6", 5.999),
        (1.0, "1 +/- 0.5", 0.0),
        (1.0, "1 +/- 2", 0.0),
        (0.0, "0 +/- 1e-3", 0.0),
        (1e-3, "0 +/- 1e-3", 0.0),
    ],
)
def test_digits_are_cut_off_and_an_enclosure_counts_as_a_whole(mine: float, exact: str, digits: float) -> None:
    with precision():
        assert kept(mine, arb(exact), "float64") == digits
        assert kept(-mine, -arb(exact), "float64") == digits


@pytest.mark.parametrize("exact", ["nan", "inf", "-inf", "1 +/- inf"])
@pytest.mark.parametrize("mine", [1.0, inf, nan])
def test_of_what_is_not_known_nothing_is_said(mine: float, exact: str) -> None:
    assert isnan(kept(mine, arb(exact), "float64"))


def test_an_error_that_floats_cannot_hold_is_none() -> None:
    with precision(4096):
        assert kept(1.0, 1 + arb(2) ** -1100, "float64") == FULL["float64"]
