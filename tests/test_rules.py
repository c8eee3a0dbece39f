"""The rules of differentiation, one by one: exactly those of rationals, and those of Arb's power series."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from flint import arb, arb_series, fmpq

from verify.arithmetic.balls import ELEMENTWISE, SHARP, Balls, precision
from verify.arithmetic.rules import RULES, SLOPES

Array = np.ndarray[Any, Any]

# Divided by powers of two alone, so that Arb makes no error either: values, and slopes along two directions.
A, DA = [Fraction(3), Fraction(-5), Fraction(7, 4)], [[Fraction(7), Fraction(0), Fraction(-3)], [2, 5, 11]]
B, DB = [Fraction(2), Fraction(-1, 4), Fraction(8)], [[Fraction(3), Fraction(-1), Fraction(0)], [1, 9, -6]]

# The value, and the slope, of the values and slopes of the operands.
TWO: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "add": (lambda a, b: a + b, lambda a, b, s, t: s + t), "subtract": (lambda a, b: a - b, lambda a, b, s, t: s - t),
    "multiply": (lambda a, b: a * b, lambda a, b, s, t: s * b + a * t),
    "divide": (lambda a, b: a / b, lambda a, b, s, t: (s * b - a * t) / (b * b)),
}  # fmt: skip
ONE: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "negative": (lambda b: -b, lambda b, t: -t), "positive": (lambda b: b, lambda b, t: t),
    "square": (lambda b: b * b, lambda b, t: 2 * b * t), "reciprocal": (lambda b: 1 / b, lambda b, t: -t / (b * b)),
}  # fmt: skip


def exact(numbers: Any) -> Array:
    return Balls.of(np.array([[Fraction(x) for x in row] for row in numbers], dtype=object)).parts[0]


def told(x: Any) -> Any:
    """Exact enclosures as Fractions."""
    if x is None:
        return None
    assert all(number.is_exact() for number in x.ravel())
    fractions = np.frompyfunc(lambda number: Fraction(int(number.fmpq().p), int(number.fmpq().q)), 1, 1)
    return fractions(x).tolist()


def slopes(rates: Any, still: bool) -> Any:
    return None if still else exact(rates)


@pytest.mark.parametrize("name", TWO)
def test_a_rule_of_two_operands_is_exact_whichever_of_them_moves(name: str) -> None:
    value, slope = TWO[name]
    each = list(product((False, True), repeat=2))
    x = exact([A])[0], [slopes(DA, still) for still, _ in each]
    y = exact([B])[0], [slopes(DB, still) for _, still in each]
    found, bundles = RULES[name](x, y)
    assert told(found) == [value(a, b) for a, b in zip(A, B, strict=True)]
    for (left, right), bundle in zip(each, bundles, strict=True):
        want = [[slope(a, b, 0 if left else s, 0 if right else t) for a, b, s, t in zip(A, B, das, dbs, strict=True)]
                for das, dbs in zip(DA, DB, strict=True)]  # fmt: skip
        assert told(bundle) == (None if left and right else want)


@pytest.mark.parametrize("name", ONE)
def test_a_rule_of_one_operand_is_exact_and_leaves_what_stands_still(name: str) -> None:
    value, slope = ONE[name]
    found, bundles = RULES[name]((exact([B])[0], [None, exact(DB)]))
    assert told(found) == [value(b) for b in B]
    assert [told(s) for s in bundles] == [None, [[slope(b, t) for b, t in zip(B, row, strict=True)] for row in DB]]


# Arb's own series about x, to the first power: the slope comes from other code than the value does.
SERIES: dict[str, Callable[[arb_series], arb_series]] = {
    "exp": arb_series.exp, "expm1": lambda s: s.exp() - 1, "log": arb_series.log, "log1p": lambda s: (1 + s).log(),
    "sqrt": arb_series.sqrt, "tanh": lambda s: (s.exp() - (-s).exp()) / (s.exp() + (-s).exp()),
    "sinh": lambda s: (s.exp() - (-s).exp()) / 2, "cosh": lambda s: (s.exp() + (-s).exp()) / 2,
    "sin": arb_series.sin, "cos": arb_series.cos, "tan": arb_series.tan, "arctan": arb_series.atan,
}  # fmt: skip
POINTS = [Fraction(1, 3), Fraction(5, 2), Fraction(-2, 5), Fraction(30)]


@pytest.mark.parametrize("name", SERIES)
def test_a_slope_is_the_first_coefficient_of_the_power_series(name: str) -> None:
    with precision():
        x = np.array([arb(fmpq(p.numerator, p.denominator)) for p in POINTS if p > 0 or name not in ("log", "sqrt")])
        found = SLOPES[name](x, ELEMENTWISE[name](x))
        for slope, point in zip(found, x, strict=True):
            want = SERIES[name](arb_series([point, 1], 2))[1]
            assert slope.overlaps(want)
            assert slope.rad() < abs(slope) * SHARP


def test_no_rule_is_without_its_test() -> None:
    assert (set(RULES), set(SLOPES)) == ({*ONE, *TWO}, set(SERIES))
