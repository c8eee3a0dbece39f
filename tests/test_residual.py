"""A reading as a whole: the residual, every part of its budget, where the function was called, and why it is silent."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest

from tests.readings import ONE, WHOLE, called, given, silent
from verify.arithmetic.complexes import Complexes
from verify.arithmetic.rounding import UNIT
from verify.errors import UserError
from verify.oracles.residual import Reading, Subject, by_complex_step, differences, read, subject
from verify.sketches.parameters import parameters

Function = Callable[[Any], Any]
SUM = "a sketch needs one number: sum it, with weights"


# --- the subject ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dtype", "unit", "least"), [(np.float64, 2.0**-53, 2.0**-1074), (np.float32, 2.0**-24, 2.0**-149)]
)
def test_a_subject_knows_its_value_its_precision_and_the_least_that_it_loses(
    dtype: Any, unit: float, least: float
) -> None:
    found, notes = subject(lambda x: dtype(np.sum(x)), parameters(np.array([1.0, 2.0, 4.0]), None))
    assert (found.value, found.unit, found.unit_gradient) == (7.0, unit, 2.0**-53)
    assert found.noise == least + 3 * 2.0**-1074
    assert (found.heard, found.lively, found.evaluations, notes) == (0.0, False, 2, ())
    assert found.gradient.shape == (0,)


def test_what_was_seen_of_a_function_at_once_is_noted() -> None:
    numbers = iter([1.0, 2.0])
    found, notes = subject(lambda x: np.float64(next(numbers)), parameters(np.ones(2, dtype=np.float32), None))
    assert found.value == 1.0
    assert notes == (
        "the function gives different values for the same x; taken as noise",
        "float32 inputs were taken at their exact values and run in float64",
    )


@pytest.mark.parametrize(
    ("function", "sentence"),
    [(lambda x: np.sum(x) / 0, "the function is inf at x; a sketch needs a point where it is finite"),
     (lambda x: x[:, None], f"the function returned an array of shape (2, 1); {SUM}"),
     (lambda x: [], f"the function returned an array of shape (0,); {SUM}"),
     (lambda x: 3, "the function returned int64; a sketch needs a floating-point number"),
     (lambda x: True, "the function returned bool; a sketch needs a floating-point number")],
)  # fmt: skip
def test_what_is_no_finite_number_is_refused_in_a_sentence(function: Function, sentence: str) -> None:
    with pytest.raises(UserError) as told:
        subject(function, parameters(np.ones(2), None))
    assert str(told.value) == sentence


def test_one_number_in_any_shape_is_a_number_complex_or_real() -> None:
    found = given(np.sum, [1.0, 2.0], [1.0, 1.0])
    found.function = lambda x: x[:1, None]
    assert (found.run(np.array([5.0, 6.0])).shape, float(found.run(np.array([5.0, 6.0])))) == ((), 5.0)
    carried = found.run(Complexes(np.array([5.0, 6.0]), np.array([7.0, 8.0])))
    assert isinstance(carried, Complexes)
    assert [part.tolist() for part in carried.parts] == [5.0, 7.0]
    found.function = lambda x: x
    with pytest.raises(UserError, match=r"^the function returned an array of shape \(2,\)"):
        found.run(Complexes(np.zeros(2), np.zeros(2)))


def test_along_a_direction_both_parts_are_told_and_what_their_products_weigh() -> None:
    found = given(lambda x: np.sum(x * x), [1.0, 2.0, 3.0], [1.0, -3.0, 100.0])
    at, gross = found.along(np.array([4.0, 8.0, 16.0]), (0, 2))
    assert [at(t).tolist() for t in (0.25, -0.5, 0.0)] == [[29.0, -5.0], [14.0, 10.0], [14.0, 0.0]]
    assert gross == [28.0, 28.0, 0.0]
    assert found.evaluations == 5


# --- noise ------------------------------------------------------------------------------------------------------------
# A dozen values whose fourth differences are 22, 8, 2, 2, 2, 0, 0 and 0: the mean of their squares is C(8, 4), so that
# they are noise of 1, three of which are heard.
NOISY = np.array([0.0, 0, 0, 0, 22, 96, 254, 530, 960, 1580, 2426, 3534])
VALUE = 3 * 2.0**40  # 64·4 roundoffs of which are 3·2⁻⁵


def listened(first: float, second: float = 0.0, seed: int = 0) -> tuple[Subject, list[float]]:
    """A constant function that shows so much noise on the first dozen points, and so much on the second."""
    script = iter([VALUE, VALUE, *(VALUE + first * NOISY), *(VALUE + second * NOISY)])
    function, seen = called(lambda _: np.float64(next(script)))
    found = given(function, [0.0], [2.0**20])
    found.listen(ONE, seed)
    return found, seen[2:]


@pytest.mark.parametrize(
    ("first", "second", "calls", "lively"),
    # As loud as nothing is asked of; louder, and as loud nearby, or 4 times less loud, or less than that.
    [(2.0**-5, 0.0, 12, False), (2.0**-4, 2.0**-4, 24, False), (2.0**-4, 2.0**-6, 24, False),
     (9 * 2.0**-4, 2.0**-3, 24, True), (2.0**-4, 0.0, 24, True)],
)  # fmt: skip
def test_noise_is_three_deviations_and_lively_where_it_is_not_as_loud_nearby(
    first: float, second: float, calls: int, lively: bool
) -> None:
    found, seen = listened(first, second)
    assert (found.heard, found.lively, len(seen)) == (3 * first, lively, calls)


def test_noise_is_heard_at_a_dozen_points_beside_x_and_again_two_to_the_20_times_closer() -> None:
    seen = listened(1.0)[1]
    near = np.array(seen[:12])
    assert 2.0**-25 < near[0] < 2.0**-24
    # Each is 1 − τ, and τ is rounded by half of 2⁻⁵³.
    assert (np.abs(near - near[0] * np.arange(1, 13)) <= 2.0**-54 * np.arange(2, 14)).all()
    assert seen[12:] == (near * 2.0**-20).tolist()
    assert seen == listened(1.0)[1]
    assert seen != listened(1.0, seed=1)[1]


# --- the complex step -------------------------------------------------------------------------------------------------
def test_the_complex_step_reads_the_slope_at_x_along_the_block_alone() -> None:
    """f is linear here, so that no precision rounds: what is left is 16 halves of the last place of a slope of 2·4."""
    found = given(lambda x: 2 * np.sum(x) + 1, [1.0, 2.0], [2.0, 3.0])
    reading = by_complex_step(found, np.array([4.0, 8.0]), (0, 1), inf)
    assert reading == Reading(0.0, 16 * 2.0**-50 + 20 * UNIT * 8, "complex step")
    assert found.evaluations == 2 + 32
    assert by_complex_step(found, np.array([4.0, 8.0]), (1, 2), inf).residual == -8


def test_the_complex_step_reads_a_curved_function_at_x_and_nowhere_else() -> None:
    found = given(lambda x: np.sum(x**3), [1.0, 2.0], [3.0, 12.0])
    reading = by_complex_step(found, np.array([0.5, 0.25]), (0, 2), inf)
    assert abs(reading.residual) <= reading.budget < 2.0**-40


def test_why_there_is_no_complex_step_is_told() -> None:
    def broken(x: Any) -> Any:
        if isinstance(x, Complexes):
            raise ValueError("no: such numbers")
        return np.sum(x)

    stopped = by_complex_step(given(broken, [1.0], [1.0]), ONE, WHOLE, inf)
    assert silent(stopped, "complex step", "ValueError: no: such numbers")
    hidden = by_complex_step(given(lambda x: np.sum(x - x), [1.0], [1.0]), ONE, WHOLE, inf)
    assert silent(hidden, "complex step", "float32 shows nothing about the rounding")


# --- one after the other ----------------------------------------------------------------------------------------------
BOTH = ("differences", "complex step")


def curved(gradient: float = 3.0) -> Subject:
    return given(lambda x: np.sum(x**3), [1.0], [gradient])


def test_oracles_are_asked_until_a_budget_is_enough_or_one_says_no() -> None:
    budgets = [differences(curved(), ONE, WHOLE, 0.0).budget, by_complex_step(curved(), ONE, WHOLE, 0.0).budget]
    assert budgets[0] > budgets[1] > 0
    best, asked = read(curved(), ONE, WHOLE, 0.0, BOTH)
    assert [r.oracle for r in asked] == ["differences", "complex step"]
    assert best == asked[1] == by_complex_step(curved(), ONE, WHOLE, 0.0)
    best, asked = read(curved(), ONE, WHOLE, budgets[1], BOTH[::-1])  # just enough
    assert (best, asked) == (asked[0], (by_complex_step(curved(), ONE, WHOLE, 0.0),))
    best, asked = read(curved(2.0), ONE, WHOLE, 0.0, BOTH)  # wrong by 1
    assert (best, len(asked), best.outside) == (asked[0], 1, True)


def test_the_sharpest_reading_counts_whichever_came_first() -> None:
    best, asked = read(curved(), ONE, WHOLE, 0.0, BOTH[::-1])
    assert (best, len(asked)) == (asked[0], 2)
    assert best.oracle == "complex step"
    best, asked = read(given(lambda x: abs(np.sum(x)) + np.sum(x) * 0, [0.0], [0.0]), ONE, WHOLE, 0.0, BOTH)
    assert (best, len(asked), best.budget) == (asked[0], 2, inf)


def test_the_same_oracle_may_be_asked_again_and_of_its_readings_the_sharper_counts() -> None:
    """A kink that is there while it is read for the first time, or for the second."""
    kinked = given(lambda x: np.sum(abs(x)), [0.0], [0.0])
    silent = differences(kinked, ONE, WHOLE, 0.0)
    plain = given(np.sum, [0.0], [1.0])
    smooth = differences(plain, ONE, WHOLE, 0.0)
    assert smooth.budget > 0
    for first, it in ((abs, kinked), (None, plain)):
        calls, length = iter(range(1000)), it.evaluations
        functions = (lambda x: np.sum(abs(x)), np.sum)[:: 1 if first else -1]
        it = given(lambda x, f=functions, n=length, calls=calls: f[next(calls) >= n](x), [0.0], [1.0])  # type: ignore[misc]
        best, asked = read(it, ONE, WHOLE, 0.0, ("differences",) * 2)
        assert [one.reason for one in asked] == ([silent.reason, ""] if first else ["", silent.reason])
        assert best == smooth
    exact = given(np.sum, [0.0], [1.0])
    assert len(read(exact, ONE, WHOLE, smooth.budget, ("differences",) * 2)[1]) == 1
    assert len(read(exact, ONE, WHOLE, 0.0, ("differences",) * 2)[1]) == 2


@pytest.mark.parametrize(
    ("residual", "budget", "outside"), [(1.0, 1.0, False), (-1.0, 1.0, False), (-2.0, 1.0, True), (2.0, 1.0, True)]
)
def test_a_residual_is_outside_beyond_its_budget_on_either_side(residual: float, budget: float, outside: bool) -> None:
    reading = Reading(residual, budget, "differences")
    assert (reading.outside, reading.reason) == (outside, "")
    assert not Reading(float("nan"), inf, "differences").outside
