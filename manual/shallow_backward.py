"""The derivatives of the shallow network, from right to left."""

from __future__ import annotations

import numpy as np

from manual.activations import g_prime
from manual.notation import Array, formula
from manual.shallow import check_parameters, forward


@formula(
    "shallow.dZ2", r"dZ^{[2]} = A^{[2]} - Y", "A2: n2 m, Y: n2 m -> n2 m", "chapter 2",
    {"A2": "probability", "Y": "label"},
)  # fmt: skip
def dZ2(A2: Array, Y: Array) -> Array:
    """dZ2 = A2 − Y."""
    return A2 - Y


@formula("shallow.dW2", r"dW^{[2]} = \frac{1}{m} dZ^{[2]} A^{[1]T}", "dZ2: n2 m, A1: n1 m -> n2 n1", "chapter 2")
def dW2(dZ2: Array, A1: Array) -> Array:
    """dW2 = (1/m) dZ2 A1ᵀ."""
    m = A1.shape[1]
    return dZ2 / m @ A1.T


@formula("shallow.db2", r"db^{[2]} = \frac{1}{m} \sum_{i=1}^{m} dz^{[2](i)}", "dZ2: n2 m -> n2 1", "chapter 2")
def db2(dZ2: Array) -> Array:
    """db2 = (1/m) np.sum(dZ2, axis=1, keepdims=True)."""
    m = dZ2.shape[1]
    return np.sum(dZ2, axis=1, keepdims=True) / m


@formula(
    "shallow.dZ1",
    r"dZ^{[1]} = W^{[2]T} dZ^{[2]} * g^{[1]\prime}(Z^{[1]})",
    "W2: n2 n1, dZ2: n2 m, Z1: n1 m, activation: text -> n1 m",
    "chapter 2; * is the element-wise product",
)
def dZ1(W2: Array, dZ2: Array, Z1: Array, activation: str = "tanh") -> Array:
    """dZ1 = W2ᵀ dZ2 ∗ g′(Z1)."""
    return np.dot(W2.T, dZ2) * g_prime(activation)(Z1)


@formula("shallow.dW1", r"dW^{[1]} = \frac{1}{m} dZ^{[1]} X^{T}", "dZ1: n1 m, X: n0 m -> n1 n0", "chapter 2")
def dW1(dZ1: Array, X: Array) -> Array:
    """dW1 = (1/m) dZ1 Xᵀ."""
    m = X.shape[1]
    return dZ1 / m @ X.T


@formula("shallow.db1", r"db^{[1]} = \frac{1}{m} \sum_{i=1}^{m} dz^{[1](i)}", "dZ1: n1 m -> n1 1", "chapter 2")
def db1(dZ1: Array) -> Array:
    """db1 = (1/m) np.sum(dZ1, axis=1, keepdims=True)."""
    m = dZ1.shape[1]
    return np.sum(dZ1, axis=1, keepdims=True) / m


def backward(
    X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array, activation: str = "tanh"
) -> dict[str, Array]:
    """All six derivatives by name, after a forward pass. Raises ValueError as `forward` does, and for labels."""
    check_parameters(X, W1, b1, W2, b2, Y)
    Z1, A1, _, A2 = forward(X, W1, b1, W2, b2, activation)
    grads = {"dZ2": dZ2(A2, Y)}
    grads["dW2"] = dW2(grads["dZ2"], A1)
    grads["db2"] = db2(grads["dZ2"])
    grads["dZ1"] = dZ1(W2, grads["dZ2"], Z1, activation)
    grads["dW1"] = dW1(grads["dZ1"], X)
    grads["db1"] = db1(grads["dZ1"])
    return grads
