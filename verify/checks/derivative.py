"""Derivative: a hand-written gradient of a forward definition, put to the three questions by all oracles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from verify.cases import Case, cases, inside, upstream
from verify.derivative import judge
from verify.diagnosis.rows import unrun
from verify.problem import FLOATS, Problem
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL
from verify.setting import Check, Setting

PER_EXAMPLE = "dZ and dA are derivatives of the per-example loss (of m·J)"
AVERAGED = "dW and db are derivatives of J: they carry the 1/m"


def derivative(
    shapes: str,
    wrt: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    reference: Callable[..., Any],
    *,
    averaged: bool = False,
    subject: str = "backward",
    domain: Mapping[str, str] | None = None,
    edges: Mapping[str, Mapping[str, Any]] | None = None,
) -> Check:
    """A check of derivatives.

    `forward(**inputs)` is written with the notes' definitions; `backward(formula, dout, **inputs)` returns the
    gradients with respect to the names in `wrt` (one bare array for one name); `reference(**tensors)` is the forward
    in PyTorch. With `averaged` the gradients carry the notes' 1/m, m being the size of the output's last dimension.
    With `subject` "forward" the formula under test is what is differentiated: `forward(formula, **inputs)` and
    `backward(dout, **inputs)`.
    """
    names = tuple(wrt.split())

    def check(formula: Callable[..., Any], id: str, setting: Setting) -> list[Discrepancy]:
        def differentiated(**inputs: Any) -> Any:
            return forward(formula, **inputs) if subject == "forward" else forward(**inputs)

        def swapped(function: Callable[..., Any], dout: Any, **inputs: Any) -> dict[str, Any]:
            found = backward(dout, **inputs) if subject == "forward" else backward(function, dout, **inputs)
            return dict(zip(names, (found,) if len(names) == 1 else found, strict=True))

        by_hand = partial(swapped, formula)

        rows: list[Discrepancy] = []
        for case in cases(shapes, domain or {}, setting.seed, edges, setting.square):
            if setting.quick and case.name != "typical":
                continue
            problem: Problem | None = None
            try:
                problem = _problem(id, case, differentiated, by_hand, reference, names, averaged, domain or {}, setting)
                if subject == "backward":
                    problem = replace(problem, subject=formula, swapped=swapped)
                if setting.take:
                    setting.take(problem)
                rows += judge(problem, setting)
            except (ArithmeticError, IndexError, KeyError, TypeError, ValueError) as error:
                finding = f"raised {type(error).__name__}: {error}"
                about: dict[str, Any] = {"case": case.name, "seed": setting.seed, "finding": finding}
                raised = [Discrepancy(id, f"d{wrt}", "formula", "certificate", FAIL, **about)]
                rows += unrun(raised, problem, setting) if problem else raised
        return rows

    return check


def _problem(
    id: str, case: Case, forward: Callable[..., Any], backward: Callable[..., Any], reference: Callable[..., Any],
    names: tuple[str, ...], averaged: bool, domain: Mapping[str, str], setting: Setting,
) -> Problem:  # fmt: skip
    with np.errstate(all="ignore"):
        out = np.asarray(forward(**case.inputs))
    return Problem(
        formula=id,
        forward=forward,
        backward=backward,
        inputs=case.inputs,
        wrt=names,
        dout=upstream(out.shape, setting.seed),
        averages=dict.fromkeys(names, int(out.shape[-1])) if averaged else {},
        reference=reference,
        domain={
            k: (0.0, 1.0) if word == "probability" else (0.0, np.inf)
            for k, word in domain.items()
            if word in ("probability", "positive")
        },
        case=case.name,
        typical=case.typical,
        inside={dtype: inside(domain, case.inputs, dtype) for dtype in FLOATS},
        seed=setting.seed,
        convention=AVERAGED if averaged else PER_EXAMPLE,
    )
