"""A training, by hand and by PyTorch from the same start."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from verify.records.discrepancy import Discrepancy
from verify.records.network import DataRecord


@dataclass(frozen=True)
class Iteration:
    """One row of a training record: the state before the step of that number (so 0 is the start).

    `difference` is |cost_manual − cost_torch|. `spread` is the largest |cost − cost_manual| among the nudged runs: it
    is empirical. `local_used` and `step_used` are rigorous: how far the two gradients at the very same parameters, and
    the two steps from there, lie apart, in units of their running bounds. `distance` is ‖θ_manual − θ_torch‖/‖θ_manual‖
    over all parameters θ, `distance_spread` the largest such distance among the nudged runs. Accuracies are shares of
    1. Numbers that are taken at checkpoints alone are nan between them.
    """

    model: str
    iteration: int
    cost_manual: float
    cost_torch: float
    difference: float
    spread: float
    local_used: float = nan
    step_used: float = nan
    accuracy_train_manual: float = nan
    accuracy_train_torch: float = nan
    accuracy_test_manual: float = nan
    accuracy_test_torch: float = nan
    distance: float = nan
    distance_spread: float = nan


# Two curves further apart than so many spreads have parted.
SPREADS = 8


@dataclass(frozen=True)
class Parting:
    """The first iteration at which the two sides part by more than 8 × the spread, and why, in a sentence."""

    iteration: int
    difference: float
    spread: float
    explained: bool
    reason: str


@dataclass(frozen=True)
class TrainingRecord:
    """One training, by hand and by PyTorch from the same start.

    `rows` are the iterations; `checks` one row a quantity (dW1, …, and cost for the curves), each the worst over the
    checkpoints, which are every `every` iterations. `kink` says which slope the formulas by hand take at a kink: that
    from the left (as the course's code and PyTorch) or from the right (as the notes). `ended` says why fewer iterations
    were run than asked for; empty where all were. `stopped` is "", "interrupted", "time" or "diverged".
    `blurred` is the first iteration from which rounding alone spreads the curves too far to be compared.
    """

    model: str
    layers: tuple[int, ...]
    activations: tuple[str, ...]
    init: str
    seed: int
    learning_rate: float
    iterations: int
    every: int
    runs: int
    data: DataRecord
    rows: tuple[Iteration, ...]
    checks: tuple[Discrepancy, ...]
    parting: Parting | None = None
    stopped: str = ""
    ended: str = ""
    kink: str = "left"
    blurred: int | None = None
