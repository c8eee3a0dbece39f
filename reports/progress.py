"""How far a run has come: a moving bar on a terminal, a line now and then elsewhere; always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Watch = Callable[[str, int, int], None]
PAUSE = 5.0  # seconds between two plain lines


@contextmanager
def watching(quiet: bool = False, unit: str = "") -> Iterator[Watch | None]:
    """What to call with (stage, done, total) as the work goes on; None where nobody wants to know.

    Where the steps are alike and have a name, the `unit`, their rate and the time left are told as well.
    """
    if quiet:
        yield None
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield plain(unit=unit)
        return
    alike = (TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), TextColumn("left")) if unit else ()
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), *alike)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None, rate="")

        def watch(stage: str, done: int, total: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, description=stage, completed=done, total=total, rate=rate(speed) if speed else "")

        yield watch


def plain(pause: float = PAUSE, unit: str = "") -> Watch:
    """A line when the work begins, and then no more often than every `pause` seconds."""
    last = float("-inf")
    begun: tuple[float, int] | None = None

    def watch(stage: str, done: int, total: int) -> None:
        nonlocal last, begun
        now = time.monotonic()
        begun = begun or (now, done)
        if now - last < pause:
            return
        last = now
        line = f"{unit} {done} of {total}, {stage}".strip()
        if unit and done > begun[1]:
            speed = (done - begun[1]) / (now - begun[0])
            line += f", {rate(speed)}, {left((total - done) / speed)}"
        print(f"handgrad: {line}", file=sys.stderr, flush=True)

    return watch


def rate(speed: float) -> str:
    """How many in a second.

    >>> rate(12.345), rate(4321.0), rate(0.0312)
    ('12.3 a second', '4321 a second', '0.0312 a second')
    """
    return f"{speed:.0f} a second" if speed >= 100 else f"{speed:.3g} a second"


def left(seconds: float) -> str:
    """The time left, as coarse as it is known.

    >>> left(0.4), left(170.2), left(800.0), left(9000.0)
    ('1 s left', '171 s left', '14 min left', '2 h 30 min left')
    """
    if seconds <= 180:
        return f"{max(1, ceil(seconds))} s left"
    minutes = ceil(seconds / 60)
    return f"{minutes} min left" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min left"
