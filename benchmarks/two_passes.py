"""The textbook's gradient check in plain NumPy: every parameter moved up and down, the whole cost taken each time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from benchmarks.problem import Array, Layers, Problem, flat, places
from manual import deep, losses
from verify.peers import course, cs231n
from verify.peers.two_passes import two_passes as moved
from verify.records.verdict import FAIL, PASS


def rules(of: Problem, elements: Array | None) -> dict[str, Callable[[Layers], str]]:
    """The published rules on the same differences, by name, each a judge of gradients.

    The differences of a rule are computed when it first judges.
    """
    asked = np.arange(of.size) if elements is None else elements
    differences = cache(lambda h: two_passes(of, asked, h))

    def pooled(gradients: Layers) -> str:
        mine = flat(of, gradients)
        # What was left out is taken to agree.
        approximate = mine.copy()
        approximate[asked] = differences(course.STEP)
        return PASS if course.accepted(mine, approximate) else FAIL

    def each(limit: float) -> Callable[[Layers], str]:
        def judge(gradients: Layers) -> str:
            mine, theirs = flat(of, gradients)[asked], differences(cs231n.STEP)
            return PASS if cs231n.accepted(mine, theirs, limit) else FAIL

        return judge

    return {
        "the course's": pooled,
        f"cs231n's {cs231n.WRONG:g}": each(cs231n.WRONG),
        f"cs231n's {cs231n.UNCOMFORTABLE:g}": each(cs231n.UNCOMFORTABLE),
    }


def two_passes(of: Problem, elements: Array, h: float) -> Array:
    """(J(θ + h eᵢ) − J(θ − h eᵢ))/2h for every element asked for.

    The cost is the logits form, without the checks of `deep.cost`, which would look at all of X each time.
    """
    parameters = {name: x.copy() for name, x in of.parameters.items()}
    activations, m = of.net.activations, of.X.shape[1]

    def J() -> float:
        _, caches = deep.forward_blocks(of.X, parameters, activations)
        return float(np.sum(losses.cross_entropy_sound(caches[-1].Z, of.Y)) / m)

    return moved(J, list(parameters.values()), h, places(of, elements).values())
