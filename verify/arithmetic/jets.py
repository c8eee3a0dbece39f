"""Jets of balls: a value and its slopes along several directions, all enclosed; what the certificate is made of.

No step size and no framework: every operation carries the derivative exactly, by the rules of differentiation. Where a
comparison decides the derivative and its sides are equal, `kinks` says which side is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from flint import arb

from verify.arithmetic.balls import COMPARISONS, ELEMENTWISE, Balls, _compared, _truth, product
from verify.arithmetic.duck import Duck, Unsupported
from verify.arithmetic.kind import boxed, holds
from verify.arithmetic.kinks import Kink, Weights, blend, route

Array = np.ndarray[Any, Any]
Slopes = list[Array]


class Jets(Duck):
    """`parts` is (value, slope along direction 1, …, slope along direction K), object arrays of enclosures."""

    def __init__(self, value: Array, slopes: Sequence[Array], dtype: Any = None) -> None:
        self.parts = (value, *slopes)
        self._dtype = np.dtype(dtype or np.float64)

    @classmethod
    def of(cls, x: Balls, slopes: Sequence[Balls]) -> Jets:
        """The value `x`, moving along K directions at these rates."""
        return cls(x.parts[0], [s.parts[0] for s in slopes], x.dtype)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    @property
    def value(self) -> Balls:
        return Balls(self.parts[0], self._dtype)

    @property
    def slopes(self) -> list[Balls]:
        return [Balls(s, self._dtype) for s in self.parts[1:]]

    def __repr__(self) -> str:
        return f"Jets({self.parts[0]!r}, {len(self.parts) - 1} slopes)"

    def _rebuild(self, parts: Sequence[Array]) -> Self:
        value, *slopes = (boxed(p) for p in parts)
        return type(self)(value, slopes, self._dtype)

    def _raw(self, x: Any) -> tuple[Array, Slopes | None]:
        """Value and slopes; None for what does not move."""
        x = self._gather(x) if isinstance(x, np.ndarray) and x.dtype == object and holds(x.ravel().tolist()) else x
        if isinstance(x, Jets):
            return x.parts[0], list(x.parts[1:])
        return Balls(boxed(arb(0)), self._dtype)._raw(x), None

    def _made(self, value: Any, slopes: Slopes | None) -> Self:
        value = boxed(value)
        still = slopes if slopes is not None else [_zeros(value.shape)] * (len(self.parts) - 1)
        # Copies, for an operand's own arrays may be among them, and the result may be written into.
        return type(self)(value.copy(), [_fit(s, value.shape).copy() for s in still], self._dtype)

    def _lift(self, other: Any) -> Self:
        return other if isinstance(other, type(self)) else self._made(*self._raw(other))

    def _ufunc(self, name: str, *operands: Any) -> Any:
        pairs = [self._raw(x) for x in operands]
        if name in COMPARISONS:
            return self._compares(name, *pairs)
        if name in ("isfinite", "isnan", "isinf"):
            return Balls(pairs[0][0], self._dtype)._ufunc(name, Balls(pairs[0][0], self._dtype))
        if name in ("logical_not", "invert"):
            return 1 - self._lift(operands[0])
        if name in ("logical_and", "bitwise_and", "logical_or", "bitwise_or"):
            a, b = (self._lift(np.asarray(x) if isinstance(x, bool) else x) for x in operands)
            return a * b if "and" in name else a + b - a * b
        if name in ("maximum", "minimum"):
            return self._nearer(name, *pairs)
        if name in ("absolute", "fabs"):
            return self._modulus(*pairs)
        if name == "logaddexp":
            a, b = (self._lift(x) for x in operands)
            return np.log(np.exp(a) + np.exp(b))
        if name == "sign":
            above, below = (self._lift(self._ufunc(name, operands[0], 0)) for name in ("greater", "less"))
            return above - below
        if name in ("power", "float_power"):
            return self._power(*pairs)
        if name in TWO:
            return self._made(*TWO[name](*pairs))
        if name in SLOPES:
            (x, dx), *_ = pairs
            y = boxed(ELEMENTWISE[name](x))
            slope = SLOPES[name](x, y)
            return self._made(y, None if dx is None else [slope * s for s in dx])
        raise Unsupported(f"np.{name} does not run on Jets: its derivative is not known here")

    def _sum(self, axis: tuple[int, ...]) -> Self:
        return self._rebuild([boxed(np.add.reduce(p, axis=axis, initial=arb(0))) for p in self.parts])

    def _matmul(self, left: Any, right: Any) -> Self:
        """d(AB) = dA·B + A·dB, all directions in one product each."""
        (a, da), (b, db) = self._raw(left), self._raw(right)
        rows, columns = a.shape[0], b.shape[1]
        slopes: Slopes | None = None
        if da is not None:
            tall = product(np.concatenate(da), b)
            slopes = [tall[i * rows : (i + 1) * rows] for i in range(len(da))]
        if db is not None:
            wide = product(a, np.concatenate(db, axis=1))
            along = [wide[:, i * columns : (i + 1) * columns] for i in range(len(db))]
            slopes = along if slopes is None else [s + t for s, t in zip(slopes, along, strict=True)]
        return self._made(product(a, b), slopes)

    def _where(self, condition: Any, x: Any, y: Any) -> Self:
        if isinstance(condition, Duck):
            return self._mixed(condition, x, y)
        a, b = self._lift(x), self._lift(y)
        return self._rebuild([boxed(np.where(condition, p, q)) for p, q in zip(a.parts, b.parts, strict=True)])

    def _mixed(self, condition: Any, x: Any, y: Any) -> Self:
        """x, y, or a mixture of both, as the share of the condition is 1, 0, or in between."""
        share, a, b = _together(self._lift(condition), self._lift(x), self._lift(y))
        out = []
        for p, q in zip(a.parts, b.parts, strict=True):
            part = p.copy()
            for i in np.ndindex(part.shape):
                w = share.parts[0][i]
                part[i] = q[i] if w.is_zero() else p[i] if w == 1 else blend((1 - w, w), (q[i], p[i]))
            out.append(part)
        return self._rebuild(out)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, Jets):
            super().__setitem__(..., self._where(np.broadcast_to(index, self.shape), value, self))
        else:
            super().__setitem__(index, value)

    # --- where the derivative is decided by a comparison -------------------------------------------------------------
    def _nearer(self, name: str, x: Any, y: Any) -> Self:
        """max and min of two: the slope of the one that is ahead; at a tie, a mixture."""
        a, b = _together(self._made(*x), self._made(*y))
        return self._picked(name, np.stack([a, b]), 0)

    def _extremum(self, name: str, axis: int) -> Self:
        return self._picked(name, self, axis)

    def _picked(self, name: str, rivals: Any, axis: int) -> Self:
        operation = route().operation()
        parts = [np.moveaxis(p, axis, -1) for p in rivals.parts]
        shape = parts[0].shape[:-1]
        out = [_zeros(shape).copy() for _ in parts]
        for i in np.ndindex(shape):
            ahead = _ahead(name, parts[0][i], i)
            options = [[p[i][k] for p in parts[1:]] for k in ahead]
            weights: Weights = (arb(1),)
            if len(ahead) > 1 and any(_differ(options[0], other) for other in options[1:]):
                weights = route().weights(Kink(name, i, len(ahead), operation))
            elif len(ahead) > 1:
                options = options[:1]
            out[0][i] = parts[0][i][ahead[0]]
            for p, *along in zip(out[1:], *options, strict=True):
                p[i] = blend(weights, along)
        return self._rebuild(out)

    def _modulus(self, x: Any) -> Self:
        value, dx = x
        return self._nearer("maximum", (value, dx), (-value, None if dx is None else [-s for s in dx]))

    def _compares(self, name: str, x: Any, y: Any) -> Any:
        """Plain truth; where a route asks for a share of both outcomes, 0, 1 and what lies between, not moving."""
        a, b = _together(self._made(*x), self._made(*y))
        truth = np.asarray(_compared(name, a.parts[0], b.parts[0]))
        shares: dict[tuple[int, ...], arb] = {}
        operation = route().operation()
        for i in np.ndindex(truth.shape):
            p, q = a.parts[0][i], b.parts[0][i]
            if not (p.is_exact() and q.is_exact() and p.mid() == q.mid()):
                continue
            difference = [s[i] - t[i] for s, t in zip(a.parts[1:], b.parts[1:], strict=True)]
            if all(d.is_zero() for d in difference):
                continue
            shares[i] = _share(name, bool(truth[i]), Kink(name, i, 3, operation), difference)
        if not shares:
            return truth
        mask = self._raw(truth)[0].copy()
        for i, share in shares.items():
            mask[i] = share
            if share.is_zero() or share == 1:
                truth[i] = share == 1
        whole = all(share.is_zero() or share == 1 for share in shares.values())
        return truth if whole else self._made(mask, None)

    def _power(self, x: Any, y: Any) -> Self:
        """d(x^p) = p·x^(p−1) dx, for exponents that do not move."""
        (base, dx), (exponent, dp) = x, y
        if dp is not None:
            raise Unsupported("np.power with an exponent that depends on an input does not run on Jets")
        ball = Balls(boxed(arb(0)), self._dtype)
        value = ball._ufunc("power", Balls(base, self._dtype), Balls(exponent, self._dtype)).parts[0]
        if dx is None:
            return self._made(value, None)
        lower = ball._ufunc("power", Balls(base, self._dtype), Balls(boxed(exponent - 1), self._dtype)).parts[0]
        zero: Any = arb(0)
        slope = np.where(_is_zero(exponent), zero, exponent * lower)
        return self._made(value, [slope * s for s in dx])


def _together(*numbers: Any) -> Any:
    """Broadcast against each other."""
    return np.broadcast_arrays(*numbers)


def _zeros(shape: tuple[int, ...]) -> Array:
    return np.full(shape, arb(0), dtype=object)


def _fit(slope: Any, shape: tuple[int, ...]) -> Array:
    slope = boxed(slope)
    return slope if slope.shape == shape else np.broadcast_to(slope, shape)


_is_zero = np.frompyfunc(lambda x: bool(x.is_zero()), 1, 1)


def _differ(one: Sequence[arb], other: Sequence[arb]) -> bool:
    return any(not (s - t).is_zero() for s, t in zip(one, other, strict=True))


def _ahead(name: str, rivals: Array, index: tuple[int, ...]) -> list[int]:
    """The largest (or smallest), or all of them where several are exactly equal."""
    best = [0]
    for k in range(1, len(rivals)):
        if _truth("equal", rivals[k], rivals[best[0]], index):
            best.append(k)
        elif _truth("greater" if name == "maximum" else "less", rivals[k], rivals[best[0]], index):
            best = [k]
    return best


def _share(name: str, truth: bool, kink: Kink, difference: Sequence[arb]) -> arb:
    """How much of the outcome True is taken."""
    return arb(blend(route().sides_of(kink, difference), (arb(int(truth)), *map(arb, OUTCOMES[name]))))


# The truth of a ? b on the side where a > b, and where a < b.
OUTCOMES = {
    "greater": (1, 0), "greater_equal": (1, 0), "less": (0, 1), "less_equal": (0, 1), "equal": (0, 0),
    "not_equal": (1, 1),
}  # fmt: skip


def _sum_of(x: Any, y: Any, sign: int) -> tuple[Any, Slopes | None]:
    (a, da), (b, db) = x, y
    value = boxed(a + b if sign > 0 else a - b)
    if db is None:
        return value, da
    turned = db if sign > 0 else [-s for s in db]
    return value, turned if da is None else [s + t for s, t in zip(da, turned, strict=True)]


def _product_of(x: Any, y: Any) -> tuple[Any, Slopes | None]:
    (a, da), (b, db) = x, y
    if da is None or db is None:
        along = None if da is db else [s * b for s in da] if da is not None else [a * s for s in db]
        return a * b, along
    return a * b, [s * b + a * t for s, t in zip(da, db, strict=True)]


def _quotient_of(x: Any, y: Any) -> tuple[Any, Slopes | None]:
    (a, da), (b, db) = x, y
    q = a / b
    if db is None:
        return q, None if da is None else [s / b for s in da]
    return q, [((0 if da is None else s) - q * t) / b for s, t in zip(da or db, db, strict=True)]


TWO: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: _sum_of(x, y, 1), "subtract": lambda x, y: _sum_of(x, y, -1),
    "multiply": _product_of, "divide": _quotient_of, "square": lambda x: _product_of(x, x),
    "negative": lambda x: (-x[0], None if x[1] is None else [-s for s in x[1]]), "positive": lambda x: x,
    "reciprocal": lambda x: _quotient_of((boxed(arb(1)), None), x),
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
