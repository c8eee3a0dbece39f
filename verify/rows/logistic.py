"""Logistic regression: one example, then all of them, by the loop and vectorised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from manual import activations, logistic, losses, vectorise
from reference_torch import logistic as definitions
from reference_torch import losses as loss_definitions
from verify.checks.derivative import derivative
from verify.checks.experiment import experiment
from verify.checks.identity import identity
from verify.checks.value import value
from verify.experiments.vectorise import faster
from verify.row import Row, Written
from verify.rows.points import A_EDGES, Z_EDGES

ONE = "x: n_x 1, w: n_x 1, b: scalar"
ALL = "X: n_x m, w: n_x 1, b: scalar"
DATA = "X: n_x m, Y: 1 m, w: n_x 1, b: scalar"
AY = {"a": "probability", "y": "label"}
LABELS = {"Y": "label"}


def mean_of(X: Any, Y: Any, w: Any, b: Any) -> Any:
    return logistic.dw(X, logistic.dZ(logistic.forward(X, w, b)[1], Y))


def cost_parts(X: Any, Y: Any, w: Any, b: Any) -> Any:
    return logistic.cost(X, Y, w, b)


def pass_checks(index: int) -> dict[str, Any]:
    """A whole pass returns J, dw, db: J against the definition, dw and db as derivatives of the cost."""
    return {
        "value": value(DATA, definitions.cost, domain=LABELS, call=lambda f, X, Y, w, b: f(X, Y, w, b)[index]),
        "derivative": derivative(
            DATA,
            "w b",
            cost_parts,
            lambda f, dout, X, Y, w, b: tuple(dout * g for g in f(X, Y, w, b)[1:]),
            definitions.cost,
            domain=LABELS,
        ),
    }


def scaled(J: float = 1, dw: float = 1, db: float = 1) -> Callable[..., Any]:
    """The vectorised pass with its results off by these factors of m."""

    def twin(X: Any, Y: Any, w: Any, b: Any) -> Any:
        results = vectorise.vectorised(X, Y, w, b)
        return tuple(r * X.shape[1] ** power for r, power in zip(results, (J - 1, dw - 1, db - 1), strict=True))

    return twin


def one_feature_short(X: Any, Y: Any, w: Any, b: Any) -> Any:
    J, dw, db = vectorise.vectorised(X, Y, w, b)
    return J, np.concatenate([dw[:-1], dw[-1:] - dw[-1:]]), db


ROWS = (
    Row(
        logistic.predict,
        {"value": value(ONE, definitions.predict)},
        {
            "b missing": ("value", lambda x, w, b: activations.sigmoid(np.dot(w.T, x))),
            "σ missing": ("value", lambda x, w, b: np.dot(w.T, x) + b),
        },
        (
            Written(
                "scan",
                r"\hat{y} = -(w^{T} x + b)",
                r"\hat{y} = \sigma(w^{T} x + b)",
                "the scan reads σ as a minus sign",
            ),
        ),
    ),
    Row(
        logistic.predict_by_theta,
        {
            "identity": identity(ONE, lambda f, x, w, b: f(x, w, b), lambda f, x, w, b: logistic.predict(x, w, b)),
            "value": value(ONE, definitions.predict),
        },
        {
            "θ = [w; b] under [1; x]": (
                "identity",
                lambda x, w, b: activations.sigmoid(
                    np.concatenate([w, np.reshape(b, (1, 1))]).T @ np.concatenate([np.ones_like(x[:1]), x])
                ),
            ),
            "x₀ = 0": ("value", lambda x, w, b: activations.sigmoid(np.dot(w.T, x))),
        },
    ),
    Row(
        logistic.da,
        {
            "derivative": derivative(
                "a: *, y: *",
                "a",
                lambda a, y: losses.cross_entropy(a, y),
                lambda f, dout, a, y: dout * f(a, y),
                lambda a, y: loss_definitions.cross_entropy(a, y),
                domain=AY,
                edges=A_EDGES,
            )
        },
        {
            "sign of the first term": ("derivative", lambda a, y: y / a + (1 - y) / (1 - a)),
            "sign of the second term": ("derivative", lambda a, y: -y / a - (1 - y) / (1 - a)),
            "y for 1 − y": ("derivative", lambda a, y: -y / a + y / (1 - a)),
        },
    ),
    Row(
        logistic.dz,
        {
            "derivative": derivative(
                "z: *, y: *",
                "z",
                lambda z, y: losses.cross_entropy(activations.sigmoid(z), y),
                lambda f, dout, z, y: dout * f(activations.sigmoid(z), y),
                loss_definitions.cross_entropy_sound,
                domain={"y": "label"},
                edges={"saturated": {"z": Z_EDGES["saturated"]["z"], "y": [0.0, 1.0] * 7}},
            ),
            "identity": identity(
                "a: *, y: *",
                lambda f, a, y: f(a, y),
                lambda f, a, y: logistic.da(a, y) * logistic.slope_in_a(a),
                domain=AY,
            ),
        },
        {
            "y − a": ("derivative", lambda a, y: y - a),
            "σ′ multiplied twice": ("identity", lambda a, y: (a - y) * a * (1 - a)),
        },
    ),
    Row(
        logistic.dw_j,
        {
            "derivative": derivative(
                "w1: scalar, w2: scalar, b: scalar, x1: scalar, x2: scalar",
                "w1 w2 b",
                lambda w1, w2, b, x1, x2: w1 * x1 + w2 * x2 + b,
                lambda f, dout, w1, w2, b, x1, x2: f(x1, x2, dout),
                lambda w1, w2, b, x1, x2: w1 * x1 + w2 * x2 + b,
            )
        },
        {
            "features swapped": ("derivative", lambda x1, x2, dz: (x2 * dz, x1 * dz, dz)),
            "db = 1": ("derivative", lambda x1, x2, dz: (x1 * dz, x2 * dz, dz / dz)),
        },
    ),
    Row(
        logistic.mean,
        {
            "identity": identity(
                DATA, lambda f, X, Y, w, b: f(X, Y, w, b), lambda f, X, Y, w, b: mean_of(X, Y, w, b), domain=LABELS
            ),
            "derivative": derivative(
                DATA, "w", cost_parts, lambda f, dout, X, Y, w, b: dout * f(X, Y, w, b), definitions.cost, domain=LABELS
            ),
        },
        {
            "1/m missing": ("derivative", lambda X, Y, w, b: mean_of(X, Y, w, b) * X.shape[1]),
            "the first example for all": ("identity", lambda X, Y, w, b: mean_of(X[:, :1], Y[:, :1], w, b)),
        },
    ),
    Row(
        vectorise.loop,
        pass_checks(0),
        {
            "J not divided by m": ("value", scaled(J=2)),
            "dw not divided by m": ("derivative", scaled(dw=2)),
            "db divided twice": ("derivative", scaled(db=0)),
            "last feature left out": ("derivative", one_feature_short),
        },
    ),
    Row(
        logistic.forward,
        {"value": value(ALL, definitions.forward, outputs="Z A")},
        {
            "b missing": ("value", lambda X, w, b: (w.T @ X, activations.sigmoid(w.T @ X))),
            "A = Z": ("value", lambda X, w, b: (w.T @ X + b, w.T @ X + b)),
        },
    ),
    Row(
        logistic.dZ,
        {
            "derivative": derivative(
                "Z: 1 m, Y: 1 m",
                "Z",
                lambda Z, Y: losses.cross_entropy(activations.sigmoid(Z), Y),
                lambda f, dout, Z, Y: dout * f(activations.sigmoid(Z), Y),
                lambda Z, Y: loss_definitions.cross_entropy_sound(Z, Y),
                domain=LABELS,
            )
        },
        {
            "Y − A": ("derivative", lambda A, Y: Y - A),
            "averaged already": ("derivative", lambda A, Y: (A - Y) / 2),
            "A(1 − Y)": ("derivative", lambda A, Y: A * (1 - Y)),
        },
    ),
    Row(
        logistic.dw,
        {
            "derivative": derivative(
                ALL,
                "w",
                lambda X, w, b: np.dot(w.T, X) + b,
                lambda f, dout, X, w, b: f(X, dout),
                lambda X, w, b: w.T @ X + b,
                averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda X, dZ: np.dot(X, dZ.T)),
            "a row, not a column": ("derivative", lambda X, dZ: np.dot(dZ, X.T) / X.shape[1]),
            "n_x for m": ("derivative", lambda X, dZ: np.dot(X, dZ.T) / X.shape[0]),
        },
    ),
    Row(
        logistic.db,
        {
            "derivative": derivative(
                ALL,
                "b",
                lambda X, w, b: np.dot(w.T, X) + b,
                lambda f, dout, X, w, b: f(dout),
                lambda X, w, b: w.T @ X + b,
                averaged=True,
            )
        },
        {
            "1/m missing": ("derivative", lambda dZ: np.sum(dZ)),
            "sum missing": ("derivative", lambda dZ: dZ / dZ.shape[1]),
        },
    ),
    Row(
        vectorise.vectorised,
        {
            "identity": identity(
                DATA,
                lambda f, X, Y, w, b: dict(zip(("J", "dw", "db"), f(X, Y, w, b), strict=True)),
                lambda f, X, Y, w, b: dict(zip(("J", "dw", "db"), vectorise.loop(X, Y, w, b), strict=True)),
                domain=LABELS,
            ),
            **pass_checks(0),
            "measurement": experiment("measurement", faster, title="Vectorised against the loop"),
        },
        {
            "dw not divided by m": ("identity", scaled(dw=2)),
            "J divided twice": ("value", scaled(J=0)),
            "db not divided by m": ("derivative", scaled(db=2)),
            "the loop itself": ("measurement", vectorise.loop),
        },
    ),
)
