"""Pictures of experiments: small multiples, an SVG a panel, so that the page can put as many side by side as fit.

Panels of one quantity share their scale. Lines differ in colour and in dashes, and the key says which is which.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, log10
from typing import Any

import altair as alt
from markupsafe import Markup

from reports.figures import count, number
from reports.plots import COLOURS, DASHES, LINES, svg
from verify.records import Experiment, Series

# Of a longer line the lowest and the highest point of each of so many stretches of x are drawn.
STRETCHES = 75
# Width and height of a panel, by the number of panels side by side.
SIZES = {1: (420, 250), 2: (330, 200), 3: (300, 190)}


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


@dataclass(frozen=True)
class Axis:
    """One scale, from `low` to `high`. A logarithmic one shows 0 at its foot, `low`, where it has a 0 to show."""

    low: float
    high: float
    log: bool
    zero: bool = False

    def place(self, value: float) -> float:
        """Where a value is drawn: 0 at the foot, and what is beyond the upper edge at that edge."""
        return self.low if self.zero and value == 0 else min(value, self.high)

    @property
    def ticks(self) -> list[float]:
        """Powers of ten, seven at most, with the foot; few powers get their 2s and 5s. Empty where Vega may choose."""
        if not self.log:
            return []
        first, last = ceil(log10(self.low)) + self.zero, floor(log10(self.high))
        step = max(1, ceil((last - first + 1) / 6))
        powers = [10.0**k for k in range(last, first - 1, -step)][::-1]
        if len(powers) < 3:
            fine = [n * 10.0**k for k in range(first - 1, last + 1) for n in (1, 2, 5)]
            powers = [tick for tick in fine if self.low <= tick <= self.high]
        return [self.low, *powers] if self.zero else powers

    def altair(self, title: str, above: bool = False) -> tuple[alt.Scale, alt.Axis]:
        """The scale and its axis; the title of a y axis stands above it, where it can be read."""
        scale = alt.Scale(
            type="log" if self.log else "linear", domain=[self.low, self.high], nice=not self.log, zero=False
        )
        chosen: dict[str, Any] = {"values": self.ticks} if self.log else {"tickCount": 4}
        words = "format(datum.value, datum.value < 0.001 ? '~e' : '~g')" if self.log else "format(datum.value, '~g')"
        if self.zero:
            words = f"datum.value < {2 * self.low!r} ? '0' : {words}"
        if above:
            chosen |= {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleY": -12, "titleX": 0}
        return scale, alt.Axis(title=title, labelExpr=words, titleLimit=320, **chosen)


def picture(experiment: Experiment) -> Picture | None:
    """The picture of an experiment; None where it has no series."""
    lines = experiment.series
    if not lines:
        return None
    names = list(dict.fromkeys(line.name for line in lines))
    groups: dict[tuple[str, str], list[Series]] = {}
    for line in lines:
        groups.setdefault((line.panel, line.quantity), []).append(line)
    x = _axis((v for line in lines for v in line.x), "x" in experiment.log)
    ys = {
        quantity: _axis(
            (v for line in lines if line.quantity == quantity for v in line.y), "y" in experiment.log, experiment.top
        )
        for _, quantity in groups
    }
    panels = tuple(
        Panel(title, _panel(found, names, experiment, x, ys[quantity])) for (title, quantity), found in groups.items()
    )
    keys = tuple(Key(name, COLOURS[LINES[i]], " ".join(map(str, DASHES[i]))) for i, name in enumerate(names))
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


def _axis(values: Iterable[float], log: bool, top: float = inf) -> Axis:
    found = list(values)
    high = min(max(found), top)
    if not log:
        return Axis(min(found), high, log)
    low = min((v for v in found if v > 0), default=high or 1.0)
    zero = 0 in found
    # Two decades below the smallest number there is room for the 0.
    return Axis(10.0 ** (floor(log10(low)) - 2) if zero else low, max(high, low), log, zero)


def _panel(lines: Sequence[Series], names: Sequence[str], experiment: Experiment, x: Axis, y: Axis) -> Markup:
    width, height = SIZES[experiment.columns]
    values = [{"x": at, "y": y.place(v), "line": line.name} for line in lines for at, v in thinned(line, x.log)]
    (x_scale, x_axis), (y_scale, y_axis) = (
        x.altair(experiment.x_label),
        y.altair(lines[0].quantity or experiment.y_label, above=True),
    )
    dashes = [list(DASHES[i]) for i in range(len(names))]
    chart = (
        alt.Chart(
            {"values": values}, width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding")
        )
        .mark_line(strokeWidth=1.7, strokeJoin="round")
        .encode(
            x=alt.X("x:Q", scale=x_scale, axis=x_axis),
            y=alt.Y("y:Q", scale=y_scale, axis=y_axis),
            color=alt.Color("line:N", scale=alt.Scale(domain=names, range=LINES[: len(names)]), legend=None),
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
            f"Lines of up to {count(longest)} points are thinned: the ends, and the lowest and the highest point of each of "
            f"{STRETCHES} stretches, are drawn. Every point is in `report.json`."
        )
