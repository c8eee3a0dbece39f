"""The three questions, put to one derivative: one row a (quantity, question, oracle)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, precision
from verify.definitions import agreement, defined
from verify.diagnosis.rows import of_derivatives, told
from verify.nearby import agrees_nearby, by_share
from verify.oracles.autograd import autograd
from verify.oracles.certificate import Decision
from verify.oracles.complex_step import complex_step
from verify.oracles.decide import decide
from verify.oracles.differences import differences
from verify.oracles.estimate import Estimate
from verify.problem import Problem, cast, lift
from verify.proofs import asked_for, proofs
from verify.questions import apart, distance, judged, largest, measure, ratio, undecided, unexcused
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy
from verify.runs import Runs, arithmetic, named, run
from verify.runs import told as reason
from verify.setting import Setting

Array = np.ndarray[Any, Any]
About = Mapping[str, Any]

VANISHES = "the gradient is 0 everywhere here, and so is any multiple of it: give inputs at which it is not"
SEVERAL = "at kinks the derivative is a set: what the choices there may change was not compared"
ANOTHER = "at kinks the derivative is a set: the oracle reads another one, and the certificate has the formula right"
NEARBY = "by hand {mine}, by the oracle {want} at {at}; at inputs nearby they agree, so that this may be a kink"
OUTSIDE = "the oracle is outside its own error estimate: the certificate has the formula right"
VERDICTS = {"right": PASS, "wrong": FAIL, "undecided": INCONCLUSIVE}
# Elements of a tensor that a numerical oracle is asked of, one or several runs each; and how many show the cost.
ELEMENTS, PROBE = 400, 2
NUMERICAL: dict[str, Callable[..., Estimate]] = {"complex step": complex_step, "differences": differences}


def judge(problem: Problem, setting: Setting) -> list[Discrepancy]:
    """All rows of one problem: the formula in exact arithmetic first, then each precision."""
    about = {
        "formula": problem.formula, "case": problem.case, "seed": problem.seed, "layer": problem.layer,
        "convention": problem.convention, "source": problem.source,
    }  # fmt: skip
    backward = _by_name(problem)
    given = {"dout": problem.dout, **problem.inputs}
    runs = {dtype: run(backward, given, dtype) for dtype in dict.fromkeys(("float64", *setting.dtypes))}
    rows = _misshapen(problem, runs["float64"], about)
    if rows:
        return told(rows, of_derivatives(rows, problem, runs["float64"], None, setting), setting.name)
    decision = _decide(problem)
    right = isinstance(decision, Decision) and decision.verdict == "right"
    rows = _certificate(problem, decision, about) if setting.asks("certificate") else []
    if asked_for(problem, setting):
        rows += proofs(problem, setting, about)
    for oracle, estimate in NUMERICAL.items():
        if setting.asks(oracle):
            if time.monotonic() > setting.deadline:
                rows += _not_run(problem, oracle, "formula", "the time is up", about)
            else:
                rows += _numerical(problem, runs["float64"], oracle, estimate, decision, setting.deadline, about)
    forward_agrees = True
    if problem.reference is not None and setting.asks("definition"):
        forward = run(lambda **inputs: {"forward": problem.forward(**inputs)}, problem.inputs, "float64")
        said = defined(forward, _renamed(problem.reference), problem.inputs, problem.typical, **about)
        forward_agrees = all(row.verdict != FAIL for row in said)
        rows += said
    for dtype in setting.dtypes:
        held = {
            f"d{k}": arithmetic(runs[dtype], f"d{k}", dtype, problem.inside.get(dtype, True), **about)
            for k in problem.wrt
        }
        if setting.asks("exact"):
            rows += held.values()
        if problem.reference is not None and setting.asks("autograd"):
            holds = {k: right and forward_agrees and row.verdict != FAIL for k, row in held.items()}
            rows += _autograd(problem, runs[dtype], dtype, holds, decision, about)
    return told(rows, of_derivatives(rows, problem, runs["float64"], decision, setting), setting.name)


def _by_name(problem: Problem) -> Callable[..., dict[str, Any]]:
    def backward(dout: Any, **inputs: Any) -> dict[str, Any]:
        return {f"d{name}": gradient for name, gradient in problem.backward(dout, **inputs).items()}

    return backward


def _renamed(reference: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **tensors: {"forward": reference(**tensors)}


def _not_run(problem: Problem, oracle: str, question: str, reason: str, about: About) -> list[Discrepancy]:
    return [
        Discrepancy(
            quantity=f"d{name}", question=question, oracle=oracle, verdict=INCONCLUSIVE, finding=f"not run: {reason}",
            shape=str(np.shape(problem.inputs[name])), **about,
        )
        for name in problem.wrt
    ]  # fmt: skip


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


def _decide(problem: Problem) -> Decision | str:
    """Exact against exact: the backward on balls, times m where the convention averages, and the certificate.

    Where the functions do not run there, the reason.
    """

    def mine(**inputs: Any) -> dict[str, Any]:
        dout = lift(cast({"dout": problem.dout}, "float64"), lambda x: Balls.of(x, dtype=x.dtype))["dout"]
        found = named(problem.backward(dout, **inputs))
        return {name: found[name] * problem.averages.get(name, 1) for name in problem.wrt}

    inputs = cast(problem.inputs, "float64")
    try:
        return decide(problem.forward, mine, inputs, problem.wrt, problem.dout, problem.seed)
    except Exception as error:  # code that was not written for such numbers may raise anything
        return reason(error)


def _certificate(problem: Problem, decision: Decision | str, about: About) -> list[Discrepancy]:
    """Is the formula right? The certificate against the hand-written backward, enclosure against enclosure."""
    if isinstance(decision, str):
        return _not_run(problem, "certificate", "formula", decision, about)
    rows = []
    for name in problem.wrt:
        m = problem.averages.get(name, 1)
        with precision(decision.bits):
            mine, want = decision.mine[name] / m, decision.want[name] / m
            gap = abs(mine - want)
        error = np.maximum(gap.mid() - gap.rad(), 0.0)
        figures = measure(mine.mid(), want.mid(), error, mine.rad() + want.rad(), "float64", want)
        finding = decision.choice
        if decision.directions:
            along = f"compared along {decision.directions} random directions, exactly"
            finding = "; ".join(filter(None, (finding, along)))
        figures |= {"shape": str(np.shape(problem.inputs[name]))}
        verdict = VERDICTS[decision.verdicts[name]]
        if verdict == PASS and want.largest() <= want.widest():
            verdict, finding = INCONCLUSIVE, "; ".join(filter(None, (VANISHES, finding)))
        elif verdict == INCONCLUSIVE and not finding:
            finding = f"the enclosures are not sharp enough at {decision.bits} bits"
        rows.append(
            Discrepancy(
                quantity=f"d{name}", question="formula", oracle="certificate", verdict=verdict, finding=finding,
                **{**about, **figures},
            )
        )  # fmt: skip
    return rows


def _numerical(
    problem: Problem,
    runs: Runs,
    oracle: str,
    estimate: Callable[..., Estimate],
    decision: Decision | str,
    deadline: float,
    about: About,
    look: bool = True,
) -> list[Discrepancy]:
    """Is the formula right? A float estimate with its error, against the gradient by hand, exact where it can be.

    With `look`, what fails is looked at nearby, where no certificate has decided.
    """
    known = decision.verdicts if isinstance(decision, Decision) else {}
    options: dict[str, Any] = {"domain": problem.domain} if oracle == "differences" else {}
    inputs = cast(problem.inputs, "float64")

    def ask(at_most: int) -> Estimate:
        with np.errstate(all="ignore"):
            return estimate(
                problem.forward, inputs, problem.wrt, problem.dout, seed=problem.seed, at_most=at_most, **options
            )

    try:
        certain = set(known.values()) == {"right"}
        found = ask(affordable(ask, deadline, ELEMENTS if certain else max(np.size(inputs[k]) for k in problem.wrt)))
    except Exception as error:
        return _not_run(problem, oracle, "formula", reason(error), about)
    rows = []
    for name in problem.wrt:
        mine, exact, m = runs.value[f"d{name}"], runs.enclosed(f"d{name}"), problem.averages.get(name, 1)
        want, limit = _averaged(found.gradients[name], found.errors[name], m)
        right, notes = known.get(name) == "right", found.notes
        varies = _varying(decision, mine.shape, name)
        if known.get(name) == "undecided" and varies.any():
            # Of the derivatives that the choices at kinks give, the oracle reads one; another is no less right.
            limit, notes = np.where(varies, np.inf, limit), (*notes, SEVERAL)
        if exact is None:
            limit = limit + runs.budget.get(f"d{name}", np.full(mine.shape, np.inf))
            gap, limit = unexcused(mine, want, apart(mine, want), limit)
        else:
            gap = distance(want, exact)
        shown = mine if exact is None else exact.mid()
        figures = measure(shown, want, gap, limit, "float64", exact)
        verdict, finding = judged(figures, "float64"), "; ".join(notes)
        if verdict == FAIL and right:
            outside = ANOTHER if varies.any() else OUTSIDE
            verdict, finding = INCONCLUSIVE, "; ".join(filter(None, (outside, finding)))
        elif verdict == PASS and not right:
            # No certificate speaks for the elements that were not compared.
            if left := figures["skipped"]:
                open_ = f"nothing speaks for {left} of {mine.size} elements, which have no budget or were not drawn"
                verdict, finding = INCONCLUSIVE, "; ".join(filter(None, (open_, finding)))
        elif verdict == INCONCLUSIVE and not finding:
            finding = undecided(figures)
        if exact is None:
            finding = "; ".join(filter(None, (*runs.findings, finding)))
        row = Discrepancy(
            quantity=f"d{name}", question="formula", oracle=oracle, verdict=verdict, finding=finding,
            oracle_error=largest(limit), **{**about, **figures},
        )  # fmt: skip
        if look:

            def judged_again(moved: Problem, share: bool) -> Discrepancy:
                near = run(_by_name(moved), {"dout": moved.dout, **moved.inputs}, "float64", exactly=False)
                return _numerical(moved, near, oracle, estimate, "", deadline, about, look=False)[0]

            row = _looked_at(problem, name, row, decision, judged_again)
        rows.append(row)
    return rows


def _varying(decision: Decision | str, shape: tuple[int, ...], name: str) -> Array:
    """Which elements the choices at kinks may change; all of them, where directions were compared and one may."""
    found: Any = decision.varies.get(name, np.False_) if isinstance(decision, Decision) else np.False_
    return np.broadcast_to(found if found.shape == shape else found.any(), shape)


def affordable(
    ask: Callable[[int], Any], deadline: float, most: int, clock: Callable[[], float] = time.monotonic
) -> int:
    """How many elements a tensor can be asked of in a third of the time that is left; two are tried to find out."""
    if deadline == inf or most <= PROBE:
        return ELEMENTS
    started = clock()
    ask(PROBE)
    spent = (clock() - started) / PROBE
    return int(np.clip(ratio(np.asarray(deadline - started) / 3, spent), PROBE, most))


def _averaged(gradient: Array, error: Array, m: int) -> tuple[Array, Array]:
    """Divided by the m of the convention, which rounds once."""
    if m == 1:
        return gradient, error
    want = gradient / m
    return want, np.nextafter(error / m, np.inf) + np.spacing(np.abs(want))


def _autograd(
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
        rows = _not_run(problem, "autograd", "agreement", reason(error), about)
        return [replace(row, dtype=dtype) for row in rows]
    rows = []
    for name in problem.wrt:
        want, off = _averaged(theirs.gradients[name], theirs.errors[name], problem.averages.get(name, 1))
        one = Estimate({f"d{name}": want.astype(dtype)}, {f"d{name}": off}, {}, theirs.notes)
        inside = problem.inside.get(dtype, True)
        row = agreement(runs, one, f"d{name}", dtype, vindicated[f"d{name}"], inside, oracle="autograd", **about)
        if row.verdict == INCONCLUSIVE and vindicated[f"d{name}"] and isinstance(decision, Decision):
            row = _kinked(row, decision, name, want, off, problem.averages.get(name, 1))
        if share and not row.compared:
            row = replace(row, **by_share(runs.value[f"d{name}"], want, dtype))
        if look:

            def judged_there(moved: Problem, share: bool) -> Discrepancy:
                near = run(_by_name(moved), {"dout": moved.dout, **moved.inputs}, dtype, exactly=False)
                return _autograd(moved, near, dtype, {f"d{k}": False for k in moved.wrt}, "", about, False, share)[0]

            row = _looked_at(problem, name, row, decision, judged_there)
        rows.append(row)
    return rows


def _looked_at(
    problem: Problem,
    name: str,
    row: Discrepancy,
    decision: Decision | str,
    again: Callable[[Problem, bool], Discrepancy],
) -> Discrepancy:
    """A fail that no certificate speaks for or against is none where it is gone as soon as the inputs move."""
    decided = isinstance(decision, Decision) and decision.verdicts[name] != "undecided"
    if row.verdict != FAIL or decided or not agrees_nearby(replace(problem, wrt=(name,)), row, again):
        return row
    return replace(row, verdict=INCONCLUSIVE, finding=NEARBY.format(mine=row.mine, want=row.want, at=row.at))


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
