"""One contender on one network over all rounds: its times, its memory, what it said of the right gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from benchmarks.alone import Effort, Timing, alone
from benchmarks.contenders import Contender
from benchmarks.nets import Net
from benchmarks.noticed import Noticed
from benchmarks.rounds import Spread, ratio, spread

MINE = "handgrad"


@dataclass(frozen=True)
class Check:
    """Seconds for all elements, `first` those of the first call; `over` are ratios of times of the same round, this
    contender's over handgrad's, None where that was not timed. `elements` of `size` were looked at, the fewest of the
    rounds; what is missing was extrapolated. `peak` bytes. `varied` and `at` name the place on a line of the scaling.
    """

    contender: str
    net: Net
    seconds: Spread
    first: float
    over: Spread | None
    elements: int
    size: int
    peak: int
    verdict: str
    noticed: tuple[Noticed, ...] = ()
    varied: str = ""
    at: int = 0

    @property
    def whole(self) -> bool:
        return self.elements == self.size


def checks(
    net: Net, contenders: Sequence[Contender], rounds: int, effort: Effort, threads: int = 1, notice: bool = False
) -> list[Check]:
    """All contenders in turn, each round begun by another one; in the last round they are asked what they notice."""
    timings: dict[str, list[Timing]] = {each.name: [] for each in contenders}
    told: dict[str, tuple[Noticed, ...]] = {}
    order = list(contenders)
    for k in range(rounds):
        for each in order:
            timing, noticed = alone(each, net, effort, threads, notice and k == rounds - 1)
            timings[each.name].append(timing)
            told[each.name] = tuple(noticed)
        order.append(order.pop(0))
    mine = timings.get(MINE)
    return [replace(_check(name, net, times, mine), noticed=told[name]) for name, times in timings.items()]


def _check(name: str, net: Net, times: Sequence[Timing], mine: Sequence[Timing] | None) -> Check:
    seconds = [timing.seconds for timing in times]
    said = list(dict.fromkeys(timing.verdict for timing in times))
    return Check(
        name,
        net,
        seconds=spread(seconds),
        first=median(timing.first for timing in times),
        over=ratio(seconds, [timing.seconds for timing in mine]) if mine else None,
        elements=min(timing.elements for timing in times),
        size=times[0].size,
        peak=max(timing.peak for timing in times),
        verdict=", ".join(said),
    )
