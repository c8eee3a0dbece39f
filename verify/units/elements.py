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
from verify.records.discrepancy import Discrepancy
from verify.records.exhaustive import Tally
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

Array = np.ndarray[Any, Any]
Told = tuple[Array, Array]  # values, and how far they may be off

ORACLES = ("complex step", "differences")
RESOLVED = 1e-4  # the error, relative to an element, that an oracle must be able to see in it to say that it is right
NOTHING = 2.0**-700  # below this lies what underflow may leave of a 0
SHOWN = 20  # elements that are named
NOT_FINITE = "no step around it stays finite and inside its domain"


def _counts() -> dict[str, int]:
    return dict.fromkeys((PASS, FAIL, INCONCLUSIVE), 0)


def _figures() -> dict[str, Figures]:
    return {name: Figures() for name in ORACLES}


@dataclass
class Elements:
    """One gradient as its rows come in, block by block."""

    quantity: str
    layer: int
    shape: tuple[int, ...]
    seed: int
    counts: dict[str, int] = field(default_factory=_counts)
    zeros: int = 0
    kinks: int = 0
    sees: float = nan
    figures: dict[str, Figures] = field(default_factory=_figures)
    wrong: list[Discrepancy] = field(default_factory=list)
    undecided: list[Discrepancy] = field(default_factory=list)

    def judge(
        self, first: int, mine: Array, rounding: Array, oracles: Sequence[Told], kinked: Array,
        elsewhere: Told | None = None,
    ) -> None:  # fmt: skip
        """Rows from `first` on: the elements by hand, what rounding may do to them, each oracle's value and error.

        `elsewhere` is the value, and its error and rounding together, for a pass that may have been rounded otherwise:
        that is granted to the elements which need it.
        """
        found = [_held(mine, rounding, told, elsewhere, name) for told, name in zip(oracles, ORACLES, strict=True)]
        bound, estimate = found
        # Where the bound has decided, the estimate cannot overrule it.
        failed = bound.beyond | (estimate.beyond & ~bound.seen)
        passed = ~failed & (bound.seen | (estimate.seen & ~estimate.beyond))
        undecided = ~failed & ~passed
        for name, which in ((PASS, passed), (FAIL, failed), (INCONCLUSIVE, undecided)):
            self.counts[name] += int(which.sum())
        nought = passed & (mine == 0)
        self.zeros += int(nought.sum())
        self.kinks += int(kinked.sum())
        shown = ratio(2 * np.where(bound.seen, bound.limit, estimate.limit), np.abs(bound.want))[passed & ~nought]
        if shown.size:
            self.sees = float(np.fmax(self.sees, shown.max()))
        for name, held in zip(ORACLES, found, strict=True):
            self.figures[name].take(first, mine, held.want, held.gap, held.limit)
        # Who is quoted: the one that found it wrong, else the one that sees better.
        speaks = np.where(bound.beyond | (~estimate.beyond & (bound.limit <= estimate.limit)), 0, 1)
        worst = np.fmax(bound.used, estimate.used)
        for which, size, into, verdict in (
            (failed, worst, self.wrong, FAIL), (undecided, np.abs(mine), self.undecided, INCONCLUSIVE)
        ):  # fmt: skip
            places = np.argwhere(which)
            for i, j in places[np.argsort(-size[which], kind="stable")[:SHOWN]].tolist():
                held, name = found[speaks[i, j]], ORACLES[speaks[i, j]]
                reason = "" if verdict == FAIL else _reason(bool(kinked[i, j]), float(bound.limit[i, j]))
                into.append(
                    Discrepancy(
                        "exhaustive", self.quantity, "formula", name, verdict, layer=self.layer, shape=str(self.shape),
                        seed=self.seed, compared=1, max_abs=float(held.gap[i, j]), at=str([first + i, j]),
                        mine=repr(float(mine[i, j])), want=repr(float(held.want[i, j])),
                        budget=float(held.limit[i, j]), used=float(held.used[i, j]), finding=reason,
                    )
                )  # fmt: skip

    def tally(self) -> Tally:
        return Tally(
            self.quantity, self.layer, str(self.shape), int(np.prod(self.shape)), self.counts[PASS], self.counts[FAIL],
            self.counts[INCONCLUSIVE], self.zeros, self.kinks, self.sees,
        )  # fmt: skip

    def rows(self) -> list[Discrepancy]:
        return [self.figures[name].row(self, name) for name in ORACLES]


@dataclass(frozen=True)
class Held:
    """Some elements against one oracle: its values, the distances from them, and what these may be."""

    want: Array
    gap: Array
    limit: Array

    @property
    def used(self) -> Array:
        return ratio(self.gap, self.limit)

    @property
    def beyond(self) -> Array:
        return np.isfinite(self.limit) & (self.gap > self.limit)

    @property
    def seen(self) -> Array:
        """Where an error of one part in 10⁴ would have shown; of a 0, anything that is no underflow."""
        return np.asarray((2 * self.limit <= RESOLVED * np.abs(self.want)) | (self.limit <= NOTHING))


def _held(mine: Array, rounding: Array, told: Told, elsewhere: Told | None, oracle: str) -> Held:
    want, error = told
    lost = ~np.isfinite(mine)
    # Rounding makes no NaN of what is finite.
    limit = np.where(np.isfinite(error), error + np.where(lost, 0.0, rounding), np.inf)
    if elsewhere:
        need = ~lost & (np.abs(mine - want) > limit)
        if oracle == "complex step":  # whose own error the wider one is
            want, limit = np.where(need, elsewhere[0], want), np.where(need, elsewhere[1], limit)
        else:
            limit = np.where(need, limit + elsewhere[1], limit)
    return Held(want, np.where(lost, np.inf, np.abs(mine - want)), limit)


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
        used = np.where(known, ratio(gap, limit), -np.inf)
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
