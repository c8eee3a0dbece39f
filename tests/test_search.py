"""How the changes of a source are gone through: the simplest kind alone, each once, in time, and only what computes."""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from manual import deep
from verify.repair import search as searching
from verify.repair.by_check import mended
from verify.repair.search import Trial, _is_helper, search
from verify.runs import run
from verify.source.code import has_source, readable, tree_of

Told = list[tuple[str, str]]


def said(function: Callable[..., Any], right: Callable[..., Any], *args: Any, seconds: float = 5.0) -> Told:
    """Where and what is told of the changes with which the function gives what it should; each of them does."""

    def of(f: Callable[..., Any]) -> Any:
        try:
            return f(*args)
        except (TypeError, ValueError, NameError, AttributeError, ZeroDivisionError, IndexError, RecursionError) as e:
            return type(e)

    def holds(f: Callable[..., Any]) -> bool:
        return bool(of(f) == right(*args))

    wrong = of(function)
    found = search(function, Trial(lambda f: of(f) == wrong, holds, holds, lambda f: of(f) != wrong), seconds)
    assert all(holds(one.function) for one in found)
    return [(one.where, one.words) for one in found]


def line(function: Callable[..., Any], written: str) -> str:
    """Where a line of a function of this file stands."""
    lines, first = inspect.getsourcelines(function)
    return f"{function.__name__}, line {first + [text.strip() for text in lines].index(written)}"


# --- what is told ----------------------------------------------------------------------------------------------------
def area(n: int, m: int) -> int:
    return n + m


def as_it_is(n: float) -> float:
    return n


def twice(n: int) -> int:
    return n * n


def helped(n: int, m: int) -> int:
    k = area(n, m)
    return k * 3


def deeply_helped(n: int, m: int) -> int:
    return helped(n, m)


def too_deeply_helped(n: int, m: int) -> int:
    return deeply_helped(n, m)


def test_all_changes_of_the_simplest_kind_are_told_and_none_of_another() -> None:
    assert said(area, lambda n, m: 12, 3, 4) == [
        (line(area, "return n + m"), "`return n + m` should read `return n * m`")
    ]
    # Of 3 many are made: an operator left out is of the simplest kind, another name (m for n) is not.
    assert said(area, lambda n, m: 3, 3, 4) == [(line(area, "return n + m"), "`return n + m` should read `return n`")]
    assert said(area, lambda n, m: -1, 3, 4) == [
        (line(area, "return n + m"), "`return n + m` should read `return n - m`")
    ]
    assert [words for _, words in said(area, lambda n, m: -7, 3, 4)] == ["`return n + m` should read `return -(n + m)`"]
    assert [words for _, words in said(area, lambda n, m: 6, 3, 4)] == ["`return n + m` should read `return n + n`"]
    assert [words for _, words in said(area, lambda n, m: 11, 3, 4)] == [
        "`return n + m` should read `return n + m + m`"
    ]
    assert said(area, lambda n, m: 1000, 3, 4) == []
    # What is made of the names comes last, another tensor before a factor more.
    assert [words for _, words in said(as_it_is, lambda n: 1 - n**2, 0.3)] == [
        "`return n` should read `return 1 - n ** 2`"
    ]
    assert [words for _, words in said(as_it_is, lambda n: 2 * n, 0.3)] == ["`return n` should read `return n + n`"]
    assert [words for _, words in said(as_it_is, lambda n: n / 2, 0.3)] == ["`return n` should read `return n / 2`"]


def test_what_two_places_would_read_alike_is_tried_once() -> None:
    tried: list[str] = []

    def holds(f: Callable[..., Any]) -> bool:
        tried.append(inspect.getsource(f))
        return False

    assert search(twice, Trial(lambda f: True, lambda f: True, holds, lambda f: True)) == []
    of_one_kind = tried[: tried.index("def twice(n):\n    return -(n * n)")]
    assert of_one_kind == [f"def twice(n):\n    return {x}" for x in ("n + n", "n - n", "n / n", "n @ n", "n")]


def test_a_helper_is_changed_and_named_down_to_the_second_and_the_formula_calls_it_then() -> None:
    told = (line(area, "return n + m"), "`return n + m` should read `return n * m`")
    assert said(helped, lambda n, m: 3 * n * m, 3.25, 4.75) == [told]
    assert said(deeply_helped, lambda n, m: 3 * n * m, 3.25, 4.75) == [told]
    assert said(too_deeply_helped, lambda n, m: 3 * n * m, 3.25, 4.75) == []


def moved(W: Any, b: Any) -> Any:
    c = b
    db = W + c
    W = W * 2
    dW = W + c
    return W, db, dW


def test_of_a_statement_that_may_come_earlier_the_nearest_place_is_told() -> None:
    assert said(moved, lambda W, b: (6.0, 8.0, 8.0), 3.0, 5.0) == [
        (line(moved, "dW = W + c"), "`dW = W + c` should come before `W = W * 2`")
    ]


def test_of_what_stands_in_no_file_no_line_is_told() -> None:
    made = readable((area,), tree_of(area))
    assert said(made, lambda n, m: 12, 3, 4) == [("area", "`return n + m` should read `return n * m`")]


def unpacks(x: Any) -> Any:
    a, b = x
    return a + b


def test_a_change_that_is_no_python_is_passed_over_and_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", SyntaxWarning)
        assert [words for _, words in said(unpacks, lambda x: 12, (3, 4))] == [
            "`return a + b` should read `return a * b`"
        ]


# --- what is looked into ---------------------------------------------------------------------------------------------
@functools.wraps(area)
def watched(*args: Any) -> Any:
    return area(*args)


def test_of_what_only_watches_a_formula_the_formulas_own_source_is_changed() -> None:
    assert said(watched, lambda n, m: 12, 3, 4) == said(area, lambda n, m: 12, 3, 4) != []


def test_what_is_not_what_was_run_is_not_changed_and_what_is_not_near_is_not_told() -> None:
    def holds(f: Callable[..., Any]) -> bool:
        return bool(f(3, 4) == 12)

    assert search(area, Trial(lambda f: False, holds, holds, lambda f: True)) == []
    assert search(area, Trial(lambda f: True, lambda f: False, lambda f: True, lambda f: True)) == []
    assert search(lambda n, m: n + m, Trial(lambda f: True, holds, holds, lambda f: True)) == []


def test_a_helper_without_a_source_is_passed_over() -> None:
    names: dict[str, Any] = {"__name__": "hidden"}
    exec("def nowhere(n):\n    return n + 1\n", names)
    assert has_source(names["nowhere"])
    with pytest.raises(OSError, match="could not get source code"):
        tree_of(names["nowhere"])
    outer = readable((calls_nowhere,), tree_of(calls_nowhere), {"nowhere": names["nowhere"]})
    assert [words for _, words in said(outer, lambda n: 12, 3)] == [
        "`return nowhere(n) + n` should read `return nowhere(n) * n`"
    ]


def calls_nowhere(n: int) -> int:
    return nowhere(n) + n  # type: ignore[name-defined, no-any-return]  # noqa: F821


def prints(n: int, m: int) -> int:
    print(end="")
    return n + m


def test_what_does_more_than_compute_is_not_changed() -> None:
    assert said(prints, lambda n, m: 12, 3, 4) == []


@pytest.mark.parametrize(
    ("function", "is_helper"),
    [(np.average, False), (torch.nn.functional.relu, False), (run, False), (deep.forward, True), (area, True)],
)
def test_libraries_and_the_checks_themselves_are_no_helpers(function: Any, is_helper: bool) -> None:
    assert _is_helper(function) is is_helper


# --- time ------------------------------------------------------------------------------------------------------------
def counts(n: int) -> int:
    k = 0
    while k < n:
        k = k + 1
    return k + k


def test_a_loop_that_a_change_keeps_from_ending_is_left_and_told_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "RUN", 0.01)
    assert said(counts, lambda n: 0, 4) == [
        (line(counts, "while k < n:"), "`while k < n:` should read `while k > n:`"),
        (line(counts, "while k < n:"), "`while k < n:` should read `while k >= n:`"),
        (line(counts, "return k + k"), "`return k + k` should read `return k - k`"),
    ]


def works(n: int, m: int) -> int:
    for _ in range(1_500_000):
        pass
    return n + m


def test_what_has_no_loop_without_an_end_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "RUN", 1e-4)
    assert [words for _, words in said(works, lambda n, m: 12, 3, 4)] == ["`return n + m` should read `return n * m`"]


def test_where_no_loop_can_be_stopped_what_has_one_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "RUN", 0.01)
    found: list[Told] = []

    def elsewhere() -> None:
        found.extend((said(counts, lambda n: 0, 4), said(area, lambda n, m: 12, 3, 4)))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    elsewhere()  # here it can be
    of_area = ["`return n + m` should read `return n * m`"]
    assert [[words for _, words in told] for told in found[:2]] == [[], of_area]
    assert [len(told) for told in found[2:]] == [3, 1]


def test_when_its_time_is_up_nothing_more_is_tried() -> None:
    assert said(area, lambda n, m: 12, 3, 4, seconds=-1.0) == []
    assert said(area, lambda n, m: 6, 3, 4, seconds=-1.0) == []


# --- by a check that compares no results -----------------------------------------------------------------------------
def finding(function: Callable[..., Any]) -> str | None:
    """What is wrong with an area, if anything is."""
    if function(2, 2) == 0:
        raise ZeroDivisionError("no area")
    return None if (function(3, 4), function(2, 7)) == (12, 14) else f"{function(3, 4)}"


def test_a_change_with_which_the_check_passes_is_told() -> None:
    assert [(one.where, one.words) for one in mended(area, finding)] == [
        (line(area, "return n + m"), "`return n + m` should read `return n * m`")
    ]
    assert mended(area, finding, seconds=-1.0) == []
    assert [one.words for one in mended(area, lambda f: None if (f(3, 4), f(5, 1)) == (6, 10) else "off")] == [
        "`return n + m` should read `return n + n`"
    ]
    assert mended(area, lambda f: "always") == []


def nothing(n: int, m: int) -> int:
    return n - n


def test_a_formula_with_which_the_check_raises_is_changed_too_where_its_source_raises_the_same() -> None:
    assert [one.words for one in mended(nothing, lambda f: finding(f) if f(3, 4) != 3 else None)] == [
        "`return n - n` should read `return n`"
    ]

    def otherwise(f: Callable[..., Any]) -> str | None:
        if f(3, 4) == 3:
            return None
        raise (ZeroDivisionError if f is nothing else ArithmeticError)("so")

    assert mended(nothing, otherwise) == []
