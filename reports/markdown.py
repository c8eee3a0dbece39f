"""summary.md: the verdicts on one screen, for a pull request or the summary of a CI job."""

from __future__ import annotations

from reports import exhaustive, faults, training
from reports.summary import all_rows, chapters, failures, open_questions, reasons, standing, tensors
from reports.wording import details, headline, network_line, slips_line, title
from verify.records.run import Run
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS


def summary(run: Run) -> str:
    """The summary as Markdown."""
    lines = [f"# {_cell(headline(run))}", ""]
    if run.formulas or not (run.training or run.faults):
        lines += ["| chapter | pass | fail | inconclusive |", "|---|---:|---:|---:|"]
    for chapter in chapters(run):
        numbers = " | ".join(str(chapter.count(verdict)) for verdict in (PASS, FAIL, INCONCLUSIVE))
        lines.append(f"| {_cell(chapter.heading)} | {numbers} |")
    lines += [""] if lines[-1] else []
    if run.slips:
        lines += [f"- {slips_line(run.slips)}"]
    if run.network:
        lines += [f"- {network_line(run.network, tensors(run.network))}"]
    if run.exhaustive:
        lines += [f"- {_cell(exhaustive.line(run.exhaustive))}"]
    if run.faults:
        lines += [f"- {_cell(line.strip())}" for line in faults.lines(run.faults)]
    if run.training:
        lines += [f"- {_cell(line)}" for line in training.lines(run.training)]
    lines += [f"- seed {run.seed}, `{run.command}`", ""]
    for row in failures(all_rows(run)):
        lines += [f"## fail: {_cell(title(row))}", "", *_fenced(details(row, run.command)), ""]
    if run.exhaustive and run.exhaustive.wrong:
        total = exhaustive.totals(run.exhaustive)[FAIL]
        lines += ["## fail: wrong elements", "", *_fenced(exhaustive.named(run.exhaustive.wrong, total)), ""]
    for slip in standing(run.slips):
        lines += [f"## fail: the slip in {slip.formula} was not refuted", "", *_fenced((slip.as_written,)), ""]
    undecided = open_questions(run)
    if undecided:
        why = reasons(run)
        named = (f"{name}: {why[name]}" if name in why else name for name in undecided)
        lines += ["## Undecided by every oracle", "", *(f"- {_cell(name)}" for name in named), ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _fenced(lines: tuple[str, ...]) -> list[str]:
    """A code block; its fence is longer than any run of backquotes within."""
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    return [f"{fence}text", *lines, fence]
