"""The cells as a table: on the terminal, in Markdown, as CSV, as records."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from rich import box
from rich.table import Table

from benchmarks.cells import Cell
from benchmarks.rounds import Spread
from reports.figures import DASH

COLUMNS = (
    "network", "m", "dtype", "threads", "hand/eager", "hand/compiled", "products/hand", "products/eager", "ms", "X",
    "others",
)  # fmt: skip
WORDS = ("network", "dtype", "X")
RATIO = COLUMNS.index("hand/eager")


def cells_of(cell: Cell) -> tuple[str, ...]:
    """A row of the table: two ratios with their quartiles, then medians."""
    of = cell.subject
    return (
        of.net.name, str(of.net.m), of.dtype, str(of.threads), quartiles(cell.eager),
        quartiles(cell.compiled) if cell.compiled else DASH, f"{cell.products.median:.2f}", f"{cell.floor.median:.2f}",
        f"{cell.milliseconds:.3g}", of.by_hand if of.by_hand == of.torch else f"{of.by_hand}, {of.torch}",
        DASH if isnan(cell.others) else f"{100 * cell.others:.0f} %",
    )  # fmt: skip


def quartiles(x: Spread) -> str:
    """
    >>> quartiles(Spread(0.8214, 0.81, 0.836))
    '0.82 (0.81–0.84)'
    """
    return f"{x.median:.2f} ({x.low:.2f}–{x.high:.2f})"


def notes(cells: Sequence[Cell], of: Mapping[str, str]) -> list[str]:
    """The machine in a line, and why torch.compile is missing where it is."""
    missing = dict.fromkeys(cell.note for cell in cells if cell.note)
    return ["; ".join(f"{k}: {v}" for k, v in of.items()), *(f"torch.compile: {note}" for note in missing)]


def terminal(cells: Sequence[Cell]) -> Table:
    """For rich to print."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in WORDS else "right", no_wrap=True)
    for cell in cells:
        table.add_row(*cells_of(cell))
    return table


def markdown(cells: Sequence[Cell], of: Mapping[str, str]) -> str:
    """The table and its notes, the ratios of 1 and more in bold."""
    rows = [[*cells_of(cell)] for cell in cells]
    for row, cell in zip(rows, cells, strict=True):
        row[RATIO] = row[RATIO] if cell.eager.median < 1 else f"**{row[RATIO]}**"
    lines = [COLUMNS, [":--" if name in WORDS else "--:" for name in COLUMNS], *rows]
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + ["", *notes(cells, of), ""])


def records(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Flat, a dict a cell: net, m, dtype, ..., eager_median, eager_low, ..."""
    return [
        {"net": cell.subject.net.name, "m": cell.subject.net.m}
        | {name: getattr(cell.subject, name) for name in ("dtype", "threads", "by_hand", "torch")}
        | {
            f"{name}_{part}": getattr(getattr(cell, name), part, None)
            for name in ("eager", "compiled", "products", "floor")
            for part in ("median", "low", "high")
        }
        | {name: getattr(cell, name) for name in ("milliseconds", "others", "note")}
        for cell in cells
    ]


def to_csv(cells: Sequence[Cell]) -> str:
    """The same as CSV, every digit kept."""
    found = records(cells)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in found for key in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()
