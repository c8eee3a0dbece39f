"""Experiment: a statistic and a direction stated beforehand, judged as claims, and drawn from the same numbers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from verify.checks.claims import Claim, claims
from verify.records.discrepancy import Discrepancy
from verify.records.experiment import Experiment, Series, Statistic
from verify.records.verdict import concluded
from verify.setting import Check, Setting


@dataclass(frozen=True)
class Measurement:
    """What one run of an experiment found: the claims that are judged, the lines that are drawn, and a remark."""

    claims: Sequence[Claim]
    series: Sequence[Series] = ()
    note: str = ""


# An experiment takes the formula under test, or a twin in its place. Its docstring is what was stated beforehand.
Measure = Callable[[Callable[..., Any], Setting], Measurement]


def experiment(
    oracle: str,
    measure: Measure,
    *,
    title: str,
    x_label: str = "",
    y_label: str = "",
    log: str = "",
    top: float = inf,
    columns: int = 2,
) -> Check:
    """A check made of an experiment. It is run once: `setting.show` gets the picture of what the rows have judged."""

    def check(formula: Callable[..., Any], id: str, setting: Setting) -> list[Discrepancy]:
        made: list[Measurement] = []

        def find(formula: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
            made.append(measure(formula, setting))
            yield from made[0].claims

        rows = claims(oracle, find, mend=False)(formula, id, setting)
        if rows and setting.show:
            found = tuple(Statistic(d.quantity, d.mine or d.finding, d.want, d.verdict) for d in rows)
            verdict = concluded((d.question, d.verdict) for d in rows)
            series, note = (tuple(made[0].series), made[0].note) if made else ((), "")
            setting.show(
                Experiment(
                    id, title, inspect.getdoc(measure) or "", found, verdict, x_label, y_label, log, series, note, top,
                    columns,
                )
            )  # fmt: skip
        return rows

    return check
