"""A shallow network: its units, its shapes, the forward pass, the cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from manual import activations, shallow
from reference_torch import shallow as definitions
from verify.checks.claims import Claim, claims
from verify.checks.identity import identity
from verify.checks.value import value
from verify.row import Row, Written
from verify.setting import Check, Setting

LAYER = "x: n0 1, W1: n1 n0, b1: n1 1"
PARAMETERS = "W1: n1 n0, b1: n1 1, W2: n2 n1, b2: n2 1"
PASS = f"X: n0 m, {PARAMETERS}"
DATA = "X: n0 m, Y: 1 m, W1: n1 n0, b1: n1 1, W2: 1 n1, b2: 1 1"
SMALL = "X: 2 m, Y: 1 m, W1: 2 2, b1: 2 1, W2: 1 2, b2: 1 1"  # 2-2-1: nine parameters
LABELS = {"Y": "label"}
NAMES, MOVED = ("Z1", "A1", "Z2", "A2"), ("W1", "b1", "W2", "b2")
HIDDEN = ("tanh", "sigmoid", "relu")


def every_unit(f: Callable[..., Any], x: Any, W1: Any, b1: Any) -> dict[str, Any]:
    """z and a of every unit of a layer by the formula of one, stacked."""
    units = [f(x, W1[i : i + 1].T, b1[i, 0]) for i in range(W1.shape[0])]
    return {"z": np.concatenate([z for z, _ in units]), "a": np.concatenate([a for _, a in units])}


def whole_layer(f: Callable[..., Any], x: Any, W1: Any, b1: Any) -> dict[str, Any]:
    """z = W1 x + b1, a = σ(z)."""
    z = W1 @ x + b1
    return {"z": z, "a": activations.sigmoid(z)}


def stacked(f: Callable[..., Any], x: Any, W1: Any, b1: Any) -> dict[str, Any]:
    """The units one by one, as the notes stack them."""
    z, a = shallow.stacked_units(x, W1, b1)
    return {"z": z, "a": a}


def by_name(names: tuple[str, ...]) -> Callable[..., dict[str, Any]]:
    """The formula called with the inputs, its results by these names."""
    return lambda f, **inputs: dict(zip(names, f(**inputs), strict=True))


def same_as(other: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., dict[str, Any]]:
    """Another formula in its place."""
    return lambda f, **inputs: by_name(names)(other, **inputs)


def pass_checks(other: Callable[..., Any]) -> dict[str, Check]:
    """Z1, A1, Z2, A2 against PyTorch for each g of the hidden layer, and against the same pass written otherwise."""
    return {
        **{
            f"value, {g}": value(PASS, definitions.forward, outputs=" ".join(NAMES), constants={"activation": g})
            for g in HIDDEN
        },
        "identity": identity(PASS, by_name(NAMES), same_as(other, NAMES)),
    }


def spoilt(f: Callable[..., Any], g: str = "", once: int = 1, again: int = 1) -> Callable[..., Any]:
    """A pass with a mistake: this g whatever is asked, or b1 added `once`, b2 added `again` so many times."""

    def twin(X: Any, W1: Any, b1: Any, W2: Any, b2: Any, activation: str = "tanh") -> Any:
        return f(X, W1, once * b1, W2, again * b2, g or activation)

    return twin


def first_for_all(X: Any, **others: Any) -> Any:
    """The loop that never moves on from the first example."""
    return shallow.forward_loop(X[:, [0] * X.shape[1]], **others)


def not_squashed(**inputs: Any) -> Any:
    """A2 = Z2."""
    Z1, A1, Z2, _ = shallow.forward(**inputs)
    return Z1, A1, Z2, 1 * Z2


def shapes_hold(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """The four shapes, L = 2, a pass over arrays of these shapes; and wrong ones raise an error that names both."""
    wanted = {"W1": (4, 3), "b1": (4, 1), "W2": (2, 4), "b2": (2, 1)}
    found = f(3, 4, 2)
    yield Claim("names", set(found) == set(wanted), sorted(found), sorted(wanted))
    for name, shape in wanted.items():
        yield Claim(name, found[name] == shape, found[name], shape, at="n0 = 3, n1 = 4, n2 = 2")
    one = f(3, 4)
    yield Claim("one output unit where none is named", one["W2"] == (1, 4), one["W2"], (1, 4), at="n0 = 3, n1 = 4")
    L = sum(name.startswith("W") for name in found)
    yield Claim("L, the input layer not counted", L == 2, L, 2)
    X = np.ones((3, 5))
    parameters: dict[str, Any] = {name: np.ones(shape) for name, shape in found.items()}
    said = answer(shallow.forward, X, **parameters)
    yield Claim("arrays of these shapes", said == "accepted", said, "accepted", len(found))
    passed = dict(zip(NAMES, shallow.forward(X, **parameters), strict=True))
    for name, want in (("Z1", (4, 5)), ("A1", (4, 5)), ("Z2", (2, 5)), ("A2", (2, 5))):
        yield Claim(name, passed[name].shape == want, passed[name].shape, want, at="m = 5")
    for name, other in (("W1", "X"), ("b1", "W1"), ("W2", "W1"), ("b2", "W2")):
        wrong = {**parameters, name: np.concatenate([parameters[name].T, parameters[name].T])}
        both = [f"{k} has shape {v.shape}" for k, v in ((name, wrong[name]), (other, {**wrong, "X": X}[other]))]
        said = answer(shallow.forward, X, **wrong)
        yield Claim(f"a wrong {name} raises", all(text in said for text in both), said, f"an error: {', '.join(both)}")


def answer(f: Callable[..., Any], *args: Any, **named: Any) -> str:
    """What f says of its arguments: a ValueError's sentence, or that they are accepted."""
    try:
        f(*args, **named)
    except ValueError as error:
        return str(error)
    return "accepted"


ROWS: tuple[Row, ...] = (
    Row(
        shallow.unit,
        {
            "value": value("x: n0 1, w_i: n0 1, b_i: scalar", definitions.unit, outputs="z_i a_i"),
            "identity": identity(LAYER, every_unit, whole_layer),
            "stacked": identity(LAYER, every_unit, stacked),
        },
        {
            "a_i = z_i": ("value", lambda x, w_i, b_i: (w_i.T @ x + b_i, w_i.T @ x + b_i)),
            "b_i missing": ("identity", lambda x, w_i, b_i: shallow.unit(x, w_i, b_i - b_i)),
            "−b_i": ("stacked", lambda x, w_i, b_i: shallow.unit(x, w_i, -b_i)),
        },
    ),
    Row(
        shallow.forward,
        pass_checks(shallow.forward_loop),
        {
            "b1 missing": ("value, tanh", spoilt(shallow.forward, once=0)),
            "A2 = Z2": ("value, tanh", not_squashed),
            "tanh whatever is asked": ("value, sigmoid", spoilt(shallow.forward, "tanh")),
            "no activation": ("value, relu", spoilt(shallow.forward, "linear")),
            "b2 missing": ("identity", spoilt(shallow.forward, again=0)),
        },
    ),
    Row(
        shallow.forward_loop,
        pass_checks(shallow.forward),
        {
            "the first example for all": ("value, tanh", first_for_all),
            "tanh whatever is asked": ("value, sigmoid", spoilt(shallow.forward_loop, "tanh")),
            "b1 missing": ("value, relu", spoilt(shallow.forward_loop, once=0)),
            "b2 added twice": ("identity", spoilt(shallow.forward_loop, again=2)),
        },
    ),
    Row(
        shallow.shapes,
        {"shape": claims("shapes", shapes_hold)},
        {
            "W[l] as (n[l−1], n[l])": (
                "shape", lambda n0, n1, n2=1: {"W1": (n0, n1), "b1": (n1, 1), "W2": (n1, n2), "b2": (n2, 1)}
            ),
            "b rank-1": (
                "shape", lambda n0, n1, n2=1: {"W1": (n1, n0), "b1": (n1,), "W2": (n2, n1), "b2": (n2,)}
            ),
            "the input layer counted": (
                "shape", lambda n0, n1, n2=1: {"W0": (n0, n0), **shallow.shapes(n0, n1, n2)}
            ),
            "n2 = n1 where none is named": ("shape", lambda n0, n1, n2=0: shallow.shapes(n0, n1, n2 or n1)),
        },
        (
            Written(
                "scan", r"\text{don't count hidden layer}", r"\text{don't count the input layer}",
                "a network with one hidden layer has 2 layers: it is the input layer that is not counted",
            ),
        ),
    ),
    Row(
        shallow.cost,
        {
            f"value, {g}": value(DATA, definitions.cost, domain=LABELS, constants={"activation": g}) for g in HIDDEN
        },
        {
            "1/m missing": ("value, tanh", lambda X, **others: X.shape[1] * shallow.cost(X, **others)),
            "labels swapped": ("value, sigmoid", lambda Y, **others: shallow.cost(Y=1 - Y, **others)),
            "tanh whatever is asked": ("value, relu", lambda activation, **others: shallow.cost(**others)),
        },
    ),
)  # fmt: skip
