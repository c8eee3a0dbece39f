"""The check of a derivative: which problems it makes of its cases and options, and what it says where one raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from verify.cases import cases, inside, upstream
from verify.checks.derivative import AVERAGED, PER_EXAMPLE, derivative
from verify.diagnosis.match import Match
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, PASS
from verify.setting import Setting

SHAPES = "W: n p, x: p m -> n m"
# One oracle: what the others say of a problem is seen in tests/test_derivative.py.
PLAIN = Setting(seed=3, quick=True, source=False, dtypes=("float64",), oracles=frozenset({"certificate"}))


def product(W: Any, x: Any) -> Any:
    return W @ x


def both(dout: Any, W: Any, x: Any) -> Any:
    return dout @ x.T, W.T @ dout


def called(formula: Callable[..., Any], dout: Any, **inputs: Any) -> Any:
    return formula(dout, **inputs)


CHECK = derivative(SHAPES, "W x", product, called, product)


def taken(check: Any = CHECK, formula: Callable[..., Any] = both, **setting: Any) -> list[Problem]:
    """The problems that a check makes of its cases."""
    found: list[Problem] = []
    check(formula, "product", replace(PLAIN, **{"quick": False, **setting}, take=found.append))
    return found


def same(rows: list[Discrepancy], wanted: list[Discrepancy]) -> None:
    """Every field of every row; a nan is a nan."""
    assert [repr(row) for row in rows] == [repr(row) for row in wanted]


# --- the problems -----------------------------------------------------------------------------------------------------
def test_each_case_is_a_problem_of_its_own_inputs_upstream_gradient_and_names() -> None:
    problems = taken()
    drawn = list(cases(SHAPES, {}, 3))
    assert [problem.case for problem in problems] == ["typical", "m = 1", "all sizes 1"]
    for problem, case in zip(problems, drawn, strict=True):
        assert (problem.formula, problem.wrt, problem.seed, problem.typical) == ("product", ("W", "x"), 3, True)
        assert (problem.averages, problem.domain, problem.convention) == ({}, {}, PER_EXAMPLE)
        assert problem.inside == {"float64": True, "float32": True}
        assert problem.reference is product
        assert all(np.array_equal(problem.inputs[k], x) for k, x in case.inputs.items())
        out = case.inputs["W"] @ case.inputs["x"]
        assert np.array_equal(problem.dout, upstream(out.shape, 3))
        assert np.array_equal(problem.forward(**problem.inputs), out)
        gradients = problem.backward(problem.dout, **problem.inputs)
        assert np.array_equal(gradients["W"], problem.dout @ case.inputs["x"].T)
        assert np.array_equal(gradients["x"], case.inputs["W"].T @ problem.dout)


def test_the_formula_under_test_and_how_another_takes_its_place_are_told_for_a_backward_alone() -> None:
    problem = taken()[0]
    assert problem.subject is both
    assert problem.swapped is not None
    wrong = problem.swapped(lambda dout, W, x: (x, W), problem.dout, **problem.inputs)
    assert wrong["W"] is problem.inputs["x"]
    forward = taken(derivative(SHAPES, "W x", called_forward, both, product, subject="forward"), product)[0]
    assert (forward.subject, forward.swapped) == (None, None)
    assert np.array_equal(forward.forward(**forward.inputs), problem.forward(**problem.inputs))
    assert np.array_equal(forward.backward(forward.dout, **forward.inputs)["x"], problem.inputs["W"].T @ problem.dout)


def called_forward(formula: Callable[..., Any], **inputs: Any) -> Any:
    return formula(**inputs)


def test_a_quick_run_takes_the_typical_case_alone_and_a_square_one_draws_equal_sizes() -> None:
    assert [problem.case for problem in taken(quick=True)] == ["typical"]
    (problem,) = taken(quick=True, square=True)
    assert {k: x.shape for k, x in problem.inputs.items()} == {"W": (3, 3), "x": (3, 3)}


def test_an_average_is_one_over_the_last_size_of_the_output_and_carries_its_convention() -> None:
    def over_m(dout: Any, W: Any, x: Any) -> Any:
        return dout @ x.T / dout.shape[1], W.T @ dout / dout.shape[1]

    check = derivative(SHAPES, "W x", product, called, product, averaged=True)
    problems = taken(check, over_m)
    assert [problem.averages for problem in problems] == [{"W": 5, "x": 5}, {"W": 1, "x": 1}, {"W": 1, "x": 1}]
    assert {problem.convention for problem in problems} == {AVERAGED}
    for made, formula, verdict, convention in (
        (check, over_m, PASS, AVERAGED), (check, both, FAIL, AVERAGED),
        (CHECK, both, PASS, PER_EXAMPLE), (CHECK, over_m, FAIL, PER_EXAMPLE),
    ):  # fmt: skip
        rows = made(formula, "product", PLAIN)
        assert {(row.verdict, row.convention) for row in rows} == {(verdict, convention)}


def test_an_average_of_an_output_of_one_dimension_is_over_its_size() -> None:
    check = derivative("x: m -> m", "x", lambda x: x * x, called, lambda x: x * x, averaged=True)
    problems = taken(check, lambda dout, x: 2 * dout * x / len(x))
    assert [problem.averages for problem in problems] == [{"x": 3}, {"x": 1}, {"x": 1}]
    assert {problem.convention for problem in problems} == {AVERAGED}


def test_a_declared_domain_is_where_inputs_are_drawn_and_how_far_they_may_be_moved() -> None:
    check = derivative(
        "p: m, q: m, r: m, z: m -> m", "p", lambda p, q, r, z: p * q * r * z,
        lambda f, dout, p, q, r, z: f(dout, q * r * z), lambda p, q, r, z: p * q * r * z,
        domain={"p": "probability", "q": "positive", "r": "label", "z": "exp"},
        edges={"at 1": {"p": [1.0, 0.5, 0.25]}, "far": {"z": [90.0, 2.0, -3.0]}},
    )  # fmt: skip
    problems = taken(check, lambda dout, x: dout * x)
    assert {problem.case: problem.typical for problem in problems} == {
        "typical": True, "m = 1": True, "all sizes 1": True, "at 1": False, "far": False,
    }  # fmt: skip
    for problem in problems:
        assert problem.domain == {"p": (0.0, 1.0), "q": (0.0, np.inf)}
        outside = {"at 1": {"float64": False, "float32": False}, "far": {"float64": True, "float32": False}}
        assert problem.inside == outside.get(problem.case, {"float64": True, "float32": True})
        assert problem.wrt == ("p",)
    assert np.array_equal(problems[3].inputs["p"], [1.0, 0.5, 0.25])
    assert set(problems[0].inputs["r"]) <= {0.0, 1.0}
    assert inside({"z": "exp"}, problems[4].inputs, "float64")


def test_a_forward_that_overflows_in_floats_is_a_case_and_not_a_warning() -> None:
    check = derivative(
        "x: m -> m", "x", lambda x: 1 * np.exp(x), called, lambda x: 1 * torch.exp(x),
        edges={"overflow": {"x": [800.0, 1.0]}},
    )  # fmt: skip
    rows = check(lambda dout, x: dout * np.exp(x), "exp", replace(PLAIN, quick=False))
    assert [(row.case, row.verdict) for row in rows][-1] == ("overflow", PASS)


# --- the rows ---------------------------------------------------------------------------------------------------------
def test_the_rows_of_all_cases_are_handed_back_a_gradient_each() -> None:
    rows = CHECK(both, "product", replace(PLAIN, quick=False))
    assert [(row.case, row.quantity) for row in rows] == [
        (case, quantity) for case in ("typical", "m = 1", "all sizes 1") for quantity in ("dW", "dx")
    ]  # fmt: skip
    assert {(row.verdict, row.formula, row.seed) for row in rows} == {(PASS, "product", 3)}
    every = CHECK(both, "product", Setting(seed=3, quick=True))
    assert {row.oracle for row in every} == {
        "certificate", "proof", "complex step", "differences", "definition", "exact", "autograd",
    }  # fmt: skip
    assert {row.verdict for row in every} == {PASS}
    assert {row.dtype for row in every} == {"float64", "float32"}


def test_one_bare_gradient_is_taken_for_one_name_and_a_gradient_too_few_is_a_fail() -> None:
    alone = derivative(SHAPES, "x", product, called, product)
    (row,) = alone(lambda dout, W, x: W.T @ dout, "product", PLAIN)
    assert (row.quantity, row.verdict) == ("dx", PASS)
    same(CHECK(lambda dout, W, x: (dout @ x.T,), "product", PLAIN), [
        Discrepancy(
            "product", "dW x", "formula", "certificate", FAIL, case="typical", seed=3,
            finding="raised ValueError: zip() argument 2 is shorter than argument 1",
        )
    ])  # fmt: skip


@pytest.mark.parametrize("error", [ArithmeticError, IndexError, KeyError, TypeError, ValueError])
def test_a_formula_that_raises_in_one_case_has_failed_there_and_the_next_is_tried(error: type[Exception]) -> None:
    def picky(dout: Any, W: Any, x: Any) -> Any:
        if x.shape == (4, 1):
            raise error("so")
        return both(dout, W, x)

    rows = CHECK(picky, "product", replace(PLAIN, quick=False))
    assert [(row.case, row.verdict) for row in rows] == [
        ("typical", PASS), ("typical", PASS), ("m = 1", FAIL), ("all sizes 1", PASS), ("all sizes 1", PASS),
    ]  # fmt: skip
    same(rows[2:3], [
        Discrepancy(
            "product", "dW x", "formula", "certificate", FAIL, case="m = 1", seed=3,
            finding=f"raised {error.__name__}: {error('so')}",
        )
    ])  # fmt: skip


def test_a_definition_that_raises_is_a_fail_too() -> None:
    def broken(W: Any, x: Any) -> Any:
        raise ValueError("no such product")

    (row,) = derivative(SHAPES, "W x", broken, called, product)(both, "product", PLAIN)
    assert (row.verdict, row.finding) == (FAIL, "raised ValueError: no such product")


def test_the_change_of_the_source_that_lets_a_formula_run_is_told() -> None:
    def swapped(dout: Any, W: Any, x: Any) -> Any:
        return dout @ x.T, W @ dout

    heard: list[Mapping[str, tuple[Match, ...]]] = []
    rows = CHECK(swapped, "product", replace(PLAIN, source=True, name=heard.append))
    assert {row.verdict for row in rows} == {FAIL}
    assert all("should read `return (dout @ x.T, W.T @ dout)`" in row.diagnosis for row in rows)
    assert [[*found] for found in heard] == [["dW x"]]
