"""Balls hold the true value, and say no where they do not know.

The truth is mpmath's at 120 digits, or an exact rational.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.enclosures import BITS, DIGITS, ball, contained, elements, fraction, middle, radius, sharp
from verify.arithmetic import balls
from verify.arithmetic.balls import Balls, overlaps, precision, solve
from verify.arithmetic.duck import Straddle, Unsupported

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def enough_bits() -> Iterator[None]:
    with precision(BITS):
        yield


# --- the truth --------------------------------------------------------------------------------------------------------
FLOATS = [0.0, 1.0, -1.0, 0.1, -0.7, 3.0, 1e-5, 12.25, -40.0, 40.0, 1e-30, 1 + 2.0**-52, 2.5, -2.5, 100.0, 709.9]
POSITIVE = [x for x in FLOATS if x > 0] + [1e-300, 5e-324, 1e300]
UNARY: dict[str, tuple[Call, list[float]]] = {
    "negative": (lambda x: -x, FLOATS), "positive": (lambda x: x, FLOATS), "absolute": (abs, FLOATS),
    "fabs": (abs, FLOATS), "square": (lambda x: x * x, FLOATS), "sqrt": (mpmath.sqrt, [0.0, *POSITIVE]),
    "reciprocal": (lambda x: 1 / x, [x for x in FLOATS if x] + [5e-324, -1e300]), "exp": (mpmath.exp, FLOATS),
    "expm1": (mpmath.expm1, FLOATS), "log": (mpmath.log, POSITIVE),
    "log1p": (mpmath.log1p, [x for x in FLOATS if x > -1] + [-1 + 2.0**-53]), "tanh": (mpmath.tanh, FLOATS),
    "sinh": (mpmath.sinh, FLOATS), "cosh": (mpmath.cosh, FLOATS), "sin": (mpmath.sin, FLOATS),
    "cos": (mpmath.cos, FLOATS), "tan": (mpmath.tan, FLOATS), "arctan": (mpmath.atan, FLOATS),
    "sign": (mpmath.sign, FLOATS),
}  # fmt: skip
BINARY: dict[str, Call] = {
    "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y, "maximum": max, "minimum": min,
    "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
}  # fmt: skip


def test_every_function_of_balls_is_tested() -> None:
    assert set(balls.ELEMENTWISE) | set(balls.DIRECT) | {"sign"} == set(UNARY) | set(BINARY)


@pytest.mark.parametrize("name", UNARY)
def test_the_true_value_of_one_operand_is_in_the_ball_and_the_ball_is_small(name: str) -> None:
    true, inputs = UNARY[name]
    found = elements(getattr(np, name)(Balls.of(inputs)))
    with mpmath.workdps(DIGITS):
        for x, got in zip(inputs, found, strict=True):
            truth = true(mpmath.mpf(x))
            assert contained(got, truth), (name, x)
            assert sharp(got, truth), (name, x)


@pytest.mark.parametrize("name", BINARY)
def test_the_true_value_of_two_operands_is_in_the_ball_and_the_ball_is_small(name: str) -> None:
    each = [*FLOATS, 1e-08, -1e-08]
    left, right = np.meshgrid(each, [x for x in each if x])
    found = elements(getattr(np, name)(Balls.of(left), Balls.of(right)))
    with mpmath.workdps(DIGITS):
        for x, y, got in zip(left.ravel().tolist(), right.ravel().tolist(), found, strict=True):
            truth = BINARY[name](mpmath.mpf(x), mpmath.mpf(y))
            assert contained(got, truth), (name, x, y)
            if name != "logaddexp":  # log(e^x + e^y) as it stands cancels near 0
                assert sharp(got, truth) or truth == 0, (name, x, y)


@pytest.mark.parametrize("p", [-3, -1, 0, 1, 2, 5, -0.5, 0.5, 1.5, 0.1])
@pytest.mark.parametrize("function", [np.power, np.float_power, lambda x, p: x**p])
def test_powers_are_true_for_every_sign_that_has_one(p: float, function: Call) -> None:
    inputs = [x for x in [0.1, 2.0, 1e-30, 40.0] + ([-2.0, -0.1, 0.0] if p == int(p) else []) if x or p >= 0]
    with mpmath.workdps(DIGITS):
        for x, got in zip(inputs, elements(function(Balls.of(inputs), p)), strict=True):
            truth = mpmath.mpf(x) ** mpmath.mpf(p)
            assert contained(got, truth)
            assert sharp(got, truth)


@settings(max_examples=60, deadline=None)
@given(st.floats(-30, 30), st.floats(0, 0.5), st.floats(-1, 1))
def test_what_an_enclosure_holds_its_image_holds_too(x: float, rad: float, share: float) -> None:
    inside = Fraction(x) + Fraction(rad) * Fraction(share)
    with mpmath.workdps(DIGITS):
        point = mpmath.mpf(inside.numerator) / inside.denominator
        for name, (true, _) in UNARY.items():
            if name in ("tan", "reciprocal", "sign") or (name in ("log", "sqrt", "log1p") and x - rad <= 0):
                continue
            (got,) = elements(getattr(np, name)(ball(x, rad)))
            assert contained(got, true(point)), name
        for name in ("maximum", "minimum", "multiply", "add"):
            (got,) = elements(getattr(np, name)(ball(x, rad), ball(0.25, 0.125)))
            assert contained(got, BINARY[name](point, mpmath.mpf(0.25)))


# --- in and out -------------------------------------------------------------------------------------------------------
@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4))
def test_floats_go_in_exactly(numbers: list[float]) -> None:
    for array in (np.array(numbers), np.array(numbers)[None, :]):
        x = Balls.of(array)
        assert x.shape == array.shape
        assert [middle(e) for e in elements(x)] == [Fraction(v) for v in numbers]
        assert not any(radius(e) for e in elements(x))
        assert x.mid().tolist() == array.tolist()
        assert not x.rad().any()


def test_floats_of_fewer_bits_integers_truths_and_fractions_go_in_exactly() -> None:
    f32 = np.array([0.1, -3e38, 1e-45], dtype=np.float32)
    assert [middle(e) for e in elements(Balls.of(f32))] == [Fraction(float(v)) for v in f32]
    big = 2**63 - 1
    assert [middle(e) for e in elements(Balls.of(np.array([big, -7])))] == [big, -7]
    assert [middle(e) for e in elements(Balls.of([True, False]))] == [1, 0]
    (half, third) = elements(Balls.of(np.array([Fraction(1, 2), Fraction(1, 3)], dtype=object)))
    assert (middle(half), radius(half)) == (Fraction(1, 2), 0)
    assert contained(third, Fraction(1, 3))
    assert 0 < radius(third) < Fraction(2) ** (2 - BITS)
    with pytest.raises(Unsupported):
        Balls.of([1j])
    with pytest.raises(Unsupported):
        Balls.of(np.array(["a"], dtype=object))


def test_constants_are_rounded_to_the_dtype_under_test_and_numpys_own_numbers_are_not() -> None:
    x32, x64 = Balls.of(np.ones(1, dtype=np.float32)), Balls.of(np.ones(1))
    assert (x32.dtype, x64.dtype) == (np.float32, np.float64)
    for c in (0.01, 1 / 3, 1e-7, 0.5):
        for way in (lambda x, c: x * c, lambda x, c: c * x, lambda x, c: np.maximum(0, x * 0 + c)):
            assert [middle(e) for e in elements(way(x32, c))] == [Fraction(float(np.float32(c)))]
            assert [middle(e) for e in elements(way(x64, c))] == [Fraction(c)]
        assert [middle(e) for e in elements(np.where([True], c, x32))] == [Fraction(float(np.float32(c)))]
        assert [middle(e) for e in elements(x32 * np.float64(c))] == [Fraction(c)]
    assert ((x32 * 3).dtype, x32.T.dtype, np.exp(x32).dtype, x32[0].dtype, x32.sum().dtype) == (np.float32,) * 5
    assert (np.concatenate([x32, x32]).dtype, (x32 @ x32).dtype) == (np.float32,) * 2


def test_midpoint_and_radius_contain_the_ball_up_to_the_midpoints_own_rounding() -> None:
    with mpmath.workdps(DIGITS):
        for x in (0.1, 3.0, 40.0, 1e-5):
            for name in ("exp", "log", "tanh", "reciprocal"):
                got = getattr(np, name)(Balls.of([x]))
                truth = fraction(UNARY[name][0](mpmath.mpf(x)))
                mid, rad = Fraction(float(got.mid()[0])), Fraction(float(got.rad()[0]))
                assert rad >= radius(elements(got)[0]) > 0
                assert rad <= 2 * radius(elements(got)[0])
                assert abs(mid - truth) <= rad + abs(mid) * Fraction(2) ** -53
    assert Fraction(float(ball(0.0, 1e-300).rad())) >= radius(arb(0, 1e-300))
    with precision(4000):
        tiny = Balls.of(Fraction(1, 3)) * Balls.of(2.0) ** -2000
    assert float(tiny.rad()) == 5e-324  # never rounded down to nothing


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e10, 1e10), st.floats(0, 1e10))
def test_upper_is_at_least_every_modulus_inside_and_hardly_more(mid: float, rad: float) -> None:
    x = ball(mid, rad)
    (inside,) = elements(x)
    far = abs(middle(inside)) + radius(inside)
    upper = Fraction(float(x.upper()))
    assert upper >= far
    assert upper <= far * (1 + Fraction(2) ** -25) + Fraction(5e-324)


def test_upper_and_finiteness_of_what_no_float_holds() -> None:
    assert Balls.of([0.0, -3.0]).upper().tolist() == [0.0, 3.0]
    assert np.exp(Balls.of([1e4])).upper().tolist() == [np.inf]
    assert np.exp(Balls.of([-1e4])).upper().tolist() == [5e-324]
    unknown = 1 / Balls.of([0.0, 4.0])
    assert unknown.is_finite().tolist() == [False, True]
    assert np.isnan(unknown).tolist() == [True, False]
    assert np.isfinite(unknown).tolist() == [False, True]
    assert np.exp(Balls.of([1e4])).is_finite().tolist() == [True]  # too large for a float, not for a ball


def test_text_is_the_decimal_of_one_element() -> None:
    x = Balls.of([[1.0, 3.0], [0.5, -2.0]])
    third = 1 / x
    assert third.text(1) == "0.33333333333333333333"
    assert third.text(1, digits=5) == "0.33333"
    assert third.text(3) == "-0.50000000000000000000"
    assert Balls.of(0.1).text(digits=25) == "0.1000000000000000055511151"


def test_overlap_is_false_only_where_the_two_are_surely_different() -> None:
    a = np.array([arb(1, 0.5), arb(1, 0.5), arb(2), arb(2), arb(0, 1)], dtype=object)
    b = np.array([arb(2, 0.25), arb(2, 0.5), arb(2), arb(3), arb(5, 9)], dtype=object)
    assert overlaps(Balls(a), Balls(b)).tolist() == [False, True, True, False, True]
    third = Balls.of(1.0) / 3
    assert overlaps(third, Balls.of(Fraction(1, 3)))
    assert not overlaps(third, Balls.of(1 / 3))


def test_precision_is_restored_whatever_happens_and_gives_the_bits_asked_for() -> None:
    before = flint.ctx.prec
    with precision(300):
        assert flint.ctx.prec == 300
        with precision(64):
            assert flint.ctx.prec == 64
            coarse = Balls.of(1.0) / 3
        fine = Balls.of(1.0) / 3
        with pytest.raises(KeyError), precision(1000):
            raise KeyError
        assert flint.ctx.prec == 300
    assert flint.ctx.prec == before
    assert Fraction(2) ** -70 < radius(elements(coarse)[0]) < Fraction(2) ** -62
    assert Fraction(2) ** -306 < radius(elements(fine)[0]) < Fraction(2) ** -298


# --- comparisons ------------------------------------------------------------------------------------------------------
COMPARISONS = [np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal]


@pytest.mark.parametrize("compare", COMPARISONS)
def test_exact_numbers_are_compared_as_floats_are(compare: Call) -> None:
    x, y = np.array([1.0, 2.0, 3.0, -0.0]), np.array([2.0, 2.0, 1.0, 0.0])
    found = compare(Balls.of(x), Balls.of(y))
    assert found.dtype == bool
    assert found.tolist() == compare(x, y).tolist()
    assert compare(Balls.of(x), 2).tolist() == compare(x, 2).tolist()
    assert compare(x[:, None], Balls.of(y)).tolist() == compare(x[:, None], y).tolist()


@pytest.mark.parametrize("compare", COMPARISONS)
def test_apart_enclosures_are_decided_and_overlapping_ones_raise_and_name_the_element(compare: Call) -> None:
    mid, rad = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), 0.25
    x = Balls(np.frompyfunc(lambda m: arb(m, rad), 1, 1)(mid))
    for c in (0.0, 3.5, 7.0):
        assert compare(x, c).tolist() == compare(mid, c).tolist()
    for c, place in ((2.0, "0, 1"), (6.2, "1, 2"), (3.9, "1, 0")):
        with pytest.raises(Straddle, match=rf"{compare.__name__} .*\[{place}\]"):
            compare(x, c)
    with pytest.raises(Straddle):
        compare(x, x)


def test_a_comparison_where_the_enclosures_touch_is_decided_only_where_that_suffices() -> None:
    rad = arb(0, 1).rad()  # 1, rounded up
    low = Balls(np.array([arb(0, 1) + rad], dtype=object))  # [0, 2·rad]
    top = Balls(np.array([2 * rad], dtype=object))
    assert (low >= 0).tolist() == [True]
    assert (low < 0).tolist() == [False]
    assert (low <= top).tolist() == [True]
    assert (low > top).tolist() == [False]
    for undecided in (lambda: low > 0, lambda: low <= 0, lambda: low == 0, lambda: low != top, lambda: low < top):
        with pytest.raises(Straddle):
            undecided()


def test_the_largest_and_its_place_need_no_guess() -> None:
    x = Balls.of([[1.0, 5.0, 5.0], [-2.0, -7.0, -3.0]])
    assert np.argmax(x, axis=1).tolist() == [1, 0]
    assert np.argmin(x, axis=1).tolist() == [0, 1]
    assert np.argmax(x) == 1
    assert np.max(x, axis=0).mid().tolist() == [1.0, 5.0, 5.0]
    doubtful = Balls(np.array([arb(1), arb(2, 0.5), arb(2.25)], dtype=object))
    with pytest.raises(Straddle):
        np.argmax(doubtful)
    assert np.argmin(doubtful) == 0
    (top,) = elements(np.max(doubtful))
    assert contained(top, Fraction(9, 4))
    assert contained(top, Fraction(5, 2))
    assert not contained(top, Fraction(3, 2))


# --- products ---------------------------------------------------------------------------------------------------------
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_a_product_of_matrices_is_the_exact_one(inner: int, rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(-(2**20), 2**20, (rows, inner)) / 2**10, rng.integers(-(2**20), 2**20, (inner, columns)) / 2**9
    found = Balls.of(a) @ Balls.of(b)
    assert found.shape == (rows, columns)
    for i, j in np.ndindex(rows, columns):
        truth = sum((Fraction(x) * Fraction(y) for x, y in zip(a[i], b[:, j], strict=True)), Fraction(0))
        got = found.parts[0][i, j]
        assert (middle(got), radius(got)) == (truth, 0)


def test_the_solution_of_equations_holds_the_exact_one_and_a_singular_matrix_is_refused() -> None:
    a, b = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    found = elements(solve(Balls.of(a), Balls.of(b)))
    truth = [Fraction(n, 5) for n in (2, -1, -1, 3)]
    assert all(contained(x, want) and sharp(x, want) for x, want in zip(found, truth, strict=True))
    assert not any(contained(x, want + Fraction(1, 10**12)) for x, want in zip(found, truth, strict=True))
    with pytest.raises(ZeroDivisionError):
        solve(Balls.of(np.array([[1.0, 2.0], [2.0, 4.0]])), Balls.of(b))


def test_a_product_and_a_sum_hold_the_truth_where_bits_do_not_suffice() -> None:
    a, b = np.array([[1e30, 1.0, -1e30]]), np.array([[1e30], [1.0], [1e30]])
    with precision(64):
        for product in (Balls.of(a) @ Balls.of(b), Balls.of(a) @ b, a @ Balls.of(b)):
            assert contained(elements(product)[0], 1)
            assert radius(elements(product)[0]) > 0
        terms = np.array([1e30, 1.0, -1e30, 1e-20])
        (total,) = elements(np.sum(Balls.of(terms)))
        assert contained(total, sum(map(Fraction, terms.tolist())))
