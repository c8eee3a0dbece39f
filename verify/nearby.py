"""Does a gradient that is not an oracle's at some inputs become so as soon as they move?

At a kink both may be right, each with its own choice of slope. Where the functions run on exact numbers the certificate
knows the set of all choices. Where they do not, a kink is told by this: it lies on inputs of measure 0, so that at
inputs about it, moved at random, there is none, and two right gradients agree; a wrong one goes on being wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from verify.oracles.certificate import Decision
from verify.problem import Problem, floating
from verify.questions import BLIND, judged, measure
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE

Array = np.ndarray[Any, Any]

NEARBY = "by hand {mine}, by the oracle {want} at {at}; at inputs nearby they agree, so that this may be a kink"
# All numbers are multiplied by about this: moved far beyond rounding, and too little to leave the branch that they are
# on; then out of any saturation, in which nothing is told.
FACTORS = (1 - 2.0**-9, 0.5, 2.0**-4, 2.0**-8)
ASIDE = 2.0**-9  # of the median size, by which a zero is moved, and a number beside that


def agrees_nearby(problem: Problem, row: Discrepancy, again: Callable[[Problem, bool], Discrepancy]) -> bool:
    """Whether what fails in `row` agrees at inputs about the problem's: at some, and nowhere not.

    `again(moved, share)` judges there; with `share` also where no budget is known, to what any row must see. A
    disagreement smaller than that would not show so, and is not excused by it.
    """
    share = row.max_abs > BLIND[row.dtype] * abs(float(row.want or 0.0))
    said = [again(replace(problem, inputs=_moved(problem.inputs, factor)), share) for factor in FACTORS]
    return all(one.verdict != FAIL for one in said) and any(one.compared and one.used <= 1 for one in said)


def looked_at(
    problem: Problem,
    name: str,
    row: Discrepancy,
    decision: Decision | str,
    again: Callable[[Problem, bool], Discrepancy],
) -> Discrepancy:
    """A fail that no certificate speaks for or against is none where it is gone as soon as the inputs move."""
    decided = isinstance(decision, Decision) and decision.verdicts[name] != "undecided"
    if row.verdict != FAIL or decided or not agrees_nearby(replace(problem, wrt=(name,)), row, again):
        return row
    return replace(row, verdict=INCONCLUSIVE, finding=NEARBY.format(mine=row.mine, want=row.want, at=row.at))


def by_share(mine: Array, want: Array, dtype: str) -> dict[str, Any]:
    """The figures and the verdict where no budget is known: the two agree to what any row must see, or they do not."""
    mine, want = (np.asarray(x, dtype=np.float64) for x in (mine, want))
    if not (np.isfinite(mine).all() and np.isfinite(want).all() and want.any()):
        return {}
    figures = measure(mine, want, np.abs(mine - want), np.full(want.shape, BLIND[dtype] * np.max(np.abs(want))), dtype)
    return {**figures, "verdict": judged(figures, dtype)}


def _moved(inputs: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """Every number nearer to 0, by a share of its own beside the factor, so that none leaves a domain; zeros off it."""
    rng = np.random.default_rng(41)

    def one(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: one(v) for key, v in value.items()}
        if not floating(value):
            return value
        x = np.asarray(value)
        sizes = np.abs(x[x != 0])
        off = rng.choice([-1.0, 1.0], x.shape) * (np.median(sizes) if sizes.size else 1.0)
        share = ASIDE * rng.uniform(0.5, 1.0, x.shape)
        return np.where(x == 0, off * share, factor * x * (1 - share)).astype(x.dtype)

    return {name: one(value) for name, value in inputs.items()}
