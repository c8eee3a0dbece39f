"""Gradient descent by torch.optim.SGD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from reference_torch import deep


def descent(
    parameters: Mapping[str, Tensor], grads: Mapping[str, Tensor], learning_rate: float | Tensor
) -> dict[str, Tensor]:
    """One step of SGD from the parameters W1, b1, ... along the given gradients dW1, db1, ..."""
    moved = _leaves(parameters)
    for name, leaf in moved.items():
        leaf.grad = grads[f"d{name}"].detach().clone()
    torch.optim.SGD(moved.values(), lr=float(learning_rate)).step()
    return _plain(moved)


def step(w: Tensor, b: Tensor, dw: Tensor, db: Tensor, learning_rate: float | Tensor) -> tuple[Tensor, Tensor]:
    """One step of SGD of w and b along dw and db."""
    moved = descent({"w": w, "b": b}, {"dw": dw, "db": db}, learning_rate)
    return moved["w"], moved["b"]


def train(
    X: Tensor, Y: Tensor, parameters: Mapping[str, Tensor], activations: Sequence[str],
    learning_rate: float | Tensor, iterations: int,
) -> tuple[list[Tensor], dict[str, Tensor]]:  # fmt: skip
    """The costs before each step of SGD and after the last, and the parameters it ends with."""
    moved = _leaves(parameters)
    optimiser = torch.optim.SGD(moved.values(), lr=float(learning_rate))
    costs = []
    for _ in range(iterations):
        optimiser.zero_grad()
        J = deep.cost(X, Y, moved, activations)
        costs.append(J.detach())
        torch.autograd.backward(J)
        optimiser.step()
    costs.append(deep.cost(X, Y, moved, activations).detach())
    return costs, _plain(moved)


def _leaves(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies for an optimiser to move: what the caller gave stays as it is."""
    return {name: value.detach().clone().requires_grad_() for name, value in parameters.items()}


def _plain(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in parameters.items()}
