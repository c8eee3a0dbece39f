"""Symmetry: equal hidden units through 1,000 steps, and the counter-example that parts at the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from manual import initialise, shallow_descent, training
from manual.notation import Layers
from verify.arithmetic.bounds import Bounds, budget
from verify.checks.claims import Claim
from verify.checks.experiment import Measurement
from verify.records.experiment import Series
from verify.setting import Setting

Array = np.ndarray[Any, Any]

HIDDEN = ("tanh", "sigmoid", "leaky_relu")
LAYERS, M, STEPS, RATE = (2, 5, 1), 8, 1000, 0.5


def units_stay_equal(f: Callable[..., Any], setting: Setting) -> Measurement:
    """Equal hidden units (2 inputs, 5 units, 8 examples, α = ½), followed for 1,000 steps with each activation.

    Stated beforehand: unit by unit, where equal units go through the very same operations, all units hold the same
    bits after each of the steps. Vectorised, where BLAS may round equal rows differently, they are equal within their
    running bounds after the first step; what becomes of that difference later is shown, and not judged. And with the
    same equal rows of W1 below unequal columns of W2, the rows differ by more than those bounds after the first step.
    """
    X, Y = data(LAYERS[0], M, setting.seed)
    equal, unequal = (g(LAYERS, np.random.default_rng(setting.seed)) for g in (f, initialise.equal_rows))
    steps = tuple(map(float, range(STEPS + 1)))
    claims, series, ends = [], [], []
    for activation in HIDDEN:
        loop = list(islice(by_loops(X, Y, equal, activation), STEPS + 1))
        lines = {
            "unit by unit": [spread(moved["W1"]) for moved in loop],
            "vectorised": vectorised(X, Y, equal, activation),
            "unequal columns of W2": vectorised(X, Y, unequal, activation),
        }
        series += [Series(name, steps, tuple(y), activation) for name, y in lines.items()]
        *_, end = lines["vectorised"]
        ends.append(f"{end:.2g} ({activation})")

        first = {name: f"rows of W1 differ by {y[1]:.2g}" for name, y in lines.items()}
        units = [x for moved in loop for x in by_unit(moved).values()]
        differ, size = sum(int((x != x[:1]).sum()) for x in units), sum(x.size for x in units)
        name = f"{activation}, unit by unit: all {STEPS:,} steps"
        claims.append(Claim(name, not differ, f"{differ} differ", "0 differ", size))

        moved = after_a_step(X, Y, equal, activation)
        name, size = f"{activation}, vectorised: after one step", sum(far.size for far, _ in moved.values())
        claims.append(Claim(name, within(moved), first["vectorised"], "all units within running bounds", size))

        far, limit = after_a_step(X, Y, unequal, activation)["rows of W1"]
        name = f"{activation}, unequal columns of W2: after one step"
        claims.append(
            Claim(name, beyond(far, limit), first["unequal columns of W2"], "all beyond running bounds", far.size)
        )
    note = (
        f"Vectorised, the largest gap after {STEPS:,} steps is {', '.join(ends)}. What rounding has parted, descent "
        "may carry further apart: the units stay equal for ever in exact arithmetic, not in every arithmetic."
    )
    return Measurement(claims, series, note)


def data(n0: int, m: int, seed: int) -> tuple[Array, Array]:
    """X and Y, with both labels present."""
    X, Y = np.random.default_rng([seed, 13]).standard_normal((n0, m)), np.where(np.arange(m) % 2, 1.0, 0.0)
    return X, Y.reshape(1, m)


def by_loops(X: Array, Y: Array, parameters: Layers, activation: str) -> Iterator[Layers]:
    """The parameters before each step of the explicit loops, for ever."""
    while True:
        yield parameters
        moved = shallow_descent.descent_loop(X, Y, **parameters, learning_rate=np.float64(RATE), activation=activation)
        parameters = dict(zip(parameters, moved, strict=True))


def descend(X: Any, Y: Any, parameters: Mapping[str, Any], iterations: int = 1, activation: str = "tanh") -> Layers:
    """W1, b1, W2, b2 by name after some vectorised steps."""
    moved = shallow_descent.descent(
        X, Y, **parameters, learning_rate=RATE, iterations=iterations, activation=activation
    )
    return dict(zip(parameters, moved, strict=True))


def vectorised(X: Array, Y: Array, parameters: Mapping[str, Any], activation: str) -> list[float]:
    """The spread of the rows of W1 before each vectorised step and after the last."""
    states = training.descend(X, Y, parameters, (activation, "sigmoid"), RATE)
    return [spread(state.parameters["W1"]) for state in islice(states, STEPS + 1)]


def by_unit(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What belongs to each hidden unit, a row a unit: its weights, its bias, and what weighs it above."""
    return {"rows of W1": parameters["W1"], "b1": parameters["b1"], "columns of W2": parameters["W2"].T}


def spread(x: Array) -> float:
    """The largest difference between two rows."""
    return float(np.max(x.max(axis=0) - x.min(axis=0)))


def after_a_step(X: Array, Y: Array, start: Mapping[str, Any], activation: str) -> dict[str, tuple[Array, Array]]:
    """By name, after one vectorised step: how far each unit lies from the first, and how far rounding may bring it."""
    bounded = by_unit(descend(Bounds.of(X), Bounds.of(Y), {k: Bounds.of(x) for k, x in start.items()}, 1, activation))
    limits = {name: budget(x) for name, x in bounded.items()}
    floats = by_unit(descend(X, Y, start, 1, activation))
    return {name: (np.abs(x - x[:1]), limits[name] + limits[name][:1]) for name, x in floats.items()}


def within(moved: Mapping[str, tuple[Array, Array]]) -> bool:
    """Whether every unit lies where rounding alone may have brought it."""
    return all(bool(np.all(far <= limit) and np.isfinite(limit).all()) for far, limit in moved.values())


def beyond(far: Array, limit: Array) -> bool:
    """Whether every unit but the first lies where rounding alone has not brought it."""
    return bool(np.all(far[1:] > limit[1:]))
