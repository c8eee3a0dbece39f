"""Every row of the catalogue: its checks pass on the formula, each refutes its wrong twins, and none is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.asked import spied
from tests.catalogue_ids import CATALOGUE as NOTES
from tests.checks_of_rows import CHECKS_OF_ROWS
from tests.test_experiments import CHECKS as EXPERIMENTS
from tests.test_experiments import right
from tests.told import told
from verify import formulas
from verify.catalogue import CATALOGUE, ORACLES
from verify.records.discrepancy import Discrepancy
from verify.records.experiment import Experiment
from verify.records.verdict import FAIL, PASS
from verify.row import Row, examine
from verify.setting import Setting

# By the module: all tests of one row stand together, and so share what was found of it, in whichever process they run.
ROWS = pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.id, scope="module")
BY_ID = {row.id: row for row in CATALOGUE}
TWINS = pytest.mark.parametrize(
    ("row", "twin"), [pytest.param(row, twin, id=f"{row.id}: {twin}") for row in CATALOGUE for twin in row.twins]
)
QUICK = Setting(quick=True)


@cache
def examined(id: str, check: str) -> tuple[tuple[Discrepancy, ...], list[str]]:
    """What a check finds of its formula, in all cases, and what it asks it on floats.

    An experiment is the one that tests/test_experiments.py made; of that is not kept what it asked.
    """
    asked: list[str] = []
    if EXPERIMENTS.get(id) == check:
        return tuple(right(id)[0]), asked
    return tuple(examine(BY_ID[id], Setting(), spied(BY_ID[id].formula, asked), check)), asked


def found(id: str, check: str) -> tuple[Discrepancy, ...]:
    return examined(id, check)[0]


def failures(rows: Iterable[Discrepancy]) -> list[Discrepancy]:
    return [d for d in rows if d.verdict == FAIL]


def test_every_row_of_the_notes_is_in_the_catalogue_and_every_formula_of_manual_too() -> None:
    ids = [row.id for row in CATALOGUE]
    assert len(NOTES) == 63
    assert {id for id, _ in NOTES} <= set(ids)
    assert set(ids) == set(formulas.functions())
    assert len(ids) == len(set(ids))


def test_the_catalogue_and_the_kinds_stand_in_the_order_of_the_notes() -> None:
    kinds = [(id, kind) for rows in formulas.KINDS.values() for id, kind in rows.items()]
    assert kinds == list(NOTES)
    order = [row.id for row in CATALOGUE if row.id in formulas.chapters()]
    assert order == [id for id, _ in NOTES]


@ROWS
def test_no_check_of_a_row_was_deleted(row: Row) -> None:
    assert tuple(row.checks) == CHECKS_OF_ROWS[row.id]


@ROWS
def test_a_row_asks_what_it_asked_and_says_what_it_said(row: Row, snapshot: Any) -> None:
    """After a change that is meant: `pytest tests/test_catalogue.py --snapshot-update`, and read the difference."""
    assert {name: [*examined(row.id, name)[1], *told(found(row.id, name))] for name in row.checks} == snapshot


@ROWS
def test_every_check_passes_on_the_formula_and_decides_something(row: Row) -> None:
    for name in row.checks:
        rows = found(row.id, name)
        assert not failures(rows), (name, failures(rows)[0])
        assert any(d.verdict == PASS for d in rows), name
        assert all(d.oracle in ORACLES for d in rows)


@ROWS
def test_every_check_has_a_twin_that_it_must_refute(row: Row) -> None:
    assert {check for check, _ in row.twins.values()} == set(row.checks)


@TWINS
def test_a_wrong_twin_is_refuted_by_its_check_and_in_the_record_of_an_experiment(
    row: Row, twin: str, snapshot: Any
) -> None:
    check, wrong = row.twins[twin]
    shown: list[Experiment] = []
    refuted = failures(examine(row, Setting(quick=True, show=shown.append, source=False), wrong, check))
    # One that is only called wrongly would be refuted by any check.
    assert any(not d.finding.startswith("raised TypeError") for d in refuted)
    assert [experiment.verdict for experiment in shown] == [FAIL] * (EXPERIMENTS.get(row.id) == check)
    assert [check, *told(refuted, sizes=True)] == snapshot


@ROWS
def test_every_derivative_is_held_to_a_certificate_to_autograd_and_to_a_numerical_oracle(row: Row) -> None:
    for name in row.checks:
        rows = found(row.id, name)
        if not any(d.oracle == "certificate" for d in rows):
            continue
        for quantity in {d.quantity for d in rows if d.oracle == "certificate"}:
            mine = [d for d in rows if d.quantity == quantity and d.case == "typical" and d.verdict == PASS]
            answered = {(d.oracle, d.dtype) for d in mine}
            assert {("certificate", "float64"), ("autograd", "float64"), ("autograd", "float32")} <= answered
            assert {("exact", "float64"), ("exact", "float32")} <= answered
            assert {("complex step", "float64"), ("differences", "float64")} & answered
        assert any(d.oracle == "definition" and d.quantity == "forward" and d.verdict == PASS for d in rows)


@pytest.mark.parametrize("row", [row for row in CATALOGUE if row.slips], ids=lambda row: row.id)
def test_a_slip_of_the_author_is_refuted_by_its_row_and_says_what_it_said(row: Row, snapshot: Any) -> None:
    held: list[list[str]] = []
    for slip in row.slips:
        assert slip.kind in ("author", "scan")
        assert (slip.wrong is None) == (slip.kind == "scan")
        refuted = failures(examine(row, replace(QUICK, source=False), slip.wrong)) if slip.wrong else []
        assert bool(refuted) == (slip.kind == "author")
        held.append([slip.kind, slip.as_written, slip.corrected, slip.note, *told(refuted, sizes=True)])
    assert held == snapshot


def rounded(result: Any) -> Any:
    """float64 results as if they had been computed in float32; every other arithmetic as it is."""
    if isinstance(result, tuple):
        return tuple(map(rounded, result))
    if isinstance(result, dict):
        return {k: rounded(v) for k, v in result.items()}
    if isinstance(result, (np.ndarray, np.float64)) and result.dtype == np.float64:
        return result.astype(np.float32).astype(np.float64)
    return result


def second_question(rows: Iterable[Discrepancy]) -> list[Discrepancy]:
    return [d for d in rows if d.question == "arithmetic" and d.oracle == "exact" and d.dtype == "float64"]


@ROWS
def test_digits_lost_on_the_way_are_seen_by_the_second_question_alone(row: Row) -> None:
    for name, check in row.checks.items():
        before = [d for d in second_question(found(row.id, name)) if d.case == "typical"]
        if not before:
            continue  # no exact value is asked for here: an experiment, a claim, an identity
        lossy = check(lambda *args, **kwargs: rounded(row.formula(*args, **kwargs)), row.id, QUICK)
        arithmetic = second_question(lossy)
        # Where the result is a float32 number anyway, or the formula is the one differentiated, no digit is lost.
        if [d.max_abs for d in arithmetic] == [d.max_abs for d in before]:
            continue
        formula = [d for d in lossy if d.question == "formula" and d.oracle == "certificate"]
        assert failures(arithmetic), name
        assert not failures(formula), name
