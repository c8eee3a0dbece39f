"""Networks of linear layers, and of layers with activations of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from manual import collapse
from reference_torch import collapse as network_definitions
from verify.checks.experiment import experiment
from verify.checks.identity import identity
from verify.checks.value import value
from verify.experiments.collapse import DEPTHS, linear_layers_gain_nothing
from verify.row import Row
from verify.setting import Check

THREE, FOUR = ("relu", "tanh", "sigmoid"), ("leaky_relu", "sigmoid", "linear", "tanh")


def layers(L: int) -> str:
    """The shape string of X and of a network of L layers."""
    return ", ".join(["X: n0 m", *(f"W{l}: n{l} n{l - 1}, b{l}: n{l} 1" for l in range(1, L + 1))])


def collapsed(depth: int) -> Check:
    """A network of that depth with g(z) = z, layer by layer, is W′X + b′."""

    def one_layer(f: Callable[..., Any], X: Any, **parameters: Any) -> Any:
        W, b = f(parameters)
        return W @ X + b

    def all_layers(f: Callable[..., Any], X: Any, **parameters: Any) -> Any:
        return collapse.mixed(X, parameters, ("linear",) * depth)

    return identity(layers(depth), one_layer, all_layers)


def one_layer_check(depth: int) -> Check:
    """W′ and b′ against what the network does to 0 and to the unit vectors."""
    return value(
        layers(depth).partition(", ")[2],
        lambda **parameters: network_definitions.linear_collapse(parameters),
        call=lambda f, **parameters: f(parameters),
        outputs="W b",
    )


def weighed(weight: Callable[[int, int], float]) -> Callable[..., Any]:
    """The collapse with b[l] of L layers counted weight(l, L) times."""

    def twin(parameters: Any) -> Any:
        L = max(int(name[1:]) for name in parameters)
        given = {k: v * weight(int(k[1:]), L) if k.startswith("b") else v for k, v in parameters.items()}
        return collapse.linear_collapse(given)

    return twin


FIRST_LOST = weighed(lambda l, L: float(l != 1))


def mixed_check(names: Sequence[str]) -> Check:
    """A[L] of a network with these activations, one a layer, against PyTorch."""
    return value(
        layers(len(names)),
        lambda X, **parameters: network_definitions.mixed(X, parameters, names),
        call=lambda f, X, **parameters: f(X, parameters, names),
    )


ROWS: tuple[Row, ...] = (
    Row(
        collapse.linear_collapse,
        {
            **{f"depth {depth}": collapsed(depth) for depth in DEPTHS},
            "value": one_layer_check(3),
            "experiment": experiment(
                "experiment",
                linear_layers_gain_nothing,
                title="Linear layers gain nothing",
                x_label="before step",
                y_label="cost J",
                log="x",
                columns=1,
            ),
        },
        {
            "b[1] lost": ("depth 2", FIRST_LOST),
            "b[L] alone": ("depth 3", weighed(lambda l, L: float(l == L))),
            "b[L] lost": ("depth 4", weighed(lambda l, L: float(l != L))),
            "b[1] alone": ("depth 5", weighed(lambda l, L: float(l == 1))),
            "W[L] lost": ("value", lambda parameters: (parameters["W1"], collapse.linear_collapse(parameters)[1])),
            "b[1] lost, after training": ("experiment", FIRST_LOST),
        },
    ),
    Row(
        collapse.mixed,
        {"value": mixed_check(THREE), "value, other activations": mixed_check(FOUR)},
        {
            "the first g in every layer": (
                "value", lambda X, parameters, names: collapse.mixed(X, parameters, names[:1] * len(names)),
            ),
            "g from right to left": (
                "value, other activations", lambda X, parameters, names: collapse.mixed(X, parameters, names[::-1]),
            ),
        },
    ),
)  # fmt: skip
