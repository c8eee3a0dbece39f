"""Kinks: places where a comparison decides the derivative and its two sides are equal.

There the local derivative is a set: all mixtures of the slopes on either side for max(a, b) and |x|, the simplex of the
tied elements for a maximum over many. A `Route` is one way through the kinks that a run meets. The route in force is a
context variable: nothing outlives the `with` block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from flint import arb


@dataclass(frozen=True)
class Kink:
    """One element of one operation: 'maximum', a comparison; and how many slopes there are to mix.

    `number` says the how-many-th operation of the run it is: the same one in every run, whatever is chosen before it.
    """

    operation: str
    index: tuple[int, ...]
    options: int
    number: int = 0

    def __str__(self) -> str:
        return f"{self.operation} at [{', '.join(map(str, self.index))}]"


Weights = tuple[arb, ...]
Shares = Mapping[Kink, Weights]


@dataclass
class Route:
    """The share of each option at each kink; at those not given the first option, or with `every` all mixtures."""

    given: Shares = field(default_factory=dict)
    every: bool = False
    operations: int = 0
    kinks: list[Kink] = field(default_factory=list)
    sides: dict[tuple[str, ...], Weights] = field(default_factory=dict)

    def operation(self) -> int:
        """The number of the operation that begins now."""
        self.operations += 1
        return self.operations

    def weights(self, kink: Kink) -> Weights:
        """The shares at a kink met now; they sum to 1, each may be an enclosure."""
        self.kinks.append(kink)
        if kink in self.given:
            return self.given[kink]
        if self.every:
            return (arb(0.5, 0.5),) * kink.options
        return (arb(1), *(arb(),) * (kink.options - 1))

    def sides_of(self, kink: Kink, difference: Sequence[arb]) -> Weights:
        """At a comparison of equal a and b: the shares of 'as NumPy compares', of a > b, and of a < b.

        `difference` are the slopes of a − b. What is compared again, the other way round too, is on the same side:
        z > 0 and z <= 0 do not both hold.
        """
        here, there = tuple(str(s.mid()) for s in difference), tuple(str((-s).mid()) for s in difference)
        if here not in self.sides:
            usual, more, less = self.weights(kink)
            self.sides[there] = (usual, less, more)
            self.sides[here] = (usual, more, less)
        return self.sides[here]


def blend(weights: Weights, options: Sequence[Any]) -> Any:
    """Σ wᵢ·optionᵢ, written so that enclosures of weights that sum to 1 give a sharp enclosure."""
    mixed = options[0]
    for weight, option in zip(weights[1:], options[1:], strict=True):
        mixed = mixed + weight * (option - options[0])
    return mixed


_ROUTE: ContextVar[Route | None] = ContextVar("route", default=None)


def route() -> Route:
    """The route in force; a new one, of first options, where there is none."""
    return _ROUTE.get() or Route()


@contextmanager
def following(way: Route) -> Iterator[Route]:
    """Kinks met inside are taken as `way` says, and noted there."""
    token = _ROUTE.set(way)
    try:
        yield way
    finally:
        _ROUTE.reset(token)
