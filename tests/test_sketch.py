"""Sketches: right gradients never fail, wrong ones do and are named, and errors are missed as seldom as is stated."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from math import ceil, erf, inf, log2, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from benchmarks.misses import count
from handgrad import sketch
from verify.arithmetic.rounding import UNIT
from verify.errors import UserError
from verify.oracles.residual import ORACLES, Reading, subject
from verify.oracles.slope import KINK, NOT_FINITE
from verify.questions import BLIND
from verify.records import FAIL, INCONCLUSIVE, PASS
from verify.sketch import AT_A_KINK, DOUBTED, VANISHES
from verify.sketches.bisection import MOST, search, worst
from verify.sketches.parameters import parameters
from verify.sketches.record import MISSED, Direction, Sketch, detectable, quantile
from verify.sketches.vectors import CHUNK, ROUNDINGS, Block, chunks, dot, halved, norm

Array = np.ndarray[Any, Any]
Function = Callable[[Any], Any]


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2) + (1 - x[-1]) ** 2


def rosenbrock_gradient(x: Any) -> Any:
    ahead, gradient = x[1:] - x[:-1] ** 2, 2 * (x - 1)
    gradient[1:] += 200 * ahead
    gradient[:-1] -= 400 * x[:-1] * ahead
    return gradient


def log_sum_exp(x: Any) -> Any:
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def softmax(x: Any) -> Any:
    share = np.exp(x - np.max(x))
    return share / np.sum(share)


def naive(x: Any) -> Any:
    """A sum in a loop, which is noisier than NumPy's own."""
    total = 0.0
    for square in x * x:
        total = total + square
    return total


FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "square": (lambda x: np.sum(x * x), lambda x: 2 * x),
    "cube": (lambda x: np.sum(x**3), lambda x: 3 * x**2),
    "sin": (lambda x: np.sum(np.sin(x)), np.cos),
    "tanh": (lambda x: np.sum(np.tanh(x)), lambda x: 1 - np.tanh(x) ** 2),
    "log cosh": (lambda x: np.sum(np.logaddexp(x, -x)), np.tanh),
    "rosenbrock": (rosenbrock, rosenbrock_gradient),
    "log-sum-exp": (log_sum_exp, softmax),
    "norm": (lambda x: np.sqrt(np.sum(x * x)), lambda x: x / np.sqrt(np.sum(x * x))),
    "product with its mean": (lambda x: np.sum(x) * np.mean(x * x), lambda x: np.mean(x * x) + 2 * x * np.mean(x)),
    "offset by 1e8": (lambda x: np.sum(x * x) + 1e8, lambda x: 2 * x),
    "by 1e-30": (lambda x: 1e-30 * np.sum(x * x), lambda x: 2e-30 * x),
    "relu": (lambda x: np.sum(np.maximum(x, 0)), lambda x: np.where(x > 0, 1.0, 0.0)),
    "size": (lambda x: np.sum(np.abs(x)), np.sign),
    "max": (np.max, lambda x: np.where(x == np.max(x), 1.0, 0.0)),
    "loop": (naive, lambda x: 2 * x),
    "cumulated": (lambda x: np.cumsum(x)[-1] ** 2, lambda x: 2 * np.sum(x) * np.ones(x.shape)),
    "ten thousand periods": (lambda x: np.sum(np.sin(1e4 * x)), lambda x: 1e4 * np.cos(1e4 * x)),
}
SMOOTH = ("square", "cube", "sin", "log cosh", "rosenbrock", "norm", "product with its mean", "by 1e-30", "loop")


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


# --- wrong gradients --------------------------------------------------------------------------------------------------
def one_off(g: Array) -> Array:
    g[17] *= 1 + 1e-4
    return g


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


# --- the probability of missing ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("directions", "size"), [(1, 3.0), (1, 10.0), (2, 3.0)])
def test_errors_at_the_scale_of_the_budget_are_missed_as_seldom_as_stated(directions: int, size: float) -> None:
    found = count(directions, size, 250)
    assert all(one.tail > MISSED for one in found), found
    assert found[0].missed > 0, "errors so small that some must be missed"


def test_a_probability_that_is_understated_would_be_seen() -> None:
    assert any(one.tail < MISSED for one in count(1, 1.0, 150, understated=100.0))


@pytest.mark.parametrize("directions", [1, 2, 3])
@pytest.mark.parametrize("ratio", [1.0, 3.0, 10.0])
def test_readings_as_wrong_as_their_budgets_allow_miss_just_as_often_as_stated(directions: int, ratio: float) -> None:
    """The worst case, on the directions that sketches draw: an error passes where |⟨e, w⟩| ≤ 2b."""
    of, runs = parameters(np.exp(normal(6)), None), 2000
    error = normal(6, seed=5)
    size = norm(of.scaled(error.copy()))
    budget = size / ratio
    missed = sum(
        all(abs(error @ of.drawn(run, j)) <= 2 * budget for j in range(directions)) for run in range(runs)
    )  # fmt: skip
    stated = Sketch(FAIL, (Direction(0.0, budget, 1.0, ""),) * directions, 6, 1.0, "float64").misses(size)
    assert binom.sf(missed - 1, runs, stated) > MISSED
    assert binom.cdf(missed, runs, stated) > MISSED


def test_detects_is_the_error_that_is_missed_once_in_a_million() -> None:
    for directions in (1, 2, 6, 20):
        found = Sketch(PASS, (Direction(0.0, 3e-9, 1.0, "differences"),) * directions, 10, 5.0, "float64")
        assert found.misses(found.detects) == pytest.approx(MISSED, rel=1e-6 / UNIT**0.125)
        assert found.misses(2 * found.detects) < MISSED < found.misses(found.detects / 2)
    assert erf(quantile(6) / sqrt(2)) ** 6 == pytest.approx(MISSED, rel=UNIT**0.5)
    assert detectable(1.0, 6, 0.0) == detectable(inf, 6, 1.0) == inf


@settings(max_examples=100)
@given(st.sampled_from(SMOOTH), st.integers(2, 40), st.integers(0, 10**6))
def test_an_error_that_it_says_it_detects_does_not_pass(name: str, size: int, seed: int) -> None:
    """Each of them may, once in a million."""
    function, gradient = FUNCTIONS[name]
    x = normal(size, seed=seed)
    right = sketch(function, gradient, x, seed=seed)
    error = normal(size, seed=seed + 1) * np.random.default_rng(seed).integers(0, 2, size)
    weighed = norm(parameters(x, None).scaled(error.copy()))
    if right.passed and weighed:
        wrong = gradient(x) + error * (1.01 * right.detects * right.norm / weighed)
        assert not sketch(function, wrong, x, seed=seed).passed


def test_every_direction_makes_a_miss_less_likely() -> None:
    stated = [Sketch(PASS, (Direction(0.0, 1e-9, 1.0, ""),) * n, 10, 1.0, "float64").misses(1e-8) for n in (1, 2, 3)]
    assert 0 < stated[2] < stated[1] < stated[0] < 1
    assert len(sketch(*FUNCTIONS["square"], normal(100), directions=9).directions) == 9


def test_the_same_seed_gives_the_same_sketch_and_another_another() -> None:
    x = normal(100)
    first, again, other = (sketch(*FUNCTIONS["sin"], x, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first.directions != other.directions


# --- what cannot be read ----------------------------------------------------------------------------------------------
def test_a_kink_is_undecided_and_its_element_is_named() -> None:
    x = normal(500)
    x[77] = 0
    found = sketch(*FUNCTIONS["relu"], x)
    assert found.verdict == INCONCLUSIVE
    assert found.notes[-1] == f"undecided for x[77]: {KINK}"
    assert sketch(FUNCTIONS["relu"][0], lambda x: np.where(x > 0, 2.0, 0.0), x[:77]).verdict == FAIL


def between_kinks(x: Array) -> Any:
    """Kinks at ±10⁻¹² take 5·10⁻⁸ from the slope to the right and 4·10⁻⁸ to the left: it is 1 between them."""
    t = np.sum(x)
    return 1 + t - 5e-8 * np.maximum(t - 1e-12, 0) + 4e-8 * np.maximum(-t - 1e-12, 0)


def test_kinks_nearer_than_any_step_are_no_fail_of_a_gradient_that_is_right_between_them() -> None:
    x = np.zeros(3)
    found = sketch(between_kinks, lambda x: np.ones(3), x)
    assert any(d.used > 1 for d in found.directions)
    assert found.verdict == INCONCLUSIVE
    assert found.notes[-1] == DOUBTED.format(share=1e-6)
    assert sketch(between_kinks, lambda x: np.full(3, 1 + 1e-5), x).verdict == FAIL
    assert sketch(between_kinks, lambda x: np.full(3, 1 + 1e-5), x, detects=1e-4).verdict != FAIL


def kink_behind_kinks(x: Array) -> Any:
    return x[2] + np.maximum(np.maximum(x[0], 0) - 2 * np.maximum(x[1], 0), 0)


def test_on_a_kink_a_smooth_direction_is_no_fail_of_the_gradient_of_another_side() -> None:
    """ReLU′(0) = 1 in both layers, as in the notes; where x[0] and x[1] fall, and rise, together, ReLU may stay 0."""

    def notes(x: Array) -> Array:
        outer = np.maximum(x[0], 0) - 2 * np.maximum(x[1], 0) >= 0
        return np.array([outer * (x[0] >= 0), -2.0 * outer * (x[1] >= 0), 1.0])

    found = sketch(kink_behind_kinks, notes, np.array([0.0, 0.0, 1.0]))
    assert any(d.used > 1 for d in found.directions)
    assert (found.verdict, found.notes[-1], found.faults) == (INCONCLUSIVE, AT_A_KINK, ())
    beside = np.array([1.0, 0.25, 1.0])
    assert sketch(kink_behind_kinks, notes, beside).passed
    assert sketch(kink_behind_kinks, lambda x: 2 * notes(x), beside).verdict == FAIL


def test_an_element_beside_a_cliff_is_named() -> None:
    x = normal(500)

    def cliff(x: Array) -> Any:
        return np.sum(x * x) if x[123] == at else np.nan

    at = x[123]
    found = sketch(cliff, 2 * x, x)
    assert found.verdict == INCONCLUSIVE
    assert found.notes[-1].startswith("undecided for x[123]: ")
    blind = sketch(lambda x: np.sum(x * x) + 1e12, 2 * x, x)
    assert blind.verdict == INCONCLUSIVE
    assert blind.notes[-1].startswith("undecided for x: no error below ")


def test_an_element_that_no_step_can_move_is_named() -> None:
    x = normal(500)
    at = x[123]
    found = sketch(lambda x: np.sum(x * x) if x[123] <= at else np.inf, 2 * x, x)
    assert found.verdict == INCONCLUSIVE
    assert found.notes[-1].startswith("undecided for x[123]: ")


@pytest.mark.parametrize("edge", [1e-3, 1e-6, 1e-9])
def test_no_step_leaves_the_domain_and_an_element_at_its_edge_is_checked_too(edge: float) -> None:
    x = np.linspace(0.1, 0.9, 50)
    x[7] = edge

    def entropy(x: Array) -> Any:
        assert np.all((x > 0) & (x < 1))
        return np.sum(x * np.log(x) + (1 - x) * np.log1p(-x))

    def gradient(x: Array) -> Array:
        return np.log(x) - np.log1p(-x)

    assert sketch(entropy, gradient, x, domain=(0, 1), oracles="differences").passed
    wrong = gradient(x)
    wrong[20] *= 1.001
    found = sketch(entropy, wrong, x, domain=(0, 1), oracles="differences")
    assert [fault.at for fault in found.faults] == ["x[20]"]


@pytest.mark.parametrize("way", [2.0**-20, 2.0**-30, 2.0**-40, 2.0**-53])
def test_an_element_so_near_its_edge_that_rounding_takes_its_steps_does_not_pass_unseen(way: float) -> None:
    x = np.array([0.5, 0.25, 1 - way])
    right = np.cos(x)
    verdicts = [
        sketch(lambda x: np.sum(np.sin(x)), gradient, x, domain=(0, 1), oracles="differences")
        for gradient in (right, np.array([1, 1, 1e20]) * right)
    ]
    assert [found.verdict for found in verdicts] == ([PASS, FAIL] if way > 2.0**-35 else [INCONCLUSIVE] * 2)
    assert way > 2.0**-35 or verdicts[1].notes[-1] == f"undecided for x[2]: {NOT_FINITE}"


def test_what_differences_cannot_see_the_complex_step_may() -> None:
    x = normal(200)

    def steep(x: Any) -> Any:
        return np.sum(np.sin(1e7 * x))

    found = sketch(steep, lambda x: 1e7 * np.cos(1e7 * x), x, oracles="differences")
    assert found.verdict == INCONCLUSIVE
    sharp = sketch(lambda x: np.sum(x * x) + 1e6, lambda x: 2 * x, x, oracles="complex step")
    blunt = sketch(lambda x: np.sum(x * x) + 1e6, lambda x: 2 * x, x, oracles="differences")
    assert {direction.oracle for direction in sharp.directions} == {"complex step"}
    assert sharp.detects < blunt.detects / 100


def test_a_complex_step_that_does_not_run_gives_way_and_says_why() -> None:
    found = sketch(*FUNCTIONS["size"], normal(50), oracles=("complex step", "differences"))
    assert found.passed
    assert {direction.oracle for direction in found.directions} == {"differences"}
    assert any(note.startswith("complex step: np.absolute does not run on Complexes") for note in found.notes)
    alone = sketch(*FUNCTIONS["size"], normal(50), oracles="complex step")
    assert alone.verdict == INCONCLUSIVE


def test_the_complex_step_names_wrong_elements_too() -> None:
    x = normal(60)
    found = sketch(FUNCTIONS["sin"][0], one_off(np.cos(x)), x, oracles="complex step")
    assert [fault.index for fault in found.faults] == [17]
    assert found.complete


def test_a_fast_part_that_looks_like_noise_is_told_from_noise() -> None:
    """Its slope is a thousand times that of the rest; central differences see none of it."""
    x = normal(30)

    def fast(x: Array) -> Any:
        return np.sum(x * x) + 1e-9 * np.sum(np.sin(1e12 * x))

    for gradient in (2 * x, 2 * x + 1e3 * np.cos(1e12 * x)):
        found = sketch(fast, gradient, x, oracles="differences")
        assert found.verdict == INCONCLUSIVE, str(found)
    assert sketch(naive, lambda x: 2 * x, normal(20000)).passed


def test_a_function_rounded_to_float32_inside_is_undecided_and_told_how_to_be_decided() -> None:
    x = normal(500)

    def hidden(x: Array) -> float:
        return float(np.sum(x.astype(np.float32) ** 2))

    found = sketch(hidden, 2 * x, x)
    assert found.verdict == INCONCLUSIVE
    assert "let it return float32" in str(found)
    assert sketch(lambda x: np.sum(x.astype(np.float32) ** 2), 2 * x, x).verdict != FAIL
    assert sketch(lambda x: np.sum(x.astype(np.float32) ** 2), -2 * x, x).verdict == FAIL


def test_a_function_that_draws_is_taken_as_noise() -> None:
    rng = np.random.default_rng(0)
    found = sketch(lambda x: np.sum(x * x) + rng.normal(), lambda x: 2 * x, normal(30))
    assert found.verdict == INCONCLUSIVE
    assert "the function gives different values for the same x; taken as noise" in found.notes


# --- bisection --------------------------------------------------------------------------------------------------------
def residuals(error: Array, budget: float = 1e-9) -> tuple[Callable[[Block], Reading], list[Block]]:
    """Readings of an error that is known, and the blocks that were asked for."""
    asked: list[Block] = []

    def read(block: Block) -> Reading:
        asked.append(block)
        return Reading(float(np.sum(error[slice(*block)])), budget, "")

    return read, asked


@settings(max_examples=100)
@given(st.integers(1, 10**6), st.sets(st.integers(0, 10**6), min_size=1, max_size=MOST))
def test_k_wrong_elements_among_P_take_2k_log_P_readings(P: int, places: set[int]) -> None:
    wrong = sorted({place % P for place in places})
    error = np.zeros(P)
    error[wrong] = 1.0
    read, asked = residuals(error)
    found = search(read, [((0, P), read((0, P)))])
    assert sorted(block[0] for block, _ in found.elements) == wrong
    assert len(asked) - 1 <= 2 * len(wrong) * ceil(log2(P))


def test_the_whole_of_a_sketch_takes_evaluations_that_grow_as_log_P() -> None:
    for P in (2**6, 2**12, 2**18):
        x = 1 + np.abs(normal(P))
        wrong = 2 * x
        wrong[P // 3] = 0
        found = sketch(lambda x: np.sum(x * x), wrong, x)
        assert [fault.index for fault in found.faults] == [P // 3]
        assert 0 < found.located <= 2 * log2(P) * 48  # a reading is of eight triples of pairs at most


def test_a_block_that_is_wrong_while_neither_half_is_is_reported_as_such() -> None:
    error = np.zeros(64)
    error[16:24] = 0.3
    read, _ = residuals(error, budget=1.0)
    found = search(read, [((0, 64), read((0, 64)))])
    assert [block for block, _ in found.unsplit] == [(16, 20), (20, 24)]
    assert not found.elements


def test_more_wrong_blocks_than_are_worth_while_end_the_search() -> None:
    read, asked = residuals(np.ones(10**6))
    found = search(read, [((0, 10**6), read((0, 10**6)))])
    assert len(found.crowd) == len(found.tried) == 2 * MOST
    assert len(asked) < 4 * MOST
    (start, stop), _ = worst(read, found.crowd[0])
    assert stop - start == 1


def test_an_error_so_small_that_no_element_shows_it_is_told_of_its_block() -> None:
    x = 1 + np.abs(normal(4096))
    budget = sketch(lambda x: np.sum(x * x), lambda x: 2 * x, x).budget
    wrong = 2 * x
    wrong[1024:2048] += 20 * budget / norm(x[1024:2048])
    found = sketch(lambda x: np.sum(x * x), wrong, x)
    assert found.verdict == FAIL
    assert not found.complete
    assert found.faults or any("neither half" in note or "tried" in note for note in found.notes), str(found)


# --- bad input --------------------------------------------------------------------------------------------------------
SQUARE = FUNCTIONS["square"]
X = normal(5)
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: sketch(*SQUARE, np.zeros((3, 0))), "x has shape (3, 0), which holds no element"),
    (lambda: sketch(*SQUARE, np.array([1, 2])), "there is nothing to differentiate: x is an array of int64"),
    (lambda: sketch(*SQUARE, {}), "there is nothing to differentiate: x is empty"),
    (lambda: sketch(*SQUARE, X.astype(np.float16)), "x is of float16; give float64 or float32"),
    (lambda: sketch(*SQUARE, np.array([1.0, np.nan])), "x holds nan at [1]; give finite numbers"),
    (lambda: sketch(lambda x: np.sum(np.log(x)), X, -np.abs(X)), "the function is nan at x"),
    (lambda: sketch(lambda x: x * x, X, X), "the function returned an array of shape (5,); a sketch needs one number"),
    (lambda: sketch(lambda x: 7, X, X), "the function returned int64"),
    (lambda: sketch(SQUARE[0], X[:4], X), "the gradient for x has shape (4,), but x has shape (5,)"),
    (lambda: sketch(SQUARE[0], X * 1j, X), "the gradient for x is of complex128"),
    (lambda: sketch(lambda W, b: np.sum(W), {"dW": X}, {"W": X, "b": X}), "the gradient has nothing for b; give db"),
    (
        lambda: sketch(lambda W, b: np.sum(W), {"dW": X, "bias": X}, {"W": X, "b": X}),
        "the gradient has nothing for b; it holds bias; give db",
    ),
    (lambda: sketch(lambda W, b: np.sum(W), (X,), {"W": X, "b": X}), "1 gradients were given for W, b"),
    (lambda: sketch(*SQUARE, X, directions=0), "directions is 0; give a whole number from 1 on"),
    (lambda: sketch(*SQUARE, X, seed=-1), "seed is -1; give a whole number from 0 on"),
    (lambda: sketch(*SQUARE, X, detects=0), "detects is 0; give the share of the gradient that must be seen"),
    (lambda: sketch(*SQUARE, X, oracles="differnces"), "is called 'differnces' (did you mean 'differences'?)"),
    (lambda: sketch(*SQUARE, X, oracles=()), "oracles is empty"),
    (lambda: sketch(*SQUARE, X, domain=3), "the domain of x is 3; give its two ends"),
    (lambda: sketch(*SQUARE, X, domain=(1, 0)), "the domain of x is (1, 0); its first end must lie below its second"),
    (lambda: sketch(*SQUARE, {"x": X}, domain={"y": (0, 1)}), "domain names 'y', which is no input"),
    (lambda: sketch(*SQUARE, {"x": X}, domain=(0, 1)), "x is given by name, and so are its domains"),
    (lambda: sketch(*SQUARE, np.array([0.5, 0.0]), domain=(0, 1)), "x holds 0.0 at [1], on the edge of its domain"),
    (lambda: sketch(SQUARE[0], X * 1e300, X * 1e150), "the gradient times the size of x overflows"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "sentence"), REFUSED, ids=[sentence[:50] for _, sentence in REFUSED])
def test_what_cannot_be_used_is_said_in_a_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        call()
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


# --- what is printed --------------------------------------------------------------------------------------------------
def test_a_sketch_is_neither_true_nor_false() -> None:
    found = sketch(*SQUARE, X)
    with pytest.raises(TypeError, match=r"use sketch\.passed"):
        bool(found)
    assert found.passed is True
    assert replace(found, verdict=INCONCLUSIVE).passed is False


def test_the_text_says_verdict_figures_and_faults() -> None:
    text = str(sketch(*SQUARE, X)).splitlines()
    assert text[0].startswith("pass: 5 parameters, 8 random directions, ")
    assert text[-1].strip().startswith("detects ")
    wrong = 2 * X
    wrong[3] = 7
    text = str(sketch(SQUARE[0], wrong, X)).splitlines()
    assert text[0].startswith("fail: ")
    assert any(line.startswith("wrong: x[3], mine 7.0, want ") for line in text)
    assert "with them put right every direction is within its budget" in text[-1]


# --- sums of long vectors ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [1, 2, 3, 1000, CHUNK - 1, CHUNK, CHUNK + 5])
def test_a_product_is_off_by_no_more_than_its_stated_roundings(size: int) -> None:
    from fractions import Fraction

    x, y = normal(size) * np.exp(5 * normal(size, seed=1)), normal(size, seed=2)
    found, gross = dot(x, y, (0, size))
    exact = sum((Fraction(a) * Fraction(b) for a, b in zip(x.tolist(), y.tolist(), strict=True)), Fraction(0))
    assert abs(Fraction(found) - exact) <= ROUNDINGS * Fraction(UNIT) * Fraction(gross)
    assert abs(Fraction(found) - exact) <= abs(exact) + Fraction(gross) * Fraction(2) ** -40, "and is no nonsense"


def test_the_displacement_that_is_multiplied_is_the_one_that_was_made() -> None:
    from fractions import Fraction

    of = parameters(1e8 * normal(1000), None)
    g, w = normal(1000, seed=1), of.drawn(0, 0)
    fresh, product, gross = of.moved(w, (100, 900), 1e-9, g)
    moved = [Fraction(a) - Fraction(b) for a, b in zip(fresh.tolist(), of.x.tolist(), strict=True)]
    exact = sum((Fraction(a) * b for a, b in zip(g.tolist(), moved, strict=True)), Fraction(0))
    assert not any(moved[:100]) and not any(moved[900:])  # noqa: PT018
    assert abs(Fraction(product) - exact) <= ROUNDINGS * Fraction(UNIT) * Fraction(gross)


def test_no_step_is_so_narrow_that_rounding_changes_what_was_drawn_by_more_than_a_thousandth() -> None:
    of = parameters({"W": normal(1000), "b": np.zeros(9), "a": np.array([1 - 2.0**-20, 0.5])}, {"a": (0, 1)})
    w = of.drawn(0, 0)
    whole, W, b, a = (of.narrowest(w, block) for block in ((0, 1011), (0, 1000), (1000, 1009), (1009, 1011)))
    assert (W, b, a, whole) == (2.0**-43, 0.0, 2.0**-43 * (1 - 2.0**-20) / 2.0**-20, a)
    w[1009:] = 0.0
    assert of.narrowest(w, (0, 1011)) == W
    v = w / of.scaled(np.ones(1011))
    made = (of.moved(w, (0, 1000), W, w)[0] - of.x) / (W * of.scaled(np.ones(1011)))
    assert np.max(np.abs((made - v)[:1000])) <= 2.0**-10


def test_halves_and_chunks_leave_nothing_out() -> None:
    covered = [i for c in chunks((5, 2 * CHUNK + 9)) for i in (c.start, c.stop)]
    assert covered == [5, 5 + CHUNK, 5 + CHUNK, 5 + 2 * CHUNK, 5 + 2 * CHUNK, 2 * CHUNK + 9]
    assert [halved(np.arange(float(n))) for n in range(6)] == [0, 0, 1, 3, 6, 10]


def test_a_norm_neither_overflows_nor_underflows() -> None:
    for scale in (1e-200, 1.0, 1e200):
        assert norm(scale * np.array([3.0, 4.0])) == pytest.approx(5 * scale, rel=8 * UNIT)
    assert norm(np.zeros(3)) == 0
    assert norm(np.array([1.0, np.inf])) == inf


def test_both_oracles_read_the_same_residual() -> None:
    of = parameters(normal(30), None)
    it, _ = subject(FUNCTIONS["sin"][0], of)
    it.gradient = np.cos(of.x) * 1.01
    w = of.drawn(0, 0)
    it.listen(w, 0)
    one, two = (read(it, w, (3, 20), 0.0) for read in ORACLES.values())
    exact = float(np.sum((np.cos(of.x) - it.gradient)[3:20] * w[3:20]))
    assert abs(one.residual - two.residual) <= one.budget + two.budget
    assert abs(one.residual - exact) <= one.budget + ROUNDINGS * UNIT * float(np.sum(np.abs(it.gradient * w)))
