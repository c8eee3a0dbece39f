"""Where a step spends its time: by hand formula by formula, in PyTorch operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from cProfile import Profile
from pstats import Stats
from typing import Any, TypeAlias

import torch

from benchmarks.loops import eager
from benchmarks.nets import LEARNING_RATE, Net, start
from benchmarks.rounds import SETTLE, block, threads
from manual import training

STEPS, BATCHES, MOST = 10, 5, 9  # steps in a batch, batches of which the fastest is shown, lines that are shown

# Seconds by name.
Times: TypeAlias = dict[str, float]


def profile(net: Net, dtype: str, cores: int, settle: float = SETTLE) -> str:
    """Milliseconds a step, the largest first, both sides on the same X, in rows. A profiler costs time itself."""
    X, Y, parameters = start(net, dtype)
    rest = (X, Y, parameters, net.activations, LEARNING_RATE)
    with threads(cores):
        mine = _fastest(by_hand, training.descend(*rest), settle)
        theirs = _fastest(by_torch, eager(*rest), settle)
    title = f"{net.name}, {dtype}, {cores} {'thread' if cores == 1 else 'threads'}"
    return "\n".join([f"{title}: milliseconds a step", *_side("by hand", mine), *_side("PyTorch", theirs)])


def by_hand(loop: Iterator[Any]) -> Times:
    """A function's own time holds the NumPy operations that stand in it: a formula's own work."""
    watch = Profile()
    watch.enable()
    for _ in range(STEPS):
        next(loop)
    watch.disable()
    times: Times = {}
    for (_, _, name), (_, _, own, _, _) in Stats(watch).stats.items():  # type: ignore[attr-defined]
        times[name] = times.get(name, 0.0) + own
    return times


def by_torch(loop: Iterator[Any]) -> Times:
    with torch.autograd.profiler.profile(use_kineto=False) as events:
        for _ in range(STEPS):
            next(loop)
    return {event.key: event.self_cpu_time_total / 1e6 for event in events.key_averages()}


def _fastest(side: Callable[[Iterator[Any]], Times], loop: Iterator[Any], settle: float) -> Times:
    block(loop, 1, settle)
    return min((side(loop) for _ in range(BATCHES)), key=lambda times: sum(times.values()))


def _side(name: str, seconds: Times) -> list[str]:
    total = sum(seconds.values())
    shown = [item for item in sorted(seconds.items(), key=lambda item: -item[1])[:MOST] if item[1] >= total / 200]
    rows = [*shown, ("the rest", total - sum(spent for _, spent in shown))]
    head = f"  {name:<48} {1000 * total / STEPS:>8.3f}"
    return [head, *(f"    {what[:46]:<46} {1000 * spent / STEPS:>8.3f} {spent / total:>4.0%}" for what, spent in rows)]
