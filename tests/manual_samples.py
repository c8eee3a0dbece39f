"""Every formula of `manual`, and arguments for it, drawn from its shape string: shared by the tests of all formulas."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import manual
from manual import blocks, initialise
from manual.notation import Formula

SIZES = (3, 4, 5, 2, 6, 7)  # given out by first appearance, so that n0 = 3 and m = 4 where X comes first
LAYERS = (3, 5, 2, 1)


def modules() -> dict[str, Any]:
    return {m.name: importlib.import_module(f"manual.{m.name}") for m in pkgutil.iter_modules(manual.__path__)}


def formulas() -> dict[str, list[Callable[..., Any]]]:
    """id -> the functions that carry it, each where it is defined; one, if all is well."""
    found: dict[str, list[Callable[..., Any]]] = {}
    for module in modules().values():
        for value in vars(module).values():
            if callable(value) and getattr(value, "__module__", "") == module.__name__ and hasattr(value, "formula"):
                found.setdefault(record(value).id, []).append(value)
    return found


def record(function: Callable[..., Any]) -> Formula:
    attached: Formula = vars(function)["formula"]
    return attached


def arguments(function: Callable[..., Any], dtype: str = "float64", seed: int = 0) -> dict[str, Any]:
    """Arguments by name: arrays of different sizes, and a plain choice for every word of the shape string."""
    rng = np.random.default_rng(seed)
    about = record(function)
    sizes: dict[str, int] = {}
    drawn: dict[str, Any] = {}
    for part in about.shapes.partition("->")[0].split(","):
        name, dims = part.strip().split(":")
        words = dims.split()
        if words[0] in WORDS:
            drawn[name] = WORDS[words[0]](name, dtype)
        else:
            for d in words:
                if not d.isdigit() and d not in ("*", "scalar"):
                    sizes.setdefault(d, SIZES[len(sizes)])
            special = {"*": (6,), "scalar": ()}.get(words[0])
            shape = special if special is not None else tuple(int(d) if d.isdigit() else sizes[d] for d in words)
            drawn[name] = np.dtype(dtype).type(_numbers(about.domain.get(name, ""), shape, rng))
    return drawn


def _numbers(domain: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    if domain == "label":
        return np.arange(int(np.prod(shape))).reshape(shape) % 2
    if domain == "pixel":
        return rng.integers(0, 256, shape)
    if domain in ("probability", "positive"):
        return rng.uniform(0.05, 0.95, shape)
    return rng.standard_normal(shape)


def _layers(name: str, dtype: str) -> Any:
    if name == "cache":
        return blocks.block_forward(_normal((5, 4), dtype), _normal((3, 5), dtype), _normal((3, 1), dtype), "tanh")[1]
    parameters = initialise.course(LAYERS, np.random.default_rng(1))
    d = "d" if name == "grads" else ""
    return {f"{d}{key}": value.astype(dtype) + np.dtype(dtype).type(0.5) for key, value in parameters.items()}


def _normal(shape: tuple[int, ...], dtype: str) -> Any:
    return np.random.default_rng(2).standard_normal(shape).astype(dtype)


WORDS: Mapping[str, Callable[[str, str], Any]] = {
    "layers": _layers,
    "names": lambda name, dtype: ("tanh", "leaky_relu", "sigmoid"),
    "text": lambda name, dtype: "tanh",
    "sizes": lambda name, dtype: (5, 2) if name == "hidden" else LAYERS,
    "integer": lambda name, dtype: 3,
    "function": lambda name, dtype: lambda x: x * x,
    "generator": lambda name, dtype: np.random.default_rng(3),
}


def arrays(tree: Any) -> Iterator[Any]:
    """All arrays and NumPy numbers in arguments or results, in order."""
    if isinstance(tree, np.ndarray | np.generic):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from arrays(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from arrays(value)
    elif dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        yield from arrays([getattr(tree, f.name) for f in dataclasses.fields(tree)])
