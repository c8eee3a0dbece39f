"""Why descent finds the minimum of the logistic cost: J is convex in (w, b)."""

from __future__ import annotations

import numpy as np

from manual.activations import sigmoid
from manual.notation import Array, formula


def with_ones(X: Array) -> Array:
    """X̃ = [1; X]: a row of ones on top, so that b is the first of the parameters θ = [b; w].

    >>> with_ones(np.array([[5.0, 6.0]])).tolist()
    [[1.0, 1.0], [5.0, 6.0]]
    """
    return np.concatenate([np.ones_like(X[:1]), X])


@formula(
    "cost.convex",
    r"\nabla^2 J = \frac{1}{m} \tilde{X}\, \mathrm{diag}(a(1 - a))\, \tilde{X}^{T},"
    r"\quad v^{T} \nabla^2 J\, v = \frac{1}{m} \sum_{i=1}^{m} a_i (1 - a_i) (\tilde{x}_i^{T} v)^2 \geq 0",
    "X: n_x m, w: n_x 1, b: scalar -> k k",
    "chapter 1; k = n_x + 1, in the order θ = [b; w]; the labels drop out",
)
def hessian(X: Array, w: Array, b: Array) -> Array:
    """H = (1/m) X̃ diag(a(1−a)) X̃ᵀ, the second derivatives of J in θ = [b; w]: `(n_x+1, n_x+1)`."""
    m = X.shape[1]
    X1 = with_ones(X)
    a = sigmoid(np.dot(w.T, X) + b)
    return (X1 * (a * (1 - a))) @ X1.T / m


def quadratic_form(v: Array, X: Array, w: Array, b: Array) -> Array:
    """vᵀHv = (1/m) Σᵢ aᵢ(1−aᵢ)(x̃ᵢᵀv)²: a sum of squares with positive weights, so never negative. `v: (n_x+1, 1)`."""
    m = X.shape[1]
    a = sigmoid(np.dot(w.T, X) + b)
    return np.sum(a * (1 - a) * np.dot(v.T, with_ones(X)) ** 2) / m


def largest_learning_rate(X: Array) -> float:
    """2/λ_max(X̃X̃ᵀ/4m): with a smaller α the cost never rises, because a(1−a) ≤ ¼. On plain arrays only.

    With the one example x = 1, X̃X̃ᵀ/4 is [[¼, ¼], [¼, ¼]], whose largest eigenvalue is ½:

    >>> print(f"{largest_learning_rate(np.array([[1.0]])):.6f}")
    4.000000
    """
    m = X.shape[1]
    X1 = with_ones(X)
    return float(2 / np.linalg.eigvalsh(X1 @ X1.T / (4 * m))[-1])
