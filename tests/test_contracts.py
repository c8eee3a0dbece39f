"""Contracts: what a formula does to its arguments, and the shapes and precision of what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from verify.checks.contracts import Watch
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, PASS
from verify.signature import parse

SHAPES = "dZ: n m, A_prev: p m -> n p"


def dW(dZ: Any, A_prev: Any) -> Any:
    return dZ @ A_prev.T / A_prev.shape[1]


def overwriting(dZ: Any, A_prev: Any) -> Any:
    dZ /= A_prev.shape[1]
    return dZ @ A_prev.T


def row(function: Callable[..., Any], dtype: str = "float32", shapes: str = SHAPES) -> Any:
    watch = Watch(function, parse(shapes))
    watch.function(np.ones((3, 5), dtype), np.ones((4, 5), dtype))
    (found,) = watch.rows("deep.dW", 0)
    return found


def test_a_formula_that_keeps_its_contract_passes() -> None:
    assert row(dW).verdict == PASS
    assert row(dW).compared == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (overwriting, "overwrites an array"),
        (lambda dZ, A_prev: dW(dZ, A_prev).astype(np.float64), "float64 for float32"),
        (lambda dZ, A_prev: dW(dZ, A_prev).T, "of shape (4, 3), and states n × p = (3, 4)"),
        (lambda dZ, A_prev: dW(dZ, A_prev) > 0, "bool for float32"),
    ],
    ids=["an argument overwritten", "widened", "transposed", "no floats"],
)
def test_a_broken_contract_is_seen_and_said(wrong: Callable[..., Any], said: str) -> None:
    found = row(wrong)
    assert found.verdict == FAIL
    assert said in found.finding


def test_a_number_of_another_precision_is_seen_where_a_scalar_comes_back() -> None:
    shapes = "dZ: n m, A_prev: p m -> scalar"
    assert row(lambda dZ, A_prev: np.sum(dZ), shapes=shapes).verdict == PASS
    assert row(lambda dZ, A_prev: np.float64(np.sum(dZ)), shapes=shapes).verdict == FAIL


def test_a_formula_that_no_array_went_into_has_no_contract_row() -> None:
    watch = Watch(lambda n: n + 1, None)
    watch.function(3)
    assert watch.rows("deep.notation", 0) == []


# --- the row, whole ---------------------------------------------------------------------------------------------------
def watched(function: Callable[..., Any], shapes: str, *calls: tuple[Any, ...], **named: Any) -> list[Discrepancy]:
    watch = Watch(function, parse(shapes) if shapes else None)
    for args in calls:
        watch.function(*args, **named)
    return watch.rows("deep.dW", 3)


def finding(function: Callable[..., Any], shapes: str, *args: Any, **named: Any) -> str:
    (found,) = watched(function, shapes, args, **named)
    assert (found.verdict == FAIL) == bool(found.finding)
    return found.finding


Z, A = np.ones((3, 5)), np.ones((4, 5))
ROW = Discrepancy("deep.dW", "arguments and precision", "contract", "contracts", PASS, compared=2, seed=3)


def test_the_row_counts_the_calls_and_names_each_breach_once_in_the_order_they_came() -> None:
    assert [repr(x) for x in watched(dW, SHAPES, (Z, A), (2 * Z, A))] == [repr(ROW)]
    both = lambda dZ, A_prev: overwriting(dZ, A_prev).T  # noqa: E731
    said = "overwrites an array that it was given; gives back value of shape (4, 3), and states n × p = (3, 4)"
    rows = watched(both, SHAPES, (Z.copy(), A), (Z.copy(), A))
    assert [repr(x) for x in rows] == [repr(replace(ROW, verdict=FAIL, finding=said))]


def test_a_nan_that_stays_where_it_was_is_not_overwritten_and_one_that_comes_is() -> None:
    some = np.where(np.arange(15).reshape(3, 5) == 7, np.nan, 1.0)
    assert finding(dW, SHAPES, some, A) == ""

    def spoiling(dZ: Any, A_prev: Any) -> Any:
        dZ[0, 0] = np.nan
        return dZ @ A_prev.T

    assert finding(spoiling, SHAPES, some.copy(), A) == "overwrites an array that it was given"


def test_arrays_in_dictionaries_lists_and_named_arguments_are_watched_too() -> None:
    def stepped(parameters: Any, rate: float) -> Any:
        parameters["W"] -= rate
        return parameters["W"] * 1

    for held in ({"W": Z.copy()}, {"k": 2, "W": Z.copy(), "names": ["W"]}):
        assert finding(stepped, "", held, 0.1) == "overwrites an array that it was given"
        assert finding(stepped, "", parameters=held, rate=0.1) == "overwrites an array that it was given"
    assert finding(lambda xs: xs[0].__imul__(2), "", [Z.copy(), A]) == "overwrites an array that it was given"
    assert finding(lambda p: {"dW": (p["W"].astype(np.float32),)}, "", {"W": Z}) == "gives back float32 for float64"


def test_every_precision_that_comes_back_is_named_and_of_two_that_go_in_nothing_is_promised() -> None:
    single = Z.astype(np.float32)
    said = "gives back bool, float32, float64 for float32"
    assert finding(lambda x: (x, x > 0, x.astype(np.float64)), "", single) == said
    assert finding(lambda x, y: x + y, "", single, Z) == ""


@pytest.mark.parametrize("given", [np.arange(3), np.float64(2.5), 2.5, "relu", None], ids=str)
def test_what_is_no_array_of_floats_has_no_precision_and_no_contract(given: Any) -> None:
    assert watched(lambda x: x, "", (given,)) == []


# --- the shapes that it states ----------------------------------------------------------------------------------------
def test_a_tuple_where_one_array_is_stated_is_an_array_of_another_shape() -> None:
    said = "gives back value of shape (2, 3, 5), and states n × m = (3, 5)"
    assert finding(lambda x: (x, x), "x: n m -> n m", Z) == said


def test_of_several_outputs_each_has_its_own_shape() -> None:
    shapes = "dZ: n m, A_prev: p m -> dW: n p, db: n 1"
    right = lambda dZ, A_prev: (dZ @ A_prev.T, dZ[:, :1])  # noqa: E731
    assert finding(right, shapes, Z, A) == ""
    flat = lambda dZ, A_prev: (dZ @ A_prev.T, dZ[:, 0])  # noqa: E731
    assert finding(flat, shapes, Z, A) == "gives back db of shape (3,), and states n × 1 = (3, 1)"
    by_name = lambda dZ, A_prev: {"dW": dZ @ A_prev.T, "db": dZ[:, :1]}  # noqa: E731
    assert finding(by_name, shapes, Z, A) == "gives back dW of shape (), and states n × p = (3, 4)"


def test_an_output_of_no_stated_size_is_passed_over_and_the_next_is_not() -> None:
    for words in ("layers", "*", "k m"):
        shapes = f"x: n m -> cache: {words}, J: scalar"
        assert finding(lambda x: (x, np.sum(x)), shapes, Z) == ""
        said = "gives back J of shape (5,), and states scalar = ()"
        assert finding(lambda x: (x, np.sum(x, axis=0)), shapes, Z) == said


def test_arguments_of_other_shapes_than_stated_say_nothing_of_the_result() -> None:
    assert finding(lambda x, y: x, "x: n m, y: n m -> m n", Z, A) == ""
    assert finding(lambda x: x, "x: n m -> m n", x=Z) == "gives back value of shape (3, 5), and states m × n = (5, 3)"
    assert finding(lambda x, g: x, "x: n m, g: function -> m n", Z, np.tanh).startswith("gives back value")
    assert finding(lambda x, *more: x, "x: n m -> m n", Z, 2, 3).startswith("gives back value")
    assert finding(lambda x, k: x, "x: n m -> m n", Z, k=2) == ""
