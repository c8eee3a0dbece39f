"""A derivative in one input, and the rows about it by question and oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.cases import upstream
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.setting import Setting

Array = np.ndarray[Any, Any]
X = np.array([0.5, -1.25, 2.0])
DOUBLE = Setting(dtypes=("float64",))


def problem(forward: Callable[..., Any], backward: Callable[..., Any], x: Array = X, **more: Any) -> Problem:
    """A problem in one input, x; `backward(dout, x)` returns its gradient. NumPy's own functions do not call it x."""
    dout = more.pop("dout", upstream(np.shape(forward(x)), 0))
    if "reference" in more:
        more["reference"] = by_name(more["reference"])
    return Problem(
        "formula", by_name(forward), lambda dout, x: {"x": backward(dout, x)}, {"x": x}, ("x",), dout, **more
    )


def by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    def named(x: Any) -> Any:
        return function(x)

    return named


def tanh_slope(dout: Any, x: Any) -> Any:
    return dout * (1 - np.tanh(x) ** 2)


def wrong_slope(dout: Any, x: Any) -> Any:
    return dout * (1 - np.tanh(x))


def said(rows: list[Discrepancy], dtype: str = "float64") -> dict[tuple[str, str], Discrepancy]:
    """The rows by question and oracle, of one precision."""
    chosen = [row for row in rows if row.dtype == dtype]
    found = {(row.question, row.oracle): row for row in chosen}
    assert len(found) == len(chosen)
    return found


def verdicts(rows: list[Discrepancy], dtype: str = "float64") -> dict[tuple[str, str], str]:
    return {key: row.verdict for key, row in said(rows, dtype).items()}
