"""Guarded complex numbers: what the complex step runs on.

A forward run at x + ih carries its derivative in the imaginary part, to full precision, as long as every operation is
the analytic one. NumPy's own complex functions spoil that: their real parts differ from the real functions' in the last
digits, log1p near 0 and at large moduli loses more, and comparing, sorting, conjugating or taking a modulus drops the
derivative without a word. So a number is kept as (real part, imaginary part), the elementary functions are the complex
identities (exact for every imaginary part, and written so that at a tiny one the real part *is* the real function's
value), and whatever is not analytic raises Unsupported.

Meant for |imaginary| ≪ |real|: an identity that divides by the real part gives nan where that is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from verify.arithmetic.duck import Duck, Unsupported

Array = np.ndarray[Any, Any]
Pair = tuple[Any, Any]


class Complexes(Duck):
    """An array of complex numbers, float32 or float64 each part; `parts` is (real, imaginary)."""

    def __init__(self, real: Any, imaginary: Any = 0.0) -> None:
        first = np.asarray(real)
        if first.dtype.kind not in ("f", "i", "u", "b"):
            raise Unsupported(f"Complexes hold floating-point numbers, not {first.dtype}")
        first = first if first.dtype.kind == "f" else np.asarray(first, np.float64)
        second = np.asarray(imaginary, dtype=first.dtype)
        self.parts = (first, second if second.shape == first.shape else np.broadcast_to(second, first.shape).copy())

    def __repr__(self) -> str:
        return f"Complexes({self.parts[0]!r}, {self.parts[1]!r})"

    def _rebuild(self, parts: Sequence[Array]) -> Self:
        return type(self)(*parts)

    def _lift(self, other: Any) -> Self:
        return other if isinstance(other, type(self)) else type(self)(np.asarray(other, dtype=self.dtype))

    def _ufunc(self, name: str, *operands: Any) -> Any:
        if name not in ANALYTIC:
            raise Unsupported(
                f"np.{name} does not run on Complexes: it is not among the analytic functions known here, and one that "
                "compares, rounds or takes a modulus would drop the derivative"
            )
        with np.errstate(all="ignore"):  # what becomes nan or inf here is judged by the oracle, not printed
            return type(self)(*ANALYTIC[name](*(_pair(x, self.dtype) for x in operands)))

    def _sum(self, axis: tuple[int, ...]) -> Self:
        return self._rebuild([part.sum(axis=axis) for part in self.parts])

    def _matmul(self, left: Any, right: Any) -> Self:
        (a, b), (c, d) = _pair(left), _pair(right)
        if not isinstance(left, Complexes):
            return type(self)(a @ c, a @ d)
        if not isinstance(right, Complexes):
            return type(self)(a @ c, b @ c)
        return type(self)(a @ c - b @ d, a @ d + b @ c)

    def _where(self, condition: Any, x: Any, y: Any) -> Self:
        if isinstance(condition, Duck):
            raise Unsupported("np.where on a condition made of Complexes: complex numbers have no order")
        (a, b), (c, d) = _pair(x, self.dtype), _pair(y, self.dtype)
        return type(self)(np.where(condition, a, c), np.where(condition, b, d))

    def _extremum(self, name: str, axis: int) -> Self:
        raise Unsupported(f"np.{name} along an axis does not run on Complexes: complex numbers have no order")

    def _drops(self, *_: Any) -> Any:
        raise Unsupported("real, imag and conj do not run on Complexes: they would drop the derivative")

    def sort(self, *_: Any, **__: Any) -> Any:
        raise Unsupported("sorting does not run on Complexes: complex numbers have no order")

    argsort = partition = argpartition = sort

    real = imag = property(_drops)
    conj = conjugate = _drops


def _pair(x: Any, dtype: Any = None) -> Pair:
    """(real, imaginary). A Python number takes the dtype of the numbers it meets, as in NumPy: it widens nothing."""
    if isinstance(x, Complexes):
        return x.parts[0], x.parts[1]
    number = type(x) in (int, float)
    return (np.asarray(x, dtype), np.zeros((), dtype)) if number else (x, np.zeros((), np.asarray(x).dtype))


def _add(x: Pair, y: Pair) -> Pair:
    return x[0] + y[0], x[1] + y[1]


def _subtract(x: Pair, y: Pair) -> Pair:
    return x[0] - y[0], x[1] - y[1]


def _multiply(x: Pair, y: Pair) -> Pair:
    (a, b), (c, d) = x, y
    return a * c - b * d, a * d + b * c


def _divide(x: Pair, y: Pair) -> Pair:
    """(a+ib)/(c+id) = [(a/c + r·b/c) + i(b/c − r·a/c)]/(1+r²) with r = d/c."""
    (a, b), (c, d) = x, y
    p, q, r = np.divide(a, c), np.divide(b, c), np.divide(d, c)
    return (p + r * q) / (1 + r * r), (q - r * p) / (1 + r * r)


def _exp(x: Pair) -> Pair:
    size = np.exp(x[0])
    return size * np.cos(x[1]), size * np.sin(x[1])


def _expm1(x: Pair) -> Pair:
    """Re = e^a cos b − 1 = expm1(a) cos b − 2 sin²(b/2)."""
    a, b = x
    return np.expm1(a) * np.cos(b) - 2 * np.sin(b / 2) ** 2, np.exp(a) * np.sin(b)


def _log(x: Pair) -> Pair:
    """log|z| = log a + ½ log(1 + (b/a)²); nan for a < 0, as the real function is."""
    a, b = x
    return np.log(a) + np.log1p((b / a) ** 2) / 2, np.arctan(b / a)


def _log1p(x: Pair) -> Pair:
    """|1+z|² = (1+a)²(1 + (b/(1+a))²)."""
    a, b = x
    return np.log1p(a) + np.log1p((b / (1 + a)) ** 2) / 2, np.arctan(b / (1 + a))


def _logaddexp(x: Pair, y: Pair) -> Pair:
    """log(e^x + e^y) = x + log1p(e^(y−x)), the same for either order; the larger real part first, or it overflows."""
    ahead = np.greater_equal(x[0], y[0])
    first = np.where(ahead, x[0], y[0]), np.where(ahead, x[1], y[1])
    second = np.where(ahead, y[0], x[0]), np.where(ahead, y[1], x[1])
    return _add(first, _log1p(_exp(_subtract(second, first))))


def _tanh(x: Pair) -> Pair:
    """With t = tanh a, τ = tan b: tanh z = (t + iτ)/(1 + itτ) = [t(1+τ²) + iτ(1−t²)]/(1+t²τ²); 1 − t² is 1/cosh²a."""
    t, tau = np.tanh(x[0]), np.sin(x[1]) / np.cos(x[1])
    below = 1 + (t * tau) ** 2
    e = np.exp(-2 * np.abs(x[0]))  # 1/cosh² = 4e/(1 + e)², which overflows nowhere
    return t * (1 + tau * tau) / below, tau * (4 * e / ((1 + e) * (1 + e))) / below


def _sinh(x: Pair) -> Pair:
    return np.sinh(x[0]) * np.cos(x[1]), np.cosh(x[0]) * np.sin(x[1])


def _cosh(x: Pair) -> Pair:
    return np.cosh(x[0]) * np.cos(x[1]), np.sinh(x[0]) * np.sin(x[1])


def _sin(x: Pair) -> Pair:
    return np.sin(x[0]) * np.cosh(x[1]), np.cos(x[0]) * np.sinh(x[1])


def _cos(x: Pair) -> Pair:
    return np.cos(x[0]) * np.cosh(x[1]), -np.sin(x[0]) * np.sinh(x[1])


def _sqrt(x: Pair) -> Pair:
    """√z = r + ib/(2r) with r = √a·√((1 + √(1 + (b/a)²))/2)."""
    a, b = x
    r = np.sqrt(a) * np.sqrt((1 + np.sqrt(1 + (b / a) ** 2)) / 2)
    return r, b / (2 * r)


def _power(x: Pair, y: Pair) -> Pair:
    """z^w = a^c (1+q²)^(c/2) e^(−dθ) cis(d log|z| + cθ) with z = a(1+iq), θ = arctan q, w = c+id.

    At a = 0 that is 0/0: there z^c is z for c = 1, 1 for c = 0, flat for c > 1, and has no derivative below.
    """
    (a, b), (c, d) = x, y
    q = np.divide(b, a)
    half, theta = np.log1p(q * q) / 2, np.arctan(q)
    size = np.asarray(a) ** c * np.exp(c * half - d * theta)
    turn = np.where(np.equal(d, 0), 0, d * (np.log(a) + half)) + c * theta
    flat = np.where(np.greater(c, 1) | np.equal(c, 0), 0.0, np.where(np.equal(c, 1), b, np.nan))
    at_zero = np.equal(a, 0)
    return (
        np.where(at_zero, np.asarray(a) ** c, size * np.cos(turn)),
        np.where(at_zero, flat, size * np.sin(turn)),
    )


ANALYTIC: dict[str, Callable[..., Pair]] = {
    "add": _add, "subtract": _subtract, "multiply": _multiply, "divide": _divide,
    "power": _power, "float_power": _power,
    "negative": lambda x: (-x[0], -x[1]), "positive": lambda x: x, "square": lambda x: _multiply(x, x),
    "reciprocal": lambda x: _divide((1.0, 0.0), x), "exp": _exp, "expm1": _expm1, "log": _log, "log1p": _log1p,
    "logaddexp": _logaddexp, "tanh": _tanh, "sinh": _sinh, "cosh": _cosh, "sin": _sin, "cos": _cos, "sqrt": _sqrt,
}  # fmt: skip
