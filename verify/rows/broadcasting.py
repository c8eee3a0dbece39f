"""Arrays as the notes use them: images unrolled to columns, broadcasting, and the trap of rank-1 arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from manual import broadcasting
from manual.images import unroll
from reference_torch import broadcasting as broadcast_definitions
from reference_torch import images as image_definitions
from verify.checks.claims import Claim, claims
from verify.checks.identity import identity
from verify.checks.value import value
from verify.row import Row
from verify.setting import Setting

IMAGES = "images: m 64 64 3, labels: m"
PIXELS = {"images": "pixel", "labels": "label"}


def columns(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """Column i holds the pixels of image i, and nothing else."""
    rng = np.random.default_rng([setting.seed, 11])
    photos, labels = rng.integers(0, 256, (5, 64, 64, 3)), np.array([0, 1, 1, 0, 1])
    X, Y = f(photos, labels)
    yield Claim("X", X.shape == (12288, 5), X.shape, (64 * 64 * 3, 5))
    yield Claim("Y", Y.shape == (1, 5), Y.shape, (1, 5))
    own = sum(bool(np.array_equal(X[:, i], photo.ravel())) for i, photo in enumerate(photos))
    yield Claim("columns that are the image's own pixels", own == 5, own, 5, 5)


def shuffled(images: Any, labels: Any) -> Any:
    """X of the right shape, filled row by row, not column by column."""
    X, Y = unroll(images, labels)
    return X.T.reshape(X.shape), Y


def table(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """The notes' table in rational numbers: what the columns sum to, and that the percentages sum to 100."""
    grams = [["56", "0", "4.4", "68"], ["1.2", "104", "52", "8"], ["1.8", "135", "99", "0.9"]]
    A = np.array([[Fraction(g) for g in row] for row in grams])
    cal, percentage = f(A)
    want = ["59", "239", "155.4", "76.9"]
    for food, found, sum_ in zip(("apples", "beef", "eggs", "potatoes"), cal, want, strict=True):
        yield Claim(f"calories of {food}", found == Fraction(sum_), float(found), sum_)
    yield Claim("columns sum to 100", all(s == 100 for s in percentage.sum(axis=0)), "each column", "100", 4)
    found, carbs = percentage[0, 0], Fraction(5600, 59)
    yield Claim("carbs of apples", found == carbs, found, carbs)


def examples(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """The three examples of the notes, in integers."""
    for A, B, want in broadcasting.EXAMPLES:
        found = f(np.array(A), np.array(B))
        right = found.shape == np.shape(want) and bool((found == np.array(want)).all())
        yield Claim(f"{np.shape(A)} + {np.shape(B) or 'a number'}", right, found.tolist(), [list(row) for row in want])


def trap(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """A rank-1 array is its own transpose, and times it a number; a column gives a row, and a matrix."""
    whole = np.random.default_rng([setting.seed, 12]).integers(1, 9, size=5)
    for dtype in setting.dtypes:
        a = whole.astype(dtype)  # whole numbers, whose products and sums are exact
        transposed, product = f(a)
        yield Claim("a.T of shape (5,)", np.shape(transposed) == (5,), np.shape(transposed), (5,))
        yield Claim("a.T is a", np.array_equal(transposed, a), transposed, a, a.size)
        yield Claim("np.dot(a, a.T) of shape (5,)", np.shape(product) == (), np.shape(product), ())
        squares = sum(int(x) ** 2 for x in whole)
        yield Claim("np.dot(a, a.T) = Σ a²", bool(np.all(product == squares)), product, squares)
        transposed, product = f(broadcasting.column(a))
        yield Claim("a.T of shape (5, 1)", np.shape(transposed) == (1, 5), np.shape(transposed), (1, 5))
        yield Claim("np.dot(a, a.T) of shape (5, 1)", np.shape(product) == (5, 5), np.shape(product), (5, 5))
        found = [transposed.tolist(), product.tolist()]
        want = [[whole.tolist()], [[int(x * y) for y in whole] for x in whole]]
        yield Claim("the row, and the products of all pairs", found == want, found, want, a.size * (a.size + 1))


ROWS = (
    Row(
        unroll,
        {
            "value": value(IMAGES, image_definitions.unroll, domain=PIXELS, outputs="X Y"),
            "shape": claims("shapes", columns),
        },
        {
            "pixels of different images mixed": ("shape", shuffled),
            "column by column": ("value", lambda images, labels: unroll(images.transpose(0, 2, 1, 3), labels)),
            "labels left rank-1": ("shape", lambda images, labels: (unroll(images, labels)[0], labels)),
        },
    ),
    Row(
        broadcasting.percentage,
        {
            "value": value(
                "A: 3 4", broadcast_definitions.percentage, domain={"A": "positive"}, outputs="cal percentage"
            ),
            "figures": claims("figures", table),
        },
        {
            "sums along the rows": ("value", lambda A: (A.sum(axis=1), 100 * A / A.sum(axis=1).reshape(3, 1))),
            "100 missing": ("figures", lambda A: (A.sum(axis=0), A / A.sum(axis=0))),
        },
    ),
    Row(
        broadcasting.add,
        {
            "row": value("A: m n, B: 1 n", broadcast_definitions.add),
            "column": value("A: m n, B: m 1", broadcast_definitions.add),
            "number": value("A: m 1, B: scalar", broadcast_definitions.add),
            "row and number": value("A: 1 n, B: scalar", broadcast_definitions.add),
            "NumPy's own": identity("A: m n, B: m 1", lambda f, A, B: f(A, B), lambda f, A, B: A + B),
            "figures": claims("figures", examples),
        },
        {
            "row added to the first row only": ("row", lambda A, B: np.concatenate([A[:1] + B, A[1:]])),
            "column laid out as a row": (
                "column",
                lambda A, B: A + np.concatenate([B] * A.shape[1], axis=1).reshape(A.shape[1], A.shape[0]).T,
            ),
            "number left out": ("number", lambda A, B: 1 * A),
            "number subtracted": ("row and number", lambda A, B: A - B),
            "product": ("NumPy's own", lambda A, B: A * B),
            "difference": ("figures", lambda A, B: A - B),
        },
    ),
    Row(
        broadcasting.trap,
        {
            "shape": claims("shapes", trap),
            "column": value("a: n 1", broadcast_definitions.trap, outputs="transposed product"),
        },
        {
            "aᵀa for aaᵀ": ("column", lambda a: (a.T, a.T @ a)),
            "made a column first": ("shape", lambda a: broadcasting.trap(broadcasting.column(a))),
        },
    ),
)
