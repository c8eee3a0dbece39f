"""Both costs, gradients and steps at the very same parameters: their distance in units of what rounding can do.

The running bound of each side is that of its own order of operations: the notes divide by m in dW and db, autograd of
J divides first, in dZ[L]. So the bound is rigorous for either, and a distance beyond both together is a difference of
formulas. At its kink a ReLU has every slope between its two: there the bound lets either side choose, for no bound of a
product is 0 (what underflow may lose is in it), so that an exact Z = 0 may lie on either side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import torch

from manual import blocks, deep, losses
from manual.blocks import Cache
from reference_torch import deep as definitions
from reference_torch import training as steps
from verify.arithmetic.bounds import Bounds, budget
from verify.descent.settings import Settings
from verify.descent.sides import Point, Step
from verify.oracles.definition import tensor
from verify.problem import lift
from verify.questions import BLIND, judged, measure, undecided, unexcused
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

Array = np.ndarray[Any, Any]
Named = Mapping[str, Any]


def compared(X: Array, Y: Array, here: Point, chosen: Settings, step: Step) -> list[Discrepancy]:
    """A row for J and each dW[l] and db[l] at the parameters of the side by hand, and each W[l], b[l] a step later."""
    rate = chosen.learning_rate
    with np.errstate(all="ignore"):
        mine = deep.backward_blocks(here.AL, Y, here.caches, sound=True)
        J, theirs = autograd(X, Y, here.parameters, chosen.activations)
        bounds = bounded(X, Y, here.parameters, chosen)
        costs = np.asarray(here.J), np.asarray(J)
        rows = [_row("J", *costs, costs[0] - costs[1], _limit(bounds[0]["J"]) + _limit(bounds[1]["J"]), chosen.seed)]
        moved = step(here.parameters, mine, rate)
        theirs_moved = steps.descent(tensor(here.parameters), {k: torch.from_numpy(v) for k, v in theirs.items()}, rate)
        for name, start in here.parameters.items():
            grad = f"d{name}"
            limit = _limit(bounds[0][grad]) + _limit(bounds[1][grad])
            rows.append(_row(grad, mine[grad], theirs[grad], mine[grad] - theirs[grad], limit, chosen.seed))
            by_hand, by_torch = (_limit(Bounds.of(start) - rate * side[grad]) for side in bounds)
            end, other = moved[name], theirs_moved[name].numpy()
            # Judged by what the step moves: beside the parameter itself a step that is a little off would not show.
            rows.append(_row(name, end - start, other - start, end - other, by_hand + by_torch, chosen.seed))
    return rows


def _limit(bounded: Any) -> Array:
    """What rounding may have done; nothing to a result that no input touched, which is a plain array."""
    return budget(bounded) if isinstance(bounded, Bounds) else np.zeros(np.shape(bounded))


def autograd(X: Array, Y: Array, parameters: Named, activations: Sequence[str]) -> tuple[float, dict[str, Array]]:
    """PyTorch's J at these parameters, and its dW and db: autograd of J."""
    leaves = {name: value.requires_grad_() for name, value in tensor(parameters).items()}
    J = definitions.cost(tensor(X), tensor(Y), leaves, activations)
    found = torch.autograd.grad(J, list(leaves.values()))
    return J.item(), {f"d{name}": value.numpy() for name, value in zip(leaves, found, strict=True)}


def bounded(X: Array, Y: Array, parameters: Named, chosen: Settings) -> tuple[Named, Named]:
    """J, dW and db on running bounds, in the order of the notes and in that of PyTorch."""
    AL, caches = deep.forward_blocks(Bounds.of(X), lift(parameters, Bounds.of), chosen.by_hand)
    ZL = caches[-1].Z
    J = np.sum(losses.cross_entropy_sound(ZL, Y)) / Y.shape[1]
    return (
        {**deep.backward_blocks(AL, Y, caches, sound=True), "J": J},
        {**autograd_order(AL, Y, caches), "J": torch_cost(ZL, Y)},
    )


def torch_cost(Z: Any, Y: Any) -> Any:
    """J in the order of binary_cross_entropy_with_logits: the mean of (1 − y)z − log σ(z)."""
    log_sigmoid = np.minimum(Z, 0) - np.log1p(np.exp(-np.abs(Z)))
    return np.sum((1 - Y) * Z - log_sigmoid) / Y.shape[1]


def autograd_order(AL: Any, Y: Any, caches: Sequence[Cache]) -> dict[str, Any]:
    """The same chain, 1/m taken first: every dZ is that of J. Divided by m, or multiplied by a rounded 1/m."""
    m = Y.shape[1]
    dZ = blocks.dZ_L(AL, Y) * Bounds.of(np.float64(1 / m), err=np.finfo(np.float64).eps / m)
    grads: dict[str, Any] = {}
    for l in range(len(caches), 0, -1):
        cache = caches[l - 1]
        if l < len(caches):
            dZ = blocks.dZ(blocks.dA_prev(caches[l].W, dZ), cache.Z, cache.activation)
        grads |= {f"dW{l}": dZ @ cache.A_prev.T, f"db{l}": np.sum(dZ, axis=1, keepdims=True)}
    return grads


def _row(name: str, mine: Array, want: Array, apart: Array, limit: Array, seed: int) -> Discrepancy:
    error, limit = unexcused(mine, want, np.abs(apart), limit)
    figures = measure(mine, want, error, limit, "float64")
    verdict, finding = judged(figures, "float64"), ""
    # An element that a kink leaves a wide bound is passed over; if it is within it, and the others decide.
    blurred = limit > BLIND["float64"] * np.max(np.abs(want), where=np.isfinite(want), initial=0.0)
    if verdict == INCONCLUSIVE and blurred.any() and not blurred.all():
        others = measure(mine, want, error, np.where(blurred, inf, limit), "float64")
        if judged(others, "float64") == PASS:
            figures, verdict = others, PASS
            finding = f"{int(blurred.sum())} of {blurred.size} elements have too wide a bound, such as at a kink"
    if verdict == INCONCLUSIVE:
        finding = undecided(figures)
    layer = "".join(filter(str.isdigit, name))
    return Discrepancy(
        formula="training", quantity=name, layer=int(layer) if layer else None,
        question="agreement", oracle="definition" if name == "J" else "autograd", verdict=verdict, finding=finding,
        convention="J", seed=seed, **figures,
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
    return row.used if row.used >= 0 else -inf
