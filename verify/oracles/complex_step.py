"""The complex step: f(x + ih) carries f′(x) in its imaginary part, with no difference and so no step size to choose.

    Im f(x + ih) / h = f′(x) − h²f‴(x)/6 + …   which is f′(x) to rounding for h = 2⁻⁶⁶⁴

(Squire and Trapp, 1998). It holds only where every operation is analytic: Complexes raise Unsupported otherwise. A run
counts only if its real part is the real run's, up to what rounding does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from verify.arithmetic.complexes import Complexes
from verify.arithmetic.duck import Unsupported
from verify.leaves import chosen, in_double, leaf, replaced
from verify.oracles.estimate import Estimate, skips, weights
from verify.oracles.ladder import ladder

Array = np.ndarray[Any, Any]

# Powers of two for h, by precision: small enough for h² to vanish beside 1, far enough from underflow.
# Two of them in float64: where the results differ, something under- or overflowed on the way.
STEPS = {"float64": -664, "float32": -48}
SECOND = -332
LOWEST = {"float64": -960, "float32": -100}
MARGIN = {"float64": 30, "float32": 14}  # h is at most this power of two smaller than x, so that h² vanishes beside x²
VALUE = ""  # the forward's own output, among the leaves


def complex_step(
    forward: Callable[..., Any],
    inputs: Mapping[str, Any],
    wrt: Sequence[str],
    dout: Any,
    scale: int = 1,
    *,
    samples: int = 4,
    at_most: int = 400,
    seed: int = 0,
) -> Estimate:
    """The gradient of Σ dout∗forward(**inputs)/scale by the complex step, one run an element.

    The error is estimated by the precision ladder (the same complex runs in float32 and float64), to which is added how
    far two steps h, 2³³² apart, disagree. float32 inputs are taken at their exact values and run in float64. Of a leaf
    with more than `at_most` elements that many are drawn; the others are skipped, and so are those where float32 shows
    nothing, or where the real part is not the real run's.

    Raises Unsupported where the forward compares, rounds, or does anything else that is not analytic to every leaf.
    """
    doubled, notes = in_double(inputs)
    with np.errstate(all="ignore"):
        out = np.asarray(forward(**replaced(doubled, {})))
    weight = weights(dout, out, scale)
    picked = {name: chosen(leaf(doubled, name).size, at_most, seed) for name in wrt}
    second, deviations, refused = {}, {}, {}
    for name in wrt:
        try:
            second[name], deviations[name] = _slopes(forward, doubled, name, picked[name], weight, SECOND, out)
        except Unsupported as fault:
            refused[name] = str(fault)
    if len(refused) == len(wrt):
        raise Unsupported(next(iter(refused.values()), "there is nothing to differentiate"))

    def compute(dtype: str, values: dict[str, Any]) -> dict[str, Array]:
        real = np.asarray(forward(**replaced(values, {})))
        slopes = {n: _slopes(forward, values, n, picked[n], weight, STEPS[dtype], real)[0] for n in second}
        return slopes | {VALUE: real}

    rungs = ladder(compute, doubled, nudged=list(second), samples=samples, seed=seed)
    allowed = np.where(rungs.skipped[VALUE], 0.0, 2 * rungs.errors[VALUE])  # the two real runs each round
    gradients, errors, skipped = {}, {}, {}
    for name in wrt:
        shape, reason = leaf(doubled, name).shape, refused.get(name, "left out of the sample")
        gradients[name], errors[name] = np.full(shape, np.nan), np.full(shape, np.inf)
        reasons = dict.fromkeys(range(gradients[name].size), reason)
        for k, i in enumerate(picked[name].tolist() if name in second else []):
            slope, deviation = rungs.gradients[name][k], deviations[name][k]
            with np.errstate(all="ignore"):
                error = rungs.errors[name][k] + abs(slope - second[name][k])
            stray = not (deviation <= allowed).all()
            if np.isfinite(error) and not stray:
                gradients[name].flat[i], errors[name].flat[i] = slope, error
                del reasons[i]
            else:
                reasons[i] = _why(deviation, stray)
        skipped[name] = ~np.isfinite(errors[name])
        notes += skips(name, shape, reasons)
    return Estimate(gradients, errors, skipped, tuple(notes), out)


def _why(deviation: Array, stray: bool) -> str:
    if np.all(np.isinf(deviation)):
        return "so close to 0 that no step is small beside it, or the forward is not finite there"
    return "the real part is not the real run's" if stray else "float32 shows nothing about the rounding"


def _slopes(
    forward: Callable[..., Any],
    inputs: Mapping[str, Any],
    name: str,
    flat: Array,
    weight: Array,
    exponent: int,
    real: Array,
) -> tuple[Array, list[Array]]:
    """Im Σ weight∗out / h for the chosen elements of one leaf, and |Re out − real| of each run."""
    x = leaf(inputs, name)
    slopes, deviations = np.zeros(flat.size, dtype=real.dtype), []
    for k, i in enumerate(flat):
        power = _power(float(x.flat[i]), exponent, str(x.dtype))
        if power < np.finfo(x.dtype).minexp:
            deviations.append(np.full(real.shape, np.inf))
            continue
        imaginary = np.zeros(x.shape)
        imaginary.flat[i] = 2.0**power
        with np.errstate(all="ignore"):
            out = forward(**replaced(inputs, {name: Complexes(np.array(x), imaginary)}))
        if isinstance(out, (tuple, list, dict)):
            raise Unsupported(f"the forward returns a {type(out).__name__}; the complex step needs one array")
        first, carried = (out if isinstance(out, Complexes) else Complexes(out)).parts
        with np.errstate(all="ignore"):
            slopes[k] = np.ldexp(np.sum(weight.astype(carried.dtype) * carried), -power)
            deviations.append(np.where(first == real, 0.0, np.abs(first - real)))
    return slopes, deviations


def _power(x: float, exponent: int, dtype: str) -> int:
    """The power of two for h: the standard one, scaled with a small x, within the range of the precision."""
    own = int(np.frexp(x)[1])
    return min(max(exponent + min(0, own), LOWEST[dtype]), own - MARGIN[dtype])
