"""The textbook's differences: every element moved up and down, the whole cost taken each time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from verify.peers.asked import Calls
from verify.problem import Problem

Array = np.ndarray[Any, Any]


def two_passes(
    J: Callable[[], Any], arrays: Sequence[Array], h: float, places: Iterable[Iterable[int]] | None = None
) -> Array:
    """(J(θ + h eᵢ) − J(θ − h eᵢ))/2h in one row, of every element or of those at `places`, in each array's own row.

    J reads the arrays; they are moved in place, as cs231n does, and must be contiguous. The course's code copies all
    of them for either pass.
    """
    slopes = []
    for x, positions in zip(arrays, places or [range(x.size) for x in arrays], strict=True):
        row = x.ravel()
        for i in positions:
            was = row[i]
            row[i] = was + h
            above = J()
            row[i] = was - h
            below = J()
            row[i] = was
            slopes.append((above - below) / (2 * h))
    return np.array(slopes)


def both(of: Problem, on: Calls, h: float) -> tuple[Array, Array]:
    """The gradient of Σ dout∗out by hand and by differences, each in one row."""
    mine = np.concatenate([gradient.ravel() for gradient in on.backward(of.dout.copy(), *on.arrays)])
    return mine, two_passes(lambda: on.cost(of.dout, *on.arrays), on.arrays, h)
