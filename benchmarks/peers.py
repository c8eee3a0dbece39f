"""What other checks say of the gradients that they are known to misjudge: `python -m benchmarks.peers`, half a minute.

Markdown on standard output: the tables of docs/PEERS.md. Exit status 1 where a gradient was misjudged here.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.machine import machine
from reports.peers import here, outcome
from verify.machine import one_thread
from verify.peer_cases.case import Case, judged, peer_says, problem, rows, verdict
from verify.peer_cases.false_passes import FAST, mean, zeroed
from verify.peer_cases.nets import NETS, nets
from verify.peer_cases.table import cases
from verify.peers.asked import ACCEPTS, REJECTS
from verify.peers.course import course
from verify.peers.table import PEERS
from verify.peers.taylor import rate
from verify.problem import Problem
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

CALLS = 20  # of each peer, for what a call costs
# gradcheck's slow mode holds the whole Jacobian: of a 256 × 256 product 32 GiB.
LARGEST = 1100


def main() -> int:
    """Print all of it."""
    with one_thread():
        asked = list(cases())
        found = [judged(case) for case in asked]
        print(f"{outcome(found)}\n")
        table(
            ("gradient", "in truth", "peer", "says", "handgrad", "reason"),
            ((c.name, c.truth, c.peer, c.peer_says, c.verdict, c.reason) for c in found),
        )
        table(("gradient", "in truth", *PEERS), every_peer(asked))
        wrong = [here(case) for case in found].count(FAIL) + counts(asked)
        table(("peer", "median of a call", "accepts"), costs())
        print("; ".join(f"{k}: {v}" for k, v in machine().items()))
    return int(wrong > 0)


def table(header: Sequence[str], body: Iterator[tuple[str, ...]]) -> None:
    for line in (header, ["---"] * len(header), *body):
        print("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |")
    print()


def every_peer(asked: Sequence[Case]) -> Iterator[tuple[str, ...]]:
    """Every case before every peer that can be asked of any problem; the larger ones are left out."""
    for case in asked:
        if sum(np.size(x) for x in case.inputs.values()) > LARGEST:
            continue
        said = (peer_says(replace(case, peer=name, ask=None)) for name in PEERS)
        yield case.name, "right" if case.right else "wrong", *said


def counts(asked: Sequence[Case]) -> int:
    """What a single case does not show, a line each; and how often the networks were misjudged here."""
    for N in (1000, 1001):
        print(f"- 1/(N−1) for 1/N, N = {N}: {peer_says(mean(N, 1))}")
    identity = next(case for case in asked if "one entry" in case.name)
    entries = [(i, j) for i in range(16) for j in range(16)]
    blind = sum(PEERS[FAST](problem(_with(identity, i, j))) == ACCEPTS for i, j in entries)
    print(f"- one entry of 16 × 16 zeroed: {FAST} accepts {blind} of {len(entries)}, each by itself")
    print(f"- the Taylor rate of Σx: {rate(problem(asked[-1])):.2f}")
    every = list(nets())
    rejected = sum(course(problem(case)) == REJECTS for case in every)
    said = Counter(verdict(rows(case)) for case in every)
    print(f"- {NETS} right ReLU networks: the course's check rejects {rejected}; here ", end="")
    print(", ".join(f"{said[v]} {v}" for v in (PASS, INCONCLUSIVE, FAIL)) + "\n")
    return said[FAIL]


def _with(case: Case, i: int, j: int) -> Case:
    return replace(case, backward=zeroed(i, j))


def costs() -> Iterator[tuple[str, ...]]:
    """A gradient of a small network before each peer, which is warm."""
    of = problem(next(nets()))
    for name, peer in PEERS.items():
        said = peer(of)
        times = [_seconds(peer, of) for _ in range(CALLS)]
        yield name, f"{1000 * median(times):.1f} ms", said


def _seconds(peer: Callable[[Problem], str], of: Problem) -> float:
    clock = perf_counter()
    peer(of)
    return perf_counter() - clock


if __name__ == "__main__":
    sys.exit(main())
