"""Pictures as SVG that stands in the page: no script, no file beside it, and the page's own colours, dark or light."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil, isnan
from typing import Any

import altair as alt
import vl_convert

from reports.summary import Tensor

# Stand-ins that Vega takes for colours, and the variables of style.css that replace them in the finished SVG.
INK, FAINT, MINE, TORCH = "#010203", "#040506", "#070809", "#0a0b0c"
COLOURS = {INK: "var(--muted)", FAINT: "var(--rule)", MINE: "var(--mine)", TORCH: "var(--torch)"}
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
    styled = chart.configure(aria=False, background="transparent", padding=4).configure_view(stroke=None)
    styled = styled.configure_axis(
        labelColor=INK, titleColor=INK, gridColor=FAINT, domainColor=FAINT, tickColor=FAINT, labelFontSize=12,
        titleFontSize=12, titleFontWeight="normal", labelLimit=200,
    ).configure_legend(
        labelColor=INK, labelFontSize=12, orient="top", direction="horizontal", symbolSize=80
    )  # fmt: skip
    spec: dict[str, Any] = styled.to_dict()
    drawn = vl_convert.vegalite_to_svg(spec)
    for colour, variable in COLOURS.items():
        drawn = drawn.replace(colour, variable)
    # The size is the page's to choose, and so is the type; inline, an SVG needs no namespaces.
    drawn = re.sub(r'^<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', drawn)
    return re.sub(r' (?:font-family|role|aria-roledescription)="[^"]*"', "", drawn)
