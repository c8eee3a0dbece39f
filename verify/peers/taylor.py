"""The Taylor test, as pyadjoint has it: along one direction, |J(θ+εw) − J(θ) − ε⟨g, w⟩| must fall as ε²."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from verify.peers.asked import answer, calls
from verify.problem import Problem

# taylor_test: four steps from 0.01 on, each half of the one before; its users assert that the least rate is above 1.9.
STEPS, RATE = tuple(0.01 / 2**i for i in range(4)), 1.9


def taylor(problem: Problem) -> str:
    return answer(lambda: bool(rate(problem) > RATE))


def rate(problem: Problem) -> Any:
    """The least rate of convergence, in a random direction, always the same."""
    on = calls(problem)
    rng = np.random.default_rng(0)
    w = [rng.standard_normal(x.shape) for x in on.arrays]
    J = on.cost(problem.dout, *on.arrays)
    gradients = on.backward(problem.dout.copy(), *on.arrays)
    slope = sum(np.sum(one * along) for one, along in zip(gradients, w, strict=True))

    def remainder(step: float) -> Any:
        moved = [x + step * along for x, along in zip(on.arrays, w, strict=True)]
        return np.abs(on.cost(problem.dout, *moved) - J - step * slope)

    with np.errstate(all="ignore"):
        found = [remainder(step) for step in STEPS]
        return min(np.log2(first / second) for first, second in pairwise(found))
