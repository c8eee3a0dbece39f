"""What the figures of a run depend on: threads, that are one where bytes must be the same, and what is said of all."""

from __future__ import annotations

import platform
from importlib.metadata import version

import torch
from threadpoolctl import threadpool_info, threadpool_limits

from verify.machine import environment, one_thread


def threads() -> set[int]:
    return {torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())}


def test_all_pools_have_one_thread_inside_and_as_many_as_before_behind_even_where_it_fails() -> None:
    with threadpool_limits(limits=2):
        torch.set_num_threads(2)
        try:
            assert threads() == {2}
            try:
                with one_thread():
                    assert threads() == {1}
                    raise ArithmeticError
            except ArithmeticError:
                assert threads() == {2}
        finally:
            torch.set_num_threads(1)


def test_versions_machine_and_threads_are_told() -> None:
    told = environment()
    packages = ("numpy", "torch", "python-flint", "sympy", "pandas", "scikit-learn")
    assert list(told) == ["python", "machine", *packages, "threads"]
    assert told["python"] == platform.python_version()
    assert told["machine"] == f"{platform.system()} {platform.machine()}"
    assert {name: told[name] for name in packages} == {name: version(name) for name in packages}
    pools = told["threads"].split(", ")
    assert pools == sorted(pools)
    for pool in threadpool_info():
        # OpenMP tells no version.
        known = f" {pool['version']}" if pool["version"] else ""
        assert f"{pool['internal_api']}{known}: {pool['num_threads']}" in pools
