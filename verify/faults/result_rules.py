"""Mistakes seen in what a formula gives back: a factor, a transpose, one element, a precision, an overwritten argument.

A rule takes one array of the result, of whatever kind of number, and the m of the call; it raises Unfit where it says
nothing of such an array.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from verify.faults.source_rules import RELATIVE

ResultRule = Callable[[Any, int], Any]


class Unfit(Exception):
    """The rule does not fit this result: a transpose of a row that is its own, an average over m = 1."""


def _matrix(x: Any) -> tuple[int, int]:
    if np.ndim(x) != 2:
        raise Unfit
    rows, columns = np.shape(x)
    return int(rows), int(columns)


def _like(x: Any, numbers: Any) -> Any:
    """The numbers in the shape and the precision of x."""
    return numbers.reshape(np.shape(x)).astype(getattr(x, "dtype", float))


def _by_elements(x: Any, change: Callable[[Any], None]) -> Any:
    """x times an array of ones that `change` has changed."""
    factors = np.ones(np.shape(x))
    change(factors)
    return x * _like(x, factors)


def negative(x: Any, m: int) -> Any:
    return -x


def times_m(x: Any, m: int) -> Any:
    if m < 2:
        raise Unfit
    return x * m


def over_m(x: Any, m: int) -> Any:
    if m < 2:
        raise Unfit
    return x / m


def twice(x: Any, m: int) -> Any:
    return 2 * x


def off(by: float, x: Any, m: int) -> Any:
    return x * (1 + by)


def one_element(by: float, x: Any, m: int) -> Any:
    """The middle element of a tensor of several has `by` too much."""
    if np.size(x) < 2:
        raise Unfit
    extra = np.zeros(np.size(x))
    extra[np.size(x) // 2] = by
    return x + _like(x, extra)


def element_lost(x: Any, m: int) -> Any:
    """The middle element is 0."""
    if np.size(x) < 2:
        raise Unfit
    return _by_elements(x, lambda factors: factors.flat.__setitem__(factors.size // 2, 0.0))


def a_row(x: Any, m: int) -> Any:
    """The last row is 0."""
    if _matrix(x)[0] < 2:
        raise Unfit
    return _by_elements(x, lambda factors: factors.__setitem__(-1, 0.0))


def a_column(x: Any, m: int) -> Any:
    """The last column is 0."""
    if _matrix(x)[1] < 2:
        raise Unfit
    return _by_elements(x, lambda factors: factors.__setitem__((slice(None), -1), 0.0))


def transposed(x: Any, m: int) -> Any:
    if min(_matrix(x)) < 2:
        raise Unfit
    return x.T


def flipped(x: Any, m: int) -> Any:
    """The rows (of a single row: its elements) in reverse order."""
    rows, columns = _matrix(x)
    if max(rows, columns) < 2:
        raise Unfit
    return x[::-1] if rows > 1 else x[:, ::-1]


def offset(x: Any, m: int) -> Any:
    return x + 0.125


def rank_1(x: Any, m: int) -> Any:
    """A column or a row of shape (n, 1) or (1, n) comes back as (n,)."""
    if 1 not in _matrix(x):
        raise Unfit
    return x.reshape(np.size(x))


RESULT_RULES: Mapping[str, ResultRule] = MappingProxyType(
    {
        "sign of the result": negative,
        "m times too large": times_m,
        "averaged once more": over_m,
        "added up twice": twice,
        **{f"result off by {by:.0e}": partial(off, by) for by in RELATIVE},
        "1e-06 added to one element": partial(one_element, 1e-6),
        "one element lost": element_lost,
        "one row lost": a_row,
        "one column lost": a_column,
        "result transposed": transposed,
        "flipped": flipped,
        "a constant offset": offset,
        "rank-1": rank_1,
    }
)
