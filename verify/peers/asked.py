"""How a peer is asked: the problem as plain calls on arrays, and what may come back.

Memory is shared where its user would share it, so a formula that overwrites its arguments is seen by a peer as it would
be; the problem itself is left as it is.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.problem import Problem

Array = np.ndarray[Any, Any]

ACCEPTS, REJECTS, CANNOT = "accepts", "rejects", "cannot run: "
EXTRA = "not installed: pip install 'handgrad[peers]'"


@dataclass(frozen=True)
class Calls:
    """The arrays that are differentiated, and forward and backward as functions of them alone, in the same order.

    `backward(dout, *arrays)` gives true derivatives of Σ dout∗out: what carries the notes' 1/m is multiplied by its m.
    """

    arrays: tuple[Array, ...]
    forward: Callable[..., Array]
    backward: Callable[..., list[Array]]

    def cost(self, dout: Array, *arrays: Array) -> Any:
        """Σ dout∗out, a number."""
        return np.sum(dout * self.forward(*arrays))


def calls(of: Problem) -> Calls:
    """On copies of the inputs, in their own precision."""
    kept = copy.deepcopy(dict(of.inputs))

    def given(arrays: tuple[Array, ...]) -> dict[str, Any]:
        return {**kept, **dict(zip(of.wrt, arrays, strict=True))}

    def backward(dout: Array, *arrays: Array) -> list[Array]:
        found = of.backward(dout, **given(arrays))
        return [np.asarray(found[name]) * of.averages.get(name, 1) for name in of.wrt]

    return Calls(
        tuple(np.array(of.inputs[name], order="C") for name in of.wrt),
        lambda *arrays: np.asarray(of.forward(**given(arrays))),
        backward,
    )


def answer(accepted: Callable[[], bool]) -> str:
    """What a peer says: accepts, rejects, or cannot run with the reason, where it or the formulas raised.

    >>> answer(lambda: True), answer(lambda: bool(np.linalg.norm(np.ones(2)) < 1))
    ('accepts', 'rejects')
    >>> answer(lambda: {}["dW"])
    "cannot run: KeyError: 'dW'"
    """
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ACCEPTS if accepted() else REJECTS
    except Exception as error:  # a wrong formula may raise anything, and a peer too
        said = str(error).strip().partition("\n")[0]
        return f"{CANNOT}{type(error).__name__}: {said}"
