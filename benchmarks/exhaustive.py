"""The exhaustive check against its peers, in turn in one run: `python -m benchmarks.exhaustive`.

Every contender judges the same gradient by hand of the same network on the same data, in float64, in a process of its
own: how long it takes, how much memory, and the smallest wrong element that it notices. Then what the cost hangs on.
A contender that ends with an error: exit status 1. Unusable arguments: 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from rich.console import Console

from benchmarks import exhaustive_tables as tables
from benchmarks.alone import Effort
from benchmarks.checks import MINE, Check, checks
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.ending import ended
from benchmarks.machine import cores, machine
from benchmarks.nets import Net
from benchmarks.scaling import POINTS, QUICK, Point
from benchmarks.scaling_plots import picture
from verify.errors import UserError, nearest

NETS = ("192-20-7-5-1", "768-20-7-5-1", "12288-20-7-5-1")
TINY = ("12-5-4-1",)
EXAMPLES = 209
ACTIVATIONS = ("relu", "tanh", "sigmoid")
ROUNDS = 3
STEM = "exhaustive"
WIDTH = 190
# Along the lines of the scaling, these beside handgrad, and of each a second's worth.
PEERS = ("numpy", "gradcheck")
SCALING = Effort(limit=1.0, part=1.0, again=1.0)
TITLES = ("What it costs", "The smallest wrong element noticed", "What the cost hangs on")


def main(argv: Sequence[str] | None = None) -> int:
    """Time what is asked for, print three tables, and return the exit status."""
    options = _parser().parse_args(argv)
    return ended(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    nets = [_net(name, options.activation) for name in options.net or (TINY if options.quick else NETS)]
    asked = _asked(options.only)
    if not 1 <= options.threads <= cores():
        raise UserError(f"--threads is {options.threads}; this machine gives 1 to {cores()}")
    if options.rounds is not None and options.rounds < 1:
        raise UserError(f"--rounds is {options.rounds}; at least one round is needed")
    page = _page(options.out) if options.out else None
    able, absent = [c for c in asked if not c.absent], [c for c in asked if c.absent]
    effort = Effort(limit=0.5, part=0.1, again=0.0) if options.quick else Effort()
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    found = [c for net in nets for c in checks(net, able, rounds, effort, options.threads, notice=True)]
    if not options.net:
        found += _scaling(QUICK if options.quick else POINTS, able, rounds, options)
    of = machine()
    every = zip(TITLES, (tables.cost(found, absent), tables.seen(found), tables.scaling(found)), strict=True)
    shown = [(title, rows) for title, rows in every if rows[1]]
    notes = tables.notes(found, of, options.threads, rounds, effort.part)
    if page:
        parts = [f"**{title}**\n\n{tables.markdown(rows)}" for title, rows in shown]
        if any(c.varied for c in found):
            page.with_suffix(".svg").write_text(picture(found), encoding="utf-8")
            parts.append(f"![{TITLES[2]}]({page.stem}.svg)")
        page.write_text("\n\n".join([*parts, *notes]) + "\n", encoding="utf-8")
    if options.json:
        missing = {contender.name: contender.absent for contender in absent}
        print(json.dumps({"machine": of, "checks": tables.records(found), "absent": missing}, indent=1))
        return 0
    console = Console(highlight=False, width=max(WIDTH, Console().width))
    for title, rows in shown:
        console.print(tables.terminal(title, rows))
    for note in notes:
        console.print(note)
    return 0


def _scaling(
    points: Sequence[Point], able: Sequence[Contender], rounds: int, options: argparse.Namespace
) -> list[Check]:
    """Handgrad in all rounds, the peers in one. A network that several lines share is timed once."""
    mine, peers = [c for c in able if c.name == MINE], [c for c in able if c.name in PEERS and not options.quick]
    effort = Effort(limit=0.5, part=0.1, again=0.0) if options.quick else SCALING
    done: list[Check] = []
    for net, _ in groupby(sorted((p.net for p in points), key=repr)):
        done += checks(net, mine, rounds, effort, options.threads) if mine else []
        done += checks(net, peers, 1, effort, options.threads) if peers else []
    return [replace(c, varied=p.varied, at=p.at) for p in points for c in done if c.net == p.net]


def _net(name: str, hidden: str) -> Net:
    sizes = name.split("-")
    if len(sizes) < 2 or not all(size.isdecimal() and int(size) for size in sizes) or sizes[-1] != "1":
        raise UserError(f"--net is {name!r}; sizes n[0] to n[L] are expected, the last of them 1, such as {NETS[0]}")
    return Net(tuple(map(int, sizes)), EXAMPLES, hidden)


def _asked(names: Sequence[str]) -> list[Contender]:
    known = {contender.name: contender for contender in CONTENDERS}
    for name in names:
        if name not in known:
            raise UserError(f"no contender is called {name!r}{nearest(name, known)}; there are {', '.join(known)}")
    return [contender for name, contender in known.items() if not names or name in names]


def _page(out: Path) -> Path:
    """The page to write, the picture beside it: FILE.md, or exhaustive.md in a folder, which is made."""
    if out.suffix not in ("", ".md"):
        raise UserError(f"--out is {str(out)!r}; a folder or a page that ends in .md is expected")
    page = out if out.suffix else out / f"{STEM}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    return page


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.exhaustive", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--net", action="append", metavar="SIZES",
        help=f"this alone, and no lines of scaling; again for more; default: {', '.join(NETS)}",
    )  # fmt: skip
    parser.add_argument("--activation", choices=ACTIVATIONS, default="relu", help="of the hidden layers of these")
    names = ", ".join(contender.name for contender in CONTENDERS)
    parser.add_argument("--only", action="append", default=[], metavar="CONTENDER", help=f"again for more: {names}")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of every contender; default: 1")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"default: {ROUNDS}")
    parser.add_argument("--quick", action="store_true", help="single calls on small parts: a look, no measurement")
    parser.add_argument("--json", action="store_true", help="records on standard output")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write exhaustive.md and exhaustive.svg; or FILE.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
