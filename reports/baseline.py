"""Known failures: a gate can be adopted where something fails already, and still sees whatever is new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verify.errors import UserError
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL

# What makes a row the same row in another run.
KEY = ("formula", "quantity", "layer", "question", "oracle", "case", "dtype")
Known = frozenset[tuple[Any, ...]]


def known_failures(report: Path) -> Known:
    """The failures that an earlier report.json holds. Raises UserError where it cannot be read as one."""
    try:
        raw = json.loads(report.read_text(encoding="utf-8"))
        others = (raw.get(part, ()) for part in ("exhaustive_rows", "training_checks"))
        rows = (*raw["discrepancies"], *raw["network_rows"], *(row for rows in others for row in rows))
        return frozenset(_key(row) for row in rows if row["verdict"] == FAIL)
    except OSError as error:
        raise UserError(
            f"the baseline {report} cannot be read: {error.strerror}; give the report.json of a run"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"the baseline {report} is no report of handgrad; give the report.json of a run") from None


def is_known(row: Discrepancy, known: Known) -> bool:
    """Whether the row failed already in the baseline."""
    return _key(vars(row)) in known


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY)
