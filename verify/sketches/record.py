"""What a sketch found, in plain numbers, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, inf, isfinite, sqrt
from statistics import NormalDist
from typing import NoReturn

import numpy as np

from verify.questions import ratio
from verify.records.verdict import PASS

# `detects` is the error that a sketch misses with this probability.
MISSED = 1e-6
SHOWN = 8


@dataclass(frozen=True)
class Direction:
    """⟨∇f − gradient, w⟩ along one random direction w, and what that reading may be off by.

    `product` is ⟨gradient, w⟩. Where nothing could be read, `residual` is nan, `budget` inf, and `reason` says why.
    """

    residual: float
    budget: float
    product: float
    oracle: str
    reason: str = ""

    @property
    def used(self) -> float:
        """|residual| in units of the budget."""
        return float(ratio(np.abs(self.residual), self.budget))


@dataclass(frozen=True)
class Fault:
    """A wrong element: the gradient given there, and what it should be, give or take the error."""

    at: str
    index: int
    mine: float
    want: float
    error: float


@dataclass(frozen=True)
class Sketch:
    """The outcome of one sketch.

    `norm` is ‖s∘gradient‖, s the distances that the elements are moved by; errors are measured in the same norm.
    `faults` are the wrong elements; `complete` says that with these put right every direction is within its budget.
    `notes` say what is wrong or undecided beside them. `evaluations` counts calls of the function, `located` those of
    them that the bisection took.
    """

    verdict: str
    directions: tuple[Direction, ...]
    parameters: int
    norm: float
    dtype: str
    faults: tuple[Fault, ...] = ()
    complete: bool = False
    notes: tuple[str, ...] = ()
    evaluations: int = 0
    located: int = 0

    @property
    def passed(self) -> bool:
        """True only for pass."""
        return self.verdict == PASS

    @property
    def budget(self) -> float:
        """The widest of the directions' budgets."""
        return max((direction.budget for direction in self.directions), default=inf)

    @property
    def detects(self) -> float:
        """The ε of which an error of size ε·‖s∘gradient‖ is missed with a probability of at most 1e-6."""
        return detectable(self.budget, len(self.directions), self.norm)

    def misses(self, epsilon: float) -> float:
        """The probability that a gradient wrong by ε·‖s∘gradient‖ or more is within every budget: at most this.

            erf(√2·B / (ε‖s∘gradient‖))^D     for D directions, the widest budget of which is B

        >>> Sketch("pass", (Direction(0.0, 1e-9, 1.0, "differences"),) * 6, 10, 1.0, "float64").misses(1e-6) < 1e-16
        True
        """
        size = epsilon * self.norm
        if not size > 0 or not isfinite(self.budget):
            return 1.0
        return erf(sqrt(2) * self.budget / size) ** len(self.directions)

    def __bool__(self) -> NoReturn:
        raise TypeError("a sketch has three verdicts, so it is neither true nor false: use sketch.passed")

    def __str__(self) -> str:
        count, P = len(self.directions), self.parameters
        asked = f"{P:,} parameter{'s' * (P != 1)}, {count} random direction{'s' * (count != 1)}"
        lines = [f"{self.verdict}: {asked}, {self.evaluations:,} evaluations of the function"]
        lines += ["  residual   budget    used      oracle"] if count else []
        for d in self.directions:
            figures = f"{_short(d.residual):<9}  {_short(d.budget):<8}  {_short(d.used) + ' ×':<8}  {d.oracle}"
            lines.append(f"  {d.oracle}: {d.reason}" if d.reason else f"  {figures}")
        if isfinite(self.detects):
            lines.append(
                f"  detects {_short(self.detects)}: an error of that share of the gradient is missed with probability "
                f"{MISSED:g} at most"
            )
        lines += [f"wrong: {f.at}, mine {f.mine!r}, want {f.want!r} ± {_short(f.error)}" for f in self.faults[:SHOWN]]
        if len(self.faults) > SHOWN:
            lines.append(f"wrong: {len(self.faults) - SHOWN} elements more, in `faults`")
        if self.faults:
            rest = "with them put right every direction is within its budget" if self.complete else "there is more"
            lines.append(f"found in {self.located:,} of the evaluations; {rest}")
        return "\n".join([*lines, *self.notes])


def quantile(directions: int) -> float:
    """The z that a normal number stays within with probability MISSED^(1/D).

    >>> round(quantile(8), 4)
    0.2248
    """
    return NormalDist().inv_cdf((1 + MISSED ** (1 / directions)) / 2)


def detectable(budget: float, directions: int, norm: float) -> float:
    """The ε with erf(√2·B/(ε·norm))^D = MISSED; inf where there is nothing to measure it by."""
    return 2 * budget / quantile(directions) / norm if norm > 0 and isfinite(budget) else inf


def _short(x: float) -> str:
    return f"{x:.2g}"
