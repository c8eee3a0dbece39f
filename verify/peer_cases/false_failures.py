"""Right gradients that a peer rejects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from verify.peer_cases.case import Case
from verify.peer_cases.false_passes import SLOW, TAYLOR
from verify.peer_cases.nets import rejected

Array = np.ndarray[Any, Any]

KEEP = 0.5  # the probability with which dropout keeps a unit


def false_failures() -> Iterator[Case]:
    """One after another, in the order of the design."""
    rng = np.random.default_rng(6)
    one, x = np.array(1.0), rng.standard_normal((3, 4))
    W, A = rng.standard_normal((3, 4)), rng.standard_normal((4, 5))
    for size in (1e8, 1e12):
        yield Case(
            f"x² at |x| near {size:.0e}", SLOW, True, np.square, lambda dout, x: 2 * dout * x,
            {"x": size * np.array([1.0, -1.5, 2.0])},
        )  # fmt: skip
    for size in (1e-5, 1e-300):
        yield Case(
            f"log x at x up to {size:.0e}", SLOW, True, np.log, lambda dout, x: dout / x,
            {"x": size * np.array([1.0, 0.5, 0.7])},
        )  # fmt: skip
    yield Case("Σx² + 1e8", SLOW, True, lambda x: np.sum(x**2) + 1e8, lambda dout, x: 2 * dout * x, {"x": x}, one)
    for slope in (0, 1):
        yield Case(
            f"ReLU at 0, by the slope {slope}", SLOW, True, lambda x: np.maximum(x, 0),
            lambda dout, x, slope=slope: dout * np.where(x == 0, slope, x > 0), {"x": np.array([-1.0, 0.0, 2.0])},
        )  # fmt: skip
    tie = np.array([2.0, 2.0, 2.0, 1.0, 2.0])
    yield Case(
        "the largest of 5, four of them equal, by ¼ each", SLOW, True, np.max,
        lambda dout, x: dout * np.where(x == np.max(x), 0.25, 0.0), {"x": tie}, one,
    )  # fmt: skip
    yield Case(
        "the same, all of it to the first", SLOW, True, np.max,
        lambda dout, x: dout * (np.arange(5) == np.argmax(x)), {"x": tie}, one,
    )  # fmt: skip
    yield Case(
        "W A in float32", SLOW, True, np.matmul, lambda dout, W, A: (dout @ A.T, W.T @ dout),
        {"W": W.astype(np.float32), "A": A.astype(np.float32)},
    )  # fmt: skip
    yield Case("dropout, its mask in the cache", SLOW, True, dropout, dropout_backward, {"A": A})
    yield next(rejected())
    yield Case("Σx", TAYLOR, True, np.sum, lambda dout, x: dout * np.ones(x.shape), {"x": x}, one)


def dropout(A: Any) -> Any:
    """Inverted dropout as the course writes it: the mask is drawn from NumPy's global generator."""
    D = np.random.random(np.shape(A)) < KEEP  # noqa: NPY002
    return A * D / KEEP, (D, KEEP)


def dropout_backward(dA: Any, cache: Any) -> Any:
    D, keep = cache
    return dA * D / keep
