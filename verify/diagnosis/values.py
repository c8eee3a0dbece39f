"""Wrong values of a formula, named: against the definition's, with what went in and what else came out at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from verify.diagnosis.diagnose import diagnose
from verify.diagnosis.fit import enclosed
from verify.diagnosis.match import Match
from verify.diagnosis.precision import narrowed
from verify.diagnosis.rows import Listener, examples, failing, told
from verify.oracles.definition import definition
from verify.records import Discrepancy
from verify.runs import Runs


def named(
    rows: list[Discrepancy], runs: Runs, reference: Callable[..., Any], given: Mapping[str, Any],
    listener: Listener | None = None,
) -> list[Discrepancy]:  # fmt: skip
    """The rows, the failing ones with their diagnosis."""
    failed = [name for name in failing(rows) if name in runs.value]
    return told(rows, of_values(failed, runs, reference, given), listener) if failed else rows


def of_values(
    failed: Sequence[str], runs: Runs, reference: Callable[..., Any], given: Mapping[str, Any]
) -> dict[str, tuple[Match, ...]]:
    theirs = definition(reference, given, "float64")
    right = {
        name: enclosed(want, theirs.errors[name])
        for name, want in theirs.gradients.items()
        if want.dtype.kind == "f" and np.isfinite(want).all() and np.isfinite(theirs.errors[name]).all()
    }
    found: dict[str, tuple[Match, ...]] = {}
    for name in failed:
        mine = runs.exact.get(name)
        if mine is None and name in runs.budget and np.isfinite(runs.budget[name]).all():
            mine = enclosed(runs.value[name], runs.budget[name])
        if mine is not None and name in right:
            found[name] = diagnose(name, mine, right[name], {**given, **_others(name, right)}, m=examples(given))
        if not found.get(name):
            found[name] = narrowed(name, runs.value[name], runs.exact.get(name))
    return found


def _others(name: str, right: Mapping[str, Any]) -> dict[str, Any]:
    """The other outputs, as they should be; of outputs of one kind (A for every g) none is at hand for the other."""
    return {k: x for k, x in right.items() if k != name and "," not in k}
