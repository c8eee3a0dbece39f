"""The check of an experiment: its claims are judged, and what is drawn are the numbers of that one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

from verify.checks.claims import Claim
from verify.checks.experiment import Measurement, experiment
from verify.records.discrepancy import Discrepancy
from verify.records.experiment import Experiment, Series, Statistic
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.setting import Setting

PLAIN = Setting(seed=3)
LINE = Series("halved", (0.0, 1.0), (1.0, 0.5))


def measured(formula: Callable[..., Any], setting: Setting) -> Measurement:
    """Stated beforehand: half of 1 is 1/2.

    And the seed is kept.
    """
    half = formula(1.0)
    claims = [Claim("half", half == 0.5, half, "0.5"), Claim("seed", setting.seed == 3, setting.seed, "3", compared=0)]
    return Measurement(claims, [LINE], f"with seed {setting.seed}")


def halved(x: float) -> float:
    return x / 2


def plain(**options: Any) -> Any:
    return experiment("experiment", measured, title="Halving", **options)


def row(quantity: str, verdict: str, **more: Any) -> Discrepancy:
    return Discrepancy("half", quantity, "formula", "experiment", verdict, seed=3, **more)


def shown(check: Any, formula: Callable[..., Any], **setting: Any) -> tuple[list[Discrepancy], list[Experiment]]:
    found: list[Experiment] = []
    return check(formula, "half", replace(PLAIN, show=found.append, **setting)), found


STATED = "Stated beforehand: half of 1 is 1/2.\n\nAnd the seed is kept."


def test_an_experiment_is_its_rows_and_one_picture_of_the_same_numbers() -> None:
    rows, found = shown(plain(x_label="step", y_label="x", log="y", top=2.0, columns=3), halved)
    assert [repr(r) for r in rows] == [repr(r) for r in (
        row("half", PASS, compared=1, mine="0.5", want="0.5"), row("seed", INCONCLUSIVE, mine="3", want="3"),
    )]  # fmt: skip
    assert found == [
        Experiment(
            "half", "Halving", STATED,
            (Statistic("half", "0.5", "0.5", PASS), Statistic("seed", "3", "3", INCONCLUSIVE)),
            PASS, "step", "x", "y", (LINE,), "with seed 3", 2.0, 3,
        )
    ]  # fmt: skip


def test_what_an_experiment_does_not_say_of_its_picture_is_left_plain() -> None:
    (found,) = shown(plain(), halved)[1]
    assert (found.x_label, found.y_label, found.log, found.top, found.columns) == ("", "", "", inf, 2)


def test_a_wrong_formula_fails_in_the_rows_and_in_the_picture() -> None:
    rows, (found,) = shown(plain(), lambda x: x / 3)
    assert [(r.verdict, r.mine) for r in rows] == [(FAIL, str(1 / 3)), (INCONCLUSIVE, "3")]
    assert found.verdict == FAIL
    assert found.found[0] == Statistic("half", str(1 / 3), "0.5", FAIL)


def test_an_experiment_that_fails_is_not_run_again_to_look_through_the_source() -> None:
    def wrong(x: float) -> float:
        return x + 2

    runs: list[int] = []

    def counted(formula: Callable[..., Any], setting: Setting) -> Measurement:
        runs.append(1)
        return measured(formula, setting)

    (row, _) = experiment("experiment", counted, title="Halving")(wrong, "half", PLAIN)
    assert (row.verdict, row.diagnosis, len(runs)) == (FAIL, "", 1)


def test_an_experiment_that_raises_is_shown_without_a_line_and_with_what_it_raised() -> None:
    def raising(x: float) -> float:
        raise ValueError("no half of that")

    rows, found = shown(plain(), raising)
    assert [repr(r) for r in rows] == [repr(row("claims", FAIL, finding="raised ValueError: no half of that"))]
    (record,) = found
    assert record.found == (Statistic("claims", "raised ValueError: no half of that", "", FAIL),)
    assert (record.series, record.note, record.verdict, record.statement) == ((), "", FAIL, STATED)


def test_an_experiment_runs_once_and_only_where_it_is_asked_for_and_is_shown_where_somebody_looks() -> None:
    runs: list[int] = []

    def counted(x: float) -> float:
        runs.append(1)
        return x / 2

    assert shown(plain(), counted, oracles=frozenset({"exact"})) == ([], [])
    assert runs == []
    assert len(plain()(counted, "half", PLAIN)) == 2
    assert len(runs) == 1
    assert len(shown(plain(), counted, oracles=frozenset({"experiment"}))[1]) == 1
    assert len(runs) == 2


def test_an_experiment_whose_statement_is_nowhere_written_has_none_and_needs_no_lines() -> None:
    def silent(formula: Callable[..., Any], setting: Setting) -> Measurement:
        return Measurement([Claim("half", formula(1.0) == 0.5, formula(1.0), "0.5")])

    (found,) = shown(experiment("experiment", silent, title="Halving"), halved)[1]
    assert (found.statement, found.series, found.note) == ("", (), "")
