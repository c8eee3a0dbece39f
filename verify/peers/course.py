"""The course's check: all parameters in one vector, one relative norm (Improving Deep Neural Networks, week 1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.peers.asked import answer, calls
from verify.peers.two_passes import both
from verify.problem import Problem

Array = np.ndarray[Any, Any]

# gradient_check_n: ε = 1e-7. Older notebooks find a mistake above 1e-7, the newer ones above 2e-7, which is taken here.
STEP, LIMIT = 1e-7, 2e-7


def course(problem: Problem) -> str:
    """Every element by two passes; then the verdict on all of them together."""
    return answer(lambda: accepted(*both(problem, calls(problem), STEP)))


def accepted(mine: Array, theirs: Array) -> bool:
    """‖mine − theirs‖/(‖mine‖ + ‖theirs‖), a mistake where it is above the limit: so the notebook words it.

    >>> one = np.array([1.0, 1e-8])
    >>> accepted(one, one), accepted(one, np.array([1.0, 0.0])), accepted(one, 1.001 * one)
    (True, True, False)
    """
    with np.errstate(all="ignore"):
        difference = np.linalg.norm(mine - theirs) / (np.linalg.norm(mine) + np.linalg.norm(theirs))
    return not difference > LIMIT
