"""`--baseline`: what failed before does not fail again; whatever is new does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reports import document
from reports.baseline import known_failures
from reports.cli import main
from reports.summary import exit_status, failures
from tests.sample_run import sample_run
from verify.errors import UserError
from verify.records.run import Run
from verify.records.verdict import FAIL, PASS


@pytest.fixture
def failing() -> Run:
    """A run with one failing row, and slips refuted."""
    run = sample_run()
    rows = [replace(row, verdict=PASS) for row in run.discrepancies]
    rows[0] = replace(rows[0], verdict=FAIL)
    slips = tuple(replace(slip, verdict="listed") for slip in run.slips)
    return replace(run, discrepancies=tuple(rows), slips=slips, network=None)


def test_a_known_failure_does_not_fail_again(failing: Run, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(document.dump(failing), encoding="utf-8")
    assert exit_status(failing) == 1
    assert exit_status(failing, known=known_failures(report)) == 0


def test_a_new_failure_beside_a_known_one_fails(failing: Run, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(document.dump(failing), encoding="utf-8")
    rows = failing.discrepancies
    worse = replace(failing, discrepancies=(rows[0], replace(rows[1], verdict=FAIL), *rows[2:]))
    assert len(failures(worse.discrepancies)) == 2
    assert exit_status(worse, known=known_failures(report)) == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"discrepancies": [{}], "network_rows": []})])
def test_a_baseline_that_is_no_report_is_one_sentence(text: str, tmp_path: Path) -> None:
    report = tmp_path / "old.json"
    report.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"old\.json is no report of handgrad; give the report\.json of a run"):
        known_failures(report)


def test_a_missing_baseline_is_said_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--baseline", str(tmp_path / "none.json"), "--out", str(tmp_path / "out")]) == 2
    assert "cannot be read: No such file or directory" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
