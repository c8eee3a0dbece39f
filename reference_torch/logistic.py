"""Logistic regression: predictions and cost."""

from __future__ import annotations

from torch import Tensor

from reference_torch import losses
from reference_torch.activations import sigmoid


def predict(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """P(y=1|x) for the columns of x."""
    return sigmoid(w.T @ x + b)


def forward(X: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Z and A, each (1, m)."""
    Z = w.T @ X + b
    return Z, sigmoid(Z)


def cost(X: Tensor, Y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """J(w, b), in the logits form."""
    Z, _ = forward(X, w, b)
    return losses.cost_sound(Z, Y)
