"""`handgrad.check`, as its users call it: right gradients pass, wrong ones fail, and what cannot be told is a sentence.

First come the cases that other gradient checkers get wrong (DESIGN, "What the peers do, and where they fail").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from handgrad import check
from reports.report import GradientError, Report
from verify.cases import upstream
from verify.errors import UserError
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy

Array = np.ndarray[Any, Any]
Forward = Callable[..., Any]


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


X9 = normal(9)
W, A_PREV, B = normal(3, 4), normal(4, 5), normal(3, 1)
AFFINE = {"W": W, "A_prev": A_PREV, "b": B}


def only(report: Report, **wanted: Any) -> list[Discrepancy]:
    """The rows with these fields."""
    return [row for row in report.rows if all(getattr(row, k) == v for k, v in wanted.items())]


def said(report: Report) -> list[tuple[str, str, str, str]]:
    """What every row says, without its figures and findings."""
    return [(row.quantity, row.question, row.oracle, row.verdict) for row in report.rows]


def refuse(match: str, *args: Any, **kwargs: Any) -> None:
    """The call must be refused in one sentence."""
    with pytest.raises(UserError, match=match) as raised:
        check(*args, **kwargs)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300


# --- functions in the styles that are found in the wild ---------------------------------------------------------------
def tanh_backward(dout: Any, x: Any) -> Any:
    return dout * (1 - np.tanh(x) ** 2)


def product_backward(dout: Any, W: Any, x: Any) -> Any:
    return dout @ x.T, W.T @ dout


def product(W: Any, x: Any) -> Any:
    return W @ x


def affine_forward(W: Any, A_prev: Any, b: Any) -> Any:
    return np.dot(W, A_prev) + b, (W, A_prev, b)


def affine_backward(dout: Any, cache: Any) -> Any:
    W, A_prev, _ = cache
    return dout @ A_prev.T, W.T @ dout, dout.sum(axis=1, keepdims=True)


def linear_backward(dZ: Any, cache: Any) -> Any:
    """The course's, with 1/m in dW and db."""
    W, A_prev, _ = cache
    m = A_prev.shape[1]
    return 1 / m * np.dot(dZ, A_prev.T), np.dot(W.T, dZ), 1 / m * np.sum(dZ, axis=1, keepdims=True)


def named(prefix: str) -> Forward:
    """affine_backward, by name."""
    return lambda dout, cache: dict(zip((f"{prefix}{k}" for k in AFFINE), affine_backward(dout, cache), strict=True))


def softmax_loss(x: Any, y: Any) -> Any:
    N = x.shape[0]
    shifted = x - np.max(x, axis=1, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    dx = np.exp(log_probs)
    dx[np.arange(N), y] -= 1
    return -np.sum(log_probs[np.arange(N), y]) / N, dx / N


def wrong_softmax_loss(x: Any, y: Any) -> Any:
    loss, dx = softmax_loss(x, y)
    return loss, dx * 1.001


SCORES, LABELS = normal(5, 3), np.array([0, 2, 1, 1, 0])


def relu_forward(Z: Any) -> Any:
    return np.maximum(0, Z), Z


def relu_backward(dA: Any, cache: Any) -> Any:
    dZ = np.array(dA, copy=True)
    dZ[cache <= 0] = 0
    return dZ


def looped(dout: Any, W: Any, x: Any) -> Any:
    """The gradients of W @ x by loops into np.zeros, where balls do not go."""
    dW, dx = np.zeros(W.shape), np.zeros(x.shape)
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            for k in range(x.shape[1]):
                dW[i, j] += dout[i, k] * x[j, k]
                dx[j, k] += dout[i, k] * W[i, j]
    return dW, dx


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


def changed(backward: Forward, at: tuple[int, ...], by: float) -> Forward:
    """One element of a bare gradient times `by`."""

    def wrong(dout: Any, *inputs: Any) -> Any:
        found = backward(dout, *inputs).copy()
        found[at] = found[at] * by
        return found

    return wrong


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


# --- the styles -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("forward", "backward", "inputs", "more"),
    [
        pytest.param(affine_forward, affine_backward, AFFINE, {}, id="(dout, cache) and a tuple"),
        pytest.param(affine_forward, named("d"), AFFINE, {}, id="a dict by dW"),
        pytest.param(affine_forward, named(""), AFFINE, {}, id="a dict by W"),
        pytest.param(product, product_backward, {"W": W, "x": A_PREV}, {}, id="(dout, *inputs)"),
        pytest.param(product, lambda d, W, x: [d @ x.T, W.T @ d], {"W": W, "x": A_PREV}, {}, id="a list"),
        pytest.param(np.tanh, tanh_backward, {"x": X9}, {}, id="one bare array"),
        pytest.param(np.tanh, lambda d, x: (tanh_backward(d, x),), {"x": X9}, {}, id="a tuple of one"),
        pytest.param(lambda x: x * x, lambda d, x: 2 * d * x, {"x": 1.5}, {}, id="a number"),
        pytest.param(relu_forward, relu_backward, {"Z": SCORES}, {"returns": "out, cache"}, id="relu_backward"),
        pytest.param(softmax_loss, None, {"x": SCORES}, {"constants": {"y": LABELS}, "loss": True}, id="softmax_loss"),
        pytest.param(
            softmax_loss, None, {"x": SCORES, "y": LABELS}, {"wrt": ["x"], "loss": True}, id="labels among the inputs"
        ),
        pytest.param(
            softmax_loss, None, {"x": SCORES}, {"constants": {"labels": LABELS}, "loss": True},
            id="constants by place",
        ),
        pytest.param(
            lambda k, x: x**k, lambda dout, x, k: k * dout * x ** (k - 1), {"x": X9}, {"constants": {"k": 3}},
            id="constants by keyword",
        ),
    ],
)  # fmt: skip
def test_a_style_of_writing_that_is_not_understood_would_shut_its_users_out(
    forward: Forward, backward: Forward | None, inputs: dict[str, Any], more: dict[str, Any]
) -> None:
    report = check(forward, backward, inputs, **more)
    assert report.verdict == PASS
    wanted = more.get("wrt", inputs)
    assert {row.quantity for row in report.rows} == {f"d{name}" for name in wanted}
    assert {row.oracle for row in report.rows} == {"certificate", "complex step", "differences", "exact"}


def test_a_wrong_gradient_inside_a_loss_fails() -> None:
    report = check(wrong_softmax_loss, None, {"x": SCORES}, constants={"y": LABELS}, loss=True)
    assert report.verdict == FAIL


def test_relu_backward_that_keeps_the_wrong_half_fails() -> None:
    def wrong(dA: Any, cache: Any) -> Any:
        dZ = np.array(dA, copy=True)
        dZ[cache > 0] = 0
        return dZ

    assert check(relu_forward, wrong, {"Z": SCORES}, returns="out, cache").verdict == FAIL


def test_a_gradient_that_is_none_or_not_asked_for_is_left_out_and_the_others_still_judged() -> None:
    inputs = {"W": W, "x": A_PREV}
    nothing = check(product, lambda d, W, x: (d @ x.T, None), inputs)
    assert (nothing.verdict, {row.quantity for row in nothing.rows}) == (PASS, {"dW"})
    half = check(product, lambda d, W, x: (d @ x.T, 0 * x), inputs, wrt=["W"])
    assert (half.verdict, {row.quantity for row in half.rows}) == (PASS, {"dW"})
    assert check(product, lambda d, W, x: (d @ x.T, 0 * x), inputs, wrt=["x"]).verdict == FAIL
    alone = check(product, lambda d, W, x: W.T @ d, inputs, wrt=["x"])
    assert (alone.verdict, {row.quantity for row in alone.rows}) == (PASS, {"dx"})


def test_gradients_in_another_order_than_that_of_the_inputs_fail_by_shape() -> None:
    report = check(product, lambda d, W, x: (W.T @ d, d @ x.T), {"W": W, "x": A_PREV})
    assert report.verdict == FAIL
    assert {row.oracle for row in report.rows} == {"shapes"}
    assert {row.finding for row in report.rows} == {
        "dW has shape (4, 5), but W has shape (3, 4)", "dx has shape (3, 4), but x has shape (4, 5)",
    }  # fmt: skip


@pytest.mark.parametrize("given", ["inputs", "dtype"])
def test_float32_is_judged_by_what_float32_can_do(given: str) -> None:
    x = X9.astype(np.float32)
    more: dict[str, Any] = {} if given == "inputs" else {"dtype": "float32"}
    report = check(np.tanh, tanh_backward, {"x": x if given == "inputs" else x.astype(np.float64)}, **more)
    (row,) = only(report, question="arithmetic")
    assert report.verdict == PASS
    assert (row.dtype, row.finding) == ("float32", "")
    # A float32 result cannot be within a float64 budget of the exact one: it has errors, and they are float32's.
    assert row.max_abs > 2.0**-40
    assert row.budget > 2.0**-40
    wider = check(np.tanh, lambda d, x: tanh_backward(d, x) * np.ones(9), {"x": x})
    assert "widened: dx came back as float64" in only(wider, question="arithmetic")[0].finding
    double = check(np.tanh, tanh_backward, {"x": X9})
    assert only(double, question="arithmetic")[0].dtype == "float64"
    assert only(double, question="arithmetic")[0].budget < 2.0**-40


def test_a_wrong_forward_with_a_gradient_to_match_is_seen_by_the_reference_alone() -> None:
    def forward(x: Any) -> Any:
        return np.tanh(0.5 * x)

    def backward(dout: Any, x: Any) -> Any:
        return 0.5 * dout * (1 - np.tanh(0.5 * x) ** 2)

    assert check(forward, backward, {"x": X9}).verdict == PASS
    report = check(forward, backward, {"x": X9}, reference=torch.tanh)
    assert report.verdict == FAIL
    assert only(report, quantity="forward", oracle="definition", verdict=FAIL)
    assert only(report, quantity="dx", oracle="autograd", verdict=FAIL)
    right = check(np.tanh, tanh_backward, {"x": X9}, reference=torch.tanh)
    assert right.verdict == PASS
    assert only(right, oracle="definition", verdict=PASS)
    assert only(right, oracle="autograd", question="agreement", verdict=PASS)


def test_a_reference_is_given_the_constants_as_tensors_after_the_inputs() -> None:
    report = check(
        softmax_loss, None, {"x": SCORES}, constants={"y": LABELS}, loss=True,
        reference=torch.nn.functional.cross_entropy,
    )  # fmt: skip
    assert report.verdict == PASS
    assert only(report, oracle="autograd", verdict=PASS)
    assert check(
        wrong_softmax_loss, None, {"x": SCORES}, constants={"y": LABELS}, loss=True, oracles=["autograd"],
        reference=torch.nn.functional.cross_entropy,
    ).verdict == FAIL  # fmt: skip


# --- conventions ------------------------------------------------------------------------------------------------------
def test_gradients_divided_by_m_are_neither_accused_nor_excused_before_the_convention_is_told() -> None:
    refuse(
        r"dW and db are the derivatives of .* divided by m = 5, .*; give convention='notes' if .*, and "
        r"convention='sum' if not",
        affine_forward, linear_backward, AFFINE,
    )  # fmt: skip
    notes = check(affine_forward, linear_backward, AFFINE, convention="notes")
    assert notes.verdict == PASS
    assert all("dW and db carry 1/m (m = 5" in row.convention for row in notes.rows)
    summed = check(affine_forward, linear_backward, AFFINE, convention="sum")
    assert {row.quantity for row in only(summed, verdict=FAIL)} == {"dW", "db"}
    assert all(row.convention == "every gradient is the derivative of Σ dout∗out" for row in summed.rows)


def test_gradients_of_the_sum_pass_as_such_and_fail_as_those_of_the_mean() -> None:
    assert check(affine_forward, affine_backward, AFFINE).verdict == PASS
    assert check(affine_forward, affine_backward, AFFINE, convention="sum").verdict == PASS
    notes = check(affine_forward, affine_backward, AFFINE, convention="notes")
    assert {row.quantity for row in only(notes, verdict=FAIL)} == {"dW", "db"}


@pytest.mark.parametrize(
    ("dW", "db"), [(1 / 5, 1.0), (1.0, 1 / 5), (1 / 25, 1 / 25), (1 / 4, 1 / 4)], ids=["dW", "db", "twice", "m − 1"]
)
@pytest.mark.parametrize("convention", [None, "notes", "sum"])
def test_an_average_that_no_convention_knows_fails_under_each(dW: float, db: float, convention: str | None) -> None:
    def backward(dout: Any, cache: Any) -> Any:
        found = affine_backward(dout, cache)
        return dW * found[0], found[1], db * found[2]

    assert check(affine_forward, backward, AFFINE, convention=convention).verdict == FAIL


def test_with_one_example_the_conventions_are_the_same() -> None:
    inputs = {"W": W, "A_prev": normal(4, 1), "b": B}
    for convention in (None, "sum", "notes"):
        assert check(affine_forward, linear_backward, inputs, convention=convention).verdict == PASS


# --- loops, and functions that write into what they are given ---------------------------------------------------------
def test_loops_into_plain_zeros_are_judged_by_numerical_oracles_and_the_others_say_why_not() -> None:
    inputs = {"W": W, "x": A_PREV}
    report = check(product, looped, inputs)
    assert report.verdict == PASS
    for quantity in ("dW", "dx"):
        assert only(report, quantity=quantity, oracle="differences", verdict=PASS)
        for oracle in ("certificate", "exact"):
            (row,) = only(report, quantity=quantity, oracle=oracle)
            assert (row.verdict, row.compared) == (INCONCLUSIVE, 0)
            assert row.finding.startswith("not run: ")
    wrong = check(product, lambda d, W, x: (1.001 * looped(d, W, x)[0], looped(d, W, x)[1]), inputs)
    assert {row.quantity for row in only(wrong, verdict=FAIL)} == {"dW"}
    assert only(wrong, oracle="differences", verdict=FAIL)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_a_nan_an_infinity_or_a_zero_in_one_element_of_a_loop_is_a_fail_and_not_an_element_left_out(
    value: float,
) -> None:
    def wrong(dout: Any, W: Any, x: Any) -> Any:
        dW, dx = looped(dout, W, x)
        dx[2, 3] = value
        return dW, dx

    assert {row.quantity for row in only(check(product, wrong, {"W": W, "x": A_PREV}), verdict=FAIL)} == {"dx"}


def overwrites_dout(dout: Any, x: Any) -> Any:
    dout *= 1 - np.tanh(x) ** 2
    return dout


def overwrites_input(dout: Any, x: Any) -> Any:
    x[:] = 1 - np.tanh(x) ** 2
    return dout * x


def overwriting_tanh(x: Any) -> Any:
    x[:] = np.tanh(x)
    return x


@pytest.mark.parametrize(
    ("forward", "backward", "finding"),
    [
        (np.tanh, overwrites_dout, "backward overwrites the upstream gradient"),
        (np.tanh, overwrites_input, "backward overwrites x"),
        (overwriting_tanh, tanh_backward, "forward overwrites x"),
    ],
)
@pytest.mark.parametrize("factor", [1.0, 1.001])
def test_writing_into_what_was_given_is_named_and_changes_no_verdict(
    forward: Forward, backward: Forward, finding: str, factor: float
) -> None:
    plain = check(np.tanh, lambda d, x: factor * tanh_backward(d, x), {"x": X9})
    report = check(forward, lambda d, x: factor * backward(d, x), {"x": X9})
    assert report.verdict == plain.verdict == (PASS if factor == 1 else FAIL)
    assert said(report) == said(plain)
    assert [row.finding for row in only(report, question="arithmetic")] == [finding]
    assert not any("overwrites" in row.finding for row in plain.rows)


def test_the_callers_own_arrays_are_never_changed() -> None:
    def forward(x: Any, labels: Any, scale: Any) -> Any:
        x *= 2
        labels[:] = 0
        scale[:] = 3
        return scale * x

    def backward(dout: Any, x: Any, labels: Any, scale: Any) -> Any:
        x[:] = 0
        labels[:] = 9
        scale[:] = 0
        dout *= 6
        return dout, None

    given = {"x": X9.copy(), "labels": np.arange(9)}
    scale, dout = np.ones(9), np.arange(9.0)
    report = check(forward, backward, given, constants={"scale": scale}, dout=dout)
    assert report.verdict == PASS
    assert np.array_equal(given["x"], X9)
    assert np.array_equal(given["labels"], np.arange(9))
    assert np.array_equal(scale, np.ones(9))
    assert np.array_equal(dout, np.arange(9.0))


def dropped(draw: Callable[..., Any]) -> Forward:
    """Dropout with its mask in the cache; `draw(shape)` gives numbers between 0 and 1."""

    def forward(x: Any) -> Any:
        mask = (draw(x.shape) < 0.5) / 0.5
        return x * mask, (mask,)

    return forward


def test_a_right_dropout_is_not_accused_and_a_wrong_one_is_and_the_callers_draws_go_on_as_before() -> None:
    forward = dropped(np.random.random_sample)
    before = np.random.get_state()  # noqa: NPY002
    assert check(forward, lambda dout, cache: dout * cache[0], {"x": X9}).verdict == PASS
    assert check(forward, lambda dout, cache: dout * cache[0] / 2, {"x": X9}).verdict == FAIL
    after = np.random.get_state()  # noqa: NPY002
    assert repr(before) == repr(after)
    given = check(
        lambda x, rng: dropped(rng.random)(x), lambda dout, cache: dout * cache[0], {"x": X9},
        constants={"rng": np.random.default_rng(1)},
    )  # fmt: skip
    assert given.verdict == PASS


def test_a_forward_that_draws_from_a_generator_of_its_own_is_refused_and_not_judged() -> None:
    refuse(
        r"forward gave two results for the same inputs, .*; draw them outside and give them as a constant, or seed",
        dropped(np.random.default_rng(3).random), lambda dout, cache: dout * cache[0], {"x": X9},
    )  # fmt: skip


# --- dout, domain, oracles, seconds, seed -----------------------------------------------------------------------------
def test_the_upstream_gradient_that_is_given_is_the_one_that_is_used() -> None:
    def wrong(dout: Any, x: Any) -> Any:
        return dout * np.where(np.arange(9) == 3, 3.0, 2.0)

    for i, verdict in ((0, PASS), (3, FAIL)):
        dout = np.zeros(9)
        dout[i] = 1
        assert check(lambda x: 2 * x, wrong, {"x": X9}, dout=dout, oracles=["certificate"]).verdict == verdict
    assert check(lambda x: 2 * x, wrong, {"x": X9}).verdict == FAIL


def test_without_dout_a_gradient_that_ones_would_excuse_is_caught() -> None:
    def softmax(x: Any) -> Any:
        e = np.exp(x)
        return e / np.sum(e)

    def right(dout: Any, x: Any) -> Any:
        p = softmax(x)
        return p * (dout - np.sum(dout * p))

    zero = check(softmax, lambda dout, x: 0 * dout * x, {"x": X9})
    assert (check(softmax, right, {"x": X9}).verdict, zero.verdict) == (PASS, FAIL)


def test_no_step_leaves_the_domain_that_is_given() -> None:
    def least(domain: Any) -> float:
        seen = []

        def forward(x: Any) -> Any:
            if isinstance(x, np.ndarray) and x.dtype == np.float64:
                seen.append(float(x.min()))
            return x**2

        report = check(forward, lambda d, x: 2 * d * x, {"x": np.array([1e-7, 0.3])}, domain=domain)
        assert report.verdict == PASS
        return min(seen)

    assert least({"x": (0, np.inf)}) > 0
    assert least(None) < 0


def test_where_an_input_lies_outside_its_domain_differences_say_so() -> None:
    report = check(np.log, lambda d, x: d / x, {"x": np.array([0.5])}, domain={"x": (1, 2)})
    (row,) = only(report, oracle="differences")
    assert row.verdict == INCONCLUSIVE
    assert "on the edge of its domain, or outside" in row.finding


@pytest.mark.parametrize("oracle", ["certificate", "exact", "complex step", "differences"])
def test_only_the_oracles_that_are_named_are_asked(oracle: str) -> None:
    report = check(np.tanh, tanh_backward, {"x": X9}, oracles=[oracle])
    assert {row.oracle for row in report.rows} == {oracle}
    # That the arithmetic holds says nothing about the formula.
    assert report.verdict == (INCONCLUSIVE if oracle == "exact" else PASS)
    wrong = check(np.tanh, lambda d, x: 1.001 * tanh_backward(d, x), {"x": X9}, oracles=[oracle])
    assert wrong.verdict == (INCONCLUSIVE if oracle == "exact" else FAIL)


def test_what_is_not_reached_in_time_is_inconclusive_and_never_a_pass() -> None:
    report = check(product, looped, {"W": W, "x": A_PREV}, seconds=1e-9)
    assert report.verdict == INCONCLUSIVE
    assert {row.verdict for row in report.rows} == {INCONCLUSIVE}
    for oracle in ("complex step", "differences"):
        assert {row.finding for row in only(report, oracle=oracle)} == {"not run: the time is up"}
    assert check(product, looped, {"W": W, "x": A_PREV}, seconds=600).verdict == PASS


def test_the_same_seed_gives_the_same_rows_and_another_another_upstream_gradient() -> None:
    first, again, other = (check(np.tanh, tanh_backward, {"x": X9}, seed=seed).rows for seed in (3, 3, 4))
    assert repr(first) == repr(again)
    assert {row.seed for row in other} == {4}
    assert all(a.mine != b.mine for a, b in zip(first, other, strict=True))


# --- what comes back --------------------------------------------------------------------------------------------------
def test_a_failing_report_says_so_in_every_way_it_has() -> None:
    def backward(dout: Any, x: Any) -> Any:
        return dout * (1 - np.tanh(x))

    report = check(np.tanh, backward, {"x": X9})
    assert (report.verdict, report.passed) == (FAIL, False)
    first = report.first_fault
    assert first is not None
    assert (first.formula, first.quantity, first.question, first.case) == ("backward", "dx", "formula", "given")
    text = str(report)
    assert "FAIL backward dx: certificate, is it right? (float64, given)" in text
    with pytest.raises(GradientError, match="FAIL backward dx"):
        report.raise_if_failed()
    with pytest.raises(TypeError, match=r"report\.passed"):
        bool(report)
    assert report.frame["verdict"].iloc[0] == FAIL
    assert report.seconds > 0


def test_the_line_that_shows_a_failure_again_shows_it_again() -> None:
    forward, inputs = np.tanh, {"x": X9}

    def backward(dout: Any, x: Any) -> Any:
        return dout * (1 - np.tanh(x))

    lines = [line.strip() for line in str(check(forward, backward, inputs, seed=5)).splitlines()]
    (again,) = [line.removeprefix("again: ") for line in lines if line.startswith("again: ")]
    same = again.replace("...", "forward, backward, inputs")
    (row,) = eval(same, {"check": check, "forward": forward, "backward": backward, "inputs": inputs}).rows
    assert (row.quantity, row.verdict, row.seed) == ("dx", FAIL, 5)
    assert f"at {row.at}, mine {row.mine}, want {row.want}" in " ".join(lines)


def test_a_passing_report_raises_nothing_and_prints_no_failure() -> None:
    report = check(np.tanh, tanh_backward, {"x": X9})
    assert (report.verdict, report.passed, report.first_fault) == (PASS, True, None)
    report.raise_if_failed()
    assert "FAIL" not in str(report)
    assert "again:" not in str(report)


# --- what cannot be told, or used -------------------------------------------------------------------------------------
NAN, INFINITE = X9.copy(), SCORES.copy()
NAN[3], INFINITE[2, 1] = np.nan, -np.inf


@pytest.mark.parametrize(
    ("match", "inputs"),
    [
        (r"inputs is missing; give the arrays by name, .* inputs=\{'W': W, 'x': x\}", None),
        (r"inputs is missing", {}),
        (r"x holds nan at \[3\]; give finite numbers", {"x": NAN}),
        (r"x holds -inf at \[2, 1\]; give finite numbers", {"x": INFINITE}),
        (
            r"no input is a floating array, .*: x is an array of int64; give NumPy arrays of float64",
            {"x": np.arange(9)},
        ),
        (r"no input is a floating array", {"x": [1.0, 2.0]}),
        (r"no input is a floating array", {"x": X9 + 0j}),
        (r"x has shape \(3, 0\), which holds no element; give at least one example", {"x": np.zeros((3, 0))}),
        (
            r"the inputs are of dtypes float32, float64; give dtype='float64' or dtype='float32'",
            {"x": X9, "z": X9.astype(np.float32)},
        ),
        (r"the inputs are of dtypes float16; give dtype=", {"x": X9.astype(np.float16)}),
    ],
)
def test_inputs_that_cannot_be_differentiated_are_one_sentence(match: str, inputs: dict[str, Any] | None) -> None:
    refuse(match, np.tanh, tanh_backward, inputs)


def test_mixed_precisions_are_judged_in_the_one_that_is_given() -> None:
    inputs = {"x": X9, "z": normal(9, seed=1).astype(np.float32)}
    for dtype in ("float64", "float32"):
        report = check(lambda x, z: x * z, lambda d, x, z: (d * z, d * x), inputs, dtype=dtype)
        assert report.verdict == PASS
        assert {row.dtype for row in only(report, question="arithmetic")} == {dtype}


@pytest.mark.parametrize(
    ("match", "more"),
    [
        (
            r"no oracle is called 'certificat' \(did you mean 'certificate'\?\); there are 'certificate', 'proof', ",
            {"oracles": ["certificat"]},
        ),
        (r"no oracle is called 'guess'; there are ", {"oracles": ["certificate", "guess"]}),
        (r"no floating input is called 'X_train' \(did you mean 'x_train'\?\)", {"wrt": ["X_train"]}),
        (r"no input is called 'y'; there are 'x_train'", {"domain": {"y": (0, 1)}}),
        (
            r"no convention is called 'note' \(did you mean 'notes'\?\); there are 'sum', 'notes'",
            {"convention": "note"},
        ),
        (
            r"no value of returns is called 'out,cache' \(did you mean 'out, cache'\?\); there are 'out', 'out, cache'",
            {"returns": "out,cache"},
        ),
        (
            r"no dtype is called 'float16' \(did you mean 'float64'\?\); there are 'float64', 'float32'",
            {"dtype": "float16"},
        ),
        (
            r"dout has shape \(3,\), but forward's output has shape \(9,\); the two must be equal",
            {"dout": np.ones(3)},
        ),
        (r"dout has shape \(\), but", {"dout": 1.0}),
        (
            r"returns='out, cache' was given, but forward returned an array of shape \(9,\)",
            {"returns": "out, cache"},
        ),
        (r"backward was given with loss=True", {"loss": True}),
    ],
)
def test_an_argument_that_means_nothing_is_one_sentence_with_the_nearest_that_does(
    match: str, more: dict[str, Any]
) -> None:
    refuse(match, np.tanh, tanh_backward, {"x_train": X9}, **more)


@pytest.mark.parametrize(
    ("match", "forward", "backward"),
    [
        (
            r"forward returned two arrays, which may be \(out, cache\) or two outputs; give returns='out, cache'",
            lambda x: (np.tanh(x), x), tanh_backward,
        ),
        (r"forward returned two arrays", lambda x: (np.tanh(x), 0.5), tanh_backward),
        (r"forward returned a tuple of 3; return one array, or \(out, cache\)", lambda x: (x, x, x), tanh_backward),
        (r"forward's output is of dtype int64; a gradient needs floating numbers", np.argsort, tanh_backward),
        (r"forward's output is of dtype object", lambda x: None, tanh_backward),
        (r"backward is missing; give it, or loss=True", np.tanh, None),
        (
            r"backward returned 2 gradients for the 1 inputs x; give wrt=\[\.\.\.\] with the names",
            np.tanh, lambda d, x: (d, d),
        ),
        (
            r"backward returned a dict with the keys dy, grad; it wants dx",
            np.tanh, lambda d, x: {"dy": d, "grad": d},
        ),
        (r"backward returned no gradient for any of x; return them in the order", np.tanh, lambda d, x: None),
    ],
)  # fmt: skip
def test_what_the_two_functions_return_is_never_guessed(match: str, forward: Forward, backward: Forward | None) -> None:
    refuse(match, forward, backward, {"x": X9})


def test_an_ambiguous_tuple_is_told_apart_by_returns_alone() -> None:
    def forward(x: Any) -> Any:
        out = np.tanh(x)
        return out, out

    def backward(dout: Any, cache: Any) -> Any:
        return dout * (1 - cache**2)

    assert check(forward, backward, {"x": X9}, returns="out, cache").verdict == PASS
    refuse(r"give returns='out, cache'", forward, backward, {"x": X9})
    # A cache that is no array cannot be a second output.
    assert check(lambda x: (np.tanh(x), (np.tanh(x),)), lambda d, c: backward(d, c[0]), {"x": X9}).verdict == PASS


def test_one_gradient_too_few_is_one_sentence_that_asks_for_wrt() -> None:
    refuse(
        r"backward returned 1 gradients for the 2 inputs W, x; give wrt=\[\.\.\.\] with the names that they belong to",
        product, lambda d, W, x: d @ x.T, {"W": W, "x": A_PREV},
    )  # fmt: skip


def test_an_upstream_gradient_of_a_loss_is_refused() -> None:
    refuse(
        r"dout was given with loss=True; a loss has no upstream gradient: leave dout out",
        softmax_loss, None, {"x": SCORES}, constants={"y": LABELS}, loss=True, dout=np.ones(()),
    )  # fmt: skip


def test_an_error_raised_by_the_users_own_code_is_not_swallowed() -> None:
    def backward(dout: Any, x: Any) -> Any:
        raise KeyError("W3")

    with pytest.raises(KeyError, match="W3"):
        check(np.tanh, backward, {"x": X9})


# --- what a newcomer met ----------------------------------------------------------------------------------------------
def test_a_gradient_under_a_name_that_belongs_to_none_is_asked_about() -> None:
    def backward(d: Any, W: Any, b: Any) -> dict[str, Any]:
        return {"dW": d, "grad_b": d.sum(1, keepdims=True)}

    refuse("no gradient for b, but grad_b", lambda W, b: W + b, backward, {"W": W, "b": B})


def test_an_input_without_a_gradient_is_said_to_be_unchecked() -> None:
    report = check(lambda W, x: W @ x, lambda d, W, x: (d @ x.T, None), {"W": W, "x": A_PREV})
    assert report.verdict == PASS
    assert "dx: no gradient for it was asked for, or came back" in str(report)


def test_a_layer_that_keeps_its_inputs_is_told_how_to_be_wrapped() -> None:
    class Layer:
        def forward(self, x: Any, W: Any) -> Any:
            self.x, self.W = x, W
            return x @ W

        def backward(self, dout: Any) -> Any:
            return dout @ self.W.T, self.x.T @ dout

    layer, given = Layer(), {"x": normal(2, 3), "W": normal(3, 2)}
    with pytest.raises(UserError, match=r"backward cannot be called with dout, x, W .*layer\.backward\(dout\)"):
        check(layer.forward, layer.backward, given)

    def whole(dout: Any, x: Any, W: Any) -> Any:
        layer.forward(x, W)
        return layer.backward(dout)

    assert check(layer.forward, whole, given).verdict == PASS


def test_integer_inputs_need_no_gradient() -> None:
    def softmax_loss(x: Any, y: Any) -> Any:
        p = np.exp(x - x.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        n = np.arange(x.shape[0])
        dx = p.copy()
        dx[n, y] -= 1
        return -np.log(p[n, y]).sum() / x.shape[0], dx / x.shape[0]

    assert check(softmax_loss, inputs={"x": normal(4, 3), "y": np.array([0, 2, 1, 1])}, loss=True).verdict == PASS


def test_a_loss_that_comes_second_is_named() -> None:
    refuse(
        "wants \\(loss, gradients\\), in this order",
        lambda x: ({"dx": 2 * x}, (x**2).sum()),
        None,
        {"x": X9},
        loss=True,
    )


def test_several_outputs_are_asked_to_be_put_together() -> None:
    refuse("putting several outputs together", lambda x: ((x, 2 * x), (x,)), tanh_backward, {"x": X9})


def test_a_dropout_mask_is_the_same_in_every_run_and_the_global_generator_goes_on() -> None:
    def forward(x: Any) -> Any:
        mask = (np.random.rand(*x.shape) < 0.5) / 0.5  # noqa: NPY002
        return x * mask, (mask,)

    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert check(forward, lambda dout, cache: dout * cache[0], {"x": X9}).verdict == PASS
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("value", [np.nan, 1e60, 1e-40])
def test_one_element_of_a_loop_without_a_budget_is_never_a_pass(value: float) -> None:
    def looped(dout: Any, x: Any) -> Any:
        g = np.zeros(x.shape)
        for i in range(x.size):
            g[i] = 2 * x[i] * dout[i]
        g[3] = value
        return g

    assert check(lambda x: x**2, looped, {"x": X9}).verdict != PASS


def test_a_reference_is_called_by_the_names_of_its_arguments() -> None:
    report = check(
        lambda k, x: x**k, lambda d, k, x: d * k * x ** (k - 1), {"x": X9}, constants={"k": 3},
        reference=lambda k, x: x**k,
    )  # fmt: skip
    assert report.verdict == PASS
    assert only(report, oracle="autograd", verdict=PASS)


def test_nested_inputs_of_the_caller_stay_as_they_are() -> None:
    kept = {"W": np.ones((2, 2))}

    def forward(x: Any, p: Any) -> Any:
        p["W"] *= 2
        return p["W"] @ x

    check(forward, lambda d, x, p: 2 * p["W"].T @ d, {"x": normal(2, 3), "p": kept})
    assert kept["W"].tolist() == [[1, 1], [1, 1]]


def test_writing_into_the_cache_is_named() -> None:
    def backward(dout: Any, cache: Any) -> Any:
        (x,) = cache
        x[:] = 1 - np.tanh(x) ** 2
        return dout * x

    report = check(lambda x: (np.tanh(x), (x,)), backward, {"x": X9})
    assert any("backward overwrites its cache" in row.finding for row in report.rows)


@pytest.mark.parametrize(
    ("match", "more"),
    [
        ("dout is 0 everywhere", {"dout": np.zeros(9)}),
        ("dout holds a number that is not finite", {"dout": np.full(9, np.nan)}),
        ("wrt is empty", {"wrt": []}),
        ("seed is -1", {"seed": -1}),
        ("seconds is 0", {"seconds": 0}),
        ("the domain of x is 3", {"domain": {"x": 3}}),
        ("no oracle is called 'certificat'", {"oracles": "certificat"}),
    ],
)
def test_arguments_out_of_their_range_are_one_sentence(match: str, more: dict[str, Any]) -> None:
    refuse(match, np.tanh, tanh_backward, {"x": X9}, **more)


def test_inputs_that_are_no_mapping_are_one_sentence() -> None:
    refuse("inputs is a list; give the arrays by name", np.tanh, tanh_backward, [X9])


def hinge(slack: float) -> Forward:
    """Row examples; the gradient is made of constants alone, thirds among them."""

    def loss(x: Any, y: Any) -> Any:
        hot = (np.arange(x.shape[1]) == y[:, None]) * 1.0
        margins = np.maximum(0, x - np.sum(x * hot, axis=1, keepdims=True) + 1) * (1 - hot)
        over = (margins > 0) * 1.0
        return np.sum(margins) / 3, (over - hot * np.sum(over, axis=1, keepdims=True)) / 3 * slack

    return loss


def test_a_gradient_of_constants_is_asked_of_the_constants_that_were_meant() -> None:
    given = {"inputs": {"x": normal(3, 4)}, "constants": {"y": np.array([0, 3, 1])}, "loss": True}
    assert check(hinge(1.0), **given).verdict == PASS
    assert check(hinge(1 + 1e-12), **given).verdict == FAIL


@pytest.mark.parametrize(("keep", "verdict"), [(0.7, PASS), (0.7001, FAIL)])
def test_a_mask_that_widens_float32_makes_no_right_gradient_fail(keep: float, verdict: str) -> None:
    """NumPy computes on in float64, where 0.7 is another number than in float32."""
    report = check(
        lambda x, mask: x * mask / 0.7,
        lambda dout, x, mask: dout * mask / keep,
        inputs={"x": normal(3, 4).astype(np.float32)},
        constants={"mask": (normal(3, 4, seed=1) > 0) * 1.0},
    )
    assert report.verdict == verdict
    assert any("widened" in row.finding for row in report.rows)


def test_an_infinity_for_what_no_float_can_hold_is_no_fail_and_one_for_what_it_can_is() -> None:
    x = np.array([3e37, 1.0], dtype=np.float32)
    squares = check(lambda x: x**2, lambda dout, x: dout * x * 2, {"x": x}, dout=np.array([16.0, 1.0]))
    assert {row.verdict for row in only(squares, question="arithmetic")} == {PASS}
    detour = check(lambda x: x**2, lambda dout, x: dout * x * 32 / 16, {"x": x}, dout=np.array([2.0, 1.0]))
    assert {row.verdict for row in only(detour, question="arithmetic")} == {FAIL}


@pytest.mark.parametrize(("slope", "verdict"), [(-1.0, INCONCLUSIVE), (-2.0, FAIL)])
def test_where_the_choices_at_kinks_are_too_many_no_difference_speaks_for_all_of_them(
    slope: float, verdict: str
) -> None:
    """relu(−relu(x)) is flat at 0, and −1 a right choice all the same: 24 kinks are more than are tried one by one."""
    report = check(
        lambda x: np.sum(np.maximum(0, -np.maximum(0, x)), keepdims=True),
        lambda dout, x: dout * slope * (np.arange(12) < 11) * np.ones(12),
        {"x": np.zeros(12)},
    )
    said = {row.oracle: row.verdict for row in report.rows if row.question == "formula"}
    assert said["certificate"] == said["differences"] == verdict


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, PASS), (1.001, FAIL), (0.5, FAIL), (-1.0, FAIL)])
def test_a_gradient_that_is_0_to_128_bits_beside_a_large_one_is_no_free_pass(factor: float, verdict: str) -> None:
    """1 − tanh² is 0 ± 2⁻¹²⁸ there, and any multiple of it overlaps with a derivative of 1e-286."""
    report = check(
        lambda x, y: np.tanh(x) + y,
        lambda dout, x, y: (dout * (1 - np.tanh(x) ** 2) * factor, dout),
        inputs={"x": np.array([330.0, 340.0]), "y": np.ones(2)},
    )
    assert [row.verdict for row in only(report, quantity="dx", oracle="certificate")] == [verdict]


def test_a_choice_at_a_kink_is_right_beside_a_gradient_that_stays_undecided() -> None:
    """tanh′ at 1e12 is 0 to any number of bits; relu′ at 0 was called wrong before its choices were looked at."""

    def given(slope: float) -> str:
        report = check(
            lambda x, y: np.maximum(0, x) + np.tanh(y),
            lambda dout, x, y: (dout * np.where(x > 0, 1.0, slope), dout * (1 - np.tanh(y) ** 2)),
            inputs={"x": np.zeros(2), "y": np.array([1e12, 2e12])},
        )
        (row,) = only(report, quantity="dx", oracle="certificate")
        return row.verdict

    assert given(1.0) != FAIL
    assert given(0.5) != FAIL
    assert given(1.5) == FAIL
