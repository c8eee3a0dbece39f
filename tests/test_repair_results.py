"""When a changed formula is right by its results, and what floating point may leave out: each answer, both ways."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, precision
from verify.diagnosis.fit import NEAR
from verify.repair.results import Subject, _floats, _holds, _matters, _near, _same, repairs

X = np.array([[1.5, -2.0, 0.75], [0.25, 3.0, -1.25]])
TWICE = {"A": Balls.of(2 * X), "b": Balls.of(X[:, :1])}


def subject(function: Callable[..., Any], x: Any = X) -> Subject:
    return Subject(function, lambda f, **inputs: f(**inputs), {"x": x})


def holds(function: Callable[..., Any], overwrites: bool = False, want: Any = TWICE) -> bool:
    return _holds(subject(function), function, want, overwrites)


# --- in floating point -----------------------------------------------------------------------------------------------
def test_results_are_floats_of_double_precision_of_inputs_of_double_precision_and_nothing_warns() -> None:
    seen: list[Any] = []

    def function(x: Any) -> Any:
        seen.append(x.dtype)
        return {"log": np.log(x), "whole": np.ones(2, dtype=np.int64), "single": np.float32(0.5)}

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = _floats(subject(function, np.zeros(2, dtype=np.float32)), function)
    assert found is not None
    assert seen == [np.float64]
    assert {k: (x.dtype, x.tolist()) for k, x in found.items()} == {
        "log": (np.float64, [-np.inf] * 2), "whole": (np.float64, [1.0, 1.0]), "single": (np.float64, 0.5),
    }  # fmt: skip
    assert _floats(subject(len), np.linalg.inv) is None


def test_results_are_the_same_where_every_one_is_and_two_that_raise_are() -> None:
    some, nan = {"a": np.array([1.0, 2.0]), "b": np.array([3.0])}, {"a": np.array([np.nan])}
    assert _same(None, None)
    assert not _same(None, {})
    assert not _same({}, None)
    assert _same(some, {k: x.copy() for k, x in some.items()})
    assert _same(nan, {"a": np.array([np.nan])})
    assert not _same(some, {"a": some["a"]})
    assert not _same({"a": some["a"]}, some)
    assert not _same(some, {**some, "b": np.array([3.0 + 2.0**-50])})


def test_what_is_near_is_within_a_part_of_the_largest_element_and_has_every_result_in_its_shape() -> None:
    want = {"a": np.array([0.25, 2.0**-30]), "none": np.zeros(0)}
    step = NEAR * 0.25
    assert _near({"a": np.array([0.25, 2.0**-30]), "none": np.zeros(0), "more": np.ones(3)}, want)
    assert _near({"a": np.array([0.25, 2.0**-30 + step / 2]), "none": np.zeros(0)}, want)
    assert not _near({"a": np.array([0.25, 2.0**-30 + 2 * step]), "none": np.zeros(0)}, want)
    assert not _near({"a": np.array([0.25, np.nan]), "none": np.zeros(0)}, want)
    assert not _near({"a": want["a"]}, want)
    assert not _near({"a": want["a"].reshape(1, 2), "none": np.zeros(0)}, want)
    assert not _near(None, want)
    # Zeros are near to zeros alone.
    assert _near({"a": np.zeros(2)}, {"a": np.zeros(2)})
    assert not _near({"a": np.full(2, 2.0**-1000)}, {"a": np.zeros(2)})


def test_a_part_matters_where_all_that_is_wrong_moves_with_it_and_no_right_result_does() -> None:
    want = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    wrong = {"a": np.array([1.0, 7.0]), "b": np.array([3.0, 4.0])}

    def moved(a: Any = wrong["a"], b: Any = wrong["b"]) -> Any:
        return {"a": np.array(a), "b": np.array(b)}

    assert _matters(moved(a=[1.0, 8.0]), wrong, want)
    # What is right in a wrong result may move: a factor of all of it is one part.
    assert _matters(moved(a=[2.0, 8.0]), wrong, want)
    assert not _matters(moved(), wrong, want)
    assert not _matters(moved(a=[2.0, 7.0]), wrong, want)
    assert not _matters(moved(b=[3.0, 5.0]), wrong, want)
    assert not _matters(moved(a=[1.0, 8.0], b=[3.0, 5.0]), wrong, want)


def test_where_it_cannot_be_told_a_part_matters() -> None:
    want = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    wrong = {"a": np.array([1.0, 7.0]), "b": np.array([3.0, 4.0])}
    assert _matters(None, wrong, want)
    assert _matters(wrong, None, want)
    assert _matters({"a": wrong["a"], "b": np.ones((2, 1))}, wrong, want)
    # A result that is not there, or has another shape than the right one, says nothing; the others do.
    assert _matters({"a": np.array([1.0, 8.0])}, wrong, want)
    assert not _matters({"b": np.array([3.0, 5.0])}, wrong, want)
    misshapen = {"a": np.ones((2, 1)), "b": wrong["b"]}
    assert _matters(misshapen, misshapen, want)
    assert not _matters({"a": np.ones((2, 1)), "b": np.array([3.0, 5.0])}, misshapen, want)


# --- right, or not ---------------------------------------------------------------------------------------------------
def floats_alone(x: Any) -> Any:
    """It runs neither on balls nor on bounds, but on floats of any precision."""
    return {"A": np.array([[2 * float(v) for v in row] for row in x], dtype=x.dtype), "b": np.array(x[:, :1])}


def test_a_formula_holds_where_its_exact_results_are_the_right_ones_and_more_may_come_back() -> None:
    assert holds(lambda x: {"A": x + x, "b": x[:, :1], "c": x})
    assert not holds(lambda x: {"A": x + x, "b": x[:, 1:2]})
    assert not holds(lambda x: {"A": x + x})
    assert not holds(lambda x: {"A": x + x + x * 2.0**-60, "b": x[:, :1]})
    assert not holds(lambda x: {"A": x + x, "b": x[:1, :1]})  # its one number would do for all
    assert not holds(lambda x: {"A": x + x, "b": x @ x})
    # An enclosure of everything overlaps whatever there is; where nothing is right, nothing is held to.
    assert not holds(lambda x: {"A": np.log(x - x), "b": x[:, :1]})
    assert holds(lambda x: {"A": np.log(x - x)}, want={"A": np.log(Balls.of(X - X))})
    assert not holds(lambda x: {"A": x}, want={"A": np.log(Balls.of(X - X))})


def test_where_a_formula_runs_on_floats_alone_it_holds_within_the_estimate_of_its_rounding() -> None:
    assert holds(floats_alone)
    assert not holds(lambda x: floats_alone(x * (1 + 2.0**-20)))
    with precision():
        thirds = {"A": Balls.of(X) * 2 / 3}
    assert holds(lambda x: floats_alone(x / 3), want=thirds)

    def nowhere(x: Any) -> Any:
        return {**floats_alone(x), "b": np.array(x[:, :1]) + np.inf}

    assert not holds(nowhere)


def test_a_formula_that_overwrites_what_it_was_given_holds_only_where_it_may() -> None:
    def overwrites(x: Any) -> Any:
        found = {"A": x + x, "b": x[:, :1] * 1}
        x[0] = 0 * x[0]
        return found

    assert not holds(overwrites)
    assert holds(overwrites, overwrites=True)


def test_a_formula_runs_in_double_precision_whatever_it_was_given() -> None:
    single = np.array([[0.1]], dtype=np.float32)
    want = {"value": Balls.of(single.astype(np.float64)) / 3}

    def third(x: Any) -> Any:
        return x / 3 if x.dtype != np.float32 else x

    assert _holds(subject(third, single), third, want)


# --- the whole -------------------------------------------------------------------------------------------------------
def thrice(x: Any) -> Any:
    return {"A": 3 * x, "b": x[:, :1]}


def doubles_and_overwrites(x: Any) -> Any:
    found = {"A": 2 * x, "b": x[:, :1] * 1}
    x *= 2
    return found


def test_what_is_right_already_or_held_to_nothing_needs_no_change() -> None:
    assert repairs(subject(thrice), {}) == []
    # That it overwrites what it was given is told elsewhere: no result of it is wrong.
    assert repairs(subject(doubles_and_overwrites), TWICE) == []
    assert [one.words for one in repairs(subject(thrice), TWICE)] == [
        "`return {'A': 3 * x, 'b': x[:, :1]}` should read `return {'A': 2 * x, 'b': x[:, :1]}`"
    ]


def test_a_part_that_no_wrong_result_depends_on_is_not_exchanged() -> None:
    """No change is enough here, so all are tried."""
    seen: list[Any] = []

    def results(function: Callable[..., Any], x: Any) -> Any:
        found = function(x)
        if isinstance(x, np.ndarray):
            seen.append(found)
        return found

    def wrong(x: Any) -> Any:
        return {"A": 3 * x, "b": x[:, :1]}

    assert repairs(Subject(wrong, results, {"x": X}), {"A": Balls.of(np.tan(X)), "b": Balls.of(X[:, :1])}) == []
    assert any(np.array_equal(found.get("A"), np.exp(3 * X)) for found in seen)
    assert not any(np.array_equal(found.get("b"), np.exp(X[:, :1])) for found in seen)


def test_without_time_nothing_is_tried() -> None:
    assert repairs(subject(thrice), TWICE, seconds=-1.0) == []
