"""Sketches: every parameter of any function is checked at once, along a few random directions.

Along w = s∘v, v normal, an error e of the gradient shows as ⟨e, w⟩, which is normal with standard deviation ‖s∘e‖: no
error hides in a combination, as two equal and opposite ones do from half of all vectors of signs. What is read is off
by up to a budget b, so that e passes only where |⟨e, w⟩| ≤ 2b: with probability erf(√2·b/‖s∘e‖), and in D independent
directions with the D-th power of that. The cost grows with D, not with the number of parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from verify.arithmetic.rounding import UNIT
from verify.errors import UserError, nearest
from verify.oracles.residual import ORACLES, Reading, Subject, read, subject
from verify.oracles.slope import KINK
from verify.questions import BLIND
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.sketches.bisection import culprit
from verify.sketches.blame import blame
from verify.sketches.parameters import gradient_at, parameters
from verify.sketches.record import Direction, Fault, Sketch, detectable, quantile
from verify.sketches.vectors import dot, norm

Array = np.ndarray[Any, Any]

COMPLEX = "complex step"
AT_A_KINK = (
    "undecided: outside its budget, but along other directions x lies on a kink, and there a gradient is one of "
    "several: this may be another than the slope that was read; move x away from the kink"
)
VANISHES = "the gradient is 0 as given, and as far as can be read; of such a one any multiple would pass"
DOUBTED = (
    "undecided: outside its budget, but by no more than {share:g} of the gradient, which its own rounding may be, or "
    "kinks next to x; a gradient in float64, or as a function, and differences, decide more"
)


def sketch(
    function: Callable[..., Any],
    gradient: Any,
    x: Any,
    *,
    directions: int = 8,
    seed: int = 0,
    detects: float | None = None,
    domain: Any = None,
    oracles: Sequence[str] | None = None,
) -> Sketch:
    """Is this the gradient of the function at x? See `handgrad.sketch` for the arguments."""
    names = _oracles(oracles)
    _whole("directions", directions, 1)
    _whole("seed", seed, 0)
    if detects is not None and not 0 < detects < 1:
        raise UserError(f"detects is {detects!r}; give the share of the gradient that must be seen, such as 1e-6")
    it, notes = subject(function, parameters(x, domain))
    with np.errstate(all="ignore"):
        it.gradient, it.unit_gradient = gradient_at(gradient, it.parameters)
        if not np.isfinite(it.gradient).all():
            return _stray(it, names, notes)
        return _sketched(it, directions, seed, detects, names, notes)


def _sketched(
    it: Subject, directions: int, seed: int, detects: float | None, names: tuple[str, ...], notes: tuple[str, ...]
) -> Sketch:
    of = it.parameters
    size = norm(of.scaled(it.gradient.copy()))
    if not isfinite(size):
        raise UserError("the gradient times the size of x overflows; divide the function and its gradient by a number")
    dtype = _coarser(it)
    if not size:  # no budget is small enough for a gradient of zeros to pass; what refutes it is seen with any
        names = ("differences",)
    share = BLIND[dtype] if detects is None else detects
    enough = share * size * quantile(directions) / 2 if size else inf
    found, refused, doubts = [], list[str](), list[float]()
    for j in range(directions):
        w = of.drawn(seed, j)
        if j == 0:
            it.listen(w, seed)
        best, asked = read(it, w, (0, w.size), enough, names)
        refused += [f"{one.oracle}: {one.reason}" for one in asked if one.reason and one is not best]
        product, _ = dot(it.gradient, w, (0, w.size))
        found.append(Direction(best.residual, best.budget, product, best.oracle, best.reason))
        doubts.append(size * doubt(best, it.unit_gradient, share, BLIND[dtype]))
    notes = (*notes, *dict.fromkeys(refused))
    decided = verdict(found, doubts, size, share)
    result = Sketch(decided, tuple(found), of.x.size, size, dtype, notes=notes, evaluations=it.evaluations)
    if decided == FAIL:
        return blame(it, result, seed)
    return result if decided == PASS else undecided(it, result, seed, enough, share)


def doubt(one: Reading, unit_gradient: float, share: float, blind: float) -> float:
    """By which share of the gradient a reading may be outside its budget of a gradient that is right.

    What rounding did to the gradient is not told from outside; differences are coarser, the complex step may not be.
    Nor is by how much kinks closer than any step move the slope: the bend is what is left of their sum.
    """
    if one.kink:
        return max(share, blind)
    return blind if one.oracle == COMPLEX or unit_gradient > UNIT else 0.0


def verdict(found: Sequence[Direction], doubts: Sequence[float], norm: float, share: float) -> str:
    """Outside a budget and what cannot be told is a fail, unless on a kink; all inside, and none blind, a pass."""
    if any(abs(d.residual) > d.budget + doubt for d, doubt in zip(found, doubts, strict=True)):
        return INCONCLUSIVE if any(d.reason == KINK for d in found) else FAIL
    sees = detectable(max(d.budget for d in found), len(found), norm) <= share
    return PASS if sees and all(d.used <= 1 for d in found) else INCONCLUSIVE


def undecided(it: Subject, result: Sketch, seed: int, enough: float, share: float) -> Sketch:
    """Nothing is refuted, and yet it is no pass: why, and for which element."""
    of, found = it.parameters, result.directions
    unread = next((j for j, d in enumerate(found) if d.reason), None)
    outside = any(d.used > 1 for d in found)
    if outside and any(d.reason == KINK for d in found):
        note = AT_A_KINK
    elif unread is not None:
        reason = found[unread].reason
        at = _culprit(it, of.drawn(seed, unread), found[unread].oracle, enough, lambda one: one.reason == reason)
        note = f"undecided for {at}: {reason}"
    elif outside:
        note = DOUBTED.format(share=max(share, BLIND[result.dtype]))
    elif result.norm == 0:
        note = VANISHES
    else:
        widest = max(range(len(found)), key=lambda j: found[j].budget)
        at = _culprit(it, of.drawn(seed, widest), found[widest].oracle, enough, lambda one: one.budget > enough)
        note = f"undecided for {at}: no error below {result.detects:.1g} × the gradient would have been seen"
    return replace(result, notes=(*result.notes, note), evaluations=it.evaluations)


def _culprit(it: Subject, w: Array, oracle: str, enough: float, bad: Callable[[Reading], bool]) -> str:
    """The element, or the block, that makes the reading along w a bad one."""
    block = culprit(lambda block: bad(read(it, w, block, enough, (oracle,))[0]), (0, w.size))
    return it.parameters.called(block)


def _stray(it: Subject, names: tuple[str, ...], notes: tuple[str, ...]) -> Sketch:
    """A gradient that is not finite at an element is wrong if the function has a slope there."""
    i = int(np.argmin(np.isfinite(it.gradient)))
    mine, at = float(it.gradient[i]), it.parameters.place(i)
    it.gradient = np.zeros(it.gradient.size)  # what is left of f is its own slope then
    w = it.parameters.scaled(1.0 * (np.arange(it.gradient.size) == i))
    it.listen(w, 0)
    found, _ = read(it, w, (0, w.size), 0.0, names)
    result = Sketch(INCONCLUSIVE, (), w.size, nan, _coarser(it), evaluations=it.evaluations)
    if found.reason:
        note = f"undecided: the gradient is {mine} at {at}, where there is {found.reason}"
        return replace(result, notes=(*notes, note))
    fault = Fault(at, i, mine, float(found.residual / w[i]), float(found.budget / w[i]))
    return replace(result, verdict=FAIL, faults=(fault,), notes=(*notes, "no direction was read: it is not finite"))


def _coarser(it: Subject) -> str:
    """The precision of what is coarser, the function or its gradient."""
    return "float64" if it.unit == it.unit_gradient == UNIT else "float32"


def _oracles(names: Sequence[str] | None) -> tuple[str, ...]:
    given = tuple(ORACLES) if names is None else (names,) if isinstance(names, str) else tuple(names)
    for name in given:
        if name not in ORACLES:
            raise UserError(f"no oracle is called {name!r}{nearest(name, ORACLES)}; there are {', '.join(ORACLES)}")
    if not given:
        raise UserError(f"oracles is empty; give one or more of {', '.join(ORACLES)}, or leave it out")
    return given


def _whole(name: str, number: Any, least: int) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise UserError(f"{name} is {number!r}; give a whole number from {least} on")
