"""What an arithmetic gives, and the two ways in which it may say no.

A number here is several arrays of one shape side by side (value and error bound; value and slopes): its `parts`. An
arithmetic says how its numbers compute; everything else NumPy has is composed from that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

Array = np.ndarray[Any, Any]


class Unsupported(TypeError):
    """A function that this arithmetic does not know; the message names it. The caller falls back to another oracle."""


class Straddle(ArithmeticError):
    """A comparison that the enclosure cannot decide; the message names the element."""


class Kind:
    """An array of numbers made of parts. Subclasses keep `parts`, a tuple of arrays of one shape."""

    parts: tuple[Array, ...]

    def _rebuild(self, parts: Sequence[Array]) -> Self:
        """The same kind of number with these parts."""
        raise NotImplementedError

    def _lift(self, other: Any) -> Self:
        """`other` (a number, an array, the same kind) as this kind, with as many parts."""
        raise NotImplementedError

    def _ufunc(self, name: str, *operands: Any) -> Any:
        """The element-wise operation `name` ('add', 'exp', 'greater', ...), operands as given, broadcasting."""
        raise NotImplementedError

    def _sum(self, axis: tuple[int, ...]) -> Self:
        """The sum over `axis` (normalised, not empty), without keepdims."""
        raise NotImplementedError

    def _matmul(self, left: Any, right: Any) -> Self:
        """The product of two 2-D matrices, at least one of this kind."""
        raise NotImplementedError

    def _where(self, condition: Any, x: Any, y: Any) -> Self:
        """Element by element x where the condition holds, y elsewhere, broadcasting."""
        raise NotImplementedError

    def _extremum(self, name: str, axis: int) -> Self:
        """'maximum' or 'minimum' along one axis, without keepdims."""
        raise NotImplementedError

    # What a subclass may refine ----------------------------------------------------------------------------------
    def _argextremum(self, name: str, axis: int) -> Array:
        """The place of the 'maximum' or 'minimum' along one axis, as plain integers."""
        raise Unsupported(f"np.arg{name[:3]} does not run on {type(self).__name__}")

    @property
    def _weight(self) -> int:
        """Of two kinds that meet, the heavier one computes."""
        return len(self.parts)

    # --- what follows from the parts -----------------------------------------------------------------------------
    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.parts[0].shape
        return shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def kinds(tree: Any) -> list[Kind]:
    """Every number of ours in a tree of lists and tuples."""
    if isinstance(tree, Kind):
        return [tree]
    return [x for branch in tree for x in kinds(branch)] if isinstance(tree, (list, tuple)) else []


def holds(tree: Any) -> bool:
    """Whether there is a number of ours in the tree."""
    return isinstance(tree, Kind) or (isinstance(tree, (list, tuple)) and any(map(holds, tree)))


def heaviest(*operands: Any) -> Any:
    """The operand that sets the kind."""
    found = kinds(operands)
    if not found:
        raise Unsupported("none of the operands is a number of this arithmetic")
    return max(found, key=lambda x: x._weight)


def boxed(x: Any, dtype: Any = object) -> Array:
    """An array, 0-d where NumPy hands out the bare element of an object array; a part that is of a kind, as it is."""
    if isinstance(x, (np.ndarray, Kind)):
        return x  # type: ignore[return-value]  # it computes as an array does
    box = np.empty((), dtype=dtype)
    box[()] = x
    return box


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes meant, none negative. Raises AxisError where there is no such axis."""
    n = np.ndim(x)
    return tuple(range(n)) if axis is None else tuple(normalize_axis_tuple(axis, n))
