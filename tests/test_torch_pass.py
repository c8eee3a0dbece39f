"""PyTorch's whole pass through a network of two layers: every tensor by name, in the notes' convention, no more."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle_nets import blindness, use
from verify.arithmetic.balls import Balls, precision
from verify.oracles.estimate import Estimate
from verify.oracles.network import torch_pass
from verify.questions import BLIND

M = 3
INPUTS: dict[str, Any] = {
    "X": np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]]),
    "Y": np.array([[1.0, 0.0, 1.0]]),
    "parameters": {
        "W1": np.array([[0.75, -0.5], [1.25, 0.25]]), "b1": np.array([[0.125], [-0.25]]),
        "W2": np.array([[1.5, -0.75]]), "b2": np.array([[0.375]]),
    },
}  # fmt: skip


def exactly() -> dict[str, Any]:
    """The pass as the notes write it, on exact numbers: dZ and dA an example each, J, dW and db their mean."""
    X, Y, p = INPUTS["X"], INPUTS["Y"], {k: Balls.of(v) for k, v in INPUTS["parameters"].items()}
    Z1 = p["W1"] @ X + p["b1"]
    A1 = np.tanh(Z1)
    Z2 = p["W2"] @ A1 + p["b2"]
    A2 = 1 / (1 + np.exp(-Z2))
    dZ2: Any = A2 - Y
    dA1 = p["W2"].T @ dZ2
    dZ1 = dA1 * (1 - A1 * A1)
    return {
        "Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "J": -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / M,
        "dZ1": dZ1, "dA1": dA1, "dZ2": dZ2,
        "dW1": dZ1 @ X.T / M, "db1": np.sum(dZ1, axis=1, keepdims=True) / M,
        "dW2": dZ2 @ A1.T / M, "db2": np.sum(dZ2, axis=1, keepdims=True) / M,
        "dA2": (1 - Y) / (1 - A2) - Y / A2,
    }  # fmt: skip


def test_every_tensor_of_the_pass_has_its_name_its_place_and_its_exact_value() -> None:
    found = torch_pass(INPUTS, ("tanh", "sigmoid"))
    with precision(400):
        exact = exactly()
    assert list(found.gradients) == list(found.errors) == list(exact)
    for name, value in exact.items():
        assert found.gradients[name].shape == value.shape
        assert use(found, name, value) <= 1, name
        assert blindness(found, name, value) <= BLIND["float64"], name


def test_labels_are_no_numbers_to_nudge() -> None:
    """A label a little below 1 would be divided by what a saturated unit leaves, of which float32 has few digits."""
    big = {"X": np.array([[1.0, 1.0]]), "Y": np.ones((1, 2)), "parameters": {"W1": np.full((1, 1), 10.0)}}
    big["parameters"] |= {"b1": np.zeros((1, 1))}
    found: Estimate = torch_pass(big, ("sigmoid",))
    # dA = −1/A is near 1, and rounded twice in float32: off by less than 2⁻²², of which float64 keeps 2⁻²⁹.
    assert (found.errors["dA1"] <= 16 * 2.0 ** (-22 - 29)).all()
