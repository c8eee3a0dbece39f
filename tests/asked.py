"""What a formula is asked: a line for each call on floats or balls, short enough to be kept in tests/__snapshots__.

Of an array it tells shape, precision, the mean size, and a check sum of all elements to eight digits: so few that the
last bits, which a machine may round in its own way, are none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any
from zlib import crc32

import numpy as np

from verify.arithmetic.balls import Balls

BALLS = " balls "


def spied(formula: Callable[..., Any], lines: list[str]) -> Callable[..., Any]:
    """The formula, with what it is called with put down; the same again is not, nor on balls what it was on floats."""

    @wraps(formula)
    def spy(*args: Any, **kwargs: Any) -> Any:
        line = "; ".join([*map(summary, args), *(f"{name}={summary(x)}" for name, x in kwargs.items())])
        if not {line, line.replace(BALLS, " float64 ")} & {*lines}:
            lines.append(line)
        return formula(*args, **kwargs)

    return spy


def summary(x: Any) -> str:
    """
    >>> summary({"W": np.array([[1.0, -2.0]]), "m": 3})
    '{W: (1, 2) float64 -1.5 b9630d57, m: 3}'
    """
    if isinstance(x, Mapping):
        return f"{{{', '.join(f'{name}: {summary(v)}' for name, v in x.items())}}}"
    if isinstance(x, list | tuple):
        return f"[{', '.join(map(summary, x))}]"
    if is_dataclass(x) and not isinstance(x, type):
        return summary({field.name: getattr(x, field.name) for field in fields(x)})
    if isinstance(x, Balls):
        return summary(x.mid()).replace(" float64 ", BALLS)
    if isinstance(x, np.random.Generator | np.random.RandomState):
        return f"{type(x).__name__}, {deepcopy(x).standard_normal():.8g} next"
    if type(x).__name__ == "Traced":  # by its name: a mutant makes the class anew
        return f"traced {summary(x.value)}"
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        with np.errstate(all="ignore"):
            mean = float(np.mean(np.abs(x.astype(float)))) if x.size else 0.0
        digits = crc32(" ".join(f"{number:.8g}" for number in x.ravel().tolist()).encode())
        return f"{x.shape} {x.dtype} {'-' if np.any(x < 0) else ''}{mean:.3g} {digits:08x}"
    if isinstance(x, float | np.floating):
        return f"{float(x):.8g}"
    return repr(x) if isinstance(x, bool | int | str | None) else type(x).__name__
