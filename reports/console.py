"""What a run says on the terminal: a line a chapter, failures in full, where the time went, where the report is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.text import Text

from reports import exhaustive, faults, training
from reports.summary import all_rows, chapters, exit_status, failures, open_questions, reasons, standing, tensors
from reports.wording import counts, details, headline, network_line, slips_line, time_line, title
from verify.records.run import Run
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

STYLES = {PASS: "green", FAIL: "bold red", INCONCLUSIVE: "yellow"}
MOST_OPEN = 12  # undecided quantities named on the console; the page names them all


def show(run: Run, index: Path | None = None, file: IO[str] | None = None, quiet: bool = False) -> None:
    """Print a run. Colours on a terminal (NO_COLOR is respected), plain lines elsewhere; `quiet`: failures alone."""
    console = Console(file=file or sys.stdout, highlight=False, soft_wrap=True)
    for line in failed(run) if quiet else lines(run, index):
        console.print(line, soft_wrap=True)


def lines(run: Run, index: Path | None = None) -> Iterator[Text]:
    """The whole summary, line by line."""
    found = chapters(run)
    wide = max((len(chapter.heading) for chapter in found), default=0)
    for chapter in found:
        line = Text(f"{chapter.heading:<{wide}}  {len(chapter.formulas):>3} formulas")
        for text, verdict in counts([formula.verdict for formula in chapter.formulas]):
            line.append("  ").append(text, STYLES[verdict])
        yield line
    if run.slips:
        yield Text(slips_line(run.slips))
    if run.network:
        yield Text(network_line(run.network, tensors(run.network)))
    if run.exhaustive:
        yield Text(exhaustive.line(run.exhaustive))
    if run.faults:
        yield from map(Text, faults.lines(run.faults))
    if run.training:
        yield from map(Text, training.lines(run.training))
    yield from failed(run)
    undecided, why = open_questions(run), reasons(run)
    for name in undecided[:MOST_OPEN]:
        reason = why.get(name, "no oracle decided")
        yield Text("inconclusive", STYLES[INCONCLUSIVE]).append(f" {name}: {reason}", "default")
    if len(undecided) > MOST_OPEN:
        yield Text(f"and {len(undecided) - MOST_OPEN} more undecided quantities, all in the report")
    beside = sum(row.verdict == INCONCLUSIVE for row in all_rows(run))
    if beside and not undecided:
        yield Text(f"inconclusive beside rows that decide: {beside} of {len(all_rows(run))}; the report lists them")
    yield Text(time_line(run.timings), "dim")
    verdict = FAIL if failures(all_rows(run)) else {0: PASS, 1: FAIL}.get(exit_status(run), INCONCLUSIVE)
    yield Text(headline(run), STYLES[verdict])
    if index:
        yield Text(f"report: {index}")


def failed(run: Run) -> Iterator[Text]:
    """Every failure in full."""
    for row in failures(all_rows(run)):
        yield Text("FAIL", STYLES[FAIL]).append(f" {title(row)}", "default")
        yield from (Text(f"     {detail}") for detail in details(row, run.command))
    if run.exhaustive:
        total = exhaustive.totals(run.exhaustive)[FAIL]
        for line in exhaustive.named(run.exhaustive.wrong, total):
            yield Text("wrong", STYLES[FAIL]).append(f" {line}", "default")
    for slip in standing(run.slips):
        yield Text("FAIL", STYLES[FAIL]).append(f" {slip.formula}: the slip of the notes was not refuted", "default")
