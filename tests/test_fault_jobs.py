"""How a run of all faults is shared out, told of while it goes on, and ended with what only all of them have."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config

from verify.diagnosis.match import SOURCE, Match
from verify.faults import run
from verify.faults.run import faults
from verify.machine import environment
from verify.peers.table import PEERS
from verify.records.discrepancy import Discrepancy
from verify.records.faults import CAUGHT, ESCAPED, FaultsRecord, NetworkFault
from verify.records.verdict import FAIL, PASS


def test_the_parts_of_a_formula_are_handed_out_to_as_many_as_were_asked_for_and_each_is_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    one, other = SimpleNamespace(formula="one"), SimpleNamespace(formula="other")

    def shared(*given: Any) -> Iterator[list[Any]]:
        asked.append(given)
        yield [one]
        yield [other, other]

    monkeypatch.setattr(run, "_side_by_side", shared)
    monkeypatch.setattr(run, "_variants", lambda id: ["variant"] * 50)
    told: list[Any] = []
    found = faults(["sigmoid"], seed=3, jobs=2, progress=lambda *said: told.append(said))
    assert asked == [([("sigmoid", 0), ("sigmoid", 20), ("sigmoid", 40)], 3, 2)]
    assert told == [("one", 1, 50), ("other", 3, 50)]
    assert found.faults == FaultsRecord(3, 50, (one, other, other), ())  # type: ignore[arg-type]


def test_a_run_of_all_ends_with_the_layers_the_networks_and_the_smallest_error_and_tells_of_no_overflow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def note(answer: Any) -> Any:
        return lambda *given: asked.append((*given, {*np.geterr().values()})) or answer

    monkeypatch.setattr(run, "chosen", lambda rows, only: [SimpleNamespace(id="sigmoid")])
    monkeypatch.setattr(run, "_variants", lambda id: ["variant"])
    monkeypatch.setattr(run, "_side_by_side", lambda *given: [["fault"]])
    for name, answer in (("alike", ["layer"]), ("in_networks", ["network"]), ("noticed", "experiment")):
        monkeypatch.setattr(run, name, note(answer))
    began = time.perf_counter()
    found = faults(seed=5)
    assert asked == [(PEERS, 5, {"ignore"}), (5, {"ignore"}), (PEERS, 5, {"ignore"})]
    want: Any = FaultsRecord(5, 1, ("fault", "layer"), ("network",))  # type: ignore[arg-type]
    assert (found.faults, found.experiments) == (want, ("experiment",))  # type: ignore[comparison-overlap]
    assert found.environment == environment()
    ((name, seconds),) = found.timings
    assert name == "faults"
    assert 0 < seconds < time.perf_counter() - began


@pytest.mark.parametrize("jobs", [1, 2])
def test_parts_are_made_side_by_side_in_their_order_and_each_is_handed_on_before_the_last_is_made(
    jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By threads, which joblib takes as it takes processes."""
    heard = threading.Event()

    def part(id: str, start: int, seed: int) -> list[Any]:
        return [id, start, seed, start == 0 or heard.wait(5), threading.current_thread() is threading.main_thread()]

    monkeypatch.setattr(run, "_part", part)
    found = []
    with parallel_config(backend="threading"):
        for made in run._side_by_side([("sigmoid", 0), ("sigmoid", 20), ("tanh", 0)], 3, jobs):
            heard.set()
            found.append(made)
    alone = jobs == 1
    assert found == [["sigmoid", 0, 3, True, alone], ["sigmoid", 20, 3, True, alone], ["tanh", 0, 3, True, alone]]


def test_a_rule_that_had_two_turns_waits_for_one_that_had_one() -> None:
    rows: list[Any] = [SimpleNamespace(id=id) for id in "abcd"]
    sign, off = SimpleNamespace(rule="sign"), SimpleNamespace(rule="off")
    every: Any = {"a": [sign], "b": [sign], "c": [off], "d": [sign, off]}
    assert [variant.rule for variant, _ in run.sample(rows, every)] == ["sign", "sign", "off", "off"]


def test_every_fault_is_scored_with_the_seed_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def note(variant: Any, row: Any, *given: Any, **named: Any) -> Any:
        asked.append((*given, named))
        return row.id

    monkeypatch.setattr(run, "scored", note)
    assert run._part("sigmoid", 0, 7) == ["sigmoid"] * len(asked)
    assert {str(one) for one in asked} == {str((PEERS, 7, {}))}
    asked.clear()
    found = run.some_faults([run._row("sigmoid"), run._row("tanh")], 7)
    assert (found.faults, found.seed) == (("sigmoid", "tanh"), 7)  # type: ignore[comparison-overlap]
    assert asked == [({}, 7, {"source": False})] * 2


def test_a_layer_wrong_alike_that_nobody_sees_has_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = Discrepancy("layer", "dW", "formula", "certificate", PASS)
    monkeypatch.setattr(run.beyond, "consistent", lambda seed: [(f"seed {seed}", "problem")])
    monkeypatch.setattr(run.beyond, "judged", lambda problem, name: [passed])
    (found,) = run.alike({"peer": lambda problem: f"of the {problem}"}, 7)
    assert (found.where, found.verdict, found.caught) == ("seed 7", ESCAPED, ())
    assert found.peers == (("peer", "of the problem"),)
    assert (found.named, found.diagnosis) == ("", "")


@pytest.mark.parametrize(
    ("match", "how"),
    [
        (Match("activation", "so", confident=True), "rightly"),
        (Match("sign", "so", confident=True), "wrongly"),
        (Match("sign", "so"), "unnamed"),
        # There is no formula that a change of the source could make right.
        (Match(SOURCE, "so", confident=True, repaired=abs), "wrongly"),
    ],
)
def test_a_layer_wrong_alike_is_named_by_what_is_told_of_it(
    match: Match, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(problem: Any, name: Callable[..., Any]) -> list[Discrepancy]:
        name({"forward": (Match("row", "a guess"), match)})
        return [Discrepancy("layer", "forward", "formula", "definition", FAIL)]

    monkeypatch.setattr(run.beyond, "consistent", lambda seed: [("tanh for sigmoid", "problem")])
    monkeypatch.setattr(run.beyond, "judged", judged)
    (found,) = run.alike({}, 0)
    assert (found.verdict, found.named, found.diagnosis) == (CAUGHT, how, "so" if match.confident else "a guess")


def test_most_layers_wrong_alike_are_named_and_none_wrongly() -> None:
    found = Counter(fault.named for fault in run.alike({}, 0))
    assert set(found) == {"rightly", "unnamed"}
    assert found["rightly"] > 4 * found["unnamed"]


def test_every_network_is_drawn_and_walked_with_the_seed_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = SimpleNamespace(rule="sign", where="-Z", wrong=("Z1",))
    asked: list[Any] = []
    monkeypatch.setattr(run, "injected", lambda net, seed=0: asked.append((net, seed)) or [fault])
    monkeypatch.setattr(run, "blamed", lambda one, seed=0: (f"{one.where} {seed}",))
    monkeypatch.setattr(run, "one_element", lambda seed=0: [f"elements {seed}"])
    assert list(run.in_networks(7)) == [
        NetworkFault("6-5-4-3-1 on 7 examples", "sign", "-Z", ("Z1",), ("-Z 7",)),
        NetworkFault("3-3-3-3-1 on 3 examples", "sign", "-Z", ("Z1",), ("-Z 7",)),
        "elements 7",
    ]
    assert asked == [("sizes that differ", 7), ("equal sizes", 7)]
