"""A gradient that other checks are known to misjudge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PeerCase:
    """A gradient, in truth "right" or "wrong", that another check is known to misjudge.

    `peer_says` is what that one said of it in this run: accepts, rejects, or cannot run with the reason; `verdict` and
    `reason` are what was said here.
    """

    name: str
    peer: str
    truth: str
    peer_says: str
    verdict: str
    reason: str
