"""Sweeps of the losses and the cost: over ŷ, over z where ŷ = σ(z), and over the number of examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from manual import convex, logistic, losses
from manual.activations import sigmoid
from reference_torch import losses as definitions
from verify.health.grids import Z_FEW, A, M, Z
from verify.health.slopes import autograd, constant, each, filled
from verify.health.sweep import SORTS, Sweep

LOGITS = definitions.cross_entropy_sound


def logits(rng: np.random.Generator) -> dict[str, Any]:
    """Z and Y of a hundred examples, of either label."""
    return {"Z": rng.normal(size=(1, SORTS)) * 2, "Y": 1.0 * rng.integers(0, 2, (1, SORTS))}


def curvature(z: Any) -> Any:
    """The last element of the Hessian of one example x = 1, with w = z and b = 0: a(1 − a)."""
    return convex.hessian(np.ones_like(z), z, constant(0, z)[0, 0])[1, 1]


SWEEPS = (
    Sweep("loss.squared", A, losses.squared, definitions.squared, labels=True, quantity="L(ŷ, y), ŷ = a"),
    Sweep(
        "loss.cross_entropy", A, losses.cross_entropy, definitions.cross_entropy, labels=True,
        quantity="L(ŷ, y), ŷ = a",
    ),
    Sweep(
        "loss.cross_entropy", Z, lambda z, y: losses.cross_entropy(sigmoid(z), y), LOGITS, losses.cross_entropy_sound,
        labels=True, quantity="L(σ(z), y)", note="PyTorch’s side is its own form for logits.",
    ),
    Sweep("loss.cases", A, losses.cases, definitions.cases, labels=True, quantity="L(ŷ, y), ŷ = a"),
    Sweep(
        "cost", Z_FEW, each(lambda z, y: losses.cost(sigmoid(z), y)), each(definitions.cost_sound),
        each(losses.cost_sound), labels=True, quantity="J of one example, A = σ(Z)",
        note="PyTorch’s side is its own form for logits.",
    ),
    Sweep(
        "cost", M, lambda Z, Y: losses.cost(sigmoid(Z), Y), definitions.cost_sound, losses.cost_sound, examples=logits,
        quantity="J of m examples, A = σ(Z)", note="PyTorch’s side is its own form for logits.",
    ),
    Sweep(
        "cost.convex", Z_FEW, each(curvature), autograd(autograd(lambda z: LOGITS(z, filled(0, z)))),
        quantity="∂²J/∂b²", note="PyTorch’s side is autograd of autograd of its form for logits.",
    ),
    Sweep("logistic.da", A, logistic.da, autograd(definitions.cross_entropy), labels=True, quantity="da"),
    Sweep(
        "logistic.dz", A, logistic.dz, labels=True, quantity="dz, from a",
        note="PyTorch differentiates in z, and has no such function of a.",
    ),
    Sweep(
        "logistic.dz", Z, lambda z, y: logistic.dz(sigmoid(z), y), autograd(LOGITS), labels=True,
        quantity="dz, from a = σ(z)",
    ),
    Sweep(
        "logistic.dZ", Z, lambda z, y: logistic.dZ(sigmoid(z), y), autograd(LOGITS), labels=True,
        quantity="dZ, from A = σ(Z)",
    ),
)  # fmt: skip
