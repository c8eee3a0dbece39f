"""The check of values: what is said of a formula's numbers, row by row, and which of its options it keeps to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from verify.cases import cases
from verify.checks.value import value
from verify.definitions import agreement, defined
from verify.diagnosis.match import Match
from verify.oracles.definition import definition
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import arithmetic, run
from verify.setting import Setting

SHAPES = "x: n m -> n m"
PLAIN = Setting(seed=3, quick=True, source=False)
ABOUT = {"formula": "square", "seed": 3}


def square(x: Any) -> Any:
    return x**2


def off(x: Any) -> Any:
    return x**2 + 1


CHECK = value(SHAPES, square)


def wanted(formula: Callable[..., Any], dtypes: tuple[str, ...], case: str, x: Any) -> list[Discrepancy]:
    """The definition once, in float64; then exact value and PyTorch in each precision."""
    about = {**ABOUT, "case": case}
    rows = defined(run(formula, {"x": x}, "float64"), square, {"x": x}, True, **about)
    for dtype in dtypes:
        runs, theirs = run(formula, {"x": x}, dtype), definition(square, {"x": x}, dtype)
        rows.append(arithmetic(runs, "value", dtype, True, **about))
        rows.append(agreement(runs, theirs, "value", dtype, False, oracle="definition", **about))
    return rows


def same(rows: list[Discrepancy], wanted: list[Discrepancy]) -> None:
    """Every field of every row; a nan is a nan."""
    assert [repr(row) for row in rows] == [repr(row) for row in wanted]


def heads(rows: list[Discrepancy]) -> list[tuple[str, str, str, str, str]]:
    return [(row.quantity, row.question, row.oracle, row.dtype, row.verdict) for row in rows]


def all_of(verdicts: Mapping[str, str], quantity: str = "value") -> list[tuple[str, str, str, str, str]]:
    """The head of every row of one quantity, by the verdict of each question."""
    asked = [("formula", "definition", "float64")]
    for dtype in ("float64", "float32"):
        asked += [("arithmetic", "exact", dtype), ("agreement", "definition", dtype)]
    return [(quantity, question, oracle, dtype, verdicts[question]) for question, oracle, dtype in asked]


RIGHT = dict.fromkeys(("formula", "arithmetic", "agreement"), PASS)
WRONG = {"formula": FAIL, "arithmetic": PASS, "agreement": FAIL}


# --- the rows ---------------------------------------------------------------------------------------------------------
def test_a_right_formula_passes_in_every_case_by_every_oracle_in_every_precision() -> None:
    rows = CHECK(square, "square", replace(PLAIN, quick=False))
    both = ("float64", "float32")
    same(rows, [x for case in cases(SHAPES, {}, 3) for x in wanted(square, both, case.name, case.inputs["x"])])
    assert heads(rows) == 3 * all_of(RIGHT)
    assert [row.case for row in rows] == [case for case in ("typical", "m = 1", "all sizes 1") for _ in range(5)]


def test_a_wrong_formula_fails_the_first_and_the_third_question_with_the_likely_mistake() -> None:
    rows = CHECK(off, "square", PLAIN)
    assert heads(rows) == all_of(WRONG)
    plain = wanted(off, ("float64", "float32"), "typical", next(cases(SHAPES, {}, 3)).inputs["x"])
    same([replace(row, diagnosis="") for row in rows], plain)
    assert [row.diagnosis.startswith("diagnosis: value is off by the same 1") for row in rows] == [
        row.verdict == FAIL for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("dtypes", [("float64",), ("float32",), ("float32", "float64")])
def test_the_precisions_are_those_asked_for_and_the_definition_is_held_in_float64(dtypes: tuple[str, ...]) -> None:
    rows = CHECK(square, "square", replace(PLAIN, dtypes=dtypes))
    same(rows, wanted(square, dtypes, "typical", next(cases(SHAPES, {}, 3)).inputs["x"]))


@pytest.mark.parametrize(
    ("oracle", "question", "answers"),
    [("definition", "formula", 1), ("exact", "arithmetic", 2), ("autograd", "agreement", 2)],
)
def test_only_the_oracles_that_are_asked_answer(oracle: str, question: str, answers: int) -> None:
    rows = CHECK(square, "square", replace(PLAIN, oracles=frozenset({oracle})))
    assert [row.question for row in rows] == [question] * answers
    assert {row.verdict for row in rows} == {PASS}


@pytest.mark.parametrize("error", [ArithmeticError, IndexError, KeyError, TypeError, ValueError])
def test_a_formula_that_raises_in_one_case_has_failed_there_and_the_next_is_tried(error: type[Exception]) -> None:
    def picky(x: Any) -> Any:
        if x.shape == (3, 1):
            raise error("so")
        return x**2

    rows = CHECK(picky, "square", replace(PLAIN, quick=False))
    assert [row.case for row in rows] == ["typical"] * 5 + ["m = 1"] + ["all sizes 1"] * 5
    same(rows[5:6], [
        Discrepancy(
            "square", "value", "formula", "definition", FAIL, case="m = 1", seed=3,
            finding=f"raised {error.__name__}: {error('so')}",
        )
    ])  # fmt: skip


@pytest.mark.parametrize("formula", [lambda x: x > 0, lambda x: x <= 0])
def test_a_truth_has_no_arithmetic_and_no_precision_ladder_and_decides_nothing(formula: Any) -> None:
    (row,) = value(SHAPES, lambda x: x > 0)(formula, "positive", PLAIN)
    assert heads([row]) == [("value", "formula", "definition", "float64", INCONCLUSIVE)]
    assert (row.compared, row.skipped) == (0, 12)


# --- several outputs, and how the formula is called -------------------------------------------------------------------
def pair(x: Any) -> Any:
    return x**2, 3 * x


def test_a_tuple_gets_the_names_of_its_outputs_and_each_is_judged() -> None:
    check = value(SHAPES, pair, outputs="A B")
    assert sorted(heads(check(pair, "pair", PLAIN))) == sorted(all_of(RIGHT, "A") + all_of(RIGHT, "B"))
    rows = check(lambda x: (x**2, 2 * x), "pair", PLAIN)
    assert sorted(heads(rows)) == sorted(all_of(RIGHT, "A") + all_of(WRONG, "B"))
    told = {row.quantity: row.diagnosis for row in rows if row.diagnosis}
    assert list(told) == ["B"]
    for made, wrong in ((check, lambda x: (x**2,)), (CHECK, lambda x: (x**2,))):
        (row,) = made(wrong, "pair", PLAIN)
        assert (row.verdict, row.finding[:17]) == (FAIL, "raised ValueError")


def test_outputs_by_name_are_compared_by_name_and_other_names_fail() -> None:
    check = value(SHAPES, lambda x: {"A": x**2})
    assert heads(check(lambda x: {"A": x**2}, "named", PLAIN)) == all_of(RIGHT, "A")
    rows = check(lambda x: {"B": x**2}, "named", PLAIN)
    assert rows[0].finding == "by hand there are ['B'], in the definition ['A']"
    assert heads(rows[:1]) == [("B", "formula", "definition", "float64", FAIL)]
    # There is nothing in PyTorch that it could agree with.
    assert [(row.question, row.dtype) for row in rows[1:]] == [("arithmetic", "float64"), ("arithmetic", "float32")]


def test_the_call_and_the_constants_are_the_ones_that_were_declared() -> None:
    def power(a: Any, b: Any, k: Any) -> Any:
        return a * b**k

    check = value(
        "x: m -> m", lambda x, k: 2 * x**k, call=lambda f, x, k: f(2, x, k=k), constants={"k": 3}
    )  # fmt: skip
    assert heads(check(power, "power", PLAIN)) == all_of(RIGHT)
    assert heads(value("x: m, k: m -> m", lambda x, k: x * k)(lambda k, x: x * k, "power", PLAIN)) == all_of(RIGHT)


# --- cases, domains and edges -----------------------------------------------------------------------------------------
def test_a_quick_run_takes_the_typical_case_and_a_square_one_draws_equal_sizes() -> None:
    assert {row.case for row in CHECK(square, "square", PLAIN)} == {"typical"}
    assert {row.shape for row in CHECK(square, "square", replace(PLAIN, square=True))} == {"(3, 3)"}


@pytest.mark.parametrize(("domain", "verdict"), [({"x": "positive"}, INCONCLUSIVE), ({}, FAIL)])
def test_outside_the_declared_domain_an_overflow_is_excused_and_within_it_is_a_fail(domain: Any, verdict: str) -> None:
    def overflowing(x: Any) -> Any:
        return x * 1e200 * 1e200 * 1e-200 * 1e-200

    check = value("x: m -> m", lambda x: 1 * x, domain=domain, edges={"below": {"x": [-1.0, -0.5]}})
    rows = check(overflowing, "one", replace(PLAIN, quick=False, dtypes=("float64",), oracles=frozenset({"exact"})))
    assert [row.case for row in rows] == ["typical", "m = 1", "all sizes 1", "below"]
    assert [row.verdict for row in rows[:3]] == [FAIL] * 3
    assert rows[3].verdict == verdict


# A definition that is wrong at 1, and at no number beside it.
AT_ONE = value("x: scalar -> scalar", lambda x: torch.where(x == 1, 2 * x, x / 3), edges={"at 1": {"x": 1.0}})


def lossy(x: Any) -> Any:
    found = x / 3
    return found.astype(np.float32).astype(np.float64) if isinstance(x, np.ndarray) and x == 1 else found


def in_floats_alone(x: Any) -> Any:
    return np.asarray(float(x) / 3, dtype=x.dtype)


@pytest.mark.parametrize(("formula", "wanted"), [
    (lambda x: x / 3, (INCONCLUSIVE, PASS, INCONCLUSIVE)), (lossy, (INCONCLUSIVE, FAIL, FAIL)),
    (in_floats_alone, (FAIL, INCONCLUSIVE, FAIL)),
], ids=["right", "lossy", "in floats alone"])  # fmt: skip
def test_at_an_edge_only_what_the_exact_value_vindicates_is_not_accused_by_the_definition(
    formula: Any, wanted: tuple[str, ...]
) -> None:
    rows = AT_ONE(formula, "third", replace(PLAIN, quick=False, dtypes=("float64",)))
    edge = [row for row in rows if row.case == "at 1"]
    assert [row.verdict for row in edge] == [*wanted]
    if formula not in (lossy, in_floats_alone):
        assert {row.verdict for row in rows if row.case == "typical"} == {PASS}
        assert [row.finding.startswith("reference: PyTorch") for row in edge] == [True, False, True]


def test_an_arithmetic_that_fails_is_not_vindicated_whether_or_not_it_is_shown() -> None:
    rows = AT_ONE(lossy, "third", replace(PLAIN, quick=False, dtypes=("float64",), oracles=frozenset({"autograd"})))
    assert [(row.question, row.verdict) for row in rows] == [("agreement", PASS), ("agreement", FAIL)]


# --- what is told of a mistake ----------------------------------------------------------------------------------------
def gated(W: Any, x: Any) -> Any:
    Z = W @ x
    return np.tanh(Z) * Z


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a truth"])
def test_what_a_formula_computes_on_its_way_is_at_hand_to_name_its_mistake(beside: bool) -> None:
    """Also where another output is no float, so that nothing is said of its arithmetic."""

    def more(A: Any, W: Any) -> Any:
        return {"A": A, "large": W > 1} if beside else {"A": A}

    check = value(
        "W: n p, x: p m -> n m", lambda W, x: more(torch.tanh(W @ x), W), call=lambda f, W, x: more(f(W, x), W)
    )  # fmt: skip
    heard: list[Mapping[str, tuple[Match, ...]]] = []
    asked = replace(PLAIN, dtypes=("float64",), oracles=frozenset({"definition", "exact"}), name=heard.append)
    rows = check(gated, "gated", asked)
    (row,) = (row for row in rows if row.verdict == FAIL)
    assert row.diagnosis.startswith("diagnosis: A: the factor W @ x is one too many")
    assert [[*found] for found in heard] == [["A"]]
    assert [row.question for row in rows if row.quantity == "A"] == ["formula", *([] if beside else ["arithmetic"])]


def test_the_source_is_looked_through_beside_an_output_that_is_no_float_too() -> None:
    def same_sign(x: Any) -> Any:
        return {"A": x, "large": x > 1}

    check = value("x: scalar -> scalar", lambda x: {"A": -x, "large": x > 1})
    rows = check(same_sign, "minus", replace(PLAIN, source=True))
    assert [row.diagnosis.endswith("`return {'A': -x, 'large': x > 1}`.") for row in rows] == [True, False]


NUMBER = value("x: scalar -> scalar", lambda x: -x)


def test_the_change_of_the_source_is_told_where_it_is_looked_for_alone() -> None:
    def same_sign(x: Any) -> Any:
        return x

    heard: list[Mapping[str, tuple[Match, ...]]] = []
    asked = replace(PLAIN, oracles=frozenset({"definition"}), source=True, name=heard.append)
    (row,) = NUMBER(same_sign, "minus", asked)
    assert row.diagnosis.endswith("should read `return -x`.")
    assert [[*found] for found in heard] == [["value"]]
    assert "should read" not in NUMBER(same_sign, "minus", PLAIN)[0].diagnosis


def test_the_change_of_the_source_that_lets_a_formula_run_is_told() -> None:
    def indexed(x: Any) -> Any:
        return -x[0]

    heard: list[Mapping[str, tuple[Match, ...]]] = []
    (row,) = NUMBER(indexed, "minus", replace(PLAIN, source=True, name=heard.append))
    assert row.finding.startswith("raised IndexError")
    assert row.diagnosis.endswith("should read `return -x`.")
    assert [[*found] for found in heard] == [["value"]]
