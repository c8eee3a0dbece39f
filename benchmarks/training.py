"""The hand-written step of descent against PyTorch's, side by side in one run: `python -m benchmarks.training`.

A cell of the table is a network, a dtype and a number of threads. Both sides start from the same numbers, and take one
step that is compared first; where they differ, nothing is timed and the exit status is 1. Unusable arguments: 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import tables
from benchmarks.agree import check_step
from benchmarks.cells import cell, subject, timed
from benchmarks.ending import ended
from benchmarks.machine import cores, machine
from benchmarks.nets import NETS
from benchmarks.profiles import profile
from benchmarks.rounds import Clock
from verify.errors import UserError, nearest

DTYPES = ("float64", "float32")
PASSES = 3
FORMATS = (".md", ".csv")
REPEATED: dict[str, dict[str, Any]] = {
    "--net": {"metavar": "SIZES", "help": "such as 2-4-1; again for more; default: all"},
    "--dtype": {"choices": DTYPES, "help": "default: both"},
    "--threads": {"type": int, "metavar": "N", "help": "default: 1, and 2 where there are two cores"},
}
WIDTH = 160  # the table needs it, also where the output is no terminal


def main(argv: Sequence[str] | None = None) -> int:
    """Time what is asked for, print one table, and return the exit status."""
    options = _parser().parse_args(argv)
    return ended(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    known = {net.name: net for net in NETS}
    for name in options.net:
        if name not in known:
            raise UserError(f"no network is called {name!r}{nearest(name, known)}; there are {', '.join(known)}")
    if options.out and options.out.suffix not in FORMATS:
        raise UserError(f"--out is {str(options.out)!r}; a table is written as {' or '.join(FORMATS)}")
    counts = options.threads or [n for n in (1, 2) if n <= cores()]
    if not 1 <= min(counts) <= max(counts) <= cores():
        raise UserError(f"--threads is {', '.join(map(str, counts))}; this machine gives 1 to {cores()}")
    if options.rounds is not None and options.rounds < 1:
        raise UserError(f"--rounds is {options.rounds}; at least one round is needed")
    nets = [known[name] for name in options.net] or list(NETS)
    kinds = list(product(counts, nets, options.dtype or DTYPES))
    of = machine()
    for net in nets:
        check_step(net)
    if options.profile:
        for count, net, dtype in kinds:
            print(profile(net, dtype, count), flush=True)
        return 0
    clock = Clock(0.0, 0.0) if options.quick else Clock()
    rounds = options.rounds or (3 if options.quick else 5)
    subjects = [subject(net, dtype, count, clock) for count, net, dtype in kinds]
    # The whole table again and again: what disturbs the machine for a minute falls on all of it.
    passes = [
        [timed(of, rounds, clock, options.compile) for of in subjects] for _ in range(1 if options.quick else PASSES)
    ]
    found = [cell(of, each) for of, each in zip(subjects, zip(*passes, strict=True), strict=True)]
    if options.out:
        text = tables.to_csv(found) if options.out.suffix == ".csv" else tables.markdown(found, of)
        options.out.write_text(text, encoding="utf-8")
    if options.json:
        print(json.dumps({"machine": of, "cells": tables.records(found)}, indent=1))
        return 0
    console = Console(highlight=False, width=max(WIDTH, Console().width))
    console.print(tables.terminal(found))
    for note in tables.notes(found, of):
        console.print(note)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.training", description=(__doc__ or "").partition("\n")[0])
    for flag, rest in REPEATED.items():
        parser.add_argument(flag, action="append", default=[], **rest)
    parser.add_argument(
        "--rounds", type=int, metavar="N", help=f"rounds a cell in each of the {PASSES} passes; default: 5"
    )
    parser.add_argument("--quick", action="store_true", help="one pass of single steps: a look, no measurement")
    parser.add_argument("--no-compile", dest="compile", action="store_false", help="leave torch.compile out")
    parser.add_argument("--profile", action="store_true", help="instead: where each side's time goes")
    parser.add_argument("--json", action="store_true", help="records on standard output")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table too: .md or .csv")
    return parser


if __name__ == "__main__":
    sys.exit(main())
