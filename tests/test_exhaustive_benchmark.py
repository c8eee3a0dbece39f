"""The exhaustive check and its peers judge what they are given, and the benchmark times what it says it times."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import exhaustive
from benchmarks import exhaustive_tables as tables
from benchmarks.alone import AloneError, Effort, Timing, alone, timed
from benchmarks.checks import Check, checks
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.memory import peak_since
from benchmarks.nets import Net
from benchmarks.noticed import DELTAS, noticed, smallest, targets
from benchmarks.problem import Problem, evenly, flat, places, problem, spoilt
from benchmarks.rounds import Spread
from benchmarks.scaling import POINTS
from benchmarks.scaling_plots import picture
from benchmarks.two_passes import two_passes

BY_NAME = {contender.name: contender for contender in CONTENDERS}
HERE = [contender for contender in CONTENDERS if not contender.absent]
SMALL = Net((6, 5, 4, 1), 7, "tanh")
ALL, PART = Effort(limit=float("inf"), again=0), Effort(limit=0, part=0, again=0)


@pytest.fixture(scope="module")
def small() -> Problem:
    return problem(SMALL)


def judge(contender: Contender, of: Problem, elements: Any = None) -> Callable[[Any], str]:
    return next(iter(contender.rules(of, elements).values()))


def says(verdict: str) -> Callable[[Any], str]:
    return lambda gradients: verdict


# --- what is judged ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("contender", HERE, ids=lambda c: c.name)
def test_a_contender_that_did_not_look_at_the_gradient_would_pass_a_doubled_one(
    contender: Contender, small: Problem
) -> None:
    verdict = judge(contender, small)
    assert verdict(small.gradients) == "pass"
    for name, x in small.gradients.items():
        if contender.parts or contender.name == "handgrad":  # one random direction may miss a small tensor
            assert verdict({**small.gradients, name: 2 * x}) == "fail", name
    assert verdict({name: 2 * x for name, x in small.gradients.items()}) == "fail"


@pytest.mark.parametrize("contender", [c for c in HERE if c.parts], ids=lambda c: c.name)
def test_a_part_that_holds_the_wrong_element_shows_it_and_one_without_does_not(
    contender: Contender, small: Problem
) -> None:
    at, _ = targets(small)
    beside = np.setdiff1d(np.arange(small.size), [at])
    wrong = spoilt(small, at, 1.0)
    assert judge(contender, small, np.array([at, small.size - 1]))(wrong) == "fail"
    assert judge(contender, small, np.array([at, small.size - 1]))(small.gradients) == "pass"
    if contender.slice:
        assert judge(contender, small, beside)(wrong) == "pass"


def test_elements_of_the_one_row_are_found_again_in_their_arrays(small: Problem) -> None:
    row = flat(small, small.gradients)
    some = evenly(small.size, 20)
    found = [small.gradients[f"d{name}"].ravel()[at] for name, at in places(small, some).items()]
    assert np.array_equal(np.concatenate(found), row[some])
    assert small.size == row.size == 6 * 5 + 5 + 5 * 4 + 4 + 4 + 1


def test_two_passes_of_a_part_are_those_of_the_whole(small: Problem) -> None:
    some = evenly(small.size, 9)
    whole, part = two_passes(small, np.arange(small.size), 1e-5), two_passes(small, some, 1e-5)
    assert np.array_equal(whole[some], part)
    assert judge(BY_NAME["numpy"], small)(small.gradients) == "pass"


def test_a_unit_on_its_kink_would_have_no_derivative_to_check() -> None:
    of = problem(Net((12, 8, 6, 1), 30))
    assert all((x != 0).all() for x in of.parameters.values())


# --- how much of it is timed ------------------------------------------------------------------------------------------
def test_an_extrapolated_figure_counts_as_many_elements_as_the_whole_run() -> None:
    of = problem(Net((30, 5, 4, 1), 7))
    numpy = BY_NAME["numpy"]
    whole, every = timed(numpy, of, ALL)
    part, some = timed(numpy, of, PART)
    assert (whole.elements, whole.size, whole.seconds) == (of.size, of.size, whole.measured)
    assert every is None
    assert some is not None
    assert part.elements == some.size < part.size == of.size
    assert part.seconds == part.measured * of.size / some.size
    assert not part.whole


def test_a_contender_that_cannot_be_cut_is_timed_whole(small: Problem) -> None:
    timing, elements = timed(BY_NAME["gradcheck-fast"], small, PART)
    assert timing.whole
    assert elements is None


def test_memory_that_is_taken_and_given_back_is_seen() -> None:
    size = 64 * 2**20
    peak = peak_since()
    np.ones(size, dtype=np.uint8)
    assert peak() > size // 2  # the kernel counts pages by the batch, some late
    later = peak_since()
    assert later() < size // 2  # an earlier peak is forgotten


def test_a_contender_that_breaks_is_named_with_what_it_said() -> None:
    if "jax" not in {c.name for c in HERE}:
        with pytest.raises(AloneError, match="jax on 6-5-4-1: ModuleNotFoundError: No module named 'jax'"):
            alone(BY_NAME["jax"], SMALL, ALL)
    with pytest.raises(AloneError, match="numpy on 6-0-1: ValueError: layer_sizes"):
        alone(BY_NAME["numpy"], Net((6, 0, 1), 7), ALL)


# --- what is noticed --------------------------------------------------------------------------------------------------
def test_the_first_rejected_delta_is_the_one_told(small: Problem) -> None:
    at, low = targets(small)
    right = small.gradients["dW1"].ravel()
    for limit in (DELTAS[3], DELTAS[-1]):
        off = lambda gradients, limit=limit: np.abs(gradients["dW1"].ravel()[at] / right[at] - 1) > limit / 2  # noqa: E731
        assert smallest(lambda g, off=off: "fail" if off(g) else "pass", small, at) == limit
    assert abs(right[at]) == np.abs(right).max() > abs(right[low])


def test_a_contender_that_notices_nothing_shows_none(small: Problem) -> None:
    blind = Contender("numpy", "", "", lambda of, elements: {"": says("pass")})
    (found,) = noticed(blind, small, None, "pass")
    assert (found.right, found.largest, found.small) == ("pass", None, None)
    assert tables.seen([check("numpy", noticed=(found,))])[1][0][-2:] == ("none", "none")


def test_a_contender_that_rejects_all_is_not_praised_for_its_eye(small: Problem) -> None:
    wary = Contender("numpy", "", "", lambda of, elements: {"": says("fail")})
    (found,) = noticed(wary, small, None, "fail")
    assert (found.right, found.largest, found.small) == ("fail", None, None)
    assert tables.seen([check("numpy", noticed=(found,))])[1][0][-2:] == ("rejects the right one",) * 2


# --- the tables and the picture ---------------------------------------------------------------------------------------
def check(contender: str, seconds: float = 1.0, elements: int = 60, **rest: Any) -> Check:
    time = Spread(seconds, seconds, seconds)
    return Check(contender, SMALL, time, seconds, None, elements, size=60, peak=2**20, verdict="pass", **rest)


def test_an_extrapolated_time_is_marked_and_a_measured_one_is_not() -> None:
    _, (whole, part) = tables.cost([check("numpy"), check("numpy", elements=20)])
    at = tables.COST.index("time")
    assert (whole[at], part[at]) == ("1 s", "≈ 1 s")
    assert part[tables.COST.index("elements")] == "20 timed"
    assert not any("≈" in note for note in tables.notes([check("numpy")], {}, 1, 3, 8.0))
    assert any("≈" in note for note in tables.notes([check("numpy", elements=20)], {}, 1, 3, 8.0))


def test_a_missing_peer_is_said_with_the_way_to_it() -> None:
    missing = replace(BY_NAME["jax"], needs="no_such_module")
    assert missing.absent == "not installed: pip install 'handgrad[peers]'"
    assert tables.cost([], [missing])[1][0][-1] == missing.absent
    assert BY_NAME["numpy"].absent == ""


def test_a_line_of_the_scaling_varies_one_thing() -> None:
    varied: dict[str, list[Net]] = {}
    for point in POINTS:
        varied.setdefault(point.varied, []).append(point.net)
    assert len(varied) == 4
    for name, nets in varied.items():
        changed = {
            "features n[0]": len({net.sizes[0] for net in nets}),
            "examples m": len({net.m for net in nets}),
            "hidden layers": len({len(net.sizes) for net in nets}),
            "hidden width": len({net.sizes[1] for net in nets}),
        }
        assert {quantity for quantity, values in changed.items() if values > 1} == {name}


def test_the_picture_has_a_panel_for_what_was_varied_and_says_so_where_nothing_was() -> None:
    line = [check(name, 10.0**k, varied="examples m", at=k) for name in ("handgrad", "numpy") for k in (1, 2)]
    alone_ = [check("handgrad", varied="hidden width", at=5)]
    drawn = picture([*line, *alone_, check("jax")])
    assert "examples m" in drawn
    assert "NumPy, two passes" in drawn
    assert "torch gradcheck" not in drawn
    assert "hidden width" not in drawn
    assert "Nothing was varied" in picture([check("jax")])


def test_the_rounds_of_a_check_are_summed_up_and_compared_round_by_round() -> None:
    found = checks(SMALL, [BY_NAME["numpy"], BY_NAME["handgrad"]], 2, ALL)
    assert [c.contender for c in found] == ["numpy", "handgrad"]
    assert found[1].over == Spread(1.0, 1.0, 1.0)
    assert all(c.whole and c.verdict == "pass" and c.noticed == () for c in found)


# --- the command ------------------------------------------------------------------------------------------------------
def test_the_page_the_picture_and_the_records_tell_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert exhaustive.main(["--quick", "--json", "--out", str(tmp_path / "new")]) == 0
    told = json.loads(capsys.readouterr().out)
    page = (tmp_path / "new" / "exhaustive.md").read_text(encoding="utf-8")
    rows = [c for c in told["checks"] if not c["varied"]]
    assert [row["contender"] for row in rows] == [c.name for c in HERE]
    for row in rows:
        assert tables.duration(row["seconds"]["median"]) in page
        assert row["verdict"] in page
    assert all(reason in page for reason in told["absent"].values())
    assert "PyTorch" in told["machine"]
    assert "(exhaustive.svg)" in page
    assert "features n[0]" in (tmp_path / "new" / "exhaustive.svg").read_text(encoding="utf-8")


def test_only_what_was_asked_for_is_timed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = ["--json", "--out", str(tmp_path / "one.md")]
    assert exhaustive.main(["--quick", "--net", "6-4-1", "--only", "numpy", *out]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["one.md"]  # nothing was varied, so there is no picture
    told = json.loads(capsys.readouterr().out)
    assert [c["contender"] for c in told["checks"]] == ["numpy"]
    assert told["checks"][0]["over"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--net", "6-4"], "--net is '6-4'; sizes n[0] to n[L] are expected, the last of them 1"),
        (["--only", "nunpy"], "no contender is called 'nunpy' (did you mean 'numpy'?)"),
        (["--threads", "0"], "--threads is 0; this machine gives 1 to"),
        (["--rounds", "0"], "--rounds is 0"),
        (["--out", "table.csv"], "--out is 'table.csv'; a folder or a page that ends in .md is expected"),
    ],
)
def test_what_cannot_be_timed_is_said_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exhaustive.main(arguments) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""


def test_a_documented_table_without_a_contender_or_a_network_would_be_half_the_truth(root: Path) -> None:
    text = (root / "docs" / "EXHAUSTIVE.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert list(tables.COST) in rows
    named = {(row[0], row[2]) for row in rows if len(row) == len(tables.COST)}
    assert {(net, contender.title) for net in exhaustive.NETS for contender in CONTENDERS} <= named
    assert (root / "docs" / "exhaustive.svg").is_file()


def test_seconds_of_a_part_are_those_of_the_whole_in_proportion() -> None:
    assert Timing(2.0, 2.0, 50, 200, 0, "pass").seconds == 8.0
