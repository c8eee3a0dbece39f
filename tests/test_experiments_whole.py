"""The notes' experiments, whole but small: a few steps of a few seeds, and every figure of what is judged and drawn.

So small, not all that was stated holds; that it does at full size is asked in tests/test_catalogue.py. After a change
that is meant: `pytest tests/test_experiments_whole.py --snapshot-update`, and read the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import count, islice
from typing import Any

import numpy as np
import pytest

from manual import collapse as notes
from manual import convex, initialise, losses, shallow_descent, training, vectorise
from manual.notation import Layers
from verify.arithmetic.balls import Balls, overlaps, precision
from verify.arithmetic.bounds import Bounds
from verify.checks.claims import Claim
from verify.checks.experiment import Measurement
from verify.experiments import collapse, hyperparameters, learning_rate, saturation, symmetry
from verify.experiments import vectorise as timed
from verify.planar import flower
from verify.setting import Setting

FIGURE = re.compile(r"-?\d+\.?\d*e[+-]?\d+|-?\d+\.\d+")
# Each constant as the experiments state it, and here.
SIZES: dict[str, dict[str, tuple[Any, Any]]] = {
    "collapse": {"DEPTHS": ((2, 3, 4, 5), (2, 3)), "UNITS": (4, 2), "M": (200, 20), "SEEDS": (3, 3), "STEPS": (300, 4)},
    "hyperparameters": {"M": (200, 20), "SEEDS": (3, 2), "STEPS": (200, 22), "TOP": (10.0, 10.0)},
    "learning_rate": {"STEPS": (800, 8), "SHORT": (100, 4), "SEEDS": (5, 2)},
    "saturation": {"M": (60, 12), "SEEDS": (7, 2), "STEPS": (300, 3)},
    "symmetry": {"STEPS": (1000, 3)},
}
EXPERIMENTS: dict[str, tuple[Callable[..., Measurement], Callable[..., Any]]] = {
    "collapse": (collapse.linear_layers_gain_nothing, notes.linear_collapse),
    "hyperparameters": (hyperparameters.effects, training.training_curve),
    "learning_rate": (learning_rate.descent_on_convex_cost, convex.hessian),
    "saturation": (saturation.large_weights_stall, initialise.random),
    "symmetry": (symmetry.units_stay_equal, initialise.equal),
}


def figure(x: float, digits: int = 3) -> str:
    """So many digits; what is as small as rounding is called 0."""
    return f"{x:.{digits}g}" if abs(x) > 1e-12 else "0"


def words(text: Any) -> str:
    return FIGURE.sub(lambda found: figure(float(found[0]), 8), str(text))


def shown(made: Measurement) -> Iterator[str]:
    for claim in made.claims:
        found, claimed = words(claim.found), words(claim.claimed)
        yield f"{claim.quantity}: {claim.holds}, {found} for {claimed}, {claim.compared} compared {claim.note}"
    for s in made.series:
        points = ", ".join(f"{x:g}: {figure(y)}" for x, y in zip(s.x[:5], s.y, strict=False))
        yield f"{s.panel}, {s.name}, {s.quantity}: {len(s.y)} up to {s.x[-1]:g}, {points}"
    yield words(made.note)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, constants in SIZES.items():
        module = import_module(f"verify.experiments.{name}")
        for constant, (stated, here) in constants.items():
            assert getattr(module, constant) == stated
            monkeypatch.setattr(module, constant, here)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_finds_and_draws_what_it_did(name: str, snapshot: Any) -> None:
    measure, formula = EXPERIMENTS[name]
    with precision():
        assert [*shown(measure(formula, Setting(seed=5)))] == snapshot


# --- collapse ---------------------------------------------------------------------------------------------------------
def test_what_is_asked_to_be_one_layer_is_the_network_at_the_end_of_each_training(
    small: None,
) -> None:
    asked = []

    def seen(parameters: Layers) -> tuple[Any, Any]:
        asked.append({name: x.mid().tolist() for name, x in parameters.items()})
        return notes.linear_collapse(parameters)

    collapse.linear_layers_gain_nothing(seen, Setting())
    X, Y = flower(20, seed=1)
    runs = [run for depth in (2, 3) for run in collapse.trainings(X, Y, ("linear",) * (depth - 1))]
    assert asked == [{name: x.tolist() for name, x in run[-1].parameters.items()} for run in runs]
    assert [len(run) for run in runs] == [5] * 6


def state(parameters: Layers, X: Any) -> training.State:
    return next(training.descend(X, np.ones((1, X.shape[1])), parameters, ("linear", "sigmoid"), 0.5))


def test_one_layer_has_to_be_the_network_and_to_be_known_sharply() -> None:
    X, zeros = np.array([[0.7, -1.3], [0.1, 0.9]]), initialise.zeros((2, 3, 1))
    right = initialise.course((2, 3, 1), np.random.default_rng(0))
    with precision():
        assert collapse.is_one_layer(notes.linear_collapse, state(right, X), X)
        assert collapse.is_one_layer(notes.linear_collapse, state(zeros, X), X)
        for wrong in (lambda p: (p["W2"] @ p["W1"], p["b2"] + 1e-30), lambda p: (p["W2"] @ p["W1"] * 2, p["b2"])):
            assert not collapse.is_one_layer(wrong, state(right, X), X)
    with precision(30):
        for scale in (1.0, 1e-30):
            assert not collapse.is_one_layer(notes.linear_collapse, state(right, scale * X), scale * X)


@pytest.mark.parametrize("labels", [[1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0]])
def test_there_is_no_bound_where_what_it_is_made_of_leaves_0_to_1_on_either_side(labels: list[float]) -> None:
    """At θ = 0, a is ½ less its projection: with these labels it goes below 0 but not above 1, or above 1 alone."""
    X = np.array([[-2.0, -1.0, 1.0, 2.0, 8.0]])
    said = r"^the minimum of J is not close enough for a bound: a leaves \[0, 1\]$"
    with precision(), pytest.raises(ValueError, match=said):
        collapse.least_cost(X, np.array([labels]), 0)


def test_newton_starts_at_0_and_takes_so_many_steps() -> None:
    X, Y = flower(20, seed=1)
    assert collapse.newton(X, Y, 0).tolist() == [[0.0], [0.0], [0.0]]
    ones = convex.with_ones(X)  # at θ = 0 every a is ½
    step = np.linalg.solve(ones @ ones.T / 4, ones @ (0.5 - Y).T)
    assert [f"{x:.10g}" for x in collapse.newton(X, Y, 1).ravel()] == [f"{-x:.10g}" for x in step.ravel()]


# --- the learning rate ------------------------------------------------------------------------------------------------
def test_a_rise_is_one_by_more_than_rounding_can_do_at_both_its_ends() -> None:
    costs, limits = np.array([1.0, 1.5, 2.0, 1.0, 1.75]), np.array([0.25, 0.25, 0.125, 0.0, 0.5])
    nothing = np.zeros(())
    descent = learning_rate.Descent(costs, limits, nothing, nothing, nothing)
    assert np.diff(costs).tolist() == [0.5, 0.5, -1.0, 0.75]  # the limits together: 0.5, 0.375, 0.125, 0.5
    assert descent.rises == 2
    assert type(descent.rises) is int


def test_descent_starts_at_0_and_its_costs_have_the_bounds_of_their_own_formula() -> None:
    X, Y = np.array([[1.0, 2.0, -0.5], [0.3, -0.7, 0.2]]), np.array([[1.0, 0.0, 1.0]])
    found = learning_rate.descend(convex.hessian, X, Y, 0.5, 2)
    ones = convex.with_ones(X)
    rate = 1 / np.linalg.eigvalsh(ones @ ones.T / 12)[-1]
    w, b, path = np.zeros((2, 1)), np.zeros(()), []
    for _ in range(3):
        path.append((w, b))
        dZ = 1 / (1 + np.exp(-(w.T @ X + b))) - Y
        w, b = w - rate * (X @ dZ.T) / 3, b - rate * dZ.sum() / 3
    J = [losses.cost_sound(Bounds.of(w.T) @ X + b, Y) for w, b in path]
    assert [f"{x:.10g}" for x in found.costs] == [f"{float(j.value):.10g}" for j in J]
    assert all(0 < limit < 1e-14 for limit in found.limits)
    assert [f"{x:.10g}" for x in found.norms] == [f"{np.sqrt((w**2).sum()):.10g}" for w, _ in path]
    assert [f"{x:.10g}" for x in (*found.w[:, 0], found.b)] == [f"{x:.10g}" for x in (*path[2][0][:, 0], path[2][1])]


def test_a_gradient_vanishes_where_every_element_of_it_may_be_0() -> None:
    """At w = 0 and b = 0, with as many labels of either kind, db is 0; dw is where they are paired, and else not."""
    X, nothing = np.array([[1.0, 1.0, -0.5, -0.5]]), np.zeros(())
    run = learning_rate.Descent(nothing, nothing, nothing, np.zeros((1, 1)), nothing)
    far = replace(run, w=np.array([[0.5]]))
    for labels, vanishes in (
        ([0.0, 1.0, 0.0, 1.0], True),
        ([1.0, 1.0, 0.0, 0.0], False),
        ([1.0, 1.0, 1.0, 1.0], False),
    ):
        Y = np.array([labels])
        assert learning_rate.vanishes(X, Y, run) is vanishes
        assert learning_rate.ends(X, Y, run) == f"{'vanishes' if vanishes else 'does not vanish'}, at w = 0"
    assert learning_rate.ends(X, np.array([[0.0, 1.0, 0.0, 1.0]]), far) == "does not vanish, at w = 0.5"


def test_what_overflows_with_a_rate_too_large_is_not_warned_of() -> None:
    with np.errstate(all="raise", under="ignore"):
        steep = learning_rate.descend(convex.hessian, np.array([[-3.0, 1.0]]), np.array([[1.0, 0.0]]), 4000.0, 2)
        assert np.isfinite(steep.w).all()
        pair = saturation.curves(np.array([[1.0, -2.0]]), np.array([[0.0, 1.0]]), start(800.0), "sigmoid", 0.0)
    assert [len(line) for line in pair] == [301, 301]


def start(size: float) -> Layers:
    return {"W1": np.full((2, 1), size), "b1": np.zeros((2, 1)), "W2": np.ones((1, 2)), "b2": np.zeros((1, 1))}


def test_a_rate_is_too_large_where_the_cost_rises_once_at_least_every_time(small: None) -> None:
    """The Hessian some times as large, and so the rates as many times as small."""
    for times, found in (
        (2.4, ("4", True, "2, 1", True)),
        (3.2, ("1", True, "1, 0", False)),
        (4.0, ("0", False, "0, 0", False)),
    ):
        made = learning_rate.descent_on_convex_cost(lambda X, w, b, k=times: k * convex.hessian(X, w, b), Setting())
        large, draws = made.claims[2], made.claims[4]
        assert (str(large.found), large.holds, draws.found, draws.holds) == found


def test_on_the_ray_the_costs_are_those_of_doubled_weights_and_fall_where_each_is_below_the_last() -> None:
    X, Y = np.array([[-1.5, 0.5]]), np.array([[0.0, 1.0]])
    with precision():
        costs = learning_rate.ray(X, Y)
        for t, J in zip((1, 2, 4, 8, 16), costs, strict=True):
            want = np.log(1 + np.exp(Balls.of(-1.5 * t))) + np.log(1 + np.exp(Balls.of(-0.5 * t)))
            assert np.all(overlaps(2 * J, want))
        assert learning_rate.falling(costs)
    for numbers, falls in (
        ((3, 2, 1), True),
        ((3, 3, 2), False),
        ((3, 1, 2), False),
        ((1, 0.5, 0), False),
        ((2, 1, -1), False),
    ):
        assert learning_rate.falling([Balls.of(np.array(float(x))) for x in numbers]) is falls


def test_the_draws_are_of_20_points_of_the_plane_whose_labels_alternate() -> None:
    X, Y = learning_rate.points(3)
    assert X.tolist() == np.random.default_rng([3, 11]).standard_normal((2, 20)).tolist()
    assert Y.tolist() == [[0.0, 1.0] * 10]


# --- saturation -------------------------------------------------------------------------------------------------------
def test_a_slope_or_a_cost_that_is_the_same_is_neither_smaller_nor_larger(small: None) -> None:
    """With randn·0.1, or randn·100, in the place of randn·0.01."""
    for scale, told in ((0.1, "tanh: mean slope at the start"), (100.0, "tanh: median cost after 3 steps, randn·100")):
        found = {claim.quantity: claim.holds for claim in made(scale)}
        assert found[told] is False


def made(scale: float) -> Sequence[Claim]:
    return saturation.large_weights_stall(saturation.randn(scale), Setting()).claims


# --- hyperparameters --------------------------------------------------------------------------------------------------
def test_the_costs_that_are_compared_are_the_medians_at_the_end_of_the_points_that_are_named(small: None) -> None:
    """A training whose costs say of which point, seed and step they are."""
    digits = {(): 1, (1,): 2, (4,): 3, (4, 4): 4}, {"tanh": 1, "relu": 2, "linear": 3}, {0.01: 1, 1.0: 2, 30.0: 3}

    def f(X: Any, Y: Any, hidden: Any, activation: str, rate: float, steps: int, rng: Any) -> list[float]:
        seed = [np.random.default_rng(seed).random() for seed in (0, 1)].index(rng.random())
        point = 100 * digits[0][hidden] + 10 * digits[1][activation] + digits[2][rate]
        assert (X.shape, Y.shape, steps) == ((2, 20), (1, 20), 22)
        return [point + step / 100 + 0.002 * seed for step in range(23)]

    found = hyperparameters.effects(f, Setting())
    assert [(claim.found, claim.claimed) for claim in found.claims] == [
        ("312.2010", "above 312.2210"), ("311.2210", "above 312.2210"), ("112.2210", "above 312.2210"),
        ("212.2210", "above 312.2210"), ("332.2210", "above 312.2210"), ("412.2210", "below 312.2210"),
        ("22, 22", "some, at every seed"),
    ]  # fmt: skip
    assert [claim.holds for claim in found.claims] == [False, False, False, False, True, False, True]
    still = hyperparameters.effects(lambda *given: [1.0] * 23, Setting())
    assert [claim.holds for claim in still.claims] == [False] * 7
    *_, once = hyperparameters.effects(lambda *given: [1.0] * 22 + [2.0], Setting()).claims
    assert (once.holds, once.found) == (True, "1, 1")


# --- symmetry ---------------------------------------------------------------------------------------------------------
def test_units_are_within_rounding_where_none_is_further_off_than_a_bound_that_is_known() -> None:
    near, far = np.array([[0.0], [0.25]]), np.array([[0.0], [0.5]])
    limit, unknown = np.full((2, 1), 0.25), np.full((2, 1), np.inf)
    assert symmetry.within({"W1": (near, limit), "b1": (near, limit)})
    assert not symmetry.within({"W1": (near, limit), "b1": (far, limit)})
    assert not symmetry.within({"W1": (near, unknown), "b1": (near, limit)})


@pytest.mark.parametrize("activation", ["tanh", "leaky_relu"])
def test_after_a_step_units_differ_from_the_first_by_what_two_bounds_allow(activation: str) -> None:
    X, Y = symmetry.data(2, 8, 3)
    begun = initialise.equal_rows((2, 3, 1), np.random.default_rng(3))
    found = symmetry.after_a_step(X, Y, begun, activation)
    moved = symmetry.descend(X, Y, begun, 1, activation)
    bounded = symmetry.descend(Bounds.of(X), Bounds.of(Y), {k: Bounds.of(x) for k, x in begun.items()}, 1, activation)
    for name, part in (("rows of W1", "W1"), ("b1", "b1"), ("columns of W2", "W2")):
        x, err = (moved[part], bounded[part].err) if part != "W2" else (moved[part].T, bounded[part].err.T)
        far, limit = found[name]
        assert far.tolist() == abs(x - x[0]).tolist()
        assert limit.tolist() == (err + err[0]).tolist()
    assert [*found] == ["rows of W1", "b1", "columns of W2"]
    assert repr(symmetry.descend(X, Y, begun, activation=activation)) == repr(moved)
    two, again = symmetry.descend(X, Y, begun, 2, activation), symmetry.descend(X, Y, moved, 1, activation)
    assert repr(two) == repr(again) != repr(moved)


def test_unit_by_unit_and_vectorised_every_step_is_that_of_the_notes() -> None:
    X, Y = symmetry.data(2, 7, 3)
    assert Y.tolist() == [[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]]
    begun = initialise.equal_rows((2, 3, 1), np.random.default_rng(3))
    for activation in ("sigmoid", "leaky_relu"):
        first, second, third = islice(symmetry.by_loops(X, Y, begun, activation), 3)
        one, two = (
            shallow_descent.descent_loop(X, Y, **at, learning_rate=0.5, activation=activation) for at in (first, second)
        )
        assert repr(first) == repr(begun)
        assert [repr([*at.values()]) for at in (second, third)] == [repr([*one]), repr([*two])]
        assert [*second] == [*third] == [*begun]


def test_units_are_beyond_rounding_where_all_but_the_first_are() -> None:
    limit = np.array([[0.0], [0.25], [0.25]])
    assert symmetry.beyond(np.array([[0.0], [0.5], [0.375]]), limit)
    assert not symmetry.beyond(np.array([[0.0], [0.5], [0.25]]), limit)


# --- the time of a pass ----------------------------------------------------------------------------------------------
def test_the_time_of_a_pass_is_the_shortest_of_its_runs_on_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((10.0, 15.0, 20.0, 22.5, 30.0, 34.0, 50.0, 57.0))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    given = []
    assert timed.times(lambda *numbers: given.append(numbers)) == 2.5
    assert timed.times(lambda *numbers: given.append(numbers), 1, m=3) == 7.0
    rng = np.random.default_rng(0)
    for m, (X, Y, w, b) in zip((1000, 1000, 1000), given, strict=False):
        assert (X.shape, Y.tolist()) == ((20, m), [[0.0, 1.0] * (m // 2)])
        assert (w.shape, b.tolist(), b.shape) == ((20, 1), 0.5, ())
    X, Y, w, b = given[3]
    assert (X.tolist(), w.tolist()) == (rng.normal(size=(20, 3)).tolist(), rng.normal(size=(20, 1)).tolist())
    assert (Y.tolist(), Y.dtype) == ([[0.0, 1.0, 0.0]], np.float64)


@pytest.mark.parametrize(("spent", "much"), [(9.75, True), (10.0, False), (200.0, False)])
def test_much_faster_is_by_ten_times_and_more(spent: float, much: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 100.0, 200.0, 500.0, 600.0, 600.0 + spent, 700.0, 999.0))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    found = "much faster" if much else "not much faster"
    assert timed.faster(vectorise.vectorised, Setting()) == Measurement(
        [Claim("time", much, found, "much faster", note="the times stand in timings.csv")]
    )


def test_passes_are_timed_by_loop_and_vectorised_for_every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, sizes = count(0.0), []
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    assert {"loop": vectorise.loop, "vectorised": vectorise.vectorised} == timed.PASSES
    seen = dict.fromkeys(timed.PASSES, lambda X, Y, w, b: sizes.append(X.shape))
    monkeypatch.setattr("verify.experiments.vectorise.PASSES", seen)
    assert [*timed.passes()] == [
        (f"one pass, n_x = 20, m = {m}, {name}", 1.0)
        for m in (1, 3, 10, 30, 100, 300, 1000)
        for name in ("loop", "vectorised")
    ]
    assert sizes == [(20, m) for m in (1, 3, 10, 30, 100, 300, 1000) for _ in range(6)]
