"""Layers with activations of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from reference_torch import deep


def mixed(X: Tensor, parameters: Mapping[str, Tensor], activations: Sequence[str]) -> Tensor:
    """A[L] of a network with a g of its own in every layer."""
    return deep.forward(X, parameters, activations)[f"A{len(activations)}"]
