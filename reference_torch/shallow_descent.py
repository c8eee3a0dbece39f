"""Gradient descent of the shallow network, by torch.optim.SGD."""

from __future__ import annotations

from torch import Tensor

from reference_torch.training import train


def descent(
    X: Tensor, Y: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor,
    learning_rate: float | Tensor, iterations: int = 1, activation: str = "tanh",
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """W1, b1, W2, b2 after that many steps."""
    start = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    _, moved = train(X, Y, start, (activation, "sigmoid"), learning_rate, iterations)
    return moved["W1"], moved["b1"], moved["W2"], moved["b2"]
