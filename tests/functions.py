"""Functions of one vector with their gradients, which sketches are put to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Function = Callable[[Any], Any]


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2) + (1 - x[-1]) ** 2


def rosenbrock_gradient(x: Any) -> Any:
    ahead, gradient = x[1:] - x[:-1] ** 2, 2 * (x - 1)
    gradient[1:] += 200 * ahead
    gradient[:-1] -= 400 * x[:-1] * ahead
    return gradient


def log_sum_exp(x: Any) -> Any:
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def softmax(x: Any) -> Any:
    share = np.exp(x - np.max(x))
    return share / np.sum(share)


def naive(x: Any) -> Any:
    """A sum in a loop, which is noisier than NumPy's own."""
    total = 0.0
    for square in x * x:
        total = total + square
    return total


FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "square": (lambda x: np.sum(x * x), lambda x: 2 * x),
    "cube": (lambda x: np.sum(x**3), lambda x: 3 * x**2),
    "sin": (lambda x: np.sum(np.sin(x)), np.cos),
    "tanh": (lambda x: np.sum(np.tanh(x)), lambda x: 1 - np.tanh(x) ** 2),
    "log cosh": (lambda x: np.sum(np.logaddexp(x, -x)), np.tanh),
    "rosenbrock": (rosenbrock, rosenbrock_gradient),
    "log-sum-exp": (log_sum_exp, softmax),
    "norm": (lambda x: np.sqrt(np.sum(x * x)), lambda x: x / np.sqrt(np.sum(x * x))),
    "product with its mean": (lambda x: np.sum(x) * np.mean(x * x), lambda x: np.mean(x * x) + 2 * x * np.mean(x)),
    "offset by 1e8": (lambda x: np.sum(x * x) + 1e8, lambda x: 2 * x),
    "by 1e-30": (lambda x: 1e-30 * np.sum(x * x), lambda x: 2e-30 * x),
    "relu": (lambda x: np.sum(np.maximum(x, 0)), lambda x: np.where(x > 0, 1.0, 0.0)),
    "size": (lambda x: np.sum(np.abs(x)), np.sign),
    "max": (np.max, lambda x: np.where(x == np.max(x), 1.0, 0.0)),
    "loop": (naive, lambda x: 2 * x),
    "cumulated": (lambda x: np.cumsum(x)[-1] ** 2, lambda x: 2 * np.sum(x) * np.ones(x.shape)),
    "ten thousand periods": (lambda x: np.sum(np.sin(1e4 * x)), lambda x: 1e4 * np.cos(1e4 * x)),
}
SMOOTH = ("square", "cube", "sin", "log cosh", "rosenbrock", "norm", "product with its mean", "by 1e-30", "loop")


# --- wrong gradients --------------------------------------------------------------------------------------------------
def one_off(g: Array) -> Array:
    g[17] *= 1 + 1e-4
    return g


X = normal(5)
