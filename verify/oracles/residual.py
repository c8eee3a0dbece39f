"""What a gradient leaves of a function along one direction: the slope of f(x + tw) − ⟨gradient, tw⟩ at t = 0.

It is ⟨∇f − gradient, w⟩, so 0 for the right gradient whatever w is, and it is read with a budget: what the reading may
be off by. Central differences ask nothing of f but its values, six at a time; the complex step is exact to rounding,
but takes some thirty runs, half of them on complex numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from verify.arithmetic.complexes import Complexes
from verify.arithmetic.rounding import LEAST, UNIT
from verify.errors import UserError
from verify.oracles.complex_step import complex_step
from verify.oracles.slope import KINK, LOUD, SAFETY, SHAPE, WIDEST, Line, slope, wobble
from verify.runs import told
from verify.sketches.parameters import EVENLY, Parameters
from verify.sketches.vectors import ROUNDINGS, Block, dot

Array = np.ndarray[Any, Any]

LIVELY = (
    "it changes faster than differences can follow, or jumps where it rounds: if it computes in float32 inside, let it "
    "return float32"
)
STEEP = "the gradient is steeper than steps from 0 can follow: f may be so steep there, and level off within them"
CLOSER = 2.0**-20
SLOW = 8.0  # a gradient so many times as steep as the slope that was read may be right, of an f that levels off
REACH = 2.0**-10  # of what f changes in all: so little that a sum may level off in several steps, and far above noise
AUDIBLE = 8.0  # times the noise of one value: what changes f by so much is read to a third
NEAREST = 2.0**-1000  # no step is less: nearer to 0 floats lose digits
ALIKE = 4.0  # two measurements of one noise, of some five degrees of freedom each, differ by more once in 200 times

WEIGHT, OF_F = np.array([1.0, -1.0]), np.array([1.0, 0.0])


@dataclass(frozen=True)
class Reading:
    """⟨∇f − gradient, w⟩ and how far from it `residual` may be; where it cannot be read, nan, inf and the reason.

    `kink`: the slopes on either side were seen to differ, by less than the budget.
    """

    residual: float
    budget: float
    oracle: str
    reason: str = ""
    kink: bool = False

    @property
    def outside(self) -> bool:
        return abs(self.residual) > self.budget


@dataclass
class Subject:
    """A function of one vector with the gradient to be judged, and how often the function was called.

    `unit` and `unit_gradient` are the unit roundoffs of what the two are given in. `noise` is what an evaluation may be
    off by beyond the roundoff of its value, `heard` what was measured beside x; `lively` says that this is no noise.
    """

    function: Callable[..., Any]
    parameters: Parameters
    gradient: Array = field(default_factory=partial(np.zeros, 0))
    unit_gradient: float = UNIT
    value: float = nan
    unit: float = UNIT
    noise: float = nan
    heard: float = 0.0
    lively: bool = False
    evaluations: int = 0

    def run(self, vector: Any) -> Any:
        """The function's one number at a vector of its own: it may overwrite it."""
        self.evaluations += 1
        with np.errstate(all="ignore"):
            return _number(self.function(*self.parameters.arguments(vector)))

    def listen(self, direction: Array, seed: int) -> None:
        """Measure the noise of one evaluation, once: over a dozen points beside x, along a direction.

        Noise is as loud between points that lie 2²⁰ times closer. What is not is the function's own: a part of it that
        is faster than any step can follow, or the jumps of numbers that were rounded to float32 inside.
        """
        at = self.along(direction, (0, direction.size))[0]
        out = np.full(2, self.value)  # of which only f's counts

        def heard(spacing: float) -> float:
            return wobble(lambda tau: at(spacing * (1 - float(tau))), np.array(1.0), OF_F, out, seed)

        self.heard = heard(1.0)
        if self.heard > LOUD * SAFETY * self.unit * abs(self.value):
            self.lively = self.heard > ALIKE * heard(CLOSER)

    def along(self, direction: Array, block: Block) -> tuple[Callable[[float], Array], list[float]]:
        """[f, ⟨gradient, x₊ − x⟩] as a function of t; and Σ|gradient|·|x₊ − x|/t of every call, as they come."""
        gross: list[float] = []

        def at(t: float) -> Array:
            fresh, product, size = self.parameters.moved(direction, block, t, self.gradient)
            gross.append(size / abs(t) if t else 0.0)
            return np.array([float(self.run(fresh)), product])

        return at, gross


def differences(subject: Subject, direction: Array, block: Block, enough: float) -> Reading:
    """The residual by central differences; no better step is looked for where the budget is `enough`.

    An element that is 0 does not tell how far f can be followed from it: f may be very steep there, and level off
    within the usual steps. So a gradient that is much steeper than what they see counts as refuted by them only if it
    is by steps in which f would change, were it right, by a thousandth of what it changes far beyond them; and by such
    in which that would just be heard, or these see the same slope: else f levels off between the two.
    """
    found = _by_steps(subject, direction, block, enough)
    if not found.outside:
        return found
    product, _ = dot(subject.gradient, direction, block)
    if abs(product) <= SLOW * abs(found.residual + product):
        return found
    zeros = np.where(subject.parameters.x == 0, direction, 0.0)
    steep, _ = dot(subject.gradient, zeros, block)
    if abs(steep) < abs(product) / 2:
        return found  # what is so steep has a size, and steps of that size
    usual = (2 * subject.unit) ** (1 / 3)
    near, close = (step / usual for step in _within_reach(subject, zeros, block, steep))
    if close >= 1:
        return found  # in nearer steps nothing would be heard
    wide, fine = (_shorter(subject, zeros, block, share) for share in (min(near, 1.0), close))
    apart = replace(wide, residual=wide.residual - fine.residual, budget=wide.budget + fine.budget)
    if wide.outside and not wide.kink and (fine.outside or not apart.outside):
        return found
    return Reading(nan, inf, "differences", KINK if wide.kink else wide.reason or STEEP)


def _within_reach(subject: Subject, direction: Array, block: Block, product: float) -> tuple[float, float]:
    """The steps in which f would change by REACH of what it does at the widest that are finite; and just be heard."""
    at, _ = subject.along(direction, block)
    ends = ([float(at(side * t)[0]) for side in (-1, 1)] for t in WIDEST / 64.0 ** np.arange(8))
    widest = (sum(abs(end - subject.value) for end in both) for both in ends)
    far = next((change for change in widest if isfinite(change)), 0.0)
    still = subject.noise + subject.heard + SAFETY * subject.unit * abs(subject.value)
    close = max(NEAREST, AUDIBLE * still / abs(product))
    return max(close, REACH * far / abs(product)), close


def _shorter(subject: Subject, direction: Array, block: Block, share: float) -> Reading:
    """The residual by steps that are shorter by so much."""
    one = _by_steps(subject, share * direction, block, inf)
    return replace(one, residual=one.residual / share, budget=one.budget / share)


def _by_steps(subject: Subject, direction: Array, block: Block, enough: float) -> Reading:
    at, gross = subject.along(direction, block)
    if subject.lively:
        return Reading(nan, inf, "differences", LIVELY)
    _, size = dot(subject.gradient, direction, block)
    own = gradient_rounding(subject, size)
    left, noise = max(0.0, enough - own), subject.noise + subject.heard
    narrowest = subject.parameters.narrowest(direction, block)
    # Eight times as wide as noise would need if it were read but once: the three steps differ by it too, and by more.
    first = 8 * (noise + SAFETY * subject.unit * abs(subject.value)) / (SHAPE[1] * left) if left else 0.0
    line = Line(
        at, 0.0, -inf, inf, np.array([subject.value, 0.0]), WEIGHT,
        noise=noise, unit=subject.unit, narrowest=narrowest / SHAPE[-1], stray=EVENLY * narrowest * size, first=first,
        least=float(np.finfo(np.float64 if subject.unit == UNIT else np.float32).smallest_normal),
        enough=left, against=OF_F,
    )  # fmt: skip
    with np.errstate(all="ignore"):
        found = slope(line)
    if isinstance(found, str):
        return Reading(nan, inf, "differences", found)
    # A reading's products are off by ROUNDINGS units, and by half the least float an element, at either end.
    lost = ROUNDINGS * UNIT * max(gross) + own
    return Reading(found.value, found.error + lost, "differences", kink=found.kink)


def by_complex_step(subject: Subject, direction: Array, block: Block, enough: float) -> Reading:
    """The residual by the complex step, with the precision ladder's estimate of its error.

    t runs about 1, where the ladder can nudge it: f(x + (t − 1)w). To it comes what rounding does to f itself, for the
    gradient given was computed too, in numbers no better than f's.
    """
    x = subject.parameters.x

    def forward(t: Any) -> Any:
        dtype = t.dtype
        step = np.zeros(x.shape, dtype)
        step[slice(*block)] = direction[slice(*block)]
        return subject.run(x.astype(dtype) + (t - 1) * step)

    try:
        found = complex_step(forward, {"t": np.array(1.0)}, ["t"], np.array(1.0), samples=2)
    except Exception as fault:  # code that was not written for such numbers may raise anything
        return Reading(nan, inf, "complex step", told(fault))
    if found.skipped["t"].any():
        return Reading(nan, inf, "complex step", found.notes[-1].rpartition(": ")[2])
    product, size = dot(subject.gradient, direction, block)
    own = gradient_rounding(subject, size)
    budget = float(found.errors["t"]) + ROUNDINGS * UNIT * size + own
    return Reading(float(found.gradients["t"]) - product, budget, "complex step")


def gradient_rounding(subject: Subject, size: float) -> float:
    """What rounding may have done to ⟨gradient, w⟩, of the size Σ|gradient|·|w|: some units of it, and of f."""
    return SAFETY * subject.unit_gradient * (size + abs(subject.value))


ORACLES: dict[str, Callable[[Subject, Array, Block, float], Reading]] = {
    "differences": differences,
    "complex step": by_complex_step,
}


def subject(function: Callable[..., Any], of: Parameters) -> tuple[Subject, tuple[str, ...]]:
    """The function at x, run twice; with notes. Raises UserError where it gives no finite number."""
    found, notes = Subject(function, of), list[str]()
    out, again = (found.run(of.x.copy()) for _ in range(2))
    if not np.isfinite(out):
        raise UserError(f"the function is {float(out)} at x; a sketch needs a point where it is finite")
    found.value, found.unit = float(out), float(np.finfo(out.dtype).eps) / 2
    found.noise = float(np.finfo(out.dtype).smallest_subnormal) + of.x.size * LEAST
    if out != again:
        notes.append("the function gives different values for the same x; taken as noise")
    if of.narrow:
        notes.append("float32 inputs were taken at their exact values and run in float64")
    return found, tuple(notes)


def _number(out: Any) -> Any:
    """The number that the function returned, in its own precision."""
    if np.size(out) != 1:
        raise UserError(
            f"the function returned an array of shape {np.shape(out)}; a sketch needs one number: sum it, with weights"
        )
    if isinstance(out, Complexes):
        return out.reshape(())
    array = np.asarray(out)
    if array.dtype.kind != "f":
        raise UserError(f"the function returned {array.dtype}; a sketch needs a floating-point number")
    return array.reshape(())


def read(
    subject: Subject, direction: Array, block: Block, enough: float, oracles: tuple[str, ...]
) -> tuple[Reading, tuple[Reading, ...]]:
    """The sharpest reading, and all: the oracles are asked in turn until a budget is `enough`, or one says no."""
    found: list[Reading] = []
    for oracle in oracles:
        found.append(ORACLES[oracle](subject, direction, block, enough))
        if found[-1].budget <= enough or found[-1].outside:
            break
    return min(found, key=lambda reading: reading.budget), tuple(found)
