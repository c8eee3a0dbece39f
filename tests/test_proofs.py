"""The rows of a proof: what each says, word by word; where one is made, of which sizes, and in what time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest

from verify.oracles.proof import PROVED, REFUTED, UNKNOWN, Proof
from verify.problem import Problem
from verify.proofs import asked_for, proofs, said, smallest
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.setting import Setting

RNG = np.random.default_rng(5)
LINEAR = Problem(
    "linear", lambda W, A, b, k: k * (W @ A) + b,
    lambda dout, W, A, b, k: {
        "b": np.sum(dout, axis=1, keepdims=True) / A.shape[1], "W": k * dout @ A.T / A.shape[1], "A": k * W.T @ dout,
    },
    {"W": RNG.normal(size=(6, 4)), "A": RNG.normal(size=(4, 9)), "b": RNG.normal(size=(6, 1)), "k": 2},
    ("W", "A", "b"), RNG.normal(size=(6, 9)), averages={"W": 9, "b": 9},
)  # fmt: skip
ABOUT = {"formula": "linear", "case": "typical", "seed": 3}


# --- where a proof is made -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("oracles", "cases"), [
    ((), {"typical"}), (("exact",), set()),
    (("proof",), {"typical", "given"}), (("exact", "proof"), {"typical", "given"}),
])  # fmt: skip
def test_one_case_of_a_formula_is_proved_and_the_users_own_where_a_proof_is_named(
    oracles: tuple[str, ...], cases: set[str]
) -> None:
    setting = Setting(oracles=frozenset(oracles))
    asked = {case for case in ("typical", "given", "m = 1") if asked_for(replace(LINEAR, case=case), setting)}
    assert asked == cases


# --- at which sizes ------------------------------------------------------------------------------------------------
def test_arrays_are_cut_from_their_beginning_to_the_smallest_sizes_that_differ() -> None:
    small = smallest(LINEAR)
    given = LINEAR.inputs
    assert {name: x.tolist() for name, x in small.inputs.items() if name != "k"} == {
        "W": given["W"][:3, :2].tolist(), "A": given["A"][:2, :4].tolist(), "b": given["b"][:3].tolist(),
    }  # fmt: skip
    assert (small.inputs["k"], small.dout.tolist()) == (2, LINEAR.dout[:3, :4].tolist())
    assert small.averages == {"W": 4, "b": 4}
    assert replace(small, inputs=given, dout=LINEAR.dout, averages=LINEAR.averages) == LINEAR


def test_sizes_of_1_and_averages_over_what_is_no_size_stay() -> None:
    x = np.array([[0.5, 0.0, 2.0]])
    made = Problem("log", lambda x, n: np.log(x), lambda dout, x, n: {}, {"x": x, "n": 3}, (), x, averages={"x": 7})
    small = smallest(made)
    assert (small.inputs["x"].tolist(), small.inputs["n"], small.averages) == ([[0.5, 0.0]], 3, {"x": 7})


def test_a_size_of_2_counts_among_those_that_differ() -> None:
    x = {"x": np.ones((2, 4))}
    assert np.shape(smallest(Problem("x", lambda x: x, lambda dout, x: {}, x, (), x["x"])).inputs["x"]) == (2, 3)


@pytest.mark.parametrize("forward", [lambda x: x[4], lambda x: x[:2].sum(), lambda x: np.zeros(5) + x[0]])
def test_a_definition_that_wants_its_own_sizes_keeps_them(forward: Callable[..., Any]) -> None:
    made = Problem("own", forward, lambda dout, x: {}, {"x": np.ones(5)}, (), np.ones(5))
    assert smallest(made) is made


# --- what is said --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "proof", "words"), [
    ("W", Proof(PROVED, 1, 1), "∂(Σ dout∗out)/∂W = m·dW: 1 identity in 1 letter, for all real values"),
    ("A", Proof(PROVED, 2, 0), "∂(Σ dout∗out)/∂A = dA: 2 identities in 0 letters, for all real values"),
    (
        "A", Proof(PROVED, 2, 3, "off the kinks"),
        "∂(Σ dout∗out)/∂A = dA: 2 identities in 3 letters, for all real values, off the kinks",
    ),
    ("b", Proof(REFUTED, 2, 3, "off the kinks", "[1]", "2", "3"),
     "∂(Σ dout∗out)/∂b = m·db is refuted at the inputs of this case"),
    ("b", Proof(REFUTED, 2, 3, reason="open"), "∂(Σ dout∗out)/∂b = m·db is refuted at the inputs of this case"),
    ("A", Proof(UNKNOWN, 2, 3, at="[1]", reason="the time is up"),
     "∂(Σ dout∗out)/∂A = dA is not proved: the time is up at [1]"),
    ("A", Proof(UNKNOWN, 1, 3, reason="the time is up"), "∂(Σ dout∗out)/∂A = dA is not proved: the time is up"),
])  # fmt: skip
def test_the_statement_names_its_gradient_and_convention_and_what_became_of_it(
    name: str, proof: Proof, words: str
) -> None:
    assert said(replace(LINEAR, averages={"W": 9, "b": 2, "A": 1}), name, proof) == words
    assert said(replace(LINEAR, averages={"W": 9, "b": 2}), name, proof) == words


# --- the rows ------------------------------------------------------------------------------------------------------
def row(quantity: str, shape: str, verdict: str, **more: Any) -> Discrepancy:
    return Discrepancy("linear", quantity, "formula", "proof", verdict, shape=shape, case="typical", seed=3, **more)


def shown(rows: list[Discrepancy]) -> list[str]:
    """nan is not nan, but it is written the same."""
    return [repr(found) for found in rows]


WORDS = "∂(Σ dout∗out)/∂{} = {}d{}: {} identities in {} letters, for all real values"


def test_each_gradient_has_a_row_at_the_smallest_sizes_and_the_time_is_told_once() -> None:
    told: list[tuple[str, float]] = []
    clock = time.perf_counter()
    rows = proofs(LINEAR, Setting(timed=told.append), ABOUT)
    whole = time.perf_counter() - clock
    assert shown(rows) == shown([
        row("dW", "(3, 2)", PASS, compared=6, finding=WORDS.format("W", "m·", "W", 6, 8 + 12)),
        row("dA", "(2, 4)", PASS, compared=8, finding=WORDS.format("A", "", "A", 8, 6 + 12)),
        row("db", "(3, 1)", PASS, compared=3, finding=WORDS.format("b", "m·", "b", 3, 12)),
    ])  # fmt: skip
    ((name, seconds),) = told
    assert name == "proof, linear, dW dA db"
    assert 0 < seconds < whole
    assert shown(proofs(LINEAR, Setting(), ABOUT)) == shown(rows)


def test_what_the_smallest_sizes_do_not_prove_is_tried_at_its_own() -> None:
    """The cut leaves 4 examples of 9, and with them the one negative number."""
    x = np.array([1.0, 2.0, 3.0, -4.0])
    made = Problem("linear", lambda x: x, lambda dout, x: {"x": dout * x / abs(x)}, {"x": x}, ("x",), np.ones(4))
    assert smallest(made).inputs["x"].tolist() == [1, 2]
    finding = "∂(Σ dout∗out)/∂x = dx is refuted at the inputs of this case"
    wrong = row("dx", "(4,)", FAIL, compared=4, at="[3]", mine="-1.0000000000000000000", want="1.0000000000000000000")
    assert shown(proofs(made, Setting(), ABOUT)) == shown([replace(wrong, finding=finding)])


def test_of_the_users_own_case_the_sizes_stay_and_the_deadline_is_kept() -> None:
    late = replace(LINEAR, case="given", wrt=("b",), forward=lambda W, A, b, k: (b + 1) ** 2 + 0 * (W @ A) - b**2 - b)
    reason = "∂(Σ dout∗out)/∂b = m·db is not proved: the time is up at [0, 0]"
    rows = proofs(late, Setting(deadline=0.0), ABOUT)
    assert shown(rows) == shown([row("db", "(6, 1)", INCONCLUSIVE, compared=6, at="[0, 0]", finding=reason)])
    assert [(r.verdict, r.shape) for r in proofs(late, Setting(deadline=inf), ABOUT)] == [(PASS, "(6, 1)")]
    assert shown(proofs(replace(late, case="typical"), Setting(deadline=0.0), ABOUT)) == shown(rows)
    assert [(r.verdict, r.shape) for r in proofs(replace(late, case="typical"), Setting(), ABOUT)] == [(PASS, "(3, 1)")]


def test_what_raises_on_letters_leaves_a_row_a_gradient_with_the_reason() -> None:
    def broken(dout: Any, **inputs: Any) -> Any:
        raise KeyError("cache")

    told: list[tuple[str, float]] = []
    rows = proofs(replace(LINEAR, backward=broken, wrt=("A", "W")), Setting(timed=told.append), ABOUT)
    finding = "not run: KeyError: 'cache'"
    assert shown(rows) == shown([
        row("dA", "(4, 9)", INCONCLUSIVE, finding=finding), row("dW", "(6, 4)", INCONCLUSIVE, finding=finding),
    ])  # fmt: skip
    assert told == []
