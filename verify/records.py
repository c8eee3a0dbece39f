"""The records that a verification hands on: frozen dataclasses of plain numbers and strings, and nothing else.

Reports are made from these alone, so whatever a report shows stands in one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"


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


@dataclass(frozen=True)
class FormulaRecord:
    """What is known of one formula before anything is run."""

    id: str
    chapter: int
    chapter_title: str
    statement: str
    latex: str
    shapes: str
    source: str
    kind: str
    code: str
    sound_of: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Slip:
    """A slip of the notes' author (refuted by the row's own check, with the numbers) or of the scan (listed)."""

    formula: str
    kind: str
    as_written: str
    corrected: str
    verdict: str
    at: str = ""
    mine: str = ""
    want: str = ""
    used: float = nan
    note: str = ""


@dataclass(frozen=True)
class DataRecord:
    """A data set, shown as what it is; `images` are PNG thumbnails, and may be empty."""

    name: str
    shape: tuple[int, ...]
    positives: int
    negatives: int
    source: str
    licence: str
    note: str
    images: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class NetworkRecord:
    """The walk through one network, layer by layer."""

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    m: int
    data: DataRecord
    seed: int
    init: str
    dtype: str
    cost_mine: float
    cost_torch: float
    cost_exact: str
    rows: tuple[Discrepancy, ...]
    convention: str


@dataclass(frozen=True)
class Run:
    """Everything that one `handgrad verify` found out."""

    formulas: tuple[FormulaRecord, ...]
    discrepancies: tuple[Discrepancy, ...]
    slips: tuple[Slip, ...]
    network: NetworkRecord | None
    timings: tuple[tuple[str, float], ...]
    environment: Mapping[str, str]
    seed: int
    command: str


def overall(verdicts: list[str]) -> str:
    """The verdict of several rows: a fail decides; else one deciding row is enough; nothing decided is inconclusive.

    >>> overall(["pass", "inconclusive"]), overall(["pass", "fail"]), overall(["inconclusive"]), overall([])
    ('pass', 'fail', 'inconclusive', 'inconclusive')
    """
    if FAIL in verdicts:
        return FAIL
    return PASS if PASS in verdicts else INCONCLUSIVE


# The questions whose pass says that a formula is right; that its arithmetic holds says nothing about that.
DECIDING = ("formula", "agreement")


def concluded(rows: Iterable[tuple[str, str]]) -> str:
    """The verdict of (question, verdict) pairs: any fail is a fail; a pass is one that says that the formula is right.

    >>> concluded([("formula", "inconclusive"), ("arithmetic", "pass")])
    'inconclusive'
    >>> concluded([("formula", "pass"), ("arithmetic", "fail")]), concluded([("agreement", "pass")])
    ('fail', 'pass')
    """
    found = list(rows)
    if any(verdict == FAIL for _, verdict in found):
        return FAIL
    return overall([verdict for question, verdict in found if question in DECIDING])
