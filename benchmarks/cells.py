"""One cell of the table: one network, dtype and number of threads, timed by hand and in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

import numpy as np

from benchmarks.agree import ByHand, check_kind
from benchmarks.loops import compiled, eager, operands, products
from benchmarks.machine import watched
from benchmarks.nets import LEARNING_RATE, Net, start
from benchmarks.rounds import Clock, Spread, ratio, threads
from manual import training

LAYOUTS: dict[str, Callable[[Any], Any]] = {"rows": np.ascontiguousarray, "columns": np.asfortranarray}
TRIAL = 3  # rounds to find out which layout of X a side is faster with


@dataclass(frozen=True)
class Subject:
    """What is timed in a cell, and which layout of X each side is given."""

    net: Net
    dtype: str
    threads: int
    by_hand: str = "rows"
    torch: str = "rows"


@dataclass(frozen=True)
class Pass:
    """Seconds a step of every loop in every round; `others`, the share of the cores' time that other processes took."""

    times: dict[str, list[float]]
    others: float
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """Ratios of times of the same round.

    `eager` and `compiled`: the step by hand over PyTorch's, below 1 where the hand-written one is faster; `compiled` is
    None where torch.compile was not asked for or does not work, `note` says which. `products`: the matrix products of
    the step alone, in NumPy, over the step by hand; `floor`: the same over PyTorch's step, which no formula around
    those products can be faster than. `milliseconds` of a step by hand.
    """

    subject: Subject
    eager: Spread
    compiled: Spread | None
    products: Spread
    floor: Spread
    milliseconds: float
    others: float
    note: str = ""


def subject(net: Net, dtype: str, cores: int, clock: Clock, by_hand: ByHand = training.descend) -> Subject:
    """Each side is given X in the layout that it is faster with, found out by a trial."""

    def fastest(side: Callable[..., Iterator[Any]]) -> str:
        times = clock.in_turn({layout: _loop(side, net, dtype, layout) for layout in LAYOUTS}, TRIAL)
        return min(times, key=lambda layout: median(times[layout]))

    with threads(cores):
        return Subject(net, dtype, cores, fastest(by_hand), fastest(eager))


def timed(of: Subject, rounds: int, clock: Clock, compile: bool = True, by_hand: ByHand = training.descend) -> Pass:
    """Time a cell. Raises DisagreementError where the two sides hold different things."""
    with threads(of.threads):
        loops = {
            "by hand": _loop(by_hand, of.net, of.dtype, of.by_hand),
            "eager": _loop(eager, of.net, of.dtype, of.torch),
        }
        state, (_, moved) = next(loops["by hand"]), next(loops["eager"])
        check_kind(of.net, of.dtype, state, moved)
        loops["products"] = products(operands(state, start(of.net, of.dtype)[1]))
        note = "" if compile else "not asked for"
        if compile:
            candidate = _loop(compiled, of.net, of.dtype, of.torch)
            note = _fault(candidate)
            loops |= {} if note else {"compiled": candidate}
        others = watched()
        return Pass(clock.in_turn(loops, rounds), others(), note)


def cell(of: Subject, passes: Sequence[Pass]) -> Cell:
    """The rounds of all passes together."""
    names = [name for name in passes[0].times if all(name in found.times for found in passes)]
    times = {name: [seconds for found in passes for seconds in found.times[name]] for name in names}
    return Cell(
        of,
        eager=ratio(times["by hand"], times["eager"]),
        compiled=ratio(times["by hand"], times["compiled"]) if "compiled" in times else None,
        products=ratio(times["products"], times["by hand"]),
        floor=ratio(times["products"], times["eager"]),
        milliseconds=1000 * median(times["by hand"]),
        others=fmean(found.others for found in passes),
        note=next((found.note for found in passes if found.note), ""),
    )


def _loop(side: Callable[..., Iterator[Any]], net: Net, dtype: str, layout: str) -> Iterator[Any]:
    X, Y, parameters = start(net, dtype)
    return side(LAYOUTS[layout](X), Y, parameters, net.activations, LEARNING_RATE)


def _fault(loop: Iterator[Any]) -> str:
    """Why a compiled loop does not run, in one line; empty where it does, and what there is to compile is compiled."""
    try:
        next(loop)
        next(loop)
    except Exception as error:
        said = [line.strip() for line in str(error).splitlines() if line.strip()]
        # PyTorch's first line only names its backend, "backend='inductor' raised:"; what is wrong stands in the second.
        return ": ".join([type(error).__name__, *(line.rstrip(":") for line in said[:2])])
    return ""
