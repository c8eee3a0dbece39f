"""Small passes of one unit that the parts of the exhaustive check are put to."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from manual.activations import g
from verify.arithmetic.bounds import Bounds
from verify.units.base import Base
from verify.units.elements import Elements
from verify.units.layer import Layer

Array = np.ndarray[Any, Any]
A, B = "complex step", "differences"


# --- a whole gradient -------------------------------------------------------------------------------------------------
def whole() -> Elements:
    """Rows 0 and 1 of dW2, and then row 2: passed, failed twice, undecided, a kink, a zero, one that is not known."""
    found = Elements("dW2", 2, (3, 3), 7)
    want = np.array([[2.0, -4.0, 8.0], [0.0, 16.0, 1.0], [1.0, -2.0, 4.0]])
    mine = want + np.array([[0, 2.0**-16, 0.5], [0, -2, 0], [0, 0, 0]])
    bound = np.array([[2.0**-17, 2.0**-15, 0.25], [0, 0.5, 0.125], [inf, 2.0**-20, 0.5]])
    estimate = np.array([[2.0**-16, 2.0**-14, 1], [0, 8, 0.25], [2.0**-21, inf, 0.25]])
    kinked = np.array([[False, False, False], [False, False, True], [False, False, False]])
    none = np.zeros((3, 3))
    for part, first in ((slice(0, 2), 0), (slice(2, 3), 2)):
        told = [(want[part], bound[part]), (want[part], estimate[part])]
        found.judge(first, mine[part], none[part], told, kinked[part])
    return found


# --- the pass that is moved -------------------------------------------------------------------------------------------
class Cubic(Base):
    """With the cube of Z[L] for a loss, which is exact of short numbers, and so are its differences."""

    def loss(self, Z: Any, A: Any, here: Any = ...) -> Any:
        return A * A * A


def moved(kind: type[Base], X: Any, names: tuple[str, ...], *weights: Any) -> Any:
    """A pass with another loss, without b, at the floats that it comes to."""
    Z, A, parameters = {}, {0: np.atleast_2d(X)}, {}
    for l, (name, W) in enumerate(zip(names, weights, strict=True), start=1):
        parameters |= {f"W{l}": np.atleast_2d(W), f"b{l}": np.zeros((len(np.atleast_2d(W)), 1))}
        Z[l] = parameters[f"W{l}"] @ A[l - 1]
        with np.errstate(all="ignore"):
            A[l] = g(name)(Z[l])
    bounded = {l: Bounds.of(z) for l, z in Z.items()}
    values = {l: Bounds.of(a) if l else a for l, a in A.items()}
    return kind(A[0], np.zeros(A[len(weights)].shape), parameters, names, bounded, values)


class Walled(Cubic):
    """Not finite beyond a wall."""

    def loss(self, Z: Any, A: Any, here: Any = ...) -> Any:
        return A * A * A + 0 * np.sqrt(1 + 2.0**-18 - A)


def sharp(found: Bounds, value: float, err: float = 0.0) -> bool:
    """Value and error to a few last places."""
    return bool(
        abs(found.value[0] - value) <= 2.0**-44 * abs(value)
        and err <= found.err[0] <= err + 2.0**-40 * (abs(value) + err)
    )


# --- from columns to gradients ----------------------------------------------------------------------------------------
def layer(bounded: bool = False, kinked: Any = ((0, 0), (0, 0), (0, 0))) -> Layer:
    A_prev = np.array([[1.0, 2.0], [0.0, -4.0], [0.0, 0.0], [0.5, 0.0]])
    value = np.array([[2.0, 4.0], [-8.0, 16.0], [1.0, 1.0]])
    slopes = Bounds(value, np.full((3, 2), 2.0**-10)), Bounds(2 * value, np.full((3, 2), 2.0**-9))
    given = Bounds.of(A_prev) if bounded else A_prev
    return Layer(given, slopes, np.array(kinked, dtype=bool), Bounds(value, np.full((3, 2), 2.0**-5)))
