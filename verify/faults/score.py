"""A faulty variant goes through its row's own checks: which oracles were asked, and which saw it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from verify.faults.variants import Variant
from verify.problem import Problem
from verify.records import FAIL, Discrepancy
from verify.row import Row, Setting, examine

RAISED = "raised"


def judged(variant: Variant, row: Row, seed: int = 0) -> tuple[list[Discrepancy], list[Problem]]:
    """The rows that the checks of its row say of a variant, and the derivatives that were judged on the way.

    The typical case alone is asked. Checks that are experiments, and slow, are asked only where all others have let it
    pass.
    """
    taken: list[Problem] = []
    setting = Setting(seed, quick=True, square=variant.square, take=taken.append)
    rows: list[Discrepancy] = []
    for slow in (False, True):
        if any(row.verdict == FAIL for row in rows):
            break
        for name in row.checks:
            if (name in SLOW) == slow and not any("TimeoutError" in row.finding for row in rows):
                rows += _asked(variant, row, name, setting)
    return rows, taken


SECONDS = 10.0  # of work; the slowest check takes one

# Checks that train networks, or time loops.
SLOW = ("experiment", "descent", "measurement", "exactly", "bit for bit", "through BLAS", "at any depth",
        "large weights stall", "breaks the symmetry", "training", "the loop around it")  # fmt: skip


def _asked(variant: Variant, row: Row, check: str, setting: Setting) -> list[Discrepancy]:
    try:
        with at_most(SECONDS):
            return examine(row, setting, variant.function, check)
    except Exception as error:  # a wrong formula may raise anything, and so be noticed by whoever calls it
        finding = f"raised {type(error).__name__}: {error}"
        return [Discrepancy(row.id, check, "formula", RAISED, FAIL, finding=finding)]


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """TimeoutError after so much work of this process: a wrong loop need not end. In a program's main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeoutError(f"it had not ended after {seconds:g} s of work")

    before = signal.signal(signal.SIGPROF, stop)
    # Again every second: an oracle may take the first for a reason not to answer, and go on.
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def oracle_of(found: Discrepancy) -> str:
    """Who saw it: Python itself, where the formula could not be run."""
    return RAISED if found.finding.startswith("raised ") else found.oracle


def caught_by(rows: list[Discrepancy]) -> dict[str, bool]:
    """For every oracle that was asked, whether it saw the fault."""
    said: dict[str, bool] = {}
    for row in rows:
        name = oracle_of(row)
        said[name] = said.get(name, False) or row.verdict == FAIL
    return said
