"""Saturation: a disc inside a ring, learned from starts of growing scale."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, pairwise
from typing import Any

import numpy as np

from manual import initialise, training
from manual.activations import g_prime
from manual.notation import Layers
from verify.checks.claims import Claim
from verify.checks.experiment import Measurement
from verify.records.experiment import Series
from verify.setting import Setting

Array = np.ndarray[Any, Any]

LAYERS, M, SEEDS, STEPS = (2, 4, 1), 60, 7, 300
RATES = {"tanh": 1.0, "sigmoid": 4.0}
SCALES = (0.1, 1.0, 10.0, 100.0)
COST, SLOPE = "cost J", "mean slope g′(Z1)"


def large_weights_stall(f: Callable[..., Any], setting: Setting) -> Measurement:
    """A disc inside a ring, learned by four hidden units from randn·0.01 and from larger starts, by seven seeds.

    Stated beforehand: from each scale (0.01, 0.1, 1, 10, 100) to the next the mean slope g′(Z1) at the start falls, at
    every seed; and the median cost after 300 steps (α = 1 for tanh, 4 for σ, which is a quarter as steep) is larger
    from randn·10, and from randn·100, than from randn·0.01. For b = 0 a saturated unit is hardly more than a line
    through 0, and no such lines tell the disc from the ring: the units have to move.
    """
    X, Y = ring(M)
    steps = tuple(map(float, range(STEPS + 1)))
    starts = {"randn·0.01": f} | {f"randn·{scale:g}": randn(scale) for scale in SCALES}
    claims, series = [], []
    for activation, rate in RATES.items():
        costs, slopes = {}, {}
        for name, start in starts.items():
            nets = [start(LAYERS, np.random.default_rng(seed)) for seed in range(SEEDS)]
            runs = np.array([curves(X, Y, net, activation, rate) for net in nets])
            costs[name], slopes[name] = np.median(runs[:, 0], axis=0), runs[:, 1, 0]
            lines = {COST: costs[name], SLOPE: np.median(runs[:, 1], axis=0)}
            series += [Series(name, steps, tuple(y.tolist()), activation, quantity) for quantity, y in lines.items()]
        falls = sum(int((after < before).sum()) for before, after in pairwise(slopes.values()))
        medians = ", ".join(f"{np.median(slope):.3g}" for slope in slopes.values())
        compared = SEEDS * len(SCALES)
        claims.append(
            Claim(f"{activation}: mean slope at the start", falls == compared, medians, "falls, every time", compared)
        )
        ends = {name: float(cost[-1]) for name, cost in costs.items()}
        small = ends["randn·0.01"]
        for name in ("randn·10", "randn·100"):
            quantity = f"{activation}: median cost after {STEPS} steps, {name}"
            claims.append(Claim(quantity, ends[name] > small, f"{ends[name]:.3g}", f"above {small:.3g}", SEEDS))
    return Measurement(claims, series, "Each line is the median of the seeds.")


def randn(scale: float) -> Callable[..., Layers]:
    """W = randn·scale, b = 0: the very numbers of randn·0.01, so many times as large."""

    def start(layer_sizes: Any, rng: Any) -> Layers:
        zeros = initialise.zeros(layer_sizes)
        return {name: rng.standard_normal(x.shape) * scale if name[0] == "W" else x for name, x in zeros.items()}

    return start


def curves(X: Array, Y: Array, parameters: Layers, activation: str, rate: float) -> tuple[list[Any], list[Any]]:
    """The cost, and the mean slope of the hidden units, before each step and after the last."""
    with np.errstate(over="ignore"):  # σ as the notes write it overflows at a large −z, and is 0 there, as it should be
        states = list(islice(training.descend(X, Y, parameters, (activation, "sigmoid"), rate), STEPS + 1))
        return [s.J for s in states], [np.mean(g_prime(activation)(s.caches[0].Z)) for s in states]


def ring(m: int) -> tuple[Array, Array]:
    """A disc of radius 1, labelled 0, inside a ring of radii 2 to 3, labelled 1: no lines through 0 tell them apart."""
    rng, half = np.random.default_rng(0), m // 2
    r, turn = np.concatenate([rng.uniform(0, 1, half), rng.uniform(2, 3, half)]), rng.uniform(0, 2 * np.pi, m)
    return np.stack([r * np.cos(turn), r * np.sin(turn)]), np.repeat([[0.0, 1.0]], half, axis=1)
