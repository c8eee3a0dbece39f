"""The verdict of the certificate on a hand-written backward: right, wrong or undecided, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from verify.arithmetic.balls import FIRST_BITS, MOST_BITS, Balls, overlaps, precision
from verify.arithmetic.constants import MEANT, ROUNDED, taken_as
from verify.arithmetic.duck import Straddle, collected
from verify.arithmetic.kinks import Route, Shares
from verify.oracles.certificate import Decision, Slopes, certificate, compared
from verify.oracles.subgradient import subgradients
from verify.problem import lift
from verify.questions import BLIND

Array = np.ndarray[Any, Any]
Named = Mapping[str, Any]
Forward = Callable[..., Any]

# Above this many elements, whole tensors are compared along a few random directions, in exact arithmetic still. The
# time grows with the square of their number, and with the examples (docs/CERTIFICATE.md): up to here a gradient is
# waited for, some seconds with hundreds of examples.
ELEMENTS = 1000
DIRECTIONS = 3

AS_MEANT = "constants such as 1/m are taken as the fractions that they stand for"
UP_TO = "up to the rounding of constants that are no short fractions, such as 1/√3"


def decide(forward: Forward, mine: Forward, inputs: Named, wrt: Sequence[str], dout: Array, seed: int = 0) -> Decision:
    """Judge `mine(**inputs)`, gradients by name on balls, against the certificate of `forward`.

    Raises Unsupported where one of the two does not run on exact numbers, and Straddle where a comparison stays
    undecided at 4096 bits.
    """
    found = _decide(forward, mine, inputs, wrt, dout, seed)
    if found.verdict != "wrong":
        return found
    # What only a constant's rounding makes wrong is not wrong.
    with taken_as(MEANT):
        again = _decide(forward, mine, inputs, wrt, dout, seed)
    if again.verdicts != found.verdicts:
        found = replace(again, choice="; ".join(filter(None, (again.choice, AS_MEANT))))
    return _up_to_constants(found, forward, mine, inputs, wrt, dout, seed) if found.verdict == "wrong" else found


def _up_to_constants(
    found: Decision, forward: Forward, mine: Forward, inputs: Named, wrt: Sequence[str], dout: Array, seed: int
) -> Decision:
    """Where only constants that are no short fractions (1/√3) differ in their rounding, the enclosures of both overlap.

    They are as wide as that rounding, so nothing smaller shows: such a decision is right only where it would still have
    seen an error of 1e-6, as for every row.
    """
    along = directions(inputs, wrt, seed)
    try:
        with precision(FIRST_BITS), taken_as(ROUNDED):
            held = _held(mine, inputs, wrt, along)
            first = certificate(forward, inputs, wrt, dout, Route(), along)
    except Exception:  # a comparison that the wider enclosures do not decide: nothing is gained
        return found
    near = [k for k, v in found.verdicts.items() if v == "wrong" and _near(held[k], first.want[k])]
    if not near:
        return found
    return replace(
        found,
        verdicts={**found.verdicts, **dict.fromkeys(near, "right")},
        mine={**found.mine, **{k: held[k] for k in near}},
        want={**found.want, **{k: first.want[k] for k in near}},
        choice="; ".join(filter(None, (found.choice, UP_TO))),
    )


def _near(mine: Balls, want: Balls) -> bool:
    known = mine.is_finite().all() and want.is_finite().all() and overlaps(mine, want).all()
    return bool(known) and bool(max(mine.widest(), want.widest()) <= BLIND["float64"] * want.largest())


def _decide(forward: Forward, mine: Forward, inputs: Named, wrt: Sequence[str], dout: Array, seed: int) -> Decision:
    along = directions(inputs, wrt, seed)
    bits = FIRST_BITS
    while True:
        last = bits >= MOST_BITS
        try:
            with precision(bits):
                held = _held(mine, inputs, wrt, along)
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


def _held(mine: Forward, inputs: Named, wrt: Sequence[str], along: Mapping[str, Array] | None) -> dict[str, Balls]:
    """The gradients by hand, enclosed, along the directions where there are some."""
    gradients = mine(**lift(inputs, lambda x: Balls.of(x, dtype=x.dtype)))
    return {k: _along(_enclosed(gradients[k], inputs[k]), along[k] if along else None) for k in wrt}


def _enclosed(gradient: Any, x: Any) -> Balls:
    # A gradient that no input touched, such as the (mask − hot)/m of a hinge, is made of constants.
    found = Balls.of(0.0)._lift(collected(gradient))
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
    def slopes(given: Shares | None = None, every: bool = False) -> Slopes:
        return certificate(forward, inputs, wrt, dout, Route(given or {}, every), along)

    first = slopes()
    verdicts = {k: compared(mine[k], first.want[k], first.terms) for k in wrt}
    counted = len(next(iter(along.values()))) if along else 0
    plain = Decision(verdicts, mine, first.want, directions=counted)
    # What is wrong by the first choice may be right by another, whatever more bits would say of the other gradients.
    settled = "wrong" in verdicts.values() or "undecided" not in verdicts.values()
    return subgradients(plain, first, slopes) if first.kinks and settled else plain
