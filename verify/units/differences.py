"""φ′ by central differences: every column at Z + h and at Z − h, through the layers above, and the losses subtracted.

    (φ(z+h) − φ(z−h)) / 2h = φ′(z) + φ‴(z)h²/6 + … + noise/h

Only what a step changes is carried upwards, A[l] = g(Z[l] + ΔZ[l]), ΔZ[l+1] = W[l+1] ΔA[l], so that the rounding of
the long sums below cancels. The noise that is left has a running bound; two steps show the truncation, which falls
with h².
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from manual.activations import g
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.rounding import UNIT, up
from verify.units.base import Base
from verify.units.complex_step import KINKED

Array = np.ndarray[Any, Any]

STEP = 2.0**-17  # 7.6e-6, near the cube root of the unit roundoff: truncation h² and noise u/h are then of one size
SHORTER = 2.0**-10  # where a kink lies within the step


@dataclass(frozen=True)
class Differences:
    """φ′ of each column with its estimated error, infinite where no step stays finite; `steps` is the h of each.

    `crossed`: a unit crossed its kink within every step that was tried.
    """

    values: Array
    errors: Array
    steps: Array
    crossed: Array


def differences(base: Base, l: int, units: Array, examples: Array, noise: Array) -> Differences:
    """The slope of each column of layer l; `noise` is that layer's, of `noises`.

    A step that crosses a kink is made shorter, twice at most.
    """
    z = base.Z[l].value[units, examples]
    h = STEP * np.maximum(1.0, np.exp2(np.ceil(np.log2(np.maximum(np.abs(z), 1.0)))))
    found = _twice(base, l, units, examples, h, noise[examples])
    for _ in range(2):
        again = np.flatnonzero(found.crossed)
        if not again.size:
            break
        h[again] *= SHORTER
        nearer = _twice(base, l, units[again], examples[again], h[again], noise[examples[again]])
        for part, other in zip(vars(found).values(), vars(nearer).values(), strict=True):
            part[again] = other
    return found


def _twice(base: Base, l: int, units: Array, examples: Array, h: Array, noise: Array) -> Differences:
    """At h and h/2: of these the second is taken, and their distance for its truncation, which is a third of that."""
    first, _, crossed = _central(base, l, units, examples, h)
    second, apart, _ = _central(base, l, units, examples, h / 2)
    errors = up(np.abs(first - second) + (2 * noise + 4 * UNIT * np.abs(second * apart)) / apart)
    return Differences(np.where(np.isfinite(errors), second, 0.0), errors, h.copy(), crossed)


def _central(base: Base, l: int, units: Array, examples: Array, h: Array) -> tuple[Array, Array, Array]:
    """The slopes, the distances of the two points (exact), and whether a kink lies between them."""
    z = base.Z[l].value[units, examples]
    right, left = z + h, z - h
    above, sides = _loss(base, l, units, examples, right)
    below, others = _loss(base, l, units, examples, left)
    apart = right - left
    crossed = np.zeros(z.shape, dtype=bool)
    for side, other in zip(sides, others, strict=True):
        crossed |= (side != other).any(axis=0)
    slope = (above - below) / apart
    # Summed output by output: what does not change cancels exactly.
    return (np.sum(slope, axis=0) if slope.ndim == 2 else slope), apart, crossed


def _loss(base: Base, l: int, units: Array, examples: Array, z: Array) -> tuple[Array, list[Array]]:
    """L of each column with Z[l] at `z`, and on which side of its kink each unit that has one lies."""
    sides = []
    Z, A = z, g(base.activations[l - 1])(z)
    if base.activations[l - 1] in KINKED:
        sides.append(np.sign(z)[None])
    if l == base.depth:
        return base.loss(Z, A, (units, examples)), sides
    change = A - base.A[l].value[units, examples]
    for k in range(l + 1, base.depth + 1):
        W = base.parameters[f"W{k}"]
        rise = W[:, units] * change if k == l + 1 else W @ change
        Z = base.Z[k].value[:, examples] + rise
        A = g(base.activations[k - 1])(Z)
        change = A - base.A[k].value[:, examples]
        if base.activations[k - 1] in KINKED:
            sides.append(np.sign(Z))
    return base.loss(Z, A, (slice(None), examples)), sides


def noises(base: Base, l: int) -> Array:
    """For each example, what rounding may do to its loss on the way from Z[l], taken as exact, whichever unit moves.

    g rounds each A, by what its running bound says; the row of Z[l+1] that one unit adds to rounds once; above, every
    unit's rounding adds up. Twice the bound at the unmoved point, for it is taken for points a step away.
    """
    Z: Any = Bounds.of(base.Z[l].value)
    A = g(base.activations[l - 1])(Z)
    for k in range(l + 1, base.depth + 1):
        W = np.abs(base.parameters[f"W{k}"])
        off = W.max(axis=1, keepdims=True) * A.err.max(axis=0) if k == l + 1 else W @ A.err
        value = base.Z[k].value
        Z = Bounds(value, up((off + 4 * UNIT * np.abs(value)) * (1 + 2 * W.shape[1] * UNIT)))
        A = g(base.activations[k - 1])(Z)
    loss = base.loss(Z, A)
    return np.asarray(2 * np.max(loss.err, axis=0) if l == base.depth else 2 * np.sum(loss.err, axis=0))
