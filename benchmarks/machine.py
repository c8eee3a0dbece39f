"""What a ratio depends on: the processor, its cores, the two libraries and what else ran."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

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
        "load average at the start": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
    }


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
