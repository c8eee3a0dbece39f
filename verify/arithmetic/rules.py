"""The rules of differentiation: the value and the slopes of a result, from those of its operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb

from verify.arithmetic.balls import ELEMENTWISE
from verify.arithmetic.bundles import Bundle, minus, over, plus, times
from verify.arithmetic.kind import boxed

Moving = tuple[Any, list[Bundle]]  # a value, and its slopes in bundles


def _sum(x: Moving, y: Moving) -> Moving:
    (a, da), (b, db) = x, y
    return a + b, [plus(s, t) for s, t in zip(da, db, strict=True)]


def _difference(x: Moving, y: Moving) -> Moving:
    (a, da), (b, db) = x, y
    return a - b, [plus(s, minus(t)) for s, t in zip(da, db, strict=True)]


def _product(x: Moving, y: Moving) -> Moving:
    (a, da), (b, db) = x, y
    return a * b, [plus(times(s, b), times(t, a)) for s, t in zip(da, db, strict=True)]


def _quotient(x: Moving, y: Moving) -> Moving:
    """d(a/b) = (da − (a/b) db)/b."""
    (a, da), (b, db) = x, y
    q = a / b
    return q, [over(plus(s, minus(times(t, q))), b) for s, t in zip(da, db, strict=True)]


def _negative(x: Moving) -> Moving:
    a, da = x
    return -a, [minus(s) for s in da]


def _reciprocal(x: Moving) -> Moving:
    return _quotient((boxed(arb(1)), [None] * len(x[1])), x)


RULES: dict[str, Callable[..., Moving]] = {
    "add": _sum, "subtract": _difference, "multiply": _product, "divide": _quotient, "negative": _negative,
    "positive": lambda x: x, "square": lambda x: _product(x, x), "reciprocal": _reciprocal,
}  # fmt: skip

# The derivative, from x and y = f(x), as object arrays.
SLOPES: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda x, y: y, "expm1": lambda x, y: ELEMENTWISE["exp"](x), "log": lambda x, y: 1 / x,
    "log1p": lambda x, y: 1 / (1 + x), "sqrt": lambda x, y: 1 / (2 * y),
    # 1/cosh², not 1 − tanh²: that loses every digit where tanh is 1.
    "tanh": lambda x, y: 1 / ELEMENTWISE["cosh"](x) ** 2, "sinh": lambda x, y: ELEMENTWISE["cosh"](x),
    "cosh": lambda x, y: ELEMENTWISE["sinh"](x), "sin": lambda x, y: ELEMENTWISE["cos"](x),
    "cos": lambda x, y: -ELEMENTWISE["sin"](x), "tan": lambda x, y: 1 + y * y, "arctan": lambda x, y: 1 / (1 + x * x),
}  # fmt: skip
