"""Central differences where no step is good: kinks, jumps, poles, underflow, noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracle_nets import blindness, use
from tests.test_complex_step import FUNCTIONS, at, slope_at
from verify.arithmetic.balls import Balls, precision
from verify.oracles.differences import differences
from verify.oracles.estimate import Estimate
from verify.oracles.slope import EDGE, KINK, LEAST, NOT_FINITE, UNSETTLED
from verify.questions import BLIND


# --- kinks, jumps and edges -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "kinked",
    [
        lambda x: np.maximum(x, 0), np.abs, lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.abs(np.sin(x)),
        lambda x: np.sin(x) + 1e-6 * np.abs(x), lambda x: np.maximum(x, 0) - 3 * np.maximum(-x, 0),
        lambda x: np.maximum(x + 1, 1) - 1, lambda x: np.sqrt(x * x),
    ],
)  # fmt: skip
def test_a_kink_is_skipped_and_named(kinked: Callable[[Any], Any]) -> None:
    found = at(differences, kinked, 0.0)
    assert found.skipped["x"].all()
    assert np.isnan(found.gradients["x"]).all()
    assert found.notes == (f"x: 1 of 1 elements skipped, the first at [0]: {KINK}",)


def test_a_kink_elsewhere_than_at_zero_is_skipped_and_one_element_beside_it_is_not() -> None:
    x = np.array([1.0, 0.5, 2.0])
    found = differences(lambda x: np.maximum(x, 1.0), {"x": x}, ["x"], np.ones(3))
    assert found.skipped["x"].tolist() == [True, False, False]
    assert use(found, "x", Balls.of(np.array([0.0, 0.0, 1.0]))) <= 1


@pytest.mark.parametrize("distance_to_kink", [1e-12, 1e-9, 1e-7, 1e-6, 2e-6, 3e-6, 5e-6, 1e-5, 1e-3, 0.1])
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("low", [0.0, 0.01, -1.0])
def test_beside_a_kink_the_slope_of_that_side_lies_within_the_error(
    distance_to_kink: float, side: int, low: float
) -> None:
    found = at(differences, lambda x: np.where(x > 0, x, low * x), side * distance_to_kink)
    exact = Balls.of(np.array([1.0 if side > 0 else low]))
    assert use(found, "x", exact) <= 1
    if side > 0:  # the steps shrink until they stay on that side
        assert not found.skipped["x"].any()
        assert blindness(found, "x", exact) <= BLIND["float64"]


@pytest.mark.parametrize("smooth", [lambda x: np.maximum(x, 0) - np.maximum(-x, 0), lambda x: np.sqrt(x * x + 1e-2)])
def test_what_has_no_kink_is_not_skipped(smooth: Callable[[Any], Any]) -> None:
    assert not at(differences, smooth, 0.0).skipped["x"].any()


@pytest.mark.parametrize("x", [1e-300, 1e-100, 1e-12, 1e-5, 0.5, 1 - 1e-5, 1 - 1e-10])
def test_no_step_leaves_the_domain_and_near_its_edge_the_truth_lies_within_the_error(x: float) -> None:
    def forward(x: Any) -> Any:
        assert ((x > 0) & (x < 1)).all()
        return np.log(x) - np.log1p(-x)

    found = at(differences, forward, x, domain={"x": (0.0, 1.0)})
    with precision(3000):
        b = Balls.of(np.array([x]))
        exact = 1 / b + 1 / (1 - b)
    assert not found.skipped["x"].any()
    assert use(found, "x", exact) <= 1


@pytest.mark.parametrize("x", [0.0, 1.0, -0.5, 2.0])
def test_a_point_on_the_edge_of_its_domain_is_skipped_with_that_reason(x: float) -> None:
    found = at(differences, lambda x: x * x, x, domain={"x": (0.0, 1.0)})
    assert found.notes == (f"x: 1 of 1 elements skipped, the first at [0]: {EDGE}",)
    assert not at(differences, lambda x: x * x, x).skipped["x"].any()


def test_a_forward_that_is_not_finite_there_is_skipped_with_that_reason() -> None:
    found = at(differences, np.log, -1.0)
    assert found.notes == ("x: 1 of 1 elements skipped, the first at [0]: the forward is not finite there",)
    assert np.isnan(found.gradients["x"]).all()


def test_a_point_whose_every_neighbour_is_not_finite_is_skipped_with_that_reason() -> None:
    found = at(differences, lambda x: np.where(x == 1.0, 0.0, np.nan), 1.0)
    assert found.notes == (f"x: 1 of 1 elements skipped, the first at [0]: {NOT_FINITE}",)


# --- underflow, poles and periods below the step ----------------------------------------------------------------------
def skipped_as(found: Estimate, reason: str) -> bool:
    return found.notes == (f"x: 1 of 1 elements skipped, the first at [0]: {reason}",)


def test_beside_a_jump_the_steps_shrink_to_nothing_and_the_point_is_skipped() -> None:
    assert skipped_as(at(differences, lambda x: np.floor(x) + x, 1.0), UNSETTLED)


@pytest.mark.parametrize(
    ("name", "x"),
    [
        ("log", 1e-308), ("log", 3e-308), ("log", 1e-310), ("log", 5e-324), ("reciprocal", 1e-308),
        ("reciprocal", -1e-308),
    ],
)  # fmt: skip
def test_where_the_floats_are_too_coarse_for_three_steps_or_the_error_overflows_the_reason_is_said(
    name: str, x: float
) -> None:
    assert skipped_as(at(differences, FUNCTIONS[name][0], x), NOT_FINITE)


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("exp", (-709.0, -720.0, -740.0, -745.0, -750.0, -800.0, -1000.0)),
        ("softplus", (-743.0, -743.76, -745.0, -750.0, -800.0)),
        ("sigmoid", (-709.0, -710.0, -711.0, -740.0, -745.0, -750.0, -1000.0)),
        ("reciprocal", (1e155, 1e160, -1e160, 1e200, -1e200, 1e300)),
    ],
)
def test_what_underflows_is_no_exact_zero(name: str, points: tuple[float, ...]) -> None:
    for x in points:
        found = at(differences, FUNCTIONS[name][0], x)
        assert use(found, "x", slope_at(name, x)) <= 1, f"at {x}"
        assert (found.errors["x"] >= LEAST).all()


@pytest.mark.parametrize("x", [27.0, 27.3, 28.0, 145.0, 1e3])
def test_a_gaussian_below_the_least_float_is_no_exact_zero(x: float) -> None:
    found = at(differences, lambda x: np.exp(-x * x), x)
    with precision(3000):
        b = Balls.of(np.array([x]))
        assert use(found, "x", -2 * b * np.exp(-b * b)) <= 1
    assert (found.errors["x"] >= LEAST).all()


@pytest.mark.parametrize("x", [-1.0, -1000.0])
def test_a_dead_unit_is_not_skipped_and_its_error_is_next_to_nothing(x: float) -> None:
    found = at(differences, lambda x: np.maximum(x, 0.0), x)
    assert found.gradients["x"].tolist() == [0.0]
    assert LEAST <= found.errors["x"][0] <= 2.0**-960


@pytest.mark.parametrize("power", [1, 2, 3])
@pytest.mark.parametrize("x", [1e-5, 1e-6, 1e-7, 1e-9, 1e-12, 1e-20, 1e-30, 1e-50, 1e-100, 1e-160, 1e-200])
def test_beside_a_pole_no_step_across_it_counts(x: float, power: int) -> None:
    for number in (x, -x):
        found = at(differences, lambda x: 1 / x**power, number)
        with precision(3000):
            exact = -power / Balls.of(np.array([number])) ** (power + 1)
        assert use(found, "x", exact) <= 1, f"at {number}"
        if x ** (power + 1) > 1e-290:  # the slope, and the differences that give it, are within the range of floats
            assert not found.skipped["x"].any()
            assert blindness(found, "x", exact) <= BLIND["float64"]


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_periods_below_the_step_are_no_flat_line(name: str) -> None:
    for x in (1e6, 1e7, 1e8, 1e9, 1e12, 1e15, 1e16, 1e17, 1e100, 1e300):
        found = at(differences, FUNCTIONS[name][0], x)
        assert use(found, "x", slope_at(name, x)) <= 1, f"at {x}"
        if x >= 1e12:
            assert skipped_as(found, UNSETTLED)


@pytest.mark.parametrize("x", [-2.7, 0.0, 1e-3, 0.3, 1.0])
def test_a_sine_faster_than_the_steps_is_followed_or_skipped(x: float) -> None:
    for rate in (1e6, 1e7, 1e8, 1e9, 1e10, 1e12, 1e15):
        found = at(differences, lambda x: np.sin(rate * x), x)  # noqa: B023  # called in this turn only
        with precision(300):
            b = Balls.of(np.array([x]))
            assert use(found, "x", rate * np.cos(rate * b)) <= 1, f"rate {rate}"


def test_a_smooth_extremum_where_the_slope_is_zero_is_not_skipped() -> None:
    for power in (2, 3, 4):
        found = at(differences, lambda x: x**power, 0.0)  # noqa: B023  # called in this turn only
        assert not found.skipped["x"].any(), f"power {power}"
        assert abs(found.gradients["x"][0]) <= found.errors["x"][0] <= 2.0**-30


# --- noise and rounding -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("x", [-2.0, 1e-3, 0.3, 1.0])
@pytest.mark.parametrize(
    "coarse",
    [
        lambda x: np.tanh(x.astype(np.float32)),
        lambda x: np.tanh(x.astype(np.float32)).astype(np.float64),
        lambda x: np.round(np.tanh(x), 8),
        lambda x: np.tanh(x) + 1e9 - 1e9,
    ],
)
def test_rounding_inside_the_forward_is_seen_and_enters_the_error(coarse: Callable[[Any], Any], x: float) -> None:
    found = at(differences, coarse, x)
    assert use(found, "x", slope_at("tanh", x)) <= 1
    assert found.errors["x"][0] > at(differences, np.tanh, x).errors["x"][0]


def test_rounding_that_leaves_no_trace_needs_the_callers_bound() -> None:
    """(x + 1e20) − 1e20 is 0 for every x about; the bound says that it may be off by 2¹⁴."""
    found = at(differences, lambda x: (x + 1e20) - 1e20, 0.5, rounding=np.array([2.0**14]))
    assert use(found, "x", Balls.of(np.ones(1))) <= 1


def test_a_forward_that_draws_at_random_is_called_noisy_and_the_truth_lies_within_the_error() -> None:
    rng = np.random.default_rng(0)
    for x in (0.0, 0.3, 2.0):
        found = at(differences, lambda x: np.tanh(x) + 1e-9 * rng.standard_normal(x.shape), x)
        assert found.notes == ("the forward gives different values for the same inputs; taken as noise",)
        assert use(found, "x", slope_at("tanh", x)) <= 1
        assert found.errors["x"][0] > 1e-7


def test_a_forward_that_is_the_same_twice_is_not_called_noisy() -> None:
    assert at(differences, np.tanh, 0.3).notes == ()
