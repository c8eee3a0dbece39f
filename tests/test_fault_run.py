"""The run of all faults: every variant in its order, in parts and in time; and the few that a report has time for."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from itertools import islice
from math import inf
from typing import Any

import numpy as np
import pytest

from manual.notation import formula
from verify.faults import beyond, run
from verify.faults.run import _part, alike, faults, in_networks, sample, some_faults
from verify.faults.score import scored
from verify.faults.variants import Variant, variants
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.faults import CAUGHT, Fault, FaultsRecord, NetworkFault
from verify.records.verdict import FAIL, PASS
from verify.row import Row
from verify.setting import Setting

X = np.array([[1.5, -2.0], [0.25, 3.0]])


@formula("twice", "", "x: n m -> n m", "here")
def twice(x: Any) -> Any:
    return 2 * x


@formula("sum", "", "x: n m, y: n m -> n m", "here")
def total(x: Any, y: Any) -> Any:
    return x + y


def at_x(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
    """Right at X or not; who asks for derivatives is given one."""
    with np.errstate(over="raise"):
        found = f(X.copy())
        wrong = not np.array_equal(found, 2 * X)
    if setting.take:
        setting.take(Problem(id, twice, lambda dout, x: {"x": 2 * dout}, {"x": X}, ("x",), X))
    return [Discrepancy(id, "x", "formula", "exact", FAIL if wrong else PASS, seed=setting.seed, mine=f"{found}")]


def at_two(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
    wrong = not np.array_equal(f(X.copy(), 3 * X), 4 * X)
    return [Discrepancy(id, "x", "formula", "exact", FAIL if wrong else PASS, seed=setting.seed)]


ROWS = (Row(twice, {"value": at_x}), Row(total, {"value": at_two}))
PEERS = {"strict": lambda problem: "rejects"}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Two formulas, one peer; five variants at a time."""
    monkeypatch.setattr(run, "ROWS", ROWS)
    monkeypatch.setattr(run, "PEERS", PEERS)
    monkeypatch.setattr(run, "TOGETHER", 5)
    run._variants.cache_clear()
    yield monkeypatch
    run._variants.cache_clear()


def every(seed: int, *rows: Row) -> list[Fault]:
    return [scored(variant, row, PEERS, seed) for row in rows for variant in variants(row)]


# --- the run ----------------------------------------------------------------------------------------------------------
def test_a_run_holds_every_variant_of_the_formulas_that_are_named_in_order(small: pytest.MonkeyPatch) -> None:
    small.setattr(sys, "argv", ["handgrad", "faults", "--only", "t w"])
    told: list[tuple[str, int, int]] = []
    found = faults(["tw*", "sum"], seed=3, progress=lambda *said: told.append(said))
    want = every(3, *ROWS)
    twos = len([*variants(ROWS[0])])
    assert found.faults == FaultsRecord(3, len(want), tuple(want))
    assert (found.seed, found.command) == (3, shlex.join(["handgrad", "faults", "--only", "t w"]))
    assert (found.formulas, found.discrepancies, found.slips, found.network, found.experiments) == (
        (),
        (),
        (),
        None,
        (),
    )
    ((name, seconds),) = found.timings
    assert (name, seconds > 0) == ("faults", True)
    ends = [*range(5, twos, 5), twos, *range(twos + 5, len(want), 5), len(want)]
    assert told == [("twice" if end <= twos else "sum", end, len(want)) for end in ends]
    assert {fault.peers for fault in found.faults.faults if fault.formula == "twice" and fault.caught} == {
        (("strict", "rejects"),)
    }


def test_what_is_not_named_is_not_tried(small: pytest.MonkeyPatch) -> None:
    found = faults(["sum"]).faults
    assert found == FaultsRecord(0, len([*variants(ROWS[1])]), tuple(every(0, ROWS[1])))


def test_when_the_time_is_up_no_other_part_is_begun(small: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def slow(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        asked.append(time.perf_counter())
        time.sleep(0.05)
        return at_x(f, id, setting)

    small.setattr(run, "ROWS", (Row(twice, {"value": slow}), ROWS[1]))
    assert [len(run._variants(id)) for id in ("twice", "sum")] > [5, 0]  # made before the time runs
    found = faults(["*"], seconds=0.2)
    assert found.faults is not None
    assert (len(found.faults.faults), found.faults.variants) == (5, len(every(0, *ROWS)))
    asked.clear()
    assert faults(["*"], seconds=-1.0).faults == FaultsRecord(0, found.faults.variants, ())
    assert not asked


def test_what_a_wrong_formula_overflows_in_is_no_news(small: pytest.MonkeyPatch) -> None:
    """A check that would be told of it here is."""
    assert _part("twice", 5, 1) == every(1, ROWS[0])[5:10]
    seen: list[Any] = []

    def overflows(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        seen.append(np.geterr()["over"])
        return at_x(f, id, setting)

    small.setattr(run, "ROWS", (Row(twice, {"value": overflows}),))
    _part("twice", 0, 0)
    assert set(seen) == {"ignore"}


# --- the few of a report ----------------------------------------------------------------------------------------------
def test_of_each_formula_the_variant_is_taken_whose_rule_had_its_turn_least_often() -> None:
    def of(id: str, *rules: str) -> list[Variant]:
        return [Variant(id, rule, str(i), len) for i, rule in enumerate(rules)]

    rows = [Row(f, {}) for f in (twice, total)]
    made = {"twice": of("twice", "sign", "flipped"), "sum": of("sum", "sign", "sign", "flipped", "off")}
    assert sample(rows, made) == [(made["twice"][0], rows[0]), (made["sum"][2], rows[1])]
    assert sample([*rows, rows[1], rows[1]], made)[2:] == [(made["sum"][3], rows[1]), (made["sum"][0], rows[1])]
    assert sample(rows, {"twice": [], "sum": made["sum"][:1]}) == [(made["sum"][0], rows[1])]


def test_a_report_holds_a_fault_of_each_formula_by_the_checks_alone_and_how_many_there_are() -> None:
    sources: list[bool] = []

    def check(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        sources.append(setting.source)
        return at_x(f, id, setting)

    rows = (Row(twice, {"value": check}), ROWS[1])
    found = some_faults(rows, 4)
    chosen = sample(rows, {row.id: [*variants(row)] for row in rows})
    assert found == FaultsRecord(
        4, len(every(4, *ROWS)), tuple(scored(v, row, {}, 4, source=False) for v, row in chosen)
    )
    assert [fault.formula for fault in found.faults] == ["twice", "sum"]
    assert set(sources) == {False}
    assert some_faults(rows, 4, until=0.0) == FaultsRecord(4, found.variants, ())
    assert some_faults(rows, 4, until=inf) == found
    assert some_faults(()) == FaultsRecord(0, 0, ())


# --- networks and layers ----------------------------------------------------------------------------------------------
def test_a_layer_wrong_alike_is_a_fault_that_its_definition_catches(monkeypatch: pytest.MonkeyPatch) -> None:
    consistent = beyond.consistent
    monkeypatch.setattr(beyond, "consistent", lambda seed: islice(consistent(seed), 1))
    asked: list[int] = []

    def peer(problem: Problem) -> str:
        asked.append(problem.seed)
        return "accepts"

    (found,) = alike({"peer": peer}, 3)
    assert asked == [3]
    assert (found.formula, found.rule, found.where, found.square) == (
        "layer", "wrong forwards, and backwards alike", "tanh for sigmoid, forwards and backwards", False,
    )  # fmt: skip
    assert (found.verdict, {*found.caught}, found.peers) == (CAUGHT, {"definition", "autograd"}, (("peer", "accepts"),))
    assert {*found.caught} < {*found.asked}
    assert found.shown


def test_a_fault_in_a_network_says_which_and_what_was_blamed() -> None:
    assert next(in_networks(0)) == NetworkFault(
        "6-5-4-3-1 on 7 examples", "sign", "Z = W @ A_prev - b", ("Z1",), ("Z1",)
    )
