"""`handgrad.check` tells how functions are meant to be called: styles, conventions, loops, what is overwritten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from handgrad import check
from tests.own_pairs import (
    A_PREV,
    AFFINE,
    LABELS,
    SCORES,
    X9,
    B,
    Forward,
    W,
    affine_backward,
    affine_forward,
    linear_backward,
    looped,
    named,
    normal,
    only,
    product,
    product_backward,
    refuse,
    relu_backward,
    relu_forward,
    said,
    softmax_loss,
    tanh_backward,
    wrong_softmax_loss,
)
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS


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
