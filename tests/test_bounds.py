"""Running bounds: whatever rounding does, and whatever the inputs truly are, the true value lies within the bound.

Each rule is held from both sides: no true value may lie outside its bound, and the bound may not be larger than the
rule derives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from tests.truth import BINARY, BITS, POWERS, UNARY, Array, Real, dtypes, ends, holds, mp, numbers, rational
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.rounding import RULES, ULPS, eta, unit, up


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
LIBRARY = ["exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "arctan", "sinh", "cosh", *POWERS]
CORRECTLY_ROUNDED = ["add", "subtract", "multiply", "divide", "square", "reciprocal", "sqrt"]
EXPONENTS = (-2, -1, 0, 1, 2, 3, 7, -0.5, 0.5, 1.5)


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
