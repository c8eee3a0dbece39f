"""The constants that were meant: the simplest fraction that rounds to a float, and only where it is asked for."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations
from math import e, inf, nan, nextafter, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.arithmetic.constants import (
    EXACT,
    MEANT,
    ROUNDED,
    _between,
    doubt,
    intended,
    mode,
    simplest,
    taken_as,
)

floats = st.floats(min_value=-1e300, max_value=1e300)


def by_brute_force(c: float, up_to: int) -> int | None:
    """The smallest denominator of a fraction that rounds to c, by trying them all."""
    exact = Fraction(c)
    return next((d for d in range(1, up_to + 1) if float(Fraction(round(exact * d), d)) == c), None)


@settings(max_examples=150, deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(1, 300))
def test_no_fraction_of_a_smaller_denominator_rounds_to_the_constant(p: int, q: int) -> None:
    c = p / q
    found = simplest(c)
    assert float(found) == c
    assert found.denominator == by_brute_force(c, q)


@settings(max_examples=150, deadline=None)
@given(floats | st.floats(-10, 10) | st.integers(-1000, 1000).map(lambda k: 2.0**k))
def test_the_fraction_rounds_to_the_constant_and_the_best_one_of_smaller_denominator_does_not(c: float) -> None:
    found = simplest(c)
    assert float(found) == c
    if found.denominator > 1:
        assert float(Fraction(c).limit_denominator(found.denominator - 1)) != c


@settings(max_examples=60, deadline=None)
@given(floats)
def test_the_fraction_of_the_opposite_constant_is_the_opposite_fraction(c: float) -> None:
    assert simplest(-c) == -simplest(c)


def test_the_float_next_to_a_simple_constant_is_not_taken_for_it() -> None:
    for m in (3, 10, 49, 100, 209, 12288):
        for other in (nextafter(1 / m, 0), nextafter(1 / m, 1)):
            assert simplest(other) != Fraction(1, m)
            assert simplest(other).denominator > 10**6


@pytest.mark.parametrize("c", [0.0, -0.0, 0.5, -3.0, 0.1875, 2.0**-30, 7e15])
def test_a_float_that_is_itself_the_simplest_fraction_stays_what_it_is(c: float) -> None:
    assert simplest(c) == Fraction(c)
    with taken_as(MEANT):
        assert intended(c) is None


@pytest.mark.parametrize(
    ("c", "meant"),
    [
        (0.1, Fraction(1, 10)), (0.01, Fraction(1, 100)), (1e-7, Fraction(1, 10**7)), (2 / 3, Fraction(2, 3)),
        (-1 / 209, Fraction(-1, 209)), (0.999, Fraction(999, 1000)), (1 - 0.9, None), (1 / 255, Fraction(1, 255)),
    ],
)  # fmt: skip
def test_the_constants_that_formulas_have_are_recovered(c: float, meant: Fraction | None) -> None:
    with taken_as(MEANT):
        assert intended(c) == meant


@pytest.mark.parametrize("c", [pi, e, 2**0.5, 1e-8, 1 / 10_000_001, 5e-324, inf, -inf, nan])
def test_what_no_short_fraction_meant_is_left_as_the_float_it_is(c: float) -> None:
    with taken_as(MEANT):
        assert intended(c) is None


def test_one_over_m_is_recovered_for_every_thirteenth_m() -> None:
    wrong = [m for m in range(1, 100_001, 13) if simplest(1 / m) != Fraction(1, m)]
    assert wrong == []


@pytest.mark.campaign
def test_one_over_m_is_recovered_for_every_m() -> None:
    wrong = [m for m in range(1, 100_001) if simplest(1 / m) != Fraction(1, m)]
    assert wrong == []


def test_constants_are_the_floats_they_are_outside_the_block_and_after_an_error_in_it() -> None:
    assert intended(0.1) is None
    with taken_as(MEANT):
        with taken_as(MEANT):
            assert intended(0.1) == Fraction(1, 10)
        assert intended(0.1) == Fraction(1, 10)
    assert intended(0.1) is None
    with pytest.raises(KeyError), taken_as(MEANT):
        raise KeyError
    assert intended(0.1) is None


def test_a_formula_on_balls_is_the_one_with_the_float_outside_the_block_and_the_one_meant_inside() -> None:
    three = Balls.of(3.0)
    with precision(128):
        as_typed = three * (1 / 3)
        with taken_as(MEANT):
            meant = three * (1 / 3)
            # An array's elements are data, not constants that somebody wrote down.
            data = three * Balls.of([1 / 3])
        one, float_product = Balls.of(1.0), Balls.of(3 * Fraction(1 / 3))
    assert overlaps(meant, one).all()
    assert not overlaps(meant, float_product).any()
    assert overlaps(as_typed, float_product).all()
    assert not overlaps(as_typed, one).any()
    assert not overlaps(data, one).any()


def test_a_constant_taken_as_rounded_is_known_to_two_units_and_short_fractions_exactly() -> None:
    assert doubt(0.1) == 0.0
    with taken_as(ROUNDED):
        assert doubt(0.1) == 2 * math.ulp(0.1)
        assert doubt(-3.0) == doubt(0.5) == doubt(0.125) == 0.0
        assert intended(1 / 3) is None


def test_up_to_a_denominator_of_1024_a_binary_fraction_is_written_down_exactly_and_beyond_it_is_rounded() -> None:
    with taken_as(ROUNDED):
        assert [doubt(k / 1024) for k in (1, -3, 1023)] == [0.0] * 3
        assert [doubt(k / 2048) for k in (1, -3)] == [2 * math.ulp(1 / 2048), 2 * math.ulp(3 / 2048)]
        assert [doubt(c) for c in (inf, -inf, nan)] == [0.0] * 3
    with taken_as(MEANT):
        assert doubt(0.1) == 0.0


def test_sixteen_different_numbers_are_constants_and_seventeen_are_data() -> None:
    one = Balls.of(1.0)
    with taken_as(MEANT), precision(128):
        for many, meant in ((16, True), (17, False)):
            tenths = np.arange(1, many + 1) / 10
            found = one * np.stack([tenths, tenths])
            assert overlaps(10 * found, Balls.of(np.arange(1, many + 1))[None]).all() == meant


def test_how_constants_are_taken_is_one_of_three_and_as_they_are_unless_told() -> None:
    assert (mode(), len({EXACT, MEANT, ROUNDED})) == (EXACT, 3)
    with taken_as(ROUNDED):
        assert mode() == ROUNDED


def test_of_the_fractions_strictly_between_two_the_one_of_the_smallest_terms_is_found() -> None:
    some = sorted({Fraction(p, q) for q in range(1, 5) for p in range(q, 3 * q + 1)})
    terms = [Fraction(p, q) for q in range(1, 8) for p in range(q, 3 * q)]
    for low, high in combinations(some, 2):
        assert _between(low, high) == next(x for x in terms if low < x < high)
