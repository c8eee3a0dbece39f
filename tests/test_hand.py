"""What is at hand: how the forward's steps are written, which of them are kept, and what else is there."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.diagnosis.hand import LONGEST, MOST, Written, affine, at_hand, carried, steps_of
from verify.problem import Problem

RNG = np.random.default_rng(8)
W, X, B, U = (RNG.normal(size=shape) for shape in ((2, 3), (3, 4), (2, 1), (3, 4)))
GIVEN = {"W": W, "X": X, "b": B, "U": U}


def written(name: str, x: Any) -> Written:
    y = Written(Balls.of(x).parts[0])
    y.words = name
    return y


w, x, b, u = (written(name, value) for name, value in GIVEN.items())


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (lambda: w @ x, "W @ X"), (lambda: w @ x + b, "W @ X + b"), (lambda: b + w @ x, "b + (W @ X)"),
        (lambda: w @ x + b + b, "(W @ X + b) + b"), (lambda: x * u + x, "X ∗ U + X"),
        (lambda: (x + u) * x, "(X + U) ∗ X"),
        (lambda: x - u, "X − U"), (lambda: x / u, "X / U"), (lambda: -x, "negative(X)"), (lambda: x.T, "Xᵀ"),
        (lambda: x * u - x, "(X ∗ U) − X"), (lambda: w.T @ w, "Wᵀ @ W"), (lambda: (x + u).T, "(X + U)ᵀ"),
        (lambda: w @ (x + u), "W @ (X + U)"), (lambda: (w + w) @ x, "(W + W) @ X"), (lambda: np.exp(x), "exp(X)"),
        (lambda: np.tanh(w @ x + b), "tanh(W @ X + b)"), (lambda: np.tanh(w @ x) @ x.T, "tanh(W @ X) @ Xᵀ"),
        (lambda: np.maximum(x, 0), "maximum(X, 0)"), (lambda: np.maximum(x + u, 0.5), "maximum(X + U, 0.5)"),
        (lambda: sigmoid(x), "σ(X)"), (lambda: sigmoid(w @ x + b), "σ(W @ X + b)"),
        (lambda: sigmoid(x) * u, "σ(X) ∗ U"),
        (lambda: sigmoid(np.tanh(x)), "σ(tanh(X))"), (lambda: 1 / (1 + np.exp(x)), "1 / (1 + exp(X))"),
        (lambda: 2 / (1 + np.exp(-x)), "2 / (1 + exp(negative(X)))"), (lambda: sigmoid(x) + u, "σ(X) + U"),
        (lambda: np.tanh(x) * np.tanh(u) * x, "(tanh(X) ∗ tanh(U)) ∗ X"), (lambda: np.tanh(x) * np.tanh(u),
        "tanh(X) ∗ tanh(U)"),
        (lambda: sigmoid(x + u) * x, "σ(X + U) ∗ X"), (lambda: np.tanh(x + u) * x, "tanh(X + U) ∗ X"),
        (lambda: 2 * x, "2 ∗ X"), (lambda: 0.01 * x, "0.01 ∗ X"), (lambda: x * np.ones((3, 4)), "X ∗ …"),
        (lambda: x + x.sum(), "X + …"), (x.copy, "X"), (lambda: copy.copy(x), "X"), (x.sum, ""),
        (lambda: np.power(x, 2), "power(X, 2)"), (lambda: np.log(sigmoid(x)), "log(σ(X))"),
    ],
)  # fmt: skip
def test_a_step_is_written_as_one_writes_it_with_brackets_where_they_are_needed(
    step: Callable[[], Any], words: str
) -> None:
    assert step().words == words


def test_a_copy_is_joined_as_it_was_and_a_comparison_has_no_words() -> None:
    assert np.array_equal(x.copy("F").mid(), X)
    assert (x + u).copy().joined
    assert isinstance(x > 0, np.ndarray)
    assert Written(Balls.of(X).parts[0]).words == ""


def test_a_text_that_is_too_long_for_a_name_is_none() -> None:
    long = written("L" * (2 * LONGEST - 4), X)
    assert (long + x).words == "L" * (2 * LONGEST - 4) + " + X"
    assert (long + x + x).words == "…"
    assert ((long + x + x) * x).words == "… ∗ X"
    assert (long @ x.T).words == "…"
    assert (written("L" * (2 * LONGEST - 5), X) @ x.T).words == "L" * (2 * LONGEST - 5) + " @ Xᵀ"


# --- what is kept ---------------------------------------------------------------------------------------------------
def steps(function: Callable[..., Any], **given: Any) -> list[str]:
    return list(steps_of(function, given or GIVEN)[0])


def test_sums_and_products_of_matrices_and_functions_of_them_are_kept_in_their_order_and_once() -> None:
    def network(W: Any, X: Any, b: Any, U: Any) -> Any:
        Z = W @ X + b
        A = np.tanh(Z)
        return A * Z + W @ X

    assert steps(network) == [
        "W @ X", "W @ X + b", "tanh(W @ X + b)", "tanh(W @ X + b) ∗ (W @ X + b)",
        "(tanh(W @ X + b) ∗ (W @ X + b)) + (W @ X)",
    ]  # fmt: skip
    seen, out = steps_of(network, GIVEN)
    assert out is not None
    with precision():
        Z = Balls.of(W) @ Balls.of(X) + Balls.of(B)
        wanted = [Balls.of(W) @ Balls.of(X), Z, np.tanh(Z), np.tanh(Z) * Z, np.tanh(Z) * Z + Balls.of(W) @ Balls.of(X)]
        assert all(overlaps(a, c).all() for a, c in zip(seen.values(), wanted, strict=True))
        assert overlaps(out, wanted[-1]).all()
    assert {type(y) for y in (*seen.values(), out)} == {Balls}
    assert max(y.rad().max() for y in seen.values()) < 2.0**-110


def test_the_steps_inside_a_sigmoid_or_a_logarithm_and_what_has_no_product_are_not_kept() -> None:
    assert steps(lambda W, X, b, U: sigmoid(W @ X)) == ["W @ X", "σ(W @ X)"]
    for function in (np.log, np.log1p, np.exp, np.negative):
        assert steps(lambda W, X, b, U, f=function: f((W @ X) * (W @ X))) == ["W @ X", "(W @ X) ∗ (W @ X)"]
    assert steps(lambda W, X, b, U: np.tanh(X + U) * 2) == []
    assert steps(lambda W, X, b, U: 1 + np.exp(W @ X)) == ["W @ X"]
    assert steps(lambda W, X: W @ X, W=W[:1], X=X[:, :1]) == []
    assert steps(lambda W, X: W @ X, W=W, X=X[:, :1]) == ["W @ X"]
    assert steps(lambda W, X, b, U: (W @ X) * np.ones((2, 4))) == ["W @ X"]


def test_no_more_steps_and_no_longer_names_are_kept_than_a_report_can_bear() -> None:
    assert (LONGEST, MOST) == (60, 8)

    def many(W: Any, X: Any, b: Any, U: Any) -> Any:
        Z = W @ X
        for k in range(20):
            last = Z + k
        return last

    assert steps(many) == ["W @ X", *(f"W @ X + {k}" for k in range(MOST - 1))]
    for n in (LONGEST - 4, LONGEST - 3):
        name = "N" * n
        assert steps(lambda **g: g[max(g)] @ g["A"], **{name: W, "A": X}) == (
            [f"{name} @ A"] if n < LONGEST - 3 else []
        )


def test_of_what_does_not_run_or_gives_back_no_one_array_nothing_or_no_result_is_there() -> None:
    def raises(**given: Any) -> Any:
        given["W"] @ given["X"]
        raise ValueError("so")

    assert steps_of(raises, GIVEN) == ({}, None)
    seen, out = steps_of(lambda W, X, **rest: {"Z": W @ X}, GIVEN)
    assert (list(seen), out) == (["W @ X"], None)
    # What is computed outside of it is not kept.
    w @ x + b
    assert list(seen) == ["W @ X"]
    whole = {"layer": {"W": W, "n": 3}, "X": X, "k": 2, "f": np.float64(0.5)}
    seen, out = steps_of(lambda layer, X, k, f: layer["W"] @ X * k * layer["n"] * f, whole)
    assert list(seen) == ["W @ X", "(W @ X) ∗ 2", "((W @ X) ∗ 2) ∗ 3", "(((W @ X) ∗ 2) ∗ 3) ∗ f"]


# --- at hand --------------------------------------------------------------------------------------------------------
def problem_of(forward: Callable[..., Any], inputs: dict[str, Any], dout: Any) -> Problem:
    return Problem("f", forward, lambda dout, **given: {}, inputs, tuple(inputs), dout)


def test_inputs_the_upstream_gradient_steps_the_result_and_what_is_carried_back_are_at_hand() -> None:
    dout = RNG.normal(size=(2, 4))
    inputs = {"W": W, "X": X, "b": B, "rate": 0.5, "name": "tanh", "c": np.float64(2.0)}

    def layer(W: Any, X: Any, b: Any, **rest: Any) -> Any:
        return np.tanh(W @ X + b)

    hand = at_hand(problem_of(layer, inputs, dout))
    assert list(hand) == ["W", "X", "b", "c", "dout", "W @ X", "W @ X + b", "out", "(Wᵀ @ dout)"]
    assert hand["W"] is W
    assert hand["dout"] is dout
    with precision():
        assert overlaps(hand["out"], np.tanh(Balls.of(W) @ Balls.of(X) + Balls.of(B))).all()
        assert overlaps(hand["(Wᵀ @ dout)"], Balls.of(W).T @ Balls.of(dout)).all()
    assert hand["(Wᵀ @ dout)"].rad().max() < 2.0**-110
    broken = at_hand(problem_of(lambda **given: None, inputs, dout))
    assert list(broken) == ["W", "X", "b", "c", "dout", "(Wᵀ @ dout)"]


def test_dout_is_carried_back_by_every_matrix_that_leads_to_the_shape_of_a_tensor_at_hand() -> None:
    dout = RNG.normal(size=(2, 4))
    V, back = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 4))
    assert list(carried({"W": W, "A": back, "dout": dout})) == ["(Wᵀ @ dout)"]
    assert list(carried({"V": V, "A": back, "dout": dout})) == ["(V @ dout)"]
    assert list(carried({"W": W, "V": V, "out": back, "dout": dout})) == ["(Wᵀ @ dout)", "(V @ dout)"]
    assert list(carried({"S": W[:, :2], "T": dout, "dout": dout})) == ["(Sᵀ @ dout)", "(S @ dout)"]
    for less in (
        {"W": W, "dout": dout}, {"W": W, "A": back[:2], "dout": dout}, {"W": W, "A": back[:, :3], "dout": dout},
        {"W @ X": W, "A": back, "dout": dout}, {"out": W, "A": back, "dout": dout},
        {"W": W[:1], "A": back, "dout": dout},
        {"W": W[0], "A": back, "dout": dout}, {"W": W, "A": back, "dout": dout[:, 0]}, {"W": W, "A": back, "dout": 1.0},
    ):  # fmt: skip
        assert carried(less) == {}
    assert list(carried({"dout": dout, "b": B[0], "W": W, "A": back})) == ["(Wᵀ @ dout)"]
    assert carried({"S": W[:, :2], "dout": dout}) == {}
    square = RNG.normal(size=(2, 2))
    assert carried({"W": square, "dout": square}).keys() == {"(Wᵀ @ dout)", "(W @ dout)"}
    (found,) = carried({"V": V, "A": back, "dout": dout}).values()
    with precision():
        assert overlaps(found, Balls.of(V) @ Balls.of(dout)).all()


def test_the_affine_part_of_logistic_regression_is_there_where_its_inputs_are() -> None:
    given = {"w": W.T[:, :1], "X": X, "b": 0.25, "Y": U}
    found = affine(given)
    with precision():
        Z = Balls.of(given["w"]).T @ Balls.of(X) + 0.25
        wanted = {"wᵀ @ X + b": Z, "σ(wᵀ @ X + b)": sigmoid(Z)}
        assert list(found) == list(wanted)
        assert all(overlaps(found[k], z).all() and found[k].rad().max() < 2.0**-110 for k, z in wanted.items())
    for less in (
        {"w": W, "X": X}, {"w": W.T[:, :1], "b": 0.0}, {"X": X, "b": 0.0}, {"w": W.T[:, 0], "X": X, "b": 0.0},
        {"w": W, "X": X, "b": 0.0},
    ):  # fmt: skip
        assert affine(less) == {}
