"""What is known of every formula before anything is run: the order of the notes, kinds, remarks, records."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from verify import formulas
from verify.records.formula import FormulaRecord

FUNCTIONS = formulas.functions()
RECORDS = {record.id: record for record in formulas.records()}


def test_formulas_come_in_the_order_of_the_notes_and_each_rows_variants_behind_it() -> None:
    order, rows = list(formulas.chapters()), [formulas.row_of(id) for id in FUNCTIONS]
    assert rows == sorted(rows, key=order.index)
    assert set(rows) == set(order)
    for row in order:
        of = [id for id in FUNCTIONS if formulas.row_of(id) == row]
        assert of[0] == row
        assert of == sorted(of)


def test_what_is_no_formula_is_a_row_of_its_own() -> None:
    assert formulas.row_of("no.such.formula") == "no.such.formula"
    assert formulas.row_of("sigmoidal.sound") == "sigmoidal.sound"
    assert formulas.row_of("sigmoid.derivative.sound") == "sigmoid.derivative"


def test_what_is_said_of_each_formula_is_what_was_said(snapshot: Any) -> None:
    """The chapter, the kind of statement, what it is the sound form of, and the remarks that the notes lack."""
    said = [" | ".join((r.id, str(r.chapter), r.chapter_title, r.kind, r.sound_of, r.remark)) for r in RECORDS.values()]
    assert said == snapshot


def test_every_remark_is_of_a_formula() -> None:
    assert set(formulas.REMARKS) <= set(FUNCTIONS)


@pytest.mark.parametrize("id", FUNCTIONS)
def test_a_record_is_what_stands_beside_the_formula(id: str) -> None:
    function, record = FUNCTIONS[id], RECORDS[id]
    kept: FormulaRecord = function.formula  # type: ignore[attr-defined]
    assert (record.latex, record.shapes, record.source) == (kept.latex, kept.shapes, kept.source)
    assert record.code == inspect.getsource(function)
    first, *_ = re.split(r"\n\s*\n", (function.__doc__ or "").strip())
    assert record.statement == " ".join(line.strip() for line in first.split("\n"))
    assert record.statement
