"""Bounds, whole: value, bound, dtype and shape of what each operation gives on small subjects, and its refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls
from verify.arithmetic.bounds import Bounds, _beyond, _ends, _summed, budget
from verify.arithmetic.duck import Unsupported, collected
from verify.arithmetic.rounding import up

f32, f64 = np.float32, np.float64
U32, U64 = 2.0**-24, 2.0**-53
ETA32, ETA64 = 2.0**-149, 2.0**-1074
TOP32, TOP64 = float(np.finfo(f32).max), float(np.finfo(f64).max)
inf, nan = math.inf, math.nan


def whole(x: Any) -> tuple[Any, Any]:
    """Value and bound, as lists; both of the same shape, the bound in float64."""
    assert isinstance(x, Bounds)
    assert (x.value.shape, x.err.dtype) == (x.err.shape, f64)
    return x.value.tolist(), x.err.tolist()


def wide(x: float) -> float:
    """A bound, rounded up."""
    return float(up(np.asarray(x)))


# --- in ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", [f32, f64])
def test_numbers_go_in_with_the_error_that_is_named(dtype: Any) -> None:
    x = Bounds.of(np.array([1, -2], dtype), f32(0.25))
    assert (whole(x), x.dtype) == (([1, -2], [0.25, 0.25]), dtype)


@pytest.mark.parametrize("given", [1, True, [[1]]])
def test_whole_numbers_and_truths_go_in_as_float64s(given: Any) -> None:
    x = Bounds.of(given, np.ones_like(given, f32))
    assert (whole(x), x.dtype) == ((given, given), f64)


@pytest.mark.parametrize("err", [0.5, np.array([0.5, 0.5]), f32(0.5)])
def test_bounds_go_in_with_an_error_on_top_of_theirs(err: Any) -> None:
    x = Bounds(np.array([1, -2], f32), np.array([0.25, 0]))
    assert (whole(Bounds.of(x, err)), Bounds.of(x, err).dtype) == (([1, -2], [0.75, 0.5]), f32)


def test_what_goes_in_can_be_written_into_and_its_source_stays() -> None:
    plain, err = np.array([1.0, 2.0]), np.array([0.5, 0.25])
    for given in (err, 0.5):
        x = Bounds.of(plain, given).copy()
        x[0] = 7
        assert whole(x)[0] == [7, 2]
    x = Bounds.of([1.0, 2.0], err)
    x[0] = 7
    assert (whole(x), err.tolist()) == (([7, 2], [0, 0.25]), [0.5, 0.25])


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.int32])
def test_whole_numbers_carry_what_a_float_loses_of_them(dtype: Any) -> None:
    small = Bounds.of(f32(0))._pair(np.array([2**23, 2**23 + 1], dtype))
    assert [x.tolist() for x in small] == [[2**23, 2**23 + 1], [0, 0]]
    value, off = Bounds.of(f32(0))._pair(np.array([[2**24 + 1], [2**24 + 3], [2**23]], dtype))
    assert (value.dtype, value.tolist(), off.tolist()) == (f32, [[2**24], [2**24 + 4], [2**23]], [[1], [1], [0]])


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ([2**53 + 1, 5], ([2**53, 5], [1.5, 0.5])), ([-(2**53) - 1], ([-(2**53)], [1.5])),
        (np.uint64(2**64 - 1), (2**64, 1.5)), (np.zeros((0, 2), int), ([], [])),
    ],
)  # fmt: skip
def test_whole_numbers_that_no_float64_holds_are_off_by_what_is_lost(given: Any, want: Any) -> None:
    assert whole(Bounds.of(np.array(given), 0.5)) == want


@pytest.mark.parametrize(
    ("c", "value", "off"),
    [
        (0.5, 0.5, 0), (3, 3, 0), (2**24 + 1, 2**24, 1), (0.1, float(f32(0.1)), float(f32(0.1)) - 0.1),
        (2.0**60 + 2.0**8, 2.0**60, 2.0**8), (1e39, inf, 0), (inf, inf, 0), (-inf, -inf, 0), (True, 1, 0),
        (nan, nan, 0), (1e-46, 0, 1e-46), (2**200, inf, 0),
    ],
)  # fmt: skip
def test_a_constant_is_the_nearest_number_of_the_dtype_and_off_by_the_difference(
    c: Any, value: float, off: float
) -> None:
    found, err = Bounds.of(f32(0))._pair(c)
    assert (found.dtype, found.shape, err.shape) == (f32, (), ())
    assert np.array_equal(found, f32(value), equal_nan=True)
    assert float(err) == off


def test_a_constant_of_any_size_is_known_to_within_what_its_float_is_off_by() -> None:
    zero = Bounds.of(f32(0))
    assert float(zero._pair(2**53 + 2**24 * 3 + 1)[1]) == 2**24 * 3 + 1
    assert float(zero._pair(2**120 + 2**60 + 1)[1]) == math.nextafter(2.0**60, inf)
    assert float(zero._pair(-(2**120) - 2**60)[1]) == 2.0**60
    assert float(Bounds.of(0.0)._pair(2**1023 + 1)[1]) == 1
    assert whole(Bounds.of(0.0) + 10**30)[1] == wide(float(10**30) * U64 + 19884624838656 * (1 + U64) + ETA64)


def test_numbers_of_another_kind_are_refused_by_name() -> None:
    x = Bounds.of([1.0])
    for other, sentence in (
        (Balls.of([1.0]), "Bounds do not mix with Balls"),
        (np.longdouble(1), "Bounds do not hold numbers of dtype .*: float64 and float32 they do"),
        (1j, "Bounds do not hold numbers of dtype complex128: float64 and float32 they do"),
        (Fraction(1, 3), "Bounds do not hold numbers of dtype object: float64 and float32 they do"),
    ):
        with pytest.raises(Unsupported, match=f"^{sentence}$"):
            x._pair(other)


def test_bounds_beside_those_of_float32_keep_their_precision() -> None:
    found = np.concatenate([Bounds.of(np.array([2], f32), 0.5), Bounds.of([0.1], 0.25)])
    assert (whole(found), found.dtype) == (([2, 0.1], [0.5, 0.25]), f64)


def test_an_array_of_objects_that_are_bounds_is_bounds() -> None:
    x = Bounds.of([1.0, 2.0], [0.5, 0.25])
    assert whole(Bounds.of([8.0, 8.0])._lift(np.array([x[1], 3.0], dtype=object))) == ([2, 3], [0.25, 0])
    assert whole(np.maximum(Bounds.of([[0.0]]), np.array([[x[1]], [x[0]]]))) == ([[2], [1]], [[0.25], [0.5]])


def test_a_bound_is_written_as_its_parts() -> None:
    assert repr(Bounds.of(np.array([1.5]), 0.25)) == "Bounds(array([1.5]), err=array([0.25]))"


# --- what is written into a narrower dtype ----------------------------------------------------------------------------
TENTH = 0.1 - float(f32(0.1))  # negative: the float32 is larger


@pytest.mark.parametrize("given", [np.float64(0.1), np.array(0.1), Bounds.of(0.1), 0.1])
def test_what_is_written_into_float32_carries_what_its_rounding_moves(given: Any) -> None:
    x = Bounds.of(np.array([1, 2], f32), 0.5)
    x[0] = given
    assert (whole(x)[0], x.dtype) == ([float(f32(0.1)), 2], f32)
    assert x.err.tolist() in ([-TENTH, 0.5], [wide(-TENTH), 0.5])
    y = Bounds.of(np.array([0, 2], f32))
    y[np.array([True, False])] = given
    assert whole(y) == (whole(x)[0], [x.err[0], 0])


def test_in_place_among_float32s_counts_the_rounding_to_float32_too() -> None:
    x = Bounds.of(np.array([1, 2], f32))
    x *= np.array([0.1, 0.5])
    assert (whole(x)[0], x.dtype) == ([float(f32(0.1)), 1], f32)
    assert x.err[0] >= abs(Fraction(float(f32(0.1))) - Fraction(0.1))
    z = Bounds.of(np.array([1, 2, 3], f32), 0.5)
    z[Bounds.of([-1.0, 1.0, 0.0], [0, 0, 0.5]) > 0] = np.float64(0.1)
    assert (whole(z)[0], z.dtype) == ([1, float(f32(0.1)), 3], f32)
    assert z.err.tolist() == [0.5, wide(-TENTH), wide(3.4)]


def test_what_overflows_as_it_is_written_is_at_least_the_largest_float() -> None:
    x = Bounds.of(np.array([1], f32))
    x[0] = np.float64(1e39)
    assert whole(x) == ([inf], [inf])
    x[0] = np.float64(-inf)
    assert whole(x) == ([-inf], [0])


def test_full_like_rounds_to_the_dtype_and_says_by_how_much() -> None:
    assert whole(np.full_like(Bounds.of(np.zeros((1, 2), f32)), np.float64(0.1))) == (
        [[float(f32(0.1))] * 2], [[wide(-TENTH)] * 2],
    )  # fmt: skip


# --- questions --------------------------------------------------------------------------------------------------------
def test_the_sign_is_off_by_two_where_the_number_may_be_0_or_beyond() -> None:
    x = Bounds.of([2.0, -1.0, 1.0, 0.0, 0.0, -3.0], [1.0, 1.0, 1.5, 0.0, 1.0, 0.0])
    assert whole(np.sign(x)) == ([1, -1, 1, 0, 0, -1], [0, 2, 2, 0, 2, 0])
    # An infinity of float32 stands for what is beyond its largest float, less the bound.
    y = np.sign(Bounds.of(np.array([inf, inf, -inf, 2], f32), [0, 1e39, 1.0, 1.0]))
    assert (whole(y), y.dtype) == (([1, 1, -1, 1], [0, 2, 0, 0]), f32)


def compared(name: str, x: Any, y: Any) -> Any:
    """T and F where it is decided, t and f where the floats say so but the bounds do not."""
    found = getattr(np, name)(x, y)
    if not isinstance(found, Bounds):
        assert found.dtype == bool
        return "".join("FT"[int(v)] for v in found.ravel())
    assert found.dtype == x.dtype
    assert set(found.err.tolist()) <= {0.0, 1.0}
    value, err = whole(found.ravel())
    return "".join(("FT" if not e else "ft")[int(v)] for v, e in zip(value, err, strict=True))


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("greater", "FFtftT"), ("greater_equal", "FTtttT"), ("less", "TFfffF"), ("less_equal", "TTftfF"),
        ("equal", "FTftfF"), ("not_equal", "TFtftT"),
    ],
)  # fmt: skip
def test_a_comparison_is_decided_where_the_gap_is_wider_than_the_bounds(name: str, want: str) -> None:
    x = Bounds.of(np.array([1, 2, 2.5, 2, 2.5, 4], f32), [0, 0, 0.5, 0.25, 0.25, 0.5])
    y = Bounds.of(np.array([2, 2, 2, 2, 2, 2], f32), [0, 0, 0.5, 0, 0.25, 0.5])
    assert compared(name, x, y) == want


@pytest.mark.parametrize("dtype", [f32, f64])
def test_a_gap_as_wide_as_the_bound_decides_nothing(dtype: Any) -> None:
    edge = wide(0.5) if dtype is f64 else 0.5
    for x, want in ((edge, "t"), (-edge, "t"), (np.nextafter(dtype(edge), dtype(1)), "T")):
        assert compared("not_equal", Bounds.of(np.array([x], dtype), 0.5), Bounds.of(np.array([0], dtype))) == want
    # In float32 the gap between these is rounded up to 1.
    close = Bounds.of(np.array([1], f32), 1 - 2.0**-26), Bounds.of(np.array([2.0**-25], f32))
    assert compared("greater", *close) == "t"


@pytest.mark.parametrize(("dtype", "top"), [(f32, TOP32), (f64, TOP64)])
def test_an_infinity_is_compared_as_all_that_it_stands_for(dtype: Any, top: float) -> None:
    x = np.array([inf, inf, inf, inf, -inf, -inf, -inf, inf], dtype)
    y = np.array([top, top / 2, top / 2, inf, -top, -top / 2, -top / 2, -inf], dtype)
    off = [0, top / 4, top / 2, 0, 0, top / 4, top / 2, 0]
    assert compared("greater", Bounds.of(x, off), Bounds.of(y)) == "tTttffFfT"[:3] + "ffFfT"
    assert compared("greater", Bounds.of(y), Bounds.of(x, off)) == "fFffttTtF"[:3] + "ftTtF"


def ends(x: list[float], err: list[float], dtype: Any) -> list[tuple[float, float]]:
    low, high = _ends((np.array(x, dtype), np.array(err)))
    return list(zip(low.tolist(), high.tolist(), strict=True))


def test_the_ends_are_exact_or_just_beyond_what_the_bound_allows() -> None:
    assert ends([1, -2, 0], [0, 0, 0], f32) == [(1, 1), (-2, -2), (0, 0)]
    low, high = math.nextafter(1 - wide(0.25), -inf), math.nextafter(1 + wide(0.25), inf)
    assert ends([1], [0.25], f64) == [(low, high)]
    assert ends([-1], [0.25], f32) == [(-high, -low)]
    for dtype, top in ((f32, TOP32), (f64, TOP64)):
        assert ends([inf, -inf], [0, 0], dtype) == [(top, inf), (-inf, -top)]
        assert ends([inf, -inf], [1e30, 1e30], dtype) == [(top - wide(1e30), inf), (-inf, wide(1e30) - top)]
    assert ends([nan, nan, 5, inf], [0, 1, inf, inf], f64) == [(-inf, inf)] * 4


@pytest.mark.parametrize("dtype", [f32, f64])
def test_and_or_and_not_of_truths_have_the_dtype_of_the_numbers_where_undecided(dtype: Any) -> None:
    x = Bounds.of(np.array([0, 2, 0.5, -0.5, 0], dtype), [0, 1, 1, 1, 1])
    y = Bounds.of(np.array([3, 0, 1, 0, 0], dtype), [0, 0, 0, 0, 1])
    for found, want in (
        (np.logical_not(x), ([1, 0, 0, 0, 1], [0, 0, 1, 1, 1])), (~x, ([1, 0, 0, 0, 1], [0, 0, 1, 1, 1])),
        (np.logical_and(x, y), ([0, 0, 1, 0, 0], [0, 0, 1, 0, 1])), (x & y, ([0, 0, 1, 0, 0], [0, 0, 1, 0, 1])),
        (np.logical_or(x, y), ([1, 1, 1, 1, 0], [0, 0, 0, 1, 1])), (x | y, ([1, 1, 1, 1, 0], [0, 0, 0, 1, 1])),
    ):  # fmt: skip
        assert (whole(found), found.dtype) == (want, dtype)
    decided = np.logical_or(x[:3], 1)
    assert (type(decided), decided.dtype, decided.tolist()) == (np.ndarray, bool, [True, True, True])
    negated = np.logical_not(y[:4])
    assert (type(negated), negated.dtype, negated.tolist()) == (np.ndarray, bool, [False, True, False, True])


# --- sums and products ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("dtype", "eta"), [(f32, ETA32), (f64, ETA64)])
def test_sums_and_products_of_zeros_are_off_by_what_may_have_underflowed(dtype: Any, eta: float) -> None:
    zeros = Bounds.of(np.zeros((2, 3, 5), dtype))
    assert whole(zeros.sum(axis=(0, 2))) == ([0] * 3, [wide(10 * eta)] * 3)
    assert whole(zeros.sum()) == (0, wide(30 * eta))
    assert whole(zeros[0] @ zeros[0].T) == ([[0] * 3] * 3, [[wide(11 * eta)] * 3] * 3)


@pytest.mark.parametrize("n", [2, 2**16])
def test_a_sum_is_off_by_its_terms_errors_and_the_rounding_of_every_order(n: int) -> None:
    """Σerr + γ_(n−1)·Σ(|x| + err), and γ_n of float64 for the bound's own two sums."""
    for dtype, u in ((f64, U64), (f32, U32)):
        x = Bounds(np.broadcast_to(np.array(-0.5, dtype), (n,)), np.broadcast_to(np.array(2.0**-10), (n,)))
        gamma = Fraction((n - 1) * u) / (1 - Fraction((n - 1) * u))
        bound = n * (Fraction(1, 2**10) + gamma * (Fraction(1, 2) + Fraction(1, 2**10))) * (1 + n * Fraction(1, 2**52))
        found = np.sum(x)
        assert (float(found.value), found.dtype) == (-n / 2, dtype)
        assert bound <= Fraction(float(found.err)) <= bound * (1 + Fraction(1, 2**46))


@pytest.mark.parametrize("n", [1, 2**16])
@pytest.mark.parametrize(("da", "db"), [(2.0**-10, 0), (0, 2.0**-12), (2.0**-10, 2.0**-12), (0, 0)])
def test_a_product_is_off_by_its_factors_errors_and_the_rounding_of_every_order(n: int, da: float, db: float) -> None:
    for dtype, u in ((f64, U64), (f32, U32)):
        a, b = np.broadcast_to(np.array(-0.5, dtype), (1, n)), np.broadcast_to(np.array(0.25, dtype), (n, 1))
        found = Bounds(a, np.full((1, n), da)) @ Bounds(b, np.full((n, 1), db))
        moved = n * (Fraction(db) / 2 + Fraction(da) / 4 + Fraction(da) * Fraction(db))
        gamma = Fraction(n * u) / (1 - Fraction(n * u))
        bound = (moved + gamma * (Fraction(n, 8) + moved)) * (1 + (n + 1) * Fraction(1, 2**52))
        assert (found.value.tolist(), found.dtype) == ([[-n / 8]], dtype)
        assert bound <= Fraction(float(found.err[0, 0])) <= bound * (1 + Fraction(1, 2**46)) + 8 * n * Fraction(ETA32)


def test_the_bound_of_a_sum_is_lost_just_where_an_order_of_it_may_overflow() -> None:
    half = f32(2.0**127)
    for total, known in ((TOP32 - 2.0**76, True), (TOP32, False)):
        err = total - float(half)
        assert bool(np.isfinite(np.sum(Bounds.of(np.array([half]), [err])).err)) == known
    n, zero = 2**24, np.zeros(1)
    assert _summed(np.zeros(1, f32), zero, zero, n, n) == wide(n * ETA32)
    assert _summed(np.zeros(1, f32), zero, zero + 1, n, n) == wide((n - 1) * (1 + n * 2.0**-52) + n * ETA32)
    with np.errstate(all="ignore"):
        assert _summed(np.zeros(1, f32), zero, zero, n + 1, n) == inf


def test_the_sum_of_nothing_is_0() -> None:
    assert whole(Bounds.of(np.zeros((2, 0), f32)).sum(axis=1)) == ([0, 0], [0, 0])


# --- choices ----------------------------------------------------------------------------------------------------------
def test_where_takes_the_bound_of_what_it_takes_and_of_both_where_undecided() -> None:
    condition = Bounds.of([1.0, -1.0, 0.0], [0, 0, 0.5]) > 0
    x, y = Bounds.of(np.array([1, 2, 3], f32), [0.1, 0.2, 0.3]), Bounds.of(np.array([4, 5, 6], f32), [0.4, 0.5, 0.6])
    found = np.where(condition, x, y)
    assert (whole(found), found.dtype) == (([1, 5, 6], [0.1, 0.5, wide(3.6)]), f32)
    assert whole(np.where([[True], [False]], Bounds.of(1.0, 0.25), 2)) == ([[1], [2]], [[0.25], [0]])
    # In float32 the step between these is rounded down to 1.
    step = np.where(Bounds.of(f32(0), 1.0) > 0, Bounds.of(f32(1)), f32(-(2.0**-25)))
    assert whole(step) == (-(2.0**-25), wide(1 + 2.0**-25))
    with np.errstate(all="raise"):
        assert whole(np.where(Bounds.of(0.0, 1.0) > 0, Bounds.of(TOP64), -TOP64)) == (-TOP64, inf)
    made = np.where(True, x, 0.0)
    made[0] = 9
    assert (whole(x)[0], whole(x)[1]) == ([1, 2, 3], [0.1, 0.2, 0.3])


def test_the_largest_has_the_largest_of_the_bounds() -> None:
    x = Bounds.of(np.array([[1, 5, 2], [-1, 0, 7]], f32), [[0.1, 0.2, 0.3], [0.6, 0.5, 0.4]])
    assert whole(np.max(x, axis=1)) == ([5, 7], [0.3, 0.6])
    assert whole(np.min(x, axis=0)) == ([-1, 0, 2], [0.6, 0.5, 0.4])
    assert np.max(x).dtype == f32


def test_the_place_of_the_largest_is_asked_along_the_axis_that_is_named() -> None:
    x = Bounds.of([[1.0, 9.0, 5.0], [2.0, 8.0, 3.0]], 0.25)
    for name, axis, want in (("maximum", 0, [1, 0, 0]), ("minimum", 0, [0, 1, 1]), ("minimum", 1, [0, 0])):
        assert x._argextremum(name, axis).tolist() == want
        assert whole(x._extremum(name, axis))[1] == [0.25] * len(want)


@pytest.mark.parametrize(("place", "sign"), [(np.argmax, 1), (np.argmin, -1)])
def test_the_place_of_the_largest_is_told_only_where_it_is_beyond_doubt(place: Any, sign: int) -> None:
    def asked(values: Any, err: Any, dtype: Any = f64, **axis: Any) -> Any:
        return place(Bounds.of(sign * np.array(values, dtype), err), **axis).tolist()

    assert asked([1, 3, 2], [0, 0.5, 0.4]) == 1
    assert asked([3, 3, 1], [0, 0, 0.5]) == 0
    assert asked([[1, 3], [4, 2]], 0.25, axis=0) == [1, 0]
    assert asked([[1, 3], [4, 2]], 0.25, axis=1) == [1, 0]
    assert asked([[3, 3], [1, 5]], [[0, 0], [0.5, 0.5]], axis=1) == [0, 1]
    assert asked([5], 2) == 0
    assert asked([inf, 1], [1, 0]) == 0
    assert asked([-inf, 1], [0, 0], f32) == 1
    refused = rf"^np\.{place.__name__} of Bounds: two elements are equal within their bounds$"
    for values, err, dtype in (
        ([1, 3, 2], [0, 0.5, 0.6], f64), ([1, 3, 2], [0, 0.5, 0.5], f64), ([3, 3], [0, 1e-300], f64),
        ([inf, 3e38], [2e38, 0], f32), ([inf, inf], [0, 0], f64), ([nan, 1], [0, 0], f64),
    ):  # fmt: skip
        with pytest.raises(Unsupported, match=refused):
            asked(values, err, dtype)


def test_the_budget_is_the_bound_of_what_is_finite() -> None:
    assert budget(Bounds.of([1.0, inf, nan, -inf], [0.5, 0, 0, 1])).tolist() == [0.5, inf, inf, inf]


@pytest.mark.parametrize("x", [Fraction(1, 3), Fraction(2, 3), Fraction(1), Fraction(0), Fraction(2**53 + 1)])
def test_a_difference_is_rounded_up_unless_a_float_is_it(x: Fraction) -> None:
    found = Fraction(_beyond(x))
    assert found >= x
    assert Fraction(math.nextafter(float(found), -inf)) < x


def test_what_has_no_rule_is_refused_by_name() -> None:
    x = Bounds.of([2.0], 0.5)
    with pytest.raises(Unsupported, match=r"^np\.floor does not run on Bounds: its rounding is not known here$"):
        np.floor(x)
    for power in (np.power, np.float_power):
        with pytest.raises(Unsupported, match=r"^np\.power with an uncertain exponent does not run on Bounds$"):
            power(x, Bounds.of([1.0, 2.0], [0.5, 0]))
    assert whole(np.positive(x)) == whole(x)


@pytest.mark.parametrize("order", [1, -1])
def test_a_number_gathered_beside_one_of_lower_precision_is_not_rounded_without_a_bound(order: int) -> None:
    x = collected(np.array([Bounds.of(f32(1)), Bounds.of(0.1)][::order], dtype=object))
    assert (whole(x), x.dtype) == (([1.0, 0.1][::order], [0.0, 0.0]), f64)


def test_numbers_of_low_precision_are_gathered_as_such() -> None:
    x = collected(np.array([Bounds.of(f32(1)), Bounds.of(f32(2), 0.5)], dtype=object))
    assert (whole(x), x.dtype) == (([1.0, 2.0], [0.0, 0.5]), f32)
