"""torch.autograd.gradcheck on the cost in PyTorch, with the gradient by hand as its backward. All arguments default."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.problem import Array, Layers, Problem, flat, places
from reference_torch import deep
from verify.peers.gradcheck import accepted
from verify.records.verdict import FAIL, PASS

Judge = Callable[[Layers], str]


def slow(of: Problem, elements: Array | None) -> dict[str, Judge]:
    """Every element by two passes: |mine − theirs| ≤ 1e-5 + 1e-3·|theirs|, each element by itself."""
    return {"": lambda gradients: _judged(of, elements, gradients, fast=False)}


def fast(of: Problem, elements: Array | None) -> dict[str, Judge]:
    """One random direction of every tensor, whatever elements are asked for."""
    return {"": lambda gradients: _judged(of, None, gradients, fast=True)}


def _judged(of: Problem, elements: Array | None, gradients: Layers, fast: bool) -> str:
    cost, inputs, given = _whole(of, gradients) if elements is None else _part(of, elements, gradients)
    return PASS if accepted(cost, lambda dJ, *_: (dJ * gradient for gradient in given), inputs, fast) else FAIL


def _whole(of: Problem, gradients: Layers) -> tuple[Callable[..., Tensor], tuple[Tensor, ...], list[Tensor]]:
    """The cost as a function of all parameters."""
    X, Y = torch.from_numpy(of.X), torch.from_numpy(of.Y)
    inputs = tuple(torch.tensor(x).requires_grad_() for x in of.parameters.values())

    def cost(*moved: Tensor) -> Tensor:
        return deep.cost(X, Y, dict(zip(of.parameters, moved, strict=True)), of.net.activations)

    return cost, inputs, [torch.from_numpy(gradients[f"d{name}"]) for name in of.parameters]


def _part(
    of: Problem, elements: Array, gradients: Layers
) -> tuple[Callable[..., Tensor], tuple[Tensor, ...], list[Tensor]]:
    """The same cost as a function of some parameters only, in one row; the others stay where they are."""
    X, Y = torch.from_numpy(of.X), torch.from_numpy(of.Y)
    parameters = {name: torch.tensor(x) for name, x in of.parameters.items()}
    rows = {name: torch.from_numpy(at) for name, at in places(of, elements).items() if at.size}
    lengths = [len(at) for at in rows.values()]
    values = np.concatenate([of.parameters[name].reshape(-1)[at] for name, at in places(of, elements).items()])

    def cost(moved: Tensor) -> Tensor:
        for (name, at), part in zip(rows.items(), torch.split(moved.detach(), lengths), strict=True):
            parameters[name].view(-1)[at] = part
        return deep.cost(X, Y, parameters, of.net.activations)

    return cost, (torch.tensor(values).requires_grad_(),), [torch.from_numpy(flat(of, gradients)[elements])]
