"""timings.svg: how long one pass takes, by the loop and vectorised, and how long each formula's proof.

It stands beside the page: times always differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import altair as alt

from reports.axes import axis_of
from reports.plots import DASHES, INK, LINES, standalone

# The rows of timings.csv that this picture is made of: "one pass, n_x = 20, m = 1000, vectorised".
PASS = re.compile(r"one pass, n_x = (?P<n_x>\d+), m = (?P<m>\d+), (?P<name>\w+)")
# "proof, deep.dW, dW": a row for each proof.
PROOF = re.compile(r"proof, (?P<formula>[^,]+), (?P<names>.+)")
# 5e-05 as "50 µs": Vega's own prefixes, a space before them.
SECONDS = "replace(format(datum.value, '~s'), regexp('([^0-9.]?)$'), ' $1s')"


def passes(timings: Sequence[tuple[str, float]]) -> str:
    """The pictures as one SVG file; where no pass was timed, it says so."""
    charts = [_passes(timings), *_proofs(timings)]
    return standalone(alt.vconcat(*charts, spacing=30) if len(charts) > 1 else charts[0])


def _titled(title: str) -> alt.Title:
    return alt.Title(title, anchor="start", fontWeight="normal", color=INK)


def _proofs(timings: Sequence[tuple[str, float]]) -> list[alt.Chart]:
    """A bar a formula: the time of all its proofs."""
    spent: dict[str, float] = {}
    for name, seconds in timings:
        if match := PROOF.fullmatch(name):
            spent[match["formula"]] = spent.get(match["formula"], 0.0) + seconds
    if not spent:
        return []
    values = [{"formula": formula, "seconds": seconds} for formula, seconds in spent.items()]
    title = f"The proofs of each formula, {sum(spent.values()):.2g} s together"
    return [
        alt.Chart({"values": values}, title=_titled(title))
        .mark_bar(color=LINES[0])
        .encode(
            y=alt.Y("formula:N", sort=list(spent), title=None, axis=alt.Axis(ticks=False, domain=False)),
            x=alt.X("seconds:Q", title="time", axis=alt.Axis(labelExpr=SECONDS)),
        )
        .properties(width=460, height=alt.Step(16))
    ]


def _passes(timings: Sequence[tuple[str, float]]) -> alt.Chart:
    found = [(match, seconds) for name, seconds in timings if (match := PASS.fullmatch(name))]
    if not found:
        words = alt.Chart({"values": [{}]}).mark_text(text="No pass was timed in this run.", color=INK, fontSize=13)
        nothing: alt.Chart = words.properties(width=300, height=60)
        return nothing
    names = list(dict.fromkeys(match["name"] for match, _ in found))
    values = [{"m": int(match["m"]), "seconds": seconds, "pass": match["name"]} for match, seconds in found]
    x, y = (axis_of((float(v[name]) for v in values), log=True) for name in ("m", "seconds"))
    colours, dashes = list(LINES[: len(names)]), [list(dash) for dash in DASHES[: len(names)]]
    title = f"One pass with its gradient, n_x = {found[0][0]['n_x']}"
    chart: alt.Chart = (
        alt.Chart({"values": values}, title=_titled(title))
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=36))
        .encode(
            x=alt.X("m:Q", scale=x.scale(), axis=x.axis("examples m")),
            y=alt.Y("seconds:Q", scale=y.scale(), axis=y.axis("time", words=SECONDS)),
            color=alt.Color("pass:N", scale=alt.Scale(domain=names, range=colours), title=None),
            strokeDash=alt.StrokeDash("pass:N", scale=alt.Scale(domain=names, range=dashes), title=None),
        )
        .properties(width=460, height=280)
    )
    return chart
