"""Sweeps of networks: forwards over z, backwards over z, their gradients and their descent over the number of examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from manual import activations, blocks, collapse, deep, losses, shallow, shallow_backward, shallow_descent
from reference_torch import activations as definitions
from reference_torch import blocks as block_definitions
from reference_torch import collapse as collapse_definitions
from reference_torch import deep as deep_definitions
from reference_torch import losses as loss_definitions
from reference_torch import shallow as shallow_definitions
from reference_torch import shallow_descent as descent_definitions
from verify.health.grids import M, M_LOOP, SIZE, UNITS, Z, Z_FEW
from verify.health.logistic import LOOP, bias_gradient, labelled, upstream, weight_gradient
from verify.health.slopes import autograd, by_name, constant, each, row
from verify.health.sweep import SORTS, Function, Sweep

# A unit a layer, of weights that no float holds exactly.
WEIGHTS = (0.7, -1.3, 0.9)
ALL = "Z1 A1 Z2 A2"
LOGITS = "PyTorch’s side is its own form for logits."


def net(z: Any, L: int) -> dict[str, Any]:
    """The parameters of a net of L layers with one unit each; b is 0 in the first layer."""
    found = {}
    for l in range(1, L + 1):
        found |= {f"W{l}": constant(WEIGHTS[l - 1], z), f"b{l}": constant(0.1 * (l - 1), z)}
    return found


def of_two(f: Function) -> Function:
    """A pass of the shallow network, all points at once as m examples."""
    return lambda z: by_name(ALL, f(row(z), **net(z, 2)))


def deep_pass(f: Function) -> Function:
    """A pass of the deep network: the same values by name."""

    def found(z: Any) -> dict[str, Any]:
        AL, (first, second) = f(row(z), net(z, 2), ("tanh", "sigmoid"))
        return {"Z1": first.Z, "A1": second.A_prev, "Z2": second.Z, "A2": AL}

    return found


def straight(f: Function) -> Function:
    """A shallow network whose Z2 is z: relu(z) − relu(−z)."""

    def found(z: Any, y: Any) -> Any:
        one, zero = constant(1.0, z), constant(0.0, z)
        stack = _stack(z)
        return f(
            z, y, stack([one, -one]).reshape(2, 1), stack([zero, zero]).reshape(2, 1),
            stack([one, -one]).reshape(1, 2), zero, "relu",
        )  # fmt: skip

    return each(found)


def _stack(z: Any) -> Function:
    return torch.stack if isinstance(z, torch.Tensor) else np.stack  # type: ignore[return-value]


def sound_cost(X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, activation: str) -> Any:
    return losses.cost_sound(shallow.forward(X, W1, b1, W2, b2, activation)[2], Y)


def block(f: Function) -> Function:
    """One layer with a sigmoid, all points at once."""
    return lambda z: f(row(z), constant(0.7, z), 0 * constant(0.7, z), "sigmoid")[0]


def back(z: Any) -> Any:
    """dA[l−1] of a tanh layer whose A[l−1] is z, under dA = 1."""
    _, cache = blocks.block_forward(row(z), constant(0.7, z), 0 * constant(0.7, z), "tanh")
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


def collapsed(s: Any) -> Any:
    """W′ and b′ of three linear layers whose weights are all s."""
    W, b = collapse.linear_collapse({f"{name}{l}": s for l in (1, 2, 3) for name in "Wb"})
    return W + b


def linear_by_torch(s: Any) -> Any:
    parameters = {f"{name}{l}": s for l in (1, 2, 3) for name in "Wb"}
    return collapse_definitions.mixed(s / s, parameters, ("linear",) * 3)


SWEEPS = (
    Sweep(
        "shallow.unit", Z, lambda z: shallow.unit(row(z), constant(0.7, z), 0 * constant(0.7, z)[0, 0])[1],
        lambda z: shallow_definitions.unit(row(z), constant(0.7, z), 0 * constant(0.7, z)[0, 0])[1],
        quantity="a = σ(0.7 z)",
    ),
    Sweep("shallow.forward", Z, of_two(shallow.forward), of_two(shallow_definitions.forward), quantity="Z1 to A2, X = z"),
    Sweep(
        "shallow.forward.loop", Z, of_two(shallow.forward_loop), of_two(shallow_definitions.forward),
        exact=of_two(shallow.forward), quantity="Z1 to A2, X = z",
    ),
    Sweep(
        "activation.linear_collapse", SIZE, each(collapsed), each(linear_by_torch),
        quantity="W′ + b′ of three layers, each weight s",
    ),
    Sweep(
        "activation.mixed", Z, lambda z: collapse.mixed(row(z), net(z, 3), ("relu", "tanh", "sigmoid")),
        lambda z: collapse_definitions.mixed(row(z), net(z, 3), ("relu", "tanh", "sigmoid")), quantity="A3, X = z",
    ),
    Sweep(
        "shallow.cost", Z_FEW, straight(shallow.cost), straight(shallow_definitions.cost), straight(sound_cost),
        labels=True, quantity="J of one example, Z2 = z", note=LOGITS,
    ),
    Sweep(
        "shallow.dZ2", Z, lambda z, y: shallow_backward.dZ2(activations.sigmoid(z), y),
        autograd(loss_definitions.cross_entropy_sound), labels=True, quantity="dZ2, from A2 = σ(z)",
    ),
    Sweep("shallow.dW2", M, lambda dZ, X: shallow_backward.dW2(dZ, X), weight_gradient, examples=upstream(dZ=2, X=3),
          quantity="dW2"),
    Sweep("shallow.db2", M, lambda dZ: shallow_backward.db2(dZ), bias_gradient, examples=upstream(dZ=2), quantity="db2"),
    Sweep(
        "shallow.dZ1", Z, lambda z: shallow_backward.dZ1(constant(0.7, z), 1.3 + 0 * row(z), row(z), "tanh"),
        autograd(lambda z: 1.3 * (constant(0.7, z) @ row(definitions.tanh(z)))),
        lambda z: blocks.dA_prev(constant(0.7, z), 1.3 + 0 * row(z)) * activations.tanh_derivative_sound(row(z)),
        quantity="dZ1 of a tanh unit, Z1 = z",
    ),
    Sweep("shallow.dW1", M, lambda dZ, X: shallow_backward.dW1(dZ, X), weight_gradient, examples=upstream(dZ=2, X=3),
          quantity="dW1"),
    Sweep("shallow.db1", M, lambda dZ: shallow_backward.db1(dZ), bias_gradient, examples=upstream(dZ=2), quantity="db1"),
    Sweep(
        "shallow.descent", M, descended(shallow_descent.descent), descended(descent_definitions.descent),
        examples=labelled(1), quantity="W1 to b2 after a step",
    ),
    Sweep(
        "shallow.descent.loop", M_LOOP, descended(shallow_descent.descent_loop), descended(descent_definitions.descent),
        exact=descended(shallow_descent.descent), examples=labelled(1), quantity="W1 to b2 after a step", note=LOOP,
    ),
    Sweep(
        "deep.forward", Z, deep_pass(deep.forward),
        lambda z: deep_definitions.forward(row(z), net(z, 2), ("tanh", "sigmoid")), quantity="Z1 to A2, X = z",
    ),
    Sweep(
        "deep.forward.loop", Z, deep_pass(deep.forward_loop),
        lambda z: deep_definitions.forward(row(z), net(z, 2), ("tanh", "sigmoid")), exact=deep_pass(deep.forward),
        quantity="Z1 to A2, X = z",
    ),
    Sweep(
        "deep.block_forward", Z, block(blocks.block_forward), block(block_definitions.block_forward),
        quantity="A = σ(0.7 z)",
    ),
    Sweep(
        "deep.block_backward", Z, back,
        autograd(
            lambda z: block_definitions.block_forward(row(z), constant(0.7, z), 0 * constant(0.7, z), "tanh")[0]
        ),
        quantity="dA[l−1] of a tanh layer, A[l−1] = z",
    ),
    Sweep(
        "deep.block_backward", M, back_of, back_by_torch, examples=upstream(dA=1, A_prev=1),
        quantity="dW and db of a tanh layer",
    ),
    Sweep("deep.dA_L", Z, chained_start, autograd(loss_definitions.cross_entropy_sound),
          lambda z, y: blocks.dZ_L(activations.sigmoid(z), y), labels=True, quantity="dZ[L] = dA[L] ∗ σ′(z)"),
    Sweep(
        "deep.dZ", Z, lambda z: blocks.dZ(0.7 + 0 * z, z, "sigmoid"), autograd(lambda z: 0.7 * definitions.sigmoid(z)),
        lambda z: (0.7 + 0 * z) * activations.sigmoid_derivative_sound(z), quantity="dZ of a sigmoid layer, dA = 0.7",
    ),
    Sweep("deep.dW", M, lambda dZ, X: blocks.dW(dZ, X), weight_gradient, examples=upstream(dZ=2, X=3), quantity="dW"),
    Sweep("deep.db", M, lambda dZ: blocks.db(dZ), bias_gradient, examples=upstream(dZ=2), quantity="db"),
    Sweep(
        "deep.dA_prev", UNITS, lambda W, dZ: blocks.dA_prev(W.T, dZ.T),
        lambda W, dZ: autograd(lambda A_prev: (dZ.T * (W.T @ A_prev)).sum())(torch.ones((3, 2), dtype=W.dtype)),
        examples=upstream(W=3, dZ=2), adds=True, quantity="dA[l−1]", note="n is the number of units of layer l, whose dZ[l] come together in dA[l−1].",
    ),
    Sweep(
        "deep.dZ_chain", Z, lambda z: blocks.dZ_chain(constant(0.7, z), 1.3 + 0 * row(z), row(z), "tanh"),
        autograd(lambda z: 1.3 * (constant(0.7, z) @ row(definitions.tanh(z)))),
        lambda z: blocks.dA_prev(constant(0.7, z), 1.3 + 0 * row(z)) * activations.tanh_derivative_sound(row(z)),
        quantity="dZ[l] of a tanh unit",
    ),
)  # fmt: skip
