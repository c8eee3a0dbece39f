"""What the arithmetics share: an array made of parts of one shape, that NumPy's functions accept (NEP 13 and 18).

What only moves elements about (reshape, concatenate, indexing) is done to every part alike, by NumPy itself; what
computes is left to the subclass, which gives `_ufunc`, `_sum`, `_matmul`, `_where` and `_extremum`. Everything else is
composed from those.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from verify.arithmetic.functions import COMPUTES, add_at
from verify.arithmetic.kind import Array, Kind, Straddle, Unsupported, boxed, heaviest, holds
from verify.arithmetic.moves import MOVES, move
from verify.arithmetic.products import matmul

__all__ = ["COMPUTES", "MOVES", "Array", "Duck", "Straddle", "Unsupported", "collected"]

REDUCES: dict[np.ufunc, Any] = {np.add: np.sum, np.maximum: np.max, np.minimum: np.min, np.multiply: np.prod}


class Duck(Kind, NDArrayOperatorsMixin):
    """An array of numbers made of parts, as `Kind` has them, that behaves like an ndarray."""

    __hash__ = None  # type: ignore[assignment]  # elements compare, the whole does not

    # --- NumPy's doors ---------------------------------------------------------------------------------------------
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        model = heaviest(*inputs, out)
        if method == "at" and ufunc is np.add:
            return add_at(*inputs)
        if method == "reduce" and ufunc in REDUCES:
            result = model._called(REDUCES[ufunc], *inputs, **{"axis": 0, **kwargs})
        elif method == "__call__":
            for key in ("dtype", "casting", "order", "subok", "signature"):
                kwargs.pop(key, None)
            if kwargs:
                given = ", ".join(kwargs)
                raise Unsupported(f"np.{ufunc.__name__}({given}=...) does not run on {type(model).__name__}")
            result = matmul(*inputs) if ufunc is np.matmul else model._ufunc(ufunc.__name__, *inputs)
        else:
            raise Unsupported(f"np.{ufunc.__name__}.{method} does not run on {type(model).__name__}")
        return result if out is None else _written(ufunc.__name__, result, out)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self._called(func, *args, **kwargs)

    def _called(self, func: Any, /, *args: Any, **kwargs: Any) -> Any:
        """One of NumPy's functions, of which an argument is a number of ours."""
        kwargs = {k: v for k, v in kwargs.items() if v is not np._NoValue}
        out = kwargs.pop("out", None)
        if not holds([*args, *kwargs.values()]):
            result = func(*args, **kwargs)  # only what it is written into is ours
        elif func in MOVES:
            result = move(func, args, kwargs)
        elif func in COMPUTES:
            try:
                _signature(COMPUTES[func]).bind(*args, **kwargs)
            except TypeError as error:
                raise Unsupported(f"np.{func.__name__} does not run so on {type(self).__name__}: {error}") from None
            result = COMPUTES[func](*args, **kwargs)
        else:
            raise Unsupported(f"np.{func.__name__} does not run on {type(self).__name__}")
        return result if out is None else _written(func.__name__, result, out)

    # --- what an ndarray has ---------------------------------------------------------------------------------------
    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.parts[0].dtype
        return dtype

    @property
    def T(self) -> Self:
        return self._rebuild([p.T for p in self.parts])

    @property
    def mT(self) -> Self:
        return self.swapaxes(-1, -2)

    def __len__(self) -> int:
        return len(self.parts[0])

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Self:
        if isinstance(index, Duck):
            raise Unsupported(f"a mask of {type(index).__name__} is not decided everywhere, and selects nothing")
        return self._rebuild([boxed(p[index], p.dtype) for p in self.parts])

    def __setitem__(self, index: Any, value: Any) -> None:
        for p, v in zip(self.parts, self._lift(value).parts, strict=True):
            p[index] = v[()]

    def copy(self, *_: Any, **__: Any) -> Self:
        return self._rebuild([p.copy() for p in self.parts])

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Self:
        return self.copy()

    def reshape(self, *shape: Any, order: Any = "C") -> Self:
        target = shape[0] if len(shape) == 1 else shape
        return self._rebuild([p.reshape(target, order=order) for p in self.parts])

    def transpose(self, *axes: Any) -> Self:
        return self._rebuild([p.transpose(*axes) for p in self.parts])

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        return self._rebuild([p.swapaxes(axis1, axis2) for p in self.parts])

    def ravel(self, order: Any = "C") -> Self:
        return self._rebuild([p.ravel(order) for p in self.parts])

    def flatten(self, order: Any = "C") -> Self:
        return self._rebuild([p.flatten(order) for p in self.parts])

    def squeeze(self, axis: Any = None) -> Self:
        return self._rebuild([p.squeeze(axis) for p in self.parts])

    def repeat(self, repeats: Any, axis: Any = None) -> Self:
        return self._rebuild([p.repeat(repeats, axis) for p in self.parts])

    def take(self, indices: Any, axis: Any = None) -> Self:
        return self._rebuild([boxed(p.take(indices, axis), p.dtype) for p in self.parts])

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        return self._rebuild([p.diagonal(offset, axis1, axis2) for p in self.parts])

    def fill(self, value: Any) -> None:
        self[...] = value

    def astype(self, dtype: Any, **_: Any) -> Self:
        if np.dtype(dtype).kind not in ("f", "O"):
            raise Unsupported(f"astype({np.dtype(dtype)}) would drop what {type(self).__name__} carries")
        return self.copy()

    def sum(self, axis: Any = None, **kwargs: Any) -> Any:
        return self._called(np.sum, self, axis=axis, **kwargs)

    def mean(self, axis: Any = None, **kwargs: Any) -> Any:
        return self._called(np.mean, self, axis=axis, **kwargs)

    def var(self, axis: Any = None, **kwargs: Any) -> Any:
        return self._called(np.var, self, axis=axis, **kwargs)

    def std(self, axis: Any = None, **kwargs: Any) -> Any:
        return self._called(np.std, self, axis=axis, **kwargs)

    def max(self, axis: Any = None, **kwargs: Any) -> Any:
        return self._called(np.max, self, axis=axis, **kwargs)

    def min(self, axis: Any = None, **kwargs: Any) -> Any:
        return self._called(np.min, self, axis=axis, **kwargs)

    def argmax(self, axis: Any = None, **kwargs: Any) -> Any:
        return self._called(np.argmax, self, axis=axis, **kwargs)

    def argmin(self, axis: Any = None, **kwargs: Any) -> Any:
        return self._called(np.argmin, self, axis=axis, **kwargs)

    def prod(self, axis: Any = None, **kwargs: Any) -> Any:
        return self._called(np.prod, self, axis=axis, **kwargs)

    def cumsum(self, axis: Any = None) -> Any:
        return self._called(np.cumsum, self, axis=axis)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        return self._called(np.trace, self, offset, axis1, axis2)

    def dot(self, other: Any) -> Any:
        return self._called(np.dot, self, other)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        return self._called(np.clip, self, min, max)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """`np.array(x)`: an array of objects, each a number of this kind; never of plain floats."""
        if dtype is not None and np.dtype(dtype).kind != "O":
            self._refuse()
        out = np.empty(self.shape, dtype=object)
        for i in np.ndindex(self.shape):
            out[i] = self[i]
        return out

    def _gather(self, objects: Array) -> Self:
        """An array of objects, numbers of this kind among them, as one number of this kind again."""
        each = [self._lift(x) for x in objects.ravel()]
        # The widest precision among them: in a narrower one a number would be rounded, and its bound not know it.
        widest = (np.result_type(*(p.dtype for p in some)) for some in zip(*(x.parts for x in each), strict=True))
        parts = [np.empty(objects.size, dtype) for dtype in widest]
        for i, x in enumerate(each):
            for part, p in zip(parts, x.parts, strict=True):
                part[i] = p[()]
        return self._rebuild([p.reshape(objects.shape) for p in parts])

    # --- what it must not become ------------------------------------------------------------------------------------
    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise Unsupported(f"{type(self).__name__} does not turn into a plain number or array: it would drop its bound")

    __float__ = __int__ = __complex__ = __index__ = _refuse
    item = tolist = _refuse

    def __bool__(self) -> bool:
        raise Unsupported(f"the truth of a {type(self).__name__} is not decided; compare it with something")


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def _written(name: str, result: Any, out: Any) -> Any:
    """The result, put into what `out=` (or `+=`) names."""
    target = out[0] if isinstance(out, tuple) else out
    if not isinstance(target, Duck):
        if isinstance(target, np.ndarray) and isinstance(result, np.ndarray):
            target[...] = result
            return target
        raise Unsupported(
            f"an in-place {name} into a plain {np.asarray(target).dtype} array would drop what "
            f"{type(result).__name__} carries"
        )
    if np.broadcast_shapes(np.shape(result), target.shape) != target.shape:
        raise ValueError(f"an in-place {name} gives shape {np.shape(result)}; what it writes into has {target.shape}")
    target[...] = result
    return target


def collected(x: Any) -> Any:
    """What a formula returned: an array of objects that holds numbers of ours as one such number; the rest as it is."""
    if isinstance(x, np.ndarray) and x.dtype == object and holds(x.ravel().tolist()):
        return heaviest(x.ravel().tolist())._gather(x)
    return x
