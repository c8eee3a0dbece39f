"""What is installed is what was tested: every package, every data file, every pin."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

import handgrad

PACKAGES = ("manual", "reference_torch", "reports", "verify")

# Where the name of the module is not the name of what is installed.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "flint": "python-flint",
    "sklearn": "scikit-learn",
    "vl_convert": "vl-convert-python",
}


@pytest.fixture(scope="module")
def pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text())


def normal(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def python_folders(root: Path) -> list[Path]:
    return sorted({file.parent for package in PACKAGES for file in (root / package).rglob("*.py")})


def test_a_folder_without_init_would_not_be_installed(root: Path) -> None:
    assert [str(f.relative_to(root)) for f in python_folders(root) if not (f / "__init__.py").is_file()] == []


def test_a_package_that_the_pattern_misses_would_not_be_installed(root: Path, pyproject: dict[str, Any]) -> None:
    patterns = pyproject["tool"]["setuptools"]["packages"]["find"]["include"]
    dotted = [".".join(f.relative_to(root).parts) for f in python_folders(root)]
    assert [name for name in dotted if not any(fnmatchcase(name, p) for p in patterns)] == []
    assert not any(fnmatchcase(name, p) for name in ("tests", "benchmarks", "docs") for p in patterns)


def test_a_data_file_that_no_pattern_names_would_not_be_installed(root: Path, pyproject: dict[str, Any]) -> None:
    data = pyproject["tool"]["setuptools"]["package-data"]
    for package in PACKAGES:
        named = {f for pattern in [*data["*"], *data.get(package, [])] for f in (root / package).glob(pattern)}
        others = {
            f
            for f in (root / package).rglob("*")
            if f.is_file() and f.suffix not in (".py", ".pyc") and "__pycache__" not in f.parts
        }
        assert sorted(map(str, others - named)) == []
        assert root / package / "py.typed" in others


def test_a_dependency_without_a_pin_would_change_under_the_tests(root: Path, pyproject: dict[str, Any]) -> None:
    lines = (root / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []  # no '+cpu', no path, no range
    project = pyproject["project"]
    wanted = {normal(r) for r in sum(project["optional-dependencies"].values(), project["dependencies"])}
    assert wanted - {"handgrad"} <= {normal(pin) for pin in pins}


def test_what_the_packages_import_is_what_is_declared(root: Path, pyproject: dict[str, Any]) -> None:
    import grimp

    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    external = {m.partition(".")[0] for m in graph.modules if graph.is_module_squashed(m)}
    imported = {normal(DISTRIBUTIONS.get(m, m)) for m in external - sys.stdlib_module_names}
    project = pyproject["project"]
    declared = {normal(r) for r in project["dependencies"] + project["optional-dependencies"]["cats"]}
    declared |= {normal(r) for r in project["optional-dependencies"]["peers"]}
    assert imported - declared == set()


def test_the_version_is_said_once_and_has_its_place_in_the_changelog(root: Path, pyproject: dict[str, Any]) -> None:
    assert pyproject["project"]["dynamic"] == ["version"]
    assert pyproject["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "handgrad.__version__"}
    assert f"\n## {handgrad.__version__}" in (root / "CHANGELOG.md").read_text()


def test_the_command_starts_without_torch_pandas_or_pictures(root: Path, pyproject: dict[str, Any]) -> None:
    module, _, function = pyproject["project"]["scripts"]["handgrad"].partition(":")
    code = f"import sys, {module}; {module}.{function}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    loaded = set(result.stdout.split())
    assert not loaded & {"torch", "pandas", "altair", "vl_convert", "sklearn", "sympy", "flint", "pyarrow"}
