"""One layer of a deep network, forwards."""

from __future__ import annotations

from torch import Tensor

from reference_torch.activations import ACTIVATIONS


def block_forward(A_prev: Tensor, W: Tensor, b: Tensor, activation: str) -> tuple[Tensor, Tensor]:
    """A and Z of one layer."""
    Z = W @ A_prev + b
    return ACTIVATIONS[activation](Z), Z
