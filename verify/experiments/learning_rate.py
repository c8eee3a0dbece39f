"""The learning rate: α just right and too large, where no line separates the labels and where one does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from manual import activations, logistic, losses, training
from verify.arithmetic.balls import Balls
from verify.arithmetic.bounds import Bounds
from verify.checks.claims import Claim
from verify.checks.experiment import Measurement
from verify.records.experiment import Series
from verify.setting import Setting

Array = np.ndarray[Any, Any]

STEPS, SHORT, SEEDS = 800, 100, 5
RATES = {"just right": 0.99, "too large": 4.0}
X = np.array([[-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]])
LABELS = {
    "not separable": np.array([[0.0, 1.0, 0.0, 1.0, 0.0, 1.0]]),
    "separable": np.array([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]),
}
COST, NORM = "cost J", "size of the weight, |w|"


@dataclass(frozen=True)
class Descent:
    """The costs J before each step and after the last, how far rounding may have moved them, |w|, and the end."""

    costs: Array
    limits: Array
    norms: Array
    w: Array
    b: Array

    @property
    def rises(self) -> int:
        """The steps at which J rose by more than rounding can do."""
        return int((np.diff(self.costs) > self.limits[1:] + self.limits[:-1]).sum())


def descent_on_convex_cost(f: Callable[..., Any], setting: Setting) -> Measurement:
    """Plain descent from w = 0 and b = 0 on six points with one feature, whose labels are separable or are not.

    Stated beforehand, with λ the largest eigenvalue of X̃X̃ᵀ/4m, which no Hessian of J exceeds. Not separable: with
    α = 0.99 · 2/λ (just right) J never rises by more than rounding can do, and the gradient comes to vanish, at a
    minimum; with α = 4 · 2/λ (too large) J rises at some step. The same holds of the rises on five draws of 20 points
    whose labels have nothing to do with them. Separable: with α just right J falls and |w| grows at every step, and the
    gradient does not vanish; on the ray t·w the exact cost falls at every doubling of t, and is never 0. What α too
    large does there is shown, and not judged.
    """
    runs = {
        labels: {name: descend(f, X, Y, share, STEPS) for name, share in RATES.items()} for labels, Y in LABELS.items()
    }
    (right, large), (steady, _) = (tuple(by_rate.values()) for by_rate in runs.values())
    mixed, separable = LABELS.values()
    claims = [
        Claim("not separable, just right: rises of J", right.rises == 0, right.rises, "none", STEPS),
        Claim("not separable, just right: the gradient", vanishes(X, mixed, right), ends(X, mixed, right), "vanishes"),
        Claim("not separable, too large: rises of J", large.rises > 0, large.rises, "some", STEPS),
    ]
    for name, share in RATES.items():
        rises = [descend(f, *points(seed), share, SHORT).rises for seed in range(SEEDS)]
        held = max(rises) == 0 if name == "just right" else min(rises) > 0
        want = "none" if name == "just right" else "some every time"
        claims.append(
            Claim(f"{SEEDS} draws, {name}: rises of J", held, ", ".join(map(str, rises)), want, SEEDS * SHORT)
        )
    falls, grows = int((np.diff(steady.costs) < 0).sum()), int((np.diff(steady.norms) > 0).sum())
    costs = ray(X, separable)
    claims += [
        Claim("separable, just right: steps at which J falls", falls == STEPS, falls, STEPS, STEPS),
        Claim("separable, just right: steps at which |w| grows", grows == STEPS, grows, STEPS, STEPS),
        Claim(
            "separable, just right: the gradient",
            not vanishes(X, separable, steady),
            ends(X, separable, steady),
            "does not vanish",
        ),
        Claim(
            "separable: J(2tw) < J(tw), never 0",
            falling(costs),
            costs[-1].text(digits=6),
            "falling, above 0",
            len(costs) - 1,
        ),
    ]
    return Measurement(claims, [line for labels, by_rate in runs.items() for line in lines(labels, by_rate)])


def ray(X: Array, Y: Array) -> list[Balls]:
    """The exact costs for w = 1, 2, 4, 8 and 16, and b = 0, of one feature."""
    return [Balls.of(losses.cost_sound(Balls.of(t * X), Y)) for t in (1.0, 2.0, 4.0, 8.0, 16.0)]


def falling(costs: Sequence[Balls]) -> bool:
    """Whether each is smaller than the one before it, and none of those is 0."""
    return all(bool(b < a) and bool(b > 0) for a, b in pairwise(costs))


def lines(labels: str, by_rate: Mapping[str, Descent]) -> Iterator[Series]:
    """J before each step, numbered from 1, and |w| from the second on: it starts at 0, which has no logarithm."""
    step = tuple(map(float, range(1, STEPS + 2)))
    for name, run in by_rate.items():
        yield Series(f"α {name}", step, tuple(run.costs.tolist()), labels, COST)
    for name, run in by_rate.items():
        yield Series(f"α {name}", step[1:], tuple(run.norms[1:].tolist()), labels, NORM)


def descend(f: Callable[..., Any], X: Array, Y: Array, share: float, iterations: int) -> Descent:
    """Descent with α = share · 2/λ. λ is that of the Hessian `f`: at w = 0, where a(1−a) = ¼, it is X̃X̃ᵀ/4m."""
    w, b = np.zeros((X.shape[0], 1)), np.zeros(())
    rate = share * 2 / np.linalg.eigvalsh(f(X, w, b))[-1]
    path = [(w, b)]
    with np.errstate(over="ignore"):  # α too large may drive σ, as the notes write it, to where e^(−z) overflows
        for _ in range(iterations):
            path.append(training.step(*path[-1], *gradient(X, Y, *path[-1]), rate))
    # All costs at once, a row a step: the bounds take as long for one as for all.
    ws, bs = np.stack([w[:, 0] for w, _ in path]), np.array([[b] for _, b in path])
    J = np.sum(losses.cross_entropy_sound(Bounds.of(ws) @ X + bs, Y), axis=1) / X.shape[1]
    return Descent(J.value, J.err, np.linalg.norm(ws, axis=1), *path[-1])


def gradient(X: Any, Y: Any, w: Any, b: Any) -> tuple[Any, Any]:
    dZ = logistic.dZ(activations.sigmoid(w.T @ X + b), Y)
    return logistic.dw(X, dZ), logistic.db(dZ)


def vanishes(X: Array, Y: Array, run: Descent) -> bool:
    """Whether the gradient in the end is not to be told from 0: every element is within its running bound."""
    return all(bool(np.all(np.abs(g.value) <= g.err)) for g in gradient(X, Y, Bounds.of(run.w), Bounds.of(run.b)))


def ends(X: Array, Y: Array, run: Descent) -> str:
    return f"{'vanishes' if vanishes(X, Y, run) else 'does not vanish'}, at w = {run.w.item():.6g}"


def points(seed: int) -> tuple[Array, Array]:
    """20 points of the plane, with labels that alternate wherever the points lie."""
    return np.random.default_rng([seed, 11]).standard_normal((2, 20)), np.array([[0.0, 1.0] * 10])
