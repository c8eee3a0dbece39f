"""Gradient descent: the step, the loop around it, and the hyperparameters that decide what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

import numpy as np

from manual import deep, initialise, losses
from manual.blocks import Cache
from manual.initialise import Rng
from manual.notation import Array, Layers, formula
from manual.shapes import check_data, check_network


@formula(
    "descent.step",
    r"w := w - \alpha \frac{dJ}{dw}, \quad b := b - \alpha \frac{dJ}{db}",
    "w: n_x 1, b: scalar, dw: n_x 1, db: scalar, learning_rate: scalar -> w: n_x 1, b: scalar",
    "chapter 1; w₁ := w₁ - dw₁ without α, as the author has it once, is a slip",
    {"learning_rate": "positive"},
)
def step(w: Array, b: Array, dw: Array, db: Array, learning_rate: Array) -> tuple[Array, Array]:
    """w := w − α dw, b := b − α db.

    >>> step(5.0, 1.0, 2.0, -4.0, learning_rate=0.5)
    (4.0, 3.0)
    """
    return w - learning_rate * dw, b - learning_rate * db


@formula(
    "deep.descent",
    r"W^{[l]} := W^{[l]} - \alpha\, dW^{[l]}, \quad b^{[l]} := b^{[l]} - \alpha\, db^{[l]}",
    "parameters: layers, grads: layers, learning_rate: scalar -> layers",
    "chapter 3",
    {"learning_rate": "positive"},
)
def descent(parameters: Layers, grads: Layers, learning_rate: Array) -> dict[str, Array]:
    """W[l] := W[l] − α dW[l], b[l] := b[l] − α db[l], for every layer. `grads` may hold dZ and dA besides."""
    return {name: value - learning_rate * grads[f"d{name}"] for name, value in parameters.items()}


@dataclass(frozen=True)
class State:
    """Where descent stands before a step: the parameters, the cost J they give, and what the pass forwards found."""

    parameters: Layers
    J: Array
    AL: Array
    caches: Sequence[Cache]


def descend(
    X: Array, Y: Array, parameters: Layers, activations: Sequence[str], learning_rate: Array,
    step: Callable[[Layers, Layers, Array], Layers] = descent,
) -> Iterator[State]:  # fmt: skip
    """For ever: forward, cost, backward, `step`. Yields the state before each step, the first before any.

    The sound forms are used (dZ[L] = A[L] − Y, the cost from Z[L]), so that a confident network does not end in 0/0.
    Raises ValueError, at the first state, where shapes do not fit, m is 0, a label is neither 0 nor 1, X holds NaN or
    infinity, an activation is unknown, or the output is not a sigmoid.
    """
    check_data(X, Y)
    check_network(X, parameters, activations)
    deep.check_sigmoid_output(activations[-1])
    m = X.shape[1]
    while True:
        AL, caches = deep.forward_blocks(X, parameters, activations)
        J = np.sum(losses.cross_entropy_sound(caches[-1].Z, Y)) / m
        yield State(parameters, J, AL, caches)
        grads = deep.backward_blocks(AL, Y, caches, sound=True)
        parameters = step(parameters, grads, learning_rate)


def train(
    X: Array, Y: Array, parameters: Layers, activations: Sequence[str], learning_rate: Array, iterations: int
) -> tuple[list[Array], Layers]:
    """That many steps of `descend`. Out: the costs before each step and after the last, and the parameters.

    Raises as `descend` does.
    """
    costs = []
    for state in islice(descend(X, Y, parameters, activations, learning_rate), iterations + 1):
        costs.append(state.J)
        parameters = state.parameters
    return costs, parameters


@formula(
    "hyperparameters",
    r"\alpha, \; \text{iterations}, \; L, \; n^{[1]}, n^{[2]}, \dots, \; g^{[l]} \;\longmapsto\; W, b",
    "X: n0 m, Y: 1 m, hidden: sizes, activation: text, learning_rate: scalar, iterations: integer, rng: generator"
    " -> costs: k",
    "chapter 3; their effect is seen by trying",
    {"Y": "label", "learning_rate": "positive"},
)
def training_curve(
    X: Array, Y: Array, hidden: Sequence[int], activation: str, learning_rate: Array, iterations: int, rng: Rng
) -> list[Array]:
    """The cost before and after every step, for one choice of n[1], ..., n[L−1] (so of L), g, α and iterations.

    Raises as `train` does.
    """
    parameters = initialise.course((X.shape[0], *hidden, 1), rng)
    costs, _ = train(X, Y, parameters, (activation,) * len(hidden) + ("sigmoid",), learning_rate, iterations)
    return costs


def training_curves(
    X: Array, Y: Array, hiddens: Sequence[Sequence[int]], activations: Sequence[str], learning_rates: Sequence[Array],
    iterations: int, rngs: Sequence[Rng],
) -> dict[tuple[tuple[int, ...], str, Array], list[Array]]:  # fmt: skip
    """A curve for every point (hidden, activation, learning_rate) of the grid; one rng a point, in that order."""
    grid = [(tuple(hidden), g, alpha) for hidden, g, alpha in product(hiddens, activations, learning_rates)]
    return {
        (hidden, g, alpha): training_curve(X, Y, hidden, g, alpha, iterations, rng)
        for (hidden, g, alpha), rng in zip(grid, rngs, strict=True)
    }
