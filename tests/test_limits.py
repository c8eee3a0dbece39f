"""What a wrong formula may take of the processor and of memory, and that afterwards all is as it was."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest

from verify.faults import limits
from verify.faults.limits import limited


def endless() -> None:
    while True:
        pass


def test_while_it_is_limited_memory_and_work_are_and_afterwards_as_before() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with limited():
        now = int(limits.STATUS.read_text().split()[0]) * resource.getpagesize()
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        # What the process has grown or shrunk by since is little beside what it may.
        assert abs(soft - now - limits.BYTES) < 2**26
        assert hard == before[1]
        left, again = signal.getitimer(signal.ITIMER_PROF)
        assert 14 < left < 16
        assert again == 1.0
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_what_raises_is_limited_no_longer_either() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(KeyError), limited():
        raise KeyError
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_where_a_system_does_not_say_how_large_a_process_is_work_alone_is_limited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    monkeypatch.setattr(limits, "STATUS", limits.STATUS / "nowhere")
    monkeypatch.setattr(limits, "SECONDS", 0.05)
    with limited():
        assert resource.getrlimit(resource.RLIMIT_AS) == before
    with pytest.raises(TimeoutError), limited():
        endless()


def test_it_is_the_size_of_all_that_counts_and_not_what_of_it_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = 500_000  # more than this process has, and less than it may have
    status = tmp_path / "statm"
    status.write_text(f"{pages} 3 2 1 0 5 0\n")
    monkeypatch.setattr(limits, "STATUS", status)
    with limited():
        assert resource.getrlimit(resource.RLIMIT_AS)[0] == pages * resource.getpagesize() + 2 * 2**30
