"""The rules of the running error analysis: what each operation's result may be off by, element by element.

Every rule takes operands as pairs (value, bound) and the computed result, and returns the bound of the result. The
model is Higham's (Accuracy and Stability of Numerical Algorithms, ch. 3): a computed result r of a correctly rounded
operation is off by at most u·|r| + η. Bounds are float64 whatever the values are, and rounded up at the end, by `up`.

An infinite value stands for the set [max, ∞] (or [−∞, −max]), its bound for how far below max the true one may lie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Pair = tuple[Array, Array]

# Units in the last place that a library function may be off by. Measured worst cases: float32 exp 2.4, log 3.5, tanh
# 1.4 (tests/test_ulps.py measures this machine's, all 2³² float32 inputs included).
ULPS = {"float32": 4, "float64": 2}
# The unit roundoff of float64, and its smallest positive number.
UNIT, LEAST = float(np.finfo(np.float64).eps) / 2, float(np.finfo(np.float64).smallest_subnormal)
ONE: Pair = (np.asarray(1.0), np.asarray(0.0))


def unit(x: Array) -> float:
    """u, half the distance from 1 to the next larger number."""
    return float(np.finfo(x.dtype).eps) / 2


def eta(x: Array) -> float:
    """η, the smallest positive number: what underflow may lose."""
    return float(np.finfo(x.dtype).smallest_subnormal)


def most(x: Array) -> float:
    return float(np.finfo(x.dtype).max)


def up(bound: Array) -> Array:
    """A bound computed by a dozen float64 operations, made safe against their rounding; NaN says nothing, so ∞."""
    # The factor does nothing to a subnormal number, and the smallest of them nothing to a normal one.
    wide = bound * (1 + 2.0**-48) + (bound > 0) * LEAST
    return np.asarray(np.where(np.isnan(wide), np.inf, wide))


def size(x: Array) -> Array:
    """|x| in float64."""
    return np.asarray(np.abs(x), dtype=np.float64)


def least(x: Pair) -> Array:
    """The smallest |x| that the bound allows."""
    magnitude = size(x[0])
    return np.asarray(np.maximum(np.where(np.isinf(magnitude), most(x[0]), magnitude) - x[1], 0.0))


def largest(x: Pair) -> Array:
    """The largest |x| that the bound allows."""
    return size(x[0]) + x[1]


def finish(result: Array, bound: Array, below: Array | None = None) -> Array:
    """Add the rounding of the operation itself. `below`: the least modulus of the true value, for infinite results."""
    r = size(result)
    total = up(bound + unit(result) * (r + bound) + eta(result))
    if np.isfinite(r).all():
        return total
    gap = np.inf if below is None else up(np.maximum(most(result) - below * (1 - 2.0**-48), 0.0))
    return np.where(np.isinf(r), np.where(gap < most(result), gap, np.inf), total)


def add(result: Array, x: Pair, y: Pair) -> Array:
    if np.isfinite(result).all():
        return finish(result, x[1] + y[1])
    infinite = np.where(np.isinf(x[0]), least(x) - largest(y), least(y) - largest(x))
    both = np.isinf(x[0]) & np.isinf(y[0])
    return finish(result, x[1] + y[1], np.where(both, np.maximum(least(x), least(y)), infinite))


def multiply(result: Array, x: Pair, y: Pair) -> Array:
    bound = size(x[0]) * y[1] + size(y[0]) * x[1] + x[1] * y[1]
    return finish(result, bound, None if np.isfinite(result).all() else least(x) * least(y))


def divide(result: Array, x: Pair, y: Pair) -> Array:
    """|x/y − x*/y*| ≤ (err_x + |x/y|·err_y)/(|y| − err_y): ∞ or NaN, which says as little, where y may be 0."""
    low = least(y)
    # η: a quotient that underflowed may hide as much.
    bound = x[1] / low + (size(result) + eta(result)) * (y[1] / low)
    # Divided by an infinity, that is by at least `low`.
    bound = np.where(np.isinf(y[0]), largest(x) / low, bound)
    return finish(result, bound, np.where(low > 0, least(x) / largest(y), 0.0))


def power(result: Array, x: Pair, y: Pair) -> Array:
    """Exponents without error. The slope is |p|·t^p/t, and t^p is largest at an end of [|x| − err, |x| + err]."""
    p = np.asarray(y[0], dtype=np.float64)
    low, high = least(x), largest(x)
    whole = p == np.floor(p)
    top = np.maximum(low**p, high**p)
    away = np.abs(p) * (top + eta(result)) * (x[1] / low)
    around = np.where(whole & (p >= 1), np.abs(p) * high ** (p - 1) * x[1], np.inf)
    bound = np.where(x[1] == 0, 0.0, np.where(low > 0, away, around))
    # An infinite base stands for at least `low`: to a negative power it is at most low^p.
    bound = np.where(np.isinf(x[0]) & (p < 0), low**p, bound)
    # Near 0 not even the sign of a negative power is known.
    below = np.where(p < 0, np.where(low > 0, high**p, 0.0), low**p)
    return library(result, bound, below)


def library(result: Array, bound: Array, below: Array | None = None) -> Array:
    """The same for a function that the library does not round correctly."""
    ulps = ULPS[result.dtype.name]
    off = ulps * (2 * unit(result) * (size(result) + bound) + eta(result))
    return finish(result, bound + off, None if below is None else below * (1 - 2 * ulps * unit(result)))


def exp(result: Array, x: Pair) -> Array:
    grown = (size(result) + eta(result)) * np.expm1(x[1]) * (1 + 2.0**-20)
    # e^x of what is at most −max: nothing but underflow.
    grown = np.where((x[0] == -np.inf) & (least(x) > 0), 0.0, grown)
    # The difference is rounded, by less than 2⁻⁴³ where exp overflows.
    return library(result, grown, np.exp(np.where(np.isinf(x[0]), least(x), x[0] - x[1])) * (1 - 2.0**-42))


def expm1(result: Array, x: Pair) -> Array:
    grown = np.exp(x[0], dtype=np.float64) * np.expm1(x[1]) * (1 + 2.0**-20)
    return library(result, grown, np.expm1(np.where(np.isinf(x[0]), least(x), x[0] - x[1])) * (1 - 2.0**-42))


def log(result: Array, x: Pair) -> Array:
    """|log x − log x*| ≤ −log(1 − err/x)."""
    return library(result, _logarithm(x[1], size(x[0])))


def log1p(result: Array, x: Pair) -> Array:
    return library(result, _logarithm(x[1], np.add(1, x[0], dtype=np.float64)))


def _logarithm(error: Array, x: Array) -> Array:
    # From a share of 1 on this is ∞ or NaN, which says as little.
    return -np.log1p(-up(error / x)) * (1 + 2.0**-40)


def sqrt(result: Array, x: Pair) -> Array:
    """√a − √b = (a − b)/(√a + √b), and at most √|a − b|."""
    return finish(result, np.where(x[1] == 0, 0.0, np.minimum(x[1] / result, np.sqrt(x[1])) * (1 + 2.0**-20)))


def tanh(result: Array, x: Pair) -> Array:
    """The slope 1/cosh² is largest where |x| is least; where that is nothing, the rounding covers it."""
    slope = 1 / np.cosh(least(x)) ** 2
    return library(result, np.minimum(slope * x[1] * (1 + 2.0**-40), 2.0))


def wave(result: Array, x: Pair) -> Array:
    """sin, cos, arctan: no slope is steeper than 1."""
    return library(result, x[1])


def cosh(result: Array, x: Pair) -> Array:
    """sinh and cosh: no slope is steeper than cosh at the far end."""
    return library(result, np.cosh(largest(x)) * (1 + 2.0**-40) * x[1])


def unchanged(result: Array, x: Pair) -> Array:
    """−x, +x, |x|: nothing is rounded."""
    return x[1]


def nearer(result: Array, x: Pair, y: Pair) -> Array:
    """max and min move with the operand that is ahead beyond doubt; else by no more than what moves most."""
    either = np.where(np.isnan(result), np.inf, np.maximum(x[1], y[1]))
    gap = np.abs(np.subtract(x[0], y[0], dtype=np.float64)) * (1 - 2.0**-50)
    # An infinity stands for all beyond the largest float, and so is not surely apart from what is near that.
    apart = np.isfinite(gap) & (gap > up(x[1] + y[1]))
    return np.where(apart, np.where(result == x[0], x[1], y[1]), either)


RULES: dict[str, Callable[..., Array]] = {
    "add": add, "subtract": add, "multiply": multiply, "divide": divide, "power": power, "float_power": power,
    "negative": unchanged, "positive": unchanged, "absolute": unchanged, "fabs": unchanged,
    "square": lambda result, x: multiply(result, x, x),
    "reciprocal": lambda result, x: divide(result, ONE, x),
    "maximum": nearer, "minimum": nearer, "fmax": nearer, "fmin": nearer,
    "exp": exp, "expm1": expm1, "log": log, "log1p": log1p, "sqrt": sqrt, "tanh": tanh,
    "sin": wave, "cos": wave, "arctan": wave, "sinh": cosh, "cosh": cosh,
}  # fmt: skip
