"""Faults in networks, wrong elements, and wrong layers alike backwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from manual.activations import ACTIVATIONS, g, g_prime
from tests.told import told
from verify.faults import beyond, elements, network
from verify.faults.elements import one_element, spoilt
from verify.faults.network import SIZES, Injected, blamed, data, injected
from verify.network import Layer, start
from verify.problem import Problem
from verify.records.faults import NetworkFault
from verify.row import examine
from verify.setting import Setting
from verify.signature import parse

EQUAL = "equal sizes"


# --- networks --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("net", SIZES)
def test_every_fault_that_changes_anything_in_a_layer_is_put_there(net: str, snapshot: Any) -> None:
    """By what is wrong: of each rule how many."""
    found: dict[str, Counter[str]] = {}
    for fault in injected(net):
        assert (fault.net, fault.layer) == (net, int(fault.wrong[0][-1]) + fault.wrong[0].startswith("dA"))
        found.setdefault(" ".join(fault.wrong), Counter())[fault.rule] += 1
    assert {wrong: ", ".join(f"{rule} {n}" for rule, n in of.items()) for wrong, of in found.items()} == snapshot


def test_what_is_put_there_is_what_is_blamed() -> None:
    """One of each quantity of the second layer, and a layer whose g is another's."""
    faults = {fault.wrong: fault for fault in injected(EQUAL) if fault.layer == 2}
    assert [*faults] == [("Z2",), ("dZ2",), ("dW2",), ("db2",), ("dA1",), ("A2",), ("A2", "dZ2")]
    for wrong, fault in faults.items():
        assert blamed(fault) == wrong
    alike = faults["A2", "dZ2"]
    assert (alike.rule, alike.where) == ("wrong forwards, and backwards alike", "sigmoid for tanh")
    Z, dA = np.array([[0.5, -1.0]]), np.array([[2.0, 3.0]])
    assert alike.replaced.A(Z, "tanh").tolist() == g("sigmoid")(Z).tolist()
    assert alike.replaced.dZ(dA, Z, "tanh").tolist() == (dA * g_prime("sigmoid")(Z)).tolist()


def test_a_fault_is_called_by_what_is_wrong_where_and_how() -> None:
    fault = Injected("sign", "-dZ", EQUAL, 2, ("A2", "dZ2"), Layer())
    assert fault.name == "A2 and dZ2, equal sizes: sign: -dZ"


def test_each_layer_gets_the_g_of_every_other() -> None:
    of = [fault.where for fault in injected(EQUAL) if len(fault.wrong) > 1]
    names = ("leaky_relu", "tanh", "relu", "sigmoid")
    assert of == [f"{o} for {g}" for g in names for o in sorted({*names, "linear"}) if o != g]


def test_the_examples_are_random_with_labels_in_turn_and_others_with_another_seed() -> None:
    for net, (n, m) in {"sizes that differ": (6, 7), EQUAL: (3, 3)}.items():
        dataset = data(net, 4)
        assert dataset.X_train.tolist() == np.random.default_rng([4, 5]).normal(size=(n, m)).tolist()
        assert (dataset.Y_train.tolist(), dataset.Y_train.dtype) == ([[k % 2 for k in range(m)]], np.float64)
        assert dataset.X_test is dataset.X_train
        assert dataset.Y_test is dataset.Y_train
        assert data(net).X_train.tolist() != dataset.X_train.tolist()
    assert (dataset.name, dataset.image_shape, dataset.source, dataset.licence, dataset.note) == (
        "random", None, "drawn", "none", "",
    )  # fmt: skip


def test_faults_are_tried_on_the_examples_and_parameters_of_the_seed_and_walked_with_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To blame is every tensor that is off by more than its own budget, however little."""
    tried = network._tensors(EQUAL, 4)
    assert tried["A0"].tolist() == data(EQUAL, 4).X_train.tolist()
    assert all(tried[name].tolist() == x.tolist() for name, x in start(SIZES[EQUAL][0], 4).items())
    walked: list[Any] = []
    rows = [SimpleNamespace(quantity=name, own=own) for name, own in (("Z1", 1.0), ("A1", 1.25), ("dZ1", np.nan))]
    monkeypatch.setattr(
        network, "walk", lambda *given, **named: walked.append((given, named)) or SimpleNamespace(rows=rows)
    )
    layer = Layer()
    for seed in ({}, {"seed": 3}):
        assert blamed(Injected("sign", "-Z", EQUAL, 2, ("A1",), layer), **seed) == ("A1",)
        ((examples, sizes), named) = walked.pop()
        number = seed.get("seed", 0)
        assert examples.X_train.tolist() == data(EQUAL, number).X_train.tolist()
        assert (sizes, named) == (
            SIZES[EQUAL][0], {"activations": network.ACTIVATIONS, "seed": number, "replaced": {2: layer}},
        )  # fmt: skip


def test_a_wrong_element_of_every_gradient_is_named_and_no_other() -> None:
    # So large that A[2] is 1 in floats, where dZ[2] has to be A[2] − Y.
    examples = data(EQUAL)
    dataset = replace(examples, X_train=1000 * examples.X_train, Y_train=np.array([[1.0, 1.0, 0.0]]))
    found = [*one_element(3, (3, 3, 1), dataset)]
    assert found == [
        NetworkFault("3-3-1", "one element off by 1e-04", f"d{name}", (f"d{name}{at}",), (f"d{name}{at}",))
        for name, at in (("W1", "[1, 2]"), ("b1", "[1, 0]"), ("W2", "[0, 1]"), ("b2", "[0, 0]"))
    ]


def test_unless_told_else_it_is_the_notes_network_from_seed_0() -> None:
    assert elements.SIZES == (12288, 20, 7, 5, 1)
    dataset = data(EQUAL)
    assert [*one_element(sizes=(3, 3, 1), dataset=dataset)] == [*one_element(0, (3, 3, 1), dataset)]
    assert [*one_element(1, (3, 3, 1), dataset)] != [*one_element(0, (3, 3, 1), dataset)]


def test_a_wrong_element_is_off_by_a_ten_thousandth_of_itself_in_a_copy() -> None:
    right = np.array([[1.0, 2.0], [4.0, 8.0]])
    assert spoilt(right, (1, 0)).tolist() == [[1.0, 2.0], [4.0 * 1.0001, 8.0]]
    assert right[1, 0] == 4.0


# --- beyond the notes ------------------------------------------------------------------------------------------------
dZ, A_PREV, W = (np.array(x) for x in ([[1.0, -2.0], [4.0, 0.5]], [[2.0, 8.0]], [[16.0], [-32.0]]))
DW, DB, L2 = np.array([[-7.0], [6.0]]), np.array([[-0.5], [2.25]]), np.array([[8.0], [-16.0]])


def test_l2_and_its_twins_are_what_they_say() -> None:
    (row,) = beyond.ROWS
    assert [(name, check) for name, (check, _) in row.twins.items()] == [
        ("L2 term missing", "derivative"), ("λ for λ/m", "derivative"), ("λ/2m for λ/m", "derivative"),
        ("L2 applied to b", "derivative"),
    ]  # fmt: skip
    made = [row.formula, *(twin for _, twin in row.twins.values())]
    want = [
        (DW + 3 * L2, DB), (DW, DB), (DW + 6 * L2, DB), (DW + 1.5 * L2, DB),
        (DW + 3 * L2, DB + 3 * L2),
    ]  # fmt: skip
    for f, (dW, db) in zip(made, want, strict=True):
        found = f(dZ, A_PREV, W, 3.0)
        assert [x.tolist() for x in found] == [dW.tolist(), db.tolist()]


def test_the_row_of_l2_asks_what_it_asked_and_says_what_it_said(snapshot: Any) -> None:
    (row,) = beyond.ROWS
    assert told(examine(row, Setting(quick=True))) == snapshot


def test_lambda_is_positive_and_the_shapes_are_of_what_goes_in_and_comes_out() -> None:
    (row,) = beyond.ROWS
    taken: list[Problem] = []
    for seed in range(8):
        examine(row, Setting(seed=seed, quick=True, take=taken.append))
    assert set(range(8)) == {problem.seed for problem in taken}
    assert all(problem.inputs["lambd"] > 0 for problem in taken)
    signature = parse(row.formula.formula.shapes)  # type: ignore[attr-defined]
    assert (list(signature.inputs), list(signature.outputs)) == (["dZ", "A_prev", "W", "lambd"], ["dW", "db"])
    shapes = [*signature.inputs.values(), *signature.outputs.values()]
    assert shapes == [("n", "m"), ("p", "m"), ("n", "p"), ("scalar",), ("n", "p"), ("n", "1")]


def test_unless_told_else_what_is_wrong_forwards_and_backwards_is_drawn_from_seed_0() -> None:
    for (name, problem), (again, other) in zip(beyond.consistent(), beyond.consistent(0), strict=True):
        assert (name, problem.seed) == (again, 0)
        assert all(np.array_equal(problem.inputs[k], other.inputs[k]) for k in problem.inputs)


def test_the_penalised_cost_is_half_the_mean_square_and_half_the_mean_of_lambda_times_all_squares() -> None:
    F = Fraction
    exact = [np.array([[F(int(v)) for v in row] for row in x], dtype=object) for x in (A_PREV, W)]
    b = np.array([[F(1)], [F(2)]], dtype=object)
    Z = [33, 129, -62, -254]
    assert beyond.penalised(*exact, b, F(3)) == F(sum(z * z for z in Z) + 3 * (16**2 + 32**2), 4)
    assert beyond.penalised(*exact, b, F(3), sum=lambda x: F(1)) == F(1 + 3, 4)


def test_a_layer_wrong_alike_is_another_layer_and_its_reference_the_right_one() -> None:
    found = dict(beyond.consistent(2))
    assert [*found] == [
        name
        for right in ACTIVATIONS
        for name in (
            *(f"{wrong} for {right}, forwards and backwards" for wrong in ACTIVATIONS if wrong != right),
            f"b lost, forwards and backwards, {right}",
        )
    ]
    for name, wrong, right, bias in (
        ("tanh for sigmoid, forwards and backwards", "tanh", "sigmoid", 1.0),
        ("b lost, forwards and backwards, tanh", "tanh", "tanh", 0.0),
    ):
        problem = found[name]
        given = problem.inputs
        Z = given["W"] @ given["A_prev"] + bias * given["b"]
        assert problem.forward(**given).tolist() == g(wrong)(Z).tolist()
        dZ = problem.dout * g_prime(wrong)(Z)
        back = problem.backward(problem.dout, **given)
        assert [*back] == ["A_prev", "W", "b"]
        assert back["A_prev"].tolist() == (given["W"].T @ dZ).tolist()
        m = Z.shape[1]
        assert back["W"].tolist() == (m * (np.dot(dZ, given["A_prev"].T) / m)).tolist()
        assert back["b"].tolist() == (m * bias * (np.sum(dZ, axis=1, keepdims=True) / m)).tolist()
        assert problem.reference is not None
        defined = problem.reference(**{k: torch.from_numpy(x) for k, x in given.items()}).numpy()
        of_right, of_wrong = (np.abs(defined - g(k)(given["W"] @ given["A_prev"] + given["b"])) for k in (right, wrong))
        assert np.max(of_right) < 2.0**-50
        assert right == wrong or np.min(of_wrong) > 2.0**-50
        assert (problem.formula, problem.wrt, problem.seed) == ("layer", ("A_prev", "W", "b"), 2)
