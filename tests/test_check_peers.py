"""The cases that other gradient checkers get wrong (DESIGN, "What the peers do, and where they fail")."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handgrad import check
from tests.own_pairs import (
    A_PREV,
    X9,
    Array,
    B,
    Forward,
    W,
    changed,
    looped,
    normal,
    only,
    product,
    product_backward,
    said,
    tanh_backward,
)
from verify.cases import upstream
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS


def batch_norm(x: Any) -> Any:
    mean = x.mean(axis=0)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(axis=0) + 1e-5)


def batch_norm_backward(epsilon: float) -> Forward:
    def backward(dout: Any, x: Any) -> Any:
        mean = x.mean(axis=0)
        scale = np.sqrt(((x - mean) ** 2).mean(axis=0) + epsilon)
        normed = (x - mean) / scale
        return (dout - dout.mean(axis=0) - normed * (dout * normed).mean(axis=0)) / scale

    return backward


def variance(x: Any) -> Any:
    return np.mean((x - x.mean()) ** 2)


def biased(W: Any, b: Any) -> Any:
    return W @ np.ones((4, 1)) + 1e-7 * b


# --- what the peers let pass ------------------------------------------------------------------------------------------
FALSE_PASSES: dict[str, tuple[Forward, Forward, Forward, dict[str, Array]]] = {
    "1/(N−1) for 1/N in a mean of 1001": (
        np.mean, lambda d, x: np.full(x.shape, d / x.size), lambda d, x: np.full(x.shape, d / (x.size - 1)),
        {"x": normal(1001)},
    ),
    "1/(N−1) for 1/N in a variance of 1001": (
        variance, lambda d, x: d * 2 / x.size * (x - x.mean()), lambda d, x: d * 2 / (x.size - 1) * (x - x.mean()),
        {"x": normal(1001)},
    ),
    "a zero gradient of 1e-6 Σx²": (
        lambda x: 1e-6 * np.sum(x**2), lambda d, x: 2e-6 * d * x, lambda d, x: np.zeros(x.shape), {"x": X9},
    ),
    "a flipped sign in 1e-6 Σx²": (
        lambda x: 1e-6 * np.sum(x**2), lambda d, x: 2e-6 * d * x, lambda d, x: -2e-6 * d * x, {"x": X9},
    ),
    "a dropped batch-norm epsilon": (
        batch_norm, batch_norm_backward(1e-5), batch_norm_backward(0), {"x": normal(6, 4)},
    ),
    "a transposed gradient of the identity at 16": (
        lambda x: 1.0 * x, lambda d, x: d, lambda d, x: d.T, {"x": normal(16, 16)},
    ),
    "a transposed gradient of the identity at 32": (
        lambda x: 1.0 * x, lambda d, x: d, lambda d, x: d.T, {"x": normal(32, 32)},
    ),
    "one zeroed entry of 16×16": (
        np.sin, lambda d, x: d * np.cos(x), changed(lambda d, x: d * np.cos(x), (3, 5), 0.0), {"x": normal(16, 16)},
    ),
    "a zero gradient of 1000 sines": (
        np.sin, lambda d, x: d * np.cos(x), lambda d, x: np.zeros(x.shape), {"x": normal(1000)},
    ),
    "a zeroed bias gradient of scale 1e-7": (
        biased, lambda d, W, b: (d @ np.ones((1, 4)), 1e-7 * d), lambda d, W, b: (d @ np.ones((1, 4)), 0 * b),
        {"W": W, "b": B},
    ),
    "a factor 1.0001": (np.tanh, tanh_backward, lambda d, x: 1.0001 * tanh_backward(d, x), {"x": X9}),
    "one part in 1e12 in one element": (np.tanh, tanh_backward, changed(tanh_backward, (4,), 1 + 1e-12), {"x": X9}),
    "one part in 1e12 in one element of 1000": (
        np.sin, lambda d, x: d * np.cos(x), changed(lambda d, x: d * np.cos(x), (777,), 1 + 1e-12),
        {"x": normal(1000)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE_PASSES)
def test_a_wrong_gradient_that_other_checkers_let_pass_is_caught_and_the_right_one_accepted(name: str) -> None:
    forward, right, wrong, inputs = FALSE_PASSES[name]
    # Numerical oracles are slow on tensors this large, and the certificate must do without them.
    oracles = ["certificate", "exact"] if max(x.size for x in inputs.values()) > 100 else None
    refuted = check(forward, wrong, inputs, oracles=oracles)
    assert refuted.verdict == FAIL
    # Exact against exact: no budget or step takes part in it.
    assert only(refuted, oracle="certificate", verdict=FAIL)
    assert check(forward, right, inputs, oracles=oracles).verdict == PASS


def test_on_a_large_tensor_every_oracle_accepts_what_is_right_and_says_what_it_left_out() -> None:
    # On a busy machine the time of a user who is waited for may not be enough for 400 elements each.
    report = check(np.sin, lambda d, x: d * np.cos(x), {"x": normal(1100)}, seconds=600)
    assert [row.verdict for row in report.rows] == [PASS] * 4
    assert [row.compared for row in report.rows] == [3, 400, 400, 1100]
    assert "compared along 3 random directions" in only(report, oracle="certificate")[0].finding
    for oracle in ("complex step", "differences"):
        (row,) = only(report, oracle=oracle)
        assert row.skipped == 700
        assert "700 of 1100 elements skipped" in row.finding


@pytest.mark.parametrize("backward", [lambda d, x: d * np.nan, changed(tanh_backward, (2,), np.nan)])
def test_a_nan_in_the_gradient_is_a_fail_and_not_an_element_left_out(backward: Forward) -> None:
    report = check(np.tanh, backward, {"x": X9})
    assert report.verdict == FAIL
    assert not only(report, oracle="certificate", verdict=PASS)


def test_a_nan_of_the_arithmetic_alone_is_a_fail_that_leaves_the_formula_right() -> None:
    def backward(dout: Any, x: Any) -> Any:
        a = np.exp(x) / (1 + np.exp(x))
        return dout * a * (1 - a)

    report = check(lambda x: 1 / (1 + np.exp(-x)), backward, {"x": np.array([1.0, 800.0])})
    assert report.verdict == FAIL
    assert {row.question for row in only(report, verdict=FAIL)} == {"arithmetic"}
    assert "nan at [1]" in only(report, question="arithmetic")[0].finding


@settings(max_examples=15)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**20), st.integers(0, 50))
def test_one_part_in_a_million_million_in_any_one_element_of_any_product_is_seen(
    n: int, p: int, m: int, seed: int, bits: int
) -> None:
    inputs = {"W": normal(n, p, seed=seed), "x": normal(p, m, seed=seed + 1)}
    assert check(product, product_backward, inputs, oracles=["certificate"]).verdict == PASS
    at = (seed % n, seed % p)

    def wrong(dout: Any, W: Any, x: Any) -> Any:
        dW = (dout @ x.T).copy()
        dW[at] = dW[at] * (1 + 2.0**-bits)
        return dW, W.T @ dout

    report = check(product, wrong, inputs, oracles=["certificate"], source=False)
    assert [(row.quantity, row.verdict) for row in report.rows] == [("dW", FAIL), ("dx", PASS)]


# --- what the peers accuse wrongly ------------------------------------------------------------------------------------
TIE = {"x": np.array([1.0, 1.0, 1.0, 1.0, 0.0])}
AT_ZERO = {"x": np.array([0.0, 1.0, -2.0])}


def relu_with(slope: float) -> Forward:
    return lambda d, x: d * np.where(x > 0, 1.0, np.where(x < 0, 0.0, slope))


def float32(*arrays: Array) -> list[Array]:
    return [a.astype(np.float32) for a in arrays]


RIGHT: dict[str, tuple[Forward, Forward, dict[str, Array]]] = {
    "x² at 1e8 and beyond": (lambda x: x**2, lambda d, x: 2 * d * x, {"x": np.array([1e8, -3e9, 1e12, 1e100])}),
    "log at 1e-5": (np.log, lambda d, x: d / x, {"x": np.array([1e-5])}),
    "log at 1e-300": (np.log, lambda d, x: d / x, {"x": np.array([1e-300])}),
    "log at both": (np.log, lambda d, x: d / x, {"x": np.array([1e-5, 1e-300, 0.3])}),
    "a loss offset by 1e8": (lambda x: np.sum(x**2) + 1e8, lambda d, x: 2 * d * x, {"x": X9}),
    "relu(0) with slope 0": (lambda x: np.maximum(x, 0), relu_with(0.0), AT_ZERO),
    "relu(0) with slope 1": (lambda x: np.maximum(x, 0), relu_with(1.0), AT_ZERO),
    "relu(0) with slope 1/2": (lambda x: np.maximum(x, 0), relu_with(0.5), AT_ZERO),
    "a 4-way tie shared": (np.max, lambda d, x: d * (x == np.max(x)) / 4, TIE),
    "a 4-way tie to the first": (np.max, lambda d, x: d * np.array([1.0, 0, 0, 0, 0]), TIE),
    "float32 linear": (product, product_backward, dict(zip("Wx", float32(W, A_PREV), strict=True))),
    "linear": (product, product_backward, {"W": W, "x": A_PREV}),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_gradient_that_other_checkers_accuse_passes(name: str) -> None:
    report = check(*RIGHT[name])
    assert report.verdict == PASS
    assert not only(report, verdict=FAIL)


@pytest.mark.parametrize("factor", [1.0, 5.0])
@pytest.mark.parametrize(
    "case",
    [
        (lambda x: np.maximum(x, 0), relu_with(0.0), {"x": -np.abs(X9)}),
        (lambda x, z: np.tanh(x), lambda d, x, z: (tanh_backward(d, x), np.zeros(z.shape)), {"x": X9, "z": X9}),
        (lambda x: x**2, lambda d, x: 2 * d * x, {"x": np.zeros(3)}),
    ],
)
def test_where_the_gradient_is_0_a_factor_would_not_show_and_nothing_is_decided(case: Any, factor: float) -> None:
    forward, backward, inputs = case

    def times(dout: Any, *given: Any) -> Any:
        found = backward(dout, *given)
        return (*found[:-1], factor * found[-1]) if isinstance(found, tuple) else factor * found

    report = check(forward, times, inputs)
    assert report.verdict == INCONCLUSIVE
    assert any("the gradient is 0 everywhere here" in row.finding for row in report.rows)


@pytest.mark.parametrize("slope", [2.0, -0.1, 1 + 2.0**-40])
def test_a_slope_outside_the_set_at_a_kink_would_pass_if_kinks_were_left_out(slope: float) -> None:
    report = check(lambda x: np.maximum(x, 0), relu_with(slope), AT_ZERO)
    assert report.verdict == FAIL
    (row,) = only(report, oracle="certificate")
    assert (row.verdict, row.at) == (FAIL, "[0]")
    assert "subgradient: maximum at [0]" in row.finding


def test_a_tie_whose_shares_do_not_sum_to_one_fails() -> None:
    assert check(np.max, lambda d, x: d * (x == np.max(x)), TIE).verdict == FAIL


def relu_net(W1: Any, b1: Any, W2: Any, b2: Any, X: Any) -> Any:
    return W2 @ np.maximum(0, W1 @ X + b1) + b2


def relu_net_backward(dout: Any, W1: Any, b1: Any, W2: Any, b2: Any, X: Any) -> Any:
    Z = W1 @ X + b1
    dZ = W2.T @ dout * (Z > 0)
    return (
        dZ @ X.T, dZ.sum(axis=1, keepdims=True), dout @ np.maximum(0, Z).T, dout.sum(axis=1, keepdims=True), W1.T @ dZ,
    )  # fmt: skip


def test_twenty_correct_relu_nets_of_which_other_checkers_accuse_one_all_pass() -> None:
    shapes = {"W1": (4, 3), "b1": (4, 1), "W2": (2, 4), "b2": (2, 1), "X": (3, 3)}
    for seed in range(20):
        inputs = {name: normal(*shape, seed=seed) for name, shape in shapes.items()}
        assert check(relu_net, relu_net_backward, inputs).verdict == PASS, seed


SCALED: dict[str, tuple[Forward, Forward, dict[str, Array]]] = {
    "right": (np.tanh, tanh_backward, {"x": X9}),
    "wrong": (np.tanh, changed(tanh_backward, (4,), 1 + 1e-9), {"x": X9}),
    "by loops": (product, looped, {"W": normal(2, 3), "x": normal(3, 1)}),
    "by loops, wrong": (
        product, lambda d, W, x: (1.001 * looped(d, W, x)[0], looped(d, W, x)[1]),
        {"W": normal(2, 3), "x": normal(3, 1)},
    ),
    "at a kink": (lambda x: np.maximum(x, 0), relu_with(1.0), AT_ZERO),
}  # fmt: skip


@pytest.mark.parametrize("power", [-20, 20])
@pytest.mark.parametrize("name", SCALED)
def test_a_verdict_that_hangs_on_the_units_of_the_loss_would_rest_on_a_tolerance(name: str, power: int) -> None:
    forward, backward, inputs = SCALED[name]
    scale = 2.0**power
    plain = said(check(forward, backward, inputs))
    dout = upstream(np.shape(forward(*inputs.values())), 0)
    assert said(check(forward, backward, inputs, dout=scale * dout)) == plain
    loss = check(lambda *x: scale * forward(*x), lambda dout, *x: backward(scale * dout, *x), inputs)
    assert said(loss) == plain
