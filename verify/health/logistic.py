"""Sweeps of logistic regression: one example over z, all of them over their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from manual import logistic, vectorise
from reference_torch import logistic as definitions
from verify.health.grids import M_LOOP, SIZE, M, Z
from verify.health.slopes import autograd, by_name, column, constant, filled, gradients, row
from verify.health.sweep import SORTS, Function, Sweep

LOOP = "m ends at 10⁴: the formula is a loop in Python."
# One feature of weight 0.7, and b = 0: z is rounded once, and the exponential multiplies that by |z|.
WEIGHED = "σ(0.7 z)"
Examples = Callable[[np.random.Generator], dict[str, Any]]


def labelled(features: int) -> Examples:
    """X and Y of a hundred examples."""
    return lambda rng: {"X": rng.normal(size=(features, SORTS)), "Y": 1.0 * rng.integers(0, 2, (1, SORTS))}


def upstream(**units: int) -> Examples:
    """A hundred examples of what comes down to a layer, and of what it was given, by name: so many units each."""
    return lambda rng: {name: rng.normal(size=(n, SORTS)) for name, n in units.items()}


def at(X: Any) -> tuple[Any, Any]:
    """w of two features, and b."""
    return column(X, 0.7, -0.4), constant(0.3, X)[0, 0]


def passed(f: Function) -> Function:
    """A whole pass, by hand: J, dw, db."""
    return lambda X, Y: by_name("J dw db", f(X, Y, *at(X)))


def passed_by_torch(X: Any, Y: Any) -> dict[str, Any]:
    w, b = at(X)
    found = gradients(definitions.cost, "w", "b")(X=X, Y=Y, w=w, b=b)
    return {"J": definitions.cost(X, Y, w, b), **found}


def unit(f: Function) -> Function:
    """A forward pass of one feature, with all the points at once as m examples."""
    return lambda z: f(row(z), constant(0.7, z), constant(0, z)[0, 0])


def weight_gradient(dZ: Any, X: Any) -> Any:
    """Autograd of W X, under dZ/m."""
    W = torch.ones((dZ.shape[0], X.shape[0]), dtype=X.dtype)
    return autograd(lambda W: (dZ * (W @ X)).sum() / X.shape[1])(W)


def column_gradient(dZ: Any, X: Any) -> Any:
    """Autograd of wᵀX, under dZ/m."""
    return weight_gradient(dZ, X).T


def bias_gradient(dZ: Any) -> Any:
    """Autograd of Z + b, under dZ/m."""
    return autograd(lambda b: (dZ * (dZ + b)).sum() / dZ.shape[1])(filled(0, dZ[:, :1]))


SWEEPS = (
    Sweep("logistic.predict", Z, unit(logistic.predict), unit(definitions.predict), quantity=f"ŷ = {WEIGHED}"),
    Sweep("logistic.theta", Z, unit(logistic.predict_by_theta), unit(definitions.predict), quantity=f"ŷ = {WEIGHED}"),
    Sweep(
        "logistic.dw_j", SIZE, lambda s: by_name("dw1 dw2 db", logistic.dw_j(s, 0.7 * s, s)),
        lambda s: by_name(
            "dw1 dw2 db", (autograd(lambda w, x: s * w * x)(s, x) for x in (s, 0.7 * s, filled(1, s)))
        ),
        quantity="dw₁, dw₂, db: x₁ = dz = s, x₂ = 0.7 s",
    ),
    Sweep(
        "logistic.mean", M_LOOP, lambda X, Y: logistic.mean(X, Y, *at(X)), lambda X, Y: passed_by_torch(X, Y)["dw"],
        examples=labelled(2), quantity="∂J/∂w", note=LOOP,
    ),
    Sweep(
        "logistic.loop", M_LOOP, passed(vectorise.loop), passed_by_torch, examples=labelled(2), quantity="J, dw, db",
        note=LOOP,
    ),
    Sweep(
        "logistic.Z", Z, lambda z: unit(logistic.forward)(z)[1], lambda z: unit(definitions.forward)(z)[1],
        quantity=f"A = {WEIGHED}",
    ),
    Sweep(
        "logistic.dw", M, lambda dZ, X: logistic.dw(X, dZ), column_gradient, examples=upstream(dZ=1, X=3),
        quantity="dw",
    ),
    Sweep("logistic.db", M, logistic.db, bias_gradient, examples=upstream(dZ=1), quantity="db"),
    Sweep("vectorise", M, passed(vectorise.vectorised), passed_by_torch, examples=labelled(2), quantity="J, dw, db"),
)  # fmt: skip
