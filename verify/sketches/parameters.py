"""All floating arguments of a function as one long vector: what random directions move, and blocks are cut from."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum, inf, isfinite
from typing import Any

import numpy as np

from verify.arithmetic.rounding import UNIT
from verify.errors import UserError, nearest
from verify.questions import place
from verify.sketches.vectors import Block, chunks, halved, total

Array = np.ndarray[Any, Any]

EVENLY = 2.0**-10  # of its standard deviation: by so much rounding may move an element more or less than was drawn


@dataclass(frozen=True)
class Leaf:
    """One array: its part of the vector, how far its small elements are moved, and the open interval it stays in."""

    name: str
    start: int
    stop: int
    shape: tuple[int, ...]
    size: float
    low: float
    high: float


@dataclass(frozen=True)
class Parameters:
    """x of length P, in float64; `arguments` makes of such a vector what the function is called with."""

    x: Array
    leaves: tuple[Leaf, ...]
    arguments: Callable[[Array], tuple[Any, ...]]
    narrow: bool  # some of it was float32

    def place(self, i: int) -> str:
        """Where element i of the vector stands: `W[3, 17]`."""
        leaf = next(leaf for leaf in self.leaves if leaf.start <= i < leaf.stop)
        return leaf.name + (place(i - leaf.start, leaf.shape) if leaf.shape else "")

    def called(self, block: Block) -> str:
        """A block in words."""
        start, stop = block
        if stop - start == 1:
            return self.place(start)
        whole = [leaf.name for leaf in self.leaves if start <= leaf.start and leaf.stop <= stop]
        if whole and (start, stop) in {(leaf.start, leaf.stop) for leaf in self.leaves}:
            return whole[0]
        return f"{self.place(start)} to {self.place(stop - 1)}"

    def scaled(self, direction: Array) -> Array:
        """s∘v, in place: sᵢ is |xᵢ| or the mean size of its array, whichever is more, or the way to its domain's edge.

        No step t is wider than 1/16 (`verify/oracles/slope.py`), and no normal number of 53 bits comes near 16, so that
        x ± ts∘v stays inside.
        """
        for c, reach in self._reach((0, self.x.size)):
            direction[c] *= reach
        return direction

    def _reach(self, block: Block) -> Iterator[tuple[slice, Array]]:
        """s on a block, chunk by chunk."""
        for leaf in self.leaves:
            for c in chunks((max(leaf.start, block[0]), min(leaf.stop, block[1]))):
                reach = np.maximum(np.abs(self.x[c]), leaf.size)
                if isfinite(leaf.low) or isfinite(leaf.high):
                    reach = np.minimum(reach, np.minimum(self.x[c] - leaf.low, leaf.high - self.x[c]))
                yield c, reach

    def narrowest(self, direction: Array, block: Block) -> float:
        """The least t at which fl(x + t·s∘v) is x + t·s∘v′ with v′ = v to EVENLY everywhere: then v′ is as good a draw.

        What is not moved is not judged. An element that the direction leaves alone, or that is 0, sets no limit.
        """
        limits = (np.where(direction[c] != 0, np.abs(self.x[c]) / reach, 0.0) for c, reach in self._reach(block))
        return UNIT / EVENLY * max(float(np.max(limit)) for limit in limits)

    def drawn(self, seed: int, number: int) -> Array:
        """A random direction s∘v, where v is normal: the same for the same seed and number."""
        return self.scaled(np.random.default_rng([seed, number]).standard_normal(self.x.size))

    def moved(self, direction: Array, block: Block, t: float, gradient: Array) -> tuple[Array, float, float]:
        """x₊ = fl(x + t·direction) on the block, ⟨gradient, x₊ − x⟩, and Σ|gradient|·|x₊ − x|.

        The displacement is the one that the floats make, so that the rounding of x₊ costs nothing. The first sum is off
        by at most ROUNDINGS·UNIT of the second, and LEAST for every element.
        """
        fresh, sums, gross = self.x.copy(), [], []
        for c in chunks(block):
            fresh[c] += t * direction[c]
            terms = gradient[c] * (fresh[c] - self.x[c])
            gross.append(float(np.sum(np.abs(terms))))
            sums.append(halved(terms))
        return fresh, total(sums), total(gross)


def parameters(x: Any, domain: Any) -> Parameters:
    """x, one floating array or a mapping of arrays by name, as one vector; what is not floating is passed on as it is.

    Raises UserError where there is nothing to move, or an element is not finite or not inside its domain.
    """
    named = isinstance(x, Mapping)
    given = dict(x) if isinstance(x, Mapping) else {"x": x}
    bounds = _domains(domain, given, named)
    arrays = {k: np.asarray(v) for k, v in given.items() if isinstance(v, (np.ndarray, np.floating, float))}
    arrays = {k: v for k, v in arrays.items() if v.dtype.kind == "f"}
    if not arrays:
        kinds = ", ".join(f"{k} is {_kind(v)}" for k, v in given.items()) or "x is empty"
        raise UserError(f"there is nothing to differentiate: {kinds}; give floating arrays of NumPy, one or by name")
    if wide := [k for k, v in arrays.items() if v.dtype not in (np.float32, np.float64)]:
        raise UserError(f"{wide[0]} is of {arrays[wide[0]].dtype}; give float64 or float32")
    if empty := [k for k, v in arrays.items() if v.size == 0]:
        raise UserError(f"{empty[0]} has shape {arrays[empty[0]].shape}, which holds no element; give at least one")
    vector = _joined(arrays.values())
    leaves, start = [], 0
    for name, array in arrays.items():
        part = vector[start : start + array.size]
        low, high = bounds.get(name, (-inf, inf))
        for c in chunks((0, part.size)):
            _inside(name, array.shape, part[c], c.start, low, high)
        leaves.append(Leaf(name, start, start + part.size, array.shape, _mean(part), low, high))
        start += part.size

    def arguments(vector: Array) -> tuple[Any, ...]:
        views = {leaf.name: vector[leaf.start : leaf.stop].reshape(leaf.shape) for leaf in leaves}
        return tuple(
            copy.deepcopy(v) if k not in views else views[k] if isinstance(v, np.ndarray) else views[k][()]
            for k, v in given.items()
        )

    return Parameters(vector, tuple(leaves), arguments, any(v.dtype == np.float32 for v in arrays.values()))


def gradient_at(given: Any, of: Parameters) -> tuple[Array, float]:
    """The gradient, or what a function of it gives at x, as a vector; and the unit roundoff of its coarsest array.

    By name, as `dW` or `W`, or in the order of the floating arrays. Raises UserError where one is missing or misshapen.
    """
    if callable(given):
        with np.errstate(all="ignore"):
            given = given(*of.arguments(of.x.copy()))
    names = [leaf.name for leaf in of.leaves]
    if isinstance(given, Mapping):
        arrays = {name: given[key] for name in names for key in (f"d{name}", name) if key in given}
        strange = [key for key in given if key not in {k for name in names for k in (name, f"d{name}")}]
        if missing := [name for name in names if name not in arrays]:
            told = f"; it holds {', '.join(map(str, strange))}" if strange else ""
            raise UserError(f"the gradient has nothing for {', '.join(missing)}{told}; give d{missing[0]}")
    else:
        listed = list(given) if isinstance(given, (tuple, list)) and len(names) > 1 else [given]
        if len(listed) != len(names):
            raise UserError(
                f"{len(listed)} gradients were given for {', '.join(names)}; give one each, in this order or by name"
            )
        arrays = dict(zip(names, listed, strict=True))
    parts = []
    for leaf in of.leaves:
        array = np.asarray(arrays[leaf.name])
        if array.shape != leaf.shape:
            raise UserError(
                f"the gradient for {leaf.name} has shape {array.shape}, but {leaf.name} has shape {leaf.shape}; the "
                "two must be equal"
            )
        if array.dtype.kind not in ("f", "i", "u") or array.dtype.itemsize < 4:
            raise UserError(f"the gradient for {leaf.name} is of {array.dtype}; give float64 or float32")
        parts.append(array)
    unit = max(UNIT if x.dtype != np.float32 else float(np.finfo(np.float32).eps) / 2 for x in parts)
    return _joined(parts), unit


def _joined(arrays: Iterable[Array]) -> Array:
    """One vector of all; of one array no copy is made, where it is float64 already."""
    flat = [np.asarray(x, dtype=np.float64).ravel() for x in arrays]
    return flat[0] if len(flat) == 1 else np.concatenate(flat)


def _mean(x: Array) -> float:
    """The mean size of the elements that are not 0; 1 where all are."""
    largest = max(float(np.max(np.abs(x[c]))) for c in chunks((0, x.size)))
    if largest == 0:
        return 1.0
    total = fsum(float(np.sum(np.abs(x[c]) / largest)) for c in chunks((0, x.size)))
    return float(largest * (total / np.count_nonzero(x)))


def _inside(name: str, shape: tuple[int, ...], x: Array, offset: int, low: float, high: float) -> None:
    """Raise UserError for an element that is not finite, or not inside (low, high)."""
    inside = np.isfinite(x) & (low < x) & (x < high)
    if inside.all():
        return
    i = int(np.argmin(inside))
    where = place(offset + i, shape)
    if not isfinite(x[i]):
        raise UserError(f"{name} holds {x[i]} at {where}; give finite numbers")
    raise UserError(
        f"{name} holds {float(x[i])!r} at {where}, on the edge of its domain ({low:g}, {high:g}) or outside, where it "
        "cannot be moved both ways; give a point inside"
    )


def _domains(domain: Any, given: Mapping[str, Any], named: bool) -> dict[str, tuple[float, float]]:
    if domain is None:
        return {}
    by_name = domain if named else {"x": domain}
    if not isinstance(by_name, Mapping):
        raise UserError(f"domain is {domain!r}; x is given by name, and so are its domains: domain={{'a': (0, 1)}}")
    for name, ends in by_name.items():
        if name not in given:
            raise UserError(f"domain names {name!r}, which is no input{nearest(name, given)}; there are {list(given)}")
        try:
            low, high = map(float, ends)
        except (TypeError, ValueError):
            raise UserError(f"the domain of {name} is {ends!r}; give its two ends, such as (0, 1)") from None
        if not low < high:
            raise UserError(f"the domain of {name} is {ends!r}; its first end must lie below its second")
    return {name: (float(low), float(high)) for name, (low, high) in by_name.items()}


def _kind(x: Any) -> str:
    return f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
