"""When the two curves part, and why: the spread says what rounding does; a kink between the two sides is a reason."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from manual import deep, losses
from verify.arithmetic.bounds import Bounds, budget
from verify.descent.settings import KINKS, Settings
from verify.descent.sides import Point
from verify.questions import BLIND
from verify.records.discrepancy import Discrepancy
from verify.records.training import SPREADS, Iteration, Parting
from verify.records.verdict import INCONCLUSIVE, PASS

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Crossing:
    """A unit on different sides of its kink: the one whose slope weighs most, and how many there are."""

    iteration: int
    layer: int
    unit: int
    example: int
    by_hand: float
    by_torch: float
    others: int

    def text(self, chosen: Settings) -> str:
        activation = chosen.activations[self.layer - 1]
        right = _right_by_hand(np.array(self.by_hand), chosen), np.array(self.by_torch > 0)
        slopes = [KINKS[activation][int(side)] for side in right]
        more = f", and {self.others} more like it" if self.others else ""
        return (
            f"unit {self.unit} of layer {self.layer} ({activation}), example {self.example}, is on different sides of "
            f"its kink at iteration {self.iteration}: z = {self.by_hand:.3g} by hand (slope {slopes[0]:g}), "
            f"{self.by_torch:.3g} by PyTorch (slope {slopes[1]:g}){more}"
        )


def _right_by_hand(Z: Array, chosen: Settings) -> Array:
    """Where the formulas by hand take the slope on the right; PyTorch takes it where Z > 0."""
    return np.asarray(Z > 0 if chosen.kink == "left" else Z >= 0)


def crossing(iteration: int, here: Point, there: Point, Y: Array, chosen: Settings) -> Crossing | None:
    """A unit of which the sides take different slopes.

    None where there is none, or where no gradient comes down to any of them: their slopes then change nothing.
    """
    apart = {
        l: _right_by_hand(here.Z[l - 1], chosen) != (there.Z[l - 1] > 0)
        for l, activation in enumerate(chosen.activations, start=1)
        if activation in KINKS
    }
    if not any(unlike.any() for unlike in apart.values()):
        return None
    grads = deep.backward_blocks(here.AL, Y, here.caches, sound=True)
    weights = {l: np.abs(grads[f"dA{l}"]) * unlike for l, unlike in apart.items()}
    l = max(weights, key=lambda l: float(weights[l].max()))
    unit, example = (int(i) for i in np.unravel_index(int(np.argmax(weights[l])), weights[l].shape))
    if not weights[l][unit, example] > 0:
        return None
    others = sum(int(np.count_nonzero(weight)) for weight in weights.values()) - 1
    zs = float(here.Z[l - 1][unit, example]), float(there.Z[l - 1][unit, example])
    return Crossing(iteration, l, unit + 1, example + 1, *zs, others)


def rounding_of_cost(here: Point, Y: Array) -> float:
    """What rounding can do to J, given Z[L]: two sides that hold the same Z[L] differ by no more than twice this."""
    return float(budget(losses.cost_sound(Bounds.of(here.Z[-1]), Y)))


@dataclass
class Watch:
    """Follows the two curves until they part. `floor` is the rounding of the cost itself, as last looked at.

    `blurred` is the first iteration at which rounding alone spreads the costs by so much that to lie within it says
    nothing: more than a row may be blind to. Those are not among the `compared`.
    """

    chosen: Settings
    floor: float = 0.0
    last: Crossing | None = None
    parting: Parting | None = None
    worst: tuple[float, float, Iteration] | None = None
    compared: int = 0
    blurred: int | None = None

    def look(self, row: Iteration, here: Point, there: Point, Y: Array) -> None:
        """Take in one iteration."""
        if self.parting:
            return
        if not isfinite(row.difference):
            if isfinite(row.cost_manual) != isfinite(row.cost_torch):
                self.parting = self._parted(row)
            return
        limit = SPREADS * row.spread + 2 * self.floor
        if limit <= BLIND["float64"] * abs(row.cost_manual):
            self.compared += 1
        elif self.blurred is None:
            self.blurred = row.iteration
        used = row.difference / limit if limit else (np.inf if row.difference else 0.0)
        if self.worst is None or used > self.worst[0]:
            self.worst = used, limit, row
        if used > 1:
            self.parting = self._parted(row)
        else:
            # Two costs are as good as equal; a slope that differs here shows in the next of them.
            self.last = crossing(row.iteration, here, there, Y, self.chosen) or self.last

    def _parted(self, row: Iteration) -> Parting:
        if self.last is None:
            reason = "unexplained: no unit lay on different sides of its kink up to there"
            return Parting(row.iteration, row.difference, row.spread, False, reason)
        return Parting(row.iteration, row.difference, row.spread, True, self.last.text(self.chosen))

    def row(self) -> Discrepancy:
        """What the curves say: together, or parted for a reason, is a pass; parted for none is undecided."""
        about: dict[str, Any] = {
            "formula": "training", "quantity": "cost", "question": "agreement", "oracle": "spread",
            "seed": self.chosen.seed,
        }  # fmt: skip
        if self.worst is None:
            return Discrepancy(verdict=INCONCLUSIVE, finding="no iteration has a finite cost on both sides", **about)
        used, limit, row = self.worst
        about |= {
            "case": f"iteration {row.iteration}", "compared": self.compared, "used": used,
            "max_abs": row.difference, "budget": limit,
            "mine": repr(row.cost_manual), "want": repr(row.cost_torch),
        }  # fmt: skip
        if self.parting is None and self.blurred is None:
            return Discrepancy(verdict=PASS, **about)
        if self.parting is None:
            verdict = PASS if self.compared else INCONCLUSIVE
            found = (
                f"from iteration {self.blurred} on rounding alone spreads the curves, and their distance says nothing"
            )
            return Discrepancy(verdict=verdict, finding=found, **about)
        found = f"the curves part at iteration {self.parting.iteration}: {self.parting.reason}"
        verdict = PASS if self.parting.explained else INCONCLUSIVE
        return Discrepancy(verdict=verdict, finding=found, **about)
