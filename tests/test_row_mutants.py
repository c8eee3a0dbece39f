"""Mutants of the files of rows: the rows that they reach, and rows made anew by a changed file."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mutation import rows
from benchmarks.mutation.mutations import MODULE, Mutant
from benchmarks.mutation.session import SURVIVED, forked
from verify.catalogue import CATALOGUE

BELOW = """
SIZE = 2
def check(n):
    return n + SIZE
def other():
    return 1
ROWS = (
    Row(f, {"value": check(1)}, {"one": 1, "two": 2}),
    Row(g, {}, {
        "three": 3,
        "four":
            other(),
    }),
)
"""
ABOVE = """
from verify.rows.below import check as lower
LIMIT, NAMES = lower(1), ()
ROWS: tuple = (Row(h, {"value": LIMIT}, {"five": 5}),)
"""


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (0, {("below", 0): set(), ("below", 1): set(), ("above", 0): set()}),
        (2, {("below", 0): set(), ("above", 0): set()}),  # by what uses it, in the files that import that too
        (4, {("below", 0): set(), ("above", 0): set()}),
        (6, {("below", 1): set()}),
        (8, {("below", 0): {"one", "two"}}),
        (9, {("below", 1): set()}),
        (12, {("below", 1): {"four"}}),
    ],
)
def test_a_mutant_reaches_the_row_that_it_stands_in_or_all_that_use_it(
    tmp_path: Path, line: int, wanted: dict[tuple[str, int], set[str]]
) -> None:
    (tmp_path / "below.py").write_text(BELOW)
    (tmp_path / "above.py").write_text(ABOVE)
    assert rows.reached(tmp_path, "below", line) == wanted


def test_rows_that_are_held_get_what_the_changed_file_makes_of_them_and_no_others_do(root: Path) -> None:
    file = "verify/rows/activations.py"
    source = (root / file).read_text("utf-8").replace('"no leak"', '"another name"')
    held = rows.rows_there()
    before = {row.id: row.twins for row in CATALOGUE}

    def tried() -> int:
        rows.made_anew(Mutant(file, MODULE, 1, "", "", source), root, held)
        after = {row.id: row.twins for row in CATALOGUE}
        changed = [id for id in after if list(after[id]) != list(before[id])]
        return not (changed == ["leaky_relu"] and "another name" in after["leaky_relu"])

    assert forked(tried, 20) == SURVIVED
    assert "another name" not in before["leaky_relu"]
