"""A report folder, written all or nothing: whoever looks, or interrupts, finds the old files or the new, never half."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from reports import document, frames, html, junit, markdown, timing_plots
from verify.errors import UserError
from verify.records.run import Run

if TYPE_CHECKING:
    import pandas as pd

# The page comes last: while an old folder is being refilled, it never shows what does not lie beside it yet.
NAMES = (
    "discrepancies.csv", "discrepancies.parquet", "health.csv", "health.parquet", "faults.csv", "faults.parquet",
    "timings.csv", "timings.svg", "summary.md", "junit.xml", "report.json", "index.html",
)  # fmt: skip
# What a training adds, and what an older training leaves behind.
TRAINING = ("training.csv", "training.parquet")


def render(run: Run) -> dict[str, bytes]:
    """Every file of the report, by name. The same run gives the same bytes, the times in timings.* apart."""
    return {
        **(_table("training", frames.training(run)) if run.training else {}),
        **_table("discrepancies", frames.discrepancies(run)),
        **_table("health", frames.health(run)),
        **_table("faults", frames.faults(run)),
        "timings.csv": frames.to_csv(frames.timings(run)),
        "timings.svg": _utf8(timing_plots.passes(run.timings)),
        "summary.md": _utf8(markdown.summary(run)),
        "junit.xml": _utf8(junit.suite(run)),
        "report.json": _utf8(document.dump(run)),
        "index.html": _utf8(html.page(run)),
    }


def _table(name: str, frame: pd.DataFrame) -> dict[str, bytes]:
    return {f"{name}.csv": frames.to_csv(frame), f"{name}.parquet": frames.to_parquet(frame)}


def _utf8(text: str) -> bytes:
    # A half of a surrogate pair (from a file name, say) has no UTF-8; its escape is readable everywhere, JSON included.
    return text.encode("utf-8", "backslashreplace")


def write(run: Run, out: Path) -> Path:
    """Write the report into the folder `out`, made where it is missing, and return the path of its index.html.

    Everything is rendered before anything is written. Raises UserError where the folder cannot be written.
    """
    return place(render(run), out)


def place(files: Mapping[str, bytes], out: Path) -> Path:
    """Put files into a folder: a new folder appears at once and whole; in an old one each file is replaced whole.

    What an earlier training left in it goes: it would stand beside a page that does not know it.
    """
    writable(out, files)
    with _said(out):
        # An old folder takes the new files in a hidden folder of its own: the same file system, whatever it links to.
        home = out if out.is_dir() else out.parent
        home.mkdir(parents=True, exist_ok=True)
        fresh = home / f".handgrad-{token_hex(4)}"
        fresh.mkdir()
        try:
            for name, content in files.items():
                _flush(fresh / name, content)
            if out.is_dir():
                for name in files:
                    (fresh / name).replace(out / name)
                for name in stale(out, files):
                    (out / name).unlink(missing_ok=True)
            else:
                fresh.rename(out)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return out / "index.html"


def stale(out: Path, files: Iterable[str]) -> tuple[str, ...]:
    """The files of an earlier training that `files` do not replace; none where the training.csv there is not ours."""
    csv = out / TRAINING[0]
    if TRAINING[0] in files or not csv.is_file():
        return ()
    with csv.open("rb") as file:
        return TRAINING if file.readline().rstrip() == ",".join(frames.TRAINING).encode() else ()


def writable(out: Path, names: Iterable[str] = NAMES) -> None:
    """Ask before the work is done whether files of these names will find a place. Raises UserError with the reason."""
    with _said(out):
        nearest = next(path for path in (out, *out.parents) if path.exists() or path.is_symlink())
        if not nearest.is_dir():
            raise NotADirectoryError(f"{nearest} is not a folder")
        # What may be written is found out by writing: permissions alone do not tell, for the superuser least of all.
        probe = nearest / f".handgrad-{token_hex(4)}"
        probe.mkdir()
        probe.rmdir()
        for name in names:
            if (out / name).is_dir():
                raise IsADirectoryError(f"{out / name} is a folder, and a file of the report bears its name")
        for name in {"index.html", "training.csv"}.intersection(names):
            if (out / name).exists() and not (out / "report.json").exists():
                raise FileExistsError(f"{out / name} is somebody else's, and would be overwritten")


def _flush(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _said(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"the folder {str(out)!r} cannot be written: {reason}; give another with --out") from error
