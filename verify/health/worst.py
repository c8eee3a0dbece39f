"""What is said of a sweep: the digits at every point, the worst point of each side, and where PyTorch is less exact."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan, log10
from typing import Any

import numpy as np

from verify.arithmetic.balls import precision
from verify.health.kept import kept
from verify.health.sweep import BY_HAND, TORCH, Array, Sweep
from verify.health.values import Rows, Values, values
from verify.records.health import Curve, Health


def measure(sweep: Sweep, dtypes: tuple[str, ...], seed: int) -> Health:
    """The digits that every side keeps at every point, and the worst point of each."""
    curves: list[Curve] = []
    remark = ""
    for dtype in dtypes:
        found = values(sweep, dtype, seed)
        judged = {side: judge(rows, found.exact, dtype) for side, rows in found.sides.items()}
        curves += [_curve(sweep, side, dtype, found, judged[side]) for side in judged]
        remark = remark or less_exact(sweep, dtype, found, judged)
    return Health(sweep.formula, sweep.quantity, sweep.grid.varied, sweep.grid.scale, tuple(curves), remark, sweep.note)


@dataclass(frozen=True)
class Judged:
    """The fewest digits at each point, nan where none is known, and the name of the number that keeps them."""

    digits: Array
    names: tuple[str, ...]


def judge(rows: Rows, exact: Rows, dtype: str) -> Judged:
    """Of several numbers at a point the worst counts; of two without a digit, one that is no number."""
    names = list(rows)
    with precision():
        digits = np.array(
            [[kept(float(v), e, dtype) for v, e in zip(rows[name], exact[name], strict=True)] for name in names]
        )
    no_number = np.array([~np.isfinite(rows[name]) for name in names]) & (digits == 0)
    least = np.argmin(np.where(np.isnan(digits), np.inf, digits) - no_number, axis=0)
    return Judged(digits[least, np.arange(least.size)], tuple(names[i] for i in least))


def _curve(sweep: Sweep, side: str, dtype: str, found: Values, judged: Judged) -> Curve:
    """The worst point is the one with the fewest digits; among equals one that gives no number, then the mildest."""
    rows, digits = found.sides[side], judged.digits

    def badness(i: int) -> tuple[float, bool, float, bool]:
        number = digits[i] > 0 or isfinite(rows[judged.names[i]][i])
        return digits[i], number, *mildness(float(found.x[i]), sweep.grid.scale)

    worst = min((i for i in range(digits.size) if not isnan(digits[i])), key=badness)
    name = judged.names[worst]
    return Curve(
        side, dtype, tuple(float(x) for x in found.x), tuple(float(d) for d in digits),
        at=_at(sweep, found.x[worst], name), mine=text(rows[name][worst]),
        exact=found.exact[name][worst].str(20, radius=False), fewest=float(digits[worst]),
        lost=int(np.sum(digits == 0)),
    )  # fmt: skip


def mildness(x: float, scale: str) -> tuple[float, bool]:
    """How far out a point lies, in powers of ten: from 1, and a probability from ½. Of ±z the positive one is milder.

    >>> mildness(37.0, "both signs") < mildness(-37.0, "both signs") < mildness(1e-9, "both signs")
    True
    """
    return abs(log10(x) - log10(1 - x) if scale == "probability" else log10(abs(x))), x < 0


def less_exact(sweep: Sweep, dtype: str, found: Values, judged: dict[str, Judged]) -> str:
    """Where PyTorch keeps fewer digits than another side, by a whole one or more: a sentence with the exact value.

    Of the points where it is that far behind, the one where it keeps fewest is named; among equals the mildest.
    """
    if TORCH not in judged:
        return ""
    digits = judged[TORCH].digits
    others = [side for side in judged if side != TORCH]
    best = [max(others, key=lambda side: judged[side].digits[i]) for i in range(digits.size)]
    behind = [i for i in range(digits.size) if judged[best[i]].digits[i] - digits[i] >= 1]
    if not behind:
        return ""
    at = min(behind, key=lambda i: (digits[i], *mildness(float(found.x[i]), sweep.grid.scale)))
    name, other = judged[TORCH].names[at], best[at]
    return (
        f"PyTorch is the less exact: at {_at(sweep, found.x[at], name)} in {dtype} it gives "
        f"{text(found.sides[TORCH][name][at])}, {'the formula by hand' if other == BY_HAND else f'the {other}'} "
        f"{text(found.sides[other][name][at])}; the exact value is {found.exact[name][at].str(20, radius=False)}"
    )


def _at(sweep: Sweep, x: Any, name: str) -> str:
    return ", ".join(filter(None, (f"{sweep.grid.varied} = {text(x)}", name)))


def text(x: Any) -> str:
    """A number of its own precision, as short as it can be told apart.

    >>> text(np.float32(0.1)), text(np.float64(37.0)), text(np.int64(1000)), text(np.float64(-1e-300))
    ('0.1', '37', '1000', '-1e-300')
    """
    return str(x).removesuffix(".0")
