"""Whether two tensors are equal, or one a multiple of the other, as far as their enclosures tell."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.arithmetic.kind import boxed

# A fit that chance would give more often than this, among so many that are tried, is none.
CHANCE = 2.0**-30
# Floating point is asked first, which candidates are worth an exact look; it decides nothing.
NEAR = 1e-7
BALL = np.frompyfunc(arb, 2, 1)


@dataclass(frozen=True)
class Fit:
    """mine = factor ∗ other, up to `residual`; `chance`: how often enclosures as wide as these would agree anyhow."""

    factor: Any
    residual: float
    chance: float


def enclosed(value: Any, error: Any = 0.0) -> Balls:
    """Floats with their error as enclosures; Balls as they are."""
    return value if isinstance(value, Balls) else Balls(boxed(BALL(value, error)))


def equal(mine: Balls, other: Balls, trials: float = 1) -> Fit | None:
    """A fit with factor 1, that chance would hardly give among so many trials.

    Most of what is tried differs in the first elements already, and no other is looked at.
    """
    if mine.shape != other.shape or not mine.size:
        return None
    if not all(map(arb.overlaps, mine.parts[0].flat, other.parts[0].flat)) or not _known(mine, other):
        return None
    fit = Fit(None, residual(mine, other), chance(mine, other, None))
    return fit if rare(fit.chance, trials) else None


def multiple(mine: Balls, other: Balls, distinct: Balls | None = None) -> Fit | None:
    """A fit with the factor that the largest element gives; of a single element there always is one.

    Elements of `distinct` (of `other`, where nothing is given) that are the same number count once, as evidence.
    """
    if mine.shape != other.shape or not mine.size or not _known(mine, other):
        return None
    at = int(np.argmax(np.abs(other.mid())))
    below = other.parts[0].ravel()[at]
    if below.contains(0):
        return None
    with precision():
        factor = mine.parts[0].ravel()[at] / below
        scaled = Balls(boxed(other.parts[0] * factor))
    if factor.contains(0) or not overlaps(mine, scaled).all():
        return None
    return Fit(factor, residual(mine, scaled), chance(mine, scaled, at, distinct))


def narrow(factor: Any, share: float = CHANCE) -> bool:
    """Whether the enclosure of a factor is sharp enough to say which number it is: one that is wide agrees with any."""
    return bool(factor.rad() < abs(factor.mid()) * share)


def residual(mine: Balls, other: Balls) -> float:
    """The largest |mine − other|, relative to the largest of mine."""
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
        width = np.where(size > 0, 2 * (mine.rad() + other.rad()).ravel() / size, np.inf)
    width = np.clip(width, 2.0**-100, 1.0)
    told = other if distinct is None else distinct
    _, first, group = np.unique(np.abs(told.mid()).ravel(), return_index=True, return_inverse=True)
    return prod(float(width[i]) for n, i in enumerate(first) if but is None or n != group[but])


def rare(chance: float, trials: float = 1) -> bool:
    """Whether so many trials would hardly give by chance what one gives that often."""
    return chance * trials < CHANCE


def _known(*tensors: Balls) -> bool:
    return all(bool(x.is_finite().all()) for x in tensors)
