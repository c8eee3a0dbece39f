"""What is said of a wrong formula whose own source tells more than its numbers: the change that makes it right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from verify.arithmetic.balls import Balls
from verify.diagnosis.match import Match
from verify.repair.repair import Subject, repairs

CANDIDATES = 3  # that are told

Matches = dict[str, tuple[Match, ...]]


def beside(
    found: Matches, failed: Sequence[str], subject: Subject | None, want: Callable[[], Mapping[str, Balls]]
) -> Matches:
    """The matches of what failed; where none of them is sure, with what changes of the source make all right."""
    unsure = [name for name in failed if not any(match.confident for match in found.get(name, ()))]
    if subject is None or not unsure:
        return found
    made = sorted(repairs(subject, want()), key=lambda repair: len(repair.words))
    told = tuple(
        Match("source", f"{one.name} is right once {one.words}.", cost=0, confident=len(made) == 1, repaired=one.function)
        for one in made[:CANDIDATES]
    )
    return found | {name: (*told, *found.get(name, ())) for name in unsure}
