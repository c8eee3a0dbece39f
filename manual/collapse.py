"""Why an activation must not be linear, and that layers may have different ones."""

from __future__ import annotations

from collections.abc import Sequence

from manual.activations import g
from manual.notation import Array, Layers, formula
from manual.shapes import check_network


@formula(
    "activation.linear_collapse",
    r"a^{[2]} = (W^{[2]} W^{[1]}) x + (W^{[2]} b^{[1]} + b^{[2]}) = W' x + b'",
    "parameters: layers -> W: nL n0, b: nL 1",
    "chapter 2; with g(z) = z no hidden layer is gained, at any depth",
)
def linear_collapse(parameters: Layers) -> tuple[Array, Array]:
    """W′ and b′ of the one layer that a network of any depth with g(z) = z amounts to.

    From one layer to the next: W′ becomes W[l]W′, and b′ becomes W[l]b′ + b[l].
    """
    W, b = parameters["W1"], parameters["b1"]
    for l in range(2, len(parameters) // 2 + 1):
        W, b = parameters[f"W{l}"] @ W, parameters[f"W{l}"] @ b + parameters[f"b{l}"]
    return W, b


@formula(
    "activation.mixed",
    r"a^{[l]} = g^{[l]}(W^{[l]} a^{[l-1]} + b^{[l]}), \quad g^{[1]}, \dots, g^{[L]} \text{ may differ}",
    "X: n0 m, parameters: layers, activations: names -> nL m",
    "chapter 2",
)
def mixed(X: Array, parameters: Layers, activations: Sequence[str]) -> Array:
    """A[L] of a network with a g of its own in every layer. Raises as `deep.forward` does."""
    check_network(X, parameters, activations)
    A = X
    for l, activation in enumerate(activations, start=1):
        A = g(activation)(parameters[f"W{l}"] @ A + parameters[f"b{l}"])
    return A
