"""The planar "flower" of the course, by its formula: two classes of petals that no line separates."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


def flower(m: int, seed: int) -> tuple[Array, Array]:
    """m points in the plane, one a column, and their labels.

    With t running over half a turn a class and ε, ε′ ~ N(0, 0.2²):

        θ = t + ε,  r = 4 sin 4θ + ε′,  x = (r sin θ, r cos θ)

    Shapes: `X: (2, m)`, `Y: (1, m)`, the first half of the columns labelled 0, the second 1; m is even. With m = 400
    and seed 1 these are the course's own points. Source: planar data exercise of the course that the notes belong to.

    >>> X, Y = flower(400, seed=1)
    >>> X.shape, Y.shape, int(Y.sum())
    ((2, 400), (1, 400), 200)
    """
    # The legacy generator: its stream is frozen, and it is the one the course's points were drawn from.
    rng = np.random.RandomState(seed)
    petals, half = [], m // 2
    for start in (0.0, 3.12):
        theta = np.linspace(start, start + 3.12, half) + rng.randn(half) * 0.2
        r = 4 * np.sin(4 * theta) + rng.randn(half) * 0.2
        petals.append(np.stack([r * np.sin(theta), r * np.cos(theta)]))
    return np.concatenate(petals, axis=1), np.repeat([[0.0, 1.0]], half, axis=1)
