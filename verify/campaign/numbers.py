"""Numbers that floats find hard: far scales, zeros, ties, subnormals, equal columns; and plain ones, to be decided.

A `Regime` is one word for how all arrays of a problem are drawn; each array still draws its own scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Rng = np.random.Generator

# The decimal exponents between which a scale is drawn: the whole range asked for, or what a float32 can hold.
FAR = {"float64": 150.0, "float32": 30.0}


def plain(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    return rng.standard_normal(shape)


def scaled(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    """One scale for the array, 10^U(−150, 150)."""
    return rng.standard_normal(shape) * 10 ** rng.uniform(-FAR[dtype], FAR[dtype])


def mixed(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    """Half of the arrays plain, the others of a far scale: so that some layers are told although others are not."""
    return plain(rng, shape, dtype) if rng.random() < 0.5 else scaled(rng, shape, dtype)


def wide(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    """Every element of its own scale, over sixteen decades."""
    return rng.standard_normal(shape) * 10 ** rng.uniform(-8, 8, shape)


def small(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    return rng.standard_normal(shape) * 10 ** rng.uniform(-6, -1)


def whole(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    """Small integers: sums meet exactly, so that units stand on their kinks and maxima tie."""
    return rng.integers(-2, 3, shape)


def holed(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    """A third of the elements 0."""
    return rng.standard_normal(shape) * (rng.random(shape) < 2 / 3)


def saturated(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    """Up to a thousand, where σ and tanh have become constants."""
    return rng.standard_normal(shape) * 10 ** rng.uniform(0.5, 3)


def subnormal(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    """An array of a few dozen least floats, or a plain one."""
    least = float(np.finfo(dtype).smallest_subnormal)
    return rng.integers(-40, 41, shape) * least if rng.random() < 0.5 else plain(rng, shape, dtype)


def repeated(rng: Rng, shape: tuple[int, ...], dtype: str) -> Array:
    """Equal columns."""
    x = rng.standard_normal(shape)
    return np.repeat(x[..., :1], shape[-1], axis=-1) if shape else x


Draw = Callable[[Rng, tuple[int, ...], str], Array]
# The regimes, each with the share of problems that is drawn so.
REGIMES: Mapping[str, tuple[float, Draw]] = {
    "plain": (0.28, plain),
    "small": (0.06, small),
    "wide": (0.08, wide),
    "scaled": (0.1, scaled),
    "mixed": (0.12, mixed),
    "saturated": (0.1, saturated),
    "whole": (0.08, whole),
    "holed": (0.08, holed),
    "subnormal": (0.05, subnormal),
    "repeated": (0.05, repeated),
}


def regime(rng: Rng) -> str:
    shares = [share for share, _ in REGIMES.values()]
    return str(rng.choice(list(REGIMES), p=shares))


def numbers(rng: Rng, shape: tuple[int, ...], regime: str, dtype: str) -> Array:
    """An array of that regime, exactly representable in the dtype; float64 in any case."""
    return np.asarray(REGIMES[regime][1](rng, shape, dtype)).astype(dtype).astype(np.float64)
