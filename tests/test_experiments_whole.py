"""The notes' experiments, whole but small: a few steps of a few seeds, and every figure of what is judged and drawn.

So small, not all that was stated holds; that it does at full size is asked in tests/test_catalogue.py. After a change
that is meant: `pytest tests/test_experiments_whole.py --snapshot-update`, and read the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest

from manual import collapse as notes
from manual import convex, initialise, training, vectorise
from verify.arithmetic.balls import precision
from verify.checks.claims import Claim
from verify.checks.experiment import Measurement
from verify.experiments import collapse, hyperparameters, learning_rate, saturation, symmetry
from verify.experiments import vectorise as timed
from verify.setting import Setting

FIGURE = re.compile(r"-?\d+\.?\d*e[+-]?\d+|-?\d+\.\d+")
SMALL: dict[str, dict[str, Any]] = {
    "collapse": {"DEPTHS": (2, 3), "UNITS": 2, "M": 20, "SEEDS": 3, "STEPS": 4},
    "hyperparameters": {"M": 20, "SEEDS": 2, "STEPS": 22},
    "learning_rate": {"STEPS": 8, "SHORT": 4, "SEEDS": 2},
    "saturation": {"M": 12, "SEEDS": 2, "STEPS": 3},
    "symmetry": {"STEPS": 3},
}
EXPERIMENTS: dict[str, tuple[Callable[..., Measurement], Callable[..., Any]]] = {
    "collapse": (collapse.linear_layers_gain_nothing, notes.linear_collapse),
    "hyperparameters": (hyperparameters.effects, training.training_curve),
    "learning_rate": (learning_rate.descent_on_convex_cost, convex.hessian),
    "saturation": (saturation.large_weights_stall, initialise.random),
    "symmetry": (symmetry.units_stay_equal, initialise.equal),
}


def figure(x: float) -> str:
    """Three digits; what is as small as rounding is called 0."""
    return f"{x:.3g}" if abs(x) > 1e-12 else "0"


def words(text: Any) -> str:
    return FIGURE.sub(lambda found: figure(float(found[0])), str(text))


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
    for name, constants in SMALL.items():
        for constant, value in constants.items():
            monkeypatch.setattr(f"verify.experiments.{name}.{constant}", value)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_finds_and_draws_what_it_did(name: str, snapshot: Any) -> None:
    measure, formula = EXPERIMENTS[name]
    with precision():
        assert [*shown(measure(formula, Setting(seed=5)))] == snapshot


# --- their parts ------------------------------------------------------------------------------------------------------
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
    clock = count(0.0)
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    assert [*timed.passes()] == [
        (f"one pass, n_x = 20, m = {m}, {name}", 1.0)
        for m in (1, 3, 10, 30, 100, 300, 1000)
        for name in ("loop", "vectorised")
    ]
