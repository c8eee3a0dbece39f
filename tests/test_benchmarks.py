"""The benchmark times what it says it times, and nothing that is wrong. No test asks how long anything takes."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import nets, tables, training
from benchmarks.agree import DisagreementError, check_step
from benchmarks.cells import Pass, Subject, cell, timed
from benchmarks.loops import eager, operands
from benchmarks.machine import cores, watched
from benchmarks.nets import LEARNING_RATE, NETS, Net
from benchmarks.profiles import profile
from benchmarks.rounds import Clock, ratio
from manual import blocks, deep
from manual import training as by_hand

QUICK = ["--quick", "--no-compile", "--net", "2-4-1", "--threads", "1"]
SMALL = Net((6, 5, 4, 1), 7, "tanh")


def step_wrong(wrong: Any) -> Any:
    """Descent by hand with another step at its end."""
    return lambda *start: by_hand.descend(*start, step=wrong)


def forgetful(parameters: Any, grads: Any, learning_rate: Any) -> Any:
    return {**by_hand.descent(parameters, grads, learning_rate), "b2": parameters["b2"]}


def dead(states: Iterator[by_hand.State]) -> Iterator[by_hand.State]:
    """What is right as far as the costs tell, but gives other parameters out."""
    for state in states:
        yield replace(state, parameters={**state.parameters, "b1": state.parameters["b1"] + 1})


def uphill(parameters: Any, grads: Any, learning_rate: Any) -> Any:
    return by_hand.descent(parameters, grads, -learning_rate)


# --- what is asked for is timed, and written --------------------------------------------------------------------------
def test_a_row_is_printed_for_what_was_asked_and_for_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert training.main([*QUICK, "--dtype", "float32"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip().startswith("2-4-1")]
    assert [row[:4] for row in rows] == [["2-4-1", "400", "float32", "1"]]


def test_the_records_the_csv_and_the_markdown_tell_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tables = {kind: tmp_path / f"table.{kind}" for kind in ("csv", "md")}
    told = []
    for path in tables.values():
        assert training.main([*QUICK, "--json", "--out", str(path)]) == 0
        told.append(json.loads(capsys.readouterr().out))
    with tables["csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["eager_median"]) for row in rows] == [cell["eager_median"] for cell in told[0]["cells"]]
    assert [(row["net"], row["dtype"]) for row in rows] == [("2-4-1", "float64"), ("2-4-1", "float32")]
    table = [line.split(" | ") for line in tables["md"].read_text().splitlines() if line.startswith("| 2-4-1")]
    assert [line[2] for line in table] == ["float64", "float32"]
    for line, one in zip(table, told[1]["cells"], strict=True):
        assert line[4].strip("*").startswith(f"{one['eager_median']:.2f} ")
    assert "PyTorch" in told[0]["machine"]


def test_every_network_of_the_table_is_one_that_the_notes_or_the_peer_care_about() -> None:
    names = ["2-4-1", "12288-1", "12288-20-7-5-1", "784-256-128-1", "784-1024-1024-1"]
    assert [(net.name, net.m) for net in NETS] == list(zip(names, (400, 209, 209, 256, 1024), strict=True))


def test_the_profile_names_formulas_on_one_side_and_operations_on_the_other() -> None:
    text = profile(NETS[0], "float64", 1, settle=0)
    assert "by hand" in text
    assert "block_forward" in text
    assert "aten::mm" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--net", "2-4-2"], "no network is called '2-4-2' (did you mean '2-4-1'?)"),
        (["--out", "table.txt"], "--out is 'table.txt'; a table is written as .md or .csv"),
        (["--threads", str(cores() + 1)], f"--threads is {cores() + 1}; this machine gives 1 to {cores()}"),
        (["--rounds", "0"], "--rounds is 0"),
    ],
)
def test_what_cannot_be_timed_is_said_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert training.main(arguments) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""


def test_the_documented_table_has_every_cell_and_a_profile_of_each_that_is_not_below_1(root: Path) -> None:
    text = (root / "docs" / "SPEED.md").read_text(encoding="utf-8")
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    starts = [i for i, line in enumerate(lines) if tuple(line) == tables.COLUMNS]
    first, *others = (lines[i + 2 : end] for i, end in zip(starts, [*starts[1:], len(lines)], strict=True))
    wanted = [(net.name, dtype, str(n)) for n in (1, 2) for net in NETS for dtype in training.DTYPES]
    assert [(row[0], row[2], row[3]) for row in first] == wanted
    for rows in (first, *others):
        for _, _, _, _, ratio_told, *_ in rows:
            assert ratio_told.startswith("**") == (float(ratio_told.strip("*").split()[0]) >= 1)
    for name, _, dtype, n, ratio_told, *_ in first:
        if ratio_told.startswith("**"):
            assert f"\n{name}, {dtype}, {n} thread" in text


# --- nothing wrong is timed -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("net", [SMALL, Net((9, 8, 7, 1), 10), Net((6, 1), 7), *NETS[:2]], ids=lambda n: n.name)
def test_the_right_step_is_let_through(net: Net) -> None:
    check_step(net)


@pytest.mark.parametrize(
    ("wrong", "accused"),
    [
        (step_wrong(uphill), "the cost after a step"),
        (step_wrong(forgetful), "the cost after a step"),
        (lambda X, Y, P, g, a: by_hand.descend(X, 1 - Y, P, g, a), "the cost before a step"),
        (lambda X, Y, P, g, a: by_hand.descend(X, Y, P, g, a * (1 + 1e-6)), "after a step"),
        (lambda *start: dead(by_hand.descend(*start)), "b1 after a step"),
    ],
)
def test_a_wrong_step_by_hand_is_refused(wrong: Any, accused: str) -> None:
    with pytest.raises(DisagreementError, match=accused):
        check_step(SMALL, by_hand=wrong)


def test_a_wrong_step_in_pytorch_is_refused() -> None:
    with pytest.raises(DisagreementError, match="after a step"):
        check_step(SMALL, by_torch=lambda X, Y, P, g, a: eager(X, Y, P, g, 2 * a))


def test_a_check_that_could_not_see_a_step_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.agree.LEARNING_RATE", 2.0**-60)
    with pytest.raises(DisagreementError, match="moves by less than rounding may"):
        check_step(SMALL)


def test_a_wrong_formula_stops_the_command_before_the_clock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deep, "dW", lambda dZ, A_prev: blocks.dW(dZ, A_prev) * A_prev.shape[1])  # 1/m missing
    assert training.main(QUICK) == 1
    printed = capsys.readouterr()
    assert "nothing was timed" in printed.err
    assert printed.out == ""


def test_a_side_that_widens_its_dtype_is_not_timed() -> None:
    def widened(X: Any, Y: Any, parameters: Any, *rest: Any) -> Iterator[by_hand.State]:
        return by_hand.descend(X, Y, {name: x.astype(np.float64) for name, x in parameters.items()}, *rest)

    with pytest.raises(DisagreementError, match="float64"):
        timed(Subject(SMALL, "float32", 1), 1, Clock(0, 0), compile=False, by_hand=widened)


def test_what_other_processes_take_from_the_clock_is_told() -> None:
    if not Path("/proc/stat").exists():
        pytest.skip("only Linux tells how busy the cores are")
    idle, busy = watched(), watched()
    time.sleep(0.2)
    alone = idle()
    burn = "import time; end = time.time() + 1\nwhile time.time() < end: pass"
    with subprocess.Popen([sys.executable, "-c", burn]) as other:
        other.wait()
    assert 0 <= alone <= 1
    assert busy() > 0


# --- how it is timed --------------------------------------------------------------------------------------------------
def test_every_loop_is_timed_in_every_round_and_none_is_always_first() -> None:
    seen: list[str] = []

    def loop(name: str) -> Iterator[None]:
        while True:
            seen.append(name)
            yield

    times = Clock(0, 0).in_turn({name: loop(name) for name in "abc"}, rounds=4)
    assert {name: len(found) for name, found in times.items()} == {"a": 4, "b": 4, "c": 4}
    assert "".join(seen[9:]) == "abc" + "bca" + "cab" + "abc"


def test_a_ratio_divides_times_of_one_round() -> None:
    found = ratio([1.0, 20.0, 300.0], [2.0, 20.0, 200.0])
    assert (found.low, found.median, found.high) == (0.75, 1.0, 1.25)


def test_the_rounds_of_all_passes_make_one_cell() -> None:
    first = Pass({"by hand": [1.0, 1.0], "eager": [2.0, 2.0], "products": [0.5, 0.5]}, 0.25)
    later = Pass({"by hand": [4.0], "eager": [4.0], "products": [3.0]}, 0.75, "no compiler")
    found = cell(Subject(SMALL, "float64", 1), [first, later])
    assert (found.eager.low, found.eager.median, found.eager.high) == (0.5, 0.5, 0.75)
    assert (found.products.median, found.floor.median) == (0.5, 0.25)
    assert (found.compiled, found.others, found.note) == (None, 0.5, "no compiler")


def test_the_products_are_those_of_the_step_and_all_of_them() -> None:
    X, Y, parameters = nets.start(SMALL, "float64")
    state = next(by_hand.descend(X, Y, parameters, SMALL.activations, LEARNING_RATE))
    found = [(a.shape[0], a.shape[1], b.shape[1]) for a, b in operands(state, Y)]
    # n[l] × n[l−1] × m forwards; n[l] × m × n[l−1] for dW; n[l−1] × n[l] × m for dA.
    assert sorted(found) == sorted(
        [(5, 6, 7), (5, 7, 6), (4, 5, 7), (4, 7, 5), (5, 4, 7), (1, 4, 7), (1, 7, 4), (4, 1, 7)]
    )


@pytest.mark.parametrize("works", [pytest.param(True, marks=pytest.mark.campaign), False])
def test_where_torch_compile_does_not_work_the_table_says_why(works: bool, root: Path, tmp_path: Path) -> None:
    if works and not shutil.which("g++"):
        pytest.skip("there is no g++, which torch.compile needs")
    quick = [option for option in QUICK if option != "--no-compile"]
    command = [sys.executable, "-m", "benchmarks.training", *quick, "--dtype", "float64", "--json"]
    settings = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    settings |= {} if works else {"CXX": str(tmp_path / "missing")}
    run = subprocess.run(command, cwd=root, env=settings, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    (cell,) = json.loads(run.stdout)["cells"]
    assert (cell["compiled_median"] is not None) == works
    assert ("compiler" in cell["note"].lower()) != works
