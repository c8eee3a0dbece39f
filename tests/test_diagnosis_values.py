"""Failing rows of values, named: against the definition, with what went in and what came before at hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from verify.arithmetic.balls import Balls, precision
from verify.diagnosis.match import SOURCE
from verify.diagnosis.values import named, of_sides, of_values, unrun
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, PASS
from verify.repair.results import Subject
from verify.runs import Runs, run
from verify.setting import Setting

RNG = np.random.default_rng(5)
W, X, B = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=(2, 1))
GIVEN = {"W": W, "X": X, "b": B}
PLAIN = Setting(source=False)


def layer(W: Any, X: Any, b: Any) -> Any:
    Z = W @ X + b
    return {"Z": Z, "A": np.tanh(Z)}


def right(W: Any, X: Any, b: Any) -> Any:
    Z = W @ X + b
    return {"Z": Z, "A": torch.tanh(Z)}


def on_floats(function: Callable[..., Any]) -> Callable[..., Any]:
    def floats(**given: Any) -> Any:
        if any(not isinstance(x, np.ndarray) for x in given.values()):
            raise TypeError("floats alone")
        return function(**given)

    return floats


def rows_of(*failed: str, question: str = "agreement", **more: Any) -> list[Discrepancy]:
    return [Discrepancy("layer", name, question, "definition", FAIL, **more) for name in failed]


def said(formula: Callable[..., Any], *failed: str, setting: Setting = PLAIN, **more: Any) -> list[str]:
    rows = [*rows_of(*failed, **more), Discrepancy("layer", "Z", "shape", "definition", PASS)]
    subject = Subject(formula, lambda f, **given: f(**given), GIVEN)
    found = named(rows, run(formula, GIVEN, "float64"), right, GIVEN, formula, setting, subject)
    assert [repr(replace(x, diagnosis="")) for x in found] == [repr(replace(x, diagnosis="")) for x in rows]
    return [exactly(row) for row in found]


def exactly(row: Discrepancy) -> str:
    """What is said, without the residual: PyTorch's values are floats, known up to their rounding."""
    return re.sub(r" \(up to \de-1\d\)", "", row.diagnosis)


def matches_of(formula: Callable[..., Any], *failed: str, **changed: Any) -> dict[str, list[Any]]:
    runs = replace(run(formula, GIVEN, "float64"), **changed)
    with precision():
        wanted = {"Z": Balls.of(W) @ Balls.of(X) + Balls.of(B)}
        wanted["A"] = np.tanh(wanted["Z"])
    found = of_values(failed, runs, wanted, GIVEN, formula)
    return {k: [(match.sentence, match.confident) for match in matches] for k, matches in found.items()}


# --- which values, and against what ---------------------------------------------------------------------------------
def test_every_value_that_failed_is_named_and_the_second_without_confidence_for_it_may_inherit() -> None:
    def wrong(W: Any, X: Any, b: Any) -> Any:
        return {"Z": W @ X, "A": W @ X + b}

    lacks, equals = "Z lacks the term b.", "A: Z stands where tanh(Z) belongs; it equals Z."
    assert matches_of(wrong, "Z", "A") == {"Z": [(lacks, True)], "A": [(equals, False)]}
    assert matches_of(wrong, "A") == {"A": [(equals, True)]}
    assert said(wrong, "Z", "A") == [f"diagnosis: {lacks}", f"diagnosis: {equals}", ""]
    assert said(wrong, "A", "other") == [f"diagnosis: {equals}", "", ""]
    assert said(wrong, "other") == ["", ""]


def test_what_the_formula_computes_before_the_first_wrong_value_is_at_hand_and_nothing_after() -> None:
    def wrong(W: Any, X: Any, b: Any) -> Any:
        U = (W * W) @ X
        Z = W @ X + b + U
        return {"Z": Z, "A": np.tanh(W @ X + b) + np.tanh(Z)}

    assert matches_of(wrong, "Z") == {"Z": [("Z has the term (W ∗ W) @ X too much, or lacks −(W ∗ W) @ X.", True)]}
    assert said(wrong, "Z")[0] == "diagnosis: Z has the term (W ∗ W) @ X too much, or lacks −(W ∗ W) @ X."
    ((sentence, sure),) = matches_of(wrong, "A")["A"]
    assert (sentence[:19], sure) == ("A has the term tanh", True)
    # After a wrong Z, tanh(Z) is at hand no more.
    assert matches_of(wrong, "Z", "A")["A"] == []


def test_what_does_not_run_on_exact_numbers_is_named_within_its_budget_and_without_one_not_at_all() -> None:
    def wrong(W: Any, X: Any, b: Any) -> Any:
        return {"Z": W @ X, "A": np.tanh(W @ X + b)}

    runs = run(on_floats(wrong), GIVEN, "float64")
    budget = {k: np.full((2, 4), 2.0**-50) for k in ("Z", "A")}
    lacks = {"Z": [("Z lacks the term b.", True)]}
    assert matches_of(on_floats(wrong), "Z", budget=budget) == lacks
    assert matches_of(on_floats(wrong), "Z", exact={}, budget={}) == {}
    unknown = {"Z": np.where(np.arange(8).reshape(2, 4) == 3, np.inf, 2.0**-50)}
    assert not matches_of(on_floats(wrong), "Z", budget=unknown).get("Z")
    assert not runs.exact


def test_a_definition_that_is_no_number_or_not_known_names_nothing_and_the_others_are_named() -> None:
    def odd(W: Any, X: Any, b: Any) -> Any:
        Z = W @ X + b
        return {"Z": Z / 0 if isinstance(Z, torch.Tensor) else Z, "A": torch.tanh(Z), "above": Z > 0}

    def wrong(W: Any, X: Any, b: Any) -> Any:
        Z = W @ X + b
        A = -np.tanh(Z)
        return {"Z": Z, "A": A, "above": 1.0 * Z}

    rows = rows_of("Z", "A", "above")
    subject = Subject(wrong, lambda f, **given: f(**given), GIVEN)
    found = named(rows, run(wrong, GIVEN, "float64"), odd, GIVEN, wrong, PLAIN, subject)
    assert [exactly(row) for row in found] == ["", "diagnosis: A has the wrong sign.", ""]
    # Nor is the source asked for them.
    found = named(rows_of("A"), run(wrong, GIVEN, "float64"), odd, GIVEN, wrong, Setting(), subject)
    assert found[0].diagnosis.endswith("`A = -np.tanh(Z)` should read `A = np.tanh(Z)`.")


def test_what_is_right_but_rounded_is_named_by_its_precision_where_the_formula_holds() -> None:
    def rounded(W: Any, X: Any, b: Any) -> Any:
        Z = W @ X + b
        return {"Z": Z.astype(np.float32).astype(np.float64) if isinstance(Z, np.ndarray) else Z, "A": np.tanh(Z)}

    text = "diagnosis: Z was computed or rounded in float32: every element is a float32, off by up to "
    assert [x.startswith(text) for x in said(rounded, "Z", "A")] == [True, False, False]
    assert said(rounded, "Z", question="formula") == ["", ""]


# --- the source -----------------------------------------------------------------------------------------------------
def turned(W: Any, X: Any, b: Any) -> Any:
    Z = W @ X - b
    return {"Z": Z, "A": np.tanh(Z)}


def test_the_change_of_the_source_that_makes_all_values_right_is_told_beside_and_of_one_that_raises_alone() -> None:
    line = f"turned, line {turned.__code__.co_firstlineno + 1}: `Z = W @ X - b` should read `Z = W @ X + b`."
    first, second, _ = said(turned, "Z", "A", setting=Setting())
    assert first == f"diagnosis: Z has the wrong sign at the term b.\nin the source: {line}"
    assert second.endswith(f"in the source: {line}")
    heard: list[Any] = []
    subject = Subject(turned, lambda f, **given: f(**given), GIVEN)
    listening = Setting(name=heard.append)
    found = unrun([*rows_of("value"), replace(rows_of("Z")[0], verdict=PASS)], right, GIVEN, listening, subject)
    assert [row.diagnosis for row in found] == [f"in the source: {line}", ""]
    assert [{k: [match.kind for match in x] for k, x in matches.items()} for matches in heard] == [{"value": [SOURCE]}]
    assert [row.diagnosis for row in unrun(rows_of("value"), right, GIVEN, PLAIN, subject)] == [""]


def test_who_listens_hears_the_matches_of_each_value() -> None:
    heard: list[Any] = []
    assert said(turned, "Z", setting=replace(PLAIN, name=heard.append))[0] == (
        "diagnosis: Z has the wrong sign at the term b."
    )
    assert [{k: len(x) for k, x in matches.items()} for matches in heard] == [{"Z": 1}]


# --- the definition's other outputs ---------------------------------------------------------------------------------
def test_outputs_before_it_are_at_hand_as_they_should_be_and_those_of_one_kind_are_not() -> None:
    def formula(x: Any) -> Any:
        return {"A, tanh": x, "U": x, "V": x, "last": x}

    x = RNG.normal(size=(2, 3))
    u, v, w, a = (Balls.of(RNG.normal(size=(2, 3))) for _ in range(4))
    wanted = {"A, tanh": a, "U": u, "V": v, "last": w}
    for value, words in (
        (v + u, ["V has the term U too much, or lacks −U."]), (v + a, []), (v + w, []),
        (v + Balls.of(x), ["V has the term x too much, or lacks −x."]),
    ):  # fmt: skip
        runs = Runs({"V": value.mid()}, {}, {"V": value})
        found = of_values(["V"], runs, wanted, {"x": x}, formula)
        assert [match.sentence for match in found["V"]] == words


def test_the_examples_are_counted_and_the_affine_part_of_logistic_regression_is_at_hand() -> None:
    given = {"w": RNG.normal(size=(3, 1)), "X": X, "b": 0.25}

    def loop(w: Any, X: Any, b: Any) -> Any:
        raise TypeError("a loop")

    z = Balls.of(given["w"]).T @ Balls.of(X) + 0.25
    want = Balls.of(RNG.normal(size=(1, 4)))
    for value, words in (
        (4 * want, "A is m = 4 times too large: the 1/m is missing."),
        (want + z, "A has the term (wᵀ @ X + b) too much, or lacks −(wᵀ @ X + b)."),
    ):
        runs = Runs({"A": value.mid()}, {}, {"A": value})
        (match,) = of_values(["A"], runs, {"A": want}, given, loop)["A"]
        assert match.sentence.replace("(", "").replace(")", "") == words.replace("(", "").replace(")", "")


# --- an identity ----------------------------------------------------------------------------------------------------
def test_the_sides_of_an_identity_are_told_apart_without_confidence_and_where_the_formula_failed_alone() -> None:
    u = Balls.of(RNG.normal(size=(2, 3)))
    given = {"Y": np.zeros((2, 3))}
    mine = Runs({}, {}, {"value": 3 * u, "dx": -u})
    other = Runs({}, {}, {"value": u, "dx": u, "dy": u, "dz": u})
    rows = rows_of("loss", "loss dx", "loss dy", question="formula") + rows_of("loss dx")
    rows += [replace(rows[0], verdict=PASS)]
    heard: list[Any] = []
    found = of_sides(rows, mine, other, "loss", given, heard.append)
    average, sign = "loss is m = 3 times too large: the 1/m is missing.", "loss dx has the wrong sign."
    average, sign = f"diagnosis: {average}", f"diagnosis: {sign}"
    assert [exactly(row) for row in found] == [average, sign, "", sign, ""]
    assert [{k: [x.confident for x in v] for k, v in matches.items()} for matches in heard] == [
        {"loss": [False], "loss dx": [False]}
    ]
    assert [row.diagnosis for row in of_sides(rows_of("loss"), mine, other, "loss", given)] == [""]
    hand = RNG.normal(size=(2, 3))
    plus = Runs({}, {}, {"value": u + Balls.of(hand)})
    (row,) = of_sides(rows_of("loss", question="formula"), plus, other, "loss", {"x": hand})
    assert exactly(row) == "diagnosis: loss has the term x too much, or lacks −x."
