"""Central differences: the truth lies within the derived error, and kinks and edges are skipped with the reason."""

from __future__ import annotations

from collections.abc import Callable
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
from verify.questions import BLIND

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
