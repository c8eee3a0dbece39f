"""The main job: every formula through its checks, the slips refuted, the network walked; one plain record of it all."""

from __future__ import annotations

import platform
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path

from threadpoolctl import threadpool_info, threadpool_limits

from verify import formulas
from verify.catalogue import CATALOGUE, ORACLES
from verify.datasets import check_layers, load
from verify.errors import UserError, nearest
from verify.exhaustive import every_element
from verify.experiments.vectorise import passes
from verify.network import walk
from verify.records import (
    FAIL,
    INCONCLUSIVE,
    Discrepancy,
    ExhaustiveRecord,
    Experiment,
    NetworkRecord,
    Run,
    Slip,
)
from verify.row import Row, Setting, Written, examine

LAYERS = (12288, 20, 7, 5, 1)
Progress = Callable[[str, int, int], None]


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

    `quick` leaves the walk out and takes the typical cases alone; `full` takes five seeds. `exhaustive` checks every
    parameter of the network besides. `seconds` is a budget of time: the rows not reached by then are inconclusive, and
    say so. Raises UserError on a name that nothing bears, and
    on data or layers that cannot be used, before anything is run.
    """
    rows = [row for row in CATALOGUE if not only or any(fnmatchcase(row.id, glob) for glob in only)]
    for glob in only:
        if not any(fnmatchcase(row.id, glob) for row in CATALOGUE):
            raise UserError(
                f"no formula is called {glob!r}{nearest(glob, [row.id for row in CATALOGUE])}; "
                "`handgrad formulas` lists them"
            )
    for name in oracles:
        if name not in ORACLES:
            raise UserError(f"no oracle is called {name!r}{nearest(name, ORACLES)}; there are {', '.join(ORACLES)}")
    walks = not quick and not only
    if layers and not (walks or exhaustive):
        raise UserError(
            "--layers is for the network, which --only and --quick leave out; give one or the other, or --exhaustive"
        )
    dataset = load(data) if walks or exhaustive or data else None
    sizes = layers or (LAYERS if dataset is None else (dataset.X_train.shape[0], *LAYERS[1:]))
    if dataset is not None:
        check_layers(sizes, dataset)

    found: list[Discrepancy] = []
    slips: list[Slip] = []
    experiments: list[Experiment] = []
    timings: list[tuple[str, float]] = []
    network: NetworkRecord | None = None
    elements: ExhaustiveRecord | None = None
    steps = len(rows) + walks + exhaustive
    started = time.perf_counter()
    with one_thread():
        chapters = formulas.chapters()
        spent = dict.fromkeys((title for _, title in chapters.values()), 0.0)
        for i, row in enumerate(rows):
            if progress:
                progress(row.id, i, steps)
            clock = time.perf_counter()
            if seconds is not None and clock - started > seconds:
                found.append(
                    Discrepancy(
                        row.id, "all", "formula", "none", INCONCLUSIVE, finding=f"not reached within {seconds:g} s"
                    )
                )
                continue
            for s in range(seed, seed + (5 if full else 1)):
                # One picture of each experiment is enough; --quick shows none.
                show = experiments.append if s == seed and not quick else None
                timed = timings.append if s == seed else None
                setting = Setting(s, tuple(dtypes), frozenset(oracles), quick, show=show, timed=timed)
                found += examine(row, setting)
            slips += [refuted(row, slip, Setting(seed, quick=True)) for slip in row.slips]
            spent[chapters[formulas.row_of(row.id)][1]] += time.perf_counter() - clock
        timings += [(f"chapter {title}", t) for title, t in spent.items()]
        if any(row.id == "vectorise" for row in rows):
            timings += passes()
        for part, wanted, question in (("network", walks, "agreement"), ("exhaustive", exhaustive, "formula")):
            if not wanted or dataset is None:
                continue
            if seconds is not None and time.perf_counter() - started > seconds:
                reason = f"not reached within {seconds:g} s"
                found.append(Discrepancy(part, "all", question, "none", INCONCLUSIVE, finding=reason))
                continue
            if progress:
                progress(part, steps - (walks + exhaustive if part == "network" else 1), steps)
            clock = time.perf_counter()
            if part == "network":
                network = walk(dataset, sizes, seed=seed)
            else:
                elements = every_element(dataset, sizes, seed)
            timings.append((f"{part} {'-'.join(map(str, sizes))}", time.perf_counter() - clock))
        machine = environment()
    timings.append(("all", time.perf_counter() - started))
    # With some oracles left out, a formula that none of the others judges has not been looked at.
    known = {d.formula for d in found} if oracles else {row.id for row in rows}
    return Run(
        formulas=tuple(f for f in formulas.records() if f.id in known),
        discrepancies=tuple(found),
        slips=tuple(slips),
        network=network,
        timings=tuple(timings),
        environment=machine,
        seed=seed,
        command=shlex.join(["handgrad", *sys.argv[1:]]),
        experiments=tuple(experiments),
        exhaustive=elements,
    )


@contextmanager
def one_thread() -> Iterator[None]:
    """BLAS and PyTorch on one thread: the same bytes on every run."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        torch.set_num_threads(before)


def environment() -> dict[str, str]:
    """The versions and threads that a figure depends on."""
    packages = {p: version(p) for p in ("numpy", "torch", "python-flint", "sympy", "pandas", "scikit-learn")}
    blas = {f"{i['internal_api']} {i.get('version') or ''}".strip(): str(i["num_threads"]) for i in threadpool_info()}
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **packages,
        "threads": ", ".join(f"{k}: {v}" for k, v in sorted(blas.items())),
    }


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
