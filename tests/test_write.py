"""Writing a report: all or nothing, in a new folder or an old one, and one sentence where it cannot be."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reports.write import NAMES, place, render, write
from tests.sample_run import sample_run, sample_training
from verify.errors import UserError
from verify.records.run import Run

OLD = {name: f"old {name}".encode() for name in NAMES}
NEW = {name: f"new {name}".encode() for name in NAMES}


def content(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, hidden files included."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


class Interrupted(Mapping[str, bytes]):
    """The new files, but Ctrl-C is pressed after the third."""

    def __getitem__(self, name: str) -> bytes:
        if name == NAMES[3]:
            raise KeyboardInterrupt
        return NEW[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


def test_a_run_is_written_whole_and_the_page_is_returned(tmp_path: Path) -> None:
    index = write(sample_run(), tmp_path / "deep" / "report")
    assert index == tmp_path / "deep" / "report" / "index.html"
    assert sorted(content(tmp_path / "deep")) == sorted(f"report/{name}" for name in NAMES)
    assert index.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("make", [sample_run, sample_training])
def test_the_same_run_gives_the_same_bytes_in_another_process_and_wall_times_stand_in_timings_alone(
    make: Callable[[], Run],
) -> None:
    slow = replace(make(), timings=(("all", 98765.4321),))
    here = render(slow)
    script = (
        f"import sys; from reports.write import render; from tests.sample_run import {make.__name__}\n"
        f"files = render({make.__name__}())\n"
        "sys.stdout.buffer.write(b''.join(data for name, data in files.items() if 'timings' not in name))"
    )
    root = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(root)}
    there = subprocess.run([sys.executable, "-c", script], cwd=root, env=environment, check=True, capture_output=True)
    assert there.stdout == b"".join(data for name, data in here.items() if "timings" not in name)
    assert [name for name, data in here.items() if b"98765" in data] == ["timings.csv"]


def test_the_picture_of_the_times_is_an_svg_of_its_own_and_says_where_nothing_was_timed() -> None:
    for run in (sample_run(), replace(sample_run(), timings=())):
        text = render(run)["timings.svg"].decode()
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(" not in text
        assert ("No pass was timed" in text) != ("20 ms" in text or "10 ms" in text)


def test_an_old_folder_gets_the_new_files_and_keeps_what_is_not_the_reports(tmp_path: Path) -> None:
    place(OLD, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    place(NEW, tmp_path)
    assert content(tmp_path) == NEW | {"notes.txt": b"mine"}


def test_an_interrupted_write_leaves_the_old_report_whole(tmp_path: Path) -> None:
    place(OLD, tmp_path / "report")
    with pytest.raises(KeyboardInterrupt):
        place(Interrupted(), tmp_path / "report")
    assert content(tmp_path / "report") == OLD


def test_an_interrupted_write_of_a_new_report_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        place(Interrupted(), tmp_path / "report")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_as_open_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    place(NEW, tmp_path / "report")
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


def test_a_folder_behind_a_link_is_filled_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    place(NEW, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "real") == NEW


def test_a_place_that_cannot_be_written_is_said_in_one_sentence_and_nothing_is_touched(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "taken" / "index.html").mkdir(parents=True)
    before = content(tmp_path)
    for out in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "broken", tmp_path / "taken"):
        with pytest.raises(UserError, match=r"cannot be written: .*; give another with --out") as raised:
            place(NEW, out)
        assert "\n" not in str(raised.value)
    assert content(tmp_path) == before


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs Linux's /proc, where nobody may make a folder")
def test_a_folder_that_even_the_superuser_cannot_make_is_found_out_beforehand() -> None:
    with pytest.raises(UserError, match="cannot be written"):
        place(NEW, Path("/proc/handgrad/report"))
