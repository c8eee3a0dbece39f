"""A wrong loop need not end, nor stay small: what it may take of the processor and of memory."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from verify.source.guard import within

SECONDS = 15.0  # of work; the slowest check takes one, and looking through a source up to five
BYTES = 2 * 2**30  # more than before; the largest check takes some hundred MiB

STATUS = Path("/proc/self/statm")


@contextmanager
def limited() -> Iterator[None]:
    """TimeoutError after too much work of this process, MemoryError where it takes too much.

    The first reaches a program's main thread alone, the second is for systems that say how large a process is.
    """
    before = resource.getrlimit(resource.RLIMIT_AS)
    if STATUS.exists():
        now = int(STATUS.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + BYTES, before[1]))
    try:
        with within(SECONDS, system=True, again=1.0):
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
