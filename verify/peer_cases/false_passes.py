"""Wrong gradients that a peer accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from verify.peer_cases.case import Case
from verify.peer_cases.openmdao import shown
from verify.peers.asked import ACCEPTS, CANNOT, EXTRA, REJECTS

Array = np.ndarray[Any, Any]

SLOW, FAST, JAX, COURSE, TAYLOR = (
    "torch gradcheck", "torch gradcheck, fast", "jax check_grads", "the course's check", "Taylor test",
)  # fmt: skip
# Of a thousand elements the numerical oracles need seconds more.
CERTIFIED = {"oracles": ("certificate", "exact")}
EPSILON = 1e-5  # of PyTorch's batch norm


def false_passes() -> Iterator[Case]:
    """One after another, in the order of the design; the heavy ones are the same at larger sizes."""
    rng = np.random.default_rng(5)
    yield mean(1001, 1)
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    for wrong, factor in (("0", 0.0), ("of the wrong sign", -1.0)):
        yield Case(
            f"1e-6·Σx², by a gradient that is {wrong}", SLOW, False, lambda x: 1e-6 * np.sum(x**2),
            lambda dout, x, factor=factor: factor * 2e-6 * dout * x, {"x": x}, np.array(1.0),
        )  # fmt: skip
    yield Case(
        "batch norm, ε dropped in the backward", SLOW, False, batch_norm, batch_norm_backward,
        {"x": rng.standard_normal((6, 3))},
    )  # fmt: skip
    for n in (32, 64, 256):
        yield Case(
            f"Y = X of {n} × {n}, by dYᵀ", FAST, False, np.copy, lambda dout, x: dout.T.copy(),
            {"x": rng.standard_normal((n, n))}, options=CERTIFIED, heavy=n == 256,
        )  # fmt: skip
    yield Case(
        "Y = X of 16 × 16, one entry of the gradient 0", FAST, False, np.copy, zeroed(0, 0),
        {"x": rng.standard_normal((16, 16))}, options=CERTIFIED,
    )  # fmt: skip
    yield Case(
        "sin of 1001 numbers, by a derivative that is 0", JAX, False, np.sin, lambda dout, x: 0 * dout,
        {"x": rng.standard_normal(1001)}, ask=zero_jvp, options=CERTIFIED,
    )  # fmt: skip
    A = rng.standard_normal((4, 5))
    yield Case(
        "½‖WA‖² + 1e-7·Σb, by db = 0", COURSE, False, lambda W, b: np.sum((W @ A) ** 2) / 2 + 1e-7 * np.sum(b),
        lambda dout, W, b: (dout * (W @ A) @ A.T, 0 * b),
        {"W": rng.standard_normal((3, 4)), "b": rng.standard_normal((3, 1))}, np.array(1.0),
    )  # fmt: skip
    yield Case(
        "Σeˣ, by 1.0001 of its gradient", TAYLOR, False, lambda x: np.sum(np.exp(x)),
        lambda dout, x: 1.0001 * dout * np.exp(x), {"x": np.linspace(-1, 1, 30)}, np.array(1.0),
    )  # fmt: skip
    yield Case(
        "x², by NaN", "OpenMDAO check_partials", False, np.square, lambda dout, x: dout * x * np.nan,
        {"x": rng.standard_normal(3)}, ask=shown,
    )  # fmt: skip
    yield Case(
        "Σx², by NaN", COURSE, False, lambda x: np.sum(x**2), lambda dout, x: dout * x * np.nan,
        {"x": rng.standard_normal(3)}, np.array(1.0),
    )  # fmt: skip


def mean(N: int, off: int) -> Case:
    """Beside 1e5/N gradcheck's atol of 1e-5 is nothing, so its rtol of 1e-3 decides."""
    x = np.random.default_rng(4).standard_normal(N)
    return Case(
        f"1e5 times the mean of N = {N} numbers, by 1/(N−1)", SLOW, False, lambda x: 1e5 * np.mean(x),
        lambda dout, x: 1e5 * dout * np.ones(x.shape) / (x.size - off), {"x": x}, np.array(1.0), options=CERTIFIED,
    )  # fmt: skip


def batch_norm(x: Any) -> Any:
    """(x − μ)/√(σ² + ε), each column over its rows."""
    off = x - np.mean(x, axis=0)
    return off / np.sqrt(np.mean(off**2, axis=0) + EPSILON)


def batch_norm_backward(dout: Any, x: Any) -> Any:
    """The textbook's, with 1/√σ² in place of 1/√(σ² + ε)."""
    off = x - np.mean(x, axis=0)
    scale = 1 / np.sqrt(np.mean(off**2, axis=0))
    hat = off * scale
    return scale * (dout - np.mean(dout, axis=0) - hat * np.mean(dout * hat, axis=0))


def zeroed(i: int, j: int) -> Callable[..., Any]:
    """The backward of Y = X with the entry (i, j) left out."""

    def backward(dout: Any, x: Any) -> Any:
        kept = np.ones(x.shape)
        kept[i, j] = 0
        return dout * kept

    return backward


def zero_jvp(case: Case) -> str:
    """sin in JAX with a forward rule that is 0. In its default float32 the tolerance of n outputs is n·2e-3."""
    if not find_spec("jax"):
        return f"{CANNOT}{EXTRA}"
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    with jax.enable_x64(False):
        sin = jax.custom_jvp(jnp.sin)
        sin.defjvp(lambda primals, tangents: (jnp.sin(*primals), jnp.zeros_like(*tangents)))
        try:
            check_grads(sin, (jnp.asarray(case.inputs["x"]),), order=1, modes=["fwd"])
        except AssertionError:
            return REJECTS
        return ACCEPTS
