"""side(u, at): the sign of u off its kink, one expression for all multiples of u."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, exp, sqrt
from sympy.abc import x, y, z

from verify.arithmetic.side import side

ONE, TWO = sympy.S.One, sympy.Integer(2)


@pytest.mark.parametrize(
    ("u", "want"), [(3, 1), (1, 1), (Rational(1, 9), 1), (-1, -1), (Rational(-5, 2), -1), (0, TWO), (x - x, TWO)]
)
def test_of_a_number_it_is_the_sign_and_of_zero_what_is_said_to_be_there(u: Any, want: Any) -> None:
    assert side(sympy.sympify(u), TWO) == want


@pytest.mark.parametrize(
    ("u", "turn", "plain"),
    [
        (x, 1, x), (7 * x, 1, x), (-x, -1, x), (x / 3, 1, x), (-2 * x, -1, x), (x - y, 1, x - y), (y - x, -1, x - y),
        (4 * y - 2 * x, -1, x - 2 * y), (x * (1 - y) * 6, -1, x * y - x), (1 - exp(-x), 1, 1 - exp(-x)),
        (sqrt(2) - 2 * exp(x), -1, 2 * exp(x) - sqrt(2)), ((x + y) ** 2 - x**2, 1, 2 * x * y + y**2),
        (x * (1 - y) + x * y, 1, x), (-sympy.pi * 5 * x * y, -1, sympy.pi * x * y), (x / 2 - y / 3, 1, 3 * x - 2 * y),
    ],
)  # fmt: skip
def test_multiples_of_one_expression_are_one_side_turned_where_the_factor_is_negative(
    u: Any, turn: int, plain: Any
) -> None:
    found = side(u, ONE)
    assert found == turn * side(plain, ONE * turn)
    ((inner, at),) = (part.args for part in found.atoms(side))
    assert (inner, at, found / side(inner, at)) == (plain, turn, turn)


def test_what_expands_to_nothing_is_at_its_kink() -> None:
    assert side(x * (1 - y) - x + x * y, TWO) == TWO


@settings(max_examples=40)
@given(
    st.lists(st.integers(-3, 3), min_size=3, max_size=3),
    st.lists(st.integers(-3, 3), min_size=3, max_size=3),
    st.integers(1, 6),
)
def test_at_any_point_it_is_the_sign_there_and_turns_with_its_argument(
    factors: list[int], point: list[int], multiple: int
) -> None:
    a, b, c = factors
    u = a * x + b * y * z + sympy.Integer(c)
    there = dict(zip((x, y, z), map(sympy.Integer, point), strict=True))
    value = u.subs(there)
    assert side(u, TWO).subs(there) == (sympy.sign(value) if value else 2)
    assert side(multiple * u, TWO) == side(u, TWO) == -side(-multiple * u, -TWO)


def test_off_its_kink_it_does_not_move() -> None:
    assert side(x * y - 3, ONE).diff(x) == 0
    assert (side(x, ONE) * x**2).diff(x) == 2 * x * side(x, ONE)


def test_what_holds_at_the_kink_is_named_always() -> None:
    with pytest.raises(TypeError, match="exactly 2 arguments"):
        side(x)
