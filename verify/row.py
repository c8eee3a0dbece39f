"""A line of the catalogue: a formula, its checks, the wrong twins that they must refute, and the notes' slips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import inf
from typing import Any

from verify.checks.contracts import Watch
from verify.diagnosis.match import Match
from verify.errors import UserError, nearest
from verify.problem import Problem
from verify.records import Discrepancy, Experiment
from verify.signature import parse


@dataclass(frozen=True)
class Setting:
    """What a run of the checks may vary: seed, precisions, and which oracles are asked (all, where none is named).

    `quick` takes the typical cases alone; `square` draws them with all sizes equal, where no shape tells a transpose.
    `show`, where given, is handed the record of every experiment that was made, `take` every derivative that is judged,
    `timed` the name of every proof and the seconds that it took, `name` the diagnosis of what has failed, by quantity.
    """

    seed: int = 0
    dtypes: tuple[str, ...] = ("float64", "float32")
    oracles: frozenset[str] = frozenset()
    quick: bool = False
    deadline: float = inf
    square: bool = False
    show: Callable[[Experiment], None] | None = None
    take: Callable[[Problem], None] | None = None
    timed: Callable[[tuple[str, float]], None] | None = None
    name: Callable[[Mapping[str, tuple[Match, ...]]], None] | None = None

    def asks(self, oracle: str) -> bool:
        return not self.oracles or oracle in self.oracles


# A check takes the formula under test (or a twin in its place), its id, and the setting.
Check = Callable[[Callable[..., Any], str, Setting], list[Discrepancy]]


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
    rows = [d for name, check in row.checks.items() if only in ("", name) for d in check(subject, row.id, setting)]
    return rows + (watch.rows(row.id, setting.seed) if setting.asks("contracts") else [])
