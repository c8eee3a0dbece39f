"""The exhaustive check part by part: all columns, and from columns to gradients."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from tests.units_subjects import A, Cubic, Walled, layer, moved
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.rounding import up
from verify.units.columns import bounded, columns, known
from verify.units.complex_step import slopes
from verify.units.differences import differences, noises
from verify.units.elements import Elements
from verify.units.layer import judge


# --- all columns ------------------------------------------------------------------------------------------------------
def test_all_columns_are_those_of_either_oracle_and_at_a_kink_the_whole_enclosure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("verify.units.base.BLOCK", 2)
    at = moved(Cubic, [0.0, 1.0, -2.0], ("leaky_relu", "linear"), [[1.0], [0.5], [-1.0]], [[4.0, 1.0, 2.0]])
    at = replace(at, Z={**at.Z, 1: Bounds(at.Z[1].value, np.full((3, 3), 2.0**-60))})
    found = columns(at, 1)
    noise = noises(at, 1)
    assert (found.crossed, found.kinked.dtype) == (3, np.dtype(bool))
    assert found.kinked.tolist() == [[True, False, False]] * 3
    for i, k in np.ndindex(3, 3):
        here = np.array([i]), np.array([k])
        exact, kinked = slopes(at, 1, *here)
        seen = differences(at, 1, *here, noise)
        assert (found.by_complex_step.value[i, k], found.by_complex_step.err[i, k]) == (exact.value[0], exact.err[0])
        assert found.kinked[i, k] == kinked[0]
        if seen.crossed[0]:
            hull, _ = slopes(at, 1, *here, within=seen.steps)
            want = hull.value[0], hull.err[0]
        else:
            want = seen.values[0], up(seen.errors + exact.err)[0]
        assert (found.by_differences.value[i, k], found.by_differences.err[i, k]) == want


def test_a_column_that_is_not_known_is_0_give_or_take_anything() -> None:
    for kind in (Walled, Endless):
        at = moved(kind, [1.0, 0.5], ("linear",), 1.0)
        found = columns(at, 1).by_differences
        assert (found.value[0, 0], found.err[0, 0]) == (0, inf)
        assert found.value[0, 1] != 0 or kind is Endless
    whole, kinked = bounded(moved(Endless, [1.0, 0.5], ("linear",), 1.0), 1)
    assert (whole.value.tolist(), whole.err.tolist(), kinked.tolist()) == ([[0, 0]], [[inf, inf]], [[False, False]])


def test_only_what_is_finite_and_of_a_finite_error_is_known() -> None:
    found = known(np.array([2.0, 2.0, nan, inf]), np.array([1.0, inf, 1.0, 1.0]))
    assert (found.value.tolist(), found.err.tolist()) == ([2, 0, 0, 0], [1, inf, inf, inf])


class Endless(Cubic):
    """Infinite, and not only where rounding makes it so."""

    def loss(self, Z: Any, A: Any, here: Any = ...) -> Any:
        return A * inf


@pytest.mark.parametrize("bounded", [False, True])
def test_gradients_are_the_means_of_slopes_times_what_the_weights_multiply(bounded: bool) -> None:
    at, part = layer(bounded), slice(1, 3)
    (dW, error), (twice, _) = at.wanted("dW3", part)
    A_prev, value = np.array([[1.0, 2.0], [0.0, -4.0], [0.0, 0.0], [0.5, 0.0]]), np.array([[-8.0, 16.0], [1.0, 1.0]])
    assert dW.tolist() == (value @ A_prev.T / 2).tolist()
    assert twice.tolist() == (2 * dW).tolist()
    least = 2.0**-10 * np.abs(A_prev).sum(axis=1) / 2
    assert ((least <= error) & (error <= least * (1 + 2.0**-20) + 2.0**-40)).all()
    (db, error), _ = at.wanted("db3", part)
    assert db.tolist() == [[4.0], [1.0]]
    assert ((error >= 2.0**-10) & (error <= 2.0**-10 * (1 + 2.0**-20))).all()
    for name, wide in (("dW3", 2.0**-5 * np.abs(A_prev).sum(axis=1) / 2), ("db3", np.full(1, 2.0**-5))):
        rounding = at.rounding(name, part)
        assert rounding.shape == (2, len(wide))
        assert ((wide <= rounding) & (rounding <= wide * (1 + 2.0**-20) + 2.0**-40)).all()


@pytest.mark.parametrize("bounded", [False, True])
def test_a_kink_is_felt_by_b_and_by_the_weights_of_what_is_not_0_in_its_example(bounded: bool) -> None:
    at = layer(bounded, ((1, 0), (0, 1), (0, 0)))
    if bounded:  # whatever rounding may have done to it
        at = replace(at, A_prev=Bounds(at.A_prev.value, np.abs(at.A_prev.value)))
    assert at.felt("dW3", slice(0, 2)).tolist() == [[True, False, False, True], [True, True, False, False]]
    assert at.felt("dW3", slice(2, 3)).tolist() == [[False] * 4]
    assert at.felt("db3", slice(0, 3)).tolist() == [[True], [True], [False]]
    assert layer(bounded, ((1, 1), (0, 0), (0, 0))).felt("dW3", slice(0, 1)).tolist() == [[True, True, False, True]]
    assert at.felt("dW3", slice(2, 3)).dtype == bool


def test_a_gradient_is_judged_some_rows_at_a_time_and_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    at = layer(kinked=((0, 1), (0, 0), (0, 0)))
    value = np.array([[2.0, 4.0], [-8.0, 16.0], [1.0, 1.0]])
    sharp = Bounds(value, np.full((3, 2), 2.0**-40))
    at = replace(at, slopes=(sharp, sharp), dZ=sharp)
    mine = value @ at.A_prev.T / 2
    whole = Elements("dW3", 3, (3, 4), 0)
    judge(whole, mine, at, None)
    asked: list[int] = []

    class Noted(Elements):
        def judge(self, first: int, *rest: Any) -> None:
            asked.append(first)
            super().judge(first, *rest)

    for few in (1, 8):
        monkeypatch.setattr("verify.units.layer.AT_ONCE", few)
        asked.clear()
        parts = Noted("dW3", 3, (3, 4), 0)
        judge(parts, mine, at, None)
        assert repr(vars(parts)) == repr(vars(whole))
        assert asked == ([0, 1, 2] if few == 1 else [0, 2])


def test_a_pass_from_elsewhere_grants_its_own_value_rounding_and_kinks() -> None:
    here, there = layer(kinked=((0, 0), (0, 1), (0, 0))), layer(kinked=((1, 0), (0, 0), (0, 0)))
    there = replace(there, slopes=there.slopes[1:])  # twice as much
    one = Elements("dW3", 3, (3, 4), 0)
    mine = there.wanted("dW3", slice(0, 3))[0][0]
    judge(one, mine, here, there)
    want, error = there.wanted("dW3", slice(0, 3))[0]
    limit = error + there.rounding("dW3", slice(0, 3))
    assert one.figures[A].max_abs == 0
    assert one.figures[A].widest == limit.max()
    assert one.kinks == 2 + 2, "two of either"
    assert want.tolist() == mine.tolist()
