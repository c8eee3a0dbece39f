"""A deep network of L layers: its notation, its shapes, the forward pass, the backward pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from manual import losses
from manual.activations import g
from manual.blocks import Cache, block_forward, dA_L, dA_prev, db, dW, dZ, dZ_L
from manual.notation import Array, Layers, formula
from manual.shapes import check_labels, check_network, check_same

# The numbers of units of the network that the notes draw: n[0] = 3, n[1] = n[2] = 5, n[3] = 3, n[4] = 1.
DRAWN = (3, 5, 5, 3, 1)

PASS = "X: n0 m, parameters: layers, activations: names -> AL: nL m, caches: layers"


@formula(
    "deep.notation",
    r"L \text{ layers}, \quad n^{[l]} \text{ units in layer } l, \quad a^{[0]} = x, \quad \hat{y} = a^{[L]}",
    "layer_sizes: sizes -> layers",
    "chapter 3; drawn: n[0] = 3, n[1] = n[2] = 5, n[3] = 3, n[4] = 1",
)
def notation(layer_sizes: Sequence[int]) -> dict[str, int]:
    """L and n[0], ..., n[L]. The input layer is number 0, and is not counted.

    >>> notation(DRAWN)
    {'L': 4, 'n0': 3, 'n1': 5, 'n2': 5, 'n3': 3, 'n4': 1}
    """
    L = len(layer_sizes) - 1
    return {"L": L} | {f"n{l}": layer_sizes[l] for l in range(L + 1)}


@formula(
    "deep.shapes",
    r"W^{[l]}, dW^{[l]} \in \mathbb{R}^{n^{[l]} \times n^{[l-1]}}, \quad"
    r" b^{[l]}, db^{[l]} \in \mathbb{R}^{n^{[l]} \times 1}, \quad"
    r" Z^{[l]}, A^{[l]}, dZ^{[l]}, dA^{[l]} \in \mathbb{R}^{n^{[l]} \times m}",
    "layer_sizes: sizes, m: integer -> layers",
    "chapter 3; wrong dimensions are found by checking shapes",
)
def shapes(layer_sizes: Sequence[int], m: int) -> dict[str, tuple[int, int]]:
    """The shape of every array of every layer, by name.

    >>> shapes((3, 1), m=7)
    {'W1': (1, 3), 'dW1': (1, 3), 'b1': (1, 1), 'db1': (1, 1), 'Z1': (1, 7), 'A1': (1, 7), 'dZ1': (1, 7), 'dA1': (1, 7)}
    """
    found: dict[str, tuple[int, int]] = {}
    for l in range(1, len(layer_sizes)):
        n, n_prev = layer_sizes[l], layer_sizes[l - 1]
        found |= {f"W{l}": (n, n_prev), f"dW{l}": (n, n_prev), f"b{l}": (n, 1), f"db{l}": (n, 1)}
        found |= {f"{name}{l}": (n, m) for name in ("Z", "A", "dZ", "dA")}
    return found


@formula(
    "deep.forward",
    r"A^{[0]} = X, \quad Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \quad A^{[l]} = g^{[l]}(Z^{[l]})",
    PASS,
    "chapter 3",
)
def forward(X: Array, parameters: Layers, activations: Sequence[str]) -> tuple[Array, list[Cache]]:
    """A[0] = X; then, for l = 1, ..., L: Z[l] = W[l]A[l−1] + b[l], A[l] = g[l](Z[l]). Out: A[L] and a cache a layer.

    `parameters` holds W1, b1, ..., WL, bL; `activations` names g[1], ..., g[L].
    Raises ValueError where shapes do not fit, m is 0, X holds NaN or infinity, or an activation is unknown.
    """
    check_network(X, parameters, activations)
    return forward_blocks(X, parameters, activations)


def forward_blocks(X: Array, parameters: Layers, activations: Sequence[str]) -> tuple[Array, list[Cache]]:
    """The forward blocks one behind another, without the checks of `forward`: for a loop that has made them once."""
    A, caches = X, []
    for l, activation in enumerate(activations, start=1):
        A, cache = block_forward(A, parameters[f"W{l}"], parameters[f"b{l}"], activation)
        caches.append(cache)
    return A, caches


@formula(
    "deep.forward.loop",
    r"a^{[0](i)} = x^{(i)}, \quad z^{[l](i)} = W^{[l]} a^{[l-1](i)} + b^{[l]}, \quad a^{[l](i)} = g^{[l]}(z^{[l](i)})",
    PASS,
    "chapter 3; example by example",
)
def forward_loop(X: Array, parameters: Layers, activations: Sequence[str]) -> tuple[Array, list[Cache]]:
    """The same, one example after another, their columns put side by side. Raises as `forward` does."""
    check_network(X, parameters, activations)
    L, m = len(activations), X.shape[1]
    a: list[list[Array]] = [[] for _ in range(L + 1)]
    z: list[list[Array]] = [[] for _ in range(L + 1)]
    for i in range(m):
        a[0].append(X[:, i : i + 1])
        for l in range(1, L + 1):
            z[l].append(parameters[f"W{l}"] @ a[l - 1][i] + parameters[f"b{l}"])
            a[l].append(g(activations[l - 1])(z[l][i]))
    A = [np.concatenate(columns, axis=1) for columns in a]
    Z = [np.concatenate(columns, axis=1) for columns in z[1:]]
    return A[L], [
        Cache(A[l - 1], parameters[f"W{l}"], parameters[f"b{l}"], Z[l - 1], activations[l - 1]) for l in range(1, L + 1)
    ]


def backward(AL: Array, Y: Array, caches: Sequence[Cache], sound: bool = False) -> dict[str, Array]:
    """From l = L down to 1: dZ[l], dW[l], db[l], dA[l−1], by name (without dA0, below which there is nothing).

    The chain starts at dA[L], as the notes have it; with `sound`, at dZ[L] = A[L] − Y, which asks for a sigmoid output
    and leaves dA[L] out. Raises ValueError where AL and Y differ in shape, m is 0, a label is neither 0 nor 1, or the
    output of a sound start is not a sigmoid.
    """
    check_same("AL", AL, "Y", Y)
    check_labels("Y", Y)
    if sound:
        check_sigmoid_output(caches[-1].activation)
    return backward_blocks(AL, Y, caches, sound)


def backward_blocks(AL: Array, Y: Array, caches: Sequence[Cache], sound: bool = False) -> dict[str, Array]:
    """The backward blocks from right to left, without the checks of `backward`."""
    L = len(caches)
    if sound:
        grads = {f"dZ{L}": dZ_L(AL, Y)}
    else:
        grads = {f"dA{L}": dA_L(AL, Y)}
        grads[f"dZ{L}"] = dZ(grads[f"dA{L}"], caches[-1].Z, caches[-1].activation)
    for l in range(L, 0, -1):
        cache = caches[l - 1]
        grads[f"dW{l}"] = dW(grads[f"dZ{l}"], cache.A_prev)
        grads[f"db{l}"] = db(grads[f"dZ{l}"])
        if l > 1:
            below = caches[l - 2]
            grads[f"dA{l - 1}"] = dA_prev(cache.W, grads[f"dZ{l}"])
            grads[f"dZ{l - 1}"] = dZ(grads[f"dA{l - 1}"], below.Z, below.activation)
    return grads


def cost(X: Array, Y: Array, parameters: Layers, activations: Sequence[str]) -> Array:
    """J(W1, b1, ..., WL, bL) = (1/m) Σ L(ŷ,y) with ŷ = A[L]. Raises as `forward` and `losses.cost` do."""
    AL, _ = forward(X, parameters, activations)
    return losses.cost(AL, Y)


def check_sigmoid_output(activation: str) -> None:
    """Cross-entropy from Z, and dZ[L] = A[L] − Y, are those of a sigmoid output. Raises ValueError for another."""
    if activation != "sigmoid":
        raise ValueError(f"the last activation is {activation!r}; dZ[L] = A[L] − Y holds for 'sigmoid': end with that")
