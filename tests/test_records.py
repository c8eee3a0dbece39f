"""The records that reports are made of: what one that says nothing holds, and the verdict that each draws."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, fields, is_dataclass, replace
from importlib import import_module
from math import inf, isnan
from pkgutil import iter_modules
from typing import Any

import pytest

from verify import records
from verify.records.discrepancy import COLUMNS, Discrepancy
from verify.records.exhaustive import ExhaustiveRecord, Tally
from verify.records.faults import CAUGHT, EQUIVALENT, ESCAPED, Fault, FaultsRecord, NetworkFault
from verify.records.training import SPREADS
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

ROW = Discrepancy("f", "dW", "formula", "certificate", PASS)
TALLY = Tally("dW1", 1, "(2, 3)", 6, 6, 0, 0)
FAULT = Fault("f", "sign", "line", False, ("exact",), ("exact",), "caught", "a row")


# --- what is said where nothing is ------------------------------------------------------------------------------------
SAID: dict[tuple[str, str], Any] = {
    ("Discrepancy", "dtype"): "float64", ("Experiment", "top"): inf, ("Experiment", "columns"): 2,
    ("TrainingRecord", "kink"): "left",
}  # fmt: skip


def test_a_number_that_was_not_measured_is_nan_and_a_word_that_was_not_said_is_empty() -> None:
    files = [import_module(f"verify.records.{file.name}") for file in iter_modules(records.__path__)]
    found = {}
    for name, record in (member for file in files for member in inspect.getmembers(file, is_dataclass)):
        for field in fields(record):
            default = field.default
            if default is MISSING or default in ("", (), None, 0) or (isinstance(default, float) and isnan(default)):
                continue
            found[name, field.name] = default
    assert found == SAID
    assert SPREADS == 8  # as the record of a parting says


def test_the_columns_of_a_report_are_the_fields_of_a_row_in_their_documented_order() -> None:
    assert sorted(COLUMNS) == sorted(field.name for field in fields(Discrepancy))
    assert COLUMNS[:9] == (
        "formula", "quantity", "layer", "shape", "case", "dtype", "seed", "question", "oracle",
    )  # fmt: skip
    assert COLUMNS[-5:] == ("convention", "finding", "verdict", "diagnosis", "source")


# --- which verdict follows --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("failed", "inconclusive", "zeros", "verdict"),
    [
        (0, 0, 0, PASS), (0, 0, 5, PASS), (0, 0, 6, INCONCLUSIVE), (0, 1, 0, INCONCLUSIVE), (0, 6, 0, INCONCLUSIVE),
        (1, 0, 0, FAIL), (1, 1, 6, FAIL), (6, 0, 0, FAIL),
    ],
)  # fmt: skip
def test_a_gradient_passes_only_where_every_element_does_and_one_is_not_0(
    failed: int, inconclusive: int, zeros: int, verdict: str
) -> None:
    passed = 6 - failed - inconclusive
    found = Tally("dW1", 1, "(2, 3)", 6, passed, failed, inconclusive, zeros=zeros)
    assert found.verdict == verdict


FAILED, OPEN = replace(TALLY, passed=5, failed=1), replace(TALLY, passed=5, inconclusive=1)


@pytest.mark.parametrize(
    ("tallies", "rows", "verdict"),
    [
        ((TALLY, TALLY), (ROW,), PASS), ((TALLY,), (), PASS), ((), (ROW,), INCONCLUSIVE),
        ((TALLY, OPEN), (ROW,), INCONCLUSIVE), ((TALLY, FAILED, OPEN), (ROW,), FAIL),
        ((TALLY,), (ROW, replace(ROW, verdict=FAIL)), FAIL), ((TALLY,), (replace(ROW, verdict=INCONCLUSIVE),), PASS),
        ((OPEN,), (replace(ROW, verdict=FAIL),), FAIL),
    ],
)  # fmt: skip
def test_every_element_of_a_network_is_right_only_where_every_gradient_is(
    tallies: tuple[Tally, ...], rows: tuple[Discrepancy, ...], verdict: str
) -> None:
    found = ExhaustiveRecord((3, 2), ("sigmoid",), 5, "tiles", 0, 10, 0, tallies, rows)
    assert found.verdict == verdict
    assert found.elements == 6 * len(tallies)


@pytest.mark.parametrize(
    ("wrong", "blamed", "right"),
    [
        (("dW1", "dZ2"), ("dZ2", "dW1"), True), (("dW1",), ("dW1",), True), ((), (), True),
        (("dW1",), (), False), (("dW1",), ("dW1", "db1"), False), (("dW1", "db1"), ("dW1",), False),
    ],
)  # fmt: skip
def test_blame_is_right_where_it_meets_what_is_wrong_and_nothing_else(
    wrong: tuple[str, ...], blamed: tuple[str, ...], right: bool
) -> None:
    fault = NetworkFault("2-1", "sign", "line", wrong, blamed)
    assert fault.right is right
    for faults, verdict in (((FAULT,), PASS), ((), INCONCLUSIVE)):
        assert FaultsRecord(0, 9, faults, (fault, fault)).verdict == (verdict if right else FAIL)


@pytest.mark.parametrize(("verdict", "whole"), [("caught", PASS), ("equivalent", PASS), ("escaped", FAIL)])
def test_one_fault_that_escapes_is_a_fail(verdict: str, whole: str) -> None:
    assert FaultsRecord(0, 9, (FAULT, replace(FAULT, verdict=verdict), FAULT)).verdict == whole
    assert verdict in (CAUGHT, EQUIVALENT, ESCAPED)
