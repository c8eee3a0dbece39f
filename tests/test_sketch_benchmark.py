"""The benchmark of sketches runs what it says it runs, or says why not. No test asks how long anything takes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import misses
from benchmarks import sketch as benchmark
from handgrad import sketch

ROW = {"function": "rosenbrock", "P": 1000, "side": "sketch", "verdict": "pass", "evaluations": 50, "detects": 1e-7,
       "seconds": 0.5, "one": 0.01, "base": 2**28, "peak": 2**30}  # fmt: skip


def test_the_rows_that_were_asked_for_are_told_as_records_and_as_a_table(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    table = tmp_path / "table.md"
    assert benchmark.main(["--function", "log cosh", "--largest", "3", "--json", "--out", str(table)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(row["function"], row["P"], row["side"]) for row in told["rows"]] == [
        ("log cosh", 1000, "sketch"), ("log cosh", 1000, "gradcheck"),
    ]  # fmt: skip
    function, gradient, _ = benchmark.FUNCTIONS["log cosh"]
    x = np.random.default_rng(1000).standard_normal(1000)
    here = sketch(function, gradient, x, directions=benchmark.DIRECTIONS)
    assert (told["rows"][0]["verdict"], told["rows"][0]["evaluations"]) == (here.verdict, here.evaluations)
    lines = [line.strip("| ").split(" | ") for line in table.read_text().splitlines() if line.startswith("|")]
    assert tuple(lines[0]) == benchmark.COLUMNS
    assert [line[:3] for line in lines[2:]] == [["log cosh", "1,000", side] for side in benchmark.SIDES]
    assert "PyTorch" in told["machine"]


@pytest.mark.parametrize("name", list(benchmark.FUNCTIONS))
def test_both_sides_are_given_the_same_function(name: str) -> None:
    function, gradient, by_torch = benchmark.FUNCTIONS[name]
    x = np.random.default_rng(0).standard_normal(50)
    point = torch.from_numpy(x.copy()).requires_grad_()
    by_torch(point).backward()
    assert sketch(function, gradient, x).passed
    assert point.grad is not None
    assert sketch(function, point.grad.numpy(), x).passed
    assert not sketch(lambda x: function(x) + 1e-3 * np.sum(np.sin(x)), gradient, x).passed


def test_a_sketch_that_does_not_pass_ends_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(benchmark.FUNCTIONS, "log cosh", (benchmark.log_cosh, np.sinh, benchmark.log_cosh_torch))
    row = benchmark.alone("sketch", "log cosh", 100)
    assert row["verdict"] == "fail"
    monkeypatch.setattr(benchmark, "rows", lambda *_: [row])
    assert benchmark.main([]) == 1
    assert "| log cosh | 100 | sketch | fail |" in capsys.readouterr().out


def test_what_would_not_fit_the_memory_is_left_out_and_said_so() -> None:
    grows = benchmark.GROWTH * (ROW["peak"] - ROW["base"]) + ROW["base"]
    assert benchmark._left_out(ROW, grows) == ""
    note = benchmark._left_out(ROW, grows - 1)
    assert note == "left out: it may need 8 GiB, and 8 are free"
    assert benchmark._left_out({**ROW, "note": note}, 2 * grows) == "left out"
    table = benchmark.markdown([ROW, {**ROW, "note": note}], {"processor": "one"}).splitlines()
    assert table[2] == "| rosenbrock | 1,000 | sketch | pass | 50 | 50 | 0.5 | 1.00 | 1.0e-07 |"
    assert note in table[3]
    assert table[3].count("|") == table[2].count("|")


def test_a_row_that_breaks_is_told_with_its_last_words() -> None:
    broken = benchmark._apart("sketch", "no such function", 1000)
    assert broken["note"] == "KeyError: 'no such function'"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "table.csv"], "--out is 'table.csv'; a table is written as .md"),
        (["--largest", "9"], "--largest is 9; give the power of ten, 3 to 8"),
    ],
)
def test_what_cannot_be_run_is_said_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark.main(arguments) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""


def test_the_count_of_misses_is_a_table_and_refuses_no_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert misses.main(["--runs", "0"]) == 2
    assert "--runs is 0" in capsys.readouterr().err
    assert misses.main(["--runs", "2"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 2 * len(misses.SIZES) * len(misses.LEVELS)


def test_the_documented_example_is_what_the_command_prints(root: Path) -> None:
    text = (root / "docs" / "SKETCHES.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```\n\$ \.venv/bin/python examples/sketch\.py\n(.*?)```", text, re.DOTALL)
    command = [sys.executable, "examples/sketch.py"]
    environment = os.environ | {"PYTHONPATH": str(root)}
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False)
    # The figures depend on how this machine's BLAS rounds.
    told, wanted = (re.sub(r"-?\d[\d.,e+-]*", "0", text).splitlines() for text in (run.stdout, shown))
    assert [" ".join(line.split()) for line in told] == [" ".join(line.split()) for line in wanted], run.stderr


def test_the_documented_table_has_every_row(root: Path) -> None:
    text = (root / "docs" / "SKETCHES.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert list(benchmark.COLUMNS) in rows
    found = [tuple(row[:3]) for row in rows if row[0] in benchmark.FUNCTIONS]
    wanted = [(name, f"{10**d:,}", side) for d in benchmark.DECADES for name in benchmark.FUNCTIONS
              for side in benchmark.SIDES]  # fmt: skip
    assert found == wanted
