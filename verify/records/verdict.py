"""What is said of a gradient, and which verdict follows from many."""

from __future__ import annotations

from collections.abc import Iterable

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"


def overall(verdicts: list[str]) -> str:
    """The verdict of several rows: a fail decides; else one deciding row is enough; nothing decided is inconclusive.

    >>> overall(["pass", "inconclusive"]), overall(["pass", "fail"]), overall(["inconclusive"]), overall([])
    ('pass', 'fail', 'inconclusive', 'inconclusive')
    """
    if FAIL in verdicts:
        return FAIL
    return PASS if PASS in verdicts else INCONCLUSIVE


# The questions whose pass says that a formula is right; that its arithmetic holds says nothing about that.
DECIDING = ("formula", "agreement")


def concluded(rows: Iterable[tuple[str, str]]) -> str:
    """The verdict of (question, verdict) pairs: any fail is a fail; a pass is one that says that the formula is right.

    >>> concluded([("formula", "inconclusive"), ("arithmetic", "pass")])
    'inconclusive'
    >>> concluded([("formula", "pass"), ("arithmetic", "fail")]), concluded([("agreement", "pass")])
    ('fail', 'pass')
    """
    found = list(rows)
    if any(verdict == FAIL for _, verdict in found):
        return FAIL
    return overall([verdict for question, verdict in found if question in DECIDING])
