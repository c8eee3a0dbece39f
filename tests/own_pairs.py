"""Forwards and backwards in the styles that are found in the wild, and what is asked of a report on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from handgrad import check
from reports.report import Report
from verify.errors import UserError
from verify.records.discrepancy import Discrepancy

Array = np.ndarray[Any, Any]
Forward = Callable[..., Any]


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


X9 = normal(9)
W, A_PREV, B = normal(3, 4), normal(4, 5), normal(3, 1)
AFFINE = {"W": W, "A_prev": A_PREV, "b": B}


def only(report: Report, **wanted: Any) -> list[Discrepancy]:
    """The rows with these fields."""
    return [row for row in report.rows if all(getattr(row, k) == v for k, v in wanted.items())]


def said(report: Report) -> list[tuple[str, str, str, str]]:
    """What every row says, without its figures and findings."""
    return [(row.quantity, row.question, row.oracle, row.verdict) for row in report.rows]


def refuse(match: str, *args: Any, **kwargs: Any) -> None:
    """The call must be refused in one sentence."""
    with pytest.raises(UserError, match=match) as raised:
        check(*args, **kwargs)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300


# --- functions in the styles that are found in the wild ---------------------------------------------------------------
def tanh_backward(dout: Any, x: Any) -> Any:
    return dout * (1 - np.tanh(x) ** 2)


def product_backward(dout: Any, W: Any, x: Any) -> Any:
    return dout @ x.T, W.T @ dout


def product(W: Any, x: Any) -> Any:
    return W @ x


def affine_forward(W: Any, A_prev: Any, b: Any) -> Any:
    return np.dot(W, A_prev) + b, (W, A_prev, b)


def affine_backward(dout: Any, cache: Any) -> Any:
    W, A_prev, _ = cache
    return dout @ A_prev.T, W.T @ dout, dout.sum(axis=1, keepdims=True)


def linear_backward(dZ: Any, cache: Any) -> Any:
    """The course's, with 1/m in dW and db."""
    W, A_prev, _ = cache
    m = A_prev.shape[1]
    return 1 / m * np.dot(dZ, A_prev.T), np.dot(W.T, dZ), 1 / m * np.sum(dZ, axis=1, keepdims=True)


def named(prefix: str) -> Forward:
    """affine_backward, by name."""
    return lambda dout, cache: dict(zip((f"{prefix}{k}" for k in AFFINE), affine_backward(dout, cache), strict=True))


def softmax_loss(x: Any, y: Any) -> Any:
    N = x.shape[0]
    shifted = x - np.max(x, axis=1, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    dx = np.exp(log_probs)
    dx[np.arange(N), y] -= 1
    return -np.sum(log_probs[np.arange(N), y]) / N, dx / N


def wrong_softmax_loss(x: Any, y: Any) -> Any:
    loss, dx = softmax_loss(x, y)
    return loss, dx * 1.001


SCORES, LABELS = normal(5, 3), np.array([0, 2, 1, 1, 0])


def relu_forward(Z: Any) -> Any:
    return np.maximum(0, Z), Z


def relu_backward(dA: Any, cache: Any) -> Any:
    dZ = np.array(dA, copy=True)
    dZ[cache <= 0] = 0
    return dZ


def looped(dout: Any, W: Any, x: Any) -> Any:
    """The gradients of W @ x by loops into np.zeros, where balls do not go."""
    dW, dx = np.zeros(W.shape), np.zeros(x.shape)
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            for k in range(x.shape[1]):
                dW[i, j] += dout[i, k] * x[j, k]
                dx[j, k] += dout[i, k] * W[i, j]
    return dW, dx


def changed(backward: Forward, at: tuple[int, ...], by: float) -> Forward:
    """One element of a bare gradient times `by`."""

    def wrong(dout: Any, *inputs: Any) -> Any:
        found = backward(dout, *inputs).copy()
        found[at] = found[at] * by
        return found

    return wrong
