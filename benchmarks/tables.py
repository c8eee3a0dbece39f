"""The cells as a table: on the terminal, in Markdown, as CSV, as records."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isnan
from typing import Any

from rich import box
from rich.table import Table

from benchmarks.cells import Cell
from benchmarks.rounds import Spread
from reports.figures import DASH

COLUMNS = ("network", "m", "dtype", "threads", "by hand / eager", "by hand / compiled", "products", "ms", "X", "others")


def cells_of(cell: Cell) -> tuple[str, ...]:
    """A row of the table: the ratios with their quartiles, the products as a share of the step."""
    return (
        cell.net, str(cell.m), cell.dtype, str(cell.threads), quartiles(cell.eager),
        quartiles(cell.compiled) if cell.compiled else DASH, f"{100 * cell.products.median:.0f} %",
        f"{cell.milliseconds:.3g}", cell.by_hand if cell.by_hand == cell.torch else f"{cell.by_hand}, {cell.torch}",
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
        table.add_column(name, justify="left" if name in ("network", "dtype", "X") else "right", no_wrap=True)
    for cell in cells:
        table.add_row(*cells_of(cell))
    return table


def markdown(cells: Sequence[Cell], of: Mapping[str, str]) -> str:
    """The table and its notes, the ratios of 1 and more in bold."""
    rows = [[*cells_of(cell)] for cell in cells]
    for row, cell in zip(rows, cells, strict=True):
        row[4] = row[4] if cell.eager.median < 1 else f"**{row[4]}**"
    lines = [COLUMNS, ["---"] * len(COLUMNS), *rows]
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + ["", *notes(cells, of), ""])


def records(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Flat, a dict a cell: eager_median, eager_low, ..."""
    return [_flat(asdict(cell)) for cell in cells]


def to_csv(cells: Sequence[Cell]) -> str:
    """The same as CSV, every digit kept."""
    found = records(cells)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in found for key in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if name in ("eager", "compiled", "products"):
            flat |= {f"{name}_{part}": (value or {}).get(part) for part in ("median", "low", "high")}
        else:
            flat[name] = value
    return flat
