"""What the figures of a run depend on besides its seed: threads, versions, the machine."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

from threadpoolctl import threadpool_info, threadpool_limits

Progress = Callable[[str, int, int], None]


@contextmanager
def one_thread() -> Iterator[None]:
    """BLAS and PyTorch on one thread: the same bytes on every run."""
    import torch

    before = torch.get_num_threads()
    with threadpool_limits(limits=1):
        torch.set_num_threads(1)
        try:
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
