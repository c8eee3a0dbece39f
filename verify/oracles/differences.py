"""Central differences in float64: they ask nothing of the forward but its values, and each knows its own error."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from verify.arithmetic.duck import Unsupported
from verify.leaves import chosen, in_double, leaf, replaced
from verify.oracles.estimate import Estimate, skips, weights
from verify.oracles.slope import Line, Slope, slope, wobble

Array = np.ndarray[Any, Any]


def differences(
    forward: Callable[..., Any],
    inputs: Mapping[str, Any],
    wrt: Sequence[str],
    dout: Any,
    scale: int = 1,
    *,
    domain: Mapping[str, tuple[float, float]] | None = None,
    rounding: Any = None,
    at_most: int = 400,
    seed: int = 0,
) -> Estimate:
    """The gradient of Σ dout∗forward(**inputs)/scale by central differences, element by element.

    float32 inputs are taken at their exact values and run in float64. `domain` gives, by leaf name, the open interval
    that no step may leave. `rounding` is a bound on the rounding error of the output, where the caller has one (running
    bounds); without it, rounding inside the forward that leaves no trace in the output, such as (x + 1e20) − 1e20, goes
    unseen. A forward that gives different values for the same inputs is taken as noisy, and a note says so. Of a leaf
    with more than `at_most` elements that many are drawn; the others are skipped.

    Raises Unsupported where the forward does not return one floating array.
    """
    doubled, notes = in_double(inputs)
    gradients, errors, skipped = {}, {}, {}
    with np.errstate(all="ignore"):
        out = _run(forward, doubled, {})
        weight, finite = weights(dout, out, scale), bool(np.isfinite(out).all())
        tiny = float(np.finfo(out.dtype).smallest_subnormal)
        least = float(np.sum(np.abs(weight))) * float(np.finfo(out.dtype).smallest_normal)
        shared = float(np.sum(np.abs(weight) * (tiny + (0.0 if rounding is None else np.asarray(rounding)))))
        if not np.array_equal(out, again := _run(forward, doubled, {}), equal_nan=True):
            notes.append("the forward gives different values for the same inputs; taken as noise")
            shared += float(np.sum(np.abs(weight * (again - out))))
        for name in wrt:
            x = leaf(doubled, name)
            along = _along(forward, doubled, name)
            heard = wobble(along, x, weight, out, seed)
            low, high = (domain or {}).get(name, (-math.inf, math.inf))
            unit = float(np.finfo(out.dtype).eps) / 2
            gradients[name], errors[name] = np.full(x.shape, np.nan), np.full(x.shape, np.inf)
            reasons = dict.fromkeys(range(x.size), "left out of the sample")
            for i in chosen(x.size, at_most, seed).tolist():
                found: Slope | str = "the forward is not finite there"
                if finite:
                    at, number = _moved(along, x, i), float(x.flat[i])
                    found = slope(Line(at, number, low, high, out, weight, shared + heard, unit, heard, least))
                if isinstance(found, Slope):
                    gradients[name].flat[i], errors[name].flat[i] = found.value, found.error
                    del reasons[i]
                else:
                    reasons[i] = found
            skipped[name] = ~np.isfinite(errors[name])
            notes += skips(name, x.shape, reasons)
    return Estimate(gradients, errors, skipped, tuple(notes), out)


def _along(forward: Callable[..., Any], inputs: Mapping[str, Any], name: str) -> Callable[[Array], Array]:
    """The output as a function of one leaf."""
    return lambda x: _run(forward, inputs, {name: x})


def _moved(along: Callable[[Array], Array], x: Array, i: int) -> Callable[[float], Array]:
    """The output as a function of one element."""

    def at(value: float) -> Array:
        moved = x.copy()
        moved.flat[i] = value
        return along(moved)

    return at


def _run(forward: Callable[..., Any], inputs: Mapping[str, Any], leaves: Mapping[str, Any]) -> Array:
    """The output on a fresh copy of the inputs."""
    out = forward(**replaced(inputs, leaves))
    if isinstance(out, (tuple, list, dict)):
        raise Unsupported(f"the forward returns a {type(out).__name__}; differences need one array")
    out = np.asarray(out)
    if out.dtype.kind != "f":
        raise Unsupported(f"the forward returns {out.dtype}; differences need floating-point numbers")
    return out
