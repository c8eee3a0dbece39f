"""The notes' own figures, and the identities between their formulas, in exact arithmetic: no tolerance anywhere.

Rational formulas run on fractions; formulas with exp and log run on balls, where two results agree if their enclosures
overlap while both are thin.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manual import (
    activations,
    blocks,
    broadcasting,
    circuits,
    collapse,
    convex,
    deep,
    graph,
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
from tests.catalogue_ids import CATALOGUE, IDS
from tests.manual_samples import formulas, record

VARIANTS = {
    "sigmoid.sound", "sigmoid.derivative.sound", "tanh.sound", "tanh.derivative.sound", "loss.cross_entropy.sound",
    "cost.sound", "deep.dA_L.sound", "shallow.forward.loop", "shallow.descent.loop", "deep.forward.loop",
    "deep.circuit.and_units", "deep.circuit.weighted", "relu.derivative.left", "leaky_relu.derivative.left",
}  # fmt: skip

fractions = st.fractions(-3, 3, max_denominator=7)


def exact(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """Arrays of fractions."""
    size = math.prod(shape)
    return st.lists(fractions, min_size=size, max_size=size).map(lambda xs: np.array(xs, dtype=object).reshape(shape))


def balls(x: Any) -> Any:
    """The same floats, as exact balls."""
    x = np.asarray(x)
    return np.array([flint.arb(float(v)) for v in x.ravel()], dtype=object).reshape(x.shape)


@contextmanager
def thin() -> Iterator[Callable[[Any, Any], None]]:
    """Balls of 128 bits, and the assertion that two arrays of them are equal as far as 90 bits can tell."""

    def same(x: Any, y: Any) -> None:
        x, y = np.atleast_1d(np.asarray(x, dtype=object)), np.atleast_1d(np.asarray(y, dtype=object))
        assert x.shape == y.shape
        for a, b in zip(x.ravel(), y.ravel(), strict=True):
            a, b = flint.arb(a), flint.arb(b)
            assert a.overlaps(b)
            assert max(a.rad(), b.rad()) < flint.arb(2) ** -90

    with flint.ctx.workprec(128):
        yield same


def data(n_x: int = 3, m: int = 5, seed: int = 0) -> tuple[Any, Any]:
    """X and Y, with both labels present."""
    return np.random.default_rng(seed).standard_normal((n_x, m)), (np.arange(m) % 2 * 1.0).reshape(1, m)


def network(sizes: tuple[int, ...], seed: int = 1) -> dict[str, Any]:
    """Parameters with no b = 0."""
    rng = np.random.default_rng(seed)
    return {k: v + rng.standard_normal(v.shape) for k, v in initialise.course(sizes, rng).items()}


def four(parameters: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    """W1, b1, W2, b2."""
    W1, b1, W2, b2 = parameters.values()
    return W1, b1, W2, b2


# --- every row is there -------------------------------------------------------------------------------------------


def test_every_row_of_the_catalogue_has_exactly_one_function_and_nothing_else_has_one() -> None:
    assert len(IDS) == len(set(IDS)) == 63
    found = formulas()
    assert {id: len(functions) for id, functions in found.items()} == dict.fromkeys([*IDS, *VARIANTS], 1)


def test_the_ids_kept_here_are_those_of_the_catalogue(root: Path) -> None:
    page = root.parent / "shared" / "notes" / "CATALOGUE.md"
    if not page.is_file():
        pytest.skip("the catalogue is not at hand: no file ../shared/notes/CATALOGUE.md")
    rows = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", page.read_text("utf-8"), re.MULTILINE)
    assert [(id, kind.strip()) for id, kind in rows] == list(CATALOGUE)


@pytest.mark.parametrize("id", sorted([*IDS, *VARIANTS]))
def test_a_shape_string_names_the_arguments_in_order_and_a_source(id: str) -> None:
    (function,) = formulas()[id]
    about = record(function)
    named = re.findall(r"(\w+):", about.shapes.partition("->")[0])
    assert named == list(inspect.signature(function).parameters)
    assert set(about.domain) <= set(named)
    assert set(about.domain.values()) <= {"probability", "label", "exp", "positive", "pixel"}
    assert "chapter" in about.source
    assert function.__doc__
    assert about.latex


# --- the figures that the notes work out by hand ------------------------------------------------------------------


def test_the_graph_gives_33_and_its_five_derivatives() -> None:
    assert graph.forward(**graph.POINT) == tuple(graph.FORWARD_AT_POINT.values())
    assert graph.backward(**graph.POINT) == tuple(graph.BACKWARD_AT_POINT.values())
    assert graph.FORWARD_AT_POINT == {"u": 6, "v": 11, "J": 33}
    assert graph.BACKWARD_AT_POINT == {"dv": 3, "da": 3, "du": 3, "db": 6, "dc": 9}


@given(fractions, fractions, fractions, st.fractions(1, 2))
def test_each_graph_derivative_is_the_nudge_of_J(a: Fraction, b: Fraction, c: Fraction, h: Fraction) -> None:
    _, da, _, db, dc = graph.backward(a, b, c)  # J is linear in each argument: every nudge is exact
    assert graph.nudge(lambda a: graph.forward(a, b, c)[2], a, h) == da
    assert graph.nudge(lambda b: graph.forward(a, b, c)[2], b, h) == db
    assert graph.nudge(lambda c: graph.forward(a, b, c)[2], c, h) == dc


def test_the_derivatives_of_the_graph_have_the_shape_and_the_dtype_of_what_they_belong_to() -> None:
    a, b, c = (np.full((2, 3), x, np.float32) for x in graph.POINT.values())
    assert {(x.shape, x.dtype) for x in graph.backward(a, b, c)} == {(a.shape, a.dtype)}


def test_the_calories_add_up_to_the_course_s_totals_and_each_column_to_100() -> None:
    table = np.array([[Fraction(str(x)) for x in row] for row in broadcasting.CALORIES], dtype=object)
    cal, percentage = broadcasting.percentage(table)
    assert cal.tolist() == [59, 239, Fraction("155.4"), Fraction("76.9")]
    assert percentage.sum(axis=0).tolist() == [100, 100, 100, 100]
    assert not broadcasting.CALORIES.flags.writeable


@pytest.mark.parametrize(("A", "B", "C"), broadcasting.EXAMPLES)
def test_the_broadcasting_examples_come_out_by_hand_and_by_numpy(A: Any, B: Any, C: Any) -> None:
    A, B = np.array(A), np.array(B)
    assert broadcasting.add(A, B).tolist() == (A + B).tolist() == [list(row) for row in C]


@pytest.mark.parametrize("shape", [(1, 4), (3, 1), (), (1, 1), (3, 4)])
def test_the_rules_expand_as_numpy_does(shape: tuple[int, ...]) -> None:
    B = np.arange(math.prod(shape)).reshape(shape)
    assert np.array_equal(broadcasting.expand(B, 3, 4), np.broadcast_to(B, (3, 4)))


@pytest.mark.parametrize("shape", [(4,), (2, 4), (3, 2), (1, 3, 4)])
def test_the_rules_refuse_what_does_not_expand(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=re.escape(f"B has shape {shape}: only (1, 4), (3, 1) and numbers expand")):
        broadcasting.expand(np.zeros(shape), 3, 4)


def test_a_rank_1_array_is_neither_row_nor_column_and_a_column_is() -> None:
    a = np.arange(5.0)
    transposed, product = broadcasting.trap(a)
    assert transposed.shape == (5,)
    assert product == 30
    assert [x.shape for x in broadcasting.trap(broadcasting.column(a))] == [(1, 5), (5, 5)]


def test_unrolling_puts_each_image_into_one_column() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3))
    X, Y = images.unroll(pictures, np.array([0, 1, 1]))
    assert X.shape == (60, 3)
    assert Y.tolist() == [[0, 1, 1]]
    assert all(np.array_equal(X[:, i], pictures[i].ravel()) for i in range(3))


def test_the_notations_and_shapes_are_those_the_notes_draw() -> None:
    assert deep.notation(deep.DRAWN) == {"L": 4, "n0": 3, "n1": 5, "n2": 5, "n3": 3, "n4": 1}
    assert deep.notation((2, 4, 1))["L"] == 2
    shapes = deep.shapes(deep.DRAWN, m=7)
    assert (shapes["W1"], shapes["b2"], shapes["dW4"], shapes["dA3"]) == ((5, 3), (5, 1), (1, 3), (3, 7))
    small = shallow.shapes(n0=3, n1=5, n2=2)
    assert small == {name: deep.shapes((3, 5, 2), 1)[name] for name in small}


def test_the_squared_loss_curves_downwards_in_z_somewhere_and_upwards_elsewhere() -> None:
    assert losses.squared_curvature(*losses.NOT_CONVEX_AT) < 0 < losses.squared_curvature(2.0, 1.0)
    assert losses.NOT_CONVEX_AT[1] in (0, 1)  # a label


@pytest.mark.parametrize(("z", "y"), [(0.75, 0), (0.75, 1), (-2.5, 0), (-2.5, 1)])
def test_the_curvature_of_the_squared_loss_is_its_second_derivative(z: float, y: int) -> None:
    with thin() as same:
        a = 1 / (1 + (-flint.arb_series([z, 1], prec=3)).exp())
        same(losses.squared_curvature(flint.arb(z), y), 2 * losses.squared(a, y)[2])  # L″ = 2! × the second coefficient


def test_the_activations_have_the_values_of_the_notes() -> None:
    assert (activations.sigmoid(0.0), activations.sigmoid_derivative(0.0)) == (0.5, 0.25)
    assert (activations.tanh(0.0), activations.tanh_derivative(0.0)) == (0, 1)
    z = np.array([-100.0, -0.0, 0.0, 3.0])
    assert activations.relu(z).tolist() == [0, 0, 0, 3]
    assert activations.relu_derivative(z).tolist() == [0, 1, 1, 1]
    assert activations.leaky_relu(z).tolist() == [-1, 0, 0, 3]
    assert activations.leaky_relu_derivative(z).tolist() == [0.01, 1, 1, 1]
    assert activations.g_prime("relu_left")(z).tolist() == [0, 0, 0, 1]
    assert activations.g_prime("leaky_relu_left")(z).tolist() == [0.01, 0.01, 0.01, 1]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_slopes_of_relu_are_their_cases_at_every_kind_of_float(dtype: Any) -> None:
    """They are written without np.where, and must not differ from it: neither at 0 and nan, nor in their dtype."""
    tiny = np.finfo(dtype).smallest_subnormal
    z = np.array([-np.inf, -2, -tiny, -0.0, 0.0, tiny, 3, np.inf, np.nan], dtype)
    zero, one = np.zeros_like(z), np.ones_like(z)
    for slope, cases in (
        (activations.relu_derivative(z), np.where(z < 0, zero, one)),
        (activations.relu_derivative_left(z), np.where(z > 0, one, zero)),
    ):
        assert slope.dtype == dtype
        assert slope.tolist() == cases.tolist()


# --- parity -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(2, 9))
def test_all_three_nets_compute_parity_on_all_inputs(n: int) -> None:
    x = np.array(list(product((0, 1), repeat=n))).T
    parity = x.sum(axis=0, keepdims=True) % 2
    for net in (circuits.xor_tree, circuits.and_units, circuits.weighted):
        assert np.array_equal(net(x), parity)


@pytest.mark.parametrize("n", range(2, 33))
def test_the_nets_have_the_sizes_that_are_claimed(n: int) -> None:
    tree, weighted, levels = circuits.xor_tree_net(n), circuits.weighted_net(n), math.ceil(math.log2(n))
    assert len(tree) == 2 * levels
    assert circuits.hidden_units(tree) + 1 <= 3 * (n - 1) + 2 * levels
    assert (len(weighted), circuits.hidden_units(weighted)) == (2, n)
    if n <= 10:
        ands = circuits.and_units_net(n)
        assert (len(ands), circuits.hidden_units(ands)) == (2, 2 ** (n - 1))


def test_every_layer_below_the_output_is_counted_in_the_units_of_a_net() -> None:
    assert circuits.hidden_units(circuits.xor_tree_net(4)) == 4 + 2 + 2  # OR and AND twice, two XORs, OR and AND
    assert circuits.hidden_units(circuits.xor_tree_net(5)) == 5 + 3 + 3 + 2 + 2  # an odd one out is a unit a layer


@pytest.mark.parametrize("layer", range(4))
def test_one_wrong_wire_in_the_tree_is_seen_on_some_input(layer: int) -> None:
    x = np.array(list(product((0, 1), repeat=4))).T
    wrong = [(W.copy(), b) for W, b in circuits.xor_tree_net(4)]
    wrong[layer][0][0, 0] *= -1
    assert not np.array_equal(circuits.run(tuple(wrong), x), x.sum(axis=0, keepdims=True) % 2)


# --- a loop and its vectorised twin are one function ---------------------------------------------------------------


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


# --- the sound forms say the same ----------------------------------------------------------------------------------


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


# --- convexity, symmetry, training ---------------------------------------------------------------------------------


def test_the_quadratic_form_of_the_hessian_is_the_sum_of_squares() -> None:
    X, _ = data()
    v = np.array([[1.0], [-0.5], [2.0], [0.25]])
    with thin() as same:
        X, w, b, v = balls(X), balls(np.array([[0.3], [-1.2], [0.7]])), flint.arb(0.4), balls(v)
        same((v.T @ convex.hessian(X, w, b) @ v)[0, 0], convex.quadratic_form(v, X, w, b))


def test_the_largest_learning_rate_is_two_over_the_largest_curvature_there_is() -> None:
    assert convex.largest_learning_rate(np.zeros((2, 3))) == 8  # only b curves: σ′ ≤ ¼ for each of the m examples


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_equal_units_stay_equal_bit_for_bit_through_a_thousand_steps(activation: str) -> None:
    X, Y = data(n_x=2, m=3)
    start = initialise.equal((2, 3, 1), np.random.default_rng(0))
    W1, b1, W2, _ = shallow_descent.descent_loop(X, Y, *four(start), np.float64(0.3), 1000, activation)
    assert not np.array_equal(W1, start["W1"])
    assert (W1[:1] == W1).all()
    assert (b1 == b1[0]).all()
    assert (W2[:, :1] == W2).all()


def test_equal_rows_below_unequal_columns_part_at_the_first_step() -> None:
    X, Y = data(n_x=2, m=3)
    start = initialise.equal_rows((2, 3, 1), np.random.default_rng(0))
    assert (start["W1"] == start["W1"][:1]).all()
    W1, *_ = shallow_descent.descent_loop(X, Y, *four(start), np.float64(0.3))
    assert (W1[0] != W1[1]).all()
    above = initialise.equal_rows((2, 3, 4, 1), np.random.default_rng(0))["W2"]
    assert len(np.unique(above, axis=0)) == 4


def test_deep_symmetric_layers_hold_one_number_each_and_all_is_zero_in_zeros() -> None:
    parameters = initialise.equal((2, 3, 4, 1), np.random.default_rng(0))
    assert [len(np.unique(parameters[f"W{l}"], axis=0)) for l in (1, 2, 3)] == [1, 1, 1]
    assert [np.unique(parameters[f"W{l}"]).size for l in (2, 3)] == [1, 1]
    assert not any(value.any() for value in initialise.zeros((2, 3, 1)).values())


def test_the_course_s_initialisation_draws_the_course_s_numbers() -> None:
    parameters, rng = initialise.course((4, 3, 1), np.random.RandomState(1)), np.random.RandomState(1)
    assert np.array_equal(parameters["W1"], rng.randn(3, 4) / np.sqrt(4))
    assert np.array_equal(parameters["W2"], rng.randn(1, 3) / np.sqrt(3))
    assert {k: v.shape for k, v in parameters.items()} == shallow.shapes(4, 3, 1)


def test_every_start_has_its_name_and_gives_all_parameters_of_the_sizes_that_it_is_called_with() -> None:
    assert list(initialise.STARTS) == ["course", "small", "zeros", "equal", "large"]
    for name, start in initialise.STARTS.items():
        parameters = start((4, 3, 1), np.random.default_rng(0))
        assert {k: v.shape for k, v in parameters.items()} == shallow.shapes(4, 3, 1), name


def test_the_random_and_the_large_start_are_one_draw_at_two_scales() -> None:
    small, large = (f((4, 3, 1), np.random.default_rng(5)) for f in (initialise.random, initialise.large))
    drawn = np.random.default_rng(5).standard_normal((3, 4))
    assert np.array_equal(small["W1"], drawn * 0.01)
    assert np.array_equal(large["W1"], drawn * 10)


def test_training_repeats_the_step_and_a_grid_gives_a_curve_a_point() -> None:
    X, Y = data()
    parameters, g = network((3, 4, 1)), ("tanh", "sigmoid")
    costs, moved = training.train(X, Y, parameters, g, 0.5, 3)
    by_hand = shallow_descent.descent(X, Y, *four(parameters), 0.5, 3)
    assert all(np.array_equal(a, b) for a, b in zip(moved.values(), by_hand, strict=True))
    assert len(costs) == 4
    assert costs == sorted(costs, reverse=True)
    rngs = [np.random.default_rng(1) for _ in range(4)]
    curves = training.training_curves(X, Y, [(4,), (4, 2)], ["tanh"], [0.5, 0.0], 3, rngs)
    assert list(curves) == [((4,), "tanh", 0.5), ((4,), "tanh", 0.0), ((4, 2), "tanh", 0.5), ((4, 2), "tanh", 0.0)]
    still = curves[(4,), "tanh", 0.0]
    assert len(set(still)) == 1
    assert curves[(4,), "tanh", 0.5][0] == still[0]
    start = initialise.course((3, 4, 1), np.random.default_rng(1))
    assert curves[(4,), "tanh", 0.5] == training.train(X, Y, start, g, 0.5, 3)[0]


def test_training_takes_its_cost_from_the_last_of_all_layers() -> None:
    X, Y = data()
    parameters, g = network((3, 4, 2, 1)), ("tanh", "tanh", "sigmoid")
    state, (AL, caches) = next(training.descend(X, Y, parameters, g, 0.5)), deep.forward(X, parameters, g)
    assert losses.cost_sound(caches[-1].Z, Y) == state.J
    assert np.array_equal(state.AL, AL)
    assert [cache.activation for cache in state.caches] == list(g)


def test_training_on_a_saturated_network_stays_finite() -> None:
    X, Y = data()
    start = initialise.large((3, 4, 1), np.random.default_rng(0))
    costs, moved = training.train(10 * X, Y, start, ("tanh", "sigmoid"), 0.1, 5)
    assert np.isfinite(costs).all()
    assert all(np.isfinite(value).all() for value in moved.values())
