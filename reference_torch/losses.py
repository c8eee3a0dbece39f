"""The losses and the cost.

F.binary_cross_entropy is not used: it clamps the logarithm at −100, so near 0 and 1 its autograd is not the derivative
of its definition. From ŷ the logarithms stand here as they are; from z there is the logits form.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def squared(y_hat: Tensor, y: Tensor) -> Tensor:
    """Half the squared error of every example."""
    return F.mse_loss(y_hat, y, reduction="none") / 2


def cross_entropy(y_hat: Tensor, y: Tensor) -> Tensor:
    """Binary cross-entropy of every example, from the probability ŷ."""
    return -(y * torch.log(y_hat) + (1 - y) * torch.log1p(-y_hat))


def cross_entropy_sound(z: Tensor, y: Tensor) -> Tensor:
    """Binary cross-entropy of every example, from z, where ŷ = σ(z)."""
    return F.binary_cross_entropy_with_logits(z, y, reduction="none")


def cases(y_hat: Tensor, y: Tensor) -> Tensor:
    """The negative log-likelihood of the label among the two classes with probabilities 1−ŷ and ŷ."""
    likelihoods = torch.stack([torch.log1p(-y_hat), torch.log(y_hat)], dim=-1).reshape(-1, 2)
    return F.nll_loss(likelihoods, y.reshape(-1).long(), reduction="none").reshape(y.shape)


def cost(A: Tensor, Y: Tensor) -> Tensor:
    """The mean cross-entropy, from A."""
    return torch.mean(cross_entropy(A, Y))


def cost_sound(Z: Tensor, Y: Tensor) -> Tensor:
    """The mean cross-entropy, from Z, where A = σ(Z)."""
    return F.binary_cross_entropy_with_logits(Z, Y)
