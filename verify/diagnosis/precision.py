"""Numbers that were rounded to a lower precision on their way."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls
from verify.diagnosis.match import Match
from verify.questions import distance, ratio

Array = np.ndarray[Any, Any]

# An error below this, relative to the element, is none of float32's.
VISIBLE = 2.0**-40
# What float32 leaves of a number after a few steps.
LOWEST, HIGHEST = 2.0**-29, 2.0**-17


def narrowed(name: str, value: Array, exact: Balls | None) -> tuple[Match, ...]:
    """Every element is a float32, and off from the exact value by what that costs: rounded, or computed, in float32.

    What is rounded to fewer digits still, as to float16 or to whole numbers, is made of such too: that is not sure.
    """
    if value.dtype.kind != "f" or exact is None or exact.shape != value.shape or not np.isfinite(value).all():
        return ()
    off = float(np.max(ratio(distance(value, exact), np.abs(exact.mid())), initial=0.0))
    if not VISIBLE < off < 1:
        return ()
    for kind in ("float16", "float32") if off > HIGHEST else ("float32",):
        with np.errstate(over="ignore"):
            rounded = value.astype(kind)
        if (rounded == value).all():
            words = f"was computed or rounded in {kind}: every element is a {kind}, off by up to {off:.0e} of itself"
            return (Match("precision", f"{name} {words}.", off, 1, kind == "float32"),)
    if LOWEST < off < HIGHEST:
        words = f"is right as a formula, but off by up to {off:.0e}: as if a step on the way were taken in float32"
        return (Match("precision", f"{name} {words}.", off, 2),)
    return ()
