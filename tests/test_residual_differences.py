"""A reading by differences: which steps it takes, what its budget is made of, and where it stops."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest

from tests.readings import ONE, USUAL, WHOLE, called, first, given, silent
from verify.arithmetic.rounding import UNIT
from verify.oracles.residual import (
    LIVELY,
    STEEP,
    Reading,
    Subject,
    by_complex_step,
    differences,
    gradient_rounding,
)
from verify.oracles.slope import KINK, UNSETTLED

Array = np.ndarray[Any, Any]
Function = Callable[[Any], Any]


def test_a_right_gradient_leaves_nothing_and_a_wrong_one_what_it_is_off_by() -> None:
    right = differences(given(lambda x: 2 * np.sum(x), [0.0, 0.0], [2.0, 2.0]), np.array([4.0, 8.0]), (1, 2), inf)
    assert (right.residual, right.oracle, right.reason) == (0.0, "differences", "")
    assert 0 < right.budget < 2.0**-30
    wrong = differences(given(lambda x: 2 * np.sum(x), [0.0, 0.0], [2.0, 3.0]), np.array([4.0, 8.0]), (1, 2), inf)
    assert abs(wrong.residual + 8) <= wrong.budget < 2.0**-30
    assert (right.outside, wrong.outside) == (False, True)


@pytest.mark.parametrize("oracle", [differences, by_complex_step])
def test_what_rounding_did_to_the_gradient_is_four_units_of_it_and_of_f(oracle: Callable[..., Reading]) -> None:
    """Beside a unit of 2⁶⁰ nothing else is left of the budget."""
    found = given(lambda x: 2 * np.sum(x) + 1, [0.0, 0.0], [-2.0, 3.0], unit_gradient=2.0**60)
    assert gradient_rounding(found, 8.0 + 24.0) == 4 * 2.0**60 * (8 + 24 + 1)
    assert oracle(found, np.array([4.0, -8.0]), (0, 2), inf).budget == 4 * 2.0**60 * (8 + 24 + 1)
    assert oracle(found, np.array([4.0, -8.0]), (1, 2), inf).budget == 4 * 2.0**60 * (24 + 1)


def test_the_products_with_the_gradient_are_off_by_twenty_units_of_what_they_weigh() -> None:
    """f itself is 0 and known without rounding: what is left beside the products is their own rounding, as slopes."""
    large = given(lambda x: 0.0 * np.sum(x), [0.0], [2.0**40])
    assert differences(large, ONE, WHOLE, inf).budget >= 20 * UNIT * 2.0**40
    assert differences(large, ONE, WHOLE, inf).budget <= 64 * UNIT * 2.0**40
    assert by_complex_step(given(lambda x: 2 * np.sum(x), [0.0], [2.0**60]), ONE, WHOLE, inf).budget == 20 * 2.0**7


def test_the_first_step_is_where_noise_takes_an_eighth_of_the_budget() -> None:
    """The noise known, the noise heard, and four roundoffs of f are 2⁻³⁹ together; of the budget asked for 2⁻²⁶ is left
    by the rounding of the gradient. At 0.47 of the step, where the slope is read, noise of 2⁻³⁹ is then 2⁻²⁹ of it.
    """
    function, seen = called(lambda x: 2.0**11 + 2 * np.sum(x))
    found = given(function, [0.0], [2.0], noise=2.0**-41, heard=2.0**-41, unit_gradient=2.0**-30)
    enough = 4 * 2.0**-30 * (2 + 2.0**11) + 2.0**-26
    assert differences(found, ONE, WHOLE, enough).budget <= enough
    assert seen[2] == 2.0**-10 / 0.47
    assert found.evaluations == 2 + 6


def test_where_rounding_leaves_nothing_of_the_budget_the_first_step_is_the_usual_one() -> None:
    for enough in (4 * 2.0**-30 * (2 + 2.0**11), 0.0):
        function, seen = called(lambda x: 2.0**11 + 2 * np.sum(x))
        differences(given(function, [0.0], [2.0], unit_gradient=2.0**-30), ONE, WHOLE, enough)
        assert seen[2] == (2 * UNIT) ** (1 / 3)


def test_one_step_is_enough_where_the_budget_is() -> None:
    found = given(lambda x: np.sum(np.exp(x)), [0.0], [1.0])
    assert differences(found, ONE, WHOLE, inf).budget < inf
    assert found.evaluations == 2 + 6


@pytest.mark.parametrize(("dtype", "least"), [(np.float64, 2.0**-1022), (np.float32, 2.0**-126)])
def test_what_does_not_change_at_all_may_hide_what_underflows_in_its_precision(dtype: Any, least: float) -> None:
    found = differences(given(lambda x: dtype(0), [1.0], [0.0]), ONE, WHOLE, inf)
    assert found.residual == 0
    assert least < found.budget < least * 2.0**40


def test_steps_that_disagree_by_little_of_the_slope_of_f_agree_whatever_is_left_of_it() -> None:
    ripple = given(lambda x: np.sum(x) + 1e-9 * np.cos(1e9 * np.sum(x)), [0.3], [1.0])
    found = differences(ripple, ONE, WHOLE, inf)
    assert found.reason == ""
    assert abs(found.residual) <= found.budget


@pytest.mark.parametrize(
    ("function", "x", "reason"),
    [(lambda x: abs(np.sum(x)), 0.0, "a kink within the step"),
     (lambda x: np.where(np.sum(x) == 0.5, 1.0, np.inf), 0.5, "no step around it stays finite and inside its domain")],
)  # fmt: skip
def test_why_there_is_no_difference_is_told(function: Function, x: float, reason: str) -> None:
    assert silent(differences(given(function, [x], [0.0]), ONE, WHOLE, 0.0), "differences", reason)


def test_no_part_of_a_step_is_so_narrow_that_rounding_takes_a_thousandth_of_it() -> None:
    seen: list[float] = []

    def lonely(x: Array) -> Any:
        seen.append(abs(float(x[0]) - 1))
        return np.float64(1.0 if x[0] == 1 else inf)

    differences(given(lonely, [1.0], [1.0]), ONE, WHOLE, 0.0)
    assert min(seen[2:]) == 2.0**-43


@pytest.mark.parametrize("steepness", [1e3, 1e30, 1e280])
def test_a_right_gradient_of_a_function_that_levels_off_within_any_step_is_not_refuted(steepness: float) -> None:
    def levels_off(x: Any) -> Any:
        return np.sum(np.tanh(steepness * x))

    def read(gradient: float) -> Reading:
        return differences(given(levels_off, [0.0], [gradient]), ONE, WHOLE, 0.0)

    sentence = (
        "the gradient is steeper than steps from 0 can follow: f may be so steep there, and level off within them"
    )
    assert sentence == STEEP
    right = read(steepness)
    assert not right.outside
    assert steepness < 1e6 or silent(right, "differences", STEEP)
    assert all(read(factor * steepness).outside for factor in (-1, 0.9, 1.1, 2, 1e20))


@pytest.mark.parametrize("offset", [1.0, 1000.0])
def test_a_gradient_that_is_off_by_a_tenth_is_refuted_though_where_it_is_just_heard_it_might_be_right(
    offset: float,
) -> None:
    def levels_off(x: Any) -> Any:
        return offset + np.sum(np.tanh(2.0**100 * x))

    def read(factor: float) -> Reading:
        return differences(given(levels_off, [0.0], [factor * 2.0**100]), ONE, WHOLE, 0.0)

    assert silent(read(1.0), "differences", STEEP)
    assert all(read(factor).outside for factor in (0.9, 1.1, 1.15, 0.8, 2.0, -1.0))


def test_a_gradient_between_the_slopes_of_a_nearer_and_a_farther_step_is_not_refuted_by_the_farther() -> None:
    """A fifth less far away, a fifth more where it would just be heard: f levels off between the two."""

    def twice(x: Any) -> Any:
        return 1 + np.sum(0.8 * np.tanh(2.0**100 * x) + 2.0**-44 * np.tanh(0.4 * 2.0**144 * x))

    assert silent(differences(given(twice, [0.0], [2.0**100]), ONE, WHOLE, 0.0), "differences", STEEP)
    assert differences(given(twice, [0.0], [2.0**101]), ONE, WHOLE, 0.0).outside


def test_what_has_a_size_is_not_followed_into_its_rounding() -> None:
    """Steps in which a slope of 1e60 would change f by little leave 0.5 where it is, and move what is 0 alone."""
    x, both = [0.5, 0.0], (0, 2)
    assert not differences(given(np.sum, x, [1.0, 1.0]), np.ones(2), both, 0.0).outside
    assert differences(given(np.sum, x, [1e60, 1.0]), np.ones(2), both, 0.0).outside


@pytest.mark.parametrize("gradient", [1e-9, 1.0, 1e20, 1e300])
def test_a_gradient_of_any_size_of_what_does_not_change_is_refuted(gradient: float) -> None:
    assert differences(given(lambda x: 0 * np.sum(x), [0.0], [gradient]), ONE, WHOLE, 0.0).outside
    assert differences(given(lambda x: 7 + 0 * np.sum(x), [0.0], [gradient]), ONE, WHOLE, 0.0).outside
    assert differences(given(np.sum, [0.0], [10 + gradient]), ONE, WHOLE, 0.0).outside


WHOLLY = 2 + 6  # calls of a reading at that step


def stairs(
    right: float, left: float = -1.0, at: float = 0.0, below: float = 1.0, x: float = 0.0
) -> tuple[Subject, list[float]]:
    """A function that differs from its value at 0 by `right` and `left` beyond `at`, and is inf from `below` on."""
    seen: list[float] = []

    def function(x: Array) -> Any:
        far = float(x[-1])
        seen.append(far)
        if abs(far) >= below:
            return np.float64(inf)
        return np.float64(x0 + (0 if abs(far) <= at else right if far > 0 else left))

    x0 = x
    return given(function, [0.0], [2.0**100]), seen


def test_what_is_much_too_steep_is_read_again_where_f_would_change_by_a_thousandth_of_its_whole_change() -> None:
    found, seen = stairs(3.0, -1.0)
    assert silent(differences(found, ONE, WHOLE, 0.0), "differences", UNSETTLED)
    widest = seen.index(-1 / 16)
    assert seen[widest : widest + 3] == [-1 / 16, 1 / 16, first((3 + 1) * 2.0**-10 / 2.0**100)]
    # What f is at 0 is no part of it.
    found, seen = stairs(2.0**-30, -(2.0**-30), x=7.0)
    differences(found, ONE, WHOLE, 0.0)
    widest = seen.index(-1 / 16)
    assert seen[widest + 2] == first(2.0**-29 * 2.0**-10 / 2.0**100)


def test_no_step_to_read_it_again_is_wider_than_the_usual_one() -> None:
    for part in (0.75, 1.0, 2.0):
        found, seen = stairs(part * USUAL * 2.0**109, -part * USUAL * 2.0**109, at=1 / 32)
        assert differences(found, ONE, WHOLE, 0.0).outside
        assert seen[seen.index(-1 / 16) + 2] == first(min(part, 1.0) * USUAL)


def test_where_f_is_not_finite_as_far_as_that_it_is_asked_nearer() -> None:
    found, seen = stairs(3.0, -1.0, below=2.0**-9)
    differences(found, ONE, WHOLE, 0.0)
    widest = seen.index(-1 / 16)
    asked = [s * 2.0**k for k in (-4, -10) for s in (-1, 1)]
    assert seen[widest : widest + 5] == [*asked, first(4 * 2.0**-10 / 2.0**100)]
    # Eight times at most: then nothing is known of its change.
    found, seen = stairs(3.0, -1.0, below=2.0**-47, x=1.0)
    differences(found, ONE, WHOLE, 0.0)
    widest = seen.index(-1 / 16)
    asked = [s * 2.0 ** -(4 + 6 * k) for k in range(8) for s in (-1, 1)]
    assert seen[widest : widest + 17] == [*asked, first(8 * (4 * UNIT + 2.0**-1074 + 2.0**-1074) / 2.0**100)]


def test_where_f_does_not_change_far_away_it_is_read_where_the_gradient_would_just_be_heard() -> None:
    """Noise is 2⁻⁵⁰ and 2⁻⁵¹, known and heard; with four roundoffs of 1 it is 2⁻⁴⁹, and a change of it is none."""
    for change, step in ((0.0, 8 * 2.0**-49), (2.0**-37, 8 * 2.0**-49), (2.0**-36, 2.0**-45), (2.0**-30, 2.0**-39)):
        found, seen = stairs(change, -change, at=2.0**-60, x=1.0)
        found.noise, found.heard = 2.0**-50, 2.0**-51
        assert differences(found, ONE, WHOLE, 0.0).outside
        widest = seen.index(-1 / 16)
        assert seen[widest + 2] == first(step / 2.0**100)
        # And there too where that is nearer, six times, and no more.
        assert seen[widest + 8 :: 6] == [first(8 * 2.0**-49 / 2.0**100)]


def test_where_in_nearer_steps_nothing_would_be_heard_the_usual_ones_decide() -> None:
    """Of 1 the noise is 2⁻⁵⁰ and 2⁻⁵¹, and four roundoffs: 8 times that is 2⁻⁴⁶, by which a gradient would change f."""

    def calls(gradient: float) -> int:
        found = given(lambda x: 1 + 0 * np.sum(x), [0.0], [gradient], noise=2.0**-50, heard=2.0**-51)
        assert differences(found, ONE, WHOLE, 0.0).outside
        return found.evaluations

    just = 2.0**-46 / USUAL
    assert 2.0**-46 / just / USUAL == 1
    assert calls(just) == calls(just * (1 - 2.0**-40)) == calls(just * (1 + 2.0**-40)) - 2 * 6


def test_no_step_is_so_near_to_0_that_floats_lose_their_digits() -> None:
    found, seen = stairs(0.0, 0.0)
    assert differences(found, ONE, WHOLE, 0.0).outside
    assert seen[seen.index(-1 / 16) + 2] == first(2.0**-1000)


def test_a_bump_that_is_over_within_any_step_refutes_no_gradient_that_is_right() -> None:
    for height, width in ((1e-9, 1e-9), (1.0, 1e-9), (1.0, 1e-30), (1e-12, 1e-100)):
        for offset in (0.0, 1e-3 * height, 1e3 * height):

            def bump(x: Any, height: float = height, width: float = width, offset: float = offset) -> Any:
                return offset + height * np.sum(x / width * np.exp(-((x / width) ** 2)))

            right = differences(given(bump, [0.0], [height / width]), ONE, WHOLE, 0.0)
            assert not right.outside
            wrong = [differences(given(bump, [0.0], [f * height / width]), ONE, WHOLE, 0.0) for f in (-1, 4, 1e20)]
            assert all(one.outside for one in wrong)


@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_a_right_gradient_is_not_refuted_beside_the_edge_of_where_f_is_finite(offset: float) -> None:
    def edged(x: Any) -> Any:
        return offset + np.sum(np.tanh(1e30 * x) + np.sqrt(1e-3 - x) + np.sqrt(1e-4 + x))

    assert silent(differences(given(edged, [0.0], [1e30]), ONE, WHOLE, 0.0), "differences", STEEP)
    assert differences(given(edged, [0.0], [2e30]), ONE, WHOLE, 0.0).outside


@pytest.mark.parametrize("width", [1e-9, 1e-12, 1e-30])
def test_what_is_over_within_the_steps_that_a_larger_change_asks_for_refutes_no_right_gradient(width: float) -> None:
    """Of what f changes far away it is a millionth of a millionth: by a thousandth of that it would have been over."""

    def beside(x: Any) -> Any:
        return np.sum(1e4 * x + 1e-7 * x / width * np.exp(-((x / width) ** 2)) * 1e5)

    steep = 1e4 + 1e-2 / width
    assert not differences(given(beside, [0.0], [steep]), ONE, WHOLE, 0.0).outside
    for factor in (-1, 2, 1e20):
        assert differences(given(beside, [0.0], [factor * steep]), ONE, WHOLE, 0.0).outside


def test_what_the_other_elements_do_to_f_is_no_measure_of_how_far_an_element_of_0_is_followed() -> None:
    def mixed(x: Any) -> Any:
        return np.tanh(1e30 * x[0]) + 1e9 * x[1] ** 2

    x, w = [0.0, 1.0], np.ones(2)
    assert silent(differences(given(mixed, x, [1e30, 2e9]), w, (0, 2), 0.0), "differences", STEEP)
    assert differences(given(mixed, x, [2e30, 2e9]), w, (0, 2), 0.0).outside


def test_only_a_gradient_that_is_more_than_eight_times_too_steep_and_by_elements_of_0_is_read_again() -> None:
    exact = 0
    for slope in range(1, 33):
        for gradient, again in ((8, False), (8.25, True), (-8.25, True), (7.75, False)):
            found = given(lambda x, slope=slope: slope * np.sum(x), [0.0], [gradient * slope])
            residual = differences(found, ONE, WHOLE, inf).residual
            if gradient != 8 or residual == -7 * slope:  # and not off by a rounding
                exact += gradient == 8
                assert (found.evaluations > WHOLLY) == again
    assert exact > 8
    # Half of what is steep has a size, or more than half.
    for share, again in ((1.0, True), (0.875, False)):
        function, seen = called(lambda x: np.float64(np.sign(x[1])))
        found = given(function, [0.5, 0.0], [2.0**60, share * 2.0**60])
        assert differences(found, np.ones(2), (0, 2), 0.0).outside != again
        assert (0.5 + 1 / 16 in seen) == again  # where the element with a size stays


def test_beside_what_levels_off_a_kink_refutes_no_side() -> None:
    """The slope of leaky ReLU's other side, or of its mean, is one of several: of its kink at 0 nothing is said."""

    def leaky(x: Any) -> Any:
        return np.sum(np.tanh(1e30 * np.where(x > 0, x, 0.9 * x)))

    assert silent(differences(given(leaky, [0.0], [1e30]), ONE, WHOLE, 0.0), "differences", KINK)


def test_what_is_lively_is_not_read_by_differences() -> None:
    found = given(np.sum, [0.0], [1.0], lively=True)
    sentence = (
        "it changes faster than differences can follow, or jumps where it rounds: if it computes in float32 inside, "
        "let it return float32"
    )
    assert sentence == LIVELY
    assert silent(differences(found, ONE, WHOLE, inf), "differences", sentence)
    assert found.evaluations == 2
