"""The activations g; their slopes are autograd's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor


def sigmoid(z: Tensor) -> Tensor:
    """σ(z), element by element."""
    return torch.sigmoid(z)


def tanh(z: Tensor) -> Tensor:
    """tanh z, element by element."""
    return torch.tanh(z)


def relu(z: Tensor) -> Tensor:
    """max(0, z); autograd's slope at 0 is 0."""
    return F.relu(z)


def leaky_relu(z: Tensor) -> Tensor:
    """max(0.01 z, z); autograd's slope at 0 is 0.01."""
    return F.leaky_relu(z, negative_slope=0.01)


def linear(z: Tensor) -> Tensor:
    """z: no activation."""
    return z


ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {"sigmoid": sigmoid, "tanh": tanh, "relu": relu, "leaky_relu": leaky_relu, "linear": linear}
)
