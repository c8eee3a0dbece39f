"""The slope along one line: every part of a reading by hand, which steps are tried, and which reading is taken.

The three steps of a step of 100 are 100, 47 and 21, those of 6400 are whole too: all that is read there is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf, nan, nextafter
from typing import Any

import numpy as np
import pytest

from verify.oracles.slope import EDGE, KINK, LEAST, NOT_FINITE, UNSETTLED, Line, Slope, at_step, slope, wobble

Three = tuple[float, float, float]
STEPS, PARTS = (100.0, 47.0, 21.0), (1.0, 0.47, 0.21)
TINY = 8 * LEAST  # what remains of the rounding where nothing rounds
NONE: Three = (0.0, 0.0, 0.0)
QUIET = {"noise": 0.0, "unit": 0.0}


def known(values: Mapping[float, Any], x: float = 0.0, weight: Any = 1.0, **options: Any) -> Line:
    """A function that is known at x and at some points about it, and asked nowhere else."""
    outs = {at: np.atleast_1d(np.array(v, dtype=float)) for at, v in values.items()}
    return Line(outs.__getitem__, x, -inf, inf, outs[x], np.atleast_1d(weight), **{**QUIET, **options})


def sided(slopes: Sequence[float], jumps: Sequence[float] = NONE, steps: Sequence[float] = STEPS) -> dict[float, Any]:
    """The function, 0 at 0, with these slopes over the three steps, and these jumps from one side's to the other's."""
    found = {0.0: 0.0}
    for h, s, j in zip(steps, slopes, jumps, strict=True):
        found |= {h: h * (s + j / 2), -h: -h * (s - j / 2)}
    return found


def read(slopes: Sequence[float], jumps: Sequence[float] = NONE, **options: Any) -> Slope:
    found = at_step(known(sided(slopes, jumps), **options), 100.0)
    assert isinstance(found, Slope)
    return found


# --- one reading ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("slopes", "truncation", "settled"),
    [
        ((3, 3, 3), 0, True), ((0, 0, 0), 0, True),
        ((8, 3, 2), 5, True), ((-8, -3, -2), 5, True), ((2, 7, 8), 5, True),
        ((6, 3, 2), 3, True), ((9, 3, 2), 6, True),  # what remains falls by 3 to 6
        ((5.5, 3, 2), 2.5, False), ((9.5, 3, 2), 6.5, False), ((-1, 3, 2), 4, False), ((1, 3, 4), 2, False),
        ((4, 3, 1), 4, False), ((4, 3, 5), 4, False), ((3, 3, 1), 4, False),  # by the last two, twice
        ((9, 8, 8), 1, True), ((9.125, 8, 8), 1.125, False), ((8, 8, 7.5), 1, True),  # by an eighth of the slope
    ],
)  # fmt: skip
def test_a_reading_is_that_of_the_middle_step_and_settled_where_the_three_agree_or_differ_as_h2(
    slopes: Three, truncation: float, settled: bool
) -> None:
    flat = not any(slopes)
    assert read(slopes) == Slope(slopes[1], truncation, TINY, 0.0, False, flat, settled)


@pytest.mark.parametrize(
    ("first", "second", "kink", "settled"),
    [
        (1, 1, True, False), (-1, -1, True, False), (3, 2, True, False), (2, 3, True, False),
        (2, 1, False, False), (1, 2, False, False), (3, -2, False, False), (1, 0, False, False), (0, 1, False, False),
        (5, 1, False, True), (-21, -1, False, True), (9, 1, False, True),  # as a smooth function's fall
        (4, 1, False, False), (22, 1, False, False), (-9, 1, False, False), (0, 0, False, True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("curved", [0, 2])
def test_one_sided_slopes_that_go_on_disagreeing_at_no_step_show_a_kink(
    first: int, second: int, kink: bool, settled: bool, curved: int
) -> None:
    """Lines through the jumps at 100 and 47, and at 47 and 21, meet 0 at 47·first and 47·second."""
    jumps = (curved * 100 - 53 * first, curved * 47, curved * 21 + 26 * second)
    bend = 47 * max(abs(first), abs(second))
    flat = not any(jumps)
    assert read(NONE, jumps) == Slope(0.0, 0.0, TINY, bend, kink, flat, settled)


def test_a_bend_up_to_an_eighth_of_the_slope_is_settled_and_of_a_reading_that_is_not_calm_nothing_is_a_kink() -> None:
    jumps = (-53, 0, 26)
    assert read((376, 376, 376), jumps) == Slope(376, 0, TINY, 47, True, False, True)
    assert read((368, 368, 368), jumps) == Slope(368, 0, TINY, 47, True, False, False)
    assert read((4, 3, 1), jumps) == Slope(3, 4, TINY, 47, False, False, False)
    assert read((8, 3, 2), jumps) == Slope(3, 5, TINY, 47, True, False, False)


def test_noise_is_divided_by_the_middle_step_and_eight_times_as_much_is_no_difference() -> None:
    assert read((8, 0, 0), noise=47.0) == Slope(0, 8, 1, 0, False, False, True)
    assert read((8.5, 0, 0), noise=47.0) == Slope(0, 8.5, 1, 0, False, False, False)
    jumps = (-53, 0, 26)
    assert read(NONE, jumps, noise=47 * 47 / 8) == Slope(0, 0, 47 / 8, 47, False, False, True)
    assert read(NONE, jumps, noise=46 * 47 / 8) == Slope(0, 0, 46 / 8, 47, True, False, False)


def test_where_nothing_changes_there_is_the_roundoff_of_the_summands_and_what_underflow_may_hide() -> None:
    still = dict.fromkeys((0.0, *STEPS, *(-h for h in STEPS)), (15.0, 16.0))
    line = known(still, weight=(1.0, -2.0), unit=1.0)
    assert at_step(line, 100.0) == Slope(0, 0, 4 * (15 + 32) / 47, 0, False, True, True)
    assert at_step(replace(line, least=47.0), 100.0) == Slope(0, 0, 4 + 1, 0, False, True, True)
    assert at_step(replace(line, unit=0.0), 100.0) == Slope(0, 0, TINY, 0, False, True, True)
    # An element off by a factor of 2 hides nothing where something moves: by a bend alone, or by two that cancel.
    assert read(NONE, (100, 47, 21), least=47.0).rounding == TINY
    both = {at: (at, at / 2) for at in still}
    assert at_step(known(both, weight=(1.0, -2.0), least=47.0), 100.0) == Slope(0, 0, TINY, 0, False, False, True)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("place", "slopes", "bends", "rounding"),
    [
        # One value v of six is not 0. Its size may be off by 4v, in each of two outputs; the sum of a change of v, over
        # 2h, by (1 + 4)v; and the slope and the jump of the middle step by 4 of their own.
        (0, (1, 0, 0), (-94 / 53, 0), 4 * 200 / 47 + 5 * 1),
        (1, (0, 1, 0), (200 / 53, -42 / 26), 4 * 94 / 47 + 5 * 1 + 4 * (1 + 2)),
        (2, (0, 0, 1), (0, 94 / 26), 4 * 42 / 47 + 5 * 1),
    ],
)
def test_the_rounding_of_one_value_is_that_of_its_size_of_the_sum_of_changes_and_of_the_quotients(
    place: int, slopes: Three, bends: tuple[float, float], rounding: float, side: int
) -> None:
    values = dict.fromkeys((0.0, *STEPS, *(-h for h in STEPS)), 0.0) | {side * STEPS[place]: 2 * STEPS[place]}
    found = at_step(known(values, unit=1.0), 100.0)
    assert isinstance(found, Slope)
    truncation = max(abs(slopes[0] - slopes[1]), 2 * abs(slopes[1] - slopes[2]))
    assert (found.value, found.truncation, found.rounding) == (side * slopes[1], truncation, rounding)
    assert found.bend == max(abs(b) for b in bends)


def test_the_number_itself_may_be_rounded_and_every_summand_counts_and_every_output() -> None:
    """x = 47, weights 3 and −2, slopes 5 and 7: Σ = 1·(x' − x); at 147 the summands are 1500 and 1400."""
    values = {x: ((x - 47) * 5, (x - 47) * 7) for x in (47.0, *(47 + h for h in STEPS), *(47 - h for h in STEPS))}
    found = at_step(known(values, x=47.0, weight=(3.0, -2.0), unit=47.0), 100.0)
    roundoff = 4 * 47 * (2900 + 47 * 1)
    assert found == Slope(1, 0, roundoff / 47 + 47 * ((2 + 4) * 29 + 4 * 1), 0, False, False, True)


def test_rounding_of_the_number_itself_moves_the_value_by_as_much_as_the_middle_slope_says() -> None:
    found = at_step(known({47 + h: v for h, v in sided((2, 1, 4)).items()}, x=47.0, unit=1.0), 100.0)
    assert found == Slope(1, 6, 4 * (200 + 47) / 47 + 5 * 4 + 4, 0, False, False, True)


def test_only_a_change_above_the_measured_noise_settles_anything_where_that_noise_may_be_the_signal() -> None:
    assert read((4, 4, 4), heard=93.0).settled  # 47·4 > 2·93
    assert not read((4, 4, 4), heard=94.0).settled
    assert not read((8, 3, 2), heard=70.5).settled
    assert read((8, 3, 2), heard=70.0).settled
    # Loud is above 64 times 4 units of the largest summand, 900. Then no difference counts as noise.
    unit = 2.0**-20
    loud = 64 * 4 * unit * 900
    slopes = (9, 1, 1)
    assert read(slopes, noise=4700.0, unit=unit, heard=loud).settled
    assert not read(slopes, noise=4700.0, unit=unit, heard=nextafter(loud, inf)).settled
    assert read((1.125, 1, 1), noise=4700.0, unit=unit, heard=loud).settled
    assert not read((4.75, 4, 4), heard=1e-9).settled  # loud beside no roundoff at all


def test_the_differences_may_be_measured_against_another_slope_than_their_own() -> None:
    """Of two outputs whose slopes are all but equal: 80 and 72 at the middle step, so that 8 is an eighth of 64."""
    for of, settled in ((64, True), (63, False)):
        values: dict[float, Any] = {0.0: (0.0, 0.0)}
        for h, s in zip(STEPS, (16, 8, 8), strict=True):
            values |= {h: (h * of, h * (of - s)), -h: (-h * of, -h * (of - s))}
        line = known(values, weight=(1.0, -1.0), against=np.array([1.0, 0.0]))
        assert at_step(line, 100.0) == Slope(8, 8, TINY, 0, False, False, settled)
        assert at_step(replace(line, against=None), 100.0) == Slope(8, 8, TINY, 0, False, False, False)


def test_no_reading_touches_the_ends_of_the_interval_or_what_is_not_finite() -> None:
    line = known(sided((1, 1, 1)))
    assert at_step(replace(line, low=-100.5, high=100.5), 100.0) is not None
    assert at_step(replace(line, low=-100.0), 100.0) is None
    assert at_step(replace(line, high=100.0), 100.0) is None
    for place in (*STEPS, *(-h for h in STEPS)):
        assert at_step(known({**sided((1, 1, 1)), place: nan}), 100.0) is None
        assert at_step(known({**sided((1, 1, 1)), place: inf}), 100.0) is None


def test_where_the_parts_of_the_error_or_their_sum_overflow_there_is_no_reading() -> None:
    large = 2.0**1018
    with np.errstate(all="ignore"):
        assert at_step(known(sided((1, 1, 1)), noise=inf), 100.0) is None
        assert at_step(known(sided(NONE, (0, large, 0))), 100.0) is None  # 100·jump₁
        # At steps below 2⁻²⁰ slopes may be as large as floats are. The truncation is 3·2¹⁰²¹, the bend 47/53 jumps.
        fine, slopes = [2.0**-20 * part for part in PARTS], (0, 0, 1.5 * 2.0**1021)
        for jump, there in ((2.0**1023, True), (1.9 * 2.0**1023, False)):
            line = known(sided(slopes, (jump, 0, 0), steps=fine))
            assert (at_step(line, fine[0]) is not None) == there


def test_steps_that_floats_make_equal_give_no_reading() -> None:
    """Above 2⁵³ only every second whole number is a float: of 5, 2.35 and 1.05 there remain 4, 2 and 2."""
    x = 2.0**53
    line = Line(lambda at: np.array([at]), x, -inf, inf, np.array([x]), np.ones(1), **QUIET)
    assert at_step(line, 5.0) is None
    assert at_step(line, 8.0) == Slope(1, 0, TINY, 0, False, False, True)  # 8, 4 and 2
    # Of 1.05 there remains 1 towards zero, and nothing away from it.
    assert at_step(replace(line, x=-x, out=np.array([-x])), 5.0) is None


# --- which steps are tried --------------------------------------------------------------------------------------------
X = 102400.0  # the widest step there is 6400; without a unit of roundoff the first one is what is given
Read = tuple[Sequence[float], Sequence[float]]
ONE: Read = ((1, 1, 1), NONE)
JUMPY: Read = ((4, 3, 1), NONE)  # unsettled


def tried(readings: Mapping[float, Read], x: float = X, **options: Any) -> tuple[Slope | str, list[float], Line]:
    """What comes of these slopes and jumps at these steps, and the steps asked; at all others nothing is finite."""
    outs, calls = {x: np.zeros(1)}, list[float]()
    for step, (slopes, jumps) in readings.items():
        for part, s, j in zip(PARTS, slopes, jumps, strict=True):
            h = (x + step * part) - x
            outs |= {x + h: np.array([h * (s + j / 2)]), x - h: np.array([-h * (s - j / 2)])}

    def at(value: float) -> Any:
        calls.append(value)
        return outs.get(value, np.array([nan]))

    given = {"low": -inf, "high": inf, "first": 100.0, **QUIET, **options}
    line = Line(at, x, out=outs[x], weight=np.ones(1), **given)
    with np.errstate(all="ignore"):
        found = slope(line)
    return found, [value - x for value in calls[::6]], line


def steps(readings: Mapping[float, Read], **options: Any) -> list[float]:
    return tried(readings, **options)[1]


def test_the_first_step_is_the_cube_root_of_two_roundoffs_in_proportion_to_a_large_number() -> None:
    near = (2 * 2.0**-53) ** (1 / 3)
    for x, size in ((0.0, 1), (0.5, 1), (-0.5, 1), (3.0, 3), (-3.0, 3)):
        line = Line(lambda at: np.array([at]), x, -inf, inf, np.array([x]), np.ones(1), 0.0, 2.0**-53)
        assert slope(line) == at_step(line, near * size)
    assert tried({}, x=0.0, first=2.0**-10, unit=2.0**-53)[1][0] == 2.0**-10
    assert tried({}, x=0.0, first=2.0**-20, unit=2.0**-53)[1][0] == near


def test_no_step_is_wider_than_a_sixteenth_of_the_number_or_half_the_way_to_an_end() -> None:
    assert steps({}, first=1e9)[0] == 6400
    assert steps({}, x=0.5, first=1e9)[0] == 2.0**-4
    assert steps({}, first=1e9, low=X - 2000)[0] == 1000
    assert steps({}, first=1e9, high=X + 1000)[0] == 500
    assert steps({}, first=0.0) == []  # of a function without roundoff, and of no width given


def test_no_step_is_narrower_than_rounding_allows_and_none_is_tried_where_that_is_too_wide() -> None:
    assert steps({}, x=0.0, first=2.0**-6, narrowest=2.0**-20) == [2.0**-6, 2.0**-14, 2.0**-20]
    assert steps({}, x=0.0, first=2.0**-6, narrowest=2.0**-5) == [2.0**-5]
    assert steps({}, first=1e9, narrowest=6400.0)[0] == 6400
    assert tried({100: ONE}, narrowest=nextafter(6400.0, inf))[:2] == (NOT_FINITE, [])


def test_where_nothing_is_finite_nearer_steps_are_tried_eight_in_all() -> None:
    found, asked, _ = tried({}, x=0.0, first=2.0**-6)
    assert (found, asked) == (NOT_FINITE, [2.0 ** -(6 + 8 * i) for i in range(8)])
    # A step in proportion to the number itself comes first, where that is less than half as wide.
    x, unit = 2.0**-9, 2.0**-53
    near = (2 * unit) ** (1 / 3)
    _, asked, _ = tried({}, x=x, first=0.0, unit=unit)
    assert asked[:3] == [(x + h) - x for h in (near, near * x, near * x / 256)]
    _, asked, _ = tried({}, x=0.75, first=0.0, unit=unit)
    assert asked[:2] == [(0.75 + h) - 0.75 for h in (near, near / 256)]
    for x, nearer in ((0.5, near / 256), (0.4, 0.4 * near)):  # half as wide exactly, and a little less
        _, asked, _ = tried({}, x=x, first=0.0, unit=unit)
        assert asked[:2] == [(x + h) - x for h in (near, nearer)]


def test_a_reading_whose_error_is_a_millionth_of_the_slope_is_taken_and_else_a_wider_step_is_tried() -> None:
    readings = {100: ONE, 6400: ONE}
    found, asked, line = tried(readings, noise=47 * 2.0**-20)
    assert (found, asked) == (at_step(line, 100), [100])
    found, asked, line = tried(readings, noise=48 * 2.0**-20)
    assert (found, asked) == (at_step(line, 6400), [100, 6400])
    assert tried({100: ((-2, -2, -2), NONE)}, noise=47 * 2.0**-19)[1] == [100]


def test_an_error_that_is_small_enough_for_the_caller_ends_the_search_at_once() -> None:
    for enough, asked in ((1.0, [100]), (0.99, [100, 6400])):
        assert steps({100: ONE, 6400: ONE}, noise=47.0, enough=enough) == asked


def test_truncation_above_four_times_the_rounding_asks_for_the_step_at_which_it_is_half_of_it() -> None:
    for truncation, want in ((8, 6400), (9, 100 * (2 / 18) ** (1 / 3))):
        asked = steps({100: ((10 + truncation, 10, 10), NONE)}, noise=94.0)
        assert asked[:2] == [100, (X + want) - X]


@pytest.mark.parametrize(
    ("truncation", "rounding", "want"),
    [(0, 47 / 4, 6400), (0, 46 / 4, 100 / 256), (47 / 4, 1, 100 * (1 / 23.5) ** (1 / 3)), (46 / 4, 1, 100 / 256)],
)
def test_a_bend_above_four_times_truncation_and_rounding_asks_for_a_step_much_nearer(
    truncation: float, rounding: float, want: float
) -> None:
    shape = (truncation, 0, -truncation / 5)
    asked = steps({100: (shape, (-53, 0, 26))}, noise=47 * rounding)
    assert asked[:2] == [100, (X + want) - X]


def test_readings_may_differ_by_what_rounding_x_takes_of_the_way_and_bends_too() -> None:
    for slopes, jumps in (((5, 5, 1), NONE), ((5, 5, 5), (0, 0, 1))):
        least = max(2 * abs(slopes[1] - slopes[2]), read(slopes, jumps).bend) * 47 / 10
        assert read(slopes, jumps, stray=nextafter(least, inf)).settled
        assert not read(slopes, jumps, stray=least * (1 - 2**-40)).settled


def test_a_bend_that_rounding_x_explains_is_no_kink() -> None:
    bends = (4, 4, 4), (8, 8, 8)
    assert read(*bends).kink
    assert read(*bends, stray=0.99 * 8 * 47 / 10).kink
    assert not read(*bends, stray=8 * 47 / 10).kink


def test_after_a_reading_that_is_not_settled_the_next_step_is_in_proportion_to_the_number() -> None:
    smaller = 100 * (0.25 / 8) ** (1 / 3)
    assert steps({100: JUMPY}, noise=11.75)[:2] == [100, (X + smaller) - X]
    unit = 2.0**-60
    near = (2 * unit) ** (1 / 3) * X
    assert steps({100: JUMPY}, noise=11.75, unit=unit)[:2] == [100, (X + near) - X]
    assert steps({100: ONE}, noise=47.0, unit=unit)[:2] == [100, 6400]
    # Settled, for 4 is eight times the rounding.
    assert steps({100: ((14, 10, 10), NONE)}, noise=23.5, unit=unit)[1] > near


def test_no_step_is_tried_within_a_factor_of_two_of_another() -> None:
    assert steps({3200: ONE, 6400: ONE}, first=3200, noise=1e3) == [3200, 6400]
    assert steps({4000: ONE, 6400: ONE}, first=4000, noise=1e3) == [4000]
    assert steps({5000: ONE, 6400: ONE}, first=5000, noise=1e3) == [5000]
    assert steps({1: ONE}, first=1.0) == [1]
    unit = 2.0**-60
    near = (2 * unit) ** (1 / 3) * X
    asked = steps({2 * near: ONE, 128 * near: JUMPY, near: ONE}, first=2 * near, noise=0.25, unit=unit)
    assert asked[:3] == [(X + h) - X for h in (2 * near, 128 * near, near)]


def test_where_nothing_moves_at_the_first_step_it_is_looked_for_64_times_as_far_and_then_again() -> None:
    unit = 2.0**-53
    first = (2 * unit) ** (1 / 3) * X
    wide = 64 * first
    still: Read = (NONE, NONE)
    widened = [(X + h) - X for h in (first, wide, 64 * wide, 6400)]
    found, asked, line = tried(dict.fromkeys((first, wide, 64 * wide, 6400), still), first=0.0, unit=unit, noise=1.0)
    assert (found, asked) == (at_step(line, 6400), widened)
    found, asked, line = tried({first: still, wide: ONE}, first=0.0, unit=unit)
    assert (found, asked) == (at_step(line, wide), widened[:2])
    found, asked, line = tried({first: still, 30: still}, first=0.0, unit=unit, high=X + 60)
    assert (found, asked) == (at_step(line, 30), [widened[0], 30])
    assert steps({100: still, 6400: ONE}, unit=unit) == [100, 6400]


# --- which reading is taken -------------------------------------------------------------------------------------------
CHANCE = 100 * (0.25 / 8) ** (1 / 3)  # the step after one of 100 that is not settled, with a noise of 11.75
BENT: Read = (NONE, (-53, 0, 26))


def test_after_one_that_is_not_settled_a_single_reading_may_agree_by_chance_and_two_do_not() -> None:
    for enough in (0.0, 1e9):
        found, asked, _ = tried({100: JUMPY, CHANCE: ONE}, noise=11.75, enough=enough)
        assert found == UNSETTLED
        assert asked[:3] == [(X + h) - X for h in (100, CHANCE, 0.4 * CHANCE)]
    found, asked, line = tried({100: JUMPY, CHANCE: ONE, 0.4 * CHANCE: ONE}, noise=11.75)
    assert found == at_step(line, CHANCE)
    assert asked[3] == (X + 0.4 * CHANCE * 64) - X


def test_what_is_never_settled_says_so() -> None:
    said = "the steps disagree, so that it varies faster than they show, or is all noise"
    assert tried({100: JUMPY}, noise=11.75)[0] == said


def test_a_kink_is_told_as_one_even_after_a_reading_that_is_not_settled() -> None:
    assert tried({100: BENT})[0] == "a kink within the step"
    assert tried({100: JUMPY, CHANCE: BENT}, noise=11.75)[0] == KINK


def test_a_kink_of_an_error_that_is_small_enough_is_no_obstacle() -> None:
    found, asked, line = tried({100: BENT}, enough=47.0)
    assert (found, asked) == (at_step(line, 100), [100])
    assert tried({100: BENT}, enough=46.9)[0] == KINK


def test_a_kink_within_a_wide_step_is_none_where_a_nearer_one_has_the_smaller_error() -> None:
    near = 100 / 256
    found, asked, line = tried({100: BENT, near: ((0.25, 0.25, 0.25), NONE)}, noise=0.01)
    assert asked[:2] == [100, (X + near) - X]
    seen, best = at_step(line, 100), at_step(line, near)
    assert isinstance(seen, Slope)
    assert isinstance(best, Slope)
    assert seen.error > best.error
    assert found == best


def test_readings_that_contradict_each_other_add_what_lies_outside_both_errors() -> None:
    for other, dispute in ((10, 9 - 1 - 1 / 64), (-10, 11 - 1 - 1 / 64), (1.5, 0.0)):
        found, asked, line = tried({100: ONE, 6400: ((other,) * 3, NONE)}, noise=47.0)
        best = at_step(line, 6400)
        assert isinstance(best, Slope)
        assert (found, asked) == (replace(best, dispute=dispute), [100, 6400])
    assert Slope(1.0, 2.0, 4.0, 8.0, False, False, True, 16.0).error == 30


@pytest.mark.parametrize(("low", "high"), [(X, inf), (-inf, X), (X + 1, inf), (-inf, X - 1), (nan, inf)])
def test_on_an_end_of_the_interval_or_outside_there_is_no_slope(low: float, high: float) -> None:
    found, asked, _ = tried({100: ONE}, low=low, high=high)
    assert (found, asked) == ("on the edge of its domain, or outside", [])
    assert found == EDGE


def test_where_no_step_is_finite_the_reason_is_said() -> None:
    assert tried({})[0] == "no step around it stays finite and inside its domain"


def test_without_more_said_a_line_has_no_measured_noise_hides_nothing_and_begins_where_it_should() -> None:
    def flat(x: float) -> Any:
        return np.zeros(1)

    least = Line(flat, 0.0, -inf, inf, np.zeros(1), np.ones(1), 1.0, 2.0**-53)
    assert slope(least) == Slope(0.0, 0.0, 16 / 0.47, 0.0, False, True, True)
    found, asked, _ = tried({100: ONE, 6400: ONE}, noise=47.0, first=100.0)
    assert (isinstance(found, Slope), asked) == (True, [100, 6400])


# --- the noise about a point ------------------------------------------------------------------------------------------
def test_the_noise_is_measured_over_a_dozen_points_evenly_spaced_towards_zero_and_drawn_by_the_seed() -> None:
    x = np.linspace(-2, 2, 64).reshape(8, 8)
    seen: list[Any] = []

    def run(moved: Any) -> Any:
        seen.append(moved)
        return 2.0 * (len(seen) % 2) + out

    # Beside 2⁵³ a change of 2 is the least there is: the changes are summed, not the values.
    weight, out = np.array([5.0, -1.0, -1.0]), np.full(3, 2.0**53)
    found = [wobble(run, x, weight, out, seed) for seed in (3, 3, 4)]
    # The scalar is 6, 0, 6, …: its fourth differences are ±6·2³, and their mean square is (8 over 4)·σ².
    assert found == [3 * float(np.sqrt(48**2 / 70))] * 3
    first, again, other = seen[:12], seen[12:24], seen[24:]
    assert len(other) == 12
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    # Each point is rounded once, to within half the spacing of floats at x.
    points, last = np.array([x, *first]), np.spacing(abs(x))
    assert (abs(np.diff(points, 2, axis=0)) <= 2 * last).all()
    far = abs(x - first[0])
    assert (far >= 2.0**-25 * abs(x) - last / 2).all()
    assert (far <= 2.0**-24 * abs(x) + last / 2).all()
    assert (far < 2.0**-24 * abs(x) * 0.75).any()
    assert (far > 2.0**-24 * abs(x) * 0.75).any()
    assert np.array_equal(np.sign(x - first[0]), np.sign(x))
