"""The campaign of false alarms: a slice of it, that it would see one, and that what is made wrong does not pass."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import false_alarms
from benchmarks.false_alarms import Counts, campaign, counted, counts, table
from verify.campaign import nets, numbers, trial, wrong
from verify.campaign.nets import network
from verify.campaign.pairs import PAIRS
from verify.campaign.reasons import reason
from verify.derivative import judge
from verify.errors import UserError
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.setting import Setting

SLICE = range(200, 232)


@pytest.fixture(scope="module")
def some() -> list[Counts]:
    return [counts(n) for n in SLICE]


def test_no_correct_problem_of_a_slice_fails_and_no_wrong_one_passes(some: list[Counts]) -> None:
    assert [(one.number, one.fails) for one in some if one.fails] == []
    assert [(one.number, one.fault) for one in some if one.mirrored == PASS] == []
    assert Counter(one.mirrored for one in some)[FAIL] >= 4
    assert len({one.kind for one in some}) >= 4
    assert sum(one.verdicts.get(PASS, 0) for one in some) > sum(one.verdicts.get(INCONCLUSIVE, 0) for one in some) / 2


def test_the_same_number_is_the_same_problem_and_says_the_same(some: list[Counts]) -> None:
    quick = min(some, key=lambda one: one.rows or np.inf)
    assert counts(quick.number) == quick


def test_the_table_counts_every_row_and_every_reason(some: list[Counts]) -> None:
    said = table(some)
    rows = sum(one.rows for one in some)
    undecided = sum(one.verdicts.get(INCONCLUSIVE, 0) for one in some)
    assert f"| all | {len(some)} | " in said
    assert f" | {rows} | {rows - undecided} | {undecided} | 0 |" in said
    assert sum(sum(one.reasons.values()) for one in some) == undecided


def test_a_right_one_that_fails_and_a_wrong_one_that_passes_are_named_with_their_number(some: list[Counts]) -> None:
    accused = replace(some[0], number=17, fails=["dW1 formula certificate float64: made up"])
    escaped = replace(some[0], number=18, fault="dW1: sign", mirrored=PASS)
    said = table([accused, escaped])
    assert "fail: --case 17" in said
    assert "a wrong one passed: --case 18" in said


@pytest.mark.parametrize("what", sorted(wrong.FACTORS))
def test_each_way_to_make_a_gradient_wrong_is_seen_in_a_plain_network(what: str) -> None:
    """The campaign's own checker is checked: with a fault in the place of the right gradient it counts a fail."""
    problem = network(np.random.default_rng(3), "plain", "float64", 3)
    name = next(k for k in problem.wrt if k.startswith("W"))
    exact = problem.backward(problem.dout, **problem.inputs)[name]
    fault = wrong.Wrong(name, what, int(np.argmax(np.abs(exact))) if what.startswith("element") else None)
    spoilt = replace(problem, backward=lambda dout, **given: fault(problem.backward(dout, **given)))
    setting = Setting(3, ("float64",), frozenset({"certificate"}))
    assert {row.verdict for row in judge(problem, setting)} <= {PASS, INCONCLUSIVE}
    assert trial.outcome(tuple(judge(spoilt, setting)), fault) == FAIL


def test_what_becomes_of_a_wrong_gradient_is_a_fail_a_pass_or_neither() -> None:
    fault = wrong.Wrong("W1", "sign")
    passed = Discrepancy("f", "dW1", "formula", "differences", PASS)
    elsewhere, unsaid = replace(passed, quantity="dW2"), replace(passed, verdict=INCONCLUSIVE)
    assert trial.outcome((passed, unsaid), fault) == PASS
    assert trial.outcome((passed, replace(elsewhere, verdict=FAIL)), fault) == FAIL
    assert trial.outcome((elsewhere, unsaid), fault) == INCONCLUSIVE


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_every_pair_is_right_on_plain_numbers(name: str) -> None:
    from verify.check import check

    rng = np.random.default_rng(5)
    made = PAIRS[name](rng, lambda shape: numbers.numbers(rng, shape, "plain", "float64"))
    rows = check(**{"convention": "sum", **made, "oracles": ["certificate", "exact"]})
    assert FAIL not in {row.verdict for row in rows}
    assert any(row.verdict == PASS and row.oracle == "certificate" for row in rows)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("regime", sorted(numbers.REGIMES))
def test_numbers_are_floats_of_their_precision(regime: str, dtype: str) -> None:
    drawn = numbers.numbers(np.random.default_rng(1), (4, 5), regime, dtype)
    assert drawn.dtype == np.float64
    assert np.array_equal(drawn.astype(dtype).astype(np.float64), drawn)


def test_the_declared_domain_of_a_pass_ends_where_its_sums_exceed_the_largest_float() -> None:
    def inside(scale: float, dtype: str) -> bool:
        given = {"X": np.full((2, 3), scale), "W1": np.full((1, 2), scale), "b1": np.zeros((1, 1))}
        return nets.holds(given, np.ones((1, 3)), ("linear",), dtype)

    assert inside(1e150, "float64")
    assert not inside(1e155, "float64")
    assert inside(1e15, "float32")
    assert not inside(1e20, "float32")
    assert not inside(1e39, "float32")


def test_a_campaign_goes_on_from_what_is_stored(tmp_path: Path, monkeypatch: Any) -> None:
    one = Counts(0, "pair", "plain", {PASS: 3}, 1, 1, 0, {}, [])
    monkeypatch.setattr(false_alarms, "AT_A_TIME", 2)
    monkeypatch.setattr(false_alarms, "counts", lambda n: replace(one, number=n))
    store = tmp_path / "campaign.jsonl"
    store.write_text(json.dumps(asdict(one)) + "\n")
    assert [found.number for found in campaign(0, 8, 1, store)] == [0, 1, 2]
    assert len(store.read_text().splitlines()) == 3
    with pytest.raises(UserError, match="holds problem 0, expected is 5"):
        campaign(5, 1, 1, store)


def test_a_reason_has_no_names_and_numbers_of_its_problem() -> None:
    row = Discrepancy("f", "dW1", "formula", "differences", INCONCLUSIVE)
    blind = replace(row, finding="it would have seen no error below 3e-05 × the tensor's largest element")
    assert reason(blind) == "it would have seen no error below N × the tensor's largest element"
    skipped = (
        "b1: 1 of 2 elements skipped, the first at [0, 1]: noise; W1: 2 of 4 elements skipped, the first at [0]: a"
    )
    assert reason(replace(row, finding=skipped)) == "elements skipped: a"


@pytest.mark.campaign
def test_of_a_hundred_thousand_correct_checks_none_fails() -> None:
    found = campaign(10**6, 100_000, 2, None)
    assert [(one.number, one.fails) for one in found if one.fails] == []
    assert [(one.number, one.fault) for one in found if one.mirrored == PASS] == []


def test_a_problem_that_cannot_be_judged_counts_as_a_fail(monkeypatch: Any) -> None:
    def broken(number: int, mirrored: bool) -> None:
        raise ZeroDivisionError("made up")

    monkeypatch.setattr(false_alarms, "trial", broken)
    assert counts(3).verdicts == {FAIL: 1}
    assert "ZeroDivisionError: made up" in counts(3).fails[0]
    assert counted(trial.Trial(1, "pair", "plain", "float64", "relu", ())).rows == 0
