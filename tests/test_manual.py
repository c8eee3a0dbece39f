"""The notes' own figures, and the identities between their formulas, in exact arithmetic: no tolerance anywhere.

Rational formulas run on fractions; formulas with exp and log run on balls, where two results agree if their enclosures
overlap while both are thin.
"""

from __future__ import annotations

import inspect
import math
import re
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
    broadcasting,
    circuits,
    convex,
    deep,
    graph,
    images,
    initialise,
    losses,
    shallow,
    shallow_descent,
    training,
)
from tests.catalogue_ids import CATALOGUE, IDS
from tests.exact_arrays import balls, data, four, fractions, network, thin
from tests.manual_samples import formulas, record

VARIANTS = {
    "sigmoid.sound", "sigmoid.derivative.sound", "tanh.sound", "tanh.derivative.sound", "loss.cross_entropy.sound",
    "cost.sound", "deep.dA_L.sound", "shallow.forward.loop", "shallow.descent.loop", "deep.forward.loop",
    "deep.circuit.and_units", "deep.circuit.weighted", "relu.derivative.left", "leaky_relu.derivative.left",
}  # fmt: skip


# --- every row is there -----------------------------------------------------------------------------------------------
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


# --- the figures that the notes work out by hand ----------------------------------------------------------------------
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


# --- parity -----------------------------------------------------------------------------------------------------------
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


# --- convexity, symmetry, training ------------------------------------------------------------------------------------
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
