"""The numbers of a sweep: what every side gives at every point, in floats, and the exact values on balls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from flint import arb

from verify.arithmetic.balls import FIRST_BITS, MOST_BITS, SHARP, Balls, precision
from verify.arithmetic.duck import collected
from verify.health.sweep import SORTS, TORCH, Array, Function, Sweep
from verify.questions import place
from verify.runs import named

# Numbers a point, by the name of what was computed; the name is empty where one number is all there is.
Rows = dict[str, Array]


@dataclass(frozen=True)
class Values:
    """`sides` are floats, `exact` enclosures: the same names, and an array as long as `x` for each."""

    x: Array
    sides: dict[str, Rows]
    exact: Rows


def values(sweep: Sweep, dtype: str, seed: int) -> Values:
    """All numbers of a sweep in one precision."""
    return _of_columns(sweep, dtype, seed) if sweep.examples else _pointwise(sweep, dtype)


def _pointwise(sweep: Sweep, dtype: str) -> Values:
    x = sweep.grid.points(dtype)
    labels = (0.0, 1.0) if sweep.labels else (None,)

    def rows(function: Function, points: Any, like: Callable[[Array], Any] = np.asarray) -> Iterator[tuple[str, Any]]:
        for y in labels:
            given = (points,) if y is None else (points, like(np.full(points.shape, y, dtype=dtype)))
            for name, value in named(function(*given)).items():
                yield _title(name, y), value

    sides = {}
    with np.errstate(all="ignore"):
        for side, function in sweep.sides.items():
            found = rows(function, torch.from_numpy(x), torch.from_numpy) if side == TORCH else rows(function, x)
            sides[side] = {name: np.atleast_1d(value).ravel() for name, value in _arrays(found).items()}
    return Values(x, sides, exactly(lambda points: dict(rows(sweep.definition, points)), x))


def exactly(function: Callable[[Balls], Mapping[str, Any]], x: Array) -> Rows:
    """The exact values at every point, the precision doubled until each is known to 64 bits of its own."""
    found: Rows = {}
    todo, bits = np.arange(x.size), FIRST_BITS
    while todo.size and bits <= MOST_BITS:
        with precision(bits):
            here = {k: _enclosures(v).ravel() for k, v in function(Balls.of(x[todo])).items()}
        for name, numbers in here.items():
            found.setdefault(name, np.empty(x.size, dtype=object))[todo] = numbers
        vague = [not all(sharp(numbers[i]) for numbers in here.values()) for i in range(todo.size)]
        todo, bits = todo[vague], 2 * bits
    return found


def sharp(x: arb) -> bool:
    """Known to 64 bits of its own: an exact 0 is, a number around 0 is not."""
    return bool(x.is_finite() and x.rad() <= SHARP * abs(x.mid()))


def _of_columns(sweep: Sweep, dtype: str, seed: int) -> Values:
    assert sweep.examples is not None
    sorts = {k: v.astype(dtype) for k, v in sweep.examples(np.random.default_rng(seed)).items()}
    x = sweep.grid.points(dtype)
    floats: dict[str, list[dict[str, Any]]] = {side: [] for side in sweep.sides}
    exact: list[dict[str, Any]] = []
    for m in x.tolist():
        columns = {k: np.ascontiguousarray(v[:, sorts_of(m, seed)]) for k, v in sorts.items()}
        for side, function in sweep.sides.items():
            given = {k: torch.from_numpy(v) for k, v in columns.items()} if side == TORCH else columns
            with np.errstate(all="ignore"):
                floats[side].append(elements(_arrays(named(function(*given.values())).items()), sweep.quantity))
        exact.append(exact[-1] if m > SORTS else exact_over(sweep, {k: v[:, :m] for k, v in sorts.items()}))
    times = [max(m // SORTS, 1) if sweep.adds else 1 for m in x.tolist()]
    with precision():
        exact = [{k: number * n for k, number in rows.items()} for rows, n in zip(exact, times, strict=True)]
    return Values(
        x,
        {side: {name: np.array([rows[name] for rows in each]) for name in each[0]} for side, each in floats.items()},
        {name: np.array([rows[name] for rows in exact]) for name in exact[0]},
    )


@lru_cache(maxsize=16)
def sorts_of(m: int, seed: int) -> Array:
    """Which sort each of m examples is of, each equally often, and in no order: a pattern would round in a pattern.

    Raises ValueError where there are more examples than sorts, and not as many of each.
    """
    if m % min(m, SORTS):
        raise ValueError(f"m is {m}; beyond {SORTS} it needs to be a multiple of {SORTS}")
    return np.random.default_rng([seed, m]).permutation(np.arange(m) % SORTS)


def exact_over(sweep: Sweep, examples: Mapping[str, Array]) -> dict[str, Any]:
    """The exact value over these examples, to 64 bits of every element."""
    bits = FIRST_BITS
    while True:
        with precision(bits):
            given = {k: Balls.of(v) for k, v in examples.items()}
            found = {k: _enclosures(v) for k, v in named(sweep.definition(*given.values())).items()}
        every = elements(found, sweep.quantity)
        if bits >= MOST_BITS or all(sharp(number) for number in every.values()):
            return every
        bits *= 2


def elements(found: Mapping[str, Array], quantity: str) -> dict[str, Any]:
    """Every element by its name and place, a number each; a result without a name bears that of the quantity.

    >>> elements({"value": np.array(1.5)}, "J"), elements({"value": np.array([[2.5, 3.5]])}, "dW")
    ({'': np.float64(1.5)}, {'dW[0, 0]': np.float64(2.5), 'dW[0, 1]': np.float64(3.5)})
    """
    every = {}
    for name, value in found.items():
        title = quantity if name == "value" and value.size > 1 else _title(name, None)
        for i, number in enumerate(value.ravel()):
            every[title + (place(i, value.shape) if value.size > 1 else "")] = number
    return every


def _enclosures(value: Any) -> Array:
    return Balls.of(collected(value)).parts[0]


def _arrays(rows: Iterable[tuple[str, Any]]) -> Rows:
    return {name: np.asarray(v.detach() if isinstance(v, torch.Tensor) else v) for name, v in rows}


def _title(quantity: str, y: float | None) -> str:
    parts = ([] if quantity == "value" else [quantity]) + ([] if y is None else [f"y = {y:.0f}"])
    return ", ".join(parts)
