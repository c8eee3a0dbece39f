"""One contender on one network in a process of its own, so that its time and its memory are nobody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.memory import peak_since
from benchmarks.nets import Net
from benchmarks.noticed import Noticed, noticed
from benchmarks.problem import Array, Problem, evenly, problem

ROOT = Path(__file__).parent.parent
TRIAL = 16  # elements of which the time of all is estimated
WARM = Net((3, 2, 1), 4)  # imports, thread pools and their buffers are set-up, and happen here
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Effort:
    """Seconds: a run that would take more than `limit` is timed on a part of about `part`; a short run is repeated for
    `again`, five times at most."""

    limit: float = 60.0
    part: float = 8.0
    again: float = 4.0


@dataclass(frozen=True)
class Timing:
    """`measured` seconds for `elements` of the `size` that there are, the `first` call apart; the peak in bytes."""

    measured: float
    first: float
    elements: int
    size: int
    peak: int
    verdict: str

    @property
    def whole(self) -> bool:
        return self.elements == self.size

    @property
    def seconds(self) -> float:
        """For all elements: extrapolated, linearly in their number, where only a part was timed.

        >>> Timing(2.0, 2.0, 100, 400, 0, "pass").seconds
        8.0
        """
        return self.measured * self.size / self.elements


class AloneError(Exception):
    """A contender ended with an error instead of a verdict."""


def alone(
    contender: Contender, net: Net, effort: Effort, threads: int = 1, notice: bool = False
) -> tuple[Timing, list[Noticed]]:
    """Time it in a fresh process, on that many cores; with `notice`, also seek what it notices, off the clock.

    Raises AloneError with the last line that the process said.
    """
    job = {
        "contender": contender.name, "sizes": net.sizes, "m": net.m, "hidden": net.hidden, "effort": asdict(effort),
        "threads": threads, "notice": notice,
    }  # fmt: skip
    # The libraries read these when they start, before any line of ours could set them.
    settings = {**os.environ, **dict.fromkeys(THREADS, str(threads))}
    command = [sys.executable, "-m", "benchmarks.alone", json.dumps(job)]
    run = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    if run.returncode:
        said = run.stderr.strip().splitlines() or [f"exit status {run.returncode}"]
        raise AloneError(f"{contender.name} on {net.name}: {said[-1]}")
    found = json.loads(run.stdout.splitlines()[-1])
    return Timing(**found["timing"]), [Noticed(**each) for each in found["noticed"]]


def timed(contender: Contender, of: Problem, effort: Effort) -> tuple[Timing, Array | None]:
    """The timing, and the elements that were looked at (None: all)."""
    _run(contender, problem(WARM), None)
    peak = peak_since()
    elements = _affordable(contender, of, effort)
    first, verdict = _run(contender, of, elements)
    later: list[float] = []
    while first + sum(later) < effort.again and len(later) < 4:
        later.append(_run(contender, of, elements)[0])
    looked_at = of.size if elements is None else elements.size
    return Timing(median(later or [first]), first, looked_at, of.size, peak(), verdict), elements


def _affordable(contender: Contender, of: Problem, effort: Effort) -> Array | None:
    """All elements (None) where they may be expected to stay within the limit, or as many as the part allows."""
    if not contender.parts or of.size <= TRIAL:
        return None
    trial = evenly(of.size, TRIAL)
    _run(contender, of, trial)
    each = _run(contender, of, trial)[0] / trial.size
    if each * of.size <= effort.limit:
        return None
    return evenly(of.size, min(of.size, max(TRIAL, int(effort.part / each))))


def _run(contender: Contender, of: Problem, elements: Array | None) -> tuple[float, str]:
    clock = perf_counter()
    judge = next(iter(contender.rules(of, elements).values()))
    verdict = judge(of.gradients)
    return perf_counter() - clock, verdict


def _main(job: dict[str, Any]) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job["threads"]])
    (contender,) = (each for each in CONTENDERS if each.name == job["contender"])
    of = problem(Net(tuple(job["sizes"]), job["m"], job["hidden"]))
    timing, elements = timed(contender, of, Effort(**job["effort"]))
    found = noticed(contender, of, elements, timing.verdict) if job["notice"] else []
    print(json.dumps({"timing": asdict(timing), "noticed": [asdict(each) for each in found]}))


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
