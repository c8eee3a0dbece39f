"""The tables of the exhaustive check beside its peers: on the terminal, in Markdown, as records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from benchmarks.checks import MINE, Check
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.rounds import Spread
from reports.figures import DASH, count, number, plural

MIB = 2**20
TITLES = {contender.name: contender for contender in CONTENDERS}
COST = (
    "network", "P", "check", "compares", "elements", "time", "/ handgrad", "ns/P", "peak MiB", "first call",
    "right gradient",
)  # fmt: skip
SEEN = ("network", "check", "rule", "right gradient", "largest", "1e-3 of it")
WORDS = ("network", "check", "compares", "rule", "right gradient", "varied")

# A header, and rows as long as it.
Rows = tuple[tuple[str, ...], list[tuple[str, ...]]]


def cost(checks: Sequence[Check], absent: Sequence[Contender] = ()) -> Rows:
    """What a check of each network takes; those that could not run, last."""
    rows = [
        (
            c.net.name, count(c.size), TITLES[c.contender].title, TITLES[c.contender].judges, _elements(c), _time(c),
            _ratio(c), rounded(1e9 * c.seconds.median / c.size), f"{c.peak / MIB:.1f}",
            duration(c.first) if c.whole else DASH, c.verdict,
        )
        for c in checks
        if not c.varied
    ]  # fmt: skip
    missing = [("all", DASH, each.title, each.judges, *[DASH] * 6, each.absent) for each in absent]
    return COST, [*rows, *missing]


def seen(checks: Sequence[Check]) -> Rows:
    """The smallest δ at which one wrong element is noticed."""
    return SEEN, [
        (
            c.net.name,
            TITLES[c.contender].title,
            each.rule or DASH,
            each.right,
            _delta(each, "largest"),
            _delta(each, "small"),
        )
        for c in checks
        for each in c.noticed
    ]


def scaling(checks: Sequence[Check]) -> Rows:
    """One row a point: time, nanoseconds a parameter and memory of handgrad, times of the peers that were measured."""
    points: dict[tuple[str, int], dict[str, Check]] = {}
    for c in checks:
        if c.varied:
            points.setdefault((c.varied, c.at), {})[c.contender] = c
    peers = list(dict.fromkeys(name for found in points.values() for name in found if name != MINE))
    header = ("varied", "value", "network", "m", "P", MINE, "ns/P", "peak MiB", *(TITLES[name].title for name in peers))
    rows = []
    for (varied, at), found in points.items():
        first, mine = next(iter(found.values())), found.get(MINE)
        own = (
            (_time(mine), rounded(1e9 * mine.seconds.median / mine.size), f"{mine.peak / MIB:.1f}")
            if mine
            else (DASH,) * 3
        )
        others = (_time(found[name]) if name in found else DASH for name in peers)
        rows.append((varied, str(at), first.net.name, str(first.net.m), count(first.size), *own, *others))
    return header, rows


def notes(checks: Sequence[Check], of: Mapping[str, str], threads: int, rounds: int, part: float) -> list[str]:
    """What the marks mean, and the machine in a line."""
    found = [f"{plural(threads, 'thread')}, float64, median and quartiles of {plural(rounds, 'round')}"]
    if any(not c.whole for c in checks):
        found.append(
            f"≈: so many elements were timed as take about {part:g} s, spread evenly over all; extrapolated linearly "
            "in their number; the peak is that of the part, and the course's rule takes the others to agree"
        )
    return [*found, "; ".join(f"{k}: {v}" for k, v in of.items())]


def terminal(title: str, rows: Rows) -> Table:
    """For rich to print."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="left" if name in WORDS else "right", no_wrap=True)
    for row in rows[1]:
        table.add_row(*map(escape, row))
    return table


def markdown(rows: Rows) -> str:
    header, body = rows
    lines = [header, [":--" if name in WORDS else "--:" for name in header], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def records(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """A dict a check, every digit kept; seconds are of all elements, extrapolated where `whole` is false."""
    return [asdict(c) | {"net": c.net.name, "m": c.net.m, "whole": c.whole} for c in checks]


def duration(seconds: float) -> str:
    """
    >>> duration(0.00034), duration(0.0931), duration(0.139), duration(9.32), duration(1834), duration(9000)
    ('0.34 ms', '93 ms', '140 ms', '9.3 s', '31 min', '2.5 h')
    """
    for least, size, unit in ((7200, 3600, "h"), (100, 60, "min"), (1, 1, "s")):
        if seconds >= least:
            return f"{rounded(seconds / size)} {unit}"
    return f"{rounded(1000 * seconds)} ms"


def rounded(x: float) -> str:
    """Two significant digits, without powers of ten.

    >>> rounded(12345.6), rounded(139.0), rounded(0.0826)
    ('12,000', '140', '0.083')
    """
    return f"{float(f'{x:.2g}'):,.0f}" if x >= 10 else f"{x:.2g}"


def _time(c: Check) -> str:
    x: Spread = c.seconds
    told = duration(x.median) + ("" if x.low == x.high else f" ({duration(x.low)}–{duration(x.high)})")
    return told if c.whole else f"≈ {told}"


def _elements(c: Check) -> str:
    return "all" if c.whole else f"{count(c.elements)} timed"


def _ratio(c: Check) -> str:
    return DASH if c.over is None or c.contender == MINE else f"{rounded(c.over.median)} ×"


def _delta(each: Any, which: str) -> str:
    delta = getattr(each, which)
    if delta is not None:
        return number(delta)
    return "rejects the right one" if each.right == "fail" else "none"
