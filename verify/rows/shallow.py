"""The shallow network: one unit, the pass forwards, its shapes, its six derivatives, and its descent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from manual import activations, losses, shallow, shallow_backward, shallow_descent
from reference_torch import losses as loss_definitions
from reference_torch import shallow as definitions
from reference_torch import shallow_descent as descent_definitions
from reference_torch.activations import ACTIVATIONS
from verify.checks.claims import Claim, claims
from verify.checks.derivative import derivative
from verify.checks.identity import identity
from verify.checks.value import value
from verify.row import Check, Row, Setting, Written
from verify.rows.points import KINK, Z_EDGES

LAYER = "x: n0 1, W1: n1 n0, b1: n1 1"
PARAMETERS = "W1: n1 n0, b1: n1 1, W2: n2 n1, b2: n2 1"
PASS = f"X: n0 m, {PARAMETERS}"
DATA = "X: n0 m, Y: 1 m, W1: n1 n0, b1: n1 1, W2: 1 n1, b2: 1 1"
STEP = f"{DATA}, learning_rate: scalar"
LABELS = {"Y": "label"}
UPDATE = {"Y": "label", "learning_rate": "positive"}
NAMES, MOVED = ("Z1", "A1", "Z2", "A2"), ("W1", "b1", "W2", "b2")
HIDDEN = ("tanh", "sigmoid", "relu")
ABOVE = "W2: n2 n1, A1: n1 m, b2: n2 1"
BELOW = "X: n0 m, W1: n1 n0, b1: n1 1"
# Every saturated z under either label; and, for ReLU, one unit at its kink where the other is not.
SATURATED = {"saturated": {"Z2": [Z_EDGES["saturated"]["z"]] * 2, "Y": [[0.0, 1.0] * 7, [1.0, 0.0] * 7]}}
AT_KINK = {"kink": {"W2": [[1.5, -0.75]], "Z1": [KINK["kink"]["z"], KINK["kink"]["z"][::-1]]}}


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


def first_for_all(X: Any, W1: Any, b1: Any, W2: Any, b2: Any, activation: str = "tanh") -> Any:
    """The loop that never moves on from the first example."""
    return shallow.forward_loop(X[:, :1] + 0 * X, W1, b1, W2, b2, activation)


def not_squashed(X: Any, W1: Any, b1: Any, W2: Any, b2: Any, activation: str = "tanh") -> Any:
    """A2 = Z2."""
    Z1, A1, Z2, _ = shallow.forward(X, W1, b1, W2, b2, activation)
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
    rng = np.random.default_rng([setting.seed, 13])
    X = rng.normal(size=(3, 5))
    parameters = {name: rng.normal(size=shape) for name, shape in found.items()}
    passed = dict(zip(NAMES, shallow.forward(X, **parameters), strict=True))
    for name, want in (("Z1", (4, 5)), ("A1", (4, 5)), ("Z2", (2, 5)), ("A2", (2, 5))):
        yield Claim(name, passed[name].shape == want, passed[name].shape, want, at="m = 5")
    for name, other in (("W1", "X"), ("b1", "W1"), ("W2", "W1"), ("b2", "W2")):
        wrong = {**parameters, name: np.concatenate([parameters[name].T, parameters[name].T])}
        both = [f"{k} has shape {v.shape}" for k, v in ((name, wrong[name]), (other, {**wrong, "X": X}[other]))]
        said = raised(X, wrong)
        yield Claim(f"a wrong {name} raises", all(text in said for text in both), said, f"an error: {', '.join(both)}")


def raised(X: Any, parameters: dict[str, Any]) -> str:
    """What the pass says of these parameters."""
    try:
        shallow.forward(X, **parameters)
    except ValueError as error:
        return str(error)
    return "nothing raised"


def dZ1_check(g: str) -> Check:
    """W2ᵀ dZ2 ∗ g′(Z1) as the derivative of W2 g(Z1) + b2."""
    return derivative(
        "W2: n2 n1, Z1: n1 m", "Z1", lambda W2, Z1: W2 @ activations.g(g)(Z1),
        lambda f, dout, W2, Z1: f(W2, dout, Z1, g), lambda W2, Z1: W2 @ ACTIVATIONS[g](Z1),
        edges=AT_KINK if g == "relu" else None,
    )  # fmt: skip


def first_step(f: Callable[..., Any], dout: Any, W1: Any, b1: Any, W2: Any, b2: Any, **data: Any) -> tuple[Any, ...]:
    """With α = 1, what one step takes away is the derivative of the cost."""
    start = (W1, b1, W2, b2)
    moved = f(**data, W1=W1, b1=b1, W2=W2, b2=b2, learning_rate=1)
    return tuple(dout * (before - after) for before, after in zip(start, moved, strict=True))


def descent_checks(other: Callable[..., Any]) -> dict[str, Check]:
    """One step, and a few, against SGD; the step as a derivative of the cost; the same written otherwise."""

    def steps(iterations: int, activation: str = "tanh") -> Check:
        constants = {"iterations": iterations, "activation": activation}
        return value(STEP, descent_definitions.descent, domain=UPDATE, constants=constants, outputs=" ".join(MOVED))

    return {
        "update": steps(1),
        "update, relu": steps(1, "relu"),
        "training": steps(4),
        "derivative": derivative(DATA, "W1 b1 W2 b2", shallow.cost, first_step, definitions.cost, domain=LABELS),
        "identity": identity(STEP, by_name(MOVED), same_as(other, MOVED), domain=UPDATE, constants={"iterations": 2}),
    }


def descended(
    f: Callable[..., Any], rate: float = 1, extra: int = 0, g: str = "", kept: str = "", m: bool = False
) -> Callable[..., Any]:
    """Descent with a mistake: α scaled, too many or too few steps, the wrong g, one array kept, the 1/m left out."""

    def twin(
        X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, learning_rate: Any, iterations: int = 1,
        activation: str = "tanh",
    ) -> Any:  # fmt: skip
        alpha = learning_rate * rate * (X.shape[1] if m else 1)
        moved = f(X, Y, W1, b1, W2, b2, alpha, iterations + extra, g or activation)
        start = (W1, b1, W2, b2)
        return tuple(1 * a if name == kept else b for name, a, b in zip(MOVED, start, moved, strict=True))

    return twin


def one_after_another(
    X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, learning_rate: Any, iterations: int = 1,
    activation: str = "tanh",
) -> Any:  # fmt: skip
    """W2 and b2 moved first, and then dW1 and db1 computed with what they have become."""
    for _ in range(iterations):
        _, _, W2, b2 = shallow_descent.descent(X, Y, W1, b1, W2, b2, learning_rate, 1, activation)
        W1, b1, _, _ = shallow_descent.descent(X, Y, W1, b1, W2, b2, learning_rate, 1, activation)
    return W1, b1, W2, b2


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
            "b_i missing": ("identity", lambda x, w_i, b_i: shallow.unit(x, w_i, 0 * b_i)),
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
                "shape", lambda n0, n1, n2=1: {"W0": (n0, n0), "b0": (n0, 1), **shallow.shapes(n0, n1, n2)}
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
            "1/m missing": (
                "value, tanh",
                lambda X, Y, W1, b1, W2, b2, activation: X.shape[1] * shallow.cost(X, Y, W1, b1, W2, b2, activation),
            ),
            "labels swapped": (
                "value, sigmoid",
                lambda X, Y, W1, b1, W2, b2, activation: shallow.cost(X, 1 - Y, W1, b1, W2, b2, activation),
            ),
            "tanh whatever is asked": (
                "value, relu", lambda X, Y, W1, b1, W2, b2, activation: shallow.cost(X, Y, W1, b1, W2, b2)
            ),
        },
    ),
    Row(
        shallow_backward.dZ2,
        {
            "derivative": derivative(
                "Z2: n2 m, Y: n2 m", "Z2", lambda Z2, Y: losses.cross_entropy(activations.sigmoid(Z2), Y),
                lambda f, dout, Z2, Y: dout * f(activations.sigmoid(Z2), Y),
                lambda Z2, Y: loss_definitions.cross_entropy_sound(z=Z2, y=Y), domain=LABELS, edges=SATURATED,
            )
        },
        {
            "Y − A2": ("derivative", lambda A2, Y: Y - A2),
            "averaged already": ("derivative", lambda A2, Y: (A2 - Y) / A2.shape[1]),
            "σ′ multiplied twice": ("derivative", lambda A2, Y: (A2 - Y) * A2 * (1 - A2)),
        },
    ),
    Row(
        shallow_backward.dW2,
        {
            "derivative": derivative(
                ABOVE, "W2", lambda W2, A1, b2: W2 @ A1 + b2, lambda f, dout, W2, A1, b2: f(dout, A1),
                lambda W2, A1, b2: W2 @ A1 + b2, averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda dZ2, A1: dZ2 @ A1.T),
            "transposed": ("derivative", lambda dZ2, A1: A1 @ dZ2.T / A1.shape[1]),
            "n1 for m": ("derivative", lambda dZ2, A1: dZ2 @ A1.T / A1.shape[0]),
        },
    ),
    Row(
        shallow_backward.db2,
        {
            "derivative": derivative(
                ABOVE, "b2", lambda W2, A1, b2: W2 @ A1 + b2, lambda f, dout, W2, A1, b2: f(dout),
                lambda W2, A1, b2: W2 @ A1 + b2, averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda dZ2: np.sum(dZ2, axis=1, keepdims=True)),
            "keepdims missing": ("derivative", lambda dZ2: np.sum(dZ2, axis=1) / dZ2.shape[1]),
            "one sum for all units": ("derivative", lambda dZ2: np.sum(dZ2) / dZ2.shape[1] + 0 * dZ2[:, :1]),
        },
    ),
    Row(
        shallow_backward.dZ1,
        {f"derivative, {g}": dZ1_check(g) for g in HIDDEN},
        {
            "g′ missing": ("derivative, tanh", lambda W2, dZ2, Z1, g: W2.T @ dZ2),
            "g′(A1) for g′(Z1)": (
                "derivative, tanh",
                lambda W2, dZ2, Z1, g: shallow_backward.dZ1(W2, dZ2, activations.g(g)(Z1), g),
            ),
            "tanh′ whatever is asked": (
                "derivative, sigmoid", lambda W2, dZ2, Z1, g: shallow_backward.dZ1(W2, dZ2, Z1, "tanh")
            ),
            "g for g′": (
                "derivative, relu", lambda W2, dZ2, Z1, g: W2.T @ dZ2 * activations.g(g)(Z1)
            ),
            "W2 not transposed": (
                "derivative, relu", lambda W2, dZ2, Z1, g: W2 @ dZ2 * activations.g_prime(g)(Z1)
            ),
        },
    ),
    Row(
        shallow_backward.dW1,
        {
            "derivative": derivative(
                BELOW, "W1", lambda X, W1, b1: W1 @ X + b1, lambda f, dout, X, W1, b1: f(dout, X),
                lambda X, W1, b1: W1 @ X + b1, averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda dZ1, X: dZ1 @ X.T),
            "transposed": ("derivative", lambda dZ1, X: X @ dZ1.T / X.shape[1]),
            "n0 for m": ("derivative", lambda dZ1, X: dZ1 @ X.T / X.shape[0]),
        },
    ),
    Row(
        shallow_backward.db1,
        {
            "derivative": derivative(
                BELOW, "b1", lambda X, W1, b1: W1 @ X + b1, lambda f, dout, X, W1, b1: f(dout),
                lambda X, W1, b1: W1 @ X + b1, averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda dZ1: np.sum(dZ1, axis=1, keepdims=True)),
            "summed over the units": ("derivative", lambda dZ1: np.sum(dZ1, axis=0, keepdims=True) / dZ1.shape[1]),
            "sum missing": ("derivative", lambda dZ1: dZ1[:, -1:] / dZ1.shape[1]),
        },
    ),
    Row(
        shallow_descent.descent,
        descent_checks(shallow_descent.descent_loop),
        {
            "+α": ("update", descended(shallow_descent.descent, rate=-1)),
            "b1 not updated": ("update", descended(shallow_descent.descent, kept="b1")),
            "tanh whatever is asked": ("update, relu", descended(shallow_descent.descent, g="tanh")),
            "one step too few": ("training", descended(shallow_descent.descent, extra=-1)),
            "W1 after the new W2": ("training", one_after_another),
            "1/m missing": ("derivative", descended(shallow_descent.descent, m=True)),
            "b2 not updated": ("identity", descended(shallow_descent.descent, kept="b2")),
        },
    ),
    Row(
        shallow_descent.descent_loop,
        descent_checks(shallow_descent.descent),
        {
            "α halved": ("update", descended(shallow_descent.descent_loop, rate=0.5)),
            "tanh whatever is asked": ("update, relu", descended(shallow_descent.descent_loop, g="tanh")),
            "one step too many": ("training", descended(shallow_descent.descent_loop, extra=1)),
            "W2 not updated": ("derivative", descended(shallow_descent.descent_loop, kept="W2")),
            "1/m missing": ("identity", descended(shallow_descent.descent_loop, m=True)),
        },
    ),
)  # fmt: skip
