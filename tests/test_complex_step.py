"""The complex step: the truth lies within the stated error; what is not analytic is refused, the rest skipped."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle_nets import blindness, net, sees, use, weighs
from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.complexes import Complexes
from verify.arithmetic.duck import Unsupported
from verify.errors import UserError
from verify.oracles.complex_step import complex_step
from verify.oracles.estimate import Estimate

Array = np.ndarray[Any, Any]
Function = Callable[[Any], Any]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(z: Any) -> Any:
    e = np.exp(-z)
    return e / ((1 + e) * (1 + e))


# A function, and its derivative written so that it runs on balls.
FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "tanh": (np.tanh, lambda x: 1 / np.square(np.cosh(x))),
    "exp": (np.exp, np.exp),
    "expm1": (np.expm1, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "log1p": (np.log1p, lambda x: 1 / (1 + x)),
    "sqrt": (np.sqrt, lambda x: 1 / (2 * np.sqrt(x))),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
    "sinh": (np.sinh, np.cosh),
    "cosh": (np.cosh, np.sinh),
    "square": (lambda x: x**2, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x * x),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / (x * x)),
    "sigmoid": (sigmoid, sigmoid_slope),
    "softplus": (lambda x: np.logaddexp(0.0, x), lambda x: 1 / (1 + np.exp(-x))),
    "swish": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) + x * sigmoid_slope(x)),
    "fast sine": (lambda x: np.sin(100 * x), lambda x: 100 * np.cos(100 * x)),
    "offset by 1e8": (lambda x: np.tanh(x) + 1e8, lambda x: 1 / np.square(np.cosh(x))),
    "half lost": (lambda x: (x + 1e8) - 1e8, lambda x: 0 * x + 1),
    "a hundred orders down": (lambda x: 1e-100 * np.tanh(x), lambda x: 1e-100 / np.square(np.cosh(x))),
    "a hundred orders up": (lambda x: 1e100 * np.tanh(x), lambda x: 1e100 / np.square(np.cosh(x))),
}
# Near 0 and at it, subnormal, saturated, at the ends of exp and of the range of floats.
POINTS = (
    0.0, 5e-324, 1e-310, 1e-200, 1e-100, 1e-30, 1e-12, 1e-9, 1e-5, 1e-3, 0.1, 0.5, 1.0, 2.0, 3.7, 12.0, 20.0, 36.9,
    40.0, 100.0, 300.0, 700.0, 709.0, 710.0, 750.0, 1e3, 1e5, 1e8, 1e16, 1e100, 1e150, 1e200, 1e300,
)  # fmt: skip
ORDINARY = (0.1, 0.5, 1.0, 2.0, 3.7)


def named(function: Function) -> Callable[..., Any]:
    """A ufunc takes no argument by name; oracles call a forward so."""

    def forward(x: Any) -> Any:
        return function(x)

    return forward


def at(
    oracle: Callable[..., Estimate], function: Function, x: float, dtype: str = "float64", **options: Any
) -> Estimate:
    """The oracle's derivative of `function` at one number."""
    with np.errstate(all="ignore"):
        return oracle(named(function), {"x": np.array([x], dtype=dtype)}, ["x"], np.ones(1), **options)


def slope_at(name: str, x: float) -> Balls:
    with precision(3000):
        return FUNCTIONS[name][1](Balls.of(np.array([x])))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_true_derivative_lies_within_the_error_wherever_one_is_stated(name: str) -> None:
    for x in (*POINTS, *(-p for p in POINTS)):
        found = at(complex_step, FUNCTIONS[name][0], x)
        exact = slope_at(name, x)
        if not exact.is_finite().all():
            assert found.skipped["x"].all(), f"{x} lies outside the domain"
        assert use(found, "x", exact) <= 1, f"at {x}"
        if found.skipped["x"].any():
            assert any(note.startswith("x: 1 of 1 elements skipped, the first at [0]: ") for note in found.notes)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if not name.startswith("a hundred orders")])
def test_where_nothing_is_extreme_a_derivative_comes_out_to_a_dozen_digits(name: str) -> None:
    for x in ORDINARY:
        found = at(complex_step, FUNCTIONS[name][0], x)
        assert not found.skipped["x"].any(), f"at {x}: {found.notes}"
        assert blindness(found, "x", slope_at(name, x)) <= 1e-12


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(FUNCTIONS)), st.floats(-50, 50))
def test_the_true_derivative_lies_within_the_error_at_any_number(name: str, x: float) -> None:
    found = at(complex_step, FUNCTIONS[name][0], x)
    assert use(found, "x", slope_at(name, x)) <= 1


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "square", "exp"])
def test_float32_inputs_are_taken_at_their_exact_values(name: str) -> None:
    for x in (-2.0, 0.1, 0.3, 3.7):
        found = at(complex_step, FUNCTIONS[name][0], x, "float32")
        assert found.notes == ("float32 inputs were taken at their exact values and run in float64",)
        exact = slope_at(name, float(np.float32(x)))
        assert not found.skipped["x"].any()
        assert use(found, "x", exact) <= 1
        assert blindness(found, "x", exact) <= 1e-12


@pytest.mark.parametrize(
    ("name", "x"),
    [("offset by 1e8", 0.5), ("square", 1e8), ("square", -1e8), ("log", 1e-5), ("log", 1e-30), ("sigmoid", -40.0)],
)
def test_what_peers_accuse_falsely_is_seen_sharply(name: str, x: float) -> None:
    found = at(complex_step, FUNCTIONS[name][0], x)
    assert not found.skipped["x"].any()
    assert use(found, "x", slope_at(name, x)) <= 1
    assert blindness(found, "x", slope_at(name, x)) <= 1e-12


@pytest.mark.parametrize("x", [710.0, -710.0, 1e3])
def test_a_saturated_sigmoid_is_skipped_and_not_passed(x: float) -> None:
    assert at(complex_step, sigmoid, x).skipped["x"].all()


# --- nets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_gradients_of_nets_lie_within_the_error(seed: int) -> None:
    one = net([1, seed])
    found, exact = complex_step(one.forward, one.inputs, list(one.inputs), one.dout), one.exact()
    assert all(use(found, name, exact[name]) <= 1 for name in one.inputs)


@pytest.mark.parametrize("seed", range(4))
def test_a_gradient_wrong_by_1e_10_of_its_tensor_is_outside_the_error(seed: int) -> None:
    one = net([2, seed], low=0.1, high=1.0)
    sees(complex_step(one.forward, one.inputs, list(one.inputs), one.dout), one, 1e-10)


def test_every_weight_of_the_upstream_gradient_counts_and_is_divided_by_the_scale() -> None:
    weighs(complex_step, named(np.tanh), 1e-12)


def test_numbers_dictionaries_constants_and_views_are_taken_as_they_come() -> None:
    W = np.arange(6.0).reshape(2, 3).T / 7

    def forward(x: Any, p: Any, power: int, kind: str) -> Any:
        return np.tanh(p["W"] @ x) ** power * p["scale"] if kind == "tanh" else x

    inputs = {
        "x": np.array([0.4, -0.3]),
        "p": {"W": W, "scale": 2.5, "steps": np.array([1, 2])},
        "power": 2,
        "kind": "tanh",
    }
    dout = np.array([1.0, -2.0, 3.0])
    found = complex_step(forward, inputs, ["x", "p.W", "p.scale"], dout)
    with precision(300):
        Wb, xb = Balls.of(W), Balls.of(inputs["x"])
        t = np.tanh(Wb @ xb)
        dZ = Balls.of(dout) * 5 * t * (1 - t * t)
        exact = {"x": Wb.T @ dZ, "p.W": np.outer(dZ, xb), "p.scale": np.sum(Balls.of(dout) * t * t)}
    for name, want in exact.items():
        assert use(found, name, want) <= 1
        assert blindness(found, name, want) <= 1e-12
    assert W.tolist() == (np.arange(6.0).reshape(2, 3).T / 7).tolist()


# --- what is refused or skipped ---------------------------------------------------------------------------------------

NOT_ANALYTIC: dict[str, Function] = {
    "maximum": lambda x: np.maximum(x, 0), "where": lambda x: np.where(x > 0, x, 0.01 * x), "abs": np.abs,
    "conj": lambda x: x * np.conj(x), "real": lambda x: x.real, "imag": lambda x: x.imag, "sort": np.sort,
    "max": lambda x: np.exp(x - np.max(x)), "clip": lambda x: np.clip(x, -1, 1), "mask": lambda x: x * (x > 0),
    "branch": lambda x: x if x[0] > 0 else -x, "round": np.round, "float": lambda x: np.array([float(v) for v in x]),
    "median": lambda x: x - np.median(x), "a tuple": lambda x: (x, x),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_ANALYTIC)
def test_a_forward_that_is_not_analytic_raises_and_gives_no_number(name: str) -> None:
    x = np.array([0.5, -0.25, 1.5])
    with pytest.raises(Unsupported):
        complex_step(named(NOT_ANALYTIC[name]), {"x": x}, ["x"], np.ones(np.shape(NOT_ANALYTIC[name](x))))


def test_a_leaf_that_is_compared_is_skipped_with_the_reason_beside_one_that_is_not() -> None:
    inputs = {"x": np.array([0.5, -0.5]), "y": np.array([0.2, 0.3])}
    found = complex_step(lambda x, y: np.maximum(x, 0) + np.tanh(y), inputs, ["x", "y"], np.ones(2))
    assert (found.skipped["x"].all(), found.skipped["y"].any()) == (True, False)
    assert np.isnan(found.gradients["x"]).all()
    assert found.notes[0].startswith(
        "x: 2 of 2 elements skipped, the first at [0]: np.maximum does not run on Complexes"
    )
    with precision(300):
        assert use(found, "y", 1 / np.square(np.cosh(Balls.of(inputs["y"])))) <= 1


def test_a_run_whose_real_part_is_not_the_real_runs_does_not_count() -> None:
    def forward(x: Any) -> Any:
        return np.tanh(x) * (1 + 1e-9) if isinstance(x, Complexes) else np.tanh(x)

    found = complex_step(forward, {"x": np.array([0.3, 0.4])}, ["x"], np.ones(2))
    assert found.skipped["x"].all()
    assert found.notes == ("x: 2 of 2 elements skipped, the first at [0]: the real part is not the real run's",)


def test_two_steps_that_disagree_widen_the_error_by_their_disagreement() -> None:
    def forward(x: Any) -> Any:
        """Twice the slope where the imaginary part is above 2⁻⁴⁰⁰, as something that overflows there might have it."""
        seen = isinstance(x, Complexes) and x.dtype == np.float64 and np.max(x.parts[1]) > 2.0**-400
        return Complexes(x.parts[0], 2 * x.parts[1]) if seen else 1.0 * x

    found = complex_step(forward, {"x": np.array([0.3])}, ["x"], np.ones(1))
    assert found.gradients["x"].tolist() == [1.0]
    assert found.errors["x"][0] >= 1.0


def test_a_forward_that_is_not_finite_is_skipped() -> None:
    found = at(complex_step, np.log, -1.0)
    assert found.skipped["x"].all()
    assert np.isnan(found.gradients["x"]).all()


def test_an_input_that_shows_no_influence_is_not_passed_as_a_zero() -> None:
    found = complex_step(lambda x, y: np.tanh(y), {"x": np.ones(2), "y": np.ones(2)}, ["x", "y"], np.ones(2))
    assert found.skipped["x"].all()
    assert not found.skipped["y"].any()


def test_underflow_on_the_way_leaves_no_confident_zero() -> None:
    """x·1e-200·1e200 is x, and the imaginary part 2⁻⁶⁶⁴ would not survive it."""
    found = complex_step(lambda x: (x * 1e-200) * 1e200, {"x": np.array([0.7])}, ["x"], np.ones(1))
    assert found.skipped["x"].all()


def test_of_a_large_leaf_a_reproducible_sample_is_drawn_and_the_rest_is_skipped() -> None:
    x = np.linspace(-1, 1, 30).reshape(5, 6)

    def run(seed: int) -> Estimate:
        return complex_step(named(np.tanh), {"x": x}, ["x"], np.ones(x.shape), at_most=7, seed=seed)

    found = run(0)
    assert int(np.sum(~found.skipped["x"])) == 7
    first = [int(i) for i in np.argwhere(found.skipped["x"])[0]]
    assert found.notes == (f"x: 23 of 30 elements skipped, the first at {first}: left out of the sample",)
    with precision(300):
        assert use(found, "x", 1 / np.square(np.cosh(Balls.of(x)))) <= 1
    assert run(0).skipped["x"].tolist() == found.skipped["x"].tolist()
    assert run(1).skipped["x"].tolist() != found.skipped["x"].tolist()


def test_an_upstream_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(UserError, match=r"dout has shape \(2,\)"):
        complex_step(named(np.tanh), {"x": np.ones(3)}, ["x"], np.ones(2))


@pytest.mark.parametrize(("name", "said"), [("z", "there is no input 'z'"), ("k", "which has no derivative")])
def test_what_has_no_derivative_is_refused(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        complex_step(lambda x, k: x * k, {"x": np.ones(3), "k": np.arange(3)}, [name], np.ones(3))


def test_a_forward_that_writes_into_its_input_is_differentiated_all_the_same() -> None:
    def forward(x: Any) -> Any:
        x *= x
        return np.exp(x)

    x = np.array([0.3, -0.6])
    found = complex_step(forward, {"x": x}, ["x"], np.ones(2))
    assert x.tolist() == [0.3, -0.6]
    with precision(300):
        b = Balls.of(x)
        assert use(found, "x", 2 * b * np.exp(b * b)) <= 1


@pytest.mark.parametrize(("function", "x"), [(np.exp, 1000.0), (np.log, -1.0), (lambda x: x @ x * 1e300, 1e10)])
def test_a_forward_that_overflows_or_leaves_its_domain_warns_of_nothing(function: Function, x: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = np.ones(np.shape(named(function)(np.ones(1))))
        found = complex_step(named(function), {"x": np.array([x])}, ["x"], out)
    assert found.skipped["x"].all()
