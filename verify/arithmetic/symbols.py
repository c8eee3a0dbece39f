"""Symbols: a formula run on letters. Every element is a SymPy expression, so what comes out holds for all values.

Sizes are letters too: the 5 of `X.shape[1]` divides as the letter of that size, so 1/m is no 1/5, nor 1/n.
Comparisons are taken off their kinks: `side(u)` is +1 where u > 0 and −1 where u < 0, |u| = side(u)·u, and so on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, Self

import numpy as np
import sympy
from sympy import Add, Expr, Integer, Mul, Rational, Symbol

from verify.arithmetic.constants import LARGEST_DENOMINATOR, simplest
from verify.arithmetic.duck import Duck, Unsupported
from verify.arithmetic.kind import Kind, boxed
from verify.arithmetic.side import side

Array = np.ndarray[Any, Any]

HALF = Rational(1, 2)


@cache
def extent(n: int) -> Symbol:
    """The letter of the size n: different sizes have different letters."""
    return Symbol(f"size_{n}", positive=True)


class Size:
    """A size of an array of letters: it counts as the whole number that it is, and divides as a letter.

    No subclass of int, for then 1.0 / m would be a float before anybody is asked.
    """

    __array_ufunc__ = None  # an array that is divided by a size asks the size

    def __init__(self, n: int, letter: Expr | None = None) -> None:
        self.n = n
        self.letter = letter if letter is not None else extent(n) if n > 1 else Integer(n)

    def __index__(self) -> int:
        return self.n

    __int__ = __index__

    def __hash__(self) -> int:
        return hash(self.n)

    def __float__(self) -> float:
        return float(self.n)

    def __repr__(self) -> str:
        return str(self.n)

    def _with(self, other: Any, work: Callable[[Any, Any], Any], turned: bool = False) -> Any:
        """Whole numbers stay sizes; whatever is divided, or meets other numbers, is an expression."""
        if not isinstance(other, (Symbols, Size, int, float, np.ndarray, np.number)):
            return work(other, self.n) if turned else work(self.n, other)
        if isinstance(other, (Size, int)) and work is not operator.truediv:
            pair = (int(other), self.n) if turned else (self.n, int(other))
            letters = (_number(other), self.letter) if turned else (self.letter, _number(other))
            return Size(work(*pair), work(*letters))
        mine = Symbols(boxed(self.letter))
        return work(mine._lift(other), mine) if turned else work(mine, mine._lift(other))

    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, operator.sub, turned=True)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, operator.truediv)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, operator.truediv, turned=True)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, operator.pow)

    def __neg__(self) -> Any:
        return self * -1

    def __floordiv__(self, other: Any) -> Any:
        return self.n // other

    def __mod__(self, other: Any) -> Any:
        return self.n % other

    def __eq__(self, other: object) -> Any:
        return self.n == other

    def __lt__(self, other: Any) -> Any:
        return self.n < other

    def __le__(self, other: Any) -> Any:
        return self.n <= other

    def __gt__(self, other: Any) -> Any:
        return self.n > other

    def __ge__(self, other: Any) -> Any:
        return self.n >= other

    __radd__, __rmul__ = __add__, __mul__


class Symbols(Duck):
    """An array of expressions. `truth` says that each is a comparison: 1 where it holds, 0 where it does not."""

    def __init__(self, numbers: Array, truth: bool = False) -> None:
        self.parts = (numbers,)
        self.truth = truth

    @classmethod
    def named(cls, name: str, shape: tuple[int, ...]) -> Symbols:
        """One letter an element: W[1,2], or b where there is one number."""
        out = np.empty(shape, dtype=object)
        for i in np.ndindex(shape):
            out[i] = Symbol(f"{name}[{','.join(map(str, i))}]" if shape else name)
        return cls(out)

    def __repr__(self) -> str:
        return f"Symbols({self.parts[0]!r})"

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool if self.truth else np.float64)

    @property
    def shape(self) -> tuple[Any, ...]:  # of sizes, which are whole numbers too
        return tuple(map(Size, self.parts[0].shape))

    @property
    def size(self) -> Any:
        product: Any = 1
        for n in self.shape:
            product = product * n
        return product

    # --- how it computes -------------------------------------------------------------------------------------------
    def _rebuild(self, parts: Sequence[Array]) -> Self:
        return type(self)(boxed(parts[0]), self.truth)

    def _lift(self, other: Any) -> Self:
        return type(self)(expressions(other))

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, Symbols) and index.truth:
            self.parts[0][...] = self._where(index, value, self).parts[0]
        else:
            super().__setitem__(index, value)
            self.truth = False

    def _ufunc(self, name: str, *operands: Any) -> Any:
        given = [expressions(x) for x in operands]
        if name in COMPARISONS:
            return type(self)(boxed(np.frompyfunc(COMPARISONS[name], 2, 1)(*given)), True)
        if name in LOGIC:
            if not all(np.dtype(getattr(x, "dtype", type(x))).kind == "b" for x in operands):
                raise Unsupported(f"np.{name} runs on Symbols where both are comparisons")
            return type(self)(boxed(LOGIC[name](*given)), True)
        if name not in ELEMENTWISE:
            raise Unsupported(f"np.{name} does not run on Symbols")
        return type(self)(boxed(ELEMENTWISE[name](*given)))

    def _sum(self, axis: tuple[int, ...]) -> Self:
        numbers = self.parts[0]
        kept = [i for i in range(numbers.ndim) if i not in axis]
        moved = numbers.transpose(*kept, *axis)
        out = np.empty(moved.shape[: len(kept)], dtype=object)
        for i in np.ndindex(out.shape):
            out[i] = Add(*moved[i].ravel())
        return type(self)(out)

    def _matmul(self, left: Any, right: Any) -> Self:
        a, b = expressions(left), expressions(right)
        out = np.empty((a.shape[0], b.shape[1]), dtype=object)
        for i, j in np.ndindex(out.shape):
            out[i, j] = Add(*map(Mul, a[i], b[:, j]))
        return type(self)(out)

    def _where(self, condition: Any, x: Any, y: Any) -> Self:
        if not isinstance(condition, Symbols):
            return type(self)(boxed(np.where(condition, expressions(x), expressions(y))))
        if not condition.truth:
            raise Unsupported("np.where runs on Symbols with a comparison as its condition")
        c, x, y = np.broadcast_arrays(condition.parts[0], expressions(x), expressions(y))
        return type(self)(boxed(np.frompyfunc(lambda c, x, y: c * x + (1 - c) * y, 3, 1)(c, x, y)))

    def _extremum(self, name: str, axis: int) -> Self:
        return type(self)(boxed(ELEMENTWISE[name].reduce(self.parts[0], axis=axis)))


# --- in ------------------------------------------------------------------------------------------------------------
def expressions(x: Any) -> Array:
    """`x` (letters, a number, an array) as an array of expressions."""
    if isinstance(x, Symbols):
        return x.parts[0]
    if isinstance(x, Kind):
        raise Unsupported(f"Symbols do not mix with {type(x).__name__}")
    array = np.asarray(x)
    out = np.empty(array.shape, dtype=object)
    for i, v in zip(np.ndindex(array.shape), array.ravel().tolist(), strict=True):
        out[i] = v.parts[0][()] if isinstance(v, Symbols) else _number(v)
    return out


def _number(v: Any) -> Expr:
    """A constant: the whole number, or the fraction that the float stands for (0.01 is 1/100)."""
    if isinstance(v, Size):
        return v.letter
    if isinstance(v, (bool, int, np.integer, np.bool_)):
        return Integer(int(v))
    if isinstance(v, Fraction):
        return Rational(v.numerator, v.denominator)
    if isinstance(v, (float, np.floating)) and np.isfinite(v):
        meant = simplest(float(v))
        meant = meant if meant.denominator <= LARGEST_DENOMINATOR else Fraction(float(v))
        return Rational(meant.numerator, meant.denominator)
    if isinstance(v, Expr):
        return v
    raise Unsupported(f"Symbols hold finite real numbers, not {v!r}")


# --- element by element --------------------------------------------------------------------------------------------
def _above(u: Expr, at_kink: int) -> Expr:
    """1 where u > 0, 0 where u < 0; `at_kink` where u is 0."""
    return HALF + side(u, sympy.Integer(2 * at_kink - 1)) / 2


def _equal(x: Expr, y: Expr) -> Expr:
    if x.is_Rational and y.is_Rational:
        return Integer(x == y)
    raise Unsupported("whether two expressions are equal depends on their letters")


def _power(x: Expr, p: Expr) -> Expr:
    if not (2 * p).is_Integer:
        raise Unsupported(f"a power runs on Symbols with a whole or half exponent, not {p}")
    return x**p


def _abs(u: Expr) -> Expr:
    return side(u, sympy.S.Zero) * u


def _max(x: Expr, y: Expr) -> Expr:
    return (x + y + _abs(x - y)) / 2


def _min(x: Expr, y: Expr) -> Expr:
    return (x + y - _abs(x - y)) / 2


def _each(function: Callable[..., Any], operands: int = 1) -> Any:
    return np.frompyfunc(function, operands, 1)


COMPARISONS: dict[str, Callable[[Expr, Expr], Expr]] = {
    "greater": lambda x, y: _above(x - y, 0), "greater_equal": lambda x, y: _above(x - y, 1),
    "less": lambda x, y: _above(y - x, 0), "less_equal": lambda x, y: _above(y - x, 1),
    "equal": _equal, "not_equal": lambda x, y: 1 - _equal(x, y),
}  # fmt: skip
LOGIC: dict[str, Any] = {
    **dict.fromkeys(("invert", "logical_not"), _each(lambda c: 1 - c)),
    **dict.fromkeys(("bitwise_and", "logical_and"), _each(lambda c, d: c * d, 2)),
    **dict.fromkeys(("bitwise_or", "logical_or"), _each(lambda c, d: c + d - c * d, 2)),
}
ELEMENTWISE: dict[str, Any] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "negative": np.negative, "positive": np.positive,
    "divide": _each(lambda x, y: x / y, 2), "reciprocal": _each(lambda x: 1 / x), "square": _each(lambda x: x**2),
    "power": _each(_power, 2), "float_power": _each(_power, 2), "sqrt": _each(lambda x: x**HALF),
    "exp": _each(sympy.exp), "expm1": _each(lambda x: sympy.exp(x) - 1),
    "log": _each(sympy.log), "log1p": _each(lambda x: sympy.log(1 + x)),
    "logaddexp": _each(lambda x, y: sympy.log(sympy.exp(x) + sympy.exp(y)), 2),
    "tanh": _each(sympy.tanh), "sinh": _each(lambda x: (sympy.exp(x) - sympy.exp(-x)) / 2),
    "cosh": _each(lambda x: (sympy.exp(x) + sympy.exp(-x)) / 2),
    "absolute": _each(_abs), "fabs": _each(_abs), "sign": _each(lambda x: side(x, sympy.S.Zero)),
    "maximum": _each(_max, 2), "minimum": _each(_min, 2),
}  # fmt: skip
