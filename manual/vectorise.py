"""One gradient of logistic regression, twice: the explicit loop, and the vectorised pass that replaces it."""

from __future__ import annotations

import numpy as np

from manual.activations import sigmoid
from manual.logistic import check_weights
from manual.notation import Array, formula


@formula(
    "logistic.loop",
    r"J += L(a^{(i)}, y^{(i)}), \quad dw_j += x_j^{(i)} dz^{(i)}, \quad db += dz^{(i)};"
    r"\quad \text{then each divided by } m",
    "X: n_x m, Y: 1 m, w: n_x 1, b: scalar -> J: scalar, dw: n_x 1, db: scalar",
    "chapter 1; the notes write out dw₁ and dw₂, here j runs over all features",
    {"Y": "label"},
)
def loop(X: Array, Y: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """J, dw, db by a loop over the m examples, and within it one over the features. Raises as `vectorised` does."""
    check_weights(X, w, b, Y)
    n_x, m = X.shape
    J, dw, db = 0, [0] * n_x, 0
    for i in range(m):
        z = b
        for j in range(n_x):
            z = z + w[j, 0] * X[j, i]
        a = sigmoid(z)
        J += -(Y[0, i] * np.log(a) + (1 - Y[0, i]) * np.log(1 - a))
        dz = a - Y[0, i]
        for j in range(n_x):
            dw[j] += X[j, i] * dz
        db += dz
    return J / m, np.stack([dw_j / m for dw_j in dw]).reshape(n_x, 1), db / m


@formula(
    "vectorise",
    r"Z = w^{T} X + b, \quad A = \sigma(Z), \quad dZ = A - Y, \quad dw = \frac{1}{m} X\,dZ^{T},"
    r"\quad db = \frac{1}{m} \sum_{i=1}^{m} dz^{(i)}",
    "X: n_x m, Y: 1 m, w: n_x 1, b: scalar -> J: scalar, dw: n_x 1, db: scalar",
    "chapter 1; equal to logistic.loop, and much faster",
    {"Y": "label"},
)
def vectorised(X: Array, Y: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """J, dw, db without a loop.

    Raises ValueError where shapes do not fit, m is 0, a label is neither 0 nor 1, or X holds NaN or infinity.
    """
    check_weights(X, w, b, Y)
    m = X.shape[1]
    Z = np.dot(w.T, X) + b
    A = sigmoid(Z)
    J = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    dZ = A - Y
    dw = np.dot(X, dZ.T) / m
    db = np.sum(dZ) / m
    return J, dw, db
