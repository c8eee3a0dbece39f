"""The verdict on every element of a gradient, by two oracles: the error of the one is a bound, the other's estimated.

An element passes if an oracle that would have shown an error of one part in 10⁴ of it found none; it fails where it is
further from an oracle's value than that one's error and its own rounding allow. Where neither sees so much it is
undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any

import numpy as np

from verify.questions import BLIND, ratio
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy, Tally

Array = np.ndarray[Any, Any]

ORACLES = ("complex step", "differences")
RESOLVED = 1e-4  # the error, relative to an element, that an oracle must be able to see in it to say that it is right
NOTHING = 2.0**-700  # below this lies what underflow may leave of a 0
SHOWN = 20  # elements that are named
NOT_FINITE = "no step around it stays finite and inside its domain"


@dataclass
class Elements:
    """One gradient as its rows come in, block by block."""

    quantity: str
    layer: int
    shape: tuple[int, ...]
    seed: int
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((PASS, FAIL, INCONCLUSIVE), 0))
    zeros: int = 0
    kinks: int = 0
    sees: float = nan
    figures: dict[str, Figures] = field(default_factory=lambda: {name: Figures() for name in ORACLES})
    wrong: list[Discrepancy] = field(default_factory=list)
    undecided: list[Discrepancy] = field(default_factory=list)

    def judge(
        self,
        first: int,
        mine: Array,
        rounding: Array,
        oracles: Sequence[tuple[Array, Array]],
        kinked: Array,
        elsewhere: tuple[Array, Array] | None = None,
    ) -> None:
        """Rows from `first` on: the elements by hand, what rounding may do to them, each oracle's value and error.

        `elsewhere` is the value, and its error and rounding together, for a pass that may have been rounded otherwise:
        that is granted to the elements which need it.
        """
        lost = ~np.isfinite(mine)
        rounding = np.where(lost, 0.0, rounding)  # rounding makes no NaN of what is finite
        wants, gaps, limits, seen = [], [], [], []
        for (want, error), name in zip(oracles, ORACLES, strict=True):
            limit = np.where(np.isfinite(error), error + rounding, np.inf)
            if elsewhere:
                need = (np.abs(mine - want) > limit) | lost
                wider = np.where(lost, 0.0, elsewhere[1])
                if name == "complex step":  # the one whose error the wider one is
                    want, limit = np.where(need, elsewhere[0], want), np.where(need, wider, limit)
                else:
                    limit = np.where(need, limit + wider, limit)
            wants.append(want)
            gaps.append(np.where(lost, np.inf, np.abs(mine - want)))
            limits.append(limit)
            seen.append((2 * limit <= RESOLVED * np.abs(want)) | (limit <= NOTHING))
        beyond = [np.where(np.isinf(limit), False, gap > limit) for gap, limit in zip(gaps, limits, strict=True)]
        # The first is a bound, the second an estimate: where the first has decided, the second cannot overrule it.
        failed = beyond[0] | (beyond[1] & ~seen[0])
        passed = ~failed & (seen[0] | (seen[1] & ~beyond[1]))
        undecided = ~failed & ~passed
        for name, found in ((PASS, passed), (FAIL, failed), (INCONCLUSIVE, undecided)):
            self.counts[name] += int(found.sum())
        nought = passed & (mine == 0)
        self.zeros += int(nought.sum())
        self.kinks += int(kinked.sum())
        best = np.where(seen[0], limits[0], limits[1])
        shown = ratio(2 * best, np.abs(wants[0]))[passed & ~nought]
        if shown.size:
            self.sees = float(np.fmax(self.sees, shown.max()))
        for name, want, gap, limit in zip(ORACLES, wants, gaps, limits, strict=True):
            self.figures[name].take(first, mine, want, gap, limit)
        which = np.where(beyond[0] | np.isinf(limits[1]), 0, 1)
        used = [ratio(gap, limit) for gap, limit in zip(gaps, limits, strict=True)]
        for found, into, verdict in ((failed, self.wrong, FAIL), (undecided, self.undecided, INCONCLUSIVE)):
            places = np.argwhere(found)
            worst = np.max(used, axis=0)[found] if verdict == FAIL else np.abs(mine)[found]
            for i, j in places[np.argsort(-worst, kind="stable")[:SHOWN]].tolist():
                o = int(which[i, j])
                into.append(
                    Discrepancy(
                        "exhaustive", self.quantity, "formula", ORACLES[o], verdict, layer=self.layer,
                        shape=str(self.shape), seed=self.seed, compared=1, max_abs=float(gaps[o][i, j]),
                        at=str([first + i, j]), mine=repr(float(mine[i, j])), want=repr(float(wants[o][i, j])),
                        budget=float(limits[o][i, j]), used=float(used[o][i, j]),
                        finding="" if verdict == FAIL else _reason(bool(kinked[i, j]), float(limits[0][i, j])),
                    )
                )  # fmt: skip

    def tally(self) -> Tally:
        return Tally(
            self.quantity, self.layer, str(self.shape), int(np.prod(self.shape)), self.counts[PASS], self.counts[FAIL],
            self.counts[INCONCLUSIVE], self.zeros, self.kinks, self.sees,
        )  # fmt: skip

    def rows(self) -> list[Discrepancy]:
        return [self.figures[name].row(self, name) for name in ORACLES]


def _reason(kinked: bool, limit: float) -> str:
    """Why an element is undecided."""
    if kinked:
        return "a kink lies within its bound: the derivative is a set"
    return "too small beside what it is a sum of" if isfinite(limit) else NOT_FINITE


@dataclass
class Figures:
    """The figures of one oracle over a whole gradient; the worst element is the one that uses most of its budget."""

    compared: int = 0
    skipped: int = 0
    first_skipped: str = ""
    max_abs: float = nan
    max_rel: float = nan
    widest: float = 0.0
    scale: float = 0.0
    used: float = nan
    worst: dict[str, Any] = field(default_factory=dict)

    def take(self, first: int, mine: Array, want: Array, gap: Array, limit: Array) -> None:
        known = np.isfinite(limit)
        self.compared += int(known.sum())
        self.skipped += int((~known).sum())
        if not known.all() and not self.first_skipped:
            i, j = (int(k) for k in np.argwhere(~known)[0])
            self.first_skipped = str([first + i, j])
        if not known.any():
            return
        gaps, sizes = gap[known], np.abs(want[known])
        self.max_abs = float(np.fmax(self.max_abs, gaps.max()))
        self.max_rel = float(np.fmax(self.max_rel, ratio(gaps, sizes).max()))
        self.widest = max(self.widest, float(limit[known].max()))
        self.scale = max(self.scale, float(sizes.max()))
        used = np.where(known, ratio(gap, limit), -1.0)
        i, j = (int(k) for k in np.unravel_index(int(np.argmax(used)), used.shape))
        if not self.worst or used[i, j] > self.used:
            self.used = float(used[i, j])
            self.worst = {
                "at": str([first + i, j]), "mine": repr(float(mine[i, j])), "want": repr(float(want[i, j])),
                "budget": float(limit[i, j]),
            }  # fmt: skip

    def row(self, of: Elements, oracle: str) -> Discrepancy:
        """The row of the gradient as a whole: out of its budget somewhere, or blind, or right as far as it sees."""
        detects = self.widest / self.scale if self.scale else float("inf")
        verdict = INCONCLUSIVE
        if self.compared and detects <= BLIND["float64"]:
            verdict = PASS
        finding = ""
        if self.compared and not self.used <= 1:
            outvoted = oracle != ORACLES[0] and not of.counts[FAIL]
            verdict = INCONCLUSIVE if outvoted else FAIL
            finding = "outside its own error estimate: the complex step has decided otherwise" if outvoted else ""
        elif verdict == INCONCLUSIVE and self.compared:
            finding = f"it would have seen no error below {detects:.1g} × the largest element everywhere"
        if self.skipped:
            skipped = f"{self.skipped} of {self.compared + self.skipped} elements skipped, the first at"
            finding = "; ".join(filter(None, (finding, f"{skipped} {self.first_skipped}: {NOT_FINITE}")))
        return Discrepancy(
            "exhaustive", of.quantity, "formula", oracle, verdict, layer=of.layer, shape=str(of.shape), seed=of.seed,
            compared=self.compared, skipped=self.skipped, max_abs=self.max_abs, max_rel=self.max_rel, used=self.used,
            detects=detects if self.compared else nan, finding=finding, convention="J", **self.worst,
        )  # fmt: skip
