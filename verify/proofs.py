"""The rows of a proof: what was proved, in one line; or the element that refutes it; or why it stays open."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.problem import Problem
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy
from verify.row import Setting
from verify.runs import told

if TYPE_CHECKING:
    from verify.oracles.proof import Proof


def asked_for(problem: Problem, setting: Setting) -> bool:
    """A proof is for all values, so one case of a formula is enough; of the user's code, only where it is named."""
    return setting.asks("proof") and (problem.case == "typical" or "proof" in setting.oracles)


def proofs(problem: Problem, setting: Setting, about: Mapping[str, Any]) -> list[Discrepancy]:
    """One row for each gradient; the setting is told the time that they took."""
    from verify.oracles.proof import PROVED, REFUTED, prove  # SymPy takes half a second to import

    verdicts = {PROVED: PASS, REFUTED: FAIL}
    about = {**about, "question": "formula", "oracle": "proof"}
    shapes = {name: str(np.shape(problem.inputs[name])) for name in problem.wrt}
    clock = time.perf_counter()
    try:
        found = prove(problem, setting.deadline)
    except Exception as error:  # code that was not written for letters may raise anything
        return [
            Discrepancy(
                quantity=f"d{k}", shape=shapes[k], verdict=INCONCLUSIVE, finding=f"not run: {told(error)}", **about
            )
            for k in problem.wrt
        ]  # fmt: skip
    if setting.timed:
        names = " ".join(f"d{name}" for name in problem.wrt)
        setting.timed((f"proof, {problem.formula}, {names}", time.perf_counter() - clock))
    return [
        Discrepancy(
            quantity=f"d{k}", shape=shapes[k], compared=proof.identities, at=proof.at, mine=proof.mine, want=proof.want,
            verdict=verdicts.get(proof.verdict, INCONCLUSIVE),
            finding=said(problem, k, proof), **about,
        )
        for k, proof in found.items()
    ]  # fmt: skip


def said(problem: Problem, name: str, proof: Proof) -> str:
    """The statement proved, with what it leaves out; or what became of it.

    The m before a gradient is the notes' convention: dW and db are derivatives of J, which carries the 1/m.
    """
    m = "m·" if problem.averages.get(name, 1) > 1 else ""
    claim = f"∂(Σ dout∗out)/∂{name} = {m}d{name}"
    if proof.verdict == "refuted":
        return f"{claim} is refuted at the inputs of this case"
    if proof.reason:
        return f"{claim} is not proved: {proof.reason}{' at ' * bool(proof.at)}{proof.at}"
    n = proof.identities
    count = f"{n} {'identity' if n == 1 else 'identities'} in {proof.letters} letter{'s' * (proof.letters != 1)}"
    return ", ".join(filter(None, (f"{claim}: {count}, for all real values", proof.where)))
