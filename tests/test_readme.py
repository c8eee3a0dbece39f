"""What the README shows is what the commands beside it print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples" / "own_gradient.py"


def block(command: str) -> list[str]:
    """The lines that the README shows below a command."""
    (found,) = re.findall(rf"```\n\$ {re.escape(command)}\n(.*?)```", README, re.DOTALL)
    return str(found).splitlines()


def printed(*arguments: str) -> list[str]:
    command = [sys.executable, *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def untimed(lines: list[str]) -> list[str]:
    return [re.sub(r" in \d+\.\d s$", "", line) for line in lines]


def test_the_readme_shows_what_the_example_prints() -> None:
    assert untimed(printed(str(EXAMPLE))) == untimed(block(".venv/bin/python examples/own_gradient.py"))


def test_the_readme_shows_the_code_of_the_example() -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert EXAMPLE.read_text(encoding="utf-8").endswith(shown)


def test_the_example_passes_once_its_mistake_is_mended_as_the_readme_says(capsys: pytest.CaptureFixture[str]) -> None:
    exec(EXAMPLE.read_text(encoding="utf-8").replace("(1 - A)", "(1 - A**2)"), {"__name__": "__main__"})
    assert capsys.readouterr().out.startswith("pass: ")


def test_the_readme_shows_what_a_training_prints(tmp_path: Path) -> None:
    (words,) = re.findall(r"```\n\$ \.venv/bin/handgrad (train .*)\n", README)
    command = [sys.executable, "-m", "reports", *words.split()]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    # What the bounds use and where, and how long it takes, is this machine's own.
    own = re.compile(r"^(gradients|steps|curves: largest difference|time)\b.*$")
    shown = block(f".venv/bin/handgrad {words}")
    assert [own.sub(r"\1", line) for line in run.stdout.splitlines()] == [own.sub(r"\1", line) for line in shown]


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", README))
def test_every_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).is_file()
