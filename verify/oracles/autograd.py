"""PyTorch's autograd of an independently written definition: reverse mode, in another framework, by other rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from verify.arithmetic.duck import Unsupported
from verify.leaves import leaf, replaced
from verify.oracles.estimate import Estimate, skips, weights
from verify.oracles.ladder import ladder

Array = np.ndarray[Any, Any]

CUT = "PyTorch finds no path from it to the output, which changes with it all the same: the reference cuts the graph"
FAULTS = (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError)
# An input without a path is moved towards zero by these factors, out of any saturation, and no output may change.
FACTORS = (1 - 2.0**-9, 0.5, 2.0**-6, 2.0**-12)


def autograd(
    reference: Callable[..., Any],
    inputs: Mapping[str, Any],
    wrt: Sequence[str],
    dout: Any,
    scale: int = 1,
    *,
    samples: int = 4,
    seed: int = 0,
) -> Estimate:
    """The gradient of Σ dout∗reference(**tensors)/scale, computed by PyTorch in the inputs' own precision.

    Every array becomes a tensor of its dtype, everything else is passed on as it is. An input that does not influence
    the output has the gradient 0, and a note says so; it is skipped where the output changes when the input is moved,
    for then the reference hides its graph (torch.no_grad, detach, a detour through NumPy). An input with one path left
    open and another cut goes unseen. The error is estimated by the precision ladder; where float32 shows nothing,
    `errors` is infinite and `skipped` true, but the gradient stands: it is what PyTorch computed.

    Raises Unsupported where the reference does not return one floating tensor.
    """
    dtype = str(np.result_type(*(leaf(inputs, name) for name in wrt)))
    gradients, out, unused = _pass(reference, inputs, wrt, dout, scale)

    def compute(dtype: str, values: dict[str, Any]) -> dict[str, Array]:
        found = _pass(reference, values, wrt, dout, scale)[0]
        return {name: found[name] for name in wrt if name not in unused}

    nudged = [name for name in wrt if name not in unused]
    rungs = ladder(compute, inputs, dtype=dtype, nudged=nudged, samples=samples, seed=seed)
    errors, skipped, notes = {}, {}, list[str]()
    for name in unused:
        cut, shape = _matters(reference, inputs, name, seed), gradients[name].shape
        errors[name], skipped[name] = np.full(shape, np.inf if cut else 0.0), np.full(shape, cut)
        if cut:
            notes += skips(name, shape, dict.fromkeys(range(gradients[name].size), CUT))
        else:
            notes.append(f"{name} does not influence the output; its gradient is 0")
    return Estimate(
        gradients,
        {**rungs.errors, **errors},
        {**rungs.skipped, **skipped},
        (*notes, *rungs.notes),
        out,
    )


def _pass(
    reference: Callable[..., Any], inputs: Mapping[str, Any], wrt: Sequence[str], dout: Any, scale: int
) -> tuple[dict[str, Array], Array, list[str]]:
    """Gradients by name, the output, and the names that the output does not depend on."""
    with torch.inference_mode(False), torch.enable_grad():
        leaves = {name: torch.from_numpy(np.array(leaf(inputs, name))).requires_grad_() for name in wrt}
        out = reference(**replaced({k: _tensors(v) for k, v in inputs.items()}, leaves))
    if not isinstance(out, torch.Tensor) or not out.is_floating_point():
        kind = out.dtype if isinstance(out, torch.Tensor) else type(out).__name__
        raise Unsupported(f"the reference returns a {kind}; autograd needs one floating-point tensor")
    weight = torch.from_numpy(np.asarray(weights(dout, out.detach().numpy(), scale)))  # cast to out's dtype by PyTorch
    found: Sequence[torch.Tensor | None] = [None] * len(wrt)
    if out.requires_grad:
        found = torch.autograd.grad(out, list(leaves.values()), weight, allow_unused=True)
    gradients = {
        name: np.zeros_like(x.detach().numpy()) if g is None else g.numpy()
        for (name, x), g in zip(leaves.items(), found, strict=True)
    }
    return gradients, out.detach().numpy(), [name for name, g in zip(wrt, found, strict=True) if g is None]


def _matters(reference: Callable[..., Any], inputs: Mapping[str, Any], name: str, seed: int) -> bool:
    """Whether the output changes when that leaf is moved, or cannot be had then. Draws are the same in every run."""
    x = leaf(inputs, name)
    rng = np.random.default_rng([seed, x.size])
    shares = rng.uniform(0.5, 1.0, (len(FACTORS), *x.shape))
    moved = [np.where(x == 0, 1 - f, x * f) * share for f, share in zip(FACTORS, shares, strict=True)]
    outs = []
    for values in (x, *moved):
        moving = {name: torch.from_numpy(np.array(values, dtype=x.dtype))}
        given = replaced({k: _tensors(v) for k, v in inputs.items()}, moving)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            try:
                outs.append(reference(**given).detach().numpy())
            except FAULTS:
                return True
    first, *others = outs
    return not all(np.array_equal(out, first, equal_nan=True) for out in others)


def _tensors(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _tensors(v) for k, v in value.items()}
    return torch.from_numpy(np.array(value)) if isinstance(value, (np.ndarray, np.generic)) else value
