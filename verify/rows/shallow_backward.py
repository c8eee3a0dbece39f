"""The derivatives of the shallow network."""

from __future__ import annotations

import numpy as np

from manual import activations, losses, shallow_backward
from reference_torch import losses as loss_definitions
from reference_torch.activations import ACTIVATIONS
from verify.checks.derivative import derivative
from verify.row import Row
from verify.rows.points import KINK, Z_EDGES
from verify.rows.shallow import HIDDEN, LABELS
from verify.setting import Check

ABOVE = "W2: n2 n1, A1: n1 m, b2: n2 1"
BELOW = "X: n0 m, W1: n1 n0, b1: n1 1"
# Every saturated z under either label; and, for ReLU, one unit at its kink where the other is not.
SATURATED = {"saturated": {"Z2": [Z_EDGES["saturated"]["z"]] * 2, "Y": [[0.0, 1.0] * 7, [1.0, 0.0] * 7]}}
AT_KINK = {"kink": {"W2": [[1.5, -0.75]], "Z1": [KINK["kink"]["z"], KINK["kink"]["z"][::-1]]}}


def dZ1_check(g: str) -> Check:
    """W2ᵀ dZ2 ∗ g′(Z1) as the derivative of W2 g(Z1) + b2."""
    return derivative(
        "W2: n2 n1, Z1: n1 m", "Z1", lambda W2, Z1: W2 @ activations.g(g)(Z1),
        lambda f, dout, W2, Z1: f(W2, dout, Z1, g), lambda W2, Z1: W2 @ ACTIVATIONS[g](Z1),
        edges=AT_KINK if g == "relu" else None,
    )  # fmt: skip


ROWS: tuple[Row, ...] = (
    Row(
        shallow_backward.dZ2,
        {
            "derivative": derivative(
                "Z2: n2 m, Y: n2 m", "Z2", lambda Z2, Y: losses.cross_entropy(activations.sigmoid(Z2), Y),
                lambda f, dout, Z2, Y: dout * f(activations.sigmoid(Z2), Y),
                lambda Z2, Y: loss_definitions.cross_entropy_sound(z=Z2, y=Y), domain=LABELS, edges=SATURATED,
            )
        },
        {
            "Y − A2": ("derivative", lambda A2, Y: Y - A2),
            "averaged already": ("derivative", lambda A2, Y: (A2 - Y) / A2.shape[1]),
            "σ′ multiplied twice": ("derivative", lambda A2, Y: (A2 - Y) * A2 * (1 - A2)),
        },
    ),
    Row(
        shallow_backward.dW2,
        {
            "derivative": derivative(
                ABOVE, "W2", lambda W2, A1, b2: W2 @ A1 + b2, lambda f, dout, W2, A1, b2: f(dout, A1),
                lambda W2, A1, b2: W2 @ A1 + b2, averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda dZ2, A1: dZ2 @ A1.T),
            "transposed": ("derivative", lambda dZ2, A1: A1 @ dZ2.T / A1.shape[1]),
            "n1 for m": ("derivative", lambda dZ2, A1: dZ2 @ A1.T / A1.shape[0]),
        },
    ),
    Row(
        shallow_backward.db2,
        {
            "derivative": derivative(
                ABOVE, "b2", lambda W2, A1, b2: W2 @ A1 + b2, lambda f, dout, W2, A1, b2: f(dout),
                lambda W2, A1, b2: W2 @ A1 + b2, averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda dZ2: np.sum(dZ2, axis=1, keepdims=True)),
            "keepdims missing": ("derivative", lambda dZ2: np.sum(dZ2, axis=1) / dZ2.shape[1]),
            "the first unit's for all": ("derivative", lambda dZ2: shallow_backward.db2(dZ2[[0] * dZ2.shape[0]])),
        },
    ),
    Row(
        shallow_backward.dZ1,
        {f"derivative, {g}": dZ1_check(g) for g in HIDDEN},
        {
            "g′ missing": ("derivative, tanh", lambda W2, dZ2, Z1, g: W2.T @ dZ2),
            "g′(A1) for g′(Z1)": (
                "derivative, sigmoid",
                lambda W2, dZ2, Z1, g: shallow_backward.dZ1(W2, dZ2, activations.g(g)(Z1), g),
            ),
            "tanh′ whatever is asked": (
                "derivative, sigmoid", lambda W2, dZ2, Z1, g: shallow_backward.dZ1(W2, dZ2, Z1)
            ),
            "g for g′": (
                "derivative, relu", lambda W2, dZ2, Z1, g: W2.T @ dZ2 * activations.g(g)(Z1)
            ),
            "W2 not transposed": ("derivative, relu", lambda W2, dZ2, Z1, g: W2 @ dZ2),
        },
    ),
    Row(
        shallow_backward.dW1,
        {
            "derivative": derivative(
                BELOW, "W1", lambda X, W1, b1: W1 @ X + b1, lambda f, dout, X, W1, b1: f(dout, X),
                lambda X, W1, b1: W1 @ X + b1, averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda dZ1, X: dZ1 @ X.T),
            "transposed": ("derivative", lambda dZ1, X: X @ dZ1.T / X.shape[1]),
            "n0 for m": ("derivative", lambda dZ1, X: dZ1 @ X.T / X.shape[0]),
        },
    ),
    Row(
        shallow_backward.db1,
        {
            "derivative": derivative(
                BELOW, "b1", lambda X, W1, b1: W1 @ X + b1, lambda f, dout, X, W1, b1: f(dout),
                lambda X, W1, b1: W1 @ X + b1, averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda dZ1: np.sum(dZ1, axis=1, keepdims=True)),
            "summed over the units": ("derivative", lambda dZ1: np.sum(dZ1, axis=0, keepdims=True) / dZ1.shape[1]),
            "sum missing": ("derivative", lambda dZ1: dZ1[:, -1:] / dZ1.shape[1]),
        },
    ),
)  # fmt: skip
