"""From φ′ of a layer's columns to its dW and db, by the oracles and by hand, some rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manual import blocks
from verify.arithmetic.bounds import Bounds, budget
from verify.units.elements import Elements

Array = np.ndarray[Any, Any]

AT_ONCE = 2**20  # elements of a gradient that are judged together, so that memory does not grow with it


@dataclass(frozen=True)
class Layer:
    """What the gradients of a layer follow from: A[l−1], φ′ by each oracle, where it has a kink, dZ by hand."""

    A_prev: Any
    slopes: Sequence[Bounds]
    kinked: Array
    dZ: Bounds

    def wanted(self, name: str, part: slice) -> list[tuple[Array, Array]]:
        """These rows of dW or db by each oracle, with their errors."""
        m = self.kinked.shape[1]
        of_W = name.startswith("dW")
        found = [s[part] @ self.A_prev.T if of_W else np.sum(s[part], axis=1, keepdims=True) for s in self.slopes]
        return [((s / m).value, budget(s / m)) for s in found]

    def rounding(self, name: str, part: slice) -> Array:
        """What rounding may do to these rows of dW or db by hand."""
        of_W = name.startswith("dW")
        return budget(blocks.dW(self.dZ[part], self.A_prev) if of_W else blocks.db(self.dZ[part]))

    def felt(self, name: str, part: slice) -> Array:
        """Which of these elements a kink moves: in dW, those of the features that are not 0 in its example."""
        kinked = self.kinked[part]
        if name.startswith("db"):
            return np.asarray(kinked.any(axis=1, keepdims=True))
        if not kinked.any():
            return np.zeros((len(kinked), self.A_prev.shape[0]), dtype=bool)
        alive = (self.A_prev.value if isinstance(self.A_prev, Bounds) else self.A_prev) != 0
        return np.asarray(kinked.astype(float) @ alive.T.astype(float) > 0)


def judge(one: Elements, mine: Array, here: Layer, elsewhere: Layer | None) -> None:
    """One gradient, some rows at a time."""
    rows = max(1, AT_ONCE // mine.shape[1])
    for first in range(0, len(mine), rows):
        part, other = slice(first, first + rows), None
        wanted, rounding = here.wanted(one.quantity, part), here.rounding(one.quantity, part)
        felt = here.felt(one.quantity, part)
        if elsewhere:
            ((want, error),) = elsewhere.wanted(one.quantity, part)
            other = want, error + elsewhere.rounding(one.quantity, part)
            felt |= elsewhere.felt(one.quantity, part)
        one.judge(first, mine[part], rounding, wanted, felt, other)
