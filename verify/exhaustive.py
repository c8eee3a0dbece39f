"""Every parameter of a deep network, numerically: each element of each dW[l] and db[l] has a verdict, none is sampled.

Two forward passes a parameter would take over half an hour for the notes' own network. But W[l][i,j] acts through
row i of Z[l] alone, and the m examples are apart; so each unit is moved, in all examples at once, and with the slope
φ′ᵢₖ of the loss of example k (see `verify.units.base`)

    ∂J/∂W[l][i,j] = (1/m) Σₖ φ′ᵢₖ·A[l−1][j,k],    ∂J/∂b[l][i] = (1/m) Σₖ φ′ᵢₖ.

φ′ is found twice: by the complex step, whose error has a bound, and by central differences of real passes, whose error
is estimated. Time grows with the units and the layers above them, not with the weights below; memory stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from manual import blocks, deep
from manual.blocks import Cache
from verify.arithmetic.bounds import Bounds, budget
from verify.arithmetic.rounding import unit, up
from verify.datasets import Dataset
from verify.errors import UserError
from verify.network import start, usual
from verify.questions import judged, measure, undecided
from verify.records.discrepancy import Discrepancy
from verify.records.exhaustive import ExhaustiveRecord
from verify.records.verdict import INCONCLUSIVE
from verify.units.base import Base, base
from verify.units.columns import bounded, columns
from verify.units.complex_step import KINKED
from verify.units.elements import SHOWN, Elements
from verify.units.layer import Layer, judge

Array = np.ndarray[Any, Any]
Progress = Callable[[str, int, int], None]


def exhaustive(
    X: Array, Y: Array, parameters: Mapping[str, Array], activations: Sequence[str],
    gradients: Mapping[str, Array] | None = None, *, data: str = "", seed: int = 0, progress: Progress | None = None,
) -> ExhaustiveRecord:  # fmt: skip
    """Judge `gradients` (dW1, db1, …, of J, by the notes' own backward pass where not given), element by element.

    `X: (n[0], m)`, `Y: (n[L], m)` of 0 and 1, `parameters` W1, b1, …, WL, bL in float64; `activations` names g[1] …
    g[L]. J is the mean cross-entropy of A[L], so that g[L] should be the sigmoid. `data` and `seed` go into the record.

    Raises UserError where the network does not fit the data, is empty, or its forward is not finite, and where a
    gradient is missing or has another shape than its parameter.
    """
    at = base(X, Y, parameters, activations, rounded=False)
    mine = _by_hand(at) if gradients is None else _given(at, gradients)
    # One made from these very caches has seen the same Z; one from elsewhere may have seen Z rounded in another order.
    other = None if gradients is None else base(X, Y, parameters, activations, rounded=True)
    dZ, other_dZ = bounded_dZ(at), bounded_dZ(other) if other else {}
    every: list[Elements] = []
    moved = crossed = 0
    for l in range(1, at.depth + 1):
        if progress:
            progress(f"layer {l}", l - 1, at.depth)
        found = columns(at, l)
        moved, crossed = moved + found.kinked.size, crossed + found.crossed
        here = Layer(at.A[l - 1], (found.by_complex_step, found.by_differences), found.kinked, dZ[l])
        elsewhere = _rounded(other, l, other_dZ[l]) if other else None
        for name in (f"dW{l}", f"db{l}"):
            one = Elements(name, l, mine[name].shape, seed)
            judge(one, mine[name], here, elsewhere)
            every.append(one)
    wrong = [row for one in every for row in one.wrong]
    undecided = [row for one in every for row in one.undecided]
    return ExhaustiveRecord(
        layers=(X.shape[0], *(Z.shape[0] for Z in at.Z.values())),
        activations=tuple(activations),
        m=at.m,
        data=data,
        seed=seed,
        columns=moved,
        crossed=crossed,
        tallies=tuple(one.tally() for one in every),
        rows=(*(_forward(at, l, seed) for l in at.Z), *(row for one in every for row in one.rows())),
        wrong=_first(wrong, lambda row: row.used),
        undecided=_first(undecided, lambda row: abs(float(row.mine))),
    )


def _rounded(other: Base, l: int, dZ: Bounds) -> Layer:
    """The same layer of a pass that was rounded in an order of its own: by the bound alone."""
    slopes, kinked = bounded(other, l)
    return Layer(other.A[l - 1], (slopes,), kinked, dZ)


def _forward(at: Base, l: int, seed: int) -> Discrepancy:
    """Is Z[l] what the sums over the examples take it for, W[l] A[l−1] + b[l]? In any order of summation."""
    W, b = at.parameters[f"W{l}"], at.parameters[f"b{l}"]
    want = Bounds.of(W) @ at.A[l - 1] + b
    found = at.Z[l].value
    figures = measure(found, want.value, np.abs(found - want.value), 2 * budget(want), "float64")
    verdict = judged(figures, "float64")
    finding = undecided(figures) if verdict == INCONCLUSIVE else ""
    about = {"layer": l, "seed": seed, "finding": finding, **figures}
    return Discrepancy("exhaustive", f"Z{l}", "agreement", "definition", verdict, **about)


def every_element(dataset: Dataset, sizes: Sequence[int], seed: int) -> ExhaustiveRecord:
    """The network that `verify.network.walk` walks, over the training data, element by element."""
    X, Y, parameters = dataset.X_train, dataset.Y_train, start(sizes, seed)
    return exhaustive(X, Y, parameters, usual(sizes), data=dataset.name, seed=seed)


def _by_hand(at: Base) -> dict[str, Array]:
    """The gradients as the notes have them, from the caches of the base pass."""
    A = [at.X, *(A.value for A in list(at.A.values())[1:])]
    caches = [
        Cache(A[l - 1], at.parameters[f"W{l}"], at.parameters[f"b{l}"], at.Z[l].value, activation)
        for l, activation in enumerate(at.activations, start=1)
    ]
    with np.errstate(all="ignore"):
        return deep.backward_blocks(A[-1], at.Y, caches, sound=at.activations[-1] == "sigmoid")


def _given(at: Base, gradients: Mapping[str, Array]) -> dict[str, Array]:
    wanted = {f"d{name}": np.shape(x) for name, x in at.parameters.items()}
    for name, shape in wanted.items():
        if name not in gradients:
            raise UserError(f"there is no {name} among the gradients; give {', '.join(wanted)}")
        if np.shape(gradients[name]) != shape:
            raise UserError(f"{name} has shape {np.shape(gradients[name])}, but {name[1:]} has shape {shape}")
    return {name: np.asarray(gradients[name], dtype=np.float64) for name in wanted}


def bounded_dZ(at: Base) -> dict[int, Bounds]:
    """dZ[l] of the notes' backward pass on running bounds, wide enough for either of its starts, dA[L] and dZ[L]."""
    L = at.depth
    if at.activations[-1] == "sigmoid":
        dZ_L = blocks.dZ_L(at.A[L], at.Y)
        # Labels are 0 or 1, so of dA[L] one term is left; it, a(1 − a) and their product round six times.
        dZ = {L: Bounds(dZ_L.value, up(dZ_L.err + 8 * unit(dZ_L.value) * np.abs(dZ_L.value)))}
    else:
        dZ = {L: blocks.dZ(blocks.dA_L(at.A[L], at.Y), _one_side(at, L), at.activations[-1])}
    for l in range(L - 1, 0, -1):
        W_next, Z = Bounds.of(at.parameters[f"W{l + 1}"]), _one_side(at, l)
        dZ[l] = blocks.dZ_chain(W_next, dZ[l + 1], Z, at.activations[l - 1])
    return dZ


def _one_side(at: Base, l: int) -> Bounds:
    """Z[l], at an open kink far on the side of the larger slope: that it may be on either is in the oracles' errors."""
    Z = at.Z[l]
    if at.activations[l - 1] not in KINKED:
        return Z
    return Bounds(np.where(np.abs(Z.value) <= Z.err, np.inf, Z.value), Z.err)


def _first(rows: Sequence[Discrepancy], size: Callable[[Discrepancy], float]) -> tuple[Discrepancy, ...]:
    return tuple(sorted(rows, key=lambda row: -size(row))[:SHOWN])
