"""The gradients of one layer of a deep network, each by its own formula."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from manual import blocks, losses
from manual.activations import g, g_prime, sigmoid
from reference_torch import losses as loss_definitions
from reference_torch.activations import ACTIVATIONS as DEFINED
from verify.checks.derivative import derivative
from verify.checks.identity import identity
from verify.row import Row, Written
from verify.rows.points import A_EDGES, KINK, Z_EDGES, renamed

CHAIN = "W_next: q n, dZ_next: q m, Z: n m"
AY = {"A": "probability", "Y": "label"}
SLOPES = ("sigmoid", "tanh", "relu", "leaky_relu")


def slope_checks() -> dict[str, Any]:
    """dZ for each g of the notes; where g has a kink, there too."""
    return {
        activation: derivative(
            "Z: n m", "Z", lambda Z, name=activation: g(name)(Z),
            lambda f, dout, Z, name=activation: f(dout, Z, name),
            lambda Z, name=activation: DEFINED[name](Z),
            edges=renamed(KINK, True, z="Z") if "relu" in activation else None,
        )
        for activation in SLOPES
    }  # fmt: skip


def chain_checks() -> dict[str, Any]:
    """dZ[l] from dZ[l+1], with and without a kink in g[l]."""
    return {
        activation: derivative(
            "W_next: q n, Z: n m", "Z", lambda W_next, Z, name=activation: W_next @ g(name)(Z),
            lambda f, dout, W_next, Z, name=activation: f(W_next, dout, Z, name),
            lambda W_next, Z, name=activation: W_next @ DEFINED[name](Z),
        )
        for activation in ("tanh", "relu")
    }  # fmt: skip


def columns(x: Any) -> Iterator[Any]:
    """One example after another."""
    return (x[:, i : i + 1] for i in range(x.shape[1]))


ROWS: tuple[Row, ...] = (
    Row(
        blocks.dA_L,
        {
            "derivative": derivative(
                "A: n m, Y: n m",
                "A",
                lambda A, Y: losses.cross_entropy(A, Y),
                lambda f, dout, A, Y: dout * f(A, Y),
                lambda A, Y: loss_definitions.cross_entropy(A, Y),
                domain=AY,
                edges=renamed(A_EDGES, True, a="A", y="Y"),
            )
        },
        {
            "sign of the first term": ("derivative", lambda A, Y: Y / A + (1 - Y) / (1 - A)),
            "sign of the second term": ("derivative", lambda A, Y: -Y / A - (1 - Y) / (1 - A)),
            "1/m": ("derivative", lambda A, Y: blocks.dA_L(A, Y) / A.shape[1]),
            "A − Y": ("derivative", lambda A, Y: A - Y),
        },
    ),
    Row(
        blocks.dZ_L,
        {
            "derivative": derivative(
                "Z: n m, Y: n m",
                "Z",
                lambda Z, Y: losses.cross_entropy(sigmoid(Z), Y),
                lambda f, dout, Z, Y: dout * f(sigmoid(Z), Y),
                lambda Z, Y: loss_definitions.cross_entropy_sound(Z, Y),
                domain={"Y": "label"},
                edges={"saturated": {"Z": [Z_EDGES["saturated"]["z"]], "Y": [[0.0, 1.0] * 7]}},
            ),
            "identity": identity(
                "Z: n m, Y: n m",
                lambda f, Z, Y: f(sigmoid(Z), Y),
                lambda f, Z, Y: blocks.dZ(blocks.dA_L(sigmoid(Z), Y), Z, "sigmoid"),
                domain={"Y": "label"},
            ),
        },
        {
            "Y − A": ("derivative", lambda A, Y: Y - A),
            "averaged already": ("derivative", lambda A, Y: (A - Y) / A.shape[1]),
            "σ′ multiplied twice": ("identity", lambda A, Y: (A - Y) * A * (1 - A)),
        },
    ),
    Row(
        blocks.dZ,
        slope_checks(),
        {
            "g′ of A, sigmoid": ("sigmoid", lambda dA, Z, activation: blocks.dZ(dA, g(activation)(Z), activation)),
            "g for g′": ("sigmoid", lambda dA, Z, activation: dA * g(activation)(Z)),
            "g′ of A, tanh": ("tanh", lambda dA, Z, activation: blocks.dZ(dA, g(activation)(Z), activation)),
            "1 − z²": ("tanh", lambda dA, Z, activation: dA * (1 - Z**2)),
            "g′ of A, ReLU": ("relu", lambda dA, Z, activation: blocks.dZ(dA, g(activation)(Z), activation)),
            "g′ missing": ("relu", lambda dA, Z, activation: 1 * dA),
            "ReLU for leaky ReLU": ("leaky_relu", lambda dA, Z, activation: blocks.dZ(dA, Z, "relu")),
            "averaged": ("leaky_relu", lambda dA, Z, activation: blocks.dZ(dA, Z, activation) / dA.shape[1]),
        },
    ),
    Row(
        blocks.dW,
        {
            "derivative": derivative(
                "A_prev: p m, W: n p",
                "W",
                lambda A_prev, W: W @ A_prev,
                lambda f, dout, A_prev, W: f(dout, A_prev),
                lambda A_prev, W: W @ A_prev,
                averaged=True,
            ),
            "by examples": identity(
                "dZ: n m, A_prev: p m",
                lambda f, dZ, A_prev: f(dZ, A_prev),
                lambda f, dZ, A_prev: (
                    sum(dz @ a.T for dz, a in zip(columns(dZ), columns(A_prev), strict=True)) / dZ.shape[1]
                ),
            ),
        },
        {
            "1/m missing": ("derivative", lambda dZ, A_prev: dZ @ A_prev.T),
            "transposed": ("derivative", lambda dZ, A_prev: A_prev @ dZ.T / dZ.shape[1]),
            "n for m": ("derivative", lambda dZ, A_prev: dZ @ A_prev.T / dZ.shape[0]),
            "the last example left out": (
                "by examples",
                lambda dZ, A_prev: dZ[:, :-1] @ A_prev[:, :-1].T / dZ.shape[1],
            ),
        },
    ),
    Row(
        blocks.db,
        {
            "derivative": derivative(
                "A_prev: p m, W: n p, b: n 1",
                "b",
                lambda A_prev, W, b: W @ A_prev + b,
                lambda f, dout, A_prev, W, b: f(dout),
                lambda A_prev, W, b: W @ A_prev + b,
                averaged=True,
            ),
            "by examples": identity("dZ: n m", lambda f, dZ: f(dZ), lambda f, dZ: sum(columns(dZ)) / dZ.shape[1]),
        },
        {
            "1/m missing": ("derivative", lambda dZ: np.sum(dZ, axis=1, keepdims=True)),
            "keepdims missing": ("derivative", lambda dZ: np.sum(dZ, axis=1) / dZ.shape[1]),
            "summed over the units": ("derivative", lambda dZ: np.sum(dZ, axis=0, keepdims=True) / dZ.shape[1]),
            "the first example alone": ("by examples", lambda dZ: dZ[:, :1] / dZ.shape[1]),
        },
    ),
    Row(
        blocks.dA_prev,
        {
            "derivative": derivative(
                "W: n p, A_prev: p m",
                "A_prev",
                lambda W, A_prev: W @ A_prev,
                lambda f, dout, W, A_prev: f(W, dout),
                lambda W, A_prev: W @ A_prev,
            ),
            "by examples": identity(
                "W: n p, dZ: n m",
                lambda f, W, dZ: f(W, dZ),
                lambda f, W, dZ: np.concatenate([W.T @ dz for dz in columns(dZ)], axis=1),
            ),
        },
        {
            "ᵀ lost": ("derivative", lambda W, dZ: W @ dZ),
            "averaged": ("derivative", lambda W, dZ: W.T @ dZ / dZ.shape[1]),
            "the last unit left out": ("by examples", lambda W, dZ: W[:-1].T @ dZ[:-1]),
        },
        (
            Written(
                "scan",
                r"dA^{[l-1]} = W^{[l]} dZ^{[l]}",
                r"dA^{[l-1]} = W^{[l]T} dZ^{[l]}",
                "the scan loses the ᵀ of the vectorised form; one example has it: da[l−1] = W[l]ᵀ dz[l]",
            ),
        ),
    ),
    Row(
        blocks.dZ_chain,
        {
            **chain_checks(),
            "identity": identity(
                CHAIN,
                lambda f, W_next, dZ_next, Z: f(W_next, dZ_next, Z, "sigmoid"),
                lambda f, W_next, dZ_next, Z: blocks.dZ(blocks.dA_prev(W_next, dZ_next), Z, "sigmoid"),
            ),
        },
        {
            "g′ of A": (
                "tanh",
                lambda W_next, dZ_next, Z, activation: W_next.T @ dZ_next * g_prime(activation)(g(activation)(Z)),
            ),
            "ᵀ lost": ("tanh", lambda W_next, dZ_next, Z, activation: W_next @ dZ_next),
            "g for g′": ("relu", lambda W_next, dZ_next, Z, activation: W_next.T @ dZ_next * g(activation)(Z)),
            "averaged": (
                "relu",
                lambda W_next, dZ_next, Z, activation: blocks.dZ_chain(W_next, dZ_next, Z, activation) / Z.shape[1],
            ),
            "g′ missing": ("identity", lambda W_next, dZ_next, Z, activation: W_next.T @ dZ_next),
        },
    ),
)
