"""The textbook's gradient check in plain NumPy: every parameter moved up and down, the whole cost taken each time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from benchmarks.problem import Array, Layers, Problem, flat, places
from manual import deep, losses
from verify.records import FAIL, PASS

# Andrew Ng's course (Improving Deep Neural Networks, week 1, gradient_check_n): ε = 1e-7, "a mistake" above 2e-7.
COURSE_STEP, COURSE_LIMIT = 1e-7, 2e-7
# cs231n (notes on training, "Gradient checks"): h = 1e-5; a relative error above 1e-2 is "probably wrong", above 1e-4
# "uncomfortable", below it "usually okay for objectives with kinks"; where both are 0 the element passes.
CS231N_STEP, CS231N_WRONG, CS231N_UNCOMFORTABLE = 1e-5, 1e-2, 1e-4


def rules(of: Problem, elements: Array | None) -> dict[str, Callable[[Layers], str]]:
    """The published rules on the same differences, by name, each a judge of gradients.

    The differences of a rule are computed when it first judges.
    """
    asked = np.arange(of.size) if elements is None else elements
    differences = cache(lambda h: two_passes(of, asked, h))

    def course(gradients: Layers) -> str:
        mine = flat(of, gradients)
        # What was left out is taken to agree.
        approximate = mine.copy()
        approximate[asked] = differences(COURSE_STEP)
        size = np.linalg.norm(mine) + np.linalg.norm(approximate)
        return PASS if np.linalg.norm(mine - approximate) <= COURSE_LIMIT * size else FAIL

    def cs231n(limit: float) -> Callable[[Layers], str]:
        def judge(gradients: Layers) -> str:
            mine, theirs = flat(of, gradients)[asked], differences(CS231N_STEP)
            size = np.maximum(np.abs(mine), np.abs(theirs))
            return PASS if (np.abs(mine - theirs) <= limit * size).all() else FAIL

        return judge

    return {
        "the course's": course,
        f"cs231n's {CS231N_WRONG:g}": cs231n(CS231N_WRONG),
        f"cs231n's {CS231N_UNCOMFORTABLE:g}": cs231n(CS231N_UNCOMFORTABLE),
    }


def two_passes(of: Problem, elements: Array, h: float) -> Array:
    """(J(θ + h eᵢ) − J(θ − h eᵢ))/2h for every element asked for.

    The parameter is moved in place, as cs231n does; the course's code copies all parameters for either pass. The cost
    is the logits form, without the checks of `deep.cost`, which would look at all of X each time.
    """
    parameters = {name: x.copy() for name, x in of.parameters.items()}
    activations, m = of.net.activations, of.X.shape[1]

    def J() -> float:
        _, caches = deep.forward_blocks(of.X, parameters, activations)
        return float(np.sum(losses.cross_entropy_sound(caches[-1].Z, of.Y)) / m)

    slopes = []
    for name, positions in places(of, elements).items():
        row = parameters[name].reshape(-1)
        for i in positions:
            was = row[i]
            row[i] = was + h
            above = J()
            row[i] = was - h
            below = J()
            row[i] = was
            slopes.append((above - below) / (2 * h))
    return np.array(slopes)
