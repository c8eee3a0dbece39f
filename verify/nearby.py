"""Does a gradient that is not PyTorch's at some inputs become so as soon as they move?

At a kink both may be right, each with its own choice of slope. Where the functions run on exact numbers the certificate
knows the set of all choices. Where they do not, a kink is told by this: it lies on inputs of measure 0, so that at
inputs about it, moved at random, there is none, and two right gradients agree; a wrong one goes on being wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from verify.definitions import agreement
from verify.oracles.autograd import autograd
from verify.oracles.estimate import Estimate
from verify.problem import Problem, cast, floating
from verify.records import FAIL, PASS
from verify.runs import run

# All numbers are multiplied by about this: moved far beyond rounding, and too little to leave the branch that they are
# on; then out of any saturation, in which nothing is told.
FACTORS = (1 - 2.0**-9, 0.5, 2.0**-4, 2.0**-8)
ASIDE = 2.0**-9  # of the median size, by which a zero is moved, and a number beside that


def agrees_nearby(problem: Problem, dtype: str, name: str) -> bool:
    """Whether d`name` agrees with autograd of the reference at inputs about the problem's: at one, and nowhere not."""
    said = [_said(replace(problem, inputs=_moved(problem.inputs, f)), dtype, name) for f in FACTORS]
    return PASS in said and FAIL not in said


def _said(problem: Problem, dtype: str, name: str) -> str:
    def backward(dout: Any, **inputs: Any) -> dict[str, Any]:
        return {f"d{k}": gradient for k, gradient in problem.backward(dout, **inputs).items()}

    assert problem.reference is not None
    mine = run(backward, {"dout": problem.dout, **problem.inputs}, dtype, exactly=False)
    given, dout = cast(problem.inputs, dtype), problem.dout.astype(dtype)
    theirs = autograd(problem.reference, given, (name,), dout, problem.averages.get(name, 1), seed=problem.seed)
    one = Estimate({f"d{name}": theirs.gradients[name]}, {f"d{name}": theirs.errors[name]}, {}, theirs.notes)
    return agreement(mine, one, f"d{name}", dtype, False, formula="", oracle="autograd").verdict


def _moved(inputs: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """Every number nearer to 0, by a share of its own beside the factor, so that none leaves a domain; zeros off it."""
    rng = np.random.default_rng(41)

    def one(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: one(v) for key, v in value.items()}
        if not floating(value):
            return value
        x = np.asarray(value)
        sizes = np.abs(x[x != 0])
        off = rng.choice([-1.0, 1.0], x.shape) * (np.median(sizes) if sizes.size else 1.0)
        share = ASIDE * rng.uniform(0.5, 1.0, x.shape)
        return np.where(x == 0, off * share, factor * x * (1 - share)).astype(x.dtype)

    return {name: one(value) for name, value in inputs.items()}
