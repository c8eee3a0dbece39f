"""What the right tensor alone explains: each transform by its whole sentence, and what is no evidence for any."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls, precision
from verify.diagnosis.fit import enclosed
from verify.diagnosis.match import Match
from verify.diagnosis.structure import structural

NOTHING: Mapping[str, int] = {}
RNG = np.random.default_rng(6)
RIGHT, SQUARE, COLUMN, LINE = (RNG.normal(size=shape) for shape in ((3, 4), (3, 3), (3, 1), (4,)))
PAIR, LONG, LONGER, CUBE = (RNG.normal(size=shape) for shape in ((2, 2), (16,), (17,), (2, 3, 4)))


def told(mine: Any, want: Any, m: int = 5, sizes: Mapping[str, int] = NOTHING) -> list[Match]:
    """Floats are exact."""
    return list(structural("dW", enclosed(mine), enclosed(want), m, sizes))


def times(factor: Fraction | int, x: Any) -> Balls:
    with precision():
        return Balls.of(x) * Balls.of(np.array(Fraction(factor), dtype=object))


def changed(at: Any, to: Any, of: Any = RIGHT) -> Any:
    x = of.copy()
    x[at] = to
    return x


# --- one factor for all ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("factor", "kind", "words"),
    [
        (2, "factor", "is 2 times too large."),
        (-1, "sign", "has the wrong sign."),
        (5, "average", "is m = 5 times too large: the 1/m is missing."),
        (7, "average", "is n = 7 times too large: n = X.shape[0]: it is added up once too often."),
        (Fraction(7, 3), "factor", "is 7/3 times what it should be."),
        (Fraction(65, 64), "factor", "is 1.016 times what it should be."),
        (Fraction(63, 64), "factor", "is 0.9844 times what it should be."),
        (Fraction(10123, 10000), "off", "is off by a relative 1.2e-02."),
        (Fraction(1.0 - 2.0**-12), "off", "is off by a relative -2.4e-04."),
        (1 + Fraction(123, 10**24), "off", "is off by a relative 1e-22."),
        (1 + Fraction(1, 10**6), "off", "is off by a relative 1e-06."),
    ],
)
def test_a_factor_is_said_in_its_words(factor: Any, kind: str, words: str) -> None:
    (match,) = told(times(factor, RIGHT), RIGHT, 5, {"X.shape[0]": 7})
    assert (match.kind, match.sentence, match.cost) == (kind, f"dW {words}", 1)
    assert match.residual < 2.0**-120


def test_a_factor_that_its_enclosure_does_not_tell_is_none_that_is_known_and_of_wide_ones_none_is_told() -> None:
    """Of forty numbers, each known to an eighth, there is a factor, but that it is m, and not m + 1/2, is not known."""
    many = RNG.normal(size=40)
    wide = told(enclosed(5 * many, np.abs(many) / 4), many)
    assert [(match.kind, 0.01 < match.residual < 1) for match in wide] == [("factor", True)]
    slightly = told(enclosed(129 / 128 * many, np.abs(many) * 2.0**-20), many)
    assert [(match.kind, 2.0**-22 < match.residual < 2.0**-18) for match in slightly] == [("off", True)]
    few = told(enclosed(5 * RIGHT, np.abs(RIGHT)), RIGHT)
    assert [match for match in few if match.kind in ("average", "factor", "off")] == []
    largest = np.abs(many) == np.max(np.abs(many))
    maybe = enclosed(np.where(largest, 1.05, 1.1) * many, 0.08 * np.abs(many))
    assert told(maybe, many) == []  # the factor may be 1
    sharp = told(enclosed(5 * RIGHT, np.abs(RIGHT) * 2.0**-40), RIGHT)
    assert [(match.kind, match.residual > 2.0**-44) for match in sharp] == [("average", True)]


def test_a_single_number_is_told_by_a_factor_that_is_known_and_by_what_it_is_off() -> None:
    assert told(5.0, 1.0) == [
        Match("average", "dW is m = 5 times too large: the 1/m is missing."),
        Match("offset", "dW is off by 4.", cost=20),
    ]
    assert told(1.75, 1.25) == [Match("offset", "dW is off by 1/2.", cost=20)]
    assert told(0.5, 1.25) == [Match("offset", "dW is off by −3/4.", cost=20)]
    for mine in (1.2345, 1.26789, 1e-9, 1.25e30):
        assert told(mine, 1.25) == []
    assert told(enclosed(1.75, 1e-3), 1.25) == []
    with precision():
        assert told(Balls.of(np.array(Fraction(1, 10**20), dtype=object)), Balls.of(0.0)) == []
    assert told([[1.75]], [[1.25]]) == [Match("offset", "dW is off by 1/2.", cost=20)]


# --- the same numbers elsewhere -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mine", "want", "kind", "words"),
    [
        (SQUARE.T, SQUARE, "transpose", "is the transpose of what it should be."),
        (RIGHT[::-1], RIGHT, "flip", "has its rows in reverse order."),
        (RIGHT[:, ::-1], RIGHT, "flip", "has its columns in reverse order."),
        (RIGHT[::-1, ::-1], RIGHT, "flip", "has its rows and its columns in reverse order."),
        (PAIR[::-1], PAIR, "flip", "has its rows in reverse order."),
        (PAIR[::-1, ::-1], PAIR, "flip", "has its rows and its columns in reverse order."),
        (COLUMN[::-1], COLUMN, "flip", "has its rows in reverse order."),
        (COLUMN.T[:, ::-1], COLUMN.T, "flip", "has its columns in reverse order."),
        (LINE[::-1], LINE, "flip", "has its elements in reverse order."),
        (np.roll(LINE, 1), LINE, "shift", "is shifted by 1 along axis 0."),
        (np.roll(LINE, 3), LINE, "shift", "is shifted by 3 along axis 0."),
        (np.roll(RIGHT, 2, 1), RIGHT, "shift", "is shifted by 2 along axis 1."),
        (np.roll(RIGHT, 2, 0), RIGHT, "shift", "is shifted by 2 along axis 0."),
        (np.roll(LONG, 15), LONG, "shift", "is shifted by 15 along axis 0."),
        (np.roll(CUBE, 1, 2), CUBE, "shift", "is shifted by 1 along axis 2."),
    ],
)
def test_numbers_in_other_places_are_told_by_the_move(mine: Any, want: Any, kind: str, words: str) -> None:
    assert told(mine, want) == [Match(kind, f"dW {words}")]
    near = told(mine, enclosed(want, np.abs(want) * 2.0**-40))
    assert [(match.sentence, 2.0**-44 < match.residual < 2.0**-38) for match in near] == [(f"dW {words}", True)]
    assert [match.kind for match in told(mine, enclosed(want, np.abs(want) * 4))] == []


def test_a_shift_along_a_long_axis_is_not_looked_for() -> None:
    assert told(np.roll(LONGER, 1), LONGER) == []


# --- another shape --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mine", "want", "found"),
    [
        (RIGHT.T, RIGHT, [("transpose", "is the transpose of what it should be: shape (4, 3) for (3, 4).")]),
        (RIGHT[0], RIGHT[:1], [("shape", "has shape (4,) for (1, 4); its numbers are right.")]),
        (RIGHT.reshape(4, 3), RIGHT, [("shape", "has shape (4, 3) for (3, 4); its numbers are right.")]),
        (COLUMN.T, COLUMN, [
            ("transpose", "is the transpose of what it should be: shape (1, 3) for (3, 1)."),
            ("shape", "has shape (1, 3) for (3, 1); its numbers are right."),
        ]),
        (np.zeros(3), np.zeros((3, 1)), [("shape", "has shape (3,) for (3, 1); its numbers are right.")]),
        (2.0, np.array([[2.0]]), [("shape", "has shape () for (1, 1); its numbers are right.")]),
        (3.0, np.array([[2.0]]), []),
        (np.broadcast_to(COLUMN, (3, 4)), COLUMN,
         [("shape", "has shape (3, 4) for (3, 1): the right numbers, spread over more places.")]),
        (RIGHT + 1, LINE, []),
        (SQUARE, LINE, []),
        (RIGHT, LINE[:2], []),
        (RIGHT, np.array([[1.0]]), []),
        (np.array([[1.0]]), RIGHT, []),
    ],
)  # fmt: skip
def test_another_shape_is_told_with_both(mine: Any, want: Any, found: list[tuple[str, str]]) -> None:
    assert told(mine, want) == [Match(kind, f"dW {words}") for kind, words in found]


@pytest.mark.parametrize(
    ("shape", "axis", "keep", "over"),
    [
        ((3, 4), 0, True, "axis 0"), ((3, 4), 1, True, "axis 1"), ((3, 4), 0, False, "axis 0"),
        ((3, 4), 1, False, "axis 1"), ((2, 3, 4), 2, False, "axis 2"), ((4,), 0, True, "axis 0"),
        ((4,), 0, False, "axis 0"), ((3, 4), None, True, "all its elements"), ((3, 4), None, False, "all its elements"),
    ],
)  # fmt: skip
def test_a_sum_that_is_missing_or_one_too_many_is_told_with_its_axis(
    shape: tuple[int, ...], axis: int | None, keep: bool, over: str
) -> None:
    x = Balls.of(RNG.normal(size=shape))
    total = np.sum(x, axis=axis, keepdims=keep)
    assert [(match.kind, match.sentence) for match in told(x, total)] == [
        ("sum", f"dW has shape {shape} for {total.shape}: the sum over {over} is missing.")
    ]
    assert [(match.kind, match.sentence) for match in told(total, x)] == [
        ("sum", f"dW has shape {total.shape} for {shape}: it is summed over {over}, where nothing is to be summed.")
    ]


def test_shapes_and_sums_that_agree_because_nothing_is_known_are_not_told() -> None:
    for mine, want in ((COLUMN, COLUMN[:, 0]), (RIGHT.T, RIGHT), (RIGHT, RIGHT.sum(axis=0)), (RIGHT, LINE)):
        assert told(enclosed(mine, 99.0), want) == told(mine, enclosed(want, 99.0)) == []
    zeros = np.zeros((3, 1))
    assert told(zeros[:, 0], enclosed(zeros, 1.0)) == told(enclosed(zeros[:, 0], 1.0), zeros) == []
    near = told(enclosed(COLUMN[:, 0], 2.0**-40), COLUMN)
    assert [(match.kind, match.residual > 0) for match in near] == [("shape", True)]
    near = told(enclosed(RIGHT.T, 2.0**-40), RIGHT)
    assert [(match.kind, match.residual > 0) for match in near] == [("transpose", True)]


# --- a few wrong places ---------------------------------------------------------------------------------------------
EYE = np.eye(3, dtype=bool)


@pytest.mark.parametrize(
    ("mine", "want", "kind", "words"),
    [
        (changed((1, 2), 0.875), changed((1, 2), 0.375), "element", "at [1, 2] alone, by 0.5."),
        (changed((1, 2), 0.123), changed((1, 2), 0.375), "element", "at [1, 2] alone, by -0.252."),
        (changed((1, 2), 0), RIGHT, "element", "at [1, 2] alone: it is 0 there."),
        (changed((1, 2), -RIGHT[1, 2]), RIGHT, "element", "at [1, 2] alone, where it has the wrong sign."),
        (changed((1, 2), 1.5), changed((1, 2), 0), "element", "at [1, 2] alone, by 1.5."),
        (changed(3, 0, LINE), LINE, "element", "at [3] alone: it is 0 there."),
        (changed((0, 0, 1), 0, CUBE), CUBE, "element", "at [0, 0, 1] alone: it is 0 there."),
        (changed(2, 0), RIGHT, "row", "in row 2 alone: it is 0 there."),
        (changed(2, 5 * RIGHT[2], RIGHT), changed(2, RIGHT[2]), "row", "in row 2 alone."),
        (changed((2, slice(1, 3)), 0), RIGHT, "row", "in row 2 alone: it is 0 there."),
        (RIGHT * np.array([1, 2, 1, 1]), RIGHT, "column", "in column 1 alone, where it is 2 times too large."),
        (changed(1, 0, RIGHT[:2]), RIGHT[:2], "row", "in row 1 alone: it is 0 there."),
        (changed((slice(None), 1), 0, RIGHT[:, :2]), RIGHT[:, :2], "column", "in column 1 alone: it is 0 there."),
        (changed((slice(1), slice(2)), 9.0, RIGHT[:, :3]), RIGHT[:, :3], "row", "in row 0 alone."),
        (changed((slice(2), 0), 0, RIGHT), RIGHT, "column", "in column 0 alone: it is 0 there."),
        (np.where(EYE, 0, SQUARE), SQUARE, "diagonal", "on the diagonal alone: it is 0 there."),
        (np.where(np.eye(3, 4), 0, RIGHT), RIGHT, "diagonal", "on the diagonal alone: it is 0 there."),
        (changed((1, 0), 1e-6, np.zeros((3, 2))), np.zeros((3, 2)), "element", "at [1, 0] alone, by 1e-06."),
    ],
)  # fmt: skip
def test_the_only_wrong_place_is_told_and_what_is_there(mine: Any, want: Any, kind: str, words: str) -> None:
    assert [(match.kind, match.sentence, match.residual, match.cost) for match in told(mine, want)] == [
        (kind, f"dW is wrong {words}", 0.0, 1)
    ]


@pytest.mark.parametrize(
    ("mine", "want"),
    [
        (np.where(EYE & (SQUARE[2, 2] != SQUARE), 0, SQUARE), SQUARE),
        (np.where(EYE[::-1], 0, SQUARE), SQUARE),
        (changed(([0, 1], [0, 2]), 0), RIGHT),
        (changed(slice(2), 9.0, LINE), LINE),
        (changed((0, slice(2)), 9.0, COLUMN.T), COLUMN.T),
        (changed((slice(2), 0), 9.0, COLUMN), COLUMN),
        (changed((0, slice(2)), 9.0, CUBE), CUBE),
        (np.where(np.arange(12).reshape(3, 4) == 5, 2.0, 0), np.where(np.arange(12).reshape(3, 4) == 5, 1.5, 0)),
        (RIGHT + RIGHT**2, RIGHT),
    ],
)
def test_where_the_wrong_places_are_no_line_or_the_others_are_zeros_nothing_is_told(mine: Any, want: Any) -> None:
    assert [match for match in told(mine, want) if match.kind != "factor"] == []


def test_a_place_is_not_told_where_the_others_are_not_known_to_be_right() -> None:
    """Five times too large everywhere, and only one element sharp enough to show it."""
    wide = np.where(RIGHT[1, 2] == RIGHT, 0, 9 * np.abs(RIGHT))
    for mine in (enclosed(5 * RIGHT, wide), enclosed(-RIGHT, wide)):
        assert told(mine, RIGHT) == []
    zeros = np.zeros((3, 2))
    assert told(changed((1, 0), 1e-6, zeros), enclosed(zeros, changed((1, 0), 0, zeros + 1e-3))) == []


def test_what_is_there_is_not_named_by_a_factor_that_its_enclosure_does_not_tell() -> None:
    right = changed((1, 2), 1.0)
    mine = enclosed(changed((1, 2), 2.1), changed((1, 2), 0.25, 0 * RIGHT))
    assert [match.sentence for match in told(mine, right)] == ["dW is wrong at [1, 2] alone, by 1.1."]


# --- an offset, and nothing at all ----------------------------------------------------------------------------------
def test_the_same_offset_everywhere_is_told_with_its_size_and_one_that_differs_anywhere_is_not() -> None:
    right = np.array([[1.0, 2.0, -4.0], [8.0, 0.5, -0.25]])
    for off, said in ((0.125, "1/8"), (-3.0, "−3"), (0.123456, "0.1235")):
        with precision():
            (match,) = told(Balls.of(right) + off, right)
        assert (match.kind, match.sentence, match.cost) == ("offset", f"dW is off by the same {said} everywhere.", 1)
        assert match.residual < 2.0**-120
    assert told(changed((0, 0), 9.0, right + 0.125), right) == []
    assert told(np.zeros((2, 1)) + 0.5, np.zeros((2, 1)))[-1:] == [
        Match("offset", "dW is off by the same 1/2 everywhere.")
    ]
    # Of a tensor that is the same number everywhere an offset says no more than that; of a wide one nothing.
    assert told(np.full(3, 7.25), np.full(3, 4.0)) == []
    assert told(enclosed(right + 0.125, 9.0), enclosed(right)) == []
    near = told(enclosed(right + 0.125, 2.0**-40), right)
    assert [(match.kind, match.residual > 0) for match in near] == [("offset", True)]


def test_zeros_are_told_as_such_and_what_is_below_all_floats_is_not_zero() -> None:
    assert told(np.zeros((3, 4)), RIGHT) == [Match("zero", "dW is 0 everywhere.")]
    with precision():
        tiny = Balls.of(RIGHT) * 1e-300 * 1e-300
        assert told(tiny, RIGHT) == []
        last = Balls.of(changed((1, 2), 0)) + tiny * Balls.of(changed((1, 2), 1, 0 * RIGHT))
    assert [match.sentence for match in told(last, RIGHT)] == ["dW is wrong at [1, 2] alone, by -0.654."]
