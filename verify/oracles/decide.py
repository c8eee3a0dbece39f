"""The verdict of the certificate on a hand-written backward: right, wrong or undecided, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.arithmetic.balls import FIRST_BITS, MOST_BITS, Balls, precision
from verify.arithmetic.constants import MEANT, ROUNDED, taken_as
from verify.arithmetic.duck import Straddle, collected
from verify.arithmetic.kinks import Route, Shares
from verify.oracles.certificate import Decision, Slopes, certificate, compared
from verify.oracles.subgradient import Run, subgradients
from verify.problem import lift
from verify.questions import BLIND

Array = np.ndarray[Any, Any]
Named = Mapping[str, Any]
Forward = Callable[..., Any]
Enclosed = Mapping[str, Balls]
Held = Callable[[], Enclosed]

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
    along = directions(inputs, wrt, seed)

    def held() -> Enclosed:
        """The gradients by hand; along the directions, where there are some."""
        gradients = mine(**lift(inputs, Balls.of))
        return {k: _along(_enclosed(gradients[k], inputs[k]), along[k] if along else None) for k in wrt}

    def slopes(given: Shares | None = None, every: bool = False) -> Slopes:
        return certificate(forward, inputs, wrt, dout, Route(given or {}, every), along)

    found = _settled(held, slopes)
    if found.verdict == "wrong":
        # What only a constant's rounding makes wrong is not wrong.
        found = _up_to_constants(_as_meant(found, held, slopes), held, slopes)
    return replace(found, directions=DIRECTIONS if along else 0)


def _as_meant(found: Decision, held: Held, slopes: Run) -> Decision:
    """The decision with constants as the fractions that they stand for, where it is another one."""
    with taken_as(MEANT):
        again = _settled(held, slopes)
    return found if again.verdicts == found.verdicts else replace(again, choice=_also(again.choice, AS_MEANT))


def _up_to_constants(found: Decision, held: Held, slopes: Run) -> Decision:
    """Where only constants that are no short fractions (1/√3) differ in their rounding, the enclosures of both overlap.

    They are as wide as that rounding, so nothing smaller shows: such a decision is right only where it would still have
    seen an error of 1e-6, as for every row.
    """
    if found.verdict != "wrong":
        return found
    try:
        with precision(), taken_as(ROUNDED):
            mine, first = held(), slopes()
    except Exception:  # a comparison that the wider enclosures do not decide: nothing is gained
        return found
    wrong = [k for k, v in found.verdicts.items() if v == "wrong"]
    near = [k for k in wrong if compared(mine[k], first.want[k], first.terms, BLIND["float64"]) == "right"]
    if not near:
        return found
    return replace(
        found,
        verdicts={**found.verdicts, **dict.fromkeys(near, "right")},
        mine={**found.mine, **{k: mine[k] for k in near}},
        want={**found.want, **{k: first.want[k] for k in near}},
        choice=_also(found.choice, UP_TO),
    )


def _also(choice: str, more: str) -> str:
    return f"{choice}; {more}" if choice else more


def _settled(held: Held, slopes: Run, bits: int = FIRST_BITS) -> Decision:
    """The decision with as many bits as it takes, and no more."""
    last = bits >= MOST_BITS
    try:
        with precision(bits):
            decision = _judged(held(), slopes)
        if decision.verdict != "undecided" or last:
            return replace(decision, bits=bits)
    except Straddle:
        if last:
            raise
    return _settled(held, slopes, 2 * bits)


def directions(inputs: Named, wrt: Sequence[str], seed: int) -> dict[str, Array] | None:
    """Random full-precision directions, where there are too many elements to take them one by one."""
    if sum(np.size(inputs[k]) for k in wrt) <= ELEMENTS:
        return None
    rng = np.random.default_rng([seed, 77])
    return {k: rng.standard_normal((DIRECTIONS, *np.shape(inputs[k]))) for k in wrt}


def _enclosed(gradient: Any, x: Any) -> Any:
    # A gradient that no input touched, such as the (mask − hot)/m of a hinge, is made of constants.
    found: Any = Balls.of(x)._lift(collected(gradient))
    return np.broadcast_to(found, np.shape(x))


def _along(gradient: Balls, along: Array | None) -> Balls:
    if along is None:
        return gradient
    return Balls(np.fromiter(((gradient * Balls.of(u)).sum().parts[0][()] for u in along), object))


def _judged(mine: Enclosed, slopes: Run) -> Decision:
    first = slopes()
    verdicts = {k: compared(mine[k], first.want[k], first.terms) for k in mine}
    plain = Decision(verdicts, mine, first.want)
    # What is wrong by the first choice may be right by another, whatever more bits would say of the other gradients.
    settled = "wrong" in verdicts.values() or "undecided" not in verdicts.values()
    return subgradients(plain, first, slopes) if first.kinks and settled else plain
