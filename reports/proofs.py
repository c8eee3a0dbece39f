"""The proofs of a run: what was proved, formula by formula. Their times stand in timings.csv: times always differ."""

from __future__ import annotations

from collections.abc import Sequence

from verify.records.discrepancy import Discrepancy
from verify.records.verdict import PASS

ORACLE = "proof"


def proved(row: Discrepancy) -> bool:
    """Whether the row's finding is a statement that was proved, and so is told in the section of the proofs."""
    return row.oracle == ORACLE and row.verdict == PASS


def section(rows: Sequence[Discrepancy]) -> dict[str, object] | None:
    """The names that proofs.html knows; None where no proof was asked for."""
    found = [row for row in rows if row.oracle == ORACLE]
    if not found:
        return None
    right = [row for row in found if proved(row)]
    groups: dict[tuple[str, str], list[Discrepancy]] = {}
    for row in found:
        groups.setdefault((row.formula, row.case), []).append(row)
    return {
        "groups": tuple((formula, case, tuple(of)) for (formula, case), of in groups.items()),
        "right": len(right),
        "all": len(found),
        "identities": sum(row.compared for row in right),
    }
