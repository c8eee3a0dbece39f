"""Bundles: an array's slopes along several directions side by side, one array of enclosures `(directions, *shape)`.

A bundle along which the array does not move at all is None: no rule costs anything there, and it stays None. A slope
that comes out as 0 is another matter: √(w²) has none at w = 0, though w² has 0. So zeros are left out of a product only
where what they would be multiplied by is finite.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic.balls import product
from verify.arithmetic.kind import boxed
from verify.arithmetic.kinks import Weights, blend

Array = np.ndarray[Any, Any]
Bundle = Array | None
Index = tuple[int, ...]

# Zeros are one and the same object as far as possible: that two things are identical is seen at once.
ZERO = arb()
# Along fewer directions, multiplying zeros takes no longer than looking for them.
FEW = 8


def zeros(shape: tuple[int, ...]) -> Array:
    """Zeros that may be written over."""
    return np.full(shape, ZERO)


# --- the arithmetic of slopes -----------------------------------------------------------------------------------------
def plus(s: Bundle, t: Bundle) -> Bundle:
    return t if s is None else s if t is None else s + t


def minus(s: Bundle) -> Bundle:
    return None if s is None else -s


def times(s: Bundle, factor: Any) -> Bundle:
    return None if s is None else _elementwise(operator.mul, s, boxed(factor))


def over(s: Bundle, divisor: Any) -> Bundle:
    return None if s is None else _elementwise(operator.truediv, s, boxed(divisor))


def _elementwise(operation: Callable[[Any, Any], Any], s: Array, by: Array) -> Array:
    """Every slope with `by`; elements that no direction moves are left out, where 0 stays 0."""
    if len(s) < FEW:
        plain: Array = operation(s, by)
        return plain
    shape = np.broadcast_shapes(s.shape[1:], by.shape)
    flat, by = _flat(fitted(s, shape)), np.broadcast_to(by, shape).ravel()
    moved = _nonzero(flat.T) | _nonzero(operation(ZERO, by)[:, None])
    found: Array
    if moved.all():
        found = operation(flat, by)
    else:
        found = zeros(flat.shape)
        found[:, moved] = operation(flat[:, moved], by[moved])
    return found.reshape(len(s), *shape)


def summed(s: Bundle, axis: tuple[int, ...]) -> Bundle:
    """The sum over these axes of the array."""
    if s is None:
        return None
    total: Array = np.add.reduce(s, axis=tuple(a + 1 for a in axis), initial=ZERO)
    return total


def along(s: Bundle, right: Array) -> Bundle:
    """Every slope, a matrix, times `right`: one product for all of them, without their rows and columns of zeros."""
    if s is None:
        return None
    directions, rows, inner = s.shape
    tall = s.reshape(directions * rows, inner)
    if all(map(arb.is_finite, right.ravel().tolist())):
        i = _nonzero(tall)
        j = _nonzero(tall[i].T)
        found = zeros((len(tall), right.shape[1]))
        found[i] = product(tall[i][:, j], right[j])
    else:
        found = product(tall, right)
    return found.reshape(directions, rows, right.shape[1])


def behind(left: Array, s: Bundle) -> Bundle:
    """`left` times every slope, as `along` does it."""
    found = along(None if s is None else s.swapaxes(1, 2), left.T)
    return None if found is None else found.swapaxes(1, 2)


def weighed(s: Bundle, weights: Array) -> Bundle:
    """Σ weights∗slope of every direction, weights of the array's shape."""
    found = along(None if s is None else _flat(s)[None], weights.ravel()[:, None])
    return None if found is None else found.ravel()


def gross(s: Bundle, weights: Array) -> Bundle:
    """Σ|weights∗slope|."""
    terms = None if s is None else _elementwise(lambda t, w: abs(t * w), s, weights)
    return weighed(terms, np.full(weights.shape, arb(1)))


def _nonzero(matrix: Array) -> Array:
    """Which rows are not exactly 0 throughout."""
    nothing = [ZERO] * matrix.shape[1]
    return np.array([row != nothing for row in matrix.tolist()], dtype=bool)


# --- shapes -----------------------------------------------------------------------------------------------------------
def raised(s: Bundle, ndim: int) -> Bundle:
    """With axes of length 1 behind the directions, so that it broadcasts as an array of `ndim` axes does."""
    return s if s is None or s.ndim > ndim else s.reshape(len(s), *(1,) * (ndim + 1 - s.ndim), *s.shape[1:])


def _flat(s: Any) -> Array:
    """A row a direction."""
    flat: Array = s.reshape(len(s), math.prod(s.shape[1:]))
    return flat


def fitted(s: Bundle, shape: tuple[int, ...]) -> Bundle:
    """Broadcast to an array of this shape."""
    s = raised(s, len(shape))
    return None if s is None else np.broadcast_to(s, (len(s), *shape))


def side_by_side(rivals: Sequence[Bundle], shape: tuple[int, ...]) -> Bundle:
    """Bundles of the same directions as one, along a last axis; what does not move stands still in it."""
    if all(s is None for s in rivals):
        return None
    directions = next(len(s) for s in rivals if s is not None)
    still = np.broadcast_to(zeros(()), (directions, *shape))
    each: list[Any] = [still if s is None else fitted(s, shape) for s in rivals]
    return np.stack(each, axis=-1)


# --- elements ---------------------------------------------------------------------------------------------------------
def picked(s: Bundle, place: Array) -> Bundle:
    """Of the last axis, everywhere the element at `place`."""
    return None if s is None else np.take_along_axis(s, place[None, ..., None])[..., 0]


def mix(s: Any, index: Index, weights: Weights, rivals: Bundle, places: Sequence[int]) -> None:
    """Write the mixture of the rivals at these places of the last axis into one element of what was picked of them."""
    if rivals is not None:
        s[_every(index)] = blend(weights, [rivals[_every((*index, k))] for k in places])


def slopes_at(bundles: Sequence[Bundle], counts: Sequence[int], index: Index) -> list[arb]:
    """The slope of one element along every direction."""
    found: list[arb] = []
    for s, n in zip(bundles, counts, strict=True):
        found += [ZERO] * n if s is None else s[_every(index)].tolist()
    return found


def _every(index: Index) -> Any:
    """The same element of every direction."""
    return (slice(None), *index)
