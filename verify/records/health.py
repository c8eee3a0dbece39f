"""The digits that a formula keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """The digits that one side ("by hand", "sound form", "PyTorch") keeps in one precision, point by point.

    `at`, `mine` and `exact` are those of the worst point, `fewest` its digits; at `lost` of the points none is kept. A
    point whose exact value is not known is nan.
    """

    side: str
    dtype: str
    x: tuple[float, ...]
    digits: tuple[float, ...]
    at: str
    mine: str
    exact: str
    fewest: float
    lost: int


@dataclass(frozen=True)
class Health:
    """The digits that a formula keeps against one of its arguments, element by element. No verdict hangs on them.

    `scale` says how the argument is drawn: "both signs", "probability" or "log". `quantity` says what is computed from
    it. `remark` says where PyTorch is the less exact by a digit or more; empty where it is nowhere.
    """

    formula: str
    quantity: str
    varied: str
    scale: str
    curves: tuple[Curve, ...]
    remark: str = ""
    note: str = ""
