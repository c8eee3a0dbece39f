"""Small tools that the tables of sweeps share: numbers as matrices, a call a point, and autograd of a definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from reference_torch.slopes import slope

Function = Callable[..., Any]


def row(x: Any) -> Any:
    """The points as the m examples of one unit, (1, m)."""
    return x.reshape(1, -1)


def filled(c: float, x: Any) -> Any:
    """The number c at every point, in the arithmetic and the precision of x."""
    return torch.full_like(x, c) if isinstance(x, torch.Tensor) else np.full_like(x, c)


def constant(c: float, x: Any) -> Any:
    """A weight of one unit with one input, (1, 1)."""
    return filled(c, x.reshape(-1)[:1]).reshape(1, 1)


def column(x: Any, *constants: float) -> Any:
    """The weights of one unit with several inputs, (n_x, 1)."""
    parts = [constant(c, x) for c in constants]
    return torch.cat(parts) if isinstance(x, torch.Tensor) else np.concatenate(parts)


def each(function: Function) -> Function:
    """One call a point, each with matrices (1, 1), for what makes one number of all its examples."""

    def found(*points: Any) -> Any:
        flat = [x.reshape(-1) for x in points]
        calls = [function(*(x[i : i + 1].reshape(1, 1) for x in flat)) for i in range(flat[0].shape[0])]
        return torch.stack(calls) if isinstance(calls[0], torch.Tensor) else np.stack(calls)

    return found


def autograd(definition: Function) -> Function:
    """PyTorch's own derivative of a definition in its first argument, point by point."""
    return lambda x, *others: slope(lambda x: definition(x, *others), "x")(x=x).reshape(x.shape)


def gradients(definition: Function, *names: str) -> Function:
    """PyTorch's own derivatives of one number, in these arguments, by name: `dw` for `w`."""

    def found(**given: Any) -> dict[str, Any]:
        parts = torch.split(slope(definition, *names)(**given), [given[name].numel() for name in names])
        return {f"d{name}": part.reshape(given[name].shape) for name, part in zip(names, parts, strict=True)}

    return found


def by_name(names: str, values: Iterable[Any]) -> dict[str, Any]:
    """Several results as results by name.

    >>> by_name("dW db", (1.5, 2.5))
    {'dW': 1.5, 'db': 2.5}
    """
    return dict(zip(names.split(), values, strict=True))
