"""Where W and b start. `rng` is a NumPy generator, old or new; `layer_sizes` is n[0], n[1], ..., n[L]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from manual.notation import Array, formula

Rng: TypeAlias = np.random.Generator | np.random.RandomState


def _layers(layer_sizes: Sequence[int], W: Callable[[int, int, int], Array]) -> dict[str, Array]:
    """W1, b1, ..., WL, bL with W[l] = W(l, n[l], n[l−1]) and b[l] = 0. Raises ValueError for sizes that are none."""
    if len(layer_sizes) < 2 or min(layer_sizes) < 1:
        raise ValueError(
            f"layer_sizes is {tuple(layer_sizes)}; a network needs n[0] and at least one layer, "
            "each of at least one unit"
        )
    parameters = {}
    for l in range(1, len(layer_sizes)):
        parameters[f"W{l}"] = W(l, layer_sizes[l], layer_sizes[l - 1])
        parameters[f"b{l}"] = np.zeros((layer_sizes[l], 1))
    return parameters


@formula(
    "init.random",
    r"W^{[l]} = \mathrm{randn}(n^{[l]}, n^{[l-1]}) \cdot 0.01, \quad b^{[l]} = 0",
    "layer_sizes: sizes, rng: generator -> layers",
    "chapter 2; breaks the symmetry",
)
def random(layer_sizes: Sequence[int], rng: Rng) -> dict[str, Array]:
    """W = randn·0.01, b = 0: small, so that σ and tanh start where they are steep."""
    return _layers(layer_sizes, lambda l, n, n_prev: rng.standard_normal((n, n_prev)) * 0.01)


def large(layer_sizes: Sequence[int], rng: Rng) -> dict[str, Array]:
    """W = randn·10, b = 0: what to avoid, for σ and tanh start where they are flat, and descent stalls."""
    return _layers(layer_sizes, lambda l, n, n_prev: rng.standard_normal((n, n_prev)) * 10)


def course(layer_sizes: Sequence[int], rng: Rng) -> dict[str, Array]:
    """W[l] = randn(n[l], n[l−1])/√n[l−1], b = 0: what the course's deep network starts from.

    With rng = np.random.RandomState(1) these are the course's own numbers. In deep networks 0.01 is too small: the
    signal dies on its way.
    """
    return _layers(layer_sizes, lambda l, n, n_prev: rng.standard_normal((n, n_prev)) / np.sqrt(n_prev))


def zeros(layer_sizes: Sequence[int]) -> dict[str, Array]:
    """W = 0, b = 0: the notes' example of symmetry."""
    return _layers(layer_sizes, lambda l, n, n_prev: np.zeros((n, n_prev)))


@formula(
    "init.symmetry",
    r"w_1^{[1]} = w_2^{[1]}, \; b_1^{[1]} = b_2^{[1]}, \; W^{[2]}_{:,1} = W^{[2]}_{:,2}"
    r" \;\Rightarrow\; a_1 = a_2, \; dz_1 = dz_2, \; dW^{[1]} = \begin{bmatrix} u & v \\ u & v \end{bmatrix}",
    "layer_sizes: sizes, rng: generator -> layers",
    "chapter 2; the units stay equal for ever",
)
def equal(layer_sizes: Sequence[int], rng: Rng) -> dict[str, Array]:
    """Every unit of a hidden layer like every other: equal rows of W1, and above it one number a layer; b = 0.

    The units of a layer then compute the same, receive the same dz, and stay equal through every step of descent.
    """

    def W(l: int, n: int, n_prev: int) -> Array:
        return np.tile(rng.standard_normal((1, n_prev if l == 1 else 1)), (n, 1 if l == 1 else n_prev))

    return _layers(layer_sizes, W)


def equal_rows(layer_sizes: Sequence[int], rng: Rng) -> dict[str, Array]:
    """The counter-example: equal rows of W1 as in `equal`, but random W above. The units part at the first step."""

    def W(l: int, n: int, n_prev: int) -> Array:
        return np.tile(rng.standard_normal((1, n_prev)), (n, 1)) if l == 1 else rng.standard_normal((n, n_prev))

    return _layers(layer_sizes, W)


# The starts by name, each called with (layer_sizes, rng).
STARTS: Mapping[str, Callable[[Sequence[int], Rng], dict[str, Array]]] = MappingProxyType(
    {
        "course": course,
        "small": random,
        "zeros": lambda layer_sizes, rng: zeros(layer_sizes),
        "equal": equal,
        "large": large,
    }
)
