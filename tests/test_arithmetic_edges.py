"""Where bounds and balls once were wrong: overflow, underflow, infinities, numbers no float holds, odd operands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb

from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.constants import simplest
from verify.arithmetic.duck import Straddle, Unsupported
from verify.arithmetic.rounding import most

f32 = np.float32


def holds(b: Any, truth: Fraction) -> bool:
    """Whether the true value lies within the bound."""
    return abs(Fraction(float(b.value)) - truth) <= Fraction(float(b.err))


def exp(x: float) -> Fraction:
    """eˣ to 400 bits."""
    with mpmath.workprec(400):
        sign, mantissa, exponent, _ = mpmath.exp(mpmath.mpf(x))._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


# --- bounds -----------------------------------------------------------------------------------------------------------
def test_an_overflow_to_a_negative_power_keeps_one_over_max() -> None:
    assert holds((1 + np.exp(Bounds.of(f32(100)))) ** -1, 1 / (1 + exp(100)))
    assert holds(np.exp(Bounds.of(f32(100))) ** -0.5, Fraction(float(np.exp(-50.0))))


def test_sign_keeps_the_precision() -> None:
    x = Bounds.of(np.array([1, -2], f32))
    assert (np.sign(x) * x).dtype == f32


def test_whole_numbers_that_the_dtype_cannot_hold_carry_what_is_lost() -> None:
    assert holds(Bounds.of(f32(16777216)) - np.array(16777217), Fraction(-1))
    assert holds(Bounds.of(2.0**53) - (2**53 + 1), Fraction(-1))
    assert holds(Bounds.of(2**53 + 1), Fraction(2**53 + 1))


@pytest.mark.parametrize("n", [2**24 + 1, 2**24 + 100])
def test_a_sum_of_more_terms_than_the_analysis_covers_has_no_bound(n: int) -> None:
    assert np.sum(Bounds.of(np.broadcast_to(f32(1), n))).err == np.inf


def test_infinities_are_compared_as_the_sets_that_they_stand_for() -> None:
    big = np.exp(Bounds.of(800.0))
    assert isinstance(np.exp(Bounds.of(900.0)) > big, Bounds)
    assert isinstance(big * Bounds.of(1.0, 0.5) > 1.6e308, Bounds)
    assert isinstance(big * Bounds.of(1.0, 2.0) > 0, Bounds)
    assert bool(big > 1.0)
    assert bool(-big < 1.0)


def test_a_quotient_that_underflows_hides_no_error_of_its_divisor() -> None:
    wide = Bounds.of(1e-320) / Bounds.of(1e-200, 1e-206)
    assert holds(wide, Fraction(1e-320) / (Fraction(1e-200) - Fraction(1e-206)))
    assert holds(Bounds.of(5e-324) / Bounds.of(4.0, 3.99), Fraction(5e-324) / (4 - Fraction(3.99)))


def test_a_power_near_the_ends_of_the_range_is_bounded() -> None:
    x = 1.7e308
    assert holds(Bounds.of(x, x * 1e-12) ** -1, 1 / (Fraction(x) - Fraction(x * 1e-12)))


def test_an_exp_that_overflows_with_an_error_reaches_down_to_the_true_value() -> None:
    seen = 0
    for err in np.linspace(0.0073, 0.02, 200):
        b = np.exp(Bounds.of(709.79, err))
        if np.isinf(b.value):
            seen += 1
            with mpmath.workprec(400):
                least = mpmath.exp(mpmath.mpf(709.79) - mpmath.mpf(float(err)))
                assert least >= mpmath.mpf(most(b.value)) - mpmath.mpf(float(b.err))
    assert seen > 100


def test_products_of_errors_that_underflow_are_bounded() -> None:
    a = np.full((1, 100), 1.5e-162)
    d = 0.618 * a
    b = Bounds.of(a, d) @ Bounds.of(a.T, d.T)
    assert 100 * (Fraction(a[0, 0]) + Fraction(d[0, 0])) ** 2 <= Fraction(float(b.err[0, 0]))


def test_a_maximum_over_everything_can_be_written_into() -> None:
    m = np.max(Bounds.of([1.0, 2.0]))
    m += 1
    assert float(m.value) == 3.0


def test_a_number_that_is_not_zero_is_true() -> None:
    assert np.logical_not(Bounds.of([5.0, 0.0])).tolist() == [False, True]


def test_a_constant_beyond_the_range_of_float32_is_no_warning() -> None:
    assert np.isinf((Bounds.of(f32(1)) * 1e39).value)


def test_what_is_copied_can_be_written_into() -> None:
    x = Bounds.of(np.array([1.0, -2.0]))
    y = -x
    y[0] = 5.0
    assert x.value.tolist() == [1.0, -2.0]
    assert y.value.tolist() == [5.0, 2.0]


@pytest.mark.parametrize(
    "compute",
    [
        lambda: Balls.of([1.0]) + Bounds.of([1.0]),
        lambda: Bounds.of([1.0]) + Fraction(1, 3),
        lambda: Bounds.of(Fraction(1, 3)),
        lambda: np.exp(Bounds.of(np.float16(1))),
        lambda: np.exp(Bounds.of(np.longdouble(1))),
        lambda: Bounds.of([0.0], 1e-3)[Bounds.of([0.0], 1e-3) > 0],
        lambda: Balls.of(np.longdouble(1) / 10),
    ],
)
def test_what_an_arithmetic_cannot_hold_is_refused(compute: Callable[[], Any]) -> None:
    with pytest.raises(Unsupported):
        compute()


# --- balls ------------------------------------------------------------------------------------------------------------
def test_balls_are_a_condition_by_being_zero_or_not() -> None:
    assert np.where(Balls.of([1.0, 0.0]), 1.0, 2.0).mid().tolist() == [1.0, 2.0]


def test_of_what_is_not_known_nothing_is_the_upper_end() -> None:
    assert (1 / Balls.of([0.0])).upper().tolist() == [np.inf]


def test_an_infinity_is_not_a_nan() -> None:
    assert np.isinf(Balls.of(np.inf))
    assert not np.isnan(Balls.of(np.inf))


def test_an_exponent_near_a_half_is_not_a_half() -> None:
    with precision(128):
        near = Balls.of(2.0) ** (Balls.of(0.5) + Balls.of(2.0**-60))
        assert bool(near > np.sqrt(Balls.of(2.0)))


def test_a_sign_that_cannot_be_decided_names_its_element() -> None:
    with pytest.raises(Straddle, match=r"\[1\]"):
        np.sign(Balls(np.array([arb(1), arb(0, 1)], dtype=object)))


def test_the_largest_float_stands_for_itself() -> None:
    assert simplest(sys.float_info.max) == Fraction(sys.float_info.max)
