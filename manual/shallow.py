"""A shallow network: one hidden layer and one output unit. Two layers; the input layer is not counted."""

from __future__ import annotations

import numpy as np

from manual import losses
from manual.activations import g, sigmoid
from manual.notation import Array, formula
from manual.shapes import check_data, check_layer

# What the four of them are: W1: (n1, n0), b1: (n1, 1), W2: (n2, n1), b2: (n2, 1).
Parameters = tuple[Array, Array, Array, Array]

PASS = "X: n0 m, W1: n1 n0, b1: n1 1, W2: n2 n1, b2: n2 1, activation: text -> Z1: n1 m, A1: n1 m, Z2: n2 m, A2: n2 m"


@formula(
    "shallow.unit",
    r"z_i^{[1]} = w_i^{[1]T} x + b_i^{[1]}, \quad a_i^{[1]} = \sigma(z_i^{[1]})",
    "x: n0 1, w_i: n0 1, b_i: scalar -> z_i: 1 1, a_i: 1 1",
    "chapter 2",
)
def unit(x: Array, w_i: Array, b_i: Array) -> tuple[Array, Array]:
    """One unit: z_i = w_iᵀx + b_i, a_i = σ(z_i). Its w_iᵀ is row i of W1."""
    z_i = np.dot(w_i.T, x) + b_i
    a_i = sigmoid(z_i)
    return z_i, a_i


def stacked_units(x: Array, W1: Array, b1: Array) -> tuple[Array, Array]:
    """The units of a layer one by one, stacked: z = W1 x + b1 and a = σ(z), each `(n1, 1)`."""
    units = [unit(x, W1[i : i + 1].T, b1[i, 0]) for i in range(W1.shape[0])]
    return np.concatenate([z for z, _ in units]), np.concatenate([a for _, a in units])


@formula(
    "shallow.forward",
    r"Z^{[1]} = W^{[1]} X + b^{[1]}, \quad A^{[1]} = g^{[1]}(Z^{[1]}), \quad"
    r" Z^{[2]} = W^{[2]} A^{[1]} + b^{[2]}, \quad A^{[2]} = g^{[2]}(Z^{[2]}) = \sigma(Z^{[2]})",
    PASS,
    "chapter 2",
)
def forward(
    X: Array, W1: Array, b1: Array, W2: Array, b2: Array, activation: str = "tanh"
) -> tuple[Array, Array, Array, Array]:
    """Z1 = W1 X + b1, A1 = g(Z1), Z2 = W2 A1 + b2, A2 = σ(Z2). `activation` names the g of the hidden layer.

    Raises ValueError where shapes do not fit, m is 0, X holds NaN or infinity, or the activation is unknown.
    """
    check_parameters(X, W1, b1, W2, b2)
    Z1 = W1 @ X + b1
    A1 = g(activation)(Z1)
    Z2 = W2 @ A1 + b2
    A2 = sigmoid(Z2)
    return Z1, A1, Z2, A2


@formula(
    "shallow.forward.loop",
    r"z^{[1](i)} = W^{[1]} x^{(i)} + b^{[1]}, \quad a^{[1](i)} = g^{[1]}(z^{[1](i)}), \quad"
    r" z^{[2](i)} = W^{[2]} a^{[1](i)} + b^{[2]}, \quad a^{[2](i)} = \sigma(z^{[2](i)})",
    PASS,
    "chapter 2; example by example",
)
def forward_loop(
    X: Array, W1: Array, b1: Array, W2: Array, b2: Array, activation: str = "tanh"
) -> tuple[Array, Array, Array, Array]:
    """The same, one example after another, their columns put side by side. Raises as `forward` does."""
    check_parameters(X, W1, b1, W2, b2)
    columns = []
    for i in range(X.shape[1]):
        x = X[:, i : i + 1]
        z1 = W1 @ x + b1
        a1 = g(activation)(z1)
        z2 = W2 @ a1 + b2
        a2 = sigmoid(z2)
        columns.append((z1, a1, z2, a2))
    Z1, A1, Z2, A2 = (np.concatenate(c, axis=1) for c in zip(*columns, strict=True))
    return Z1, A1, Z2, A2


@formula(
    "shallow.shapes",
    r"W^{[1]} \in \mathbb{R}^{n_1 \times n_0}, \quad b^{[1]} \in \mathbb{R}^{n_1 \times 1}, \quad"
    r" W^{[2]} \in \mathbb{R}^{n_2 \times n_1}, \quad b^{[2]} \in \mathbb{R}^{n_2 \times 1}",
    "n0: integer, n1: integer, n2: integer -> layers",
    "chapter 2; n0 = n_x, n2 = 1; the scan says not to count the hidden layer, where the input layer is meant",
)
def shapes(n0: int, n1: int, n2: int = 1) -> dict[str, tuple[int, int]]:
    """The shapes of the parameters of a 2-layer network.

    >>> shapes(n0=3, n1=4)
    {'W1': (4, 3), 'b1': (4, 1), 'W2': (1, 4), 'b2': (1, 1)}
    """
    return {"W1": (n1, n0), "b1": (n1, 1), "W2": (n2, n1), "b2": (n2, 1)}


@formula(
    "shallow.cost",
    r"J(W^{[1]}, b^{[1]}, W^{[2]}, b^{[2]}) = \frac{1}{m} \sum_{i=1}^{m} L(\hat{y}^{(i)}, y^{(i)})",
    "X: n0 m, Y: 1 m, W1: n1 n0, b1: n1 1, W2: 1 n1, b2: 1 1, activation: text -> scalar",
    "chapter 2",
    {"Y": "label"},
)
def cost(X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array, activation: str = "tanh") -> Array:
    """J = (1/m) Σ L(ŷ,y) with ŷ = A2. Raises as `forward` and `losses.cost` do."""
    _, _, _, A2 = forward(X, W1, b1, W2, b2, activation)
    return losses.cost(A2, Y)


def check_parameters(X: Array, W1: Array, b1: Array, W2: Array, b2: Array, Y: Array | None = None) -> None:
    """Data and parameters fit. Raises ValueError, naming the arrays and both shapes, if not."""
    check_data(X, Y)
    check_layer(("W1", W1), ("b1", b1), ("X", X))
    check_layer(("W2", W2), ("b2", b2), ("W1", W1))
