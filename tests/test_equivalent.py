"""Whether a variant that no check refutes is wrong at all: equal where all is the same, else different."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from manual.notation import formula
from tests.variants_of_rows import ROWS
from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.bounds import Bounds
from verify.faults import equivalent as module
from verify.faults.equivalent import _calls, _equal, _holds_balls, _holds_others, _leaves, equivalent
from verify.faults.variants import Variant
from verify.row import Row
from verify.setting import Setting

X = np.array([[1.5, -2.0], [0.25, 3.0]])
B = Balls.of(X)


@formula("third", "", "x: n m, how: text -> n m", "here")
def third(x: Any, how: str = "") -> Any:
    if how == "refuses":
        raise ValueError("so")
    return x / 3


@formula("plain third", "", "x: n m -> n m", "here")
def plain_third(x: Any) -> Any:
    return x / 3


def asked(*calls: tuple[Any, ...], of: Any = third) -> Row:
    """A row whose check calls the formula so, in this order, whatever it raises."""

    def check(f: Any, id: str, setting: Setting) -> list[Any]:
        for args in calls:
            try:
                f(*args)
            except ValueError:
                continue
        return []

    return Row(of, {"value": check})


def shown(function: Callable[..., Any], *calls: tuple[Any, ...], of: Any = third) -> str:
    return equivalent(Variant("third", "rule", "", function), asked(*calls, of=of))


# --- the answer ------------------------------------------------------------------------------------------------------
def test_what_is_the_same_at_every_call_is_told_by_how_many_and_on_which_numbers() -> None:
    def same(x: Any, how: str = "") -> Any:
        return third(x, how) + 0

    assert shown(same, (B,), (X,), (B[:1],)) == "the same numbers in exact arithmetic at 6 calls of three seeds"
    assert shown(same, (X,), (X[:1],)) == "the same to the last bit at 6 calls of three seeds"
    assert shown(lambda x: plain_third(x) + 0, (B,), of=plain_third).startswith("proved by algebra for all values: ")
    assert shown(same) == ""
    # Not at the sizes that algebra looks at: at the calls alone.
    here_alone = shown(lambda x: x / 3 if x.shape == (2, 2) else x, (B,), of=plain_third)
    assert here_alone == "the same numbers in exact arithmetic at 3 calls of three seeds"
    relu = equivalent(Variant("relu", "", "", lambda z: np.maximum(0, z) * 1), ROWS["relu"])
    assert relu == "proved by algebra for all values, off the kinks: 7 identities"


def test_what_differs_at_any_call_is_no_equivalent_however_little() -> None:
    assert shown(lambda x, how="": x / 3 + (x - x + 2.0**-90), (B,)) == ""
    assert shown(lambda x, how="": x / 3 if x.shape == (2, 2) else x, (B,), (B[:1],)) == ""
    assert shown(lambda x, how="": x / 3 * (1 + 2.0**-52), (X,)) == ""
    assert shown(lambda x, how="": (x / 3).astype(np.float32), (X * 0,)) == ""
    assert shown(lambda x, how="": (x / 3)[0], (X,)) == ""


def test_where_calls_were_exact_floats_that_round_otherwise_are_no_difference() -> None:
    def otherwise(x: Any, how: str = "") -> Any:
        return x / 49 * 49 / 3

    many = np.arange(1.0, 101.0).reshape(2, 50)
    assert not np.array_equal(otherwise(many), third(many))
    assert shown(otherwise, (many,), (B,)) == "the same numbers in exact arithmetic at 3 calls of three seeds"
    assert shown(otherwise, (many,)) == ""


def test_one_that_raises_has_to_raise_the_same_wherever_the_other_does() -> None:
    def refuses_too(x: Any, how: str = "") -> Any:
        if how:
            raise ValueError("in other words")
        return third(x)

    def refuses_otherwise(x: Any, how: str = "") -> Any:
        if how:
            raise KeyError("so")
        return third(x)

    assert shown(refuses_too, (X,), (X, "refuses")) == "the same to the last bit at 6 calls of three seeds"
    assert shown(refuses_otherwise, (X,), (X, "refuses")) == ""
    assert shown(lambda x, how="": x / 3, (X, "refuses")) == ""


def test_each_gets_arguments_of_its_own() -> None:
    @formula("overwrites", "", "x: n m -> n m", "here")
    def overwrites(x: Any) -> Any:
        x *= 2
        return x

    def by_name(f: Any, id: str, setting: Setting) -> list[Any]:
        f(x=X.copy())
        return []

    same = "the same to the last bit at 3 calls of three seeds"
    assert shown(lambda x: 2 * x, (X.copy(),), of=overwrites) == same
    assert equivalent(Variant("overwrites", "", "", lambda x: 2 * x), Row(overwrites, {"value": by_name})) == same
    assert not equivalent(Variant("overwrites", "", "", lambda x: 4 * x), Row(overwrites, {"value": by_name}))


# --- the calls -------------------------------------------------------------------------------------------------------
def test_the_calls_are_the_exact_ones_of_the_rows_checks_where_there_are_some() -> None:
    settings: list[Any] = []

    def check(f: Any, id: str, setting: Setting) -> list[Any]:
        settings.append((setting.seed, setting.quick))
        x = X.copy()
        for given in (x, X + 0j, B, Bounds.of(X), X[0], B[:1]):
            f(given, how="named")
        x[0] = 7  # what a check does afterwards changes no call that was made
        return []

    row = Row(third, {"value": check})
    kind, made = _calls(row, 0)
    assert kind == "exact"
    assert [(type(args[0]), args[0].shape, named) for args, named in made] == [
        (Balls, (2, 2), {"how": "named"}), (Balls, (1, 2), {"how": "named"}),
    ]  # fmt: skip
    assert equivalent(Variant("third", "", "", third), row)
    assert settings == [(0, False), (0, False), (1, True), (2, True)]


def test_where_no_call_is_exact_those_of_floats_are_taken_as_they_were_made() -> None:
    def check(f: Any, id: str, setting: Setting) -> list[Any]:
        x = X.copy()
        for given in (x, X + 0j, Bounds.of(X), X[0]):
            f(given, how="named")
        x[0] = 7  # what a check does afterwards changes no call that was made
        return []

    kind, made = _calls(Row(third, {"value": check}), 0)
    assert kind == "float"
    assert [(args[0].tolist(), named) for args, named in made] == [
        (X.tolist(), {"how": "named"}), (X[0].tolist(), {"how": "named"}),
    ]  # fmt: skip


def test_of_very_many_calls_the_first_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    _, made = _calls(asked(*((X + k,) for k in range(5))), 0)
    assert [args[0][0, 0] for args, _ in made] == [1.5, 2.5, 3.5]


# --- what is in a result ---------------------------------------------------------------------------------------------
class Pair(NamedTuple):
    x: Any
    y: Any


@dataclass
class Record:
    x: Any
    y: Any


def test_the_leaves_of_a_structure_are_all_that_it_holds_in_order() -> None:
    assert _leaves({"a": [1, (2, Pair(3, 4))], "b": Record([5], {"c": 6})}) == [1, 2, 3, 4, 5, 6]
    assert _leaves(Record) == [Record]
    assert _leaves("ab") == ["ab"]


def test_exact_numbers_are_found_wherever_they_are_and_those_that_say_less_too() -> None:
    assert _holds_balls({"W1": [X, B]})
    assert not _holds_balls({"W1": [X, Bounds.of(X)]})
    plain = [X, B, np.float32(1), "tanh", 1, 1.5, True, None, np.random.default_rng(0), np.random.RandomState(0), len]
    assert not _holds_others(plain)
    for other in (Bounds.of(X), X + 0j, object(), 1j):
        assert _holds_others([*plain, other])


def test_results_are_equal_in_kind_shape_and_value() -> None:
    nan = np.array([np.nan, 1.0])
    for same in (
        (X, X.copy()), (nan, nan.copy()), (1.5, 1.5), (1, 1.0), ("a", "a"), (ValueError, ValueError), (B, Balls.of(X)),
        (np.array([1, 2]), np.array([1, 2])), (np.array(["a"]), np.array(["a"])), (None, None), (B, X),
        (np.float32(1.5), 1.5), ([B[0, 0], B[0, 1]], B[0]),
    ):  # fmt: skip
        assert _equal(*same)
        assert _equal(*same[::-1])
    for other in (
        (X, X + 2.0**-51), (X, X[:1]), (X, X.astype(np.float32)), (nan, np.array([1.0, np.nan])), ("a", "b"),
        ("1", 1), (ValueError, KeyError), (ValueError, "ValueError"), (B, Balls.of(X) + 2.0**-90), (B, B[:1]),
        (np.array([1, 2]), np.array([1.0, 2.0])), (np.array(["a"]), np.array(["b"])), (B, X + 2.0**-40), (X, None),
        (ValueError, B[0, 0]),
    ):  # fmt: skip
        assert not _equal(*other), other
        assert not _equal(*other[::-1]), other


def test_enclosures_say_that_two_are_equal_only_where_they_are_narrow() -> None:
    with precision(20):
        wide = Balls.of(X) / 3 * 3
    everything = np.log(B - B)
    assert not _equal(B, wide)
    assert not _equal(B, everything)
    # Where neither has a value nothing is compared; the rest is.
    with precision():
        half, again, other = (np.log(Balls.of(np.array([0.0, x]))) for x in (2.0, 2.0, 3.0))
    assert _equal(half, again)
    assert not _equal(half, other)
    assert _equal(everything, everything)
    assert _equal(B[:0], Balls.of(X)[:0])
    with precision(20):
        small = Balls.of(np.full(1, 2.0**-100)) / 3
        beside_nothing = np.concatenate([np.log(Balls.of(np.zeros(1))), small])
    assert not _equal(small, small)
    assert not _equal(beside_nothing, beside_nothing)
    # Zeros as narrow as can be are equal though nothing is small beside them.
    assert _equal(B - B, Balls.of(np.zeros((2, 2))))
