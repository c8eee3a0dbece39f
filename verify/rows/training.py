"""Gradient descent of a deep network: the step, the loop around it, and what the hyperparameters do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from manual import deep, initialise, losses, training
from reference_torch import training as steps
from verify.checks.claims import Claim, claims
from verify.checks.experiment import experiment
from verify.checks.value import value
from verify.experiments.hyperparameters import TOP, effects
from verify.planar import flower
from verify.row import Row
from verify.rows.deep import network
from verify.setting import Setting

TWO = "W1: n1 n0, b1: n1 1, W2: 1 n1, b2: 1 1"
GRADS = "dW1: n1 n0, db1: n1 1, dW2: 1 n1, db2: 1 1"
RATE = {"learning_rate": "positive"}


# --- descent and hyperparameters -----------------------------------------------------------------------------------
def split(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and gradients, told apart by their names."""
    return {k: x for k, x in given.items() if k[0] != "d"}, {k: x for k, x in given.items() if k[0] == "d"}


def trained(f: Callable[..., Any], X: Any, Y: Any, learning_rate: Any, **parameters: Any) -> dict[str, Any]:
    """Three steps by `f`: the parameters in the end, and the costs before each step and after the last."""
    found, names = {}, ("tanh", "sigmoid")
    for step in range(4):
        AL, caches = deep.forward(X, parameters, names)
        *_, last = caches
        found[f"J{step}"] = losses.cost_sound(last.Z, Y)
        if step < 3:
            parameters = f(parameters, deep.backward(AL, Y, caches, sound=True), learning_rate)
    return {**parameters, **found}


def defined_training(X: Any, Y: Any, learning_rate: Any, **parameters: Any) -> dict[str, Any]:
    costs, moved = steps.train(X, Y, parameters, ("tanh", "sigmoid"), learning_rate, 3)
    return moved | {f"J{step}": J for step, J in enumerate(costs)}


def only(which: Callable[[str], bool]) -> Callable[..., Any]:
    """The step, which moves some of the parameters and leaves the others where they are."""

    def twin(parameters: Any, grads: Any, learning_rate: Any) -> dict[str, Any]:
        moved = training.descent(parameters, grads, learning_rate)
        return {name: moved[name] if which(name) else 1 * x for name, x in parameters.items()}

    return twin


def training_repeats_the_step(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """`training.train` is forward, backward and this step, repeated: the same costs and parameters, bit for bit."""
    X, Y, parameters, names = network((3, 4, 1), 6)
    costs, moved = training.train(X, Y, parameters, names, 0.5, 3)
    loop = trained(f, X, Y, 0.5, **parameters)
    for name, x in {**moved, **{f"J{step}": J for step, J in enumerate(costs)}}.items():
        yield Claim(name, np.array_equal(x, loop[name]), np.ravel(loop[name])[0], np.ravel(x)[0], np.size(x))


def a_curve_is_its_training(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """A cost before and after every step, from the course's start, bit for bit; on a grid, one such curve a point."""
    X, Y = flower(40, seed=1)
    hiddens, activations, rates = [(), (3,), (4, 2)], ["tanh", "relu"], [0.5, 0.05]
    rngs = [np.random.default_rng(i) for i in range(12)]
    grid = training.training_curves(X, Y, hiddens, activations, rates, 5, rngs)
    yield Claim("points of the grid", len(grid) == 12, len(grid), 12)
    for i, ((hidden, name, rate), curve) in enumerate(grid.items()):
        found = f(X, Y, hidden, name, rate, 5, np.random.default_rng(i))
        start = initialise.course((2, *hidden, 1), np.random.default_rng(i))
        want, _ = training.train(X, Y, start, (name,) * len(hidden) + ("sigmoid",), rate, 5)
        same = list(found) == want == curve
        at = f"{hidden}, {name}, α = {rate}"
        arrays = (np.array(found), np.array(want))
        yield Claim("the curve", same, f"ends at {found[-1]}", f"ends at {want[-1]}", 6, at, arrays=arrays)


def curve_with(**changed: Any) -> Callable[..., Any]:
    """The training curve with some hyperparameter fixed, whatever was chosen."""

    def twin(X: Any, Y: Any, hidden: Any, activation: Any, learning_rate: Any, iterations: Any, rng: Any) -> Any:
        chosen = {"hidden": hidden, "activation": activation, "learning_rate": learning_rate}
        return training.training_curve(X, Y, **(chosen | changed), iterations=iterations, rng=rng)

    return twin


ROWS: tuple[Row, ...] = (
    Row(
        training.descent,
        {
            "update": value(
                f"{TWO}, {GRADS}, learning_rate: scalar",
                lambda learning_rate, **given: steps.descent(*split(given), learning_rate),
                domain=RATE,
                call=lambda f, learning_rate, **given: f(*split(given), learning_rate),
            ),
            "training": value(
                f"X: n0 m, Y: 1 m, {TWO}, learning_rate: scalar",
                defined_training,
                domain=RATE | {"Y": "label"},
                call=trained,
            ),
            "the loop around it": claims("exact", training_repeats_the_step),
        },
        {
            "+α": ("update", lambda parameters, grads, rate: training.descent(parameters, grads, -rate)),
            "α missing": ("update", lambda parameters, grads, rate: training.descent(parameters, grads, rate / rate)),
            "b not updated": ("training", only(lambda name: name[0] == "W")),
            "the last layer only": ("the loop around it", only(lambda name: name[1:] == "2")),
        },
    ),
    Row(
        training.training_curve,
        {
            "curve": claims("exact", a_curve_is_its_training),
            "experiment": experiment(
                "experiment",
                effects,
                title="What the hyperparameters do",
                x_label="step",
                y_label="cost J",
                log="y",
                top=TOP,
                columns=3,
            ),
        },
        {
            "the cost after the last step left out": ("curve", lambda *choice: training.training_curve(*choice)[:-1]),
            "twice the cost": ("curve", lambda *choice: [2 * J for J in training.training_curve(*choice)]),
            "every hidden layer left out": ("experiment", curve_with(hidden=())),
            "always g(z) = z": ("experiment", curve_with(activation="linear")),
            "always α = 0.01": ("experiment", curve_with(learning_rate=0.01)),
        },
    ),
)
