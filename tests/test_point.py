"""Expressions at a point: exact where they are exact, enclosed where something was rounded, open where undecided."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from flint import arb, fmpq
from sympy import Rational

from verify.arithmetic.duck import Unsupported
from verify.arithmetic.side import side
from verify.oracles.point import size_of, value_at

x, y, z = sympy.symbols("x y z")
POINT = {x: 4, y: -3, z: 0}
SIDE_OF_X, SIDE_OF_Y = side(x, sympy.Integer(1)), side(y, sympy.Integer(1))
RELU_OF_Y = y * (1 + SIDE_OF_Y)  # 0 in a whole region


def at_point(e: Any, **other: arb) -> arb:
    return value_at(e, {letter: arb(v) for letter, v in POINT.items()} | {sympy.Symbol(k): v for k, v in other.items()})


@pytest.mark.parametrize(
    ("expression", "value"),
    [(x, 4), (Rational(3, 8), 0.375), (Rational(-7), -7), (x + y, 1), (x + y + z + 2, 3), (x * y, -12),
     (5 * x * y, -60), (x**3, 64), (y**2, 9), (x**-2, 0.0625), (sympy.sqrt(x), 2), (x ** Rational(3, 2), 8),
     (x ** Rational(-1, 2), 0.5), (x ** Rational(-3, 2), 0.125), (sympy.exp(z), 1), (sympy.log(sympy.exp(z)), 0),
     (sympy.tanh(z), 0), (sympy.tanh(z) + x, 4), (SIDE_OF_X, 1), (SIDE_OF_Y, -1),
     (side(x - Rational(31, 8), sympy.Integer(1)), 1), (side(x - Rational(33, 8), sympy.Integer(1)), -1),
     (sympy.Symbol("size_5", positive=True), 5), (x * sympy.Symbol("size_12", positive=True), 48)],
)  # fmt: skip
def test_a_value_without_rounding_is_exact(expression: Any, value: float) -> None:
    found = at_point(expression)
    assert found.is_exact()
    assert found == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [(sympy.E, arb(1).exp()), (sympy.exp(y), arb(-3).exp()), (sympy.log(x), arb(4).log()),
     (sympy.tanh(y / 4), arb(-0.75).tanh()), (sympy.exp(x * y), arb(-12).exp())],
)  # fmt: skip
def test_a_function_is_the_one_of_its_name(expression: Any, value: arb) -> None:
    found = at_point(expression)
    assert (found.mid(), found.rad()) == (value.mid(), value.rad())


def test_a_fraction_that_nobody_wrote_down_is_enclosed_by_a_few_units_in_its_last_place() -> None:
    short, long = 10**7, 10**7 + 1
    for sign in (1, -1):
        written = at_point(Rational(sign, short))
        assert written.rad() < abs(written) * arb(2) ** -52
        rounded = at_point(Rational(sign, long))
        assert rounded.contains(fmpq(sign, long))
        assert abs(rounded.mid()) * arb(2) ** -48 <= rounded.rad() <= abs(rounded.mid()) * arb(2) ** -47


@pytest.mark.parametrize("at", [-1, 1])
def test_a_comparison_of_what_is_zero_in_a_region_is_what_numpy_makes_of_it(at: int) -> None:
    assert at_point(RELU_OF_Y) == 0
    assert at_point(side(RELU_OF_Y, sympy.Integer(at))) == at
    assert at_point(side(x * (1 + SIDE_OF_X), sympy.Integer(at))) == 1


@pytest.mark.parametrize(
    "expression",
    # Zero at this point alone, or a comparison that makes nothing of equality: no side is the right one.
    [side(z, sympy.Integer(1)), side(z, sympy.Integer(0)), side(RELU_OF_Y, sympy.Integer(0)),
     side(sympy.Symbol("w"), sympy.Integer(1)), side(sympy.Symbol("w") * (1 + SIDE_OF_X), sympy.Integer(1))],
)  # fmt: skip
def test_a_side_that_is_not_decided_is_no_number(expression: Any) -> None:
    assert not at_point(expression, w=arb(0, 1)).is_finite()


def test_a_value_is_found_once_and_then_known() -> None:
    known = {x: arb(4)}
    assert value_at(x + x**2, known) == 20
    assert known == {x: 4, x**2: 16, x + x**2: 20, sympy.Integer(2): 2}
    assert value_at(x**2, {x**2: arb(5)}) == 5


def test_a_function_that_no_proof_knows_is_named() -> None:
    with pytest.raises(Unsupported, match=r"^no proof knows sin$"):
        at_point(sympy.sin(x))


def test_a_letter_for_a_size_says_how_large_it_is() -> None:
    assert size_of(sympy.Symbol("size_209")) == 209
