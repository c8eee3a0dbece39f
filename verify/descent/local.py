"""Both gradients, and both steps, at the very same parameters: their distance in units of what rounding can do.

The running bound of each side is that of its own order of operations: the notes divide by m in dW and db, autograd of
J divides first, in dZ[L]. So the bound is rigorous for either, and a distance beyond both together is a difference of
formulas. At its kink a ReLU has every slope between its two: there the bound lets either side choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from manual import blocks, deep
from manual.blocks import Cache
from reference_torch import deep as definitions
from reference_torch import training as steps
from verify.arithmetic.bounds import Bounds, budget
from verify.arithmetic.rounding import eta
from verify.descent.settings import Settings
from verify.descent.sides import Point, Step
from verify.oracles.definition import tensor
from verify.problem import lift
from verify.questions import judged, measure, undecided, unexcused
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy

Array = np.ndarray[Any, Any]
Named = Mapping[str, Any]


def compared(X: Array, Y: Array, here: Point, chosen: Settings, step: Step) -> list[Discrepancy]:
    """A row for each dW[l] and db[l] at the parameters of the side by hand, and for each W[l] and b[l] a step later."""
    rate = chosen.learning_rate
    rows = []
    with np.errstate(all="ignore"):
        mine = deep.backward_blocks(here.AL, Y, here.caches, sound=True)
        theirs = autograd(X, Y, here.parameters, chosen.activations)
        bounds = bounded(X, Y, here.parameters, chosen)
        moved = step(here.parameters, mine, rate)
        theirs_moved = steps.descent(tensor(here.parameters), {k: torch.from_numpy(v) for k, v in theirs.items()}, rate)
        for name, start in here.parameters.items():
            grad = f"d{name}"
            limit = budget(bounds[0][grad]) + budget(bounds[1][grad])
            rows.append(_row(grad, mine[grad], theirs[grad], mine[grad] - theirs[grad], limit, chosen.seed))
            by_hand, by_torch = (budget(Bounds.of(start) - rate * side[grad]) for side in bounds)
            end, other = moved[name], theirs_moved[name].numpy()
            # Judged by what the step moves: beside the parameter itself a step that is a little off would not show.
            rows.append(_row(name, end - start, other - start, end - other, by_hand + by_torch, chosen.seed))
    return rows


def autograd(X: Array, Y: Array, parameters: Named, activations: Sequence[str]) -> dict[str, Array]:
    """PyTorch's dW and db at these parameters: autograd of J."""
    leaves = {name: value.requires_grad_() for name, value in tensor(parameters).items()}
    J = definitions.cost(tensor(X), tensor(Y), leaves, activations)
    found = torch.autograd.grad(J, list(leaves.values()))
    return {f"d{name}": value.numpy() for name, value in zip(leaves, found, strict=True)}


def bounded(X: Array, Y: Array, parameters: Named, chosen: Settings) -> tuple[Named, Named]:
    """dW and db on running bounds, in the order of the notes and in that of autograd."""
    AL, caches = deep.forward_blocks(Bounds.of(X), lift(parameters, Bounds.of), chosen.by_hand)
    if chosen.kink == "right":
        caches = [replace(cache, Z=_either_side(cache.Z)) for cache in caches]
    return deep.backward_blocks(AL, Y, caches, sound=True), autograd_order(AL, Y, caches)


def autograd_order(AL: Any, Y: Any, caches: Sequence[Cache]) -> dict[str, Any]:
    """The same chain, 1/m taken first: every dZ is that of J. Divided by m, or multiplied by a rounded 1/m."""
    m = Y.shape[1]
    dZ = blocks.dZ_L(AL, Y) * Bounds.of(np.float64(1 / m), err=np.finfo(np.float64).eps / m)
    grads: dict[str, Any] = {}
    for l in range(len(caches), 0, -1):
        cache = caches[l - 1]
        grads |= {f"dW{l}": dZ @ cache.A_prev.T, f"db{l}": np.sum(dZ, axis=1, keepdims=True)}
        if l > 1:
            below = caches[l - 2]
            dZ = blocks.dZ(blocks.dA_prev(cache.W, dZ), below.Z, below.activation)
    return grads


def _either_side(Z: Bounds) -> Bounds:
    """Z, of which an exact 0 may lie on either side of a kink: PyTorch takes one slope there, the notes the other."""
    return Bounds(Z.value, np.maximum(Z.err, eta(Z.value)))


def _row(name: str, mine: Array, want: Array, apart: Array, limit: Array, seed: int) -> Discrepancy:
    error, limit = unexcused(mine, want, np.abs(apart), limit)
    figures = measure(mine, want, error, limit, "float64")
    verdict = judged(figures, "float64")
    return Discrepancy(
        formula="training", quantity=name, layer=int(name.lstrip("dWb")), question="agreement", oracle="autograd",
        verdict=verdict, finding=undecided(figures) if verdict == INCONCLUSIVE else "", convention="J", seed=seed,
        **figures,
    )  # fmt: skip


def worst(found: Mapping[int, Sequence[Discrepancy]]) -> list[Discrepancy]:
    """One row a quantity: the worst over the checkpoints (`found` by iteration). Any fail fails; a pass decides."""
    rows: dict[str, list[tuple[int, Discrepancy]]] = {}
    for iteration, at in found.items():
        for row in at:
            rows.setdefault(row.quantity, []).append((iteration, row))
    return [_worst(several) for several in rows.values()]


def _worst(rows: Sequence[tuple[int, Discrepancy]]) -> Discrepancy:
    verdicts = [row.verdict for _, row in rows]
    verdict = FAIL if FAIL in verdicts else PASS if PASS in verdicts else INCONCLUSIVE
    iteration, shown = max(((i, row) for i, row in rows if row.verdict == verdict), key=lambda pair: _rank(pair[1]))
    open_ = verdicts.count(INCONCLUSIVE)
    finding = shown.finding
    if open_ and verdict != INCONCLUSIVE:
        first = next(i for i, row in rows if row.verdict == INCONCLUSIVE)
        finding = f"undecided at {open_} of {len(rows)} checkpoints, the first at iteration {first}"
    return replace(
        shown, case=f"iteration {iteration}", finding=finding, compared=sum(row.compared for _, row in rows),
        skipped=sum(row.skipped for _, row in rows),
    )  # fmt: skip


def _rank(row: Discrepancy) -> float:
    """By the use of the budget; what has none comes last."""
    return row.used if row.used >= 0 else -1.0
