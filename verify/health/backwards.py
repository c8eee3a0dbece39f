"""Sweeps of networks backwards: over z, over the number of examples, over the units that come together."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from manual import activations, blocks, shallow_backward, shallow_descent
from reference_torch import activations as definitions
from reference_torch import blocks as block_definitions
from reference_torch import losses as loss_definitions
from reference_torch import shallow_descent as descent_definitions
from verify.health.forwards import net
from verify.health.grids import M_LOOP, UNITS, M, Z
from verify.health.logistic import LOOP, bias_gradient, labelled, upstream, weight_gradient
from verify.health.slopes import autograd, by_name, constant, filled, row
from verify.health.sweep import Function, Sweep

LOGITS = loss_definitions.cross_entropy_sound


def back(z: Any) -> Any:
    """dA[l−1] of a tanh layer whose A[l−1] is z, under dA = 1."""
    _, cache = blocks.block_forward(row(z), constant(0.7, z), constant(0, z), "tanh")
    return blocks.block_backward(np.ones_like(row(z)), cache)[0]


def back_of(dA: Any, A_prev: Any) -> dict[str, Any]:
    """dW and db of a tanh layer."""
    _, cache = blocks.block_forward(A_prev, constant(0.7, A_prev), constant(0.3, A_prev), "tanh")
    return by_name("dW db", blocks.block_backward(dA, cache)[1:])


def back_by_torch(dA: Any, A_prev: Any) -> dict[str, Any]:
    W, b, m = constant(0.7, A_prev), constant(0.3, A_prev), A_prev.shape[1]

    def out(W: Any, b: Any) -> Any:
        return (dA * block_definitions.block_forward(A_prev, W, b, "tanh")[0]).sum() / m

    return by_name("dW db", (autograd(lambda W: out(W, b))(W), autograd(lambda b: out(W, b))(b)))


def chained_start(z: Any, y: Any) -> Any:
    """dZ[L] by dA[L] and g′, as the notes start the chain."""
    A = activations.sigmoid(z)
    return blocks.dZ(blocks.dA_L(A, y), z, "sigmoid")


def descended(f: Function) -> Function:
    """The parameters after one step, of a shallow network with one hidden unit."""

    def found(X: Any, Y: Any) -> dict[str, Any]:
        return by_name("W1 b1 W2 b2", f(X, Y, **net(X, 2), learning_rate=0.5))

    return found


SWEEPS = (
    Sweep(
        "shallow.dZ2", Z, lambda z, y: shallow_backward.dZ2(activations.sigmoid(z), y),
        autograd(LOGITS), labels=True, quantity="dZ2, from A2 = σ(z)",
    ),
    Sweep("shallow.dW2", M, shallow_backward.dW2, weight_gradient, examples=upstream(dZ=2, X=3),
          quantity="dW2"),
    Sweep("shallow.db2", M, shallow_backward.db2, bias_gradient, examples=upstream(dZ=2), quantity="db2"),
    Sweep(
        "shallow.dZ1", Z, lambda z: shallow_backward.dZ1(constant(0.7, z), filled(1.3, row(z)), row(z)),
        autograd(lambda z: 1.3 * (constant(0.7, z) @ row(definitions.tanh(z)))),
        lambda z: blocks.dA_prev(constant(0.7, z), filled(1.3, row(z))) * activations.tanh_derivative_sound(row(z)),
        quantity="dZ1 of a tanh unit, Z1 = z",
    ),
    Sweep("shallow.dW1", M, shallow_backward.dW1, weight_gradient, examples=upstream(dZ=2, X=3),
          quantity="dW1"),
    Sweep("shallow.db1", M, shallow_backward.db1, bias_gradient, examples=upstream(dZ=2), quantity="db1"),
    Sweep(
        "shallow.descent", M, descended(shallow_descent.descent), descended(descent_definitions.descent),
        examples=labelled(1), quantity="W1 to b2 after a step",
    ),
    Sweep(
        "shallow.descent.loop", M_LOOP, descended(shallow_descent.descent_loop), descended(descent_definitions.descent),
        examples=labelled(1), quantity="W1 to b2 after a step", note=LOOP,
    ),
    Sweep(
        "deep.block_backward", Z, back,
        autograd(
            lambda z: block_definitions.block_forward(row(z), constant(0.7, z), constant(0, z), "tanh")[0]
        ),
        quantity="dA[l−1] of a tanh layer, A[l−1] = z",
    ),
    Sweep(
        "deep.block_backward", M, back_of, back_by_torch, examples=upstream(dA=1, A_prev=1),
        quantity="dW and db of a tanh layer",
    ),
    Sweep("deep.dA_L", Z, chained_start, autograd(LOGITS),
          lambda z, y: blocks.dZ_L(activations.sigmoid(z), y), labels=True, quantity="dZ[L] = dA[L] ∗ σ′(z)"),
    Sweep(
        "deep.dZ", Z, lambda z: blocks.dZ(filled(0.7, z), z, "sigmoid"),
        autograd(lambda z: 0.7 * definitions.sigmoid(z)),
        lambda z: filled(0.7, z) * activations.sigmoid_derivative_sound(z), quantity="dZ of a sigmoid layer, dA = 0.7",
    ),
    Sweep("deep.dW", M, blocks.dW, weight_gradient, examples=upstream(dZ=2, X=3), quantity="dW"),
    Sweep("deep.db", M, blocks.db, bias_gradient, examples=upstream(dZ=2), quantity="db"),
    Sweep(
        "deep.dA_prev", UNITS, lambda W, dZ: blocks.dA_prev(W.T, dZ.T),
        lambda W, dZ: autograd(lambda A_prev: (dZ.T * (W.T @ A_prev)).sum())(torch.ones((3, 2), dtype=W.dtype)),
        examples=upstream(W=3, dZ=2), adds=True, quantity="dA[l−1]",
        note="n is the number of units of layer l, whose dZ[l] come together in dA[l−1].",
    ),
    Sweep(
        "deep.dZ_chain", Z, lambda z: blocks.dZ_chain(constant(0.7, z), filled(1.3, row(z)), row(z), "tanh"),
        autograd(lambda z: 1.3 * (constant(0.7, z) @ row(definitions.tanh(z)))),
        lambda z: blocks.dA_prev(constant(0.7, z), filled(1.3, row(z))) * activations.tanh_derivative_sound(row(z)),
        quantity="dZ[l] of a tanh unit",
    ),
)  # fmt: skip
