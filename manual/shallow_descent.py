"""Gradient descent of the shallow network: vectorised, and as explicit loops."""

from __future__ import annotations

import numpy as np

from manual.activations import g, g_prime, sigmoid
from manual.notation import Array, formula
from manual.shallow import Parameters, check_parameters
from manual.shallow_backward import backward

DESCENT = (
    "X: n0 m, Y: 1 m, W1: n1 n0, b1: n1 1, W2: 1 n1, b2: 1 1, learning_rate: scalar, iterations: integer,"
    " activation: text -> W1: n1 n0, b1: n1 1, W2: 1 n1, b2: 1 1"
)


@formula(
    "shallow.descent",
    r"W^{[l]} := W^{[l]} - \alpha\, dW^{[l]}, \quad b^{[l]} := b^{[l]} - \alpha\, db^{[l]}, \quad l = 1, 2",
    DESCENT,
    "chapter 2; repeat",
    {"Y": "label", "learning_rate": "positive"},
)
def descent(
    X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array,
    learning_rate: Array, iterations: int = 1, activation: str = "tanh",
) -> Parameters:  # fmt: skip
    """Repeat: predict all ŷ⁽ⁱ⁾, compute dW1, db1, dW2, db2, update each by −α. Raises as `backward` does."""
    for _ in range(iterations):
        grads = backward(X, Y, W1, b1, W2, b2, activation)
        W1 = W1 - learning_rate * grads["dW1"]
        b1 = b1 - learning_rate * grads["db1"]
        W2 = W2 - learning_rate * grads["dW2"]
        b2 = b2 - learning_rate * grads["db2"]
    return W1, b1, W2, b2


@formula(
    "shallow.descent.loop",
    r"w_{ik}^{[l]} := w_{ik}^{[l]} - \alpha\, dw_{ik}^{[l]}, \quad b_i^{[l]} := b_i^{[l]} - \alpha\, db_i^{[l]}",
    DESCENT,
    "chapter 2; unit by unit, so that two equal units go through the very same operations (init.symmetry)",
    {"Y": "label", "learning_rate": "positive"},
)
def descent_loop(
    X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array,
    learning_rate: Array, iterations: int = 1, activation: str = "tanh",
) -> Parameters:  # fmt: skip
    """The same with explicit loops over examples, units and inputs, every sum in one order. One output unit."""
    check_parameters(X, W1, b1, W2, b2, Y)
    (n0, m), n1 = X.shape, W1.shape[0]
    w1, c1 = [[W1[i, k] for k in range(n0)] for i in range(n1)], [b1[i, 0] for i in range(n1)]
    w2, c2 = [W2[0, i] for i in range(n1)], b2[0, 0]
    for _ in range(iterations):
        dw1, dc1, dw2, dc2 = [[0] * n0 for _ in range(n1)], [0] * n1, [0] * n1, 0
        for e in range(m):
            z1 = [sum(w1[i][k] * X[k, e] for k in range(n0)) + c1[i] for i in range(n1)]
            a1 = [g(activation)(z) for z in z1]
            a2 = sigmoid(sum(w2[i] * a1[i] for i in range(n1)) + c2)
            dz2 = a2 - Y[0, e]
            dc2 += dz2
            for i in range(n1):
                dw2[i] += dz2 * a1[i]
                dz1 = w2[i] * dz2 * g_prime(activation)(z1[i])
                dc1[i] += dz1
                for k in range(n0):
                    dw1[i][k] += dz1 * X[k, e]
        w1 = [[w1[i][k] - learning_rate * (dw1[i][k] / m) for k in range(n0)] for i in range(n1)]
        c1 = [c1[i] - learning_rate * (dc1[i] / m) for i in range(n1)]
        w2 = [w2[i] - learning_rate * (dw2[i] / m) for i in range(n1)]
        c2 = c2 - learning_rate * (dc2 / m)
    W1 = np.stack([np.stack(row) for row in w1])
    return W1, np.stack(c1).reshape(n1, 1), np.stack(w2).reshape(1, n1), np.stack([c2]).reshape(1, 1)
