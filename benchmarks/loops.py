"""What is timed: loops without end, a step of descent at each `next`. All take what `manual.training.descend` takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from manual import deep as by_hand
from manual.training import State
from reference_torch import deep

Array = np.ndarray[Any, Any]
Cost: TypeAlias = Callable[[Tensor, Tensor, Mapping[str, Tensor], Sequence[str]], Tensor]


def eager(
    X: Array, Y: Array, parameters: Mapping[str, Array], activations: Sequence[str], learning_rate: float,
    cost: Cost = deep.cost,
) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:  # fmt: skip
    """PyTorch as its own tutorials have it: the cost, `backward`, a step of SGD. Yields J and the tensors that move."""
    moved = {name: torch.tensor(value).requires_grad_() for name, value in parameters.items()}
    optimiser = torch.optim.SGD(moved.values(), lr=learning_rate)
    inputs, labels = (torch.from_numpy(x).clone() for x in (X, Y))  # in PyTorch's own memory, laid out as x is
    while True:
        optimiser.zero_grad()
        J = cost(inputs, labels, moved, activations)
        yield J, moved
        torch.autograd.backward(J)
        optimiser.step()


def compiled(
    X: Array, Y: Array, parameters: Mapping[str, Array], activations: Sequence[str], learning_rate: float
) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """The same with the forward pass, and with it the backward pass, compiled, at the first `next`."""
    torch.compiler.reset()  # or else the shapes of the last network would be taken for the first of many
    return eager(X, Y, parameters, activations, learning_rate, torch.compile(deep.cost, dynamic=False))


def operands(state: State, Y: Array) -> list[tuple[Array, Array]]:
    """What a step multiplies: W A[l−1] and dZ A[l−1]ᵀ of every layer, Wᵀ dZ of every layer but the first."""
    grads = by_hand.backward_blocks(state.AL, Y, state.caches, sound=True)
    pairs = []
    for l, cache in enumerate(state.caches, start=1):
        dZ = grads[f"dZ{l}"]
        pairs += [(cache.W, cache.A_prev), (dZ, cache.A_prev.T)]
        pairs += [(cache.W.T, dZ)] if l > 1 else []
    return pairs


def products(pairs: Sequence[tuple[Array, Array]]) -> Iterator[None]:
    """The matrix products of a step and nothing else, in NumPy."""
    while True:
        for left, right in pairs:
            np.dot(left, right)
        yield
