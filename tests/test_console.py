"""The console, the summary for CI, the JUnit file, and the exit status that all of them go with."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from reports import console, junit, markdown, progress
from reports.summary import exit_status, open_questions
from tests.sample_run import failing_run, sample_run
from verify.records.discrepancy import Discrepancy
from verify.records.run import Run


def printed(run: Run, quiet: bool = False, index: Path | None = None) -> str:
    file = io.StringIO()
    console.show(run, index, file=file, quiet=quiet)
    return file.getvalue()


def with_rows(*rows: Discrepancy) -> Run:
    run = sample_run()
    return replace(run, formulas=run.formulas[:1], discrepancies=rows, network=None, slips=())


def row(verdict: str, oracle: str = "certificate", quantity: str = "value") -> Discrepancy:
    return Discrepancy("sigmoid", quantity, "formula", oracle, verdict)


def test_exit_status_is_0_only_when_all_pass() -> None:
    assert exit_status(sample_run()) == 0
    assert exit_status(with_rows(row("pass"), row("inconclusive", "differences"))) == 0


def test_exit_status_is_1_when_anything_failed() -> None:
    assert exit_status(failing_run()) == 1
    assert exit_status(with_rows(row("pass"), row("fail", "differences"))) == 1


def test_a_slip_that_no_check_refuted_is_a_failure() -> None:
    run = sample_run()
    assert exit_status(replace(run, slips=(replace(run.slips[0], verdict="not refuted"),))) == 1


def test_a_failure_in_the_network_is_a_failure() -> None:
    run = sample_run()
    assert run.network is not None
    rows = (*run.network.rows[:-1], replace(run.network.rows[-1], verdict="fail"))
    assert exit_status(replace(run, network=replace(run.network, rows=rows))) == 1


def test_a_failing_row_of_an_unlisted_formula_is_not_lost() -> None:
    run = with_rows(row("pass"), replace(row("fail"), formula="unlisted"))
    assert exit_status(run) == 1
    assert "unlisted" in printed(run)
    assert 'failures="1"' in junit.suite(run)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (row("inconclusive"),),
        (row("pass"), row("inconclusive", quantity="slope")),
        (row("pass"), replace(row("inconclusive"), layer=2)),
    ],
)
def test_exit_status_is_3_when_something_stayed_undecided_and_1_when_strict(rows: tuple[Discrepancy, ...]) -> None:
    assert exit_status(with_rows(*rows)) == 3
    assert exit_status(with_rows(*rows), strict=True) == 1


def test_a_formula_without_a_row_is_an_open_question() -> None:
    assert open_questions(replace(sample_run(), discrepancies=(), network=None))[0] == "sigmoid"


def test_a_verdict_line_a_chapter_the_network_the_time_and_the_path_are_printed() -> None:
    text = printed(sample_run(), index=Path("report/index.html"))
    lines = text.splitlines()
    assert lines[0] == "1 · Logistic regression    6 formulas  6 pass"
    assert "24 tensors, 24 pass" in text
    assert "2 of 2 refuted" in text
    assert "time 16.0 s: network 12288-20-7-5-1 9.5 s (59 %)" in text
    assert lines[-2:] == ["All 12 formulas pass", "report: report/index.html"]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_failure_is_printed_in_full(quiet: bool) -> None:
    text = printed(failing_run(), quiet=quiet)
    for part in (
        "FAIL shallow.dZ1 dZ1, layer 1: certificate", "at [2, 3], mine 0.25, want 0.19661193324148185",
        "exact 0.19661193324148185254024823981643", "budget 1.2e-16, used 4.4e14 ×", "finding: the sign",
        "Z1 = np.array([[0.5]])", "FAIL leaky_relu: the slip",
    ):  # fmt: skip
        assert part in text
    assert ("inconclusive deep.dA_L dA" in text) is not quiet


def test_quiet_prints_nothing_when_nothing_failed() -> None:
    assert printed(sample_run(), quiet=True) == ""


def test_many_undecided_quantities_are_cut_short_and_counted() -> None:
    rows = [row("pass"), *(row("inconclusive", quantity=f"q{k}") for k in range(20))]
    text = printed(with_rows(*rows))
    assert text.count("no oracle decided") == console.MOST_OPEN
    assert "and 8 more" in text


def test_markup_in_a_row_is_printed_as_it_is() -> None:
    text = printed(with_rows(replace(row("fail"), finding="[bold]x[/bold] [0, 1]", at="[0]")))
    assert "[bold]x[/bold] [0, 1]" in text


def test_long_lines_are_not_broken_where_nobody_looks_at_a_terminal() -> None:
    text = printed(with_rows(replace(row("fail"), finding="word " * 100)))
    assert any(line.count("word") == 100 for line in text.splitlines())


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_terminals_and_no_color_is_respected(
    no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm")
    file = io.StringIO()
    terminal = Console(file=file, force_terminal=True)
    for line in console.lines(failing_run()):
        terminal.print(line, soft_wrap=True)
    assert ("\x1b[1;31m" in file.getvalue()) is coloured
    assert "\x1b" not in printed(failing_run())


@pytest.mark.parametrize("make", [sample_run, failing_run])
def test_junit_counts_what_it_holds(make: Callable[[], Run]) -> None:
    root = ET.fromstring(junit.suite(make()))
    cases = root.findall("testsuite/testcase")
    assert int(root.get("tests", "")) == len(cases) == 12 + 24 + 3
    assert int(root.get("failures", "")) == len(root.findall("testsuite/testcase[failure]"))
    assert len(root.findall(".//skipped")) == (0 if make is sample_run else 1)
    assert {case.get("name") for case in cases} >= {record.id for record in make().formulas}
    assert all(case.get("time") is None for case in cases)


def test_junit_stays_xml_whatever_the_rows_hold() -> None:
    root = ET.fromstring(junit.suite(with_rows(replace(row("fail"), finding="\x00 \x1b[0m <b> & ]]> \ud800"))))
    failure = root.find(".//failure")
    assert failure is not None
    assert "<b> & ]]>" in (failure.text or "")


def test_the_summary_names_what_failed_and_what_stayed_open() -> None:
    text = markdown.summary(failing_run())
    assert text.startswith("# 1 of 12 formulas fails\n")
    assert "| 2 · Shallow network | 2 | 1 | 0 |" in text
    assert "## fail: shallow.dZ1 dZ1, layer 1" in text
    assert "- deep.dA_L dA" in text
    assert "## fail" not in markdown.summary(sample_run())


def test_the_summary_cannot_be_broken_out_of() -> None:
    text = markdown.summary(with_rows(replace(row("fail"), case="a|b<i>", diagnosis="```\ninjected\n```")))
    assert "a\\|b&lt;i>" in text
    assert "````text" in text


def test_plain_progress_is_a_line_now_and_then_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.watching() as watch:
        assert watch is not None
        for done in range(1000):
            watch("sigmoid", done, 1000)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "handgrad: 0 of 1000, sigmoid\n"
    with progress.watching(quiet=True) as none:
        assert none is None


def test_steps_that_are_alike_are_told_with_their_rate_and_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    watch = progress.plain(pause=0, unit="iteration")
    watch("cost 0.7717", 0, 2500)
    time.sleep(0.01)
    watch("cost 0.5670", 400, 2500)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "handgrad: iteration 0 of 2500, cost 0.7717"
    found = re.fullmatch(r"handgrad: iteration 400 of 2500, cost 0\.5670, (\d+) a second, (\d+) s left", second)
    assert found
    speed, left = map(int, found.groups())
    # The rate is shown to a whole number, the time left up to the next second.
    assert 2100 / (speed + 1) <= left <= 2100 / (speed - 1) + 1
    assert speed <= 400 / 0.01


def test_a_training_begun_at_a_later_iteration_is_not_thought_to_be_fast(capsys: pytest.CaptureFixture[str]) -> None:
    watch = progress.plain(pause=0, unit="iteration")
    watch("cost 0.5", 2400, 2500)
    watch("cost 0.5", 2400, 2500)
    assert capsys.readouterr().err.splitlines() == ["handgrad: iteration 2400 of 2500, cost 0.5"] * 2


def test_a_terminal_shows_the_rate_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    for unit, shown in (("iteration", True), ("", False)):
        with progress.watching(unit=unit) as watch:
            assert watch is not None
            for done in range(50):
                watch("cost 0.5670", done, 100)
                time.sleep(0.001)
        said = capsys.readouterr()
        assert said.out == ""
        assert "cost 0.5670" in said.err
        assert ("a second" in said.err) is shown


def test_every_step_is_told_when_there_is_no_pause(capsys: pytest.CaptureFixture[str]) -> None:
    watch = progress.plain(pause=0)
    watch("sigmoid", 1, 2)
    watch("network", 2, 2)
    assert capsys.readouterr().err.splitlines() == ["handgrad: 1 of 2, sigmoid", "handgrad: 2 of 2, network"]
