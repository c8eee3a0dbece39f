"""`handgrad formulas`: the formulas as plain text. Nothing heavy is imported here, so that the list comes at once."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path

from verify.records.formula import FormulaRecord
from verify.records.verdict import concluded


def listed(records: Sequence[FormulaRecord]) -> str:
    """Id, kind and statement of every formula, chapter by chapter."""
    columns = shutil.get_terminal_size((100, 24)).columns
    wide = max(len(record.id) for record in records)
    lines: list[str] = []
    chapter = None
    for record in records:
        if record.chapter != chapter:
            chapter = record.chapter
            lines += ["", _heading(record), ""] if lines else [_heading(record), ""]
        indent = " " * (wide + 4)
        text = f"{record.statement} ({record.kind})" if record.kind else record.statement
        lines += textwrap.wrap(
            text, max(columns - 1, wide + 30), initial_indent=f"  {record.id:<{wide}}  ", subsequent_indent=indent
        ) or [f"  {record.id}"]  # fmt: skip
    return "\n".join(lines)


def _heading(record: FormulaRecord) -> str:
    title = record.chapter_title
    return title if title.startswith(str(record.chapter)) else f"{record.chapter} · {title}"


def shown(record: FormulaRecord, verdict: str = "") -> str:
    """One formula: statement, LaTeX, shapes, source, code, and the last verdict, where there is one."""
    facts = (
        ("chapter", _heading(record)), ("kind", record.kind), ("sound form of", record.sound_of),
        ("LaTeX", record.latex), ("shapes", record.shapes), ("source", record.source), ("remark", record.remark),
        ("last verdict", verdict),
    )  # fmt: skip
    lines = [f"{name:<14}{value}" for name, value in facts if value]
    return "\n".join([record.id, f"  {record.statement}", "", *lines, "", record.code.rstrip()])


def last_verdict(id: str, report: Path) -> str:
    """What the report says of a formula; empty where there is no report, or it does not know the formula.

    A report that cannot be read is told, not raised: the formula is what was asked for.
    """
    try:
        raw = json.loads(report.read_text(encoding="utf-8"))
        rows = [(row["question"], row["verdict"]) for row in raw["discrepancies"] if row["formula"] == id]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"unknown: {report} cannot be read ({type(error).__name__})"
    return f"{concluded(rows)} ({len(rows)} rows, {report})" if rows else ""
