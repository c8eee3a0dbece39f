"""Where a step spends its time: by hand formula by formula, in PyTorch operation by operation."""

from __future__ import annotations

from cProfile import Profile
from pstats import Stats

import torch

from benchmarks.loops import eager
from benchmarks.nets import LEARNING_RATE, Net, start
from benchmarks.rounds import threads
from manual import training

STEPS, MOST = 20, 9  # steps that are averaged over, lines that are shown


def profile(net: Net, dtype: str, cores: int) -> str:
    """Milliseconds a step, the largest first, both sides on the same X, in rows. A profiler costs time itself."""
    X, Y, parameters = start(net, dtype)
    rest = (X, Y, parameters, net.activations, LEARNING_RATE)
    with threads(cores):
        by_hand, by_torch = training.descend(*rest), eager(*rest)
        for _ in range(3):
            next(by_hand), next(by_torch)
        watch = Profile()
        watch.enable()
        for _ in range(STEPS):
            next(by_hand)
        watch.disable()
        with torch.autograd.profiler.profile(use_kineto=False) as events:
            for _ in range(STEPS):
                next(by_torch)
    # A function's own time holds the NumPy operations that stand in it: a formula's own work.
    mine = [(name, own) for (_, _, name), (_, _, own, _, _) in Stats(watch).stats.items()]  # type: ignore[attr-defined]
    theirs = [(event.key, event.self_cpu_time_total / 1e6) for event in events.key_averages()]
    title = f"{net.name}, {dtype}, {cores} {'thread' if cores == 1 else 'threads'}"
    return "\n".join([f"{title}: milliseconds a step", *_side("by hand", mine), *_side("PyTorch", theirs)])


def _side(name: str, seconds: list[tuple[str, float]]) -> list[str]:
    total = sum(spent for _, spent in seconds)
    shown = sorted(seconds, key=lambda item: -item[1])[:MOST]
    lines = [(what, spent) for what, spent in shown if spent >= total / 200]
    rows = [*lines, ("the rest", total - sum(spent for _, spent in lines))]
    head = f"  {name:<48} {1000 * total / STEPS:>8.3f}"
    return [head, *(f"    {what[:46]:<46} {1000 * spent / STEPS:>8.3f} {spent / total:>4.0%}" for what, spent in rows)]
