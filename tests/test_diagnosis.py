"""Diagnosis: each transform is named where it is the mistake, and only there; chance is never told with confidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.arithmetic.balls import Balls
from verify.catalogue import CATALOGUE
from verify.check import check
from verify.datasets import Dataset
from verify.diagnosis.diagnose import diagnose
from verify.diagnosis.match import Match, sentences
from verify.network import Layer, walk
from verify.records.verdict import FAIL
from verify.row import examine
from verify.setting import Setting

RNG = np.random.default_rng(4)
N, P, M = 3, 4, 5
W, A_PREV, B = RNG.normal(size=(N, P)), RNG.normal(size=(P, M)), RNG.normal(size=(N, 1))
DA = RNG.normal(size=(N, M))
AT_HAND = {"W": W, "A_prev": A_PREV, "b": B, "dout": DA}
RIGHT = RNG.normal(size=(N, P))
SQUARE = RNG.normal(size=(N, N))
SUMMED = Balls.of(DA).sum(axis=1, keepdims=True)
TWICE = np.array([1.0, 1.0, 1.0, 2.0])


def told(mine: Any, want: Any, at_hand: dict[str, Any] | None = None, m: int = M) -> tuple[Match, ...]:
    return diagnose("dW", mine, want, AT_HAND if at_hand is None else at_hand, m=m)


def changed(at: Any, to: Any, of: Any = RIGHT) -> Any:
    x = of.copy()
    x[at] = to
    return x


def exact(x: Any) -> Any:
    return Balls.of(x)


# --- what the right tensor alone explains ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "words", "mine", "want"),
    [
        ("average", "dW is m = 5 times too large: the 1/m is missing.", exact(RIGHT) * 5, RIGHT),
        ("average", "dW is m = 5 times too small: 1/m is there twice.", exact(RIGHT) / 5, RIGHT),
        ("average", "dW is (m − 1)/m = 4/5 of what it should be: m stands for m − 1.", exact(RIGHT) * 4 / 5, RIGHT),
        ("sign", "dW has the wrong sign.", -RIGHT, RIGHT),
        ("factor", "dW is 2 times too large.", 2 * RIGHT, RIGHT),
        ("off", "dW is off by a relative 1e-09.", exact(RIGHT) * (1 + 1e-9), RIGHT),
        ("factor", "dW is 7/3 times what it should be.", exact(RIGHT) * 7 / 3, RIGHT),
        ("transpose", "dW is the transpose of what it should be.", SQUARE.T, SQUARE),
        ("transpose", "dW is the transpose of what it should be: shape (4, 3) for (3, 4).", RIGHT.T, RIGHT),
        ("flip", "dW has its rows in reverse order.", RIGHT[::-1], RIGHT),
        ("shift", "dW is shifted by 1 along axis 1.", np.roll(RIGHT, 1, 1), RIGHT),
        ("shape", "dW has shape (3,) for (3, 1); its numbers are right.", B[:, 0], B),
        ("sum", "dW has shape (3, 5) for (3, 1): the sum over axis 1 is missing.", DA, SUMMED),
        ("element", "dW is wrong at [1, 2] alone, by 0.5.", exact(changed((1, 2), 0.875)), changed((1, 2), 0.375)),
        ("element", "dW is wrong at [1, 2] alone: it is 0 there.", changed((1, 2), 0), RIGHT),
        ("row", "dW is wrong in row 1 alone: it is 0 there.", changed(1, 0), RIGHT),
        ("column", "dW is wrong in column 3 alone, where it is 2 times too large.", RIGHT * TWICE, RIGHT),
        ("diagonal", "dW is wrong on the diagonal alone: it is 0 there.", SQUARE * (1 - np.eye(N)), SQUARE),
        ("offset", "dW is off by the same 1/8 everywhere.", exact(RIGHT) + 0.125, RIGHT),
    ],
)  # fmt: skip
def test_a_transform_of_the_right_tensor_is_named_in_a_sentence(kind: str, words: str, mine: Any, want: Any) -> None:
    found = told(mine, want)
    assert [(match.kind, match.sentence, match.confident) for match in found] == [(kind, words, True)]


@pytest.mark.parametrize(
    "mine",
    [
        RIGHT + 1e-9 * RNG.normal(size=RIGHT.shape),
        changed((0, 0), 9.0, 5 * RIGHT),
        changed((2, 1), 0.0, RIGHT[::-1]),
        changed((1, 1), 0.0, RIGHT + 0.5),
    ],
)
def test_what_misses_a_transform_in_one_element_is_not_named_so(mine: Any) -> None:
    assert told(mine, RIGHT) == ()


# --- what is at hand --------------------------------------------------------------------------------------------------
def forward(W: Any, A_prev: Any, b: Any) -> Any:
    return np.tanh(W @ A_prev + b)


def diagnosed(backward: Callable[..., Any], forward: Callable[..., Any] = forward, **inputs: Any) -> dict[str, str]:
    given = inputs or {"W": W, "A_prev": A_PREV, "b": B}
    rows = check(forward, backward, given, oracles=["certificate"], source=False)
    return {row.quantity: row.diagnosis for row in rows if row.verdict == FAIL}


def by_hand(slope: Callable[[Any], Any], change: Callable[[Any, Any, Any, Any], Any] | None = None) -> Any:
    def backward(dA: Any, W: Any, A_prev: Any, b: Any) -> Any:
        dZ = dA * slope(W @ A_prev + b)
        if change:
            return change(dZ, W, A_prev, b)
        return dZ @ A_prev.T, W.T @ dZ, np.sum(dZ, axis=1, keepdims=True)

    return backward


@pytest.mark.parametrize(
    ("slope", "words"),
    [
        (lambda Z: 1 + 0 * Z, "is missing"),
        (lambda Z: (1 - np.tanh(Z) ** 2) ** 2, "is there twice"),
        (lambda Z: 1 - np.tanh(Z), "(1 − out) stands where tanh′(W @ A_prev + b) belongs"),
        (lambda Z: 1 - np.tanh(np.tanh(Z)) ** 2, "tanh′(out) stands where tanh′(W @ A_prev + b) belongs"),
        (np.tanh, "out stands where"),
        (lambda Z: 1 - Z**2, "(1 − (W @ A_prev + b)²) stands where tanh′(W @ A_prev + b) belongs"),
    ],
)
def test_a_wrong_slope_is_named_in_every_gradient_that_it_reaches(slope: Callable[[Any], Any], words: str) -> None:
    found = diagnosed(by_hand(slope))
    assert set(found) == {"dW", "dA_prev", "db"}
    assert words in found["dW"]
    assert all(text for text in found.values())


def test_a_wrong_leak_or_mask_is_named() -> None:
    leaky = {0.1: "leaky′(x) with 0.1 stands where leaky′(x) belongs", 1.0: "the factor leaky′(x) is missing"}
    for leak, words in leaky.items():
        found = diagnosed(
            lambda dA, x, leak=leak: dA * np.where(x > 0, 1.0, leak), lambda x: np.where(x > 0, x, 0.01 * x), x=W
        )
        assert words in found["dx"]


def tanh_slope(Z: Any) -> Any:
    return 1 - np.tanh(Z) ** 2


@pytest.mark.parametrize(
    ("quantity", "change", "words"),
    [
        ("dA_prev", lambda dZ, W, A, b: (dZ @ A.T, W.T @ dZ + A, dZ.sum(axis=1, keepdims=True)), "has the term A_prev"),
        ("dW", lambda dZ, W, A, b: (dZ @ A.T + 3 * W, W.T @ dZ, dZ.sum(axis=1, keepdims=True)), "by 3 ∗ W"),
        ("dW", lambda dZ, W, A, b: (W, W.T @ dZ, dZ.sum(axis=1, keepdims=True)), "dW equals W"),
        ("db", lambda dZ, W, A, b: (dZ @ A.T, W.T @ dZ, dZ), "the sum over axis 1 is missing"),
        ("dW", lambda dZ, W, A, b: (A @ dZ.T, W.T @ dZ, dZ.sum(axis=1, keepdims=True)), "is the transpose"),
    ],
)
def test_a_wrong_term_sum_or_tensor_is_named(quantity: str, change: Any, words: str) -> None:
    assert words in diagnosed(by_hand(tanh_slope, change))[quantity]


def test_the_other_convention_is_named_by_its_m() -> None:
    rows = check(
        forward, by_hand(tanh_slope), {"W": W, "A_prev": A_PREV, "b": B}, convention="notes", oracles=["certificate"]
    )
    assert "dW is m = 5 times too large: the 1/m is missing." in next(r.diagnosis for r in rows if r.quantity == "dW")


def test_a_gradient_computed_in_float32_is_named() -> None:
    def backward(dout: Any, x: Any) -> Any:
        slope = np.cos(x)
        return dout * (slope.astype(np.float32).astype(np.float64) if isinstance(x, np.ndarray) else slope)

    rows = check(np.sin, backward, {"x": RNG.normal(size=7)})
    assert any("float32" in row.diagnosis for row in rows if row.verdict == FAIL)


def test_code_that_runs_on_floats_alone_is_diagnosed_by_its_budgets() -> None:
    def backward(dA: Any, W: Any, A_prev: Any, b: Any) -> Any:
        found = by_hand(tanh_slope)(dA, W, A_prev, b)
        return tuple(np.asarray(x, dtype=np.float64) * M for x in found)

    rows = check(forward, backward, {"W": W, "A_prev": A_PREV, "b": B}, seconds=60)
    assert any("dW is m = 5 times too large" in row.diagnosis for row in rows if row.quantity == "dW")


# --- a network, a value, a fault --------------------------------------------------------------------------------------
def test_the_walk_names_the_mistake_of_the_formula_that_it_blames() -> None:
    X, Y = np.random.default_rng(8).standard_normal((6, 7)), (np.arange(7) % 3 == 0).astype(np.float64).reshape(1, 7)
    data = Dataset("small", X, Y, X, Y, None, "made up", "none needed", "seven examples of six numbers")
    wrong = {
        1: Layer(A=lambda Z, activation: Z),
        2: Layer(dW=lambda dZ, A_prev: dZ @ A_prev.T),
        3: Layer(Z=lambda A_prev, W, b: W @ A_prev),
    }
    record = walk(data, (6, 5, 4, 3, 1), activations=("tanh", "sigmoid", "tanh", "sigmoid"), replaced=wrong)
    told = {row.quantity: row.diagnosis for row in record.rows if row.diagnosis}
    assert set(told) == {"A1", "dW2", "Z3"}
    assert "Z[1] stands where tanh(Z[1]) belongs" in told["A1"]
    assert "dW[2] is m = 7 times too large: the 1/m is missing." in told["dW2"]
    assert "Z[3] lacks the term b[3]." in told["Z3"]


def test_a_wrong_value_is_named_before_and_within_its_outermost_function() -> None:
    rows = {row.id: row for row in CATALOGUE}
    for twin, words in (("b missing", "what stands within σ lacks the term b"), ("σ missing", "σ")):
        _, wrong = rows["logistic.predict"].twins[twin]
        found = examine(rows["logistic.predict"], Setting(quick=True), wrong)
        assert any(words in row.diagnosis for row in found if row.verdict == FAIL)


def test_numbers_that_are_all_the_same_are_told_by_their_place_and_never_by_a_function() -> None:
    zeros = np.zeros((3, 1))
    assert [(x.kind, x.confident) for x in told(changed((1, 0), 1e-6, zeros), zeros)] == [("element", True)]
    half = told(zeros + 0.5, zeros)
    assert "offset" in {x.kind for x in half}
    assert not any(x.confident for x in half)


# --- doubt ------------------------------------------------------------------------------------------------------------
def test_where_several_explanations_fit_all_are_told_and_none_with_confidence() -> None:
    found = diagnose("dW", exact(RIGHT[:, :3]) * 3, RIGHT[:, :3], {"W": RIGHT[:, :3], "X": np.ones((3, 5)) * DA}, m=3)
    assert [match.confident for match in found] == [True]  # n = m = 3: both say the same
    found = told(exact(RIGHT) * 2, RIGHT, m=2)
    assert {match.kind for match in found} == {"average", "factor"}
    assert not any(match.confident for match in found)
    row = np.array([[1.0, -1.0]])
    found = told(-row, row)
    assert {match.kind for match in found} >= {"sign", "flip"}
    assert not any(match.confident for match in found)
    assert sentences(found).startswith("diagnosis, one of:\n· ")


def test_a_single_number_is_never_named_with_confidence() -> None:
    for mine in (5.0, -1.0, 2.0, 1.125):
        assert not any(match.confident for match in told(exact(mine) * 0.75, np.array(0.75)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_noise_is_never_named_with_confidence(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = [(2, 3), (3, 4), (3, 1), (4,), (2, 2)][seed % 5]
    hand = {"W": rng.normal(size=(3, 4)), "A_prev": rng.normal(size=(4, 5)), "dout": rng.normal(size=(3, 5))}
    found = diagnose("dW", rng.normal(size=shape), rng.normal(size=shape), hand, m=5)
    assert not any(match.confident for match in found)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-1e3, 1e3))
def test_the_right_gradient_is_never_diagnosed(seed: int, scale: float) -> None:
    right = np.random.default_rng(seed).normal(size=(3, 4)) * scale
    assert told(right, right) == ()
    assert diagnose("dW", right * (1 + 2.0**-52), right, AT_HAND, m=M, error=np.abs(right) * 2.0**-50) == ()


def test_a_pass_has_no_diagnosis() -> None:
    assert diagnosed(by_hand(tanh_slope)) == {}


def test_what_rounding_may_hide_is_not_taken_for_a_match() -> None:
    """Budgets as wide as the numbers themselves agree with anything."""
    wide = np.abs(RIGHT)
    assert not any(m.confident for m in diagnose("dW", 5 * RIGHT, RIGHT, AT_HAND, m=M, error=wide, want_error=wide / 4))


@pytest.mark.parametrize(
    ("of", "by", "said"),
    [(1e-200, 1e200, "1.000e+400"), (1e200, 1e-200, "1.000e−400"), (1e-200, 1e50, "1.000e+250")],
)
def test_a_factor_beyond_the_range_of_floats_is_told_and_ends_no_check(of: float, by: float, said: str) -> None:
    found = check(lambda x: of * x, lambda dout, x: by * dout, {"x": np.array([1.5, 0.25, -2.0])})
    assert any(f"dx is {said} times what it should be" in row.diagnosis for row in found if row.verdict == FAIL)
