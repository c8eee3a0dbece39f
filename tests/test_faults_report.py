"""The faults in the report: who saw what is counted rightly, and what escaped cannot be overlooked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reports import document, faults, frames, junit
from reports.cli import main
from reports.summary import exit_status
from reports.wording import headline
from tests.sample_run import sample_run
from tests.test_exhaustive_report import said, visible
from verify.records.faults import CAUGHT, EQUIVALENT, ESCAPED, Fault, FaultsRecord, NetworkFault
from verify.records.run import Run

ASKED = ("certificate", "autograd", "exact")
PEERS = (("torch gradcheck", "rejects"), ("jax check_grads", "cannot run: not installed"))
TOLD = "dW is m = 5 times too large: the 1/m is missing."
MISSING = Fault("deep.dW", "1/m missing", "dZ @ A_prev.T", False, ASKED, ASKED[:2], CAUGHT, "", PEERS, TOLD, "rightly")
TINY = replace(
    MISSING, rule="result off by 1e-12", where="value", peers=(("torch gradcheck", "accepts"),), diagnosis="",
    named="unnamed",
)  # fmt: skip
SINGLE = replace(MISSING, rule="computed in float32", where="as a whole", caught=("exact",), named="", diagnosis="")
IDLE = replace(MISSING, rule="sign", where="-b", verdict=EQUIVALENT, caught=(), shown="proved by algebra", named="")
OUT = replace(MISSING, rule="sign", where="<-dW>", verdict=ESCAPED, caught=(), named="")
RIGHT = NetworkFault("3-2-1 on 5 examples", "sign", "-dZ", ("dZ1",), ("dZ1",))
WRONG = replace(RIGHT, blamed=("dZ1", "dW1"))
ALL = FaultsRecord(0, 4, (MISSING, TINY, SINGLE, IDLE), (RIGHT,))


def alone(record: FaultsRecord) -> Run:
    return replace(sample_run(), formulas=(), discrepancies=(), slips=(), network=None, experiments=(), faults=record)


def test_what_is_equivalent_counts_as_no_fault_and_what_was_not_asked_as_not_missed() -> None:
    whole = faults.total(ALL)
    assert (whole.whole.text, whole.named.text) == ("3/3", "1/2")
    assert [cell.text for cell in whole.oracles] == ["2/3", "2/3", "1/3"]
    # JAX, which could not run, has judged nothing, and has no column.
    assert [cell.text for cell in whole.peers] == ["2/3"]
    assert [line.rule for line in faults.matrix(ALL)] == [fault.rule for fault in (MISSING, TINY, SINGLE)]


def test_what_an_oracle_cannot_see_is_the_rules_of_which_it_saw_none() -> None:
    found = {blind.oracle: blind for blind in faults.blind(ALL)}
    assert found["certificate"].none == ("computed in float32",)
    assert found["exact"].some == ("computed in float32",)


@pytest.mark.parametrize(
    ("record", "status", "head"),
    [
        (ALL, 0, "All 3 faults caught"),
        (replace(ALL, faults=(*ALL.faults, OUT)), 1, "1 of 4 faults escaped"),
        (replace(ALL, network=(RIGHT, WRONG)), 1, "All 3 faults caught, 1 of 2 in networks blamed wrongly"),
        (FaultsRecord(0, 4, ()), 3, "No fault was tried"),
        (replace(ALL, variants=9), 3, "All 3 faults caught"),
    ],
    ids=["caught", "escaped", "blamed wrongly", "none", "not all were reached"],
)
def test_every_outcome_has_its_exit_status_and_its_headline(record: FaultsRecord, status: int, head: str) -> None:
    run = alone(record)
    assert exit_status(run) == status
    assert headline(run) == head
    assert head in said(run)
    assert visible(run).count(head)


def test_a_fault_that_escapes_fails_the_report_of_all_formulas_too() -> None:
    run = replace(sample_run(), faults=replace(ALL, faults=(OUT,)))
    assert exit_status(replace(run, faults=ALL)) == 0
    assert exit_status(run) == 1


def test_what_escaped_is_named_on_the_page_on_the_console_and_in_junit() -> None:
    run = alone(replace(ALL, faults=(*ALL.faults, OUT), network=(WRONG,)))
    assert "deep.dW , sign: <-dW>" in visible(run)
    assert "ESCAPED deep.dW: sign: <-dW>" in said(run)
    assert "BLAMED dZ1, dW1 for dZ1: sign: -dZ" in said(run)
    failed = [failure.text for failure in ET.fromstring(junit.suite(run)).iter("failure")]
    assert failed == ["deep.dW: sign: <-dW>", "sign: -dZ"]


def test_a_mistake_is_shown_with_the_name_it_was_given_and_an_idle_variant_with_its_proof() -> None:
    text = visible(alone(ALL))
    assert TOLD in text
    assert "proved by algebra" in text


def test_records_and_frame_read_back_what_was_written() -> None:
    run = alone(ALL)
    assert document.load(document.dump(run)).faults == ALL
    frame = frames.faults(run)
    assert list(frame["verdict"]) == [CAUGHT, CAUGHT, CAUGHT, EQUIVALENT]
    assert list(frame["torch gradcheck"]) == ["rejects", "accepts", "rejects", "rejects"]
    assert frames.faults(sample_run()).empty


def test_the_command_says_who_saw_what_and_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["faults", "--only", "graph.forward", "--jobs", "1", "--quiet", "--out", str(tmp_path / "out")])
    assert status == 0
    assert (tmp_path / "out" / "faults.csv").is_file()
    assert capsys.readouterr().out == ""


def test_a_formula_that_nothing_bears_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "--only", "deep.dWW"]) == 2
    assert "no formula is called 'deep.dWW' (did you mean 'deep.dW'?)" in capsys.readouterr().err
