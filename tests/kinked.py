"""Forwards of one element with a kink, and the decision on them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls
from verify.oracles.certificate import Decision
from verify.oracles.decide import decide

SET = "where the derivative is a set"


def exact(x: Any) -> Balls:
    """Fractions, and what else there is, as exact values."""
    return Balls.of(np.asarray(x, dtype=object))


def judged(forward: Callable[[Any], Any], slopes: Any, x: Any, dout: Any | None = None) -> Decision:
    """The decision on a forward that takes each element for itself, whose backward is dout∗slopes."""
    x = np.asarray(x, dtype=float)
    dout = np.arange(1.0, x.size + 1).reshape(x.shape) if dout is None else np.asarray(dout, dtype=float)
    return decide(
        lambda **given: forward(given["x"]),
        lambda x: {"x": exact(slopes) * Balls.of(dout) + 0 * x},
        {"x": x},
        ["x"],
        dout,
    )


def written(x: Any) -> Any:
    z = x.copy()
    z[z < 0] = 0
    return z


HALF = {
    "np.maximum": (lambda x: np.maximum(x, 0), 0, 1),
    "np.maximum, the constant first": (lambda x: np.maximum(0.0, x), 0, 1),
    "np.minimum": (lambda x: np.minimum(x, 0), 1, 0),
    "np.where": (lambda x: np.where(x > 0, x, 0.25 * x), Fraction(1, 4), 1),
    "np.where, or equal": (lambda x: np.where(x >= 0, x, 0.25 * x), Fraction(1, 4), 1),
    "np.where, turned round": (lambda x: np.where(0 < x, x, 0.25 * x), Fraction(1, 4), 1),  # noqa: SIM300
    "np.where, less": (lambda x: np.where(x < 0, 0.25 * x, x), Fraction(1, 4), 1),
    "np.where, the negative": (lambda x: np.where(-x < 0, x, 0.25 * x), Fraction(1, 4), 1),
    "np.where, not": (lambda x: np.where(~(x <= 0), x, 0.25 * x), Fraction(1, 4), 1),
    "np.where, and": (lambda x: np.where((x > 0) & (x < 9), x, 0.25 * x), Fraction(1, 4), 1),
    "np.where, or": (lambda x: np.where((x > 0) | (x > 9), x, 0.25 * x), Fraction(1, 4), 1),
    "a mask times x": (lambda x: x * (x > 0), 0, 1),
    "two masks": (lambda x: x * (x > 0) + 0.25 * x * (x <= 0), Fraction(1, 4), 1),
    "two masks, or equal": (lambda x: x * (x >= 0) + 0.25 * x * (x < 0), Fraction(1, 4), 1),
    "two masks, one turned round": (lambda x: x * (x > 0) + 0.25 * x * (0 >= x), Fraction(1, 4), 1),  # noqa: SIM300
    "two masks, of −x and 2x": (lambda x: x * (x > 0) + 0.25 * x * (-x >= 0), Fraction(1, 4), 1),
    "the mask as floats": (lambda x: x * (x > 0).astype(float), 0, 1),
    "a leaky maximum": (lambda x: np.maximum(x, 0.25 * x), Fraction(1, 4), 1),
    "abs": (abs, -1, 1),
    "np.fabs": (np.fabs, -1, 1),
    "sign times x": (lambda x: np.sign(x) * x, -1, 1),
    "written through a mask": (written, 0, 1),
    "one maximum of two that move": (lambda x: np.maximum(np.tanh(x), 3 * np.tanh(x)), 1, 3),
    "clip, its low end": (lambda x: np.clip(x, 0, 50), 0, 1),
    "clip, its high end": (lambda x: np.clip(x, -50, 0), 1, 0),
}  # fmt: skip
