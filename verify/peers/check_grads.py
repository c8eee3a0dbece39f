"""jax.test_util.check_grads of a function whose backward is written by hand. All arguments are its defaults.

A rule with a backward of its own has no forward mode, so modes=["rev"]. JAX is optional, and taken in float64. The
formulas get its arrays as they are, since check_grads compiles nothing; by pure_callback the verdicts are the same, but
each call would first compile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from verify.peers.asked import CANNOT, EXTRA, answer, calls
from verify.problem import Problem


def check_grads(problem: Problem) -> str:
    """One random direction of all inputs together, and one of the output."""
    return answer(lambda: _judged(problem)) if find_spec("jax") else f"{CANNOT}{EXTRA}"


def accepted(forward: Callable[..., Any], backward: Callable[..., Iterable[Any]], inputs: Sequence[Any]) -> bool:
    """Whether check_grads accepts `backward(dout, *inputs)` as the gradient of `forward(*inputs)`."""
    import jax
    from jax.test_util import check_grads

    function = jax.custom_vjp(forward)
    function.defvjp(lambda *moved: (forward(*moved), moved), lambda moved, dout: tuple(backward(dout, *moved)))
    try:
        check_grads(function, tuple(inputs), order=1, modes=["rev"])
    except AssertionError:
        return False
    return True


def _judged(problem: Problem) -> bool:
    import jax
    import jax.numpy as jnp

    on = calls(problem)
    with jax.enable_x64(True):
        return accepted(
            lambda *inputs: jnp.asarray(on.forward(*map(np.array, inputs))),
            lambda dout, *inputs: map(jnp.asarray, on.backward(*map(np.array, (dout, *inputs)))),
            [jnp.asarray(x) for x in on.arrays],
        )
