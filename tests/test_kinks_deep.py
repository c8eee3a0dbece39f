"""Kinks through layers, many at once, and what once went wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kinked import HALF, SET, exact, judged
from verify.arithmetic.balls import Balls
from verify.oracles import subgradient
from verify.oracles.decide import decide

# --- through layers ---------------------------------------------------------------------------------------------------
W = np.array([[1.0, -3, 2, 0], [-1, -4, -3, 1], [2, 3, -1, 2]])
Z = np.array([[0.0, 1], [2, -1], [-1, 0], [0, 2]])
UP = np.array([[2.0, -1], [3, 1], [-2, 2]])


def step(z: Any, share: Any) -> Any:
    """relu′, and this share at 0."""
    return exact(np.where(z > 0, 1, np.where(z < 0, 0, share)))


def layer(share: Any, extra: Any = 0) -> Callable[..., dict[str, Any]]:
    def backward(W: Any, Z: Any) -> dict[str, Any]:
        return {"W": Balls.of(UP) @ np.maximum(Z, 0).T, "Z": (W.T @ Balls.of(UP)) * step(Z, share) + exact(extra)}

    return backward


def relu_layer(W: Any, Z: Any) -> Any:
    return W @ np.maximum(Z, 0)


@pytest.mark.parametrize("share", [0, 1, Fraction(1, 2), Fraction(2, 7)])
def test_a_mixture_is_right_through_a_layer(share: Any) -> None:
    found = decide(relu_layer, layer(share), {"W": W, "Z": Z}, ["W", "Z"], UP)
    assert found.verdicts == {"W": "right", "Z": "right"}
    assert found.choice == f"subgradient: maximum at [0, 0], maximum at [2, 1], maximum at [3, 0], {SET}"


@pytest.mark.parametrize("share", [Fraction(-1, 8), Fraction(9, 8), 3])
def test_no_mixture_is_wrong_through_a_layer_and_leaves_the_others_alone(share: Any) -> None:
    found = decide(relu_layer, layer(share), {"W": W, "Z": Z}, ["W", "Z"], UP)
    assert found.verdicts == {"W": "right", "Z": "wrong"}


def test_an_error_between_the_kinks_of_a_layer_is_wrong() -> None:
    extra = np.zeros((4, 2), dtype=object)
    extra[1, 0] = Fraction(1, 1000)
    found = decide(relu_layer, layer(Fraction(1, 2), extra), {"W": W, "Z": Z}, ["W", "Z"], UP)
    assert found.verdicts == {"W": "right", "Z": "wrong"}


X = np.array([[1.0, -1], [2, 1]])
W1 = np.array([[2.0, -1], [1, 1], [1, 1]])  # W1·X has a 0 at [0, 0] and two at [1:, 1]
W2 = np.array([[1.0, 2, -2], [-1, 1, 2]])  # and W2·relu(W1·X) at [0, 0] and [:, 1]
UP2 = np.array([[3.0, -2], [1, 5]])


def two_layers(X: Any, W1: Any, W2: Any) -> Any:
    return np.maximum(W2 @ np.maximum(W1 @ X, 0), 0)


def chained(first: Any, second: Any, fault: Any = 1) -> Callable[..., dict[str, Any]]:
    def backward(X: Any, W1: Any, W2: Any) -> dict[str, Any]:
        Z1 = W1 @ X
        A1 = np.maximum(Z1, 0)
        dZ2 = Balls.of(UP2) * step(W2 @ A1, second)
        dZ1 = fault * (W2.T @ dZ2) * step(Z1, first)
        return {"X": W1.T @ dZ1, "W1": dZ1 @ X.T, "W2": dZ2 @ A1.T}

    return backward


def test_the_chain_used_here_has_kinks_in_both_layers() -> None:
    assert ((W1 @ X == 0).sum(), (W2 @ np.maximum(W1 @ X, 0) == 0).sum()) == (3, 3)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("second", [0, 1])
def test_a_choice_in_each_of_two_layers_is_right(first: Any, second: Any) -> None:
    inputs = {"X": X, "W1": W1, "W2": W2}
    found = decide(two_layers, chained(first, second), inputs, ["X", "W1", "W2"], UP2)
    assert found.verdicts == {"X": "right", "W1": "right", "W2": "right"}
    assert SET in found.choice


@pytest.mark.parametrize("second", [0, 1])
def test_a_mixture_in_the_first_of_two_layers_is_right(second: int) -> None:
    inputs = {"X": X, "W1": W1, "W2": W2}
    found = decide(two_layers, chained(Fraction(1, 2), second), inputs, ["X", "W2"], UP2)
    assert found.verdicts == {"X": "right", "W2": "right"}


def test_a_mixture_that_is_not_found_is_not_called_wrong() -> None:
    # dW1 alone leaves many shares possible, products of shares in two layers among them.
    found = decide(two_layers, chained(Fraction(1, 2), 1), {"X": X, "W1": W1, "W2": W2}, ["W1"], UP2)
    assert found.verdict != "wrong"


@pytest.mark.parametrize(
    ("first", "second", "fault", "names"),
    [(0, 3, 1, "W2"), (1, -2, 1, "W2"), (0, 0, -1, "W1"), (1, 1, Fraction(1001, 1000), "W1"), (40, 1, 1, "X W1")],
)
def test_what_no_choice_in_two_layers_gives_is_wrong(first: Any, second: Any, fault: Any, names: str) -> None:
    inputs = {"X": X, "W1": W1, "W2": W2}
    found = decide(two_layers, chained(first, second, fault), inputs, names.split(), UP2)
    assert found.verdicts == dict.fromkeys(names.split(), "wrong")


@settings(max_examples=15)
@given(st.lists(st.integers(-2, 2), min_size=6, max_size=6), st.fractions(0, 1, max_denominator=8))
def test_any_layer_of_integers_is_right_with_any_share(numbers: list[int], share: Fraction) -> None:
    Z = np.array(numbers, dtype=float).reshape(3, 2)
    V = W[:, :3]

    def backward(Z: Any) -> dict[str, Any]:
        return {"Z": (V.T @ Balls.of(UP)) * step(Z, share)}

    found = decide(lambda Z: V @ np.maximum(Z, 0), backward, {"Z": Z}, ["Z"], UP)
    assert found.verdict == "right"
    assert (SET in found.choice) == bool((Z == 0).any() and ((V.T @ UP)[Z == 0] != 0).any())


# --- many kinks -------------------------------------------------------------------------------------------------------
MANY = 14


def test_more_choices_than_are_enumerated_are_decided_element_by_element() -> None:
    assert 2**MANY > subgradient.MOST_CHOICES
    x = np.zeros(MANY)
    shares: list[Any] = [Fraction(i, MANY - 1) for i in range(MANY)]
    for name in ("np.maximum", "two masks"):
        forward, left, right = HALF[name]
        mixed = [left + s * (right - left) for s in shares]
        assert judged(forward, mixed, x).verdict == "right", name
        for place in (0, MANY - 1):
            beyond = [*mixed]
            beyond[place] = right + Fraction(1, 2)
            assert judged(forward, beyond, x).verdict == "wrong", name


def test_more_choices_than_are_enumerated_are_decided_through_a_layer() -> None:
    V = np.arange(1.0, 2 * MANY + 1).reshape(2, MANY)

    def backward(share: Any) -> Callable[..., dict[str, Any]]:
        return lambda x: {"x": (V.T @ Balls.of(np.array([1.0, -3]))) * exact(share) + 0 * x}

    for share, want in ((0, "right"), (1, "right"), (Fraction(1, 2), "right"), (Fraction(17, 16), "wrong")):
        found = decide(
            lambda x: V @ np.maximum(x, 0), backward(share), {"x": np.zeros(MANY)}, ["x"], np.array([1.0, -3])
        )
        assert found.verdict == want


# --- what once went wrong ---------------------------------------------------------------------------------------------
def test_a_kink_that_another_choice_does_not_meet_moves_no_shares_of_later_ones() -> None:
    def f(x: Any) -> Any:
        return np.maximum(np.maximum(x[:1], 0), 0) + x[1:].max()

    for slopes, verdict in (([1.0, 0, 1, 0], "right"), ([0.0, 0.5, 0.5, 0], "right"), ([1.0, 1, 1, 1], "wrong")):
        assert judged(f, slopes, [0.0, 1, 1, 1], [1.0]).verdict == verdict


def test_a_choice_that_cannot_be_computed_stops_nothing() -> None:
    def f(x: Any) -> Any:
        return np.maximum(np.where(x > 0, 1 + 0 * x, 0 * x) - 0.5, 0) + np.maximum(x, 0)

    assert judged(f, [1.0], [0.0]).verdict == "right"


def test_a_mask_written_through_is_no_obstacle_at_a_kink() -> None:
    def f(x: Any) -> Any:
        z = 1 * x
        z[z <= 0] *= 0.5
        return z

    assert judged(f, [1.0, 0.5, 0.5], [1.0, 0.0, -2.0]).verdict == "right"
    assert judged(f, [1.0, 1.0, 0.5], [1.0, 0.0, -2.0]).verdict == "right"
    assert judged(f, [1.0, 0.5, 0.75], [1.0, 0.0, -2.0]).verdict == "wrong"


@pytest.mark.parametrize("fault", [1e-3, 1e-12, 1e-30])
def test_a_fault_away_from_a_kink_does_not_hide_behind_it(fault: float) -> None:
    slopes = [Fraction(1), Fraction(0), 1 + Fraction(fault)]
    assert judged(lambda x: np.maximum(x, 0), slopes, [0.0, -1.0, 2.0]).verdict == "wrong"


def test_the_branch_not_taken_spoils_no_mixture() -> None:
    def f(x: Any) -> Any:
        return np.where(x > 1, 2 * np.log(x), x - 1)

    assert judged(f, [1.5, 1.0, 1.0], [1.0, -1.0, 2.0]).verdict == "right"


def test_a_choice_that_changes_the_value_is_none() -> None:
    def f(x: Any) -> Any:
        a, b = x[:1], x[1:]
        return (a > 0) * (b > 0) * 1.0 + a * (a > 0) + b * (b > 0)

    assert judged(f, [1.0, 1.0], [0.0, 0.0], [1.0]).verdict != "right"


@pytest.mark.parametrize(
    ("slope", "verdict"), [(0, "right"), (-1, "right"), (-2, "wrong"), (Fraction(1, 2), "wrong"), (1, "wrong")]
)
def test_a_kink_that_hides_behind_another_is_a_choice_too(slope: Any, verdict: str) -> None:
    """relu(−relu(x)) at 0: where the first is taken flat, nothing moves at the second, and no kink shows there."""
    assert judged(lambda x: np.maximum(-np.maximum(x, 0), 0), [slope], [0.0]).verdict == verdict
