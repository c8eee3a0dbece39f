"""Certified derivatives a second, against the size of the network: `python -m benchmarks.certificate`.

Every derivative in one pass of jets, against one pass for each parameter, in turn in one run on one thread; and where
the time of the one pass goes. A backward that the certificate refutes is not timed: exit status 1. Unusable arguments:
2.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.certified import ALONE, PARTS, REST, Certified, measured, nets
from benchmarks.ending import ended
from benchmarks.machine import machine
from benchmarks.rounds import threads
from benchmarks.tables import quartiles
from reports.figures import DASH
from verify.errors import UserError

COLUMNS = (
    "network", "m", "hidden", "parameters", "s", "derivatives/s", "one by one/s", "gain", "decision s", *PARTS, REST,
    "others",
)  # fmt: skip
WORDS = ("network", "hidden")
ROUNDS = 5
WIDTH = 180  # the table needs it, also where the output is no terminal


def main(argv: Sequence[str] | None = None) -> int:
    """Time what is asked for, print one table, and return the exit status."""
    options = _parser().parse_args(argv)
    return ended(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    if options.out and options.out.suffix != ".md":
        raise UserError(f"--out is {str(options.out)!r}; a table is written as .md")
    if options.rounds < 1:
        raise UserError(f"--rounds is {options.rounds}; at least one round is needed")
    of = machine()
    chosen = list(nets())
    with threads(1):
        if options.quick:
            found = [measured(chosen[0], 1, 3)]
        else:
            found = [measured(net, options.rounds, ALONE) for net in chosen]
    if options.out:
        options.out.write_text(markdown(found, of), encoding="utf-8")
    if options.json:
        print(json.dumps({"machine": of, "cells": [record(cell) for cell in found]}, indent=1))
        return 0
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in WORDS else "right", no_wrap=True)
    for cell in found:
        table.add_row(*cells_of(cell))
    console = Console(highlight=False, width=max(WIDTH, Console().width))
    console.print(table)
    console.print(told(of))
    return 0


def cells_of(cell: Certified) -> tuple[str, ...]:
    """A row of the table: medians, the gain with its quartiles, and shares of one pass."""
    return (
        cell.net.name, str(cell.net.m), cell.net.hidden, f"{cell.parameters:,}", f"{cell.together.median:.3g}",
        f"{cell.per_second:,.0f}", f"{1 / cell.alone.median:,.0f}", quartiles(cell.gain),
        DASH if isnan(cell.decision) else f"{cell.decision:.3g}", *(f"{100 * x:.0f} %" for x in cell.shares.values()),
        DASH if isnan(cell.others) else f"{100 * cell.others:.0f} %",
    )  # fmt: skip


def told(of: Mapping[str, str]) -> str:
    return "; ".join(f"{k}: {v}" for k, v in of.items())


def markdown(cells: Sequence[Certified], of: Mapping[str, str]) -> str:
    """The table, and the machine below it."""
    lines = [COLUMNS, [":--" if name in WORDS else "--:" for name in COLUMNS], *map(cells_of, cells)]
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + ["", told(of), ""])


def record(cell: Certified) -> dict[str, Any]:
    """Flat: network, m, hidden, parameters, seconds by quartiles, shares."""
    spreads = {"together": cell.together, "alone": cell.alone, "gain": cell.gain}
    return {
        "net": cell.net.name, "m": cell.net.m, "hidden": cell.net.hidden, "parameters": cell.parameters,
        "per_second": cell.per_second,
        **{f"{name}_{part}": getattr(x, part) for name, x in spreads.items() for part in ("median", "low", "high")},
        "decision": None if isnan(cell.decision) else cell.decision, **cell.shares,
        "others": None if isnan(cell.others) else cell.others,
    }  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.certificate", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"default: {ROUNDS}")
    parser.add_argument("--quick", action="store_true", help="the smallest network, once: a look, no measurement")
    parser.add_argument("--json", action="store_true", help="records on standard output")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table too: .md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
