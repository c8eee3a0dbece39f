"""Identity: two ways of writing the same thing are equal, exactly; and in floats within both budgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from verify.arithmetic.balls import SHARP, Balls, overlaps, precision
from verify.cases import cases
from verify.diagnosis.source import by_check
from verify.diagnosis.values import of_sides
from verify.questions import apart, judged, measure, undecided
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import Runs, run
from verify.setting import Check, Setting

Side = Callable[..., Any]


def identity(
    shapes: str,
    left: Side,
    right: Side,
    *,
    quantity: str = "identity",
    domain: Mapping[str, str] | None = None,
    edges: Mapping[str, Mapping[str, Any]] | None = None,
    constants: Mapping[str, Any] | None = None,
) -> Check:
    """`left(formula, **inputs)` and `right(formula, **inputs)` return the same array (or the same arrays by name)."""

    def check(formula: Callable[..., Any], id: str, setting: Setting) -> list[Discrepancy]:
        if not setting.asks("identity"):
            return []

        def first(function: Callable[..., Any]) -> tuple[str, ...] | None:
            made = check(function, id, replace(setting, source=False, name=None))
            return next(((row.quantity, row.mine, row.finding) for row in made if row.verdict == FAIL), None)

        rows: list[Discrepancy] = []
        for case in cases(shapes, domain or {}, setting.seed, edges, setting.square):
            if setting.quick and case.name != "typical":
                continue
            given = {**case.inputs, **(constants or {})}
            about: dict[str, Any] = {"formula": id, "case": case.name, "seed": setting.seed, "oracle": "identity"}
            try:
                for dtype in setting.dtypes:
                    mine, other = (run(_of(side, formula), given, dtype) for side in (left, right))
                    made = _rows(mine, other, quantity, dtype, about)
                    rows += of_sides(made, mine, other, quantity, given, setting.name) if dtype == "float64" else made
            except (ArithmeticError, IndexError, KeyError, TypeError, ValueError) as error:
                finding = f"raised {type(error).__name__}: {error}"
                rows.append(Discrepancy(quantity=quantity, question="formula", verdict=FAIL, finding=finding, **about))
        return by_check(rows, formula, first, setting)

    return check


def _of(side: Side, formula: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **inputs: side(formula, **inputs)


def _rows(mine: Runs, other: Runs, quantity: str, dtype: str, about: dict[str, Any]) -> list[Discrepancy]:
    rows = []
    if set(mine.value) != set(other.value):
        finding = f"one side has {sorted(mine.value)}, the other {sorted(other.value)}"
        return [Discrepancy(quantity=quantity, question="formula", verdict=FAIL, finding=finding, **about)]
    for name, found in mine.value.items():
        called = quantity if name == "value" else f"{quantity} {name}"
        here = {**about, "quantity": called, "dtype": dtype, "shape": str(found.shape)}
        want = other.value[name]
        if found.shape != want.shape:
            finding = f"one side has shape {found.shape}, the other {want.shape}"
            rows.append(Discrepancy(question="formula", verdict=FAIL, finding=finding, **here))
            continue
        if dtype == "float64":
            rows.append(_exactly(mine.exact.get(name), other.exact.get(name), other.reasons | mine.reasons, here))
        budgets = [side.budget.get(name, np.full(found.shape, np.inf)) for side in (mine, other)]
        figures = measure(found, want, apart(found, want), budgets[0] + budgets[1], dtype, mine.enclosed(name))
        verdict = judged(figures, dtype)
        finding = undecided(figures) if verdict == INCONCLUSIVE else ""
        rows.append(Discrepancy(question="arithmetic", verdict=verdict, finding=finding, **{**here, **figures}))
    return rows


def _exactly(mine: Balls | None, other: Balls | None, reasons: Mapping[str, str], about: dict[str, Any]) -> Discrepancy:
    """Disjoint enclosures prove two things different; overlapping sharp ones show them equal."""
    if mine is None or other is None:
        return Discrepancy(
            question="formula", verdict=INCONCLUSIVE, finding=f"not run: {reasons.get('exact', '')}", **about
        )
    disjoint = ~overlaps(mine, other) & mine.is_finite() & other.is_finite()
    with np.errstate(all="ignore"), precision():
        gap = abs(mine - other)
        error = np.where(disjoint, gap.mid() + gap.rad(), 0.0)
        radius = mine.rad() + other.rad()
    sharp = mine.widest() + other.widest() <= SHARP * other.largest()
    figures = measure(mine.mid(), other.mid(), error, radius, "float64", other)
    verdict = FAIL if disjoint.any() else PASS if sharp and figures["compared"] else INCONCLUSIVE
    return Discrepancy(question="formula", verdict=verdict, **{**about, **figures})
