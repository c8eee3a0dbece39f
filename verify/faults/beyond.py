"""Subjects beyond the notes, for mistakes that fit none of their rows: L2, and forwards wrong like their backwards.

The rows are checked as those of the catalogue are; the right formulas of them pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from manual import blocks
from manual.activations import ACTIVATIONS, g, g_prime
from manual.notation import formula
from reference_torch import blocks as block_definitions
from verify.cases import cases, upstream
from verify.checks.derivative import derivative
from verify.derivative import judge
from verify.diagnosis.rows import Listener
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.row import Row
from verify.setting import Setting

L2 = "dZ: n m, A_prev: p m, W: n p, lambd: scalar -> dW: n p, db: n 1"
LAYER = "A_prev: p m, W: n p, b: n 1"


@formula("l2", r"dW = \frac{1}{m} dZ A_{prev}^{T} + \frac{\lambda}{m} W, \quad db = \frac{1}{m} \sum dZ", L2, "beyond")
def l2(dZ: Any, A_prev: Any, W: Any, lambd: Any) -> tuple[Any, Any]:
    """dW = (1/m) dZ A_prevᵀ + (λ/m) W, and db = (1/m) Σ dZ, to which L2 adds nothing."""
    m = A_prev.shape[1]
    return np.dot(dZ, A_prev.T) / m + lambd * W / m, np.sum(dZ, axis=1, keepdims=True) / m


def l2_on_b(dZ: Any, A_prev: Any, W: Any, lambd: Any) -> tuple[Any, Any]:
    dW, db = l2(dZ, A_prev, W, lambd)
    return dW, db + lambd / A_prev.shape[1] * np.sum(W, axis=1, keepdims=True)


def penalised(A_prev: Any, W: Any, b: Any, lambd: Any, sum: Any = np.sum) -> Any:
    """J = (1/m) Σ ½(W A_prev + b)² + (λ/2m) Σ W², so that dZ = Z."""
    m = A_prev.shape[1]
    return (sum((W @ A_prev + b) ** 2) + lambd * sum(W**2)) / (2 * m)


ROWS = (
    Row(
        l2,
        {
            "derivative": derivative(
                f"{LAYER}, lambd: scalar",
                "W b",
                penalised,
                lambda f, dout, A_prev, W, b, lambd: tuple(dout * x for x in f(W @ A_prev + b, A_prev, W, lambd)),
                lambda A_prev, W, b, lambd: penalised(A_prev, W, b, lambd, torch.sum),
                domain={"lambd": "positive"},
            )
        },
        {
            "L2 term missing": ("derivative", lambda dZ, A_prev, W, lambd: l2(dZ, A_prev, W, 0 * lambd)),
            "λ for λ/m": ("derivative", lambda dZ, A_prev, W, lambd: l2(dZ, A_prev, W, lambd * A_prev.shape[1])),
            "λ/2m for λ/m": ("derivative", lambda dZ, A_prev, W, lambd: l2(dZ, A_prev, W, lambd / 2)),
            "L2 applied to b": ("derivative", l2_on_b),
        },
    ),
)


def consistent(seed: int = 0) -> Iterator[tuple[str, Problem]]:
    """Layers whose g is another's, in the forward and in the backward alike; and the same that loses its b in both.

    The backward is the derivative of the forward that stands beside it: only a definition written independently, the
    reference, shows that both are wrong.
    """
    for right in ACTIVATIONS:
        for wrong in ACTIVATIONS:
            if wrong != right:
                yield f"{wrong} for {right}, forwards and backwards", _layer(right, wrong, 1.0, seed)
        yield f"b lost, forwards and backwards, {right}", _layer(right, right, 0.0, seed)


def _layer(right: str, wrong: str, bias: float, seed: int) -> Problem:
    inputs = next(iter(cases(LAYER, {}, seed))).inputs

    def forward(A_prev: Any, W: Any, b: Any) -> Any:
        return g(wrong)(W @ A_prev + bias * b)

    def backward(dout: Any, A_prev: Any, W: Any, b: Any) -> dict[str, Any]:
        dZ = dout * g_prime(wrong)(W @ A_prev + bias * b)
        m = A_prev.shape[1]
        return {"A_prev": blocks.dA_prev(W, dZ), "W": m * blocks.dW(dZ, A_prev), "b": m * bias * blocks.db(dZ)}

    def reference(A_prev: Any, W: Any, b: Any) -> Any:
        return block_definitions.block_forward(A_prev, W, b, right)[0]

    shape = np.shape(forward(**inputs))
    wrt = ("A_prev", "W", "b")
    return Problem("layer", forward, backward, inputs, wrt, upstream(shape, seed), reference=reference, seed=seed)


def judged(problem: Problem, name: Listener) -> list[Discrepancy]:
    """Its rows; `name` hears what they say that it is."""
    return judge(problem, Setting(name=name))
