"""index.html: one page that needs nothing beside it; no script, no request, the same bytes for the same run."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import isnan, nan
from pathlib import Path
from statistics import median

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import exhaustive, experiment_plots, faults, figures, health, peers, proofs
from reports.figures import count, digits, number, share
from reports.mathml import mathml
from reports.plots import digits_kept
from reports.summary import (
    Tensor,
    all_rows,
    chapters,
    failures,
    open_questions,
    standing,
    summaries,
    tensors,
)
from reports.training import how_often, parts, verdict
from reports.training_section import section
from reports.wording import TRAINING, again, headline
from verify.records.discrepancy import Discrepancy
from verify.records.network import NetworkRecord
from verify.records.run import Run
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

TEMPLATES = Path(__file__).parent / "templates"

EDGES = "Fewest digits by {} in float64, saturated cases included"


def page(run: Run) -> str:
    """The whole report as one HTML document."""
    rows = all_rows(run)
    training = section(run.training) if run.training else None
    alone = not run.formulas and (training is not None or run.faults is not None)
    return (
        templates()
        .get_template("index.html")
        .render(
            run=run,
            style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
            # A reason may be long: it stands below the headline.
            headline=verdict(run.training) if run.training and alone else headline(run),
            training=training,
            alone=alone,
            chapters=chapters(run),
            failures=failures(rows),
            standing=standing(run.slips),
            open_questions=open_questions(run),
            findings=findings(row for row in rows if row.formula != TRAINING and not proofs.proved(row)),
            proofs=proofs.section(rows),
            known={record.id for record in run.formulas},
            author=[slip for slip in run.slips if slip.kind == "author"],
            scan=[slip for slip in run.slips if slip.kind != "author"],
            network=_network(run.network) if run.network else None,
            exhaustive=exhaustive.section(run.exhaustive) if run.exhaustive else None,
            faults=faults.section(run.faults) if run.faults else None,
            peers=peers.section(run.peer_cases) if run.peer_cases else None,
            portraits=health.portraits(run.health),
            experiments=[(experiment, experiment_plots.picture(experiment)) for experiment in run.experiments],
            glance=glance(run),
            tally=[
                (verdict, sum(s.verdict == verdict for s in summaries(run))) for verdict in (PASS, FAIL, INCONCLUSIVE)
            ],
        )
    )


@cache
def templates() -> Environment:
    """The templates, compiled once, with what they call."""
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters |= {
        name: getattr(figures, name) for name in ("number", "share", "digits", "span", "count", "plural", "short")
    }
    jinja.filters |= {"prose": prose, "parts": parts, "how_often": how_often, "again": again}
    jinja.filters["mathml"] = lambda latex: Markup(mathml(latex))
    jinja.filters["inline_math"] = lambda latex: Markup(mathml(latex, display="inline"))
    return jinja


@dataclass(frozen=True)
class Fact:
    """A figure at the head of the page; `formula` is where it was met, if at one place."""

    name: str
    value: str
    formula: str = ""


def glance(run: Run) -> tuple[Fact, ...]:
    """The figures at the head of the page."""
    rows = all_rows(run)
    passed = [row for row in rows if row.verdict == PASS]
    float64 = [row for row in rows if row.dtype == "float64"]
    # Exact against exact sees errors of any size; what floats let through is the question.
    seen = [row.detects for row in float64 if row.verdict == PASS and row.question != "formula"]
    seen = [detects for detects in seen if not isnan(detects)]
    author = [slip for slip in run.slips if slip.kind == "author"]
    facts = [
        Fact("Checks run", count(len(rows))),
        Fact("Numbers compared", count(sum(row.compared for row in rows))),
        Fact("Smallest relative error a float64 row would show (median)", number(median(seen) if seen else nan)),
    ]
    measured = [row for row in passed if not isnan(row.used)]
    if measured:
        row = max(measured, key=lambda row: row.used)
        facts.append(Fact("Worst use of a budget that held", share(row.used), row.formula))
    mine = [row for row in float64 if not isnan(row.digits_mine)]
    if mine:
        row = min(mine, key=lambda row: row.digits_mine)
        facts.append(Fact(EDGES.format("hand"), digits(row.digits_mine), row.formula))
    torch = [row for row in float64 if not isnan(row.digits_torch)]
    if torch:
        row = min(torch, key=lambda row: row.digits_torch)
        facts.append(Fact(EDGES.format("PyTorch"), digits(row.digits_torch), row.formula))
    if author:
        refuted = sum(slip.verdict == "refuted" for slip in author)
        facts.append(Fact("Author’s slips refuted", f"{refuted} of {len(author)}"))
    if run.network:
        verdicts = [tensor.verdict for tensor in tensors(run.network)]
        facts.append(Fact("Tensors of the network that pass", f"{verdicts.count(PASS)} of {len(verdicts)}"))
    if run.exhaustive:
        right, every = exhaustive.totals(run.exhaustive)[PASS], run.exhaustive.elements
        facts.append(Fact(f"Parameters that pass, of {count(every)}", count(right)))
    return tuple(facts)


def prose(text: str) -> Markup:
    """Text with what stands between backquotes as code, and everything else escaped.

    >>> prose("see `a<b` & c")
    Markup('see <code>a&lt;b</code> &amp; c')
    """
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(re.split("`([^`]*)`", text))
    )


def findings(rows: Iterable[Discrepancy]) -> tuple[tuple[Discrepancy, int], ...]:
    """The rows with a finding, those that say the same of the same formula once, with their number."""
    said: dict[tuple[str, str], list[Discrepancy]] = {}
    for row in rows:
        if row.finding:
            said.setdefault((row.formula, row.finding), []).append(row)
    return tuple((same[0], len(same)) for same in said.values())


def _network(network: NetworkRecord) -> dict[str, object]:
    found: tuple[Tensor, ...] = tensors(network)
    return {
        "record": network,
        "tensors": found,
        "images": [b64encode(image).decode("ascii") for image in network.data.images],
        "chart": Markup(digits_kept(found, network.dtype)),
        "name": "-".join(map(str, network.layers)),
    }
