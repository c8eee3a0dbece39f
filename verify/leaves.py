"""The arrays among a formula's inputs, by name: `W`, or one level deeper `parameters.W1`.

Whatever the oracles change, they change here, in a fresh copy: a forward that writes into its inputs, or draws from a
generator it was given, sees the same inputs at every call.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from verify.errors import UserError, nearest

Array = np.ndarray[Any, Any]


def leaf_names(inputs: Mapping[str, Any]) -> list[str]:
    """The names of all floating leaves, in the order of the inputs.

    >>> leaf_names({"X": np.ones(2), "parameters": {"W1": np.ones(3)}, "activation": "relu", "Y": np.array([0, 1])})
    ['X', 'parameters.W1']
    """
    flat = {
        f"{name}.{key}" if key else name: leaf
        for name, value in inputs.items()
        for key, leaf in (value.items() if isinstance(value, Mapping) else [("", value)])
    }
    return [name for name, leaf in flat.items() if _is_floating(leaf)]


def leaf(inputs: Mapping[str, Any], name: str) -> Array:
    """The floating leaf of that name, as an array. Raises UserError where there is none, or it holds no floats."""
    holder, key = _holder(inputs, name)
    if key not in holder:
        raise UserError(f"there is no input {name!r}; the inputs are {', '.join(inputs)}{nearest(name, inputs)}")
    if not _is_floating(holder[key]):
        kind = getattr(holder[key], "dtype", type(holder[key]).__name__)
        raise UserError(f"{name} holds {kind}, which has no derivative; give float32 or float64")
    return np.asarray(holder[key])


def replaced(inputs: Mapping[str, Any], leaves: Mapping[str, Any]) -> dict[str, Any]:
    """A fresh copy of the inputs with these leaves in place of their own; where a number stood, a number is put."""
    fresh = copy.deepcopy(dict(inputs))
    for name, value in leaves.items():
        holder, key = _holder(fresh, name)
        number = isinstance(value, np.ndarray) and not isinstance(holder[key], np.ndarray)
        holder[key] = value[()] if number else value
    return fresh


def in_double(inputs: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The inputs with every floating leaf in float64, at the same value; and a note where one was narrower."""
    leaves = {name: leaf(inputs, name) for name in leaf_names(inputs)}
    narrow = any(x.dtype == np.float32 for x in leaves.values())
    doubled = replaced(inputs, {name: np.array(x, np.float64) for name, x in leaves.items()})
    return doubled, ["float32 inputs were taken at their exact values and run in float64"] if narrow else []


def chosen(size: int, at_most: int, seed: int) -> Array:
    """The flat indices of the elements to look at: all of them, or `at_most`, drawn reproducibly."""
    return np.sort(np.random.default_rng([seed, size]).choice(size, min(size, at_most), replace=False))


def _is_floating(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, (np.ndarray, np.floating)) and value.dtype.kind == "f")


def _holder(inputs: Mapping[str, Any], name: str) -> tuple[Any, str]:
    """The dictionary that holds the leaf, and its key there."""
    outer, dot, inner = name.partition(".")
    if dot and isinstance(inputs.get(outer), Mapping):
        return inputs[outer], inner
    return inputs, name
