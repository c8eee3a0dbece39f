"""Numbers on either side of a kink: the step of the branch that is ahead, and of both where that is left open."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.bounds import Bounds
from verify.arithmetic.kind import Unsupported
from verify.arithmetic.sided import Sided

Array = np.ndarray[Any, Any]


def sided(real: Any, step: Any, real_err: Any = 0.0, step_err: Any = 0.0) -> Sided:
    return Sided(Bounds.of(np.asarray(real, float), real_err), Bounds.of(np.asarray(step, float), step_err))


def told(x: Sided) -> list[Any]:
    return [y.tolist() for part in (x.value, x.step) for y in (part.value, part.err)]


# Powers of two apart, and errors of their own: it shows whose is whose.
REAL, STEP = [[1.0, -8.0], [16.0, -4.0]], [[2.0, 4.0], [8.0, 16.0]]
REAL_ERR, STEP_ERR = [[0.125] * 2] * 2, [[0.5, 0.25]] * 2
Z = sided(REAL, STEP, REAL_ERR, STEP_ERR)
BRANCHES: dict[str, tuple[Callable[[Any], Any], list[Any], list[Any]]] = {
    "max(0, z)": (lambda z: np.maximum(0, z), [[2, 0], [8, 0]], [[0.5, 0], [0.5, 0]]),
    "max(z, 0)": (lambda z: np.maximum(z, 0.0), [[2, 0], [8, 0]], [[0.5, 0], [0.5, 0]]),
    "min(z, 0)": (lambda z: np.minimum(z, 0), [[0, 4], [0, 16]], [[0, 0.25], [0, 0.25]]),
    "min(0, z)": (lambda z: np.minimum(np.zeros(2), z), [[0, 4], [0, 16]], [[0, 0.25], [0, 0.25]]),
    "|z|": (abs, [[2, -4], [8, -16]], [[0.5, 0.25], [0.5, 0.25]]), "fabs": (np.fabs, [[2, -4], [8, -16]], STEP_ERR),
    "max of two": (lambda z: np.maximum(z, z[::-1]), [[8, 16], [8, 16]], STEP_ERR),
    "min of two": (lambda z: np.minimum(z, z[::-1]), [[2, 4], [2, 4]], STEP_ERR),
    "a clip": (lambda z: np.clip(z, -6, 2), [[2, 0], [0, 16]], [[0.5, 0], [0, 0.25]]),
}  # fmt: skip


@pytest.mark.parametrize("name", BRANCHES)
def test_the_step_is_that_of_the_branch_that_is_ahead_and_the_real_part_the_real_functions(name: str) -> None:
    function, step, err = BRANCHES[name]
    found, real = function(Z), function(Z.value)
    assert told(found) == [real.value.tolist(), real.err.tolist(), step, err]
    assert isinstance(found, Sided)


def covered(x: Sided, low: Any, high: Any) -> bool:
    """The step reaches from the one slope to the other, and beyond by no more than some twenty roundings may take."""
    middle, err = Fraction(float(x.step.value)), Fraction(float(x.step.err))
    slack = (Fraction(high) - Fraction(low)) / 2**44
    return low - slack <= middle - err <= low and high <= middle + err <= high + slack


TINY = 5e-324
OPEN: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
    "a tie": lambda: (np.maximum(0, sided(0, 8)), 0, 8),
    "a tie of |z|": lambda: (abs(sided(0, 8)), -8, 8),
    "within the error": lambda: (np.maximum(sided(1, 8, 1.5), 0), 0, 8),
    "just within": lambda: (np.maximum(sided(2 * TINY, 8), 0), 0, 8),
    "within the error of both": lambda: (np.minimum(sided(1, 8, 0.75), sided(2, -2, 0.75)), -2, 8),
    "a step that is not known": lambda: (np.maximum(sided(0, 8, 0, 2), 0), -2, 10),
    "two steps that are not known": lambda: (np.maximum(sided(0, 8, 0, 2), sided(0, 1, 0, 4)), -3, 12),
    "two infinities": lambda: (np.maximum(sided(np.inf, 1), sided(np.inf, 2)), 1, 2),
}


@pytest.mark.parametrize("name", OPEN)
def test_where_it_is_left_open_which_is_ahead_the_step_reaches_from_the_one_slope_to_the_other(name: str) -> None:
    found, low, high = OPEN[name]()
    assert covered(found, low, high)


def test_only_what_is_left_open_covers_both() -> None:
    found = np.maximum(sided([0, 3, -3, 1], [8, 8, 8, 8], [0, 1, 1, 2]), 0)
    assert [covered(x, 0, 8) for x in found] == [True, False, False, True]
    assert (found.step.value[1:3].tolist(), found.step.err[1:3].tolist()) == ([8, 0], [0, 0])


def test_everything_analytic_is_a_complex_number_whose_parts_are_bounded() -> None:
    w = sided([3.0, 0.5], [2.0, -1.0], 0, 0.5)
    found = w * w + 1
    assert found.value.value.tolist() == [9 - 4 + 1, 0.25 - 1 + 1]
    assert found.step.value.tolist() == [12, -1]
    for step, err, at in zip(found.step.value, found.step.err, (3.0, 0.5), strict=True):
        assert err >= 2 * at * 0.5
        assert (step, err < 2 * at) == (step, True)
    assert isinstance(found, Sided)


def test_what_is_no_number_of_this_kind_stands_still() -> None:
    still = Z._lift(np.array([1.0, 2.0]))
    assert told(still) == [[1, 2], [0, 0], [0, 0], [0, 0]]
    assert Z._lift(Z) is Z
    assert told(Z._lift(Bounds.of([1.0], 0.5))) == [[1], [0.5], [0], [0]]
    assert told(Sided(2.0, 3.0)) == [2, 0, 3, 0]
    assert (Z.value, Z.step) == Z.parts


def test_what_would_drop_the_step_is_refused() -> None:
    for refused in (np.sign, np.sort, lambda z: np.max(z, axis=0), lambda z: np.greater(z, 0)):
        with pytest.raises(Unsupported):
            refused(Z)
