"""Sums over long vectors: in chunks, so that nothing else of their length is held, and with a known rounding error."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum, isfinite, sqrt
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Block = tuple[int, int]

CHUNK = 2**16
# Of a sum of products of differences: one rounding each for difference and product, 16 for the halvings of a chunk, one
# for the sum of the chunks; and one for what the bound itself is rounded by.
ROUNDINGS = 20


def chunks(block: Block) -> Iterator[slice]:
    for start in range(*block, CHUNK):
        yield slice(start, min(start + CHUNK, block[1]))


def halved(terms: Array) -> float:
    """The sum of up to CHUNK terms, upper half on lower half: no term is rounded more than log₂ of their number times.

    It overwrites the terms.

    >>> halved(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    15.0
    """
    n = terms.size
    while n > 1:
        half = n // 2
        terms[:half] += terms[n - half : n]
        n -= half
    return float(terms[0]) if terms.size else 0.0


def dot(x: Array, y: Array, block: Block) -> tuple[float, float]:
    """⟨x, y⟩ over a block, and Σ|x|·|y|, rounded as in `Parameters.moved`."""
    sums, gross = [], []
    for c in chunks(block):
        terms = x[c] * y[c]
        gross.append(float(np.sum(np.abs(terms))))
        sums.append(halved(terms))
    return total(sums), total(gross)


def norm(x: Array) -> float:
    """√Σx², at any scale."""
    largest = max(float(np.max(np.abs(x[c]))) for c in chunks((0, x.size)))
    if largest == 0 or not isfinite(largest):
        return largest
    return largest * sqrt(fsum(float(np.sum(np.square(x[c] / largest))) for c in chunks((0, x.size))))


def total(parts: list[float]) -> float:
    """The sum, rounded once; inf or nan where it is no number, or larger than floats are."""
    try:
        return fsum(parts)
    except (OverflowError, ValueError):
        return sum(parts)
