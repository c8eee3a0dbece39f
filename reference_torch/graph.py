"""The computation graph of J = 3(a + bc)."""

from __future__ import annotations

from torch import Tensor


def forward(a: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """u, v and J, each a node of the graph, so that autograd reaches all of them."""
    u = b * c
    v = a + u
    return u, v, 3 * v


def J(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """J(a,b,c) = 3(a + bc)."""
    return 3 * (a + b * c)
