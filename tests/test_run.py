"""The main job as a whole: every formula, every slip, the network, and the record that they leave."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports import console, document, timing_plots
from reports.peers import here
from reports.summary import exit_status
from verify import catalogue, formulas
from verify.errors import UserError
from verify.machine import one_thread
from verify.records.run import Run
from verify.records.verdict import FAIL, PASS, concluded
from verify.row import Row, Written
from verify.run import refuted, verify
from verify.setting import Setting

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run() -> Run:
    return verify(exhaustive=True)


def test_every_formula_of_the_notes_passes_on_the_main_job(run: Run) -> None:
    assert [f.id for f in run.formulas] == list(formulas.functions())
    for formula in run.formulas:
        said = [(d.question, d.verdict) for d in run.discrepancies if d.formula == formula.id]
        assert concluded(said) == PASS, formula.id
    assert exit_status(run) == 0


def test_the_authors_slips_are_refuted_with_numbers_and_the_scans_are_listed(run: Run) -> None:
    kinds = {slip.formula: (slip.kind, slip.verdict) for slip in run.slips}
    assert kinds == {
        "cost": ("author", "refuted"), "descent.step": ("author", "refuted"), "leaky_relu": ("author", "refuted"),
        "sigmoid.derivative": ("author", "refuted"), "leaky_relu.derivative": ("author", "refuted"),
        "logistic.predict": ("scan", "listed"), "shallow.shapes": ("scan", "listed"),
        "deep.dA_prev": ("scan", "listed"),
    }  # fmt: skip
    assert all(slip.mine != slip.want and slip.at and slip.used > 1 for slip in run.slips if slip.kind == "author")


def test_every_tensor_of_the_notes_network_passes_on_real_pixels(run: Run) -> None:
    assert run.network is not None
    assert run.network.layers == (12288, 20, 7, 5, 1)
    assert run.network.m == 209
    names = [row.quantity for row in run.network.rows]
    assert names == [f"{q}{l}" for l in (1, 2, 3, 4) for q in "ZA"] + ["J"] + [
        f"{q}{l}" for l in (4, 3, 2, 1) for q in ("dA", "dZ", "dW", "db")
    ]
    for row in run.network.rows:
        assert row.verdict == PASS
        assert row.own <= 1
        assert row.inherited <= 1
        assert row.detects < 1e-6
        assert row.digits_mine > 10
        assert row.digits_torch > 10


def test_what_peers_misjudge_is_in_the_record_and_judged_rightly(run: Run) -> None:
    assert len(run.peer_cases) > 20
    assert [case.name for case in run.peer_cases if here(case) != PASS] == []


def test_the_readme_shows_what_the_main_job_prints(run: Run) -> None:
    (shown,) = re.findall(r"```\n\$ make verify\n(.*?)```", README, re.DOTALL)
    lines = [line.plain for line in console.lines(run, Path("report/index.html"))]
    # How long it took, and how many digits this machine's BLAS keeps, is not the same everywhere.
    differs = re.compile(r"^(time|network|every|inconclusive)\b.*$")
    assert [differs.sub(r"\1", line) for line in shown.splitlines()] == [differs.sub(r"\1", line) for line in lines]
    assert [line.split()[0] for line in shown.splitlines()].count("time") == 1


def test_the_times_of_the_loop_and_the_vectorised_pass_stand_in_the_record(run: Run) -> None:
    times = {name.rpartition(", m = ")[2]: seconds for name, seconds in run.timings if name.startswith("one pass")}
    assert 10 * times["1000, vectorised"] < times["1000, loop"]
    # The picture is made of these very rows.
    assert all(timing_plots.PASS.fullmatch(f"one pass, n_x = 20, m = {name}") for name in times)
    assert "No pass was timed" not in timing_plots.passes(run.timings)


def test_every_experiment_is_in_the_record_with_its_verdict_and_quick_shows_none(run: Run) -> None:
    assert [(e.formula, e.verdict) for e in run.experiments] == [
        ("cost.convex", PASS), ("vectorise", PASS), ("activation.linear_collapse", PASS), ("init.symmetry", PASS),
        ("init.random", PASS), ("hyperparameters", PASS),
    ]  # fmt: skip
    assert len(verify(["cost.convex"], full=True).experiments) == 1
    assert verify(["cost.convex"], quick=True).experiments == ()
    assert verify(["cost.convex"], oracles=["certificate"]).experiments == ()


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (verify(["logistic.*", "relu.*"]) for _ in range(2))
    assert document.dump(first) == document.dump(second)


def test_the_same_seed_gives_the_same_bytes_in_another_process_too() -> None:
    code = (
        "from reports import document; from verify.run import verify; "
        "print(document.dump(verify(['graph.*', 'shallow.forward', 'shallow.db?'], quick=True))); "
        "print(document.dump(verify(['cost.convex', 'init.symmetry'], oracles=['exact', 'experiment'])))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hashes},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashes in ("1", "2", "3")
    ]
    assert told[0] == told[1] == told[2]


def test_another_seed_draws_other_inputs() -> None:
    first, second = (verify(["logistic.dw"], seed=seed) for seed in (0, 1))
    assert [d.mine for d in first.discrepancies] != [d.mine for d in second.discrepancies]


def test_full_takes_more_seeds_and_quick_the_typical_cases_alone() -> None:
    assert {d.seed for d in verify(["logistic.dw"], full=True).discrepancies} == {0, 1, 2, 3, 4}
    quick = verify(["logistic.dw"], quick=True).discrepancies
    # A contract is kept in all cases at once.
    assert {d.case for d in quick if d.question != "contract"} == {"typical"}


def test_one_oracle_alone_answers_and_formulas_it_does_not_judge_are_left_out() -> None:
    found = verify(["logistic.*"], oracles=["certificate"], quick=True)
    assert {d.oracle for d in found.discrepancies} == {"certificate"}
    assert {f.id for f in found.formulas} == {d.formula for d in found.discrepancies}


def test_what_is_not_reached_in_time_is_inconclusive_and_not_a_pass() -> None:
    found = verify(["logistic.*"], seconds=1e-9)
    assert exit_status(found) == 3
    assert any("not reached" in d.finding for d in found.discrepancies)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"only": ["logistc.dw"]}, "no formula is called 'logistc.dw' (did you mean 'logistic.dw'?)"),
        ({"oracles": ["autograde"]}, "no oracle is called 'autograde' (did you mean 'autograd'?)"),
        ({"layers": (100, 5, 1)}, "begin with 12288"),
        ({"data": Path("no such folder")}, "does not exist"),
    ],
)
def test_what_nothing_bears_is_named_before_anything_runs(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        verify(**arguments)
    assert sentence in str(caught.value)


def test_a_slip_that_its_row_does_not_refute_is_not_called_refuted() -> None:
    row: Row = next(row for row in catalogue.CATALOGUE if row.id == "relu")
    right: Callable[..., Any] = row.formula
    assert refuted(row, Written("author", "x", "x", "", right), Setting(quick=True)).verdict == "not refuted"
    wrong = Written("author", "x", "x", "", lambda z: z)
    assert refuted(row, wrong, Setting(quick=True)).verdict == "refuted"


def test_a_wrong_formula_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(row for row in catalogue.CATALOGUE if row.id == "logistic.dw")
    _, twin = row.twins["1/m missing"]
    twin.formula = row.formula.formula  # type: ignore[attr-defined]
    monkeypatch.setattr("verify.run.CATALOGUE", (Row(twin, row.checks, row.twins),))
    found = verify(["logistic.dw"])
    assert exit_status(found) == 1
    assert FAIL in {d.verdict for d in found.discrepancies}


def test_threads_are_given_back() -> None:
    import torch

    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
