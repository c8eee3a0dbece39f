"""The rows of a certificate: the formula on exact numbers against the exact derivative of its forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, precision
from verify.oracles.certificate import Decision
from verify.oracles.decide import decide
from verify.problem import About, Problem, cast, lift, not_run
from verify.questions import measure
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import named
from verify.runs import told as reason

VANISHES = "the gradient is 0 everywhere here, and so is any multiple of it: give inputs at which it is not"
VERDICTS = {"right": PASS, "wrong": FAIL, "undecided": INCONCLUSIVE}


def decision_of(problem: Problem) -> Decision | str:
    """Exact against exact: the backward on balls, times m where the convention averages, and the certificate.

    Where the functions do not run there, the reason.
    """

    def mine(**inputs: Any) -> dict[str, Any]:
        dout = lift(cast({"dout": problem.dout}, "float64"), Balls.of)["dout"]
        found = named(problem.backward(dout, **inputs))
        return {name: found[name] * problem.averages.get(name, 1) for name in problem.wrt}

    inputs = cast(problem.inputs, "float64")
    try:
        return decide(problem.forward, mine, inputs, problem.wrt, problem.dout, problem.seed)
    except Exception as error:  # code that was not written for such numbers may raise anything
        return reason(error)


def certificates(problem: Problem, decision: Decision | str, about: About) -> list[Discrepancy]:
    """Is the formula right? The certificate against the hand-written backward, enclosure against enclosure."""
    if isinstance(decision, str):
        return not_run(problem, "certificate", "formula", decision, about)
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
