"""What is said of a wrong formula beside its numbers: which one change of its own source makes it right."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from verify.arithmetic.balls import Balls
from verify.diagnosis.match import SOURCE, Match
from verify.repair.repair import SECONDS, Subject, repairs
from verify.row import Setting

CANDIDATES = 3  # that are told

Matches = dict[str, tuple[Match, ...]]


def beside(
    found: Matches, failed: Sequence[str], subject: Subject | None, want: Callable[[], Mapping[str, Balls]],
    setting: Setting,
) -> Matches:  # fmt: skip
    """The matches of what failed, with the changes of the source that make all right.

    In a quick run they are looked for only where what the numbers tell is not sure.
    """
    asked = [k for k in failed if not (setting.quick and any(match.confident for match in found.get(k, ())))]
    if subject is None or not asked:
        return found
    made = repairs(subject, want(), min(SECONDS, setting.deadline - time.monotonic()))
    shortest = sorted(made, key=lambda repair: len(repair.words))[:CANDIDATES]
    told = tuple(
        Match(SOURCE, f"{one.where}: {one.words}.", cost=0, confident=len(made) == 1, repaired=one.function)
        for one in shortest
    )
    # What the numbers equal, for want of a cause, is of no use beside it.
    causes = {k: [m for m in found.get(k, ()) if not told or m.kind != "formula"] for k in asked}
    return found | {k: (*causes[k], *told) for k in asked if causes[k] or told}
