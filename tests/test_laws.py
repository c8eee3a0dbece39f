"""The import laws hold, and each of them bites: whoever breaks one is told which."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

PACKAGES = ("manual", "reference_torch", "verify", "reports")

DOWNWARDS = "imports point downwards"
NUMPY_ONLY = "the notes are plain NumPy"
TORCH_ONLY = "the definitions are plain PyTorch"
RECORDS_ONLY = "reports see plain records"
NOBODY = "nobody imports the door or the tests"

WIDE = {**os.environ, "COLUMNS": "200"}  # so that no contract's name is wrapped


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=WIDE)


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Path:
    """A copy of what the laws are about."""
    for name in PACKAGES:
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(root / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def test_the_laws_hold(root: Path) -> None:
    result = lint(root)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    ("package", "line", "law"),
    [
        ("manual", "import verify.errors", DOWNWARDS),
        ("manual", "import reference_torch", DOWNWARDS),
        ("reference_torch", "import manual", DOWNWARDS),
        ("verify", "import reports", DOWNWARDS),
        ("reports", "import handgrad", NOBODY),
        ("manual", "import torch", NUMPY_ONLY),
        ("manual", "from scipy.special import expit", NUMPY_ONLY),
        ("reference_torch", "import numpy", TORCH_ONLY),
        ("reports", "def late():\n    import torch", RECORDS_ONLY),
        ("reports", "import manual", RECORDS_ONLY),
        ("reports", "import reference_torch", RECORDS_ONLY),
        ("verify", "from tests import conftest", NOBODY),
    ],
)
def test_whoever_breaks_a_law_is_told_which(tree: Path, package: str, line: str, law: str) -> None:
    with (tree / package / "__init__.py").open("a") as file:
        file.write(f"\n{line}\n")
    result = lint(tree)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [text for text in result.stdout.splitlines() if text.endswith("BROKEN")]
    assert [text for text in broken if text.startswith(law)], result.stdout


def test_every_contract_is_broken_by_one_of_the_cases_above(root: Path) -> None:
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    laws = (DOWNWARDS, NUMPY_ONLY, TORCH_ONLY, RECORDS_ONLY, NOBODY)
    assert len(contracts) == len(laws)
    assert all(contract["name"].startswith(law) for contract, law in zip(contracts, laws, strict=True))


@pytest.mark.parametrize(("package", "library"), [("manual", "numpy"), ("reference_torch", "torch")])
def test_an_import_that_no_contract_thought_of_is_seen_too(package: str, library: str) -> None:
    """The contracts forbid by name; this allows by name."""
    graph = grimp.build_graph(package, include_external_packages=True, cache_dir=None)
    imported = {
        target.partition(".")[0]
        for module in graph.modules
        if module.partition(".")[0] == package
        for target in graph.find_modules_directly_imported_by(module)
    }
    assert imported <= {package, library, *sys.stdlib_module_names}
