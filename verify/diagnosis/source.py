"""What is said of a wrong formula beside its numbers: which one change of its own source makes it right."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from verify.arithmetic.balls import Balls
from verify.diagnosis.match import SOURCE, Match, sentences
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL
from verify.repair.by_check import mended
from verify.repair.results import Subject, repairs
from verify.repair.search import SECONDS, Function, Repair
from verify.setting import Setting

CANDIDATES = 3  # that are told
NOTHING: Mapping[str, tuple[Match, ...]] = MappingProxyType({})
MOST = 4  # that are put to the other checks of a row

Matches = dict[str, tuple[Match, ...]]


def beside(
    found: Matches, failed: Sequence[str], subject: Subject | None, want: Callable[[], Mapping[str, Balls]],
    setting: Setting,
) -> Matches:  # fmt: skip
    """The matches of what failed, with the changes of the source that make all right.

    In a quick run they are looked for only where what the numbers tell is not sure.
    """
    asked = [k for k in failed if not (setting.quick and any(match.confident for match in found.get(k, ())))]
    if subject is None or not asked or not setting.source:
        return found
    told = _told(repairs(subject, want(), _seconds(setting)), setting)
    # What the numbers equal, for want of a cause, is of no use beside it.
    causes = {k: [m for m in found.get(k, ()) if not told or m.kind != "formula"] for k in asked}
    return found | {k: (*causes[k], *told) for k in asked}


def by_check(
    rows: list[Discrepancy], function: Function, failure: Callable[[Function], Hashable], setting: Setting,
    known: Mapping[str, tuple[Match, ...]] = NOTHING,
) -> list[Discrepancy]:  # fmt: skip
    """The rows of a check that compares no results with right ones, the failing ones with what makes it pass.

    `failure(function)` is what the check finds first, None where it passes; `known` is what is told of it already.
    """
    failed = [row.quantity for row in rows if row.verdict == FAIL]
    if setting.name and known:
        setting.name(known)
    sure = setting.quick and any(match.confident for matches in known.values() for match in matches)
    if not failed or not setting.source or sure:
        return rows
    made = _told(mended(function, failure, _seconds(setting)), setting)
    if setting.name:
        setting.name(dict.fromkeys(failed, made))
    said = sentences(made)
    return [
        replace(row, diagnosis="\n".join(filter(None, (row.diagnosis, said)))) if row.verdict == FAIL else row
        for row in rows
    ]


def _seconds(setting: Setting) -> float:
    return min(SECONDS, setting.deadline - time.monotonic())


def _told(made: Sequence[Repair], setting: Setting) -> tuple[Match, ...]:
    shortest = sorted(made, key=lambda repair: len(repair.words))[:MOST]
    right = [one for one in shortest if setting.mends(one.function)]
    return tuple(
        Match(SOURCE, f"{one.where}: {one.words}.", cost=0, confident=len(right) == 1, repaired=one.function)
        for one in right[:CANDIDATES]
    )
