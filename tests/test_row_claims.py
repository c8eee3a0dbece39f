"""What the claims of rows make of subjects that just keep, or just miss, what is claimed."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2
from typing import Any

import numpy as np
import pytest

from manual import initialise
from verify.arithmetic.balls import SHARP, Balls
from verify.catalogue import CATALOGUE
from verify.records.verdict import FAIL, PASS
from verify.rows import circuits  # by the module: mutants make the class anew
from verify.rows.initialise import stay_equal_through_blas, together
from verify.setting import Setting

ROWS = {row.id: row for row in CATALOGUE}


def at_zero(there: float, elsewhere: float) -> Callable[..., Any]:
    return lambda z: Balls.of(np.where(z == 0, there, elsewhere))


def halving(z: Balls) -> Balls:
    """½ at 0, and elsewhere just as far from 0 or 1 as σ(z) must be nearer."""
    far = 2.0 ** -abs(z.mid())
    return Balls.of(np.where(z < 0, far, np.where(z > 0, 1 - far, 0.5)))


def as_large_as_may_be(x: circuits.Traced) -> None:
    """As many layers as a tree for parity may have, and as many units."""
    levels = 2 * ceil(log2(len(x.value)))
    for units in (*[1] * (levels - 1), 3 * (len(x.value) - 1) + 1):
        np.where(x[[0] * units] > 0, 1, 0)


@pytest.mark.parametrize(
    ("id", "check", "subject", "verdicts"),
    [
        ("sigmoid", "facts", halving, [PASS, *[FAIL] * 6]),
        ("deep.circuit", "construction", lambda x: x.sum(axis=0) % 2, [FAIL] * 10),
        ("deep.circuit", "units", as_large_as_may_be, [PASS] * 17),
        ("deep.circuit.and_units", "units needed", lambda x: 0 * x, [FAIL]),
        ("tanh.derivative", "facts", at_zero(1, 0.0), [PASS, FAIL, FAIL]),
        ("tanh.derivative", "facts", at_zero(1000, 1.0), [FAIL, FAIL, FAIL]),
        ("tanh.derivative", "facts", at_zero(1000, 0.9995), [FAIL, PASS, PASS]),
        ("loss.squared", "counter-example", lambda a, y: 0 * a, [FAIL]),
        ("loss.cases", "monotonicity", lambda y_hat, y: 0 * y_hat, [FAIL, FAIL]),
    ],
)  # fmt: skip
def test_a_claim_is_judged_right_up_to_its_very_bound(
    id: str, check: str, subject: Callable[..., Any], verdicts: list[str]
) -> None:
    rows = ROWS[id].checks[check](subject, id, Setting(source=False))
    assert [row.verdict for row in rows] == verdicts


def test_of_a_net_whose_output_has_another_shape_no_input_is_right() -> None:
    rows = ROWS["deep.circuit"].checks["construction"](lambda x: x.sum(axis=0) % 2, "", Setting(source=False))
    assert {row.mine for row in rows} == {"0 inputs right"}


def test_rows_of_balls_are_equal_where_no_bound_on_their_gap_reaches_what_is_sharp() -> None:
    assert together(Balls.of(np.array([[1.0, 2.0]] * 3)))
    assert not together(Balls.of(np.array([[0.0], [0.0], [SHARP]])))


def test_elements_that_have_parted_are_counted() -> None:
    first = next(iter(stay_equal_through_blas(initialise.equal_rows, Setting())))
    # Three units with two weights each: two of the units have parted from the first.
    assert (first.holds, first.note) == (False, "4 elements of W1 differ in their bits")


def test_columns_that_are_traced_compute_as_arrays_do() -> None:
    x = np.array([[1.0, 0.0], [1.0, 1.0]])
    for reduced in (np.sum, np.add.reduce, np.logical_and.reduce):
        np.testing.assert_array_equal(reduced(circuits.Traced(x, []), axis=1).value, reduced(x, axis=1))
