"""One sweep: a formula by hand, its sound form and PyTorch, at every point of a grid, against the exact value there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite, isnan, log10
from typing import Any

import numpy as np
import torch
from flint import arb

from verify.arithmetic.balls import FIRST_BITS, MOST_BITS, SHARP, Balls, precision
from verify.arithmetic.duck import collected
from verify.health.grids import Grid
from verify.health.kept import kept
from verify.questions import place
from verify.records import Curve, Health
from verify.runs import named

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]
Rows = dict[str, Array]

BY_HAND, SOUND, TORCH = "by hand", "sound form", "PyTorch"
# So many sorts of examples; larger numbers of examples repeat them, and their mean is that over one of each.
SORTS = 100


@dataclass(frozen=True)
class Sweep:
    """A formula over a grid. Each side gives a number a point, or several by name, of which the worst one counts.

    Without `examples` a side takes all points at once, `f(x)`, or where `labels` is set `f(x, y)` with y = 0 and y = 1.
    With `examples`, arrays of a hundred columns by name, a point is a number of columns, and a side takes those:
    `f(**examples)`. Such a formula is a mean over the columns, or (`adds`) a sum over them.

    The exact value is that of `exact` on balls; where there is none, that of the very formula by hand.
    """

    formula: str
    grid: Grid
    by_hand: Function
    torch: Function | None = None
    sound: Function | None = None
    exact: Function | None = None
    quantity: str = ""
    labels: bool = False
    examples: Callable[[np.random.Generator], Mapping[str, Array]] | None = None
    adds: bool = False
    note: str = ""


def measure(sweep: Sweep, dtypes: tuple[str, ...], seed: int) -> Health:
    """The digits that every side keeps at every point, and the worst point of each."""
    sides = {BY_HAND: sweep.by_hand, SOUND: sweep.sound, TORCH: sweep.torch}
    curves: list[Curve] = []
    remark = ""
    for dtype in dtypes:
        x = sweep.grid.points(dtype)
        find = _of_columns if sweep.examples else _pointwise
        exact, found = find(sweep, x, dtype, seed, {name: f for name, f in sides.items() if f})
        judged = {side: _judged(rows, exact, dtype) for side, rows in found.items()}
        curves += [_curve(sweep, side, dtype, x, *judged[side], found[side], exact) for side in found]
        remark = remark or _less_exact(sweep, dtype, x, judged, found, exact)
    return Health(sweep.formula, sweep.quantity, sweep.grid.varied, sweep.grid.scale, tuple(curves), remark, sweep.note)


# --- the numbers ---------------------------------------------------------------------------------------------------
def _pointwise(sweep: Sweep, x: Array, dtype: str, seed: int, sides: Mapping[str, Function]) -> tuple[Rows, Any]:
    labels = (0.0, 1.0) if sweep.labels else (None,)

    def rows(function: Function, points: Any, of: Callable[[Any], Any] = lambda y: y) -> Iterator[tuple[str, Any]]:
        for y in labels:
            given = (points,) if y is None else (points, of(np.full(points.shape, y, dtype=dtype)))
            for name, value in named(function(*given)).items():
                yield _title(name, y), value

    found = {}
    with np.errstate(all="ignore"):
        for side, function in sides.items():
            if side == TORCH:
                found[side] = _flat(rows(function, torch.from_numpy(x), torch.from_numpy))
            else:
                found[side] = _flat(rows(function, x))
    return exactly(lambda points: dict(rows(sweep.exact or sweep.by_hand, points)), x, dtype), found


def exactly(function: Callable[[Balls], Mapping[str, Any]], x: Array, dtype: str) -> Rows:
    """The exact values at every point, the precision doubled until each is known to 64 bits of its own."""
    found: Rows = {}
    todo, bits = np.arange(x.size), FIRST_BITS
    while todo.size and bits <= MOST_BITS:
        with precision(bits):
            values = {k: _numbers(v, todo.size) for k, v in function(Balls.of(x[todo], dtype=dtype)).items()}
        for name, numbers in values.items():
            found.setdefault(name, np.empty(x.size, dtype=object))[todo] = numbers
        vague = [not all(_sharp(numbers[i]) for numbers in values.values()) for i in range(todo.size)]
        todo, bits = todo[vague], 2 * bits
    return found


def _sharp(x: arb) -> bool:
    return bool(x.is_finite() and x.rad() <= SHARP * abs(x.mid()))


def _of_columns(sweep: Sweep, x: Array, dtype: str, seed: int, sides: Mapping[str, Function]) -> tuple[Rows, Any]:
    assert sweep.examples is not None
    sorts = {k: v.astype(dtype) for k, v in sweep.examples(np.random.default_rng(seed)).items()}
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    exact: list[dict[str, Any]] = []
    for m in x.tolist():
        first = min(m, SORTS)
        known = exact[-1] if m > SORTS else _exact_mean(sweep, {k: v[:, :first] for k, v in sorts.items()}, dtype)
        exact.append(known)
        columns = {k: np.ascontiguousarray(v[:, order(m, seed)]) for k, v in sorts.items()}
        for side, function in sides.items():
            given = {k: torch.from_numpy(v) for k, v in columns.items()} if side == TORCH else columns
            with np.errstate(all="ignore"):
                found[side].append(elements(_arrays(named(function(**given)).items()), sweep.quantity))
    times = [max(m // SORTS, 1) if sweep.adds else 1 for m in x.tolist()]
    with precision():
        sums = {name: [rows[name] * n for rows, n in zip(exact, times, strict=True)] for name in exact[0]}
    return (
        {name: np.array(numbers, dtype=object) for name, numbers in sums.items()},
        {side: {name: np.array([rows[name] for rows in each]) for name in each[0]} for side, each in found.items()},
    )


@cache
def order(m: int, seed: int) -> Array:
    """Which sort each of m examples is of, in no order: a sum over a pattern that repeats would round in a pattern."""
    return np.random.default_rng([seed, m]).permutation(np.arange(m) % SORTS)


def elements(values: Mapping[str, Any], quantity: str) -> dict[str, Any]:
    """Every element by its name and place, a number each; a result without a name bears that of the quantity.

    >>> elements({"value": np.array(1.5)}, "J"), elements({"value": np.array([[2.5, 3.5]])}, "dW")
    ({'': np.float64(1.5)}, {'dW[0, 0]': np.float64(2.5), 'dW[0, 1]': np.float64(3.5)})
    """
    found = {}
    for name, value in values.items():
        title = quantity if name == "value" and value.size > 1 else _title(name, None)
        for i, number in enumerate(value.ravel()):
            found[title + (place(i, value.shape) if value.size > 1 else "")] = number
    return found


def _exact_mean(sweep: Sweep, examples: Mapping[str, Array], dtype: str) -> dict[str, Any]:
    bits = FIRST_BITS
    while True:
        with precision(bits):
            given = {k: Balls.of(v, dtype=dtype) for k, v in examples.items()}
            values = named((sweep.exact or sweep.by_hand)(**given))
            found = elements({k: Balls.of(collected(v)).parts[0] for k, v in values.items()}, sweep.quantity)
        if bits >= MOST_BITS or all(_sharp(number) for number in found.values()):
            return found
        bits *= 2


def _numbers(value: Any, size: int) -> Array:
    """Enclosures, one a point. What no input touched is a plain number, and exact."""
    numbers = Balls.of(collected(value)).parts[0]
    return np.asarray(np.broadcast_to(numbers.ravel(), (size,)))


def _flat(rows: Iterable[tuple[str, Any]]) -> Rows:
    return {name: np.atleast_1d(value).ravel() for name, value in _arrays(rows).items()}


def _arrays(rows: Iterable[tuple[str, Any]]) -> Rows:
    return {name: np.asarray(v.detach() if isinstance(v, torch.Tensor) else v) for name, v in rows}


def _title(quantity: str, y: float | None) -> str:
    parts = ([] if quantity == "value" else [quantity]) + ([] if y is None else [f"y = {y:.0f}"])
    return ", ".join(parts)


# --- what is said of them ------------------------------------------------------------------------------------------
def _judged(rows: Rows, exact: Rows, dtype: str) -> tuple[Array, list[str]]:
    """The fewest digits at each point, and which of the rows keeps them; nan where none is known."""
    names = list(rows)
    with precision():
        all_of_them = np.array(
            [[kept(float(v), e, dtype) for v, e in zip(rows[name], exact[name], strict=True)] for name in names]
        )
    lost = np.array([~np.isfinite(rows[name]) for name in names])
    # Of two that keep no digit the one that is no number is the worse.
    order = np.where(np.isnan(all_of_them), np.inf, all_of_them) - 0.5 * (lost & (all_of_them == 0))
    least = np.argmin(order, axis=0)
    return all_of_them[least, np.arange(least.size)], [names[i] for i in least]


def _curve(
    sweep: Sweep, side: str, dtype: str, x: Array, digits: Array, rows: list[str], found: Rows, exact: Rows
) -> Curve:
    """The worst point is the one with the fewest digits; among equals one that gives no number, then the mildest."""

    def badness(i: int) -> tuple[float, bool, float, bool]:
        number = digits[i] > 0 or isfinite(float(found[rows[i]][i]))
        return digits[i], number, extremity(float(x[i]), sweep.grid.scale), bool(x[i] < 0)

    known = [i for i in range(x.size) if not isnan(digits[i])]
    worst = min(known, key=badness)
    return Curve(
        side,
        dtype,
        tuple(float(v) for v in x),
        tuple(float(d) for d in digits),
        at=_at(sweep, x[worst], rows[worst]),
        mine=text(found[rows[worst]][worst]),
        exact=exact[rows[worst]][worst].str(20, radius=False),
        fewest=float(digits[worst]),
        lost=int(np.sum(digits == 0)),
    )


def extremity(x: float, scale: str) -> float:
    """How far out a point lies, in powers of ten: from 1, and a probability from ½."""
    if scale == "probability":
        return abs(log10(x) - log10(1 - x))
    return abs(log10(abs(x)))


def _less_exact(
    sweep: Sweep, dtype: str, x: Array, judged: Mapping[str, tuple[Array, list[str]]], found: Mapping[str, Rows],
    exact: Rows,
) -> str:  # fmt: skip
    """Where PyTorch keeps fewer digits than another side, by a whole one or more: a sentence with the exact value.

    Of the points where it is that far behind, the one where it keeps fewest is named; among equals the mildest.
    """
    if TORCH not in judged:
        return ""
    digits, rows = judged[TORCH]
    others = [side for side in judged if side != TORCH]
    rival = [max(others, key=lambda side: judged[side][0][i]) for i in range(x.size)]
    behind = [i for i in range(x.size) if judged[rival[i]][0][i] - digits[i] >= 1]
    if not behind:
        return ""
    at = min(behind, key=lambda i: (digits[i], extremity(float(x[i]), sweep.grid.scale), bool(x[i] < 0)))
    other = rival[at]
    named_side = "the formula by hand" if other == BY_HAND else "the sound form"
    return (
        f"PyTorch is the less exact: at {_at(sweep, x[at], rows[at])} in {dtype} it gives "
        f"{text(found[TORCH][rows[at]][at])}, {named_side} {text(found[other][rows[at]][at])}; "
        f"the exact value is {exact[rows[at]][at].str(20, radius=False)}"
    )


def _at(sweep: Sweep, x: Any, row: str) -> str:
    return ", ".join(filter(None, (f"{sweep.grid.varied} = {text(x)}", row)))


def text(x: Any) -> str:
    """A number of its own precision, as short as it can be told apart.

    >>> text(np.float32(0.1)), text(np.float64(37.0)), text(np.int64(1000)), text(np.float64(-1e-300))
    ('0.1', '37', '1000', '-1e-300')
    """
    shown = str(x)
    return shown.removesuffix(".0")
