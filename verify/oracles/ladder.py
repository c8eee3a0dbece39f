"""The precision ladder: what rounding does to a computation, found by running it in float32 and in float64.

Used where the code does not run on running bounds or balls. Both precisions run on the same numbers (inputs rounded to
float32), several times, with inputs nudged so that the roundings fall differently. |g32 − g64| is what rounding does in
float32, and 2⁻²⁹ of it what it does in float64, for both round the same operations. A saturated unit breaks that rule:
in float32 its share is gone, so the gap is no larger than the share, while float64 keeps it with few digits. So the
float64 noise is also looked for directly, in high differences along a line. Empirical, and labelled so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from verify.leaves import leaf, leaf_names, replaced
from verify.oracles.estimate import Estimate, skips
from verify.oracles.noise import noise

Array = np.ndarray[Any, Any]
Compute = Callable[[str, dict[str, Any]], Mapping[str, Any]]

# Measured on 23,458 gradients of 4,800 random tanh and sigmoid nets (scales 1e-2 to 10) against exact values: the
# factor needed is 0.6 in the median, 2 for 99 % and at most 14, in either precision; but 17 to 112 for twelve gradients
# of two nets that hold a sigmoid beyond |z| = 32, of which float64 itself keeps two digits or none; a tanh does so
# beyond |z| = 16. With 8, twenty more would fall outside. (tests/test_ladder.py, campaign)
LADDER_FACTOR = 16
# Below this a float32 has lost digits to underflow: the smallest normal number times 2^24.
UNDERFLOW = 2.0**-102
# Nudges, relative: up to three of these. A few units in the last place would leave a saturated unit's rounding alone.
NUDGE = 2.0**-9
# The line along which float64 noise is looked for: relative spacing, points, and the order of the differences taken.
SPACING, POINTS, ORDER = 2.0**-16, 10, 6


def ladder(
    compute: Compute,
    inputs: Mapping[str, Any],
    *,
    dtype: str = "float64",
    nudged: Sequence[str] | None = None,
    samples: int = 4,
    seed: int = 0,
    magnitudes: Mapping[str, Any] | None = None,
) -> Estimate:
    """Estimate the rounding error of `compute(dtype, inputs)`, a dictionary of arrays: gradients, or values.

    `compute` is called with "float32" and "float64" and with inputs of that dtype, and must compute in it. `errors`
    bounds |computed in `dtype` − exact| for one side (two computed results differ by at most the sum of two):

        LADDER_FACTOR · max(|g32 − g64|, its root mean square over the tensor, u32·magnitude) · (2⁻²⁹ in float64),

    at least LADDER_FACTOR times the float64 noise, half a unit in the last place of the result, and the least float.
    `magnitudes` gives, by name, the largest intermediate where it is known. `nudged` names the leaves to nudge
    (default: all floating ones). An element is skipped where float32 saturates, overflows or underflows, or came back
    in another precision: there is nothing to read off then; so too a tensor of exact zeros. An element that saturates
    in float64 (σ′ is 0 from z = 37 on), beside others that do not, leaves no trace, and goes unseen.

    Raises UserError where `nudged` names what is no floating leaf of the inputs.
    """
    names = leaf_names(inputs) if nudged is None else list(nudged)
    for name in names:
        leaf(inputs, name)  # or an error that names it
    with np.errstate(all="ignore"):
        result = {k: np.asarray(v) for k, v in compute(dtype, _cast(inputs, dtype)).items()}
    generators = [None, *(np.random.default_rng([seed, i]) for i in range(1, samples))]
    rungs = [_rung(compute, inputs, names, rng) for rng in generators]
    heard = _noise(compute, inputs, names, np.random.default_rng([seed, samples])) if dtype == "float64" else {}
    errors, skipped, notes = {}, {}, []
    outside = next((k for k in leaf_names(inputs) if not _held(leaf(inputs, k))), None)
    for name, computed in result.items():
        gap, reasons = _gap([(low[name], high[name]) for low, high in rungs], computed)
        if outside is not None:
            # The rungs ran on other numbers than these.
            reasons = dict.fromkeys(range(gap.size), f"float32 does not hold {outside}")
        known = np.array([i not in reasons for i in range(gap.size)], dtype=bool).reshape(gap.shape)
        spread = np.sqrt(np.mean(gap[known] ** 2)) if known.any() else np.inf
        unit = np.finfo("float32").eps / 2
        widest = np.maximum(np.maximum(gap, spread), unit * np.asarray((magnitudes or {}).get(name, 0.0)))
        shrink = 1.0 if dtype == "float32" else 2.0**-29
        last = np.spacing(np.abs(computed))
        least = float(np.finfo(last.dtype).smallest_subnormal)  # half of which would round to 0
        floor = np.maximum(last / 2, least)
        widest = widest * shrink
        if heard:
            # Rounding costs float64 no more than float32; a larger step along the line is a kink that it crosses.
            widest = np.maximum(widest, np.where(heard[name] <= spread, heard[name], 0.0))
        errors[name] = np.where(known, LADDER_FACTOR * np.maximum(widest, floor), np.inf)
        skipped[name] = ~known
        notes += skips(name, gap.shape, reasons)
    return Estimate(result, errors, skipped, tuple(notes))


def _rung(
    compute: Compute,
    inputs: Mapping[str, Any],
    names: Sequence[str],
    rng: np.random.Generator | None,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """One run in each precision, on the same numbers."""
    numbers = {k: _single(leaf(inputs, k), rng if k in names else None) for k in leaf_names(inputs)}
    both = []
    for dtype in ("float32", "float64"):
        given = replaced(inputs, {k: v.astype(dtype) for k, v in numbers.items()})
        with np.errstate(all="ignore"):
            both.append({k: np.asarray(v) for k, v in compute(dtype, given).items()})
    return both[0], both[1]


def _noise(
    compute: Compute, inputs: Mapping[str, Any], names: Sequence[str], rng: np.random.Generator
) -> dict[str, Array]:
    """Twice the standard deviation of the float64 results' noise, floored by its root mean square over the tensor."""
    numbers = {k: leaf(inputs, k) for k in leaf_names(inputs)}
    directions = {k: rng.uniform(0.5, 1.0, x.shape) * x * (k in names) for k, x in numbers.items()}
    found: dict[str, list[Array]] = {}
    for j in range(POINTS):
        given = replaced(inputs, {k: x - SPACING * j * directions[k] for k, x in numbers.items()})
        with np.errstate(all="ignore"):
            for name, value in compute("float64", given).items():
                found.setdefault(name, []).append(np.asarray(value))
    spread = {name: noise(np.stack(values), ORDER) for name, values in found.items()}
    return {k: 2 * np.maximum(s, np.sqrt(np.mean(s**2))) if s.size else s for k, s in spread.items()}


def _gap(pairs: Sequence[tuple[Array, Array]], computed: Array) -> tuple[Array, dict[int, str]]:
    """The largest |g32 − g64| over the runs, element by element; and why some elements cannot be read."""
    low, high = (np.stack([pair[i] for pair in pairs]) for i in (0, 1))
    if low.dtype != np.float32 or high.dtype != np.float64:
        widened = f"the float32 run came back as {low.dtype} and the float64 run as {high.dtype}"
        return np.zeros(computed.shape), dict.fromkeys(range(computed.size), widened)
    with np.errstate(all="ignore"):
        gaps = np.abs(low - high)
        finite = np.isfinite(gaps)
        gaps, size = np.where(finite, gaps, 0.0), np.where(finite, high, 0.0)
        lost = bool(np.sum(gaps**2) >= 0.25 * np.sum(size**2) > 0)
        empty = not (low.any() or high.any())
        faults = {
            "the result is not finite": ~np.isfinite(computed),
            "float32 overflows": ~finite.all(axis=0),
            "float32 underflows or saturates": ((high != 0) & ((low == 0) | (np.abs(high) < UNDERFLOW))).any(axis=0),
            "float32 keeps no digit of this tensor": np.full(computed.shape, lost),
            "all of it is 0 in both precisions, perhaps by saturation": np.full(computed.shape, empty),
        }
    reasons: dict[int, str] = {}
    for reason, where in faults.items():
        reasons = dict.fromkeys(np.flatnonzero(where).tolist(), reason) | reasons
    return gaps.max(axis=0), reasons


def _single(x: Array, rng: np.random.Generator | None) -> Array:
    """Rounded to float32, and nudged: both towards zero, so that no input leaves a domain such as (0, 1)."""
    moved = x if rng is None else x * (1 - rng.integers(0, 4, x.shape) * NUDGE)
    with np.errstate(over="ignore"):
        near = moved.astype(np.float32)
    return np.where(np.abs(near) > np.abs(x), np.nextafter(near, np.float32(0)), near)


def _held(x: Array) -> bool:
    """Whether float32 holds the largest number of a leaf, in full; smaller ones count for little beside it."""
    top = float(np.max(np.abs(x), initial=0.0))
    low, high = (float(v) for v in (np.finfo(np.float32).smallest_normal, np.finfo(np.float32).max))
    return top == 0 or low <= top <= high


def _cast(inputs: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    return replaced(inputs, {name: leaf(inputs, name).astype(dtype) for name in leaf_names(inputs)})
