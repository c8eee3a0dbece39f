"""A line of the catalogue: a formula, its checks, the wrong twins that they must refute, and the notes' slips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from verify.checks.contracts import Watch
from verify.errors import UserError, nearest
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL
from verify.setting import Check, Setting
from verify.signature import parse

# Checks that train networks, or time loops.
SLOW = ("experiment", "descent", "measurement", "exactly", "bit for bit", "through BLAS", "at any depth",
        "large weights stall", "breaks the symmetry", "training", "the loop around it")  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A form that the notes, or their scan, show and that is not right. `wrong` is that form, to be refuted."""

    kind: str
    as_written: str
    corrected: str
    note: str
    wrong: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Row:
    """`checks` by name; `twins`: for each wrong variant of the formula, the check that must refute it."""

    formula: Callable[..., Any]
    checks: Mapping[str, Check]
    twins: Mapping[str, tuple[str, Callable[..., Any]]] = field(default_factory=dict)
    slips: tuple[Written, ...] = ()

    @property
    def id(self) -> str:
        return str(self.formula.formula.id)  # type: ignore[attr-defined]


def chosen(rows: Sequence[Row], only: Sequence[str]) -> list[Row]:
    """The rows that the globs name; all, where there are none. Raises UserError on a glob that names no row."""
    for glob in only:
        if not any(fnmatchcase(row.id, glob) for row in rows):
            near = nearest(glob, [row.id for row in rows])
            raise UserError(f"no formula is called {glob!r}{near}; `handgrad formulas` lists them")
    return [row for row in rows if not only or any(fnmatchcase(row.id, glob) for glob in only)]


def examine(row: Row, setting: Setting, formula: Callable[..., Any] | None = None, only: str = "") -> list[Discrepancy]:
    """Run a row's checks (or `only` one of them) on its formula, or on a twin put in its place.

    What the formula does with its arguments on the way is watched, and is a row besides.
    """
    watch = Watch(formula or row.formula, parse(row.formula.formula.shapes))  # type: ignore[attr-defined]
    subject = watch.function

    def mends(function: Callable[..., Any]) -> bool:
        plain = Setting(setting.seed, square=setting.square, source=False)
        try:
            names = (name for name in row.checks if name not in SLOW)
            return all(found.verdict != FAIL for name in names for found in examine(row, plain, function, name))
        except Exception:  # a changed formula may raise anything
            return False

    setting = replace(setting, mends=mends)
    rows = [d for name, check in row.checks.items() if only in ("", name) for d in check(subject, row.id, setting)]
    return rows + (watch.rows(row.id, setting.seed) if setting.asks("contracts") else [])
