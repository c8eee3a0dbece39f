"""The networks that are timed, and the numbers that both sides start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from manual import initialise

Array = np.ndarray[Any, Any]

# Small enough for the costs to fall slowly and without end: no step is ever taken at the bottom.
LEARNING_RATE = 0.0075


@dataclass(frozen=True)
class Net:
    """n[0], ..., n[L], the number of examples, and the g of the hidden layers; the output is a sigmoid.

    >>> Net((2, 4, 1), 400, "tanh").name, Net((2, 4, 1), 400, "tanh").activations
    ('2-4-1', ('tanh', 'sigmoid'))
    """

    sizes: tuple[int, ...]
    m: int
    hidden: str = "relu"

    @property
    def name(self) -> str:
        return "-".join(map(str, self.sizes))

    @property
    def activations(self) -> tuple[str, ...]:
        return (self.hidden,) * (len(self.sizes) - 2) + ("sigmoid",)


# The notes' shallow network on the planar flower, logistic regression and the deep network on the course's images, and
# two whose products are large.
NETS = (
    Net((2, 4, 1), 400, "tanh"),
    Net((12288, 1), 209),
    Net((12288, 20, 7, 5, 1), 209),
    Net((784, 256, 128, 1), 256),
    Net((784, 1024, 1024, 1), 1024),
)


def start(net: Net, dtype: str) -> tuple[Array, Array, dict[str, Array]]:
    """X `(n[0], m)`, Y `(1, m)` and W1, b1, ..., drawn in float64 and rounded to the dtype: the same at every call."""
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((net.sizes[0], net.m)), rng.integers(0, 2, (1, net.m))
    parameters = initialise.course(net.sizes, rng)
    return X.astype(dtype), Y.astype(dtype), {name: x.astype(dtype) for name, x in parameters.items()}
