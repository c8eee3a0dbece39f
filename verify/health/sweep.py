"""A sweep: one formula by hand, its sound form, and PyTorch, over the points of a grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.health.grids import Grid

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]

BY_HAND, SOUND, TORCH = "by hand", "sound form", "PyTorch"
# So many sorts of examples there are; more examples than that repeat them, so that their mean is that over one of each.
SORTS = 100


@dataclass(frozen=True)
class Sweep:
    """A formula over a grid. Each side gives a number a point, or several by name, of which the worst one counts.

    Without `examples` a side takes all points at once, `f(x)`, or where `labels` is set `f(x, y)` with y = 0 and y = 1.
    With `examples`, arrays of a hundred columns by name, a point is a number of columns, and a side takes those arrays,
    in their order. Such a formula is a mean over the columns, or (`adds`) a sum over them.

    The exact value is that of `exact` on balls; where there is none, that of the very formula by hand.
    """

    formula: str
    grid: Grid
    by_hand: Function
    torch: Function | None = None
    sound: Function | None = None
    exact: Function | None = None
    quantity: str = ""
    labels: bool = False
    examples: Callable[[np.random.Generator], Mapping[str, Array]] | None = None
    adds: bool = False
    note: str = ""

    @property
    def sides(self) -> dict[str, Function]:
        """What is measured, by the name of the side."""
        found = {BY_HAND: self.by_hand, SOUND: self.sound, TORCH: self.torch}
        return {name: f for name, f in found.items() if f is not None}

    @property
    def definition(self) -> Function:
        """What the exact value is that of."""
        return self.exact or self.by_hand
