"""Central differences: the truth lies within the derived error, and kinks and edges are skipped with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import comb, inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle_nets import blindness, net, sees, use, weighs
from tests.test_complex_step import FUNCTIONS, ORDINARY, at, named, slope_at
from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.duck import Unsupported
from verify.errors import UserError
from verify.oracles.differences import differences
from verify.oracles.estimate import Estimate
from verify.oracles.noise import noise
from verify.oracles.slope import EDGE, KINK, LEAST, NOT_FINITE, UNSETTLED, Line, Slope, at_step, slope, wobble
from verify.questions import BLIND

Array = np.ndarray[Any, Any]

NEAR_ZERO = (0.0, 5e-324, 1e-310, 1e-200, 1e-100, 1e-30, 1e-12, 1e-9, 1e-5, 1e-3)
LARGE = (12.0, 20.0, 36.9, 40.0, 100.0, 300.0, 700.0, 709.0, 710.0)
HUGE = (1e3, 1e5, 1e8, 1e16, 1e100, 1e150, 1e200, 1e300)
EVERYWHERE = (*NEAR_ZERO, *ORDINARY, *LARGE, *HUGE)
# The points end where a function has nothing left to show: values below the smallest float, a period narrower than the
# floats' spacing. A number in the list stands for its negative too.
POINTS: dict[str, tuple[float, ...]] = {
    **dict.fromkeys(FUNCTIONS, EVERYWHERE),
    "exp": (*NEAR_ZERO, *ORDINARY, *LARGE),
    "softplus": (*NEAR_ZERO, *ORDINARY, *LARGE),
    "swish": (*NEAR_ZERO, *ORDINARY, *LARGE),
    "sigmoid": (*NEAR_ZERO, *ORDINARY, *LARGE),
    "sin": (*NEAR_ZERO, *ORDINARY, *LARGE, 1e3, 1e5),
    "cos": (*NEAR_ZERO, *ORDINARY, *LARGE, 1e3, 1e5),
    "fast sine": (*NEAR_ZERO, *ORDINARY, *LARGE, 1e3),
    "a hundred orders down": (*NEAR_ZERO, *ORDINARY, *LARGE),
    "log": (0.0, 1e-300, 1e-200, 1e-100, 1e-30, 1e-12, 1e-9, 1e-5, 1e-3, *ORDINARY, *LARGE, *HUGE),
    "reciprocal": (0.0, 1e-12, 1e-9, 1e-5, 1e-3, *ORDINARY, *LARGE, 1e3, 1e5, 1e8, 1e16, 1e100, 1e150),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_true_derivative_lies_within_the_error_wherever_one_is_stated(name: str) -> None:
    for x in (*POINTS[name], *(-p for p in POINTS[name])):
        found = at(differences, FUNCTIONS[name][0], x)
        exact = slope_at(name, x)
        if not exact.is_finite().all():
            assert found.skipped["x"].all(), f"{x} lies outside the domain"
        assert use(found, "x", exact) <= 1, f"at {x}"
        if found.skipped["x"].any():
            assert len(found.notes) == 1
            assert found.notes[0].startswith("x: 1 of 1 elements skipped, the first at [0]: ")


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"half lost", "offset by 1e8"}))
def test_where_nothing_is_extreme_the_estimate_decides(name: str) -> None:
    for x in ORDINARY:
        found = at(differences, FUNCTIONS[name][0], x)
        assert not found.skipped["x"].any(), f"at {x}: {found.notes}"
        assert blindness(found, "x", slope_at(name, x)) <= BLIND["float64"], f"at {x}"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FUNCTIONS)), st.floats(-50, 50).filter(lambda x: x == 0 or abs(x) > 1e-9))
def test_the_true_derivative_lies_within_the_error_at_any_number(name: str, x: float) -> None:
    assert use(at(differences, FUNCTIONS[name][0], x), "x", slope_at(name, x)) <= 1


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "square", "exp"])
def test_float32_inputs_are_taken_at_their_exact_values(name: str) -> None:
    for x in (-2.0, 0.1, 0.3, 3.7):
        found = at(differences, FUNCTIONS[name][0], x, "float32")
        assert found.notes == ("float32 inputs were taken at their exact values and run in float64",)
        exact = slope_at(name, float(np.float32(x)))
        assert use(found, "x", exact) <= 1
        assert blindness(found, "x", exact) <= BLIND["float64"]


@pytest.mark.parametrize(
    ("name", "x", "blind"),
    [
        ("square", 1e8, BLIND["float64"]),
        ("square", -1e8, BLIND["float64"]),
        ("log", 1e-5, BLIND["float64"]),
        ("log", 1e-100, BLIND["float64"]),
        # Values of 1e8 are off by 2⁻²⁷, so that the best step h leaves 2⁻²⁷/h + h²/6 > 1e-6: right, but undecided.
        ("offset by 1e8", 0.5, 1e-4),
    ],
)
def test_what_peers_accuse_falsely_is_not_accused(name: str, x: float, blind: float) -> None:
    found = at(differences, FUNCTIONS[name][0], x)
    assert not found.skipped["x"].any()
    assert use(found, "x", slope_at(name, x)) <= 1
    assert blindness(found, "x", slope_at(name, x)) <= blind


@pytest.mark.parametrize("x", [40.0, 710.0, 1e3])
def test_a_sigmoid_saturated_to_one_is_no_confident_zero(x: float) -> None:
    """There 1/(1 + e⁻ᶻ) is 1 in floats, and the true slope, up to 4e-18, must lie within the error."""
    found = at(differences, FUNCTIONS["sigmoid"][0], x)
    assert found.gradients["x"].tolist() == [0.0]
    assert use(found, "x", slope_at("sigmoid", x)) <= 1
    assert found.errors["x"][0] > 0


# --- nets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_gradients_of_nets_lie_within_the_error(seed: int) -> None:
    one = net([1, seed])
    found, exact = differences(one.forward, one.inputs, list(one.inputs), one.dout), one.exact()
    assert all(use(found, name, exact[name]) <= 1 for name in one.inputs)


@pytest.mark.parametrize("seed", range(10))
def test_a_gradient_wrong_by_1e_4_of_its_tensor_is_outside_the_error(seed: int) -> None:
    one = net([2, seed], low=0.1, high=1.0)
    sees(differences(one.forward, one.inputs, list(one.inputs), one.dout), one, 1e-4)


def test_every_weight_of_the_upstream_gradient_counts_and_is_divided_by_the_scale() -> None:
    weighs(differences, named(np.tanh), BLIND["float64"])


def test_numbers_dictionaries_constants_and_views_are_taken_as_they_come() -> None:
    W = np.arange(6.0).reshape(2, 3).T / 7

    def forward(x: Any, p: Any, power: int) -> Any:
        return np.tanh(p["W"] @ x) ** power * p["scale"]

    inputs = {"x": np.array([0.4, -0.3]), "p": {"W": W, "scale": 2.5, "steps": np.array([1, 2])}, "power": 2}
    dout = np.array([1.0, -2.0, 3.0])
    found = differences(forward, inputs, ["x", "p.W", "p.scale"], dout)
    with precision(300):
        Wb, xb = Balls.of(W), Balls.of(inputs["x"])
        t = np.tanh(Wb @ xb)
        dZ = Balls.of(dout) * 5 * t * (1 - t * t)
        exact = {"x": Wb.T @ dZ, "p.W": np.outer(dZ, xb), "p.scale": np.sum(Balls.of(dout) * t * t)}
    for name, want in exact.items():
        assert use(found, name, want) <= 1
        assert blindness(found, name, want) <= BLIND["float64"]


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


# --- what is refused or drawn -----------------------------------------------------------------------------------------


def test_of_a_large_leaf_a_reproducible_sample_is_drawn_and_the_rest_is_skipped() -> None:
    x = np.linspace(-1, 1, 30).reshape(5, 6)

    def run(seed: int) -> Estimate:
        return differences(named(np.tanh), {"x": x}, ["x"], np.ones(x.shape), at_most=7, seed=seed)

    found = run(0)
    assert int(np.sum(~found.skipped["x"])) == 7
    first = [int(i) for i in np.argwhere(found.skipped["x"])[0]]
    assert found.notes == (f"x: 23 of 30 elements skipped, the first at {first}: left out of the sample",)
    with precision(300):
        assert use(found, "x", 1 / np.square(np.cosh(Balls.of(x)))) <= 1
    assert run(0).skipped["x"].tolist() == found.skipped["x"].tolist()
    assert run(1).skipped["x"].tolist() != found.skipped["x"].tolist()


def test_an_input_without_influence_has_the_slope_zero_within_next_to_nothing() -> None:
    found = differences(lambda x, y: np.tanh(y), {"x": np.ones(2), "y": np.ones(2)}, ["x"], np.ones(2))
    assert found.gradients["x"].tolist() == [0.0, 0.0]
    assert (found.errors["x"] <= 1e-12).all()


@pytest.mark.parametrize(
    ("forward", "said"),
    [
        (lambda x: (x, x), "returns a tuple"), (lambda x: {"x": x}, "returns a dict"),
        (lambda x: [x], "returns a list"), (lambda x: (x > 0).astype(int), "returns int64"),
        (lambda x: x > 0, "returns bool"), (lambda x: x + 0j, "complex128"),
    ],
)  # fmt: skip
def test_a_forward_that_returns_no_floating_array_is_refused(forward: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(Unsupported, match=said):
        differences(forward, {"x": np.ones(3)}, ["x"], np.ones(3))


def test_an_upstream_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(UserError, match=r"dout has shape \(2,\)"):
        differences(named(np.tanh), {"x": np.ones(3)}, ["x"], np.ones(2))


def test_a_forward_that_writes_into_its_input_is_differentiated_all_the_same() -> None:
    def forward(x: Any) -> Any:
        x *= x
        return np.exp(x)

    x = np.array([0.3, -0.6])
    found = differences(forward, {"x": x}, ["x"], np.ones(2))
    assert x.tolist() == [0.3, -0.6]
    with precision(300):
        b = Balls.of(x)
        assert use(found, "x", 2 * b * np.exp(b * b)) <= 1


# --- the slope along one line -----------------------------------------------------------------------------------------


def line(
    function: Callable[[float], float], x: float, low: float = -inf, high: float = inf, noise: float = 0.0
) -> Line:
    def at(value: float) -> Array:
        return np.array([function(value)])

    return Line(at, x, low, high, at(x), np.ones(1), noise, 2.0**-53)


def test_on_powers_of_two_a_parabola_has_its_exact_slope_and_no_truncation() -> None:
    found = at_step(line(lambda x: x * x, 2.0), 2.0**-10)
    assert isinstance(found, Slope)
    assert Fraction(found.truncation) <= Fraction(found.rounding)
    assert abs(Fraction(found.value) - 4) <= Fraction(found.error)


@pytest.mark.parametrize("step", [0.5, 0.1, 1e-2, 1e-3])
def test_the_truncation_estimate_covers_the_truncation_of_a_cubic(step: float) -> None:
    """Of x³ at 1 the difference is 3 + h², exactly; rounding is far below."""
    found = at_step(line(lambda x: x**3, 1.0), step)
    assert isinstance(found, Slope)
    wrong = abs(Fraction(found.value) - 3)
    assert wrong > Fraction(step) ** 2 / 5  # h is 0.47 of the step
    assert wrong <= Fraction(found.truncation) + Fraction(found.rounding)


def test_noise_of_one_evaluation_enters_as_noise_over_the_step() -> None:
    quiet, loud = (at_step(line(lambda x: 2 * x, 1.0, noise=n), 2.0**-10) for n in (0.0, 1e-3))
    assert isinstance(quiet, Slope)
    assert isinstance(loud, Slope)
    assert loud.error - quiet.error >= 1e-3 / 2.0**-10


def test_a_line_with_a_kink_bends_by_the_jump_of_its_slope() -> None:
    found = at_step(line(lambda x: max(x, 0.0), 0.0), 2.0**-20)
    assert isinstance(found, Slope)
    assert (found.kink, found.bend) == (True, 1.0)
    smooth = at_step(line(lambda x: x * x, 0.0), 2.0**-20)
    assert isinstance(smooth, Slope)
    assert not smooth.kink


def test_a_step_out_of_the_interval_or_into_nan_gives_no_reading() -> None:
    assert at_step(line(lambda x: x, 0.5, 0.0, 1.0), 0.5) is None
    assert at_step(line(lambda x: x, 0.5, 0.0, 1.0), 0.25) is not None
    assert at_step(line(lambda x: x if x < 0.6 else np.nan, 0.5), 0.25) is None


@pytest.mark.parametrize(
    ("x", "low", "high"), [(0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (np.nan, -inf, inf), (inf, -inf, inf)]
)
def test_a_number_that_is_not_inside_its_interval_has_no_slope(x: float, low: float, high: float) -> None:
    assert slope(line(lambda x: x, x, low, high)) == EDGE


def test_a_step_that_no_three_floats_can_share_gives_no_reading() -> None:
    for step in (0.0, 5e-324, 2.0**-53, 2.0**-52):
        assert at_step(line(lambda x: x, 1.0), step) is None


def test_a_reading_across_a_pole_or_many_periods_is_not_settled() -> None:
    for function, x, step in (
        (lambda x: 1 / x, 1e-9, 1e-3),
        (lambda x: 1 / x**2, 1e-9, 1e-3),
        (lambda x: float(np.sin(1e9 * x)), 1.0, 1e-3),
        (lambda x: float(np.floor(x) + x), 1.0, 1e-3),
    ):
        found = at_step(line(function, x), step)
        assert isinstance(found, Slope)
        assert not found.settled
    near = at_step(line(lambda x: 1 / x, 1e-9), 1e-15)
    assert isinstance(near, Slope)
    assert near.settled


def test_measured_noise_of_the_changes_own_size_settles_nothing_and_less_of_it_does() -> None:
    for heard, settled in ((1e-2, False), (1e-6, True), (0.0, True)):
        found = at_step(replace(line(lambda x: x, 1.0, noise=heard), heard=heard), 2.0**-10)
        assert isinstance(found, Slope)
        assert found.settled == settled


def test_a_line_that_does_not_move_may_hide_what_underflows() -> None:
    found = at_step(replace(line(lambda x: 0.0, 1.0), least=2.0**-1022), 2.0**-10)
    assert isinstance(found, Slope)
    assert found.flat
    assert found.error >= 2.0**-1012


def test_a_change_too_small_to_be_seen_at_the_first_step_is_looked_for_further_out() -> None:
    """1e-12·x beside 1: at the first step of 6e-6 nothing changes at all."""
    found = slope(line(lambda x: 1 + 1e-12 * x, 1.0))
    assert isinstance(found, Slope)
    assert abs(found.value - 1e-12) <= found.error


def test_rounding_of_the_number_itself_enters_where_the_value_is_small() -> None:
    """x − 1000 at 1000 is 0, but x, and so the value, may have been off by a unit of 1000 on the way."""
    found = at_step(line(lambda x: x - 1000.0, 1000.0), 2.0**-10)
    assert isinstance(found, Slope)
    assert found.rounding >= 2.0**-53 * 1000 / 2.0**-10


def test_readings_that_contradict_each_other_widen_the_error_by_their_dispute() -> None:
    """A ripple of 1e-9 finer than the first steps: near to it the slope is 1.9, from afar it is 1."""
    found = slope(line(lambda x: x + 1e-9 * float(np.sin(1e9 * x)), 0.3))
    assert isinstance(found, Slope)
    assert found.value > 1.8
    assert found.dispute > 0.8
    assert found.error == found.truncation + found.rounding + found.bend + found.dispute


@pytest.mark.parametrize("decimals", [4, 6, 8, 10])
def test_the_wobble_of_rounded_values_is_about_three_standard_deviations_of_that_rounding(decimals: int) -> None:
    """Rounding to a step s has the deviation s/√12; from a dozen points the estimate is within a factor of four."""
    x = np.linspace(1e3, 2e3, 64)
    seen = wobble(lambda x: np.round(x, decimals), x, np.ones(64), np.round(x, decimals), 0)
    deviation = 10.0**-decimals / np.sqrt(12) * np.sqrt(64)
    assert 3 * deviation / 4 <= seen <= 3 * deviation * 4


def test_a_smooth_function_hardly_wobbles_and_all_points_lie_nearer_to_zero() -> None:
    x = np.array([0.5, -2.0, 3.0])

    def run(moved: Array) -> Array:
        assert (np.abs(moved) <= np.abs(x)).all()
        assert (np.abs(moved) >= np.abs(x) * (1 - 1e-6)).all()
        return np.tanh(moved)

    # Each of the three values is off by 2 ulp at most, so that no difference of order 4 exceeds 16·3·2⁻⁵².
    assert wobble(run, x, np.ones(3), np.tanh(x), 0) <= 3 * 48 * 2.0**-52


# --- noise ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2, 3, 4, 6])
def test_the_mean_over_all_sign_patterns_is_exactly_the_variance_of_the_noise(order: int) -> None:
    """Independent signs have variance 1; whole numbers below 2⁵³ are added without rounding."""
    squares = [
        Fraction(int(np.diff(np.array(signs), order)[0]) ** 2) for signs in product((-1.0, 1.0), repeat=order + 1)
    ]
    assert sum(squares) / len(squares) == comb(2 * order, order)
    patterns = np.array(list(product((-1.0, 1.0), repeat=order + 1))).T
    found = noise(patterns, order)
    assert [Fraction(round(float(s) ** 2 * comb(2 * order, order))) for s in found] == squares


@pytest.mark.parametrize("order", [1, 2, 3, 4, 6])
def test_a_polynomial_of_lower_degree_holds_no_noise(order: int) -> None:
    points = np.arange(10.0)
    for degree in range(order):
        assert float(noise(points**degree, order)) == 0.0
    assert float(noise(points**order, order)) > 0


def test_noise_is_told_element_by_element_and_of_what_is_not_finite_nothing_is_known() -> None:
    values = np.zeros((8, 4))
    values[::2, 1] = 2.0
    values[3, 2] = np.nan
    values[5, 3] = np.inf
    found = noise(values, 3)
    assert found.tolist() == [0.0, float(np.sqrt(64 / comb(6, 3))), 0.0, 0.0]
