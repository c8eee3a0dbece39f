"""What every checker is given: a network with its data, and the gradient by hand that it is to judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.nets import Net, start
from manual import deep

Array = np.ndarray[Any, Any]
# Arrays by name: W1, b1, ... or dW1, db1, ...
Layers = Mapping[str, Array]


@dataclass(frozen=True)
class Problem:
    """X `(n[0], m)`, Y `(1, m)`, the parameters, and dW1, db1, ... of J, the mean cross-entropy, as in the notes."""

    net: Net
    X: Array
    Y: Array
    parameters: Layers
    gradients: Layers

    @property
    def size(self) -> int:
        """P, the number of parameters, and so of elements to judge."""
        return sum(x.size for x in self.parameters.values())


def problem(net: Net) -> Problem:
    """The same at every call, in float64; b is small but not 0, or dead layers would put units on their kinks."""
    X, Y, parameters = start(net, "float64")
    rng = np.random.default_rng(1)
    parameters |= {k: rng.standard_normal((v.size, 1)) * 0.01 for k, v in parameters.items() if k.startswith("b")}
    AL, caches = deep.forward(X, parameters, net.activations)
    grads = deep.backward(AL, Y, caches, sound=True)
    return Problem(net, X, Y, parameters, {f"d{name}": grads[f"d{name}"] for name in parameters})


def flat(of: Problem, gradients: Layers) -> Array:
    """All elements in one row, in the order of the parameters: W1, b1, W2, ..."""
    return np.concatenate([gradients[f"d{name}"].ravel() for name in of.parameters])


def places(of: Problem, elements: Array | None) -> dict[str, Array]:
    """Where elements of that row lie: positions in each array's own row, by name; of None, all of them."""
    found, first = {}, 0
    for name, x in of.parameters.items():
        every = np.arange(x.size)
        found[name] = every if elements is None else elements[(elements >= first) & (elements < first + x.size)] - first
        first += x.size
    return found


def evenly(size: int, number: int) -> Array:
    """That many elements, spread evenly over all.

    >>> evenly(10, 4)
    array([0, 3, 6, 9])
    """
    return np.unique(np.linspace(0, size - 1, number).round().astype(int))


def spoilt(of: Problem, element: int, delta: float) -> Layers:
    """The gradient by hand with one element of dW1 multiplied by 1+δ."""
    dW1 = of.gradients["dW1"].copy()
    dW1.flat[element] *= 1 + delta
    return {**of.gradients, "dW1": dW1}
