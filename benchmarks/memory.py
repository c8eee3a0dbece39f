"""How much memory a piece of work takes at its peak, above what the process held before."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_since() -> Callable[[], int]:
    """A watch: asked later, it says by how many bytes the resident memory rose above what is held now, at its peak.

    Linux forgets an earlier peak when asked to. Elsewhere the peak is that of the process's whole life (ru_maxrss), and
    only what goes beyond it is seen.
    """
    if not STATUS.exists():
        before = lifelong()
        return lambda: lifelong() - before
    _give_back()
    RESET.write_text("5")
    before = _status("VmRSS")
    return lambda: max(0, _status("VmHWM") - before)


def _status(name: str) -> int:
    """Bytes. A child's ru_maxrss starts at its parent's on Linux; what stands here is its own."""
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return 1024 * int(line.split()[1])


def lifelong() -> int:
    """The most memory, in bytes, that this process has held so far."""
    import resource

    # In bytes on macOS, in KiB elsewhere.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _give_back() -> None:
    """What was freed goes back to the system, where C's library can: or the work would reuse it unseen."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
