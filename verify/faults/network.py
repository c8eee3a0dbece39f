"""A fault in one formula of one layer of a network must be blamed on that layer and quantity, and on no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from manual import blocks
from manual.activations import g
from verify.catalogue import CATALOGUE
from verify.datasets import Dataset
from verify.faults.call_rules import CALL_RULES
from verify.faults.names import ALIKE
from verify.faults.variants import variants
from verify.network import Layer, Network, start, walk

# Every g of the notes; sizes that all differ, and sizes that are all equal but the last, where no shape helps.
ACTIVATIONS = ("leaky_relu", "tanh", "relu", "sigmoid")
SIZES = {"sizes that differ": ((6, 5, 4, 3, 1), 7), "equal sizes": ((3, 3, 3, 3, 1), 3)}
# The formula of each quantity, by its row; that of A hangs on g.
FORMULAS = {"Z": "deep.block_forward", "dZ": "deep.dZ", "dW": "deep.dW", "db": "deep.db", "dA_prev": "deep.dA_prev"}
OF_G = {"leaky_relu": "leaky_relu", "tanh": "tanh.sound", "relu": "relu", "sigmoid": "sigmoid"}


@dataclass(frozen=True)
class Injected:
    """Formulas of layer l replaced by faulty ones; `wrong` must be blamed: dA_prev of layer 3 is dA2."""

    rule: str
    where: str
    net: str
    layer: int
    wrong: tuple[str, ...]
    replaced: Layer

    @property
    def name(self) -> str:
        return f"{' and '.join(self.wrong)}, {self.net}: {self.rule}: {self.where}"


def data(net: str, seed: int = 0) -> Dataset:
    """Random examples for one of the nets of SIZES."""
    sizes, m = SIZES[net]
    rng = np.random.default_rng([seed, 5])
    X, Y = rng.normal(size=(sizes[0], m)), (np.arange(m) % 2).reshape(1, m).astype(np.float64)
    return Dataset("random", X, Y, X, Y, None, "drawn", "none", "")


def injected(net: str, seed: int = 0) -> Iterator[Injected]:
    """Every fault of every formula in every layer that changes something there."""
    of_layers = {*FORMULAS.values(), *OF_G.values()}
    made = {row.id: tuple(variants(row)) for row in CATALOGUE if row.id in of_layers}
    right = _tensors(net, seed)
    for l, activation in enumerate(ACTIVATIONS, start=1):
        for quantity, id in {**FORMULAS, "A": OF_G[activation]}.items():
            if quantity == "dA_prev" and l == 1:
                continue
            for variant in made[id]:
                if variant.square or variant.rule in CALL_RULES:
                    continue
                layer = replace(Layer(), **{quantity: _called(quantity, variant.function)})
                name = f"dA{l - 1}" if quantity == "dA_prev" else f"{quantity}{l}"
                if _differs(Network(ACTIVATIONS, {l: layer}), name, right):
                    yield Injected(variant.rule, variant.where, net, l, (name,), layer)
        for other in sorted({*ACTIVATIONS, "linear"} - {activation}):
            where = f"{other} for {activation}"
            yield Injected(ALIKE, where, net, l, (f"A{l}", f"dZ{l}"), _with_another_g(other))


def _with_another_g(name: str) -> Layer:
    """A layer whose g is another, forwards and backwards alike: each agrees with the other."""
    return Layer(A=lambda Z, activation: g(name)(Z), dZ=lambda dA, Z, activation: blocks.dZ(dA, Z, name))


def _called(quantity: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if quantity == "Z":
        return lambda A_prev, W, b: function(A_prev, W, b, "linear")[0]
    if quantity == "A":
        return lambda Z, activation: function(Z)
    return function


def _tensors(net: str, seed: int) -> Mapping[str, Any]:
    sizes, _ = SIZES[net]
    dataset, parameters = data(net, seed), start(sizes, seed)
    made = Network(ACTIVATIONS, {}).by_hand(dataset.X_train, dataset.Y_train, parameters)
    return {"A0": dataset.X_train, **parameters, **made}


def _differs(network: Network, name: str, right: Mapping[str, Any]) -> bool:
    """Whether the faulty formula gives anything else here: a sign lost from a term that is 0 does not."""
    try:
        return not np.array_equal(network.tensor(name, dict(network.order())[name], right), right[name])
    except Exception:  # a wrong formula may raise anything
        return True


def blamed(fault: Injected, seed: int = 0) -> tuple[str, ...]:
    """The tensors whose own formula the walk finds wrong, in the order of the pass."""
    sizes, _ = SIZES[fault.net]
    replaced = {fault.layer: fault.replaced}
    record = walk(data(fault.net, seed), sizes, activations=ACTIVATIONS, seed=seed, replaced=replaced)
    return tuple(row.quantity for row in record.rows if row.own > 1)
