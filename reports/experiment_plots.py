"""Pictures of experiments: small multiples, an SVG a panel, so that the page can put as many side by side as fit.

Panels of one quantity share their scale. Lines differ in colour and in dashes, and the key says which is which.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import log10
from typing import Any

import altair as alt
from markupsafe import Markup

from reports.axes import Axis, axis_of
from reports.figures import count, number
from reports.plots import COLOURS, DASHES, LINES, svg
from verify.records.experiment import Experiment, Series

# Of a longer line the lowest and the highest point of each of so many stretches of x are drawn.
STRETCHES = 75
# Width and height of a panel, by the number of panels side by side.
SIZES = {1: (420, 250), 2: (330, 200), 3: (300, 190)}
# The title of a vertical axis stands above it, where it can be read.
ABOVE: dict[str, Any] = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleY": -12, "titleX": 0}


@dataclass(frozen=True)
class Key:
    """How a line is drawn: its name, its colour, and its dashes as SVG has them."""

    name: str
    colour: str
    dashes: str


@dataclass(frozen=True)
class Panel:
    """One panel of a picture: its title, and its SVG, which stands in the page."""

    title: str
    svg: Markup


@dataclass(frozen=True)
class Picture:
    """An experiment's picture: the key and the panels; in words, what it shows (`label`) and how to read it."""

    keys: tuple[Key, ...]
    panels: tuple[Panel, ...]
    columns: int
    label: str
    remarks: tuple[str, ...]


def picture(experiment: Experiment) -> Picture | None:
    """The picture of an experiment; None where it has no series."""
    lines = experiment.series
    if not lines:
        return None
    names = list(dict.fromkeys(line.name for line in lines))
    groups: dict[tuple[str, str], list[Series]] = {}
    for line in lines:
        groups.setdefault((line.panel, line.quantity), []).append(line)
    x = axis_of((v for line in lines for v in line.x), "x" in experiment.log)
    ys = {
        quantity: axis_of(
            (v for line in lines if line.quantity == quantity for v in line.y), "y" in experiment.log, experiment.top
        )
        for _, quantity in groups
    }
    panels = tuple(
        Panel(title, _panel(found, names, experiment, x, ys[quantity])) for (title, quantity), found in groups.items()
    )
    styles = zip(names, cycle(LINES), cycle(DASHES), strict=False)
    keys = tuple(Key(name, COLOURS[line], " ".join(map(str, dashes))) for name, line, dashes in styles)
    return Picture(
        keys, panels, experiment.columns, _label(experiment, names), tuple(_remarks(experiment, ys.values()))
    )


def thinned(line: Series, log: bool) -> list[tuple[float, float]]:
    """The points of a line that are drawn: all of a short one; of a long one the ends, and each stretch's extremes.

    >>> flat = Series("J", tuple(map(float, range(1000))), (0.0,) * 500 + (9.0,) + (0.0,) * 499)
    >>> len(thinned(flat, log=False)) <= 2 * STRETCHES + 2, (500.0, 9.0) in thinned(flat, log=False)
    (True, True)
    """
    points = list(zip(line.x, line.y, strict=True))
    if len(points) <= 2 * STRETCHES:
        return points
    at = [log10(x) if log else x for x in line.x]
    width = (at[-1] - at[0]) / STRETCHES
    stretches: dict[int, list[int]] = {}
    for i, place in enumerate(at):
        stretches.setdefault(int((place - at[0]) / width), []).append(i)
    kept = {0, len(points) - 1}
    for within in stretches.values():
        kept |= {min(within, key=line.y.__getitem__), max(within, key=line.y.__getitem__)}
    return [points[i] for i in sorted(kept)]


def _panel(lines: Sequence[Series], names: Sequence[str], experiment: Experiment, x: Axis, y: Axis) -> Markup:
    width, height = SIZES[experiment.columns]
    values = [{"x": at, "y": y.place(v), "line": line.name} for line in lines for at, v in thinned(line, x.log)]
    colours, dashes = list(LINES[: len(names)]), [list(dash) for dash in DASHES[: len(names)]]
    chart = (
        alt.Chart(
            {"values": values}, width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding")
        )
        .mark_line(strokeWidth=1.7, strokeJoin="round")
        .encode(
            x=alt.X("x:Q", scale=x.scale(), axis=x.axis(experiment.x_label)),
            y=alt.Y("y:Q", scale=y.scale(), axis=y.axis(lines[0].quantity or experiment.y_label, **ABOVE)),
            color=alt.Color("line:N", scale=alt.Scale(domain=names, range=colours), legend=None),
            strokeDash=alt.StrokeDash("line:N", scale=alt.Scale(domain=names, range=dashes), legend=None),
        )
    )
    return Markup(svg(chart))


def _label(experiment: Experiment, names: Sequence[str]) -> str:
    panels = list(dict.fromkeys(line.panel for line in experiment.series if line.panel))
    shown = list(dict.fromkeys(line.quantity or experiment.y_label for line in experiment.series))
    text = f"Picture: {' and '.join(shown)}, against {experiment.x_label}; lines: {', '.join(names)}"
    return f"{text}; panels: {'; '.join(panels)}" if panels else text


def _remarks(experiment: Experiment, ys: Iterable[Axis]) -> Iterable[str]:
    """How to read the picture: its scales, and what was left out of it."""
    scales = {
        "x": "The horizontal scale is logarithmic",
        "y": "The vertical scale is logarithmic",
        "xy": "Both scales are logarithmic",
    }
    axes = list(ys)
    if experiment.log:
        yield scales[experiment.log] + ("; 0 is drawn at its foot." if any(y.zero for y in axes) else ".")
    if any(v > experiment.top for line in experiment.series for v in line.y):
        yield f"What is above {number(experiment.top)} is drawn at the upper edge."
    longest = max(len(line.x) for line in experiment.series)
    if longest > 2 * STRETCHES:
        yield (
            f"Lines of up to {count(longest)} points are thinned: the ends, and the lowest and highest point of each "
            f"of {STRETCHES} stretches, are drawn. Every point is in `report.json`."
        )
