"""The records as pandas frames, and the frames as files that read back the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from math import isnan
from pathlib import Path

import pandas as pd

from reports.document import load
from reports.figures import fewest
from reports.summary import all_rows, summaries, tensors
from verify.records.discrepancy import COLUMNS, Discrepancy
from verify.records.run import Run
from verify.records.verdict import FAIL

FLOATS = (
    "max_abs", "max_rel", "max_ulp", "budget", "used", "detects", "digits_mine", "digits_torch", "own", "inherited",
    "oracle_error",
)  # fmt: skip
COUNTS = ("seed", "compared", "skipped")


# The documented order of the columns of a training, a row an iteration.
TRAINING = (
    "model", "iteration", "cost_manual", "cost_torch", "difference", "local_used", "spread", "step_used",
    "accuracy_train_manual", "accuracy_train_torch", "accuracy_test_manual", "accuracy_test_torch", "distance",
    "distance_spread",
)  # fmt: skip
TRAINING_DTYPES = dict.fromkeys(TRAINING, "float64") | {"model": "str", "iteration": "int64"}


# The documented order of the columns of the digits kept, a row a curve: its worst input, and how often none was kept.
HEALTH = {
    "formula": "str", "quantity": "str", "varied": "str", "dtype": "str", "side": "str", "inputs": "int64",
    "fewest": "float64", "lost": "int64", "at": "str", "mine": "str", "exact": "str", "remark": "str",
}  # fmt: skip


def _dtype(column: str) -> str:
    if column == "layer":
        return "Int64"  # an integer that may be missing
    return "float64" if column in FLOATS else "int64" if column in COUNTS else "str"


DTYPES = {column: _dtype(column) for column in COLUMNS}


def discrepancies(run_or_rows: Run | Sequence[Discrepancy]) -> pd.DataFrame:
    """One row a (quantity, question, oracle), with the documented columns in their documented order.

    A run keeps the order of the notes, the network last. The rows of a check come failures first, then the worst use
    of the budget first. Numbers that mean nothing are nan; `layer` is a nullable integer; the rest are strings.
    """
    rows = all_rows(run_or_rows) if isinstance(run_or_rows, Run) else sorted(run_or_rows, key=_worst_first)
    return pd.DataFrame({column: [_cell(getattr(row, column)) for row in rows] for column in COLUMNS}).astype(DTYPES)


def _cell(value: object) -> object:
    # A bare carriage return (in a reproducer made of somebody's file) would end the row in some readers of CSV.
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _worst_first(row: Discrepancy) -> tuple[bool, float]:
    return row.verdict != FAIL, float("inf") if isnan(row.used) else -row.used


def formulas(run: Run) -> pd.DataFrame:
    """One row a formula: what it is, its verdict, its worst use of the budget, the fewest digits kept in float64."""
    found = summaries(run)
    known = ("id", "chapter", "chapter_title", "kind", "statement", "shapes", "source", "sound_of", "remark", "latex")
    columns: dict[str, list[object]] = {name: [getattr(s.record, name) for s in found] for name in known}
    columns["rows"] = [len(s.rows) for s in found]
    columns["used"] = [s.used for s in found]
    columns["digits_mine"] = [fewest(s.digits_mine) for s in found]
    columns["digits_torch"] = [fewest(s.digits_torch) for s in found]
    columns["verdict"] = [s.verdict for s in found]
    types = dict.fromkeys(("chapter", "rows"), "int64") | dict.fromkeys(
        ("used", "digits_mine", "digits_torch"), "float64"
    )
    return pd.DataFrame(columns).astype({name: types.get(name, "str") for name in columns})


def slips(run: Run) -> pd.DataFrame:
    """One row a slip of the notes or of their scan."""
    names = ("formula", "kind", "as_written", "corrected", "verdict", "at", "mine", "want", "used", "note")
    frame = pd.DataFrame({name: [getattr(slip, name) for slip in run.slips] for name in names})
    return frame.astype({name: "float64" if name == "used" else "str" for name in names})


def network(run: Run) -> pd.DataFrame:
    """One row a tensor of the network, layer by layer; empty where no network was walked."""
    types = {
        "quantity": "str", "layer": "Int64", "shape": "str", "max_abs": "float64", "own": "float64",
        "inherited": "float64", "digits_mine": "float64", "digits_torch": "float64", "verdict": "str",
    }  # fmt: skip
    found = tensors(run.network) if run.network else ()
    return pd.DataFrame({name: [getattr(tensor, name) for tensor in found] for name in types}).astype(types)


def timings(run: Run) -> pd.DataFrame:
    """Where the time went. Wall times stand here and on the console, and in no other file: they differ every time."""
    frame = pd.DataFrame({"stage": [name for name, _ in run.timings], "seconds": [s for _, s in run.timings]})
    return frame.astype({"stage": "str", "seconds": "float64"})


def training(run: Run) -> pd.DataFrame:
    """One row an iteration of the training; empty where there was none. What is not known there is nan."""
    rows = run.training.rows if run.training else ()
    frame = pd.DataFrame({column: [_cell(getattr(row, column)) for row in rows] for column in TRAINING})
    return frame.astype(TRAINING_DTYPES)


def faults(run: Run) -> pd.DataFrame:
    """One row a fault: who was asked, who saw it (names joined by "; "), and a column for every peer."""
    tried = run.faults.faults if run.faults else ()
    texts = ("formula", "rule", "where", "verdict", "shown", "diagnosis", "named")
    table: dict[str, list[object]] = {name: [getattr(fault, name) for fault in tried] for name in texts}
    table |= {name: ["; ".join(getattr(fault, name)) for fault in tried] for name in ("asked", "caught")}
    for peer in dict.fromkeys(name for fault in tried for name, _ in fault.peers):
        table[peer] = [dict(fault.peers).get(peer, "") for fault in tried]
    frame = pd.DataFrame(table).astype("str")
    frame.insert(3, "square", pd.Series([fault.square for fault in tried], dtype="bool"))
    return frame


def health(run: Run) -> pd.DataFrame:
    """One row a formula, argument, precision and side: the input with the fewest digits. Every point is in report.json.

    `remark` is that of the formula and the argument, and stands in each of their rows.
    """
    rows = [
        (h.formula, h.quantity, h.varied, c.dtype, c.side, len(c.x), c.fewest, c.lost, c.at, c.mine, c.exact, h.remark)
        for h in run.health
        for c in h.curves
    ]
    columns = zip(*rows, strict=True) if rows else ((),) * len(HEALTH)
    return pd.DataFrame(dict(zip(HEALTH, columns, strict=True))).astype(HEALTH)


def to_csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def to_parquet(frame: pd.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def read(path: Path) -> pd.DataFrame:
    """The discrepancies of a report, from discrepancies.csv, discrepancies.parquet or report.json: the same frame."""
    if path.suffix == ".json":
        return discrepancies(load(path.read_text(encoding="utf-8")))
    return _table(path, DTYPES)


def read_training(path: Path) -> pd.DataFrame:
    """The iterations of a training, from training.csv, training.parquet or report.json: the same frame."""
    if path.suffix == ".json":
        return training(load(path.read_text(encoding="utf-8")))
    return _table(path, TRAINING_DTYPES)


def _table(path: Path, dtypes: Mapping[str, str]) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path, engine="pyarrow").astype(dict(dtypes))
    # All is read as text first: an element written "nan" is a string, and only an empty number is a missing one.
    cells = pd.read_csv(path, dtype="str", keep_default_na=False)
    numbers = [column for column, dtype in dtypes.items() if dtype in ("float64", "Int64")]
    missing = {column: cells[column].mask(cells[column] == "") for column in numbers}
    return cells.assign(**missing).astype(dict(dtypes))
