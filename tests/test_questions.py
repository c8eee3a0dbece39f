"""The rulers, each on numbers small enough to check by hand: whole results, to the last bit."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import example, given
from hypothesis import strategies as st

from verify.arithmetic.balls import Balls, precision
from verify.questions import (
    BLIND,
    FULL_DIGITS,
    apart,
    digits,
    distance,
    judged,
    largest,
    measure,
    ratio,
    undecided,
    unexcused,
)
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

with precision():
    THIRD = arb(1) / 3
TINY, TOP = 2.0**-1074, float(np.finfo("float64").max)


def same(found: Any, wanted: Any) -> None:
    """A nan is a nan, and an int is no float."""
    assert repr(found) == repr(wanted)


def balls(*numbers: Any) -> Balls:
    return Balls(np.array(numbers, dtype=object))


# --- distances, and what has no budget --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mine", "exact", "wanted"),
    [
        (1.0, arb(1), 0), (0.0, arb(0), 0), (1.5, arb(1), Fraction(1, 2)), (-1.5, arb(1), Fraction(5, 2)),
        # To the far end of an enclosure.
        (1.5, arb(1, 0.25), Fraction(3, 4)), (1.5, arb(-1, 0.25), Fraction(11, 4)), (1.0, arb(1, 0.25), Fraction(1, 4)),
        # What is left of a third: no float holds so much of the difference of two.
        (1 / 3, THIRD, Fraction(1, 3) - Fraction(1 / 3)), (TINY, arb(0), Fraction(TINY)),
    ],
)  # fmt: skip
def test_a_distance_is_rounded_up_by_no_more_than_a_radius_is(mine: float, exact: arb, wanted: Fraction) -> None:
    (found,) = distance(np.array([mine]), balls(exact)).tolist()
    assert wanted <= Fraction(found) <= wanted * (1 + Fraction(1, 2**28))


def test_what_is_no_number_is_as_far_as_can_be_from_any_and_not_from_what_is_none_either() -> None:
    exact = balls(arb(1), arb(1), arb(nan), arb(0, inf), arb(nan), arb(0, inf), arb(nan), arb(2))
    mine = np.array([nan, -inf, 0.0, 1.0, nan, inf, -inf, 2.0])
    assert distance(mine, exact).tolist() == [inf, inf, inf, inf, 0.0, 0.0, 0.0, 0.0]


def test_floats_are_apart_by_their_difference_and_infinitely_where_one_is_no_number_unless_it_is_the_same() -> None:
    mine, want = np.array([[1.5, inf, inf, -inf, nan, nan, 1.0, inf], [4.0, inf, -inf, -inf, nan, 1.0, nan, 1.0]])
    assert apart(mine, want).tolist() == [2.5, 0.0, inf, 0.0, inf, inf, inf, inf]
    assert apart(np.float32(2) * np.ones(2, "float32"), np.array([2.0, 2.0 - 2.0**-50])).tolist() == [0.0, 2.0**-50]


def test_a_number_lost_by_hand_has_no_budget_and_one_that_both_lack_or_pytorch_alone_keeps_its_own() -> None:
    mine, want = np.array([1.0, nan, inf, nan, 1.0]), np.array([2.0, 2.0, -2.0, inf, nan])
    error, budget = unexcused(mine, want, np.array([1.0, nan, 5.0, 6.0, 7.0]), np.array([0.5, inf, 0.25, 0.125, 4.0]))
    assert error.tolist() == [1.0, inf, inf, 6.0, 7.0]
    assert budget.tolist() == [0.5, 0.0, 0.0, 0.125, 4.0]


# --- shares, maxima and digits ----------------------------------------------------------------------------------------
def test_a_share_of_nothing_is_infinite_and_nothing_is_no_share_of_anything() -> None:
    part, whole = np.array([0.0, 0.0, 0.0, 3.0, 3.0, 1.0, inf, nan, nan]), np.array([0, 1, inf, 0, 4, 1, 2, 0, 1.0])
    same(ratio(part, whole).tolist(), [0.0, 0.0, 0.0, inf, 0.75, 1.0, inf, inf, nan])
    same(ratio(np.array([TOP, TINY]), np.array([TINY, TOP])).tolist(), [inf, 0.0])


@pytest.mark.parametrize(
    ("errors", "wanted"),
    [([0.5, 0.25], 0.5), ([0.5, inf, 2.0, nan], 2.0), ([inf, nan], 0.0), ([], 0.0), ([[0.25, 0.5], [nan, 0.0]], 0.5)],
)
def test_the_largest_error_is_the_largest_that_is_known(errors: list[Any], wanted: float) -> None:
    same(largest(np.array(errors)), wanted)


@pytest.mark.parametrize(
    ("error", "size", "wanted"),
    [
        ([0.0], [2.0], "all"), ([], [], "all"), ([], [1.0], "all"), ([0.0], [0.0], "all"), ([0.0], [inf], "all"),
        ([2.0**-60], [1.0], "all"), ([TINY], [TOP], "all"),
        ([0.01], [1.0], 2.0), ([0.01, 0.1], [1.0, 10.0], 2.0), ([0.01], [1.0, inf, nan], 2.0), ([0.01], [0.1], 1.0),
        ([1.0], [1.0], 0.0), ([3.0], [2.0], 0.0), ([TOP], [TINY], 0.0), ([1.0], [0.0], 0.0), ([TINY], [0.0], 0.0),
        ([inf], [1.0], 0.0), ([0.0, inf], [1.0, 1.0], 0.0), ([1.0], [], 0.0), ([1.0], [inf], 0.0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_digits_are_counted_from_the_largest_element_to_the_worst_error(
    error: list[float], size: list[float], wanted: float | str, dtype: str
) -> None:
    found = digits(np.array(error), np.array(size), dtype)
    assert type(found) is float
    assert found == (FULL_DIGITS[dtype] if wanted == "all" else wanted)


def test_what_a_precision_can_hold_and_what_a_row_must_see_are_what_the_documents_say() -> None:
    kept = {dtype: digits(np.zeros(1), np.ones(1), dtype) for dtype in FULL_DIGITS}
    assert kept == {"float64": -float(np.log10(2.0**-53)), "float32": -float(np.log10(np.float32(2.0**-24)))}
    assert {dtype: f"{most:.2f}" for dtype, most in kept.items()} == {"float64": "15.95", "float32": "7.22"}
    assert BLIND == {"float64": 1e-6, "float32": 1e-2}


# --- the figures of a row ---------------------------------------------------------------------------------------------
def figures(
    mine: Any, want: Any, error: Any, budget: Any, dtype: str = "float64", exact: Balls | None = None
) -> dict[str, Any]:
    return measure(*(np.array(x) for x in (mine, want, error, budget)), dtype, exact)


def test_every_figure_is_of_the_elements_compared_and_the_one_shown_uses_most_of_its_budget() -> None:
    found = figures(
        [[1.0, 2.0, 9.0], [-4.0, nan, 0.5]], [[1.5, 2.0, inf], [-3.0, 8.0, 64.0]],
        [[0.5, 0.0, 7.0], [1.0, 5.0, 63.5]], [[1.0, 0.25, nan], [4.0, inf, -inf]],
    )  # fmt: skip
    same(found, {
        "compared": 3, "skipped": 3, "shape": "(2, 3)", "max_abs": 1.0, "max_rel": 0.5 / 1.5,
        "max_ulp": 1.0 * 2.0**51, "at": "[0, 0]", "mine": "1.0", "want": "1.5", "budget": 1.0, "used": 0.5,
        "detects": 4.0 / 3.0,
    })  # fmt: skip


def test_figures_are_those_of_float64_whatever_is_measured() -> None:
    given = [[1.0, 0.25], [0.5, 0.25], [0.5, 0.0], [3.0, inf]]
    single = measure(*(np.array(x, dtype=np.float32) for x in given), "float32")
    same(single, {
        "compared": 1, "skipped": 1, "shape": "(2,)", "max_abs": 0.5, "max_rel": 1.0, "max_ulp": 2.0**23, "at": "[0]",
        "mine": "1.0", "want": "0.5", "budget": 3.0, "used": 0.5 / 3, "detects": 6.0,
    })  # fmt: skip


def test_where_nothing_differs_the_largest_element_is_shown() -> None:
    found = figures([3.0, -5.0, 4.0, 9.0], [3.0, -5.0, 4.0, 9.0], np.zeros(4), [1.0, 2.0, 0.5, inf])
    same(found, {
        "compared": 3, "skipped": 1, "shape": "(4,)", "max_abs": 0.0, "max_rel": 0.0, "max_ulp": 0.0, "at": "[1]",
        "mine": "-5.0", "want": "-5.0", "budget": 2.0, "used": 0.0, "detects": 0.4,
    })  # fmt: skip


def test_what_has_no_budget_is_shown_neither_for_its_size_nor_for_its_error() -> None:
    """Nothing differs and all of the rest is 0; then nothing of the rest uses anything."""
    same(figures([9.0, 0.0], [9.0, 0.0], [0.0, 0.0], [inf, 1.0])["at"], "[1]")
    same(figures([9.0, 1.0], [8.0, 1.0], [1.0, 0.5], [nan, 4.0])["at"], "[1]")


def test_one_number_alone_has_the_index_of_no_axis_and_shapes_are_broadcast() -> None:
    same(figures(2.0, 2.0, 0.0, 0.5), {
        "compared": 1, "skipped": 0, "shape": "()", "max_abs": 0.0, "max_rel": 0.0, "max_ulp": 0.0, "at": "[]",
        "mine": "2.0", "want": "2.0", "budget": 0.5, "used": 0.0, "detects": 0.25,
    })  # fmt: skip
    wide = figures([[1.0], [2.0]], [1.0, 2.0, 3.0], 0.0, 0.5)
    assert (wide["compared"], wide["shape"], wide["at"], wide["want"]) == (6, "(2, 3)", "[0, 2]", "3.0")


@pytest.mark.parametrize(
    ("shape", "budget"), [((0,), 1.0), ((0, 3), 1.0), ((2,), inf), ((2, 2), nan), ((), -inf)]
)  # fmt: skip
def test_where_nothing_is_compared_there_are_no_figures_but_what_was_skipped(shape: Any, budget: float) -> None:
    one = np.ones(shape)
    found = figures(one, one, 0 * one, np.full(shape, budget), exact=Balls.of(one))
    same(found, {"compared": 0, "skipped": int(np.prod(shape)), "shape": str(shape), "used": nan})


def test_the_exact_value_shown_is_that_of_the_same_element() -> None:
    exact = balls(arb(2), THIRD)
    found = figures([[2.0], [0.25]], [[2.0], [0.5]], [[0.0], [0.25]], [[1.0], [1.0]], exact=exact)
    assert (found["at"], found["mine"], found["want"]) == ("[1, 0]", "0.25", "0.5")
    assert (found["exact"], [*found][-1]) == ("0.33333333333333333333", "exact")


def test_a_tensor_of_zeros_could_have_shown_no_error_relative_to_it() -> None:
    found = figures([0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0])
    same((found["used"], found["detects"], found["max_rel"], found["max_ulp"]), (0.0, inf, 0.0, 0.0))
    wrong = figures([0.0, 1.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.0])
    same((wrong["used"], wrong["detects"], wrong["max_rel"]), (inf, inf, inf))


@pytest.mark.parametrize(
    ("dtype", "want", "ulp"),
    [
        ("float64", 1.0, 2.0**-52), ("float64", -1.0, 2.0**-52), ("float64", 1 - 2.0**-53, 2.0**-53),
        ("float64", 0.0, TINY), ("float64", TINY, TINY), ("float64", 2.0**-1021, 2 * TINY),
        ("float64", 2.0**1023, 2.0**971), ("float64", TOP, 2.0**971), ("float64", 1.5 * 2.0**1022, 2.0**970),
        ("float64", inf, TINY), ("float64", nan, TINY),
        ("float32", 1.0, 2.0**-23), ("float32", -3.0, 2.0**-22), ("float32", 0.0, 2.0**-149),
        ("float32", 1e-60, 2.0**-149), ("float32", 2.0**127, 2.0**104), ("float32", 2.0**128, 2.0**104),
        ("float32", 1e300, 2.0**104),
    ],
)  # fmt: skip
def test_units_in_the_last_place_are_those_of_the_precision_at_the_element(dtype: str, want: float, ulp: float) -> None:
    assert figures([1.0], [want], [2 * ulp], [1.0], dtype)["max_ulp"] == 2.0


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["float64", "float32"]))
@example(TOP, "float64")
@example(float(np.finfo("float32").max), "float32")
def test_the_next_float_is_one_unit_in_the_last_place_away(x: float, dtype: str) -> None:
    """From the one nearer to 0, where no power of 2 lies between."""
    with np.errstate(over="ignore"):
        near = abs(np.dtype(dtype).type(x))
    if not np.isfinite(near) or near == 0:
        return
    below = np.nextafter(near, np.dtype(dtype).type(0))
    gap = float(near) - float(below)
    found = figures([float(near)], [float(below)], [gap], [1.0], dtype)["max_ulp"]
    assert found == 1.0


# --- the verdict, and why there is none -------------------------------------------------------------------------------
def test_an_undecided_row_says_why() -> None:
    assert undecided({"compared": 0}) == "no element has a budget, so none was compared"
    assert undecided({"compared": 1, "detects": inf}) == "all of it is 0 here, so no relative error would show"
    blind = "it would have seen no error below 2e-05 × the tensor's largest element"
    assert undecided({"compared": 1, "detects": 1.6e-5}) == blind


@pytest.mark.parametrize(
    ("compared", "used", "detects", "verdict"),
    [
        (0, nan, nan, INCONCLUSIVE), (0, 2.0, 0.0, INCONCLUSIVE),
        (1, 0.0, 0.0, PASS), (1, 1.0, "blind", PASS), (1, 1.0, "more", INCONCLUSIVE), (1, 0.0, inf, INCONCLUSIVE),
        (1, 1 + 2.0**-52, 0.0, FAIL), (1, inf, inf, FAIL), (1, nan, 0.0, FAIL), (2, 1.5, "more", FAIL),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_outside_its_budget_is_a_fail_and_a_row_that_could_not_have_seen_an_error_is_no_pass(
    compared: int, used: float, detects: float | str, verdict: str, dtype: str
) -> None:
    blind = {"float64": 1e-6, "float32": 1e-2}[dtype]
    seen = {"blind": blind, "more": np.nextafter(blind, 1)}.get(str(detects), detects)
    assert judged({"compared": compared, "used": used, "detects": seen}, dtype) == verdict
