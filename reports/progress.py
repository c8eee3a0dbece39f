"""How far a run has come: a moving bar on a terminal, a line now and then elsewhere; always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Watch = Callable[[str, int, int], None]
PAUSE = 5.0  # seconds between two plain lines


@contextmanager
def watching(quiet: bool = False) -> Iterator[Watch | None]:
    """What to call with (stage, done, total) as the work goes on; None where nobody wants to know."""
    if quiet:
        yield None
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield plain()
        return
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total)


def plain(pause: float = PAUSE) -> Watch:
    """A line when the work begins, and then no more often than every `pause` seconds."""
    last = float("-inf")

    def watch(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= pause:
            last = time.monotonic()
            print(f"handgrad: {done} of {total}, {stage}", file=sys.stderr, flush=True)

    return watch
