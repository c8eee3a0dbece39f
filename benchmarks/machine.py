"""What a ratio depends on: the processor, its cores, the two libraries, and what else ran meanwhile."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from math import nan
from pathlib import Path
from time import perf_counter, process_time

import torch
from threadpoolctl import threadpool_info


def machine() -> dict[str, str]:
    """By name; no host and no folder."""
    blas = "; ".join(
        f"{pool['internal_api']} {pool['version']}, {pool.get('architecture', 'unknown')} kernels"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    )
    kernels = torch.backends.cpu.get_cpu_capability()
    peer = f"MKL, {kernels}" if torch.backends.mkl.is_available() else kernels  # type: ignore[no-untyped-call]
    return {
        "processor": f"{_processor()}, {cores()} cores",
        "NumPy": f"{version('numpy')} with {blas or 'a BLAS that threadpoolctl does not know'}",
        "PyTorch": f"{version('torch')} with {peer}",
        "Python": f"{platform.python_version()} on {platform.system()}",
    }


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def watched() -> Callable[[], float]:
    """A watch: asked later, it says which share of all cores' time others took since; nan where nobody can tell."""
    started, before, own = perf_counter(), _busy(), process_time()

    def others() -> float:
        spent = (_busy() - before) - (process_time() - own)
        return min(1.0, max(0.0, spent / (perf_counter() - started) / (os.cpu_count() or 1)))

    return others


def _busy() -> float:
    """Seconds of work of all processes on all cores since the machine started, as Linux counts them."""
    listed = Path("/proc/stat")
    if not listed.exists():
        return nan
    user, nice, system, _, _, irq, softirq, steal = map(int, listed.read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
