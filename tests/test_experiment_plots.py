"""The pictures of experiments: the numbers they show, how lines are told apart, and the same bytes every time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from math import inf
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reports.axes import axis_of
from reports.experiment_plots import SIZES, STRETCHES, Picture, picture, thinned
from reports.plots import COLOURS, DASHES, LINES
from tests.sample_run import experiments
from verify.records.experiment import Experiment, Series

SAMPLE = experiments()[0]


def pictured(experiment: Experiment) -> Picture:
    found = picture(experiment)
    assert found is not None
    return found


def points(svg: str, line: int = 1) -> list[tuple[float, float]]:
    """The points of a line in its SVG."""
    (path,) = [p for p in re.findall(r"<path[^>]*>", svg) if f'stroke="var(--line-{line})"' in p]
    (d,) = re.findall(r' d="([^"]*)"', path)
    return [(float(x), float(y)) for x, y in re.findall(r"([-\d.]+),([-\d.]+)", d)]


def one(y: tuple[float, ...], log: str = "", top: float = inf) -> Picture:
    """The picture of a single line over 0, 1, 2, ..."""
    series = (Series("J", tuple(map(float, range(1, len(y) + 1))), y),)
    return pictured(replace(SAMPLE, series=series, log=log, top=top, y_label="J"))


@pytest.mark.parametrize(("y", "log", "shares"), [((0.0, 1.0, 4.0), "", 1 / 4), ((1.0, 10.0, 1e4), "y", 1 / 4)])
def test_a_line_runs_through_its_numbers(y: tuple[float, ...], log: str, shares: float) -> None:
    found = points(one(y, log).panels[0].svg)
    whole, part = found[2][1] - found[0][1], found[1][1] - found[0][1]
    # An SVG holds its coordinates to a thousandth, so each of them is off by half of that at most.
    assert abs(part - shares * whole) <= 0.001 * (1 + shares)
    assert whole < 0  # upwards


def test_zero_has_a_place_below_every_number_on_a_logarithmic_scale_and_the_caption_says_so() -> None:
    found = one((1.0, 0.0, 1e-3), "y")
    (_, first), (_, zero), (_, last) = points(found.panels[0].svg)
    assert zero - last >= (last - first) / 2  # two decades at the least, where 1 to 0.001 are three
    assert ">0</text>" in found.panels[0].svg
    assert any("0 is drawn at its foot" in remark for remark in found.remarks)
    without = one((1.0, 1e-2, 1e-3), "y")
    assert not any("foot" in remark for remark in without.remarks)


def test_what_is_beyond_the_edge_is_drawn_at_it_and_the_caption_says_so() -> None:
    found = one((1.0, 1e300, 2.0, 4.0), top=4.0)
    heights = [y for _, y in points(found.panels[0].svg)]
    assert heights[1] == heights[3] == min(heights)
    assert any("above 4 is drawn at the upper edge" in remark for remark in found.remarks)
    assert not any("upper edge" in remark for remark in one((1.0, 3.0, 2.0), top=4.0).remarks)


@pytest.mark.parametrize("log", [False, True])
def test_a_long_line_is_thinned_and_keeps_its_ends_and_its_peaks(log: bool) -> None:
    y = tuple(1e6 if k == 777 else -1e6 if k == 778 else float(k % 7) for k in range(5000))
    line = Series("J", tuple(map(float, range(1, 5001))), y)
    kept = thinned(line, log)
    assert len(kept) <= 2 * STRETCHES + 4
    assert {(1.0, y[0]), (5000.0, y[-1]), (778.0, 1e6), (779.0, -1e6)} <= set(kept)
    assert kept == sorted(kept)
    assert set(kept) <= set(zip(line.x, line.y, strict=True))
    short = replace(line, x=line.x[: 2 * STRETCHES], y=y[: 2 * STRETCHES])
    assert thinned(short, log) == list(zip(short.x, short.y, strict=True))


def test_thinning_is_said_where_it_was_done_and_nowhere_else() -> None:
    assert any("thinned" in remark for remark in pictured(SAMPLE).remarks)
    assert not any("thinned" in remark for remark in one((1.0, 2.0, 3.0)).remarks)


def test_panels_of_one_quantity_share_their_scale() -> None:
    small, large = Series("J", (0.0, 1.0), (0.0, 1.0), "a", "J"), Series("J", (0.0, 1.0), (0.0, 8.0), "b", "J")
    other = Series("J", (0.0, 1.0), (0.0, 1.0), "c", "slope")
    panels = pictured(replace(SAMPLE, series=(small, large, other), log="")).panels
    assert [panel.title for panel in panels] == ["a", "b", "c"]
    rise = [points(panel.svg)[0][1] - points(panel.svg)[1][1] for panel in panels]
    assert abs(rise[1] - 8 * rise[0]) <= 0.009
    assert abs(rise[2] - rise[1]) <= 0.002


def test_lines_are_told_apart_by_more_than_their_colour() -> None:
    assert len(set(DASHES)) == len(DASHES) == len(LINES) == len({COLOURS[line] for line in LINES})
    for i, key in enumerate(pictured(SAMPLE).keys):
        svg = pictured(SAMPLE).panels[0].svg
        (path,) = [p for p in re.findall(r"<path[^>]*>", svg) if f'stroke="{key.colour}"' in p]
        assert (f'stroke-dasharray="{key.dashes.replace(" ", ",")}"' in path) == bool(key.dashes), i


def test_a_panel_stands_in_the_page_in_its_colours_and_without_ids() -> None:
    for columns in SIZES:
        found = pictured(replace(SAMPLE, columns=columns))
        for panel in found.panels:
            assert ET.fromstring(panel.svg).tag == "svg"
            assert not re.search(r'\bid="|url\(|#[0-9a-f]{6}|<script', panel.svg)
            assert "cost J" in panel.svg or "largest gap" in panel.svg
    assert all(word in pictured(SAMPLE).label for word in ("cost J", "largest gap", "α = 30", "tanh", "ReLU", "step"))


def test_without_series_there_is_no_picture() -> None:
    assert picture(experiments()[1]) is None


def test_the_same_experiment_gives_the_same_bytes_in_another_process_too() -> None:
    script = (
        "from reports.experiment_plots import picture; from tests.sample_run import experiments; "
        "print(''.join(panel.svg for panel in picture(experiments()[0]).panels), end='')"
    )
    root = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(root)}
    there = subprocess.run([sys.executable, "-c", script], cwd=root, env=environment, check=True, capture_output=True)
    assert there.stdout.decode() == "".join(panel.svg for panel in pictured(SAMPLE).panels)


@pytest.mark.parametrize(
    "values", [[1e-18, 3.0], [0.0, 1e-17, 1.0], [0.3, 20.0], [5e-5, 5e-5], [0.0, 0.0], [1.0, 801.0]]
)
def test_a_logarithmic_scale_has_its_ticks_in_order_within_it_and_not_too_many(values: list[float]) -> None:
    scale = axis_of(values, log=True)
    assert len(scale.ticks) <= 10
    assert all(scale.low <= tick <= scale.high for tick in scale.ticks)
    assert scale.ticks == sorted(set(scale.ticks))
    assert all(scale.low <= scale.place(v) <= scale.high for v in values)
