"""Numbers that were rounded to a lower precision on their way."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls
from verify.diagnosis.match import Match
from verify.questions import distance, ratio

Array = np.ndarray[Any, Any]

# An element of a float64 result that is a float32 too is so by chance once in 2²⁹ times.
ENOUGH = 2


def narrowed(name: str, value: Array, exact: Balls | None) -> tuple[Match, ...]:
    """Every element is a float32, and the exact value is near: it was rounded, or computed, in float32."""
    if value.dtype != np.float64 or exact is None or exact.shape != value.shape or not np.isfinite(value).all():
        return ()
    single = value.astype(np.float32).astype(np.float64) == value
    telling = int(np.sum(single & (value != 0) & (np.round(value * 2**12) != value * 2**12)))
    if not single.all() or not telling:
        return ()
    off = float(np.max(ratio(distance(value, exact), np.abs(exact.mid()))))
    words = f"{name} was computed or rounded in float32: every element is a float32, off by up to {off:.0e} of itself."
    return (Match("precision", words, off, 1, True),)
