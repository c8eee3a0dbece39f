"""The walk through a deep network: right formulas pass tensor by tensor, a wrong one is blamed, and it alone."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from manual import blocks, deep, losses
from manual.activations import g, g_prime
from verify import datasets
from verify.arithmetic.balls import Balls
from verify.arithmetic.duck import Straddle
from verify.datasets import Dataset
from verify.machine import one_thread
from verify.network import CONVENTION, Layer, Network, start, walk
from verify.questions import BLIND
from verify.records.discrepancy import Discrepancy
from verify.records.network import NetworkRecord
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

SIZES, M = (6, 5, 4, 3, 1), 7
MIXED = ("tanh", "relu", "leaky_relu", "sigmoid")
CURVED = ("sigmoid", "tanh", "sigmoid", "sigmoid")
DEPTH = len(MIXED)
BLAMED, FED = "own: the formula of {} is not PyTorch's", "inherited: the formula of {} is right, what it is fed is not"


def small(n: int = SIZES[0], m: int = M) -> Dataset:
    X = np.random.default_rng(8).standard_normal((n, m))
    Y = (np.arange(m) % 3 == 0).astype(np.float64).reshape(1, m)
    return Dataset("small", X, Y, X[:, :2], Y[:, :2], None, "made up", "none needed", "seven examples of six numbers")


def rows(record: NetworkRecord) -> dict[str, Discrepancy]:
    found = {row.quantity: row for row in record.rows}
    assert len(found) == len(record.rows)
    return found


def made_from(name: str) -> list[str]:
    """The tensors that a tensor is computed from, as the notes have it."""
    if name == "J":
        return [f"A{DEPTH}"]
    kind, l = name[:-1], int(name[-1])
    return {
        "Z": [f"A{l - 1}"],
        "A": [f"Z{l}"],
        "dA": [f"A{l}"] if l == DEPTH else [f"dZ{l + 1}"],
        "dZ": [f"dA{l}", f"Z{l}"],
        "dW": [f"dZ{l}", f"A{l - 1}"],
        "db": [f"dZ{l}"],
    }[kind]


def downstream(names: list[str], of: str) -> set[str]:
    """Everything that is computed from one tensor, directly or not. `names` are in the order of computation."""
    reached = {of}
    for name in names:
        if reached & set(made_from(name)):
            reached.add(name)
    return reached - {of}


# --- the notes' own formulas ------------------------------------------------------------------------------------------
# Of plain ReLUs with b = 0, seed 1 is the first under which no example dies in a layer and leaves the next on its kink.
@pytest.mark.parametrize(("activations", "seed"), [(MIXED, 0), (CURVED, 0), (None, 1)])
def test_the_notes_own_formulas_pass_on_every_tensor_of_every_layer(
    activations: tuple[str, ...] | None, seed: int
) -> None:
    record = walk(small(), SIZES, activations=activations, seed=seed)
    found = rows(record)
    wanted = {f"{q}{l}": l for l in range(1, DEPTH + 1) for q in ("Z", "A", "dA", "dZ", "dW", "db")} | {"J": None}
    assert {name: row.layer for name, row in found.items()} == wanted
    for row in record.rows:
        assert (row.verdict, row.finding) == (PASS, ""), row.quantity
        assert row.own <= 1
        assert row.inherited <= 1
        assert row.used <= 1
        assert row.detects <= BLIND["float64"]
        assert row.compared == np.prod([int(n) for n in row.shape.strip("()").split(",") if n.strip()], dtype=int)
        assert row.skipped == 0


def test_every_tensor_of_the_order_has_its_row_in_the_order_of_computation() -> None:
    network = Network(MIXED, {})
    record = walk(small(), SIZES, activations=MIXED)
    order = [name for name, _ in network.order()]
    assert [row.quantity for row in record.rows] == order
    assert order[:9] == ["Z1", "A1", "Z2", "A2", "Z3", "A3", "Z4", "A4", "J"]
    assert order[9:13] == ["dA4", "dZ4", "dW4", "db4"]
    assert order[-4:] == ["dA1", "dZ1", "dW1", "db1"]
    # Nothing is used before it is computed.
    for i, name in enumerate(order):
        assert set(made_from(name)) <= {*order[:i], "A0"}, name


def test_the_record_says_what_was_walked_and_by_which_convention() -> None:
    record = walk(small(), SIZES, activations=MIXED, seed=3)
    assert (record.layers, record.activations, record.m, record.seed) == (SIZES, MIXED, M, 3)
    assert (record.init, record.dtype, record.data.name) == ("course, but b = randn·0.01", "float64", "small")
    assert record.convention == CONVENTION
    per_example = {row.quantity for row in record.rows if row.convention == "m·J"}
    assert per_example == {f"{q}{l}" for q in ("dZ", "dA") for l in range(1, DEPTH + 1)}
    cost = rows(record)["J"]
    off = [abs(Fraction(value) - Fraction(record.cost_exact)) for value in (record.cost_mine, record.cost_torch)]
    assert off[0] <= Fraction(cost.budget)
    assert off[1] <= Fraction(cost.oracle_error)
    assert {row.seed for row in record.rows} == {3}
    assert walk(small(), SIZES).activations == ("relu", "relu", "relu", "sigmoid")


def test_the_tensors_by_hand_are_those_of_the_notes_whole_passes_bit_for_bit() -> None:
    data = small()
    parameters = start(SIZES, 5)
    mine = Network(MIXED, {}).by_hand(data.X_train, data.Y_train, parameters)
    AL, caches = deep.forward(data.X_train, parameters, MIXED)
    theirs = {f"Z{l}": cache.Z for l, cache in enumerate(caches, start=1)}
    theirs |= {f"A{l}": cache.A_prev for l, cache in enumerate(caches) if l} | {f"A{DEPTH}": AL}
    theirs |= deep.backward(AL, data.Y_train, caches) | {"J": losses.cost(AL, data.Y_train)}
    assert set(mine) == set(theirs)
    for name, value in mine.items():
        assert np.array_equal(value, theirs[name]), name
    # The numbers shown are of these tensors.
    for name, row in rows(walk(data, SIZES, activations=MIXED, seed=5)).items():
        at = tuple(int(i) for i in row.at.strip("[]").split(",") if i)
        assert row.mine == repr(float(np.asarray(mine[name])[at])), name


def test_the_same_seed_gives_the_same_walk_and_another_other_weights() -> None:
    first, again, other = (walk(small(), SIZES, activations=MIXED, seed=seed) for seed in (1, 1, 2))
    assert repr(first) == repr(again)
    assert first.cost_mine != other.cost_mine


def test_the_same_formula_in_another_order_of_rounding_still_passes() -> None:
    def dW(dZ: Any, A_prev: Any) -> Any:
        return np.dot(dZ[:, ::-1] / dZ.shape[1], A_prev.T[::-1, :])

    def dA_prev(W: Any, dZ: Any) -> Any:
        return (dZ.T @ W).T

    other = {l: Layer(dW=dW, dA_prev=dA_prev) for l in range(1, DEPTH + 1)}
    assert {row.verdict for row in walk(small(), SIZES, activations=MIXED, replaced=other).rows} == {PASS}


# --- a fault in one layer blames that layer ---------------------------------------------------------------------------
def scaled(formula: Callable[..., Any]) -> Callable[..., Any]:
    """One part in a thousand million too large."""
    return lambda *given: formula(*given) * (1 + 2.0**-30)


FAULTS: dict[str, tuple[str, Layer]] = {
    "dW without 1/m": ("dW", Layer(dW=lambda dZ, A_prev: dZ @ A_prev.T)),
    "dW averaged twice": ("dW", Layer(dW=lambda dZ, A_prev: dZ @ A_prev.T / dZ.shape[1] ** 2)),
    "db averaged twice": ("db", Layer(db=lambda dZ: np.sum(dZ, axis=1, keepdims=True) / dZ.shape[1] ** 2)),
    "db of the first example": ("db", Layer(db=lambda dZ: dZ[:, :1] / dZ.shape[1])),
    "dZ with the slope taken of A": ("dZ", Layer(dZ=lambda dA, Z, name: dA * g_prime(name)(g(name)(Z)))),
    "dZ without its slope": ("dZ", Layer(dZ=lambda dA, Z, name: 1.0 * dA)),
    "dZ scaled": ("dZ", Layer(dZ=scaled(Layer().dZ))),
    "dA_prev scaled": ("dA", Layer(dA_prev=scaled(Layer().dA_prev))),
    "dA_prev with its sign flipped": ("dA", Layer(dA_prev=lambda W, dZ: -(W.T @ dZ))),
    "Z off by 1e-9": ("Z", Layer(Z=lambda A_prev, W, b: W @ A_prev + b + 1e-9)),
    "A with a wrong slope": ("A", Layer(A=lambda Z, name: np.where(Z > 0, 1.001, 0.999) * g(name)(Z))),
    "A scaled": ("A", Layer(A=scaled(Layer().A))),
}


@pytest.mark.parametrize(
    ("fault", "k"),
    [(fault, k) for fault, (quantity, _) in FAULTS.items() for k in range(1 + (quantity == "dA"), DEPTH + 1)],
)
def test_a_wrong_formula_in_one_layer_is_blamed_there_and_nowhere_else(fault: str, k: int) -> None:
    quantity, layer = FAULTS[fault]
    blamed = f"{quantity}{k - (quantity == 'dA')}"  # a layer's dA_prev is the dA of the layer below
    record = walk(small(), SIZES, activations=CURVED, replaced={k: layer})
    found = rows(record)
    assert [name for name, row in found.items() if not row.own <= 1] == [blamed]
    assert (found[blamed].verdict, found[blamed].finding) == (FAIL, BLAMED.format(blamed))
    assert found[blamed].layer == k - (quantity == "dA")
    below = downstream(list(found), blamed)
    for name, row in found.items():
        if name in below:
            assert (row.verdict, row.finding) == (FAIL, FED.format(name)), name
            assert row.inherited > 1
        elif name != blamed:
            assert (row.verdict, row.finding) == (PASS, ""), name
            assert row.inherited <= 1


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if "slope" not in fault])
def test_a_wrong_formula_is_blamed_beside_kinked_activations_too(fault: str) -> None:
    quantity, layer = FAULTS[fault]
    for k in (2, 3):
        found = rows(walk(small(), SIZES, activations=MIXED, replaced={k: layer}))
        blamed = f"{quantity}{k - (quantity == 'dA')}"
        assert [name for name, row in found.items() if not row.own <= 1] == [blamed]


def test_the_slope_of_a_leaky_relu_that_is_a_tenth_is_blamed() -> None:
    layer = Layer(A=lambda Z, name: np.where(Z > 0, Z, 0.1 * Z), dZ=lambda dA, Z, name: dA * np.where(Z > 0, 1.0, 0.1))
    found = rows(walk(small(), SIZES, activations=MIXED, replaced={3: layer}))
    assert [name for name, row in found.items() if not row.own <= 1] == ["A3", "dZ3"]


def test_faults_in_two_layers_are_both_blamed() -> None:
    replaced = {1: FAULTS["dW without 1/m"][1], 3: FAULTS["dZ scaled"][1]}
    found = rows(walk(small(), SIZES, activations=CURVED, replaced=replaced))
    assert [name for name, row in found.items() if not row.own <= 1] == ["dZ3", "dW1"]


def test_a_lost_transpose_that_every_shape_allows_is_blamed() -> None:
    lost = Layer(dA_prev=lambda W, dZ: W @ dZ)
    record = walk(small(4), (4, 4, 4, 1), activations=("tanh", "tanh", "sigmoid"), replaced={2: lost})
    assert [row.quantity for row in record.rows if not row.own <= 1] == ["dA1"]


def test_a_tensor_of_another_shape_fails_and_names_both() -> None:
    flat = Layer(db=lambda dZ: np.sum(dZ, axis=1) / dZ.shape[1])
    found = rows(walk(small(), SIZES, activations=MIXED, replaced={2: flat}))
    assert [name for name, row in found.items() if row.verdict != PASS] == ["db2"]
    assert found["db2"].verdict == FAIL
    assert found["db2"].finding == "own: by hand db2 has shape (4,), by PyTorch (4, 1)"


def test_wrong_labels_are_refused_by_the_notes_own_cost() -> None:
    data = small()
    two = Dataset("two", data.X_train, data.Y_train + 2, data.X_test, data.Y_test, None, "", "", "")
    with pytest.raises(ValueError, match="label"):
        walk(two, SIZES)


# --- the networks of the notes' size ----------------------------------------------------------------------------------
LAYERS = (12288, 20, 7, 5, 1)


def passes_whole(record: NetworkRecord) -> None:
    assert record.layers == LAYERS
    assert record.m == 209
    assert len(record.rows) == 25
    for row in record.rows:
        assert row.verdict == PASS, row
        assert row.detects < 1e-6
        assert row.own <= 1
        assert row.inherited <= 1


@pytest.mark.campaign  # the main job, in tests/test_run.py, walks this very network, and asks the same of it
def test_the_embedded_tiles_pass_on_every_tensor_of_the_notes_network() -> None:
    with one_thread():
        passes_whole(walk(datasets.tiles(), LAYERS))


def test_the_courses_own_images_pass_on_every_tensor_of_the_notes_network(cats_folder: Any) -> None:
    with one_thread():
        passes_whole(walk(datasets.load(cats_folder), LAYERS))


# --- what once went unseen --------------------------------------------------------------------------------------------
def test_a_nan_in_one_element_fails_its_own_tensor() -> None:
    def spoilt(dZ: Any, A_prev: Any) -> Any:
        found = blocks.dW(dZ, A_prev)
        if isinstance(found, np.ndarray):
            found[0, 1] = np.nan
        return found

    found = rows(walk(small(), SIZES, activations=CURVED, replaced={2: Layer(dW=spoilt)}))
    assert [name for name, row in found.items() if row.verdict == FAIL] == ["dW2"]


def test_a_lost_bias_is_blamed() -> None:
    lost = Layer(Z=lambda A_prev, W, b: W @ A_prev)
    found = rows(walk(small(), SIZES, activations=CURVED, replaced={2: lost}))
    assert found["Z2"].own > 1
    assert found["Z1"].verdict == PASS


@pytest.mark.parametrize("seed", range(12))
def test_dead_units_accuse_no_right_network(seed: int) -> None:
    for row in walk(small(), SIZES, seed=seed).rows:
        assert row.verdict != FAIL
        assert row.verdict == PASS or row.finding


def test_an_output_that_has_become_0_or_1_is_no_fault_of_a_formula_and_no_pass() -> None:
    """log 0 and 0/0 lie outside the domain of the cost and of dA[L]; the exact pass has finite gradients there."""
    found = small()
    far = Dataset("far", found.X_train * 1e4, found.Y_train, found.X_test, found.Y_test, None, "", "", "")
    said = {row.verdict for row in walk(far, (6, 1)).rows}
    lost = [row for row in walk(far, (6, 1)).rows if "has become 0 or 1" in row.finding]
    assert FAIL not in said
    assert lost
    assert {row.verdict for row in lost} == {INCONCLUSIVE}
    wrong = {1: Layer(dA_prev=blocks.dA_prev, Z=scaled(Layer().Z))}
    assert FAIL in {row.verdict for row in walk(far, (6, 1), replaced=wrong).rows}


def test_a_walk_without_exact_values_is_inconclusive_and_says_why() -> None:
    def spelt(Z: Any, activation: str) -> Any:
        if isinstance(Z, Balls):
            raise Straddle("less cannot be decided")
        return g(activation)(Z)

    found = walk(small(), (6, 1), replaced={1: Layer(A=spelt)}).rows
    assert {row.verdict for row in found} == {INCONCLUSIVE}
    assert all("less cannot be decided" in row.finding for row in found)
