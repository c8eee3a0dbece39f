"""Whether two tensors are equal, or one a multiple of the other, as far as their enclosures tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.arithmetic.balls import OVERLAP, Balls, overlaps, precision

Array = np.ndarray[Any, Any]

# A fit that chance would give more often than this, among so many that are tried, is none.
CHANCE = 2.0**-30
# Floating point is asked first, which candidates are worth an exact look; it decides nothing.
NEAR = 1e-7
GLANCE = 16


@dataclass(frozen=True)
class Fit:
    """mine = factor ∗ other, up to `residual`; `chance`: how often enclosures as wide as these would agree anyhow."""

    factor: Any
    residual: float
    chance: float


def enclosed(value: Any, error: Any = 0.0) -> Balls:
    """Floats with their error as enclosures; Balls as they are."""
    if isinstance(value, Balls):
        return value
    middle = Balls.of(np.asarray(value, dtype=np.float64))
    radius = np.broadcast_to(np.asarray(error, dtype=np.float64), middle.shape)
    return middle if not radius.any() else Balls(_widened(middle.parts[0], radius))


def _widened(numbers: Array, radius: Array) -> Array:
    from flint import arb

    each = [arb(x.mid(), r) for x, r in zip(numbers.ravel().tolist(), radius.ravel().tolist(), strict=True)]
    return np.fromiter(each, dtype=object, count=len(each)).reshape(numbers.shape)


def equal(mine: Balls, other: Balls) -> Fit | None:
    """A fit with factor 1."""
    if mine.shape != other.shape or not mine.size or _surely_not(mine, other):
        return None
    if not _known(mine, other) or not overlaps(mine, other).all():
        return None
    return Fit(None, residual(mine, other), chance(mine, other, None))


def _surely_not(mine: Balls, other: Balls) -> bool:
    """A glance at a few elements: most of what is tried differs there already."""
    glance = slice(None, None, max(mine.size // GLANCE, 1))
    a, b = (x.parts[0].ravel()[glance] for x in (mine, other))
    return not bool(np.all(OVERLAP(a, b)))


def multiple(mine: Balls, other: Balls, distinct: Balls | None = None) -> Fit | None:
    """A fit with the factor that the largest element gives; of a single element there always is one.

    Elements of `distinct` (of `other`, where nothing is given) that are the same number count once, as evidence.
    """
    if mine.shape != other.shape or not mine.size or not _known(mine, other):
        return None
    size = np.abs(other.mid())
    at = int(np.argmax(size))
    below = other.parts[0].ravel()[at]
    if below.contains(0):
        return None
    with precision():
        factor = mine.parts[0].ravel()[at] / below
        if factor.contains(0):
            return None
        scaled = Balls(np.asarray(other.parts[0] * factor, dtype=object).reshape(other.shape))
        if not overlaps(mine, scaled).all():
            return None
    return Fit(factor, residual(mine, scaled), chance(mine, scaled, at, distinct))


def residual(mine: Balls, other: Balls) -> float:
    """The largest |mine − other|, relative to the largest of mine, rounded up."""
    with precision():
        gap = max(abs(x).upper() for x in (mine - other).parts[0].ravel())
    size = mine.largest()
    return float(gap / size) if size > 0 else float(gap)


def chance(mine: Balls, other: Balls, but: int | None, distinct: Balls | None = None) -> float:
    """The product of the relative widths of all elements that were compared, `but` the one that gave the factor.

    Elements that are the same number, as a column spread over m examples, count once.
    """
    size = np.maximum(np.abs(mine.mid()), np.abs(other.mid())).ravel()
    with np.errstate(all="ignore"):
        width = np.where(size > 0, 2 * (mine.rad() + other.rad()).ravel() / np.where(size > 0, size, 1.0), 1.0)
    width = np.clip(width, 2.0**-100, 1.0)
    told = other if distinct is None else distinct
    _, first, group = np.unique(np.abs(told.mid()).ravel(), return_index=True, return_inverse=True)
    kept = [float(width[i]) for n, i in enumerate(first) if but is None or n != group.ravel()[but]]
    return float(np.prod(kept)) if kept else 1.0


def _known(*tensors: Balls) -> bool:
    return all(bool(x.is_finite().all()) for x in tensors)


def direction(x: Array) -> Array:
    """Rows scaled to length 1, with the sign of their largest element; rows of zeros stay."""
    flat = x.reshape(len(x), -1)
    with np.errstate(all="ignore"):
        top = np.take_along_axis(flat, np.argmax(np.abs(flat), axis=1)[:, None], axis=1)
        scaled = flat / np.where(top == 0, 1.0, top)
        length = np.linalg.norm(scaled, axis=1, keepdims=True)
        scaled = scaled / np.where(length == 0, 1.0, length)
    return np.where(np.isfinite(scaled).all(axis=1, keepdims=True), scaled, 0.0)
