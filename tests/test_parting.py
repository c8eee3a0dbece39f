"""When two curves part, and why: each iteration is made up, so that every limit is met exactly and missed by little."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from manual import losses, training
from verify.arithmetic.bounds import Bounds
from verify.descent.parting import Crossing, Watch, crossing, rounding_of_cost
from verify.descent.settings import Settings
from verify.descent.sides import Point, by_hand
from verify.questions import BLIND
from verify.records.discrepancy import Discrepancy
from verify.records.training import Iteration, Parting
from verify.records.verdict import INCONCLUSIVE, PASS

Array = np.ndarray[Any, Any]
RELU = Settings((1, 2, 1, 1), ("relu", "leaky_relu", "sigmoid"), "course", 4, 10, 0.5, 5)
RIGHT = replace(RELU, kink="right")
Y = np.array([[1.0, 0.0, 1.0]])
X = np.array([[1.0, -2.0, 3.0]])


def point(chosen: Settings = RELU, **changed: Any) -> Point:
    """Z1 is X and −X, Z2 their ReLUs 0.5 and −1 times: 0.5, −2, 1.5."""
    parameters = {
        "W1": [[1.0], [-1.0]], "b1": [[0.0], [0.0]], "W2": [[0.5, -1.0]], "b2": [[0.0]], "W3": [[0.75]], "b3": [[0.0]],
    } | changed  # fmt: skip
    with np.errstate(over="ignore"):
        return next(by_hand(X, Y, {k: np.array(x) for k, x in parameters.items()}, chosen, training.descent))


def moved(here: Point, *places: tuple[int, int, int], to: float = 1e-300) -> Point:
    """Another side, of which these units (layer, unit and example, from 0) are just on the other side of their kink."""
    Z = [z.copy() for z in here.Z]
    for l, unit, example in places:
        Z[l][unit, example] = -to * np.sign(Z[l][unit, example]) if Z[l][unit, example] else to
    return replace(here, Z=Z)


# --- a kink between the two -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("places", "found"),
    [
        ([(0, 0, 0)], Crossing(7, 1, 1, 1, 1.0, -1e-300, 0)),
        ([(0, 1, 1)], Crossing(7, 1, 2, 2, 2.0, -1e-300, 0)),
        ([(1, 0, 1)], Crossing(7, 2, 1, 2, -2.0, 1e-300, 0)),
        ([(0, 0, 0), (0, 0, 2)], Crossing(7, 1, 1, 1, 1.0, -1e-300, 1)),
        ([(0, 0, 2), (1, 0, 2), (1, 0, 0)], Crossing(7, 2, 1, 1, 0.5, -1e-300, 2)),
    ],
)
def test_the_unit_whose_slope_weighs_most_is_named_and_the_others_are_counted(
    places: list[tuple[int, int, int]], found: Crossing
) -> None:
    here = point()
    assert crossing(7, here, moved(here, *places), Y, RELU) == found


def test_where_all_units_lie_alike_or_have_no_kink_there_is_no_crossing() -> None:
    here = point()
    assert crossing(7, here, here, Y, RELU) is None
    assert crossing(7, here, moved(here, (2, 0, 0)), Y, RELU) is None  # the sigmoid of the output
    smooth = replace(RELU, activations=("tanh", "tanh", "sigmoid"))
    assert crossing(7, here, moved(here, (0, 0, 0)), Y, smooth) is None


def test_a_unit_to_which_no_gradient_comes_down_explains_nothing_and_one_to_which_little_does_explains() -> None:
    for weight, explained in ((0.0, False), (1e-12, True)):
        here = point(W3=[[weight]])
        found = crossing(7, here, moved(here, (1, 0, 0)), Y, RELU)
        assert (found is not None) is explained
    here = point(W2=[[0.5, 0.0]])  # unit 2 of layer 1 weighs nothing
    assert crossing(7, here, moved(here, (0, 1, 0)), Y, RELU) is None
    both = crossing(7, here, moved(here, (0, 1, 0), (0, 0, 0)), Y, RELU)
    assert both == Crossing(7, 1, 1, 1, 1.0, -1e-300, 0)


def test_a_network_that_is_sure_and_wrong_has_gradients_that_come_down() -> None:
    """A[L] is 0 where Y is 1: dA[L] is infinite and g′ is 0, so dZ[L] has to be A[L] − Y."""
    here = point(W3=[[-1e4]])
    assert here.AL[0, 0] == 0
    assert crossing(7, here, moved(here, (1, 0, 0)), Y, RELU) == Crossing(7, 2, 1, 1, 0.5, -1e-300, 0)


@pytest.mark.parametrize(("chosen", "apart"), [(RELU, False), (RIGHT, True)])
def test_at_an_exact_0_the_slope_by_hand_is_the_one_that_was_chosen_and_that_of_pytorch_the_left(
    chosen: Settings, apart: bool
) -> None:
    here = point(chosen, b2=[[-0.5]])
    assert here.Z[1].tolist() == [[0.0, -2.5, 1.0]]
    found = crossing(3, here, here, Y, chosen)
    assert found == (Crossing(3, 2, 1, 1, 0.0, 0.0, 0) if apart else None)
    above = moved(here, (1, 0, 0))
    assert crossing(3, here, above, Y, chosen) == (None if apart else Crossing(3, 2, 1, 1, 0.0, 1e-300, 0))


@pytest.mark.parametrize(
    ("found", "chosen", "text"),
    [
        (
            Crossing(7, 1, 2, 3, 0.25, -1e-9, 0), RELU,
            ("unit 2 of layer 1 (relu), example 3, is on different sides of its kink at iteration 7: "
             "z = 0.25 by hand (slope 1), -1e-09 by PyTorch (slope 0)"),
        ),
        (
            Crossing(0, 2, 1, 1, -0.12345, 0.5, 5), RELU,
            ("unit 1 of layer 2 (leaky_relu), example 1, is on different sides of its kink at iteration 0: "
             "z = -0.123 by hand (slope 0.01), 0.5 by PyTorch (slope 1), and 5 more like it"),
        ),
        (
            Crossing(0, 1, 1, 1, 0.0, 0.0, 0), RELU,
            ("unit 1 of layer 1 (relu), example 1, is on different sides of its kink at iteration 0: "
             "z = 0 by hand (slope 0), 0 by PyTorch (slope 0)"),
        ),
        (
            Crossing(0, 1, 1, 1, 0.0, 0.0, 1), RIGHT,
            ("unit 1 of layer 1 (relu), example 1, is on different sides of its kink at iteration 0: "
             "z = 0 by hand (slope 1), 0 by PyTorch (slope 0), and 1 more like it"),
        ),
    ],
)  # fmt: skip
def test_a_crossing_says_who_where_and_with_which_slopes(found: Crossing, chosen: Settings, text: str) -> None:
    assert found.text(chosen) == text


def test_the_rounding_of_the_cost_is_that_of_its_own_formula() -> None:
    here = point()
    bounded = losses.cost_sound(Bounds.of(here.Z[-1]), Y)
    assert rounding_of_cost(here, Y) == float(bounded.err) > 0
    assert type(rounding_of_cost(here, Y)) is float
    assert rounding_of_cost(replace(here, Z=[np.full((1, 3), inf)]), Y) == inf


# --- the watch --------------------------------------------------------------------------------------------------------
def iteration(n: int, difference: float, spread: float = 0.0, J: float = 1.0, other: float | None = None) -> Iteration:
    return Iteration("1-2-1-1", n, J, J + difference if other is None else other, difference, spread)


def watched(*rows: Iteration, floor: float = 0.0, there: Point | None = None, chosen: Settings = RELU) -> Watch:
    watch, here = Watch(chosen, floor=floor), point(chosen)
    for row in rows:
        watch.look(row, here, there or here, Y)
    return watch


NO_KINK = "unexplained: no unit lay on different sides of its kink up to there"


def said(verdict: str, **about: Any) -> Discrepancy:
    return Discrepancy("training", "cost", "agreement", "spread", verdict, seed=4, **about)


def figures(row: Iteration, compared: int, used: float, budget: float) -> dict[str, Any]:
    return {
        "case": f"iteration {row.iteration}", "compared": compared, "used": used, "max_abs": row.difference,
        "budget": budget, "mine": repr(row.cost_manual), "want": repr(row.cost_torch),
    }  # fmt: skip


S = 2.0**-40


def test_curves_within_eight_spreads_and_twice_the_rounding_of_the_cost_stay_together() -> None:
    row = iteration(3, 8 * S + 2 * S / 4, spread=S)
    watch = watched(iteration(2, S, spread=S), row, floor=S / 4)
    assert (watch.parting, watch.blurred, watch.compared) == (None, None, 2)
    assert repr(watch.row()) == repr(said(PASS, **figures(row, 2, 1.0, 8.5 * S)))


def test_beyond_that_they_have_parted_and_the_first_iteration_is_named() -> None:
    row = iteration(3, 9 * S, spread=S)
    watch = watched(iteration(2, S, spread=S), row, iteration(4, S, spread=S), floor=S / 4)
    assert watch.parting == Parting(3, 9 * S, S, False, NO_KINK)
    assert (watch.blurred, watch.compared) == (None, 2)
    found = f"the curves part at iteration 3: {NO_KINK}"
    assert repr(watch.row()) == repr(said(INCONCLUSIVE, finding=found, **figures(row, 2, 9 / 8.5, 8.5 * S)))


def test_the_worst_iteration_is_the_one_that_uses_most_of_its_limit_and_of_equals_the_first() -> None:
    rows = iteration(1, 2 * S, spread=S), iteration(2, 4 * S, spread=S), iteration(3, 8 * S, spread=2 * S)
    watch = watched(*rows)
    assert watch.worst == (0.5, 8 * S, rows[1])
    assert repr(watch.row()) == repr(said(PASS, **figures(rows[1], 3, 0.5, 8 * S)))


def test_with_no_spread_at_all_equal_costs_are_together_and_others_are_not() -> None:
    equal, apart = iteration(0, 0.0), iteration(1, S)
    assert watched(equal).worst == (0.0, 0.0, equal)
    watch = watched(equal, apart)
    assert watch.worst == (inf, 0.0, apart)
    assert watch.parting == Parting(1, S, 0.0, False, NO_KINK)


def test_a_kink_that_was_crossed_explains_a_parting_and_the_last_one_does() -> None:
    here = point()
    watch = Watch(RELU)
    for n, places in enumerate([[(0, 0, 0)], [(0, 1, 1), (0, 0, 0)], []]):
        watch.look(iteration(n, 0.0, spread=S), here, moved(here, *places), Y)
    assert watch.last == crossing(1, here, moved(here, (0, 1, 1), (0, 0, 0)), Y, RELU)
    row = iteration(3, 9 * S, spread=S)
    watch.look(row, here, moved(here, (1, 0, 0)), Y)
    assert watch.last is not None
    reason = watch.last.text(RELU)
    assert watch.parting == Parting(3, 9 * S, S, True, reason)
    found = f"the curves part at iteration 3: {reason}"
    assert repr(watch.row()) == repr(said(PASS, finding=found, **figures(row, 4, 9 / 8, 8 * S)))


def test_where_rounding_alone_spreads_the_curves_nothing_is_said_of_their_distance() -> None:
    edge = 2.0**-20  # just below 1e-6, the most that a row may be blind to
    ok, wide = iteration(0, 0.0, spread=edge / 8, J=-1.0), iteration(1, 0.0, spread=edge / 4, J=-1.0)
    assert (watched(ok).compared, watched(ok).blurred) == (1, None)
    watch = watched(wide, replace(wide, iteration=2), floor=0.0)
    found = "from iteration {} on rounding alone spreads the curves, and their distance says nothing"
    assert (watch.compared, watch.blurred) == (0, 1)
    assert repr(watch.row()) == repr(said(INCONCLUSIVE, finding=found.format(1), **figures(wide, 0, 0.0, 2 * edge)))
    both = watched(ok, replace(wide, iteration=5))
    assert repr(both.row()) == repr(said(PASS, finding=found.format(5), **figures(ok, 1, 0.0, edge)))
    large, small = watched(replace(wide, cost_manual=-4.0)), watched(replace(ok, cost_manual=-0.25))
    assert [(watch.compared, watch.blurred) for watch in (large, small)] == [(1, None), (0, 0)]
    met = watched(iteration(0, 0.0, spread=BLIND["float64"] / 8))
    assert (met.compared, met.blurred) == (1, None)


@pytest.mark.parametrize(
    ("mine", "theirs", "parted"), [(1.0, nan, True), (inf, 1.0, True), (nan, nan, False), (inf, inf, False)]
)
def test_a_cost_that_is_no_number_on_one_side_alone_has_parted(mine: float, theirs: float, parted: bool) -> None:
    row = iteration(2, nan, spread=S, J=mine, other=theirs)
    watch = watched(row)
    assert repr(watch.parting) == repr(Parting(2, nan, S, False, NO_KINK) if parted else None)
    assert (watch.worst, watch.compared, watch.blurred) == (None, 0, None)
    assert repr(watch.row()) == repr(
        said(INCONCLUSIVE, finding="no iteration has a finite cost on both sides", compared=0)
    )


def test_what_was_together_before_a_cost_was_no_number_was_together() -> None:
    row = iteration(1, S, spread=S)
    watch = watched(row, iteration(2, nan, spread=S, J=nan, other=nan))
    assert repr(watch.row()) == repr(said(PASS, **figures(row, 1, 0.125, 8 * S)))
