"""What a sketch cannot read, or use, is told: undecided, for the element that is named, or refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from handgrad import sketch
from tests.functions import FUNCTIONS, Array, X, naive, normal, one_off
from verify.errors import UserError
from verify.oracles.slope import KINK, NOT_FINITE
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.sketch import AT_A_KINK, DOUBTED


# --- what cannot be read ----------------------------------------------------------------------------------------------
def test_a_kink_is_undecided_and_its_element_is_named() -> None:
    x = normal(500)
    x[77] = 0
    found = sketch(*FUNCTIONS["relu"], x)
    assert found.verdict == INCONCLUSIVE
    assert found.notes[-1] == f"undecided for x[77]: {KINK}"
    assert sketch(FUNCTIONS["relu"][0], lambda x: np.where(x > 0, 2.0, 0.0), x[:77]).verdict == FAIL


def between_kinks(x: Array) -> Any:
    """Kinks at ±10⁻¹² take 5·10⁻⁸ from the slope to the right and 4·10⁻⁸ to the left: it is 1 between them."""
    t = np.sum(x)
    return 1 + t - 5e-8 * np.maximum(t - 1e-12, 0) + 4e-8 * np.maximum(-t - 1e-12, 0)


def test_kinks_nearer_than_any_step_are_no_fail_of_a_gradient_that_is_right_between_them() -> None:
    x = np.zeros(3)
    found = sketch(between_kinks, lambda x: np.ones(3), x)
    assert any(d.used > 1 for d in found.directions)
    assert found.verdict == INCONCLUSIVE
    assert found.notes[-1] == DOUBTED.format(share=1e-6)
    assert sketch(between_kinks, lambda x: np.full(3, 1 + 1e-5), x).verdict == FAIL
    assert sketch(between_kinks, lambda x: np.full(3, 1 + 1e-5), x, detects=1e-4).verdict != FAIL


def kink_behind_kinks(x: Array) -> Any:
    return x[2] + np.maximum(np.maximum(x[0], 0) - 2 * np.maximum(x[1], 0), 0)


def test_on_a_kink_a_smooth_direction_is_no_fail_of_the_gradient_of_another_side() -> None:
    """ReLU′(0) = 1 in both layers, as in the notes; where x[0] and x[1] fall, and rise, together, ReLU may stay 0."""

    def notes(x: Array) -> Array:
        outer = np.maximum(x[0], 0) - 2 * np.maximum(x[1], 0) >= 0
        return np.array([outer * (x[0] >= 0), -2.0 * outer * (x[1] >= 0), 1.0])

    found = sketch(kink_behind_kinks, notes, np.array([0.0, 0.0, 1.0]))
    assert any(d.used > 1 for d in found.directions)
    assert (found.verdict, found.notes[-1], found.faults) == (INCONCLUSIVE, AT_A_KINK, ())
    beside = np.array([1.0, 0.25, 1.0])
    assert sketch(kink_behind_kinks, notes, beside).passed
    assert sketch(kink_behind_kinks, lambda x: 2 * notes(x), beside).verdict == FAIL


def test_an_element_beside_a_cliff_is_named() -> None:
    x = normal(500)

    def cliff(x: Array) -> Any:
        return np.sum(x * x) if x[123] == at else np.nan

    at = x[123]
    found = sketch(cliff, 2 * x, x)
    assert found.verdict == INCONCLUSIVE
    assert found.notes[-1].startswith("undecided for x[123]: ")
    blind = sketch(lambda x: np.sum(x * x) + 1e12, 2 * x, x)
    assert blind.verdict == INCONCLUSIVE
    assert blind.notes[-1].startswith("undecided for x: no error below ")


def test_an_element_that_no_step_can_move_is_named() -> None:
    x = normal(500)
    at = x[123]
    found = sketch(lambda x: np.sum(x * x) if x[123] <= at else np.inf, 2 * x, x)
    assert found.verdict == INCONCLUSIVE
    assert found.notes[-1].startswith("undecided for x[123]: ")


@pytest.mark.parametrize("edge", [1e-3, 1e-6, 1e-9])
def test_no_step_leaves_the_domain_and_an_element_at_its_edge_is_checked_too(edge: float) -> None:
    x = np.linspace(0.1, 0.9, 50)
    x[7] = edge

    def entropy(x: Array) -> Any:
        assert np.all((x > 0) & (x < 1))
        return np.sum(x * np.log(x) + (1 - x) * np.log1p(-x))

    def gradient(x: Array) -> Array:
        return np.log(x) - np.log1p(-x)

    assert sketch(entropy, gradient, x, domain=(0, 1), oracles="differences").passed
    wrong = gradient(x)
    wrong[20] *= 1.001
    found = sketch(entropy, wrong, x, domain=(0, 1), oracles="differences")
    assert [fault.at for fault in found.faults] == ["x[20]"]


@pytest.mark.parametrize("way", [2.0**-20, 2.0**-30, 2.0**-40, 2.0**-53])
def test_an_element_so_near_its_edge_that_rounding_takes_its_steps_does_not_pass_unseen(way: float) -> None:
    x = np.array([0.5, 0.25, 1 - way])
    right = np.cos(x)
    verdicts = [
        sketch(lambda x: np.sum(np.sin(x)), gradient, x, domain=(0, 1), oracles="differences")
        for gradient in (right, np.array([1, 1, 1e20]) * right)
    ]
    assert [found.verdict for found in verdicts] == ([PASS, FAIL] if way > 2.0**-35 else [INCONCLUSIVE] * 2)
    assert way > 2.0**-35 or verdicts[1].notes[-1] == f"undecided for x[2]: {NOT_FINITE}"


def test_what_differences_cannot_see_the_complex_step_may() -> None:
    x = normal(200)

    def steep(x: Any) -> Any:
        return np.sum(np.sin(1e7 * x))

    found = sketch(steep, lambda x: 1e7 * np.cos(1e7 * x), x, oracles="differences")
    assert found.verdict == INCONCLUSIVE
    sharp = sketch(lambda x: np.sum(x * x) + 1e6, lambda x: 2 * x, x, oracles="complex step")
    blunt = sketch(lambda x: np.sum(x * x) + 1e6, lambda x: 2 * x, x, oracles="differences")
    assert {direction.oracle for direction in sharp.directions} == {"complex step"}
    assert sharp.detects < blunt.detects / 100


def test_a_complex_step_that_does_not_run_gives_way_and_says_why() -> None:
    found = sketch(*FUNCTIONS["size"], normal(50), oracles=("complex step", "differences"))
    assert found.passed
    assert {direction.oracle for direction in found.directions} == {"differences"}
    assert any(note.startswith("complex step: np.absolute does not run on Complexes") for note in found.notes)
    alone = sketch(*FUNCTIONS["size"], normal(50), oracles="complex step")
    assert alone.verdict == INCONCLUSIVE


def test_the_complex_step_names_wrong_elements_too() -> None:
    x = normal(60)
    found = sketch(FUNCTIONS["sin"][0], one_off(np.cos(x)), x, oracles="complex step")
    assert [fault.index for fault in found.faults] == [17]
    assert found.complete


def test_a_fast_part_that_looks_like_noise_is_told_from_noise() -> None:
    """Its slope is a thousand times that of the rest; central differences see none of it."""
    x = normal(30)

    def fast(x: Array) -> Any:
        return np.sum(x * x) + 1e-9 * np.sum(np.sin(1e12 * x))

    for gradient in (2 * x, 2 * x + 1e3 * np.cos(1e12 * x)):
        found = sketch(fast, gradient, x, oracles="differences")
        assert found.verdict == INCONCLUSIVE, str(found)
    assert sketch(naive, lambda x: 2 * x, normal(20000)).passed


def test_a_function_rounded_to_float32_inside_is_undecided_and_told_how_to_be_decided() -> None:
    x = normal(500)

    def hidden(x: Array) -> float:
        return float(np.sum(x.astype(np.float32) ** 2))

    found = sketch(hidden, 2 * x, x)
    assert found.verdict == INCONCLUSIVE
    assert "let it return float32" in str(found)
    assert sketch(lambda x: np.sum(x.astype(np.float32) ** 2), 2 * x, x).verdict != FAIL
    assert sketch(lambda x: np.sum(x.astype(np.float32) ** 2), -2 * x, x).verdict == FAIL


def test_a_function_that_draws_is_taken_as_noise() -> None:
    rng = np.random.default_rng(0)
    found = sketch(lambda x: np.sum(x * x) + rng.normal(), lambda x: 2 * x, normal(30))
    assert found.verdict == INCONCLUSIVE
    assert "the function gives different values for the same x; taken as noise" in found.notes


# --- bad input --------------------------------------------------------------------------------------------------------
SQUARE = FUNCTIONS["square"]
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: sketch(*SQUARE, np.zeros((3, 0))), "x has shape (3, 0), which holds no element"),
    (lambda: sketch(*SQUARE, np.array([1, 2])), "there is nothing to differentiate: x is an array of int64"),
    (lambda: sketch(*SQUARE, {}), "there is nothing to differentiate: x is empty"),
    (lambda: sketch(*SQUARE, X.astype(np.float16)), "x is of float16; give float64 or float32"),
    (lambda: sketch(*SQUARE, np.array([1.0, np.nan])), "x holds nan at [1]; give finite numbers"),
    (lambda: sketch(lambda x: np.sum(np.log(x)), X, -np.abs(X)), "the function is nan at x"),
    (lambda: sketch(lambda x: x * x, X, X), "the function returned an array of shape (5,); a sketch needs one number"),
    (lambda: sketch(lambda x: 7, X, X), "the function returned int64"),
    (lambda: sketch(SQUARE[0], X[:4], X), "the gradient for x has shape (4,), but x has shape (5,)"),
    (lambda: sketch(SQUARE[0], X * 1j, X), "the gradient for x is of complex128"),
    (lambda: sketch(lambda W, b: np.sum(W), {"dW": X}, {"W": X, "b": X}), "the gradient has nothing for b; give db"),
    (
        lambda: sketch(lambda W, b: np.sum(W), {"dW": X, "bias": X}, {"W": X, "b": X}),
        "the gradient has nothing for b; it holds bias; give db",
    ),
    (lambda: sketch(lambda W, b: np.sum(W), (X,), {"W": X, "b": X}), "1 gradients were given for W, b"),
    (lambda: sketch(*SQUARE, X, directions=0), "directions is 0; give a whole number from 1 on"),
    (lambda: sketch(*SQUARE, X, seed=-1), "seed is -1; give a whole number from 0 on"),
    (lambda: sketch(*SQUARE, X, detects=0), "detects is 0; give the share of the gradient that must be seen"),
    (lambda: sketch(*SQUARE, X, oracles="differnces"), "is called 'differnces' (did you mean 'differences'?)"),
    (lambda: sketch(*SQUARE, X, oracles=()), "oracles is empty"),
    (lambda: sketch(*SQUARE, X, domain=3), "the domain of x is 3; give its two ends"),
    (lambda: sketch(*SQUARE, X, domain=(1, 0)), "the domain of x is (1, 0); its first end must lie below its second"),
    (lambda: sketch(*SQUARE, {"x": X}, domain={"y": (0, 1)}), "domain names 'y', which is no input"),
    (lambda: sketch(*SQUARE, {"x": X}, domain=(0, 1)), "x is given by name, and so are its domains"),
    (lambda: sketch(*SQUARE, np.array([0.5, 0.0]), domain=(0, 1)), "x holds 0.0 at [1], on the edge of its domain"),
    (lambda: sketch(SQUARE[0], X * 1e300, X * 1e150), "the gradient times the size of x overflows"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "sentence"), REFUSED, ids=[sentence[:50] for _, sentence in REFUSED])
def test_what_cannot_be_used_is_said_in_a_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        call()
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


# --- what is printed --------------------------------------------------------------------------------------------------
def test_a_sketch_is_neither_true_nor_false() -> None:
    found = sketch(*SQUARE, X)
    with pytest.raises(TypeError, match=r"use sketch\.passed"):
        bool(found)
    assert found.passed is True
    assert replace(found, verdict=INCONCLUSIVE).passed is False


def test_the_text_says_verdict_figures_and_faults() -> None:
    text = str(sketch(*SQUARE, X)).splitlines()
    assert text[0].startswith("pass: 5 parameters, 8 random directions, ")
    assert text[-1].strip().startswith("detects ")
    wrong = 2 * X
    wrong[3] = 7
    text = str(sketch(SQUARE[0], wrong, X)).splitlines()
    assert text[0].startswith("fail: ")
    assert any(line.startswith("wrong: x[3], mine 7.0, want ") for line in text)
    assert "with them put right every direction is within its budget" in text[-1]
