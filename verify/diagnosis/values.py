"""Wrong values of a formula, named: against the definition's, with what went in and what else came out at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, overlaps
from verify.diagnosis.diagnose import diagnose
from verify.diagnosis.fit import enclosed
from verify.diagnosis.hand import affine, steps_of
from verify.diagnosis.match import Match
from verify.diagnosis.precision import narrowed
from verify.diagnosis.rows import Listener, examples, failing, told
from verify.diagnosis.source import beside
from verify.oracles.definition import definition
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.repair.results import Subject
from verify.runs import Runs
from verify.setting import Setting


def named(
    rows: list[Discrepancy], runs: Runs, reference: Callable[..., Any], given: Mapping[str, Any],
    by_hand: Callable[..., Any], setting: Setting, subject: Subject,
) -> list[Discrepancy]:  # fmt: skip
    """The rows, the failing ones with their diagnosis."""
    failed = [name for name in failing(rows) if name in runs.value]
    if not failed:
        return rows
    right = _right(reference, given)
    found = of_values(failed, runs, right, given, by_hand)
    for name in failed:
        if not found.get(name) and name not in failing(rows, "formula"):
            found[name] = narrowed(name, runs.value[name], runs.exact.get(name))
    return told(rows, beside(found, failed, subject, lambda: right, setting), setting.name)


def unrun(
    rows: list[Discrepancy], reference: Callable[..., Any], given: Mapping[str, Any], setting: Setting,
    subject: Subject,
) -> list[Discrepancy]:  # fmt: skip
    """The rows of a formula that raises: its source alone may tell."""
    names = failing(rows)
    return told(rows, beside({}, names, subject, lambda: _right(reference, given), setting), setting.name)


def of_forward(problem: Problem, runs: Runs) -> dict[str, tuple[Match, ...]]:
    """The matches of a forward that is not what its definition says."""
    if problem.reference is None:
        return {}
    try:
        right = _right(renamed(problem.reference), problem.inputs)
        return of_values(["forward"], runs, right, problem.inputs, problem.forward)
    except Exception:  # code that was not written for such numbers may raise anything: nothing is named
        return {}


def renamed(function: Callable[..., Any]) -> Callable[..., Any]:
    """A forward or its definition, with its one result called the forward."""
    return lambda **given: {"forward": function(**given)}


def _right(reference: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Balls]:
    theirs = definition(reference, given, "float64")
    return {
        name: enclosed(want, theirs.errors[name])
        for name, want in theirs.gradients.items()
        if np.isfinite(theirs.errors[name]).all()  # they are infinite where it is no number, and of truths
    }


def of_values(
    failed: Sequence[str], runs: Runs, right: Mapping[str, Balls], given: Mapping[str, Any],
    by_hand: Callable[..., Any],
) -> dict[str, tuple[Match, ...]]:  # fmt: skip
    """The matches of every value that failed; what the formula computes on its way is at hand too."""
    found: dict[str, tuple[Match, ...]] = {}
    held = {name: x for name in failed if (x := _held(name, runs)) is not None}
    steps = _before(held.values(), steps_of(by_hand, given)[0])
    for name, mine in held.items():
        if name in right:
            hand = {**given, **_earlier(name, right), **affine(given), **steps}
            matches = diagnose(name, mine, right[name], hand, m=examples(given))
            # What comes after the first wrong one may only have inherited its mistake.
            found[name] = matches if not found else tuple(replace(match, confident=False) for match in matches)
    return found


def _held(name: str, runs: Runs) -> Balls | None:
    """What came out: exactly, or within its budget."""
    if name in runs.exact:
        return runs.exact[name]
    known = name in runs.budget and np.isfinite(runs.budget[name]).all()
    return enclosed(runs.value[name], runs.budget[name]) if known else None


def _before(wrong: Iterable[Balls], steps: Mapping[str, Balls]) -> dict[str, Balls]:
    """The steps up to the first wrong one: what comes after has the mistake in it."""
    bad, kept = list(wrong), dict[str, Balls]()
    for name, x in steps.items():
        if any(x.shape == y.shape and overlaps(x, y).all() for y in bad):
            break
        kept[name] = x
    return kept


def _earlier(name: str, right: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs before it, as they should be; of outputs of one kind (A for every g) none is at hand."""
    before = list(right)[: list(right).index(name)]
    return {k: right[k] for k in before if "," not in k}


def of_sides(
    rows: list[Discrepancy], mine: Runs, other: Runs, quantity: str, given: Mapping[str, Any],
    listener: Listener | None = None,
) -> list[Discrepancy]:  # fmt: skip
    """The rows of an identity: the formula's side against the other one, which is taken for right."""
    failed, found = failing(rows, "formula"), {}
    for name, want in other.exact.items():
        called = quantity if name == "value" else f"{quantity} {name}"
        if called in failed and name in mine.exact:
            matches = diagnose(called, mine.exact[name], want, given, m=examples(given))
            # Which side is at fault, and how the formula enters it, is not known here.
            found[called] = tuple(replace(match, confident=False) for match in matches)
    return told(rows, found, listener)
