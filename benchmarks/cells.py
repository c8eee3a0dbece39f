"""One cell of the table: one network, dtype and number of threads, timed by hand and in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from benchmarks.agree import ByHand, check_kind
from benchmarks.loops import compiled, eager, operands, products
from benchmarks.machine import watched
from benchmarks.nets import LEARNING_RATE, Net, start
from benchmarks.rounds import SETTLE, SPAN, Spread, in_turn, ratio, threads
from manual import training

LAYOUTS: dict[str, Callable[[Any], Any]] = {"rows": np.ascontiguousarray, "columns": np.asfortranarray}
TRIAL = 3  # rounds to find out which layout of X a side is faster with


@dataclass(frozen=True)
class Cell:
    """Ratios of times of the same round.

    `eager` and `compiled`: the step by hand over PyTorch's, below 1 where the hand-written one is faster; `compiled` is
    None where torch.compile was not asked for or does not work, `note` says which. `products`: the matrix products of
    the step alone, in NumPy, over the step by hand. `milliseconds` of a step by hand; `by_hand` and `torch` name the
    layout of X that each is faster with, and was given. `others` is the share of the cores' time that other processes
    took meanwhile.
    """

    net: str
    m: int
    dtype: str
    threads: int
    eager: Spread
    compiled: Spread | None
    products: Spread
    milliseconds: float
    by_hand: str
    torch: str
    others: float
    note: str = ""


def measure(
    net: Net, dtype: str, cores: int, rounds: int, span: float = SPAN, settle: float = SETTLE, compile: bool = True,
    by_hand: ByHand = training.descend,
) -> Cell:  # fmt: skip
    """Time a cell. Raises DisagreementError where the two sides hold different things."""
    X, Y, parameters = start(net, dtype)
    clock = partial(in_turn, span=span, settle=settle)

    def loop(side: Callable[..., Iterator[Any]], layout: str) -> Iterator[Any]:
        return side(LAYOUTS[layout](X), Y, parameters, net.activations, LEARNING_RATE)

    def fastest(side: Callable[..., Iterator[Any]]) -> str:
        times = clock({layout: loop(side, layout) for layout in LAYOUTS}, TRIAL)
        return min(times, key=lambda layout: median(times[layout]))

    with threads(cores):
        mine, theirs = fastest(by_hand), fastest(eager)
        loops = {"by hand": loop(by_hand, mine), "eager": loop(eager, theirs)}
        state, (_, moved) = next(loops["by hand"]), next(loops["eager"])
        check_kind(net, dtype, state, moved)
        loops["products"] = products(operands(state, Y))
        note = "" if compile else "not asked for"
        if compile:
            candidate = loop(compiled, theirs)
            note = _fault(candidate)
            loops |= {} if note else {"compiled": candidate}
        others = watched()
        times = clock(loops, rounds)
    return Cell(
        net.name, net.m, dtype, cores,
        eager=ratio(times["by hand"], times["eager"]),
        compiled=ratio(times["by hand"], times["compiled"]) if "compiled" in times else None,
        products=ratio(times["products"], times["by hand"]),
        milliseconds=1000 * median(times["by hand"]),
        by_hand=mine, torch=theirs, others=others(), note=note,
    )  # fmt: skip


def _fault(loop: Iterator[Any]) -> str:
    """Why a compiled loop does not run, in a line; empty where it does, and what there is to compile is compiled."""
    try:
        next(loop)
        next(loop)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
    return ""
