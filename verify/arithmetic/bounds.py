"""Running bounds: a value and how far rounding may have moved it, side by side, through the whole computation.

The bound holds for any order of summation and for fused operations too: it is the rounding budget of a formula, with no
tolerance that anybody picked. The rules stand in `rounding`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Self

import numpy as np

from verify.arithmetic.duck import Duck, Unsupported
from verify.arithmetic.kind import Kind, holds
from verify.arithmetic.rounding import RULES, ULPS, Pair, eta, largest, least, most, size, unit, up

Array = np.ndarray[Any, Any]

COMPARISONS = frozenset({"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"})
LOGIC = frozenset({"logical_not", "invert", "logical_and", "bitwise_and", "logical_or", "bitwise_or"})
ASKS = frozenset({"isnan", "isinf", "isfinite"})


class Bounds(Duck):
    """An array of floats with an error bound (float64) for each: `.value` and `.err`."""

    def __init__(self, value: Array, err: Array) -> None:
        self.parts = (value, err)

    @classmethod
    def of(cls, x: Any, err: Any = 0.0) -> Bounds:
        """The numbers of `x`, known to within `err` (exactly, by default); of Bounds, beyond their own."""
        if isinstance(x, Bounds):
            return cls(x.value, x.err + err)
        value, off = _float(np.asarray(x), np.float64)
        return cls(value, np.broadcast_to(err + off, value.shape).copy())

    @property
    def value(self) -> Array:
        return self.parts[0]

    @property
    def err(self) -> Array:
        return self.parts[1]

    def __repr__(self) -> str:
        return f"Bounds({self.value!r}, err={self.err!r})"

    def _rebuild(self, parts: Sequence[Array]) -> Self:
        return type(self)(*parts)

    def _pair(self, x: Any) -> Pair:
        """(value, bound). A Python number takes the dtype it meets; what that cannot represent is its bound."""
        if isinstance(x, Bounds):
            return x.parts[0], x.parts[1]
        if isinstance(x, Kind):
            raise Unsupported(f"Bounds do not mix with {type(x).__name__}")
        if type(x) in (float, int):
            with np.errstate(all="ignore"):
                value = np.asarray(x, dtype=self.dtype)
            near = float(value)
            return value, np.asarray(_beyond(abs(Fraction(x) - Fraction(near))) if math.isfinite(near - x) else 0.0)
        array = np.asarray(x)
        if array.dtype == object and holds(array.ravel().tolist()):
            return self._pair(self._gather(array))
        return _float(array, self.dtype)

    def _lift(self, other: Any) -> Self:
        return other if isinstance(other, type(self)) else self._rounded(other)

    def _rounded(self, other: Any) -> Self:
        """In this dtype, with what rounding to it moves."""
        value, err = self._pair(other)
        with np.errstate(all="ignore"):
            near = value.astype(self.dtype)
            # A float64 and the float32 next to it: their difference is a float64.
            moved = up(np.asarray(err + np.abs(value - near)))
        return type(self)(near, np.array(np.where(near == value, err, moved)))

    def _ufunc(self, name: str, *operands: Any) -> Any:
        if name in ASKS:
            return getattr(np, name)(self._pair(operands[0])[0])
        pairs = [self._pair(x) for x in operands]
        if name in COMPARISONS:
            return self._compared(name, *pairs)
        if name in LOGIC:
            return self._logic(name, *pairs)
        if name == "sign":
            value, err = pairs[0]
            doubt = (err > 0) & ~(least(pairs[0]) > 0)
            return type(self)(np.asarray(np.sign(value)), np.where(doubt, 2.0, 0.0))
        if name == "logaddexp":
            x, y = (type(self)(*p) for p in pairs)
            return np.maximum(x, y) + np.log1p(np.exp(-abs(x - y)))
        if name not in RULES:
            raise Unsupported(f"np.{name} does not run on Bounds: its rounding is not known here")
        if name in ("power", "float_power") and pairs[1][1].any():
            raise Unsupported("np.power with an uncertain exponent does not run on Bounds")
        with np.errstate(all="ignore"):
            value = np.asarray(getattr(np, name)(*(p[0] for p in pairs)))
            # A copy, for a rule may hand an operand's own bound on, and the result may be written into.
            return type(self)(value, np.array(RULES[name](value, *pairs)))

    def _compared(self, name: str, x: Pair, y: Pair) -> Any:
        """Plain truth where every element is decided; else 0 and 1, with a bound of 1 where it may be either."""
        with np.errstate(all="ignore"):
            truth = np.asarray(getattr(np, name)(x[0], y[0]))
            gap = np.abs(np.subtract(x[0], y[0], dtype=np.float64))
            doubt = up(np.asarray(x[1] + y[1]))
            (low, high), (down, top) = _ends(x), _ends(y)
        finite = np.isfinite(x[0]) & np.isfinite(y[0])
        apart = np.where(finite, (doubt == 0) | (gap > doubt), (low > top) | (high < down))
        open_ = np.broadcast_to(~apart, truth.shape)
        if not open_.any():
            return truth
        return type(self)(truth.astype(self.dtype), np.where(open_, 1.0, 0.0))

    def _logic(self, name: str, *pairs: Pair) -> Any:
        """not, and, or of truths, some of them undecided."""
        zero = self._pair(0)
        pairs = tuple(self._pair(self._compared("not_equal", pair, zero)) for pair in pairs)
        low, high = ([np.where(err > 0, end, v) for v, err in pairs] for end in (0.0, 1.0))
        if name in ("logical_not", "invert"):
            low, high, value = [1 - high[0]], [1 - low[0]], 1 - pairs[0][0]
        else:
            join = np.minimum if "and" in name else np.maximum
            low, high, value = [join(*low)], [join(*high)], join(pairs[0][0], pairs[1][0])
        doubt = np.asarray(high[0] - low[0], dtype=np.float64)
        return type(self)(np.asarray(value), doubt) if doubt.any() else np.asarray(value, dtype=bool)

    def _sum(self, axis: tuple[int, ...]) -> Self:
        """n terms in any order: γ_(n−1)·Σ|terms|."""
        n = math.prod(self.shape[a] for a in axis)
        with np.errstate(all="ignore"):
            value = np.asarray(np.sum(self.value, axis=axis))
            terms = np.asarray(np.sum(largest((self.value, self.err)), axis=axis))
            err = np.asarray(np.sum(self.err, axis=axis))
            return type(self)(value, _summed(value, err, terms, n, n))

    def _matmul(self, left: Any, right: Any) -> Self:
        """|A|·err_B + err_A·|B| + err_A·err_B + γ_n·|A||B|, any order, fused or not."""
        (a, da), (b, db) = self._pair(left), self._pair(right)
        with np.errstate(all="ignore"):
            value = np.asarray(a @ b)
            wide_a, wide_b = size(a), size(b)
            # Inputs without error are common and their products the expensive ones.
            err = (wide_a + da) @ db if db.any() else np.zeros(value.shape)
            if da.any():
                err += da @ wide_b
            n = len(b)
            return type(self)(value, _summed(value, err, wide_a @ wide_b + err, n + 1, 2 * n + 1))

    def _where(self, condition: Any, x: Any, y: Any) -> Self:
        (a, da), (b, db) = self._pair(x), self._pair(y)
        truth, doubt = self._pair(condition)
        value = np.asarray(np.where(truth, a, b))
        with np.errstate(all="ignore"):
            either = np.abs(np.subtract(a, b, dtype=np.float64)) + np.maximum(da, db)
        err = np.where(doubt > 0, up(np.asarray(either)), np.where(truth, da, db))
        return type(self)(value, np.broadcast_to(err, value.shape).copy())

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, Bounds):
            index, value = ..., self._where(np.broadcast_to(index, self.shape), value, self)
        super().__setitem__(index, self._rounded(value))

    def _extremum(self, name: str, axis: int) -> Self:
        found = np.asarray(getattr(np, name).reduce(self.value, axis=axis))
        return type(self)(found, np.asarray(np.max(self.err, axis=axis)))

    def _argextremum(self, name: str, axis: int) -> Array:
        """Where the largest (or smallest) is beyond doubt."""
        values = self.value if name == "maximum" else -self.value
        low, high = _ends((values, self.err))
        place = np.asarray(np.argmax(values, axis=axis))
        rivals = high >= np.take_along_axis(low, np.expand_dims(place, axis), axis)
        # Of exact numbers that are equal NumPy takes the first.
        if np.any((rivals.sum(axis=axis) > 1) & (rivals & (low < high)).any(axis=axis)):
            raise Unsupported(f"np.arg{name[:3]} of Bounds: two elements are equal within their bounds")
        return place


def _float(array: Array, dtype: Any) -> Pair:
    """Numbers as floats, and how far those are from what they stand for."""
    if array.dtype.kind == "f" and array.dtype.name in ULPS:
        return array, np.zeros(array.shape)
    if array.dtype.kind not in "iub":
        raise Unsupported(f"Bounds do not hold numbers of dtype {array.dtype}: float64 and float32 they do")
    value = array.astype(dtype)
    if array.size == 0 or np.abs(value).max() < 2 / np.finfo(dtype).eps:
        return value, np.zeros(array.shape)
    off = [_beyond(Fraction(abs(int(a) - int(v)))) for a, v in zip(array.ravel(), value.ravel(), strict=True)]
    return value, np.array(off).reshape(array.shape)


def _beyond(x: Fraction) -> float:
    """A float that is not below x."""
    return float(x) if Fraction(float(x)) >= x else math.nextafter(float(x), math.inf)


def _ends(x: Pair) -> tuple[Array, Array]:
    """The least and the largest that each may be; an infinity stands for all beyond the largest float."""
    v, err = x
    wide, edge = up(err), most(x[0])
    with np.errstate(all="ignore"):
        low = np.where(v == np.inf, edge - wide, np.where(err == 0, v, np.nextafter(v - wide, -np.inf)))
        high = np.where(v == -np.inf, wide - edge, np.where(err == 0, v, np.nextafter(v + wide, np.inf)))
    return np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)


def _summed(value: Array, err: Array, terms: Array, n: int, underflows: int) -> Array:
    """The bound of a sum of n terms: `err` is what its terms are off by, `terms` Σ|terms|, both in float64.

    A product may underflow twice: its value, and its bound here.
    """
    part = (n - 1) * unit(value)
    gamma = part / (1 - part) if part < 1 else np.inf
    # `terms` and `err` are sums of n non-negative numbers themselves: γ_n of float64 covers their rounding.
    safe = 1 + 2 * n * 2.0**-53
    bound = up((err + gamma * terms) * safe + underflows * eta(value))
    # Some order of summation may overflow on its way.
    return np.where(np.isfinite(value) & (terms * safe <= most(value)), bound, np.inf)


def budget(x: Bounds) -> Array:
    """What rounding may have done to each element; ∞ where nothing is known, infinite values among them."""
    return np.where(np.isfinite(x.value), x.err, np.inf)
