"""The table of peers: a name, and a function from a problem to "accepts", "rejects" or "cannot run: ..."."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from verify.peers.check_grads import check_grads
from verify.peers.course import course
from verify.peers.cs231n import cs231n
from verify.peers.gradcheck import fast, slow
from verify.peers.taylor import taylor
from verify.problem import Problem

PEERS: Mapping[str, Callable[[Problem], str]] = MappingProxyType(
    {
        "torch gradcheck": slow,
        "torch gradcheck, fast": fast,
        "jax check_grads": check_grads,
        "the course's check": course,
        "cs231n's check": cs231n,
        "Taylor test": taylor,
    }
)
