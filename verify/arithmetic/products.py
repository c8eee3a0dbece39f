"""Products of matrices and tensors, composed from the product of two matrices that each arithmetic gives."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import reduce
from string import ascii_letters
from typing import Any

import numpy as np

from verify.arithmetic.kind import Kind, Unsupported, axes_of, heaviest


def matmul(left: Any, right: Any) -> Any:
    """`left @ right` in any number of dimensions from one, broadcasting over the leading ones."""
    left, right = plain(left), plain(right)
    if left.ndim == 0 or right.ndim == 0:
        raise ValueError("matmul: an operand is a single number; multiply with * instead of @")
    model, row, column = heaviest(left, right), left.ndim == 1, right.ndim == 1
    shapes = f"{left.shape} and {right.shape}"
    left = left[None, :] if row else left
    right = right[:, None] if column else right
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"matmul: shapes {shapes} do not fit: {left.shape[-1]} != {right.shape[-2]}")
    if left.ndim == 2 and right.ndim == 2:
        result = model._matmul(left, right)
    else:
        batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        n, shape = math.prod(batch), (*batch, left.shape[-2], right.shape[-1])
        left, right = (np.broadcast_to(x, batch + x.shape[-2:]).reshape((n, *x.shape[-2:])) for x in (left, right))
        each: list[Any] = [model._matmul(left[i], right[i]) for i in range(n)]
        result = np.stack(each).reshape(shape) if each else model._lift(np.zeros(shape))
    if row:
        result = result[..., 0, :]
    return result[..., 0] if column else result


def plain(x: Any) -> Any:
    """A number of ours as it is, anything else as a NumPy array."""
    return x if isinstance(x, Kind) else np.asarray(x)


def dot(a: Any, b: Any) -> Any:
    a, b = plain(a), plain(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul(a, b)
    return tensordot(a, b, (a.ndim - 1, b.ndim - 2))


def inner(a: Any, b: Any) -> Any:
    a, b = plain(a), plain(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, (a.ndim - 1, b.ndim - 1))


def vdot(a: Any, b: Any) -> Any:
    return matmul(plain(a).ravel(), plain(b).ravel())


def outer(a: Any, b: Any) -> Any:
    return plain(a).ravel()[:, None] * plain(b).ravel()


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = plain(a), plain(b)
    if isinstance(axes, int):
        axes = (tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes)))
    left, right = (axes_of(x, k) for x, k in zip((a, b), axes, strict=True))
    if [a.shape[i] for i in left] != [b.shape[i] for i in right]:
        raise ValueError(f"tensordot: shapes {a.shape} and {b.shape} do not fit along axes {left} and {right}")
    keep_a = tuple(i for i in range(a.ndim) if i not in left)
    keep_b = tuple(i for i in range(b.ndim) if i not in right)
    n, rows, columns = (math.prod(x.shape[i] for i in kept) for x, kept in ((a, left), (a, keep_a), (b, keep_b)))
    product = matmul(a.transpose(keep_a + left).reshape((rows, n)), b.transpose(right + keep_b).reshape((n, columns)))
    return product.reshape(tuple(a.shape[i] for i in keep_a) + tuple(b.shape[i] for i in keep_b))


def einsum(subscripts: str, *operands: Any, optimize: Any = False) -> Any:
    """Two operands whose every letter is shared or kept: a (batched) matrix product. Else all terms are summed.

    Not taken apart further, on purpose: a sum of sums has a smaller rounding bound than the single sum NumPy makes.
    """
    if not isinstance(subscripts, str):
        raise Unsupported("np.einsum runs here with subscripts in a string, such as 'ij,jk->ik'")
    operands = tuple(plain(x) for x in operands)
    terms, output = _letters(subscripts, operands)
    pairs = [_diagonal(term, x) for term, x in zip(terms, operands, strict=True)]
    if len(pairs) == 2:
        (s, a), (t, b) = pairs
        common = set(s) & set(t)
        sizes = dict(zip(s, a.shape, strict=True)), dict(zip(t, b.shape, strict=True))
        if all(c in common or c in output for c in s + t) and all(sizes[0][c] == sizes[1][c] for c in common):
            return _as_matrices(pairs, output, {**sizes[0], **sizes[1]})
    letters = [*output, *sorted({c for term, _ in pairs for c in term} - set(output))]
    factors: list[Any] = []
    for term, x in pairs:
        sized, place = (dict(zip(term, of, strict=True)) for of in (x.shape, range(x.ndim)))
        order = tuple(place[c] for c in letters if c in place)
        factors.append(x.transpose(order).reshape(tuple(sized.get(c, 1) for c in letters)))
    # Ours first: two plain factors would be rounded before ours is asked.
    product = reduce(operator.mul, sorted(factors, key=lambda x: not isinstance(x, Kind)))
    summed = tuple(range(len(output), len(letters)))
    return product._sum(summed) if summed else product


def _letters(subscripts: str, operands: Sequence[Any]) -> tuple[list[str], str]:
    """One string of letters an operand, and one for the output; an ellipsis becomes letters of its own."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"einsum: {subscripts!r} names {len(terms)} operands, {len(operands)} were given")
    spare = [c for c in ascii_letters if c not in subscripts]
    extra = [x.ndim - len(term.replace("...", "")) for term, x in zip(terms, operands, strict=True)]
    dots = "".join(spare[: max(extra)])
    expanded = [term.replace("...", dots[len(dots) - n :]) for term, n in zip(terms, extra, strict=True)]
    for term, x in zip(expanded, operands, strict=True):
        if len(term) != x.ndim:
            raise ValueError(f"einsum: an operand of shape {x.shape} has {x.ndim} axes, {subscripts!r} has {len(term)}")
    if not arrow:
        named = [c for term in terms for c in term]
        output = "..." + "".join(sorted(c for c in named if named.count(c) == 1))
    return expanded, output.replace("...", dots)


def _diagonal(term: str, x: Any) -> tuple[str, Any]:
    """A letter named twice in one operand walks along the diagonal."""
    while len(set(term)) < len(term):
        letter = next(c for c in term if term.count(c) > 1)
        i, j = [k for k, c in enumerate(term) if c == letter][:2]
        x = np.diagonal(x, axis1=i, axis2=j)
        term = term[:i] + term[i + 1 : j] + term[j + 1 :] + letter
    return term, x


def _as_matrices(pairs: Sequence[tuple[str, Any]], output: str, sizes: dict[str, int]) -> Any:
    (s, a), (t, b) = pairs
    batch = [c for c in output if c in s and c in t]
    summed = [c for c in s if c in t and c not in output]
    left, right = ([c for c in output if c in term and c not in batch] for term in (s, t))
    n = {name: math.prod(sizes[c] for c in group) for name, group in (("l", left), ("r", right), ("s", summed))}
    shape = tuple(sizes[c] for c in batch)
    A = a.transpose([[*s].index(c) for c in batch + left + summed]).reshape((*shape, n["l"], n["s"]))
    B = b.transpose([[*t].index(c) for c in batch + summed + right]).reshape((*shape, n["s"], n["r"]))
    order = batch + left + right
    product = matmul(A, B) if summed else A * B
    return product.reshape(tuple(sizes[c] for c in order)).transpose([order.index(c) for c in output])
