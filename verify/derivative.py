"""The three questions, put to one derivative: one row a (quantity, question, oracle)."""

from __future__ import annotations

import time

import numpy as np

from verify.agreements import agreements
from verify.certificates import certificates, decision_of
from verify.definitions import defined
from verify.diagnosis.rows import of_derivatives, told
from verify.diagnosis.values import of_forward, renamed
from verify.estimates import NUMERICAL, estimates
from verify.oracles.certificate import Decision
from verify.problem import About, Problem, by_name, not_run
from verify.proofs import asked_for, proofs
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL
from verify.runs import Runs, arithmetic, run
from verify.setting import Setting


def judge(problem: Problem, setting: Setting) -> list[Discrepancy]:
    """All rows of one problem: the formula in exact arithmetic first, then each precision."""
    about = {
        "formula": problem.formula, "case": problem.case, "seed": problem.seed, "layer": problem.layer,
        "convention": problem.convention, "source": problem.source,
    }  # fmt: skip
    backward = by_name(problem)
    given = {"dout": problem.dout, **problem.inputs}
    runs = {dtype: run(backward, given, dtype) for dtype in dict.fromkeys(("float64", *setting.dtypes))}
    rows = _misshapen(problem, runs["float64"], about)
    if rows:
        return told(rows, of_derivatives(rows, problem, runs["float64"], None, setting), setting.name)
    decision = decision_of(problem)
    right = isinstance(decision, Decision) and decision.verdict == "right"
    rows = certificates(problem, decision, about) if setting.asks("certificate") else []
    if asked_for(problem, setting):
        rows += proofs(problem, setting, about)
    for oracle, estimate in NUMERICAL.items():
        if setting.asks(oracle):
            if time.monotonic() > setting.deadline:
                rows += not_run(problem, oracle, "formula", "the time is up", about)
            else:
                rows += estimates(problem, runs["float64"], oracle, estimate, decision, setting.deadline, about)
    forward_agrees = True
    if problem.reference is not None and setting.asks("definition"):
        forward = run(renamed(problem.forward), problem.inputs, "float64")
        said = defined(forward, renamed(problem.reference), problem.inputs, problem.typical, **about)
        forward_agrees = all(row.verdict != FAIL for row in said)
        rows += said if forward_agrees else told(said, of_forward(problem, forward), setting.name)
    for dtype in setting.dtypes:
        held = {
            f"d{k}": arithmetic(runs[dtype], f"d{k}", dtype, problem.inside.get(dtype, True), **about)
            for k in problem.wrt
        }
        if setting.asks("exact"):
            rows += held.values()
        if problem.reference is not None and setting.asks("autograd"):
            holds = {k: right and forward_agrees and row.verdict != FAIL for k, row in held.items()}
            rows += agreements(problem, runs[dtype], dtype, holds, decision, about)
    return told(rows, of_derivatives(rows, problem, runs["float64"], decision, setting), setting.name)


def _misshapen(problem: Problem, runs: Runs, about: About) -> list[Discrepancy]:
    """The two sets of names must be equal, and a gradient has the shape of what it belongs to."""
    asked, found = {f"d{name}" for name in problem.wrt}, set(runs.value)
    about = {**about, "question": "formula", "oracle": "shapes", "verdict": FAIL}
    if asked != found:
        finding = f"gradients came back for {', '.join(sorted(found))}; asked for were {', '.join(sorted(asked))}"
        return [Discrepancy(quantity=", ".join(sorted(asked)), finding=finding, **about)]
    rows = []
    for name in problem.wrt:
        want, mine = np.shape(problem.inputs[name]), runs.value[f"d{name}"].shape
        if want != mine:
            finding = f"d{name} has shape {mine}, but {name} has shape {want}"
            rows.append(
                Discrepancy(
                    quantity=f"d{name}", compared=1, shape=str(mine), mine=str(mine), want=str(want), finding=finding,
                    **about,
                )
            )  # fmt: skip
    return rows
