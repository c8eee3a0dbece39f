"""A changed formula tried by its results: in floating point first, then on exact numbers, or within running bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.diagnosis.fit import NEAR, enclosed
from verify.problem import cast
from verify.repair.search import SECONDS, Function, Repair, Trial, search
from verify.runs import named, run

Floats = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """The function under test, and `results(function, **inputs)`: what is compared, with another in its place."""

    function: Function
    results: Callable[..., Any]
    inputs: Mapping[str, Any]


def repairs(subject: Subject, want: Mapping[str, Balls], seconds: float = SECONDS) -> list[Repair]:
    """The changes of the function's source that make all its results `want`; none where they are so already."""
    if not want or _holds(subject, subject.function, want, overwrites=True):
        return []
    wrong, middle = _floats(subject, subject.function), {k: x.mid() for k, x in want.items()}
    trial = Trial(
        same=lambda function: _same(_floats(subject, function), wrong),
        near=lambda function: _near(_floats(subject, function), middle),
        holds=lambda function: _holds(subject, function, want),
        matters=lambda function: _matters(_floats(subject, function), wrong, middle),
    )
    return search(subject.function, trial, seconds)


def _floats(subject: Subject, function: Function) -> Floats | None:
    """The results in floating point; None where it raises."""
    try:
        with np.errstate(all="ignore"):
            found = named(subject.results(function, **cast(subject.inputs, "float64")))
            return {k: np.asarray(x, dtype=np.float64) for k, x in found.items()}
    except Exception:  # a changed formula may raise anything
        return None


def _same(found: Floats | None, other: Floats | None) -> bool:
    if found is None or other is None:
        return found is other
    return set(found) == set(other) and all(np.array_equal(found[k], other[k], equal_nan=True) for k in other)


def _off(found: Any, want: Any) -> Any:
    """Which elements are not near: floating point chooses what is looked at, and decides nothing."""
    return ~(np.abs(found - want) <= NEAR * np.max(np.abs(want), initial=0.0))


def _near(found: Floats | None, want: Floats) -> bool:
    if found is None or not set(want) <= set(found):
        return False
    return all(found[k].shape == x.shape and not _off(found[k], x).any() for k, x in want.items())


def _matters(moved: Floats | None, wrong: Floats | None, want: Floats) -> bool:
    """Whether all that is wrong has moved, and no result that is right; where that cannot be told, so it is."""
    if moved is None or wrong is None or any(moved[k].shape != x.shape for k, x in wrong.items() if k in moved):
        return True
    for k, right in want.items():
        if k in moved and wrong[k].shape == right.shape:
            off = _off(wrong[k], right)
            touched = moved[k] != wrong[k]
            if (off & ~touched).any() or (not off.any() and touched.any()):
                return False
    return True


def _holds(subject: Subject, function: Function, want: Mapping[str, Balls], overwrites: bool = False) -> bool:
    """Exactly, or within the running bounds; and, but where it may, nothing that was given is overwritten."""
    try:
        runs = run(lambda **inputs: subject.results(function, **inputs), subject.inputs, "float64")
    except Exception:  # a changed formula may raise anything
        return False
    if not overwrites and any(finding.startswith("overwrites") for finding in runs.findings):
        return False
    with precision():
        for k, x in want.items():
            known = k in runs.exact or (k in runs.budget and np.isfinite(runs.budget[k]).all())
            if not known or runs.value[k].shape != x.shape:
                return False
            mine = runs.exact[k] if k in runs.exact else enclosed(runs.value[k], runs.budget[k])
            # An enclosure of everything overlaps whatever there is.
            if not np.array_equal(mine.is_finite(), x.is_finite()) or not overlaps(mine, x).all():
                return False
    return True
