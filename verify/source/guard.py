"""A wrong loop need not end: how long it may work."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def is_guarded() -> bool:
    """Only a program's main thread can be interrupted."""
    return threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")


@contextmanager
def within(seconds: float, system: bool = False, again: float | None = None) -> Iterator[None]:
    """TimeoutError after so many seconds of work within; nothing where that cannot be guarded.

    With `system` the system's work for it counts too, on a clock of its own: of one within another each has one.
    """
    if not is_guarded():
        yield
        return
    running = True

    def stop(*_: Any) -> None:
        if running:
            raise TimeoutError(f"it had not ended after {seconds:g} s of work")

    timer = signal.ITIMER_PROF if system else signal.ITIMER_VIRTUAL
    alarm = signal.SIGPROF if system else signal.SIGVTALRM
    before = signal.signal(alarm, stop)
    # Again and again: what is called may take the first for a reason of its own, and go on.
    signal.setitimer(timer, seconds, again or seconds)
    try:
        yield
    finally:
        running = False
        signal.setitimer(timer, 0)
        signal.signal(alarm, before)
