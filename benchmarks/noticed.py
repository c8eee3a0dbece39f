"""The smallest wrong element that a checker notices: one element of dW1 multiplied by 1+δ, for ever larger δ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.contenders import Contender
from benchmarks.problem import Array, Layers, Problem, evenly, spoilt
from verify.records.verdict import FAIL

DELTAS = tuple(float(f"1e{k}") for k in range(-12, 1))
SMALL = 1e-3


@dataclass(frozen=True)
class Noticed:
    """By one rule: its verdict on the right gradient; the smallest δ that it rejects in the largest element of dW1, and
    in one of about a thousandth of it. None: no δ up to 1, or the right gradient is rejected too."""

    rule: str
    right: str
    largest: float | None
    small: float | None


def targets(of: Problem) -> tuple[int, int]:
    """The largest element of dW1 in absolute value, and the one nearest to 1e-3 of it, on a logarithmic scale."""
    size = np.abs(of.gradients["dW1"].ravel())
    with np.errstate(divide="ignore"):
        far = np.abs(np.log(size) - np.log(SMALL * size.max()))
    return int(np.argmax(size)), int(np.argmin(far))


def noticed(contender: Contender, of: Problem, elements: Array | None, verdict: str) -> list[Noticed]:
    """All rules of a contender; `elements` are those that its timed run looked at, and `verdict` what it said."""
    both = targets(of)
    if contender.slice:
        some = evenly(of.size, contender.slice)
        found = [contender.rules(of, np.union1d(some, [at])) for at in both]
        return [Noticed(rule, verdict, *_each(found, rule, of, both, verdict)) for rule in found[0]]
    rules = contender.rules(of, None if elements is None else np.union1d(elements, both))
    right = {rule: judge(of.gradients) for rule, judge in rules.items()}
    return [Noticed(rule, said, *_each([rules, rules], rule, of, both, said)) for rule, said in right.items()]


def smallest(judge: Callable[[Layers], str], of: Problem, element: int) -> float | None:
    """The first δ that the judge rejects, from the smallest up; None where it rejects none."""
    return next((delta for delta in DELTAS if judge(spoilt(of, element, delta)) == FAIL), None)


def _each(
    found: list[dict[str, Callable[[Layers], str]]], rule: str, of: Problem, both: tuple[int, int], right: str
) -> tuple[float | None, ...]:
    if right == FAIL:
        return (None, None)
    return tuple(smallest(rules[rule], of, at) for rules, at in zip(found, both, strict=True))
