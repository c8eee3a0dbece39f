"""A faulty variant goes through its row's own checks: which oracles were asked, and which saw it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from verify.diagnosis.match import SOURCE, Match
from verify.diagnosis.rows import Listener
from verify.faults.equivalent import equivalent
from verify.faults.limits import limited
from verify.faults.names import named
from verify.faults.variants import Variant
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.faults import CAUGHT, EQUIVALENT, ESCAPED, Fault
from verify.records.verdict import FAIL
from verify.row import SLOW, Row, examine
from verify.setting import Setting

Peers = Mapping[str, Callable[[Problem], str]]

RAISED = "raised"


def scored(variant: Variant, row: Row, peers: Peers, seed: int = 0, source: bool = True) -> Fault:
    """Who catches a variant: first on the typical case; where nobody does, on every case of two more seeds.

    With `source` the change that mends it is looked for in its source, where its numbers alone are not enough.
    """
    taken: list[Problem] = []
    told: list[Match] = []
    hear = listener(told)
    first = Setting(seed, quick=True, square=variant.square, take=taken.append, name=hear)
    rows = judged(variant, row, first, lambda: source and not any(match.kind == SOURCE for match in told))
    for more in (seed + 1, seed + 2):
        if not any(found.verdict == FAIL for found in rows):
            rows += judged(variant, row, Setting(more, square=variant.square, name=hear), lambda: source)
    answered, caught, shown = seen(rows)
    verdict = CAUGHT
    if not caught:
        shown = equivalent(variant, row)
        verdict = EQUIVALENT if shown else ESCAPED
    answers = tuple((name, worst(peer, taken)) for name, peer in peers.items()) if taken and caught else ()
    told += [match for found in rows if (match := _broken(found))]
    how = named(variant.rule, told, cache(partial(_passes, row, variant))) if caught else ""
    return Fault(
        variant.formula, variant.rule, variant.where, variant.square, answered, caught, verdict, shown, answers,
        diagnosis=surest(told), named=how,
    )  # fmt: skip


def listener(told: list[Match]) -> Listener:
    """What a setting hands its diagnoses to, so that they are told."""
    return lambda found: told.extend(match for matches in found.values() for match in matches)


def surest(told: Sequence[Match]) -> str:
    """The sentence of the first that is sure, or of the first of all."""
    return min(told, key=lambda match: not match.confident).sentence if told else ""


def _broken(found: Discrepancy) -> Match | None:
    """What a contract says is a name too: it says which, and how."""
    if found.oracle != "contracts" or found.verdict != FAIL:
        return None
    kinds = {"overwrites": "overwritten", " of shape ": "shape", "gives back float": "precision"}
    return next((Match(kind, found.finding) for word, kind in kinds.items() if word in found.finding), None)


def _passes(row: Row, variant: Variant, repaired: Callable[..., Any]) -> bool:
    """Whether the formula that a diagnosis says is right is so: in every case of its row's quick checks."""
    mended, setting = replace(variant, function=repaired), Setting(1, square=variant.square, source=False)
    checks = (name for name in row.checks if name not in SLOW)
    return all(found.verdict != FAIL for name in checks for found in _asked(mended, row, name, setting))


def judged(
    variant: Variant, row: Row, setting: Setting, source: Callable[[], bool] = lambda: True
) -> list[Discrepancy]:
    """The rows that the checks of its row say of a variant: the slow checks only where all others let it pass.

    `source` says before each whether the source is still to be looked into.
    """
    rows: list[Discrepancy] = []
    for slow in (False, True):
        if any(found.verdict == FAIL for found in rows):
            break
        for name in row.checks:
            if (name in SLOW) == slow and not any("TimeoutError" in found.finding for found in rows):
                rows += _asked(variant, row, name, replace(setting, source=source()))
    return rows


def _asked(variant: Variant, row: Row, check: str, setting: Setting) -> list[Discrepancy]:
    try:
        with limited():
            return examine(row, setting, variant.function, check)
    except Exception as error:  # a wrong formula may raise anything, and so be noticed by whoever calls it
        finding = f"raised {type(error).__name__}: {error}"
        return [Discrepancy(row.id, check, "formula", RAISED, FAIL, finding=finding)]


def oracle_of(found: Discrepancy) -> str:
    """Who saw it: Python itself, where the formula could not be run."""
    return RAISED if found.finding.startswith("raised ") else found.oracle


def oracles(rows: Sequence[Discrepancy]) -> dict[str, bool]:
    """For every oracle that answered, whether it saw the fault."""
    said: dict[str, bool] = {}
    for row in rows:
        name = oracle_of(row)
        said[name] = row.verdict == FAIL or said.get(name, False)
    return said


def seen(rows: Sequence[Discrepancy]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Who answered, who of them saw a fault, and what showed it first; empty where nothing did."""
    said = oracles(rows)
    shown = next((_shown(found) for found in rows if found.verdict == FAIL), "")
    return tuple(said), tuple(name for name, saw in said.items() if saw), shown


def worst(peer: Callable[[Problem], str], problems: Sequence[Problem]) -> str:
    """A peer rejects a formula if it rejects any derivative it goes into."""
    answers = [peer(problem) for problem in problems]
    return next((a for a in answers if a == "rejects"), next((a for a in answers if a != "accepts"), "accepts"))


def _shown(row: Discrepancy) -> str:
    if row.finding:
        return row.finding
    return f"{row.oracle}: {row.quantity}{row.at} is {row.mine}, not {row.want}"
