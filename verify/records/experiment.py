"""An experiment of the notes: what was stated, what was found, and the picture of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Series:
    """One line of a picture, point by point. Panels whose `quantity` (what y is) is the same share their scale.

    `panel` and `quantity` are empty where an experiment has one panel, or one quantity.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    panel: str = ""
    quantity: str = ""


@dataclass(frozen=True)
class Statistic:
    """One statistic of an experiment: what was found, what had been stated beforehand, and whether the two agree."""

    name: str
    found: str
    stated: str
    verdict: str


@dataclass(frozen=True)
class Experiment:
    """An experiment of the notes, with the picture of the very numbers that its statistics were taken from.

    `log` names the axes that are logarithmic: "", "x", "y" or "xy". The picture ends at y = `top`, and has `columns`
    panels side by side. An experiment without series has no picture on the page.
    """

    formula: str
    title: str
    statement: str
    found: tuple[Statistic, ...]
    verdict: str
    x_label: str
    y_label: str
    log: str
    series: tuple[Series, ...]
    note: str = ""
    top: float = inf
    columns: int = 2
