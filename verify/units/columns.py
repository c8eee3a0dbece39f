"""φ′ of all columns of a layer, by both oracles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.arithmetic.bounds import Bounds, budget
from verify.arithmetic.rounding import up
from verify.units.base import Base
from verify.units.complex_step import slopes
from verify.units.differences import differences, noises

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Columns:
    """φ′, `(n[l], m)`, with its error, infinite where an oracle says nothing; where a kink was open.

    `crossed` columns lay too near a kink for a difference: there the enclosure of φ′ over the whole step stands for it,
    from the one slope to the other.
    """

    by_complex_step: Bounds
    by_differences: Bounds
    kinked: Array
    crossed: int


def columns(at: Base, l: int) -> Columns:
    """Every column of layer l, by both oracles."""
    exact, kinked = bounded(at, l)
    value, error = np.empty(exact.shape), np.empty(exact.shape)
    crossed = 0
    with np.errstate(all="ignore"):
        noise = noises(at, l)
        for here in at.blocks(l):
            found = differences(at, l, *here, noise)
            # Rounding in the base pass moves the point at which both oracles look; the first one's bound holds that.
            value[here], error[here] = found.values, up(found.errors + exact.err[here])
            near = np.flatnonzero(found.crossed)
            if near.size:
                crossed += int(near.size)
                across = here[0][near], here[1][near]
                hull, _ = slopes(at, l, *across, within=found.steps[near])
                value[across], error[across] = hull.value, budget(hull)
                kinked[across] = True
    return Columns(exact, known(value, error), kinked, crossed)


def bounded(at: Base, l: int) -> tuple[Bounds, Array]:
    """Every column of layer l by the complex step, and where a kink was open."""
    value, error = np.empty(at.Z[l].shape), np.empty(at.Z[l].shape)
    kinked = np.zeros(value.shape, dtype=bool)
    for here in at.blocks(l):
        found, kinked[here] = slopes(at, l, *here)
        value[here], error[here] = found.value, budget(found)
    return known(value, error), kinked


def known(value: Array, error: Array) -> Bounds:
    """What is finite, and of a finite error; else 0, give or take anything."""
    finite = np.isfinite(value) & np.isfinite(error)
    return Bounds(np.where(finite, value, 0.0), np.where(finite, error, np.inf))
