"""The rulers that every verdict is read from: distances, budgets, digits, and what a row could have seen.

A verdict is never a tolerance that somebody picked. A distance is measured against the exact value; a budget is what
rounding, or an oracle's own error, can do; `used` is their largest ratio, and `detects` the smallest error, relative to
the tensor, that the row would have seen in any one element.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, precision
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

Array = np.ndarray[Any, Any]

# A row that could not have seen a smaller error than this, relative to its tensor, decides nothing.
BLIND = {"float64": 1e-6, "float32": 1e-2}
# What a dtype's significand can hold: 15.95 and 7.22 decimal digits.
FULL_DIGITS = {name: -float(np.log10(np.finfo(name).eps / 2)) for name in ("float64", "float32")}


def distance(mine: Array, exact: Balls) -> Array:
    """An upper bound of |mine − exact|, element by element; inf where one is finite and the other is not."""
    with precision():
        far = (Balls.of(mine) - exact).upper()
    return np.where(exact.is_finite() | np.isfinite(mine), far, 0.0)


def apart(mine: Array, want: Array) -> Array:
    """|mine − want| between floats, element by element; inf where one is no number, or both in different ways."""
    with np.errstate(all="ignore"):
        far = np.abs(np.subtract(mine, want, dtype=np.float64))
    return np.where(np.isnan(far), np.where(mine == want, 0.0, np.inf), far)


def unexcused(mine: Array, want: Array, error: Array, budget: Array) -> tuple[Array, Array]:
    """Error and budget, where a NaN or an infinity by hand has no budget: rounding makes none of what is finite."""
    lost = ~np.isfinite(mine) & np.isfinite(want)
    return np.where(lost, np.inf, error), np.where(lost, 0.0, budget)


def ratio(part: Array, whole: Array | float) -> Array:
    """part / whole with 0/0 = 0 and x/0 = inf."""
    with np.errstate(all="ignore"):
        return np.where(part == 0, 0.0, np.where(whole == 0, np.inf, part / whole))


def largest(errors: Array) -> float:
    """The largest error that is known."""
    return float(np.max(errors, where=np.isfinite(errors), initial=0.0))


def digits(error: Array, size: Array, dtype: str) -> float:
    """Decimal digits kept, scaled by the tensor's largest element that is finite; at most what the dtype can hold."""
    part = ratio(np.max(error, initial=0.0), largest(size))
    with np.errstate(divide="ignore"):  # log 0
        return float(np.clip(-np.log10(part), 0.0, FULL_DIGITS[dtype]))


def place(flat: int, shape: tuple[int, ...]) -> str:
    """The index of an element as it is written: `[2, 3]`; of a single number `[]`."""
    return "[" + ", ".join(str(int(i)) for i in np.unravel_index(flat, shape)) + "]"


def measure(
    mine: Array, want: Array, error: Array, budget: Array, dtype: str, exact: Balls | None = None
) -> dict[str, Any]:
    """The figures of one row: `error` = |mine − want| against `budget`, element by element.

    Elements whose budget is not known (inf or nan) are skipped and counted; the worst element is the one that uses
    most of its budget.
    """
    mine, want, error, budget = (
        np.asarray(x, dtype=np.float64) for x in np.broadcast_arrays(mine, want, error, budget)
    )
    known = np.isfinite(budget)
    if not known.any():
        return {"compared": 0, "skipped": int(mine.size), "shape": str(mine.shape), "used": float("nan")}
    used = np.where(known, ratio(error, budget), -np.inf)
    size = np.where(np.isfinite(want), np.abs(want), 0.0)
    scale = float(np.max(np.where(known, size, 0.0)))
    widest = float(np.max(np.where(known, budget, 0.0)))
    worst = int(np.argmax(used))
    if used.ravel()[worst] == 0:
        worst = int(np.argmax(np.where(known, size, -np.inf)))
    top = np.finfo(dtype).max
    spacing = np.spacing(np.minimum(size, np.nextafter(top, -top)).astype(dtype))
    figures = {
        "compared": int(known.sum()),
        "skipped": int((~known).sum()),
        "shape": str(mine.shape),
        "max_abs": float(np.max(np.where(known, error, 0.0))),
        "max_rel": float(np.max(np.where(known, ratio(error, size), 0.0))),
        "max_ulp": float(np.max(np.where(known, ratio(error, spacing), 0.0))),
        "at": place(worst, mine.shape),
        "mine": repr(float(mine.ravel()[worst])),
        "want": repr(float(want.ravel()[worst])),
        "budget": float(budget.ravel()[worst]),
        "used": float(used.ravel()[worst]),
        # Of a tensor of zeros any multiple is the same: nothing relative to it would show.
        "detects": widest / scale if scale else float("inf"),
    }
    if exact is not None:
        figures["exact"] = exact.text(worst)
    return figures


def undecided(figures: dict[str, Any]) -> str:
    """Why a measured row decides nothing."""
    if not figures["compared"]:
        return "no element has a budget, so none was compared"
    if figures["detects"] == float("inf"):
        return "all of it is 0 here, so no relative error would show"
    return f"it would have seen no error below {figures['detects']:.1g} × the tensor's largest element"


def judged(figures: dict[str, Any], dtype: str) -> str:
    """The verdict of a measured row: outside its budget is a fail; 0 compared, or blind, is inconclusive."""
    if not figures["compared"]:
        return INCONCLUSIVE
    if not figures["used"] <= 1:
        return FAIL
    return PASS if figures["detects"] <= BLIND[dtype] else INCONCLUSIVE
