"""exhaustive.svg: time against features, examples, hidden layers and width, a panel each, one scale of time for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from benchmarks.checks import Check
from benchmarks.contenders import CONTENDERS
from reports.axes import Axis, axis_of
from reports.plots import DASHES, INK, LINES, standalone

COLUMNS = 2
# Down to milliseconds, and never kiloseconds.
SECONDS = "datum.value < 1 ? format(1000 * datum.value, '~g') + ' ms' : format(datum.value, ',~f') + ' s'"


def picture(checks: Sequence[Check]) -> str:
    """The picture as an SVG file. A point that was extrapolated is hollow. Panels with one point alone are left out."""
    lines = {panel: [c for c in checks if c.varied == panel] for panel in dict.fromkeys(c.varied for c in checks)}
    panels = {panel: found for panel, found in lines.items() if len({c.at for c in found}) > 1}
    if not panels:
        words = alt.Chart({"values": [{}]}).mark_text(text="Nothing was varied in this run.", color=INK, fontSize=13)
        return standalone(words.properties(width=300, height=60))
    shown = {c.contender for found in panels.values() for c in found}
    titles = [contender.title for contender in CONTENDERS if contender.name in shown]
    y = axis_of((c.seconds.median for found in panels.values() for c in found), log=True)
    drawn = [_panel(panel, found, titles, y) for panel, found in panels.items()]
    rows = [alt.HConcatChart(hconcat=drawn[i : i + COLUMNS]) for i in range(0, len(drawn), COLUMNS)]
    return standalone(alt.VConcatChart(vconcat=rows))


def _panel(varied: str, checks: Sequence[Check], titles: list[str], y: Axis) -> alt.LayerChart:
    named = {contender.name: contender.title for contender in CONTENDERS}
    values: list[dict[str, Any]] = [
        {"at": c.at, "seconds": c.seconds.median, "check": named[c.contender], "whole": c.whole} for c in checks
    ]
    x = axis_of((float(c.at) for c in checks), log=True)
    colours, dashes = list(LINES[: len(titles)]), [list(dash) for dash in DASHES[: len(titles)]]
    base = alt.Chart({"values": values}).encode(
        x=alt.X(
            "at:Q", scale=x.scale(), axis=alt.Axis(title=varied, values=sorted({c.at for c in checks}), format="d")
        ),
        y=alt.Y("seconds:Q", scale=y.scale(), axis=y.axis("time", words=SECONDS)),
        color=alt.Color("check:N", scale=alt.Scale(domain=titles, range=colours), title=None),
    )
    line = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("check:N", scale=alt.Scale(domain=titles, range=dashes), title=None)
    )
    dots = [
        base.transform_filter(f"datum.whole == {str(whole).lower()}").mark_point(filled=whole, size=36, opacity=1)
        for whole in (True, False)
    ]
    return alt.LayerChart(layer=[line, *dots], width=300, height=190)
