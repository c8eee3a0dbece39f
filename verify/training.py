"""A training, by hand and by PyTorch from the same start: both curves, and what keeps them together or parts them.

Beside the two run eight trainings by hand whose parameters are nudged by a unit in the last place: their spread is what
rounding does to a curve, and is empirical. At checkpoints both gradients, and both steps, are taken at the very same
parameters and judged by their running bounds, which are rigorous.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np

from manual import deep, training
from manual.initialise import STARTS
from reference_torch import deep as definitions
from verify.datasets import Dataset, load, record
from verify.descent import local
from verify.descent.parting import Watch, rounding_of_cost
from verify.descent.settings import Settings, settings
from verify.descent.sides import RUNS, Point, Step, by_hand, by_torch, nudged, together
from verify.machine import Progress, environment, one_thread
from verify.oracles.definition import tensor
from verify.records.discrepancy import Discrepancy
from verify.records.run import Run
from verify.records.training import Iteration, TrainingRecord

Array = np.ndarray[Any, Any]


def train(
    data: str | Path | None = None, classes: tuple[int, int] | None = None, layers: tuple[int, ...] | None = None,
    activations: tuple[str, ...] = ("relu",), init: str = "course", seed: int = 1, iterations: int = 2500,
    learning_rate: float = 0.0075, every: int | None = None, kink: str = "left", seconds: float | None = None,
    progress: Progress | None = None,
) -> Run:  # fmt: skip
    """Train on a data set (see `verify.datasets.load`), from the start called `init`, by both sides.

    J is the mean cross-entropy, α the `learning_rate`; the last activation is a sigmoid. `every` so many iterations is
    a checkpoint. An interruption, a lack of time (`seconds`) and a cost that is no number any more end the training
    early: the record keeps what there is, and says so. Raises UserError, before anything is run, on settings that
    cannot be used.
    """
    dataset = load(data, classes)
    chosen = settings(dataset, layers, activations, init, seed, iterations, learning_rate, every, kink)
    with one_thread():
        found = trained(dataset, chosen, seconds=seconds, progress=progress)
        machine = environment()
    return Run(
        formulas=(), discrepancies=(), slips=(), network=None, timings=tuple(found.spent.items()),
        environment=machine, seed=seed, command=shlex.join(["handgrad", *sys.argv[1:]]),
        training=found.record(dataset),
    )  # fmt: skip


def _nothing() -> dict[str, float]:
    return {"descent": 0.0, "checkpoints": 0.0, "all": 0.0}


@dataclass
class Training:
    """A training as it goes on; a record can be made of it at any iteration."""

    chosen: Settings
    watch: Watch
    rows: list[Iteration] = field(default_factory=list)
    checks: dict[int, Sequence[Discrepancy]] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=_nothing)
    stopped: str = ""
    ended: str = ""

    def record(self, dataset: Dataset) -> TrainingRecord:
        chosen = self.chosen
        return TrainingRecord(
            model=chosen.model, layers=chosen.layers, activations=chosen.activations, init=chosen.init,
            seed=chosen.seed, learning_rate=chosen.learning_rate, iterations=chosen.iterations, every=chosen.every,
            kink=chosen.kink, runs=RUNS, data=record(dataset), rows=tuple(self.rows),
            checks=(*local.worst(self.checks), self.watch.row()), parting=self.watch.parting,
            blurred=self.watch.blurred, stopped=self.stopped, ended=self.ended,
        )  # fmt: skip


def trained(
    dataset: Dataset, chosen: Settings, *, step: Step = training.descent, seconds: float | None = None,
    progress: Progress | None = None,
) -> Training:  # fmt: skip
    """The loop. `step` is the hand-written update, in whose place a test may put a wrong one."""
    X, Y = dataset.X_train, dataset.Y_train
    start = STARTS[chosen.init](chosen.layers, np.random.RandomState(chosen.seed))
    sides: list[Iterator[Point]] = [by_hand(X, Y, start, chosen, step), by_torch(X, Y, start, chosen)]
    sides += [nudged(X, Y, start, chosen, step, run) for run in range(RUNS)]
    found = Training(chosen, Watch(chosen))
    began = time.perf_counter()
    try:
        with together(chosen, X.shape[1]) as advance:
            for iteration in range(chosen.iterations + 1):
                clock = time.perf_counter()
                here, there, *others = advance(sides)
                found.spent["descent"] += time.perf_counter() - clock
                row = _row(chosen.model, iteration, here, there, others)
                if iteration % chosen.every == 0 or iteration == chosen.iterations:
                    clock = time.perf_counter()
                    found.watch.floor = rounding_of_cost(here, Y)
                    if isfinite(row.cost_manual):
                        found.checks[iteration] = local.compared(X, Y, here, chosen, step)
                    checks = found.checks.get(iteration, ())
                    row = _checkpoint(row, dataset, chosen, checks, here, there, others)
                    found.spent["checkpoints"] += time.perf_counter() - clock
                found.watch.look(row, here, there, Y)
                found.rows.append(row)
                if progress:
                    progress(f"cost {row.cost_manual:.4f}", iteration, chosen.iterations)
                if not (isfinite(row.cost_manual) and isfinite(row.cost_torch)):
                    found.stopped, found.ended = "diverged", diverged(found.rows, chosen)
                    break
                if seconds is not None and time.perf_counter() - began > seconds and iteration < chosen.iterations:
                    found.stopped = "time"
                    found.ended = f"stopped after iteration {iteration}: the {seconds:g} s are spent"
                    break
    except KeyboardInterrupt:
        if not found.rows:
            raise
        found.stopped, found.ended = "interrupted", f"interrupted after iteration {found.rows[-1].iteration}"
    found.spent["all"] = time.perf_counter() - began
    return found


def _row(model: str, iteration: int, here: Point, there: Point, others: Sequence[Point]) -> Iteration:
    spread = max(abs(other.J - here.J) for other in others)
    return Iteration(model, iteration, here.J, there.J, abs(here.J - there.J), spread)


def _checkpoint(
    row: Iteration, dataset: Dataset, chosen: Settings, checks: Sequence[Discrepancy], here: Point, there: Point,
    others: Sequence[Point],
) -> Iteration:  # fmt: skip
    """The row, with what is looked at now and then."""
    gradients = [check.used for check in checks if check.quantity.startswith("d")]
    steps = [check.used for check in checks if check.quantity.startswith(("W", "b"))]
    with np.errstate(all="ignore"):
        test_by_hand, _ = deep.forward_blocks(dataset.X_test, here.parameters, chosen.by_hand)
    values = definitions.forward(tensor(dataset.X_test), tensor(there.parameters), chosen.activations)
    test_by_torch = values[f"A{len(chosen.activations)}"].numpy()
    return replace(
        row,
        local_used=_largest(gradients),
        step_used=_largest(steps),
        accuracy_train_manual=accuracy(here.AL, dataset.Y_train),
        accuracy_train_torch=accuracy(there.AL, dataset.Y_train),
        accuracy_test_manual=accuracy(test_by_hand, dataset.Y_test),
        accuracy_test_torch=accuracy(test_by_torch, dataset.Y_test),
        distance=distance(here.parameters, there.parameters),
        distance_spread=max(distance(here.parameters, other.parameters) for other in others),
    )


def _largest(used: Sequence[float]) -> float:
    known = [x for x in used if x >= 0]
    return max(known, default=nan)


def accuracy(AL: Array, Y: Array) -> float:
    """The share of examples whose prediction, 1 where A[L] > ½, is the label."""
    return float(np.mean((AL > 0.5) == (Y == 1)))


def distance(mine: Mapping[str, Array], other: Mapping[str, Array]) -> float:
    """‖θ − θ′‖/‖θ‖ over all parameters."""
    with np.errstate(all="ignore"):
        apart, size = (np.sqrt(sum(float(np.sum(x**2)) for x in xs)) for xs in (
            [mine[name] - other[name] for name in mine], mine.values()
        ))  # fmt: skip
        return float(apart / size) if size else (0.0 if apart == 0 else float("inf"))


def diverged(rows: Sequence[Iteration], chosen: Settings) -> str:
    """Where the cost stopped being a number, and why, most likely."""
    last = rows[-1]
    lost = [side for side, J in (("by hand", last.cost_manual), ("by PyTorch", last.cost_torch)) if not isfinite(J)]
    where = f"the cost {' and '.join(lost)} is no finite number at iteration {last.iteration}"
    if last.iteration == 0:
        return f"{where}, the start: the start {chosen.init!r} or the data are too large for this network"
    low, high = (f(rows[:-1], key=lambda row: row.cost_manual) for f in (min, max))
    if high.iteration > low.iteration:
        return (
            f"{where}: it had risen from {low.cost_manual:.4g} at iteration {low.iteration} to "
            f"{high.cost_manual:.4g} at iteration {high.iteration}, so the learning rate "
            f"{chosen.learning_rate:g} is most likely too large; try {min(chosen.learning_rate / 10, 1):g}"
        )
    return (
        f"{where}, one step after {rows[-2].cost_manual:.4g}: the learning rate {chosen.learning_rate:g} is most "
        f"likely far too large; try {min(chosen.learning_rate / 1000, 0.01):g}"
    )
