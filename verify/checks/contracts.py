"""Contracts: a formula leaves its arguments as they were, and gives back the shapes and precision it states."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify.errors import UserError
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, PASS
from verify.signature import SCALAR, Signature, sizes_of


@dataclass
class Watch:
    """A formula under watch: `function` behaves as it does; `breaches` say which call broke the contract, and how.

    `signature` is that of the formula's own record, also where a twin is in its place.
    """

    formula: Callable[..., Any]
    signature: Signature | None = None
    calls: int = 0
    breaches: list[str] = field(default_factory=list)

    @property
    def function(self) -> Callable[..., Any]:
        @functools.wraps(self.formula)
        def watched(*args: Any, **named: Any) -> Any:
            given = list(float_arrays((*args, *named.values())))
            before = [x.copy() for x in given]
            result = self.formula(*args, **named)
            if given:
                self.calls += 1
                self._compare(given, before, result)
                self._shapes(args, named, result)
            return result

        return watched

    def _compare(self, given: list[Any], before: list[Any], result: Any) -> None:
        if any(not np.array_equal(x, y, equal_nan=True) for x, y in zip(given, before, strict=True)):
            self._breach("overwrites an array that it was given")
        wanted, found = {x.dtype for x in given}, {x.dtype for x in _arrays(result)}
        # Where both precisions go in nothing is promised.
        if len(wanted) == 1 and found - wanted:
            self._breach(f"gives back {', '.join(sorted(map(str, found)))} for {wanted.pop()}")

    def _shapes(self, args: tuple[Any, ...], named: dict[str, Any], result: Any) -> None:
        """The result has the shapes that the formula's record states, where the arguments have theirs."""
        if self.signature is None:
            return
        given = {**dict(zip(self.signature.inputs, args, strict=False)), **named}
        try:
            sizes = sizes_of(self.signature, {k: np.shape(x) for k, x in given.items() if self.signature.is_array(k)})
        except (UserError, KeyError):
            return
        parts = result if isinstance(result, tuple) and len(self.signature.outputs) > 1 else (result,)
        for (name, dims), part in zip(self.signature.outputs.items(), parts, strict=False):
            stated = () if dims == (SCALAR,) else dims
            if not all(d.isdigit() or d in sizes for d in stated):
                continue  # layers, names, any shape
            want = tuple(int(d) if d.isdigit() else sizes[d] for d in stated)
            if np.shape(part) != want:
                self._breach(f"gives back {name} of shape {np.shape(part)}, and states {' × '.join(dims)} = {want}")

    def _breach(self, said: str) -> None:
        if said not in self.breaches:
            self.breaches.append(said)

    def rows(self, id: str, seed: int) -> list[Discrepancy]:
        """One row, where the formula was called with arrays of floats."""
        if not self.calls:
            return []
        verdict, finding = (FAIL, "; ".join(self.breaches)) if self.breaches else (PASS, "")
        about: dict[str, Any] = {"compared": self.calls, "seed": seed, "finding": finding}
        return [Discrepancy(id, "arguments and precision", "contract", "contracts", verdict, **about)]


def float_arrays(x: Any) -> Iterator[Any]:
    """The plain arrays of floats within the arguments."""
    return (part for part in _arrays(x) if isinstance(part, np.ndarray) and part.dtype.kind == "f")


def _arrays(x: Any) -> Iterator[Any]:
    """The plain arrays and NumPy numbers within x."""
    if isinstance(x, (np.ndarray, np.generic)):
        if x.dtype.kind in "fbiu":
            yield x
    elif isinstance(x, dict):
        yield from _arrays(tuple(x.values()))
    elif isinstance(x, (tuple, list)):
        for part in x:
            yield from _arrays(part)
