"""The certificate: the exact derivative of a forward definition, enclosed; and the verdict on a backward against it.

Exact against exact: the forward on jets of balls, the hand-written backward on balls. Disjoint enclosures prove the
backward wrong. Overlap counts as right once both enclosures are sharper than 2⁻⁶⁴ of the tensor's largest element;
until then the precision doubles. No rounding enters, so a fault cannot hide in a budget.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic import bundles
from verify.arithmetic.balls import FIRST_BITS, SHARP, Balls, overlaps
from verify.arithmetic.duck import Unsupported, collected
from verify.arithmetic.jets import Jets
from verify.arithmetic.kinks import Kink, Route, following
from verify.problem import lift

Array = np.ndarray[Any, Any]
Named = Mapping[str, Any]
Forward = Callable[..., Any]

# Directions that are carried together: few, so that they move few rows of the first layer they meet.
BUNDLE = 64


@dataclass(frozen=True)
class Slopes:
    """The derivatives of Σ dout∗out by name, the kinks met, and the forward's value along that route."""

    want: Mapping[str, Balls]
    kinks: tuple[Kink, ...]
    value: Balls
    terms: arb  # Σ|dout∗slope|, the largest: what cancels in the derivatives is of this size


@dataclass(frozen=True)
class Decision:
    """What the certificate says of a backward: 'right', 'wrong' or 'undecided', by name and on the whole.

    `mine` and `want` are the enclosures compared; where the tensors are large they are products with random directions.
    `hull` holds, where kinks make the derivative a set, the least and the largest that any choice gives.
    `varies` says of each element whether such choices may change it: no difference quotient speaks for all of them.
    `choice` names the kinks at which a choice of local derivatives was made, or says what else was assumed.
    """

    verdicts: Mapping[str, str]
    mine: Mapping[str, Balls]
    want: Mapping[str, Balls]
    choice: str = ""
    hull: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)
    varies: Mapping[str, Array] = field(default_factory=dict)
    directions: int = 0
    bits: int = FIRST_BITS

    @property
    def verdict(self) -> str:
        found = set(self.verdicts.values())
        return "wrong" if "wrong" in found else "undecided" if "undecided" in found or not found else "right"


def certificate(
    forward: Forward,
    inputs: Named,
    wrt: Sequence[str],
    dout: Array,
    way: Route,
    along: Mapping[str, Array] | None = None,
) -> Slopes:
    """∂(Σ dout∗out)/∂x for every element of every input named, or `along` directions (D, *shape) for each name.

    Raises Unsupported where the forward does something that jets do not carry, Straddle where a comparison cannot be
    decided at the precision in force.
    """
    balls = lift(inputs, Balls.of)
    sizes = {k: (len(along[k]) if along else balls[k].size) for k in wrt}
    spans = [(name, start, min(start + BUNDLE, n)) for name, n in sizes.items() for start in range(0, n, BUNDLE)]
    counts = [end - start for _, start, end in spans]
    jets = {}
    for name in wrt:
        x = balls[name]
        ways = along[name] if along else None
        slopes = [_rates(x.shape, start, end, ways) if of == name else None for of, start, end in spans]
        jets[name] = Jets(x.parts[0], slopes, counts, x.dtype)
    with following(way):
        out = collected(forward(**{**balls, **jets}))
        if not isinstance(out, Jets):
            raise Unsupported(f"the forward's output does not depend on {', '.join(wrt)}, or lost what jets carry")
        if out.shape != np.shape(dout):
            raise ValueError(f"dout has shape {np.shape(dout)}, but the forward's output has shape {out.shape}")
        sums, terms = _weighed(out, dout)
    found, start = {}, 0
    for name, n in sizes.items():
        found[name] = Balls(sums[start : start + n].reshape((n,) if along else balls[name].shape))
        start += n
    return Slopes(found, tuple(way.kinks), out.value, terms)


def _rates(shape: tuple[int, ...], start: int, end: int, along: Array | None) -> Array:
    """How an input moves along its directions start, ..., end − 1: each of its elements at a rate of 1, or as given."""
    if along is not None:
        return Balls.of(along[start:end]).parts[0]
    rates = bundles.zeros((end - start, math.prod(shape)))
    rates[np.arange(end - start), np.arange(start, end)] = arb(1)
    return rates.reshape(end - start, *shape)


def _weighed(out: Jets, dout: Array) -> tuple[Array, arb]:
    """Σ dout∗slope along every direction, and the largest Σ|dout∗slope|."""
    weights = Balls.of(dout).parts[0]
    sums: list[arb] = []
    terms = [bundles.ZERO]
    for s, n in zip(out.bundles, out.counts, strict=True):
        net, gross = bundles.weighed(s, weights), bundles.gross(s, weights)
        sums += [bundles.ZERO] * n if net is None else net.tolist()
        terms += [] if gross is None else [abs(x.mid()) for x in gross.tolist()]
    return np.fromiter(sums, object), max(terms)


def compared(mine: Balls, want: Balls, terms: arb, sharp: float = SHARP) -> str:
    """'wrong' where the enclosures are disjoint, 'right' where they overlap and are sharp: no wider than that share."""
    if not (mine.is_finite().all() and want.is_finite().all()):
        return "undecided"
    if not overlaps(mine, want).all():
        return "wrong"
    radius = max(mine.widest(), want.widest())
    size = want.largest()
    if size <= want.widest() and mine.largest() <= mine.widest():
        # A derivative that is 0 by cancellation has no size of its own: its terms have.
        size = terms
    return "right" if radius <= sharp * size else "undecided"
