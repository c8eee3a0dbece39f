"""The rows of a proof: what was proved, in one line; or the element that refutes it; or why it stays open."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.problem import About, Problem, floating, not_run
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import told
from verify.setting import Setting

if TYPE_CHECKING:
    from verify.oracles.proof import Proof


def asked_for(problem: Problem, setting: Setting) -> bool:
    """A proof is for all values, so one case of a formula is enough; of the user's code, only where it is named."""
    named = "proof" in setting.oracles and problem.case == "given"
    return named or (setting.asks("proof") and problem.case == "typical")


def proofs(problem: Problem, setting: Setting, about: About) -> list[Discrepancy]:
    """One row for each gradient; the setting is told the time that they took."""
    from verify.oracles.proof import PROVED, REFUTED, prove  # SymPy takes half a second to import

    verdicts = {PROVED: PASS, REFUTED: FAIL}
    clock = time.perf_counter()
    try:
        small = smallest(problem) if problem.case == "typical" else problem
        found = prove(small, setting.deadline)
        if any(proof.verdict != PROVED for proof in found.values()) and small is not problem:
            small, found = problem, prove(problem, setting.deadline)  # where more numbers may refute it
    except Exception as error:  # code that was not written for letters may raise anything
        return not_run(problem, "proof", "formula", told(error), about)
    if setting.timed:
        names = " ".join(f"d{name}" for name in problem.wrt)
        setting.timed((f"proof, {problem.formula}, {names}", time.perf_counter() - clock))
    return [
        Discrepancy(
            quantity=f"d{k}", shape=str(np.shape(small.inputs[k])), compared=proof.identities, at=proof.at,
            mine=proof.mine, want=proof.want, finding=said(small, k, proof),
            verdict=verdicts.get(proof.verdict, INCONCLUSIVE), question="formula", oracle="proof", **about,
        )
        for k, proof in found.items()
    ]  # fmt: skip


def smallest(problem: Problem) -> Problem:
    """The same with its arrays cut to the smallest sizes that are all different: 2 for the smallest, then 3, 4, ...

    A proof says no more for larger ones, and takes longer. Left as it is where the definition wants its own sizes.
    """
    arrays = [x for x in problem.inputs.values() if floating(x)]
    sizes = {n: i for i, n in enumerate(sorted({n for x in arrays for n in np.shape(x) if n > 1}), start=2)}

    def cut(x: Any) -> Any:
        return x[tuple(slice(sizes.get(n)) for n in np.shape(x))] if floating(x) else x

    made = replace(
        problem,
        inputs={name: cut(x) for name, x in problem.inputs.items()},
        dout=cut(problem.dout),
        averages={name: sizes.get(m, m) for name, m in problem.averages.items()},
    )
    try:
        with np.errstate(all="ignore"):
            return made if np.shape(made.forward(**made.inputs)) == np.shape(made.dout) else problem
    except Exception:  # a definition that wants its own sizes may raise anything
        return problem


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
