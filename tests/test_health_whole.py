"""Every sweep of the table, whole: what it is called, and what each of its sides gives at a few mild points.

After a change that is meant: `pytest tests/test_health_whole.py --snapshot-update`, and read the difference.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from flint import arb

from verify.health import grids
from verify.health.grids import Grid
from verify.health.sweep import Array, Sweep
from verify.health.table import NOT_SWEPT, SWEEPS, health
from verify.health.values import values
from verify.health.worst import judge, measure
from verify.records.health import Health

# Where nothing cancels and nothing overflows, every float is good to the digits that are kept here.
MILD = {"z": (-1.5, 0.625, 3.25), "a": (0.1875, 0.7), "m": (1, 3, 100, 300), "n": (1, 3, 100, 300)}
# PyTorch imports its compiler with the first optimiser, which takes longer than all of these tests.
torch.optim.SGD([torch.zeros(1)], lr=1.0)
GRIDS = {name: grid for name, grid in vars(grids).items() if isinstance(grid, Grid)}


def figures(numbers: Array) -> str:
    return " ".join(f"{float(x.mid() if isinstance(x, arb) else x):.5g}" for x in numbers.tolist())


def grid_point(x: float) -> str:
    return f"1-{1 - x:.6g}" if 0.5 < x < 1 else f"{x:.6g}"


def mild(sweep: Sweep) -> Sweep:
    x = np.array(MILD.get(sweep.grid.varied, (0.25, 3.0)))
    points = Grid(sweep.grid.varied, sweep.grid.scale, lambda dtype: x.astype(dtype) if x.dtype == float else x)
    return replace(sweep, grid=points)


@pytest.mark.parametrize("sweep", SWEEPS, ids=[f"{sweep.formula} {sweep.grid.varied}" for sweep in SWEEPS])
def test_a_sweep_computes_what_it_computed(sweep: Sweep, snapshot: Any) -> None:
    (grid,) = (name for name, grid in GRIDS.items() if grid is sweep.grid)
    found = values(mild(sweep), "float64", 0)
    assert [
        sweep.formula, sweep.quantity, f"{sweep.grid.varied}: {grid}, {sweep.grid.scale}", sweep.note,
        *(f"{s}, {name}: {figures(x)}" for s, rows in found.sides.items() for name, x in rows.items()),
        *(f"exact, {name}: {figures(numbers)}" for name, numbers in found.exact.items()),
    ] == snapshot  # fmt: skip
    single = values(mild(sweep), "float32", 0)
    for rows in single.sides.values():
        assert {numbers.dtype for numbers in rows.values()} == {np.dtype("float32")}
        # The nudge is far from its limit; all else is right in single precision too.
        assert sweep.grid is grids.NUDGE or judge(rows, single.exact, "float32").digits.min() > 4


def test_the_grids_have_the_points_that_they_had(snapshot: Any) -> None:
    """A probability next to 1 by what is missing to it."""
    found = {}
    for name, grid in GRIDS.items():
        for dtype in ("float64", "float32"):
            x = grid.points(dtype)
            assert x.dtype == (dtype if grid.varied not in "mn" else int)
            found[f"{name} in {dtype}"] = f"{x.size}: " + " ".join(map(grid_point, x.tolist()))
    assert found == snapshot


def test_formulas_that_have_no_sweep_have_their_reasons(snapshot: Any) -> None:
    assert dict(NOT_SWEPT) == snapshot
    assert health(NOT_SWEPT, ("float64",)) == ()


def test_the_sweeps_stand_in_the_order_of_the_notes(snapshot: Any) -> None:
    assert [f"{sweep.formula} {sweep.grid.varied}" for sweep in SWEEPS] == snapshot


def measured(*names: str, seed: int = 0) -> list[Health]:
    return [measure(sweep, ("float32",), seed) for sweep in SWEEPS if sweep.formula in names]


def test_a_sound_form_is_measured_beside_its_row_and_another_variant_by_itself() -> None:
    found = health(iter(["relu.derivative.left", "tanh.sound"]), iter(["float32"]))
    assert repr([*found]) == repr(measured("tanh", "relu.derivative.left"))


def test_the_examples_are_those_of_the_seed() -> None:
    by_default, other = (health(["logistic.db"], ("float32",), *seed)[0] for seed in ((), (5,)))
    assert [repr(by_default)] == [repr(h) for h in measured("logistic.db")]
    assert [repr(other)] == [repr(h) for h in measured("logistic.db", seed=5)]
    assert other != by_default


def test_after_its_deadline_no_sweep_is_begun() -> None:
    now = time.perf_counter()
    assert health(["graph.forward"], ("float32",), deadline=now + 60) == (*measured("graph.forward"),)
    assert health(["graph.forward"], ("float32",), deadline=now) == ()
