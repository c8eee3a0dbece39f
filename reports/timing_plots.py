"""timings.svg: how long one pass takes, by the loop and vectorised. It stands beside the page: times always differ."""

from __future__ import annotations

import re
from collections.abc import Sequence

import altair as alt

from reports.axes import axis_of
from reports.plots import DASHES, INK, LINES, standalone

# The rows of timings.csv that this picture is made of: "one pass, n_x = 20, m = 1000, vectorised".
PASS = re.compile(r"one pass, n_x = (?P<n_x>\d+), m = (?P<m>\d+), (?P<name>\w+)")
# 5e-05 as "50 µs": Vega's own prefixes, a space before them.
SECONDS = "replace(format(datum.value, '~s'), regexp('([^0-9.]?)$'), ' $1s')"


def passes(timings: Sequence[tuple[str, float]]) -> str:
    """The picture as an SVG file; where no pass was timed, an SVG that says so."""
    found = [(match, seconds) for name, seconds in timings if (match := PASS.fullmatch(name))]
    if not found:
        words = alt.Chart({"values": [{}]}).mark_text(text="No pass was timed in this run.", color=INK, fontSize=13)
        return standalone(words.properties(width=300, height=60))
    names = list(dict.fromkeys(match["name"] for match, _ in found))
    values = [{"m": int(match["m"]), "seconds": seconds, "pass": match["name"]} for match, seconds in found]
    x, y = (axis_of((float(v[name]) for v in values), log=True) for name in ("m", "seconds"))
    colours, dashes = list(LINES[: len(names)]), [list(dash) for dash in DASHES[: len(names)]]
    title = f"One pass with its gradient, n_x = {found[0][0]['n_x']}"
    chart = (
        alt.Chart({"values": values}, title=alt.Title(title, anchor="start", fontWeight="normal", color=INK))
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=36))
        .encode(
            x=alt.X("m:Q", scale=x.scale(), axis=x.axis("examples m")),
            y=alt.Y("seconds:Q", scale=y.scale(), axis=y.axis("time", words=SECONDS)),
            color=alt.Color("pass:N", scale=alt.Scale(domain=names, range=colours), title=None),
            strokeDash=alt.StrokeDash("pass:N", scale=alt.Scale(domain=names, range=dashes), title=None),
        )
        .properties(width=460, height=280)
    )
    return standalone(chart)
