"""At kinks the local derivative is a set. A gradient is right there if it is some choice, carried through the chain.

The gradient is affine in the share of each option at each kink, so all gradients lie in the convex hull of those of the
pure choices; one that a hyperplane separates from the hull is proved wrong (Clarke, Optimization and Nonsmooth
Analysis).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
from flint import arb, arb_mat
from scipy.optimize import nnls

from verify.arithmetic.balls import Balls, overlaps
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.kinks import Kink, Weights
from verify.oracles.certificate import Decision, Slopes, compared

MOST_CHOICES = 2**10
NAMED = 3  # kinks named one by one; the others are counted

Run = Callable[..., Slopes]


def subgradients(plain: Decision, first: Slopes, run: Run) -> Decision:
    """The decision with the kinks' sets of derivatives: each gradient on its own is some choice, or none."""
    kinks = first.kinks
    pure = [first, *_valid(first, (run(choice) for choice in _flips(kinks)))]
    if all(not _moved(first, other) for other in pure):
        return plain
    verdicts, want = dict(plain.verdicts), dict(plain.want)
    for name, verdict in plain.verdicts.items():
        if verdict == "wrong":
            found = _reproduced(name, plain.mine[name], first, run)
            verdicts[name] = "undecided" if found is None else "right"
            want[name] = want[name] if found is None else found
    if "undecided" in verdicts.values():
        verdicts = _enumerated(plain, verdicts, want, first, run)
    return replace(plain, verdicts=verdicts, want=want, choice="subgradient: " + _named(kinks), hull=_hull(run))


def _hull(run: Run) -> dict[str, tuple[Any, Any]]:
    """The least and the largest of each element, over all mixtures at once; nothing where that does not run."""
    try:
        every = run(every=True).want
    except Unsupported:
        return {}
    return {k: (b.mid() - b.rad(), b.mid() + b.rad()) for k, b in every.items()}


def _named(kinks: Sequence[Kink]) -> str:
    shown = ", ".join(str(k) for k in kinks[:NAMED])
    more = f" and {len(kinks) - NAMED} more" if len(kinks) > NAMED else ""
    return f"{shown}{more}, where the derivative is a set"


def _moved(first: Slopes, other: Slopes) -> bool:
    """Whether another choice gives another gradient."""
    return any(not overlaps(first.want[k], other.want[k]).all() for k in first.want)


def _valid(first: Slopes, found: Iterable[Slopes]) -> list[Slopes]:
    """The runs that give the same value: where the two sides of a comparison differ there is a jump, and no choice."""
    return [s for s in found if overlaps(s.value, first.value).all() and len(s.kinks) == len(first.kinks)]


def _one(kink: Kink, option: int) -> Weights:
    return tuple(arb(int(i == option)) for i in range(kink.options))


def _flips(kinks: Sequence[Kink]) -> Iterable[tuple[Weights, ...]]:
    """Each other option of each kink, the rest as in the first run."""
    for place, kink in enumerate(kinks):
        for option in range(1, kink.options):
            yield tuple(_one(k, option if i == place else 0) for i, k in enumerate(kinks))


def _reproduced(name: str, mine: Balls, first: Slopes, run: Run) -> Balls | None:
    """Solve for the shares that reproduce the gradient, then run with them: what came out, if that is the gradient."""
    places = [(i, option) for i, k in enumerate(first.kinks) for option in range(1, k.options)]
    flips = [run(choice) for choice in _flips(first.kinks)]
    shift = [(flip.want[name] - first.want[name]).reshape(-1) for flip in flips]
    gap = (mine - first.want[name]).reshape(-1)
    # Which options take part is guessed in floats; that they reproduce the gradient is then shown.
    columns = np.stack([s.mid() for s in shift], axis=1)
    guess, _ = nnls(columns, gap.mid())
    taken = [i for i in range(len(places)) if guess[i] > 0 and _same_value(first, flips[i])]
    if not taken:
        return None
    try:
        shares = _solved([shift[i] for i in taken], gap)
    except ZeroDivisionError:
        return None
    weights = [list(_one(k, 0)) for k in first.kinks]
    for share, i in zip(shares, taken, strict=True):
        place, option = places[i]
        weights[place][option] = share
        weights[place][0] = weights[place][0] - share
    if any(w < 0 or w > 1 for kink in weights for w in kink):
        return None
    try:
        found = run([tuple(w) for w in weights])
    except Unsupported:
        return None
    return found.want[name] if compared(mine, found.want[name], found.terms) == "right" else None


def _same_value(first: Slopes, flip: Slopes) -> bool:
    return bool(overlaps(first.value, flip.value).all())


def _solved(shift: Sequence[Balls], gap: Balls) -> list[arb]:
    """The shares w with Σ wᵢ·shiftᵢ = gap, by the normal equations. Raises ZeroDivisionError if singular."""
    G = arb_mat(gap.size, len(shift), [s.parts[0][row] for row in range(gap.size) for s in shift])
    right = arb_mat(gap.size, 1, gap.parts[0].tolist())
    turned = G.transpose()
    return list((turned * G).solve(turned * right).entries())


def _enumerated(
    plain: Decision, verdicts: dict[str, str], want: dict[str, Balls], first: Slopes, run: Run
) -> dict[str, str]:
    """Every pure choice, where they are not too many: one reproduces the gradient, or a hyperplane shuts it out.

    `want` is set to what the choice gives.
    """
    kinks = first.kinks
    if prod(k.options for k in kinks) > MOST_CHOICES:
        every = run(every=True)
        shut_out = {k: not overlaps(plain.mine[k], every.want[k]).all() for k in verdicts}
        return {k: "wrong" if v == "undecided" and shut_out[k] else v for k, v in verdicts.items()}
    choices = product(*([_one(k, o) for o in range(k.options)] for k in kinks))
    pure = _valid(first, (run(choice) for choice in choices))
    settled = dict(verdicts)
    for name in (k for k, v in verdicts.items() if v == "undecided"):
        mine = plain.mine[name]
        same = next((s.want[name] for s in pure if compared(mine, s.want[name], s.terms) == "right"), None)
        if same is not None:
            settled[name], want[name] = "right", same
        elif _separated(mine.reshape(-1), [s.want[name].reshape(-1) for s in pure]):
            settled[name] = "wrong"
    return settled


def _separated(mine: Balls, corners: Sequence[Balls]) -> bool:
    """Whether a hyperplane has the gradient on one side, every corner on the other: guessed in floats, then shown."""
    points = np.stack([c.mid() for c in corners], axis=1)
    scale = float(np.max(np.abs(points), initial=0.0)) or 1.0
    system = np.vstack([points / scale, np.ones(points.shape[1])])
    shares, _ = nnls(system, np.append(mine.mid() / scale, 1.0))
    normal: Any = Balls.of(mine.mid() - points @ shares)
    ahead = (normal * mine).sum()
    return all(
        bool((ahead > (normal * c).sum()).all()) if _decided(ahead, (normal * c).sum()) else False for c in corners
    )


def _decided(x: Balls, y: Balls) -> bool:
    return not bool(overlaps(x, y).all())
