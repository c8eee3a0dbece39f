"""Every gradient that a peer misjudges is the problem that it was, and what is said of it is read off its rows."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from math import nan
from typing import Any

import numpy as np
import pytest

from tests.figures import figures, table
from verify.check import check
from verify.peer_cases import false_passes, openmdao
from verify.peer_cases.case import Case, judged, peer_says, problem, reason, rows, verdict
from verify.peer_cases.nets import NETS, net, nets, rejected
from verify.peer_cases.table import cases, records
from verify.peers.table import PEERS
from verify.records.discrepancy import Discrepancy
from verify.records.peer_case import PeerCase
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

CASES = list(cases())
DROPOUT = next(case for case in CASES if case.name.startswith("dropout"))


def told(case: Case) -> list[Any]:
    """What `check` is given, and what the functions make of it; the backward elsewhere too, by another dout."""
    of = problem(case)
    np.random.seed(0)  # noqa: NPY002 - the generator that a dropout of the course draws from
    out, found = of.forward(**of.inputs), of.backward(of.dout, **of.inputs)
    elsewhere = of.backward(3 * of.dout, **{name: -x / 4 for name, x in of.inputs.items()})
    words = (case.peer, case.right, case.heavy, getattr(case.ask, "__name__", None), dict(case.options))
    return [*words, table(of.inputs, 13), figures(of.dout), figures(out, 10), table(found, 6), table(elsewhere)]


def test_the_cases_are_the_problems_that_they_were(snapshot: Any) -> None:
    """Made here once more, and not taken from above: what makes them is what is tried."""
    found = list(cases())
    for case in found:
        of = problem(case)
        assert (of.formula, of.wrt, of.inputs) == (case.name, tuple(case.inputs), case.inputs)
    assert {case.name: told(case) for case in found} == snapshot


@pytest.mark.parametrize("seed", range(8))
def test_a_network_of_the_two_hundred_is_the_problem_that_it_was(seed: int, snapshot: Any) -> None:
    case = net(seed)
    assert [case.name, *told(case)] == snapshot
    assert all(np.array_equal(x, y) for x, y in zip(case.inputs.values(), net(seed).inputs.values(), strict=True))


def test_there_are_two_hundred_networks_and_the_first_that_is_rejected_is_a_case() -> None:
    every = list(nets())
    assert (len(every), len(list(nets(3)))) == (NETS, 3) == (200, 3)
    assert [case.name for case in nets(3)] == [net(seed).name for seed in range(3)]
    first = next(rejected())
    assert first.name in [case.name for case in CASES]
    before = every[: [case.name for case in every].index(first.name)]
    assert {peer_says(case) for case in before} == {"accepts"}


# --- what is said of a case -------------------------------------------------------------------------------------------
PASSED = Discrepancy("x", "dx", "formula", "certificate", PASS, digits_mine=16.04)
WRONG = replace(PASSED, verdict=FAIL, at="[0]", mine="1.0", want="2.0")
UNSAID = replace(PASSED, verdict=INCONCLUSIVE, digits_mine=nan)
OTHER = replace(PASSED, quantity="dy", oracle="differences", digits_mine=12.0)


@pytest.mark.parametrize(
    ("found", "said", "why"),
    [
        ([PASSED], PASS, "certificate; 16.0 digits kept"),
        ([OTHER, PASSED], PASS, "differences; 12.0 digits kept"),
        ([replace(PASSED, digits_mine=nan, finding="at kinks")], PASS, "certificate; nan digits kept; at kinks"),
        ([UNSAID], INCONCLUSIVE, "certificate"),
        ([PASSED, replace(UNSAID, quantity="dy", oracle="exact", finding="why")], INCONCLUSIVE, "exact; why"),
        ([OTHER, WRONG], FAIL, "certificate: dx at [0]: 1.0, not 2.0"),
        ([UNSAID, replace(WRONG, finding="off")], FAIL, "certificate: dx at [0]: 1.0, not 2.0; off"),
        ([UNSAID, replace(PASSED, quantity="dy"), WRONG], FAIL, "certificate: dx at [0]: 1.0, not 2.0"),
    ],
)
def test_a_case_fails_with_any_quantity_and_passes_with_all_for_the_reason_of_the_first_such_row(
    found: list[Discrepancy], said: str, why: str
) -> None:
    assert (verdict(found), reason(found)) == (said, why)


SQUARE = Case("x²", "Taylor test", True, np.square, lambda dout, x: 2 * dout * x, {"x": np.array([1.0, 3.0])})


def test_a_case_becomes_a_record_of_what_both_say() -> None:
    options = {"oracles": ("certificate",)}
    right = replace(SQUARE, options=options)
    wrong = replace(right, right=False, backward=lambda dout, x: dout * x, dout=np.array([1.0, 2.0]))
    assert judged(right) == PeerCase("x²", "Taylor test", "right", "accepts", PASS, reason(rows(right)))
    assert judged(wrong) == PeerCase("x²", "Taylor test", "wrong", "rejects", FAIL, reason(rows(wrong)))
    assert reason(rows(wrong)) == "certificate: dx at [0]: 1.0, not 2.0"
    assert {row.oracle for row in rows(right)} == {"certificate"}
    assert [case.misjudged for case in (right, wrong)] == ["rejects", "accepts"]


def negative(dout: Any, x: Any) -> Any:
    return -2 * dout * x


NEGATIVE = replace(SQUARE, backward=negative, options={"oracles": ("certificate",)})
SIGN = "diagnosis: dx has the wrong sign."


def test_no_source_is_looked_into_for_no_case_asks_where_the_mistake_is() -> None:
    assert [row.diagnosis for row in rows(NEGATIVE) if row.verdict == FAIL] == [SIGN]


def test_a_source_would_show_the_mistake_to_one_who_asks() -> None:
    found = check(NEGATIVE.forward, NEGATIVE.backward, NEGATIVE.inputs, oracles=("certificate",))
    assert [row.diagnosis.startswith(f"{SIGN}\nin the source: negative") for row in found if row.verdict == FAIL] == [
        True
    ]


def test_a_case_is_put_to_its_own_peer_or_in_its_own_way_and_numpy_draws_what_it_drew_before() -> None:
    asked: list[Any] = []

    def ask(case: Case) -> str:
        asked.append((case, np.random.random()))  # noqa: NPY002
        return "rejects"

    case = replace(SQUARE, peer="nobody", ask=ask)
    assert peer_says(case) == "rejects"
    assert asked == [(case, np.random.RandomState(0).random())]
    assert [*PEERS] == [
        "torch gradcheck", "torch gradcheck, fast", "jax check_grads", "the course's check", "cs231n's check",
        "Taylor test",
    ]  # fmt: skip
    for name in ("the course's check", "cs231n's check", "Taylor test"):
        assert peer_says(replace(SQUARE, peer=name)) == "accepts"


def test_of_a_forward_with_a_cache_the_backward_gets_that_of_the_last_call() -> None:
    of = problem(DROPOUT)
    A = DROPOUT.inputs["A"]
    out = of.forward(A=A)
    grad = of.backward(of.dout, A=A)["A"]
    mask = out != 0
    assert np.array_equal(grad, of.dout * mask / 0.5)
    assert not np.array_equal(of.forward(A=A) != 0, mask)


def test_a_backward_may_give_one_array_several_or_a_table() -> None:
    x, y, dout = np.array([1.0, 2.0]), np.array([3.0, 5.0]), np.array([7.0, 11.0])
    case = Case("xy", "", True, lambda x, y: x * y, lambda dout, x, y: (dout * y, dout * x), {"x": x, "y": y}, dout)
    want = {"x": dout * y, "y": dout * x}
    by_name = replace(case, backward=lambda dout, x, y: {"y": dout * x, "x": dout * y})
    one = replace(SQUARE, dout=dout)
    for of, expected in ((case, want), (by_name, want), (one, {"x": 2 * dout * one.inputs["x"]})):
        found = problem(of).backward(dout, **of.inputs)
        assert {k: g.tolist() for k, g in found.items()} == {k: g.tolist() for k, g in expected.items()}


def test_a_run_holds_the_records_of_all_cases_but_the_heavy_ones_that_nobody_wants(monkeypatch: Any) -> None:
    from verify.peer_cases import table as table_of

    monkeypatch.setattr(table_of, "judged", lambda case: case.name)
    heavy = [case.name for case in CASES if case.heavy]
    assert heavy == ["Y = X of 256 × 256, by dYᵀ"]
    assert list(records(heavy=True)) == [case.name for case in CASES]
    assert list(records()) == [case.name for case in CASES if case.name not in heavy]


# --- peers that are asked in a way of their own -----------------------------------------------------------------------
SINES = next(case for case in CASES if case.ask is false_passes.zero_jvp)


@pytest.mark.parametrize(
    ("module", "ask", "package"),
    [(false_passes, false_passes.zero_jvp, "jax"), (openmdao, openmdao.shown, "openmdao")],
)
def test_a_peer_that_is_not_installed_cannot_run_and_says_how_it_would(
    module: Any, ask: Any, package: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == package else find_spec(name))
    assert ask(SINES) == "cannot run: not installed: pip install 'handgrad[peers]'"


@pytest.mark.skipif(not find_spec("jax"), reason="needs JAX, which is optional")
def test_jax_accepts_a_slope_of_0_where_the_outputs_are_many_enough() -> None:
    import jax

    with jax.enable_x64(True):  # whatever its user has chosen
        assert false_passes.zero_jvp(SINES) == "accepts"
        assert false_passes.zero_jvp(replace(SINES, inputs={"x": SINES.inputs["x"][:3]})) == "rejects"


@pytest.mark.skipif(not find_spec("openmdao"), reason="needs OpenMDAO, which is optional")
@pytest.mark.parametrize(("times", "said"), [(1.0, "accepts"), (1.1, "rejects"), (nan, "accepts")])
def test_openmdao_prints_what_is_wrong_and_of_nan_nothing_and_writes_no_file(
    times: float, said: str, capsys: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.array([1.0, 3.0])
    case = replace(SQUARE, backward=lambda dout, x: times * 2 * dout * x, inputs={"other": x})
    assert openmdao.shown(case) == said
    assert capsys.readouterr().out == ""
    rows = replace(
        case, forward=lambda x: np.array([x[0] * x[1], 5.0]), backward=lambda dout, x: times * dout[0] * x[::-1]
    )
    assert openmdao.shown(rows) == said
    assert [*tmp_path.iterdir()] == []
