"""The change of the source beside what the numbers tell: when it is looked for, which are told, and what else stays."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls
from verify.diagnosis.match import SOURCE, Match
from verify.diagnosis.source import beside, by_check
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, PASS
from verify.repair.results import Subject
from verify.setting import Setting

X = np.array([[1.5, -2.0], [0.25, 3.0]])
TWO = np.array([2.0, 2.0])
SURE, MAYBE, EQUALS = Match("factor", "so", confident=True), Match("factor", "so"), Match("formula", "y equals it.")


def thrice(x: Any) -> Any:
    return 3 * x


def squares(x: Any) -> Any:
    return x * x + x * x - x


def many(x: Any) -> Any:
    return x * x + x * x + x * x + x * x + x * x


def subject(function: Callable[..., Any], x: Any = X) -> Subject:
    return Subject(function, lambda f, **given: {"y": f(**given)}, {"x": x})


def wanted(value: Any = 2 * X) -> Callable[[], Mapping[str, Balls]]:
    return lambda: {"y": Balls.of(value)}


def line(function: Callable[..., Any], before: str, after: str) -> str:
    number = function.__code__.co_firstlineno + 1
    return f"{function.__name__}, line {number}: `return {before}` should read `return {after}`."


TWICE = Match(SOURCE, line(thrice, "3 * x", "2 * x"), cost=0, confident=True)


# --- beside what the numbers tell -----------------------------------------------------------------------------------
def test_the_change_stands_after_what_the_numbers_tell_of_all_that_failed_and_of_nothing_else() -> None:
    found = {"y": (SURE,), "z": (MAYBE,)}
    assert beside(found, ["y", "w"], subject(thrice), wanted(), Setting()) == {
        "y": (SURE, TWICE), "z": (MAYBE,), "w": (TWICE,),
    }  # fmt: skip
    (match,) = beside({}, ["y"], subject(thrice), wanted(), Setting())["y"]
    assert match.repaired is not None
    assert np.array_equal(match.repaired(X), 2 * X)
    assert found == {"y": (SURE,), "z": (MAYBE,)}


def test_what_the_numbers_equal_is_told_where_no_change_is_and_is_of_no_use_beside_one() -> None:
    found = {"y": (MAYBE, EQUALS), "z": (EQUALS,)}
    assert beside(found, ["y", "z"], subject(thrice), wanted(), Setting()) == {"y": (MAYBE, TWICE), "z": (TWICE,)}
    assert beside(found, ["y", "z"], subject(thrice), wanted(np.sin(X)), Setting()) == found


def test_in_a_quick_run_it_is_looked_for_only_where_the_numbers_are_not_sure() -> None:
    for sure, quick, there in ((SURE, True, False), (MAYBE, True, True), (SURE, False, True), (MAYBE, False, True)):
        found = beside({"y": (EQUALS, sure)}, ["y"], subject(thrice), wanted(), Setting(quick=quick))
        assert found == {"y": (sure, TWICE) if there else (EQUALS, sure)}
    found = beside({"y": (SURE,)}, ["y", "z"], subject(thrice), wanted(), Setting(quick=True))
    assert found == {"y": (SURE,), "z": (TWICE,)}


def test_without_a_source_a_wish_or_time_nothing_is_looked_for() -> None:
    found = {"y": (EQUALS,)}
    late = Setting(deadline=time.monotonic() - 1)
    for who, setting in ((None, Setting()), (subject(thrice), Setting(source=False)), (subject(thrice), late)):
        assert beside(found, ["y"], who, wanted(), setting) == found
    assert beside(found, [], subject(thrice), wanted(), Setting()) == found
    soon = Setting(deadline=time.monotonic() + 60)
    assert beside(found, ["y"], subject(thrice), wanted(), soon) == {"y": (TWICE,)}


# --- which changes are told -----------------------------------------------------------------------------------------
CHANGES = ["x + x * x - x", "x * x + x - x", "(x * x + x * x) / x"]


def test_three_changes_are_told_the_shortest_first_and_none_is_sure() -> None:
    found = beside({}, ["y"], subject(squares, TWO), wanted(2 * TWO), Setting())
    assert found["y"] == tuple(Match(SOURCE, line(squares, "x * x + x * x - x", x), cost=0) for x in CHANGES)


@pytest.mark.parametrize(
    ("wrong", "told", "sure"), [(0, 3, False), (1, 3, False), (2, 2, False), (3, 1, True), (4, 0, False)]
)
def test_four_are_put_to_the_other_checks_and_those_that_pass_are_told(wrong: int, told: int, sure: bool) -> None:
    asked: list[Any] = []

    def mends(function: Callable[..., Any]) -> bool:
        asked.append(function(TWO))
        return len(asked) > wrong

    found = beside({"y": (EQUALS,)}, ["y"], subject(many, TWO), wanted(9 * TWO), Setting(mends=mends))["y"]
    assert np.array_equal(asked, 4 * [9 * TWO])
    assert [match.confident for match in found if match.kind == SOURCE] == [sure] * told
    assert (EQUALS in found) == (not told)


# --- a check that compares no results -------------------------------------------------------------------------------
def failure(function: Callable[..., Any]) -> str | None:
    return None if np.array_equal(function(X), 2 * X) else f"it gave {function(X)}"


def rows(*more: str) -> list[Discrepancy]:
    row = Discrepancy("thrice", "y", "identity", "by hand", FAIL)
    told = [Discrepancy("thrice", "z", "identity", "by hand", FAIL, diagnosis=text) for text in more]
    return [row, *told, Discrepancy("thrice", "w", "identity", "by hand", PASS)]


def said(setting: Setting, known: Any = None, *more: str, function: Any = thrice) -> list[str]:
    extra = {} if known is None else {"known": known}
    found = by_check(rows(*more), function, failure, setting, **extra)
    assert [(row.quantity, row.verdict) for row in found] == [(row.quantity, row.verdict) for row in rows(*more)]
    return [row.diagnosis for row in found]


def test_the_change_that_makes_a_check_pass_is_told_in_every_failing_row_below_what_stands_there() -> None:
    change = f"in the source: {TWICE.sentence}"
    assert said(Setting(), None, "before") == [change, f"before\n{change}", ""]
    assert said(Setting(), None, "before", function=np.sin) == ["", "before", ""]
    for setting in (Setting(source=False), Setting(deadline=time.monotonic() - 1)):
        assert said(setting, None, "before") == ["", "before", ""]


def test_in_a_quick_run_a_check_is_mended_only_where_nothing_is_known_for_sure() -> None:
    for known, quick, there in (({"y": (SURE,)}, True, 0), ({"y": (MAYBE,)}, True, 1), ({"y": (SURE,)}, False, 1)):
        assert [bool(x) for x in said(Setting(quick=quick), known)] == [bool(there), False]


def test_who_listens_hears_what_is_known_first_and_then_the_change_for_all_that_failed() -> None:
    heard: list[Any] = []
    known = {"y": (MAYBE,)}
    said(Setting(name=heard.append), known, "before")
    assert heard == [known, {"y": (TWICE,), "z": (TWICE,)}]
    heard.clear()
    said(Setting(name=heard.append, source=False))
    assert heard == []
    said(Setting(name=heard.append, source=False), known)
    assert heard == [known]
    heard.clear()
    passing = [Discrepancy("thrice", "y", "identity", "by hand", PASS)]
    assert [row.diagnosis for row in by_check(passing, thrice, failure, Setting(name=heard.append))] == [""]
    assert heard == []
