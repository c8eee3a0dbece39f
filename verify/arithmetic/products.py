"""Products of matrices and tensors, composed from the product of two matrices that each arithmetic gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from verify.arithmetic.kind import Kind, Unsupported, axes_of, heaviest


def matmul(left: Any, right: Any) -> Any:
    """`left @ right` in any number of dimensions from one, broadcasting over the leading ones."""
    left, right = plain(left), plain(right)
    if left.ndim == 0 or right.ndim == 0:
        raise ValueError("matmul: an operand is a single number; multiply with * instead of @")
    row, column = left.ndim == 1, right.ndim == 1
    shapes = f"{left.shape} and {right.shape}"
    left = left.reshape((1, -1)) if row else left
    right = right.reshape((-1, 1)) if column else right
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"matmul: shapes {shapes} do not fit: {left.shape[-1]} != {right.shape[-2]}")
    if left.ndim == 2 and right.ndim == 2:
        result = heaviest(left, right)._matmul(left, right)
    else:
        batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        shape = (*batch, left.shape[-2], right.shape[-1])
        left = np.broadcast_to(left, batch + left.shape[-2:]).reshape((-1, *left.shape[-2:]))
        right = np.broadcast_to(right, batch + right.shape[-2:]).reshape((-1, *right.shape[-2:]))
        if not math.prod(batch):
            return heaviest(left, right)._lift(np.zeros(shape))
        products: list[Any] = [heaviest(left, right)._matmul(left[i], right[i]) for i in range(math.prod(batch))]
        result = np.stack(products).reshape(shape)
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
    return tensordot(a, b, (a.ndim - 1, max(b.ndim - 2, 0)))


def inner(a: Any, b: Any) -> Any:
    a, b = plain(a), plain(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, (a.ndim - 1, b.ndim - 1))


def vdot(a: Any, b: Any) -> Any:
    return matmul(plain(a).reshape(-1), plain(b).reshape(-1))


def outer(a: Any, b: Any) -> Any:
    return plain(a).reshape((-1, 1)) * plain(b).reshape((1, -1))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = plain(a), plain(b)
    if isinstance(axes, int):
        axes = (tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes)))
    left, right = (
        axes_of(x, tuple(k) if isinstance(k, (list, tuple)) else k) for x, k in zip((a, b), axes, strict=True)
    )
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
    letters = output + "".join(sorted(set("".join(t for t, _ in pairs)) - set(output)))
    product: Any = 1
    for term, x in pairs:
        order = tuple(term.index(c) for c in letters if c in term)
        sized = dict(zip(term, x.shape, strict=True))
        product = product * x.transpose(order).reshape(tuple(sized.get(c, 1) for c in letters))
    summed = tuple(range(len(output), len(letters)))
    return product._sum(summed) if summed else product


def _letters(subscripts: str, operands: Sequence[Any]) -> tuple[list[str], str]:
    """One string of letters an operand, and one for the output; an ellipsis becomes letters of its own."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"einsum: {subscripts!r} names {len(terms)} operands, {len(operands)} were given")
    spare = [c for c in ascii_letters if c not in subscripts]
    extra = [
        x.ndim - len(term.replace("...", "")) if "..." in term else 0 for term, x in zip(terms, operands, strict=True)
    ]
    dots = "".join(spare[: max(extra)])
    expanded = [term.replace("...", dots[len(dots) - n :]) for term, n in zip(terms, extra, strict=True)]
    for term, x in zip(expanded, operands, strict=True):
        if len(term) != x.ndim:
            raise ValueError(f"einsum: an operand of shape {x.shape} has {x.ndim} axes, {subscripts!r} has {len(term)}")
    if not arrow:
        together = inputs.replace("...", "").replace(",", "")
        output = "..." * bool(dots) + "".join(sorted(c for c in set(together) if together.count(c) == 1))
    return expanded, output.replace("...", dots)


def _diagonal(term: str, x: Any) -> tuple[str, Any]:
    """A letter named twice in one operand walks along the diagonal."""
    while len(set(term)) < len(term):
        letter = next(c for c in term if term.count(c) > 1)
        i = term.index(letter)
        j = term.index(letter, i + 1)
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
    A = a.transpose([s.index(c) for c in batch + left + summed]).reshape((*shape, n["l"], n["s"]))
    B = b.transpose([t.index(c) for c in batch + summed + right]).reshape((*shape, n["s"], n["r"]))
    order = batch + left + right
    product = matmul(A, B) if summed else A * B
    return product.reshape(tuple(sizes[c] for c in order)).transpose([order.index(c) for c in output])
