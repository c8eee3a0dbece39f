"""PyTorch's whole pass through a deep network: every tensor and its gradient by name, in the notes' convention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from reference_torch import deep, losses
from verify.oracles.definition import tensor
from verify.oracles.estimate import Estimate
from verify.oracles.ladder import ladder


def torch_pass(inputs: Mapping[str, Any], activations: Sequence[str]) -> Estimate:
    """Z, A, J, dA, dZ, dW, db of every layer, with the ladder's estimate of their errors.

    `inputs` holds X, Y and parameters. dZ and dA are taken of m·J, dW and db of J; dA[L] of the cost written in A[L],
    everything else of the logits form.
    """

    def compute(dtype: str, given: dict[str, Any]) -> dict[str, Any]:
        parameters = {k: v.requires_grad_() for k, v in tensor(given["parameters"]).items()}
        X, Y = tensor(given["X"]), tensor(given["Y"])
        m, L = X.shape[1], len(activations)
        values = deep.forward(X, parameters, activations)
        J = losses.cost_sound(values[f"Z{L}"], Y)
        inner = {k: v for k, v in values.items() if k != f"A{L}"}
        wanted = {**{f"d{k}": v for k, v in inner.items()}, **{f"d{k}": v for k, v in parameters.items()}}
        found = dict(zip(wanted, torch.autograd.grad(J, list(wanted.values())), strict=True))
        AL = values[f"A{L}"].detach().requires_grad_()
        (found[f"dA{L}"],) = torch.autograd.grad(losses.cost(AL, Y), AL)
        per_example = {k: g * m for k, g in found.items() if k[:2] in ("dZ", "dA")}
        return {k: v.detach().numpy() for k, v in {**values, "J": J, **found, **per_example}.items()}

    return ladder(compute, inputs, nudged=[f"parameters.{k}" for k in inputs["parameters"]])
