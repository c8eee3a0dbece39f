"""Broadcasting in Python: the calories table, the rules, and the trap of rank-1 arrays."""

from __future__ import annotations

import numpy as np

from manual.notation import Array, formula

# Grams of calories in 100 g; rows carbs, protein, fat; columns apples, beef, eggs, potatoes.
CALORIES = np.array([[56.0, 0.0, 4.4, 68.0], [1.2, 104.0, 52.0, 8.0], [1.8, 135.0, 99.0, 0.9]])
CALORIES.setflags(write=False)

# The notes' three examples: (A, B, A + B).
EXAMPLES = (
    (((1,), (2,), (3,), (4,)), 100, ((101,), (102,), (103,), (104,))),
    (((1, 2, 3), (4, 5, 6)), ((100, 200, 300),), ((101, 202, 303), (104, 205, 306))),
    (((1, 2, 3), (4, 5, 6)), ((100,), (200,)), ((101, 102, 103), (204, 205, 206))),
)


@formula(
    "broadcast.calories",
    r"\mathrm{cal}_j = \sum_{i} A_{ij}, \quad \mathrm{percentage}_{ij} = 100\, A_{ij} / \mathrm{cal}_j",
    "A: 3 4 -> cal: 4, percentage: 3 4",
    "chapter 1; (3,4) divided by (1,4), without an explicit loop",
    {"A": "positive"},
)
def percentage(A: Array) -> tuple[Array, Array]:
    """cal = A.sum(axis=0), the vertical sum; percentage = 100·A/cal.reshape(1,4): each column sums to 100.

    >>> cal, percent = percentage(CALORIES)
    >>> print(cal)
    [ 59.  239.  155.4  76.9]
    >>> print(percent.round(1))
    [[94.9  0.   2.8 88.4]
     [ 2.  43.5 33.5 10.4]
     [ 3.1 56.5 63.7  1.2]]
    """
    cal = A.sum(axis=0)
    return cal, 100 * A / cal.reshape(1, 4)


def expand(B: Array, m: int, n: int) -> Array:
    """B copied out to (m, n): a row (1, n) downwards, a column (m, 1) sideways, a number both ways.

    >>> expand(np.array([[100], [200]]), 2, 3).tolist()
    [[100, 100, 100], [200, 200, 200]]

    Raises ValueError where B has another shape: then NumPy does not broadcast either.
    """
    B = B.reshape(1, 1) if np.ndim(B) == 0 else B
    if B.ndim != 2 or B.shape[0] not in (1, m) or B.shape[1] not in (1, n):
        raise ValueError(f"B has shape {B.shape}: only (1, {n}), ({m}, 1) and numbers expand to {(m, n)}")
    B = np.concatenate([B] * m, axis=0) if B.shape[0] < m else B
    return np.concatenate([B] * n, axis=1) if B.shape[1] < n else B


@formula(
    "broadcast.rules",
    r"(m, n) \circ (1, n) \to (m, n), \quad (m, n) \circ (m, 1) \to (m, n),"
    r"\quad (m, 1) \circ \mathbb{R} \to (m, 1), \quad (1, n) \circ \mathbb{R} \to (1, n)",
    "A: m n, B: 1 n -> m n",
    "chapter 1; ∘ is any of + - * /, shown for +",
)
def add(A: Array, B: Array) -> Array:
    """A + B with B copied out by hand to the shape of A: what NumPy does in A + B by itself.

    >>> all((add(*map(np.array, (A, B))) == C).all() for A, B, C in EXAMPLES)
    True
    """
    return A + expand(B, *A.shape)


@formula(
    "rank1.trap",
    r"a.\mathrm{shape} = (n,) \;\Rightarrow\; a^{T} = a, \quad a \cdot a^{T} \in \mathbb{R}",
    "a: n -> transposed: n, product: scalar",
    "chapter 1; use (n,1) or (1,n), assert the shape, or reshape",
)
def trap(a: Array) -> tuple[Array, Array]:
    """a.T and np.dot(a, a.T): for a of shape (5,) an unchanged array and a number; for a column a row and a matrix.

    >>> [x.shape for x in trap(np.ones(5))], [x.shape for x in trap(column(np.ones(5)))]
    ([(5,), ()], [(1, 5), (5, 5)])
    """
    return a.T, np.dot(a, a.T)


def column(a: Array) -> Array:
    """The way out of the trap: a as an (n, 1) column, with the shape asserted."""
    a = a.reshape((a.size, 1))
    assert a.shape == (a.size, 1)
    return a
