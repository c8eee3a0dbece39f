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
