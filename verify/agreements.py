"""The rows of a framework: the gradient by hand against that of PyTorch autograd, float against float."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np

from verify.definitions import agreement
from verify.estimates import averaged
from verify.nearby import by_share, looked_at
from verify.oracles.autograd import autograd
from verify.oracles.certificate import Decision
from verify.problem import About, Problem, by_name, cast, not_run
from verify.questions import ratio
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import INCONCLUSIVE, PASS
from verify.runs import Runs, run
from verify.runs import told as reason

Array = np.ndarray[Any, Any]


def agreements(
    problem: Problem,
    runs: Runs,
    dtype: str,
    vindicated: Mapping[str, bool],
    decision: Decision | str,
    about: About,
    look: bool = True,
    share: bool = False,
) -> list[Discrepancy]:
    """Does it agree with PyTorch? At a kink both may be right: each is some choice of local derivatives.

    With `look`, what fails is looked at nearby, where no certificate has decided; with `share`, what has no budget is
    compared to the share of the tensor that any row must see.
    """
    assert problem.reference is not None
    given = cast(problem.inputs, dtype)
    try:
        theirs = autograd(problem.reference, given, problem.wrt, problem.dout, seed=problem.seed)
    except Exception as error:
        rows = not_run(problem, "autograd", "agreement", reason(error), about)
        return [replace(row, dtype=dtype) for row in rows]
    rows = []
    for name in problem.wrt:
        want, off = averaged(theirs.gradients[name], theirs.errors[name], problem.averages.get(name, 1))
        one = replace(theirs, gradients={f"d{name}": want}, errors={f"d{name}": off})
        inside = problem.inside.get(dtype, True)
        row = agreement(runs, one, f"d{name}", dtype, vindicated[f"d{name}"], inside, oracle="autograd", **about)
        if row.verdict == INCONCLUSIVE and vindicated[f"d{name}"] and isinstance(decision, Decision):
            row = _kinked(row, decision, name, want, off, problem.averages.get(name, 1))
        if share and not row.compared:
            row = replace(row, **by_share(runs.value[f"d{name}"], want, dtype))
        if look:

            def judged_there(moved: Problem, share: bool) -> Discrepancy:
                near = run(by_name(moved), {"dout": moved.dout, **moved.inputs}, dtype, exactly=False)
                return agreements(moved, near, dtype, {f"d{k}": False for k in moved.wrt}, "", about, False, share)[0]

            row = looked_at(problem, name, row, decision, judged_there)
        rows.append(row)
    return rows


def _kinked(row: Discrepancy, decision: Decision, name: str, theirs: Array, error: Array, m: int) -> Discrepancy:
    """Both gradients are choices from one set of derivatives: PyTorch's lies between the least and the largest."""
    if name not in decision.hull:
        return row
    low, high = (end / m for end in decision.hull[name])
    beyond = np.maximum(low - theirs, theirs - high)
    if not np.all(np.where(np.isfinite(error), beyond <= error, True)):
        return row
    finding = f"{decision.choice}: by hand {row.mine}, by PyTorch {row.want} at {row.at}"
    used = float(np.max(ratio(np.maximum(beyond, 0.0), error)))
    # There is no single exact value, so no digits of it are kept or lost.
    return replace(row, verdict=PASS, finding=finding, used=used, digits_torch=nan)
