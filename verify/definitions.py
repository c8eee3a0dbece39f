"""A forward against the independently written definition in PyTorch: exact value by hand against theirs.

Only here is a wrong forward with a consistently wrong backward seen, so a typical case that differs by more than
PyTorch's own rounding is a fail: no exact value of the same wrong forward may excuse it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.oracles.definition import definition
from verify.questions import apart, digits, distance, judged, largest, measure, undecided, unexcused
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE
from verify.runs import Runs


def defined(runs: Runs, reference: Any, inputs: Any, typical: bool, **about: Any) -> list[Discrepancy]:
    """Is the formula right? Every output by hand, exactly, against PyTorch's float64 value and its error estimate."""
    theirs = definition(reference, inputs, "float64")
    about = {"question": "formula", "oracle": "definition", "dtype": "float64", **about}
    if set(theirs.gradients) != set(runs.value):
        finding = f"by hand there are {sorted(runs.value)}, in the definition {sorted(theirs.gradients)}"
        return [Discrepancy(quantity=", ".join(sorted(runs.value)), verdict=FAIL, finding=finding, **about)]
    rows = []
    for name, want in theirs.gradients.items():
        mine = runs.value[name]
        if mine.shape != want.shape:
            finding = f"by hand the shape is {mine.shape}, in the definition {want.shape}"
            rows.append(Discrepancy(quantity=name, verdict=FAIL, finding=finding, **about))
            continue
        exact = runs.enclosed(name)
        if exact is None:
            limit = theirs.errors[name] + runs.budget.get(name, np.full(mine.shape, np.inf))
            error, limit = unexcused(mine, want, apart(mine, want), limit)
        else:
            error, limit = distance(want, exact), theirs.errors[name]
        figures = measure(mine if exact is None else exact.mid(), want, error, limit, "float64", exact)
        verdict, finding = judged(figures, "float64"), "; ".join(theirs.notes)
        if verdict == INCONCLUSIVE and not finding:
            finding = undecided(figures)
        if verdict == FAIL and not typical and exact is not None:
            verdict = INCONCLUSIVE
            finding = f"reference: PyTorch is outside its own error estimate here; exact value {figures['exact']}"
        kept = digits(error[np.isfinite(error)], np.abs(want), "float64")
        rows.append(
            Discrepancy(
                quantity=name, verdict=verdict, finding=finding, digits_torch=kept,
                oracle_error=largest(limit), **about, **figures,
            )
        )  # fmt: skip
    return rows


def agreement(
    runs: Runs, theirs: Any, name: str, dtype: str, vindicated: bool, inside: bool = True, **about: Any
) -> Discrepancy:
    """Does it agree with PyTorch? Float against float, within both budgets; PyTorch is judged by the exact value too.

    `vindicated`: the exact value has shown the hand-written side right, so that a disagreement is PyTorch's. `inside`:
    the inputs lie in the declared float domain, where no budget excuses a NaN or an infinity.
    """
    mine, want = runs.value[name], np.asarray(theirs.gradients[name])
    about = {"quantity": name, "question": "agreement", "dtype": dtype, "shape": str(mine.shape), **about}
    if mine.shape != want.shape:
        finding = f"by hand the shape is {mine.shape}, by PyTorch {want.shape}"
        return Discrepancy(verdict=FAIL, finding=finding, **about)
    error = apart(mine, want)
    budget = runs.budget.get(name, np.full(mine.shape, np.inf)) + theirs.errors[name]
    if inside and not vindicated:
        error, budget = unexcused(mine, want, error, budget)
    exact = runs.enclosed(name)
    figures = measure(mine, want, error, budget, dtype, exact)
    verdict, finding = judged(figures, dtype), "; ".join(theirs.notes)
    if verdict == INCONCLUSIVE and not finding:
        finding = undecided(figures)
    kept = mine_kept = float("nan")
    if exact is not None:
        known = exact.is_finite()
        size = np.abs(exact.mid()[known])
        kept, mine_kept = (digits(distance(x, exact)[known], size, dtype) for x in (want, mine))
    if verdict == FAIL and vindicated:
        verdict = INCONCLUSIVE
        finding = f"reference: PyTorch has {figures['want']} where the exact value is {figures.get('exact', '?')}"
    about |= figures
    return Discrepancy(
        verdict=verdict, finding=finding, digits_mine=mine_kept, digits_torch=kept,
        oracle_error=largest(theirs.errors[name]), **about,
    )  # fmt: skip
