"""Pictures as SVG that stands in the page: no script, no file beside it, and the page's own colours, dark or light."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil, isnan
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from reports.summary import Tensor

STYLE = Path(__file__).parent / "templates" / "style.css"
# Stand-ins that Vega takes for colours, and the variables of style.css that replace them in the finished SVG.
INK, FAINT, MINE, TORCH = "#010203", "#040506", "#070809", "#0a0b0c"
LINES = ("#0d0e0f", "#101112", "#131415", "#161718", "#191a1b", "#1c1d1e", "#1f2021", "#222324")
COLOURS = {INK: "var(--muted)", FAINT: "var(--rule)", MINE: "var(--mine)", TORCH: "var(--torch)"}
COLOURS |= {line: f"var(--line-{i})" for i, line in enumerate(LINES, start=1)}
# Lines are told apart by more than their colour: a dash pattern each, in the order of LINES.
DASHES = ((), (7, 3), (2, 2), (9, 3, 2, 3), (4, 2), (12, 4), (1, 3), (7, 2, 1, 2))
SIDES = ("by hand", "PyTorch")
# What the significand of each dtype can hold, in decimal digits.
FULL = {"float64": 15.95, "float32": 7.22}


def digits_kept(tensors: Sequence[Tensor], dtype: str) -> str:
    """Digits kept by hand and by PyTorch, a line a tensor; empty where no tensor has a figure to show."""
    points: list[dict[str, Any]] = [
        {"tensor": tensor.name, "side": side, "digits": value}
        for tensor in tensors
        for side, value in zip(SIDES, (tensor.digits_mine, tensor.digits_torch), strict=True)
        if not isnan(value)
    ]
    if not points:
        return ""
    names = list(dict.fromkeys(tensor.name for tensor in tensors))
    full = FULL.get(dtype, FULL["float64"])
    y = alt.Y("tensor:N", sort=names, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=8))
    lowest, highest = max(0, int(min(p["digits"] for p in points)) - 1), ceil(full)
    axis = alt.Axis(values=list(range(lowest, highest + 1)), format="d")
    scale = alt.Scale(domain=[lowest, highest], nice=False, zero=False)
    x = alt.X("digits:Q", scale=scale, title="decimal digits kept", axis=axis)
    data = {"values": points}
    bars = alt.Chart(data).mark_rule(strokeWidth=2, color=FAINT).encode(y=y, x="min(digits):Q", x2="max(digits):Q")
    dots = (
        alt.Chart(data)
        .mark_point(filled=True, size=64, opacity=1)
        .encode(
            y=y,
            x=x,
            color=alt.Color("side:N", scale=alt.Scale(domain=list(SIDES), range=[MINE, TORCH]), title=None),
            shape=alt.Shape("side:N", scale=alt.Scale(domain=list(SIDES), range=["circle", "diamond"]), title=None),
        )
    )
    limit = alt.Chart({"values": [{"full": full}]}).mark_rule(strokeDash=[3, 3], color=INK).encode(x="full:Q")
    layers = alt.LayerChart(layer=[bars, limit, dots], width=440, height=alt.Step(20))
    return svg(layers)


def svg(chart: alt.TopLevelMixin) -> str:
    """The chart in the page's type and colours."""
    drawn = _drawn(chart)
    # The size is the page's to choose, and so is the type; inline, an SVG needs no namespaces.
    drawn = re.sub(r'^<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', drawn)
    return re.sub(r' (?:font-family|role|aria-roledescription)="[^"]*"| stroke-dasharray=""', "", drawn)


def standalone(chart: alt.TopLevelMixin) -> str:
    """The chart as a file of its own: on the page's light ground, in its light colours."""
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", STYLE.read_text(encoding="utf-8").partition("@media")[0]))
    drawn = re.sub(r"var\(--([\w-]+)\)", lambda name: light[name[1]], _drawn(chart))
    return re.sub(r"^(<svg [^>]*>)", rf'\1<rect width="100%" height="100%" fill="{light["paper"]}"/>', drawn) + "\n"


def _drawn(chart: alt.TopLevelMixin) -> str:
    """The chart as Vega draws it, with the page's variables for its colours."""
    # All in one call: each copies the whole chart, and its data.
    styled = chart.configure(
        aria=False,
        background="transparent",
        padding=4,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=INK, titleColor=INK, gridColor=FAINT, domainColor=FAINT, tickColor=FAINT, labelFontSize=12,
            titleFontSize=12, titleFontWeight="normal", labelLimit=200,
        ),
        legend=alt.LegendConfig(
            labelColor=INK, labelFontSize=12, orient="top", direction="horizontal", symbolSize=80
        ),
    )  # fmt: skip
    spec: dict[str, Any] = styled.to_dict()
    drawn = vl_convert.vegalite_to_svg(spec)
    for colour, variable in COLOURS.items():
        drawn = drawn.replace(colour, variable)
    return drawn
