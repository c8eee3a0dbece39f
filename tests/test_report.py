"""What `check` returns: three verdicts that cannot be mistaken for two."""

from __future__ import annotations

import sys
from dataclasses import FrozenInstanceError, replace
from math import nan

import pytest

from reports.report import GradientError, Report
from verify.records.discrepancy import Discrepancy

RIGHT = Discrepancy("f", "dW", "formula", "certificate", "pass", layer=1, used=0.031, digits_mine=15.4, detects=2e-15)
HOLDS = replace(RIGHT, question="arithmetic", oracle="exact")
WRONG = replace(
    RIGHT, verdict="fail", layer=2, used=3e9, at="[0, 1]", mine="1.0", want="-1.0", exact="-1.0",
    diagnosis="the sign is flipped\n\nimport numpy as np",
)  # fmt: skip
OPEN = replace(RIGHT, quantity="db", verdict="inconclusive", used=nan, finding="not run: the forward calls scipy")


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ((RIGHT, HOLDS), "pass"),
        ((RIGHT, replace(OPEN, quantity="dW")), "pass"),
        ((RIGHT, WRONG, OPEN), "fail"),
        ((RIGHT, OPEN), "inconclusive"),
        ((), "inconclusive"),
        ((HOLDS,), "inconclusive"),
        ((replace(HOLDS, verdict="fail"), RIGHT), "fail"),
    ],
)
def test_pass_needs_a_deciding_row_for_every_quantity(rows: tuple[Discrepancy, ...], verdict: str) -> None:
    report = Report(rows)
    assert report.verdict == verdict
    assert report.passed is (verdict == "pass")


def test_a_report_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match=r"use report\.passed"):
        bool(Report((RIGHT,)))


def test_a_report_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Report((WRONG,)).rows = (RIGHT,)  # type: ignore[misc]


def test_the_first_fault_is_that_of_the_first_layer() -> None:
    deeper, unlayered = replace(WRONG, layer=3), replace(WRONG, layer=None)
    assert Report((unlayered, deeper, RIGHT, WRONG)).first_fault == WRONG
    assert Report((RIGHT,)).first_fault is None


def test_the_diagnosis_is_that_of_the_first_fault_that_has_one() -> None:
    assert Report((RIGHT, WRONG)).diagnosis == WRONG.diagnosis
    assert Report((replace(WRONG, diagnosis="", layer=1), WRONG)).diagnosis == WRONG.diagnosis
    assert Report((RIGHT,)).diagnosis == ""


def test_the_text_holds_verdict_table_failure_reproducer_and_what_could_not_be_run() -> None:
    text = str(Report((RIGHT, HOLDS, WRONG, OPEN), seconds=1.25, notes=("complex step: the forward compares",)))
    lines = text.splitlines()
    assert lines[0] == "fail: 4 checks of 3 quantities in 1.2 s"
    assert "  dW, layer 1  pass          3.1 %   15.4    2e-15    certificate pass, exact pass" in lines
    assert "FAIL f dW, layer 2: certificate, is it right? (float64)" in lines
    assert "     at [0, 1], mine 1.0, want -1.0, exact -1.0" in lines
    assert "     import numpy as np" in lines
    assert any("not run: the forward calls scipy" in line for line in lines)
    assert lines[-2:] == ["Not run:", "  complex step: the forward compares"]


def test_the_frame_shows_the_failure_first() -> None:
    frame = Report((RIGHT, OPEN, WRONG)).frame
    assert list(frame["verdict"]) == ["fail", "pass", "inconclusive"]


def test_raise_if_failed_raises_the_report_on_a_fail_whatever_is_asked() -> None:
    for inconclusive in ("raise", "pass", "warn"):
        with pytest.raises(GradientError, match="the sign is flipped"):
            Report((WRONG,)).raise_if_failed(inconclusive)
    assert issubclass(GradientError, AssertionError)


def test_raise_if_failed_lets_a_pass_go_and_an_open_one_only_when_told_to() -> None:
    Report((RIGHT,)).raise_if_failed()
    with pytest.raises(GradientError):
        Report((OPEN,)).raise_if_failed()
    Report((OPEN,)).raise_if_failed(inconclusive="pass")
    with pytest.warns(UserWarning, match="inconclusive"):
        Report((OPEN,)).raise_if_failed(inconclusive="warn")
    with pytest.raises(ValueError, match="'ignore' is not known"):
        Report((RIGHT,)).raise_if_failed("ignore")  # type: ignore[arg-type]


def test_a_report_costs_no_pandas_until_its_frame_is_asked_for() -> None:
    import subprocess

    script = (
        "import sys; from reports.report import Report; str(Report(())); "
        "assert not {'pandas', 'torch', 'jinja2', 'altair'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
