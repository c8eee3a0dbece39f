"""The deep network: forward pass and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from reference_torch import losses
from reference_torch.blocks import block_forward


def forward(X: Tensor, parameters: Mapping[str, Tensor], activations: Sequence[str]) -> dict[str, Tensor]:
    """Z1, A1, ..., ZL, AL by name, each a node of the graph, so that a walk can keep its gradient."""
    values: dict[str, Tensor] = {}
    A = X
    for l, activation in enumerate(activations, start=1):
        A, Z = block_forward(A, parameters[f"W{l}"], parameters[f"b{l}"], activation)
        values |= {f"Z{l}": Z, f"A{l}": A}
    return values


def cost(X: Tensor, Y: Tensor, parameters: Mapping[str, Tensor], activations: Sequence[str]) -> Tensor:
    """J(W1, b1, ..., WL, bL) of a network with a sigmoid output, in the logits form, which starts from ZL.

    AL is then no part of the graph of J: for dA[L], differentiate losses.cost(values["AL"], Y) instead.
    """
    check_sigmoid_output(activations[-1])
    values = forward(X, parameters, activations)
    return losses.cost_sound(values[f"Z{len(activations)}"], Y)


def check_sigmoid_output(activation: str) -> None:
    """The logits form is that of a sigmoid output. Raises ValueError for another."""
    if activation != "sigmoid":
        raise ValueError(f"the last activation is {activation!r}; the logits form is that of a 'sigmoid' output")
