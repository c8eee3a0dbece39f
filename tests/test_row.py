"""A row of the catalogue: which are chosen, what is run of one, when a changed formula counts as right elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest

from manual.notation import formula
from verify.catalogue import CATALOGUE
from verify.errors import UserError
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, PASS
from verify.row import SLOW, Row, Written, chosen, examine
from verify.setting import Check, Setting


@formula("twice", r"2x", "x: n -> n", "here")
def twice(x: Any) -> Any:
    return 2 * x


@formula("twice.sound", r"x + x", "x: n -> n", "here")
def added(x: Any) -> Any:
    return x + x


@formula("half", r"x/2", "x: n -> n", "here")
def half(x: Any) -> Any:
    return x / 2


def asks(name: str, x: float, want: float, seen: list[Setting] | None = None) -> Check:
    """One claim about one number."""

    def check(function: Callable[..., Any], id: str, setting: Setting) -> list[Discrepancy]:
        if seen is not None:
            seen.append(setting)
        found = function(np.array([x]))
        return [Discrepancy(id, name, "formula", "figures", PASS if found[0] == want else FAIL, mine=str(found[0]))]

    return check


ROW = Row(twice, {"one": asks("one", 1.0, 2.0), "three": asks("three", 3.0, 6.0)})
CONTRACT = Discrepancy("twice", "arguments and precision", "contract", "contracts", PASS, seed=3, compared=2)
PLAIN = Setting(seed=3)


def row(name: str, verdict: str, mine: str) -> Discrepancy:
    return Discrepancy("twice", name, "formula", "figures", verdict, mine=mine)


# --- which rows -------------------------------------------------------------------------------------------------------
ROWS = [ROW, Row(added, {}), Row(half, {})]


@pytest.mark.parametrize(
    ("only", "ids"),
    [
        ([], ["twice", "twice.sound", "half"]), (["half"], ["half"]), (["twice"], ["twice"]),
        (["twice*"], ["twice", "twice.sound"]), (["h*", "twice"], ["twice", "half"]), (["*.s?und"], ["twice.sound"]),
    ],
)  # fmt: skip
def test_rows_are_chosen_by_globs_in_the_order_of_the_notes(only: list[str], ids: list[str]) -> None:
    assert [row.id for row in chosen(ROWS, only)] == ids


@pytest.mark.parametrize(
    ("only", "glob", "near"),
    [
        (["zebra"], "zebra", ""), (["twice", "hal?s"], "hal?s", " (did you mean 'half'?)"), (["TWICE"], "TWICE", ""),
        (["twic", "haff"], "twic", " (did you mean 'twice'?)"),
    ],
)  # fmt: skip
def test_a_glob_that_names_no_row_is_refused_whatever_else_is_named(only: list[str], glob: str, near: str) -> None:
    with pytest.raises(UserError) as caught:
        chosen(ROWS, only)
    assert str(caught.value) == f"no formula is called {glob!r}{near}; `handgrad formulas` lists them"


# --- what is run of one -----------------------------------------------------------------------------------------------
def test_all_checks_are_run_in_their_order_and_what_is_done_with_the_arguments_is_a_row_besides() -> None:
    assert [repr(found) for found in examine(ROW, PLAIN)] == [
        repr(found) for found in (row("one", PASS, "2.0"), row("three", PASS, "6.0"), CONTRACT)
    ]


def test_a_twin_is_judged_in_the_formulas_place_by_the_formulas_own_record() -> None:
    shape = "gives back value of shape (1, 1), and states n = (1,)"
    wanted = (row("one", PASS, "[2.]"), row("three", FAIL, "[18.]"), replace(CONTRACT, verdict=FAIL, finding=shape))
    found = examine(ROW, PLAIN, lambda x: (2 * x * x)[:, None])
    assert [repr(one) for one in found] == [repr(one) for one in wanted]


def test_one_check_alone_is_run_where_it_is_named() -> None:
    assert [found.quantity for found in examine(ROW, PLAIN, only="three")] == ["three", "arguments and precision"]
    assert [found.quantity for found in examine(ROW, PLAIN, only="four")] == []


def test_contracts_are_told_where_they_are_asked_for() -> None:
    assert len(examine(ROW, replace(PLAIN, oracles=frozenset({"figures"})))) == 2
    assert len(examine(ROW, replace(PLAIN, oracles=frozenset({"figures", "contracts"})))) == 3


# --- whether a change that mends a check is right elsewhere -----------------------------------------------------------
def watched(**more: Check) -> tuple[Callable[[Callable[..., Any]], bool], list[Setting]]:
    """The `mends` that the checks of a row are given, and the settings under which it runs them."""
    seen: list[Setting] = []
    checks = {"one": asks("one", 1.0, 2.0, seen), "three": asks("three", 3.0, 6.0), **more}
    setting = replace(PLAIN, square=True, quick=True, dtypes=("float32",), oracles=frozenset({"figures"}))
    examine(Row(twice, checks), setting)
    outer = seen.pop()
    assert replace(outer, mends=setting.mends) == setting
    return outer.mends, seen


def test_a_change_is_right_elsewhere_where_no_check_refutes_it() -> None:
    mends, seen = watched()
    assert mends(lambda x: x + x)
    (inner,) = seen
    assert replace(inner, mends=Setting().mends) == Setting(3, square=True, source=False, mends=Setting().mends)
    assert not mends(lambda x: 2 * x * x)
    assert not mends(lambda x: (2 * x).astype(np.float32))  # its contract is broken
    assert not mends(lambda x: 1 / 0)


def test_what_trains_or_times_is_not_asked_of_a_change() -> None:
    never = dict.fromkeys(SLOW, asks("never", 1.0, 7.0))
    mends, _ = watched(**never)
    assert mends(lambda x: x + x)


def test_a_slow_check_that_no_row_has_would_slow_every_search() -> None:
    assert set(SLOW) <= {name for row in CATALOGUE for name in row.checks}
    assert len(set(SLOW)) == len(SLOW)


# --- the records ------------------------------------------------------------------------------------------------------
def test_a_row_without_twins_and_slips_and_a_form_that_is_only_listed() -> None:
    assert (ROW.id, ROW.twins, ROW.slips) == ("twice", {}, ())
    assert Written("scan", "a", "b", "c").wrong is None


def test_a_setting_without_words_asks_everything_of_both_precisions_and_changes_nothing() -> None:
    setting = Setting()
    fields = {k: v for k, v in vars(setting).items() if k != "mends"}
    assert fields == {
        "seed": 0, "dtypes": ("float64", "float32"), "oracles": frozenset(), "quick": False, "deadline": inf,
        "square": False, "show": None, "take": None, "timed": None, "name": None, "source": True,
    }  # fmt: skip
    assert setting.mends(twice)
    assert setting.asks("exact")
    assert Setting(oracles=frozenset({"exact"})).asks("exact")
    assert not Setting(oracles=frozenset({"exact"})).asks("proof")
