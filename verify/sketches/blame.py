"""Which elements of a gradient are wrong: bisection along the directions that it fails in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from verify.oracles.residual import Reading, Subject, read
from verify.sketches.bisection import Found, Read, Search, search, worst
from verify.sketches.parameters import Parameters
from verify.sketches.record import Direction, Fault, Sketch
from verify.sketches.vectors import Block

Array = np.ndarray[Any, Any]


@dataclass
class Corrections:
    """What the elements found so far are off by, give or take an error: put right before anything is read again."""

    off: dict[int, tuple[float, float]] = field(default_factory=dict)

    def of(self, reading: Reading, w: Array, block: Block) -> Reading:
        """The reading as it would be with these elements put right."""
        inside = [(i, *self.off[i]) for i in self.off if block[0] <= i < block[1]]
        residual = reading.residual - sum(off * w[i] for i, off, _ in inside)
        budget = reading.budget + sum(error * abs(w[i]) for i, _, error in inside)
        return replace(reading, residual=float(residual), budget=float(budget))


def blame(it: Subject, result: Sketch, seed: int) -> Sketch:
    """The failed sketch with the elements that are wrong, or what is known of the blocks that are.

    Its directions are gone through, the one first that failed most clearly. Whether what was found explains the others
    too costs no evaluation: residuals are linear in the gradient.
    """
    found, notes, before = Corrections(), list[str](), it.evaluations
    readings = [Reading(d.residual, d.budget, d.oracle) for d in result.directions]
    read_ones = [j for j, d in enumerate(result.directions) if not d.reason]
    for j in sorted(read_ones, key=lambda j: -result.directions[j].used):
        w = it.parameters.drawn(seed, j)
        whole = found.of(readings[j], w, (0, w.size))
        if whole.outside and not notes:
            seen, notes = _along(it, w, whole, found)
            for (i, _), reading in seen:
                found.off[i] = (reading.residual / float(w[i]), reading.budget / abs(float(w[i])))
    left = [found.of(readings[j], it.parameters.drawn(seed, j), (0, it.gradient.size)) for j in range(len(readings))]
    complete = bool(found.off) and len(read_ones) == len(left) and not any(one.outside for one in left)
    mine = {i: float(it.gradient[i]) for i in found.off}
    faults = [Fault(it.parameters.place(i), i, mine[i], mine[i] + off, error) for i, (off, error) in found.off.items()]
    return replace(
        result, faults=tuple(sorted(faults, key=lambda fault: fault.index)), complete=complete,
        notes=(*result.notes, *notes, *factor(result.directions)), evaluations=it.evaluations,
        located=it.evaluations - before,
    )  # fmt: skip


def _along(it: Subject, w: Array, whole: Reading, found: Corrections) -> tuple[list[Found], list[str]]:
    """The wrong elements along one direction; and in words the wrong blocks that none could be found in."""

    def look(block: Block) -> Reading:
        return found.of(read(it, w, block, whole.budget, (whole.oracle,))[0], w, block)

    leaves = [(leaf.start, leaf.stop) for leaf in it.parameters.leaves]
    first = [(block, whole if len(leaves) == 1 else look(block)) for block in leaves]
    wrong = [one for one in first if one[1].outside]
    if not wrong:
        return [], ["wrong as a whole, but no array of it alone is"]
    seen = search(look, wrong)
    elements = list(seen.elements)
    notes = [f"wrong: {it.parameters.called(block)} as a whole, but neither half alone" for block, _ in seen.unsplit]
    if seen.crowd:
        elements += example(look, seen)
        notes += crowded(it.parameters, seen)
    return elements, notes


def example(look: Read, seen: Search) -> list[Found]:
    """One wrong element of a crowd, where there is one."""
    one = worst(look, max(seen.crowd, key=lambda part: abs(part[1].residual)))
    return [one] if one[0][1] - one[0][0] == 1 else []


def crowded(of: Parameters, seen: Search) -> list[str]:
    """Array by array, how many of the blocks tried are wrong, and between which elements they lie."""
    lines = []
    for leaf in of.leaves:
        tried = sum(leaf.start <= start < leaf.stop for start, _ in seen.tried)
        wrong = [block for block, _ in seen.crowd if leaf.start <= block[0] < leaf.stop]
        if wrong:
            many = f"every one of {tried}" if len(wrong) == tried else f"{len(wrong)} of {tried}"
            whole = (min(start for start, _ in wrong), max(stop for _, stop in wrong))
            where = "" if whole == (leaf.start, leaf.stop) else f", all within {of.called(whole)}"
            lines.append(f"wrong: {leaf.name}, {many} block{'s' * (tried != 1)} tried{where}")
    return lines


def factor(directions: Sequence[Direction]) -> list[str]:
    """Where all directions agree that a multiple of the gradient is right, which."""
    told = [d for d in directions if d.product and np.isfinite(d.residual)]
    if len(told) < 2:
        return []
    low = max((d.product + d.residual) / d.product - d.budget / abs(d.product) for d in told)
    high = min((d.product + d.residual) / d.product + d.budget / abs(d.product) for d in told)
    return [f"every direction agrees with the gradient times {(low + high) / 2:.6g}"] if low <= high else []
