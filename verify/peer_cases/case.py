"""One gradient that a peer misjudges: put to that peer, and to `check` as any user would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from typing import Any

import numpy as np

from verify.cases import upstream
from verify.check import check
from verify.pair import draws_given_back
from verify.peers.asked import ACCEPTS, REJECTS
from verify.peers.table import PEERS
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.peer_case import PeerCase
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS, concluded


@dataclass(frozen=True)
class Case:
    """`forward(*inputs)` and `backward(dout, *inputs)`, or (out, cache) and (dout, cache); is that backward `right`?

    `dout` is the one that `check` draws, where it is not given; `options` are what else it is told. `ask` puts the case
    to a peer that is not among PEERS, or in a way of its own. A `heavy` case takes seconds: the report leaves it out.
    """

    name: str
    peer: str
    right: bool
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: Mapping[str, Any]
    dout: Any = None
    ask: Callable[[Case], str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    heavy: bool = False

    @property
    def misjudged(self) -> str:
        """What a peer says that errs."""
        return REJECTS if self.right else ACCEPTS


def peer_says(case: Case) -> str:
    """accepts, rejects, or cannot run with the reason."""
    with draws_given_back():
        np.random.seed(0)  # noqa: NPY002 - the generator that a dropout of the course draws from
        return case.ask(case) if case.ask else PEERS[case.peer](problem(case))


def problem(case: Case) -> Problem:
    """The same problem that `check` makes of it; backward gets the cache of the last forward."""
    names = tuple(case.inputs)
    caches: list[Any] = []

    def forward(**inputs: Any) -> Any:
        result = case.forward(*inputs.values())
        if not isinstance(result, tuple):
            return result
        caches[:] = result[1:]
        return result[0]

    def backward(dout: Any, **inputs: Any) -> dict[str, Any]:
        found = case.backward(dout, *(caches or inputs.values()))
        if isinstance(found, dict):
            return found
        return dict(zip(names, found if isinstance(found, tuple) else (found,), strict=True))

    dout = upstream(np.shape(forward(**case.inputs)), 0) if case.dout is None else case.dout
    return Problem(case.name, forward, backward, case.inputs, names, dout)


def rows(case: Case) -> tuple[Discrepancy, ...]:
    """Of `check`, called as a user calls it."""
    return check(case.forward, case.backward, case.inputs, dout=case.dout, source=False, **case.options)


def verdict(found: Sequence[Discrepancy]) -> str:
    """As of a report: any fail is a fail, and a pass is one of every quantity."""
    quantities = dict.fromkeys(row.quantity for row in found)
    verdicts = {concluded((r.question, r.verdict) for r in found if r.quantity == q) for q in quantities}
    return FAIL if FAIL in verdicts else PASS if verdicts == {PASS} else INCONCLUSIVE


def reason(found: Sequence[Discrepancy]) -> str:
    """The row that the verdict rests on, in a few words."""
    said = verdict(found)
    first = next(row for row in found if row.verdict == said)
    finding = f"; {first.finding}" if first.finding else ""
    if said == INCONCLUSIVE:
        return f"{first.oracle}{finding}"
    if said == FAIL:
        return f"{first.oracle}: {first.quantity} at {first.at}: {first.mine}, not {first.want}{finding}"
    kept = min((row.digits_mine for row in found if not isnan(row.digits_mine)), default=nan)
    return f"{first.oracle}; {kept:.1f} digits kept{finding}"


def judged(case: Case) -> PeerCase:
    found = rows(case)
    truth = "right" if case.right else "wrong"
    return PeerCase(case.name, case.peer, truth, peer_says(case), verdict(found), reason(found))
