"""jax.test_util.check_grads on the cost in JAX, with the gradient by hand as its backward. An optional peer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.problem import Array, Layers, Problem
from verify.peers.check_grads import accepted
from verify.records.verdict import FAIL, PASS


def check_grads(of: Problem, elements: Array | None) -> dict[str, Callable[[Layers], str]]:
    """One random direction of all parameters together, in float64, whatever elements are asked for."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    g = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}
    X, Y = jnp.asarray(of.X), jnp.asarray(of.Y)
    *hidden, _ = of.net.activations

    def cost(*parameters: Any) -> Any:
        A, Ws, bs = X, parameters[::2], parameters[1::2]
        for W, b, activation in zip(Ws, bs, hidden, strict=False):
            A = g[activation](W @ A + b)
        Z = Ws[-1] @ A + bs[-1]
        return jnp.mean(jnp.logaddexp(0, Z) - Y * Z)

    parameters = [jnp.asarray(x) for x in of.parameters.values()]

    def judge(gradients: Layers) -> str:
        given = [jnp.asarray(gradients[f"d{name}"]) for name in of.parameters]
        return PASS if accepted(cost, lambda dJ, *_: (dJ * x for x in given), parameters) else FAIL

    return {"": judge}
