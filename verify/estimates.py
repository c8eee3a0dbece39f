"""The rows of a numerical oracle: the gradient by hand, exact where it can be, against an estimate with its error."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from verify.nearby import looked_at
from verify.oracles.certificate import Decision
from verify.oracles.complex_step import complex_step
from verify.oracles.differences import differences
from verify.oracles.estimate import Estimate
from verify.problem import About, Problem, by_name, cast, not_run
from verify.questions import apart, distance, judged, largest, measure, ratio, undecided, unexcused
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import Runs, run
from verify.runs import told as reason

Array = np.ndarray[Any, Any]

SEVERAL = "at kinks the derivative is a set: what the choices there may change was not compared"
ANOTHER = "at kinks the derivative is a set: the oracle reads another one, and the certificate has the formula right"
OUTSIDE = "the oracle is outside its own error estimate: the certificate has the formula right"
# Elements of a tensor that a numerical oracle is asked of, one or several runs each; and how many show the cost.
ELEMENTS, PROBE = 400, 2
NUMERICAL: dict[str, Callable[..., Estimate]] = {"complex step": complex_step, "differences": differences}


def estimates(
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
        return not_run(problem, oracle, "formula", reason(error), about)
    rows = []
    for name in problem.wrt:
        mine, exact, m = runs.value[f"d{name}"], runs.enclosed(f"d{name}"), problem.averages.get(name, 1)
        want, limit = averaged(found.gradients[name], found.errors[name], m)
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
                near = run(by_name(moved), {"dout": moved.dout, **moved.inputs}, "float64", exactly=False)
                return estimates(moved, near, oracle, estimate, "", deadline, about, look=False)[0]

            row = looked_at(problem, name, row, decision, judged_again)
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


def averaged(gradient: Array, error: Array, m: int) -> tuple[Array, Array]:
    """Divided by the m of the convention, which rounds once."""
    if m == 1:
        return gradient, error
    want = gradient / m
    return want, np.nextafter(error / m, np.inf) + np.spacing(np.abs(want))
