"""Balls hold the true value, say no where they do not know, and run NumPy's functions as plain arrays and Bounds do.

The truth is mpmath's at 120 digits, or an exact rational. NumPy's functions are compared on small whole numbers, on
which plain float64 makes no error.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.arithmetic import balls
from verify.arithmetic.balls import Balls, overlaps, precision, solve
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.duck import COMPUTES, MOVES, Straddle, Unsupported, collected

Array = np.ndarray[Any, Any]
Call = Callable[..., Any]

BITS, DIGITS = 128, 120


@pytest.fixture(autouse=True)
def enough_bits() -> Iterator[None]:
    with precision(BITS):
        yield


# --- the truth -----------------------------------------------------------------------------------------------------
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


def contained(x: arb, truth: Any) -> bool:
    return abs(middle(x) - fraction(truth)) <= radius(x)


def sharp(x: arb, truth: Any) -> bool:
    return radius(x) <= abs(fraction(truth)) * Fraction(2) ** (20 - BITS)


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


# --- in and out ------------------------------------------------------------------------------------------------------
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


# --- comparisons -----------------------------------------------------------------------------------------------------
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


# --- products --------------------------------------------------------------------------------------------------------
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


# --- what balls must not become --------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [Balls.of, lambda x: Bounds.of(x, 0.25)])
@pytest.mark.parametrize("convert", [float, int, complex, bool, lambda x: x.item(), lambda x: x.tolist(), hash])
def test_a_number_with_a_radius_does_not_turn_into_one_without(convert: Call, make: Call) -> None:
    with pytest.raises(TypeError):
        convert(make(1.0))


@pytest.mark.parametrize("make", [Balls.of, lambda x: Bounds.of(x, 0.25)])
@pytest.mark.parametrize(
    "convert",
    [
        lambda x: np.array(x, dtype=float), lambda x: np.asarray(x, dtype=np.float32), lambda x: x.astype(int),
        lambda x: np.zeros(2)[x], bool, lambda x: 1 if x[0] else 0, np.floor,
        np.sort, np.linalg.inv, lambda x: np.isclose(x, x),
        np.add.accumulate, lambda x: np.add(x, x, where=np.array([True, False])),
        lambda x: np.sum(x, initial=3.0), lambda x: np.pad(x, 1, mode="edge"), lambda x: x + 1j,
    ],
)  # fmt: skip
def test_what_would_drop_the_radius_or_is_not_known_is_refused(convert: Call, make: Call) -> None:
    with pytest.raises((Unsupported, IndexError)):
        convert(make([1.0, 2.0]))


def element_by_element(z: Array, x: Any) -> None:
    for i in range(2):
        z[i] = x[i]


def adding_up(z: Array, x: Any) -> None:
    for i in range(2):
        z[i] += x[i]


def in_place(z: Array, x: Any) -> None:
    z += x


def by_slice(z: Array, x: Any) -> None:
    z[:] = x


def by_out(z: Array, x: Any) -> None:
    np.exp(x, out=z)


def by_sum(z: Array, x: Any) -> None:
    np.sum(x.reshape(1, 2), axis=0, out=z)


def by_at(z: Array, x: Any) -> None:
    np.add.at(z, [0, 1], x)


def by_fill(z: Array, x: Any) -> None:
    z.fill(x[0])


@pytest.mark.parametrize("make", [Balls.of, lambda x: Bounds.of(x, 0.25)])
@pytest.mark.parametrize(
    "write", [element_by_element, adding_up, in_place, by_slice, by_out, by_sum, by_at, by_fill]
)  # fmt: skip
def test_accumulating_into_plain_floats_raises_and_writes_nothing(write: Call, make: Call) -> None:
    z = np.zeros(2)
    with pytest.raises((TypeError, ValueError)):
        write(z, make([1.0, 2.0]))
    assert z.tolist() == [0.0, 0.0]


def test_zeros_like_is_a_place_to_accumulate_in() -> None:
    for make in (Balls.of, lambda x: Bounds.of(x, 0.25)):
        x = make([1.0, 2.0])
        for write in (element_by_element, adding_up, in_place, by_slice, by_at):
            z = np.zeros_like(x)
            write(z, x)
            assert type(z) is type(x)
            if isinstance(z, Balls):
                assert z.mid().tolist() == [1.0, 2.0]
            else:
                assert z.value.tolist() == [1.0, 2.0]
                assert (z.err >= 0.25).all()
        assert np.zeros_like(x, dtype=int).dtype.kind == "i"


def test_an_array_of_objects_computes_and_is_gathered_again() -> None:
    x = Balls.of([[0.1, 3.0], [-2.0, 7.0]])
    objects = np.array(x)
    assert (type(objects), objects.dtype, objects.shape) == (np.ndarray, object, (2, 2))
    back = collected(objects)
    assert isinstance(back, Balls)
    assert [middle(e) for e in elements(back)] == [middle(e) for e in elements(x)]
    listed = collected(np.array([np.exp(x[0, 0]), x[0, 1] * 2]))
    assert overlaps(listed, Balls.of([0.1, 3.0]) * 0 + np.stack([np.exp(x[0, 0]), x[0, 1] * 2])).all()
    doubled = collected(objects * 2 + 1)
    assert [middle(e) for e in elements(doubled)] == [2 * middle(e) + 1 for e in elements(x)]
    total = objects.sum()
    assert middle(elements(total)[0]) == sum(middle(e) for e in elements(x))
    bounds = Bounds.of([1.0, 2.0], [0.5, 0.25])
    again = collected(np.array(bounds))
    assert (again.value.tolist(), again.err.tolist()) == ([1.0, 2.0], [0.5, 0.25])
    mixed = collected(np.array([bounds[0], 3.0], dtype=object))
    assert (mixed.value.tolist(), mixed.err.tolist()) == ([1.0, 3.0], [0.5, 0.0])
    plain = np.ones(2)
    assert collected(plain) is plain
    assert collected(3.0) == 3.0
    assert middle(elements(x + np.array([x[0, 0], x[0, 1]]))[0]) == 2 * Fraction(0.1)


def test_copies_are_copies_and_views_are_views() -> None:
    for make in (Balls.of, Bounds.of):
        x = make(np.arange(6.0).reshape(2, 3))
        for twin in (x.copy(), copy.copy(x), copy.deepcopy(x), np.copy(x), x.flatten()):
            twin[0] = 9
        assert (x == np.arange(6.0).reshape(2, 3)).all()
        x.T[0] = 7
        assert (x[:, 0] == 7).all()


# --- NumPy's functions, on balls and on bounds -----------------------------------------------------------------------
# Small whole numbers, and counts that are powers of two: float64 makes no error here, so that all three must agree.
X = np.array([[3.0, -1.0, 4.0, 2.0], [-5.0, 9.0, -2.0, 6.0]])
Y = np.array([[2.0, 7.0, -1.0, 8.0], [-2.0, 8.0, 1.0, -8.0]])
CUBE = np.array([[[k * 7 % 11 - 5.0 + i - 2 * j for k in range(4)] for j in range(3)] for i in range(2)])
V = np.array([1.0, -2.0, 4.0, 3.0])
MASK = np.array([[True, False, True, True], [False, False, True, False]])

MOVED: list[tuple[Any, Call]] = [
    (np.reshape, lambda f: np.reshape(f(X), (4, 2))), (np.reshape, lambda f: f(X).reshape(-1, 2)),
    (np.reshape, lambda f: f(X).reshape((8, 1), order="F")), (np.transpose, lambda f: np.transpose(f(CUBE), (2, 0, 1))),
    (np.transpose, lambda f: f(CUBE).transpose(1, 0, 2)), (np.transpose, lambda f: f(X).T),
    (np.matrix_transpose, lambda f: f(CUBE).mT), (np.matrix_transpose, lambda f: np.matrix_transpose(f(CUBE))),
    (np.ravel, lambda f: np.ravel(f(X))), (np.ravel, lambda f: f(X).ravel("F")),
    (np.squeeze, lambda f: np.squeeze(f(X)[None, :, :])), (np.squeeze, lambda f: f(X)[:, None].squeeze(1)),
    (np.expand_dims, lambda f: np.expand_dims(f(X), 1)), (np.moveaxis, lambda f: np.moveaxis(f(CUBE), 0, -1)),
    (np.swapaxes, lambda f: np.swapaxes(f(CUBE), 0, 2)), (np.swapaxes, lambda f: f(CUBE).swapaxes(0, 1)),
    (np.broadcast_to, lambda f: np.broadcast_to(f(V), (3, 4))),
    (np.concatenate, lambda f: np.concatenate([f(X), f(Y)], axis=1)),
    (np.concatenate, lambda f: np.concatenate((f(X), Y, np.ones((1, 4))))),
    (np.concatenate, lambda f: np.concatenate([X, f(Y)], axis=None)),
    (np.stack, lambda f: np.stack([f(X), f(Y)], axis=-1)), (np.stack, lambda f: np.stack([f(X)[0, 0], 2.0, 3])),
    (np.vstack, lambda f: np.vstack([f(V), V])), (np.hstack, lambda f: np.hstack([X, f(Y)])),
    (np.column_stack, lambda f: np.column_stack([f(V), V])), (np.dstack, lambda f: np.dstack([f(X), Y])),
    (np.tile, lambda f: np.tile(f(V), (2, 2))), (np.repeat, lambda f: np.repeat(f(X), 2, axis=1)),
    (np.repeat, lambda f: f(V).repeat([1, 0, 2, 1])), (np.flip, lambda f: np.flip(f(X), 0)),
    (np.fliplr, lambda f: np.fliplr(f(X))), (np.flipud, lambda f: np.flipud(f(X))),
    (np.roll, lambda f: np.roll(f(X), 1, axis=1)), (np.rot90, lambda f: np.rot90(f(X))),
    (np.take, lambda f: np.take(f(X), [2, 0, 2], axis=1)), (np.take, lambda f: f(X).take([5, 1])),
    (np.take, lambda f: np.take(f(V), 2)),
    (np.take_along_axis, lambda f: np.take_along_axis(f(X), np.array([[1], [3]]), 1)),
    (np.delete, lambda f: np.delete(f(X), 2, axis=1)), (np.diagonal, lambda f: np.diagonal(f(CUBE), 1, 1, 2)),
    (np.diagonal, lambda f: f(X).diagonal()), (np.split, lambda f: np.split(f(X), 2, axis=1)),
    (np.array_split, lambda f: np.array_split(f(V), 3)), (np.hsplit, lambda f: np.hsplit(f(X), [1, 3])),
    (np.vsplit, lambda f: np.vsplit(f(X), 2)), (np.atleast_1d, lambda f: np.atleast_1d(f(3.0))),
    (np.atleast_2d, lambda f: np.atleast_2d(f(V))), (np.atleast_3d, lambda f: np.atleast_3d(f(X))),
    (np.copy, lambda f: np.copy(f(X))), (np.rollaxis, lambda f: np.rollaxis(f(CUBE), 2)),
    (np.lib.stride_tricks.sliding_window_view, lambda f: np.lib.stride_tricks.sliding_window_view(f(V), 2)),
]  # fmt: skip

COMPUTED: list[tuple[Any, Call]] = [
    (np.sum, lambda f: np.sum(f(CUBE))), (np.sum, lambda f: np.sum(f(CUBE), axis=(0, 2))),
    (np.sum, lambda f: f(CUBE).sum(axis=-1, keepdims=True)), (np.sum, lambda f: np.add.reduce(f(CUBE), axis=1)),
    (np.sum, lambda f: np.sum(f(np.zeros((2, 0))), axis=1)), (np.sum, lambda f: np.sum(f(CUBE), axis=())),
    (np.mean, lambda f: np.mean(f(X), axis=1)), (np.mean, lambda f: f(X).mean()),
    (np.mean, lambda f: np.mean(f(X), axis=0, keepdims=True)), (np.average, lambda f: np.average(f(X), axis=1)),
    (np.average, lambda f: np.average(f(X), axis=1, weights=[1, 2, 4, 1])),
    (np.average, lambda f: np.average(f(V), weights=f([1, 2, 4, 1]))), (np.var, lambda f: np.var(f(X), axis=1)),
    (np.var, lambda f: f(X).var(axis=0, ddof=1, keepdims=True)), (np.std, lambda f: np.std(f([1.0, 5.0]))),
    (np.std, lambda f: f(X[:, :1] * 2).std(axis=0)), (np.prod, lambda f: np.prod(f(X), axis=1, keepdims=True)),
    (np.prod, lambda f: f(V).prod()), (np.cumsum, lambda f: np.cumsum(f(X), axis=1)),
    (np.cumsum, lambda f: f(X).cumsum()), (np.cumprod, lambda f: np.cumprod(f(X), axis=0)),
    (np.diff, lambda f: np.diff(f(X))), (np.diff, lambda f: np.diff(f(V), n=2)),
    (np.diff, lambda f: np.diff(f(CUBE), axis=1)), (np.max, lambda f: np.max(f(CUBE), axis=(0, 2))),
    (np.max, lambda f: f(X).max(axis=0, keepdims=True)), (np.amax, lambda f: np.amax(f(X))),
    (np.max, lambda f: np.maximum.reduce(f(X), axis=1)), (np.min, lambda f: np.min(f(CUBE), axis=1)),
    (np.amin, lambda f: np.amin(f(X), axis=-1)), (np.argmax, lambda f: np.argmax(f(CUBE), axis=2)),
    (np.argmax, lambda f: f(X).argmax()), (np.argmin, lambda f: np.argmin(f(X), axis=0, keepdims=True)),
    (np.dot, lambda f: np.dot(f(X), Y.T)), (np.dot, lambda f: f(V).dot(f(V))),
    (np.dot, lambda f: np.dot(f(CUBE), f(Y).T)), (np.dot, lambda f: np.dot(f(X), 2)),
    (np.vdot, lambda f: np.vdot(X, f(Y))), (np.inner, lambda f: np.inner(f(X), f(Y))),
    (np.inner, lambda f: np.inner(CUBE, f(V))), (np.outer, lambda f: np.outer(f(V), V)),
    (np.tensordot, lambda f: np.tensordot(f(CUBE), f(Y), (2, 1))),
    (np.tensordot, lambda f: np.tensordot(f(CUBE), X, ([0, 2], [0, 1]))),
    (np.tensordot, lambda f: np.tensordot(f(X), f(Y))), (np.tensordot, lambda f: np.tensordot(f(V), f(V), 0)),
    (np.einsum, lambda f: np.einsum("ij,kj->ik", f(X), f(Y))), (np.einsum, lambda f: np.einsum("ij,ij->", f(X), Y)),
    (np.einsum, lambda f: np.einsum("bij,bkj->bik", f(CUBE), f(CUBE))),
    (np.einsum, lambda f: np.einsum("ij->ji", f(X))),
    (np.einsum, lambda f: np.einsum("ii", f(X[:, :2]))), (np.einsum, lambda f: np.einsum("...j,j->...", CUBE, f(V))),
    (np.einsum, lambda f: np.einsum("ij,jk,k", f(X), f(np.ones((4, 3))), f([1.0, 2.0, 3.0]))),
    (np.einsum, lambda f: np.einsum("ij,j->ij", f(X), f(V))), (np.einsum, lambda f: np.einsum("bij->bj", f(CUBE))),
    (np.einsum, lambda f: np.einsum("i,j->ji", f(V), V)), (np.einsum, lambda f: np.einsum("ij,ik", f(X), f(Y))),
    (np.trace, lambda f: np.trace(f(X))), (np.trace, lambda f: f(X).trace(1)),
    (np.linalg.norm, lambda f: np.linalg.norm(f([3.0, -4.0]))),
    (np.linalg.norm, lambda f: np.linalg.norm(f(X), 1, axis=1)),
    (np.linalg.norm, lambda f: np.linalg.norm(f([[3.0, 4.0], [6.0, 8.0]]), axis=1, keepdims=True)),
    (np.where, lambda f: np.where(MASK, f(X), f(Y))), (np.where, lambda f: np.where(MASK, f(X), 0.0)),
    (np.where, lambda f: np.where(f(X) > 0, f(X), Y)), (np.where, lambda f: np.where(f(X) == 9, 1.0, f(V))),
    (np.clip, lambda f: np.clip(f(X), -2, 3)), (np.clip, lambda f: f(X).clip(min=0)),
    (np.clip, lambda f: np.clip(f(X), None, f(V))), (np.diag, lambda f: np.diag(f(V))),
    (np.diag, lambda f: np.diag(f(V), -1)), (np.diag, lambda f: np.diag(f(X), 1)),
    (np.triu, lambda f: np.triu(f(X), 1)), (np.tril, lambda f: np.tril(f(CUBE), -1)),
    (np.zeros_like, lambda f: np.zeros_like(f(X))),
    (np.zeros_like, lambda f: np.zeros_like(f(X), shape=(3,))), (np.ones_like, lambda f: np.ones_like(f(X))),
    (np.empty_like, lambda f: np.empty_like(f(X)).shape), (np.full_like, lambda f: np.full_like(f(X), 2.5)),
    (np.append, lambda f: np.append(f(X), f(Y), axis=0)), (np.append, lambda f: np.append(f(V), 5)),
    (np.pad, lambda f: np.pad(f(X), 1)), (np.pad, lambda f: np.pad(f(X), ((0, 1), (2, 0)), constant_values=7)),
    (np.broadcast_arrays, lambda f: np.broadcast_arrays(f(X), f(V))), (np.shape, lambda f: np.shape(f(CUBE))),
    (np.ndim, lambda f: np.ndim(f(CUBE))), (np.size, lambda f: (np.size(f(CUBE)), np.size(f(CUBE), 1), f(CUBE).size)),
    (np.matmul, lambda f: f(X) @ f(Y).T), (np.matmul, lambda f: f(X) @ V), (np.matmul, lambda f: V @ f(X).T),
    (np.matmul, lambda f: f(V) @ f(V)), (np.matmul, lambda f: f(CUBE) @ Y.T), (np.matmul, lambda f: CUBE @ f(CUBE).mT),
    (np.matmul, lambda f: f(np.ones((2, 0))) @ np.ones((0, 3))),
    (np.matmul, lambda f: f(X[:, None, None]) @ f(CUBE[0].T)),
    (np.add, lambda f: f(X) + V), (np.subtract, lambda f: 1 - f(X)), (np.multiply, lambda f: X * f(Y)),
    (np.divide, lambda f: f(X) / [[2.0], [4.0]]), (np.divide, lambda f: np.array([8.0]) / f([2.0, 4.0])),
    (np.negative, lambda f: -f(X)), (np.absolute, lambda f: abs(f(X))), (np.square, lambda f: np.square(f(X))),
    (np.power, lambda f: f(X) ** 3), (np.power, lambda f: f([2.0, 4.0]) ** -1),
    (np.sign, lambda f: np.sign(f(X)) * f(X)),
    (np.maximum, lambda f: np.maximum(f(X), Y)), (np.minimum, lambda f: np.minimum(0, f(X))),
    (np.sqrt, lambda f: np.sqrt(f(X) ** 2)), (np.exp, lambda f: np.exp(f(X) * 0)),
    (np.log, lambda f: np.log(f(X) * 0 + 1)),
]  # fmt: skip


def looped(f: Call) -> Any:
    return np.stack([row * 2 + len(row) for row in f(X)])


def written(f: Call) -> Any:
    x, z = f(X), np.zeros_like(f(X))
    z[0] = x[1]
    z[1, 1:3] = 5
    z[:, 0] += x[:, 3]
    z[MASK] *= 2
    z -= f(Y)
    z /= 2
    z[1, 3] = f(7.0)
    z[x > 5] = 0
    return z


def counted_twice(f: Call) -> Any:
    z = np.zeros_like(f(V))
    np.add.at(z, [1, 1, 3], f([2.0, 3.0, 4.0]))
    np.add.at(z, np.array([0, 0]), 1.0)
    return z


INDEXED: list[Call] = [
    lambda f: f(X)[0], lambda f: f(X)[1, 2], lambda f: f(X)[:, ::2], lambda f: f(X)[..., -1], lambda f: f(X)[MASK],
    lambda f: f(X)[[0, 1], [2, 3]], lambda f: f(X)[:, None, 1:], lambda f: f(X)[np.array([1, 0])],
    lambda f: f(X)[np.arange(2), np.argmax(f(X), axis=1)], looped, written, counted_twice,
    lambda f: np.add(f(X), f(Y), out=np.zeros_like(f(X))), lambda f: np.sum(f(X), axis=0, out=np.zeros_like(f(V))),
    lambda f: collected(np.array([f(1.0) * 2, f(2.0) - 1])), lambda f: f(X).astype(float), lambda f: f(X).flatten("F"),
]  # fmt: skip

CALLS = [call for _, call in MOVED] + [call for _, call in COMPUTED] + INDEXED


def listed(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def named(calls: list[tuple[Any, Call]]) -> list[Any]:
    return [pytest.param(call, id=f"{function.__name__}-{i}") for i, (function, call) in enumerate(calls)]


EVERY = [*named(MOVED), *named(COMPUTED), *(pytest.param(c, id=f"index-{i}") for i, c in enumerate(INDEXED))]


def test_every_function_that_runs_on_these_numbers_is_compared_with_numpys() -> None:
    assert {function for function, _ in MOVED} >= MOVES
    assert set(COMPUTES) <= {function for function, _ in COMPUTED}


@pytest.mark.parametrize("call", EVERY)
def test_balls_give_numpys_own_result_exactly(call: Call) -> None:
    plain, found = listed(call(np.array)), listed(call(Balls.of))
    assert len(found) == len(plain)
    for got, want in zip(found, plain, strict=True):
        if not isinstance(got, Balls):
            assert np.asarray(want).dtype.kind in "iub"
            assert np.array_equal(got, want)
            continue
        assert got.shape == np.shape(want)
        assert [middle(e) for e in elements(got)] == [Fraction(v) for v in np.ravel(want).tolist()]
        assert not any(radius(e) for e in elements(got))


@pytest.mark.parametrize("call", EVERY)
def test_bounds_give_numpys_own_result_with_the_error_of_its_operations(call: Call) -> None:
    plain, found = listed(call(np.array)), listed(call(Bounds.of))
    assert len(found) == len(plain)
    for got, want in zip(found, plain, strict=True):
        if not isinstance(got, Bounds):
            assert np.asarray(want).dtype.kind in "iub"
            assert np.array_equal(got, want)
            continue
        assert got.shape == np.shape(want) == np.shape(got.err)
        assert np.array_equal(got.value, want)
        assert (np.asarray(got.err) >= 0).all()
        assert (np.asarray(got.err) <= 1e-11).all()


# In some of these calls plain numbers, which have no error, stand beside ours.
JOINED = (np.concatenate, np.stack, np.vstack, np.hstack, np.column_stack, np.dstack)


@pytest.mark.parametrize(
    ("function", "call"), [pytest.param(f, call, id=f"{f.__name__}-{i}") for i, (f, call) in enumerate(MOVED)]
)
def test_what_only_moves_elements_moves_their_errors_along(function: Any, call: Call) -> None:
    """An element's error is an eighth of its modulus: it must still be, wherever the element has gone."""

    def with_error(x: Any) -> Bounds:
        return Bounds.of(np.array(x, dtype=float), np.abs(x) / 8)

    def with_radius(x: Any) -> Balls:
        enclosed = np.frompyfunc(lambda v: arb(v, abs(v) / 8), 1, 1)
        return Balls(np.asarray(enclosed(np.array(x, dtype=float)), dtype=object))

    for make in (with_error, with_radius):
        for got, want in zip(listed(call(make)), listed(call(np.array)), strict=True):
            value, err = (got.value, got.err) if isinstance(got, Bounds) else (got.mid(), got.rad())
            assert np.array_equal(value, want)
            assert got.shape == np.shape(want)
            # Arb keeps 30 bits of a radius, rounded up.
            moved = (err >= np.abs(want) / 8) & (err <= np.abs(want) / 8 * (1 + 2.0**-25))
            if function in JOINED:
                assert (moved | (err == 0)).all()
                assert moved.sum() >= got.size / 3
            else:
                assert moved.all()


def softmax(z: Any) -> Any:
    e = np.exp(z - np.max(z, axis=0, keepdims=True))
    return e / np.sum(e, axis=0, keepdims=True)


INEXACT: list[Call] = [
    lambda f: softmax(f(X)), lambda f: np.std(f(X), axis=1), lambda f: np.mean(f(CUBE), axis=1),
    lambda f: np.var(f(CUBE), axis=(0, 1), ddof=1), lambda f: f(X) / 3, lambda f: np.exp(f(X) / 7) @ f(V),
    lambda f: np.tanh(f(X) / 10) * np.log1p(abs(f(Y))), lambda f: 1 / (1 + np.exp(-f(X))),
    lambda f: np.log(np.sum(np.exp(f(X)), axis=1)), lambda f: np.logaddexp(f(X), f(Y)), lambda f: np.linalg.norm(f(X)),
    lambda f: (f(X) - np.mean(f(X), axis=1, keepdims=True)) / np.sqrt(np.var(f(X), axis=1, keepdims=True) + 1e-8),
    lambda f: np.einsum("ij,kj->ik", f(X) * 0.1, np.sin(f(Y))),
    lambda f: np.average(f(X), axis=0, weights=f([0.1, 0.7])),
    lambda f: np.cumprod(f(X) * 0.3, axis=1), lambda f: np.where(f(X) > 0, f(X) * 0.1, np.expm1(f(X))),
    lambda f: np.maximum(f(X) * 0.1, np.cos(f(Y))) ** 2.0, lambda f: np.outer(np.arctan(f(V)), np.sqrt(abs(f(V)))),
    lambda f: np.sum(np.cosh(f(V) / 3) - np.sinh(f(V) / 3)) ** 0.5,
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("call", INEXACT)
def test_numpys_result_and_that_of_bounds_are_as_near_to_the_ball_as_the_bound_says(call: Call, dtype: Any) -> None:
    plain = np.asarray(call(lambda x: np.array(x, dtype=dtype)))
    bounds = call(lambda x: Bounds.of(np.array(x, dtype=dtype)))
    truth = call(lambda x: Balls.of(np.array(x, dtype=dtype)))
    assert plain.shape == bounds.shape == truth.shape
    assert bounds.dtype == plain.dtype == dtype
    for value, mine, err, true in zip(
        plain.ravel().tolist(), np.ravel(bounds.value), np.ravel(bounds.err), elements(truth), strict=True
    ):
        reach = Fraction(float(err)) + radius(true)
        assert abs(Fraction(value) - middle(true)) <= reach
        assert abs(Fraction(float(mine)) - middle(true)) <= reach
        assert radius(true) <= Fraction(2) ** (30 - BITS)
    assert (np.asarray(bounds.err) <= 2000 * np.finfo(dtype).eps * np.max(np.abs(plain))).all()


def test_arguments_that_do_not_fit_raise_as_numpys_do() -> None:
    for make in (Balls.of, Bounds.of):
        x = make(X)
        with pytest.raises(ValueError, match="matmul"):
            x @ x
        with pytest.raises(ValueError, match="tensordot"):
            np.tensordot(x, x, (0, 1))
        with pytest.raises(ValueError, match="einsum"):
            np.einsum("ij,jk->ik", x)
        with pytest.raises(np.exceptions.AxisError):
            np.sum(x, axis=2)
        with pytest.raises(ValueError, match="over no elements"):
            np.max(make(np.zeros((0, 2))))
        with pytest.raises(ValueError, match="in-place"):
            x += np.ones((3, 2, 4))
        with pytest.raises(ValueError, match="broadcast"):
            x + np.ones(3)


def test_a_rational_constant_goes_in_as_the_fraction_it_is() -> None:
    (got,) = elements(Balls.of(np.array([fmpq(1, 3)], dtype=object)))
    assert contained(got, Fraction(1, 3))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_whole_power_of_an_enclosure_about_0_holds_the_powers_of_all_that_it_holds(n: int) -> None:
    """Arb's own is nan there, and so was 1 − tanh²(z) at a z that is 0 up to its radius."""
    found = ball(0.0, 2.0**-60) ** n
    assert found.is_finite().all()
    for share in (-1.0, -0.5, 0.0, 1.0):
        assert found.parts[0][()].contains(arb(share * 2.0**-60) ** n)
    assert not found.parts[0][()].contains(arb(2.0 ** (-60 * n + 2)))


def test_what_numpy_widens_is_no_longer_rounded_to_the_narrow_precision() -> None:
    x = np.ones(2, dtype=np.float32)
    narrow, mask = Balls.of(x), np.ones(2)
    for wide in (narrow * mask, mask * narrow, np.where(mask > 0, narrow, mask), np.maximum(narrow, mask)):
        assert wide.dtype == np.float64
        assert abs(middle(elements(wide / 0.7)[0]) * Fraction(0.7) - 1) < Fraction(1, 10**30)
    assert (narrow * 2).dtype == (narrow / 0.7).dtype == (narrow * (mask > 0)).dtype == np.float32
    assert (narrow * np.arange(2)).dtype == (x * np.arange(2)).dtype
