"""Mistakes in how a formula deals with its arguments: a lower precision, arrays of the caller overwritten.

They are made on plain arrays alone: on any other kind of number the formula is as it was, for it is no matter of that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from verify.checks.contracts import float_arrays

CallRule = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]


def _is_floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _each(x: Any, change: Callable[[Any], Any]) -> Any:
    """All plain floating arrays within x changed, its structure kept."""
    if _is_floating(x) or isinstance(x, np.floating):
        return change(x)
    if isinstance(x, dict):
        return {k: _each(v, change) for k, v in x.items()}
    if isinstance(x, (tuple, list)) and not hasattr(x, "_fields"):
        return type(x)(_each(v, change) for v in x)
    return x


def computed_in_float32(f: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Computed in float32, and handed back as float64."""
    return _each(f(*_each(args, np.float32), **_each(named, np.float32)), np.float64)


def handed_back_in_float32(f: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return _each(f(*args, **named), np.float32)


def widened(f: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Whatever comes in, float64 goes out."""
    return _each(f(*args, **named), np.float64)


def overwrites(f: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Its first array is multiplied in place once the result is known: dA *= g′(Z)."""
    result = _each(f(*args, **named), lambda x: x.copy())  # the result may be a view of that array
    first = next(float_arrays((args, named)), None)
    if first is not None:
        first *= 0.5
    return result


CALL_RULES: Mapping[str, CallRule] = MappingProxyType(
    {
        "computed in float32": computed_in_float32,
        "handed back in float32": handed_back_in_float32,
        "widened to float64": widened,
        "an argument overwritten": overwrites,
    }
)
