"""Running bounds compared, at their largest and smallest, and in the company of constants."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from tests.truth import BITS, DTYPES, dtypes, ends, holds, mp, numbers, rational
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.rounding import eta, unit

COMPARISONS = ["greater", "greater_equal", "less", "less_equal", "equal", "not_equal"]


# --- comparisons -----------------------------------------------------------------------------------------------------
@dtypes
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_comparison_is_decided_only_where_no_true_inputs_decide_it_otherwise(
    dtype: DTypeLike, data: st.DataObject
) -> None:
    (x, dx), (y, dy) = data.draw(st.tuples(numbers(dtype), numbers(dtype)))
    # Numbers drawn apart are seldom near: the second may also lie about an error away from the first.
    away = data.draw(st.sampled_from([None, 0.0, 0.99, -1.01, 2.0]))
    y = y if away is None else float(np.dtype(dtype).type(x + away * dx))
    for name in COMPARISONS:
        compare = getattr(np, name)
        found = compare(Bounds.of(np.array([x], dtype=dtype), dx), Bounds.of(np.array([y], dtype=dtype), dy))
        if isinstance(found, Bounds):
            assert found.err.tolist() == [1.0]
            assert found.value.tolist() == [float(compare(x, y))]
            # Undecided only where the two may really be equal, to a hair.
            doubt = Fraction(dx) + Fraction(dy)
            assert abs(Fraction(x) - Fraction(y)) <= doubt * (1 + Fraction(1, 2**40)) + 2 * Fraction(5e-324)
        else:
            assert found.dtype == bool
            assert {bool(compare(p, q)) for p, q in product(ends(x, dx), ends(y, dy))} == {bool(found[0])}


@dtypes
def test_decided_comparisons_are_plain_truths_and_one_undecided_element_makes_zeros_and_ones(dtype: DTypeLike) -> None:
    x = Bounds.of(np.array([1.0, -1.0, 1e-4], dtype=dtype), [1e-3, 1e-3, 0.0])
    decided = x > 0
    assert type(decided) is np.ndarray
    assert decided.tolist() == [True, False, True]
    doubtful = Bounds.of(np.array([1.0, -1.0, 1e-4], dtype=dtype), 1e-3) > 0
    assert isinstance(doubtful, Bounds)
    assert doubtful.value.tolist() == [1, 0, 1]
    assert doubtful.err.tolist() == [0, 0, 1]
    assert (Bounds.of([2.0]) == 2).tolist() == [True]  # exact numbers may be equal beyond doubt


def test_where_on_an_undecided_condition_covers_both_branches() -> None:
    x = Bounds.of([2.0, -2.0, 1e-4], 1e-3)
    relu = np.where(x > 0, x, 0.0)
    assert relu.value.tolist() == [2.0, 0.0, 1e-4]
    assert relu.err[:2].tolist() == [1e-3, 0.0]
    assert 1e-4 + 1e-3 <= relu.err[2] < 1.2e-3
    slope = np.where(x > 0, 1.0, 0.01)
    assert slope.value.tolist() == [1.0, 0.01, 1.0]
    assert slope.err[:2].tolist() == [0.0, 0.0]
    assert Fraction(99, 100) - Fraction(1, 10**15) <= Fraction(slope.err[2]) <= Fraction(991, 1000)
    decided = np.where([True, False], Bounds.of([1.0, 2.0], [0.1, 0.2]), Bounds.of([3.0, 4.0], [0.3, 0.4]))
    assert decided.value.tolist() == [1.0, 4.0]
    assert decided.err.tolist() == [0.1, 0.4]


@dtypes
def test_a_slope_by_an_undecided_truth_covers_both(dtype: DTypeLike) -> None:
    z = Bounds.of(np.array([1e-9, 3.0], dtype=dtype), [1e-8, 1e-8])
    slope = (z > 0) * np.array([5.0, 5.0], dtype=dtype)
    assert slope.value.tolist() == [5, 5]
    assert slope.err[0] >= 5
    assert slope.err[1] < 1e-6


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "bitwise_and", "bitwise_or"])
def test_and_and_or_of_undecided_truths_are_decided_only_where_both_outcomes_agree(name: str) -> None:
    """0 stands for false, 1 for true, with a bound of 1 for either."""
    states = {"no": (0.0, 0.0), "yes": (1.0, 0.0), "no?": (0.0, 1.0), "yes?": (1.0, 1.0)}
    join = min if "and" in name else max
    for a, b in product(states, states):
        (x, dx), (y, dy) = states[a], states[b]
        result = getattr(np, name)(Bounds.of([x], [dx]), Bounds.of([y], [dy]))
        outcomes = {join(p, q) for p in ({0.0, 1.0} if dx else {x}) for q in ({0.0, 1.0} if dy else {y})}
        if len(outcomes) == 1:
            assert result.dtype == bool
            assert float(result[0]) in outcomes
        else:
            assert result.value[0] in outcomes
            assert result.err.tolist() == [1.0]


@pytest.mark.parametrize("function", [np.logical_not, np.invert, lambda x: ~x])
def test_not_of_an_undecided_truth_is_undecided(function: Callable[..., Any]) -> None:
    turned = function(Bounds.of([2.0, -2.0, 1e-4], 1e-3) > 0)
    assert turned.value.tolist() == [0, 1, 0]
    assert turned.err.tolist() == [0, 0, 1]


def test_undecided_truths_join_with_plain_ones() -> None:
    doubtful = Bounds.of([1e-4, 1e-4, 5.0], 1e-3) > 0
    both = doubtful & np.array([True, False, True])
    assert both.err.tolist() == [1, 0, 0]
    assert both.value.tolist() == [1, 0, 1]
    either = doubtful | np.array([True, False, True])
    assert either.err.tolist() == [0, 1, 0]


def test_the_sign_is_undecided_where_the_number_may_be_zero() -> None:
    sign = np.sign(Bounds.of([2.0, -2.0, 1e-4], 1e-3))
    assert sign.value.tolist() == [1, -1, 1]
    assert (sign.err >= [0, 0, 2]).all()
    assert (sign.err[:2] < 1e-15).all()
    assert np.asarray(np.sign(Bounds.of([2.0, -2.0, 0.0]))).tolist() == [1, -1, 0]


def test_writing_through_a_mask_keeps_both_outcomes_where_the_mask_is_undecided() -> None:
    z = Bounds.of([2.0, -2.0, 1e-4], 1e-3)
    dz = Bounds.of([7.0, 8.0, 9.0], 0.5)
    dz[z <= 0] = 0
    assert dz.value.tolist() == [7, 0, 9]
    assert dz.err[:2].tolist() == [0.5, 0]
    assert 9.5 <= dz.err[2] < 9.6
    plain = Bounds.of([7.0, 8.0, 9.0], 0.5)
    plain[np.array([False, True, False])] = 0
    assert plain.value.tolist() == [7, 0, 9]
    assert plain.err.tolist() == [0.5, 0, 0.5]
    plain[0] = Bounds.of(1.0, 0.25)
    assert (plain.value[0], plain.err[0]) == (1.0, 0.25)


# --- the largest and the smallest ------------------------------------------------------------------------------------
@settings(max_examples=60, deadline=None)
@given(st.lists(numbers(np.float64), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_largest_of_uncertain_numbers_is_within_its_bound(rows: list[tuple[float, float]], dice: Any) -> None:
    x = Bounds.of([v for v, _ in rows], [e for _, e in rows])
    for way in (lambda: -1, lambda: 1, lambda: dice.choice([-1, 0, 1])):
        truth = [Fraction(v) + way() * Fraction(e) for v, e in rows]
        for found, want in ((np.max(x), max(truth)), (np.min(x), min(truth))):
            assert holds(found.value, found.err, want)
            assert float(found.err) <= float(x.err.max())
        for ask, best in ((np.argmax, max), (np.argmin, min)):
            try:
                place = int(ask(x))
            except Unsupported:
                continue
            assert truth[place] == best(truth)


def test_the_place_of_the_largest_is_refused_only_where_two_may_be_largest() -> None:
    assert np.argmax(Bounds.of([1.0, 3.0, 2.9], 0.04)) == 1
    assert np.argmin(Bounds.of([[3.0, 1.0], [0.0, 5.0]], 0.4), axis=1).tolist() == [1, 0]
    with pytest.raises(Unsupported, match="argmax"):
        np.argmax(Bounds.of([1.0, 3.0, 2.9], 0.06))
    with pytest.raises(Unsupported, match="argmin"):
        np.argmin(Bounds.of([1.0, 1.0], [0.0, 1e-300]))
    assert np.argmax(Bounds.of([3.0, 1.0, 3.0])) == 0  # exact ties: the first, as NumPy has it


# --- constants and other company -------------------------------------------------------------------------------------
@dtypes
@pytest.mark.parametrize("c", [0.1, 0.01, 1 / 3, 1e-7, 0.5, 3.0])
def test_a_constant_that_the_dtype_cannot_represent_adds_what_it_is_off_by(
    c: float, dtype: type[np.floating[Any]]
) -> None:
    off = abs(Fraction(c) - Fraction(float(dtype(c))))
    result = Bounds.of(dtype(c)) - c
    assert result.dtype == dtype
    assert float(result.value) == 0
    assert off <= Fraction(float(result.err)) <= off * (1 + Fraction(1, 2**20)) + 3 * Fraction(eta(result.value))
    scaled = Bounds.of(dtype(1024)) * c
    assert Fraction(float(scaled.err)) >= 1024 * off
    assert holds(scaled.value, scaled.err, 1024 * Fraction(c))
    assert isinstance(Bounds.of(dtype(c)) > c, Bounds) == (off > 0)


def test_float32_stays_float32_among_constants_and_integers() -> None:
    x = Bounds.of(np.ones((2, 3), dtype=np.float32))
    for y in (x + 1, 2 * x, x / 3, x**2, 1 - x, x * np.arange(3), x * np.array([True, False, True]), np.exp(x), x.sum(),
              x.mean(axis=0), x @ x.T, np.maximum(x, 0), x[0], np.sqrt(x), x.T, np.where(x > 2, x, 0.0)):  # fmt: skip
        assert y.dtype == np.float32
        assert y.err.dtype == np.float64
    assert (x + np.ones(3)).dtype == np.float64  # a float64 array widens, as in NumPy


@dtypes
def test_the_other_forms_of_an_operation_have_the_same_bound(dtype: DTypeLike) -> None:
    x = Bounds.of(np.array([1.5, -0.3], dtype=dtype), 1e-3)
    y = Bounds.of(np.array([0.7, 0.1], dtype=dtype), 1e-2)
    once = x * y
    for again in (np.multiply(x, y), np.einsum("i,i->i", x, y)):
        assert again.err.tolist() == once.err.tolist()
    written = x.copy()
    written *= y
    assert written.err.tolist() == once.err.tolist()
    assert x.err.tolist() == [1e-3, 1e-3]


@dtypes
def test_logaddexp_is_within_its_bound(dtype: type[np.floating[Any]]) -> None:
    for a, b in product((0.0, 1.0, -40.0, 88.0, 300.0), repeat=2):
        result = np.logaddexp(Bounds.of(dtype(a), 1e-3), Bounds.of(dtype(b), 1e-4))
        for x, y in product(ends(a, 1e-3), ends(b, 1e-4)):
            with mpmath.workprec(BITS):
                assert holds(result.value, result.err, mpmath.log(mpmath.exp(mp(x)) + mpmath.exp(mp(y))))
        assert float(result.err) < 1e-2


def test_asking_after_nan_and_infinity_gives_plain_truths() -> None:
    x = Bounds.of([np.nan, np.inf, -1.0], 1e-3)
    assert np.isnan(x).tolist() == [True, False, False]
    assert np.isinf(x).tolist() == [False, True, False]
    assert np.isfinite(x).tolist() == [False, False, True]


@pytest.mark.parametrize(
    "trip",
    [
        np.floor, np.signbit, lambda x: np.arctan2(x, x), lambda x: x ** Bounds.of([2.0], 1e-3), lambda x: x**x,
        lambda x: x + np.array([1j]), float, int, bool, lambda x: np.asarray(x, dtype=float), lambda x: x.item(),
        lambda x: x.astype(int), lambda x: np.sum(x, where=[True]), np.linalg.inv,
    ],
)  # fmt: skip
def test_what_has_no_rule_is_refused(trip: Callable[..., Any]) -> None:
    with pytest.raises(Unsupported):
        trip(Bounds.of([2.0], 1e-3))


def test_a_whole_gradient_is_within_its_bound_in_both_dtypes() -> None:
    """dW of a sigmoid layer under the cross-entropy, in exact rationals but for the exponential."""
    rng = np.random.default_rng(21)
    X, Y, W, b = (
        rng.standard_normal((3, 5)),
        rng.integers(0, 2, (4, 5)),
        rng.standard_normal((4, 3)),
        rng.random((4, 1)),
    )
    for dtype in DTYPES:
        x, w, c = (v.astype(dtype) for v in (X, W, b))
        A = 1 / (1 + np.exp(-(Bounds.of(w) @ x + c)))
        dW = (A - Y) @ x.T / 5
        exact = np.vectorize(lambda v: mpmath.mpf(float(v)), otypes=[object])
        with mpmath.workprec(300):
            Z = exact(w) @ exact(x) + exact(c)
            truth = (1 / (1 + np.vectorize(mpmath.exp, otypes=[object])(-Z)) - Y) @ exact(x).T / 5
        off = np.array([abs(Fraction(float(v)) - rational(t)) / Fraction(float(e))
                        for v, t, e in zip(dW.value.flat, truth.flat, dW.err.flat, strict=True)])  # fmt: skip
        assert max(off) <= 1
        assert max(off) > Fraction(1, 1000)
        assert (dW.err < 100 * unit(dW.value)).all()
