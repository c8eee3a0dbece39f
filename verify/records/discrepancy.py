"""One row of a report: what one oracle said to one question about one quantity."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan


@dataclass(frozen=True)
class Discrepancy:
    """One row of a report: what one oracle said to one question about one quantity.

    `own`, `inherited` and `used` are in units of the budget; a number that means nothing in a row is nan.
    """

    formula: str
    quantity: str
    question: str
    oracle: str
    verdict: str
    layer: int | None = None
    shape: str = ""
    case: str = ""
    dtype: str = "float64"
    seed: int = 0
    compared: int = 0
    skipped: int = 0
    max_abs: float = nan
    max_rel: float = nan
    max_ulp: float = nan
    at: str = ""
    mine: str = ""
    want: str = ""
    exact: str = ""
    budget: float = nan
    used: float = nan
    detects: float = nan
    digits_mine: float = nan
    digits_torch: float = nan
    own: float = nan
    inherited: float = nan
    oracle_error: float = nan
    convention: str = ""
    finding: str = ""
    diagnosis: str = ""
    source: str = ""


# The documented order of a report's columns (DESIGN, "The outside, which must stay stable").
COLUMNS = (
    "formula", "quantity", "layer", "shape", "case", "dtype", "seed", "question", "oracle", "compared", "skipped",
    "max_abs", "max_rel", "max_ulp", "at", "mine", "want", "exact", "budget", "used", "detects", "digits_mine",
    "digits_torch", "own", "inherited", "oracle_error", "convention", "finding", "verdict", "diagnosis", "source",
)  # fmt: skip
