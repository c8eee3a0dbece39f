"""Balls: exact values. Every number is an interval of Arb (midpoint and radius) that surely holds the true one.

Floats go in exactly; what comes out is as sharp as the precision in force. A comparison that the enclosures cannot
decide raises Straddle, naming the element: nobody guesses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, Self

import flint
import numpy as np
from flint import arb, arb_mat, fmpq, fmpz

from verify.arithmetic.constants import EXACT, MOST_CONSTANTS, doubt, intended, mode
from verify.arithmetic.duck import Duck, Straddle, Unsupported
from verify.arithmetic.kind import boxed

Array = np.ndarray[Any, Any]

# Enclosures are sharp enough to decide when their radius is below this share of the tensor's largest element; until
# then the precision doubles, from FIRST_BITS to MOST_BITS.
SHARP = 2.0**-64
FIRST_BITS, MOST_BITS = 128, 4096


@contextmanager
def precision(bits: int = FIRST_BITS) -> Iterator[None]:
    """Compute with this many bits inside."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


class Balls(Duck):
    """An array of exact values, enclosed. `dtype` is the precision under test, to which constants are rounded."""

    def __init__(self, numbers: Array, dtype: Any = None) -> None:
        self.parts = (numbers,)
        self._dtype = np.dtype(dtype or np.float64)

    @classmethod
    def of(cls, x: Any, dtype: Any = None) -> Balls:
        """Floats, integers, truths and Fractions as exact values; other Balls as they are."""
        if isinstance(x, Balls):
            return x
        array = np.asarray(x)
        kind = dtype if dtype is not None else array.dtype if array.dtype.kind == "f" else np.float64
        return cls(_exactly(array), kind)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    def __repr__(self) -> str:
        return f"Balls({self.parts[0]!r})"

    # --- what is read off ------------------------------------------------------------------------------------------
    def mid(self) -> Array:
        """The midpoints, rounded to float64."""
        return np.asarray(MID(self.parts[0]), dtype=np.float64)

    def rad(self) -> Array:
        """The radii, rounded up to float64."""
        return np.asarray(RAD(self.parts[0]), dtype=np.float64)

    def upper(self) -> Array:
        """The largest |x| that the enclosures hold, rounded up to float64; ∞ where nothing is known."""
        return np.asarray(UPPER(self.parts[0]), dtype=np.float64)

    def widest(self) -> arb:
        """The largest radius, below the range of floats too."""
        return max((x.rad() for x in self.parts[0].ravel()), default=arb())

    def largest(self) -> arb:
        """The largest |midpoint|, beyond the range of floats too."""
        return max((abs(x.mid()) for x in self.parts[0].ravel()), default=arb())

    def is_finite(self) -> Array:
        return np.asarray(FINITE(self.parts[0]), dtype=bool)

    def text(self, flat: int = 0, digits: int = 20) -> str:
        """One element, by its place in the flattened array, in decimal."""
        return str(self.parts[0].ravel()[flat].str(digits, radius=False))

    # --- how it computes -------------------------------------------------------------------------------------------
    def _rebuild(self, parts: Sequence[Array]) -> Self:
        return type(self)(boxed(parts[0]), self._dtype)

    def _lift(self, other: Any) -> Self:
        return type(self)(self._raw(other), self._dtype)

    def _of(self, numbers: Any, *operands: Any) -> Self:
        """A result, in the precision that NumPy would have: a float64 mask makes a float32 a float64."""
        kinds = [x.dtype for x in operands if isinstance(x, (Balls, np.ndarray, np.generic)) and x.dtype != object]
        return type(self)(boxed(numbers), np.result_type(self._dtype, *kinds))

    def _raw(self, x: Any) -> Array:
        """`x` as an object array of enclosures. A Python number is a constant of the formula."""
        if isinstance(x, Balls):
            return x.parts[0]
        if type(x) is float:
            return boxed(_constant(x, self._dtype))
        array = np.asarray(x)
        return _constants(array) if array.dtype.kind == "f" and mode() != EXACT else _exactly(array)

    def _ufunc(self, name: str, *operands: Any) -> Any:
        if name in COMPARISONS:
            return _compared(name, *(self._raw(x) for x in operands))
        if name in DIRECT:
            return self._of(DIRECT[name](*(self._raw(x) for x in operands)), *operands)
        if name in ("power", "float_power"):
            base, exponent = (self._raw(x) for x in operands)
            return self._of(POWER(base, exponent), *operands)
        if name == "isfinite":
            return self.is_finite()
        if name in ("isnan", "isinf"):
            # The midpoint of what is finite may be beyond all floats.
            return ~self.is_finite() & getattr(np, name)(self.mid())
        if name == "sign":
            (x,) = (self._raw(x) for x in operands)
            zero = boxed(arb())
            steps = np.subtract(_compared("greater", x, zero), _compared("greater", zero, x), dtype=int)
            return type(self)(_exactly(steps), self._dtype)
        if name not in ELEMENTWISE:
            raise Unsupported(f"np.{name} does not run on Balls")
        return self._of(ELEMENTWISE[name](*(self._raw(x) for x in operands)), *operands)

    def _sum(self, axis: tuple[int, ...]) -> Self:
        return type(self)(boxed(np.add.reduce(self.parts[0], axis=axis, initial=arb())), self._dtype)

    def _matmul(self, left: Any, right: Any) -> Self:
        return self._of(product(self._raw(left), self._raw(right)), left, right)

    def _where(self, condition: Any, x: Any, y: Any) -> Self:
        return self._of(np.where(np.not_equal(condition, 0), self._raw(x), self._raw(y)), x, y)

    def _extremum(self, name: str, axis: int) -> Self:
        reduced = ELEMENTWISE[name].reduce(self.parts[0], axis=axis)
        return type(self)(boxed(reduced), self._dtype)

    def _argextremum(self, name: str, axis: int) -> Array:
        numbers = np.moveaxis(self.parts[0], axis, -1)
        place = np.zeros(numbers.shape[:-1], dtype=np.intp)
        for i in np.ndindex(place.shape):
            best = 0
            for k in range(1, numbers.shape[-1]):
                if _truth("greater" if name == "maximum" else "less", numbers[i][k], numbers[i][best], i):
                    best = k
            place[i] = best
        return place


def overlaps(a: Balls, b: Balls) -> Array:
    """Element by element: False where the two are surely different."""
    return np.asarray(OVERLAP(a.parts[0], b.parts[0]), dtype=bool)


def solve(a: Balls, b: Balls) -> Balls:
    """x with a x = b, for a square matrix `a` and a matrix `b`. Raises ZeroDivisionError where `a` may be singular."""
    return Balls(_array(_matrix(a.parts[0]).solve(_matrix(b.parts[0]))), b.dtype)


def product(a: Array, b: Array) -> Array:
    """The product of two matrices of enclosures: an `arb_mat` is some 80 times faster than objects."""
    return _array(_matrix(a) * _matrix(b))


def _matrix(a: Array) -> Any:
    rows, columns = a.shape
    return arb_mat(rows, columns, a.ravel().tolist())


def _array(matrix: Any) -> Array:
    return _filled(matrix.entries(), (matrix.nrows(), matrix.ncols()))


def _filled(numbers: Sequence[Any], shape: tuple[int, ...]) -> Array:
    """An array of these objects. `out[:] = numbers` would ask each of them first whether it is an array."""
    return np.fromiter(numbers, dtype=object).reshape(shape)


# --- in and out ----------------------------------------------------------------------------------------------------
def _exactly(array: Array) -> Array:
    """Plain numbers as enclosures without radius."""
    return _filled([_number(v) for v in array.ravel().tolist()], array.shape)


def _number(v: Any) -> Any:
    if isinstance(v, (float, int, arb, fmpz, fmpq)):
        return arb(v)
    if isinstance(v, Balls):
        return v.parts[0][()]
    if isinstance(v, Fraction):
        return arb(fmpq(v.numerator, v.denominator))
    raise Unsupported(f"Balls hold real numbers, not a {type(v).__name__}")


def _constant(c: float, dtype: np.dtype[Any]) -> arb:
    fraction = intended(c)
    if fraction is not None:
        return arb(fmpq(fraction.numerator, fraction.denominator))
    near = float(dtype.type(c))
    return arb(near, doubt(near))


def _constants(array: Array) -> Array:
    """An array that the formula's code has made of constants, each taken as it is now."""
    exact, values = _exactly(array), array.ravel().tolist()
    different = set(values)
    if len(different) > MOST_CONSTANTS:
        return exact
    constants = {v: _constant(v, array.dtype) for v in different}
    return _filled([constants[v] for v in values], array.shape)


def _middle(x: arb) -> float:
    return float(x.mid())


def _radius(x: arb) -> float:
    return math.nextafter(float(x.rad()), math.inf) if not x.is_exact() else 0.0


def _upper(x: arb) -> float:
    if x.is_zero():
        return 0.0
    if not x.is_finite():
        return math.inf
    top = x.abs_upper()
    near = float(top)
    return near if arb(near) >= top or not np.isfinite(near) else math.nextafter(near, math.inf)


MID, RAD, UPPER = np.frompyfunc(_middle, 1, 1), np.frompyfunc(_radius, 1, 1), np.frompyfunc(_upper, 1, 1)
FINITE = np.frompyfunc(lambda x: bool(x.is_finite()), 1, 1)
OVERLAP = np.frompyfunc(lambda x, y: bool(x.overlaps(y)), 2, 1)


# --- comparisons ---------------------------------------------------------------------------------------------------
def _truth(name: str, x: Any, y: Any, index: tuple[int, ...]) -> bool:
    if name in ("equal", "not_equal"):
        if x.is_exact() and y.is_exact() and x.is_finite() and y.is_finite():
            return bool(x.mid() == y.mid()) == (name == "equal")
        if not x.overlaps(y):
            return name == "not_equal"
    else:
        x, y = (y, x) if name.startswith("greater") else (x, y)
        strict = not name.endswith("equal")
        if (x < y) if strict else (x <= y):
            return True
        if (y <= x) if strict else (y < x):
            return False
    place = ", ".join(map(str, index))
    raise Straddle(f"{name} cannot be decided at [{place}]: the enclosures {x} and {y} overlap")


def _compared(name: str, x: Array, y: Array) -> Array:
    x, y = np.broadcast_arrays(x, y)
    out = np.empty(x.shape, dtype=bool)
    for i in np.ndindex(x.shape):
        out[i] = _truth(name, x[i], y[i], i)
    return out


# --- element by element --------------------------------------------------------------------------------------------
def _power(x: arb, p: arb) -> arb:
    """An integer power by multiplication, for any sign of x; x^½ by the root."""
    if p.is_integer():
        n = int(float(p))
        # Of an enclosure that holds 0 beside other numbers Arb's own power is nan.
        return arb(rad=x.abs_upper() ** n) if n > 0 and not x.is_exact() and x.contains(0) else x**n
    if p == arb(0.5):
        return x.sqrt()
    return x**p


def _each(function: Callable[..., Any]) -> Any:
    return np.frompyfunc(function, 1, 1)


COMPARISONS = frozenset({"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"})
DIRECT: dict[str, Any] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "negative": np.negative,
    "positive": np.positive,
}  # fmt: skip
POWER = np.frompyfunc(_power, 2, 1)
ELEMENTWISE: dict[str, Any] = {
    "absolute": _each(abs), "fabs": _each(abs), "square": _each(lambda x: x * x), "sqrt": _each(arb.sqrt),
    "reciprocal": _each(lambda x: 1 / x), "exp": _each(arb.exp), "expm1": _each(arb.expm1), "log": _each(arb.log),
    "log1p": _each(arb.log1p), "tanh": _each(arb.tanh), "sinh": _each(arb.sinh), "cosh": _each(arb.cosh),
    "sin": _each(arb.sin), "cos": _each(arb.cos), "tan": _each(arb.tan), "arctan": _each(arb.atan),
    "maximum": np.frompyfunc(arb.max, 2, 1), "minimum": np.frompyfunc(arb.min, 2, 1),
    "logaddexp": np.frompyfunc(lambda x, y: (x.exp() + y.exp()).log(), 2, 1),
}  # fmt: skip
