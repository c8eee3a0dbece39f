"""Circuit theory: parity, x₁ XOR … XOR x_n, by three nets of threshold units.

A unit fires where its weighted sum of 0s and 1s plus its bias is positive. A net is a sequence of layers (W, b).
"""

from __future__ import annotations

from itertools import product

import numpy as np

from manual.notation import Array, formula

Net = tuple[tuple[Array, Array], ...]


def run(net: Net, x: Array) -> Array:
    """The output of a net of threshold units for the columns of x, in the dtype of x."""
    a = x
    for W, b in net:
        z = W @ a + b
        a = np.where(z > 0, np.ones_like(z), np.zeros_like(z))
    return a


def hidden_units(net: Net) -> int:
    """The number of units below the output layer."""
    return sum(W.shape[0] for W, _ in net[:-1])


def _layer(W: list[list[int]], b: list[int]) -> tuple[Array, Array]:
    """Weights of one byte each: they take the dtype of whatever they multiply."""
    return np.array(W, dtype=np.int8), np.array(b, dtype=np.int8).reshape(-1, 1)


def xor_tree_net(n: int) -> Net:
    """A tree of XOR blocks: pairs of inputs, then pairs of pairs. A block is x OR y above x AND y, then OR and not AND.

    2⌈log₂ n⌉ layers, and not more than 3(n−1) + 2⌈log₂ n⌉ units: an odd one out is passed on, a unit a layer.

    >>> [len(xor_tree_net(n)) for n in (2, 4, 8)]
    [2, 4, 6]
    """
    layers = []
    while n > 1:
        pairs, single = divmod(n, 2)
        below: list[list[int]] = []
        for k in range(pairs):
            both = [1 if i in (2 * k, 2 * k + 1) else 0 for i in range(n)]
            below += [both, both]
        if single:
            below.append([0] * (n - 1) + [1])
        layers.append(_layer(below, [0, -1] * pairs + [0] * single))
        width = len(below)
        above = [[{2 * k: 1, 2 * k + 1: -1}.get(i, 0) for i in range(width)] for k in range(pairs)]
        if single:
            above.append([0] * (width - 1) + [1])
        layers.append(_layer(above, [0] * (pairs + single)))
        n = pairs + single
    return tuple(layers)


def and_units_net(n: int) -> Net:
    """One hidden layer of AND units: one for each of the 2^(n−1) inputs with an odd number of ones; then an OR.

    The unit of a pattern weighs the pattern's ones +1 and its zeros −1, and fires for that input only.
    """
    odd = [pattern for pattern in product((0, 1), repeat=n) if sum(pattern) % 2]
    hidden = _layer([[2 * p - 1 for p in pattern] for pattern in odd], [1 - sum(pattern) for pattern in odd])
    return hidden, _layer([[1] * len(odd)], [0])


def weighted_net(n: int) -> Net:
    """One hidden layer of n units: unit k fires where at least k inputs are 1; the output weighs them +1, −1, +1, …"""
    hidden = _layer([[1] * n] * n, [1 - k for k in range(1, n + 1)])
    return hidden, _layer([[(-1) ** k for k in range(n)]], [0])


@formula(
    "deep.circuit",
    r"x_1 \oplus \dots \oplus x_n: \; O(\log n) \text{ layers}, \; O(n) \text{ units}",
    "x: n m -> 1 m",
    "chapter 3; a tree of XOR blocks",
    {"x": "label"},
)
def xor_tree(x: Array) -> Array:
    """Parity of each column of x by a deep net with few units.

    >>> xor_tree(np.array([[0, 0, 1, 1], [0, 1, 0, 1]])).tolist()
    [[0, 1, 1, 0]]
    """
    return run(xor_tree_net(x.shape[0]), x)


@formula(
    "deep.circuit.and_units",
    r"x_1 \oplus \dots \oplus x_n: \; \text{one hidden layer}, \; 2^{n-1} \text{ AND units}",
    "x: n m -> 1 m",
    "chapter 3; a shallow circuit of AND and OR gates needs exponentially many",
    {"x": "label"},
)
def and_units(x: Array) -> Array:
    """Parity of each column of x by one hidden layer of 2^(n−1) AND units."""
    return run(and_units_net(x.shape[0]), x)


@formula(
    "deep.circuit.weighted",
    r"x_1 \oplus \dots \oplus x_n: \; \text{one hidden layer}, \; n \text{ units with weighted sums}",
    "x: n m -> 1 m",
    "the remark that chapter 3 lacks: the exponential gap is one of AND and OR gates",
    {"x": "label"},
)
def weighted(x: Array) -> Array:
    """Parity of each column of x by one hidden layer of n units that take weighted sums, as neural units do."""
    return run(weighted_net(x.shape[0]), x)
