"""cs231n's check: the relative error of each element (the notes on training, "Gradient checks")."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.peers.asked import answer, calls
from verify.peers.two_passes import both
from verify.problem import Problem

Array = np.ndarray[Any, Any]

# h = 1e-5; above 1e-2 "the gradient is probably wrong", above 1e-4 "uncomfortable", below it "usually okay for
# objectives with kinks", and only 1e-7 and less should make one happy. The one verdict among these is the first.
STEP, WRONG, UNCOMFORTABLE = 1e-5, 1e-2, 1e-4


def cs231n(problem: Problem) -> str:
    """Every element by two passes; rejected where one of them is "probably wrong"."""
    return answer(lambda: accepted(*both(problem, calls(problem), STEP), WRONG))


def accepted(mine: Array, theirs: Array, limit: float) -> bool:
    """|mine − theirs|/max(|mine|, |theirs|) is at most the limit everywhere; where both are 0 an element passes.

    >>> accepted(np.array([1.0, 0.0]), np.array([1.001, 0.0]), WRONG)
    True
    >>> accepted(np.array([1.0, 1e-9]), np.array([1.0, 0.0]), WRONG)
    False
    """
    return bool((np.abs(mine - theirs) <= limit * np.maximum(np.abs(mine), np.abs(theirs))).all())
