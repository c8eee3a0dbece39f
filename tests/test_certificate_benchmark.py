"""The benchmark of the certificate times what is right, all of it, and says where the time went."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import certificate, certified
from benchmarks.agree import DisagreementError
from benchmarks.certified import Subject, check, measured, nets, profiled
from benchmarks.nets import Net
from verify.arithmetic.balls import Balls, precision
from verify.oracles.certificate import BUNDLE
from verify.oracles.decide import ELEMENTS

SMALL = Net((4, 3, 1), 5, "tanh")


def test_the_table_the_records_and_the_markdown_tell_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "table.md"
    assert certificate.main(["--quick", "--json", "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    (cell,) = told["cells"]
    header, _, row = [line.strip("| ").split(" | ") for line in out.read_text("utf-8").splitlines() if "|" in line]
    assert tuple(header) == certificate.COLUMNS
    assert row[:4] == [cell["net"], str(cell["m"]), cell["hidden"], str(cell["parameters"])]
    assert row[4] == f"{cell['together_median']:.3g}"
    assert row[5] == f"{cell['parameters'] / cell['together_median']:,.0f}"
    assert row[6] == f"{1 / cell['alone_median']:,.0f}"
    assert row[7].startswith(f"{cell['gain_median']:.2f} ")
    assert "Python" in told["machine"]
    assert certificate.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    assert cell["net"] in printed
    assert all(name in printed for name in certificate.COLUMNS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "table.csv"], "--out is 'table.csv'; a table is written as .md"),
        (["--rounds", "0"], "--rounds is 0; at least one round is needed"),
    ],
)
def test_what_cannot_be_timed_is_said_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert certificate.main(arguments) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""


def test_size_depth_width_and_examples_vary_and_951_parameters_are_among_them() -> None:
    sizes = {(net.name, net.m, net.hidden): sum(n * (p + 1) for p, n in zip(net.sizes, net.sizes[1:], strict=False))
             for net in nets()}  # fmt: skip
    assert sizes["70-10-20-1", 20, "tanh"] == sizes["70-10-20-1", 20, "relu"] == 951
    assert min(sizes.values()) < 100 < 5000 < max(sizes.values())
    near = [name for (name, m, _), n in sizes.items() if m == 20 and 900 < n < 1000]
    assert {name.count("-") for name in near} == {2, 3, 5}
    assert len({m for name, m, _ in sizes if name == "70-10-20-1"}) == 5


def test_the_gain_divides_times_of_derivatives_not_of_passes() -> None:
    cell = measured(SMALL, 1, 4)
    assert cell.parameters == 4 * 3 + 3 + 3 + 1
    assert cell.gain.median == cell.alone.median / (cell.together.median / cell.parameters)
    assert cell.per_second == cell.parameters / cell.together.median


def test_every_part_of_a_pass_is_seen_and_the_shares_are_of_the_whole() -> None:
    of = Subject(SMALL)
    with precision():
        shares = profiled(of.together)
    assert list(shares) == [*certified.PARTS, certified.REST]
    assert all(share > 0 for share in shares.values())
    assert abs(sum(shares.values()) - 1) <= len(shares) * np.finfo(float).eps
    nothing = profiled(lambda: sorted(range(100)))
    assert nothing[certified.REST] == 1


def test_the_parameters_passed_alone_are_spread_over_all_of_them() -> None:
    of = Subject(SMALL)
    assert of.places(10**6) == [(name, i) for name, x in of.parameters.items() for i in range(x.size)]
    few = of.places(3)
    assert (few[0], few[-1]) == (("W1", 0), ("b2", 0))


class Slipped(Subject):
    """db[1] without its factor 1/m."""

    def backward(self, **parameters: Any) -> dict[str, Any]:
        found = super().backward(**parameters)
        return {**found, "b1": found["b1"] * self.net.m}


class Mixed(Subject):
    """A pass for one parameter that answers for its neighbour."""

    def alone(self, name: str, i: int) -> Balls:
        return super().alone(name, (i + 1) % self.parameters[name].size)


def test_a_wrong_backward_and_passes_that_disagree_are_refused_before_anything_is_timed() -> None:
    with precision():
        check(Subject(SMALL), 3)
        with pytest.raises(DisagreementError, match="4-3-1: the backward by hand is wrong"):
            check(Slipped(SMALL), 3)
        with pytest.raises(DisagreementError, match=r"one for W1\[0\] are disjoint"):
            check(Mixed(SMALL), 3)


def test_a_disagreement_ends_the_command_with_1_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(certified, "Subject", Slipped)
    assert certificate.main(["--quick"]) == 1
    assert "the backward by hand is wrong" in capsys.readouterr().err


def test_the_documented_table_has_a_row_for_every_network(root: Path) -> None:
    text = (root / "docs" / "CERTIFICATE.md").read_text(encoding="utf-8")
    header, _, *rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert tuple(header) == certificate.COLUMNS
    assert [(row[0], row[1], row[2]) for row in rows] == [(net.name, str(net.m), net.hidden) for net in nets()]


def test_the_documented_example_prints_what_stands_below_it(root: Path) -> None:
    text = (root / "docs" / "CERTIFICATE.md").read_text(encoding="utf-8")
    (code, shown) = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", text, re.DOTALL)[0]
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    untimed = re.compile(r" in \d+\.\d s$", re.MULTILINE)
    assert untimed.sub("", run.stdout).rstrip() == untimed.sub("", shown).rstrip()


def test_the_documents_name_the_number_of_elements_that_are_judged_one_by_one(root: Path) -> None:
    checks, page = ((root / "docs" / name).read_text(encoding="utf-8") for name in ("CHECKS.md", "CERTIFICATE.md"))
    assert f"more than {ELEMENTS:,} elements in all" in checks
    assert f"Up to {ELEMENTS:,} elements in all" in page
    assert f"bundles of up to {BUNDLE} parameters" in page
