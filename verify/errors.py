"""Errors that are the user's to mend: one sentence that names the thing, what was found, and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """Unusable arguments or input. The command line prints its text and leaves with exit status 2."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name closest to an unknown one, in brackets; empty where nothing is close.

    >>> nearest("sigmiod", ["relu", "sigmoid"])
    " (did you mean 'sigmoid'?)"
    >>> nearest("zebra", ["relu", "sigmoid"])
    ''
    """
    close = get_close_matches(name, list(known), cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""
