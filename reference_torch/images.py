"""From images to X and Y."""

from __future__ import annotations

import torch
from torch import Tensor


def unroll(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Every image flattened to a column, the labels to a row."""
    return torch.flatten(images, start_dim=1).T, labels[None, :]
