"""The notes' experiments: what is drawn is what was judged. (Wrong formulas in their place: test_catalogue.py.)"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np
import pytest

from manual import initialise, losses
from reports.plots import LINES
from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.bounds import Bounds
from verify.catalogue import CATALOGUE
from verify.experiments.collapse import BITS, least_cost, newton
from verify.experiments.symmetry import spread
from verify.planar import flower
from verify.records.discrepancy import Discrepancy
from verify.records.experiment import Experiment
from verify.records.verdict import FAIL, PASS
from verify.row import Row
from verify.setting import Setting

# Each row that has an experiment, and the check that makes it.
CHECKS = {
    "cost.convex": "descent",
    "vectorise": "measurement",
    "activation.linear_collapse": "experiment",
    "init.symmetry": "bit for bit",
    "init.random": "large weights stall",
    "hyperparameters": "experiment",
}
ROWS = {row.id: row for row in CATALOGUE if row.id in CHECKS}
NUMBER = re.compile(r"-?\d[\d.,]*(e[+-]?\d+)?")
IDS = pytest.mark.parametrize("id", CHECKS)


def run(row: Row, formula: Callable[..., Any]) -> tuple[list[Discrepancy], Experiment]:
    shown: list[Experiment] = []
    rows = row.checks[CHECKS[row.id]](formula, row.id, Setting(show=shown.append))
    (experiment,) = shown
    return rows, experiment


@cache
def right(id: str) -> tuple[list[Discrepancy], Experiment]:
    return run(ROWS[id], ROWS[id].formula)


def line(id: str, name: str, panel: str = "", quantity: str = "") -> tuple[float, ...]:
    (found,) = [s.y for s in right(id)[1].series if (s.name, s.panel, s.quantity) == (name, panel, quantity)]
    return found


def told(id: str) -> dict[str, str]:
    return {statistic.name: statistic.found for statistic in right(id)[1].found}


@IDS
def test_what_the_record_says_is_what_the_rows_say(id: str) -> None:
    rows, experiment = right(id)
    assert experiment.verdict == PASS
    assert [(s.name, s.found, s.stated, s.verdict) for s in experiment.found] == [
        (d.quantity, d.mine, d.want, d.verdict) for d in rows
    ]
    assert "Stated beforehand" in experiment.statement


@IDS
def test_a_record_shows_what_it_showed(id: str, snapshot: Any) -> None:
    """Its words and what is drawn, not the figures. After a change that is meant: `--snapshot-update`, and read it."""
    _, shown = right(id)
    drawn = [f"{s.panel}: {s.name} ({s.quantity}), {len(s.x)} points" for s in shown.series]
    words = shown.title, shown.statement, shown.x_label, shown.y_label, shown.log, shown.top, shown.columns
    found = [f"{s.name}: {NUMBER.sub('…', s.found)}; {s.stated}" for s in shown.found]
    assert [*words, NUMBER.sub("…", shown.note), *drawn, *found] == snapshot


@IDS
def test_lines_are_finite_labelled_and_no_more_than_can_be_told_apart(id: str) -> None:
    _, experiment = right(id)
    assert bool(experiment.series) == (id != "vectorise")  # times stand beside the page
    assert len({s.name for s in experiment.series}) <= len(LINES)
    assert len({(s.name, s.panel, s.quantity) for s in experiment.series}) == len(experiment.series)
    for s in experiment.series:
        assert len(s.x) == len(s.y) > 1
        assert all(map(isfinite, s.x + s.y))
        assert all(before < after for before, after in pairwise(s.x))
        assert s.name
        assert experiment.x_label
        assert s.quantity or experiment.y_label
        assert "x" not in experiment.log or min(s.x) > 0
        assert "y" not in experiment.log or min(s.y) >= 0


def test_a_formula_that_raises_leaves_a_record_without_a_picture() -> None:
    def raises(*args: Any) -> Any:
        raise ValueError("no")

    _, experiment = run(ROWS["init.random"], raises)
    assert (experiment.verdict, experiment.series) == (FAIL, ())
    assert [s.found for s in experiment.found] == ["raised ValueError: no"]


def test_nobody_is_shown_anything_unasked() -> None:
    row = ROWS["cost.convex"]
    assert row.checks["descent"](row.formula, row.id, Setting()) == right("cost.convex")[0]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "leaky_relu"])
def test_symmetry_draws_the_steps_that_were_judged(activation: str) -> None:
    assert set(line("init.symmetry", "unit by unit", activation)) == {0.0}
    for name in ("vectorised", "unequal columns of W2"):
        after = line("init.symmetry", name, activation)[1]
        assert told("init.symmetry")[f"{activation}, {name}: after one step"] == f"rows of W1 differ by {after:.2g}"
    assert line("init.symmetry", "unequal columns of W2", activation)[1] > 0


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_saturation_draws_the_slopes_and_the_costs_that_were_judged(activation: str) -> None:
    names = [f"randn·{scale}" for scale in ("0.01", "0.1", "1", "10", "100")]
    slopes = [line("init.random", name, activation, "mean slope g′(Z1)")[0] for name in names]
    assert told("init.random")[f"{activation}: mean slope at the start"] == ", ".join(f"{s:.3g}" for s in slopes)
    assert sorted(slopes, reverse=True) == slopes
    for name in names[3:]:
        end = line("init.random", name, activation, "cost J")[-1]
        assert told("init.random")[f"{activation}: median cost after 300 steps, {name}"] == f"{end:.3g}"
        assert end > line("init.random", names[0], activation, "cost J")[-1]


def test_the_scales_are_those_of_the_notes_own_starts() -> None:
    from verify.experiments.saturation import randn

    for scale, start in ((0.01, initialise.random), (10.0, initialise.large)):
        mine, notes = (f((2, 4, 1), np.random.default_rng(3)) for f in (randn(scale), start))
        assert all(np.array_equal(mine[name], notes[name]) for name in notes)


def test_the_learning_rate_draws_the_rises_that_were_judged() -> None:
    def rises(labels: str, rate: str, quantity: str = "cost J") -> int:
        return sum(b > a for a, b in pairwise(line("cost.convex", f"α {rate}", labels, quantity)))

    found = told("cost.convex")
    assert int(found["not separable, too large: rises of J"]) == rises("not separable", "too large")
    assert int(found["separable, just right: steps at which J falls"]) == 800 - rises("separable", "just right")
    # |w| is 0 before the first step, which a logarithmic scale leaves out.
    grows = 1 + rises("separable", "just right", "size of the weight, |w|")
    assert int(found["separable, just right: steps at which |w| grows"]) == grows


def test_the_grid_draws_the_final_costs_that_were_judged() -> None:
    ends = {
        "α = 0.01, not 1": ("α = 0.01", "4 units, tanh"),
        "L = 1, not 2: no hidden layer": ("α = 1", "no hidden layer"),
        "n[1] = 1, not 4": ("α = 1", "1 unit, tanh"),
        "g(z) = z, not tanh": ("α = 1", "4 units, g(z) = z"),
        "L = 3, not 2: n[2] = 4": ("α = 1", "4 and 4 units, tanh"),
    }
    for name, (rate, panel) in ends.items():
        assert told("hyperparameters")[name] == f"{line('hyperparameters', rate, panel)[-1]:.4f}"
    base = line("hyperparameters", "α = 1", "4 units, tanh")
    assert told("hyperparameters")["iterations: after 20, not 200"] == f"{base[20]:.4f}"
    assert {s.stated.split()[-1] for s in right("hyperparameters")[1].found[:6]} == {f"{base[-1]:.4f}"}
    assert max(line("hyperparameters", "α = 30", "4 units, tanh")) > base[0]


def test_the_collapse_draws_the_bound_that_was_judged_against() -> None:
    bound = line("activation.linear_collapse", "the lower bound")
    stated = {s.name: s.stated for s in right("activation.linear_collapse")[1].found}
    assert {f"below {y:.4f}" for y in bound} == {stated["depth 2, tanh: cost in the end"]}
    assert line("activation.linear_collapse", "depth 2, tanh")[-1] < bound[0]
    assert len({s.name for s in right("activation.linear_collapse")[1].series if s.name.startswith("depth")}) == 5


def test_the_least_cost_is_below_every_cost_and_within_rounding_of_the_minimum() -> None:
    X, Y = flower(40, seed=2)
    rng = np.random.default_rng(0)
    with precision(BITS):
        bound = least_cost(X, Y)
        for scale in (0.0, 0.1, 1.0, 10.0):
            w, b = Balls.of(scale * rng.standard_normal((2, 1))), Balls.of(np.array(scale * rng.standard_normal()))
            assert np.all(losses.cost_sound(w.T @ Balls.of(X) + b, Y) > bound)
        theta = newton(X, Y, 20)
        J = losses.cost_sound(theta[1:].T @ Bounds.of(X) + theta[0, 0], Y)
        assert np.all(abs(Balls.of(J.value) - bound) <= J.err)


def test_the_least_cost_is_a_bound_from_wherever_it_starts_and_without_its_correction_it_is_none() -> None:
    X, Y = flower(40, seed=2)
    with precision(BITS):
        sharp = least_cost(X, Y)
        for iterations in (0, 1, 2):
            assert np.all(least_cost(X, Y, iterations) <= sharp)
        # At θ = 0 every a is ½, and the mean of H(½) = log 2 would be above the minimum.
        assert np.all(np.log(Balls.of(np.array(2))) > sharp)


def test_where_a_line_separates_the_labels_there_is_no_least_cost() -> None:
    X = np.array([[-2.0, -1.0, 1.0, 2.0]])
    with precision(BITS), pytest.raises(ValueError, match="close enough"):
        least_cost(X, (X > 0) * 1.0, 5)


def test_the_spread_of_rows_is_their_largest_difference() -> None:
    assert spread(np.array([[1.0, 2.0], [1.5, -1.0], [1.0, 0.0]])) == 3.0
    assert spread(np.array([[0.1, 0.2]] * 4)) == 0.0
