"""The gradient of a definition as a definition of its own, by autograd: what second derivatives are taken of."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def slope(definition: Callable[..., Tensor], *names: str) -> Callable[..., Tensor]:
    """The gradient of the summed output with respect to the named arguments, flattened to one column.

    >>> cube = slope(lambda x: x**3, "x")
    >>> cube(x=torch.tensor([2.0, 3.0])).tolist()
    [[12.0], [27.0]]
    """

    def gradient(**tensors: Tensor) -> Tensor:
        leaves = {k: t if t.requires_grad else t.detach().requires_grad_() for k, t in tensors.items() if k in names}
        out = definition(**{**tensors, **leaves})
        found = torch.autograd.grad(out.sum(), [leaves[name] for name in names], create_graph=True)
        return torch.cat([g.reshape(-1, 1) for g in found])

    return gradient


def curvature(definition: Callable[..., Tensor], *names: str) -> Callable[..., Tensor]:
    """The second derivatives of the summed output in the named arguments, flattened one after the other: a matrix.

    >>> product = curvature(lambda x, y: x**2 * y, "x", "y")
    >>> product(x=torch.tensor(3.0), y=torch.tensor(5.0)).tolist()
    [[10.0, 6.0], [6.0, 0.0]]
    """

    def second(**tensors: Tensor) -> Tensor:
        leaves = {k: t.detach().requires_grad_() for k, t in tensors.items() if k in names}
        rows = slope(definition, *names)(**{**tensors, **leaves})[:, 0]
        found = [torch.autograd.grad(row, [leaves[name] for name in names], retain_graph=True) for row in rows]
        return torch.stack([torch.cat([g.reshape(-1) for g in row]) for row in found])

    return second
