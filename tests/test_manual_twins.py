"""A loop and its vectorised twin are one function, and the sound forms say the same: in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manual import (
    activations,
    blocks,
    collapse,
    deep,
    logistic,
    losses,
    shallow,
    shallow_backward,
    shallow_descent,
    training,
    vectorise,
)
from tests.exact_arrays import balls, data, exact, four, network, thin


# --- a loop and its vectorised twin are one function ------------------------------------------------------------------
def test_the_logistic_loop_equals_the_vectorised_pass_and_the_formulas_one_by_one() -> None:
    X, Y = data()
    with thin() as same:
        X, w, b = balls(X), balls(np.array([[0.3], [-1.2], [0.7]])), flint.arb(0.4)
        J, dw, db = vectorise.vectorised(X, Y, w, b)
        for mine, want in zip(vectorise.loop(X, Y, w, b), (J, dw, db), strict=True):
            same(mine, want)
        Z, A = logistic.forward(X, w, b)
        dZ = logistic.dZ(A, Y)
        same(A, np.concatenate([logistic.predict(X[:, i : i + 1], w, b) for i in range(5)], axis=1))
        same(A, logistic.predict_by_theta(X, w, b))
        same(losses.cost(A, Y), J)
        same(losses.cost_sound(Z, Y), J)
        same(np.mean(losses.cases(A, Y)), J)
        same(logistic.cost(X, Y, w, b), J)
        same(logistic.dw(X, dZ), dw)
        same(logistic.mean(X, Y, w, b), dw)
        same(logistic.db(dZ), db)


def test_the_notes_two_features_are_the_loop_over_one_example() -> None:
    X, Y = data(n_x=2, m=1)
    w, b = np.array([[0.5], [-2.0]]), 0.25
    a = logistic.predict(X, w, b)
    dw1, dw2, db = logistic.dw_j(X[0, 0], X[1, 0], logistic.dz(a, Y)[0, 0])
    _, dw, db_loop = vectorise.loop(X, Y, w, b)
    assert [dw1, dw2, db] == [dw[0, 0], dw[1, 0], db_loop]


@given(st.fractions(Fraction(1, 50), Fraction(49, 50)), st.sampled_from((0, 1)))
def test_dz_is_da_times_the_slope(a: Fraction, y: int) -> None:
    assert logistic.da(a, y) * logistic.slope_in_a(a) == logistic.dz(a, y) == blocks.dZ_L(a, y)
    assert blocks.dA_L(a, y) == logistic.da(a, y)


def test_the_shallow_forms_equal_their_loops() -> None:
    X, Y = data()
    with thin() as same:
        X = balls(X)
        W1, b1, W2, b2 = map(balls, network((3, 4, 1)).values())
        Z1, A1, Z2, A2 = shallow.forward(X, W1, b1, W2, b2)
        for mine, want in zip(shallow.forward_loop(X, W1, b1, W2, b2), (Z1, A1, Z2, A2), strict=True):
            same(mine, want)
        x = X[:, :1]
        z, a = shallow.stacked_units(x, W1, b1)
        same(z, Z1[:, :1])
        same(a, activations.sigmoid(Z1[:, :1]))
        same(shallow.cost(X, Y, W1, b1, W2, b2), losses.cost(A2, Y))
        given = (X, Y, W1, b1, W2, b2, flint.arb(0.125), 3)
        for mine, want in zip(shallow_descent.descent_loop(*given), shallow_descent.descent(*given), strict=True):
            same(mine, want)
        once = shallow_descent.descent_loop(*given[:-1])
        for mine, want in zip(once, shallow_descent.descent(*given[:-1], 1), strict=True):
            same(mine, want)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_the_shallow_network_is_the_deep_one_with_two_layers(activation: str) -> None:
    X, Y = data()
    parameters, g = network((3, 4, 1)), (activation, "sigmoid")
    AL, caches = deep.forward(X, parameters, g)
    Z1, A1, Z2, A2 = shallow.forward(X, *four(parameters), activation)
    for mine, want in ((AL, A2), (caches[0].Z, Z1), (caches[1].A_prev, A1), (caches[1].Z, Z2)):
        assert np.array_equal(mine, want)
    grads = deep.backward(AL, Y, caches, sound=True)
    small = shallow_backward.backward(X, Y, *four(parameters), activation)
    assert set(small) == set(grads) - {"dA1"}
    assert all(np.array_equal(small[name], grads[name]) for name in small)
    step = training.descent(parameters, grads, 0.5)
    moved = shallow_descent.descent(X, Y, *four(parameters), 0.5, 1, activation)
    for mine, want in zip(moved, step.values(), strict=True):
        assert np.array_equal(mine, want)


def test_the_hidden_layer_of_a_shallow_network_is_tanh_where_nothing_is_said() -> None:
    (X, Y), four_of = data(), four(network((3, 4, 1)))
    said, unsaid = (shallow_backward.backward(X, Y, *four_of, *hidden) for hidden in (("tanh",), ()))
    assert all(np.array_equal(said[name], unsaid[name]) for name in said)
    W1, *_ = shallow_descent.descent(X, Y, *four_of, 0.5)
    assert np.array_equal(W1, four_of[0] - 0.5 * said["dW1"])
    assert np.array_equal(
        shallow_backward.dZ1(four_of[2], Y, W1[:, :1]), shallow_backward.dZ1(four_of[2], Y, W1[:, :1], "tanh")
    )


@given(exact((2, 3)), exact((4, 2)), exact((4, 1)), exact((3, 4)), exact((3, 1)), exact((1, 3)), exact((1, 1)))
def test_a_deep_pass_equals_its_loop_and_collapses_where_it_is_linear(
    X: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any
) -> None:
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}
    bent = ("relu", "linear", "relu")
    AL, caches = deep.forward(X, parameters, bent)
    looped, loop_caches = deep.forward_loop(X, parameters, bent)
    assert np.array_equal(AL, looped)
    assert np.array_equal(AL, collapse.mixed(X, parameters, bent))
    for mine, want in zip(loop_caches, caches, strict=True):
        assert np.array_equal(mine.Z, want.Z)
        assert np.array_equal(mine.A_prev, want.A_prev)
        assert mine.activation == want.activation
    W, b = collapse.linear_collapse(parameters)
    assert np.array_equal(deep.forward(X, parameters, ("linear",) * 3)[0], W @ X + b)


def test_a_pass_by_loops_keeps_the_caches_that_the_way_back_needs() -> None:
    X, _ = data()
    parameters, g = network((3, 4, 2, 1)), ("tanh", "relu", "sigmoid")
    for mine, want in zip(*(f(X, parameters, g)[1] for f in (deep.forward_loop, deep.forward)), strict=True):
        assert (mine.W is want.W, mine.b is want.b, mine.activation) == (True, True, want.activation)


@given(exact((3, 4)), exact((2, 4)), exact((3, 2)))
def test_the_mean_over_examples_is_what_dW_and_db_are(dZ: Any, A_prev: Any, W: Any) -> None:
    columns = [(dZ[:, i : i + 1], A_prev[:, i : i + 1]) for i in range(4)]
    assert np.array_equal(blocks.dW(dZ, A_prev), sum(dz @ a.T for dz, a in columns) / 4)
    assert np.array_equal(blocks.db(dZ), sum(dz for dz, _ in columns) / 4)
    assert np.array_equal(blocks.dZ_chain(W, dZ, A_prev, "relu"), blocks.dZ(blocks.dA_prev(W, dZ), A_prev, "relu"))
    cache = blocks.Cache(A_prev, W, dZ[:, :1], dZ, "linear")
    for mine, want in zip(
        blocks.block_backward(dZ, cache),
        (blocks.dA_prev(W, dZ), blocks.dW(dZ, A_prev), blocks.db(dZ)),
        strict=True,
    ):
        assert np.array_equal(mine, want)


# --- the sound forms say the same -------------------------------------------------------------------------------------
def test_the_sound_forms_are_the_same_functions() -> None:
    z = np.array([-40.0, -1.5, -0.0625, 0.0, 0.5, 3.0, 40.0])
    y = np.arange(7) % 2
    with thin() as same:
        z = balls(z)
        sigmoid = activations.sigmoid
        same(activations.sigmoid_sound(z[:3]), sigmoid(z[:3]))
        same(sigmoid(z) * sigmoid(-z), activations.sigmoid_derivative(z))
        same(4 * sigmoid(2 * z) * sigmoid(-2 * z), activations.tanh_derivative(z))
        same(activations.tanh_sound(z), activations.tanh(z))
        same(activations.tanh(z), 2 * sigmoid(2 * z) - 1)
        z = z[1:-1]  # at ±40 the notes' 1 − ŷ cancels even in 128 bits
        same(losses.cross_entropy_sound(z, y[1:-1]), losses.cross_entropy(activations.sigmoid(z), y[1:-1]))


@given(st.floats(0, 700))
def test_the_sound_sigmoid_is_the_notes_own_where_z_is_positive_and_the_slopes_are_made_of_it(z: float) -> None:
    sound = activations.sigmoid_sound
    assert sound(z) == activations.sigmoid(z)
    assert activations.sigmoid_derivative_sound(z) == sound(z) * sound(-z)
    assert activations.tanh_derivative_sound(z) == 4 * sound(2 * z) * sound(-2 * z)


def test_the_sound_forms_neither_overflow_nor_lose_everything_where_the_notes_forms_do() -> None:
    z = np.array([-1000.0, -740.0, -40.0, 40.0, 740.0, 1000.0])  # an overflow would be an error here
    assert activations.sigmoid_sound(z)[-2:].tolist() == [1, 1]
    assert activations.tanh_sound(z).tolist() == [-1, -1, -1, 1, 1, 1]
    assert (activations.sigmoid_derivative_sound(z)[2:4] > 0).all()
    assert (activations.tanh_derivative_sound(z)[2:4] > 0).all()
    assert losses.cross_entropy_sound(z, 1 * (z < 0)).tolist() == [1000, 740, 40, 40, 740, 1000]
    assert activations.sigmoid_derivative(40.0) == activations.tanh_derivative(40.0) == 0


def test_both_starts_of_the_chain_give_the_same_gradients() -> None:
    X, Y = data()
    with thin() as same:
        parameters = {name: balls(value) for name, value in network((3, 4, 2, 1)).items()}
        AL, caches = deep.forward(balls(X), parameters, ("tanh", "tanh", "sigmoid"))
        written, sound = deep.backward(AL, Y, caches), deep.backward(AL, Y, caches, sound=True)
        assert set(written) - set(sound) == {"dA3"}
        assert set(deep.backward_blocks(AL, Y, caches)) == set(written)
        for name, value in sound.items():
            same(written[name], value)
            assert value.shape == deep.shapes((3, 4, 2, 1), 5)[name]
