"""The main job: every formula through its checks, the slips refuted, the network walked; one plain record of it all."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import Any

from verify import formulas
from verify.catalogue import CATALOGUE, ORACLES
from verify.datasets import check_layers, load
from verify.errors import UserError, nearest
from verify.exhaustive import every_element
from verify.experiments.vectorise import passes
from verify.faults.run import some_faults
from verify.health.table import health
from verify.machine import Progress, environment, one_thread
from verify.network import walk
from verify.peer_cases.table import records as peer_cases
from verify.records.discrepancy import Discrepancy
from verify.records.experiment import Experiment
from verify.records.formula import Slip
from verify.records.run import Run
from verify.records.verdict import FAIL, INCONCLUSIVE
from verify.row import Row, Written, chosen, examine
from verify.setting import Setting

LAYERS = (20, 7, 5, 1)  # of the notes' network, after the pixels
DIGITS, FAULTS, MISJUDGED = "digits kept", "would it notice", "what other checks misjudge"


def verify(
    only: Sequence[str] = (),
    oracles: Sequence[str] = (),
    dtypes: Sequence[str] = ("float64", "float32"),
    seed: int = 0,
    quick: bool = False,
    full: bool = False,
    exhaustive: bool = False,
    data: str | Path | None = None,
    layers: tuple[int, ...] | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Run:
    """Verify the rows that `only` names (globs; all, where none is given), then walk the network.

    The digits that each formula keeps against its inputs are measured besides, and some faults put into it. `quick`
    leaves those and the walk out, and takes the typical cases alone; `full` takes five seeds. `exhaustive` checks every
    parameter of the network besides. `seconds` is a budget of time: the rows not reached by then are inconclusive, and
    say so. Raises UserError on a name that nothing bears, and on data or layers that cannot be used, before anything is
    run.
    """
    rows = chosen(CATALOGUE, only)
    for name in oracles:
        if name not in ORACLES:
            raise UserError(f"no oracle is called {name!r}{nearest(name, ORACLES)}; there are {', '.join(ORACLES)}")
    walks = not quick and not only
    if layers and not (walks or exhaustive):
        raise UserError(
            "--layers is for the network, which --only and --quick leave out; give one or the other, or --exhaustive"
        )
    dataset = load(data) if walks or exhaustive or data else None
    sizes = layers or (() if dataset is None else (dataset.X_train.shape[0], *LAYERS))
    if dataset is not None:
        check_layers(sizes, dataset)

    found: list[Discrepancy] = []
    slips: list[Slip] = []
    experiments: list[Experiment] = []
    timings: list[tuple[str, float]] = []
    started = time.perf_counter()
    until = inf if seconds is None else started + seconds
    net = "-".join(map(str, sizes))
    # Each part with whether it is wanted, and, where it is to decide something, the question that it answers.
    parts: dict[str, tuple[bool, str, Callable[[], Any]]] = {
        f"network {net}": (walks, "agreement", lambda: dataset and walk(dataset, sizes, seed=seed)),
        f"exhaustive {net}": (exhaustive, "formula", lambda: dataset and every_element(dataset, sizes, seed)),
        DIGITS: (not quick and not oracles, "", lambda: health([row.id for row in rows], dtypes, seed, until)),
        FAULTS: (not quick and not oracles, "", lambda: some_faults(rows, seed, until)),
        MISJUDGED: (walks, "", peer_cases),
    }
    wanted = [name for name, (asked, _, _) in parts.items() if asked]
    steps = len(rows) + len(wanted)
    made: dict[str, Any] = {}
    with one_thread():
        chapters = formulas.chapters()
        spent = dict.fromkeys((title for _, title in chapters.values()), 0.0)
        for i, row in enumerate(rows):
            if progress:
                progress(row.id, i, steps)
            clock = time.perf_counter()
            if clock > until:
                found.append(_not_reached(row.id, "formula", seconds))
                continue
            for s in range(seed, seed + (5 if full else 1)):
                # One picture of each experiment is enough; --quick shows none.
                show = experiments.append if s == seed and not quick else None
                timed = timings.append if s == seed else None
                setting = Setting(s, tuple(dtypes), frozenset(oracles), quick, show=show, timed=timed)
                found += examine(row, setting)
            slips += [refuted(row, slip, Setting(seed, quick=True, source=False)) for slip in row.slips]
            spent[chapters[formulas.row_of(row.id)][1]] += time.perf_counter() - clock
        timings += [(f"chapter {title}", t) for title, t in spent.items()]
        if any(row.id == "vectorise" for row in rows):
            timings += passes()
        for i, name in enumerate(wanted, start=len(rows)):
            _, question, make = parts[name]
            if progress:
                progress(name, i, steps)
            clock = time.perf_counter()
            if clock <= until:
                made[name] = make()
                timings.append((name, time.perf_counter() - clock))
            elif question:
                found.append(_not_reached(name.split()[0], question, seconds))
        machine = environment()
    timings.append(("all", time.perf_counter() - started))
    # With some oracles left out, a formula that none of the others judges has not been looked at.
    known = {d.formula for d in found} if oracles else {row.id for row in rows}
    return Run(
        formulas=tuple(f for f in formulas.records() if f.id in known),
        discrepancies=tuple(found),
        slips=tuple(slips),
        network=made.get(f"network {net}"),
        timings=tuple(timings),
        environment=machine,
        seed=seed,
        command=shlex.join(["handgrad", *sys.argv[1:]]),
        experiments=tuple(experiments),
        exhaustive=made.get(f"exhaustive {net}"),
        health=made.get(DIGITS, ()),
        faults=made.get(FAULTS),
        peer_cases=made.get(MISJUDGED, ()),
    )


def _not_reached(formula: str, question: str, seconds: float | None) -> Discrepancy:
    return Discrepancy(formula, "all", question, "none", INCONCLUSIVE, finding=f"not reached within {seconds:g} s")


def refuted(row: Row, slip: Written, setting: Setting) -> Slip:
    """An author's slip goes through its row's own checks, and must come out refuted; a slip of the scan is listed."""
    if slip.wrong is None:
        return Slip(row.id, slip.kind, slip.as_written, slip.corrected, "listed", note=slip.note)
    failures = [d for d in examine(row, setting, slip.wrong) if d.verdict == FAIL]
    if not failures:
        return Slip(row.id, slip.kind, slip.as_written, slip.corrected, "not refuted", note=slip.note)
    shown = next((d for d in failures if d.at), failures[0])
    return Slip(
        row.id, slip.kind, slip.as_written, slip.corrected, "refuted",
        at=shown.at, mine=shown.mine, want=shown.want, used=shown.used, note=slip.note,
    )  # fmt: skip
