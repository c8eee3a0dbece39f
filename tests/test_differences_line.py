"""What differences are made of: the slope along one line, and the noise of a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import comb, inf
from typing import Any

import numpy as np
import pytest

from verify.oracles.noise import noise
from verify.oracles.slope import EDGE, Line, Slope, at_step, slope, wobble

Array = np.ndarray[Any, Any]


# --- the slope along one line -----------------------------------------------------------------------------------------
def line(
    function: Callable[[float], float], x: float, low: float = -inf, high: float = inf, noise: float = 0.0
) -> Line:
    def at(value: float) -> Array:
        return np.array([function(value)])

    return Line(at, x, low, high, at(x), np.ones(1), noise, 2.0**-53)


def test_on_powers_of_two_a_parabola_has_its_exact_slope_and_no_truncation() -> None:
    found = at_step(line(lambda x: x * x, 2.0), 2.0**-10)
    assert isinstance(found, Slope)
    assert Fraction(found.truncation) <= Fraction(found.rounding)
    assert abs(Fraction(found.value) - 4) <= Fraction(found.error)


@pytest.mark.parametrize("step", [0.5, 0.1, 1e-2, 1e-3])
def test_the_truncation_estimate_covers_the_truncation_of_a_cubic(step: float) -> None:
    """Of x³ at 1 the difference is 3 + h², exactly; rounding is far below."""
    found = at_step(line(lambda x: x**3, 1.0), step)
    assert isinstance(found, Slope)
    wrong = abs(Fraction(found.value) - 3)
    assert wrong > Fraction(step) ** 2 / 5  # h is 0.47 of the step
    assert wrong <= Fraction(found.truncation) + Fraction(found.rounding)


def test_noise_of_one_evaluation_enters_as_noise_over_the_step() -> None:
    quiet, loud = (at_step(line(lambda x: 2 * x, 1.0, noise=n), 2.0**-10) for n in (0.0, 1e-3))
    assert isinstance(quiet, Slope)
    assert isinstance(loud, Slope)
    assert loud.error - quiet.error >= 1e-3 / 2.0**-10


def test_a_line_with_a_kink_bends_by_the_jump_of_its_slope() -> None:
    found = at_step(line(lambda x: max(x, 0.0), 0.0), 2.0**-20)
    assert isinstance(found, Slope)
    assert (found.kink, found.bend) == (True, 1.0)
    smooth = at_step(line(lambda x: x * x, 0.0), 2.0**-20)
    assert isinstance(smooth, Slope)
    assert not smooth.kink


def test_a_step_out_of_the_interval_or_into_nan_gives_no_reading() -> None:
    assert at_step(line(lambda x: x, 0.5, 0.0, 1.0), 0.5) is None
    assert at_step(line(lambda x: x, 0.5, 0.0, 1.0), 0.25) is not None
    assert at_step(line(lambda x: x if x < 0.6 else np.nan, 0.5), 0.25) is None


@pytest.mark.parametrize(
    ("x", "low", "high"), [(0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (np.nan, -inf, inf), (inf, -inf, inf)]
)
def test_a_number_that_is_not_inside_its_interval_has_no_slope(x: float, low: float, high: float) -> None:
    assert slope(line(lambda x: x, x, low, high)) == EDGE


def test_a_step_that_no_three_floats_can_share_gives_no_reading() -> None:
    for step in (0.0, 5e-324, 2.0**-53, 2.0**-52):
        assert at_step(line(lambda x: x, 1.0), step) is None


def test_a_reading_across_a_pole_or_many_periods_is_not_settled() -> None:
    for function, x, step in (
        (lambda x: 1 / x, 1e-9, 1e-3),
        (lambda x: 1 / x**2, 1e-9, 1e-3),
        (lambda x: float(np.sin(1e9 * x)), 1.0, 1e-3),
        (lambda x: float(np.floor(x) + x), 1.0, 1e-3),
    ):
        found = at_step(line(function, x), step)
        assert isinstance(found, Slope)
        assert not found.settled
    near = at_step(line(lambda x: 1 / x, 1e-9), 1e-15)
    assert isinstance(near, Slope)
    assert near.settled


def test_measured_noise_of_the_changes_own_size_settles_nothing_and_less_of_it_does() -> None:
    for heard, settled in ((1e-2, False), (1e-6, True), (0.0, True)):
        found = at_step(replace(line(lambda x: x, 1.0, noise=heard), heard=heard), 2.0**-10)
        assert isinstance(found, Slope)
        assert found.settled == settled


def test_a_line_that_does_not_move_may_hide_what_underflows() -> None:
    found = at_step(replace(line(lambda x: 0.0, 1.0), least=2.0**-1022), 2.0**-10)
    assert isinstance(found, Slope)
    assert found.flat
    assert found.error >= 2.0**-1012


def test_a_change_too_small_to_be_seen_at_the_first_step_is_looked_for_further_out() -> None:
    """1e-12·x beside 1: at the first step of 6e-6 nothing changes at all."""
    found = slope(line(lambda x: 1 + 1e-12 * x, 1.0))
    assert isinstance(found, Slope)
    assert abs(found.value - 1e-12) <= found.error


def test_rounding_of_the_number_itself_enters_where_the_value_is_small() -> None:
    """x − 1000 at 1000 is 0, but x, and so the value, may have been off by a unit of 1000 on the way."""
    found = at_step(line(lambda x: x - 1000.0, 1000.0), 2.0**-10)
    assert isinstance(found, Slope)
    assert found.rounding >= 2.0**-53 * 1000 / 2.0**-10


def test_readings_that_contradict_each_other_widen_the_error_by_their_dispute() -> None:
    """A ripple of 1e-9 finer than the first steps: near to it the slope is 1.9, from afar it is 1."""
    found = slope(line(lambda x: x + 1e-9 * float(np.sin(1e9 * x)), 0.3))
    assert isinstance(found, Slope)
    assert found.value > 1.8
    assert found.dispute > 0.8
    assert found.error == found.truncation + found.rounding + found.bend + found.dispute


@pytest.mark.parametrize("decimals", [4, 6, 8, 10])
def test_the_wobble_of_rounded_values_is_about_three_standard_deviations_of_that_rounding(decimals: int) -> None:
    """Rounding to a step s has the deviation s/√12; from a dozen points the estimate is within a factor of four."""
    x = np.linspace(1e3, 2e3, 64)
    seen = wobble(lambda x: np.round(x, decimals), x, np.ones(64), np.round(x, decimals), 0)
    deviation = 10.0**-decimals / np.sqrt(12) * np.sqrt(64)
    assert 3 * deviation / 4 <= seen <= 3 * deviation * 4


def test_a_smooth_function_hardly_wobbles_and_all_points_lie_nearer_to_zero() -> None:
    x = np.array([0.5, -2.0, 3.0])

    def run(moved: Array) -> Array:
        assert (np.abs(moved) <= np.abs(x)).all()
        assert (np.abs(moved) >= np.abs(x) * (1 - 1e-6)).all()
        return np.tanh(moved)

    # Each of the three values is off by 2 ulp at most, so that no difference of order 4 exceeds 16·3·2⁻⁵².
    assert wobble(run, x, np.ones(3), np.tanh(x), 0) <= 3 * 48 * 2.0**-52


# --- noise ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [1, 2, 3, 4, 6])
def test_the_mean_over_all_sign_patterns_is_exactly_the_variance_of_the_noise(order: int) -> None:
    """Independent signs have variance 1; whole numbers below 2⁵³ are added without rounding."""
    squares = [
        Fraction(int(np.diff(np.array(signs), order)[0]) ** 2) for signs in product((-1.0, 1.0), repeat=order + 1)
    ]
    assert sum(squares) / len(squares) == comb(2 * order, order)
    patterns = np.array(list(product((-1.0, 1.0), repeat=order + 1))).T
    found = noise(patterns, order)
    assert [Fraction(round(float(s) ** 2 * comb(2 * order, order))) for s in found] == squares


@pytest.mark.parametrize("order", [1, 2, 3, 4, 6])
def test_a_polynomial_of_lower_degree_holds_no_noise(order: int) -> None:
    points = np.arange(10.0)
    for degree in range(order):
        assert float(noise(points**degree, order)) == 0.0
    assert float(noise(points**order, order)) > 0


def test_noise_is_told_element_by_element_and_of_what_is_not_finite_nothing_is_known() -> None:
    values = np.zeros((8, 4))
    values[::2, 1] = 2.0
    values[3, 2] = np.nan
    values[5, 3] = np.inf
    found = noise(values, 3)
    assert found.tolist() == [0.0, float(np.sqrt(64 / comb(6, 3))), 0.0, 0.0]
