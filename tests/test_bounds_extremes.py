"""Running bounds where floats end: over- and underflow, cancellation, nothing known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import DTypeLike

from tests.truth import BINARY, BITS, UNARY, dtypes, holds, rational
from verify.arithmetic.bounds import Bounds, budget
from verify.arithmetic.rounding import eta, most, unit

# --- over- and underflow, cancellation, nothing known ----------------------------------------------------------------
OVERFLOWING = {np.float32: 100.0, np.float64: 800.0}


@dtypes
@pytest.mark.parametrize(
    "sigmoid",
    [
        lambda z: 1 / (1 + np.exp(z)), lambda z: np.reciprocal(1 + np.exp(z)), lambda z: 1.0 / (np.exp(z) + 1.0),
        lambda z: 1 / (1 + 2 * np.exp(z)), lambda z: 1 / (np.exp(z) - 1), lambda z: 1 / np.sinh(z),
    ],
)  # fmt: skip
def test_one_over_an_overflow_is_zero_up_to_one_over_the_largest_float(
    sigmoid: Callable[..., Any], dtype: type[np.floating[Any]]
) -> None:
    with np.errstate(over="ignore"):
        result = sigmoid(Bounds.of(dtype(OVERFLOWING[dtype])))
    top = most(result.value)
    assert float(result.value) == 0
    if np.isfinite(result.err):
        assert 1 / top <= float(result.err) <= 3 / top + 20 * eta(result.value)


@dtypes
def test_the_sigmoid_keeps_a_finite_bound_where_its_exponential_overflows(dtype: type[np.floating[Any]]) -> None:
    """The least z whose exponential overflows has the largest true value, just below 1/max: it must be covered."""
    z = dtype(np.log(np.finfo(dtype).max))
    while np.isfinite(np.exp(z)) if z < 1 else np.isfinite(float(Bounds.of(z)._ufunc("exp", Bounds.of(z)).value)):
        z = np.nextafter(z, dtype(np.inf))
    result = 1 / (1 + np.exp(Bounds.of(z)))
    with mpmath.workprec(BITS):
        truth = 1 / (1 + mpmath.exp(mpmath.mpf(float(z))))
    assert float(result.value) == 0
    assert 0 < Fraction(float(result.err)) <= Fraction(11, 10) / Fraction(most(z)) + 2 * Fraction(eta(z))
    assert holds(result.value, result.err, truth)
    assert rational(truth) > Fraction(float(result.err)) / 2  # a bound of η only, or of half of it, would not do


@dtypes
def test_an_infinity_says_how_far_below_the_largest_float_the_truth_may_lie(dtype: type[np.floating[Any]]) -> None:
    top = float(np.finfo(dtype).max)
    far, near = (np.exp(Bounds.of(dtype(x))) for x in (OVERFLOWING[dtype], OVERFLOWING[dtype] * 2))
    assert np.isinf(far.value)
    assert np.isinf(near.value)
    assert float(far.err) == float(near.err) == 0
    halved = far * Bounds.of(dtype(1), 0.5)
    assert 0.5 * top <= float(halved.err) <= 0.51 * top
    assert (far * Bounds.of(dtype(1), 1.5)).err == np.inf
    assert (far - far).err == np.inf
    assert (far * 0.0).err == np.inf
    assert (far / far).err == np.inf
    assert np.log(Bounds.of(dtype(0))).err == np.inf
    less = far - Bounds.of(dtype(top / 4))
    assert 0.25 * top <= float(less.err) <= 0.26 * top
    for unknown in (far, -far, far - far, np.log(Bounds.of(dtype(0)))):
        assert budget(unknown) == np.inf
    assert budget(Bounds.of(dtype(2), 0.5)) == 0.5


@dtypes
@pytest.mark.parametrize(
    ("formula", "true"),
    [
        (lambda x: np.exp(-x * 8), lambda x: mpmath.exp(-8 * x)),
        (lambda x: np.exp(-x * 1.03), lambda x: mpmath.exp(-x * mpmath.mpf(1.03))),
        (lambda x: np.exp(-x) * np.exp(-x), lambda x: mpmath.exp(-2 * x)),
        (lambda x: (np.exp(-x * 0.75) * np.exp(-x * 0.5)) * 1e30, lambda x: mpmath.exp(-1.25 * x) * mpmath.mpf(1e30)),
        (lambda x: np.exp(-x) ** 2 * 1e30, lambda x: mpmath.exp(-2 * x) * mpmath.mpf(1e30)),
        (lambda x: np.log(1 + np.exp(-x)), lambda x: mpmath.log1p(mpmath.exp(-x))),
        (lambda x: np.sqrt(np.exp(-x * 1.9)), lambda x: mpmath.exp(-x * mpmath.mpf(1.9) / 2)),
        (lambda x: np.tanh(x) - 1, lambda x: mpmath.tanh(x) - 1),
        (lambda x: np.exp(-x) - np.exp(-x), lambda x: mpmath.mpf(0)),
        (lambda x: 1 - (1 - np.exp(-x)), lambda x: mpmath.exp(-x)),
        (lambda x: np.exp(-x) / 3e5, lambda x: mpmath.exp(-x) / 300000),
    ],
)  # fmt: skip
def test_what_underflows_or_cancels_is_within_the_bound(
    formula: Callable[..., Any], true: Callable[..., Any], dtype: type[np.floating[Any]]
) -> None:
    for scale in (0.85, 0.95, 1.0):
        x = dtype(OVERFLOWING[dtype] * scale)
        result = formula(Bounds.of(x))
        with mpmath.workprec(4000):
            assert holds(result.value, result.err, true(mpmath.mpf(float(x))))
        assert np.isfinite(result.err)


@dtypes
def test_what_underflowed_has_a_bound_though_the_value_is_zero(dtype: type[np.floating[Any]]) -> None:
    tiny = dtype(np.finfo(dtype).tiny)
    lost = Bounds.of(tiny) * tiny
    assert float(lost.value) == 0
    assert eta(tiny) <= float(lost.err) <= 2 * eta(tiny)
    great = lost * dtype(2.0**100)
    assert float(great.err) >= eta(tiny) * 2.0**100


@dtypes
def test_a_cancellation_keeps_the_errors_and_a_zero_times_what_is_uncertain_stays_zero(dtype: DTypeLike) -> None:
    x = Bounds.of(np.array([1.0, -2.0], dtype=dtype), [1e-3, 1e-2])
    gone = x - x
    assert gone.value.tolist() == [0, 0]
    assert (gone.err >= [2e-3, 2e-2]).all()
    assert (gone.err <= np.array([2e-3, 2e-2]) * 1.0000002 + 2 * eta(gone.value)).all()
    nothing = 0 * x
    assert nothing.value.tolist() == [0, 0]
    assert (nothing.err <= 2 * eta(nothing.value)).all()
    doubtful = Bounds.of(np.zeros(2, dtype=dtype), 1e-3) * x
    assert (doubtful.err >= [1e-3 * 1.001, 1e-3 * 2.01]).all()


@dtypes
def test_the_notes_slope_of_the_sigmoid_shows_that_no_digit_is_left(dtype: type[np.floating[Any]]) -> None:
    """a(1 − a) at z = 37: right, and without a digit. The bound says so; the form without cancellation has one."""
    z = Bounds.of(dtype(37 if dtype is np.float64 else 17))
    a = 1 / (1 + np.exp(-z))
    notes, sound = a * (1 - a), np.exp(-z) / (1 + np.exp(-z)) ** 2
    with mpmath.workprec(300):
        e = mpmath.exp(-mpmath.mpf(float(z.value)))
        truth = e / (1 + e) ** 2
    assert holds(notes.value, notes.err, truth)
    assert holds(sound.value, sound.err, truth)
    assert float(notes.err) > float(truth)
    assert float(sound.err) < 100 * unit(sound.value) * float(truth)


@dtypes
def test_of_a_value_that_is_nan_nothing_is_known(dtype: type[np.floating[Any]]) -> None:
    nothing = Bounds.of(np.array([np.nan, 1.0], dtype=dtype))
    assert budget(nothing).tolist() == [np.inf, 0.0]
    with np.errstate(invalid="ignore"):
        for name in (*UNARY, *BINARY):
            if name in ("fmax", "fmin"):
                continue
            result = getattr(np, name)(*[nothing] * (2 if name in BINARY else 1))
            assert budget(result)[0] == np.inf
            assert np.isfinite(budget(result)[1])
    assert budget(np.sum(nothing)) == np.inf
    assert budget(np.max(nothing)) == np.inf
    assert (budget(nothing @ np.ones((2, 3), dtype=dtype)) == np.inf).all()
    for name in ("log", "sqrt"):
        assert budget(getattr(np, name)(Bounds.of(dtype(-1)))) == np.inf
    assert budget(np.where([True, False], nothing, nothing)).tolist() == [np.inf, 0.0]
