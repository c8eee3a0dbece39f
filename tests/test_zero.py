"""What is proved to be 0, and what is not: a comparison counts as a letter only where it is one."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from sympy import Integer, exp, log, sqrt, tanh

from verify.arithmetic.side import side
from verify.oracles.zero import not_vanishing, vanishes

x, y = sympy.symbols("x y")
p = sympy.Symbol("p", positive=True)
six = sympy.symbols("a b c d e f")

ONE = Integer(1)
ADDITION = (x + y) ** 2 / y - x**2 / y - 2 * x - y
DOUBLE = tanh(x) - (exp(2 * x) - 1) / (exp(2 * x) + 1)  # known to exponentials alone
OF_A_SIDE = exp(side(x, ONE)) - (exp(1) + exp(-1)) / 2 - side(x, ONE) * (exp(1) - exp(-1)) / 2


def relu(u: Any, at: int = 1) -> Any:
    return u * (1 + side(u, Integer(at))) / 2


def squared_side(u: Any, at: int = 0) -> Any:
    """0 where u is not, and −1 where it is (at = 0): proved only of a u that is 0 at single places."""
    return side(u, Integer(at)) ** 2 - 1


# --- one after another ------------------------------------------------------------------------------------------------
ZEROS = [Integer(0), ADDITION, DOUBLE, OF_A_SIDE, squared_side(x)]


@pytest.mark.parametrize("at", range(len(ZEROS) + 1))
def test_the_first_that_is_not_zero_is_named_whatever_is_proved_before_it(at: int) -> None:
    assert not_vanishing([*ZEROS[:at], x, *ZEROS[at:]]) == at
    assert not_vanishing([*ZEROS[:at], Integer(1)]) == at


def test_nothing_is_named_where_all_are_zero() -> None:
    assert not_vanishing(ZEROS) is None
    assert not_vanishing([DOUBLE, DOUBLE.subs(x, y), ADDITION]) is None
    assert not_vanishing([]) is None


def test_what_is_asked_after_time_is_up_counts_as_not_proved_but_a_plain_zero_is_not_asked() -> None:
    answers = iter([False, True])
    assert not_vanishing([Integer(0), ADDITION, Integer(0), DOUBLE, x], lambda: next(answers)) == 3
    assert not_vanishing([Integer(0), Integer(0)], lambda: True) is None


# --- comparisons ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "expression",
    [squared_side(x), squared_side(x - y + 1), squared_side(exp(x) - 2, 1), squared_side(x**2 - 2),
     relu(x) - relu(-x) - x, relu(x) ** 2 - x * relu(x), OF_A_SIDE, OF_A_SIDE + DOUBLE, OF_A_SIDE.subs(x, x - y),
     # ReLU of ReLU: what is compared is 0 in a whole region, so the sides are tried one by one.
     relu(relu(x)) - relu(x), relu(relu(relu(x))) - relu(x),
     relu(relu(x) - relu(y)) + relu(y) - relu(relu(y) - relu(x)) - relu(x),
     side(relu(x), Integer(-1)) - side(x, ONE),
     OF_A_SIDE + OF_A_SIDE.subs(x, y),
     # The side within decides the one around it, though that is the shorter of the two.
     side(1 + 2 * side(x + y + p, ONE), ONE) - side(x + y + p, ONE)],
)  # fmt: skip
def test_zero_on_either_side_is_zero(expression: Any) -> None:
    assert vanishes(expression)


@pytest.mark.parametrize(
    "expression",
    [exp(side(x, ONE)) - exp(1), exp(side(x, ONE)) - exp(-1), exp(side(x, ONE)) - 1, relu(x) - x, relu(x) - relu(-x),
     OF_A_SIDE + x, OF_A_SIDE + tanh(x),
     # At x < 0 the ReLU is 0, and > and ≥ part.
     side(relu(x), ONE) - side(x, ONE), relu(relu(x)) + relu(x)],
)  # fmt: skip
def test_what_is_not_zero_on_one_of_the_sides_is_not_proved(expression: Any) -> None:
    assert not vanishes(expression)


ALWAYS = (DOUBLE, log(p * exp(x)) - log(p) - x)


@pytest.mark.parametrize("nothing", ALWAYS)
def test_a_comparison_of_what_is_always_zero_is_no_side(nothing: Any) -> None:
    """It compares equal everywhere: its square is 0, not 1."""
    assert not vanishes(squared_side(nothing))
    assert not vanishes(squared_side(x + nothing * side(y, ONE)) + squared_side(nothing * side(y, ONE)))
    assert not vanishes(squared_side(nothing) + DOUBLE)


@pytest.mark.parametrize(
    "region",
    # 0 for negative x; for positive x; where nine letters are positive, which are too many to be tried one by one.
    [relu(x), x * (1 - side(x, ONE)), x * (9 - sum(side(v, ONE) for v in (*six, y, p - 1, p - 2)))],
)
def test_a_comparison_of_what_is_zero_in_a_region_tells_more_from_more_or_equal(region: Any) -> None:
    assert not vanishes(side(region, ONE) - side(region, -ONE))


def test_a_comparison_of_a_root_is_left_open_for_it_may_be_zero_in_a_region() -> None:
    assert not vanishes(squared_side(sqrt(x**2) - x))
    assert not vanishes(squared_side(sqrt(x) - 1))


@pytest.mark.parametrize(
    "domain",
    # Between 0 and 2, between −3 and −1; with a letter that is positive everywhere.
    [sum(log(v) + log(2 - v) for v in six), sum(log(-1 - v) + log(v + 3) for v in six), log(-x) + log(p), log(x) - y],
)
def test_a_comparison_is_a_side_also_where_it_is_not_defined_everywhere(domain: Any) -> None:
    assert vanishes(squared_side(domain))


def test_a_comparison_that_is_defined_nowhere_is_no_side() -> None:
    assert not vanishes(squared_side(log(-1 - x**2)))
