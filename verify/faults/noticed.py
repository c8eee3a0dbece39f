"""The smallest relative error that is noticed, in one element of a gradient: against its size, and the precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from verify.cases import draw, upstream
from verify.derivative import judge
from verify.faults.score import Peers
from verify.problem import Problem
from verify.records.experiment import Experiment, Series, Statistic
from verify.records.verdict import FAIL, PASS
from verify.setting import Setting

SIZES = (2, 4, 8, 16, 32)
# Who is asked, in which precisions: exact values know none, the numerical oracles work in float64.
ORACLES = {
    "certificate": ("float64",), "autograd": ("float64", "float32"), "complex step": ("float64",),
    "differences": ("float64",),
}  # fmt: skip
FINEST = 52  # 1 + 2⁻⁵² is the next number after 1 in float64
ROUNDING = 50  # smaller ones are what rounding makes of a constant, two units in the last place: no fault

STATEMENT = """dW = dZ A_prevᵀ of a layer with n = p = m, whose largest element is wrong by a relative 2⁻ᵏ.

The largest k at which it is noticed is found by halving. The certificate must notice 2⁻⁵⁰ at every size: below lies
what rounding makes of a constant. Other people's checks are asked with their own defaults, in float64. In float32
autograd alone is asked: exact values know no precision, and the numerical oracles work in float64. 1: not even an error
of a half.
"""


def noticed(peers: Peers, seed: int = 0) -> Experiment:
    """What every oracle and peer notices at every size, as an experiment: who sees what, and the lines of it."""
    lines = {
        (name, dtype): _errors(partial(_oracle, name, dtype), seed)
        for name, dtypes in ORACLES.items()
        for dtype in dtypes
    }
    others = {name: _errors(partial(_peer, peer), seed) for name, peer in peers.items()}
    least = max(lines["certificate", "float64"])
    verdict = PASS if least <= 2.0**-ROUNDING else FAIL
    found = Statistic("the certificate's, at every size", f"{least:.1e}", f"{2.0**-ROUNDING:.1e}", verdict)
    series = [_series(name, dtype, errors) for (name, dtype), errors in lines.items()]
    series += [_series(name, "float64", errors) for name, errors in others.items() if any(e < 1 for e in errors)]
    return Experiment(
        "deep.dW", "The smallest relative error that is noticed", STATEMENT, (found,), found.verdict,
        "n = p = m", "relative error of one element", "xy", tuple(series),
    )  # fmt: skip


def _series(name: str, dtype: str, errors: list[float]) -> Series:
    return Series(name, tuple(map(float, SIZES)), tuple(errors), panel=dtype, quantity="error")


def _errors(notices: Callable[[int, int, int], bool], seed: int) -> list[float]:
    """For each size the smallest error 2⁻ᵏ with notices(n, k, seed)."""
    return [2.0 ** -_finest(lambda k, n=n: notices(n, k, seed)) for n in SIZES]  # type: ignore[misc]


def _finest(notices: Callable[[int], bool]) -> int:
    """The largest k ≤ FINEST with notices(k), by halving; 0 where not even an error of 1/2 is noticed."""
    low, high = 0, FINEST + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if notices(middle) else (low, middle)
    return low


def _problem(n: int, k: int | None, seed: int) -> Problem:
    """The layer; with k its dW has one element wrong by 2⁻ᵏ."""
    rng = np.random.default_rng([seed, n])
    inputs = {name: draw(None, (n, n), rng) for name in ("W", "A_prev")}
    dout = upstream((n, n), seed)
    factors = np.ones((n, n))
    if k is not None:
        right = dout @ inputs["A_prev"].T
        factors[np.unravel_index(np.argmax(np.abs(right)), right.shape)] += 2.0**-k

    def forward(W: Any, A_prev: Any) -> Any:
        return W @ A_prev

    def backward(dout: Any, W: Any, A_prev: Any) -> Mapping[str, Any]:
        return {"W": (dout @ A_prev.T) * factors.astype(dout.dtype)}

    return Problem("deep.dW", forward, backward, inputs, ("W",), dout, reference=forward, seed=seed)


def _oracle(name: str, dtype: str, n: int, k: int, seed: int) -> bool:
    setting = Setting(dtypes=(dtype,), oracles=frozenset({name}))
    return any(row.verdict == FAIL and row.oracle == name for row in judge(_problem(n, k, seed), setting))


def _peer(peer: Callable[[Problem], str], n: int, k: int, seed: int) -> bool:
    """One that rejects the right gradient too notices nothing: it would reject anything."""
    return peer(_problem(n, k, seed)) == "rejects" and peer(_problem(n, None, seed)) == "accepts"
