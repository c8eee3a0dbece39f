"""Failing rows of a report, with their diagnosis: one a quantity, and only where something failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.duck import collected
from verify.arithmetic.kinks import Route
from verify.diagnosis.diagnose import MOST, diagnose, small
from verify.diagnosis.fit import enclosed
from verify.diagnosis.hand import at_hand
from verify.diagnosis.match import Match, sentences
from verify.diagnosis.precision import narrowed
from verify.diagnosis.source import beside
from verify.oracles.certificate import Decision, certificate
from verify.oracles.complex_step import complex_step
from verify.problem import Problem, cast, lift
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL
from verify.repair.results import Subject
from verify.runs import Runs, named
from verify.setting import Setting

Array = np.ndarray[Any, Any]
Listener = Callable[[Mapping[str, tuple[Match, ...]]], None]


def failing(rows: Sequence[Discrepancy], *questions: str) -> list[str]:
    """The quantities that a row failed of, each once; of these questions alone, where there are some."""
    asked = (row for row in rows if row.verdict == FAIL and (not questions or row.question in questions))
    return list(dict.fromkeys(row.quantity for row in asked))


def told(
    rows: Sequence[Discrepancy], matches: Mapping[str, tuple[Match, ...]], listener: Listener | None = None
) -> list[Discrepancy]:
    """The rows, the failing ones with what the matches of their quantity say."""
    if listener is not None and matches:
        listener(matches)
    said = {quantity: sentences(found) for quantity, found in matches.items()}
    return [
        replace(row, diagnosis=said.get(row.quantity) or row.diagnosis) if row.verdict == FAIL else row for row in rows
    ]


def of_derivatives(
    rows: Sequence[Discrepancy], problem: Problem, runs: Runs, decision: Decision | str | None, setting: Setting
) -> dict[str, tuple[Match, ...]]:
    """The matches of every gradient that failed, by quantity."""
    failed = [k for k in problem.wrt if f"d{k}" in failing(rows)]
    if not failed:
        return {}
    try:
        pairs, hand = _pairs(problem, runs, decision, failed), at_hand(problem)
    except Exception:  # code that was not written for such numbers may raise anything: nothing is named
        return {}
    m = max(problem.averages.values(), default=examples(problem.inputs, problem.dout))
    found = {f"d{k}": diagnose(f"d{k}", mine, want, hand, m=m) for k, (mine, want) in pairs.items()}
    for k in failed:
        name = f"d{k}"
        if not found.get(name) and name in runs.value and name not in failing(rows, "formula"):
            found[name] = narrowed(name, runs.value[name], runs.exact.get(name))
    return beside(found, [f"d{k}" for k in failed], _subject(problem), lambda: _all_right(problem), setting)


def unrun(rows: list[Discrepancy], problem: Problem, setting: Setting) -> list[Discrepancy]:
    """The rows of a formula that raises: its source alone may tell."""
    found = beside({}, failing(rows), _subject(problem), lambda: _all_right(problem), setting)
    return told(rows, found, setting.name)


def _subject(problem: Problem) -> Subject | None:
    if problem.subject is None or problem.swapped is None:
        return None
    return Subject(problem.subject, problem.swapped, {"dout": problem.dout, **problem.inputs})


def _all_right(problem: Problem) -> dict[str, Balls]:
    inputs = cast(problem.inputs, "float64")
    with precision():
        return {k: x / problem.averages.get(k, 1) for k, x in _right(problem, inputs, problem.wrt).items()}


def examples(inputs: Mapping[str, Any], out: Any = None) -> int:
    """m: the columns of the output, or of the data."""
    shapes = [
        np.shape(x) for x in (out, *(inputs.get(k) for k in ("Y", "X", "A", "A_prev", "Z", "dZ"))) if x is not None
    ]
    return next((shape[1] for shape in shapes if len(shape) == 2 and shape[1] > 1), 1)


def _pairs(
    problem: Problem, runs: Runs, decision: Decision | str | None, failed: Sequence[str]
) -> dict[str, tuple[Balls, Balls]]:
    """By hand and right, exactly where it can be; by the running bounds and the complex step where not."""
    averages = {k: problem.averages.get(k, 1) for k in failed}
    if isinstance(decision, Decision) and not decision.directions:
        with precision(decision.bits):
            return {k: (decision.mine[k] / averages[k], decision.want[k] / averages[k]) for k in failed}
    if not small(*(problem.inputs[k] for k in failed)):
        return {}
    inputs = cast(problem.inputs, "float64")
    want = _right(problem, inputs, failed)
    mine = _by_hand(problem, runs, inputs, failed)
    with precision():
        return {k: (mine[k], want[k] / averages[k]) for k in failed if k in mine}


def _right(problem: Problem, inputs: Mapping[str, Any], failed: Sequence[str]) -> Mapping[str, Balls]:
    try:
        with precision():
            return certificate(problem.forward, inputs, failed, problem.dout, Route()).want
    except Exception:  # it does not run on exact numbers
        found = complex_step(problem.forward, inputs, failed, problem.dout, at_most=MOST)
        return {k: enclosed(found.gradients[k], found.errors[k]) for k in failed}


def _by_hand(problem: Problem, runs: Runs, inputs: Mapping[str, Any], failed: Sequence[str]) -> dict[str, Balls]:
    try:
        with precision():
            dout = Balls.of(problem.dout)
            found = named(problem.backward(dout, **lift(inputs, Balls.of)))
            return {k: Balls.of(collected(found[k])) for k in failed if k in found}
    except Exception:  # it does not run on exact numbers
        return {k: enclosed(runs.value[f"d{k}"], runs.budget[f"d{k}"]) for k in failed if f"d{k}" in runs.budget}
