"""The three questions, put to one derivative: one row a (quantity, question, oracle)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls
from verify.arithmetic.duck import Straddle, Unsupported
from verify.definitions import agreement, defined
from verify.oracles.autograd import autograd
from verify.oracles.certificate import Decision, decide
from verify.oracles.complex_step import complex_step
from verify.oracles.differences import differences
from verify.oracles.estimate import Estimate
from verify.oracles.ladder import ladder
from verify.problem import Problem, cast, lift
from verify.questions import digits, distance, judged, measure
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy
from verify.row import Setting
from verify.runs import Runs, arithmetic, named, run

Array = np.ndarray[Any, Any]

VERDICTS = {"right": PASS, "wrong": FAIL, "undecided": INCONCLUSIVE}
NUMERICAL: dict[str, Callable[..., Estimate]] = {"complex step": complex_step, "differences": differences}


def judge(problem: Problem, setting: Setting) -> list[Discrepancy]:
    """All rows of one problem: the formula in exact arithmetic first, then each precision."""
    about = {
        "formula": problem.formula, "case": problem.case, "seed": problem.seed, "layer": problem.layer,
        "convention": problem.convention, "source": problem.source,
    }  # fmt: skip
    given = {"dout": problem.dout, **problem.inputs}
    backward = _by_name(problem)
    runs = {dtype: run(backward, given, dtype) for dtype in sorted({"float64", *setting.dtypes}, reverse=True)}
    rows = list(_misshapen(problem, runs["float64"], about))
    if rows:
        return rows
    decision: Decision | str = "not asked"
    try:
        decision = _decide(problem)
    except (Unsupported, Straddle, TypeError) as error:
        decision = str(error)
    if setting.asks("certificate"):
        rows += _certificate(problem, runs["float64"], decision, about)
    right = isinstance(decision, Decision) and decision.verdict == "right"
    for oracle, estimate in NUMERICAL.items():
        if setting.asks(oracle):
            rows += _numerical(problem, runs["float64"], oracle, estimate, right, about)
    forward_agrees = True
    if problem.reference is not None and setting.asks("definition"):
        forward = run(lambda **inputs: {"value": problem.forward(**inputs)}, problem.inputs, "float64")
        said = defined(forward, problem.reference, problem.inputs, problem.typical, **about)
        forward_agrees = all(row.verdict != FAIL for row in said)
        rows += [_renamed(row, "forward") for row in said]
    for dtype in setting.dtypes:
        held = {f"d{name}": arithmetic(runs[dtype], f"d{name}", dtype, problem.inside, **about) for name in problem.wrt}
        if setting.asks("exact"):
            rows += held.values()
        if problem.reference is not None and setting.asks("autograd"):
            holds = {k: right and forward_agrees and row.verdict != FAIL for k, row in held.items()}
            rows += _autograd(problem, runs[dtype], dtype, holds, decision, about)
    return rows


def _by_name(problem: Problem) -> Callable[..., dict[str, Any]]:
    def backward(dout: Any, **inputs: Any) -> dict[str, Any]:
        found = problem.backward(dout, **inputs)
        return {f"d{name}": gradient for name, gradient in found.items()}

    return backward


def _misshapen(problem: Problem, runs: Runs, about: dict[str, Any]) -> list[Discrepancy]:
    """The two sets of names must be equal, and a gradient has the shape of what it belongs to."""
    asked, found = {f"d{name}" for name in problem.wrt}, set(runs.value)
    if asked != found:
        finding = f"gradients came back for {sorted(found)}, asked for were {sorted(asked)}"
        return [Discrepancy(quantity=", ".join(sorted(asked)), question="formula", oracle="shapes", verdict=FAIL, finding=finding, **about)]
    rows = []
    for name in problem.wrt:
        want, mine = np.shape(problem.inputs[name]), runs.value[f"d{name}"].shape
        if want != mine:
            rows.append(
                Discrepancy(
                    quantity=f"d{name}", question="formula", oracle="shapes", verdict=FAIL, compared=1, shape=str(mine),
                    mine=str(mine), want=str(want), finding=f"d{name} has shape {mine}, but {name} has shape {want}", **about,
                )  # fmt: skip
            )
    return rows


def _decide(problem: Problem) -> Decision:
    """Exact against exact: the hand-written backward on balls, times m where the convention averages, and the certificate."""

    def mine(**inputs: Any) -> dict[str, Any]:
        given = lift(cast({"dout": problem.dout}, "float64"), _exactly)
        found = named(problem.backward(given["dout"], **inputs))
        return {name: found[name] * problem.averages.get(name, 1) for name in problem.wrt}

    return decide(problem.forward, mine, dict(problem.inputs), list(problem.wrt), problem.dout, problem.seed)


def _exactly(x: Array) -> Balls:
    return Balls.of(x, dtype=x.dtype)


def _certificate(problem: Problem, runs: Runs, decision: Decision | str, about: dict[str, Any]) -> list[Discrepancy]:
    """Is the formula right? The certificate against the hand-written backward, enclosure against enclosure."""
    about = {**about, "question": "formula", "oracle": "certificate"}
    rows = []
    for name in problem.wrt:
        here = {**about, "quantity": f"d{name}", "shape": str(np.shape(problem.inputs[name]))}
        if isinstance(decision, str):
            rows.append(Discrepancy(verdict=INCONCLUSIVE, finding=f"not run: {decision}", **here))
            continue
        m = problem.averages.get(name, 1)
        mine, want = decision.mine[name] / m, decision.want[name] / m
        gap = abs(mine - want)
        error = np.maximum(gap.mid() - gap.rad(), 0.0)
        figures = measure(mine.mid(), want.mid(), error, mine.rad() + want.rad(), "float64", want)
        rows.append(Discrepancy(verdict=VERDICTS[decision.verdicts[name]], finding=decision.choice, **{**here, **figures}))
    return rows


def _numerical(
    problem: Problem, runs: Runs, oracle: str, estimate: Callable[..., Estimate], right: bool, about: dict[str, Any]
) -> list[Discrepancy]:
    """Is the formula right? A float estimate with its error, against the hand-written gradient, exact where it can be."""
    about = {**about, "question": "formula", "oracle": oracle}
    domain = {"domain": problem.domain} if oracle == "differences" else {}
    try:
        with np.errstate(all="ignore"):
            found = estimate(problem.forward, problem.inputs, problem.wrt, problem.dout, seed=problem.seed, **domain)
    except (Unsupported, Straddle) as error:
        return [
            Discrepancy(quantity=f"d{name}", verdict=INCONCLUSIVE, finding=f"not run: {error}", **about)
            for name in problem.wrt
        ]
    rows = []
    for name in problem.wrt:
        mine, exact, m = runs.value[f"d{name}"], runs.exact.get(f"d{name}"), problem.averages.get(name, 1)
        want, limit = found.gradients[name] / m, np.nextafter(found.errors[name] / m, np.inf)
        # The division by m rounds once.
        limit = limit + (np.spacing(np.abs(want)) if m != 1 else 0.0)
        if exact is None:
            limit = limit + runs.budget.get(f"d{name}", np.full(mine.shape, np.inf))
            error = np.abs(mine - want)
        else:
            error = distance(want, exact)
        shown = mine if exact is None else exact.mid()
        figures = measure(shown, want, error, np.where(np.isnan(limit), np.inf, limit), "float64", exact)
        verdict, finding = judged(figures, "float64"), "; ".join(found.notes)
        if verdict == FAIL and right:
            verdict, finding = INCONCLUSIVE, f"the oracle is outside its own error estimate; {finding}".rstrip("; ")
        worst = float(np.max(limit[np.isfinite(limit)], initial=0.0))
        rows.append(
            Discrepancy(quantity=f"d{name}", verdict=verdict, finding=finding, oracle_error=worst, **{**about, **figures})
        )
    return rows


def _autograd(
    problem: Problem, runs: Runs, dtype: str, vindicated: Mapping[str, bool], decision: Decision | str, about: dict[str, Any]
) -> list[Discrepancy]:
    """Does it agree with PyTorch? At a kink both may be right: each is some choice of local derivatives."""
    assert problem.reference is not None
    given = cast(problem.inputs, dtype)
    try:
        theirs = autograd(problem.reference, given, problem.wrt, problem.dout.astype(dtype), seed=problem.seed)
    except Unsupported as error:
        return [
            Discrepancy(
                quantity=f"d{name}", question="agreement", oracle="autograd", dtype=dtype, verdict=INCONCLUSIVE,
                finding=f"not run: {error}", **about,
            )
            for name in problem.wrt
        ]  # fmt: skip
    averaged = Estimate(
        {f"d{k}": (v / problem.averages.get(k, 1)).astype(dtype) for k, v in theirs.gradients.items()},
        {
            f"d{k}": v / m + (np.spacing(np.abs(theirs.gradients[k]) / m).astype(np.float64) if m != 1 else 0.0)
            for k, v in theirs.errors.items()
            for m in [problem.averages.get(k, 1)]
        },
        {f"d{k}": v for k, v in theirs.skipped.items()},
        theirs.notes,
    )
    rows = [
        agreement(runs, averaged, f"d{name}", dtype, vindicated[f"d{name}"], oracle="autograd", **about)
        for name in problem.wrt
    ]
    return rows
