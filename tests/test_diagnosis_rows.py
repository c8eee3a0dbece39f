"""Failing rows of a derivative, named: what is compared with what, what is at hand, and what the rows then say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls
from verify.diagnosis.diagnose import MOST
from verify.diagnosis.match import SOURCE, Match
from verify.diagnosis.rows import examples, failing, of_derivatives, told, unrun
from verify.oracles.certificate import Decision
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import Runs, run
from verify.setting import Setting

RNG = np.random.default_rng(9)
X, Y, DOUT = RNG.normal(size=(2, 5)), RNG.normal(size=(2, 5)), RNG.normal(size=(2, 5))
PLAIN, SOURCED = Setting(source=False), Setting()


def product(x: Any, y: Any) -> Any:
    return x * y


def slopes(dout: Any, x: Any, y: Any) -> Any:
    return dout * x, dout * x


def problem_of(backward: Callable[..., Any] = slopes, **more: Any) -> Problem:
    def both(formula: Callable[..., Any], dout: Any, **inputs: Any) -> Mapping[str, Any]:
        return dict(zip("xy", formula(dout, **inputs), strict=True))

    about = {"forward": product, "inputs": {"x": X, "y": Y}, "wrt": ("x", "y"), "dout": DOUT, "seed": 1, **more}
    return Problem("product", backward=lambda dout, **inputs: both(backward, dout, **inputs), swapped=both, **about)


def runs_of(problem: Problem) -> Runs:
    def by_name(dout: Any, **inputs: Any) -> dict[str, Any]:
        return {f"d{k}": x for k, x in problem.backward(dout, **inputs).items()}

    return run(by_name, {"dout": problem.dout, **problem.inputs}, "float64")


def row(quantity: str, verdict: str = FAIL, question: str = "derivative", **more: Any) -> Discrepancy:
    return Discrepancy("product", quantity, question, "certificate", verdict, **more)


def same(rows: list[Discrepancy], wanted: list[Discrepancy]) -> None:
    """Every field of every row; a nan is a nan."""
    assert [repr(row) for row in rows] == [repr(row) for row in wanted]


def found_of(problem: Problem, *failed: str, decision: Any = None, setting: Setting = PLAIN) -> dict[str, list[Any]]:
    rows = [row(f"d{k}") for k in failed]
    found = of_derivatives(rows, problem, runs_of(problem), decision, setting)
    return {k: [(match.sentence, match.confident) for match in matches] for k, matches in found.items()}


# --- rows -----------------------------------------------------------------------------------------------------------
def test_what_failed_is_named_once_and_of_some_questions_alone_where_asked() -> None:
    rows = [row("dy"), row("dx", PASS), row("dx", INCONCLUSIVE), row("dx"), row("dy", question="formula"), row("dy")]
    assert failing(rows) == ["dy", "dx"]
    assert failing(rows, "formula") == ["dy"]
    assert failing(rows, "formula", "derivative") == ["dy", "dx"]
    assert failing(rows, "shape") == failing([]) == []


def test_only_failing_rows_of_what_is_named_say_so_and_a_listener_hears_all_matches() -> None:
    rows = [row("dx"), row("dx", PASS), row("dy", diagnosis="before"), row("dz", diagnosis="before")]
    matches = {"dx": (Match("sign", "dx has the wrong sign."),), "dy": ()}
    heard: list[Any] = []
    said = replace(rows[0], diagnosis="diagnosis: dx has the wrong sign.")
    same(told(rows, matches, heard.append), [said, *rows[1:]])
    assert heard == [matches]
    same(told(rows, {}, heard.append), rows)
    same(told(rows, {"dz": matches["dx"]}), [*rows[:3], replace(rows[3], diagnosis=said.diagnosis)])
    assert heard == [matches]


@pytest.mark.parametrize(
    ("inputs", "out", "m"),
    [
        ({}, np.zeros((3, 7)), 7), ({"X": np.zeros((3, 6))}, np.zeros((3, 7)), 7), ({"X": np.zeros((3, 6))}, None, 6),
        ({"X": np.zeros((3, 6))}, np.zeros((3, 1)), 6), ({"X": np.zeros((3, 2))}, np.zeros(4), 2),
        ({"X": np.zeros((3, 6)), "Y": np.zeros((1, 5))}, None, 5), ({"W": np.zeros((3, 6))}, None, 1),
        ({"dZ": np.zeros((2, 3))}, 1.0, 3), ({"Z": np.zeros((2, 3))}, 1.0, 3), ({"A": np.zeros((2, 3))}, 1.0, 3),
        ({"A_prev": np.zeros((2, 3))}, 1.0, 3), ({"X": np.zeros((3, 1))}, None, 1), ({}, None, 1),
    ],
)  # fmt: skip
def test_m_is_the_columns_of_the_output_or_of_the_data(inputs: dict[str, Any], out: Any, m: int) -> None:
    assert examples(inputs, out) == m


# --- gradients ------------------------------------------------------------------------------------------------------
def sign(k: str) -> dict[str, list[Any]]:
    return {f"d{k}": [(f"d{k} has the wrong sign.", True)]}


def negative(dout: Any, x: Any, y: Any) -> Any:
    return -dout * y, dout * x


def on_floats(function: Callable[..., Any]) -> Callable[..., Any]:
    """Code that was not written for exact numbers."""

    def floats(*arguments: Any, **named: Any) -> Any:
        if any(isinstance(x, Balls) for x in (*arguments, *named.values())):
            raise TypeError("floats alone")
        return function(*arguments, **named)

    return floats


def test_every_gradient_that_failed_is_named_and_no_other() -> None:
    assert found_of(problem_of(), "x") == {"dx": [
        ("dx: x stands where y belongs; it equals x ∗ dout.", False),
        ("dx: out stands where y² belongs; it equals dout ∗ 1/y ∗ out.", False),
    ]}  # fmt: skip
    off = problem_of(lambda dout, x, y: (dout * y * 5, -dout * x))
    assert found_of(off, "y", "x") == {
        "dx": [("dx is m = 5 times too large: the 1/m is missing.", True)], "dy": [("dy has the wrong sign.", True)],
    }  # fmt: skip
    assert found_of(off) == found_of(off, "z") == {}
    rows = [row("dx", PASS), row("dy", INCONCLUSIVE)]
    assert of_derivatives(rows, off, runs_of(off), None, PLAIN) == {}


def test_what_the_certificate_compared_is_taken_where_it_did_with_the_bits_that_it_took() -> None:
    right, problem = Balls.of(DOUT * Y), problem_of(averages={"x": 3})
    decision = Decision({"x": "wrong"}, {"x": -right}, {"x": right}, bits=256)
    assert found_of(problem, "x", decision=decision) == sign("x")
    (match,) = of_derivatives([row("dx")], problem, runs_of(problem), decision, PLAIN)["dx"]
    assert match.residual < 2.0**-120
    by_m = Decision({"x": "wrong"}, {"x": 3 * right}, {"x": right})
    assert found_of(problem, "x", decision=by_m) == {"dx": [("dx is m = 3 times too large: the 1/m is missing.", True)]}
    # Along directions it compared other numbers.
    along = replace(by_m, directions=2)
    other = problem_of(negative)
    assert found_of(other, "x", decision=along) == found_of(other, "x", decision="no") == sign("x")


def test_the_right_gradient_carries_its_average_and_the_largest_m_is_the_one_that_is_spoken_of() -> None:
    problem = problem_of(lambda dout, x, y: (dout * y, dout * x), averages={"x": 3, "y": 4})
    assert found_of(problem, "x", "y") == {
        "dx": [("dx is 3 times what it should be.", True)],
        "dy": [("dy is m = 4 times too large: the 1/m is missing.", True)],
    }
    assert found_of(problem_of(lambda dout, x, y: (dout * y / 3, dout), averages={"x": 3}), "x") == {"dx": []}


def test_code_that_runs_on_floats_alone_is_named_by_its_bounds_and_by_the_complex_step() -> None:
    hand, forward = on_floats(negative), on_floats(product)
    for problem, least, most in (
        (problem_of(negative), 0.0, 2.0**-120), (problem_of(hand), 2.0**-60, 2.0**-40),
        (problem_of(negative, forward=forward), 0.0, 2.0**-30), (problem_of(hand, forward=forward), 0.0, 2.0**-30),
    ):  # fmt: skip
        assert found_of(problem, "x") == sign("x")
        (match,) = of_derivatives([row("dx")], problem, runs_of(problem), None, PLAIN)["dx"]
        assert least <= match.residual < most
    unbounded = replace(runs_of(problem_of(hand)), budget={}, exact={})
    assert of_derivatives([row("dx")], problem_of(hand), unbounded, None, PLAIN) == {"dx": ()}


def test_where_nothing_runs_nothing_is_named() -> None:
    def broken(**inputs: Any) -> Any:
        raise ArithmeticError("so")

    problem = problem_of(negative)
    assert of_derivatives([row("dx")], replace(problem, forward=broken), runs_of(problem), None, PLAIN) == {}


def test_what_is_large_is_compared_where_the_certificate_did_alone() -> None:
    for n, found in ((401, sign("x")), (MOST + 1, {"dx": []})):
        x = RNG.normal(size=n)
        problem = problem_of(negative, forward=on_floats(product), inputs={"x": x, "y": x}, dout=x)
        assert found_of(problem, "x") == found


def test_what_is_right_but_for_its_precision_is_named_so_and_not_where_the_formula_failed() -> None:
    def rounded(dout: Any, x: Any, y: Any) -> Any:
        slope = dout * y
        return slope.astype(np.float32).astype(np.float64) if isinstance(slope, np.ndarray) else slope, dout * x

    problem = problem_of(rounded)
    runs = runs_of(problem)
    (match,) = of_derivatives([row("dx", question="arithmetic")], problem, runs, None, PLAIN)["dx"]
    assert match.sentence.startswith("dx was computed or rounded in float32: every element is a float32, off by up to")
    assert not of_derivatives([row("dx", question="formula")], problem, runs, None, PLAIN)["dx"]
    assert not of_derivatives([row("dx")], problem, replace(runs, exact={}), None, PLAIN)["dx"]
    assert not of_derivatives([row("dx")], problem, replace(runs, value={}), None, PLAIN).get("dx")


# --- the source -----------------------------------------------------------------------------------------------------
LINE = "should read `return dout * y, dout * x`"


def test_the_change_of_the_source_that_makes_all_right_stands_last() -> None:
    problem = problem_of(subject=slopes)
    found = of_derivatives([row("dx")], problem, runs_of(problem), None, SOURCED)
    assert [match.kind for match in found["dx"]] == ["another tensor", "another factor", SOURCE]
    assert LINE in found["dx"][-1].sentence.replace("(", "").replace(")", "")
    for less in (problem_of(), replace(problem, swapped=None)):
        found = of_derivatives([row("dx")], less, runs_of(less), None, SOURCED)
        assert [match.kind for match in found["dx"]] == ["another tensor", "another factor"]


def averaged(dout: Any, x: Any, y: Any) -> Any:
    return dout * y, dout * x / 4


def test_the_source_is_made_right_with_its_averages_and_of_a_formula_that_raises_it_alone_tells() -> None:
    def raising(*_: Any, **__: Any) -> Any:
        raise TypeError("no")

    problem = problem_of(averaged, subject=averaged, averages={"x": 1, "y": 2})
    found = of_derivatives([row("dy")], problem, runs_of(problem), None, SOURCED)["dy"]
    line = "`return (dout * y, dout * x / 4)` should read `return (dout * y, dout * x / 2)`."
    assert [match.sentence.partition(": ")[2] for match in found if match.kind == SOURCE] == [line]
    heard: list[Any] = []
    rows = unrun([row("dy"), row("dx", PASS)], problem, replace(SOURCED, name=heard.append))
    assert (rows[0].diagnosis.startswith("in the source: averaged, line"), rows[1].diagnosis) == (True, "")
    assert [list(matches) for matches in heard] == [["dy"]]
    same(unrun([row("dy")], problem, PLAIN), [row("dy")])
    same(unrun([row("dy")], problem_of(averaged), SOURCED), [row("dy")])
