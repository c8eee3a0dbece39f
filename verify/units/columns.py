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
    """Every column of layer l, block by block."""
    shape = at.Z[l].shape
    value, err, estimate, error = (np.empty(shape) for _ in range(4))
    kinked = np.zeros(shape, dtype=bool)
    crossed = 0
    noise = noises(at, l)
    with np.errstate(all="ignore"):
        for units, examples in at.blocks(l):
            here = units, examples
            exact, kinked[here] = slopes(at, l, *here)
            value[here], err[here] = exact.value, budget(exact)
            found = differences(at, l, *here, noise)
            # Rounding in the base pass moves the point at which both oracles look; the first one's bound holds that.
            estimate[here], error[here] = found.values, up(found.errors + err[here])
            near = np.flatnonzero(found.crossed)
            if near.size:
                crossed += int(near.size)
                across = units[near], examples[near]
                hull, _ = slopes(at, l, *across, within=found.steps[near])
                estimate[across], error[across] = hull.value, budget(hull)
                kinked[across] = True
    return Columns(_known(value, err), _known(estimate, error), kinked, crossed)


def _known(value: Array, error: Array) -> Bounds:
    finite = np.isfinite(value) & np.isfinite(error)
    return Bounds(np.where(finite, value, 0.0), np.where(finite, error, np.inf))
