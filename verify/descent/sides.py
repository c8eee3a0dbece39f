"""The runs of a training, step by step beside each other: by hand, by PyTorch, and by hand with nudged parameters."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from manual import training as notes
from manual.blocks import Cache
from reference_torch import training as definitions
from verify.descent.settings import Settings
from verify.oracles.definition import tensor

Array = np.ndarray[Any, Any]
Step = Callable[[Mapping[str, Any], Mapping[str, Any], Any], Mapping[str, Any]]

RUNS = 8  # nudged runs
# Multiplications a pass: below this, handing a step to another thread takes longer than the step.
SMALL = 2**20


@dataclass(frozen=True)
class Point:
    """A side before one of its steps: parameters, cost, the predictions A[L], and Z of every layer.

    `caches` are those of the pass by hand. The parameters of PyTorch move in place at its next step.
    """

    parameters: Mapping[str, Array]
    J: float
    AL: Array
    Z: Sequence[Array]
    caches: Sequence[Cache] = ()


def by_hand(X: Array, Y: Array, start: Mapping[str, Array], chosen: Settings, step: Step) -> Iterator[Point]:
    """The notes' own descent."""
    for state in notes.descend(X, Y, start, chosen.by_hand, chosen.learning_rate, step):
        yield Point(state.parameters, float(state.J), state.AL, [c.Z for c in state.caches], state.caches)


def by_torch(X: Array, Y: Array, start: Mapping[str, Array], chosen: Settings) -> Iterator[Point]:
    """Autograd and torch.optim.SGD."""
    L, names = len(chosen.activations), chosen.activations
    for state in definitions.descend(tensor(X), tensor(Y), tensor(start), names, chosen.learning_rate):
        values = {name: value.numpy() for name, value in state.values.items()}
        parameters = {name: value.numpy() for name, value in state.parameters.items()}
        yield Point(parameters, float(state.J), values[f"A{L}"], [values[f"Z{l}"] for l in range(1, L + 1)])


def nudged(X: Array, Y: Array, start: Mapping[str, Array], chosen: Settings, step: Step, run: int) -> Iterator[Point]:
    """The descent by hand, every parameter moved by one unit in the last place, up or down, before every step.

    At the start alone would not do: a parameter that starts at 0 has no last place worth speaking of, and rounding
    comes anew with every step.
    """
    rng = np.random.Generator(np.random.SFC64([chosen.seed, run]))

    def moved(parameters: Mapping[str, Array]) -> dict[str, Array]:
        return {name: nudge(x, rng) for name, x in parameters.items()}

    return by_hand(X, Y, moved(start), chosen, lambda *given: moved(step(*given)))


def nudge(x: Array, rng: np.random.Generator) -> Array:
    """Each number moved by one unit in its last place, up or down; 0 stays.

    Three quarters of ε, relative, are between ¾ and 1½ units in the last place: added, they round to one.
    """
    bits = np.unpackbits(np.frombuffer(rng.bytes(x.size // 8 + 1), dtype=np.uint8), count=x.size).reshape(x.shape)
    factors = ((bits * 2.0 - 1.0) * (0.75 * np.finfo(x.dtype).eps)).astype(x.dtype)
    return np.asarray(x + x * factors)


@contextmanager
def together(chosen: Settings, m: int) -> Iterator[Callable[[Sequence[Iterator[Point]]], list[Point]]]:
    """What takes all sides one step on: side by side on the machine's cores where a step is worth it.

    A side is computed by one thread alone, so how many there are changes no digit.
    """
    work = m * sum(n * p for p, n in zip(chosen.layers[:-1], chosen.layers[1:], strict=True))
    cores = os.cpu_count() or 1
    if work < SMALL or cores == 1:
        yield lambda sides: [_next(side) for side in sides]
        return
    with ThreadPoolExecutor(cores) as pool:
        yield lambda sides: list(pool.map(_next, sides))


def _next(side: Iterator[Point]) -> Point:
    with np.errstate(all="ignore"):  # what overflows is seen, and said, by whoever looks at the cost
        return next(side)
