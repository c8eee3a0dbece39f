"""The exhaustive check in the report: counts, names, exit status, and records that read back the same."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from manual import blocks, deep
from reports import console, document, exhaustive, frames, junit, markdown
from reports.baseline import is_known, known_failures
from reports.cli import main
from reports.html import page
from reports.summary import exit_status, failures, open_questions
from reports.wording import again, headline
from reports.write import place, render
from tests.sample_elements import NET, RUNS, all_wrong, dead, kinked, right, wrong
from tests.sample_run import failing_run, sample_run
from tests.test_html import Page
from verify.records.run import Run


def visible(run: Run) -> str:
    """The words of the page, without its tags."""
    return " ".join(" ".join(text for _, text in Page(page(run)).words).split())


def said(run: Run, quiet: bool = False) -> str:
    file = io.StringIO()
    console.show(run, file=file, quiet=quiet)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "status", "head"),
    [
        ("right", 0, "All 12 formulas pass, and all 64 parameters pass"),
        ("wrong", 1, "All 12 formulas pass, 1 of 64 parameters wrong"),
        ("all_wrong", 1, "All 12 formulas pass, 45 of 64 parameters wrong"),
        ("kinked", 3, "All 12 formulas pass, 31 of 35 parameters pass, 4 undecided"),
        ("dead", 3, "All 12 formulas pass, 64 of 64 parameters pass, but some gradients are 0 everywhere"),
    ],
)
def test_every_outcome_has_its_exit_status_and_its_headline(name: str, status: int, head: str) -> None:
    run = RUNS[name]()
    assert exit_status(run) == status
    assert exit_status(run, strict=True) == (1 if status else 0)
    assert headline(run) == head
    assert head in said(run)
    assert markdown.summary(run).startswith(f"# {head}")


def test_a_formula_that_fails_is_told_beside_parameters_that_pass() -> None:
    run = replace(failing_run(), exhaustive=NET.judged())
    assert headline(run) == "1 of 12 formulas fails, all 64 parameters pass"


def test_a_wrong_element_is_named_with_both_numbers_wherever_one_looks() -> None:
    run = wrong()
    assert run.exhaustive is not None
    (row,) = run.exhaustive.wrong
    assert (row.quantity, row.at, row.layer) == ("dW1", "[3, 2]", 1)
    places = (said(run), said(run, quiet=True), markdown.summary(run), junit.suite(run))
    for text in places:
        assert "dW1[3, 2]" in text or "[3, 2]" in text
        assert row.mine in text
    assert f"wrong dW1[3, 2] by hand {row.mine}, complex step {row.want}" in said(run)
    table = visible(run)
    assert "dW1[3, 2]" in table
    assert row.mine in table


def test_of_many_wrong_elements_a_few_are_named_and_the_rest_counted() -> None:
    text = said(all_wrong())
    assert text.count("wrong dW") == exhaustive.MOST
    assert "wrong and 40 more" in text
    assert "45 wrong" in visible(all_wrong())
    assert "The 20 worst of 45" in visible(all_wrong())


def test_an_undecided_element_is_counted_with_its_reason() -> None:
    run = kinked()
    assert open_questions(run) == ("exhaustive dW1, layer 1", "exhaustive db1, layer 1")
    for text in (said(run), markdown.summary(run), junit.suite(run)):
        assert "3 of 12 elements, such as [0, " in text
        assert "a kink lies within its bound" in text
    assert "4 undecided" in visible(run)


def test_a_gradient_of_zeros_says_why_it_decides_nothing() -> None:
    assert "exhaustive dW1, layer 1: all of it is 0, so that any multiple would pass" in said(dead())


@pytest.mark.parametrize("name", RUNS)
def test_report_json_reads_back_the_same(name: str) -> None:
    run = RUNS[name]()
    text = document.dump(run)
    again_ = document.load(text)
    assert document.dump(again_) == text
    assert again_.exhaustive == run.exhaustive or "nan" in repr(run.exhaustive)
    assert json.loads(text)["exhaustive"]["layers"] == list(run.exhaustive.layers if run.exhaustive else ())


def test_a_report_of_before_there_was_an_exhaustive_check_still_reads() -> None:
    old = json.loads(document.dump(sample_run()))
    old = {name: part for name, part in old.items() if not name.startswith("exhaustive")}
    assert document.load(json.dumps(old)).exhaustive is None


def test_the_rows_of_every_gradient_are_in_the_frame() -> None:
    frame = frames.discrepancies(right())
    found = frame[frame.formula == "exhaustive"]
    assert list(found.quantity.unique()) == ["Z1", "Z2", "Z3", "dW1", "db1", "dW2", "db2", "dW3", "db3"]
    assert set(found.oracle) == {"definition", "complex step", "differences"}
    assert found.compared.sum() == 10 * 7 + 2 * 64


def test_junit_has_a_case_a_gradient() -> None:
    for run, failed in ((right(), set()), (wrong(), {"dW1"}), (all_wrong(), {"dW1", "dW2"})):
        root = ET.fromstring(junit.suite(run))
        (suite,) = [s for s in root.iter("testsuite") if s.get("name") == "every parameter of 6-5-4-1"]
        names = ["Z1", "Z2", "Z3", "dW1", "db1", "dW2", "db2", "dW3", "db3"]
        assert [case.get("name") for case in suite] == names
        assert {case.get("name") for case in suite if case.find("failure") is not None} == failed


def test_a_known_wrong_gradient_lets_the_gate_pass_and_a_new_one_does_not(tmp_path: Path) -> None:
    place({"report.json": document.dump(wrong()).encode()}, tmp_path)
    known = known_failures(tmp_path / "report.json")
    assert all(is_known(row, known) for row in failures(wrong().exhaustive.rows if wrong().exhaustive else ()))
    assert exit_status(wrong(), known=known) == 0
    assert exit_status(all_wrong(), known=known) == 1


def test_the_command_of_a_failing_row_is_that_of_its_run() -> None:
    run = wrong()
    assert run.exhaustive is not None
    assert again(run.exhaustive.rows[-1], run.command) == "handgrad verify --exhaustive --seed 3"


@pytest.mark.parametrize("name", ["all_wrong", "kinked"])
def test_a_report_is_the_same_bytes_every_time(name: str) -> None:
    assert render(RUNS[name]()) == render(RUNS[name]())


# --- the command ------------------------------------------------------------------------------------------------------
QUICK = ["verify", "--only", "deep.dW", "--oracle", "exact", "--exhaustive", "--data", "planar", "--layers", "2,4,3,1"]


def test_verify_exhaustive_takes_data_and_layers_and_says_how_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*QUICK, "--out", str(tmp_path / "out")])
    assert "every parameter of 2-4-3-1 on 400 examples: 31 elements of 6 gradients, 31 pass" in capsys.readouterr().out
    assert 'id="exhaustive"' in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_a_wrong_formula_of_the_notes_fails_the_command_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deep, "dW", lambda dZ, A_prev: blocks.dW(dZ, A_prev) * 1.0001)
    assert main([*QUICK, "--out", str(tmp_path / "out")]) == 1
    assert "wrong dW" in capsys.readouterr().out


def test_layers_that_do_not_fit_the_data_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK[:-1], "3,4,1", "--out", str(tmp_path / "out")]) == 2
    assert "begin with 2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_recorded_command_asks_for_it_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*QUICK, "--json", "--out", str(tmp_path / "out")])
    assert "--exhaustive --data planar --layers 2,4,3,1" in json.loads(capsys.readouterr().out)["command"]


def test_what_is_not_reached_in_time_is_inconclusive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--seconds", "1e-9", "--out", str(tmp_path / "out")]) == 3
    assert "exhaustive all" in capsys.readouterr().out
