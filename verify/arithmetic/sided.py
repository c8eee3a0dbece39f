"""Complex numbers made of running bounds, on either side of a kink: what the exhaustive complex step runs on.

Complexes refuse what is not analytic. ReLU is, but for one point: max(0, z) is 0 to its left and z to its right, and an
imaginary part too small to move the real part leaves it on its side. So max, min and |·| take the branch of the real
part here. Where rounding, or a tie, leaves open which side that is, the imaginary part covers both: its bound reaches
from the one slope to the other. Everything analytic is as in Complexes, with the rounding of either part bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from verify.arithmetic.bounds import Bounds
from verify.arithmetic.complexes import Complexes
from verify.arithmetic.rounding import up

Array = np.ndarray[Any, Any]
Parts = tuple[Bounds, Bounds]


class Sided(Complexes):
    """`parts` is (real, imaginary), Bounds of one shape; |imaginary| is far below the last place of the real part."""

    def __init__(self, real: Any, imaginary: Any) -> None:
        # Bounds as they are: of a view, what is written into it is kept.
        parts = (x if isinstance(x, Bounds) else Bounds.of(x) for x in (real, imaginary))
        self.parts = tuple(parts)  # type: ignore[arg-type]

    @property
    def value(self) -> Bounds:
        return self.parts[0]  # type: ignore[return-value]

    @property
    def step(self) -> Bounds:
        """The imaginary part."""
        return self.parts[1]  # type: ignore[return-value]

    def _rebuild(self, parts: Sequence[Any]) -> Self:
        return type(self)(*parts)

    def _lift(self, other: Any) -> Self:
        if isinstance(other, type(self)):
            return other
        real = Bounds.of(other)
        return type(self)(real, Bounds.of(np.zeros(real.shape)))

    def _ufunc(self, name: str, *operands: Any) -> Any:
        if name in ("maximum", "minimum"):
            x, y = (self._lift(operand).parts for operand in operands)
            return self._nearer(name, x, y)  # type: ignore[arg-type]
        if name in ("absolute", "fabs"):
            (x,) = operands
            return self._nearer("maximum", x.parts, (-x).parts)
        return super()._ufunc(name, *operands)

    def _nearer(self, name: str, x: Parts, y: Parts) -> Self:
        """The step of the one whose real part is ahead; of both, where that is not decided."""
        (a, da), (b, db) = x, y
        real, gap = getattr(np, name)(a, b), a - b
        first = real.value == a.value
        step = Bounds(np.where(first, da.value, db.value), np.where(first, da.err, db.err))
        undecided = ~(np.abs(gap.value) > gap.err)
        if undecided.any():
            # Midway between the two, and as far as either reaches from there.
            left = Bounds.of(da.value)
            middle, half = (left + db.value) / 2, (left - db.value) / 2
            reach = up(middle.err + np.abs(half.value) + np.maximum(da.err, db.err))
            step = Bounds(np.where(undecided, middle.value, step.value), np.where(undecided, reach, step.err))
        return type(self)(real, step)
