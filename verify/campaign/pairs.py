"""Forwards and backwards as people write them, all of them right: what `check` is given.

Each entry draws its arrays by name, with the keyword arguments of `check`. The gradients are the textbook's, taken from
the definitions by hand, once more for each: none leans on `manual`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Rng = np.random.Generator
Made = dict[str, Any]  # the arguments of `check`, the arrays among them still as shapes
Drawn = Callable[[tuple[int, ...]], Array]


def size(rng: Rng, most: int = 5) -> int:
    return int(rng.integers(1, most + 1))


def affine(rng: Rng, draw: Drawn) -> Made:
    n, p, m = size(rng), size(rng), size(rng)

    def forward(x: Any, w: Any, b: Any) -> Any:
        return x @ w + b, (x, w)

    def backward(dout: Any, cache: Any) -> Any:
        x, w = cache
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)

    return {"forward": forward, "backward": backward, "inputs": {"x": draw((m, n)), "w": draw((n, p)), "b": draw((p,))}}


def linear_by_notes(rng: Rng, draw: Drawn) -> Made:
    """The course's layer, with the 1/m of the notes in dW and db."""
    n, p, m = size(rng), size(rng), size(rng)

    def forward(W: Any, A_prev: Any, b: Any) -> Any:
        return W @ A_prev + b

    def backward(dZ: Any, W: Any, A_prev: Any, b: Any) -> Any:
        m = A_prev.shape[1]
        return {"dW": dZ @ A_prev.T / m, "dA_prev": W.T @ dZ, "db": np.sum(dZ, axis=1, keepdims=True) / m}

    inputs = {"W": draw((n, p)), "A_prev": draw((p, m)), "b": draw((n, 1))}
    return {"forward": forward, "backward": backward, "inputs": inputs, "convention": "notes"}


def relu(rng: Rng, draw: Drawn) -> Made:
    return {
        "forward": lambda x: np.maximum(0, x),
        "backward": lambda dout, x: dout * (x > 0),
        "inputs": {"x": draw((size(rng), size(rng)))},
    }


def magnitude(rng: Rng, draw: Drawn) -> Made:
    """|x|, with the slope 0 at 0 that np.sign gives."""
    return {"forward": np.abs, "backward": lambda dout, x: dout * np.sign(x), "inputs": {"x": draw((size(rng, 9),))}}


def maximum_of_two(rng: Rng, draw: Drawn) -> Made:
    n = size(rng, 8)
    return {
        "forward": np.maximum,
        "backward": lambda dout, x, y: (dout * (x >= y), dout * (x < y)),
        "inputs": {"x": draw((n,)), "y": draw((n,))},
    }


def largest(rng: Rng, draw: Drawn) -> Made:
    """The maximum of each row; the gradient goes to the first of equals."""

    def backward(dout: Any, x: Any) -> Any:
        first = np.argmax(x, axis=1)
        mask = (np.arange(x.shape[1]) == first[:, None]) * 1.0
        return mask * dout[:, None]

    return {
        "forward": lambda x: np.max(x, axis=1),
        "backward": backward,
        "inputs": {"x": draw((size(rng), size(rng)))},
    }


def shared_largest(rng: Rng, draw: Drawn) -> Made:
    """The maximum of each row; equals share the gradient."""

    def backward(dout: Any, x: Any) -> Any:
        mask = (x == np.max(x, axis=1, keepdims=True)) * 1.0
        return mask / np.sum(mask, axis=1, keepdims=True) * dout[:, None]

    return {
        "forward": lambda x: np.max(x, axis=1),
        "backward": backward,
        "inputs": {"x": draw((size(rng), size(rng)))},
    }


def max_pool(rng: Rng, draw: Drawn) -> Made:
    """2×2 windows of one image; the first of equals takes all."""
    h, w = size(rng, 3), size(rng, 3)

    def windows(x: Any) -> Any:
        return x.reshape(h, 2, w, 2).transpose(0, 2, 1, 3).reshape(h, w, 4)

    def forward(x: Any) -> Any:
        return np.max(windows(x), axis=2)

    def backward(dout: Any, x: Any) -> Any:
        at = np.argmax(windows(x), axis=2)
        share = (np.arange(4) == at[..., None]) * 1.0 * dout[..., None]
        return share.reshape(h, w, 2, 2).transpose(0, 2, 1, 3).reshape(2 * h, 2 * w)

    return {"forward": forward, "backward": backward, "inputs": {"x": draw((2 * h, 2 * w))}}


def softmax_loss(rng: Rng, draw: Drawn) -> Made:
    """Row examples, as in `softmax_loss(x, y) -> loss, dx`."""
    n, classes = size(rng), size(rng, 4)

    def forward(x: Any, y: Any) -> Any:
        n = x.shape[0]
        shifted = x - np.max(x, axis=1, keepdims=True)
        total = np.sum(np.exp(shifted), axis=1, keepdims=True)
        hot = (np.arange(x.shape[1]) == y[:, None]) * 1.0
        loss = -np.sum((shifted - np.log(total)) * hot) / n
        return loss, (np.exp(shifted) / total - hot) / n

    labels = rng.integers(0, classes, n)
    return {"forward": forward, "inputs": {"x": draw((n, classes))}, "constants": {"y": labels}, "loss": True}


def svm_loss(rng: Rng, draw: Drawn) -> Made:
    """The hinge of every wrong class, margin 1."""
    n, classes = size(rng), 1 + size(rng, 4)

    def forward(x: Any, y: Any) -> Any:
        n = x.shape[0]
        hot = (np.arange(x.shape[1]) == y[:, None]) * 1.0
        right = np.sum(x * hot, axis=1, keepdims=True)
        margins = np.maximum(0, x - right + 1) * (1 - hot)
        over = (margins > 0) * 1.0
        return np.sum(margins) / n, (over - hot * np.sum(over, axis=1, keepdims=True)) / n

    labels = rng.integers(0, classes, n)
    return {"forward": forward, "inputs": {"x": draw((n, classes))}, "constants": {"y": labels}, "loss": True}


def batch_norm(rng: Rng, draw: Drawn) -> Made:
    m, d = 1 + size(rng), size(rng, 3)

    def forward(x: Any, gamma: Any, beta: Any) -> Any:
        mean, var = np.mean(x, axis=0), np.var(x, axis=0)
        std = np.sqrt(var + 1e-5)
        hat = (x - mean) / std
        return gamma * hat + beta, (hat, gamma, std)

    def backward(dout: Any, cache: Any) -> Any:
        hat, gamma, std = cache
        d_hat = dout * gamma
        dx = (d_hat - np.mean(d_hat, axis=0) - hat * np.mean(d_hat * hat, axis=0)) / std
        return dx, np.sum(dout * hat, axis=0), np.sum(dout, axis=0)

    inputs = {"x": draw((m, d)), "gamma": draw((d,)), "beta": draw((d,))}
    return {"forward": forward, "backward": backward, "inputs": inputs}


def weight_decay(rng: Rng, draw: Drawn) -> Made:
    """½‖x w − t‖² + ½λ‖w‖²."""
    m, n, lambd = size(rng), size(rng), float(10 ** rng.uniform(-4, 1))

    def forward(x: Any, w: Any, t: Any) -> Any:
        gap = x @ w - t
        return 0.5 * np.sum(gap**2) + 0.5 * lambd * np.sum(w**2)

    def backward(dout: Any, x: Any, w: Any, t: Any) -> Any:
        gap = x @ w - t
        return dout * gap[:, None] * w, dout * (x.T @ gap + lambd * w), -dout * gap

    return {"forward": forward, "backward": backward, "inputs": {"x": draw((m, n)), "w": draw((n,)), "t": draw((m,))}}


def dropout(rng: Rng, draw: Drawn) -> Made:
    """A mask that is given, inverted dropout."""
    shape, keep_prob = (size(rng), size(rng)), 0.7
    mask = (rng.random(shape) < keep_prob) * 1.0
    return {
        "forward": lambda x, mask: x * mask / keep_prob,
        "backward": lambda dout, x, mask: dout * mask / keep_prob,
        "inputs": {"x": draw(shape)},
        "constants": {"mask": mask},
    }


def bilinear(rng: Rng, draw: Drawn) -> Made:
    b, i, j = size(rng, 3), size(rng, 3), size(rng, 3)
    return {
        "forward": lambda x, w, y: np.einsum("bi,ij,bj->b", x, w, y),
        "backward": lambda dout, x, w, y: (
            np.einsum("b,ij,bj->bi", dout, w, y),
            np.einsum("b,bi,bj->ij", dout, x, y),
            np.einsum("b,bi,ij->bj", dout, x, w),
        ),
        "inputs": {"x": draw((b, i)), "w": draw((i, j)), "y": draw((b, j))},
    }


def log_sum_exp(rng: Rng, draw: Drawn) -> Made:
    def forward(x: Any) -> Any:
        top = np.max(x, axis=1, keepdims=True)
        return np.log(np.sum(np.exp(x - top), axis=1)) + top[:, 0]

    def backward(dout: Any, x: Any) -> Any:
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        return dout[:, None] * e / np.sum(e, axis=1, keepdims=True)

    return {"forward": forward, "backward": backward, "inputs": {"x": draw((size(rng, 3), size(rng)))}}


def logistic(rng: Rng, draw: Drawn) -> Made:
    """`propagate`: the mean logits loss of logistic regression, with its gradients."""
    n, m = size(rng), size(rng, 6)

    def forward(w: Any, b: Any, X: Any, Y: Any) -> Any:
        m = X.shape[1]
        z = w.T @ X + b
        cost = np.sum(np.maximum(z, 0) - Y * z + np.log1p(np.exp(-np.abs(z)))) / m
        dz = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z))) - Y
        return cost, {"dw": X @ dz.T / m, "db": np.sum(dz) / m}

    labels = rng.integers(0, 2, (1, m)) * 1.0
    return {
        "forward": forward, "inputs": {"w": draw((n, 1)), "b": draw(())},
        "constants": {"X": draw((n, m)), "Y": labels}, "loss": True,
    }  # fmt: skip


def loop(rng: Rng, draw: Drawn) -> Made:
    """A recurrence, state by state: h ← tanh(w h + u x)."""
    steps = size(rng, 6)

    def states(w: Any, u: Any, x: Any) -> list[Any]:
        h = [0 * w]
        for t in range(steps):
            h.append(np.tanh(w * h[-1] + u * x[t]))
        return h

    def backward(dout: Any, w: Any, u: Any, x: Any) -> Any:
        h, dh, dw, du = states(w, u, x), dout, 0 * w, 0 * u
        for t in reversed(range(steps)):
            dz = dh * (1 - h[t + 1] ** 2)
            dw, du, dh = dw + dz * h[t], du + dz * x[t], dz * w
        return dw, du

    return {
        "forward": lambda w, u, x: states(w, u, x)[-1], "backward": backward,
        "inputs": {"w": draw((2,)), "u": draw((2,)), "x": draw((steps, 2))}, "wrt": ["w", "u"],
    }  # fmt: skip


PAIRS: Mapping[str, Callable[[Rng, Drawn], Made]] = {
    f.__name__: f
    for f in (
        affine, linear_by_notes, relu, magnitude, maximum_of_two, largest, shared_largest, max_pool, softmax_loss,
        svm_loss, batch_norm, weight_decay, dropout, bilinear, log_sum_exp, logistic, loop,
    )
}  # fmt: skip
