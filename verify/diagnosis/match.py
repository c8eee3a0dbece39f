"""A match: one explanation of wrong numbers, in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

SOURCE = "source"  # the kind of those that name a change of the formula's source


@dataclass(frozen=True)
class Match:
    """Mine is this transform of the right one, up to `residual`: the largest |mine − transform|, relative to mine.

    `cost` orders explanations, simple ones first. `confident`: no other explanation of this simplicity fits.
    `repaired`: the formula with the change that the sentence names, where it names one.
    """

    kind: str
    sentence: str
    residual: float = 0.0
    cost: int = 1
    confident: bool = False
    repaired: Callable[..., Any] | None = field(default=None, compare=False, repr=False)


def sentences(matches: Sequence[Match]) -> str:
    """What a report shows: the sentence, or every candidate on a line of its own."""
    of_numbers = [match for match in matches if match.kind != SOURCE]
    of_source = [match for match in matches if match.kind == SOURCE]
    return "\n".join([*_told("diagnosis", of_numbers), *_told("in the source", of_source)])


def _told(about: str, matches: Sequence[Match]) -> list[str]:
    lines = [match.sentence + (f" (up to {match.residual:.0e})" if match.residual else "") for match in matches]
    if len(lines) < 2:
        return [f"{about}: {line}" for line in lines]
    return [f"{about}, one of:", *(f"· {line}" for line in lines)]
