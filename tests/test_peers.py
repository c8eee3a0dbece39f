"""Other people's checks judge what they are given, err where they are said to err, and are judged rightly here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch

from reports.document import dump, load
from reports.html import page
from reports.peers import here, outcome, peer
from tests.sample_run import sample_run
from verify.peer_cases.case import Case, judged, peer_says, problem, reason, rows, verdict
from verify.peer_cases.false_failures import KEEP
from verify.peer_cases.false_passes import EPSILON, mean
from verify.peer_cases.nets import COURSE, net, nets, rejected
from verify.peer_cases.table import cases
from verify.peers.table import PEERS
from verify.peers.taylor import RATE, rate
from verify.problem import Problem
from verify.records.peer_case import PeerCase
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

CASES = list(cases())
LIGHT = [case for case in CASES if not case.heavy]
ABSENT = "cannot run: not installed: pip install 'handgrad[peers]'"


def names(case: Case) -> str:
    return case.name


def layer(factor: float = 1.0, m: int = 1) -> Problem:
    """A = tanh(W A_prev + b), dW and db carrying 1/m."""
    rng = np.random.default_rng(0)
    inputs = {"W": rng.normal(size=(3, 4)), "A_prev": rng.normal(size=(4, 5)), "b": rng.normal(size=(3, 1)), "axis": 1}

    def forward(W: Any, A_prev: Any, b: Any, axis: int) -> Any:
        return np.tanh(W @ A_prev + b)

    def backward(dout: Any, W: Any, A_prev: Any, b: Any, axis: int) -> dict[str, Any]:
        dZ = factor * dout * (1 - forward(W, A_prev, b, axis) ** 2)
        return {"b": dZ.sum(axis=axis, keepdims=True) / m, "W": dZ @ A_prev.T / m, "A_prev": W.T @ dZ}

    return Problem("layer", forward, backward, inputs, ("W", "A_prev", "b"), rng.normal(size=(3, 5)), {"W": m, "b": m})


# --- the peers --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_that_did_not_look_would_accept_a_doubled_gradient(name: str) -> None:
    if name == "jax check_grads" and not find_spec("jax"):
        assert PEERS[name](layer()) == ABSENT
        return
    assert PEERS[name](layer()) == "accepts"
    assert PEERS[name](layer(2.0)) == "rejects"


@pytest.mark.parametrize("name", PEERS)
def test_the_averages_of_the_notes_are_no_mistake_before_a_peer(name: str) -> None:
    said = PEERS[name](layer(m=5))
    assert said == ABSENT if name == "jax check_grads" and not find_spec("jax") else said == "accepts"
    forgotten = replace(layer(m=5), averages={})
    assert PEERS[name](forgotten) != "accepts"


@pytest.mark.parametrize("name", PEERS)
def test_a_problem_before_a_peer_stays_as_it_is_and_what_raises_is_told(name: str) -> None:
    of = layer()
    before = {k: np.copy(v) for k, v in of.inputs.items()}

    def overwriting(dout: Any, **inputs: Any) -> Any:
        for x in (dout, inputs["W"], inputs["b"]):
            x *= 3
        raise IndexError("no such axis\nas that")

    said = PEERS[name](replace(of, backward=overwriting))
    assert said == "cannot run: IndexError: no such axis" or said == ABSENT
    assert all(np.array_equal(before[k], of.inputs[k]) for k in before)
    assert np.array_equal(of.dout, layer().dout)


def test_the_boundary_of_gradcheck_is_its_relative_tolerance() -> None:
    assert [peer_says(mean(N, 1)) for N in (1000, 1001)] == ["rejects", "accepts"]
    assert peer_says(mean(1000, 0)) == "accepts"


def test_the_taylor_test_wants_a_curve() -> None:
    """Of a linear function all four remainders are rounding, which does not fall as ε²."""
    linear = next(case for case in CASES if case.name == "Σx")
    assert not rate(problem(linear)) > RATE
    assert rate(layer()) > RATE > rate(layer(2.0))


def test_gradcheck_calls_dropout_a_wrong_jacobian() -> None:
    """PyTorch's own, so that nothing of ours can be the reason."""
    x = torch.linspace(-1, 1, 8, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(0)
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        torch.autograd.gradcheck(lambda x: torch.nn.functional.dropout(x, KEEP), (x,))


# --- the cases --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", LIGHT, ids=names)
def test_what_a_peer_is_said_to_misjudge_it_misjudges_and_here_it_is_judged_rightly(case: Case) -> None:
    found = judged(case)
    assert found.peer_says in (case.misjudged, ABSENT)
    assert peer(found) == (INCONCLUSIVE if found.peer_says == ABSENT else FAIL)
    assert here(found) == PASS, found.reason


@pytest.mark.campaign
@pytest.mark.parametrize("case", [case for case in CASES if case.heavy], ids=names)
def test_the_same_at_sizes_that_take_seconds(case: Case) -> None:
    assert judged(case).peer_says == case.misjudged
    assert here(judged(case)) == PASS


CORRECTED: dict[str, Callable[..., Any]] = {
    "1e-6·Σx², by a gradient that is 0": lambda dout, x: 2e-6 * dout * x,
    "Y = X of 32 × 32, by dYᵀ": lambda dout, x: dout,
    "Y = X of 16 × 16, one entry of the gradient 0": lambda dout, x: dout,
    "sin of 1001 numbers, by a derivative that is 0": lambda dout, x: dout * np.cos(x),
    "Σeˣ, by 1.0001 of its gradient": lambda dout, x: dout * np.exp(x),
    "x², by NaN": lambda dout, x: 2 * dout * x,
}


@pytest.mark.parametrize("name", CORRECTED)
def test_a_wrong_case_put_right_passes_so_that_not_all_is_refused(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    assert verdict(rows(replace(case, backward=CORRECTED[name]))) == PASS


def test_batch_norm_with_its_epsilon_passes() -> None:
    case = next(case for case in CASES if case.name.startswith("batch norm"))

    def backward(dout: Any, x: Any) -> Any:
        off = x - np.mean(x, axis=0)
        scale = 1 / np.sqrt(np.mean(off**2, axis=0) + EPSILON)
        hat = off * scale
        return scale * (dout - np.mean(dout, axis=0) - hat * np.mean(dout * hat, axis=0))

    assert verdict(rows(replace(case, backward=backward))) == PASS


@pytest.mark.parametrize("case", [case for case in LIGHT if case.right and case.peer != COURSE], ids=names)
def test_a_right_case_doubled_fails_so_that_not_all_is_let_through(case: Case) -> None:
    def doubled(dout: Any, *rest: Any) -> Any:
        return case.backward(2 * dout, *rest)

    options = {**case.options, "oracles": ("certificate", "exact")}
    assert verdict(rows(replace(case, backward=doubled, options=options))) == FAIL


def test_a_case_of_numpy_draws_leaves_its_generator_where_it_stood() -> None:
    case = next(case for case in CASES if case.name.startswith("dropout"))
    before = np.random.get_state()[1].copy()  # type: ignore[index, union-attr]  # noqa: NPY002
    assert [peer_says(case), peer_says(case)] == ["rejects", "rejects"]
    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index]  # noqa: NPY002


# --- the networks -----------------------------------------------------------------------------------------------------
def test_networks_that_the_course_rejects_are_not_rejected_here() -> None:
    few = [case for case in map(net, (78, 114, 199)) if peer_says(case) == "rejects"]
    assert len(few) == 3
    assert [verdict(rows(case)) for case in few] == [PASS] * 3


@pytest.mark.campaign
def test_no_right_network_of_two_hundred_fails_here() -> None:
    said = [verdict(rows(case)) for case in nets()]
    assert FAIL not in said
    assert said.count(PASS) > said.count(INCONCLUSIVE)
    assert 0 < len(list(rejected())) < len(said)


# --- the report -------------------------------------------------------------------------------------------------------
RIGHT = PeerCase("Σx", "Taylor test", "right", "rejects", "pass", "certificate; 16.0 digits kept")
WRONG = PeerCase("x², by <NaN>", "a peer", "wrong", "cannot run: not installed", "fail", "dx at [0]: nan, not 2.0")
BARE = replace(
    sample_run(), network=None, slips=(), discrepancies=(), experiments=(), formulas=sample_run().formulas[:1]
)


def test_the_page_says_what_the_peer_said_and_what_was_said_here() -> None:
    shown = page(replace(BARE, peer_cases=(RIGHT, WRONG)))
    for text in (
        outcome([RIGHT, WRONG]),
        "Taylor test",
        "rejects it",
        "cannot run: not installed",
        "x², by &lt;NaN&gt;",
    ):
        assert text in shown
    assert ">refuted<" in shown
    assert 'id="peers"' not in page(BARE)


def test_a_case_that_is_misjudged_here_is_not_passed_over() -> None:
    missed, alarm = replace(WRONG, verdict="pass"), replace(RIGHT, verdict="fail")
    assert [here(missed), here(alarm)] == [FAIL, FAIL]
    assert "0 of 2 are judged rightly, 2 wrongly" in outcome([missed, alarm])
    assert page(replace(BARE, peer_cases=(missed, alarm))).count("misjudged here too") == 2


def test_the_document_holds_the_cases() -> None:
    run = replace(BARE, peer_cases=(RIGHT, WRONG))
    assert load(dump(run)).peer_cases == (RIGHT, WRONG)


def test_a_reason_names_the_element_and_both_values() -> None:
    case = next(case for case in CASES if case.name.startswith("½"))
    assert reason(rows(case)) == "certificate: db at [0, 0]: 0.0, not 1e-07"


def test_the_documented_table_holds_every_case_and_every_peer(root: Any) -> None:
    text = (root / "docs" / "PEERS.md").read_text(encoding="utf-8")
    assert [case.name for case in CASES if f"| {case.name.replace('|', chr(92) + '|')} |" not in text] == []
    assert [name for name in PEERS if name not in text] == []
