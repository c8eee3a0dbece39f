"""Derivatives of numbers that are known exactly, and the rows that are made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np

from verify.derivative import judge
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.setting import Setting

X, DOUT = np.array([1.0, -2.0, 4.0]), np.array([1.0, 2.0, 0.5])
ABOUT: dict[str, Any] = {
    "formula": "half", "case": "edge", "seed": 3, "layer": 2, "convention": "per example", "source": "page 7",
}  # fmt: skip


def half(x: Any) -> Any:
    return x * x / 2


def slope(dout: Any, x: Any) -> Any:
    return dout * x


def problem(backward: Callable[..., Any] = slope, forward: Callable[..., Any] = half, **more: Any) -> Problem:
    """In one input, x; `backward(dout, x)` returns its gradient."""
    given: dict[str, Any] = {"inputs": {"x": X}, "wrt": ("x",), "dout": DOUT, **ABOUT}
    return Problem(forward=forward, backward=lambda dout, x: {"x": backward(dout, x)}, **{**given, **more})


def asked(*oracles: str, dtypes: tuple[str, ...] = ("float64",), **more: Any) -> Setting:
    return Setting(dtypes=dtypes, oracles=frozenset(oracles), **more)


def judged(given: Problem, *oracles: str, dtypes: tuple[str, ...] = ("float64",), **more: Any) -> list[Discrepancy]:
    """The rows, without the likely mistake."""
    rows = judge(given, asked(*oracles, dtypes=dtypes, source=False, **more))
    return [replace(row, diagnosis="") for row in rows]


def row(oracle: str, verdict: str, **fields: Any) -> Discrepancy:
    about = {"quantity": "dx", "question": "formula", "oracle": oracle, "shape": "(3,)", **ABOUT}
    return Discrepancy(verdict=verdict, **{**about, **fields})


def same(rows: list[Discrepancy], *wanted: Discrepancy) -> None:
    """Every field of every row; a nan is a nan."""
    assert [repr(row) for row in rows] == [repr(row) for row in wanted]


# Nothing differs, so the largest element is shown, and no error of an enclosure or an oracle is left.
RIGHT: dict[str, Any] = {
    "compared": 3, "max_abs": 0.0, "max_rel": 0.0, "max_ulp": 0.0, "at": "[1]", "mine": "-4.0", "want": "-4.0",
    "exact": "-4.0000000000000000000", "budget": 0.0, "used": 0.0, "detects": 0.0,
}  # fmt: skip
# By hand it is half of it again as large.
WRONG: dict[str, Any] = {
    "compared": 3, "max_abs": 2.0, "max_rel": 0.5, "max_ulp": 2.0**51, "at": "[0]", "mine": "1.5", "want": "1.0",
    "exact": "1.0000000000000000000", "budget": 0.0, "used": inf, "detects": 0.0,
}  # fmt: skip


def off(dout: Any, x: Any) -> Any:
    return dout * x * 1.5


# --- code that does not run on exact numbers --------------------------------------------------------------------------
def floats_alone(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*given: Any, **named: Any) -> Any:
        for x in (*given, *named.values()):
            if not isinstance(x, np.ndarray):
                raise TypeError("runs on floats alone")
        return function(*given, **named)

    return called
