"""Broadcasting, by PyTorch's own rules."""

from __future__ import annotations

import torch
from torch import Tensor


def percentage(A: Tensor) -> tuple[Tensor, Tensor]:
    """The sum of each column, and every element as a percentage of it."""
    cal = torch.sum(A, dim=0)
    return cal, 100 * A / cal


def add(A: Tensor, B: Tensor) -> Tensor:
    """A + B, broadcast."""
    return torch.add(A, B)


def trap(a: Tensor) -> tuple[Tensor, Tensor]:
    """A rank-1 tensor itself, and the sum of its squares; a column as a row, and the products of all pairs."""
    if a.ndim == 1:
        return a, torch.sum(a * a)
    return torch.transpose(a, 0, 1), torch.outer(a[:, 0], a[:, 0])
