"""Running bounds: whatever rounding does, and whatever the inputs truly are, the true value lies within the bound.

The truth is an exact rational, or mpmath's at 400 bits and more; NumPy's result is taken as it comes. Each rule is
held from both sides: no true value may lie outside its bound, and the bound may not be larger than the rule derives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from verify.arithmetic.bounds import Bounds, budget
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.rounding import RULES, ULPS, eta, most, unit, up

Array = np.ndarray[Any, Any]
Real = Fraction | mpmath.mpf

BITS = 400  # a float and an error of 2⁻⁶⁰ of it go in exactly
DTYPES = [np.float32, np.float64]
dtypes = pytest.mark.parametrize("dtype", DTYPES)

COMPARISONS = ["greater", "greater_equal", "less", "less_equal", "equal", "not_equal"]


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


def real(function: Callable[..., Any], domain: Callable[..., bool] = lambda *_: True) -> Callable[..., Any]:
    return lambda *x: function(*(mp(v) for v in x)) if domain(*x) else None


def powered(x: Fraction, p: Fraction) -> Real | None:
    if p.denominator == 1:
        return None if x == 0 and p < 0 else x ** int(p)
    return None if x < 0 or (x == 0 and p < 0) else mp(x) ** mp(p)


# What each rule's operation truly gives; None where there is no such number.
TRUE: dict[str, Callable[..., Real | None]] = {
    "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y if y else None, "power": powered, "float_power": powered,
    "negative": lambda x: -x, "positive": lambda x: x, "absolute": abs, "fabs": abs, "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x if x else None,
    "maximum": max, "minimum": min, "fmax": max, "fmin": min,
    "exp": real(mpmath.exp), "expm1": real(mpmath.expm1), "log": real(mpmath.log, lambda x: x > 0),
    "log1p": real(mpmath.log1p, lambda x: x > -1), "sqrt": real(mpmath.sqrt, lambda x: x >= 0),
    "tanh": real(mpmath.tanh), "sin": real(mpmath.sin), "cos": real(mpmath.cos), "arctan": real(mpmath.atan),
    "sinh": real(mpmath.sinh), "cosh": real(mpmath.cosh),
}  # fmt: skip
UNROUNDED = ["negative", "positive", "absolute", "fabs", "maximum", "minimum", "fmax", "fmin"]
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "fmax", "fmin"]
POWERS = ["power", "float_power"]
UNARY = [name for name in RULES if name not in BINARY + POWERS]
LIBRARY = ["exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "arctan", "sinh", "cosh", *POWERS]
CORRECTLY_ROUNDED = ["add", "subtract", "multiply", "divide", "square", "reciprocal", "sqrt"]
EXPONENTS = (-2, -1, 0, 1, 2, 3, 7, -0.5, 0.5, 1.5)


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


def applied(name: str, dtype: DTypeLike, *columns: Sequence[tuple[float, float]], exponent: float | None = None) -> Any:
    """The rule's operation on columns of (value, error)."""
    operands = [Bounds.of(np.array([x for x, _ in c], dtype=dtype), [err for _, err in c]) for c in columns]
    more = () if exponent is None else (np.dtype(dtype).type(exponent),)
    return getattr(np, name)(*operands, *more)


def outside(name: str, dtype: DTypeLike, *columns: Sequence[tuple[float, float]], exponent: float | None = None) -> Any:
    """The true inputs, at the ends of what their errors allow, whose true result is outside the bound."""
    result = applied(name, dtype, *columns, exponent=exponent)
    assert isinstance(result, Bounds)
    assert (result.err >= 0).all()
    found = []
    more = () if exponent is None else (Fraction(exponent),)
    with mpmath.workprec(BITS):
        for i, row in enumerate(zip(*columns, strict=True)):
            for inputs in product(*(ends(*pair) for pair in row)):
                if name == "sqrt" and inputs[0] < 0:
                    continue  # the root's argument is no error's to make negative
                if not holds(result.value[i], result.err[i], TRUE[name](*inputs, *more)):
                    found.append((name, row, [mpmath.nstr(mp(x)) for x in inputs], result.value[i], result.err[i]))
    return found


# Values of every size: for float32 they are rounded to it.
TYPICAL = (0.0, -0.0, 1.0, -1.0, 3.0, 0.1, -0.7, 1 / 3, 2.5, 40.0, -40.0, 1e-5, 1.0000001, 0.9999999, 12345.678)
EXTREME = (88.7, 88.73, 100.0, -100.0, -103.5, 709.7, 800.0, -740.0, -800.0, 1e-38, -1e-42, 3e-45, 3e38, -2e38, 1e20)
EXTREME64 = (1e-300, 5e-324, -3e-310, 1.7e308, -1e200)
SHARES = (0.0, 1e-12, 1e-3, 0.5, 1.75)


def pairs(dtype: DTypeLike) -> list[tuple[float, float]]:
    """(value, error): the error a share of the value, or on its own."""
    values = [float(np.dtype(dtype).type(v)) for v in TYPICAL + EXTREME + (EXTREME64 if dtype is np.float64 else ())]
    return [(v, share * abs(v)) for v in values for share in SHARES if (v or not share) and share * abs(v) < np.inf] + [
        (0.0, 1e-9)
    ]


def mild(each: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without subnormal float64s, and without errors on numbers near the upper end of the range."""
    return [(v, err) for v, err in each if v == 0 or (abs(v) > 1e-300 and (not err or abs(v) < 1e150))]


def numbers(dtype: DTypeLike) -> st.SearchStrategy[tuple[float, float]]:
    width = 8 * np.dtype(dtype).itemsize
    wide = st.floats(width=width, allow_nan=False, allow_infinity=False, min_value=-(2.0**50), max_value=2.0**50)
    tame = st.floats(-50, 50, width=width)
    shares = st.sampled_from([0.0, 0.0, 2.0**-60, 2.0**-24, 1e-3, 0.3])
    return st.builds(lambda x, share: (x, share * abs(x)), wide | tame, shares)


# --- every rule holds ----------------------------------------------------------------------------------------------
def test_every_rule_is_tested() -> None:
    assert set(TRUE) == set(RULES)
    assert set(UNROUNDED + CORRECTLY_ROUNDED + LIBRARY) == set(RULES)


@dtypes
@pytest.mark.parametrize("name", UNARY)
def test_no_true_result_of_one_operand_is_outside_the_bound(name: str, dtype: DTypeLike) -> None:
    assert outside(name, dtype, pairs(dtype)) == []


@dtypes
@pytest.mark.parametrize("name", BINARY)
def test_no_true_result_of_two_operands_is_outside_the_bound(name: str, dtype: DTypeLike) -> None:
    each = mild(pairs(dtype)) if name == "divide" else pairs(dtype)
    turned = [each[(7 * i + 3) % len(each)] for i in range(len(each))]
    assert outside(name, dtype, each, turned) == []
    assert outside(name, dtype, turned[::-1], each) == []
    assert outside(name, dtype, each, each) == []


@dtypes
@pytest.mark.parametrize("exponent", EXPONENTS)
@pytest.mark.parametrize("name", POWERS)
def test_no_true_power_is_outside_the_bound(name: str, exponent: float, dtype: DTypeLike) -> None:
    each = mild(pairs(dtype)) if exponent < 0 else pairs(dtype)
    assert outside(name, dtype, each, exponent=exponent) == []


@dtypes
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_true_result_of_drawn_numbers_is_outside_the_bound(dtype: DTypeLike, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(numbers(dtype), numbers(dtype)), min_size=1, max_size=4))
    left, right = zip(*rows, strict=True)
    for name in UNARY:
        assert outside(name, dtype, left) == []
    for name in BINARY:
        assert outside(name, dtype, left, right) == []
    for exponent in EXPONENTS:
        assert outside("power", dtype, left, exponent=exponent) == []


def test_the_table_of_the_library_is_the_documented_one() -> None:
    """Units in the last place, as measured by test_ulps; a larger table would hide errors."""
    assert ULPS == {"float32": 4, "float64": 2}


# --- no rule is larger than it derives -------------------------------------------------------------------------------
def moderate(name: str, dtype: DTypeLike, n: int = 300) -> list[Array]:
    """Inputs at which nothing over- or underflows, near powers of two among them."""
    rng = np.random.default_rng(5)
    columns = [rng.uniform(0.5, 3, n), rng.uniform(0.5, 3, n)]
    return [c.astype(dtype) for c in columns[: 2 if name in BINARY else 1]]


def exact_inputs(name: str, dtype: DTypeLike) -> tuple[Any, list[Real]]:
    columns = moderate(name, dtype)
    more = (1.5,) if name in POWERS else ()
    result = getattr(np, name)(*(Bounds.of(c) for c in columns), *more)
    with mpmath.workprec(300):
        truth = [
            TRUE[name](*map(Fraction, map(float, row)), *map(Fraction, more)) for row in zip(*columns, strict=True)
        ]
    return result, truth  # type: ignore[return-value]


@dtypes
@pytest.mark.parametrize("name", [*CORRECTLY_ROUNDED, *LIBRARY])
def test_the_rounding_of_one_operation_is_no_larger_than_its_units_in_the_last_place(
    name: str, dtype: DTypeLike
) -> None:
    """u·|r| where the result is correctly rounded; 2u·|r| for every unit of the library's table on top."""
    result, _ = exact_inputs(name, dtype)
    ulps = 0 if name in CORRECTLY_ROUNDED else ULPS[result.dtype.name]
    r, u = np.abs(result.value.astype(np.float64)), unit(result.value)
    assert (result.err <= (2 * ulps + 1) * u * r * (1 + 2.0**-18) + (ulps + 2) * eta(result.value)).all()


@dtypes
@pytest.mark.parametrize("name", [*CORRECTLY_ROUNDED, *LIBRARY])
def test_the_rounding_of_one_operation_is_really_there(name: str, dtype: DTypeLike) -> None:
    """The worst of 300 results is off by more than half of u·|r|: a rule without that term would be caught."""
    result, truth = exact_inputs(name, dtype)
    u = unit(result.value)
    with mpmath.workprec(300):
        off = [
            abs(Fraction(float(v)) - rational(t)) / abs(rational(t)) for v, t in zip(result.value, truth, strict=True)
        ]
    assert max(off) > Fraction(u) / 2
    if name in CORRECTLY_ROUNDED:
        assert max(abs(Fraction(float(v)) - rational(t)) / Fraction(float(e))
                   for v, t, e in zip(result.value, truth, result.err, strict=True)) > Fraction(1, 2)  # fmt: skip


# Where the slope that the rule takes is the true one: the point, and by what factor the rule may exceed it there.
STEEPEST = {
    "add": ((2.0, 3.0), 1), "subtract": ((2.0, 3.0), 1), "multiply": ((2.0, 3.0), 1), "divide": ((2.0, 3.0), 1),
    "square": ((3.0,), 1), "reciprocal": ((3.0,), 1), "negative": ((3.0,), 1), "positive": ((3.0,), 1),
    "absolute": ((-3.0,), 1), "fabs": ((-3.0,), 1), "maximum": ((3.0, 3.0), 1), "minimum": ((3.0, 3.0), 1),
    "fmax": ((3.0, 3.0), 1), "fmin": ((3.0, 3.0), 1), "exp": ((2.0,), 1), "expm1": ((2.0,), 1), "log": ((0.3,), 1),
    "log1p": ((0.3,), 1), "tanh": ((0.7,), 1), "sin": ((0.0,), 1), "cos": ((np.pi / 2,), 1), "arctan": ((0.0,), 1),
    "sinh": ((2.0,), 1), "cosh": ((12.0,), 1), "sqrt": ((3.0,), 2), "power": ((3.0,), 1), "float_power": ((3.0,), 1),
}  # fmt: skip


@pytest.mark.parametrize("err", [1e-3, 1e-6])
@pytest.mark.parametrize("name", list(RULES))
def test_an_error_of_the_inputs_grows_by_the_slope_and_no_more(name: str, err: float) -> None:
    point, factor = STEEPEST[name]
    columns = [[(x, err * (1 + abs(x)))] for x in point]
    exponent = 1.5 if name in POWERS else None
    result = applied(name, np.float64, *columns, exponent=exponent)
    more = () if exponent is None else (Fraction(exponent),)
    with mpmath.workprec(300):
        middle = TRUE[name](*(Fraction(x) for x in point), *more)
        corners = product(*(ends(*c[0]) for c in columns))
        moved = max(abs(rational(TRUE[name](*at, *more)) - rational(middle)) for at in corners)  # type: ignore[arg-type]
    # Three errors for the second order, and the operation's own rounding.
    second, rounding = 3 * Fraction(err) * (1 + int(max(map(abs, point)))), 10 * Fraction(unit(result.value))
    size = abs(rational(middle)) + moved  # type: ignore[arg-type]
    assert Fraction(float(result.err[0])) <= moved * factor * (1 + second) + rounding * size
    assert Fraction(float(result.err[0])) >= moved


@dtypes
@pytest.mark.parametrize("name", UNROUNDED)
def test_what_is_only_chosen_or_signed_is_exact_and_keeps_its_error(name: str, dtype: DTypeLike) -> None:
    count = 2 if name in BINARY else 1
    x = [np.array([-1.5, 0.1, 3e38, -1e-45], dtype=dtype) for _ in range(count)]
    assert not getattr(np, name)(*(Bounds.of(c) for c in x)).err.any()
    kept = getattr(np, name)(*(Bounds.of(c, [1e-3, 2.0, 0.0, 1e-50]) for c in x))
    assert kept.err.tolist() == [1e-3, 2.0, 0.0, 1e-50]


@settings(max_examples=60, deadline=None)
@given(st.floats(min_value=0, max_value=1e300), st.integers(0, 12))
def test_rounding_a_bound_up_covers_a_dozen_operations_and_not_knowing_is_infinite(bound: float, steps: int) -> None:
    wide = Fraction(float(up(np.asarray(bound))))
    assert wide >= Fraction(bound) * (1 + steps * Fraction(2) ** -53)
    assert wide <= Fraction(bound) * (1 + Fraction(2) ** -47) + 2 * Fraction(5e-324)
    assert up(np.array([np.nan, np.inf, 0.0])).tolist() == [np.inf, np.inf, 0.0]


# --- sums and products, in any order ---------------------------------------------------------------------------------
def one_by_one(terms: Iterable[Any]) -> Any:
    total = None
    for t in terms:
        total = t if total is None else total + t
    return total


def pairwise(terms: Array) -> Any:
    return terms[0] if len(terms) == 1 else pairwise(terms[: len(terms) // 2]) + pairwise(terms[len(terms) // 2 :])


def in_many_orders(terms: Array) -> list[Any]:
    """Sums of the same terms as libraries may make them; wider accumulators and fused sums rounded once at the end."""
    rng = np.random.default_rng(11)
    found = [np.sum(terms), one_by_one(terms), one_by_one(terms[::-1]), pairwise(terms)]
    found += [one_by_one(rng.permutation(terms)) for _ in range(3)]
    found += [one_by_one(terms[np.argsort(np.abs(terms))]), one_by_one(terms[np.argsort(-np.abs(terms))])]
    found += [np.sum(terms.astype(np.float64)).astype(terms.dtype)]
    found += [one_by_one(one_by_one(terms[k::4]) for k in range(min(4, len(terms))))]
    return found


def absorbed(n: int, dtype: DTypeLike) -> Array:
    """1, then terms that are each just too small to change it: added one by one they are all lost."""
    terms = np.full(n, np.finfo(dtype).eps / 2 * 0.999, dtype=dtype)  # type: ignore[arg-type]
    terms[0] = 1
    return terms


def cancelling(n: int, dtype: DTypeLike) -> Array:
    rng = np.random.default_rng(n)
    terms = rng.standard_normal(n) * np.exp(rng.uniform(-6, 6, n))
    return np.concatenate([terms, -terms[: n // 2]]).astype(dtype)


SUMMED = [absorbed, cancelling]


@dtypes
@pytest.mark.parametrize("terms", SUMMED)
@pytest.mark.parametrize("n", [1, 2, 3, 10, 200])
def test_a_sum_in_any_order_is_within_its_bound(n: int, terms: Callable[..., Array], dtype: DTypeLike) -> None:
    t = terms(n, dtype)
    result = np.sum(Bounds.of(t))
    truth = sum(map(Fraction, t.tolist()), Fraction(0))
    for value in in_many_orders(t):
        assert abs(Fraction(float(value)) - truth) <= Fraction(float(result.err))
    # γ_(n−1)·Σ|terms| and no more.
    k = Fraction(len(t) - 1) * Fraction(unit(t))
    gamma, total = k / (1 - k), sum(map(abs, map(Fraction, t.tolist())), Fraction(0))
    assert Fraction(float(result.err)) <= gamma * total * (1 + Fraction(1, 2**20)) + 2 * len(t) * Fraction(eta(t))


@dtypes
def test_a_sum_needs_the_whole_of_its_bound(dtype: DTypeLike) -> None:
    """Added one by one, what is absorbed is all lost: more than 0.99 of γ·Σ|terms|."""
    for n in (5, 50, 1000):
        t = absorbed(n, dtype)
        off = abs(Fraction(float(one_by_one(t))) - sum(map(Fraction, t.tolist())))
        assert off > Fraction(99, 100) * Fraction(float(np.sum(Bounds.of(t)).err))
    few = absorbed(7, dtype)  # np.sum itself adds fewer than eight terms one by one
    result = np.sum(Bounds.of(few))
    off = abs(Fraction(float(result.value)) - sum(map(Fraction, few.tolist())))
    assert Fraction(99, 100) * Fraction(float(result.err)) < off <= Fraction(float(result.err))


@dtypes
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_sum_of_uncertain_terms_is_within_its_bound(dtype: DTypeLike, data: st.DataObject) -> None:
    rows = data.draw(st.lists(numbers(dtype), min_size=1, max_size=9))
    x, err = (np.array(c) for c in zip(*rows, strict=True))
    x = x.astype(dtype)
    result, average = np.sum(Bounds.of(x, err)), np.mean(Bounds.of(x, err))
    signs = data.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=len(rows), max_size=len(rows)))
    for way in ([1] * len(rows), [-1] * len(rows), signs):
        truth = sum(Fraction(float(v)) + s * Fraction(float(e)) for v, e, s in zip(x, err, way, strict=True))
        assert holds(result.value, result.err, truth)
        assert holds(average.value, average.err, truth / len(rows))


@dtypes
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (0, 1, 2)])
def test_sums_and_means_along_axes_have_the_bound_of_their_own_number_of_terms(axis: Any, dtype: DTypeLike) -> None:
    x = np.random.default_rng(3).standard_normal((3, 4, 5)).astype(dtype)
    truth = np.sum(np.vectorize(Fraction, otypes=[object])(x.astype(np.float64)), axis=axis)
    result, average = np.sum(Bounds.of(x), axis=axis), Bounds.of(x).mean(axis=axis)
    n = x.size // np.asarray(truth).size
    for v, e, t in zip(np.ravel(result.value), np.ravel(result.err), np.ravel(truth), strict=True):
        assert holds(v, e, t)
    for v, e, t in zip(np.ravel(average.value), np.ravel(average.err), np.ravel(truth), strict=True):
        assert holds(v, e, t / n)
    total = np.sum(np.abs(x.astype(np.float64)), axis=axis)
    assert (result.err <= 1.001 * (n - 1) * unit(x) * total + 2 * n * eta(x)).all()
    assert (average.err <= (result.err + 2 * unit(x) * np.abs(result.value)) / n * 1.001 + 2 * eta(x)).all()


def test_a_mean_divides_its_error_and_rounds_once_more() -> None:
    average = np.mean(Bounds.of([1.0, 2.0], [0.5, 0.25]))
    assert float(average.value) == 1.5
    assert 0.375 < float(average.err) < 0.375 + 1e-14
    thirds = np.mean(Bounds.of([1.0, 0.0, 0.0]))  # the sum is exact, 1/3 is not
    assert holds(thirds.value, thirds.err, Fraction(1, 3))
    assert float(thirds.err) > 0


def fused(a: Array, b: Array) -> Any:
    """Each product added exactly, each sum rounded once: what FMA does, by way of exact rationals."""
    total = Fraction(0)
    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        total = Fraction(float(a.dtype.type(float(total + Fraction(x) * Fraction(y)))))
    return float(total)


@dtypes
@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_a_product_of_matrices_is_within_its_bound_in_any_order_fused_or_not(n: int, dtype: DTypeLike) -> None:
    rng = np.random.default_rng(n)
    a = (rng.standard_normal((3, n)) * np.exp(rng.uniform(-6, 6, (3, n)))).astype(dtype)
    b = (rng.standard_normal((n, 4)) * np.exp(rng.uniform(-6, 6, (n, 4)))).astype(dtype)
    result = Bounds.of(a) @ b
    k = Fraction(n) * Fraction(unit(a))
    for i, j in np.ndindex(3, 4):
        x, y = a[i], b[:, j]
        exact = [Fraction(p) * Fraction(q) for p, q in zip(x.tolist(), y.tolist(), strict=True)]
        for value in (result.value[i, j], fused(x, y), fused(x[::-1], y[::-1]), *in_many_orders(x * y)):
            assert abs(Fraction(float(value)) - sum(exact)) <= Fraction(float(result.err[i, j]))
        derived = k / (1 - k) * sum(map(abs, exact)) * (1 + Fraction(1, 2**20)) + 2 * (n + 1) * Fraction(eta(a))
        assert Fraction(float(result.err[i, j])) <= derived


@dtypes
def test_a_product_of_matrices_needs_the_whole_of_its_bound(dtype: DTypeLike) -> None:
    """1·1, then products that are each absorbed: n − 1 of the n units of γ_n are used."""
    n = 400
    a = absorbed(n, dtype)
    result = Bounds.of(a[None, :]) @ np.ones((n, 1), dtype=dtype)
    off = abs(Fraction(float(one_by_one(a))) - sum(map(Fraction, a.tolist())))
    assert Fraction(99, 100) * Fraction(float(result.err[0, 0])) < off <= Fraction(float(result.err[0, 0]))


@dtypes
@pytest.mark.parametrize(("left", "right"), [(1e-3, 0.0), (0.0, 1e-3), (1e-3, 1e-2), (3.0, 5.0)])
def test_a_product_of_uncertain_matrices_is_within_its_bound_at_every_end(
    left: float, right: float, dtype: DTypeLike
) -> None:
    """|A|·err_B + err_A·|B| + err_A·err_B is attained where all errors point the same way."""
    rng = np.random.default_rng(8)
    a, b = rng.standard_normal((2, 6)).astype(dtype), rng.standard_normal((6, 3)).astype(dtype)
    da, db = np.full(a.shape, left), np.full(b.shape, right)
    result = Bounds.of(a, da) @ Bounds.of(b, db)
    for i, j in np.ndindex(2, 3):
        row = list(zip(a[i].tolist(), b[:, j].tolist(), strict=True))
        truth, reach = Fraction(0), Fraction(0)
        for x, y in ((Fraction(p), Fraction(q)) for p, q in row):
            # Away from zero on both sides: the product moves as far as it can, its sign that of x·y.
            far = (abs(x) + Fraction(left)) * (abs(y) + Fraction(right)) - abs(x * y)
            truth, reach = truth + x * y, reach + far
        mixed = sum(((Fraction(p) + Fraction(left)) * (Fraction(q) - Fraction(right)) for p, q in row), Fraction(0))
        assert holds(result.value[i, j], result.err[i, j], mixed)
        assert Fraction(float(result.err[i, j])) >= reach
        size = sum((abs(Fraction(p) * Fraction(q)) for p, q in row), Fraction(0)) + reach
        # γ_6 of what is added, and what keeps the bound's own float64 arithmetic safe.
        assert Fraction(float(result.err[i, j])) <= reach + (7 * Fraction(unit(a)) + Fraction(2) ** -46) * size


@dtypes
def test_the_rounding_of_sums_that_may_overflow_on_their_way_is_not_known(dtype: DTypeLike) -> None:
    top = np.finfo(dtype).max  # type: ignore[arg-type]
    x = np.array([top, -top, top / 2], dtype=dtype)
    assert np.sum(Bounds.of(x)).err == np.inf
    assert (Bounds.of(x[None, :]) @ np.ones((3, 1), dtype=dtype)).err[0, 0] == np.inf
    assert np.isfinite(np.sum(Bounds.of(x / 4)).err)


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
        np.floor, lambda x: np.arctan2(x, x), lambda x: x ** Bounds.of([2.0], 1e-3), lambda x: x**x,
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
