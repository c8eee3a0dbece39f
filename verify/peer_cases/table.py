"""All cases, and the records of them that a run of `handgrad verify` holds."""

from __future__ import annotations

from collections.abc import Iterator

from verify.peer_cases.case import Case, judged
from verify.peer_cases.false_failures import false_failures
from verify.peer_cases.false_passes import false_passes
from verify.records.peer_case import PeerCase


def cases() -> Iterator[Case]:
    yield from false_passes()
    yield from false_failures()


def records(heavy: bool = False) -> tuple[PeerCase, ...]:
    """Peers and this suite asked, now; the `heavy` ones only where they are wanted."""
    return tuple(judged(case) for case in cases() if heavy or not case.heavy)
