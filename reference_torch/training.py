"""Gradient descent by torch.optim.SGD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from reference_torch import deep, losses


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


@dataclass(frozen=True)
class State:
    """Where descent stands before a step: the parameters, the cost J, and Z1, A1, ..., ZL, AL by name."""

    parameters: Mapping[str, Tensor]
    J: Tensor
    values: Mapping[str, Tensor]


def descend(
    X: Tensor, Y: Tensor, parameters: Mapping[str, Tensor], activations: Sequence[str], learning_rate: float | Tensor
) -> Iterator[State]:
    """For ever: the cost, its gradient by autograd, a step of SGD. Yields the state before each step.

    The next step moves the parameters in place, so a state is for use before the next one is asked for.
    """
    deep.check_sigmoid_output(activations[-1])
    moved, L = _leaves(parameters), len(activations)
    optimiser = torch.optim.SGD(moved.values(), lr=float(learning_rate))
    while True:
        optimiser.zero_grad()
        values = deep.forward(X, moved, activations)
        J = losses.cost_sound(values[f"Z{L}"], Y)
        yield State(_plain(moved), J.detach(), _plain(values))
        torch.autograd.backward(J)
        optimiser.step()


def train(
    X: Tensor, Y: Tensor, parameters: Mapping[str, Tensor], activations: Sequence[str],
    learning_rate: float | Tensor, iterations: int,
) -> tuple[list[Tensor], dict[str, Tensor]]:  # fmt: skip
    """The costs before each step of SGD and after the last, and the parameters it ends with."""
    costs = []
    for state in islice(descend(X, Y, parameters, activations, learning_rate), iterations + 1):
        costs.append(state.J)
        parameters = state.parameters
    return costs, dict(parameters)


def _leaves(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies for an optimiser to move: what the caller gave stays as it is."""
    return {name: value.detach().clone().requires_grad_() for name, value in parameters.items()}


def _plain(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in parameters.items()}
