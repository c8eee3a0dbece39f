"""Arrays in a line each, for tests/__snapshots__: three digits, so that any machine has the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def figures(x: Any, digits: int = 3) -> str:
    """Its precision and shape, and of the numbers the first six and the last."""
    x = np.asarray(x)
    kept = x.ravel() if x.size <= 7 else np.append(x.ravel()[:6], x.ravel()[-1])
    return " ".join([str(x.dtype), "×".join(map(str, x.shape)), *(f"{float(one):.{digits}g}" for one in kept)])


def table(found: Mapping[str, Any], digits: int = 3) -> dict[str, str]:
    return {name: figures(x, digits) for name, x in found.items()}
