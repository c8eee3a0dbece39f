"""The verdict of the certificate on a hand-written backward: right, wrong or undecided, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.constants import as_meant
from verify.arithmetic.duck import Straddle, collected
from verify.arithmetic.kinks import Route, Shares
from verify.oracles.certificate import Decision, Slopes, certificate, compared
from verify.oracles.subgradient import subgradients
from verify.problem import lift

Array = np.ndarray[Any, Any]
Named = Mapping[str, Any]
Forward = Callable[..., Any]

FIRST_BITS, MOST_BITS = 128, 4096
# Above this many elements, whole tensors are compared along a few random directions, in exact arithmetic still.
ELEMENTS = 400
DIRECTIONS = 3

MEANT = "constants such as 1/m are taken as the fractions that they stand for"


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
    if again.verdicts == found.verdicts:
        return found
    # What only a constant's rounding made wrong is not wrong.
    return replace(again, choice="; ".join(filter(None, (again.choice, MEANT))))


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
    def slopes(given: Shares | None = None, every: bool = False) -> Slopes:
        return certificate(forward, inputs, wrt, dout, Route(given or {}, every), along)

    first = slopes()
    verdicts = {k: compared(mine[k], first.want[k], first.terms) for k in wrt}
    counted = len(next(iter(along.values()))) if along else 0
    plain = Decision(verdicts, mine, first.want, directions=counted)
    if not first.kinks or "undecided" in verdicts.values():
        return plain
    return subgradients(plain, first, slopes)
