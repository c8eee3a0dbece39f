"""The loss of one example, and the cost: what it is, its derivative, and why it is convex."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from manual import activations, convex, logistic, losses
from reference_torch import logistic as logistic_definitions
from reference_torch import losses as definitions
from reference_torch.slopes import curvature, slope
from verify.arithmetic.balls import SHARP, Balls
from verify.checks.claims import Claim, claims
from verify.checks.derivative import derivative
from verify.checks.experiment import experiment
from verify.checks.identity import identity
from verify.checks.value import value
from verify.experiments.learning_rate import descent_on_convex_cost
from verify.row import Row, Written
from verify.rows.points import A_EDGES, Z_EDGES, renamed
from verify.setting import Setting

Y_HAT = {"y_hat": "probability", "y": "label"}
AY = {"A": "probability", "Y": "label"}
BOTH_LABELS = {
    case: {"z": [*z["z"], *z["z"]], "y": [0.0] * len(z["z"]) + [1.0] * len(z["z"])} for case, z in Z_EDGES.items()
}


def negative_curvature(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """L(σ(z+h)) − 2L(σ(z)) + L(σ(z−h)) < 0, in exact arithmetic: no convex function has that."""
    z, y = losses.NOT_CONVEX_AT
    left, middle, right = (f(activations.sigmoid(Balls.of(np.array(z + h))), y) for h in (-0.125, 0.0, 0.125))
    bend = left - 2 * middle + right
    yield Claim("L(σ(z)) is not convex", bool((bend < 0).all()), bend.text(), "below 0", at=f"z = {z}, y = {y}")


def falls_and_rises(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """For y = 1 the loss falls as ŷ grows, for y = 0 it rises: exactly, from each of 99 points to the next."""
    y_hat = Balls.of(np.arange(1, 100) / 128)
    for y, word in ((1.0, "falls"), (0.0, "rises")):
        steps = f(y_hat[1:], np.full(98, y)) - f(y_hat[:-1], np.full(98, y))
        right = (steps < 0) if y else (steps > 0)
        yield Claim(
            f"y = {y:.0f}: the loss {word} as ŷ grows", bool(right.all()), f"{right.sum()} of 98 steps", "98", 98
        )


def curvature_is_never_negative(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """vᵀHv = (1/m) Σ a(1−a)(x̃ᵀv)², in enclosures: a mean of squares with positive weights, and so not below 0."""
    rng = np.random.default_rng([setting.seed, 7])
    X, w, b = Balls.of(rng.normal(size=(3, 5))), Balls.of(rng.normal(size=(3, 1))), Balls.of(np.array(0.25))
    H = f(X, w, b)
    for i in range(5):
        v = Balls.of(rng.normal(size=(4, 1)))
        form, squares = (v.T @ H @ v)[0, 0], convex.quadratic_form(v, X, w, b)
        holds = bool((abs(form - squares) < SHARP).all())
        yield Claim(f"vᵀHv, direction {i + 1}", holds, form.text(), squares.text())


def second_derivative(X: Any, Y: Any, w: Any, b: Any) -> Any:
    """The gradient of J in θ = [b; w], as a column: its Jacobian is the Hessian."""
    dZ = logistic.dZ(activations.sigmoid(np.dot(w.T, X) + b), Y)
    db = np.reshape(logistic.db(dZ), (1, 1))
    return np.concatenate([db, logistic.dw(X, dZ)])


def defined_curvature(X: Any, w: Any, b: Any) -> Any:
    """PyTorch's second derivatives of J in θ = [b; w]; the labels drop out, so any numbers will do."""
    return curvature(logistic_definitions.cost, "b", "w")(X=X, Y=X[:1], w=w, b=b)


def hessian_times(f: Callable[..., Any], dout: Any, X: Any, w: Any, b: Any) -> tuple[Any, Any]:
    """The rows of H for w and for b, contracted with the upstream gradient."""
    product = f(X, w, b).T @ dout
    return product[1:], np.reshape(product[:1], ())


ROWS = (
    Row(
        losses.squared,
        {
            "value": value("y_hat: *, y: *", definitions.squared, domain=Y_HAT),
            "derivative": derivative(
                "y_hat: *, y: *",
                "y_hat",
                lambda f, y_hat, y: f(y_hat, y),
                lambda dout, y_hat, y: dout * losses.squared_derivative(y_hat, y),
                definitions.squared,
                subject="forward",
                domain=Y_HAT,
            ),
            "counter-example": claims("counter-example", negative_curvature),
        },
        {
            "½ missing": ("value", lambda y_hat, y: (y_hat - y) ** 2),
            "absolute value": ("derivative", lambda y_hat, y: abs(y_hat - y) / 2),
            "cross-entropy, which is convex": ("counter-example", losses.cross_entropy),
        },
    ),
    Row(
        losses.cross_entropy,
        {
            "value": value(
                "y_hat: *, y: *", definitions.cross_entropy, domain=Y_HAT, edges=renamed(A_EDGES, a="y_hat")
            ),
            "derivative": derivative(
                "y_hat: *, y: *",
                "y_hat",
                lambda f, y_hat, y: f(y_hat, y),
                lambda dout, y_hat, y: dout * logistic.da(y_hat, y),
                definitions.cross_entropy,
                subject="forward",
                domain=Y_HAT,
            ),
        },
        {
            "sign": ("value", lambda y_hat, y: y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)),
            "logarithm to base 2": ("derivative", lambda y_hat, y: losses.cross_entropy(y_hat, y) / np.log(2)),
            "second term missing": ("value", lambda y_hat, y: -(y * np.log(y_hat))),
            "1 − ŷ for 1 − y": ("value", lambda y_hat, y: -(y * np.log(y_hat) + (1 - y_hat) * np.log(1 - y_hat))),
        },
    ),
    Row(
        losses.cross_entropy_sound,
        {
            "value": value("z: *, y: *", definitions.cross_entropy_sound, domain={"y": "label"}, edges=BOTH_LABELS),
            "identity": identity(
                "z: *, y: *",
                lambda f, z, y: f(z, y),
                lambda f, z, y: losses.cross_entropy(activations.sigmoid(z), y),
                domain={"y": "label"},
            ),
        },
        {
            "yz added": ("value", lambda z, y: np.maximum(z, 0) + y * z + np.log1p(np.exp(-np.abs(z)))),
            "|z| without its bars": ("identity", lambda z, y: np.maximum(z, 0) - y * z + np.log1p(np.exp(-z))),
        },
    ),
    Row(
        losses.cases,
        {
            "value": value("y_hat: *, y: *", definitions.cases, domain=Y_HAT, edges=renamed(A_EDGES, a="y_hat")),
            "identity": identity(
                "y_hat: *, y: *",
                lambda f, y_hat, y: f(y_hat, y),
                lambda f, y_hat, y: losses.cross_entropy(y_hat, y),
                domain=Y_HAT,
            ),
            "monotonicity": claims("exact", falls_and_rises),
        },
        {
            "cases swapped": ("identity", lambda y_hat, y: np.where(y == 1, -np.log(1 - y_hat), -np.log(y_hat))),
            "sign": ("monotonicity", lambda y_hat, y: -losses.cases(y_hat, y)),
            "ŷ for 1 − ŷ": ("value", lambda y_hat, y: -np.log(y_hat)),
        },
    ),
    Row(
        losses.cost,
        {
            "value": value("A: 1 m, Y: 1 m", definitions.cost, domain=AY, edges=renamed(A_EDGES, True, a="A", y="Y")),
            "derivative": derivative(
                "A: 1 m, Y: 1 m",
                "A",
                lambda f, A, Y: f(A, Y),
                lambda dout, A, Y: dout * logistic.da(A, Y) / Y.shape[1],
                definitions.cost,
                subject="forward",
                domain=AY,
            ),
        },
        {
            "1/m missing": ("value", lambda A, Y: -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))),
            "sum, not mean": ("derivative", lambda A, Y: losses.cost(A, Y) * Y.shape[1]),
            "m − ½ for m": (
                "value",
                lambda A, Y: -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / (Y.shape[1] - 0.5),
            ),
        },
        (
            Written(
                "author",
                r"-\frac{1}{m} \sum_i [y \log \hat{y} + (1 - \hat{y}) \log(1 - \hat{y})]",
                r"-\frac{1}{m} \sum_i [y \log \hat{y} + (1 - y) \log(1 - \hat{y})]",
                "the second term has (1 − ŷ) where (1 − y) belongs",
                lambda A, Y: -np.sum(Y * np.log(A) + (1 - A) * np.log(1 - A)) / Y.shape[1],
            ),
        ),
    ),
    Row(
        losses.cost_sound,
        {
            "value": value(
                "Z: 1 m, Y: 1 m",
                definitions.cost_sound,
                domain={"Y": "label"},
                edges=renamed(BOTH_LABELS, True, z="Z", y="Y"),
            ),
            "identity": identity(
                "Z: 1 m, Y: 1 m",
                lambda f, Z, Y: f(Z, Y),
                lambda f, Z, Y: losses.cost(activations.sigmoid(Z), Y),
                domain={"Y": "label"},
            ),
        },
        {
            "1/m missing": ("value", lambda Z, Y: np.sum(losses.cross_entropy_sound(Z, Y))),
            "Y for 1 − Y": ("identity", lambda Z, Y: losses.cost_sound(-Z, Y)),
        },
    ),
    Row(
        convex.hessian,
        {
            "second derivative": derivative(
                "X: n_x m, Y: 1 m, w: n_x 1, b: scalar",
                "w b",
                second_derivative,
                lambda f, dout, X, Y, w, b: hessian_times(f, dout, X, w, b),
                slope(logistic_definitions.cost, "b", "w"),
                domain={"Y": "label"},
            ),
            "value": value("X: n_x m, w: n_x 1, b: scalar", defined_curvature),
            "never negative": claims("exact", curvature_is_never_negative),
            "descent": experiment(
                "experiment",
                descent_on_convex_cost,
                title="A learning rate just right, and too large",
                x_label="before step",
                log="xy",
            ),
        },
        {
            "a(1 − a) missing": (
                "second derivative",
                lambda X, w, b: convex.with_ones(X) @ convex.with_ones(X).T / X.shape[1],
            ),
            "averaged over m − 1": (
                "value",
                lambda X, w, b: convex.hessian(X, w, b) * X.shape[1] / (X.shape[1] - 1),
            ),
            "1/m missing": ("second derivative", lambda X, w, b: convex.hessian(X, w, b) * X.shape[1]),
            "sign": ("never negative", lambda X, w, b: -convex.hessian(X, w, b)),
            "1/m twice, so α too large": ("descent", lambda X, w, b: convex.hessian(X, w, b) / X.shape[1]),
        },
    ),
)
