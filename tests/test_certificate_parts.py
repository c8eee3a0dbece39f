"""The certificate's own parts: constants, many elements, what it refuses, how it compares, and what once went wrong."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.duck import Straddle, Unsupported
from verify.arithmetic.kinks import Kink, Route
from verify.oracles.certificate import Decision, certificate, compared
from verify.oracles.decide import AS_MEANT, DIRECTIONS, ELEMENTS, MOST_BITS, UP_TO, decide

Array = np.ndarray[Any, Any]
PART = Fraction(1, 10**12)  # the relative fault that has to be found


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
