"""Subjects whose gradient is known, and what was read of them."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan
from typing import Any

import numpy as np

from verify.arithmetic.rounding import UNIT
from verify.oracles.residual import Reading, Subject, subject
from verify.sketches.parameters import parameters

Function = Callable[[Any], Any]
ONE, WHOLE = np.ones(1), (0, 1)


def given(function: Function, x: Any, gradient: Any, **fields: Any) -> Subject:
    """A subject whose gradient is known exactly, unless a field says otherwise."""
    found = subject(function, parameters(np.asarray(x), None))[0]
    found.gradient, found.unit_gradient = np.asarray(gradient, dtype=np.float64), 0.0
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def called(function: Function) -> tuple[Function, list[float]]:
    """The function, and the sum of every x that it is called with."""
    seen: list[float] = []

    def noted(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            seen.append(float(np.sum(x)))
        return function(x)

    return noted, seen


def silent(found: Reading, oracle: str, reason: str) -> bool:
    return isnan(found.residual) and (found.budget, found.oracle, found.reason) == (inf, oracle, reason)


USUAL = (2 * UNIT) ** (1 / 3)  # the first step of all


def first(step: float) -> float:
    """Where the first step is, of a direction that was made shorter so that the usual one is that step."""
    return USUAL * (step / USUAL)
