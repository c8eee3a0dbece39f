"""The reports of a training: every ending told the same way everywhere, and records that read back the same."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from math import nan
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from reports import console, document, frames, junit, markdown
from reports.baseline import known_failures
from reports.html import page
from reports.summary import exit_status, open_questions
from reports.wording import headline
from reports.write import NAMES, TRAINING, place, render, writable, write
from tests.sample_run import (
    UNEXPLAINED,
    WHY,
    failing_training,
    parted_training,
    sample_run,
    sample_training,
    stopped_training,
)
from tests.test_html import Page
from verify.errors import UserError
from verify.records.run import Run
from verify.records.training import Iteration, TrainingRecord


def training_of(run: Run) -> TrainingRecord:
    assert run.training is not None
    return run.training


def without_checks() -> Run:
    run = sample_training()
    return replace(run, training=replace(training_of(run), checks=()))


def undecided() -> Run:
    run = sample_training()
    open_ = {"dW1": "too little was seen", "db1": ""}
    rows = tuple(
        replace(row, verdict="inconclusive", finding=open_[row.quantity]) if row.quantity in open_ else row
        for row in training_of(run).checks
    )
    return replace(run, training=replace(training_of(run), checks=rows))


def without_rows() -> Run:
    run = stopped_training("time")
    return replace(run, training=replace(training_of(run), rows=(), checks=()))


TOGETHER = "By hand and by PyTorch: 600 iterations, the curves stay together"
ENDINGS: list[tuple[Callable[[], Run], int, str]] = [
    (sample_training, 0, TOGETHER),
    (parted_training, 0, f"By hand and by PyTorch: 600 iterations, the curves part at iteration 400: {WHY}"),
    (
        lambda: parted_training(explained=False), 3,
        f"By hand and by PyTorch: 600 iterations, the curves part at iteration 400, unexplained: {UNEXPLAINED}",
    ),
    (
        lambda: stopped_training("diverged"), 3,
        "Diverged at iteration 30 of 600: the cost is nan at iteration 30; the learning rate 0.0075 may be too large",
    ),
    (lambda: stopped_training("time"), 3, "Stopped at iteration 30 of 600: the time was up"),
    (lambda: stopped_training("interrupted"), 130, "Stopped at iteration 30 of 600: interrupted"),
    (failing_training, 1, "The gradient by hand fails: dW2: the two sides differ from iteration 0 on"),
    (without_checks, 3, "By hand and by PyTorch: 600 iterations, nothing was compared"),
    (undecided, 3, "By hand and by PyTorch: 600 iterations, undecided: dW1, db1: too little was seen"),
    (without_rows, 3, "Stopped at iteration 0 of 600: the time was up"),
]  # fmt: skip
RUNS = [make for make, _, _ in ENDINGS]


@cache
def page_of(make: Callable[[], Run]) -> str:
    """The page of an ending, written once."""
    return page(make())


def printed(run: Run, quiet: bool = False) -> str:
    file = io.StringIO()
    console.show(run, Path("training/index.html"), file=file, quiet=quiet)
    return file.getvalue()


@pytest.mark.parametrize(("make", "status", "said"), ENDINGS)
def test_every_ending_has_its_headline_and_its_exit_status_on_console_page_summary_and_json(
    make: Callable[[], Run], status: int, said: str
) -> None:
    run = make()
    assert headline(run) == said
    assert exit_status(run) == status
    assert exit_status(run, strict=True) == (1 if status == 3 else status)
    assert printed(run).splitlines()[-2:] == [said, "report: training/index.html"]
    assert markdown.summary(run).startswith(f"# {said}\n")
    assert json.loads(document.dump(run))["exit_status"] == status
    properties = ET.fromstring(junit.suite(run)).find("properties/property[@name='exit_status']")
    assert properties is not None
    assert properties.get("value") == str(status)
    text = page_of(make)
    short = re.search("<h1>(.*)</h1>", text)
    assert short is not None
    assert said.startswith(short[1])
    assert said[len(short[1]) :].removeprefix(": ") in text


def test_a_step_or_a_cost_that_fails_alone_is_called_by_its_name() -> None:
    run = sample_training()
    for name, said in (("W3", "The step by hand fails: W3"), ("cost", "The cost by hand fails: cost")):
        rows = tuple(replace(r, verdict="fail") if r.quantity == name else r for r in training_of(run).checks)
        assert headline(replace(run, training=replace(training_of(run), checks=rows))) == said


def test_a_wrong_gradient_is_named_before_the_step_it_makes_whatever_their_order() -> None:
    training = training_of(failing_training())
    backwards = replace(training, checks=training.checks[::-1])
    assert headline(replace(failing_training(), training=backwards)).startswith("The gradient by hand fails: dW2:")


def test_a_failure_outlasts_an_end_before_time() -> None:
    failed = training_of(failing_training())
    for stopped in ("time", "diverged"):
        run = replace(failing_training(), training=replace(failed, stopped=stopped))
        assert exit_status(run) == 1
        assert headline(run).startswith("The gradient by hand fails")


def test_what_a_training_leaves_open_is_named_with_its_reason() -> None:
    run = parted_training(explained=False)
    assert open_questions(run) == ("training cost",)
    assert "inconclusive training cost: the curves part at iteration 400: unexplained: no unit" in printed(run)
    assert "- training cost: the curves part" in markdown.summary(run)
    stopped = stopped_training("time")
    assert open_questions(stopped) == ("training after iteration 30",)
    assert "inconclusive training after iteration 30: the time was up" in printed(stopped)
    assert open_questions(sample_training()) == ()


TRAIN, TEST = "12288 × 209: 104 of class 1, 105 of class 0", "12288 × 50: 27 of class 1, 23 of class 0"
WAY = "from 0.7 to 0.06191"


def test_the_console_says_what_was_trained_on_what_and_where_both_sides_got() -> None:
    lines = printed(sample_training()).splitlines()
    assert lines[:7] == [
        f"data: tiles of two photographs; train {TRAIN}; test {TEST}",
        "network 12288-20-7-5-1 with relu, relu, relu, sigmoid; start course, seed 1; learning rate 0.0075",
        f"600 iterations, checked every 12 iterations: cost by hand {WAY}; cost by PyTorch {WAY}",
        "gradients at the same parameters: 6 % (iteration 24) of the running bound at worst",
        "steps at the same parameters: 16 % (iteration 48) of the running bound at worst",
        "curves: largest difference 1.3e-13 (iteration 599), where the spread is 1.6e-13; they stay together",
        "accuracy: train 93.8 % on both sides; test 71.9 % by hand, 73.9 % by PyTorch",
    ]
    assert lines[7].startswith("time 8.0 s: PyTorch 3.2 s")


def test_quiet_prints_failures_alone_each_with_the_command_that_gives_it_again() -> None:
    assert printed(sample_training(), quiet=True) == ""
    text = printed(failing_training(), quiet=True)
    assert text.count("FAIL training") == 2
    again = f"again: {failing_training().command}"
    assert text.count(again) == 2
    assert markdown.summary(failing_training()).count(again) == 2
    assert f"<code>{failing_training().command}</code>" in page(failing_training())


def test_the_summary_of_a_training_has_no_table_of_chapters() -> None:
    assert "| chapter |" not in markdown.summary(sample_training())
    assert "| chapter |" in markdown.summary(replace(sample_training(), training=None))
    assert "- data: tiles of two photographs" in markdown.summary(sample_training())


@pytest.mark.parametrize("make", RUNS)
def test_junit_has_a_case_a_quantity_and_one_for_the_end(make: Callable[[], Run]) -> None:
    run = make()
    suite = ET.fromstring(junit.suite(run)).find("testsuite[@name='training']")
    assert suite is not None
    cases = {case.get("name"): case for case in suite}
    assert list(cases) == [*(row.quantity for row in training_of(run).checks), "600 iterations"]
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failed == {row.quantity for row in training_of(run).checks if row.verdict == "fail"}
    skipped = cases["600 iterations"].find("skipped")
    assert (skipped is not None) is bool(training_of(run).stopped)
    assert suite.get("failures") == str(len(failed))


@pytest.mark.parametrize("make", RUNS)
def test_report_json_gives_the_same_training_back(make: Callable[[], Run]) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    run = make()
    text = document.dump(run)
    json.loads(text, parse_constant=refuse)
    back = document.load(text)
    assert document.dump(back) == text
    # repr tells nan from nan no difference, as == would.
    assert repr(back.training) == repr(run.training)


def test_a_report_from_before_there_were_trainings_is_still_read() -> None:
    raw = json.loads(document.dump(sample_run()))
    for name in ("training", "training_rows", "training_checks"):
        del raw[name]
    assert document.load(json.dumps(raw)).training is None


def test_a_damaged_training_is_refused_in_one_sentence() -> None:
    raw = json.loads(document.dump(sample_training()))
    del raw["training"]["layers"]
    with pytest.raises(UserError, match="damaged"):
        document.load(json.dumps(raw))


def test_a_known_failure_of_a_training_does_not_fail_again_and_a_new_one_does(tmp_path: Path) -> None:
    run, report = failing_training(), tmp_path / "report.json"
    report.write_text(document.dump(run), encoding="utf-8")
    known = known_failures(report)
    assert (exit_status(run), exit_status(run, known=known)) == (1, 0)
    worse = tuple(replace(r, verdict="fail") if r.quantity == "db3" else r for r in training_of(run).checks)
    assert exit_status(replace(run, training=replace(training_of(run), checks=worse)), known=known) == 1


COLUMNS = (
    "model", "iteration", "cost_manual", "cost_torch", "difference", "local_used", "spread", "step_used",
    "accuracy_train_manual", "accuracy_train_torch", "accuracy_test_manual", "accuracy_test_torch", "distance",
    "distance_spread",
)  # fmt: skip


def test_the_columns_of_a_training_are_the_documented_ones_and_lose_nothing_that_an_iteration_holds() -> None:
    for run in (sample_training(), sample_run()):
        assert tuple(frames.training(run).columns) == COLUMNS
        assert {c: str(t) for c, t in frames.training(run).dtypes.items()} == frames.TRAINING_DTYPES
    assert set(COLUMNS) == {field.name for field in fields(Iteration)}
    assert len(frames.training(sample_training())) == 601
    assert frames.training(sample_run()).empty


def read_back(frame: pd.DataFrame, folder: Path, kind: str) -> pd.DataFrame:
    path = folder / f"training.{kind}"
    path.write_bytes(frames.to_csv(frame) if kind == "csv" else frames.to_parquet(frame))
    return frames.read_training(path)


numbers = st.floats() | st.just(nan)
iterations = st.builds(
    Iteration, st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8), st.integers(0, 2**40),
    numbers, numbers, numbers, numbers, numbers, numbers, numbers,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(iterations, max_size=4))
def test_any_iterations_survive_csv_parquet_and_json(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Iteration]
) -> None:
    run = replace(sample_training(), training=replace(training_of(sample_training()), rows=tuple(rows)))
    frame, folder = frames.training(run), tmp_path_factory.mktemp("rows")
    for kind in ("csv", "parquet"):
        assert_frame_equal(read_back(frame, folder, kind), frame, check_exact=True)
    (folder / "report.json").write_text(document.dump(run), encoding="utf-8")
    assert_frame_equal(frames.read_training(folder / "report.json"), frame, check_exact=True)


def test_an_unknown_number_is_an_empty_cell_of_the_csv(tmp_path: Path) -> None:
    lines = frames.to_csv(frames.training(sample_training())).decode().splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert re.fullmatch(r"12288-20-7-5-1 relu,1(,[^,]+){3},,[^,]+,,,,,,,", lines[2])


def test_the_gradients_and_steps_are_rows_of_the_discrepancies() -> None:
    assert list(frames.discrepancies(sample_training())["quantity"]) == [
        row.quantity for row in training_of(sample_training()).checks
    ]


def test_a_training_is_written_with_its_iterations_and_a_verification_without(tmp_path: Path) -> None:
    write(sample_training(), tmp_path / "training")
    assert sorted(p.name for p in (tmp_path / "training").iterdir()) == sorted((*NAMES, *TRAINING))
    assert tuple(render(sample_run())) == NAMES
    assert list(render(sample_training()))[-1] == "index.html"


def test_no_iterations_of_an_earlier_training_stand_beside_a_page_that_does_not_know_them(tmp_path: Path) -> None:
    write(sample_training(), tmp_path)
    write(sample_run(), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(NAMES)


def test_a_training_csv_of_somebody_else_is_neither_removed_nor_overwritten(tmp_path: Path) -> None:
    for name in TRAINING:
        (tmp_path / name).write_text("epoch,loss\n0,0.5\n")
    with pytest.raises(UserError, match=r"training\.csv is somebody else's"):
        writable(tmp_path, (*NAMES, *TRAINING))
    with pytest.raises(UserError, match=r"training\.csv is somebody else's"):
        write(sample_training(), tmp_path)
    place(dict.fromkeys(NAMES, b"new"), tmp_path)
    assert [(tmp_path / name).read_text() for name in TRAINING] == ["epoch,loss\n0,0.5\n"] * 2


def test_the_page_holds_the_data_as_what_it_is_and_both_sides_in_full() -> None:
    run = parted_training()
    text = page(run)
    assert text.count("<img") == 12
    for part in (
        TRAIN, TEST, "CC BY 2.0",
        repr(training_of(run).rows[-1].cost_manual), repr(training_of(run).rows[-1].cost_torch), WHY,
        "Made by <code>handgrad train</code>", "training.parquet", "empirical", "rigorous",
    ):  # fmt: skip
        assert part in text
    assert text.count("<svg") == 3


def test_a_page_of_a_training_alone_has_no_section_of_formulas() -> None:
    text = page_of(sample_training)
    assert not re.search('id="(glance|chapter-|network|slips|findings|failures)', text)
    both = page(replace(sample_run(), training=sample_training().training))
    for section in ("glance", "network", "training", "curves", "steps", "data"):
        assert both.count(f'id="{section}"') == 1
    assert "All 12 formulas pass" in both
    assert "Made by <code>handgrad verify</code>" in both


@pytest.mark.parametrize("make", RUNS)
def test_the_same_training_gives_the_same_page_and_no_wall_time_is_in_it(make: Callable[[], Run]) -> None:
    assert page_of(make) == page(replace(make(), timings=(("all", 98765.4321),)))


def test_text_of_a_training_is_escaped_wherever_it_stands() -> None:
    evil = '<b onclick="x">&amp;</b><script>1</script>'
    run = failing_training()
    training = training_of(run)
    rows = tuple(replace(row, model=evil) for row in training.rows)
    wrong = replace(training.checks[0], quantity=evil, shape=evil, case=evil, at=evil, finding=evil, mine=evil)
    data = replace(training.data, name=evil, source=evil, licence=evil, note=evil, images=())
    parting = training_of(parted_training()).parting
    assert parting is not None
    evils = replace(
        training, model=evil, activations=(evil,), init=evil, data=data, rows=rows, checks=(wrong,), ended=evil,
        parting=replace(parting, reason=evil), stopped="diverged",
    )  # fmt: skip
    text = page(replace(run, training=evils, command=evil, environment={evil: evil}))
    assert "<script" not in text
    assert "<b onclick" not in text
    assert text.count("&lt;b onclick=") > 10
    Page(text)


def test_a_point_above_the_band_without_a_parting_is_accounted_for_in_the_caption() -> None:
    training = training_of(sample_training())
    tight = replace(training, rows=tuple(replace(row, spread=0.0) for row in training.rows))
    said = "what rounding does to the cost itself, whatever the parameters"
    assert said in page(replace(sample_training(), training=tight))
    assert said not in page_of(sample_training)
    assert said not in page_of(parted_training)  # above it from the parting on, and only there


def test_a_slope_at_a_kink_is_told_where_the_network_has_one() -> None:
    run = sample_training()
    smooth = replace(training_of(run), activations=("tanh", "tanh", "tanh", "sigmoid"))
    right = replace(training_of(run), kink="right")
    assert "from the left (ReLU has 0 at z = 0), as PyTorch takes it" in page_of(sample_training)
    assert "from the right (ReLU has 1 at z = 0), as the notes take it" in page(replace(run, training=right))
    assert "Slope at a kink" not in page(replace(run, training=smooth))
