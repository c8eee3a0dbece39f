"""A bundle's slopes, element by element: what every operation on them gives, and what is left out of it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from verify.arithmetic import bundles
from verify.arithmetic.balls import Balls

Array = np.ndarray[Any, Any]


def exact(x: Any) -> Array:
    return Balls.of(np.asarray(x, dtype=float)).parts[0]


def told(s: Any) -> Any:
    """The slopes as whole numbers; each must be an exact enclosure."""
    if isinstance(s, np.ndarray):
        return [told(x) for x in s]
    assert isinstance(s, arb)
    assert s.is_exact()
    return int(s.unique_fmpz())


# Three directions; the second moves nothing, and no direction moves the second column of the first row.
S = exact([[[1, 0, 2], [3, 4, 0]], [[0, 0, 0], [0, 0, 0]], [[0, 0, -5], [6, 0, 7]]])
WEIGHTS = exact([[2, 9, 3], [1, -2, 4]])


def test_the_slopes_of_a_weighed_sum_are_the_weighed_sums_of_the_slopes() -> None:
    assert told(bundles.weighed(S, WEIGHTS)) == [2 + 6 + 3 - 8, 0, -15 + 6 + 28]
    assert told(bundles.gross(S, WEIGHTS)) == [2 + 6 + 3 + 8, 0, 15 + 6 + 28]
    assert told(bundles.weighed(S[:, 0, 0], exact(7))) == [7, 0, 0]
    assert told(bundles.gross(-S[:, 0, 0], exact(7))) == [7, 0, 0]


@pytest.mark.parametrize("operation", [
    bundles.minus, lambda s: bundles.times(s, WEIGHTS), lambda s: bundles.over(s, WEIGHTS),
    lambda s: bundles.summed(s, (0,)), lambda s: bundles.along(s, WEIGHTS), lambda s: bundles.behind(WEIGHTS, s),
    lambda s: bundles.weighed(s, WEIGHTS), lambda s: bundles.gross(s, WEIGHTS), lambda s: bundles.raised(s, 3),
    lambda s: bundles.fitted(s, (2, 2)), lambda s: bundles.side_by_side([s, s], (2, 2)), lambda s: bundles.plus(s, s),
    lambda s: bundles.picked(s, np.zeros(2, int)), lambda s: bundles.mix(s, (0,), (arb(1), arb(0)), s, (0, 1)),
])  # fmt: skip
def test_what_stands_still_stands_still_after_any_operation(operation: Callable[[Any], Any]) -> None:
    assert operation(None) is None


def test_a_sum_over_nothing_stands_at_zero() -> None:
    assert told(bundles.summed(exact(np.zeros((2, 0, 3))), (0,))) == [[0, 0, 0], [0, 0, 0]]
    assert told(bundles.summed(S, (0, 1))) == [10, 0, 8]


def test_a_row_is_nothing_where_every_number_in_it_is_exactly_zero() -> None:
    rows = exact(np.zeros((5, 3)))
    rows[1, 2], rows[2, 0], rows[3, 1] = arb(-1), arb(0, 1), arb("nan")
    assert bundles._nonzero(rows).tolist() == [False, True, True, True, False]
    assert bundles._nonzero(rows[:, :0]).tolist() == [False] * 5
    none = bundles._nonzero(rows[:0])
    assert (none.dtype, none.shape) == (bool, (0,))


def test_a_product_of_no_rows_no_columns_or_nothing_between_is_of_its_shape() -> None:
    for directions, rows, inner, columns in ((2, 0, 3, 4), (2, 3, 0, 4), (2, 3, 4, 0), (0, 2, 3, 4)):
        found = bundles.along(exact(np.ones((directions, rows, inner))), exact(np.ones((inner, columns))))
        assert told(found) == np.zeros((directions, rows, columns)).tolist()


def test_new_zeros_may_be_written_over_with_any_slope() -> None:
    still = bundles.zeros((2, 1))
    still[0] = arb(1) / 3
    assert still.dtype == object
    assert Balls(still[0]).rad()[0] < Fraction(1, 2**50)
    assert told(still[1]) == [0]


# --- one by one -------------------------------------------------------------------------------------------------------
MANY = exact(
    [[[k + 1, 0, 0], [0, -k, 3]] for k in range(bundles.FEW)]
)  # the second column of the first row stands still


def test_sums_and_multiples_of_slopes_are_those_of_every_direction() -> None:
    s = np.array(told(MANY))
    assert told(bundles.plus(MANY, None)) == told(bundles.plus(None, MANY)) == s.tolist()
    assert told(bundles.plus(MANY, 2 * MANY)) == (3 * s).tolist()
    assert told(bundles.minus(MANY)) == (-s).tolist()
    by = [[2, 4, 8], [-2, 1, -1]]
    for moving, want in ((MANY, s), (S, np.array(told(S)))):
        assert told(bundles.times(moving, exact(by))) == (want * by).tolist()
        assert told(bundles.over(moving * 8, exact(by))) == (want * 8 // by).tolist()
        assert told(bundles.times(bundles.raised(moving[:, 0], 2), exact(by))) == (want[:, :1] * by).tolist()
        assert told(bundles.times(moving, arb(3))) == (want * 3).tolist()
        assert told(bundles.behind(exact([[1, 2], [3, -1]]), moving)) == ([[1, 2], [3, -1]] @ want).tolist()
        assert told(bundles.along(moving, exact(by).T)) == (want @ np.array(by).T).tolist()
        assert told(bundles.summed(moving, (0,))) == want.sum(axis=1).tolist()
    full = exact(np.ones((bundles.FEW, 3)))
    assert told(bundles.times(full, exact([2, 0, 4]))) == [[2, 0, 4]] * bundles.FEW


def test_what_is_not_finite_spares_nothing() -> None:
    right = exact([[1, 2], [3, 4], [5, 6]])
    right[1, 0] = arb("nan")
    found = bundles.along(S, right)
    assert not any(x.is_finite() for x in found[:, :, 0].ravel())
    assert told(found[:, :, 1]) == (np.array(told(S)) @ [2, 4, 6]).tolist()


def test_shapes_are_widened_behind_the_directions() -> None:
    s = S[:, 0]
    assert bundles.raised(s, 1) is s
    assert bundles.raised(s, 0) is s
    assert told(bundles.raised(s, 3)) == [[[row]] for row in told(s)]
    assert told(bundles.fitted(s, (2, 3))) == [[row, row] for row in told(s)]
    both = bundles.side_by_side([None, s, S], (2, 3))
    assert told(both) == [
        [[[0, a, b] for a, b in zip(row, line, strict=True)] for line in lines]
        for row, lines in zip(told(s), told(S), strict=True)
    ]
    place = np.array([[2, 1, 0], [2, 0, 2]])
    picked = bundles.picked(both, place)
    assert told(picked) == [
        [[lines[0][0], row[1], 0], [lines[1][0], 0, lines[1][2]]] for row, lines in zip(told(s), told(S), strict=True)
    ]
    bundles.mix(picked, (1, 1), (arb("0.5"), arb("0.25"), arb("0.25")), 4 * both, (2, 0, 1))
    mixed = [[[lines[0][0], row[1], 0], [lines[1][0], 2 * lines[1][1] + row[1], lines[1][2]]]
             for row, lines in zip(told(s), told(S), strict=True)]  # fmt: skip
    assert told(picked) == mixed


def test_the_slopes_of_one_element_are_told_direction_by_direction() -> None:
    assert [told(np.array([x])) for x in bundles.slopes_at([None, S, None, 2 * S], (2, 3, 1, 3), (1, 2))] == [
        [x] for x in (0, 0, 0, 0, 7, 0, 0, 0, 14)
    ]
