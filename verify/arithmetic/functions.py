"""NumPy's computing functions, composed from what each arithmetic gives. A plain table: the function, and ours."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.arithmetic import products
from verify.arithmetic.kind import Array, Unsupported, axes_of, heaviest, holds


def kept(result: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> Any:
    return result.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape))) if keepdims else result


def count(x: Any, axis: Any = None) -> int:
    return math.prod(x.shape[a] for a in axes_of(x, axis))


def total(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    axes = axes_of(x, axis)
    return kept(x._sum(axes) if axes else x.copy(), x.shape, axes, keepdims)


def mean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return total(x, axis, keepdims=keepdims) / count(x, axis)


def var(x: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    centred = x - mean(x, axis, keepdims=True)
    return total(centred * centred, axis, keepdims=keepdims) / (count(x, axis) - ddof)


def std(x: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    return np.sqrt(var(x, axis, ddof=ddof, keepdims=keepdims))


def average(x: Any, axis: Any = None, weights: Any = None, *, keepdims: bool = False) -> Any:
    if weights is None:
        return mean(x, axis, keepdims=keepdims)
    weights = products.plain(weights)
    if weights.shape != x.shape:
        if axis is None or weights.ndim != 1:
            raise Unsupported("np.average runs here with weights of the array's own shape, or along one axis")
        weights = weights.reshape(tuple(n if i in axes_of(x, axis) else 1 for i, n in enumerate(x.shape)))
    weights = np.broadcast_to(weights, x.shape)
    below = np.sum(weights, axis=axis, keepdims=keepdims)
    return np.sum(x * weights, axis=axis, keepdims=keepdims) / below


def flattened(x: Any, axis: Any) -> Any:
    """The axes meant, joined into one that comes last."""
    axes = axes_of(x, axis)
    others = tuple(i for i in range(x.ndim) if i not in axes)
    return x.transpose(others + axes).reshape((*(x.shape[i] for i in others), count(x, axis)))


def extremum(name: str) -> Callable[..., Any]:
    def found(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        flat = flattened(x, axis)
        if not flat.shape[-1]:
            raise ValueError(f"np.{name[:3]} over no elements: the array has shape {x.shape}")
        return kept(flat._extremum(name, flat.ndim - 1), x.shape, axes_of(x, axis), keepdims)

    return found


def argextremum(name: str) -> Callable[..., Any]:
    def found(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        flat = flattened(x, axis)
        if not flat.shape[-1]:
            raise ValueError(f"np.arg{name[:3]} over no elements: the array has shape {x.shape}")
        place = flat._argextremum(name, flat.ndim - 1)
        return kept(place, x.shape, axes_of(x, axis), keepdims)

    return found


def prod(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    flat = flattened(x, axis)
    result = flat[..., 0] if flat.shape[-1] else np.ones_like(flat, shape=flat.shape[:-1])
    for i in range(1, flat.shape[-1]):
        result = result * flat[..., i]
    return kept(result, x.shape, axes_of(x, axis), keepdims)


def running(step: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def found(x: Any, axis: Any = None, dtype: Any = None) -> Any:
        x = x.ravel() if axis is None else x
        (axis,) = axes_of(x, axis)
        index = (slice(None),) * axis
        so_far: list[Any] = []
        for i in range(x.shape[axis]):
            here = x[(*index, i)]
            so_far.append(step(so_far[-1], here) if so_far else here)
        return np.stack(so_far, axis) if so_far else x.copy()

    return found


def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    (axis,) = axes_of(x, axis)
    index = (slice(None),) * axis
    for _ in range(n):
        x = x[(*index, slice(1, None))] - x[(*index, slice(-1))]
    return x


def where(condition: Any, x: Any, y: Any) -> Any:
    return heaviest(condition, x, y)._where(condition, x, y)


def clip(x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def full_like(
    x: Any, fill_value: Any, dtype: Any = None, order: Any = None, subok: Any = None, shape: Any = None
) -> Any:
    """A number of the same kind, that can be written into; a plain array where a dtype of no floats is asked for."""
    target = x.shape if shape is None else shape
    if dtype is not None and np.dtype(dtype).kind not in ("f", "O"):
        return np.full(target, fill_value, dtype)
    kind = heaviest(x, fill_value)
    return np.broadcast_to(kind._lift(fill_value), target).copy()


def like(value: int) -> Callable[..., Any]:
    def made(x: Any, dtype: Any = None, order: Any = None, subok: Any = None, shape: Any = None) -> Any:
        return full_like(x, value, dtype, shape=shape)

    return made


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    pair = len(axes_of(x, axis)) == 2
    if ord is None or (ord == 2 and not pair) or (ord == "fro" and pair):
        return np.sqrt(total(x * x, axis, keepdims=keepdims))
    if ord == 1 and not pair:
        return total(abs(x), axis, keepdims=keepdims)
    raise Unsupported(f"np.linalg.norm(ord={ord!r}) does not run on {type(x).__name__}")


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return total(np.diagonal(x, offset, axis1, axis2), -1)


def diag(v: Any, k: int = 0) -> Any:
    if v.ndim == 2:
        return np.diagonal(v, k)
    n = v.shape[0]
    square = np.zeros_like(v, shape=(n + abs(k), n + abs(k)))
    place = np.arange(n)
    square[place + max(-k, 0), place + max(k, 0)] = v
    return square


def triangle(mask: Callable[..., Array]) -> Callable[..., Any]:
    def found(m: Any, k: int = 0) -> Any:
        return where(mask(np.ones(m.shape), k), m, 0)

    return found


def append(x: Any, values: Any, axis: Any = None) -> Any:
    return np.concatenate([x, values], axis)


def pad(x: Any, pad_width: Any, mode: Any = "constant", *, constant_values: Any = 0) -> Any:
    if mode != "constant" or np.ndim(constant_values):
        raise Unsupported(f"np.pad runs on {type(x).__name__} with mode 'constant' and one value")
    widths = np.broadcast_to(pad_width, (x.ndim, 2)).tolist()
    larger = full_like(x, constant_values, shape=tuple(n + a + b for n, (a, b) in zip(x.shape, widths, strict=True)))
    larger[tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, widths, strict=True))] = x
    return larger


def broadcast_arrays(*arrays: Any, subok: Any = None) -> tuple[Any, ...]:
    shape = np.broadcast_shapes(*(np.shape(x) for x in arrays))
    return tuple(np.broadcast_to(x, shape) for x in arrays)


def add_at(target: Any, index: Any, values: Any) -> None:
    """`np.add.at`: adds one by one, so that an index named twice counts twice."""
    if not holds(target):
        raise Unsupported(f"np.add.at into a plain array would drop what {type(values).__name__} carries")
    places = boxed_places(target.shape, index)
    values = np.broadcast_to(products.plain(values), places.shape)
    for i in np.ndindex(places.shape):
        at = np.unravel_index(int(places[i]), target.shape)
        target[at] = target[at] + values[i]


def boxed_places(shape: tuple[int, ...], index: Any) -> Array:
    return np.asarray(np.arange(math.prod(shape)).reshape(shape)[index])


COMPUTES: dict[Any, Callable[..., Any]] = {
    np.sum: total, np.mean: mean, np.average: average, np.var: var, np.std: std, np.prod: prod,
    np.cumsum: running(lambda a, b: a + b), np.cumprod: running(lambda a, b: a * b), np.diff: diff,
    np.max: extremum("maximum"), np.amax: extremum("maximum"),
    np.min: extremum("minimum"), np.amin: extremum("minimum"),
    np.argmax: argextremum("maximum"), np.argmin: argextremum("minimum"),
    np.dot: products.dot, np.vdot: products.vdot, np.inner: products.inner, np.outer: products.outer,
    np.tensordot: products.tensordot, np.einsum: products.einsum, np.trace: trace, np.linalg.norm: norm,
    np.where: where, np.clip: clip, np.diag: diag, np.triu: triangle(np.triu), np.tril: triangle(np.tril),
    np.zeros_like: like(0), np.ones_like: like(1), np.empty_like: like(0), np.full_like: full_like,
    np.append: append, np.pad: pad, np.broadcast_arrays: broadcast_arrays,
    np.shape: lambda x: x.shape, np.ndim: lambda x: x.ndim,
    np.size: count,
}  # fmt: skip
