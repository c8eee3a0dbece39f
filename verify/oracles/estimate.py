"""What a numerical oracle hands back: a gradient, and how far it may be from the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.errors import UserError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Estimate:
    """The gradient of Σ dout∗out / scale with respect to each leaf, by name.

    `errors` has the shapes of `gradients` and holds estimated absolute errors. Where `skipped` is true the oracle says
    nothing: there the gradient is nan and the error infinite, and `notes` gives the reason. `value` is the forward's
    own output, so that two oracles can compare what they differentiated.
    """

    gradients: Mapping[str, Array]
    errors: Mapping[str, Array]
    skipped: Mapping[str, Array]
    notes: tuple[str, ...] = ()
    value: Array | None = None


def skips(name: str, shape: tuple[int, ...], reasons: Mapping[int, str]) -> list[str]:
    """One sentence a reason: how many elements of `name` it keeps from being compared, and the first of them.

    >>> skips("Z", (2, 3), {4: "a kink within the step", 5: "a kink within the step"})
    ['Z: 2 of 6 elements skipped, the first at [1, 1]: a kink within the step']
    """
    firsts: dict[str, list[int]] = {}
    for flat, reason in sorted(reasons.items()):
        firsts.setdefault(reason, []).append(flat)
    return [
        f"{name}: {len(where)} of {int(np.prod(shape))} elements skipped, the first at "
        f"{[int(i) for i in np.unravel_index(where[0], shape)]}: {reason}"
        for reason, where in firsts.items()
    ]


def weights(dout: Any, out: Any, scale: int) -> Array:
    """dout / scale, checked against the output that it is to be contracted with."""
    if np.shape(dout) != np.shape(out):
        raise UserError(
            f"dout has shape {np.shape(dout)}, but the forward's output has shape {np.shape(out)}; "
            "give an upstream gradient of the output's shape"
        )
    return np.asarray(dout, dtype=np.float64) / scale
