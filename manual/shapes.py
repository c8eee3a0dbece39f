"""What a pass over whole data asks of its arrays. Each check raises ValueError with one sentence, or says nothing.

Shapes are checked on every kind of number; values (labels, NaN) on plain NumPy arrays only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from manual.notation import Array, Layers


def check_matrix(name: str, x: Array, rank1: str = "row") -> None:
    """`x` has two dimensions. `rank1` says what a rank-1 array was most likely meant to be, a row or a column.

    >>> check_matrix("Y", np.ones(7))
    Traceback (most recent call last):
    ValueError: Y has shape (7,), a rank-1 array; the notes want a row of shape (1, 7): reshape it with Y.reshape(1, -1)
    """
    shape = getattr(x, "shape", None)
    if shape is None:
        raise ValueError(f"{name} is a {type(x).__name__}; give a NumPy array with two dimensions")
    if len(shape) == 1:
        wanted, way = ((1, *shape), "1, -1") if rank1 == "row" else ((*shape, 1), "-1, 1")
        raise ValueError(
            f"{name} has shape {shape}, a rank-1 array; the notes want a {rank1} of shape {wanted}: "
            f"reshape it with {name}.reshape({way})"
        )
    if len(shape) != 2:
        raise ValueError(f"{name} has shape {shape}, which has {len(shape)} dimensions; the notes want a matrix with 2")


def check_same(name: str, x: Array, other: str, y: Array) -> None:
    """`x` and `y` are matrices of one shape, with at least one column.

    Without this, a row minus a column would broadcast to a square without a word.
    """
    check_matrix(name, x)
    check_matrix(other, y)
    if x.shape != y.shape:
        raise ValueError(f"{name} has shape {x.shape}, {other} has shape {y.shape}: the two need the same shape")
    check_some(name, x)


def check_some(name: str, x: Array) -> None:
    """There is at least one example: a mean over none is no number."""
    if x.shape[1] == 0:
        raise ValueError(f"{name} has shape {x.shape}: m = 0 examples; at least one column is needed")


def check_labels(name: str, Y: Array) -> None:
    """Every label is 0 or 1.

    >>> check_labels("Y", np.array([[0.0, 1.0, 2.0]]))
    Traceback (most recent call last):
    ValueError: Y holds 2.0 at [0, 2]; a label is 0 or 1
    """
    if type(Y) is np.ndarray and Y.dtype.kind in "biuf" and not np.isin(Y, (0, 1)).all():
        at = np.argwhere(~np.isin(Y, (0, 1)))[0].tolist()
        raise ValueError(f"{name} holds {Y[tuple(at)]} at {at}; a label is 0 or 1")


def check_data(X: Array, Y: Array | None = None) -> None:
    """`X: (n_x, m)` and, where there are labels, `Y: (1, m)`, with m > 0 and finite numbers.

    >>> check_data(np.ones((5, 7)), np.ones((1, 6)))
    Traceback (most recent call last):
    ValueError: X has shape (5, 7), Y has shape (1, 6): they need the same number of columns, one per example
    """
    check_matrix("X", X, "column")
    check_some("X", X)
    if type(X) is np.ndarray and X.dtype.kind in "fc" and not np.isfinite(X).all():
        at = np.argwhere(~np.isfinite(X))[0].tolist()
        raise ValueError(f"X holds {X[tuple(at)]} at {at}; every feature must be a finite number")
    if Y is not None:
        check_matrix("Y", Y)
        if X.shape[1] != Y.shape[1]:
            raise ValueError(
                f"X has shape {X.shape}, Y has shape {Y.shape}: they need the same number of columns, one per example"
            )
        check_labels("Y", Y)


def check_layer(W: tuple[str, Array], b: tuple[str, Array], below: tuple[str, Array]) -> None:
    """`W: (n, p)`, `b: (n, 1)` on top of a matrix with p rows: X, or the W of the layer below. Each is (name, array).

    >>> check_layer(("W1", np.ones((4, 3))), ("b1", np.ones((4, 1))), ("X", np.ones((5, 7))))
    Traceback (most recent call last):
    ValueError: W1 has shape (4, 3), X has shape (5, 7): W1 needs 5 columns, one per row of X
    """
    check_matrix(*W)
    check_matrix(*b, "column")
    n, p = W[1].shape
    if p != below[1].shape[0]:
        raise ValueError(
            f"{W[0]} has shape {W[1].shape}, {below[0]} has shape {below[1].shape}: "
            f"{W[0]} needs {below[1].shape[0]} columns, one per row of {below[0]}"
        )
    if b[1].shape != (n, 1):
        raise ValueError(
            f"{b[0]} has shape {b[1].shape}, {W[0]} has shape {W[1].shape}: {b[0]} needs shape {(n, 1)}, "
            f"one number per row of {W[0]}"
        )


def check_network(X: Array, parameters: Layers, activations: Sequence[str]) -> None:
    """W1, b1, ..., WL, bL are all there, fit X and each other; L is the number of activations."""
    check_data(X)
    wanted = [f"{name}{l}" for l in range(1, len(activations) + 1) for name in "Wb"]
    if not wanted or set(parameters) != set(wanted):
        raise ValueError(
            f"the parameters are {', '.join(sorted(parameters)) or 'none'}, the activations {', '.join(activations)}: "
            "a network of L layers needs W1, b1 up to WL, bL, and one activation a layer"
        )
    below = ("X", X)
    for l in range(1, len(activations) + 1):
        W = (f"W{l}", parameters[f"W{l}"])
        check_layer(W, (f"b{l}", parameters[f"b{l}"]), below)
        below = W
