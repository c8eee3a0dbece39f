"""The certificate: a right backward is right at any scale, a wrong one is wrong however small its fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from verify.arithmetic.balls import Balls
from verify.oracles.certificate import SHARP, Decision
from verify.oracles.decide import FIRST_BITS, MOST_BITS, decide

Array = np.ndarray[Any, Any]
Backward = Callable[..., dict[str, Any]]
PART = Fraction(1, 10**12)  # the relative fault that has to be found


# --- the subject: a small network, its loss, and its backward as people write it --------------------------------------
def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def softmax(z: Any) -> Any:
    e = np.exp(z - np.max(z, axis=0, keepdims=True))
    return e / np.sum(e, axis=0, keepdims=True)


ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "tanh": (np.tanh, lambda a: 1 - a * a), "sigmoid": (sigmoid, lambda a: a * (1 - a)),
}  # fmt: skip


class Net:
    """Layers of one activation; on top of them its own output, or the cross-entropy of a softmax, averaged over m."""

    def __init__(self, widths: Sequence[int], m: int, activation: str, loss: bool, seed: int) -> None:
        rng = np.random.default_rng([seed, 3])
        self.function, self.slope = ACTIVATIONS[activation]
        self.loss, self.m, self.depth = loss, m, len(widths) - 1
        self.inputs = {"X": rng.standard_normal((widths[0], m))}
        for layer, (p, n) in enumerate(pairwise(widths), 1):
            self.inputs |= {f"W{layer}": rng.standard_normal((n, p)), f"b{layer}": rng.standard_normal((n, 1))}
        self.Y = np.eye(widths[-1])[:, rng.integers(0, widths[-1], m)]
        self.dout = rng.standard_normal(() if loss else (widths[-1], m))

    def _passed(self, inputs: Mapping[str, Any]) -> list[Any]:
        passed = [inputs["X"]]
        for layer in range(1, self.depth + 1):
            z = inputs[f"W{layer}"] @ passed[-1] + inputs[f"b{layer}"]
            passed.append(softmax(z) if self.loss and layer == self.depth else self.function(z))
        return passed

    def forward(self, **inputs: Any) -> Any:
        top = self._passed(inputs)[-1]
        return -np.sum(self.Y * np.log(top)) / self.m if self.loss else top

    def backward(self, **inputs: Any) -> dict[str, Any]:
        passed, dout = self._passed(inputs), Balls.of(self.dout)
        dZ = dout * (passed[-1] - self.Y) / self.m if self.loss else dout * self.slope(passed[-1])
        found: dict[str, Any] = {}
        for layer in range(self.depth, 0, -1):
            found |= {f"W{layer}": dZ @ passed[layer - 1].T, f"b{layer}": np.sum(dZ, axis=1, keepdims=True)}
            dA = inputs[f"W{layer}"].T @ dZ
            dZ = dA * self.slope(passed[layer - 1]) if layer > 1 else dA
        return found | {"X": dZ}

    def judged(self, slip: Callable[[dict[str, Any]], dict[str, Any]] = dict, scale: float = 1.0) -> Decision:
        dout = self.dout * scale

        def mine(**inputs: Any) -> dict[str, Any]:
            return {k: g * Balls.of(np.asarray(scale)) for k, g in slip(self.backward(**inputs)).items()}

        return decide(self.forward, mine, self.inputs, tuple(self.inputs), dout)


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The gradients with this one changed."""
    return lambda found: found | {name: change(found[name])}


def nudged(gradient: Any, flat: int, relative: Fraction = PART) -> Any:
    """The gradient with one element larger by a part of itself."""
    factor = np.full(gradient.shape, Fraction(1), dtype=object)
    factor.reshape(-1)[flat % gradient.size] += relative
    return gradient * factor


NETS = [
    ((3, 4), 5, "tanh", False), ((3, 4), 5, "sigmoid", False), ((2, 3, 4), 3, "tanh", False),
    ((4, 3, 2), 3, "sigmoid", True), ((3, 2), 7, "tanh", True), ((2, 3, 2, 4), 3, "tanh", True),
    ((3, 2, 4, 2), 2, "sigmoid", False), ((3, 3, 3), 3, "tanh", False), ((3, 3, 3), 3, "sigmoid", True),
]  # fmt: skip
nets = pytest.mark.parametrize("net", [Net(*n, seed=i) for i, n in enumerate(NETS)], ids=map(str, NETS))


@nets
def test_a_right_backward_of_a_network_is_right(net: Net) -> None:
    found = net.judged()
    assert found.verdicts == dict.fromkeys(net.inputs, "right")
    assert (found.verdict, found.choice, found.hull, found.directions) == ("right", "", {}, 0)
    for name, x in net.inputs.items():
        assert found.mine[name].shape == found.want[name].shape == x.shape
        largest = float(np.max(abs(found.want[name].mid())))
        assert float(np.max(found.want[name].rad())) <= SHARP * largest


@nets
def test_one_element_wrong_in_the_twelfth_digit_makes_its_gradient_wrong_and_no_other(net: Net) -> None:
    for place, name in enumerate(net.inputs):
        found = net.judged(changed(name, lambda g, at=place: nudged(g, 5 * at)))
        assert found.verdicts == dict.fromkeys(net.inputs, "right") | {name: "wrong"}
        assert found.verdict == "wrong"


@nets
def test_usual_mistakes_are_wrong(net: Net) -> None:
    last = f"W{net.depth}"
    mistakes = {
        "sign": lambda g: -g, "twice": lambda g: 2 * g, "zero": lambda g: 0 * g, "averaged": lambda g: g / net.m,
    }  # fmt: skip
    for mistake, change in mistakes.items():
        assert net.judged(changed(last, change)).verdicts[last] == "wrong", mistake
        assert net.judged(changed("X", change)).verdicts["X"] == "wrong", mistake
    if net.loss:
        assert net.judged(changed(last, lambda g: g * net.m)).verdicts[last] == "wrong"


@pytest.mark.parametrize("net", [Net((n,) * 3, n, "tanh", False, n) for n in (2, 3, 4)], ids=["2", "3", "4"])
def test_a_transposed_gradient_is_wrong_also_where_its_shape_is_right(net: Net) -> None:
    for name in ("W1", "W2", "X"):
        assert net.judged(changed(name, lambda g: g.T)).verdicts[name] == "wrong"


@pytest.mark.parametrize("exponent", [-900, -300, -20, 0, 20, 300, 900])
def test_the_scale_of_the_upstream_changes_no_verdict(exponent: int) -> None:
    net = Net((2, 3, 2), 3, "tanh", False, 1)
    scale = 2.0**exponent
    assert net.judged(scale=scale).verdicts == dict.fromkeys(net.inputs, "right")
    for name in ("W1", "b2"):
        found = net.judged(changed(name, lambda g: nudged(g, 1)), scale)
        assert found.verdicts == dict.fromkeys(net.inputs, "right") | {name: "wrong"}


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sampled_from(sorted(ACTIVATIONS)), st.booleans(), st.data())
def test_random_networks_are_told_right_from_wrong(
    seed: int, depth: int, activation: str, loss: bool, data: st.DataObject
) -> None:
    widths = data.draw(st.lists(st.integers(1, 3), min_size=depth, max_size=depth))
    net = Net([*widths, data.draw(st.integers(2, 3))], data.draw(st.integers(1, 3)), activation, loss, seed)
    assert net.judged().verdicts == dict.fromkeys(net.inputs, "right")
    name, flat = data.draw(st.sampled_from(sorted(net.inputs))), data.draw(st.integers(0, 50))
    found = net.judged(changed(name, lambda g: nudged(g, flat)))
    assert found.verdicts == dict.fromkeys(net.inputs, "right") | {name: "wrong"}


# --- saturation, and derivatives that are 0 ---------------------------------------------------------------------------
def saturated(name: str, z: Any, fault: Any = 0, dout: Any = None) -> Decision:
    z = np.asarray(z)
    function, slope = ACTIVATIONS[name]
    dout = np.arange(1.0, z.size + 1) if dout is None else dout

    def mine(z: Any) -> dict[str, Any]:
        return {"z": Balls.of(dout) * slope(function(z)) * (1 + Fraction(fault))}

    return decide(lambda **given: function(given["z"]), mine, {"z": z}, ["z"], dout)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("z", [[800.0, -800, 0.5], [-800.0, 0.25], [800.0, 1.0]])
def test_a_saturated_element_beside_others_is_decided(name: str, z: list[float]) -> None:
    assert saturated(name, z).verdict == "right"
    assert saturated(name, z, PART).verdict == "wrong"


@pytest.mark.parametrize(("z", "bits"), [(10.0, 128), (50.0, 256), (100.0, 512), (200.0, 1024), (300.0, 1024)])
def test_a_saturated_element_alone_is_decided_with_as_many_bits_as_it_takes(z: float, bits: int) -> None:
    # 1 − tanh² loses 2z/ln 2 bits; what is left has to be sharper than 2⁻⁶⁴ of the derivative.
    assert FIRST_BITS <= bits <= MOST_BITS
    found = saturated("tanh", [z, -z])
    assert (found.verdict, found.bits) == ("right", bits)
    assert bits == FIRST_BITS or bits / 2 < 2 * z / np.log(2) + 64 + 4
    wrong = saturated("tanh", [z, -z], PART)
    assert wrong.verdict == "wrong"
    assert wrong.bits <= bits


def test_zero_in_place_of_a_tiny_derivative_is_wrong() -> None:
    z = np.array([800.0, 0.5])
    function, slope = ACTIVATIONS["tanh"]

    def mine(z: Any) -> dict[str, Any]:
        return {"z": slope(function(z)) * np.array([0, 1])}

    assert decide(lambda **given: function(given["z"]), mine, {"z": z}, ["z"], np.ones(2)).verdict == "wrong"


def softmax_backward(add: Any) -> Backward:
    def backward(z: Any) -> dict[str, Any]:
        a = softmax(z)
        return {"z": a * (1 - np.sum(a, axis=0, keepdims=True)) + Fraction(add)}

    return backward


@pytest.mark.parametrize("exponent", [-900, -20, 0, 20, 900])
def test_a_derivative_that_cancels_to_zero_is_right_and_not_right_with_something_added(exponent: int) -> None:
    z = np.array([[0.3, -1.2], [2.0, 0.7], [-0.4, 0.1]])
    dout = np.full((3, 2), 2.0**exponent)
    for add, want in ((0, "right"), (Fraction(1, 10**30), "wrong"), (-Fraction(1, 10**30), "wrong")):
        mine = softmax_backward(add * Fraction(2) ** exponent)
        assert decide(softmax, mine, {"z": z}, ["z"], dout).verdicts == {"z": want}


def test_a_derivative_that_is_exactly_zero_is_right_and_wrong_with_anything_added() -> None:
    x = np.array([1.5, -2.0])
    for add, want in ((0, "right"), (Fraction(1, 10**300), "wrong")):
        found = decide(lambda x: x - x, lambda x, add=add: {"x": 0 * x + Fraction(add)}, {"x": x}, ["x"], np.ones(2))
        assert found.verdicts == {"x": want}
    two = {"x": x, "y": 3 * x}
    for add, want in ((0, "right"), (Fraction(1, 10**300), "wrong")):
        found = decide(
            lambda x, y: x * x + 0 * y,
            lambda x, y, add=add: {"x": 2 * x, "y": 0 * y + Fraction(add)},
            two,
            ["x", "y"],
            np.ones(2),
        )
        assert found.verdicts == {"x": "right", "y": want}


# --- any composition, any fault ---------------------------------------------------------------------------------------
STEPS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "square": (lambda x: x * x, lambda x: 2 * x), "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "affine": (lambda x: 3 * x - 0.5, lambda x: 3 + 0 * x), "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sin": (np.sin, np.cos), "exp of −x²": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "rational": (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
    # Constants that floats hold exactly: the last place of another (0.1) is its rounding, and off by so much no fault.
    "polynomial": (lambda x: x**4 - 0.125 * x**3 + x / 3, lambda x: 4 * x**3 - 0.375 * x**2 + 1 / (3 + 0 * x)),
}  # fmt: skip


def composed(names: Sequence[str], x: Array, eps: Fraction, dout: Array) -> Decision:
    def forward(x: Any) -> Any:
        for name in names:
            x = STEPS[name][0](x)
        return x

    def mine(x: Any) -> dict[str, Any]:
        slope: Any = Balls.of(dout)
        for name in names:
            slope, x = slope * STEPS[name][1](x), STEPS[name][0](x)
        return {"x": slope * (1 + eps)}

    return decide(forward, mine, {"x": x}, ["x"], dout)


points = st.lists(st.floats(-2, 2).filter(lambda v: abs(v) > 1 / 64), min_size=1, max_size=3).map(np.array)
# Beside float64's smallest numbers the size of a derivative, which is a float, says nothing.
LEAST = 2.0**-1000
chains = st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=3)


@settings(max_examples=40)
@given(chains, points, st.integers(1, 18), st.sampled_from([1, -1]), st.integers(-40, 40))
def test_a_backward_off_by_any_relative_part_is_never_right(
    names: list[str], x: Array, digits: int, sign: int, scale: int
) -> None:
    dout = np.full(x.shape, 2.0**scale)
    right = composed(names, x, Fraction(0), dout)
    assume(float(np.min(abs(right.want["x"].mid()))) > LEAST)
    assert right.verdict == "right"
    wrong = composed(names, x, Fraction(sign, 10**digits), dout)
    assert wrong.verdict == "wrong"


@pytest.mark.campaign
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(chains, points, st.integers(1, 18), st.integers(-900, 900))
def test_campaign_of_compositions(names: list[str], x: Array, digits: int, scale: int) -> None:
    dout = np.full(x.shape, 2.0**scale)
    right = composed(names, x, Fraction(0), dout)
    assume(float(np.min(abs(right.want["x"].mid()))) > LEAST)
    assert right.verdict == "right"
    assert composed(names, x, Fraction(1, 10**digits), dout).verdict != "right"
