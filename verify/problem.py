"""One derivative to be judged: a forward, a hand-written backward, the inputs, and the upstream gradient."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify.records.discrepancy import Discrepancy
from verify.records.verdict import INCONCLUSIVE

Array = np.ndarray[Any, Any]
About = Mapping[str, Any]  # what all rows on a problem say alike

FLOATS = ("float64", "float32")


@dataclass(frozen=True)
class Problem:
    """The scalar differentiated is Σ dout∗out, with out = forward(**inputs).

    `backward(dout, **inputs)` returns the hand-written gradients by name, one for every name of `wrt`. `averages` says
    by name which of them carry a factor 1/m, and the m: by the notes' convention dW and db do (they are derivatives of
    J), dZ and dA do not (they are derivatives of the per-example loss). `reference(**tensors)` is the same forward in
    PyTorch, where there is one. `inside` says by precision whether the
    inputs lie within the declared float domain (they do, where it is silent). `subject` is the function under test,
    where its source may tell what is wrong, and `swapped(f, dout, **inputs)` is `backward` with f in its place.
    """

    formula: str
    forward: Callable[..., Any]
    backward: Callable[..., Mapping[str, Any]]
    inputs: Mapping[str, Any]
    wrt: tuple[str, ...]
    dout: Array
    averages: Mapping[str, int] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None
    domain: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    case: str = "typical"
    typical: bool = True
    inside: Mapping[str, bool] = field(default_factory=dict)
    seed: int = 0
    convention: str = ""
    source: str = ""
    layer: int | None = None
    subject: Callable[..., Any] | None = None
    swapped: Callable[..., Any] | None = None


def by_name(problem: Problem) -> Callable[..., dict[str, Any]]:
    """The hand-written backward, with its gradients named as such: dW for the one of W."""

    def backward(dout: Any, **inputs: Any) -> dict[str, Any]:
        return {f"d{name}": gradient for name, gradient in problem.backward(dout, **inputs).items()}

    return backward


def floating(value: Any) -> bool:
    """Whether it is an array, or a NumPy number, of floats: Python's own floats are constants."""
    return isinstance(value, (np.ndarray, np.floating)) and value.dtype.kind == "f"


def cast(inputs: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """Fresh copies, floating arrays in the dtype under test; everything else as it is."""
    return {name: _cast(value, dtype) for name, value in inputs.items()}


def _cast(value: Any, dtype: str) -> Any:
    if isinstance(value, dict):
        return {k: _cast(v, dtype) for k, v in value.items()}
    if floating(value):
        return np.asarray(value).astype(dtype)
    return copy.deepcopy(value)


def lift(inputs: Mapping[str, Any], of: Callable[[Array], Any]) -> dict[str, Any]:
    """Floating arrays as numbers of another arithmetic; everything else as it is."""

    def one(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: one(v) for k, v in value.items()}
        return of(np.asarray(value)) if floating(value) else value

    return {name: one(value) for name, value in inputs.items()}


def not_run(problem: Problem, oracle: str, question: str, reason: str, about: About) -> list[Discrepancy]:
    """The rows of an oracle that the problem was not put to, and why."""
    return [
        Discrepancy(
            quantity=f"d{name}", question=question, oracle=oracle, verdict=INCONCLUSIVE, finding=f"not run: {reason}",
            shape=str(np.shape(problem.inputs[name])), **about,
        )
        for name in problem.wrt
    ]  # fmt: skip
