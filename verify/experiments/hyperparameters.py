"""Hyperparameters: a small grid of learning rates, hidden layers and activations, on the planar flower."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.checks.claims import Claim
from verify.checks.experiment import Measurement
from verify.planar import flower
from verify.records.experiment import Series
from verify.setting import Setting

Array = np.ndarray[Any, Any]

M, SEEDS, STEPS = 200, 3, 200
HIDDEN = {(1,): "1 unit", (4,): "4 units", (4, 4): "4 and 4 units"}
ACTIVATIONS = {"tanh": "tanh", "relu": "ReLU", "linear": "g(z) = z"}
RATES = (0.01, 1.0, 30.0)
# A rate too large may send J beyond any picture.
TOP = 10.0


def effects(f: Callable[..., Any], setting: Setting) -> Measurement:
    """Six hyperparameters tried on the planar flower (200 points, 200 steps): their effect on the final cost.

    Stated beforehand, of the median over three seeds, for α = 1 and four tanh units: the cost after 200 steps is
    smaller than after 20, than with α = 0.01, than with no hidden layer, than with one unit, and than with g(z) = z; it
    is larger than with a second hidden layer of four. And α = 30 is too large: the cost rises at some step, at every
    seed.
    """
    X, Y = flower(M, seed=1)

    def curves(hidden: tuple[int, ...], activation: str, rate: float) -> Array:
        with np.errstate(all="ignore"):  # a rate too large may well end in infinity
            return np.array(
                [f(X, Y, hidden, activation, rate, STEPS, np.random.default_rng(seed)) for seed in range(SEEDS)]
            )

    points = [(hidden, g, rate) for hidden in HIDDEN for g in ACTIVATIONS for rate in RATES]
    # Without a hidden layer there is no g to choose.
    points += [((), "tanh", rate) for rate in RATES]
    grid = {point: curves(*point) for point in points}
    median = {point: np.median(costs, axis=0) for point, costs in grid.items()}

    middle = median[(4,), "tanh", 1.0]
    base = float(middle[-1])
    others = {
        "iterations: after 20, not 200": float(middle[20]),
        "α = 0.01, not 1": float(median[(4,), "tanh", 0.01][-1]),
        "L = 1, not 2: no hidden layer": float(median[(), "tanh", 1.0][-1]),
        "n[1] = 1, not 4": float(median[(1,), "tanh", 1.0][-1]),
        "g(z) = z, not tanh": float(median[(4,), "linear", 1.0][-1]),
    }
    claims = [Claim(name, base < other, f"{other:.4f}", f"above {base:.4f}", SEEDS) for name, other in others.items()]
    deeper = float(median[(4, 4), "tanh", 1.0][-1])
    claims.append(Claim("L = 3, not 2: n[2] = 4", deeper < base, f"{deeper:.4f}", f"below {base:.4f}", SEEDS))
    far = grid[(4,), "tanh", 30.0]
    rises = (far[:, 1:] > far[:, :-1]).sum(axis=1)
    told = ", ".join(map(str, rises))
    claims.append(Claim("α = 30: steps at which J rises", bool((rises > 0).all()), told, "some, at every seed", SEEDS))
    note = "Each line is the median of the seeds; where one stops, J is no finite number any more."
    return Measurement(claims, [line(point, y) for point, y in median.items()], note)


def line(point: tuple[tuple[int, ...], str, float], y: Array) -> Series:
    """The median curve of one point of the grid, as far as it is finite."""
    hidden, g, rate = point
    kept = np.flatnonzero(np.isfinite(y))
    panel = f"{HIDDEN[hidden]}, {ACTIVATIONS[g]}" if hidden else "no hidden layer"
    return Series(f"α = {rate:g}", tuple(map(float, kept)), tuple(y[kept].tolist()), panel)
