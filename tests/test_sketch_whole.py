"""Whole sketches of small subjects: every field, and every text; and what a sketch is made of, one part at a time."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import verify.sketch
from handgrad import sketch
from verify.arithmetic.rounding import UNIT
from verify.errors import UserError
from verify.oracles.residual import LIVELY, Reading, Subject, read, subject
from verify.oracles.slope import KINK
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.sketch import DOUBTED, doubt, verdict
from verify.sketch import undecided as why
from verify.sketches.bisection import search
from verify.sketches.blame import blame
from verify.sketches.parameters import gradient_at, parameters
from verify.sketches.record import Direction, Fault, Sketch, quantile
from verify.sketches.vectors import Block, dot, norm

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]
BOTH = ("differences", "complex step")
X = np.array([1.0, -0.5, 0.25])


def square(x: Any) -> Any:
    return np.sum(x * x)


def heard(function: Function, gradient: Any, x: Any = X, seed: int = 0) -> Subject:
    """The function with its gradient, and what noise it makes along the first direction."""
    it, _ = subject(function, parameters(x, None))
    it.gradient, it.unit_gradient = gradient_at(gradient, it.parameters)
    it.listen(it.parameters.drawn(seed, 0), seed)
    return it


def directions(it: Subject, number: int, enough: float, names: Sequence[str], seed: int = 0) -> tuple[Direction, ...]:
    """Readings along whole drawn directions, the sharpest of each."""
    found = []
    for j in range(number):
        w = it.parameters.drawn(seed, j)
        best, _ = read(it, w, (0, w.size), enough, tuple(names))
        found.append(
            Direction(best.residual, best.budget, dot(it.gradient, w, (0, w.size))[0], best.oracle, best.reason)
        )
    return tuple(found)


# --- right, and what is seen of it ------------------------------------------------------------------------------------
@pytest.mark.parametrize(("share", "detects"), [(1e-6, None), (1e-10, 1e-10), (1e-3, 1e-3)])
@pytest.mark.parametrize("seed", [0, 5])
def test_a_sketch_is_the_readings_of_its_directions_each_as_sharp_as_is_asked(
    share: float, detects: float | None, seed: int
) -> None:
    it, size = heard(square, 2 * X, seed=seed), norm(np.abs(X).clip(7 / 12) * 2 * X)
    found = directions(it, 3, share * size * quantile(3) / 2, BOTH, seed)
    want = Sketch(PASS, found, 3, size, "float64", evaluations=it.evaluations)
    assert sketch(square, 2 * X, X, directions=3, seed=seed, detects=detects) == want


def test_what_is_in_float32_is_asked_for_a_hundredth() -> None:
    for function, gradient in ((lambda x: np.float32(square(x)), 2 * X), (square, (2 * X).astype(np.float32))):
        it, size = heard(function, gradient), norm(np.abs(X).clip(7 / 12) * 2 * X)
        found = directions(it, 8, 1e-2 * size * quantile(8) / 2, BOTH)
        want = Sketch(PASS, found, 3, size, "float32", evaluations=it.evaluations)
        assert sketch(function, gradient, X) == want


def test_what_an_oracle_refuses_is_noted_once_each_and_of_the_others_nothing() -> None:
    times = iter(range(99))

    def stubborn(x: Any) -> Any:
        if not isinstance(x, np.ndarray):
            raise ValueError(f"refused {next(times) // 2} times")
        return square(x)

    found = sketch(stubborn, 2 * X, X, directions=4, oracles=BOTH[::-1])
    assert found.passed
    assert {d.oracle for d in found.directions} == {"differences"}
    assert found.notes == ("complex step: ValueError: refused 0 times", "complex step: ValueError: refused 1 times")
    assert sketch(square, 2 * X, X, detects=1e-10).notes == ()


# --- the verdict ------------------------------------------------------------------------------------------------------
EDGE = 2 * 3.0 / quantile(2) / 4.0  # what budgets of 3 and less detect in two directions of a gradient of norm 4


@pytest.mark.parametrize(
    ("readings", "doubts", "share", "want"),
    [
        ([(1, 1), (-3, 3)], (0, 0), EDGE, PASS), ([(1, 1), (-3, 3)], (0, 0), EDGE * (1 - UNIT), INCONCLUSIVE),
        ([(-3, 3), (1, 1)], (0, 0), EDGE, PASS), ([(0, 0), (1, 3)], (9, 9), EDGE, PASS),
        ([(1, 1), (-3.5, 3)], (0, 0), EDGE, FAIL), ([(1, 1), (3.5, 3)], (0, 0.25), EDGE, FAIL),
        ([(1, 1), (-3.5, 3)], (0, 0.5), EDGE, INCONCLUSIVE), ([(1.5, 1), (3, 3)], (0.5, 0), EDGE, INCONCLUSIVE),
        ([(1.5, 1), (3, 3)], (0, 0.5), EDGE, FAIL), ([(0, 1), (nan, inf)], (0, 0), inf, INCONCLUSIVE),
        ([(2, 1), (nan, inf)], (0, 0), inf, FAIL), ([(2, 1), (nan, inf, KINK)], (0, 0), inf, INCONCLUSIVE),
        ([(nan, inf, KINK), (2, 1)], (0, 0), inf, INCONCLUSIVE), ([(2, 1), (nan, inf, LIVELY)], (0, 0), inf, FAIL),
    ],
)  # fmt: skip
def test_outside_its_budget_a_direction_fails_and_all_inside_pass_where_they_see_enough(
    readings: list[tuple[Any, ...]], doubts: tuple[float, ...], share: float, want: str
) -> None:
    found = [Direction(*r[:2], 1.0, "differences", *r[2:]) for r in readings]
    assert verdict(found, doubts, 4.0, share) == want


def test_a_reading_is_doubted_by_what_rounding_or_nearer_kinks_may_do_to_a_right_gradient() -> None:
    def by(unit: float = UNIT, oracle: str = "differences", kink: bool = False, share: float = 1e-4) -> float:
        return doubt(Reading(0.0, 1.0, oracle, kink=kink), unit, share, 1e-6)

    assert (by(), by(oracle="complex step"), by(unit=2.0**-24), by(unit=np.nextafter(UNIT, 1))) == (0, 1e-6, 1e-6, 1e-6)
    assert by(oracle="complex step", unit=2.0**-24) == 1e-6
    assert (by(kink=True), by(kink=True, share=1e-8), by(kink=True, oracle="complex step")) == (1e-4, 1e-6, 1e-4)


# --- undecided --------------------------------------------------------------------------------------------------------
def counted(function: Function) -> tuple[Function, list[Any]]:
    calls: list[Any] = []

    def noted(*x: Any) -> Any:
        calls.append(x)
        return function(*x)

    return noted, calls


def undecided(function: Function, gradient: Any, x: Any, **options: Any) -> Sketch:
    """A sketch that is undecided, all of it as its parts have it but its last note, which is why."""
    noted, calls = counted(function)
    found = sketch(noted, gradient, x, **options)
    assert (found.verdict, found.evaluations, found.faults, found.located) == (INCONCLUSIVE, len(calls), (), 0), str(
        found
    )
    return found


def test_the_element_on_a_kink_is_named() -> None:
    found = undecided(lambda x: np.sum(np.abs(x)), np.array([1.0, 0.0, 1.0]), X * [1, 0, 1], directions=2)
    assert found.notes[-1] == "undecided for x[1]: a kink within the step"
    pair = undecided(lambda x: np.sum(np.abs(x)), np.sign(X), X * [1, 0, 0], directions=2, oracles="differences")
    assert pair.notes == ("undecided for x[1] to x[2]: a kink within the step",)


def test_what_differences_cannot_follow_is_told_of_all_of_it() -> None:
    found = undecided(lambda x: np.float64(np.float32(square(x))), 2 * X, X, directions=2, oracles="differences")
    assert found.notes == (f"undecided for x: {LIVELY}",)


@pytest.mark.parametrize(
    ("wrong", "precision", "oracle", "share"),
    [(5e-7, np.float64, "complex step", "1e-06"),
     (5e-7, np.float64, "differences", ""), (2e-6, np.float64, "complex step", ""),
     (4e-3, np.float32, "differences", "0.01"), (4e-2, np.float32, "differences", "")],
)  # fmt: skip
def test_what_may_be_the_rounding_of_the_gradient_is_a_doubt_and_beyond_it_a_fail(
    wrong: float, precision: Any, oracle: str, share: str
) -> None:
    gradient = (2 * X * (1 + wrong)).astype(precision)
    if not share:
        assert sketch(square, gradient, X, oracles=oracle).verdict == FAIL
        return
    assert undecided(square, gradient, X, oracles=oracle).notes == (
        (
            f"undecided: outside its budget, but by no more than {share} of the gradient, which its own rounding may "
            "be, or kinks next to x; a gradient in float64, or as a function, and differences, decide more"
        ),
    )
    assert undecided(square, gradient, X, oracles=oracle, detects=1e-4).notes == (
        DOUBTED.format(share=max(float(share), 1e-4)),
    )


@pytest.mark.parametrize(("wrong", "precision"), [(5e-6, np.float64), (4e-2, np.float32)])
def test_without_a_kink_no_more_is_doubted_where_less_must_be_seen(wrong: float, precision: Any) -> None:
    gradient = (2 * X * (1 + wrong)).astype(precision)
    oracle = "differences" if precision == np.float32 else "complex step"
    assert sketch(square, gradient, X, oracles=oracle, detects=0.1).verdict == FAIL


def test_why_a_sketch_is_undecided_is_told_by_the_first_of_its_reasons() -> None:
    it = heard(lambda x: 1 + np.sum(x), np.ones(2), np.ones(2))
    it.unit_gradient = 2.0**-10
    w = [it.parameters.drawn(25, j) for j in (0, 1)]
    assert abs(w[0][0]) > 2 * abs(w[0][1])
    assert abs(w[1][1]) > 2 * abs(w[1][0])

    def note(*readings: Any, enough: float = 0.0) -> str:
        found = tuple(Direction(*r, "differences") for r in readings)
        told = why(it, Sketch(INCONCLUSIVE, found, 2, 1.0, "float64", notes=("before",)), 25, enough, 1e-6)
        assert told.evaluations == it.evaluations
        assert told.notes[0] == "before"
        return told.notes[1]

    assert note((1.25, 1.0, 1.0)) == DOUBTED.format(share=1e-6)
    # Of (4·2⁻¹⁰)·(|w| + 3) along one element the larger is enough for one, and not for both.
    enough = [2.0**-8 * (3 + np.sort(abs(one)).mean()) for one in w]
    lesser = inf
    for _ in range(20):  # until what is enough is just what is had
        lesser = read(it, w[0], (1, 2), lesser, ("differences",))[0].budget
    assert lesser == read(it, w[0], (1, 2), lesser, ("differences",))[0].budget
    for budgets, want in (((2.0, 1.0), 0), ((1.0, 2.0), 1)):
        found = note(*((budget, budget, 1.0) for budget in budgets), enough=enough[want])
        assert note((2.0, 2.0, 1.0), enough=lesser).startswith("undecided for x[0]: ")
        assert re.fullmatch(
            rf"undecided for x\[{want}\]: no error below \S+ × the gradient would have been seen", found
        )


def test_a_gradient_of_zeros_is_read_by_differences_alone_and_says_so_where_it_vanishes() -> None:
    found = undecided(lambda x: 7.0 + 0 * np.sum(x), 0 * X, X, directions=2, oracles=BOTH[::-1])
    assert [(d.residual, d.product, d.oracle, d.reason) for d in found.directions] == [(0, 0, "differences", "")] * 2
    assert (found.norm, found.notes) == (0, (
        "the gradient is 0 as given, and as far as can be read; of such a one any multiple would pass",
    ))  # fmt: skip
    assert found.evaluations == 2 + 12 + 2 * 12, "where nothing moves, one wider step is tried, and no better one"


def test_a_block_whose_error_is_too_wide_is_named_with_what_would_have_been_seen() -> None:
    found = undecided(lambda x: square(x) + 1e12, 2 * X, X, directions=3, oracles="differences")
    assert found.notes == (f"undecided for x: no error below {found.detects:.1g} × the gradient would have been seen",)


def test_on_a_kink_a_smooth_direction_outside_its_budget_is_no_fail() -> None:
    def leaky(x: Any) -> Any:
        return x[2] + np.maximum(np.maximum(x[0], 0) - 2 * np.maximum(x[1], 0), 0)

    found = undecided(leaky, np.array([1.0, -2.0, 1.0]), np.array([0.0, 0.0, 1.0]), oracles="differences")
    assert found.notes == (
        (
            "undecided: outside its budget, but along other directions x lies on a kink, and there a gradient is one "
            "of several: this may be another than the slope that was read; move x away from the kink"
        ),
    )
    assert {d.reason for d in found.directions} == {"", KINK}
    # What is refused is noted of every direction, the last of which is smooth here.
    assert found.directions[5].reason == ""
    twice = undecided(
        leaky, np.array([1.0, -2.0, 1.0]), np.array([0.0, 0.0, 1.0]), oracles=["differences"] * 2, directions=6
    )
    assert twice.notes[0] == "differences: a kink within the step"


# --- wrong ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("oracle", BOTH)
@pytest.mark.parametrize("wrong", [(0,), (2,), (0, 2)])
def test_wrong_elements_are_those_of_the_direction_that_fails_most_clearly(wrong: tuple[int, ...], oracle: str) -> None:
    gradient = 2 * X
    gradient[list(wrong)] += 1.0
    it = heard(square, gradient)
    size = norm(it.parameters.scaled(gradient.copy()))
    found, before = directions(it, 4, 1e-6 * size * quantile(4) / 2, [oracle]), it.evaluations
    j = max(range(4), key=lambda j: found[j].used)
    w, budget = it.parameters.drawn(0, j), found[j].budget

    def look(block: Block) -> Reading:
        return read(it, w, block, budget, (oracle,))[0]

    seen = search(look, [((0, 3), Reading(found[j].residual, budget, oracle))])
    faults = tuple(
        Fault(f"x[{i}]", i, gradient[i], gradient[i] + one.residual / w[i], one.budget / abs(w[i]))
        for (i, _), one in seen.elements
    )
    assert tuple(fault.index for fault in faults) == wrong
    assert all(abs(fault.want - 2 * X[fault.index]) <= fault.error < 1e-6 for fault in faults)
    ended = it.evaluations
    want = Sketch(FAIL, found, 3, size, "float64", faults, True, (), ended, ended - before)
    assert sketch(square, gradient, X, directions=4, oracles=oracle) == want


def shown(parts: dict[str, list[float]], seed: int = 0) -> tuple[Subject, Sketch]:
    """A subject whose elements are wrong by so much along the first direction, and all read to within about 1."""
    x = {name: np.ones(len(off)) for name, off in parts.items()}
    it, _ = subject(lambda *x: 2.0**20 + sum(np.sum(part) for part in x), parameters(x, None))
    off, w = np.concatenate(list(parts.values())), it.parameters.drawn(seed, 0)
    it.gradient, it.unit_gradient = 1 - off / w, 2.0**-22
    reading = read(it, w, (0, w.size), inf, ("differences",))[0]
    direction = Direction(reading.residual, reading.budget, dot(it.gradient, w, (0, w.size))[0], "differences")
    return it, Sketch(FAIL, (direction,), w.size, 1.0, "float64", notes=("before",), evaluations=it.evaluations)


def test_arrays_that_are_wrong_together_and_none_alone_are_told_so() -> None:
    found = blame(*shown({"a": [0.7], "b": [0.7]}), 0)
    assert (found.faults, found.complete) == ((), False)
    assert found.notes == ("before", "wrong as a whole, but no array of it alone is")
    assert (found.evaluations, found.located) == (2 + 6 + 2 * 6, 2 * 6)


def test_a_block_that_is_wrong_while_neither_half_is_is_told_by_its_ends() -> None:
    found = blame(*shown({"a": [0.0, 0.0, 0.7, 0.7]}), 0)
    assert (found.faults, found.complete) == ((), False)
    assert found.notes == ("before", "wrong: a[2] to a[3] as a whole, but neither half alone")
    assert (found.evaluations, found.located) == (2 + 6 + 4 * 6, 4 * 6)


def test_all_that_is_wrong_along_a_direction_is_told_elements_blocks_and_crowds() -> None:
    """Of W's 32 pairs ten are wrong, one of them in neither half; the worst of their elements is named beside c."""
    W = [0.7, 0.7, *[0.0] * 20, *[2.0] * 8, 3.0, *[2.0] * 9, *[0.0] * 24]
    it, result = shown({"W": W, "b": [0.0], "c": [2.0]})
    found, right = blame(it, result, 0), 1.0
    assert found.notes == (
        "before", "wrong: W[0] to W[1] as a whole, but neither half alone",
        "wrong: W, 18 of 20 blocks tried, all within W[22] to W[39]",
    )  # fmt: skip
    assert [(fault.at, fault.index, fault.mine) for fault in found.faults] == [
        ("W[30]", 30, it.gradient[30]), ("c[0]", 65, it.gradient[65])
    ]  # fmt: skip
    assert all(abs(fault.want - right) <= fault.error for fault in found.faults)
    assert not found.complete


def test_an_error_that_the_clearest_direction_does_not_show_is_found_in_another() -> None:
    """Element 1 is off by what shows in the first direction only; the second is the clearer one."""
    it, result = shown({"a": [0.0, 0.0]})
    first, second = (it.parameters.drawn(136, j) for j in (0, 1))
    assert abs(second[1]) * 30 < abs(first[1])
    it.gradient = 1 - np.array([99 / second[0], 25 / first[1]])
    found = []
    for w in (first, second):
        one = read(it, w, (0, 2), inf, ("differences",))[0]
        found.append(Direction(one.residual, one.budget, 1.0, "differences"))
    for more, complete in (((), True), ((Direction(nan, inf, 1.0, "differences", "a reason"),), False)):
        told = blame(it, replace(result, directions=(*found, *more)), 136)
        assert [fault.index for fault in told.faults] == [0, 1]
        assert (told.complete, told.notes, told.located) == (complete, ("before",), 4 * 6)
    alone = blame(it, replace(result, directions=(found[0],)), 136)
    assert (alone.complete, alone.located) == (True, 2 * 6)
    it.gradient[1] = 1.0  # and if nothing more is wrong, nothing more is looked for
    one = read(it, first, (0, 2), inf, ("differences",))[0]
    unclear = Direction(one.residual, one.budget, 1.0, "differences")
    assert blame(it, replace(result, directions=(unclear, found[1])), 136).located == 2 * 6
    third = Direction(99.0, 1.0, 1.0, "differences")  # of which no element is the cause
    assert not blame(it, replace(result, directions=(*found, third)), 136).complete


# --- what is not finite -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("i", "mine"), [(0, nan), (2, -inf)])
@pytest.mark.parametrize(("precision", "dtype"), [(np.float64, "float64"), (np.float32, "float32")])
def test_a_gradient_that_is_not_finite_is_held_against_the_slope_of_that_element_alone(
    i: int, mine: float, precision: Any, dtype: str
) -> None:
    def function(x: Any) -> Any:
        return precision(square(x)) if isinstance(x, np.ndarray) else square(x)

    given = 2 * X
    given[i], given[2] = mine, -inf
    before = given.copy()
    it, _ = subject(function, parameters(X, None))
    it.gradient = np.zeros(3)
    w = it.parameters.scaled(np.where(np.arange(3) == i, 1.0, 0.0))
    it.listen(w, 0)
    best, _ = read(it, w, (i, i + 1), 0.0, BOTH)
    fault = Fault(f"x[{i}]", i, mine, float(best.residual / w[i]), float(best.budget / w[i]))
    assert abs(fault.want - 2 * X[i]) <= fault.error
    want = Sketch(
        FAIL, (), 3, nan, dtype, (fault,), False, ("no direction was read: it is not finite",), it.evaluations, 0
    )
    assert repr(sketch(function, given, X)) == repr(want)
    assert given.tobytes() == before.tobytes()


def test_a_gradient_that_is_not_finite_where_there_is_no_slope_is_undecided() -> None:
    found = undecided(lambda x: np.sum(np.abs(x)), np.array([1.0, -inf, nan]), X * [1, 0, 1], oracles="differences")
    assert found.notes == ("undecided: the gradient is -inf at x[1], where there is a kink within the step",)
    assert (found.directions, found.parameters, found.dtype) == ((), 3, "float64")
    x = np.array([1, 0, 1], dtype=np.float32)
    noted = sketch(lambda x: np.sum(np.abs(x)), np.array([1.0, inf, 1.0]), x, oracles="differences")
    assert noted.notes[0] == "float32 inputs were taken at their exact values and run in float64"


# --- what cannot be used ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "said"),
    [({"directions": 0}, "directions is 0; give a whole number from 1 on"),
     ({"directions": True}, "directions is True; give a whole number from 1 on"),
     ({"directions": 2.0}, "directions is 2.0; give a whole number from 1 on"),
     ({"seed": -1}, "seed is -1; give a whole number from 0 on"),
     *(({"detects": d}, f"detects is {d!r}; give the share of the gradient that must be seen, such as 1e-6")
       for d in (0, 1, 1.5, nan)),
     ({"oracles": ["differences", "complex stp"]}, ("no oracle is called 'complex stp' (did you mean 'complex step'?); "
      "there are differences, complex step")),
     ({"oracles": ()}, "oracles is empty; give one or more of differences, complex step, or leave it out")],
)  # fmt: skip
def test_an_option_that_cannot_be_used_is_told_in_a_sentence(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as raised:
        sketch(square, 2 * X, X, **options)
    assert str(raised.value) == said


def test_the_least_that_can_be_asked_is_one_direction_and_seed_0() -> None:
    assert len(sketch(square, 2 * X, X, directions=1, seed=0, detects=0.5).directions) == 1
    here, door = (inspect.signature(f).parameters.values() for f in (verify.sketch.sketch, sketch))
    assert [(p.name, p.kind, p.default) for p in here] == [(p.name, p.kind, p.default) for p in door]
    assert [p.default for p in here if p.name in ("directions", "seed")] == [8, 0]
    with pytest.raises(UserError) as raised:
        sketch(lambda x: 0 * np.sum(x), np.array([1e200, 1.0]), np.array([1e200, 1.0]))
    said = "the gradient times the size of x overflows; divide the function and its gradient by a number"
    assert str(raised.value) == said
