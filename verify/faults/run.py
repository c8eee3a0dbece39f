"""Would it notice? Every variant through its checks and before the peers; every fault of a network blamed."""

from __future__ import annotations

import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import inf

import numpy as np
from joblib import Parallel, delayed

from verify.catalogue import CATALOGUE
from verify.diagnosis.match import Match
from verify.faults import beyond
from verify.faults.elements import one_element
from verify.faults.names import ALIKE, named
from verify.faults.network import SIZES, blamed, injected
from verify.faults.noticed import noticed
from verify.faults.score import Peers, listener, scored, seen, surest
from verify.faults.variants import Variant, variants
from verify.machine import Progress, environment, one_thread
from verify.peers.table import PEERS
from verify.records.experiment import Experiment
from verify.records.faults import CAUGHT, ESCAPED, Fault, FaultsRecord, NetworkFault
from verify.records.run import Run
from verify.row import Row, chosen

EACH = 1  # variants of a formula in a report of all formulas
ROWS = (*CATALOGUE, *beyond.ROWS)
TOGETHER = 20  # variants that one process takes at a time


def faults(
    only: Sequence[str] = (), seed: int = 0, jobs: int = 1, seconds: float | None = None,
    progress: Progress | None = None,
) -> Run:  # fmt: skip
    """Try every variant of the formulas that `only` names (globs; all, and the networks, where none is given).

    `jobs` processes share the work. `seconds` is a budget of time: what is not reached by then is left out, and
    counted. Raises UserError on a name that nothing bears.
    """
    started = time.perf_counter()
    until = inf if seconds is None else started + seconds
    counts = {row.id: len(_variants(row.id)) for row in chosen(ROWS, only)}
    parts = [(id, i) for id, count in counts.items() for i in range(0, count, TOGETHER)]
    every = sum(counts.values())
    found: list[Fault] = []
    for some in _side_by_side(parts if time.perf_counter() < until else (), seed, jobs):
        found += some
        if progress:
            progress(found[-1].formula, len(found), every)
        if time.perf_counter() > until:
            break
    network: list[NetworkFault] = []
    experiments: tuple[Experiment, ...] = ()
    with one_thread(), np.errstate(all="ignore"):
        if not only and len(found) == every:
            found += alike(PEERS, seed)
            network = list(in_networks(seed))
            experiments = (noticed(PEERS, seed),)
        machine = environment()
    return Run(
        formulas=(), discrepancies=(), slips=(), network=None, environment=machine, seed=seed,
        timings=(("faults", time.perf_counter() - started),),
        command=shlex.join(["handgrad", *sys.argv[1:]]),
        experiments=experiments,
        faults=FaultsRecord(seed, every, tuple(found), tuple(network)),
    )  # fmt: skip


def _side_by_side(parts: Sequence[tuple[str, int]], seed: int, jobs: int) -> Iterator[list[Fault]]:
    """The faults of every part, in their order, whoever made them."""
    if jobs == 1:
        return (_part(id, start, seed) for id, start in parts)
    made = Parallel(n_jobs=jobs, return_as="generator")(delayed(_part)(id, start, seed) for id, start in parts)
    return iter(made)


def _part(id: str, start: int, seed: int) -> list[Fault]:
    """TOGETHER variants of a formula, from that one on."""
    row = _row(id)
    # What a wrong formula overflows in is no news.
    with one_thread(), np.errstate(all="ignore"):
        return [scored(variant, row, PEERS, seed) for variant in _variants(id)[start : start + TOGETHER]]


def _row(id: str) -> Row:
    return next(row for row in ROWS if row.id == id)


@cache
def _variants(id: str) -> tuple[Variant, ...]:
    """Those of one formula: every process makes them once, for functions do not travel."""
    return tuple(variants(_row(id)))


def some_faults(rows: Sequence[Row], seed: int = 0, until: float = inf) -> FaultsRecord:
    """A few faults of each formula, and of each rule, before the checks alone: what a report has time for.

    They are named by their numbers; no source is looked into.
    """
    every = {row.id: tuple(variants(row)) for row in rows}
    found: list[Fault] = []
    for variant, row in sample(rows, every):
        if time.perf_counter() > until:
            break
        found.append(scored(variant, row, {}, seed, source=False))
    return FaultsRecord(seed, sum(map(len, every.values())), tuple(found))


def sample(rows: Sequence[Row], every: Mapping[str, Sequence[Variant]]) -> list[tuple[Variant, Row]]:
    """Of each formula those EACH variants whose rules have had their turn least often."""
    turns: Counter[str] = Counter()
    found = []
    for row in rows:
        for variant in sorted(every[row.id], key=lambda variant: turns[variant.rule])[:EACH]:
            turns[variant.rule] += 1
            found.append((variant, row))
    return found


def alike(peers: Peers, seed: int) -> Iterator[Fault]:
    """Forwards that are wrong like their backwards, a layer each."""
    for name, problem in beyond.consistent(seed):
        told: list[Match] = []
        asked, caught, shown = seen(beyond.judged(problem, listener(told)))
        answers = tuple((peer, ask(problem)) for peer, ask in peers.items())
        verdict, how = (CAUGHT, named(ALIKE, told, lambda repaired: False)) if caught else (ESCAPED, "")
        yield Fault("layer", ALIKE, name, False, asked, caught, verdict, shown, answers, surest(told), how)


def in_networks(seed: int) -> Iterator[NetworkFault]:
    """Wrong formulas in the layers of two networks, and wrong elements in the notes' own."""
    for net, (sizes, m) in SIZES.items():
        for fault in injected(net, seed):
            name = f"{'-'.join(map(str, sizes))} on {m} examples"
            yield NetworkFault(name, fault.rule, fault.where, fault.wrong, blamed(fault, seed))
    yield from one_element(seed)
