"""What is known of a formula of the notes, and of what is printed wrongly in them."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan


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
