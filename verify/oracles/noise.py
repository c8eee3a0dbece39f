"""The noise of computed values: what is left of them when all that is smooth has been differenced away."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def noise(values: Array, order: int) -> Array:
    """The standard deviation of the noise in `values`, taken at equally spaced points along their first axis.

    Differences of order k of independent noise of size σ have the mean square C(2k, k)·σ² (Hamming, Numerical Methods,
    ch. 6; Moré and Wild, Estimating computational noise, 2011), while those of a smooth function fall with the k-th
    power of the spacing. 0 where a value is not finite: then nothing is known.

    >>> float(noise(np.array([0.0, 1.0, 4.0, 9.0, 16.0]), 3))
    0.0
    """
    with np.errstate(all="ignore"):
        square = np.mean(np.diff(values, order, axis=0) ** 2, axis=0) / comb(2 * order, order)
    return np.sqrt(np.where(np.isfinite(square), square, 0.0))
