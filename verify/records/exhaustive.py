"""Every parameter of a network, judged one by one."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS


@dataclass(frozen=True)
class Tally:
    """What became of the elements of one gradient, each of which was judged.

    `zeros` of the passed are 0 by definition and by hand (a dead unit, a feature that is always 0); `kinks` lie behind
    a unit on its kink, so that their derivative is a set. `sees` is the smallest error, relative to the element itself,
    that would have shown in every one of the passed that are not 0; nan where there is none.
    """

    quantity: str
    layer: int
    shape: str
    elements: int
    passed: int
    failed: int
    inconclusive: int
    zeros: int = 0
    kinks: int = 0
    sees: float = nan

    @property
    def verdict(self) -> str:
        """A pass only where every element passes; and of a gradient that is 0 everywhere any multiple would."""
        if self.failed:
            return FAIL
        return PASS if not self.inconclusive and self.zeros < self.elements else INCONCLUSIVE


@dataclass(frozen=True)
class ExhaustiveRecord:
    """Every element of every dW[l] and db[l] of one network, judged numerically.

    `rows`: one a layer for its Z, one a gradient and oracle. `wrong` and `undecided` name elements, the worst first, as
    many as a page holds; the tallies count them all. `columns` is the number of pairs of a unit and an example, which
    are what is moved; `crossed` of them lay too near a kink for differences.
    """

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    m: int
    data: str
    seed: int
    columns: int
    crossed: int
    tallies: tuple[Tally, ...]
    rows: tuple[Discrepancy, ...]
    wrong: tuple[Discrepancy, ...] = ()
    undecided: tuple[Discrepancy, ...] = ()

    @property
    def elements(self) -> int:
        return sum(tally.elements for tally in self.tallies)

    @property
    def verdict(self) -> str:
        found = {tally.verdict for tally in self.tallies}
        if FAIL in found or any(row.verdict == FAIL for row in self.rows):
            return FAIL
        return PASS if found == {PASS} else INCONCLUSIVE
