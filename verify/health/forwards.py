"""Sweeps of networks forwards: over z, which goes in as X, and over the size of the weights of linear layers."""

from __future__ import annotations

from typing import Any

from manual import blocks, collapse, deep, losses, shallow
from reference_torch import blocks as block_definitions
from reference_torch import collapse as collapse_definitions
from reference_torch import deep as deep_definitions
from reference_torch import shallow as definitions
from verify.health.grids import SIZE, Z_FEW, Z
from verify.health.slopes import by_name, column, constant, each, filled, row
from verify.health.sweep import Function, Sweep

# A unit a layer, of weights that no float holds exactly.
WEIGHTS = (0.7, -1.3, 0.9)
ALL = "Z1 A1 Z2 A2"
LOGITS = "PyTorch’s side is its own form for logits."


def net(z: Any, L: int) -> dict[str, Any]:
    """The parameters of a net of L layers with one unit each; b is 0 in the first layer."""
    found: dict[str, Any] = {}
    for l in range(1, L + 1):
        found |= {f"W{l}": constant(WEIGHTS[l - 1], z), f"b{l}": constant(0.1 * (l - 1), z)}
    return found


def two(z: Any) -> dict[str, Any]:
    return net(z, 2)


def of_two(f: Function) -> Function:
    """A pass of the shallow network, all points at once as m examples."""
    return lambda z: by_name(ALL, f(row(z), **two(z)))


def deep_pass(f: Function) -> Function:
    """A pass of the deep network: the same values by name."""

    def found(z: Any) -> dict[str, Any]:
        AL, (first, second) = f(row(z), two(z), ("tanh", "sigmoid"))
        return {"Z1": first.Z, "A1": second.A_prev, "Z2": second.Z, "A2": AL}

    return found


def deep_by_torch(z: Any) -> Any:
    return deep_definitions.forward(row(z), two(z), ("tanh", "sigmoid"))


def straight(f: Function) -> Function:
    """A shallow network whose Z2 is z: relu(z) − relu(−z)."""

    def found(z: Any, y: Any) -> Any:
        both = column(z, 1, -1)
        return f(z, y, both, column(z, 0, 0), both.T, constant(0, z), "relu")

    return each(found)


def sound_cost(X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, activation: str) -> Any:
    return losses.cost_sound(shallow.forward(X, W1, b1, W2, b2, activation)[2], Y)


def block(f: Function) -> Function:
    """One layer with a sigmoid, all points at once."""
    return lambda z: f(row(z), constant(0.7, z), constant(0, z), "sigmoid")[0]


def alike(s: Any) -> dict[str, Any]:
    """The parameters of three layers, all s."""
    return dict.fromkeys(("W1", "b1", "W2", "b2", "W3", "b3"), s)


def collapsed(s: Any) -> Any:
    """W′ + b′ of three linear layers whose weights are all s."""
    W, b = collapse.linear_collapse(alike(s))
    return W + b


def linear_by_torch(s: Any) -> Any:
    return collapse_definitions.mixed(filled(1, s), alike(s), ("linear",) * 3)


SWEEPS = (
    Sweep(
        "shallow.unit", Z, lambda z: shallow.unit(row(z), constant(0.7, z), constant(0, z)[0, 0])[1],
        lambda z: definitions.unit(row(z), constant(0.7, z), constant(0, z)[0, 0])[1],
        quantity="a = σ(0.7 z)",
    ),
    Sweep(
        "shallow.forward", Z, of_two(shallow.forward), of_two(definitions.forward), quantity="Z1 to A2, X = z",
    ),
    Sweep(
        "shallow.forward.loop", Z, of_two(shallow.forward_loop), of_two(definitions.forward),
        quantity="Z1 to A2, X = z",
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
        "shallow.cost", Z_FEW, straight(shallow.cost), straight(definitions.cost), straight(sound_cost),
        labels=True, quantity="J of one example, Z2 = z", note=LOGITS,
    ),
    Sweep("deep.forward", Z, deep_pass(deep.forward), deep_by_torch, quantity="Z1 to A2, X = z"),
    Sweep("deep.forward.loop", Z, deep_pass(deep.forward_loop), deep_by_torch, quantity="Z1 to A2, X = z"),
    Sweep(
        "deep.block_forward", Z, block(blocks.block_forward), block(block_definitions.block_forward),
        quantity="A = σ(0.7 z)",
    ),
)  # fmt: skip
