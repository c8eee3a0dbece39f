"""The certificate: a right backward is right at any scale, a wrong one is wrong however small its fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.duck import Straddle, Unsupported
from verify.arithmetic.kinks import Kink, Route
from verify.oracles.certificate import SHARP, Decision, certificate, compared
from verify.oracles.decide import AS_MEANT, DIRECTIONS, ELEMENTS, FIRST_BITS, MOST_BITS, UP_TO, decide

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


# --- constants --------------------------------------------------------------------------------------------------------
def averaged(m: int, by: Callable[[Any], Any]) -> Decision:
    rng = np.random.default_rng(m)
    A, W, dZ = rng.standard_normal((4, m)), rng.standard_normal((3, 4)), rng.standard_normal((3, m))
    return decide(lambda W: W @ A / m, lambda W: {"W": by(Balls.of(dZ) @ A.T)}, {"W": W}, ["W"], dZ)


@pytest.mark.parametrize("m", [3, 7, 209])
def test_a_constant_is_taken_as_the_fraction_it_stands_for_and_the_choice_says_so(m: int) -> None:
    divided = averaged(m, lambda g: g / m)
    assert (divided.verdict, divided.choice) == ("right", "")
    for by in (lambda g: 1 / m * g, lambda g: g * (1.0 / m), lambda g: 2 / m * g * 0.5):
        found = averaged(m, by)
        assert (found.verdict, found.choice) == ("right", AS_MEANT)


@pytest.mark.parametrize("m", [3, 7, 209])
def test_a_constant_that_stands_for_another_fraction_is_wrong(m: int) -> None:
    mistakes: list[Callable[[Any], Any]] = [
        lambda g: 1.0000000001 / m * g, lambda g: 1 / (m - 1) * g, lambda g: 1 / (m + 1) * g, lambda g: 2 / m * g,
        lambda g: (1 / m + 9 * np.spacing(1 / m)) * g, lambda g: g / m * (1 + PART), lambda g: g,
    ]  # fmt: skip
    for number, by in enumerate(mistakes):
        found = averaged(m, by)
        assert (number, found.verdict, found.choice) == (number, "wrong", "")


def test_a_power_of_two_needs_no_meaning() -> None:
    found = averaged(8, lambda g: 1 / 8 * g)
    assert (found.verdict, found.choice) == ("right", "")


def test_a_float32_formula_has_the_constants_of_float32() -> None:
    x = np.array([1.5, -2.0], dtype=np.float32)
    dout = np.array([2.0, 3.0], dtype=np.float32)

    def judged(x: Array, factor: Any) -> tuple[str, str]:
        found = decide(
            lambda x: np.tanh(0.1 * x),
            lambda x: {"x": Balls.of(dout.astype(x.dtype)) * (1 - np.tanh(0.1 * x) ** 2) * factor},
            {"x": x}, ["x"], dout,
        )  # fmt: skip
        return found.verdict, found.choice

    for dtype, right in ((np.float32, np.float32(0.1)), (float, np.float64(0.1))):
        assert judged(x.astype(dtype), 0.1) == ("right", "")
        assert judged(x.astype(dtype), np.asarray(right)) == ("right", "")
    # In float64 the float32 nearest to 0.1 is another number; in float32 the float64 one is right only as meant.
    assert judged(x.astype(float), np.asarray(np.float32(0.1)))[0] == "wrong"
    assert judged(x, np.asarray(np.float64(0.1))) == ("right", AS_MEANT)


# --- many elements ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("at", [0, 1234, 2999])
def test_one_wrong_element_of_three_thousand_is_found(at: int) -> None:
    rng = np.random.default_rng(9)
    inputs = {"W": rng.standard_normal((3, 1000)), "x": rng.standard_normal((1000, 1))}
    dout = rng.standard_normal((3, 1))
    assert sum(x.size for x in inputs.values()) > ELEMENTS

    def judged(slip: Callable[[Any], Any]) -> Decision:
        def mine(W: Any, x: Any) -> dict[str, Any]:
            dZ = Balls.of(dout) * (1 - np.tanh(W @ x) ** 2)
            return {"W": slip(dZ @ x.T), "x": W.T @ dZ}

        return decide(lambda W, x: np.tanh(W @ x), mine, inputs, ["W", "x"], dout)

    right = judged(lambda g: g)
    assert right.verdicts == {"W": "right", "x": "right"}
    assert right.directions == DIRECTIONS
    assert right.mine["W"].shape == right.want["W"].shape == (DIRECTIONS,)

    def one(g: Any, add: Any) -> Any:
        extra = np.zeros(3000, dtype=object)
        extra[at] = add
        return g + extra.reshape(3, 1000)

    for add in (Fraction(1, 10**9), Fraction(1, 10**20)):
        assert judged(lambda g, add=add: one(g, add)).verdicts == {"W": "wrong", "x": "right"}


@pytest.mark.parametrize(("size", "directions"), [(ELEMENTS, 0), (ELEMENTS + 1, DIRECTIONS)])
def test_elements_are_judged_one_by_one_as_long_as_they_are_few(size: int, directions: int) -> None:
    x = np.arange(1.0, size + 1)
    found = decide(lambda x: np.sum(x * x), lambda x: {"x": 2 * x}, {"x": x}, ["x"], np.array(1.0))
    assert (found.verdict, found.directions) == ("right", directions)
    swapped = decide(lambda x: np.sum(x * x), lambda x: {"x": 2 * x[::-1]}, {"x": x}, ["x"], np.array(1.0))
    assert swapped.verdict == "wrong"


# --- what is refused --------------------------------------------------------------------------------------------------
def test_an_output_that_does_not_depend_on_what_is_differentiated_is_refused() -> None:
    inputs = {"x": np.ones(2), "y": np.ones(2)}
    for forward in (lambda x, y: y * y, lambda x, y: np.ones(2)):
        with pytest.raises(Unsupported, match="does not depend on x"):
            decide(forward, lambda x, y: {"x": 0 * x}, inputs, ["x"], np.ones(2))


def test_code_that_drops_the_enclosures_is_refused_whichever_side_it_is_on() -> None:
    def looped(x: Any) -> Any:
        out = np.zeros(2)
        for i in range(2):
            out[i] = x[i] * x[i]
        return out

    def refused(forward: Any, mine: Any) -> None:
        with pytest.raises((Unsupported, ValueError)):
            decide(forward, mine, {"x": np.array([1.0, 2.0])}, ["x"], np.ones(2))

    refused(looped, lambda x: {"x": 2 * x})
    refused(lambda x: x * x, lambda x: {"x": 2 * looped(x)})
    refused(lambda x: np.arctan2(x, 1), lambda x: {"x": 2 * x})
    refused(lambda x: x * x, lambda x: {"x": np.sort(2 * x)})


def test_a_comparison_that_no_precision_decides_is_told_not_guessed() -> None:
    x = np.array([2.0])
    equal = lambda x: np.where(np.log(x * x) > 2 * np.log(x), x, 3 * x)  # noqa: E731
    with pytest.raises(Straddle, match="greater"):
        decide(equal, lambda x: {"x": 3 + 0 * x}, {"x": x}, ["x"], np.ones(1))


def test_a_comparison_that_more_bits_decide_is_decided() -> None:
    x = np.array([2.0])
    close = lambda x: np.where(np.log(x * x) + Fraction(1, 10**60) > 2 * np.log(x), x, 3 * x)  # noqa: E731
    found = decide(close, lambda x: {"x": 1 + 0 * x}, {"x": x}, ["x"], np.ones(1))
    assert (found.verdict, found.bits) == ("right", 256)


def test_a_gradient_that_is_not_finite_is_not_called_right() -> None:
    x = np.array([0.0, 1.0])
    for forward, mine in ((np.sqrt, lambda x: 1 / (2 * np.sqrt(x))), (np.exp, lambda x: np.exp(x) + 0 / x)):
        found = decide(lambda x, f=forward: f(x), lambda x, g=mine: {"x": g(x)}, {"x": x}, ["x"], np.ones(2))
        assert (found.verdict, found.bits) == ("undecided", MOST_BITS)


# --- the parts --------------------------------------------------------------------------------------------------------
def ball(middle: float, radius: float) -> Balls:
    return Balls(np.array([arb(middle, radius), arb(1)], dtype=object))


@pytest.mark.parametrize(
    ("mine", "want", "verdict"),
    [(ball(0.5, 0), ball(0.5, 0), "right"), (ball(0.5, 2.0**-65), ball(0.5, 2.0**-66), "right"),
     (ball(0.5, 2.0**-60), ball(0.5, 0), "undecided"), (ball(0.5, 0), ball(0.5, 2.0**-60), "undecided"),
     (ball(0.5, 2.0**-60), ball(0.6, 2.0**-60), "wrong"), (ball(0.5, 2.0**-66), ball(0.5 + 2.0**-50, 0), "wrong"),
     (ball(0.5, 0.25), ball(0.6, 0.25), "undecided"), (ball(np.inf, 0), ball(0.5, 0), "undecided"),
     (ball(0.5, 0), ball(np.nan, 0), "undecided")],
)  # fmt: skip
def test_disjoint_is_wrong_overlap_is_right_once_it_is_sharp(mine: Balls, want: Balls, verdict: str) -> None:
    assert compared(mine, want, 1.0) == verdict


def test_what_cancels_is_measured_by_its_terms() -> None:
    zero = Balls(np.array([arb(0, 2.0**-100)], dtype=object))
    assert compared(zero, zero, 1.0) == "right"
    assert compared(zero, zero, 2.0**-40) == "undecided"
    exactly = Balls(np.array([arb(0)], dtype=object))
    assert compared(exactly, exactly, 0.0) == "right"
    # 0 has to be possible on both sides, as an end of the enclosure too.
    one = arb(0, 1).rad()  # as a radius 1 is rounded up
    touching, away = (Balls(np.array([arb(*x)], dtype=object)) for x in ((one, 1), (1.5, 0.5)))
    assert touching.largest() == touching.widest()
    assert compared(touching, touching, arb(2) ** 100) == "right"
    assert compared(touching, away, arb(2) ** 100) == compared(away, touching, arb(2) ** 100) == "undecided"


@pytest.mark.parametrize(
    ("verdicts", "want"),
    [({"x": "right", "y": "wrong", "z": "undecided"}, "wrong"), ({"x": "right", "y": "undecided"}, "undecided"),
     ({"x": "right", "y": "right"}, "right"), ({}, "undecided")],
)  # fmt: skip
def test_the_worst_gradient_decides_and_none_at_all_decides_nothing(verdicts: dict[str, str], want: str) -> None:
    assert Decision(verdicts, {}, {}).verdict == want


def test_the_certificate_is_the_exact_derivative_of_every_input_named() -> None:
    A, B, dout = np.array([[1.0, -2], [3, 4]]), np.array([[5.0], [-6]]), np.array([[7.0], [2]])
    with precision():
        found = certificate(lambda A, B: A @ B, {"A": A, "B": B}, ["B", "A"], dout, Route())
    for name, want in (("A", dout @ B.T), ("B", A.T @ dout)):
        assert not found.want[name].rad().any()
        assert np.array_equal(found.want[name].mid(), want)
    assert np.array_equal(found.value.mid(), A @ B)
    assert found.kinks == ()
    # The terms of dA[0, 0] are 7·5 and 2·0; the largest sum of them is dB's: 7·2 + 2·4, or dA's 7·6.
    assert found.terms == 42.0


def test_the_certificate_along_directions_is_the_product_with_them() -> None:
    x, u = np.array([1.0, 2, 3]), np.array([[1.0, 0, 2], [0, -1, 1]])
    with precision():
        found = certificate(lambda x: x * x, {"x": x}, ["x"], np.array([1.0, 10, 100]), Route(), {"x": u})
    assert np.array_equal(found.want["x"].mid(), u @ (2 * x * np.array([1.0, 10, 100])))


def test_what_moves_nothing_takes_no_place_of_what_is_named_after_it() -> None:
    """x has more elements than move together; only the first of them count."""
    x, y = np.arange(150.0), np.array([2.0, 3.0, 5.0])
    with precision():
        found = certificate(lambda x, y: x[:3] * y, {"x": x, "y": y}, ["x", "y"], np.array([1.0, 10, 100]), Route())
    assert np.array_equal(found.want["x"].mid(), [2, 30, 500, *[0] * 147])
    assert np.array_equal(found.want["y"].mid(), [0, 10, 200])


def test_the_certificate_takes_the_route_that_it_is_given_and_tells_its_kinks() -> None:
    x, dout = np.array([0.0, 1.0, -1.0]), np.array([1.0, 2.0, 4.0])
    for share in (0, 1):
        with precision():
            way = Route({Kink("maximum", (0,), 2, 1): (arb(1 - share), arb(share))})
            found = certificate(lambda x: np.maximum(x, 0), {"x": x}, ["x"], dout, way)
        assert [str(kink) for kink in found.kinks] == ["maximum at [0]"]
        assert np.array_equal(found.want["x"].mid(), [1 - share, 2, 0])


def test_whole_numbers_and_dictionaries_pass_through_as_constants() -> None:
    inputs = {"x": np.array([1.0, 2.0]), "power": 3, "given": {"scale": np.array([2.0, 4.0]), "name": "s"}}

    def forward(x: Any, power: int, given: dict[str, Any]) -> Any:
        return x**power * given["scale"]

    def mine(x: Any, power: int, given: dict[str, Any]) -> dict[str, Any]:
        return {"x": power * x ** (power - 1) * given["scale"]}

    assert decide(forward, mine, inputs, ["x"], np.ones(2)).verdict == "right"


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


# --- what once went wrong ---------------------------------------------------------------------------------------------
def test_writing_into_a_result_changes_no_operand() -> None:
    def f(x: Any) -> Any:
        z = x + 1.0
        z[0] = 0.0
        return z + x

    x, dout = np.array([1.0, 2, -3]), np.ones(3)
    for gradient, verdict in (([1.0, 2, 2], "right"), ([0.0, 2, 2], "wrong")):
        found = decide(f, lambda x, g=gradient: {"x": 0 * x + np.array(g)}, {"x": x}, ["x"], dout)
        assert found.verdict == verdict


def test_derivatives_beyond_the_range_of_floats_are_decided() -> None:
    for z in ([800.0], [-800.0, 800.0]):
        x, dout = np.array(z), np.ones(len(z))
        right = decide(lambda x: np.tanh(x + 0), lambda x: {"x": 1 - np.tanh(x) ** 2}, {"x": x}, ["x"], dout)
        wrong = decide(lambda x: np.tanh(x + 0), lambda x: {"x": 1 - np.tanh(x) ** 3}, {"x": x}, ["x"], dout)
        assert (right.verdict, wrong.verdict) == ("right", "wrong")


def test_constants_are_meant_where_they_were_made_in_plain_numpy_too() -> None:
    x, dout, kept = np.array([0.5, -2.0, 3.0]), np.array([1.0, 2.0, -1.5]), np.array([True, False, True])
    pairs = [
        (lambda x: x * kept / 0.7, lambda x: Balls.of(dout) * (kept / 0.7)),
        (lambda x: np.where(x > 0, x, x / 3), lambda x: Balls.of(dout) * np.where(x > 0, 1, 1 / 3)),
        (lambda x: np.tanh(x / 3), lambda x: 1 / 3 * (1 - np.tanh(x / 3) ** 2) * Balls.of(dout)),
    ]
    for f, g in pairs:
        assert decide(f, lambda x, g=g: {"x": g(x)}, {"x": x}, ["x"], dout).verdict == "right"
        off = decide(f, lambda x, g=g: {"x": g(x) * 1.000001}, {"x": x}, ["x"], dout)
        assert off.verdict == "wrong"


def test_a_dout_of_another_shape_is_refused() -> None:
    told = r"^dout has shape \(2, 1\), but the forward's output has shape \(1,\)$"
    with pytest.raises(ValueError, match=told):
        certificate(lambda x: x.sum(keepdims=True), {"x": np.ones(3)}, ["x"], np.ones((2, 1)), Route())


N = 3
ROUNDED_CONSTANTS: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
    (lambda x: 0.7 / (2 * 5) * np.sum(x**2), lambda x, dout: dout * (0.7 * x / 5)),
    (lambda x: x / np.sqrt(N), lambda x, dout: dout * (1 / np.sqrt(N))),
    (lambda x: x / np.sqrt(N), lambda x, dout: dout * 3**-0.5),
    (lambda x: x * 0.7 / 10, lambda x, dout: dout * (0.7 / 10)),
    (lambda x: x * 1.0507 * 1.6733, lambda x, dout: dout * (1.0507 * 1.6733)),
    (
        lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi),
        lambda x, dout: -dout * x * np.exp(-0.5 * x**2) * 0.3989422804014327,
    ),
]


@pytest.mark.parametrize("at", range(len(ROUNDED_CONSTANTS)))
def test_constants_made_in_two_ways_accuse_no_right_gradient(at: int) -> None:
    f, g = ROUNDED_CONSTANTS[at]
    x = np.array([0.5, -2.25, 1.375])
    dout = np.arange(1.0, np.size(f(x)) + 1).reshape(np.shape(f(x)))
    found = decide(f, lambda x: {"x": g(x, Balls.of(dout))}, {"x": x}, ["x"], dout)
    assert found.verdict == "right"
    for fault in (1e-6, 1e-12, 1e-14):
        wrong = decide(f, lambda x, off=fault: {"x": g(x, Balls.of(dout)) * (1 + Balls.of(off))}, {"x": x}, ["x"], dout)
        assert wrong.verdict == "wrong"


def test_a_decision_up_to_constants_says_so() -> None:
    x, dout = np.array([0.5, -2.25]), np.array([1.0, 2.0])
    found = decide(
        lambda x: x / np.sqrt(N), lambda x: {"x": Balls.of(dout) * (1 / np.sqrt(N)) + 0 * x}, {"x": x}, ["x"], dout
    )
    assert (found.verdict, found.choice) == ("right", UP_TO)
