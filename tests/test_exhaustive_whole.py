"""The record of an exhaustive check as a whole: what is passed to its parts, and what is made of what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from manual import blocks, deep
from manual.blocks import Cache
from verify.arithmetic.bounds import Bounds, budget
from verify.arithmetic.rounding import UNIT, up
from verify.datasets import load
from verify.errors import UserError
from verify.exhaustive import bounded_dZ, every_element, exhaustive
from verify.network import start, usual
from verify.questions import judged, measure, undecided
from verify.records.discrepancy import Discrepancy
from verify.records.exhaustive import ExhaustiveRecord
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.units.base import Base, base
from verify.units.columns import bounded, columns
from verify.units.elements import SHOWN, Elements
from verify.units.layer import Layer, judge

Array = np.ndarray[Any, Any]
NAMES = ("tanh", "relu", "sigmoid")
SIZES, M = (3, 4, 3, 1), 5


def net(seed: int = 0, kinked: bool = False) -> tuple[Array, Array, dict[str, Array]]:
    rng = np.random.default_rng(seed)
    parameters = {f"W{l}": rng.standard_normal((SIZES[l], SIZES[l - 1])) for l in (1, 2, 3)}
    parameters |= {f"b{l}": rng.standard_normal((SIZES[l], 1)) for l in (1, 2, 3)}
    X = rng.standard_normal((SIZES[0], M))
    if kinked:
        parameters["W2"][0] = parameters["b2"][0] = 0.0
    return (
        X,
        rng.integers(0, 2, (1, M)) * 1.0,
        {name: parameters[name] for name in sorted(parameters, key=lambda n: n[::-1])},
    )


def by_hand(at: Base) -> dict[str, Array]:
    A = [at.X, *(at.A[l].value for l in (1, 2, 3))]
    caches = [
        Cache(A[l - 1], at.parameters[f"W{l}"], at.parameters[f"b{l}"], at.Z[l].value, NAMES[l - 1]) for l in (1, 2, 3)
    ]
    return deep.backward_blocks(A[3], at.Y, caches, sound=True)


def want(X: Array, Y: Array, parameters: dict[str, Array], gradients: Any, data: str, seed: int) -> ExhaustiveRecord:
    """The record, from the parts: the point itself, and where the gradients come from elsewhere, the rounded pass."""
    at = base(X, Y, parameters, NAMES, rounded=False)
    other = base(X, Y, parameters, NAMES, rounded=True) if gradients else None
    dZ, mine = bounded_dZ(at), gradients or by_hand(at)
    every, forward = [], []
    crossed = 0
    for l in (1, 2, 3):
        found = columns(at, l)
        crossed += found.crossed
        here, there = Layer(at.A[l - 1], (found.by_complex_step, found.by_differences), found.kinked, dZ[l]), None
        if other:
            slopes, kinked = bounded(other, l)
            there = Layer(other.A[l - 1], (slopes,), kinked, bounded_dZ(other)[l])
        for name in (f"dW{l}", f"db{l}"):
            every.append(Elements(name, l, np.shape(mine[name]), seed))
            judge(every[-1], mine[name], here, there)
        Z = Bounds.of(parameters[f"W{l}"]) @ at.A[l - 1] + parameters[f"b{l}"]
        far = np.abs(at.Z[l].value - Z.value)
        figures = measure(at.Z[l].value, Z.value, far, 2 * budget(Z), "float64")
        verdict = judged(figures, "float64")
        about: dict[str, Any] = {"finding": "" if verdict == PASS else undecided(figures), **figures}
        forward.append(
            Discrepancy("exhaustive", f"Z{l}", "agreement", "definition", verdict, layer=l, seed=seed, **about)
        )
    wrong = sorted((row for one in every for row in one.wrong), key=lambda row: -row.used)
    left = sorted((row for one in every for row in one.undecided), key=lambda row: -abs(float(row.mine)))
    return ExhaustiveRecord(
        SIZES, NAMES, M, data, seed, 8 * M, crossed, tuple(one.tally() for one in every),
        (*forward, *(row for one in every for row in one.rows())), tuple(wrong[:SHOWN]), tuple(left[:SHOWN]),
    )  # fmt: skip


@pytest.mark.parametrize("kinked", [False, True])
def test_a_record_is_what_its_parts_say_of_the_notes_own_gradients(kinked: bool) -> None:
    X, Y, parameters = net(kinked=kinked)
    said: list[Any] = []
    found = exhaustive(X, Y, parameters, NAMES, data="made up", seed=3, progress=lambda *step: said.append(step))
    assert repr(found) == repr(want(X, Y, parameters, None, "made up", 3))
    assert said == [("layer 1", 0, 3), ("layer 2", 1, 3), ("layer 3", 2, 3)]
    assert (found.verdict, found.crossed > 0) == ((INCONCLUSIVE, True) if kinked else (PASS, False))


@pytest.mark.parametrize("wrong", [None, "dW2", "all"])
def test_a_record_of_given_gradients_grants_them_another_rounding_and_shows_the_worst_first(wrong: str | None) -> None:
    X, Y, parameters = net()
    AL, caches = deep.forward(X, parameters, NAMES)
    right = deep.backward(AL, Y, caches, sound=True)
    rng = np.random.default_rng(9)
    gradients: dict[str, Any] = {
        f"d{k}": right[f"d{k}"] * (1 + rng.random(v.shape) * (wrong in ("all", f"d{k}"))) for k, v in parameters.items()
    }
    found = exhaustive(X, Y, parameters, NAMES, {k: v.astype(object) for k, v in gradients.items()})
    assert repr(found) == repr(want(X, Y, parameters, gradients, "", 0))
    used = [row.used for row in found.wrong]
    assert used == sorted(used, reverse=True)
    assert {row.quantity for row in found.wrong} >= ({"dW2"} if wrong else set())
    assert (found.verdict, len(used)) == {None: (PASS, 0), "dW2": (FAIL, len(used)), "all": (FAIL, SHOWN)}[wrong]


def test_what_another_order_of_rounding_may_do_is_granted_to_given_gradients_and_no_more() -> None:
    """One layer: b is off by more than its own limit, and by less, or more, than that of a pass that was rounded."""
    rng = np.random.default_rng(0)
    X, Y, W = rng.standard_normal((64, 2)), np.array([[1.0, 0.0]]), rng.standard_normal((1, 64)) / 8
    parameters = {"W1": W, "b1": np.array([[0.1]])}
    limits, right = [], {}
    for rounded in (False, True):
        at = base(X, Y, parameters, ("sigmoid",), rounded)
        slopes, kinked = bounded(at, 1)
        here = Layer(at.A[0], (slopes,), kinked, bounded_dZ(at)[1])
        (want, error), rounding = here.wanted("db1", slice(0, 1))[0], here.rounding("db1", slice(0, 1))
        limits.append(float((error + rounding)[0, 0]))
        right = {"dW1": here.wanted("dW1", slice(0, 1))[0][0], "db1": want}
    assert limits[1] > 1.5 * limits[0]
    for off, verdict in ((sum(limits) / 2, PASS), (1.25 * limits[1], FAIL)):
        given: dict[str, Any] = {"dW1": right["dW1"].astype(object), "db1": (right["db1"] + off).astype(object)}
        found = exhaustive(X, Y, parameters, ("sigmoid",), given)
        assert (found.verdict, found.tallies[0].verdict) == (verdict, PASS)


def test_gradients_of_the_very_pass_need_no_other_and_given_ones_a_rounded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[bool] = []

    def noted(*given: Any, rounded: bool) -> Base:
        passes.append(rounded)
        return base(*given, rounded)

    monkeypatch.setattr("verify.exhaustive.base", noted)
    X, Y, parameters = np.eye(1), np.eye(1), {"W1": np.eye(1), "b1": np.eye(1)}
    exhaustive(X, Y, parameters, ("sigmoid",))
    assert passes == [False]
    exhaustive(X, Y, parameters, ("sigmoid",), {"dW1": np.eye(1), "db1": np.eye(1)})
    assert passes == [False, False, True]


def test_a_pass_where_nothing_is_fed_forward_is_undecided_and_says_so() -> None:
    X, Y, parameters = net()
    parameters = {k: 0 * v if k in ("W1", "b1") else v for k, v in parameters.items()}
    found = exhaustive(X, Y, parameters, NAMES)
    assert (found.rows[0].quantity, found.rows[0].verdict, found.rows[0].finding) == (
        "Z1", INCONCLUSIVE, "all of it is 0 here, so no relative error would show",
    )  # fmt: skip
    assert repr(found) == repr(want(X, Y, parameters, None, "", 0))


def test_every_element_of_a_data_sets_network_is_that_of_the_walk() -> None:
    data, sizes = load("planar"), (2, 3, 1)
    found = every_element(data, sizes, 4)
    wanted = exhaustive(data.X_train, data.Y_train, start(sizes, 4), usual(sizes), data=data.name, seed=4)
    assert repr(found) == repr(wanted)


def test_dZ_is_wide_enough_for_either_start_of_the_backward_pass() -> None:
    X, Y, parameters = net()
    at = base(X, Y, parameters, NAMES, rounded=False)
    found = bounded_dZ(at)
    top = blocks.dZ_L(at.A[3], Y)
    assert found[3].value.tolist() == (at.A[3].value - Y).tolist()
    assert found[3].err.tolist() == up(top.err + 8 * UNIT * np.abs(top.value)).tolist()
    for l in (2, 1):
        below = blocks.dZ_chain(Bounds.of(parameters[f"W{l + 1}"]), found[l + 1], at.Z[l], NAMES[l - 1])
        assert (found[l].value.tolist(), found[l].err.tolist()) == (below.value.tolist(), below.err.tolist())
    # Of another output than the sigmoid dZ[L] has its own slope.
    linear = base(
        np.array([[0.25, 0.5]]), np.array([[0.0, 1.0]]), {"W1": np.eye(1), "b1": np.zeros((1, 1))}, ("linear",), False
    )
    assert bounded_dZ(linear)[1].value.tolist() == [[1 / 0.75, -2.0]]


@pytest.mark.parametrize("name", ["relu", "relu_left", "leaky_relu", "leaky_relu_left"])
def test_on_a_kink_dZ_has_the_larger_slope_and_beside_it_its_own(name: str) -> None:
    """Z[1] is −1, 0 and 1, and then as much as its bound."""
    X, one = np.array([[-1.0, 0.0, 1.0]]), np.eye(1)
    at = base(X, np.zeros((1, 3)), {"W1": one, "b1": 0 * one, "W2": one, "b2": 0 * one}, (name, "sigmoid"), False)
    found = bounded_dZ(at)
    left = 0.01 if name.startswith("leaky") else 0.0
    assert found[1].value.tolist() == (found[2].value * [left, 1.0, 1.0]).tolist()
    wide = Base(at.X, at.Y, at.parameters, at.activations, {**at.Z, 1: Bounds(X, np.array([[1.0, 3.0, 0.5]]))}, at.A)
    assert bounded_dZ(wide)[1].value.tolist() == found[2].value.tolist()


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"db2": None}, "there is no db2 among the gradients; give dW1, db1, dW2, db2, dW3, db3"),
     ({"dW2": np.ones((4, 3))}, "dW2 has shape (4, 3), but W2 has shape (3, 4)"),
     ({"db1": np.ones(4)}, "db1 has shape (4,), but b1 has shape (4, 1)")],
)  # fmt: skip
def test_gradients_that_do_not_fit_are_told_in_a_sentence(changed: dict[str, Any], said: str) -> None:
    X, Y, parameters = net()
    gradients = {f"d{k}": v for k, v in parameters.items()} | changed
    with pytest.raises(UserError) as raised:
        exhaustive(X, Y, parameters, NAMES, {k: v for k, v in gradients.items() if v is not None})
    assert str(raised.value) == said
