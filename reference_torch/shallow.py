"""The shallow network: forward pass and cost."""

from __future__ import annotations

from torch import Tensor

from reference_torch import losses
from reference_torch.activations import ACTIVATIONS, sigmoid


def unit(x: Tensor, w_i: Tensor, b_i: Tensor) -> tuple[Tensor, Tensor]:
    """z and a of one unit."""
    z_i = w_i.T @ x + b_i
    return z_i, sigmoid(z_i)


def forward(
    X: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, activation: str = "tanh"
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Z1, A1, Z2, A2, each a node of the graph."""
    Z1 = W1 @ X + b1
    A1 = ACTIVATIONS[activation](Z1)
    Z2 = W2 @ A1 + b2
    return Z1, A1, Z2, sigmoid(Z2)


def cost(X: Tensor, Y: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, activation: str = "tanh") -> Tensor:
    """J(W1, b1, W2, b2), in the logits form."""
    _, _, Z2, _ = forward(X, W1, b1, W2, b2, activation)
    return losses.cost_sound(Z2, Y)
