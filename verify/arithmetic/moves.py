"""NumPy's functions that only move elements about: done to every part alike, by NumPy itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.arithmetic.kind import Kind, boxed, heaviest, holds

MOVES: frozenset[Any] = frozenset(
    {
        np.reshape, np.transpose, np.ravel, np.squeeze, np.expand_dims, np.moveaxis, np.swapaxes, np.broadcast_to,
        np.concatenate, np.stack, np.vstack, np.hstack, np.column_stack, np.dstack, np.tile, np.repeat, np.flip,
        np.roll, np.rot90, np.take, np.take_along_axis, np.delete, np.diagonal, np.split, np.array_split, np.hsplit,
        np.vsplit, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.copy, np.rollaxis, np.fliplr, np.flipud,
        np.matrix_transpose, np.lib.stride_tricks.sliding_window_view,
    }
)  # fmt: skip


def move(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`func` on each part. Arrays and numbers that stand in one list with ours (concatenate, stack) become ours."""
    model = heaviest(*args, *kwargs.values())
    args = tuple(_lifted(model, x) for x in args)
    kwargs = {k: _lifted(model, x) for k, x in kwargs.items()}
    results = [
        func(*(_part(x, i) for x in args), **{k: _part(x, i) for k, x in kwargs.items()})
        for i in range(len(model.parts))
    ]
    if isinstance(results[0], (list, tuple)):
        together = zip(*results, strict=True)
        return type(results[0])(model._rebuild([boxed(p) for p in parts]) for parts in together)
    return model._rebuild([boxed(p, part.dtype) for p, part in zip(results, model.parts, strict=True)])


def _lifted(model: Any, tree: Any, beside: bool = False) -> Any:
    if isinstance(tree, Kind):
        return model._lift(tree)
    if isinstance(tree, (list, tuple)) and holds(tree):
        return type(tree)(_lifted(model, branch, True) for branch in tree)
    if beside and isinstance(tree, (np.ndarray, np.generic, float, int)):
        return model._lift(tree)
    return tree


def _part(tree: Any, i: int) -> Any:
    if isinstance(tree, Kind):
        return tree.parts[i]
    if isinstance(tree, (list, tuple)):
        # Bare elements: of arrays without axes in a list in a list NumPy would make elements.
        return type(tree)(x.parts[i][()] if isinstance(x, Kind) else _part(x, i) for x in tree)
    return tree
