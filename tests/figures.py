"""Arrays in a line each, for tests/__snapshots__: three digits, so that any machine has the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def figures(x: Any) -> str:
    """Its precision and shape, and of the numbers the first six and the last."""
    x = np.asarray(x)
    kept = x.ravel() if x.size <= 7 else np.append(x.ravel()[:6], x.ravel()[-1])
    return " ".join([str(x.dtype), "×".join(map(str, x.shape)), *(f"{float(one):.3g}" for one in kept)])


def table(found: Mapping[str, Any]) -> dict[str, str]:
    return {name: figures(x) for name, x in found.items()}
