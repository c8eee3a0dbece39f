"""Random deep networks by the notes' blocks: forward, backward, and the definition in PyTorch, as one `Problem`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from manual import blocks, deep
from manual.activations import ACTIVATIONS
from verify.arithmetic.balls import Balls
from verify.campaign.numbers import numbers
from verify.cases import upstream
from verify.problem import FLOATS, Problem

Array = np.ndarray[Any, Any]
Rng = np.random.Generator

DEPTH, WIDTH, EXAMPLES = 6, 8, 9
ELEMENTS = 60  # of all W together, so that no problem takes long; deeper networks are narrower


def sizes(rng: Rng) -> tuple[int, ...]:
    """n[0], …, n[L]: depth 1 to 6, widths 1 to 8."""
    while True:
        L = int(rng.integers(1, DEPTH + 1))
        n = rng.integers(1, rng.integers(2, WIDTH + 2), L + 1)
        if int(np.sum(n[1:] * n[:-1])) <= ELEMENTS:
            return tuple(map(int, n))


def names(rng: Rng, L: int) -> tuple[str, ...]:
    """g[1], …, g[L], of any kind."""
    return tuple(str(one) for one in rng.choice(list(ACTIVATIONS), L))


def layers(rng: Rng, n: Sequence[int], regime: str, dtype: str) -> dict[str, Array]:
    """W1, b1, …; a third of the networks have b = 0, and a tenth a dead layer."""
    found: dict[str, Array] = {}
    biased, dead = rng.random() < 2 / 3, int(rng.integers(1, 10 * len(n)))
    for l in range(1, len(n)):
        found[f"W{l}"] = numbers(rng, (n[l], n[l - 1]), regime, dtype) * (l != dead)
        found[f"b{l}"] = numbers(rng, (n[l], 1), regime, dtype) * biased
    return found


def network(rng: Rng, regime: str, dtype: str, seed: int) -> Problem:
    """Σ dout∗A[L] differentiated in every W[l], b[l] and X. dW and db carry the notes' 1/m."""
    n, m = sizes(rng), int(rng.integers(1, EXAMPLES + 1))
    activations = names(rng, len(n) - 1)
    L, parameters = len(activations), layers(rng, n, regime, dtype)
    inputs = {"X": numbers(rng, (n[0], m), regime, dtype), **parameters}

    def forward(X: Any, **parameters: Any) -> Any:
        return deep.forward_blocks(X, parameters, activations)[0]

    def backward(dout: Any, X: Any, **parameters: Any) -> dict[str, Any]:
        _, caches = deep.forward_blocks(X, parameters, activations)
        dA, found = dout, {}
        for l in range(L, 0, -1):
            dA, found[f"W{l}"], found[f"b{l}"] = blocks.block_backward(dA, caches[l - 1])
        return {"X": dA, **found}

    def reference(X: Any, **parameters: Any) -> Any:
        from reference_torch import deep as definitions

        return definitions.forward(X, parameters, activations)[f"A{L}"]

    dout = upstream((n[-1], m), seed)
    if regime in ("scaled", "mixed") and rng.random() < 0.5:
        dout = numbers(rng, dout.shape, "scaled", dtype)
    return Problem(
        formula="-".join(map(str, n)) + " " + " ".join(activations),
        forward=forward,
        backward=backward,
        inputs=inputs,
        wrt=tuple(inputs),
        dout=dout,
        averages=dict.fromkeys(parameters, m),
        reference=reference,
        case=regime,
        typical=regime == "plain",
        inside={d: holds(inputs, dout, activations, d) for d in FLOATS},
        seed=seed,
    )


def holds(inputs: Mapping[str, Any], dout: Array, activations: Sequence[str], dtype: str) -> bool:
    """The declared float domain of a pass: no sum of magnitudes on the way exceeds the largest float of the precision.

    Beyond it a float pass may give infinity, or NaN where an infinity meets a 0, and no code could help it.
    """
    largest = float(np.finfo(dtype).max)
    with np.errstate(all="ignore"):
        inputs = {k: np.asarray(x).astype(dtype).astype(np.float64) for k, x in inputs.items()}
        if not all(np.isfinite(x).all() for x in inputs.values()):
            return False
    A, sums = abs(Balls.of(inputs["X"])), []
    kept = [A]
    for l in range(1, len(activations) + 1):
        Z = abs(Balls.of(inputs[f"W{l}"])) @ A + abs(Balls.of(inputs[f"b{l}"]))
        sums.append(Z)
        # σ and tanh are at most 1; the others at most |z|.
        A = Balls.of(np.ones(Z.shape)) if activations[l - 1] in ("sigmoid", "tanh") else Z
        kept.append(A)
    dZ = abs(Balls.of(dout))  # no g′ exceeds 1
    for l in range(len(activations), 0, -1):
        sums += [dZ @ kept[l - 1].T, dZ.sum(axis=1)]
        dZ = abs(Balls.of(inputs[f"W{l}"])).T @ dZ
        sums.append(dZ)
    return all(bool(np.all(s.upper() < largest)) for s in sums)
