"""The rules of rounding, whole: each bound against its derivation, in exact arithmetic, and infinite results."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
import pytest

from verify.arithmetic import rounding
from verify.arithmetic.rounding import RULES, ULPS, eta, finish, largest, least, library, most, nearer, size, unit, up

f32, f64 = np.float32, np.float64
ETA = 2.0**-1074
TOP = {f32: 2.0**128 - 2.0**104, f64: float(np.finfo(f64).max)}
inf, nan = math.inf, math.nan
both = pytest.mark.parametrize("dtype", [f32, f64])


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """As Bounds asks the rules."""
    with np.errstate(all="ignore"):
        yield


def pair(values: Any, err: Any, dtype: Any) -> rounding.Pair:
    return np.array(values, dtype), np.array(err, f64)


def wide(x: float) -> float:
    """A bound, rounded up."""
    return float(up(np.asarray(x)))


# --- what they are made of --------------------------------------------------------------------------------------------
def test_the_units_are_those_of_the_dtype() -> None:
    assert (unit(np.zeros(1, f32)), eta(np.zeros(1, f32)), most(np.zeros(1, f32))) == (2.0**-24, 2.0**-149, TOP[f32])
    assert (unit(np.zeros(1, f64)), eta(np.zeros(1, f64)), most(np.zeros(1, f64))) == (2.0**-53, ETA, TOP[f64])
    assert (rounding.UNIT, rounding.LEAST) == (2.0**-53, ETA)


def test_up_adds_16_roundings_and_the_smallest_number_to_all_but_0() -> None:
    found = up(np.array([1.0, 3.0, ETA, 0.0, TOP[f64], nan, inf]))
    assert found.tolist() == [1 + 2.0**-48, 3 * (1 + 2.0**-48), 2 * ETA, 0, inf, inf, inf]
    assert type(up(np.float64(1))) is np.ndarray  # type: ignore[arg-type]


@both
def test_the_sizes_that_a_bound_allows_are_float64s(dtype: Any) -> None:
    x = pair([-3, 2, 0, inf, -inf, inf], [0.5, 4, 1, 0, 0.25 * TOP[dtype], inf], dtype)
    for found, want in (
        (size(x[0]), [3, 2, 0, inf, inf, inf]),
        (least(x), [2.5, 0, 0, TOP[dtype], 0.75 * TOP[dtype], 0]),
        (largest(x), [3.5, 6, 1, inf, inf, inf]),
    ):
        assert (found.dtype, found.tolist()) == (f64, want)


@both
def test_an_operation_adds_half_a_unit_of_the_result_and_what_may_underflow(dtype: Any) -> None:
    u, least_number, top = (float(f(np.zeros(1, dtype))) for f in (unit, eta, most))
    result = np.array([2, -2, 0], dtype)
    assert finish(result, np.array([0, 0.5, 0.25])).tolist() == [
        wide(u * 2 + least_number), wide(0.5 + u * 2.5 + least_number), wide(0.25 + u * 0.25 + least_number),
    ]  # fmt: skip
    known = wide(u * 2 + least_number)
    lost = np.array([2, nan, inf, -inf, inf, inf], dtype)
    assert finish(lost, np.zeros(6)).tolist() == [known, inf, inf, inf, inf, inf]
    below = np.array([0, 0, top, top / 2, 0, inf])
    gap = [wide(top - part * (1 - 2.0**-48)) for part in (top, top / 2)]
    assert finish(lost, np.zeros(6), below).tolist() == [known, inf, *gap, inf, 0]


def test_an_infinite_result_whose_sign_is_not_known_has_no_bound() -> None:
    result, zero = np.array([inf, inf], f32), np.zeros(2)
    # Rounded up, the gap to the first is just the largest float.
    assert finish(result, zero, np.array([2.0**80, 2.0**81])).tolist() == [inf, wide(TOP[f32] - 2.0**81)]
    assert up(np.asarray(TOP[f32] - 2.0**80)) == TOP[f32]


@both
def test_a_function_of_the_library_adds_its_units_in_the_last_place(dtype: Any) -> None:
    u, least_number, top = (float(f(np.zeros(1, dtype))) for f in (unit, eta, most))
    ulps = {f32: 4, f64: 2}[dtype]
    result = np.array([2, -1, 0], dtype)
    off = [ulps * (2 * u * (r + b) + least_number) for r, b in ((2, 0), (1, 0.5), (0, 0))]
    assert (
        library(result, np.array([0, 0.5, 0])).tolist()
        == finish(result, np.array([off[0], 0.5 + off[1], off[2]])).tolist()
    )
    lost, zero = np.array([inf, nan, 2], dtype), np.zeros(3)
    below = np.array([top / 2, 1, 1])
    assert library(lost, zero, below).tolist() == [
        wide(top - top / 2 * (1 - 2 * ulps * u) * (1 - 2.0**-48)), inf, finish(result, np.array(off))[0],
    ]  # fmt: skip
    assert library(lost, zero).tolist()[:2] == [inf, inf]


# --- the rules, against their derivations -----------------------------------------------------------------------------
def rounded(r: Any, bound: Any, u: Any, eta: Any, _: int) -> Any:
    return bound + u * (r + bound) + eta


def by_library(r: Any, bound: Any, u: Any, eta: Any, ulps: int) -> Any:
    return rounded(r, bound + ulps * (2 * u * (r + bound) + eta), u, eta, 0)


def steep(dx: Any, slope: Any) -> Any:
    return dx * slope if dx else mpmath.mpf(0)


def log_slope(share: Any) -> Any:
    return -mpmath.log1p(-share) * (1 + mpmath.mpf(2) ** -40) if share < 1 else mpmath.inf


WIDER, HARDLY = 1 + mpmath.mpf(2) ** -20, 1 + mpmath.mpf(2) ** -40


def powered(r: Any, x: Any, dx: Any, p: Any, e: Any) -> Any:
    low, high = max(abs(x) - dx, 0), abs(x) + dx
    if not dx:
        return 0
    if low > 0 and (p == int(p) or x > 0):
        return abs(p) * (max(low**p, high**p) + e) * (dx / low)
    return abs(p) * high ** (p - 1) * dx if p == int(p) and p >= 1 else mpmath.inf


# Of |result| r, the operands with their bounds, η: what the operands' errors move.
MOVED: dict[str, tuple[Any, Callable[..., Any]]] = {
    "add": (rounded, lambda r, x, dx, y, dy, e: dx + dy), "subtract": (rounded, lambda r, x, dx, y, dy, e: dx + dy),
    "multiply": (rounded, lambda r, x, dx, y, dy, e: abs(x) * dy + abs(y) * dx + dx * dy),
    "square": (rounded, lambda r, x, dx, e: 2 * abs(x) * dx + dx * dx),
    "divide": (rounded, lambda r, x, dx, y, dy, e: (dx + (r + e) * dy) / (abs(y) - dy) if dy < abs(y) else mpmath.inf),
    "reciprocal": (rounded, lambda r, x, dx, e: (r + e) * dx / (abs(x) - dx) if dx < abs(x) else mpmath.inf),
    "sqrt": (rounded, lambda r, x, dx, e: steep(min(dx / r, mpmath.sqrt(dx)) if r else mpmath.sqrt(dx), WIDER)),
    "exp": (by_library, lambda r, x, dx, e: (r + e) * mpmath.expm1(dx) * WIDER),
    "expm1": (by_library, lambda r, x, dx, e: mpmath.exp(x) * mpmath.expm1(dx) * WIDER),
    "log": (by_library, lambda r, x, dx, e: log_slope(dx / x) if dx else 0),
    "log1p": (by_library, lambda r, x, dx, e: log_slope(dx / (1 + x)) if dx else 0),
    "tanh": (by_library, lambda r, x, dx, e: min(steep(dx, HARDLY / mpmath.cosh(max(abs(x) - dx, 0)) ** 2), 2)),
    "sin": (by_library, lambda r, x, dx, e: dx), "cos": (by_library, lambda r, x, dx, e: dx),
    "arctan": (by_library, lambda r, x, dx, e: dx),
    "sinh": (by_library, lambda r, x, dx, e: dx * mpmath.cosh(abs(x) + dx) * HARDLY),
    "cosh": (by_library, lambda r, x, dx, e: dx * mpmath.cosh(abs(x) + dx) * HARDLY),
    "power": (by_library, lambda r, x, dx, y, dy, e: powered(r, x, dx, y, e)),
    "float_power": (by_library, lambda r, x, dx, y, dy, e: powered(r, x, dx, y, e)),
}  # fmt: skip
ONE = [
    (0.75, 0),
    (0.75, 2.0**-6),
    (-3, 2.0**-3),
    (2, 0.5),
    (0.5, 0.5),
    (5, 7),
    (20, 0.125),
    (0, 2.0**-9),
    (0, 0),
    (0.1, 2.0**-9),
]
TWO = [((0.75, 0), (3, 0)), ((-0.75, 2.0**-6), (3, 2.0**-3)), ((0.75, 0), (-3, 0.5)), ((2, 1), (4, 0)),
       ((6, 1), (0.5, 1)), ((0, 0.25), (2, 1)), ((2, 1), (2, 2)), ((2.0**-140, 0), (4, 1))]  # fmt: skip
BASES = ((0.75, 0), (0.75, 2.0**-6), (-3, 0.5), (0.25, 0.5), (0, 0.5), (2, 2), (2.0**-60, 2.0**-65))
POWERS = [(x, (p, 0)) for x in BASES for p in (-2, -1, 0, 1, 2, 3, 0.5, 1.5, -0.5)]
POWERS += [((0.5, 0.5 + 2.0**-20), (2**24 + 2, 0))]  # less 1, no float32


def asked(name: str) -> list[Any]:
    if "power" in name:
        return [at for at in POWERS if at[0][0] > 0 or (at[1][0] == int(at[1][0]) and (at[0][0] or at[1][0] >= 0))]
    if name in ("add", "subtract", "multiply", "divide"):
        return TWO
    positive = {"log": 2.0**-9, "log1p": 0, "sqrt": 0, "reciprocal": 2.0**-9}
    return [(at,) for at in ONE if at[0] >= positive.get(name, -9)]


@both
@pytest.mark.parametrize("name", MOVED)
def test_a_bound_is_what_its_derivation_says_but_for_its_own_rounding(name: str, dtype: Any) -> None:
    """Up to 2⁻⁴⁶: 2⁻⁴⁸ that `up` adds, and the roundings of the bound's own float64s that this is there for."""
    finished, moved = MOVED[name]
    for at in asked(name):
        operands = [pair(x, err, dtype) for x, err in at]
        result = np.asarray(getattr(np, name)(*(x for x, _ in operands)))
        found = float(RULES[name](result, *operands))
        exact = [mpmath.mpf(float(v)) for x in operands for v in x]
        with mpmath.workprec(200):
            u, least_number = mpmath.mpf(unit(result)), mpmath.mpf(eta(result))
            r = mpmath.mpf(float(abs(result)))
            want = finished(r, moved(r, *exact, least_number), u, least_number, ULPS[result.dtype.name])
            if want == mpmath.inf:
                assert found == inf, at
                continue
            assert want <= found * (1 + mpmath.mpf(2) ** -46), at
            assert found <= want * (1 + mpmath.mpf(2) ** -46) + ETA, at


def test_every_rule_is_derived_here_or_chooses_only() -> None:
    assert set(MOVED) | {"negative", "positive", "absolute", "fabs", "maximum", "minimum", "fmax", "fmin"} == set(RULES)


# --- infinite results: how far below the largest float the true one may lie -------------------------------------------
def told(name: str, dtype: Any, *operands: tuple[Any, Any]) -> list[float]:
    """The bounds of a rule's infinite results, as shares of the largest float."""
    given = [pair(x, err, dtype) for x, err in operands]
    result = np.asarray(getattr(np, name)(*(x for x, _ in given)))
    assert np.isinf(result).all()
    return (RULES[name](result, *given) / TOP[dtype]).tolist()  # type: ignore[no-any-return]


def just(found: list[float], want: list[float]) -> bool:
    """No less than that, and no more but for a dozen roundings."""
    return all(w <= f <= w + 2.0**-46 for f, w in zip(found, want, strict=True))


def shrunk(dtype: Any) -> float:
    """What the library's units leave of a result."""
    return 1 - 2 * ULPS[np.dtype(dtype).name] * unit(np.zeros(1, dtype))


@both
def test_a_sum_with_an_infinity_lies_below_by_the_other_and_by_the_bounds(dtype: Any) -> None:
    top = TOP[dtype]
    x = [inf, inf, inf, inf, -inf, top / 4], [0, 0.25 * top, 0, 0.25 * top, 0.125 * top, 0.125 * top]
    y = [-top / 4, 1, inf, inf, top / 2, inf], [0, 0.125 * top, 0.5 * top, 0.5 * top, 0, 0.25 * top]
    found = told("add", dtype, x, y)
    assert found == told("add", dtype, y, x) == told("subtract", dtype, x, ([-v for v in y[0]], y[1]))
    assert just(found, [0.25, 0.375, 0, 0.25, 0.625, 0.625])
    assert told("add", dtype, ([top], [0]), ([top], [0])) == [inf]


@both
def test_a_product_or_a_quotient_lies_below_by_its_least_factors(dtype: Any) -> None:
    top = TOP[dtype]
    x, y = ([inf, -inf, inf, top, inf], [0, 0.5 * top, 0, 0, 0]), ([1, 1, 1, 2, 0.5], [0.25, 0.25, 1.5, 1, 0])
    assert just(told("multiply", dtype, x, y), [0.25, 0.625, inf, 0, 0.5])
    assert just(told("square", dtype, ([inf, top], [0, 0])), [0, 0])
    x, y = ([inf, -inf, inf, inf, top], [0, 0.5 * top, 0, 0, 0]), ([1, 1, 1, 4, 0.5], [0.25, 1, 1, 0, 0.25])
    assert just(told("divide", dtype, x, y), [0.2, inf, inf, 0.75, 0])
    assert told("divide", dtype, ([1], [0]), ([0], [0])) == told("reciprocal", dtype, ([0], [0])) == [inf]
    assert just(told("reciprocal", dtype, ([0.25 / top], [0])), [0])


@both
def test_by_an_infinity_a_quotient_is_off_by_what_the_least_divisor_gives(dtype: Any) -> None:
    top, zeros = TOP[dtype], np.zeros(4, dtype)
    given = pair([2, 2, top / 2, 1], [0, 1, 0, 0], dtype), pair([inf, -inf, inf, inf], [0, 0.5 * top, 0, inf], dtype)
    want = finish(zeros, np.array([2 / top, 6 / top, 0.5, inf]))
    assert RULES["divide"](zeros, *given).tolist() == want.tolist()


@both
def test_a_power_of_an_infinity_is_off_by_that_of_the_least_base(dtype: Any) -> None:
    top, zeros = TOP[dtype], np.zeros(4, dtype)
    x, p = ([inf, -inf, inf, inf, inf], [0, 0, 0.5 * top, 0, 0.75 * top]), ([2, 3, 1, 0.5, 1], [0] * 5)
    assert just(told("power", dtype, x, p), [0, 0, 1 - 0.5 * shrunk(dtype), inf, 1 - 0.25 * shrunk(dtype)])
    assert told("power", dtype, ([0, 1 / top, 1 / top], [0, 0, 1]), ([-1, -2, -2], [0, 0, 0])) == [inf, 0, inf]
    low, p = np.array([top, top / 2, 0, top]), np.array([-1, -0.5, -1, -2], dtype)
    found = RULES["power"](zeros, pair([inf] * 4, [0, 0.5 * top, inf, 0], dtype), (p, np.zeros(4)))
    assert found.tolist() == library(zeros, low**p).tolist()


@both
def test_an_exponential_that_overflows_lies_below_by_the_bound_of_its_argument(dtype: Any) -> None:
    top = TOP[dtype]
    over = float(np.nextafter(dtype(np.log(top)), dtype(inf)))
    for name, plain in (("exp", np.exp), ("expm1", np.expm1)):
        found = told(name, dtype, ([over, over, inf, inf], [0.25, 1, 0, inf]))
        least_share = [float(plain(over - err)) * (1 - 2.0**-42) * shrunk(dtype) / top for err in (0.25, 1)]
        assert just(found, [1 - least_share[0] - 2.0**-50, 1 - least_share[1] - 2.0**-50, 0, inf])


@both
def test_an_exponential_of_minus_infinity_is_0_unless_nothing_is_known(dtype: Any) -> None:
    zeros, x = np.zeros(3, dtype), pair([-inf, -inf, -inf], [0, 0.5 * TOP[dtype], inf], dtype)
    assert RULES["exp"](zeros, x).tolist() == library(zeros, np.array([0, 0, inf])).tolist()


@both
@pytest.mark.parametrize("name", ["log", "log1p", "sqrt", "cosh", "sinh"])
def test_of_other_functions_an_infinite_result_has_no_bound(name: str, dtype: Any) -> None:
    assert told(name, dtype, ([inf, inf], [0, 0.5 * TOP[dtype]])) == [inf, inf]


@both
def test_what_is_far_out_has_a_tanh_off_by_its_rounding_alone(dtype: Any) -> None:
    ones = np.ones(4, dtype)
    x = pair([1000, 400, inf, 1000], [1, 30, 0, inf], dtype)
    assert RULES["tanh"](ones, x).tolist() == library(ones, np.array([0, 0, 0, 2])).tolist()


# --- choices ----------------------------------------------------------------------------------------------------------
@both
@pytest.mark.parametrize("name", ["maximum", "minimum", "fmax", "fmin"])
def test_the_bound_of_the_larger_is_its_own_where_it_is_ahead_beyond_doubt(name: str, dtype: Any) -> None:
    rows = [  # x, its bound, y, its bound, the bound of the larger, of the smaller
        (3, 0.5, 1, 0.25, 0.5, 0.25), (1, 0.25, 3, 0.5, 0.5, 0.25), (3, 1.25, 1, 0.75, 1.25, 1.25), (2, 0, 2, 0, 0, 0),
        (2, 0.5, 2, 0.25, 0.5, 0.5), (inf, 0.5, 1, 0.25, 0.5, 0.5), (-inf, 0.25, 1, 0.5, 0.5, 0.5),
        (-3, 0.25, 1, 0.5, 0.5, 0.25),
    ]  # fmt: skip
    x, dx, y, dy, larger, smaller = zip(*rows, strict=True)
    given = pair(x, dx, dtype), pair(y, dy, dtype)
    want = larger if "max" in name else smaller
    assert RULES[name](getattr(np, name)(*(v for v, _ in given)), *given).tolist() == list(want)
    nothing = np.maximum(np.array([nan], dtype), 1)
    assert RULES[name](nothing, pair([nan], [0], dtype), pair([1], [0], dtype)).tolist() == [inf]


def test_two_numbers_are_apart_from_where_their_gap_surely_exceeds_their_bounds() -> None:
    edge = wide(0.5) + 2.0**-51  # less 2⁻⁵⁰ of it, the sum of the bounds rounded up
    for x, want in ((edge, 0.375), (math.nextafter(edge, 1), 0.125)):
        found = nearer(np.array([x]), pair([x], [0.125], f64), pair([0], [0.375], f64))
        assert found.tolist() == [want]
    # In float32 the gap between these is rounded up to 1.
    close = pair([1], [1 - 2.0**-26], f32), pair([2.0**-25], [0], f32)
    assert nearer(np.ones(1, f32), *close).tolist() == [1 - 2.0**-26]
    assert nearer(np.full(1, 2.0**-25, f32), *close).tolist() == [1 - 2.0**-26]


@both
def test_what_only_changes_the_sign_keeps_its_bound(dtype: Any) -> None:
    x = pair([-1, 2], [0.5, 0.25], dtype)
    for name in ("negative", "positive", "absolute", "fabs"):
        assert RULES[name](getattr(np, name)(x[0]), x).tolist() == [0.5, 0.25]


# --- at the ends ------------------------------------------------------------------------------------------------------
@both
def test_the_reciprocal_of_an_infinity_is_off_by_that_of_the_least_it_stands_for(dtype: Any) -> None:
    found = RULES["reciprocal"](np.array(0, dtype), pair(inf, 0, dtype))
    bound = 1 / TOP[dtype]
    assert bound <= found <= bound * (1 + 2.0**-20) + 2 * float(eta(np.zeros(1, dtype)))


@both
def test_a_power_of_an_exact_0_is_exact_and_one_of_a_base_that_may_be_0_is_not(dtype: Any) -> None:
    for exponent in (0.5, 2.5, 0.0):
        result = np.power(np.array(0, dtype), np.array(exponent, dtype))
        rounded = library(result, np.array(0.0))
        assert RULES["power"](result, pair(0, 0, dtype), pair(exponent, 0, dtype)) == rounded
        assert RULES["power"](result, pair(0, 1, dtype), pair(exponent, 0, dtype)) == inf
    # (3 ± 1)² lies in [4, 16]: an error of 1 is one.
    assert 7 <= RULES["power"](np.array(9, dtype), pair(3, 1, dtype), pair(2, 0, dtype)) < inf


@both
def test_an_infinity_to_the_power_0_is_1(dtype: Any) -> None:
    found = RULES["power"](np.array(1, dtype), pair(inf, 0, dtype), pair(0, 0, dtype))
    assert found == library(np.array(1, dtype), np.array(0.0))


@both
@pytest.mark.parametrize("name", ["exp", "expm1"])
def test_of_an_infinity_that_may_stand_for_any_number_an_exponential_is_not_known(name: str, dtype: Any) -> None:
    result = np.array(inf, dtype)
    assert RULES[name](result, pair(inf, TOP[dtype], dtype)) == inf
    assert RULES[name](result, pair(inf, TOP[dtype] / 2, dtype)) == 0


def test_a_logarithm_of_what_may_be_0_has_no_bound() -> None:
    """The error that rounded up is just the number itself is no error that leaves anything."""
    error = next(e for e in 1 - np.arange(64, 0, -1) * rounding.UNIT if up(np.asarray(e)) == 1)
    assert up(np.asarray(error - 4 * rounding.UNIT)) < 1
    for name, x in (("log", 1.0), ("log1p", 0.0)):
        result = np.asarray(getattr(np, name)(x))
        assert RULES[name](result, pair(x, error, f64)) == inf
        assert RULES[name](result, pair(x, error - 4 * rounding.UNIT, f64)) < inf
