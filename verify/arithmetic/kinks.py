"""Kinks: places where a comparison decides the derivative and the two sides are equal.

There the local derivative is a set: between the slopes on either side for max(a, b) and |x|, the simplex of the tied
elements for a maximum over many. A `Route` is one way through all kinks that a run meets, in the order in which it
meets them; without a route, a kink raises Straddle. The route in force is a context variable: nothing outlives the
`with` block, and threads do not see each other's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from flint import arb, fmpq

from verify.arithmetic.kind import Straddle

# A kink is known by the how-many-th operation that may have one, and the element within it.
Key = tuple[int, int]
POLICIES = ("first", "last", "equal", "enclosure")


@dataclass(frozen=True)
class Kink:
    """One element of one operation: 'maximum' of two, 'absolute', 'max' along an axis, a comparison ('greater')."""

    operation: str
    index: tuple[int, ...]
    options: tuple[str, ...]
    key: Key = (0, 0)
    exact: bool = True  # False: not known to be equal, only not told apart by the highest precision

    @property
    def arity(self) -> int:
        return len(self.options)

    @property
    def compares(self) -> bool:
        """A comparison has no local weights, only its outcomes."""
        return self.options == OUTCOMES

    def __str__(self) -> str:
        return f"{self.operation} at [{', '.join(map(str, self.index))}]"


OUTCOMES = ("as compared", "the other way")


class OnlyOutcomes(Exception):
    """A comparison is either true or false; this run asked for something in between."""


@dataclass
class Route:
    """The choices made at the kinks, in order: those of `prefix`, then as `policy` says.

    'first' and 'last' take one option ('first' at a comparison is what NumPy does), 'equal' the mean of all,
    'enclosure' every mixture at once, as balls. `undecided`: comparisons that no precision decided are kinks too.
    """

    prefix: tuple[int, ...] = ()
    policy: str = "first"
    undecided: bool = False
    operations: int = 0
    kinks: list[Kink] = field(default_factory=list)
    path: list[tuple[Key, int]] = field(default_factory=list)
    sides: dict[tuple[int, int], tuple[int, Any]] = field(default_factory=dict)

    def operation(self) -> int:
        """The number of the operation that begins now."""
        self.operations += 1
        return self.operations

    def weights(self, kink: Kink) -> tuple[arb, ...]:
        """The share of each option: a 1 among zeros, or a mixture."""
        n = kink.arity
        if len(self.path) >= len(self.prefix) and self.policy in ("equal", "enclosure"):
            if kink.compares:
                raise OnlyOutcomes(str(kink))
            self.kinks.append(kink)
            self.path.append((kink.key, -1))
            if self.policy == "equal":
                return (arb(fmpq(1, n)),) * n
            # All mixtures: the first option, and any share of the way to each of the others.
            return (arb(1), *(arb(0.5, 0.5),) * (n - 1))
        chosen = self.choose(kink)
        return tuple(arb(int(i == chosen)) for i in range(n))

    def choose(self, kink: Kink) -> int:
        """The number of the option taken."""
        place = len(self.path)
        if place < len(self.prefix):
            chosen = self.prefix[place]
        elif self.policy in ("first", "last"):
            chosen = 0 if self.policy == "first" else kink.arity - 1
        else:
            raise OnlyOutcomes(str(kink))
        self.kinks.append(kink)
        self.path.append((kink.key, chosen))
        return chosen

    def side(self, kink: Kink, a: Any, b: Any, usual: int) -> int:
        """+1 or −1: which side of a = b this run is on. `usual` is the side on which the outcome is NumPy's.

        The same two numbers compared again are on the same side: z > 0 and z <= 0 do not both hold. "The same" means
        the same objects: a constant is told by its value.
        """
        names = [(id(x), None) if not _constant(x) else (0, str(x)) for x in (a, b)]
        key = (hash(names[0]), hash(names[1]))
        if key in self.sides and self._same(self.sides[key][1], (a, b)):
            return self.sides[key][0]
        if key[::-1] in self.sides and self._same(self.sides[key[::-1]][1], (b, a)):
            return -self.sides[key[::-1]][0]
        side = usual if self.choose(kink) == 0 else -usual
        self.sides[key] = (side, (a, b))  # held, so that no other number gets their identity
        return side

    @staticmethod
    def _same(pair: Sequence[Any], other: Sequence[Any]) -> bool:
        return all(x is y or (_constant(x) and _constant(y) and x == y) for x, y in zip(pair, other, strict=True))


def _constant(x: Any) -> bool:
    return bool(x.is_exact())


_ROUTE: ContextVar[Route | None] = ContextVar("route", default=None)


def route() -> Route | None:
    """The route in force."""
    return _ROUTE.get()


@contextmanager
def following(way: Route) -> Iterator[Route]:
    """Kinks met inside are taken as `way` says, and noted there."""
    token = _ROUTE.set(way)
    try:
        yield way
    finally:
        _ROUTE.reset(token)


def met(operation: str, index: tuple[int, ...], detail: str) -> Straddle:
    """What a kink raises where no route says how to take it."""
    place = ", ".join(map(str, index))
    return Straddle(f"{operation} cannot be decided at element [{place}]: {detail}")
