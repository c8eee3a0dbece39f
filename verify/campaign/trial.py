"""From one integer a correct problem of a random kind, judged as its user would have it judged; or the same made wrong.

A check is one row: one oracle's answer to one question about one quantity, as reports count them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from verify.campaign import wrong
from verify.campaign.kinds import KINDS, Posed
from verify.campaign.numbers import regime
from verify.campaign.wrong import Wrong
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS


@dataclass(frozen=True)
class Trial:
    """One problem of the campaign: its rows, of the right gradients and, where one was asked for, of a wrong one."""

    number: int
    kind: str
    regime: str
    dtype: str
    what: str  # the network's sizes and activations, the pair's name, the formula's id
    rows: tuple[Discrepancy, ...]
    fault: str = ""
    mirrored: str = ""  # what became of the wrong one: fail, inconclusive, pass
    mirror: tuple[Discrepancy, ...] = ()

    @property
    def gradients(self) -> int:
        return len({(row.quantity, row.case) for row in self.rows})


def trial(number: int, mirrored: bool = False) -> Trial:
    """The problem of that number, judged; and once more with a fault, where `mirrored`."""
    with np.errstate(all="ignore"):
        found, posed, rng = drawn(number)
        found = replace(found, rows=tuple(posed.judged(None)))
        fault = wrong.drawn(rng, posed.right()) if mirrored else None
        if fault is None:
            return found
        rows = tuple(posed.judged(fault))
    return replace(found, fault=f"d{fault.name}: {fault.what}", mirrored=outcome(rows, fault), mirror=rows)


def drawn(number: int) -> tuple[Trial, Posed, np.random.Generator]:
    """The problem of that number, not yet judged, and the generator, of which its fault is drawn next."""
    rng = np.random.default_rng([number, 5])
    kind = str(rng.choice(list(KINDS), p=[share for share, _ in KINDS.values()]))
    how, dtype = regime(rng), str(rng.choice(["float64", "float32"]))
    posed = KINDS[kind][1](rng, how, dtype, number)
    return Trial(number, kind, how, dtype, posed.what, ()), posed, rng


def outcome(rows: tuple[Discrepancy, ...], fault: Wrong) -> str:
    """A fail anywhere is a fail. Else a pass of the wrong quantity's formula is a pass: the worst that can be."""
    if any(row.verdict == FAIL for row in rows):
        return FAIL
    passed = any(
        row.verdict == PASS
        and row.question in ("formula", "agreement")
        and row.quantity == f"d{fault.name}"
        and not (row.skipped and fault.at is not None)  # the wrong element may be one that was not compared
        for row in rows
    )
    return PASS if passed else INCONCLUSIVE
