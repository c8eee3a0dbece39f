"""Arrays that formulas run on exactly: fractions, and balls where there is an exp or a log."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import flint
import numpy as np
from hypothesis import strategies as st

from manual import initialise

fractions = st.fractions(-3, 3, max_denominator=7)


def exact(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """Arrays of fractions."""
    size = math.prod(shape)
    return st.lists(fractions, min_size=size, max_size=size).map(lambda xs: np.array(xs, dtype=object).reshape(shape))


def balls(x: Any) -> Any:
    """The same floats, as exact balls."""
    x = np.asarray(x)
    return np.array([flint.arb(float(v)) for v in x.ravel()], dtype=object).reshape(x.shape)


@contextmanager
def thin() -> Iterator[Callable[[Any, Any], None]]:
    """Balls of 128 bits, and the assertion that two arrays of them are equal as far as 90 bits can tell."""

    def same(x: Any, y: Any) -> None:
        x, y = np.atleast_1d(np.asarray(x, dtype=object)), np.atleast_1d(np.asarray(y, dtype=object))
        assert x.shape == y.shape
        for a, b in zip(x.ravel(), y.ravel(), strict=True):
            a, b = flint.arb(a), flint.arb(b)
            assert a.overlaps(b)
            assert max(a.rad(), b.rad()) < flint.arb(2) ** -90

    with flint.ctx.workprec(128):
        yield same


def data(n_x: int = 3, m: int = 5, seed: int = 0) -> tuple[Any, Any]:
    """X and Y, with both labels present."""
    return np.random.default_rng(seed).standard_normal((n_x, m)), (np.arange(m) % 2 * 1.0).reshape(1, m)


def network(sizes: tuple[int, ...], seed: int = 1) -> dict[str, Any]:
    """Parameters with no b = 0."""
    rng = np.random.default_rng(seed)
    return {k: v + rng.standard_normal(v.shape) for k, v in initialise.course(sizes, rng).items()}


def four(parameters: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    """W1, b1, W2, b2."""
    W1, b1, W2, b2 = parameters.values()
    return W1, b1, W2, b2
