"""Before anything is timed: the two sides take the same step. A time of something wrong would say nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from benchmarks.loops import eager
from benchmarks.nets import LEARNING_RATE, Net, start
from manual import training
from verify.arithmetic.bounds import Bounds, budget

Array = np.ndarray[Any, Any]
ByHand = Callable[..., Iterator[training.State]]
ByTorch = Callable[..., Iterator[Any]]


class DisagreementError(Exception):
    """Two loops that were to be timed against each other do not do the same."""


def check_step(net: Net, by_hand: ByHand = training.descend, by_torch: ByTorch = eager) -> None:
    """One step in float64: the costs before and after it and the parameters after it, element by element.

    Either side may be off by its running bound, so the two by twice that; and the bound must be narrower than the step
    itself, or a step not taken would not show. In float32 the bounds of large networks are wider than that; there the
    same functions run. Raises DisagreementError.
    """
    X, Y, parameters = start(net, "float64")
    rest = (net.activations, LEARNING_RATE)
    mine = list(islice(by_hand(X, Y, parameters, *rest), 2))
    bounds = {name: Bounds.of(x) for name, x in parameters.items()}
    bounded = list(islice(training.descend(Bounds.of(X), Bounds.of(Y), bounds, *rest), 2))
    # PyTorch's parameters move in place, so a cost is read before the next step.
    loop = by_torch(X, Y, parameters, *rest)
    costs = [next(loop)[0].item()]
    J, moved = next(loop)
    costs.append(J.item())
    for when, cost, state, wide in zip(("before", "after"), costs, mine, bounded, strict=True):
        _compare(net, f"the cost {when} a step", np.asarray(state.J), np.asarray(cost), budget(wide.J))
    if set(mine[1].parameters) != set(moved):
        raise DisagreementError(f"{net.name}: by hand {sorted(mine[1].parameters)} move, in PyTorch {sorted(moved)}")
    for name, x in mine[1].parameters.items():
        limit = budget(bounded[1].parameters[name])
        _compare(net, f"{name} after a step", x, moved[name].detach().numpy(), limit)
        if not 2 * limit.max() < np.abs(x - parameters[name]).max():
            raise DisagreementError(f"{net.name}: {name} moves by less than rounding may; a step not taken would pass")


def check_kind(net: Net, dtype: str, mine: training.State, theirs: dict[str, Any]) -> None:
    """Both sides hold the same names, shapes and dtype while they are timed. Raises DisagreementError."""
    kinds = {name: (x.shape, str(x.dtype)) for name, x in mine.parameters.items()}
    torch_kinds = {name: (tuple(x.shape), str(x.dtype).removeprefix("torch.")) for name, x in theirs.items()}
    if kinds != torch_kinds or {kind for _, kind in kinds.values()} != {dtype}:
        raise DisagreementError(f"{net.name} in {dtype}: by hand {kinds}, in PyTorch {torch_kinds}")


def _compare(net: Net, what: str, mine: Array, theirs: Array, limit: Array) -> None:
    off = np.abs(mine - theirs) if mine.shape == theirs.shape else np.full(mine.shape, np.inf)
    if not (off <= 2 * limit).all():
        at = np.unravel_index(int(np.argmax(np.nan_to_num(off - 2 * limit, nan=np.inf))), off.shape)
        where = f" at {[int(i) for i in at]}" if at else ""
        raise DisagreementError(
            f"{net.name}: {what} is {mine[at]!s}{where} by hand, {theirs[at]!s} by PyTorch; rounding explains "
            f"{2 * limit[at]:.2g} of the difference, so nothing was timed"
        )
