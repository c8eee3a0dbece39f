"""A changed formula tried by the check that it failed, where that compares no results with right ones: it must pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from verify.records import FAIL, Discrepancy
from verify.repair.search import SECONDS, Function, Repair, Trial, search
from verify.setting import Check, Setting

Said = tuple[tuple[str, str, str], ...]


def mended(check: Check, id: str, setting: Setting, function: Function, seconds: float = SECONDS) -> list[Repair]:
    """The changes of the function's source with which the check passes."""
    plain = replace(setting, source=False, quick=True, deadline=inf, show=None, take=None, timed=None, name=None)

    def said(function: Function) -> Sequence[Discrepancy] | None:
        try:
            return check(function, id, plain)
        except Exception:  # a changed formula may raise anything
            return None

    def passes(function: Function) -> bool:
        rows = said(function)
        return bool(rows) and all(row.verdict != FAIL for row in rows or ())

    wrong = _words(said(function))
    return search(function, Trial(lambda f: _words(said(f)) == wrong, passes, passes, lambda _: True), seconds)


def _words(rows: Sequence[Discrepancy] | None) -> Said | None:
    return None if rows is None else tuple((row.quantity, row.verdict, row.mine) for row in rows)
