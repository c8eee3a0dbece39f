"""The certificate: the exact derivative of a forward definition, enclosed; and the verdict on a backward against it.

Exact against exact: the forward on jets of balls, the hand-written backward on balls. Disjoint enclosures prove the
backward wrong. Overlap counts as right once both enclosures are sharper than 2⁻⁶⁴ of the tensor's largest element;
until then the precision doubles. No rounding enters, so a fault cannot hide in a budget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.arithmetic.constants import as_meant
from verify.arithmetic.duck import Straddle, Unsupported, collected
from verify.arithmetic.jets import Jets
from verify.arithmetic.kinks import Kink, Route, Weights, following
from verify.problem import lift

Array = np.ndarray[Any, Any]
Named = Mapping[str, Any]
Forward = Callable[..., Any]

SHARP = 2.0**-64
FIRST_BITS, MOST_BITS = 128, 4096
# Above this many elements, whole tensors are compared along a few random directions, in exact arithmetic still.
ELEMENTS = 400
DIRECTIONS = 3

MEANT = "constants such as 1/m are taken as the fractions that they stand for"


@dataclass(frozen=True)
class Slopes:
    """The derivatives of Σ dout∗out by name, the kinks met, and the forward's value along that route."""

    want: Mapping[str, Balls]
    kinks: tuple[Kink, ...]
    value: Balls
    terms: float  # Σ|dout∗slope|, the largest: what cancels in the derivatives is of this size


@dataclass(frozen=True)
class Decision:
    """What the certificate says of a backward: 'right', 'wrong' or 'undecided', by name and on the whole.

    `mine` and `want` are the enclosures compared; where the tensors are large they are products with random directions.
    `hull` holds, where kinks make the derivative a set, the least and the largest that any choice gives.
    `choice` names the kinks at which a choice of local derivatives was made, or says what else was assumed.
    """

    verdicts: Mapping[str, str]
    mine: Mapping[str, Balls]
    want: Mapping[str, Balls]
    choice: str = ""
    hull: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)
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
    balls = lift(inputs, lambda x: Balls.of(x, dtype=x.dtype))
    sizes = {k: (len(along[k]) if along else balls[k].size) for k in wrt}
    total, start = sum(sizes.values()), 0
    jets = {}
    for name, n in sizes.items():
        x = balls[name]
        rows = along[name].reshape(n, -1) if along else np.eye(n)
        slopes = np.zeros((total, x.size))
        slopes[start : start + n] = rows
        jets[name] = Jets.of(x, [Balls.of(row.reshape(x.shape)) for row in slopes])
        start += n
    with following(way):
        out = collected(forward(**{**balls, **jets}))
        if not isinstance(out, Jets):
            raise Unsupported(f"the forward's output does not depend on {', '.join(wrt)}, or lost what jets carry")
        weight = Balls.of(dout)
        parts = [(p * weight) for p in (out.value, *out.slopes)]
    terms = max((float(np.sum(p.upper())) for p in parts[1:]), default=0.0)
    found, start = {}, 0
    for name, n in sizes.items():
        column = np.array([parts[1 + start + i].sum().parts[0][()] for i in range(n)], dtype=object)
        found[name] = Balls(column.reshape((n,) if along else balls[name].shape))
        start += n
    return Slopes(found, tuple(way.kinks), out.value, terms)


def decide(forward: Forward, mine: Forward, inputs: Named, wrt: Sequence[str], dout: Array, seed: int = 0) -> Decision:
    """Judge `mine(**inputs)`, gradients by name on balls, against the certificate of `forward`.

    Raises Unsupported where one of the two does not run on exact numbers, and Straddle where a comparison stays
    undecided at 4096 bits.
    """
    found = _decide(forward, mine, inputs, wrt, dout, seed)
    if found.verdict != "wrong":
        return found
    with as_meant():
        again = _decide(forward, mine, inputs, wrt, dout, seed)
    if again.verdict == "right":
        return replace(again, choice="; ".join(filter(None, (again.choice, MEANT))))
    return found


def _decide(forward: Forward, mine: Forward, inputs: Named, wrt: Sequence[str], dout: Array, seed: int) -> Decision:
    along = directions(inputs, wrt, seed)
    bits = FIRST_BITS
    while True:
        last = bits >= MOST_BITS
        try:
            with precision(bits):
                gradients = mine(**lift(inputs, lambda x: Balls.of(x, dtype=x.dtype)))
                held = {k: _along(_enclosed(gradients[k], inputs[k]), along[k] if along else None) for k in wrt}
                decision = _judged(forward, held, inputs, wrt, dout, along)
            if decision.verdict != "undecided" or last:
                return replace(decision, bits=bits)
        except Straddle:
            if last:
                raise
        bits *= 2


def directions(inputs: Named, wrt: Sequence[str], seed: int) -> dict[str, Array] | None:
    """Random full-precision directions, where there are too many elements to take them one by one."""
    if sum(np.size(inputs[k]) for k in wrt) <= ELEMENTS:
        return None
    rng = np.random.default_rng([seed, 77])
    return {k: rng.standard_normal((DIRECTIONS, *np.shape(inputs[k]))) for k in wrt}


def _enclosed(gradient: Any, x: Any) -> Balls:
    found = Balls.of(collected(gradient))
    wider: Any = found if found.shape == np.shape(x) else np.broadcast_to(found, np.shape(x))
    return cast("Balls", wider)


def _along(gradient: Balls, along: Array | None) -> Balls:
    if along is None:
        return gradient
    sums = [(gradient * Balls.of(u)).sum().parts[0][()] for u in along]
    return Balls(np.array(sums, dtype=object))


def _judged(
    forward: Forward, mine: Mapping[str, Balls], inputs: Named, wrt: Sequence[str], dout: Array, along: Any
) -> Decision:
    def slopes(given: Sequence[Weights] = (), every: bool = False) -> Slopes:
        return certificate(forward, inputs, wrt, dout, Route(given, every), along)

    first = slopes()
    verdicts = {k: compared(mine[k], first.want[k], first.terms) for k in wrt}
    counted = len(next(iter(along.values()))) if along else 0
    plain = Decision(verdicts, mine, first.want, directions=counted)
    if not first.kinks or "undecided" in verdicts.values():
        return plain
    from verify.oracles.subgradient import subgradients  # the two modules need each other

    return subgradients(plain, first, slopes)


def compared(mine: Balls, want: Balls, terms: float) -> str:
    """'wrong' where the enclosures are disjoint, 'right' where they overlap and are sharp."""
    if not (mine.is_finite().all() and want.is_finite().all()):
        return "undecided"
    if not overlaps(mine, want).all():
        return "wrong"
    radius = float(np.max(np.maximum(mine.rad(), want.rad()), initial=0.0))
    size = float(np.max(np.abs(want.mid()), initial=0.0))
    if size <= radius:
        # A derivative that is 0 by cancellation has no size of its own: its terms have.
        size = terms
    return "right" if radius <= SHARP * size or radius == 0 else "undecided"
