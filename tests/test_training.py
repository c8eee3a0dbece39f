"""A training by both sides: right formulas pass at any network, wrong ones are caught, and the record is honest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manual import deep, losses, training
from manual.initialise import STARTS
from verify import datasets
from verify.datasets import Dataset
from verify.descent import local, sides
from verify.descent.parting import Watch, crossing
from verify.descent.settings import Settings, settings
from verify.descent.sides import RUNS, Point, by_hand, by_torch, nudge
from verify.errors import UserError
from verify.machine import one_thread
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.training import Training, accuracy, distance, train, trained

Array = np.ndarray[Any, Any]


def small(n_x: int = 4, m: int = 12, seed: int = 3, scale: float = 1.0) -> Dataset:
    rng = np.random.default_rng(seed)
    X, Y = rng.standard_normal((n_x, m)) * scale, (np.arange(m) % 3 == 0).astype(np.float64).reshape(1, m)
    return Dataset("small", X, Y, X[:, : m // 2], Y[:, : m // 2], None, "made up", "none needed", "random numbers")


def chosen_for(
    dataset: Dataset, hidden: tuple[int, ...] = (3, 2), names: tuple[str, ...] = ("tanh",), **other: Any
) -> Settings:
    asked: dict[str, Any] = {
        "init": "course", "seed": 1, "iterations": 30, "learning_rate": 0.5, "every": 5, "kink": "left",
    }  # fmt: skip
    return settings(dataset, (dataset.X_train.shape[0], *hidden, 1), names, **(asked | other))


def run(
    hidden: tuple[int, ...] = (3, 2), names: tuple[str, ...] = ("tanh",), step: Any = training.descent, **other: Any
) -> Training:
    data = small()
    with one_thread():
        return trained(data, chosen_for(data, hidden, names, **other), step=step)


def verdicts(found: Training) -> dict[str, str]:
    return {row.quantity: row.verdict for row in found.record(small()).checks}


# --- right formulas ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("names", [("tanh",), ("relu",), ("leaky_relu",), ("sigmoid",), ("relu", "tanh")])
def test_the_notes_own_descent_stays_with_pytorch_and_every_quantity_is_compared(names: tuple[str, ...]) -> None:
    found = run(names=names, seed=2)
    wanted = [f"{d}{q}{l}" for l in (1, 2, 3) for q in "Wb" for d in ("d", "")]
    assert sorted(verdicts(found)) == sorted([*wanted, "J", "cost"])
    assert set(verdicts(found).values()) == {PASS}
    assert found.watch.parting is None
    assert [row.iteration for row in found.rows] == list(range(31))
    assert found.record(small()).checks[-1].compared == 31
    checkpoints = [row.iteration for row in found.rows if row.local_used >= 0]
    assert checkpoints == [0, 5, 10, 15, 20, 25, 30]
    assert all(0 <= row.local_used <= 1 and 0 <= row.step_used <= 1 for row in found.rows if row.local_used >= 0)
    assert max(row.local_used for row in found.rows if row.local_used >= 0) > 0


def test_logistic_regression_is_a_network_of_one_layer() -> None:
    found = run(hidden=(), names=("relu",), init="zeros")
    assert verdicts(found) == dict.fromkeys(("J", "dW1", "W1", "db1", "b1", "cost"), PASS)
    assert found.chosen.model == "4-1"


@given(
    st.lists(st.integers(1, 5), max_size=4),
    st.sampled_from(["relu", "tanh", "leaky_relu", "sigmoid", "linear"]),
    st.sampled_from(sorted(STARTS)),
    st.sampled_from([1e-3, 1.0, 30.0]),
    st.sampled_from(["left", "right"]),
    st.integers(0, 99),
)
def test_right_formulas_are_never_failed_whatever_the_network(
    hidden: list[int], name: str, init: str, scale: float, kink: str, seed: int
) -> None:
    data = small(n_x=3, m=7, seed=seed, scale=scale)
    chosen = chosen_for(data, tuple(hidden), (name,), init=init, kink=kink, seed=seed, iterations=6, every=1)
    with one_thread():
        found = trained(data, chosen)
    for rows in found.checks.values():
        for row in rows:
            assert row.verdict != FAIL, row


# --- wrong ones -------------------------------------------------------------------------------------------------------
Step = Callable[[Mapping[str, Any], Mapping[str, Any], Any], Mapping[str, Any]]


def only(which: Callable[[str], bool], factor: float) -> Step:
    """The step with another α for some of the parameters."""

    def step(parameters: Mapping[str, Any], grads: Mapping[str, Any], learning_rate: Any) -> Mapping[str, Any]:
        scaled = {k: g * (factor if which(k[1:]) else 1.0) for k, g in grads.items()}
        return training.descent(parameters, scaled, learning_rate)

    return step


STEPS: dict[str, tuple[Step, set[str]]] = {
    "+α": (only(lambda name: True, -1.0), {f"{q}{l}" for q in "Wb" for l in (1, 2, 3)}),
    "α missing": (only(lambda name: True, 2.0), {f"{q}{l}" for q in "Wb" for l in (1, 2, 3)}),
    "b not updated": (only(lambda name: name[0] == "b", 0.0), {"b1", "b2", "b3"}),
    "one part in a million in W2": (only(lambda name: name == "W2", 1 + 1e-6), {"W2"}),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_wrong_step_is_failed_in_the_parameters_that_it_moves_wrongly_and_in_no_other(name: str) -> None:
    step, wrong = STEPS[name]
    found = verdicts(run(step=step))
    assert {quantity for quantity, verdict in found.items() if verdict == FAIL} == wrong
    assert found["cost"] == INCONCLUSIVE  # the curves part, and no kink explains it


@pytest.mark.parametrize("factor", [12.0, 1 + 1e-9], ids=["1/m missing", "one part in a thousand million"])
def test_a_wrong_gradient_is_failed_by_name_at_the_same_parameters(
    factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = deep.dW
    monkeypatch.setattr(deep, "dW", lambda dZ, A_prev: right(dZ, A_prev) * (factor if A_prev.shape[0] == 3 else 1.0))
    found = run()
    failed = {quantity for quantity, verdict in verdicts(found).items() if verdict == FAIL}
    assert failed == {"dW2", "W2"}  # the layer below which there are 3 units
    assert max(row.local_used for row in found.rows if row.local_used >= 0) > 1


@pytest.mark.parametrize("kink", ["left", "right"])
@pytest.mark.parametrize(
    "wrong",
    [lambda J, z: J + 1e-9, lambda J, z: 2 * J, lambda J, z: np.where(np.abs(z) > 0.1, 0.0, J), lambda J, z: np.abs(z)],
    ids=["a constant added", "twice", "0 for the confident", "another loss"],
)
def test_a_wrong_cost_is_failed_at_the_same_parameters_whatever_parts_the_curves(
    wrong: Callable[[Any, Any], Any], kink: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = losses.cross_entropy_sound
    monkeypatch.setattr(losses, "cross_entropy_sound", lambda z, y: wrong(right(z, y), z))
    found = verdicts(run(names=("relu",), kink=kink))
    assert {quantity for quantity, verdict in found.items() if verdict == FAIL} == {"J"}


def test_an_element_that_a_kink_blurs_leaves_the_others_to_decide_but_not_alone_and_not_when_it_is_wrong() -> None:
    want, limit = np.array([1.0, 2.0, 3.0]), np.array([1e-15, 0.5, 1e-15])
    row = local._row("dW1", want, want, np.zeros(3), limit, 0)
    assert (row.verdict, row.compared, row.skipped) == (PASS, 2, 1)
    assert row.finding.startswith("1 of 3 elements have too wide a bound")
    assert local._row("dW1", want, want, np.array([0.0, 0.6, 0.0]), limit, 0).verdict == FAIL
    assert local._row("dW1", want, want, np.array([0.0, 0.0, 1e-9]), limit, 0).verdict == FAIL
    assert local._row("dW1", want, want, np.zeros(3), np.full(3, 0.5), 0).verdict == INCONCLUSIVE


def test_curves_that_rounding_alone_spreads_are_not_said_to_stay_together() -> None:
    row = replace(run(iterations=1).rows[0], cost_manual=0.5, cost_torch=0.5, difference=0.0)
    data = small()
    watch = Watch(chosen_for(data), floor=1e-16)
    start = STARTS["course"](watch.chosen.layers, np.random.RandomState(0))
    here = next(by_hand(data.X_train, data.Y_train, start, watch.chosen, training.descent))
    watch.look(replace(row, iteration=7, spread=1e-3, difference=1e-3), here, here, data.Y_train)
    assert (watch.blurred, watch.compared, watch.row().verdict) == (7, 0, INCONCLUSIVE)
    watch.look(replace(row, iteration=8, spread=1e-15), here, here, data.Y_train)
    assert (watch.blurred, watch.compared, watch.row().verdict) == (7, 1, PASS)
    assert watch.row().finding.startswith("from iteration 7 on rounding alone spreads the curves")


def test_a_fault_at_one_checkpoint_alone_fails_the_quantity() -> None:
    rows = {i: [Discrepancy("training", "dW1", "agreement", "autograd", PASS, layer=1, used=0.5)] for i in (0, 10, 20)}
    assert local.worst(rows)[0].verdict == PASS
    rows[10] = [replace(rows[10][0], verdict=FAIL, used=3.0)]
    (row,) = local.worst(rows)
    assert (row.verdict, row.case, row.used) == (FAIL, "iteration 10", 3.0)


def test_a_quantity_that_no_checkpoint_decides_is_undecided_and_a_deciding_one_is_shown() -> None:
    open_ = Discrepancy(
        "training", "db1", "agreement", "autograd", INCONCLUSIVE, layer=1, finding="all of it is 0 here"
    )
    assert local.worst({0: [open_]})[0].verdict == INCONCLUSIVE
    (row,) = local.worst({0: [open_], 5: [replace(open_, verdict=PASS, finding="", used=0.25)]})
    assert (row.verdict, row.case, row.used) == (PASS, "iteration 5", 0.25)
    assert row.finding == "undecided at 1 of 2 checkpoints, the first at iteration 0"


# --- kinks ------------------------------------------------------------------------------------------------------------
def dying() -> tuple[Dataset, Mapping[str, Array]]:
    """Example 1 kills the only unit of layer 1; with b = 0 it leaves the unit of layer 2 exactly on its kink."""
    X, Y = np.array([[-1.0, 2.0, 1.0]]), np.array([[1.0, 0.0, 1.0]])
    parameters = {"W1": [[1.0]], "b1": [[0.0]], "W2": [[0.5]], "b2": [[0.0]], "W3": [[0.75]], "b3": [[0.0]]}
    dataset = Dataset("dying", X, Y, X, Y, None, "made up", "none needed", "three numbers")
    return dataset, {name: np.array(x) for name, x in parameters.items()}


@pytest.mark.parametrize("kink", ["left", "right"])
def test_at_an_exact_kink_the_gradient_passes_whichever_slope_it_takes(kink: str) -> None:
    dataset, parameters = dying()
    chosen = chosen_for(dataset, (1, 1), ("relu",), kink=kink)
    here = next(by_hand(dataset.X_train, dataset.Y_train, parameters, chosen, training.descent))
    rows = {
        row.quantity: row for row in local.compared(dataset.X_train, dataset.Y_train, here, chosen, training.descent)
    }
    assert FAIL not in {row.verdict for row in rows.values()}
    apart = rows["db2"].mine != rows["db2"].want
    assert apart == (kink == "right")  # PyTorch takes the slope from the left


def test_the_curves_part_where_a_unit_is_on_its_kink_and_the_record_names_unit_layer_and_example(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset, parameters = dying()
    monkeypatch.setattr("verify.training.STARTS", {"course": lambda sizes, rng: dict(parameters)})
    with one_thread():
        together, apart = (
            trained(dataset, chosen_for(dataset, (1, 1), ("relu",), kink=kink)) for kink in ("left", "right")
        )
    assert together.watch.parting is None
    parting = apart.watch.parting
    assert parting is not None
    assert (parting.iteration, parting.explained) == (1, True)
    assert parting.difference > 8 * parting.spread
    assert parting.reason == (
        "unit 1 of layer 2 (relu), example 1, is on different sides of its kink at iteration 0: "
        "z = 0 by hand (slope 1), 0 by PyTorch (slope 0)"
    )
    row = apart.record(dataset).checks[-1]
    assert (row.quantity, row.verdict) == ("cost", PASS)
    assert parting.reason in row.finding


def test_a_kink_that_no_gradient_comes_down_to_explains_nothing() -> None:
    """With all weights 0 every ReLU is on its kink, and dA is 0 there: either slope gives the same."""
    data = small()
    chosen = chosen_for(data, (3,), ("relu",), init="zeros", kink="right")
    start = STARTS["zeros"](chosen.layers, np.random.RandomState(0))
    here = next(by_hand(data.X_train, data.Y_train, start, chosen, training.descent))
    there = next(by_torch(data.X_train, data.Y_train, start, chosen))
    assert ((here.Z[0] >= 0) != (there.Z[0] > 0)).all()
    assert crossing(0, here, there, data.Y_train, chosen) is None
    moved = {**start, "W2": start["W2"] + 1.0}
    here = next(by_hand(data.X_train, data.Y_train, moved, chosen, training.descent))
    found = crossing(0, here, there, data.Y_train, chosen)
    assert found is not None
    assert found.others == 3 * 12 - 1


def test_a_side_that_is_no_number_while_the_other_is_has_parted() -> None:
    watch = Watch(chosen_for(small()), floor=1e-16)
    data = small()
    start = STARTS["course"](watch.chosen.layers, np.random.RandomState(0))
    here = next(by_hand(data.X_train, data.Y_train, start, watch.chosen, training.descent))
    row = replace(run(iterations=1).rows[0], cost_torch=float("nan"), difference=float("nan"))
    watch.look(row, here, here, data.Y_train)
    assert watch.parting is not None
    assert not watch.parting.explained


# --- the nudged runs --------------------------------------------------------------------------------------------------
def test_a_nudge_moves_every_number_to_its_neighbour_in_both_directions_and_leaves_0() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(10_000) * 10.0 ** rng.integers(-200, 200, 10_000)
    moved = nudge(x, rng)
    assert (moved == np.where(moved > x, np.nextafter(x, np.inf), np.nextafter(x, -np.inf))).all()
    assert 4_000 < (moved > x).sum() < 6_000
    assert (nudge(np.zeros(9), rng) == 0).all()
    assert nudge(np.ones(9, dtype=np.float32), rng).dtype == np.float32


def test_the_spread_is_that_of_eight_runs_that_differ_from_each_other_and_from_the_run_by_hand() -> None:
    data = small()
    chosen = chosen_for(data, iterations=8)
    start = STARTS["course"](chosen.layers, np.random.RandomState(1))
    given = (data.X_train, data.Y_train, start, chosen, training.descent)
    lines = [by_hand(*given), *(sides.nudged(*given, i) for i in range(RUNS))]
    points: list[Point] = []
    for _ in range(9):
        points = [next(line) for line in lines]
    assert len({point.parameters["W1"].tobytes() for point in points}) == 1 + RUNS
    last = run(iterations=8).rows[-1]
    assert last.spread == max(abs(point.J - points[0].J) for point in points[1:])
    assert last.distance_spread == max(distance(points[0].parameters, p.parameters) for p in points[1:])


def test_a_start_at_zero_has_a_spread_too() -> None:
    found = run(hidden=(), names=("tanh",), init="zeros")
    assert found.rows[-1].distance_spread > 0


def test_the_record_does_not_depend_on_how_many_threads_take_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = run(iterations=6)
    monkeypatch.setattr(sides, "SMALL", 0)
    beside = run(iterations=6)
    assert repr(alone.rows) == repr(beside.rows)
    assert repr(alone.checks) == repr(beside.checks)


# --- how it ends ------------------------------------------------------------------------------------------------------
def test_a_cost_that_is_no_number_stops_the_training_and_names_the_learning_rate() -> None:
    found = run(names=("relu",), learning_rate=1e200)
    assert found.stopped == "diverged"
    assert "no finite number at iteration" in found.ended
    assert "learning rate 1e+200 is most likely" in found.ended
    assert len(found.rows) < 31
    assert np.isfinite(found.rows[0].cost_manual)
    assert found.record(small()).checks


def test_data_that_overflow_at_the_start_are_named_as_the_reason() -> None:
    data = small(scale=1e307)
    with one_thread():
        found = trained(data, chosen_for(data, names=("relu",), init="large"))
    assert (found.stopped, len(found.rows)) == ("diverged", 1)
    assert found.ended.endswith("the start 'large' or the data are too large for this network")
    assert [row.verdict for row in found.record(data).checks] == [INCONCLUSIVE]


# --- the settings -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"init": "coarse"}, "no start is called 'coarse' (did you mean 'course'?); there are course, small, zeros"),
        ({"seed": -1}, "the seed is -1; give a whole number from 0 to 4294967295"),
        ({"iterations": 0}, "iterations is 0; at least 1 is needed"),
        ({"learning_rate": 0.0}, "the learning rate is 0.0; give a finite number above 0"),
        ({"learning_rate": float("nan")}, "the learning rate is nan"),
        ({"learning_rate": float("inf")}, "the learning rate is inf"),
        ({"every": 0}, "checkpoints every 0 iterations are none"),
        ({"kink": "middle"}, "the slope at a kink is that from 'middle'; give left or right"),
        ({"activations": ("rleu",)}, "no activation is called 'rleu' (did you mean 'relu'?)"),
        ({"activations": ("relu_left",)}, "no activation is called 'relu_left'"),
        ({"activations": ("relu", "tanh")}, "the activations given are relu, tanh, the number of hidden layers is 3"),
        ({"layers": (3, 1)}, "begin with 3, but an example of planar flower has 2 features"),
        ({"layers": (2, 4)}, "end with 4 units"),
        ({"layers": (2, 99_999_999, 1)}, "make 399999997 parameters; at most 50000000 are trained"),
    ],
)
def test_settings_that_cannot_be_used_are_one_sentence(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as raised:
        train("planar", **asked)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_left_open_is_completed_from_the_data() -> None:
    with one_thread():
        chosen = settings(datasets.planar(), None, ("relu",), "course", 1, 2500, 0.0075, None)
    assert chosen.layers == (2, 20, 7, 5, 1)
    assert chosen.activations == ("relu", "relu", "relu", "sigmoid")
    assert chosen.by_hand == ("relu_left", "relu_left", "relu_left", "sigmoid")
    assert replace(chosen, kink="right").by_hand == chosen.activations
    assert (chosen.every, chosen.model) == (50, "2-20-7-5-1 relu")


def test_the_run_holds_the_data_as_what_they_are_and_what_was_asked() -> None:
    found = train(
        "planar", layers=(2, 4, 1), activations=("tanh",), init="small", seed=2, iterations=3, learning_rate=1.2
    )
    record = found.training
    assert record is not None
    assert (record.model, record.init, record.seed, record.learning_rate) == ("2-4-1 tanh", "small", 2, 1.2)
    assert (record.data.shape, record.data.test_shape) == ((2, 400), (2, 400))
    assert (record.iterations, record.every, record.runs, record.stopped) == (3, 1, 8, "")
    assert dict(found.timings).keys() == {"descent", "checkpoints", "all"}


def test_an_accuracy_is_the_share_of_right_predictions() -> None:
    assert accuracy(np.array([[0.6, 0.5, 0.4, 0.9]]), np.array([[1.0, 1.0, 0.0, 0.0]])) == 0.5


def test_a_distance_is_relative_over_all_parameters() -> None:
    assert (
        distance({"W1": np.array([3.0]), "b1": np.array([4.0])}, {"W1": np.array([3.0]), "b1": np.array([3.5])}) == 0.1
    )
    assert distance({"W1": np.zeros(2)}, {"W1": np.zeros(2)}) == 0.0
