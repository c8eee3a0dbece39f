"""Sketches: right gradients never fail, and wrong ones do and are named."""

from __future__ import annotations

import re
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handgrad import sketch
from tests.functions import FUNCTIONS, SMOOTH, Array, Function, normal, one_off
from verify.oracles.residual import ORACLES
from verify.questions import BLIND
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.sketch import VANISHES
from verify.sketches.record import MISSED


# --- right gradients --------------------------------------------------------------------------------------------------
@settings(max_examples=150)
@given(
    st.sampled_from(sorted(FUNCTIONS)), st.sampled_from([1, 2, 5, 30, 200]), st.floats(-6, 3), st.integers(0, 10**6),
    st.sampled_from([None, "complex step"]),
)  # fmt: skip
def test_a_right_gradient_never_fails(name: str, size: int, scale: float, seed: int, oracle: str | None) -> None:
    function, gradient = FUNCTIONS[name]
    x = normal(size, seed=seed) * 10.0**scale
    found = sketch(function, gradient, x, seed=seed, oracles=oracle)
    assert found.verdict != FAIL, str(found)
    assert not found.faults


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("size", [2, 5, 30, 1000])
def test_where_nothing_is_extreme_a_sketch_passes(name: str, size: int) -> None:
    function, gradient = FUNCTIONS[name]
    found = sketch(function, gradient, normal(size))
    assert found.passed, str(found)
    assert found.misses(BLIND["float64"]) <= MISSED
    assert found.parameters == size


@pytest.mark.parametrize("scale", [1e-150, 1e-100, 1e-30, 1e30, 1e100, 1e150])
def test_the_scale_of_x_does_not_matter(scale: float) -> None:
    x = normal(50) * scale
    assert sketch(lambda x: np.sum(x * x), lambda x: 2 * x, x).passed
    wrong = 2 * x
    wrong[7] *= 1 + 1e-4
    assert [fault.at for fault in sketch(lambda x: np.sum(x * x), wrong, x).faults] == ["x[7]"]


def test_one_parameter_and_a_plain_number_are_enough() -> None:
    assert sketch(np.sin, np.cos, 0.5).passed
    assert sketch(lambda x: np.sum(np.sin(x)), np.cos, np.array([0.5])).passed
    found = sketch(np.sin, 1.0, 0.5)
    assert found.verdict == FAIL
    (fault,) = found.faults
    assert fault.at == "x"
    assert abs(fault.want - np.cos(0.5)) <= fault.error


def test_functions_that_overwrite_their_input_or_return_one_element_are_taken_as_they_are() -> None:
    def overwriting(x: Array) -> Array:
        x *= x
        return x.sum(keepdims=True)

    def overwriting_gradient(x: Array) -> Array:
        x *= 2
        return x

    x = normal(20)
    before = x.copy()
    assert sketch(overwriting, overwriting_gradient, x).passed
    assert sketch(overwriting, -2 * x, x).verdict == FAIL
    assert x.tolist() == before.tolist()


def test_arrays_by_name_go_in_their_order_and_labels_are_passed_on() -> None:
    x = {"W": normal(3, 4), "labels": np.array([0, 2]), "b": normal(3, 1), "rate": 0.5}

    def function(W: Any, labels: Any, b: Any, rate: Any) -> Any:
        assert labels.dtype.kind == "i"
        return rate * np.sum(np.tanh(W @ np.ones((4, 1)) + b)[labels])

    def gradient(W: Any, labels: Any, b: Any, rate: Any) -> Any:
        a = np.tanh(W @ np.ones((4, 1)) + b)
        db = np.zeros(b.shape)
        db[labels] = rate * (1 - a[labels] ** 2)
        return {"dW": db @ np.ones((1, 4)), "db": db, "rate": np.sum(a[labels])}

    assert sketch(function, gradient, x).passed
    given = gradient(**x)
    assert sketch(function, tuple(given.values()), x).passed
    given["db"] = given["db"] * 1.5
    found = sketch(function, given, x)
    assert [fault.at for fault in found.faults] == ["b[0, 0]", "b[2, 0]"]
    assert found.complete


def test_float32_is_taken_at_its_exact_values() -> None:
    x = normal(40).astype(np.float32)
    found = sketch(lambda x: np.sum(np.cosh(x)), np.sinh, x)
    assert found.passed
    assert found.detects <= BLIND["float64"]
    assert "float32 inputs were taken at their exact values and run in float64" in found.notes


def test_a_float32_gradient_passes_by_what_it_can_hold_and_fails_beyond() -> None:
    x = normal(40).astype(np.float32)
    found = sketch(lambda x: np.sum(np.cosh(x)), np.sinh(x), x)
    assert found.passed
    assert BLIND["float64"] < found.detects <= BLIND["float32"]
    assert sketch(lambda x: np.sum(np.cosh(x)), np.sinh(x) * np.float32(1.1), x).verdict == FAIL
    doubtful = sketch(lambda x: np.sum(np.cosh(x)), np.sinh(x) * np.float32(1.0003), x)
    assert doubtful.verdict == INCONCLUSIVE
    assert "its own rounding" in doubtful.notes[-1]


def test_a_gradient_that_rounding_has_spoilt_is_no_fail_of_the_sharpest_oracle() -> None:
    """1 − tanh² keeps few digits at 10, and the complex step sees that; f itself is 0 there."""
    x = np.array([10.0, -9.0])
    found = sketch(*FUNCTIONS["tanh"], x, oracles="complex step")
    assert max(direction.used for direction in found.directions) > 1
    assert found.verdict == INCONCLUSIVE


@pytest.mark.parametrize("size", [10, 1000, 100_000])
def test_the_number_of_parameters_does_not_add_an_evaluation(size: int) -> None:
    found = sketch(*FUNCTIONS["square"], normal(size))
    assert found.passed
    assert found.evaluations == 2 + 12 + 8 * 6  # twice at x, the noise, three pairs of points a direction
    assert (found.located, found.faults, found.notes) == (0, (), ())


def test_a_kink_that_is_smaller_than_what_must_be_seen_is_part_of_the_budget() -> None:
    x = 1 + np.abs(normal(500))
    x[77] = 0
    found = sketch(lambda x: np.sum(x * x) + 4e-6 * abs(x[77]), lambda x: 2 * x, x)
    assert found.passed
    assert found.budget > sketch(lambda x: np.sum(x * x), lambda x: 2 * x, x).budget


def test_a_gradient_that_saturates_to_zeros_is_undecided_whatever_is_asked() -> None:
    """1 − tanh² is 0 there, and the complex step has the true 4e-18."""
    for oracle in (None, *ORACLES):
        found = sketch(*FUNCTIONS["tanh"], np.array([20.0, -21.0]), oracles=oracle)
        assert found.verdict == INCONCLUSIVE, str(found)
        assert VANISHES in found.notes


def relu_net(hidden: int, m: int) -> tuple[Function, Function, dict[str, Array]]:
    """The mean of (ReLU(W2 ReLU(W1 X)) − 1)², its gradient, and a point: some of its many kinks lie within any step."""
    X = normal(hidden, m)

    def function(W1: Any, W2: Any) -> Any:
        return np.mean((np.maximum(W2 @ np.maximum(W1 @ X, 0), 0) - 1) ** 2)

    def gradient(W1: Any, W2: Any) -> Any:
        Z1 = W1 @ X
        Z2 = W2 @ np.maximum(Z1, 0)
        dZ2 = 2 * (np.maximum(Z2, 0) - 1) / Z2.size * (Z2 > 0)
        return ((W2.T @ dZ2) * (Z1 > 0)) @ X.T, dZ2 @ np.maximum(Z1, 0).T

    return (
        function,
        gradient,
        {name: normal(hidden, hidden, seed=i) / hidden**0.5 for i, name in ((1, "W1"), (2, "W2"))},
    )


def test_a_net_of_very_many_kinks_passes_at_what_it_can_detect() -> None:
    function, gradient, x = relu_net(100, 200)
    found = sketch(function, gradient, x)
    assert found.verdict == (PASS if found.detects <= BLIND["float64"] else INCONCLUSIVE)
    wide = sketch(function, gradient, x, detects=1e-4)
    assert wide.passed
    assert wide.detects <= 1e-4
    assert wide.evaluations <= found.evaluations
    right = gradient(**x)
    assert sketch(function, (right[0], right[1] * 1.001), x, detects=1e-4).verdict == FAIL


def test_a_smaller_error_can_be_asked_for() -> None:
    x = normal(100)
    asked = sketch(*FUNCTIONS["sin"], x, detects=1e-10)
    assert asked.passed
    assert asked.detects <= 1e-10 < sketch(*FUNCTIONS["sin"], x).detects


def swapped(g: Array) -> Array:
    g[[17, 300]] = g[[300, 17]]
    return g


def opposite(g: Array) -> Array:
    """Two errors that cancel in half of all vectors of signs, where the elements are moved equally far."""
    g[17] += 1e-3
    g[300] -= 1e-3
    return g


def zeroed(g: Array) -> Array:
    g[17:20] = 0
    return g


LOCAL = {"one off": (one_off, [17]), "swapped": (swapped, [17, 300]), "opposite": (opposite, [17, 300]),
         "zeroed": (zeroed, [17, 18, 19])}  # fmt: skip
WHOLE: dict[str, Function] = {
    "sign": np.negative, "factor": lambda g: 1.0001 * g, "zero": lambda g: 0 * g, "reversed": lambda g: g[::-1].copy(),
    "shifted": lambda g: np.roll(g, 1), "1/m": lambda g: g / g.size,
}  # fmt: skip


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("fault", LOCAL)
def test_wrong_elements_are_named_with_what_they_should_be(name: str, fault: str) -> None:
    function, gradient = FUNCTIONS[name]
    spoil, where = LOCAL[fault]
    x = 1 + np.abs(normal(500))
    right = gradient(x)
    given = spoil(right.copy()) if fault != "opposite" else right + (spoil(np.zeros(500)) * np.max(np.abs(right)))
    found = sketch(function, given, x)
    assert found.verdict == FAIL
    assert [one.index for one in found.faults] == where, str(found)
    assert found.complete
    for one in found.faults:
        assert one.mine == given[one.index]
        # The right element was rounded too, by a few of its own units.
        assert abs(one.want - right[one.index]) <= one.error + 8 * np.spacing(np.max(np.abs(right)))
        assert abs(one.want - one.mine) > one.error


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("fault", WHOLE)
def test_a_gradient_wrong_everywhere_fails_and_no_end_of_elements_is_looked_for(name: str, fault: str) -> None:
    function, gradient = FUNCTIONS[name]
    x = normal(500)
    found = sketch(function, WHOLE[fault](gradient(x)), x)
    assert found.verdict == FAIL
    assert not found.complete
    assert any(note.startswith("wrong: x, ") and note.endswith("tried") for note in found.notes)
    (example,) = found.faults
    assert abs(example.want - gradient(x)[example.index]) <= example.error + 8 * np.spacing(np.max(np.abs(gradient(x))))
    if fault == "sign":
        assert "every direction agrees with the gradient times -1" in found.notes
    if fault == "reversed":
        assert not any("agrees" in note for note in found.notes)


def test_what_differences_refute_is_not_read_again() -> None:
    x = normal(50)
    found = sketch(lambda x: np.sum(x * x), 1e-9 * x, x)
    assert found.verdict == FAIL
    assert {direction.oracle for direction in found.directions} == {"differences"}


@pytest.mark.parametrize("factor", [1e-300, 1e-15, 1e15, 1e100, 1e290])
def test_a_gradient_that_is_wrong_by_any_factor_fails(factor: float) -> None:
    x = normal(50)
    found = sketch(lambda x: np.sum(np.sin(x)), lambda x: factor * np.cos(x), x)
    assert found.verdict == FAIL, str(found)


@pytest.mark.parametrize("factor", [1e3, 1e12, 1e15, 1e60, 1e290])
@pytest.mark.parametrize("wrong", ["W", "b"])
def test_a_gradient_wrong_by_any_factor_fails_beside_biases_of_zero(wrong: str, factor: float) -> None:
    """Steps narrow beside W leave it where it is, and move what is 0: of the gradient by W they say nothing."""
    X, x = normal(3, 5), {"W": normal(4, 3, seed=1), "b": np.zeros((4, 1))}

    def function(W: Array, b: Array) -> Any:
        return np.sum(np.maximum(W @ X + b, 0) ** 2)

    def gradient(W: Array, b: Array) -> dict[str, Array]:
        dZ = 2 * np.maximum(W @ X + b, 0)
        return {"W": dZ @ X.T, "b": np.sum(dZ, axis=1, keepdims=True)}

    for seed in range(4):
        assert sketch(function, gradient, x, directions=2, seed=seed, oracles="differences").passed
        found = gradient(**x)
        found[wrong] *= factor
        judged = sketch(function, found, x, directions=2, seed=seed, oracles="differences")
        assert judged.verdict == FAIL, str(judged)


def test_a_transposed_gradient_fails() -> None:
    W, X = normal(16, 16), normal(16, 16, seed=1)
    right = 2 * (W @ X) @ X.T
    assert sketch(lambda W: np.sum((W @ X) ** 2), right, W).passed
    assert sketch(lambda W: np.sum((W @ X) ** 2), right.T.copy(), W).verdict == FAIL


def test_what_is_wrong_in_one_array_is_told_of_that_array() -> None:
    x = {"W": normal(30, 40), "b": normal(30)}
    found = sketch(
        lambda W, b: np.sum(W**3) + np.sum(np.sin(b)), lambda W, b: {"dW": -3 * W**2, "db": np.cos(b)}, x
    )  # fmt: skip
    assert [note for note in found.notes if note.startswith("wrong: ")] == ["wrong: W, every one of 32 blocks tried"]
    assert all(fault.at.startswith("W[") for fault in found.faults)


def test_a_row_that_is_wrong_is_told_by_where_its_blocks_lie() -> None:
    W = normal(50, 64)
    wrong = np.cos(W)
    wrong[7] = 0
    found = sketch(lambda W: np.sum(np.sin(W)), wrong, {"W": W})
    (note,) = (note for note in found.notes if note.startswith("wrong: "))
    first, last = (int(row) for row in re.findall(r"W\[(\d+), \d+\]", note))
    assert 6 <= first <= 7 <= last <= 8


def test_a_gradient_of_zeros_is_undecided_where_the_function_is_flat_and_fails_where_it_is_not() -> None:
    x = normal(30)
    flat = sketch(lambda x: 7.0, np.zeros(30), x)
    assert (flat.verdict, flat.detects, flat.misses(0.1)) == (INCONCLUSIVE, inf, 1.0)
    assert VANISHES in flat.notes
    assert sketch(lambda x: 7.0, 1e-9 * np.ones(30), x).verdict == FAIL
    assert sketch(lambda x: 1e-9 * np.sum(x), np.zeros(30), x).verdict == FAIL


def test_a_gradient_that_is_not_finite_fails_where_the_function_has_a_slope() -> None:
    x = normal(30)
    given = 2 * x
    given[[4, 9]] = np.nan, np.inf
    found = sketch(lambda x: np.sum(x * x), given, x)
    assert found.verdict == FAIL
    (fault,) = found.faults
    assert fault.at == "x[4]"
    assert abs(fault.want - 2 * x[4]) <= fault.error
    x[4] = 0
    root = sketch(lambda x: np.sum(np.sqrt(np.abs(x))), lambda x: np.sign(x) / (2 * np.sqrt(np.abs(x))), x)
    assert root.verdict == INCONCLUSIVE
    assert "nan at x[4]" in root.notes[-1]
