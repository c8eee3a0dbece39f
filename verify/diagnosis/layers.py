"""A wrong tensor of a network, named: its own formula's inputs are at hand, and the tensors of all other layers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from verify.diagnosis.diagnose import diagnose, small
from verify.diagnosis.match import Match

# What each formula takes: kinds of tensors of the layer itself, of the one below, and of the one above; the first is
# what is carried back.
TAKES: Mapping[str, tuple[tuple[str, int], ...]] = {
    "Z": (("A", -1), ("W", 0), ("b", 0)),
    "A": (("Z", 0),),
    "dA": (("dZ", 1), ("W", 1), ("A", 0), ("Y", 0)),
    "dZ": (("dA", 0), ("Z", 0), ("A", 0)),
    "dW": (("dZ", 0), ("A", -1), ("Z", 0)),
    "db": (("dZ", 0),),
    "J": (("A", 0), ("Y", 0)),
}


def called(name: str) -> str:
    """dW[2] for dW2, as the notes have it."""
    return re.sub(r"(\d+)$", r"[\1]", name)


def of_tensor(
    name: str, l: int, mine: Any, want: Any, error: Any, want_error: Any, fed: Mapping[str, Any], m: int
) -> tuple[Match, ...]:
    """The matches of one tensor of layer l, whose own formula was fed the tensors `fed`."""
    kind = re.sub(r"\d+$", "", name)
    own = [f"{k}{l + up}" if k != "Y" else k for k, up in TAKES.get(kind, ())]
    own = [k for k in own if k in fed]
    others = [k for k in fed if k not in own and k != name and small(fed[k])]
    hand = {called(k): fed[k] for k in (*own, *others)}
    return diagnose(
        called(name), mine, want, hand, m=m, upstream=called(own[0]) if own else "", error=error, want_error=want_error,
        plain=frozenset(map(called, others)),
    )  # fmt: skip
