"""What a derivative is judged with: runs in several arithmetics, rulers, casts."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.one_input import X
from verify.arithmetic.balls import Balls
from verify.derivative import judge
from verify.problem import Problem, cast, lift
from verify.questions import BLIND, FULL_DIGITS, digits, distance, judged, measure, place, ratio
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import arithmetic, exact_values, run
from verify.setting import Setting


# --- runs: one function in its several arithmetics --------------------------------------------------------------------
@settings(max_examples=30)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6), st.sampled_from(["float64", "float32"]))
def test_the_exact_value_and_the_budget_of_a_polynomial_hold_what_fractions_say(xs: list[float], dtype: str) -> None:
    x = np.array(xs)
    found = run(lambda x: {"y": np.sum(x**2 - 3 * x + 0.5)}, {"x": x}, dtype)
    terms = [Fraction(float(v)) for v in x.astype(dtype)]
    true = sum(t * t - 3 * t + Fraction(1, 2) for t in terms)
    exact = found.exact["y"]
    assert abs(Fraction(float(exact.mid())) - true) <= abs(true) * Fraction(2) ** -52 + Fraction(float(exact.rad()))
    assert abs(Fraction(float(found.value["y"])) - true) <= Fraction(float(found.budget["y"]))
    assert found.value["y"].dtype == dtype
    # Exact, the value is known to more digits than any float holds.
    assert exact.rad() <= 2.0**-64 * abs(exact.mid())


def test_exact_values_double_the_precision_until_what_is_left_of_a_cancellation_is_sharp() -> None:
    (found,) = exact_values(lambda x: (1 + x) - 1, {"x": np.array(2.0**-300)}, "float64").values()
    assert float(found.mid()) == 2.0**-300
    assert float(found.rad()) <= 2.0**-364


def test_a_function_that_runs_on_floats_alone_gets_the_ladder_and_a_finding_that_says_so() -> None:
    found = run(lambda x: {"y": np.array([np.tanh(float(v)) for v in x], dtype=x.dtype)}, {"x": X}, "float64")
    assert found.exact == {}
    assert set(found.reasons) == {"budget", "exact"}
    assert found.findings[0].startswith("budget from the precision ladder, an estimate: ")
    assert np.isfinite(found.budget["y"]).all()
    (row,) = [arithmetic(found, "y", "float64", True, formula="f")]
    assert (row.verdict, row.compared) == (INCONCLUSIVE, 0)


def test_a_function_that_overwrites_its_argument_is_found_out_and_the_callers_array_is_kept() -> None:
    def doubled(x: Any) -> Any:
        x *= 2
        return {"y": x}

    x = X.copy()
    found = run(doubled, {"x": x}, "float64")
    assert found.findings == ("overwrites its argument x",)
    assert np.array_equal(x, X)
    assert np.array_equal(found.value["y"], 2 * X)


def test_a_result_of_another_shape_on_balls_fails() -> None:
    def forward(x: Any) -> Any:
        return {"y": x if isinstance(x, np.ndarray) else x[:1]}

    row = arithmetic(run(forward, {"x": X}, "float64"), "y", "float64", True, formula="f")
    assert (row.verdict, row.finding) == (FAIL, "the float run has shape (3,), the exact run (1,)")


# --- questions: the rulers --------------------------------------------------------------------------------------------
def test_nothing_compared_and_a_blind_row_are_inconclusive_and_a_difference_over_no_budget_fails() -> None:
    one = np.array([1.0])

    def verdict(error: float, budget: float, dtype: str = "float64", want: float = 1.0) -> str:
        return judged(measure(one, np.array([want]), np.array([error]), np.array([budget]), dtype), dtype)

    assert verdict(0, 0) == PASS
    assert verdict(1e-300, 0) == FAIL
    assert verdict(1e-9, 1e-9) == PASS
    assert verdict(np.nextafter(1e-9, 1), 1e-9) == FAIL
    assert verdict(np.nan, 1e-9) == FAIL
    assert verdict(0, np.inf) == verdict(0, np.nan) == INCONCLUSIVE
    for dtype, blind in BLIND.items():
        assert verdict(0, blind, dtype) == PASS
        assert verdict(0, np.nextafter(blind, 1), dtype) == INCONCLUSIVE
        assert verdict(2 * blind, np.nextafter(blind, 1), dtype) == FAIL
    assert verdict(0, 1e-300, want=0.0) == INCONCLUSIVE
    empty = np.zeros(0)
    assert judged(measure(empty, empty, empty, empty, "float64"), "float64") == INCONCLUSIVE
    assert BLIND == {"float64": 1e-6, "float32": 1e-2}


def test_the_element_shown_is_the_one_judged_and_what_has_no_budget_is_skipped_and_counted() -> None:
    mine, want = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.5], [3.25, 9.0]])
    budget = np.array([[1.0, 1.0], [0.125, np.inf]])
    figures = measure(mine, want, np.abs(mine - want), budget, "float64")
    assert (figures["compared"], figures["skipped"]) == (3, 1)
    # The largest error, 0.5, uses half of its budget; 0.25 uses twice its own.
    assert (figures["at"], figures["mine"], figures["want"]) == ("[1, 0]", "3.0", "3.25")
    assert (figures["used"], figures["budget"], figures["max_abs"]) == (2.0, 0.125, 0.5)
    assert figures["max_rel"] == 0.2
    assert figures["max_ulp"] == 0.5 / np.spacing(2.5)
    # The widest budget against the largest element, of those compared.
    assert figures["detects"] == 1.0 / 3.25


@settings(max_examples=50)
@given(st.floats(-1e307, 1e307) | st.just(np.inf), st.floats(-1e307, 1e307))
def test_a_distance_is_never_less_than_it_is(mine: float, exact: float) -> None:
    found = float(distance(np.array(mine), Balls.of(np.array(exact))))
    if np.isinf(mine):
        assert np.isinf(found)
    elif np.isfinite(found):
        true = abs(Fraction(mine) - Fraction(exact))
        assert Fraction(found) >= true
        # Rounded up, to 30 bits at least: that much a radius holds.
        assert Fraction(found) <= true * (1 + Fraction(2) ** -28) + Fraction(5e-324)


def test_a_nan_is_far_from_every_number() -> None:
    assert distance(np.array([np.nan, 1.0]), Balls.of(np.array([1.0, 1.0]))).tolist() == [np.inf, 0.0]


def test_ratio_digits_and_place_at_their_edges() -> None:
    assert ratio(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.0, 0.0, 4.0, np.inf])).tolist() == [0, np.inf, 0.25, 0]
    assert digits(np.zeros(2), np.ones(2), "float64") == FULL_DIGITS["float64"] > 15.9
    assert digits(np.zeros(2), np.zeros(2), "float32") == FULL_DIGITS["float32"]
    assert digits(np.array([1e-3]), np.array([1.0]), "float64") == 3.0
    # Scaled by the largest element, so a small one beside it does not count for more.
    assert digits(np.array([0.0, 1e-3]), np.array([1.0, 1e-3]), "float64") == 3.0
    # One beyond the range of floats has no digits, and lends the others none.
    assert digits(np.array([1e-3]), np.array([np.inf, 1.0]), "float64") == 3.0
    assert digits(np.array([2.0]), np.array([1.0]), "float64") == 0.0
    assert digits(np.array([1e-3]), np.zeros(1), "float64") == 0.0
    assert digits(np.array([np.inf]), np.ones(1), "float64") == 0.0
    assert (place(5, (2, 3)), place(0, ())) == ("[1, 2]", "[]")


# --- problem: what is cast and lifted ---------------------------------------------------------------------------------
def test_only_floating_arrays_change_their_dtype_and_none_is_shared_with_the_caller() -> None:
    inputs = {"x": X, "n": np.arange(3), "rate": 0.1, "name": "relu", "layers": {"W": X, "k": [1, 2]}}
    found = cast(inputs, "float32")
    assert found["x"].dtype == found["layers"]["W"].dtype == np.float32
    assert found["n"].dtype == np.arange(3).dtype
    assert (found["rate"], found["name"], found["layers"]["k"]) == (0.1, "relu", [1, 2])
    for same in (cast(inputs, "float64"), found):
        assert not np.shares_memory(same["x"], X)
        assert not np.shares_memory(same["layers"]["W"], X)
        assert not np.shares_memory(same["n"], inputs["n"])
    lifted = lift(inputs, Balls.of)
    assert isinstance(lifted["x"], Balls)
    assert isinstance(lifted["layers"]["W"], Balls)
    assert (lifted["rate"], lifted["name"]) == (0.1, "relu")
    assert isinstance(lifted["n"], np.ndarray)


@pytest.mark.parametrize(("slope", "verdict"), [(1.0, INCONCLUSIVE), (1.001, FAIL), (-1.0, FAIL)])
def test_at_a_kink_of_code_that_runs_on_floats_alone_pytorch_accuses_no_right_gradient(
    slope: float, verdict: str
) -> None:
    """The notes take the slope 1 at 0 and PyTorch 0, and no certificate says that both are right."""

    def spelt(function: Any) -> Any:
        return lambda *given, **named: function(*map(float_only, given), **{k: float_only(x) for k, x in named.items()})

    def float_only(x: Any) -> Any:
        assert isinstance(x, np.ndarray), "runs on floats alone"
        return x

    problem = Problem(
        "relu", spelt(lambda x: np.maximum(0, x)), spelt(lambda dout, x: {"x": dout * slope * (x >= 0)}),
        {"x": np.array([0.0, 1.5, -0.5, 0.75])}, ("x",), np.array([0.5, -1.25, 0.75, 1.5]),
        reference=lambda x: x.relu(),
    )  # fmt: skip
    rows = judge(problem, Setting(0, ("float64",), frozenset({"autograd"})))
    assert {row.verdict for row in rows} == {verdict}
    assert ("nearby they agree" in rows[0].finding) == (verdict == INCONCLUSIVE)


@pytest.mark.parametrize(("inside", "verdict"), [(False, INCONCLUSIVE), (True, FAIL)])
def test_an_overflow_outside_the_declared_domain_accuses_no_code_that_runs_on_floats_alone(
    inside: bool, verdict: str
) -> None:
    def by_hand(dout: Any, x: Any) -> dict[str, Any]:
        assert isinstance(x, np.ndarray), "runs on floats alone"
        return {"x": dout * x * 1e300 / 1e300}

    problem = Problem(
        "half of the square", lambda x: x * x / 2, by_hand, {"x": np.array([1e10, 2.0])}, ("x",), np.ones(2),
        reference=lambda x: x * x / 2, inside={"float64": inside},
    )  # fmt: skip
    rows = judge(problem, Setting(0, ("float64",), frozenset({"autograd"})))
    assert {row.verdict for row in rows} == {verdict}


def test_exact_values_sharpen_until_a_comparison_is_decided() -> None:
    """1 − tanh²(330) is 3.7e-286: at 128 bits it may be either side of 0."""
    found = exact_values(lambda x: np.where(1 - np.tanh(x) ** 2 > 0, x, 0 * x), {"x": np.array([330.0])}, "float64")
    assert found["value"].mid() == 330.0
