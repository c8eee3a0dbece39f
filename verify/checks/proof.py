"""Proof: gradients of a forward definition proved for all values, at shapes of one's own; nothing else is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from verify.cases import cases, upstream
from verify.checks.derivative import AVERAGED, PER_EXAMPLE
from verify.problem import Problem
from verify.proofs import proofs
from verify.records.discrepancy import Discrepancy
from verify.setting import Check, Setting


def proof(
    shapes: str,
    wrt: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *,
    name: str,
    averaged: bool = False,
    domain: Mapping[str, str] | None = None,
) -> Check:
    """A check by proof alone: `forward(**inputs)`, `backward(formula, dout, **inputs)` as in `derivative`.

    `name` is the case on the report: "network 2-2-1, tanh".
    """
    names = tuple(wrt.split())

    def check(formula: Callable[..., Any], id: str, setting: Setting) -> list[Discrepancy]:
        if not setting.asks("proof"):
            return []
        inputs = next(cases(shapes, domain or {}, setting.seed)).inputs
        out = np.asarray(forward(**inputs))
        problem = Problem(
            formula=id,
            forward=forward,
            backward=lambda dout, **given: dict(zip(names, backward(formula, dout, **given), strict=True)),
            inputs=inputs,
            wrt=names,
            dout=upstream(out.shape, setting.seed),
            averages=dict.fromkeys(names, int(out.shape[-1])) if averaged else {},
            case=name,
        )
        convention = AVERAGED if averaged else PER_EXAMPLE
        return proofs(problem, setting, {"formula": id, "case": name, "seed": setting.seed, "convention": convention})

    return check
