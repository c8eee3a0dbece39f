"""The clock: several loops in turn, in one process, so that whatever slows the machine slows them alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import torch
from threadpoolctl import threadpool_limits

# Seconds of steps before the clock starts. A thread pool that has just worked goes on spinning, and takes a core from
# whoever comes next: PyTorch's for 0.01 s, OpenBLAS's for 2²⁸ ticks, 0.105 s at 2.6 GHz, both measured.
SETTLE = 0.2
SPAN = 0.06


@dataclass(frozen=True)
class Spread:
    """The median of the rounds, and their quartiles."""

    median: float
    low: float
    high: float


def spread(values: list[float]) -> Spread:
    """
    >>> spread([3.0, 1.0, 2.0, 4.0, 5.0])
    Spread(median=3.0, low=2.0, high=4.0)
    """
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return Spread(median(values), low, high)


def ratio(over: list[float], under: list[float]) -> Spread:
    """Round by round: times of the same round are divided by each other, no others."""
    return spread([a / b for a, b in zip(over, under, strict=True)])


@dataclass(frozen=True)
class Clock:
    """How long a loop runs before the clock, and how long under it, at least one step."""

    settle: float = SETTLE
    span: float = SPAN

    def in_turn(self, loops: Mapping[str, Iterator[Any]], rounds: int) -> dict[str, list[float]]:
        """Seconds a step of every loop in every round; each round begins with another loop."""
        steps = {name: max(1, round(self.span / _one(loop))) for name, loop in loops.items()}
        times: dict[str, list[float]] = {name: [] for name in loops}
        order = list(loops)
        for _ in range(rounds):
            for name in order:
                times[name].append(block(loops[name], steps[name], self.settle))
            order.append(order.pop(0))
        return times


def _one(loop: Iterator[Any]) -> float:
    """About how long a step takes, once what happens at the first one has happened."""
    next(loop)
    next(loop)
    clock = perf_counter()
    next(loop)
    return perf_counter() - clock


def block(loop: Iterator[Any], steps: int, settle: float) -> float:
    """Seconds a step, after `settle` seconds of steps off the clock."""
    clock = perf_counter()
    while perf_counter() - clock < settle:
        next(loop)
    clock = perf_counter()
    for _ in range(steps):
        next(loop)
    return (perf_counter() - clock) / steps


@contextmanager
def threads(number: int) -> Iterator[None]:
    """NumPy's BLAS and PyTorch on that many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        with threadpool_limits(limits=number):
            yield
    finally:
        torch.set_num_threads(before)
