"""The exhaustive check: its shortcut is the plain definition, it sees one wrong element, and it cries wolf at none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify.exhaustive
from manual import blocks, deep, losses
from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.kinks import Route
from verify.errors import UserError
from verify.exhaustive import exhaustive
from verify.oracles.certificate import certificate
from verify.problem import lift
from verify.records.exhaustive import ExhaustiveRecord
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.units.base import Base, base
from verify.units.columns import columns

Array = np.ndarray[Any, Any]
HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "linear", "relu_left", "leaky_relu_left")


@dataclass(frozen=True)
class Net:
    X: Array
    Y: Array
    parameters: dict[str, Array]
    activations: tuple[str, ...]

    def gradients(self) -> dict[str, Array]:
        AL, caches = deep.forward(self.X, self.parameters, self.activations)
        found = deep.backward(AL, self.Y, caches, sound=True)
        return {f"d{name}": found[f"d{name}"].copy() for name in self.parameters}

    def judged(self, gradients: dict[str, Array] | None = None) -> ExhaustiveRecord:
        return exhaustive(self.X, self.Y, self.parameters, self.activations, gradients)


def drawn(sizes: tuple[int, ...], m: int, activations: tuple[str, ...], seed: int, spread: float = 1.0) -> Net:
    rng = np.random.default_rng(seed)
    parameters = {}
    for l in range(1, len(sizes)):
        parameters[f"W{l}"] = spread * rng.standard_normal((sizes[l], sizes[l - 1])) / np.sqrt(sizes[l - 1])
        parameters[f"b{l}"] = spread * rng.standard_normal((sizes[l], 1)) / 4
    return Net(rng.standard_normal((sizes[0], m)), rng.integers(0, 2, (sizes[-1], m)) * 1.0, parameters, activations)


@st.composite
def nets(draw: st.DrawFn, widest: int = 4) -> Net:
    """Depth 1 to 6, any g below the output, widths and m from 1."""
    depth = draw(st.integers(1, 6))
    sizes = tuple(draw(st.lists(st.integers(1, widest), min_size=depth + 1, max_size=depth + 1)))
    hidden = tuple(draw(st.lists(st.sampled_from(HIDDEN), min_size=depth - 1, max_size=depth - 1)))
    seed, m = draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 4))
    return drawn(sizes, m, (*hidden, "sigmoid"), seed, draw(st.sampled_from((0.3, 1.0, 3.0))))


@contextmanager
def one_network() -> Iterator[None]:
    """Within it the slopes of a network are found once, and not again for each gradient that is held against them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("columns", "bounded"):
            patch.setattr(verify.exhaustive, name, _remembering(getattr(verify.exhaustive, name)))
        yield


def _remembering(find: Callable[[Base, int], Any]) -> Callable[[Base, int], Any]:
    found: dict[Any, Any] = {}

    def remembered(at: Base, l: int) -> Any:
        arrays = (at.X, at.Y, *at.parameters.values(), *(part for Z in at.Z.values() for part in Z.parts))
        key = (l, tuple(at.activations), *(x.tobytes() for x in arrays))
        if key not in found:
            found[key] = find(at, l)
        return found[key]

    return remembered


def both(net: Net) -> dict[str, list[tuple[Array, Array]]]:
    """dJ/dW and dJ/db by the shortcut, by each of its oracles, with their errors."""
    at = base(net.X, net.Y, net.parameters, net.activations, rounded=True)
    found: dict[str, list[tuple[Array, Array]]] = {}
    for l in range(1, at.depth + 1):
        moved = columns(at, l)
        for slopes in (moved.by_complex_step, moved.by_differences):
            W, b = (slopes @ at.A[l - 1].T) / at.m, np.sum(slopes, axis=1, keepdims=True) / at.m
            found.setdefault(f"W{l}", []).append((W.value, W.err))
            found.setdefault(f"b{l}", []).append((b.value, b.err))
    return found


def within(exact: Balls, value: Array, error: Array) -> bool:
    with precision():
        return bool(np.all((abs(Balls.of(value) - exact)).mid() <= error))


# --- the shortcut is the plain definition -----------------------------------------------------------------------------
@given(nets())
def test_the_shortcut_is_two_plain_passes_for_every_element(net: Net) -> None:
    """J(θ + h·e) and J(θ − h·e) by the notes' own cost, in exact arithmetic, where a step of 2⁻⁶⁰ costs no digit."""
    h = 2.0**-60
    found = both(net)
    with precision(256):
        given = lift(net.parameters, Balls.of)
        for name, theta in net.parameters.items():
            quotients = np.empty(theta.shape, dtype=object)
            for i in np.ndindex(theta.shape):
                step = np.zeros(theta.shape)
                step[i] = h
                up, down = (
                    deep.cost(net.X, net.Y, {**given, name: given[name] + Balls.of(sign * step)}, net.activations)
                    for sign in (1, -1)
                )
                quotients[i] = ((up - down) / (2 * h)).parts[0][()]
            # What is left of φ‴h² is below 2⁻¹⁰⁰: far inside the error of either oracle.
            for value, error in found[name]:
                assert within(Balls(quotients), value, error), name


@given(nets())
def test_the_shortcut_agrees_with_the_certificate_for_every_element(net: Net) -> None:
    def forward(**parameters: Any) -> Any:
        return losses.cost(deep.forward(net.X, parameters, net.activations)[0], net.Y)

    found = both(net)
    with precision():
        exact = certificate(forward, net.parameters, list(net.parameters), np.array(1.0), Route()).want
    for name, oracles in found.items():
        for value, error in oracles:
            assert within(exact[name], value, error), name


# --- right gradients pass ---------------------------------------------------------------------------------------------
@given(nets(widest=6))
def test_no_right_gradient_fails(net: Net) -> None:
    with one_network():
        records = net.judged(), net.judged(net.gradients())
    for record in records:
        assert record.verdict != FAIL, record.wrong
        assert sum(tally.failed for tally in record.tallies) == 0


def test_every_element_of_a_right_gradient_passes() -> None:
    record = drawn((6, 5, 4, 1), 7, ("tanh", "sigmoid", "sigmoid"), 0).judged()
    assert record.verdict == PASS
    assert [(tally.quantity, tally.passed) for tally in record.tallies] == [
        ("dW1", 30), ("db1", 5), ("dW2", 20), ("db2", 4), ("dW3", 4), ("db3", 1)
    ]  # fmt: skip
    assert record.elements == 64
    assert record.columns == (5 + 4 + 1) * 7
    assert not record.wrong
    assert not record.undecided
    assert [row.verdict for row in record.rows] == [PASS] * 15  # Z of three layers; six gradients, by either oracle


# --- wrong ones are seen, and named -----------------------------------------------------------------------------------
@given(nets(), st.data())
def test_one_wrong_element_is_found_and_named(net: Net, data: st.DataObject) -> None:
    gradients = net.gradients()
    name = data.draw(st.sampled_from(list(gradients)))
    largest = float(np.max(np.abs(gradients[name])))
    places = [i for i in np.ndindex(gradients[name].shape) if abs(gradients[name][i]) >= max(1e-3 * largest, 1e-12)]
    if not places:
        return
    i = data.draw(st.sampled_from(places))
    gradients[name][i] *= 1 + 1e-4
    record = net.judged(gradients)
    if record.verdict == INCONCLUSIVE:  # then nothing was said of this element, and it is counted
        assert str(list(i)) in [row.at for row in record.undecided if row.quantity == name]
        return
    assert record.verdict == FAIL
    assert [(row.quantity, row.at) for row in record.wrong] == [(name, str(list(i)))]
    assert float(record.wrong[0].mine) == gradients[name][i]


@pytest.mark.parametrize("oracle", ["complex step", "differences"])
@pytest.mark.parametrize("factor", [1 + 1e-4, -1.0, 0.0, float("nan"), float("inf")])
def test_each_oracle_alone_sees_a_wrong_element(oracle: str, factor: float) -> None:
    net = drawn((6, 5, 4, 1), 7, ("tanh", "relu", "sigmoid"), 3)
    gradients = net.gradients()
    i = np.unravel_index(int(np.argmax(np.abs(gradients["dW1"]))), (5, 6))
    gradients["dW1"][i] *= factor
    (row,) = [row for row in net.judged(gradients).rows if (row.quantity, row.oracle) == ("dW1", oracle)]
    assert row.verdict == FAIL
    assert row.at == str([int(k) for k in i])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda g: {**g, "dW2": g["dW2"] * 7},  # the 1/m forgotten
        lambda g: {**g, "dW1": g["dW1"] * (6 / 7)},
        lambda g: {**g, "db2": -g["db2"]},
        lambda g: {**g, "dW2": g["dW2"][::-1].copy()},
        lambda g: {name: 0 * x for name, x in g.items()},
    ],
)
def test_a_wrong_gradient_fails(wrong: Any) -> None:
    net = drawn((6, 5, 4, 1), 7, ("tanh", "relu", "sigmoid"), 3)
    assert net.judged(net.gradients()).verdict == PASS
    assert net.judged(wrong(net.gradients())).verdict == FAIL


@pytest.mark.parametrize("lost", ["b", "W"])
def test_a_wrong_forward_fails_though_its_backward_would_suit_the_right_one(
    lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without b, J does not hang on it at all; the sums over the examples would not see that."""
    net = drawn((6, 5, 4, 1), 7, ("tanh", "relu", "sigmoid"), 3)

    def forward(A_prev: Any, W: Any, b: Any, activation: str) -> Any:
        A, cache = blocks.block_forward(A_prev, 2 * W if lost == "W" else W, 0 * b if lost == "b" else b, activation)
        return A, replace(cache, W=W, b=b)

    monkeypatch.setattr(deep, "block_forward", forward)
    for record in (net.judged(), net.judged(net.gradients())):
        assert record.verdict == FAIL
        assert {row.quantity for row in record.rows if row.verdict == FAIL} >= {"Z1", "Z2", "Z3"}


# --- kinks ------------------------------------------------------------------------------------------------------------
def on_a_kink(activation: str) -> Net:
    """The first unit of layer 1 is at z = 0 for the first example, and the second layer is alive above it."""
    net = drawn((3, 4, 3, 1), 5, (activation, "tanh", "sigmoid"), 8)
    X, W, b = net.X.copy(), net.parameters["W1"].copy(), net.parameters["b1"].copy()
    X[:, 0], W[0], b[0] = (2.0, -1.0, 0.5), (0.5, 1.5, 1.0), 0.0
    return Net(X, net.Y, {**net.parameters, "W1": W, "b1": b}, net.activations)


@pytest.mark.parametrize("activation", ["relu", "relu_left", "leaky_relu", "leaky_relu_left"])
def test_at_a_kink_every_choice_of_slope_is_allowed_and_counted(activation: str) -> None:
    net = on_a_kink(activation)
    record = net.judged()
    assert record.verdict != FAIL, record.wrong
    kinks = {tally.quantity: tally.kinks for tally in record.tallies}
    assert kinks == {"dW1": 3, "db1": 1, "dW2": 0, "db2": 0, "dW3": 0, "db3": 0}
    assert record.crossed == 1
    assert {(row.quantity, row.at) for row in record.undecided} == {
        ("dW1", "[0, 0]"), ("dW1", "[0, 1]"), ("dW1", "[0, 2]"), ("db1", "[0, 0]")
    }  # fmt: skip
    assert all("kink" in row.finding for row in record.undecided)


def test_beyond_both_slopes_of_a_kink_is_wrong() -> None:
    net = on_a_kink("relu")
    ends = [Net(net.X, net.Y, net.parameters, (side, "tanh", "sigmoid")).gradients() for side in ("relu", "relu_left")]
    right, left = (end["dW1"] for end in ends)
    assert right[0, 0] != left[0, 0]
    beyond = {**ends[0], "dW1": right + 0.01 * (right - left)}
    assert {row.at for row in net.judged(beyond).wrong} == {"[0, 0]", "[0, 1]", "[0, 2]"}
    between = {**ends[0], "dW1": right + 0.5 * (left - right)}
    assert net.judged(between).verdict == INCONCLUSIVE


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_whole_layers_on_their_kink_are_no_false_alarm(seed: int, m: int) -> None:
    """b = 0 above a dead layer, as the course starts: every unit of layer 2 is at 0 where all of layer 1 is dead."""
    net = drawn((2, 3, 3, 1), m, ("relu", "relu", "sigmoid"), seed)
    parameters = {k: (0 * v if k.startswith("b") else v) for k, v in net.parameters.items()}
    at, left = (Net(net.X, net.Y, parameters, (side, side, "sigmoid")) for side in ("relu", "relu_left"))
    with one_network():
        assert at.judged().verdict != FAIL
        assert left.judged(at.gradients()).verdict != FAIL
        assert at.judged(left.gradients()).verdict != FAIL


@given(st.integers(0, 2**32 - 1), st.sampled_from(("relu", "leaky_relu")), st.sampled_from(("relu", "leaky_relu")))
def test_kinks_above_a_kink_are_no_false_alarm(seed: int, low: str, high: str) -> None:
    """An example of zeros, and no b: every unit of every layer is at 0 there, and each may choose."""
    net = drawn((3, 4, 4, 3, 1), 2, (low, high, "linear", "sigmoid"), seed)
    X = net.X.copy()
    X[:, 0] = 0
    parameters = {k: (0 * v if k.startswith("b") else v) for k, v in net.parameters.items()}
    sides = [(a, b) for a in (low, f"{low}_left") for b in (high, f"{high}_left")]
    at, *others = (Net(X, net.Y, parameters, (*side, "linear", "sigmoid")) for side in sides)
    with one_network():
        assert at.judged().verdict != FAIL
        for other in others:
            record = at.judged(other.gradients())
            assert record.verdict != FAIL, record.wrong


def test_what_is_remembered_of_a_network_is_neither_of_another_one_nor_changed_by_a_gradient() -> None:
    net, other = on_a_kink("relu"), on_a_kink("leaky_relu")
    wrong = {**net.gradients(), "dW1": net.gradients()["dW1"] * 1.001}
    gradients = (None, wrong, net.gradients())
    plain = [repr(of.judged(given)) for of in (net, other) for given in gradients]
    with one_network():
        assert [repr(of.judged(given)) for of in (net, other) for given in gradients] == plain
        assert [repr(of.judged(given)) for of in (net, other) for given in gradients] == plain


def test_a_step_across_a_kink_is_made_shorter() -> None:
    net = on_a_kink("relu")
    parameters = {**net.parameters, "b1": net.parameters["b1"].copy()}
    parameters["b1"][0] = 1e-7  # nearer than the first step, farther than the next
    record = Net(net.X, net.Y, parameters, net.activations).judged()
    assert (record.crossed, record.verdict) == (0, PASS)


# --- zeros, sizes, memory ---------------------------------------------------------------------------------------------
def test_a_gradient_that_is_zero_everywhere_is_undecided_for_any_factor_would_pass() -> None:
    net = drawn((3, 4, 1), 5, ("relu", "sigmoid"), 1)
    dead = {**net.parameters, "b1": np.full((4, 1), -100.0)}
    record = Net(net.X, net.Y, dead, net.activations).judged()
    verdicts = {tally.quantity: tally.verdict for tally in record.tallies}
    assert verdicts == {"dW1": INCONCLUSIVE, "db1": INCONCLUSIVE, "dW2": INCONCLUSIVE, "db2": PASS}


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_units_far_in_saturation_leave_the_others_decided(activation: str) -> None:
    """z of ±1000, where e^(−z), and cosh z, overflow; 1 − a has no digit left there, so that 0 is all that is known."""
    net = drawn((3, 4, 1), 5, (activation, "sigmoid"), 1)
    far = {**net.parameters, "b1": net.parameters["b1"] + np.array([[1000.0], [-1000.0], [0.0], [0.0]])}
    record = Net(net.X, net.Y, far, net.activations).judged()
    assert record.verdict == INCONCLUSIVE
    assert {row.at[1] for row in record.undecided} <= {"0", "1"}
    assert {row.quantity for row in record.undecided} == {"dW1", "db1"}
    assert all(row.budget < 1e-15 for row in record.undecided)


def test_a_zero_that_is_not_zero_by_hand_fails() -> None:
    net = drawn((3, 4, 1), 5, ("relu", "sigmoid"), 1)
    X = net.X.copy()
    X[1] = 0  # a feature that is always 0
    dark = Net(X, net.Y, net.parameters, net.activations)
    assert dark.judged(dark.gradients()).verdict == PASS
    assert {tally.quantity: tally.zeros for tally in dark.judged().tallies}["dW1"] >= 4
    gradients = dark.gradients()
    gradients["dW1"][2, 1] = 1e-30
    assert [(row.quantity, row.at) for row in dark.judged(gradients).wrong] == [("dW1", "[2, 1]")]


def test_blocks_of_any_size_give_the_same_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    net = drawn((6, 5, 4, 1), 7, ("tanh", "relu", "sigmoid"), 3)
    gradients = net.gradients()
    gradients["dW1"][3, 2] *= 1.001
    whole = net.judged(gradients)
    monkeypatch.setattr("verify.units.base.BLOCK", 12)
    monkeypatch.setattr("verify.units.layer.AT_ONCE", 6)
    parts = net.judged(gradients)
    assert [(row.quantity, row.at) for row in parts.wrong] == [(row.quantity, row.at) for row in whole.wrong]
    assert [(t.quantity, t.passed, t.failed) for t in parts.tallies] == [
        (t.quantity, t.passed, t.failed) for t in whole.tallies
    ]
    assert [(r.quantity, r.oracle, r.at, r.compared) for r in parts.rows] == [
        (r.quantity, r.oracle, r.at, r.compared) for r in whole.rows
    ]


def test_the_notes_network_whole_and_one_element_of_245973_wrong_by_a_ten_thousandth() -> None:
    net = drawn((12288, 20, 7, 5, 1), 20, ("relu", "relu", "relu", "sigmoid"), 0)
    assert net.judged().verdict == PASS
    gradients = net.gradients()
    largest = np.abs(gradients["dW1"]).max()
    i = tuple(np.argwhere(np.abs(gradients["dW1"]) >= 1e-3 * largest)[-1].tolist())
    gradients["dW1"][i] *= 1 + 1e-4
    record = net.judged(gradients)
    assert record.elements == 245_973
    assert [(row.quantity, row.at) for row in record.wrong] == [("dW1", str(list(i)))]


# --- what cannot be used ----------------------------------------------------------------------------------------------
def broken(**changes: Any) -> Any:
    net = drawn((3, 4, 1), 5, ("tanh", "sigmoid"), 1)
    parts = {"X": net.X, "Y": net.Y, "parameters": net.parameters, "activations": net.activations, **changes}
    return exhaustive(**parts)


GOOD = drawn((3, 4, 1), 5, ("tanh", "sigmoid"), 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"X": np.ones((2, 5))}, "W1 needs 2 columns"),
        ({"X": np.ones((3, 0)), "Y": np.ones((1, 0))}, "m = 0 examples"),
        ({"Y": np.ones((1, 4))}, r"Y has shape \(1, 4\)"),
        ({"Y": np.full((1, 5), 2.0)}, "a label is 0 or 1"),
        ({"parameters": {**GOOD.parameters, "W2": np.ones((0, 4))}}, "holds nothing"),
        ({"parameters": {k: v for k, v in GOOD.parameters.items() if k != "b2"}}, "needs W1, b1 up to WL, bL"),
        ({"activations": ("tanh", "sigmod")}, "did you mean 'sigmoid'"),
        ({"parameters": {**GOOD.parameters, "b1": np.full((4, 1), np.inf)}}, r"Z1 is inf at \[0, 0\]"),
        ({"activations": ("tanh", "linear")}, "the loss is nan"),
        ({"gradients": {"dW1": np.ones((4, 3))}}, "no db1 among the gradients"),
        ({"gradients": {**GOOD.gradients(), "dW2": np.ones((4, 1))}}, r"dW2 has shape \(4, 1\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_in_a_sentence(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        broken(**changes)


def test_where_a_step_leaves_the_domain_only_the_complex_step_speaks() -> None:
    """A linear output of 1e-7, whose logarithm a step of 7e-6 does not reach."""
    X, Y = np.array([[1.0]]), np.array([[1.0]])
    record = exhaustive(X, Y, {"W1": np.array([[1e-7]]), "b1": np.array([[0.0]])}, ("linear",))
    by = {(row.quantity, row.oracle): row for row in record.rows}
    assert by["dW1", "differences"].skipped == 1
    assert by["dW1", "differences"].verdict == INCONCLUSIVE
    assert "1 of 1 elements skipped, the first at [0, 0]: no step" in by["dW1", "differences"].finding
    assert by["dW1", "complex step"].verdict == PASS
    assert record.verdict == PASS
