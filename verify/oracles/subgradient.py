"""At kinks the local derivative is a set. A gradient is right there if it is some choice, carried through the chain.

The gradient is affine in the share of each option at each kink, so all gradients lie in the convex hull of those of the
pure choices; one that a hyperplane separates from the hull is proved wrong (Clarke, Optimization and Nonsmooth
Analysis).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
from flint import arb, arb_mat
from scipy.optimize import nnls

from verify.arithmetic.balls import SHARP, Balls, overlaps
from verify.arithmetic.kinks import Kink, Shares, Weights
from verify.oracles.certificate import Decision, Slopes, compared

MOST_CHOICES = 2**10
NAMED = 3  # kinks named one by one; the others are counted

Array = np.ndarray[Any, Any]
Run = Callable[..., Slopes]
Choices = Callable[[], Iterator[Slopes]]


def subgradients(plain: Decision, first: Slopes, run: Run) -> Decision:
    """The decision with the kinks' sets of derivatives: each gradient on its own is some choice, or none."""
    plainly = tuple(dict.fromkeys(first.kinks))
    flips = [_Flip(kink, option, _tried(run, {kink: _one(kink, option)})) for kink, option in _options(plainly)]
    pure = [first, *(flip.slopes for flip in flips if flip.slopes and _same_value(first, flip.slopes))]
    every = _tried(run, every=True)
    varies = {k: _varies(k, first, every) for k in plain.want}
    # Of kinks behind one another, as in relu(−relu(x)), the later one shows only where the earlier one is not taken
    # flat: so one by one they may move nothing, and yet together.
    others = [slopes for slopes in (every, *(flip.slopes for flip in flips)) if slopes]
    kinks = tuple(dict.fromkeys((*plainly, *(kink for slopes in others for kink in slopes.kinks))))
    if all(not _moved(first, other) for other in pure) and not any(v.any() for v in varies.values()):
        return plain
    verdicts, want = dict(plain.verdicts), dict(plain.want)
    choices = _kept(_pure(first, kinks, run))
    plain_choices = choices if _few(kinks) else _kept(_pure(first, plainly, run))
    for name, verdict in plain.verdicts.items():
        if verdict != "wrong":
            continue
        mine = plain.mine[name]
        found = _reproduced(name, mine, first, flips, run) or _among(name, mine, plain_choices)
        if found:
            verdicts[name], want[name] = "right", found.want[name]
        elif not _shut_out(name, mine, kinks, every, choices):
            verdicts[name] = "undecided"
    hull = {k: _hull(k, pure, every) for k in want}
    choice = "subgradient: " + _named(kinks)
    return replace(plain, verdicts=verdicts, want=want, choice=choice, hull=hull, varies=varies)


@dataclass(frozen=True)
class _Flip:
    """One kink taken by another option than the first, the others as they were; None where that does not run."""

    kink: Kink
    option: int
    slopes: Slopes | None


def _tried(run: Run, given: Shares | None = None, every: bool = False) -> Slopes | None:
    """A run along a choice. It may meet what cannot be computed or decided there, in code that expects plain truths."""
    try:
        return run(given, every=every)
    except Exception:
        return None


def _options(kinks: Sequence[Kink]) -> list[tuple[Kink, int]]:
    return [(kink, option) for kink in kinks for option in range(1, kink.options)]


def _one(kink: Kink, option: int) -> Weights:
    return tuple(arb(int(i == option)) for i in range(kink.options))


def _named(kinks: Sequence[Kink]) -> str:
    shown = ", ".join(str(k) for k in kinks[:NAMED])
    more = f" and {len(kinks) - NAMED} more" if len(kinks) > NAMED else ""
    return f"{shown}{more}, where the derivative is a set"


def _moved(first: Slopes, other: Slopes) -> bool:
    """Whether another choice gives another gradient."""
    return any(not overlaps(first.want[k], other.want[k]).all() for k in first.want)


def _varies(name: str, first: Slopes, every: Slopes | None) -> Array:
    """Which elements the choices may change: those that the run of all mixtures leaves wide, or does not tell."""
    if every is None or not _same_value(first, every):
        return np.ones(first.want[name].shape, dtype=bool)
    most = SHARP * max(first.terms, every.terms)
    wide = [not x.is_finite() or x.rad() > most for x in every.want[name].parts[0].ravel()]
    return np.array(wide, dtype=bool).reshape(first.want[name].shape)


def _same_value(first: Slopes, other: Slopes) -> bool:
    """Where the two sides of a comparison give different values there is a jump, and no choice of derivatives."""
    return bool(overlaps(other.value, first.value).all())


def _hull(name: str, pure: Sequence[Slopes], every: Slopes | None) -> tuple[Any, Any]:
    """The least and the largest of each element: over all mixtures at once, or else over the pure choices."""
    found = [every.want[name]] if every else [s.want[name] for s in pure]
    ends = [(b.mid() - b.rad(), b.mid() + b.rad()) for b in found]
    return np.min([low for low, _ in ends], axis=0), np.max([high for _, high in ends], axis=0)


def _reproduced(name: str, mine: Balls, first: Slopes, flips: Sequence[_Flip], run: Run) -> Slopes | None:
    """Solve for the shares that reproduce the gradient, then run with them: that run, if it does."""
    usable = [(flip, flip.slopes) for flip in flips if flip.slopes and _same_value(first, flip.slopes)]
    shift = [(slopes.want[name] - first.want[name]).ravel() for _, slopes in usable]
    if not shift:
        return None
    gap = (mine - first.want[name]).ravel()
    # Which options take part is guessed in floats; that they reproduce the gradient is then shown.
    guess, _ = nnls(np.stack([s.mid() for s in shift], axis=1), gap.mid())
    taken = [i for i in range(len(usable)) if guess[i] > 0]
    if not taken:
        return None
    try:
        shares = _solved([shift[i] for i in taken], gap)
    except ZeroDivisionError:
        return None
    weights: dict[Kink, list[arb]] = {}
    for share, i in zip(shares, taken, strict=True):
        flip = usable[i][0]
        here = weights.setdefault(flip.kink, list(_one(flip.kink, 0)))
        here[flip.option] = share
        here[0] = here[0] - share
    if any(w < 0 for kink in weights.values() for w in kink):  # they sum to 1, so that none is above it either
        return None
    found = _tried(run, {kink: tuple(w) for kink, w in weights.items()})
    return found if found and _same_value(first, found) and _is(name, mine, found) else None


def _is(name: str, mine: Balls, found: Slopes) -> bool:
    return compared(mine, found.want[name], found.terms) == "right"


def _solved(shift: Sequence[Balls], gap: Balls) -> list[arb]:
    """The shares w with Σ wᵢ·shiftᵢ = gap, by the normal equations. Raises ZeroDivisionError if singular."""
    G = arb_mat(gap.size, len(shift), [s.parts[0][row] for row in range(gap.size) for s in shift])
    right = arb_mat(gap.size, 1, gap.parts[0].tolist())
    turned = G.transpose()
    return list((turned * G).solve(turned * right).entries())


def _few(kinks: Sequence[Kink]) -> bool:
    return prod(k.options for k in kinks) <= MOST_CHOICES


def _pure(first: Slopes, kinks: Sequence[Kink], run: Run) -> Iterator[Slopes]:
    """Every pure choice, where they are not too many."""
    if not _few(kinks):
        return
    for choice in product(*([(k, _one(k, o)) for o in range(k.options)] for k in kinks)):
        found = _tried(run, dict(choice))
        if found and _same_value(first, found):
            yield found


def _kept(found: Iterator[Slopes]) -> Choices:
    """The pure choices, each run once for all gradients, and no more of them than somebody looks at."""
    kept: list[Slopes] = []

    def choices() -> Iterator[Slopes]:
        yield from kept
        for slopes in found:
            kept.append(slopes)
            yield slopes

    return choices


def _among(name: str, mine: Balls, choices: Choices) -> Slopes | None:
    """The pure choice that gives this gradient."""
    return next((found for found in choices() if _is(name, mine, found)), None)


def _shut_out(name: str, mine: Balls, kinks: Sequence[Kink], every: Slopes | None, choices: Choices) -> bool:
    """Whether the gradient is proved to be no choice: off the enclosure of all mixtures, or beyond a hyperplane."""
    if every and every.want[name].is_finite().all() and not overlaps(mine, every.want[name]).all():
        return True
    pure = list(choices())
    corners = [found.want[name].ravel() for found in pure]
    met = {kink for found in pure for kink in found.kinks}
    return bool(corners) and met <= set(kinks) and _separated(mine.ravel(), corners)


def _separated(mine: Balls, corners: Sequence[Balls]) -> bool:
    """Whether a hyperplane has the gradient on one side, every corner on the other: guessed in floats, then shown."""
    points = np.stack([c.mid() for c in corners], axis=1)
    scale = float(np.max(np.abs(points))) or 1.0
    system = np.vstack([points / scale, np.ones(points.shape[1])])
    shares, _ = nnls(system, np.append(mine.mid() / scale, 1.0))
    normal = Balls.of(mine.mid() - points @ shares)
    ahead = _level(normal, mine)
    return all(ahead > _level(normal, corner) for corner in corners)


def _level(normal: Balls, x: Balls) -> arb:
    level: arb = (normal * x).sum().parts[0][()]
    return level
