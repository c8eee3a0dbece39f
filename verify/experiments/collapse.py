"""Linear collapse: networks with g(z) = z cannot get below logistic regression, however deep they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from manual import collapse, convex, deep, initialise, logistic, losses, training
from manual.activations import sigmoid
from manual.notation import Layers
from manual.training import State
from verify.arithmetic.balls import SHARP, Balls, overlaps, precision, solve
from verify.checks.claims import Claim
from verify.checks.experiment import Measurement
from verify.planar import flower
from verify.records.experiment import Series
from verify.setting import Setting

Array = np.ndarray[Any, Any]

DEPTHS, UNITS, M, SEEDS, STEPS, RATE = (2, 3, 4, 5), 4, 200, 3, 300, 0.3
# At the minimum the gradient is 0, so a cost differs from the least one in twice as many digits as the parameters do.
BITS = 256


def linear_layers_gain_nothing(f: Callable[..., Any], setting: Setting) -> Measurement:
    """Networks of depth 2 to 5 with g(z) = z, four units a layer, on the planar flower: 200 points, 300 steps, α = 0.3.

    Stated beforehand, for each of three seeds: the trained network is W′X + b′, exactly; and the lowest of its costs,
    computed exactly, is not below the least cost that logistic regression can have on these points, of which duality
    gives a proved lower bound. A network of depth 2 with tanh, trained alike, ends below that bound.
    """
    X, Y = flower(M, seed=1)
    lines = {"logistic regression": median(trainings(X, Y, ()))}
    claims = []
    with precision(BITS):
        bound = least_cost(X, Y)
        for depth in DEPTHS:
            runs = trainings(X, Y, ("linear",) * (depth - 1))
            lines[f"depth {depth}, g(z) = z"] = median(runs)
            same = sum(is_one_layer(f, run[-1], X) for run in runs)
            quantity = f"depth {depth}: trained, it is W′X + b′"
            claims.append(Claim(quantity, same == SEEDS, f"{same} of {SEEDS}", f"{SEEDS} of {SEEDS}", SEEDS))
            gaps = [exact_cost(min(run, key=lambda state: float(state.J)), X, Y) - bound for run in runs]
            above = all(bool(np.all(gap >= 0)) for gap in gaps)
            nearest = min(float(gap.mid()) for gap in gaps)
            quantity = f"depth {depth}: its lowest cost, less the bound"
            claims.append(Claim(quantity, above, f"at least {nearest:.2g}", "not below 0", SEEDS))
        runs = trainings(X, Y, ("tanh",))
        lines["depth 2, tanh"] = median(runs)
        ends = [exact_cost(run[-1], X, Y) for run in runs]
        below, worst = all(bool(np.all(bound > J)) for J in ends), max(float(J.mid()) for J in ends)
        least = float(bound.mid())
        claims.append(
            Claim("depth 2, tanh: cost in the end", below, f"at most {worst:.4f}", f"below {least:.4f}", SEEDS)
        )
    steps = tuple(map(float, range(1, STEPS + 2)))
    series = [Series(name, steps, y) for name, y in lines.items()]
    series.append(Series("the lower bound", (steps[0], steps[-1]), (least, least)))
    return Measurement(claims, series, "Each line is the median of the seeds.")


def trainings(X: Array, Y: Array, hidden: Sequence[str]) -> list[list[State]]:
    """The states of a training, a list a seed: a layer for each of these activations, and a sigmoid."""
    sizes, names = (X.shape[0], *(UNITS,) * len(hidden), 1), (*hidden, "sigmoid")
    starts = [initialise.course(sizes, np.random.default_rng(seed)) for seed in range(SEEDS)]
    return [list(islice(training.descend(X, Y, start, names, RATE), STEPS + 1)) for start in starts]


def median(runs: Sequence[Sequence[State]]) -> tuple[float, ...]:
    """The median cost over the seeds, step by step."""
    return tuple(np.median([[state.J for state in run] for run in runs], axis=0).tolist())


def balls(parameters: Layers) -> Layers:
    return {name: Balls.of(x) for name, x in parameters.items()}


def is_one_layer(f: Callable[..., Any], state: State, X: Array) -> bool:
    """Whether the one layer that `f` makes of a network with g(z) = z gives what its layers give: on balls."""
    parameters, points = balls(state.parameters), Balls.of(X)
    W, b = f(parameters)
    one, all_layers = W @ points + b, collapse.mixed(points, parameters, ("linear",) * len(state.caches))
    sharp = one.widest() + all_layers.widest() <= SHARP * all_layers.largest()
    return bool(sharp and overlaps(one, all_layers).all())


def exact_cost(state: State, X: Array, Y: Array) -> Balls:
    """J of a state's parameters, exactly."""
    names = [cache.activation for cache in state.caches]
    _, caches = deep.forward(Balls.of(X), balls(state.parameters), names)
    return Balls.of(losses.cost_sound(caches[-1].Z, Y))


def least_cost(X: Array, Y: Array, iterations: int = 20) -> Balls:
    """A proved lower bound of J(w, b), over all w and b at once; after a few steps of Newton’s it is the minimum.

    log(1 + e^z) has tangents from below: it is at least az + H(a) for each a of [0, 1], where H(a) = −a log a −
    (1−a) log(1−a). With z = X̃ᵀθ, then,

        m J(θ) = Σ log(1 + e^zᵢ) − yᵢzᵢ ≥ (a − y)ᵀX̃ᵀθ + Σ H(aᵢ),

    and where X̃(a − y) = 0 the right side is the same for every θ. At the minimum a = σ(X̃ᵀθ) has that; near it, a −
    X̃ᵀ(X̃X̃ᵀ)⁻¹X̃(a − y) has it exactly, whatever rounding did to θ. Shapes: `X: (n_x, m)`, `Y: (1, m)`.
    Raises ValueError where that a leaves [0, 1]: where a line separates the labels, say, and there is no minimum.
    """
    X1, Y1 = Balls.of(convex.with_ones(X)), Balls.of(Y)
    a = sigmoid(Balls.of(newton(X, Y, iterations)).T @ X1)
    a = a - solve(X1 @ X1.T, X1 @ (a - Y1).T).T @ X1
    if not (np.all(a > 0) and np.all(a < 1)):
        raise ValueError("the minimum of J is not close enough for a bound: a leaves [0, 1]")
    return Balls.of(np.sum(-a * np.log(a) - (1 - a) * np.log(1 - a)) / Y.shape[1])


def newton(X: Array, Y: Array, iterations: int) -> Array:
    """θ = [b; w] near the minimum of the logistic cost, in floats, from θ = 0."""
    theta = np.zeros((X.shape[0] + 1, 1))
    for _ in range(iterations):
        w, b = theta[1:], theta[0, 0]
        dZ = logistic.dZ(logistic.forward(X, w, b)[1], Y)
        gradient = np.concatenate([[[logistic.db(dZ)]], logistic.dw(X, dZ)])
        theta = theta - np.linalg.solve(convex.hessian(X, w, b), gradient)
    return theta
