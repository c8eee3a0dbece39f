"""What is swept, and over which points: z over ±800 and down to the smallest float, a to 0 and to 1, m to a million."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Grid:
    """One argument and its points in a dtype. `scale` says how it is drawn: "both signs", "probability" or "log"."""

    varied: str
    scale: str
    points: Callable[[str], Array]


def rounded(points: Any, dtype: str) -> Array:
    """The points as numbers of the dtype, in their order, each once; what became 0 or ∞ is none of them."""
    with np.errstate(all="ignore"):
        found = np.unique(np.asarray(points).astype(dtype))
    return np.asarray(found[np.isfinite(found) & (found != 0)])


# 2⁻¹⁰⁷⁴ and 2⁻¹⁴⁹ are the smallest numbers of the two precisions. In float64 1 − σ(z) is 0 from 37 on, e^z overflows at
# 709.8, and e^(−z) is 0 at 745.2; in float32 that is 17, 88.8 and 104.
_TINY = 2.0 ** -np.array([1074, 1060, 1022, 800, 500, 300, 149, 140, 126, *range(120, 69, -10), *range(60, 1, -2)])
_STEPS = (np.arange(800, 699, -5), np.arange(680, 119, -20), np.arange(118, 51, -2), np.arange(50, 0, -1))
_EDGES = [0.75, 16.5, 17.5, 36.5, 88.25, 88.5, 88.75, 89, 103.25, 709.5, 709.75, 744.5, 745, 745.25]
_SIZES = np.concatenate([_TINY, *_STEPS, _EDGES])
# Where each point is a call of its own.
_FEW = [
    *_TINY[::4],
    *range(19, 0, -2),
    16,
    18,
    20,
    25,
    30,
    34,
    36,
    37,
    38,
    40,
    *range(800, 49, -50),
    88,
    88.75,
    89,
    710,
    745,
]


def probabilities(dtype: str) -> Array:
    """Between 0 and 1: both ends are approached by powers of ten and of two, down to the last float before them."""
    limits = np.finfo(dtype)
    down = [float(f"1e-{k}") for k in (*range(23, 1, -1), *range(319, 24, -6))]
    middle = [float(f"0.{n:02d}") for n in range(95, 4, -5)]
    near_one = [1 - float(f"1e-{k}") for k in range(limits.precision, 1, -1)]
    nearest = 1 - 2.0 ** -np.arange(limits.nmant + 1, 2, -1)
    return rounded([5e-324, 1e-45, *down, *middle, *near_one, *nearest], dtype)


def magnitudes(dtype: str) -> Array:
    """From the smallest number of the dtype to the largest, by every fourth power of ten."""
    limits = np.finfo(dtype)
    between = [float(f"{1 + k % 9}e{k}") for k in range(-320, 308, 4)]
    return rounded([float(limits.smallest_subnormal), *between, float(limits.max)], dtype)


def small(dtype: str) -> Array:
    """From 1 down to 1e-20, by 1, 2 and 5."""
    return rounded([1.0, *(float(f"{n}e-{k}") for k in range(1, 21) for n in (1, 2, 5))], dtype)


def counts(most: int) -> Callable[[str], Array]:
    """1, 3, 10, 30, ..., 10⁴, and from there powers of ten, as far as 10^most."""
    found = [n * 10**k for k in range(most + 1) for n in (1, 3) if n == 1 or k < 4]
    return lambda dtype: np.array(found)


Z = Grid("z", "both signs", lambda dtype: rounded([*-_SIZES, *_SIZES], dtype))
Z_FEW = Grid("z", "both signs", lambda dtype: rounded([*(-np.array(_FEW)), *_FEW], dtype))
A = Grid("a", "probability", probabilities)
M = Grid("m", "log", counts(6))
# A loop in Python takes some ten microseconds an example: a million of them would be most of a report's time.
M_LOOP = Grid("m", "log", counts(4))
UNITS = Grid("n", "log", counts(6))
SIZE = Grid("s", "log", magnitudes)
NUDGE = Grid("h", "log", small)
APART = Grid("δ", "log", small)
# With w = 1 and dw = 3 the step w − α dw leaves next to nothing near α = ⅓.
RATE = Grid(
    "α",
    "log",
    lambda dtype: rounded(
        [*(10.0 ** np.linspace(-18, 4, 45)), *(x / 3 for k in range(1, 17) for x in (1 - 10.0**-k, 1 + 10.0**-k))],
        dtype,
    ),
)
