"""φ′ by the complex step: every column at Z + ih, through the layers above, and the imaginary part of its loss over h.

All of it on running bounds, so the error of a slope is known, not estimated: what rounding did to the base pass, to the
layers above and to their slopes. A kink that rounding leaves open covers both slopes, and is reported.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from manual.activations import g, sigmoid_sound
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.rounding import up
from verify.arithmetic.sided import Sided
from verify.units.base import Base

Array = np.ndarray[Any, Any]

STEP = 2.0**-332  # h² vanishes beside everything, and h times the least slope that matters is still a normal number
OVERFLOWS = 700.0
KINKED = ("relu", "leaky_relu", "relu_left", "leaky_relu_left")


def slopes(base: Base, l: int, units: Array, examples: Array, within: Array | None = None) -> tuple[Bounds, Array]:
    """φ′ of each column of layer l, enclosed, and where a kink was open.

    With `within`, a distance for each column, the enclosure holds φ′ at every point so near to Z[l][i,k].
    """
    z = base.Z[l][units, examples]
    if within is not None:
        z = Bounds(z.value, up(z.err + within))
    Z: Any = Sided(z, Bounds.of(np.full(z.shape, STEP)))
    own = on_kink(base, l, Z)
    A = activated(base.activations[l - 1], Z)
    if l == base.depth:
        return base.loss(Z, A, (units, examples)).step / STEP, own
    # Above, everything is proportional to the slope at the unit's own kink: so it is taken as 1 there till the end.
    step = _chosen(own, Bounds.of(np.full(z.shape, STEP)), A.step)
    stir, above = A.value.err, np.zeros(z.shape, dtype=bool)
    for k in range(l + 1, base.depth + 1):
        W, still = base.parameters[f"W{k}"], base.Z[k][:, examples]
        # Only unit i of layer l moves, so of W[l+1] only its column is asked for.
        first = k == l + 1
        rise = W[:, units] * step if first else W @ step
        if within is not None:
            stirred = np.abs(W[:, units]) * stir if first else np.abs(W) @ stir
            still = Bounds(still.value, up(still.err + up(stirred)))
        Z = Sided(still, rise)
        above = above | on_kink(base, k, Z).any(axis=0)
        A = activated(base.activations[k - 1], Z)
        step, stir = A.step, A.value.err
    found = np.sum(base.loss(Z, A, (slice(None), examples)).step, axis=0) / STEP
    return _chosen(own, _either(found, base.activations[l - 1]), found), own | above


def activated(activation: str, Z: Sided) -> Any:
    """The notes' g; of a sigmoid, where e^(−z) overflows, the sound form, which at 0 has two kinks that cancel."""
    large = Z.value.value < -OVERFLOWS
    if activation != "sigmoid" or not large.any():
        return g(activation)(Z)
    return np.where(large, sigmoid_sound(Z), g(activation)(Z))


def _either(slope: Bounds, activation: str) -> Bounds:
    """From the slope on the right of a kink, where g′ is 1, to that on the left."""
    left = -g(activation)(-1.0)
    middle = slope * ((1 + left) / 2)
    reach = (1 - left) / 2 * (np.abs(slope.value) + slope.err)
    return Bounds(middle.value, up(middle.err + reach))


def _chosen(where: Array, one: Bounds, other: Bounds) -> Bounds:
    return Bounds(np.where(where, one.value, other.value), np.where(where, one.err, other.err))


def on_kink(base: Base, l: int, Z: Sided) -> Array:
    """Where a unit of layer l has a kink within its bound, and the step reaches it."""
    if base.activations[l - 1] not in KINKED:
        return np.zeros(Z.shape, dtype=bool)
    reached = (Z.step.value != 0) | (Z.step.err > 0)
    return np.asarray((np.abs(Z.value.value) <= Z.value.err) & reached)
