"""Rows are made on import: those that a mutant of verify/rows reaches, made anew, and the tests that are given them."""

from __future__ import annotations

import ast
import gc
import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.mutation.mutations import Mutant
from benchmarks.mutation.patch import serve

FOLDER, TESTS = "verify/rows/", ("tests/test_catalogue.py", "tests/test_experiments.py", "tests/test_row_claims.py")
Name = tuple[str, str]  # of what stands in a file of rows: the file's stem, and the name


@dataclass(frozen=True)
class Piece:
    """A statement of a file of rows, or one row of its table: its lines, and the names that it uses."""

    first: int
    last: int
    uses: frozenset[Name]
    twins: tuple[tuple[int, int, str], ...] = ()


def is_of_rows(mutant: Mutant) -> bool:
    return mutant.file.startswith(FOLDER)


def rows_there() -> list[Any]:
    """Every row that anything holds."""
    kind = getattr(sys.modules.get("verify.row"), "Row", None)
    return [x for x in gc.get_objects() if type(x) is kind]


def made_anew(mutant: Mutant, root: Path, rows: Iterable[Any]) -> None:
    """The rows get what the changed file, and the files that import it, make of them. Raises whatever these raise."""
    serve(mutant.source, root / mutant.file)
    named, _ = _read(root / FOLDER)
    stems = {Path(mutant.file).stem}
    for _ in range(3):  # so deep these files import each other
        stems |= {of for (of, _), piece in named.items() if stems & {stem for stem, _ in piece.uses}}
    modules = [sys.modules[f"verify.rows.{stem}"] for stem in sorted(stems)]
    for module in modules * min(3, len(modules)):
        importlib.reload(module)
    new = {row.id: row for module in modules for row in getattr(module, "ROWS", ())}
    for row in rows:
        for field in fields(row) if row.id in new else ():
            object.__setattr__(row, field.name, getattr(new[row.id], field.name))


def tests_of_rows(mutant: Mutant, root: Path, items: Mapping[str, Any]) -> list[str]:
    """The tests that are given a row that the mutant reaches, and those of claims; that of its own twin first."""
    stem = Path(mutant.file).stem
    found = []
    for (of, index), twins in reached(root / FOLDER, stem, mutant.line).items():
        row = sys.modules[f"verify.rows.{of}"].ROWS[index].id
        for name, item in items.items():
            given = item.callspec.params if hasattr(item, "callspec") else {}
            if row in (getattr(given.get("row"), "id", None), given.get("id")):
                found.append((given.get("twin") not in twins, name))
    claims = [name for name in items if name.startswith(TESTS[-1])]
    return [name for _, name in sorted(found, key=lambda test: test[0])] + claims


def reached(folder: Path, stem: str, line: int) -> dict[tuple[str, int], set[str]]:
    """The rows, by file and number: one that has the line, or all that use what has it; with the twins that have it.

    Line 0 is the whole file.
    """
    named, tables = _read(folder)
    for index, row in enumerate(tables[stem]):
        if row.first <= line <= row.last:
            return {(stem, index): {twin for first, last, twin in row.twins if first <= line <= last}}
    here = {n for n, piece in named.items() if n[0] == stem and (not line or piece.first <= line <= piece.last)}

    def uses(names: Iterable[Name]) -> bool:
        seen, todo = set[Name](), [*names]
        while todo:
            name = todo.pop()
            if name in named and name not in seen:
                seen.add(name)
                todo += named[name].uses
        return bool(seen & here)

    whole = () if line else (stem,)
    rows = ((of, i, row) for of, table in tables.items() for i, row in enumerate(table))
    return {(of, i): set() for of, i, row in rows if of in whole or uses(row.uses)}


@cache
def _read(folder: Path) -> tuple[dict[Name, Piece], dict[str, list[Piece]]]:
    """All statements of the files of rows by name, and of each file the rows."""
    named: dict[Name, Piece] = {}
    tables: dict[str, list[Piece]] = {}
    for path in folder.glob("[!_]*.py"):
        body = ast.parse(path.read_text("utf-8")).body
        imported = {
            name.asname or name.name: (statement.module.rpartition(".")[2], name.name)
            for statement in body
            if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("verify.rows.")
            for name in statement.names
            if statement.module
        }

        def piece(node: Any, stem: str = path.stem, imported: dict[str, Name] = imported) -> Piece:
            ids = {x.id for x in ast.walk(node) if isinstance(x, ast.Name)}
            uses = frozenset(imported.get(name, (stem, name)) for name in ids)
            return Piece(node.lineno, node.end_lineno, uses, tuple(_twins(node)))

        tables[path.stem] = []
        for statement in body:
            for name in _names(statement):
                named[path.stem, name] = piece(statement)
                if name == "ROWS" and isinstance(statement, ast.Assign | ast.AnnAssign):
                    tables[path.stem] = [piece(row) for row in getattr(statement.value, "elts", ())]
    return named, tables


def _names(statement: ast.stmt) -> Iterator[str]:
    """What a statement of a file gives a value to."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
        yield from (x.id for x in ast.walk(target) if isinstance(x, ast.Name)) if target else ()


def _twins(row: ast.AST) -> Iterator[tuple[int, int, str]]:
    """The lines of each twin of a row, and its name."""
    twins = row.args[2] if isinstance(row, ast.Call) and len(row.args) > 2 else None
    if isinstance(twins, ast.Dict):
        for key, value in zip(twins.keys, twins.values, strict=True):
            if isinstance(key, ast.Constant):
                yield key.lineno, value.end_lineno or value.lineno, str(key.value)
