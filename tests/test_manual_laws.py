"""What holds of every formula: pure, true to the dtype it is given; and what whole passes say to wrong input."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from manual import (
    activations,
    collapse,
    deep,
    images,
    initialise,
    logistic,
    losses,
    shallow,
    shallow_backward,
    shallow_descent,
    training,
    vectorise,
)
from tests.manual_samples import arguments, arrays, formulas

EVERY = sorted((id, functions[0]) for id, functions in formulas().items())


@pytest.mark.parametrize(("id", "function"), EVERY, ids=[id for id, _ in EVERY])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_formula_changes_no_input_and_gives_the_same_twice(id: str, function: Callable[..., Any], dtype: str) -> None:
    inputs = arguments(function, dtype)
    before = [x.copy() for x in arrays(inputs)]
    first = [x.copy() for x in arrays(function(**inputs))]
    assert [x.tobytes() for x in arrays(inputs)] == [x.tobytes() for x in before]
    if "generator" not in str(vars(function)["formula"].shapes):
        again = list(arrays(function(**inputs)))
        assert [x.tobytes() for x in again] == [x.tobytes() for x in first]


@pytest.mark.parametrize(("id", "function"), EVERY, ids=[id for id, _ in EVERY])
def test_a_formula_keeps_float32(id: str, function: Callable[..., Any]) -> None:
    inputs = arguments(function, "float32")
    if any(True for _ in arrays(inputs)) and id != "hyperparameters":  # that one draws its parameters itself
        found = list(arrays(function(**inputs)))
        assert found
        assert {x.dtype for x in found} == {np.dtype("float32")}


@pytest.mark.parametrize("name", list(activations.ACTIVATIONS))
def test_the_activations_by_name_keep_float32_and_shape(name: str) -> None:
    z = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
    for function in (activations.g(name), activations.g_prime(name)):
        assert (function(z).dtype, function(z).shape) == (np.float32, (3, 4))


X, Y = np.ones((5, 7)), np.ones((1, 7))
W1, b1, W2, b2 = np.ones((4, 5)), np.ones((4, 1)), np.ones((1, 4)), np.ones((1, 1))
w, g = np.ones((5, 1)), ("tanh", "sigmoid")
P = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
NAN, TWO = X * np.where(np.eye(5, 7) > 0, np.nan, 1), Y + np.eye(1, 7)

WRONG: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: deep.forward(X, P | {"W1": np.ones((4, 3))}, g),
        "W1 has shape (4, 3), X has shape (5, 7): W1 needs 5 columns",
    ),
    (lambda: deep.forward(X, P | {"W2": W1}, g), "W2 has shape (4, 5), W1 has shape (4, 5): W2 needs 4 columns"),
    (lambda: deep.forward(X, P | {"b1": W2}, g), "b1 has shape (1, 4), W1 has shape (4, 5): b1 needs shape (4, 1)"),
    (
        lambda: deep.forward(X, P | {"b1": b1[:, 0]}, g),
        "b1 has shape (4,), a rank-1 array; the notes want a column of shape (4, 1): reshape it with b1.reshape(-1, 1)",
    ),
    (
        lambda: deep.forward(X[:, 0], P, g),
        "X has shape (5,), a rank-1 array; the notes want a column of shape (5, 1)",
    ),
    (lambda: deep.forward(X[None], P, g), "X has shape (1, 5, 7), which has 3 dimensions"),
    (lambda: deep.forward(X.tolist(), P, g), "X is a list; give a NumPy array"),
    (lambda: deep.forward(X[:, :0], P, g), "X has shape (5, 0): m = 0 examples"),
    (lambda: deep.forward(NAN, P, g), "X holds nan at [0, 0]; every feature must be a finite number"),
    (lambda: deep.forward(X, P, ("tanh", "sigmiod")), "no activation is called 'sigmiod': did you mean 'sigmoid'?"),
    (lambda: deep.forward(X, P, ("zebra", "sigmoid")), "no activation is called 'zebra': known are sigmoid, tanh"),
    (lambda: deep.forward(X, P, ("sigmoid",)), "the parameters are W1, W2, b1, b2, the activations sigmoid"),
    (lambda: deep.forward(X, {}, ()), "the parameters are none"),
    (lambda: deep.forward_loop(X, {"W1": W1}, ("tanh",)), "the parameters are W1, the activations tanh"),
    (
        lambda: deep.backward(Y, Y[0], []),
        "Y has shape (7,), a rank-1 array; the notes want a row of shape (1, 7): reshape it with Y.reshape(1, -1)",
    ),
    (lambda: deep.backward(Y, Y[:, 1:], []), "AL has shape (1, 7), Y has shape (1, 6): the two need the same shape"),
    (lambda: deep.backward(Y, TWO, []), "Y holds 2.0 at [0, 0]; a label is 0 or 1"),
    (
        lambda: deep.backward(Y, Y, deep.forward(X, P, ("tanh", "relu"))[1], sound=True),
        "the last activation is 'relu'",
    ),
    (lambda: deep.cost(X, Y[:, 1:], P, g), "A has shape (1, 7), Y has shape (1, 6): the two need the same shape"),
    (lambda: collapse.mixed(X, P | {"W1": W2}, g), "W1 has shape (1, 4), X has shape (5, 7)"),
    (lambda: losses.cost(Y[0], Y), "A has shape (7,), a rank-1 array"),
    (lambda: losses.cost(Y, Y.T), "A has shape (1, 7), Y has shape (7, 1): the two need the same shape"),
    (lambda: losses.cost(Y[:, :0], Y[:, :0]), "A has shape (1, 0): m = 0 examples"),
    (lambda: losses.cost(Y, Y * np.nan), "Y holds nan at [0, 0]; a label is 0 or 1"),
    (lambda: losses.cost_sound(Y, TWO), "Y holds 2.0 at [0, 0]; a label is 0 or 1"),
    (lambda: losses.cost_sound(Y, Y.T), "Z has shape (1, 7), Y has shape (7, 1): the two need the same shape"),
    (lambda: logistic.forward(X, W1, 0.0), "w has shape (4, 5), X has shape (5, 7): w needs shape (5, 1)"),
    (
        lambda: logistic.forward(X, w[:, 0], 0.0),
        "w has shape (5,), a rank-1 array; the notes want a column of shape (5, 1)",
    ),
    (lambda: logistic.forward(X, w, Y), "b has shape (1, 7); the b of logistic regression is one number"),
    (
        lambda: vectorise.loop(X, Y[:, 1:], w, 0.0),
        "X has shape (5, 7), Y has shape (1, 6): they need the same number of columns",
    ),
    (lambda: vectorise.loop(X, Y[0], w, 0.0), "Y has shape (7,), a rank-1 array"),
    (lambda: vectorise.vectorised(X * np.inf, Y, w, 0.0), "X holds inf at [0, 0]"),
    (lambda: vectorise.vectorised(X, TWO, w, 0.0), "Y holds 2.0 at [0, 0]"),
    (lambda: vectorise.vectorised(X, Y, w, Y), "b has shape (1, 7); the b of logistic regression is one number"),
    (lambda: vectorise.loop(X, Y, w, Y), "b has shape (1, 7); the b of logistic regression is one number"),
    (lambda: shallow.forward(X, W1, b1, W1, b2), "W2 has shape (4, 5), W1 has shape (4, 5): W2 needs 4 columns"),
    (
        lambda: shallow.forward(X, np.ones((4, 3)), b1, W2, b2),
        "W1 has shape (4, 3), X has shape (5, 7): W1 needs 5 columns",
    ),
    (lambda: shallow.forward_loop(X[:, :0], W1, b1, W2, b2), "X has shape (5, 0): m = 0 examples"),
    (lambda: shallow_backward.backward(X, TWO, W1, b1, W2, b2), "Y holds 2.0"),
    (lambda: shallow_descent.descent_loop(X, TWO, W1, b1, W2, b2, 0.1), "Y holds 2.0"),
    (lambda: training.train(X, TWO, P, g, 0.1, 1), "Y holds 2.0 at [0, 0]; a label is 0 or 1"),
    (lambda: training.train(X, Y, P, ("tanh", "tanh"), 0.1, 1), "the last activation is 'tanh'"),
    (
        lambda: initialise.course((3,), np.random.default_rng(0)),
        "layer_sizes is (3,); a network needs n[0] and at least one",
    ),
    (lambda: initialise.zeros((3, 0, 1)), "layer_sizes is (3, 0, 1)"),
    (
        lambda: images.unroll(np.ones((2, 4, 4)), np.ones(2)),
        "images has shape (2, 4, 4); it needs (m, height, width, 3)",
    ),
    (lambda: images.unroll(np.ones((2, 4, 4, 4)), np.ones(2)), "images has shape (2, 4, 4, 4); it needs"),
    (lambda: images.unroll(np.ones((0, 4, 4, 3)), np.ones(0)), "images has shape (0, 4, 4, 3); it needs"),
    (
        lambda: images.unroll(np.ones((2, 4, 4, 3)), np.ones(3)),
        "labels has shape (3,), images has shape (2, 4, 4, 3)",
    ),
    (lambda: images.unroll(np.ones((2, 4, 4, 3)), np.array([1, 5])), "labels holds 5 at [1]; a label is 0 or 1"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "sentence"), WRONG, ids=[sentence[:60] for _, sentence in WRONG])
def test_wrong_input_gets_one_sentence_that_names_it(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(sentence)) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_right_input_gets_no_complaint() -> None:
    AL, caches = deep.forward(X, P, g)
    deep.backward(AL, Y, caches)
    images.unroll(np.ones((1, 4, 4, 3)), np.ones(1))
    training.train(X, Y.astype(np.int64), P, g, 0.1, 1)
    losses.cost(np.full((1, 3), 0.5), np.array([[True, False, True]]))
