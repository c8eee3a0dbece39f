"""The door: lazy, with the signature of what stands behind it, and plain about a file that is in the way."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import handgrad
from verify.errors import UserError

CALL = "from handgrad import check; check(None)"


def python(folder: Path, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python in `folder`, whose files come before those of the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    return result.stderr.strip().splitlines()[-1]


def test_importing_the_door_imports_nothing_heavy(root: Path, tmp_path: Path) -> None:
    result = python(tmp_path, root, "-c", "import handgrad, sys; print(*sorted(sys.modules))")
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert "handgrad" in loaded
    assert not loaded & {"numpy", "torch", "pandas", "flint", "scipy", "sklearn", "rich", *handgrad.PACKAGES}


def test_the_door_promises_check_sketch_and_a_version() -> None:
    assert set(handgrad.__all__) == {"check", "sketch", "__version__"}
    assert all(part.isdigit() for part in handgrad.__version__.split("."))


def test_the_door_and_what_stands_behind_it_take_the_same_arguments() -> None:
    from verify.check import check
    from verify.sketch import sketch

    assert inspect.signature(handgrad.check).parameters == inspect.signature(check).parameters
    assert inspect.signature(handgrad.sketch).parameters == inspect.signature(sketch).parameters


@pytest.mark.parametrize(("behind", "door"), [("judge", handgrad.check), ("look", handgrad.sketch)])
def test_every_argument_is_handed_on(behind: str, door: Callable[..., Any], root: Path) -> None:
    tree = ast.parse((root / "handgrad.py").read_text())
    (call,) = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == behind]
    handed = [ast.unparse(a) for a in call.args] + [ast.unparse(k.value) for k in call.keywords]
    assert handed == list(inspect.signature(door).parameters)
    assert all(k.arg == ast.unparse(k.value) for k in call.keywords)


def test_a_file_of_the_user_s_that_hides_a_package_is_named_in_one_sentence(root: Path, tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_text("print('mine')\n")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "__init__.py").touch()

    result = python(tmp_path, root, "-c", CALL)
    assert last_line(result) == (
        f"ImportError: handgrad's own package 'reports' is hidden by {tmp_path / 'reports'}, which Python finds first: "
        "rename that one, or start Python from another folder"
    )
    (tmp_path / "reports").rename(tmp_path / "my_reports")
    result = python(tmp_path, root, "-c", CALL)
    assert f"'verify' is hidden by {tmp_path / 'verify.py'}" in last_line(result)
    assert result.stdout == ""  # the user's file was found, not run

    (tmp_path / "verify.py").rename(tmp_path / "my_verify.py")
    assert "inputs is missing" in last_line(python(tmp_path, root, "-c", CALL))


def test_a_script_of_the_user_s_called_verify_is_named(root: Path, tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_text(f"{CALL}\n")
    assert f"'verify' is hidden by {tmp_path / 'verify.py'}" in last_line(python(tmp_path, root, "verify.py"))


def test_a_module_that_the_user_has_imported_already_is_named(root: Path, tmp_path: Path) -> None:
    (tmp_path / "manual.py").touch()
    result = python(tmp_path, root, "-c", f"import manual, sys; sys.path.pop(0); {CALL}")
    assert f"'manual' is hidden by {tmp_path / 'manual.py'}" in last_line(result)


def test_an_output_folder_called_reports_is_not_in_the_way(root: Path, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    assert "inputs is missing" in last_line(python(tmp_path, root, "-c", CALL))


def test_a_right_gradient_passes_a_wrong_one_fails_and_a_missing_argument_is_named() -> None:
    W, x = np.array([[0.5, -1.0], [2.0, 0.25], [1.0, 0.0]]), np.array([[1.0], [-0.5]])

    def forward(W: np.ndarray, x: np.ndarray) -> np.ndarray:
        return W @ x

    def backward(dout: np.ndarray, W: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return dout @ x.T, W.T @ dout

    def wrong(dout: np.ndarray, W: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 2 * dout @ x.T, W.T @ dout

    assert handgrad.check(forward, backward, {"W": W, "x": x}).passed
    assert handgrad.check(forward, wrong, {"W": W, "x": x}).verdict == "fail"
    with pytest.raises(UserError, match="inputs is missing"):
        handgrad.check(forward, backward)
