"""The pass that everything is measured from: Z and A of every layer, with their running bounds, and the loss.

W[l][i,j] moves row i of Z[l] alone, by h·A[l−1][j,:], and example k of that row moves loss k alone. So what all weights
of a unit do to J is known from m scalar functions φ, one an example: the loss of example k as a function of Z[l][i,k],

    J(W[l] + h·eᵢⱼ) = (1/m) Σₖ φᵢₖ(Z[l][i,k] + h·A[l−1][j,k])      J(b[l] + h·eᵢ) = (1/m) Σₖ φᵢₖ(Z[l][i,k] + h)

and their derivatives are those of J: ∂J/∂W[l][i,j] = (1/m) Σₖ φ′ᵢₖ·A[l−1][j,k]. A *column* is one such φ: a unit and an
example. All columns of a layer are moved at once, and the layers above are the notes' own g and products.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manual import deep, losses
from manual.shapes import check_labels, check_network
from verify.arithmetic.bounds import Bounds
from verify.errors import UserError
from verify.problem import lift
from verify.questions import place

Array = np.ndarray[Any, Any]

# Numbers that one array of a block may hold: a few arrays of so many fit a cache, and memory stays the same whatever
# the network.
BLOCK = 2**16


@dataclass(frozen=True)
class Base:
    """`Z[l]` and `A[l]` by layer, on running bounds; `A[0]` is X itself, which no rounding has touched."""

    X: Array
    Y: Array
    parameters: Mapping[str, Array]
    activations: Sequence[str]
    Z: Mapping[int, Bounds]
    A: Mapping[int, Any]

    @property
    def depth(self) -> int:
        return len(self.activations)

    @property
    def m(self) -> int:
        return int(self.X.shape[1])

    def loss(self, Z: Any, A: Any, here: Any = ...) -> Any:
        """L from Z[L] and A[L], those of the units and examples `here`, all where nothing is said.

        Of a sigmoid, where |z| ≥ 1, from Z: there 1 − a has lost digits. That is asked at the unmoved point, so that a
        step never changes the form.
        """
        labels, above = self.Y[here], np.abs(self.Z[self.depth].value[here]) >= 1
        if self.activations[-1] != "sigmoid":
            return losses.cross_entropy(A, labels)
        return np.where(above, losses.cross_entropy_sound(Z, labels), losses.cross_entropy(A, labels))

    def blocks(self, l: int) -> Iterator[tuple[Array, Array]]:
        """The columns of layer l in blocks: their units, and their examples."""
        units = self.Z[l].shape[0]
        widest = max([1, *(self.Z[k].shape[0] for k in range(l + 1, self.depth + 1))])
        columns = max(1, BLOCK // widest)
        for start in range(0, units * self.m, columns):
            yield np.divmod(np.arange(start, min(start + columns, units * self.m)), self.m)


def base(X: Array, Y: Array, parameters: Mapping[str, Array], activations: Sequence[str], rounded: bool) -> Base:
    """The unmoved pass, by the notes' own forward.

    With `rounded` the bounds say what rounding may have done to it, in any order of summation: so it must be where the
    gradient to be judged comes from a pass of its own. Without, its floats are the point at which everything is taken,
    as by a gradient made from the same caches: Z[l] = W[l] A[l−1] + b[l] + δ, with a δ that no step changes.

    Raises UserError where the network and the data do not fit each other, a layer or the data are empty, or the
    forward is not finite.
    """
    try:
        for name, x in parameters.items():
            if np.size(x) == 0:
                raise ValueError(f"{name} has shape {np.shape(x)}, which holds nothing; every layer needs a unit")
        check_network(X, parameters, activations)
        check_labels("Y", Y)
        width = parameters[f"W{len(activations)}"].shape[0]
        if Y.shape != (width, X.shape[1]):
            raise ValueError(f"Y has shape {Y.shape}; this network and X want {(width, X.shape[1])}")
        with np.errstate(all="ignore"):
            given = lift(dict(parameters), Bounds.of) if rounded else parameters
            AL, caches = deep.forward_blocks(X, given, activations)
    except ValueError as error:
        raise UserError(str(error)) from error
    Z = {l: Bounds.of(cache.Z) for l, cache in enumerate(caches, start=1)}
    A: dict[int, Any] = {
        0: X,
        **{l: Bounds.of(caches[l].A_prev) for l in range(1, len(caches))},
        len(caches): Bounds.of(AL),
    }
    found = Base(X, Y, parameters, activations, Z, A)
    for l, z in Z.items():  # of which every g makes a finite A
        _check_finite(f"Z{l}", z)
    L = len(caches)
    _check_finite("the loss", found.loss(Z[L], A[L]))
    return found


def _check_finite(name: str, x: Bounds) -> None:
    lost = ~np.isfinite(x.value)
    if lost.any():
        first = int(np.argmax(lost))
        raise UserError(
            f"{name} is {x.value.ravel()[first]} at {place(first, x.shape)}: the forward is not finite there, so it "
            "has no derivative; give smaller parameters, or scale the data"
        )
