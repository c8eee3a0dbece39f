"""A whole training, every number of its record: each iteration is put together here from the sides themselves."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from math import inf, isnan, nan
from typing import Any

import numpy as np
import pytest
import torch

from manual import deep, training
from manual.initialise import STARTS
from verify import datasets
from verify.datasets import Dataset
from verify.descent import local, sides
from verify.descent.parting import Watch, rounding_of_cost
from verify.descent.settings import Settings
from verify.descent.sides import RUNS, Point
from verify.errors import UserError
from verify.machine import one_thread
from verify.records.discrepancy import Discrepancy
from verify.records.training import Iteration, Parting, TrainingRecord
from verify.records.verdict import INCONCLUSIVE, PASS
from verify.training import Training, _largest, accuracy, distance, diverged, train, trained

Array = np.ndarray[Any, Any]
# PyTorch imports its compiler with the first optimiser, which takes longer than all of these tests.
torch.optim.SGD([torch.zeros(1)], lr=1.0)
CHOSEN = Settings((2, 3, 1), ("relu", "sigmoid"), "small", 5, 3, 0.5, 2)
SHORT = replace(CHOSEN, layers=(2, 1), activations=("sigmoid",), iterations=2)


def small(scale: float = 1.0) -> Dataset:
    rng = np.random.default_rng(3)
    X, Y = rng.standard_normal((2, 14)) * scale, (np.arange(14) % 3 == 0).astype(np.float64).reshape(1, 14)
    return Dataset("small", X[:, :9], Y[:, :9], X[:, 9:], Y[:, 9:], None, "made up", "none needed", "random numbers")


def run(chosen: Settings = CHOSEN, data: Dataset | None = None, **other: Any) -> Training:
    with one_thread():
        return trained(data or small(), chosen, **other)


def lines(chosen: Settings, data: Dataset, step: Any = training.descent) -> list[Iterator[Point]]:
    start = STARTS[chosen.init](chosen.layers, np.random.RandomState(chosen.seed))
    given = data.X_train, data.Y_train, start, chosen
    hand, nudged = sides.by_hand(*given, step), [sides.nudged(*given, step, n) for n in range(RUNS)]
    return [hand, sides.by_torch(*given), *nudged]


@pytest.mark.parametrize("kink", ["left", "right"])
def test_every_number_of_every_iteration_is_that_of_the_sides(kink: str) -> None:
    chosen, data = replace(CHOSEN, kink=kink), small()
    found = run(chosen, data)
    checks, wanted, watch = {}, [], Watch(chosen)
    for n, (here, there, *others) in enumerate(islice(zip(*lines(chosen, data), strict=True), 4)):
        row = Iteration(
            "2-3-1 relu", n, here.J, there.J, abs(here.J - there.J), max(abs(other.J - here.J) for other in others)
        )
        if n in (0, 2, 3):
            checks[n] = local.compared(data.X_train, data.Y_train, here, chosen, training.descent)
            used = [{check.quantity: check.used for check in checks[n]}[q] for q in ("dW1", "db1", "dW2", "db2")]
            moved = [{check.quantity: check.used for check in checks[n]}[q] for q in ("W1", "b1", "W2", "b2")]
            of_test = [deep.forward(data.X_test, side.parameters, chosen.by_hand)[0] for side in (here, there)]
            row = replace(
                row, local_used=max(used), step_used=max(moved),
                accuracy_train_manual=accuracy(here.AL, data.Y_train),
                accuracy_train_torch=accuracy(there.AL, data.Y_train),
                accuracy_test_manual=accuracy(of_test[0], data.Y_test),
                accuracy_test_torch=accuracy(of_test[1], data.Y_test),
                distance=distance(here.parameters, there.parameters),
                distance_spread=max(distance(here.parameters, other.parameters) for other in others),
            )  # fmt: skip
            watch.floor = rounding_of_cost(here, data.Y_train)
        watch.look(row, here, there, data.Y_train)
        wanted.append(row)
    assert repr(found.rows) == repr(wanted)
    assert repr(found.checks) == repr(checks)
    assert repr(found.watch) == repr(watch)
    assert (found.stopped, found.ended) == ("", "")
    assert {row.accuracy_train_manual for row in wanted if not isnan(row.distance)} != {1.0}


def test_a_record_holds_the_settings_the_data_the_iterations_and_the_worst_of_the_checks() -> None:
    checks = {0: [Discrepancy("training", "dW1", "agreement", "autograd", PASS, used=0.5)]}
    parting = Parting(1, 0.5, 0.25, False, "a reason")
    watch = Watch(CHOSEN, parting=parting, blurred=2)
    found = Training(replace(CHOSEN, kink="right"), watch, rows(0.5, 0.25), checks, {}, "time", "it is late")
    assert repr(found.record(small())) == repr(TrainingRecord(
        model="2-3-1 relu", layers=(2, 3, 1), activations=("relu", "sigmoid"), init="small", seed=5, learning_rate=0.5,
        iterations=3, every=2, kink="right", runs=8, data=datasets.record(small()), rows=(*rows(0.5, 0.25),),
        checks=(*local.worst(checks), watch.row()), parting=parting, blurred=2, stopped="time", ended="it is late",
    ))  # fmt: skip
    assert Training(CHOSEN, Watch(CHOSEN)).spent == {"descent": 0.0, "checkpoints": 0.0, "all": 0.0}


def test_the_two_sides_have_their_own_accuracies() -> None:
    """By hand nothing is learnt, so that the sides end apart."""
    found = run(replace(CHOSEN, iterations=15, every=15, learning_rate=8.0), step=lambda p, grads, rate: p)
    last = found.rows[-1]
    assert last.accuracy_train_manual == found.rows[0].accuracy_train_manual < last.accuracy_train_torch
    assert last.accuracy_test_manual != last.accuracy_test_torch
    assert last.distance > 1 > last.distance_spread
    assert found.watch.parting is not None
    assert (found.record(small()).parting, found.record(small()).blurred) == (found.watch.parting, None)


def test_what_is_told_on_the_way() -> None:
    told: list[tuple[str, int, int]] = []
    found = run(SHORT, progress=lambda *said: told.append(said))
    assert told == [(f"cost {row.cost_manual:.4f}", row.iteration, 2) for row in found.rows]


# --- the clock --------------------------------------------------------------------------------------------------------
@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that shows a second more whenever it is looked at."""
    seconds = count(100.0)
    monkeypatch.setattr("time.perf_counter", lambda: next(seconds))


@pytest.mark.usefixtures("ticking")
def test_the_time_is_told_by_what_it_was_spent_on() -> None:
    found = run(SHORT)  # looked at twice for each of 3 iterations and 2 checkpoints, and at both ends
    assert found.spent == {"descent": 3.0, "checkpoints": 2.0, "all": 11.0}


@pytest.mark.usefixtures("ticking")
@pytest.mark.parametrize(
    ("seconds", "last"), [(4.5, 0), (5.0, 1), (12.5, 2)]
)  # looked at after each iteration: at 5, 8 and 13
def test_a_training_stops_after_the_iteration_at_which_the_time_is_spent(seconds: float, last: int) -> None:
    found = run(SHORT, seconds=seconds)
    assert found.rows[-1].iteration == last
    said = f"stopped after iteration {last}: the {seconds:g} s are spent"
    assert (found.stopped, found.ended) == (("time", said) if last < 2 else ("", ""))


# --- how it ends ------------------------------------------------------------------------------------------------------
def test_an_interruption_keeps_what_there_is_and_is_passed_on_where_there_is_nothing() -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    try:
        found = run(SHORT, progress=interrupt)
    except KeyboardInterrupt:  # else it would end pytest itself
        pytest.fail("an interruption is passed on")
    assert (found.stopped, found.ended) == ("interrupted", "interrupted after iteration 2")
    assert [row.iteration for row in found.rows] == [0, 1, 2]
    assert {row.verdict for row in found.record(small()).checks} == {PASS}
    assert found.spent["all"] >= found.spent["descent"] > 0

    def at_once(*given: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(SHORT, step=at_once)


def test_a_side_that_is_no_number_ends_the_training_and_the_curves_have_parted() -> None:
    def lost(parameters: Any, grads: Any, rate: Any) -> Any:
        return {name: x + nan for name, x in parameters.items()}

    found = run(step=lost)
    assert [row.iteration for row in found.rows] == [0, 1]
    assert (found.stopped, sorted(found.checks)) == ("diverged", [0])
    first = found.rows[0].cost_manual
    assert found.ended.startswith(f"the cost by hand is no finite number at iteration 1, one step after {first:.4g}: ")
    assert found.watch.parting is not None


def test_units_that_are_on_their_kinks_at_a_start_of_zeros_explain_nothing() -> None:
    found = run(replace(CHOSEN, init="zeros", kink="right", iterations=1))
    assert (found.watch.last, found.watch.parting, found.stopped) == (None, None, "")


def test_a_start_that_is_no_number_has_a_row_and_no_checkpoint() -> None:
    found = run(replace(CHOSEN, init="large"), data=small(1e307))
    assert (len(found.rows), found.checks, found.stopped) == (1, {}, "diverged")
    assert isnan(found.rows[0].local_used)
    assert isnan(found.rows[0].step_used)
    assert not isnan(found.rows[0].accuracy_train_manual)
    assert found.ended == (
        "the cost by hand and by PyTorch is no finite number at iteration 0, the start: the start 'large' or the data "
        "are too large for this network"
    )


def rows(*costs: float, theirs: float = 1.0) -> list[Iteration]:
    return [Iteration("2-1", n, J, J if n < len(costs) - 1 else theirs, 0.0, 0.0) for n, J in enumerate(costs)]


LOST = "the cost {} is no finite number at iteration {}"
RISEN = (
    "it had risen from {} at iteration {} to {} at iteration {}, so the learning rate {} is most likely too large; "
    "try {}"
)
AT_ONCE = "one step after {}: the learning rate {} is most likely far too large; try {}"
START = "the start: the start 'small' or the data are too large for this network"
BOTH = "by hand and by PyTorch"


@pytest.mark.parametrize(
    ("found", "rate", "lost", "why"),
    [
        (rows(0.5, 0.25, 4.0, inf), 0.5, ("by hand", 3), ": " + RISEN.format("0.25", 1, "4", 2, "0.5", "0.05")),
        (
            rows(0.25, 0.25, 4.0, 4.0, nan, theirs=nan), 1e200, (BOTH, 4),
            ": " + RISEN.format("0.25", 0, "4", 2, "1e+200", "1"),
        ),
        (rows(0.5, 0.25, 1.0, theirs=inf), 20.0, ("by PyTorch", 2), ", " + AT_ONCE.format("0.25", "20", "0.01")),
        (rows(0.69314718, inf), 2.0, ("by hand", 1), ", " + AT_ONCE.format("0.6931", "2", "0.002")),
        (rows(nan), 2.0, ("by hand", 0), f", {START}"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_cost_that_is_no_number(
    found: list[Iteration], rate: float, lost: tuple[str, int], why: str
) -> None:
    assert diverged(found, replace(CHOSEN, learning_rate=rate)) == LOST.format(*lost) + why


# --- the small tools --------------------------------------------------------------------------------------------------
def test_a_distance_of_parameters_is_that_of_all_of_them_together_relative_to_the_first() -> None:
    three, four = {"W1": np.array([[3.0]]), "b1": np.array([4.0])}, {"W1": np.array([[3.0]]), "b1": np.array([-8.5])}
    assert distance(three, four) == 2.5
    assert distance(three, {"W1": np.array([[0.0]]), "b1": np.array([0.0])}) == 1.0
    zero, two = {"W1": np.zeros(2)}, {"W1": np.array([0.0, 2.0])}
    assert (distance(zero, zero), distance(zero, two), distance(two, zero)) == (0.0, inf, 1.0)
    with np.errstate(all="raise"):
        assert isnan(distance({"W1": np.array([1e300])}, {"W1": np.array([-1e300])}))


def test_the_largest_use_of_a_budget_is_that_of_those_that_are_known() -> None:
    assert (_largest([0.0]), _largest([nan, 0.25, 0.125]), _largest([0.0, 0.5])) == (0.0, 0.25, 0.5)
    assert isnan(_largest([]))
    assert isnan(_largest([nan]))


def test_an_accuracy_counts_the_predictions_above_a_half() -> None:
    AL, Y = np.array([[0.5, 0.51, 0.49, 1.0, 0.0]]), np.array([[0.0, 1.0, 1.0, 1.0, 0.0]])
    assert accuracy(AL, Y) == 0.8
    assert type(accuracy(AL, Y)) is float


# --- the door ---------------------------------------------------------------------------------------------------------
def test_the_classes_that_are_asked_for_are_asked_of_the_data() -> None:
    with pytest.raises(UserError, match="class"):
        train("planar", classes=(1, 2), iterations=1)


def test_a_run_is_the_training_that_was_asked_for_and_says_by_which_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["anything", "train", "a folder"])
    told: list[Any] = []
    found = train(
        "planar", layers=(2, 3, 1), activations=("tanh",), init="small", seed=2, iterations=3, learning_rate=1.25,
        every=2, kink="right", seconds=1e-9, progress=lambda *said: told.append(said),
    )  # fmt: skip
    assert (found.formulas, found.discrepancies, found.slips, found.network) == ((), (), (), None)
    assert (found.command, found.seed, [name for name, _ in found.timings]) == (
        "handgrad train 'a folder'", 2, ["descent", "checkpoints", "all"],
    )  # fmt: skip
    assert found.environment
    record = found.training
    assert record is not None
    assert (record.model, record.init, record.seed, record.iterations, record.learning_rate, record.every) == (
        "2-3-1 tanh", "small", 2, 3, 1.25, 2,
    )  # fmt: skip
    assert (record.kink, record.stopped, record.ended) == (
        "right", "time", "stopped after iteration 0: the 1e-09 s are spent",
    )  # fmt: skip
    assert record.data == datasets.record(datasets.planar())
    # Where nothing is said it is the course's own network for cats: ReLU, 2,500 iterations, α = 0.0075.
    assert {name: p.default for name, p in inspect.signature(train).parameters.items()} == {
        "data": None, "classes": None, "layers": None, "activations": ("relu",), "init": "course", "seed": 1,
        "iterations": 2500, "learning_rate": 0.0075, "every": None, "kink": "left", "seconds": None, "progress": None,
    }  # fmt: skip
    assert [row.verdict for row in record.checks] == [PASS] * len(record.checks)
    assert told == [(f"cost {record.rows[0].cost_manual:.4f}", 0, 3)]
    assert INCONCLUSIVE not in {row.verdict for row in record.checks}
