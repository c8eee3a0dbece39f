"""The slope of a scalar along one line, by central differences whose error estimate is derived from what was seen.

    (f(x+h) − f(x−h)) / 2h = f′(x) + f‴(x)h²/6 + … + noise/h

Three step sizes show the truncation, for it falls with h². Rounding is the unit roundoff times the magnitude of the
summands and of x·f′ (x itself may be rounded on the way), and whatever noise the function shows beyond that. One-sided
slopes that go on disagreeing however small the step show a kink. A reading counts only where it is settled: its three
steps agree, or differ as a smooth function's do. Across a pole, or many periods, they do neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from verify.arithmetic.rounding import LEAST
from verify.oracles.noise import noise

Array = np.ndarray[Any, Any]

SHAPE = (1.0, 0.47, 0.21)  # the three steps, relative; no simple ratios, so that no period fits them all
BLOCKS = 8  # how many times the step may be changed
SAFETY = 4.0  # units of roundoff that one evaluation of a summand may be off before noise is looked for
BLIND = 2.0**-20  # a relative error above this would leave the element undecided: then a wider step is tried
WIDER = 64
WIDEST = 1 / 16  # no step is wider, relative to x

EDGE = "on the edge of its domain, or outside"
NOT_FINITE = "no step around it stays finite and inside its domain"
KINK = "a kink within the step"
UNSETTLED = "the steps disagree, so that it varies faster than they show, or is all noise"

AGREE = 0.125  # of the slope, by which the readings at the three steps may differ where the law of h² is not yet seen
AS_H2, AS_H3 = (3.0, 6.0), (5.0, 21.0)  # where differences that fall so show 4.4 and 10.3, from one step to the next
STRAYS = 10.0  # an error e of every value makes the three slopes differ by up to 6.5·e/h, and the bends by 9.7·e/h
LOUD = 64.0  # noise of so many roundoffs may be a fast signal: then a change must rise above it


@dataclass(frozen=True)
class Line:
    """The scalar Σ weight∗at(x) as a function of one number, on the open interval (low, high)."""

    at: Callable[[float], Array]
    x: float
    low: float
    high: float
    out: Array  # at(x)
    weight: Array
    noise: float  # of one evaluation of the scalar, beyond the roundoff of its summands
    unit: float  # the unit roundoff of the output's precision
    heard: float = 0.0  # the part of that noise that was measured, and so may be the signal itself, too fast to follow
    least: float = 0.0  # the scalar where every summand is the least normal number: what underflow may hide
    enough: float = 0.0  # an error this small is small enough: no better step is looked for
    narrowest: float = 0.0  # no step may be less: rounding would take too much of the way
    stray: float = 0.0  # what rounding x may change the scalar by: readings may differ so, whatever they read
    first: float = 0.0  # the step to begin with; 0: the one that suits a function of no great noise
    against: Array | None = None  # weights of the scalar whose slope is the measure of agreement; None: its own

    def size(self, out: Array) -> float:
        """The magnitude of the summands."""
        return float(np.sum(np.abs(self.weight * out)))


@dataclass(frozen=True)
class Slope:
    """A derivative and the parts of its error estimate."""

    value: float
    truncation: float
    rounding: float
    bend: float  # by which the one-sided slopes differ, extrapolated to h = 0
    kink: bool
    flat: bool  # nothing changed at all
    settled: bool  # the three steps agree, or differ as a smooth function's do
    dispute: float = 0.0  # by which the readings at other steps lie outside their errors

    @property
    def error(self) -> float:
        return self.truncation + self.rounding + self.bend + self.dispute


def slope(line: Line) -> Slope | str:
    """The slope with the least estimated error, at steps chosen by what the last ones showed; or why there is none."""
    if not line.low < line.x < line.high:
        return EDGE
    size = max(1.0, abs(line.x))
    step = (2 * line.unit) ** (1 / 3) * size  # 6e-6·max(1, |x|) in float64: h² and unit/h are then of one size
    widest = min(WIDEST * size, (line.x - line.low) / 2, (line.high - line.x) / 2)
    wide, tried = WIDER * step, list[float]()
    step = max(step, line.first)
    near = (2 * line.unit) ** (1 / 3) * abs(line.x)  # in proportion to x itself
    readings, unsettled = list[Slope](), False
    for _ in range(BLOCKS):
        step = min(max(step, line.narrowest), widest)
        if step == 0 or step < line.narrowest or any(0.5 < step / other < 2 for other in tried):
            break
        tried.append(step)
        seen = at_step(line, step)
        nearer = near if 0 < near < step / 2 else step / 256
        if seen is None:
            step = nearer
            continue
        if seen.flat and step < min(wide, widest):  # dead, or a change so small that it was rounded away? look wider
            step = wide
            continue
        if seen.settled or seen.kink:
            readings.append(seen)
            if seen.error <= line.enough and not unsettled:
                break
        else:
            unsettled = True
        if seen.settled and unsettled and len(readings) == 1:  # agreement by chance? then not so again
            step *= 0.4
        elif seen.bend > 4 * max(seen.rounding, seen.truncation) or (not seen.settled and nearer == near):
            step = nearer
        elif seen.truncation > 4 * seen.rounding:
            step *= (seen.rounding / (2 * seen.truncation)) ** (1 / 3)
        elif seen.error > BLIND * abs(seen.value):
            step *= WIDER
        else:
            break
    if not readings:
        return UNSETTLED if unsettled else NOT_FINITE
    best = min(readings, key=lambda reading: reading.error)
    if unsettled and len(readings) == 1 and not best.kink:
        return UNSETTLED
    dispute = max(abs(best.value - other.value) - best.error - other.error for other in readings)
    best = replace(best, dispute=max(0.0, dispute))
    return KINK if best.kink and not best.error <= line.enough else best


def at_step(line: Line, step: float) -> Slope | None:
    """The slope read at the middle one of three steps up to `step`; None where a value or its error is not finite.

    None too where the floats about x are too coarse for three different steps.

    The differences are taken output by output before they are summed, so that what does not change cancels exactly.
    """
    slopes, jumps, halves, gross, largest = [], [], [], 0.0, line.size(line.out)
    paces, pace = [], line.weight if line.against is None else line.against
    for part in SHAPE:
        right = line.x + step * part
        left = line.x - (right - line.x)
        if not (line.low < left < line.x and right < line.high):
            return None
        above, below = line.at(right), line.at(left)
        change = line.weight * (above - below)
        slopes.append(float(np.sum(change)) / (right - left))
        paces.append(abs(float(np.sum(pace * (above - below)))) / (right - left))
        ahead = float(np.sum(line.weight * (above - line.out))) / (right - line.x)
        behind = float(np.sum(line.weight * (line.out - below))) / (line.x - left)
        jumps.append(ahead - behind)
        halves.append((right - left) / 2)
        gross = max(gross, (change.size + 4) * float(np.sum(np.abs(change))) / (right - left))
        largest = max(largest, line.size(above), line.size(below))
    if not np.isfinite([*slopes, *jumps, gross, largest]).all() or halves[1] <= halves[2]:
        return None
    bends = [(halves[i] * jumps[i + 1] - halves[i + 1] * jumps[i]) / (halves[i] - halves[i + 1]) for i in (0, 1)]
    bend, steady = max(map(abs, bends)), bends[1] != 0 and 0.5 < bends[0] / bends[1] < 2
    roundoff = SAFETY * line.unit * (largest + abs(line.x * slopes[1]))
    # From h to 0.47h a truncation of c·h² falls by 0.78c·h², leaving 0.22c·h²; from 0.47h to 0.21h by 0.18c·h².
    apart, closer = slopes[0] - slopes[1], slopes[1] - slopes[2]
    truncation = max(abs(apart), 2 * abs(closer))
    rounding = (line.noise + roundoff) / halves[1] + line.unit * (gross + 4 * (abs(slopes[1]) + abs(jumps[1])))
    flat = gross == 0 and not any(jumps)
    # The quotients above are subnormal, or underflow, where the change is tiny; where there is none it may be hidden.
    rounding += 8 * LEAST + (line.least / halves[1] if flat else 0.0)
    loud = line.heard > LOUD * roundoff
    stray = STRAYS * line.stray / halves[1]
    close = max(0.0 if loud else 8 * rounding, AGREE * paces[1], stray)
    audible = not loud or paces[1] * halves[1] > 2 * line.heard
    calm = audible and (truncation <= close or _falls(apart, closer, AS_H2))
    settled = flat or (calm and (bend <= close or _falls(bends[0], bends[1], AS_H3)))
    kink = calm and steady and bend > max(8 * rounding, stray)
    found = Slope(slopes[1], truncation, rounding, bend, kink, flat, settled)
    return found if np.isfinite(found.error) else None


def _falls(first: float, second: float, within: tuple[float, float]) -> bool:
    """Whether what remains falls, from one step to the next, by about the factor that a smooth function shows."""
    return second != 0 and within[0] <= first / second <= within[1]


def wobble(run: Callable[[Array], Array], x: Array, weight: Array, out: Array, seed: int) -> float:
    """Three standard deviations of the scalar's noise, over a dozen points so close that little else is left.

    All points lie nearer to zero than x, by less than 10⁻⁶ of it, so that none leaves a domain.
    """
    direction = np.random.default_rng([seed, x.size]).uniform(0.5, 1.0, x.shape) * x
    scalars = [float(np.sum(weight * (run(x - 2.0**-24 * j * direction) - out))) for j in range(1, 13)]
    return 3 * float(noise(np.array(scalars), 4))
