"""A layer A = tanh(W A_prev + b) whose backward holds a mistake: what handgrad says of it."""

import numpy as np

from handgrad import check


def forward(W, A_prev, b):
    A = np.tanh(W @ A_prev + b)
    return A, (W, A_prev, A)


def backward(dA, cache):
    W, A_prev, A = cache
    dZ = dA * (1 - A)  # the mistake: tanh′ is 1 − A²
    return dZ @ A_prev.T, W.T @ dZ, np.sum(dZ, axis=1, keepdims=True)


rng = np.random.default_rng(0)
inputs = {"W": rng.normal(size=(3, 4)), "A_prev": rng.normal(size=(4, 5)), "b": rng.normal(size=(3, 1))}
print(check(forward, backward, inputs))
