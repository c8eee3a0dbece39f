"""The same gradients made wrong: what the campaign puts in the place of right ones, to see that no one passes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# How much a whole gradient, or its largest element, is multiplied by.
FACTORS: Mapping[str, float] = {
    "element × 1.001": 1.001,
    "all × 1.01": 1.01,
    "sign": -1.0,
    "halved": 0.5,
    "zeroed": 0.0,
    "element × 1.00001": 1.00001,
}


@dataclass(frozen=True)
class Wrong:
    """One gradient, by name, multiplied by `factor`; where `at` is not None, in that element (flat) alone."""

    name: str
    what: str
    at: int | None = None

    def __call__(self, found: Mapping[str, Any]) -> dict[str, Any]:
        return {k: self.spoilt(g) if k == self.name else g for k, g in found.items()}

    def spoilt(self, g: Any) -> Any:
        """In any arithmetic, and in the gradient's own precision."""
        factors = np.ones(np.shape(g))
        if self.at is None:
            factors[...] = FACTORS[self.what]
        else:
            factors.flat[self.at] = FACTORS[self.what]
        dtype = g.dtype if isinstance(g, (np.ndarray, np.floating)) and g.dtype.kind == "f" else np.float64
        return g * factors.astype(dtype)


def drawn(rng: np.random.Generator, right: Mapping[str, Array]) -> Wrong | None:
    """A fault for one of these gradients, of those that are not 0; None where all of them are."""
    alive = [k for k, g in right.items() if np.isfinite(g).all() and np.any(g)]
    if not alive:
        return None
    name, what = str(rng.choice(alive)), str(rng.choice(list(FACTORS)))
    return Wrong(name, what, int(np.argmax(np.abs(right[name]))) if what.startswith("element") else None)
