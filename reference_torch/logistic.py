"""Logistic regression: predictions and cost."""

from __future__ import annotations

import torch
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


def hessian(X: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The second derivatives of J in θ = [b; w]; the labels drop out, and are 0 here."""
    Y = torch.zeros_like(X[:1])

    def J(theta: Tensor) -> Tensor:
        return cost(X, Y, theta[1:, None], theta[0])

    return torch.func.hessian(J)(torch.cat([b.reshape(1), w[:, 0]]))  # type: ignore[no-any-return]
