"""What other checks misjudge, as the page shows it: what they said in this run, and what was said here."""

from __future__ import annotations

from collections.abc import Sequence

from verify.records.peer_case import PeerCase
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

# What is right to say of a gradient, and what is wrong.
RIGHTLY = {"right": "accepts", "wrong": "rejects"}
WRONGLY = {"right": "rejects", "wrong": "accepts"}


def peer(case: PeerCase) -> str:
    """The verdict on what the peer said: a right answer is a pass, a wrong one a fail, none is inconclusive."""
    return {RIGHTLY[case.truth]: PASS, WRONGLY[case.truth]: FAIL}.get(case.peer_says, INCONCLUSIVE)


def here(case: PeerCase) -> str:
    """The same of what was said here."""
    return {"right": {PASS: PASS, FAIL: FAIL}, "wrong": {FAIL: PASS, PASS: FAIL}}[case.truth].get(
        case.verdict, INCONCLUSIVE
    )


def outcome(cases: Sequence[PeerCase]) -> str:
    """
    >>> one = PeerCase("Σx", "Taylor test", "right", "rejects", "pass", "")
    >>> outcome([one, PeerCase("x²", "a peer", "wrong", "cannot run: not installed", "fail", "")])
    'In this run other checks misjudged 1, and could not be asked of 1; here 2 of 2 are judged rightly.'
    """
    theirs, mine = [peer(case) for case in cases], [here(case) for case in cases]
    away = f", and could not be asked of {theirs.count(INCONCLUSIVE)}" if INCONCLUSIVE in theirs else ""
    wrong = f", {mine.count(FAIL)} wrongly" if FAIL in mine else ""
    said = f"{mine.count(PASS)} of {len(cases)} are judged rightly{wrong}"
    return f"In this run other checks misjudged {theirs.count(FAIL)}{away}; here {said}."


def section(cases: Sequence[PeerCase]) -> dict[str, object]:
    """The names that peers.html knows."""
    return {"outcome": outcome(cases), "lines": [(case, peer(case), here(case)) for case in cases]}
