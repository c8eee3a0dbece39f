"""Fits: what agrees within its enclosures, by which factor, up to what, and how often chance would agree as well."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb

from verify.arithmetic.balls import Balls
from verify.diagnosis.fit import CHANCE, NEAR, Fit, chance, enclosed, equal, multiple, narrow, rare, residual

LEAST = 2.0**-100  # how rarely an element that is exact agrees by chance
RIGHT = np.array([[1.0, -2.0, 4.0], [0.5, 3.0, -7.0]])


def exact(x: Any) -> Balls:
    return Balls.of(np.asarray(x, dtype=np.float64))


def test_floats_are_enclosed_with_their_errors_and_balls_stay_as_they_are() -> None:
    balls = exact(RIGHT)
    assert enclosed(balls, 9.0) is balls
    for x in (RIGHT, np.array(0.5), np.float32(0.1), 0.25, 2, np.zeros((2, 0))):
        assert enclosed(x).shape == np.shape(x)
        assert np.array_equal(enclosed(x).mid(), x)
        assert not enclosed(x).rad().any()
        assert enclosed(x).dtype == np.float64
    wide = enclosed(RIGHT, np.abs(RIGHT) / 8)
    assert [(x.mid(), x.rad() >= abs(x.mid()) / 8, x.rad() < abs(x.mid()) / 7) for x in wide.parts[0].flat] == [
        (x, True, True) for x in RIGHT.flat
    ]
    assert enclosed(0.5, 0.25).parts[0][()].contains(0.75)


def test_what_overlaps_everywhere_is_equal_and_what_differs_anywhere_is_not() -> None:
    assert equal(exact(RIGHT), exact(RIGHT)) == Fit(None, 0.0, LEAST**6)
    for i in np.ndindex(RIGHT.shape):
        other = RIGHT.copy()
        other[i] += 2.0**-40
        assert equal(exact(RIGHT), exact(other)) is None
        near = equal(exact(RIGHT), enclosed(other, 2.0**-39))
        assert near is not None
        assert 2.0**-40 / 7 <= near.residual <= 2.0**-37 / 7
    assert equal(exact(RIGHT), exact(RIGHT.T)) is None
    assert equal(exact(RIGHT[:0]), exact(RIGHT[:0])) is None
    unknown = enclosed(RIGHT, np.where(RIGHT == 3, np.inf, 0))
    assert equal(unknown, exact(RIGHT)) is equal(exact(RIGHT), unknown) is None


@pytest.mark.parametrize("factor", [2.0, -0.125, 3.0])
def test_a_multiple_has_the_factor_of_the_largest_element_and_misses_none(factor: float) -> None:
    found = multiple(exact(factor * RIGHT), exact(RIGHT))
    assert found == Fit(found.factor if found else None, 0.0, LEAST**5)
    assert found.factor == arb(factor)
    for i in np.ndindex(RIGHT.shape):
        other = factor * RIGHT
        other[i] += 2.0**-40
        assert multiple(exact(other), exact(RIGHT)) is None


def test_no_multiple_is_told_of_zeros_other_shapes_nothing_and_what_is_not_known() -> None:
    zeros = exact(0 * RIGHT)
    assert multiple(exact(RIGHT), zeros) is multiple(zeros, exact(RIGHT)) is multiple(zeros, zeros) is None
    assert multiple(exact(RIGHT), exact(RIGHT.T)) is multiple(exact(RIGHT[:0]), exact(RIGHT[:0])) is None
    wide = enclosed(RIGHT, np.where(np.abs(RIGHT) == 7, 8, 0))
    assert multiple(exact(RIGHT), wide) is multiple(wide, exact(RIGHT)) is None
    unknown = enclosed(RIGHT, np.where(RIGHT == 3, np.inf, 0))
    assert multiple(unknown, exact(RIGHT)) is multiple(exact(RIGHT), unknown) is None


def test_the_factor_of_a_third_is_enclosed_by_128_bits_and_of_a_single_number_there_is_one() -> None:
    found = multiple(exact(1.0), exact(3.0))
    assert found is not None
    assert found.factor.rad() < arb(2) ** -120
    assert (found.factor * 3).contains(1)
    assert found.chance == 1.0
    assert 0 < found.residual < 2.0**-100


def test_the_same_number_is_evidence_once_and_a_zero_none() -> None:
    spread = np.array([[1.0, 1.0, -1.0], [2.0, 2.0, 0.0]])
    assert chance(exact(spread), exact(spread), None) == LEAST**2
    assert chance(exact(spread), exact(spread), 0) == chance(exact(spread), exact(spread), 4) == LEAST
    # Of a constant gap the right tensor says which elements are different ones.
    gap = exact(np.ones((2, 3)))
    assert chance(gap, gap, None) == LEAST
    assert chance(gap, gap, None, exact(spread)) == LEAST**3
    fit = multiple(gap, gap, exact(RIGHT))
    assert fit is not None
    assert fit.chance == LEAST**5


def test_chance_is_the_share_that_both_enclosures_take_of_an_element_and_at_most_1() -> None:
    mine, other = enclosed([4.0, 1.0], [0.25, 0.0]), enclosed([4.0, 2.0], [0.25, 8.0])
    assert 0.25 <= chance(mine, exact([4.0, 1.0]), None) / LEAST * 2 <= 0.2500001
    assert 0.25 <= chance(mine, other, None) <= 0.2500001
    assert 0.25 <= chance(mine, other, 1) <= 0.2500001
    assert chance(mine, other, 0) == 1.0
    # The larger of the two is what the width is a share of.
    assert 0.125 <= chance(enclosed([2.0], [0.25]), exact([4.0]), None) <= 0.1250001
    assert 0.125 <= chance(exact([-4.0]), enclosed([2.0], [0.25]), None) <= 0.1250001


def test_the_residual_is_the_largest_gap_relative_to_the_largest_of_mine() -> None:
    assert residual(exact([1.0, -8.0]), exact([2.0, -7.5])) == 0.125
    assert 0.5 <= residual(exact([1.0, -8.0]), enclosed([1.0, -8.0], [0.0, 4.0])) <= 0.500001
    assert residual(exact([0.5]), exact([0.25])) == 0.5
    assert residual(exact([0.0, 0.0]), exact([0.0, 0.25])) == 0.25
    assert residual(exact([1.0]), exact([1 + 2.0**-52])) == 2.0**-52


def test_what_many_trials_would_give_by_chance_is_rare_no_more() -> None:
    assert [rare(2.0**-31), rare(2.0**-30), rare(2.0**-40, 2**9), rare(2.0**-40, 2**10)] == [True, False, True, False]
    assert equal(exact(RIGHT[0, :1]), exact(RIGHT[0, :1]), 2**69) == Fit(None, 0.0, LEAST)
    assert equal(exact(RIGHT[0, :1]), exact(RIGHT[0, :1]), 2**70) is None
    assert equal(exact([0.0, 0.0]), exact([0.0, 0.0])) is None
    hardly = enclosed([4.0], 4 * 0.7 * 2.0**-31)
    assert equal(hardly, exact([4.0])) is not None
    assert equal(hardly, exact([4.0]), 2) is None


def test_a_factor_is_narrow_below_its_share_and_one_that_may_be_0_never() -> None:
    assert (CHANCE, NEAR) == (2.0**-30, 1e-7)
    assert narrow(arb(3.0, 2.0**-30))
    assert narrow(arb(-3.0, 2.0**-30))
    assert not narrow(arb(1.0, 2.0**-30))
    assert not narrow(arb(0.0))
    assert narrow(arb(1.0, 2.0**-3), 2.0**-2)
    assert not narrow(arb(1.0, 2.0**-2), 2.0**-2)
