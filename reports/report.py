"""What `check` returns: the rows, one verdict, and a text that says what failed, where, and how to see it again."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, Literal, NoReturn

from reports.figures import DASH, digits, fewest, number, plural, share, worst
from reports.summary import failures
from reports.wording import details, title
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import DECIDING, FAIL, INCONCLUSIVE, PASS, concluded, overall

if TYPE_CHECKING:
    import pandas as pd


class GradientError(AssertionError):
    """Raised by `raise_if_failed`; its text is the report."""


@dataclass(frozen=True)
class Report:
    """The outcome of one `check`.

    `verdict` is fail if any row fails; pass if, for every quantity, some row that asks whether the formula is right
    passes; else inconclusive. `notes` say what could not be run, and why.
    """

    rows: tuple[Discrepancy, ...]
    seconds: float = nan
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        verdicts = [verdict for _, verdict, _ in self.quantities]
        if FAIL in verdicts:
            return FAIL
        return PASS if verdicts and INCONCLUSIVE not in verdicts else INCONCLUSIVE

    @property
    def passed(self) -> bool:
        """True only for pass."""
        return self.verdict == PASS

    @property
    def quantities(self) -> tuple[tuple[str, str, tuple[Discrepancy, ...]], ...]:
        """Each quantity with its verdict and its rows, in the order they came."""
        groups: dict[tuple[str, int | None], list[Discrepancy]] = {}
        for row in self.rows:
            groups.setdefault((row.quantity, row.layer), []).append(row)
        return tuple(
            (_name(*key), concluded((row.question, row.verdict) for row in rows), tuple(rows))
            for key, rows in groups.items()
        )

    @property
    def frame(self) -> pd.DataFrame:
        """The rows with the documented columns: failures first, then the worst use of the budget first."""
        from reports.frames import discrepancies  # half a second of pandas, for those who ask for it

        return discrepancies(self.rows)

    @property
    def first_fault(self) -> Discrepancy | None:
        """The first failing row, layer by layer; None where nothing failed."""
        failed = failures(self.rows)
        return min(failed, key=lambda row: float("inf") if row.layer is None else row.layer, default=None)

    @property
    def diagnosis(self) -> str:
        """The likely mistake behind the first fault that has a name, else an empty string."""
        first = self.first_fault
        named = [row.diagnosis for row in (first, *failures(self.rows)) if row and row.diagnosis]
        return named[0] if named else ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a report has three verdicts, so it is neither true nor false: use report.passed")

    def __str__(self) -> str:
        took = "" if isnan(self.seconds) else f" in {self.seconds:.1f} s"
        found = self.quantities
        number = plural(len(found), "quantity", "quantities")
        lines = [f"{self.verdict}: {plural(len(self.rows), 'check')} of {number}{took}", *_table(found)]
        for _, _, rows in found:
            lines += _failed(failures(rows))
        lines += _undecided([row for row in self.rows if row.verdict == INCONCLUSIVE])
        if self.notes:
            lines += ["", "Not run:", *(f"  {note}" for note in self.notes)]
        return "\n".join(lines)

    def raise_if_failed(self, inconclusive: Literal["raise", "pass", "warn"] = "raise") -> None:
        """Raise GradientError unless the report passed; `inconclusive` says what to do when nothing was decided."""
        __tracebackhide__ = True
        if inconclusive not in ("raise", "pass", "warn"):
            raise ValueError(f"inconclusive={inconclusive!r} is not known; give 'raise', 'pass' or 'warn'")
        verdict = self.verdict
        if verdict == FAIL or (verdict == INCONCLUSIVE and inconclusive == "raise"):
            raise GradientError(str(self))
        if verdict == INCONCLUSIVE and inconclusive == "warn":
            warnings.warn(str(self), stacklevel=2)


def _failed(rows: Sequence[Discrepancy]) -> list[str]:
    """The first failure of a quantity in full; the other oracles that refute it in one line."""
    if not rows:
        return []
    lines = ["", f"FAIL {title(rows[0])}", *(f"     {detail}" for detail in details(rows[0]))]
    others = dict.fromkeys(row.oracle for row in rows[1:])
    return [*lines, f"     failed too: {', '.join(others)}"] if others else lines


def _undecided(rows: Sequence[Discrepancy]) -> list[str]:
    """What stayed open, and why: one line a reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        reasons.setdefault((row.oracle, row.finding), []).append(_name(row.quantity, row.layer))
    lines = [
        f"  {oracle} of {', '.join(dict.fromkeys(names))}{': ' * bool(finding)}{finding}"
        for (oracle, finding), names in reasons.items()
    ]
    return ["", "Inconclusive:", *lines] if lines else []


def _name(quantity: str, layer: int | None) -> str:
    return quantity if layer is None else f"{quantity}, layer {layer}"


def _table(quantities: Sequence[tuple[str, str, Sequence[Discrepancy]]]) -> list[str]:
    """A line a quantity: verdict, use of the budget, digits, the smallest error that would have shown, oracles."""
    cells = [("quantity", "verdict", "used", "digits", "detects", "oracles")]
    for name, verdict, rows in quantities:
        said: dict[str, list[str]] = {}
        for row in rows:
            said.setdefault(row.oracle, []).append(row.verdict)
        oracles = ", ".join(f"{oracle} {overall(verdicts)}" for oracle, verdicts in said.items())
        kept = fewest(row.digits_mine for row in rows)
        sharpest = fewest(row.detects for row in rows if row.verdict != INCONCLUSIVE and row.question in DECIDING)
        figures = (share(worst(row.used for row in rows)), digits(kept), number(sharpest))
        cells.append((name, verdict, *figures, oracles or DASH))
    widths = [max(len(line[i]) for line in cells) for i in range(5)]
    return ["  " + "  ".join([*(f"{c:<{w}}" for c, w in zip(line, widths, strict=False)), line[5]]) for line in cells]
