"""Why undecided rows are undecided, told alike for alike ones, so that they can be counted."""

from __future__ import annotations

import re

from verify.records.discrepancy import Discrepancy

SKIPPED = re.compile(r"^(\w+: )?\d+ of \d+ elements skipped, the first at \[[^]]*\]: ")
PLACE = re.compile(r"\[[\d, ]*\]|\(\d[\d, ]*\)")
NUMBER = re.compile(r"(?<![A-Za-z_.\d])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)\b")


def reason(row: Discrepancy) -> str:
    """Why an undecided row is undecided, without the names and numbers of its problem: the first of what it says.

    >>> from verify.records.verdict import INCONCLUSIVE
    >>> reason(Discrepancy("f", "dW1", "formula", "differences", INCONCLUSIVE, finding="W1: 2 of 4 elements skipped, "
    ...     "the first at [0, 0]: a kink within the step; b1: 1 of 2 elements skipped, the first at [0, 0]: noise"))
    'elements skipped: a kink within the step'
    """
    clauses = [clause for clause in row.finding.split("; ") if clause]
    own = [c for c in clauses if c.startswith(f"{row.quantity.removeprefix('d')}: ")]
    whole = [c for c in clauses if not SKIPPED.match(c)]
    said = (whole or own or clauses or ["no reason given"])[0]
    general = PLACE.sub("[…]", SKIPPED.sub("elements skipped: ", said))
    return NUMBER.sub(lambda number: number[0] if number[0] in ("0", "1") else "N", general)
