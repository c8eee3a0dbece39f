"""The faults: that the rules make what they say, that each is caught, and that the score can say otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from manual import activations, blocks
from tests.catalogue_ids import CATALOGUE as NOTES
from tests.variants_of_rows import ROWS, made
from verify.catalogue import CATALOGUE
from verify.faults import beyond, limits
from verify.faults.call_rules import CALL_RULES
from verify.faults.equivalent import equivalent
from verify.faults.limits import limited
from verify.faults.network import Injected, blamed, injected
from verify.faults.noticed import FINEST, _finest
from verify.faults.result_rules import RESULT_RULES
from verify.faults.run import faults, sample
from verify.faults.score import oracles, scored
from verify.faults.source_rules import ARGUMENT, SOURCE_RULES
from verify.faults.variants import Variant
from verify.formulas import row_of
from verify.network import Layer
from verify.records.faults import CAUGHT, EQUIVALENT, ESCAPED, Fault, FaultsRecord, NetworkFault
from verify.records.verdict import FAIL
from verify.row import Row, examine
from verify.setting import Setting

RULES = {**SOURCE_RULES, ARGUMENT: None, **RESULT_RULES, **CALL_RULES}
# Rows whose checks train networks, or walk through all inputs of a circuit: they have their turn in the campaign.
LONG = ("shallow.descent", "init", "deep.circuit", "hyperparameters", "activation.linear_collapse", "image")


def first(rule: str) -> Variant:
    """The first variant that a rule makes of a row whose checks are quick; of any, where there is none such."""
    found = [v for id in ROWS for v in made(id) if v.rule == rule]
    return next((v for v in found if not v.formula.startswith(LONG)), found[0])


def variant(formula: str, rule: str, where: str = "") -> Variant:
    return next(v for v in made(formula) if v.rule == rule and where in v.where)


def test_more_than_five_hundred_distinct_faults_are_made_over_all_rows_of_the_notes() -> None:
    names = [v.name for id in ROWS for v in made(id)]
    assert len(set(names)) > 500
    held = {row_of(id) for id in ROWS if made(id)}
    # What the shallow shapes state is one literal: no rule fits it, and its row has its twins.
    assert {id for id, _ in NOTES} - held <= {"shallow.shapes"}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_fits_some_formula_and_its_fault_is_caught(rule: str) -> None:
    fault = first(rule)
    found = scored(fault, ROWS[fault.formula], {}, source=False)
    assert found.verdict in (CAUGHT, EQUIVALENT)
    if found.verdict == EQUIVALENT:
        others = [v for id in ROWS for v in made(id) if v.rule == rule and not v.formula.startswith(LONG)]
        assert any(scored(v, ROWS[v.formula], {}, source=False).verdict == CAUGHT for v in others[1:])


@pytest.mark.campaign
@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.id)
def test_no_fault_of_a_formula_escapes(row: Row) -> None:
    for fault in made(row.id):
        assert scored(fault, row, {}, source=False).verdict != ESCAPED, fault.name


@pytest.mark.parametrize("row", beyond.ROWS, ids=lambda row: row.id)
def test_the_subjects_beyond_the_notes_pass_and_their_twins_do_not(row: Row) -> None:
    assert not [d for d in examine(row, Setting()) if d.verdict == FAIL]
    for check, twin in row.twins.values():
        assert [d for d in examine(row, Setting(quick=True), twin, check) if d.verdict == FAIL]


@pytest.mark.parametrize(
    ("formula", "rule", "line"),
    [
        ("deep.dW", "1/m missing", "dZ @ A_prev.T"),
        ("deep.dW", "m − 1 for m", "dZ / (m - 1) @ A_prev.T"),
        ("deep.db", "keepdims lost", "keepdims=False"),
        ("deep.dZ", "g′ of A", "g_prime(activation)(g(activation)(Z))"),
        ("tanh.derivative", "square lost", "1 - np.tanh(z)"),
        ("tanh.derivative", "Z for A", "1 - z ** 2"),
        ("sigmoid.derivative", "factor missing", "a"),
        ("leaky_relu", "wrong leak", "np.maximum(0.1 * z, z)"),
        ("cost", "another argument", "(1 - A) * np.log(1 - A)"),
        ("descent.step", "sign", "w + learning_rate * dw"),
        ("descent.step", "factor missing", "w - dw"),
        ("logistic.loop", "overwritten, not added", "db = dz"),
        ("shallow.descent", "stale gradients", "grads = backward"),
        ("shallow.descent", "updated before all gradients are known", "grads = backward"),
        ("deep.block_backward", "another layer's tensor", "cache.Z"),
    ],
)
def test_a_rule_makes_the_mistake_that_it_is_named_after(formula: str, rule: str, line: str) -> None:
    assert any(line in v.where for v in made(formula) if v.rule == rule), [v.where for v in made(formula)]


def test_a_fault_in_a_helper_is_a_fault_of_the_formula_that_calls_it() -> None:
    found = variant("deep.forward", "another layer's tensor", "b{l - 1}")
    assert scored(found, ROWS["deep.forward"], {}).verdict == CAUGHT


def test_a_variant_leaves_the_formula_itself_as_it_was() -> None:
    x = np.array([-1.0, 2.0])
    for fault in made("relu"):
        fault.function(x.copy())
    assert activations.relu(x).tolist() == [0.0, 2.0]


def test_the_right_formula_put_up_as_a_fault_is_called_equivalent_and_not_caught() -> None:
    row = ROWS["deep.db"]
    found = scored(Variant(row.id, "none", "", row.formula), row, {})
    assert (found.verdict, found.caught) == (EQUIVALENT, ())
    assert "proved by algebra" in found.shown


def test_a_fault_that_no_check_is_left_to_see_has_escaped() -> None:
    row = replace(ROWS["deep.db"], checks={"by examples": lambda formula, id, setting: []})
    found = scored(variant("deep.db", "1/m missing"), row, {})
    assert found.verdict == ESCAPED
    assert FaultsRecord(0, 1, (found,)).verdict == FAIL


def test_what_differs_anywhere_is_not_called_equivalent() -> None:
    row = ROWS["relu"]
    assert equivalent(Variant("relu", "none", "", lambda z: np.maximum(0, z) * 1), row)
    assert not equivalent(Variant("relu", "tiny", "", lambda z: np.maximum(0, z) * (1 + 2.0**-40)), row)
    assert not equivalent(variant("relu", "one element lost"), row)
    # log Y has no value where Y is 0, and an enclosure of everything overlaps whatever there is.
    assert not equivalent(variant("cost", "another argument", "Y * np.log(Y)"), ROWS["cost"])


def test_a_wrong_forward_with_a_backward_like_it_is_seen_by_the_definition_alone() -> None:
    for name, problem in beyond.consistent():
        said = oracles(beyond.judged(problem, lambda matches: None))
        saw = {oracle for oracle, seen in said.items() if seen}
        assert saw == {"definition", "autograd"}, name
        assert {"certificate", "complex step", "differences"} & set(said)


def endless() -> None:
    while True:
        pass


def test_a_loop_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.2)
    with pytest.raises(TimeoutError, match="had not ended"), limited():
        endless()


def test_what_would_take_all_memory_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BYTES", 2**26)
    with pytest.raises(MemoryError), limited():
        np.ones(2**24)
    assert np.ones(2**24).nbytes == 2**27


# --- networks ------------------------------------------------------------------------------------------------------
NET = "sizes that differ"


def network_faults() -> list[Injected]:
    """One fault of each formula in each layer, and one of each rule."""
    seen: set[Any] = set()
    found = []
    for fault in injected(NET):
        if (fault.wrong, "") not in seen or fault.rule not in seen:
            seen |= {(fault.wrong, ""), fault.rule}
            found.append(fault)
    return found


def test_a_fault_in_a_network_is_blamed_on_its_layer_and_quantity_and_on_no_other() -> None:
    found = network_faults()
    assert {name for fault in found for name in fault.wrong} >= {"Z1", "A2", "dZ3", "dW4", "db1", "dA2"}
    for fault in found:
        assert blamed(fault) == fault.wrong, fault.name


def test_nothing_is_blamed_in_a_right_network_nor_a_formula_that_is_not_wrong() -> None:
    right = Injected("none", "", NET, 2, (), Layer())
    assert blamed(right) == ()
    rounding = replace(right, replaced=Layer(dW=lambda dZ, A_prev: blocks.dW(A_prev, dZ).T))
    assert blamed(rounding) == ()


def test_a_formula_of_a_network_that_does_not_run_is_the_one_that_is_blamed() -> None:
    refusing = Injected("raises", "", NET, 2, ("dZ2",), Layer(dZ=lambda dA, Z, activation: dA @ Z))
    assert blamed(refusing) == ("dZ2",)


# --- the run -------------------------------------------------------------------------------------------------------
def test_a_sample_has_every_formula_that_faults_fit_and_most_rules() -> None:
    chosen = sample(CATALOGUE, {row.id: made(row.id) for row in CATALOGUE})
    assert {v.formula for v, _ in chosen} == {row.id for row in CATALOGUE if made(row.id)}
    assert len({v.rule for v, _ in chosen}) > len(RULES) / 2


def test_a_run_of_one_formula_holds_a_fault_for_each_of_its_variants_and_what_the_peers_say() -> None:
    record = faults(["deep.db"]).faults
    assert record is not None
    assert len(record.faults) == record.variants == len(made("deep.db"))
    assert {fault.verdict for fault in record.faults} <= {CAUGHT, EQUIVALENT}
    missing = next(fault for fault in record.faults if fault.rule == "1/m missing")
    assert dict(missing.peers)["torch gradcheck"] == "rejects"
    tiny = next(fault for fault in record.faults if fault.rule == "result off by 1e-12")
    assert dict(tiny.peers)["torch gradcheck"] == "accepts"


def test_time_that_is_up_leaves_faults_out_and_the_record_says_how_many_there_are() -> None:
    record = faults(["relu"], seconds=1e-9).faults
    assert record is not None
    assert not record.faults
    assert record.variants == len(made("relu"))


def test_a_wrong_blame_fails_the_record() -> None:
    caught = Fault("f", "sign", "", False, ("exact",), ("exact",), CAUGHT, "")
    right = NetworkFault("3-1", "sign", "", ("dW1",), ("dW1",))
    assert FaultsRecord(0, 1, (caught,), (right,)).verdict == "pass"
    assert FaultsRecord(0, 1, (caught,), (replace(right, blamed=("dW1", "db1")),)).verdict == FAIL


@pytest.mark.parametrize("k", [0, 1, 17, FINEST])
def test_the_finest_error_that_is_noticed_is_found_by_halving(k: int) -> None:
    assert _finest(lambda tried: tried <= k) == k
