"""The pictures of a training: both cost curves, their difference with the spread, the accuracies."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, inf, isfinite, log10
from typing import Any

import altair as alt

from reports.plots import INK, MINE, SIDES, TORCH, svg
from verify.records.training import SPREADS, Iteration, TrainingRecord

BUCKETS = 240  # a picture is some 500 points wide: what is finer than two of them cannot be seen
WIDE, LABELS = 470, 42  # the plot, and the room for the labels beside it, so that one plot stands below the other


def costs(training: TrainingRecord) -> str:
    """Both curves in one plot, PyTorch's on top, thin and dashed, so that it shows where they coincide."""
    rows = thinned(training.rows, "cost_manual", "cost_torch")
    points = [
        {"iteration": row.iteration, "side": side, "value": value}
        for side, column in zip(SIDES, ("cost_manual", "cost_torch"), strict=True)
        for row in rows
        if isfinite(value := getattr(row, column))
    ]
    if not points:
        return ""
    lowest, highest = (pick(point["value"] for point in points) for pick in (min, max))
    # A cost that explodes would press flat all that came before it.
    steep = lowest > 0 and highest > 100 * points[0]["value"]
    scale, title = (alt.Scale(type="log"), "cost J, log scale") if steep else (alt.Scale(zero=True), "cost J")
    y = alt.Y("value:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5, minExtent=LABELS))
    layers = [_lines(training, points, y), *_parting(training)]
    return svg(alt.LayerChart(layer=layers, width=WIDE, height=230))


def differences(training: TrainingRecord) -> str:
    """|cost by hand − cost by PyTorch| on a log scale, before a band up to 8 × the spread; 0 stands on the floor."""
    rows = thinned(training.rows, "difference", "spread")
    named = {
        "difference": [(row.iteration, row.difference) for row in rows],
        "up to 8 × the spread": [(row.iteration, SPREADS * row.spread) for row in rows],
    }
    seen = [x for found in named.values() for _, x in found if 0 < x < inf]
    low, high = (floor(log10(min(seen))) - 1, ceil(log10(max(seen)))) if seen else (-17, -16)
    low, high = max(low, -300), min(high, 300)  # what lies beyond stands on the edge: floats end soon after
    bottom, top = 10.0**low, 10.0**high
    points, band = (
        [{"iteration": i, "what": what, "value": min(max(x, bottom), top)} for i, x in found if isfinite(x)]
        for what, found in named.items()
    )
    if not points:
        return ""
    step = ceil((high - low) / 7)
    # No tick so close to the floor that its label would touch the floor's.
    ticks = [10.0**k for k in range(high, low, -step) if 2 * (k - low) >= step] + [bottom]
    label = f"datum.value <= {bottom!r} ? '0' : format(datum.value, '.0e')"
    x = _iterations(training)
    y = alt.Y(
        "value:Q", title="difference of the costs", axis=alt.Axis(values=ticks, labelExpr=label, minExtent=LABELS),
        scale=alt.Scale(type="log", domain=[bottom, top], nice=False),
    )  # fmt: skip
    legend = _legend(training, "square")
    colour = alt.Color("what:N", scale=alt.Scale(domain=list(named), range=[MINE, INK]), legend=legend)
    opacity = alt.Opacity("what:N", scale=alt.Scale(domain=list(named), range=[0.85, 0.17]), legend=legend)
    area, edge = alt.Chart({"values": band}).mark_area(), alt.Chart({"values": band}).mark_line(color=INK, opacity=0.5)
    dots = alt.Chart({"values": points}).mark_point(filled=True, size=10)
    layers = [
        area.encode(x=x, y=y, y2=alt.datum(bottom), color=colour, opacity=opacity),
        edge.encode(x=x, y=y, strokeWidth=alt.value(0.75)),
        dots.encode(x=x, y=y, color=colour, opacity=opacity),
        *_parting(training),
    ]
    return svg(alt.LayerChart(layer=layers, width=WIDE, height=210))


def accuracies(training: TrainingRecord) -> str:
    """The accuracy on the training and on the test part at the checkpoints, a panel each."""
    found = {}
    for part in ("train", "test"):
        columns = [f"accuracy_{part}_{side}" for side in ("manual", "torch")]
        rows = thinned(training.rows, *columns)
        found[part] = [
            {"iteration": row.iteration, "side": side, "value": value}
            for side, column in zip(SIDES, columns, strict=True)
            for row in rows
            if isfinite(value := getattr(row, column))
        ]
    lowest = min((point["value"] for points in found.values() for point in points), default=1.0)
    scale = alt.Scale(domain=[min(0.5, floor(10 * lowest) / 10), 1])
    y = alt.Y("value:Q", title="accuracy", axis=alt.Axis(format="%", tickCount=5), scale=scale)
    panels = []
    for part, points in found.items():
        if points:
            title = alt.TitleParams(f"{part} part", color=INK, fontSize=12, fontWeight="normal")
            layers = [_lines(training, points, y, 3), *_parting(training, labelled=False)]
            panels.append(alt.LayerChart(layer=layers, width=WIDE // 2 - 20, height=150, title=title))
    return svg(alt.HConcatChart(hconcat=panels)) if panels else ""


def thinned(rows: Sequence[Iteration], *columns: str) -> list[Iteration]:
    """The first row and the last, and of every bucket between them those with the extremes of each column."""
    if len(rows) <= 2 * BUCKETS:
        return list(rows)
    kept = {0, len(rows) - 1}
    for k in range(BUCKETS):
        bucket = range(k * len(rows) // BUCKETS, (k + 1) * len(rows) // BUCKETS)
        for column in columns:
            known = {i: x for i in bucket if isfinite(x := getattr(rows[i], column))}
            if known:
                kept |= {min(known, key=known.__getitem__), max(known, key=known.__getitem__)}
    return [rows[i] for i in sorted(kept)]


def _iterations(training: TrainingRecord, ticks: int = 6) -> alt.X:
    last = max([1, *(row.iteration for row in training.rows[-1:])])
    # Of a few iterations each has its tick; left alone, there would be some between them.
    values = {"values": list(range(last + 1))} if last <= ticks else {"tickCount": ticks}
    axis = alt.Axis(format=",d", grid=False, **values)
    return alt.X("iteration:Q", title="iteration", axis=axis, scale=alt.Scale(domain=[0, last], nice=False))


def _lines(training: TrainingRecord, points: list[dict[str, Any]], y: alt.Y, ticks: int = 6) -> alt.Chart:
    """By hand broad and pale; PyTorch thin and dashed, drawn after it."""
    legend = _legend(training, "stroke", symbolSize=500)

    def scale(*values: Any) -> alt.Scale:
        return alt.Scale(domain=list(SIDES), range=list(values))

    lone = len(points) <= len(SIDES)  # a single point makes no line
    chart: alt.Chart = alt.Chart({"values": points}).mark_line(strokeJoin="round", point=lone)
    return chart.encode(
        x=_iterations(training, ticks),
        y=y,
        color=alt.Color("side:N", scale=scale(MINE, TORCH), legend=legend),
        strokeWidth=alt.StrokeWidth("side:N", scale=scale(5.5, 1.6), legend=legend),
        opacity=alt.Opacity("side:N", scale=scale(0.45, 1), legend=legend),
        strokeDash=alt.StrokeDash("side:N", scale=scale([1, 0], [5, 4]), legend=legend),
    )


def _legend(training: TrainingRecord, symbol: str, **more: Any) -> alt.Legend:
    # Above the plot stands the label of the parting too.
    return alt.Legend(title=None, symbolType=symbol, offset=26 if training.parting else 12, **more)


def _parting(training: TrainingRecord, labelled: bool = True) -> list[alt.Chart]:
    """A rule where the curves part, its label above the plot on the side that has the room; else nothing."""
    if training.parting is None:
        return []
    at = training.parting.iteration
    data = alt.Chart({"values": [{"iteration": at, "text": f"they part at iteration {at:,}"}]})
    x = alt.X("iteration:Q")
    rule = data.mark_rule(color=INK, strokeDash=[2, 3], strokeWidth=1.25).encode(x=x)
    near_end = 2 * at > training.rows[-1].iteration
    text = data.mark_text(align="right" if near_end else "left", dy=-4, baseline="bottom", color=INK, fontSize=12)
    return [rule, text.encode(x=x, y=alt.value(0), text="text:N")] if labelled else [rule]
