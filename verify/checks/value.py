"""Value: a formula's numbers, against the independent definition, the exact value, and PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from verify.cases import Case, cases, inside
from verify.definitions import agreement, defined
from verify.diagnosis.values import named, unrun
from verify.oracles.definition import definition
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL
from verify.repair.results import Subject
from verify.runs import arithmetic, run
from verify.setting import Check, Setting


def value(
    shapes: str,
    reference: Callable[..., Any],
    *,
    domain: Mapping[str, str] | None = None,
    edges: Mapping[str, Mapping[str, Any]] | None = None,
    call: Callable[..., Any] | None = None,
    constants: Mapping[str, Any] | None = None,
    outputs: str = "",
) -> Check:
    """A check of values. `call(formula, **inputs)` says how the formula is called (by default with the inputs by name).

    `reference(**tensors)` is the definition in PyTorch, called alike. Both return one array, a dictionary of named
    ones, or a tuple that `outputs` gives the names of. `constants` go to both, and are never drawn or nudged.
    """
    words = domain or {}

    def check(formula: Callable[..., Any], id: str, setting: Setting) -> list[Discrepancy]:
        def results(function: Callable[..., Any], **inputs: Any) -> Any:
            return _named(call(function, **inputs) if call else function(**inputs), outputs)

        def definition(**tensors: Any) -> Any:
            return _named(reference(**tensors), outputs)

        rows: list[Discrepancy] = []
        for case in cases(shapes, words, setting.seed, edges, setting.square):
            if setting.quick and case.name != "typical":
                continue
            given = {**case.inputs, **(constants or {})}
            subject = Subject(formula, results, given)
            rows += _case(subject, definition, case, words, id, setting)
        return rows

    return check


def _named(result: Any, outputs: str) -> Any:
    return dict(zip(outputs.split(), result, strict=True)) if isinstance(result, tuple) else result


def _case(
    subject: Subject, reference: Callable[..., Any], case: Case, words: Mapping[str, str], id: str, setting: Setting
) -> list[Discrepancy]:
    about: dict[str, Any] = {"formula": id, "case": case.name, "seed": setting.seed}
    given = subject.inputs
    by_hand = partial(subject.results, subject.function)
    try:
        runs = {dtype: run(by_hand, given, dtype) for dtype in dict.fromkeys(("float64", *setting.dtypes))}
    except (ArithmeticError, IndexError, KeyError, TypeError, ValueError) as error:
        finding = f"raised {type(error).__name__}: {error}"
        about |= {"question": "formula", "oracle": "definition", "verdict": FAIL, "finding": finding}
        rows = [Discrepancy(quantity="value", **about)]
        return unrun(rows, reference, given, setting, subject)
    rows = defined(runs["float64"], reference, given, case.typical, **about) if setting.asks("definition") else []
    right = all(row.verdict != FAIL for row in rows)
    if any(runs["float64"].value[k].dtype.kind != "f" for k in runs["float64"].value):
        return named(rows, runs["float64"], reference, given, by_hand, setting, subject)
    for dtype in setting.dtypes:
        within = inside(words, case.inputs, dtype)
        held = {name: arithmetic(runs[dtype], name, dtype, within, **about) for name in runs[dtype].value}
        if setting.asks("exact"):
            rows += held.values()
        if setting.asks("autograd"):
            theirs = definition(reference, given, dtype)
            for name in (k for k in held if k in theirs.gradients):
                vindicated = right and not case.typical and held[name].verdict != FAIL
                rows.append(agreement(runs[dtype], theirs, name, dtype, vindicated, oracle="definition", **about))
    return named(rows, runs["float64"], reference, given, by_hand, setting, subject)
