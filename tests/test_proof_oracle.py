"""The whole record of a proof: what is proved, and of how much; what it leaves out; what refutes it; why it is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from flint import arb, fmpq

from verify.arithmetic.balls import precision
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.side import side
from verify.arithmetic.symbols import extent
from verify.oracles.proof import PROVED, REFUTED, UNKNOWN, Proof, backpropagated, compared, equal, lettered, prove
from verify.problem import Problem

X = {"x": np.array([0.5, -2.0])}
KINKS, DEFINED, OPEN = "off the kinks", "where both sides are defined", "neither proved nor refuted"
PLACES = 20  # digits that a refutation shows
A, B = sympy.symbols("A B")


def abs_(u: Any) -> Any:
    return u * side(u, sympy.S.Zero)


def alone(e: Any) -> Any:
    """The array of one expression, without axes."""
    return np.array(e, dtype=object)


def by_name(f: Any) -> Callable[..., Any]:
    def called(x: Any) -> Any:
        return f(x)

    return called


def shown(x: float | Fraction) -> str:
    x = Fraction(x)
    with precision(128):
        return arb(fmpq(x.numerator, x.denominator)).str(PLACES, radius=False)


# --- two formulas --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("f", "g", "found"),
    [
        (lambda x: x * (1 - x), lambda x: x - x**2, Proof(PROVED, 2, 2)),
        (lambda x: x[0], lambda x: 1 * x[0], Proof(PROVED, 1, 1)),  # a letter that is in neither is not counted
        (lambda x: np.maximum(x, 0), lambda x: (abs(x) + x) / 2, Proof(PROVED, 2, 2, KINKS)),
        (lambda x: 1 / x, lambda x: x / x**2, Proof(PROVED, 2, 2, DEFINED)),
        (by_name(np.log), lambda x: 2 * np.log(x) - np.log(x), Proof(PROVED, 2, 2, DEFINED)),
        (lambda x: x / abs(x), by_name(np.sign), Proof(PROVED, 2, 2, f"{KINKS}, {DEFINED}")),
        (lambda x: np.maximum(x, 0), lambda x: x, Proof(REFUTED, 2, 2, KINKS, "[1]", "0", shown(-2))),
        (by_name(np.sum), lambda x: x[1] / 3, Proof(REFUTED, 1, 2, "", "[0]", shown(-1.5), shown(Fraction(-2, 3)))),
        (lambda x: (np.sum(x), x), lambda x: [x, np.sum(x)], Proof(REFUTED, 3, 2, "", "[0]", shown(-1.5), shown(0.5))),
        (lambda x: {"b": np.sum(x), "a": x}, lambda x: (x, np.sum(x)), Proof(PROVED, 3, 2)),
        (by_name(np.sum), lambda x: x, Proof(REFUTED, 0, 2, reason="one gives 1 numbers, the other 2")),
        (lambda x: 3, lambda x: 3.0, Proof(PROVED, 1, 0)),
        (lambda x: x, by_name(np.arctan), Proof(UNKNOWN, 0, 2, reason="np.arctan does not run on Symbols")),
        (lambda x: ()[2:][0], lambda x: x, Proof(UNKNOWN, 0, 2, reason="IndexError('tuple index out of range')")),
    ],
)  # fmt: skip
def test_of_two_formulas_the_whole_is_told(f: Callable[..., Any], g: Callable[..., Any], found: Proof) -> None:
    assert equal(f, g, X) == found
    assert found.verdict in ("proved", "refuted", "unknown")


def test_what_is_no_array_of_floats_goes_in_as_it_is_and_tables_of_arrays_as_letters() -> None:
    def f(net: Any, n: int, labels: Any) -> Any:
        assert (type(n), labels.dtype) == (int, np.int64)
        return net["W"] ** n * labels

    def g(net: Any, n: int, labels: Any) -> Any:
        return np.stack([net["W"][0] * net["W"][0], 2 * net["W"][1] ** n]) * net["g"]

    inputs = {"net": {"W": np.array([0.25, 0.5]), "g": 1}, "n": 2, "labels": np.array([1, 2])}
    assert equal(f, g, inputs) == Proof(PROVED, 2, 2)


def test_letters_are_named_by_their_place_and_the_point_holds_the_value_of_each() -> None:
    point: dict[Any, arb] = {}
    inputs = {"net": {"W": np.array([[0.5, 2.0]]), "n": 3}, "b": np.float32(0.1), "m": np.array([2]), "rate": 0.5}
    made = lettered(inputs, point)
    assert made["net"]["W"].parts[0].tolist() == [[sympy.Symbol("net.W[0,0]"), sympy.Symbol("net.W[0,1]")]]
    assert made["b"].parts[0][()] == sympy.Symbol("b")
    assert (made["net"]["n"], made["rate"], made["m"].tolist()) == (3, 0.5, [2])
    values = {str(x): float(v) for x, v in point.items()}
    assert values == {"net.W[0,0]": 0.5, "net.W[0,1]": 2.0, "b": float(np.float32(0.1))}


# --- where a difference is looked for ------------------------------------------------------------------------------
def points(low: float, high: float, size: int) -> list[list[float]]:
    """Those that are tried besides the given one."""
    rng = np.random.default_rng(0)
    return [rng.uniform(low, high, size).tolist() for _ in range(4)]


@pytest.mark.parametrize("x", [0.0, 1.0, 1.5])
def test_the_first_point_more_that_shows_a_difference_is_told_and_nothing_is_open_then(x: float) -> None:
    second = points(-3, 3, 1)[1][0]
    found = equal(lambda x: 0 * x + abs(x), lambda x: 1 * x, {"x": np.array([x])})
    assert found == Proof(REFUTED, 1, 1, KINKS, "[0]", shown(-second), shown(second))


def test_a_point_between_0_and_1_shows_what_differs_there() -> None:
    first = Fraction(points(0, 1, 1)[0][0]) - Fraction(1, 2)
    found = equal(lambda p: abs(p - 0.5), lambda p: 0.5 - p, {"p": np.array(0.25)})
    assert found == Proof(REFUTED, 1, 1, KINKS, "[0]", shown(first), shown(-first))


def test_no_more_than_four_points_are_tried() -> None:
    """|1 − x| is 1 − x at all four; at the fifth it would not be."""
    assert max(points(-3, 3, 1))[0] < 1
    found = equal(lambda x: abs(1 - x), lambda x: 1 - x, {"x": np.array([-2.0])})
    assert found == Proof(UNKNOWN, 1, 1, KINKS, "[0]", reason=OPEN)


def test_an_input_of_numbers_between_0_and_1_alone_is_drawn_there_alone() -> None:
    def f(net: Any, x: Any) -> Any:
        return abs(net["p"] + net["n"]) + abs(1 - net["p"]) + abs(x)

    def g(net: Any, x: Any) -> Any:
        return 2 * net["n"] + 1 + x**2 / abs(x)

    def found(*p: float) -> str:
        return equal(f, g, {"net": {"p": np.array(p), "n": 0}, "x": np.array([0.5, -2.0])}).verdict

    assert found(0.25, 0.75) == UNKNOWN
    assert [found(0.25, above_or_at) for above_or_at in (1.0, 0.0, 1.5)] == [REFUTED] * 3


def test_a_proof_takes_200_letters_and_no_more() -> None:
    same = lambda x: x  # noqa: E731
    assert equal(same, same, {"x": np.ones(200)}) == Proof(PROVED, 200, 200)
    reason = "a proof takes at most 200 letters, one for each number that goes in; here 201 go in"
    assert equal(same, same, {"x": np.ones(201)}) == Proof(UNKNOWN, 0, 201, reason=reason)


# --- what is open --------------------------------------------------------------------------------------------------
def test_the_time_is_up_at_the_first_element_that_algebra_has_to_look_at() -> None:
    late = equal(lambda x: (x[0], np.tanh(x[1])), lambda x: (1 * x[0], np.sinh(x[1]) / np.cosh(x[1])), X, deadline=0.0)
    assert late == Proof(UNKNOWN, 2, 2, DEFINED, "[1]", reason="the time is up")


def test_of_two_arrays_the_first_element_that_is_not_proved_is_told_by_its_place() -> None:
    mine = np.array([[A, A], [abs_(A), B]], dtype=object)
    want = np.array([[A, A], [A, 2 * B]], dtype=object)
    assert compared(mine, want, {A: arb(1), B: arb(0)}) == Proof(UNKNOWN, 4, 2, KINKS, "[1, 0]", reason=OPEN)
    refuted = Proof(REFUTED, 4, 2, KINKS, "[1, 1]", shown(1), shown(2))
    assert compared(mine, want, {A: arb(1), B: arb(1)}) == refuted
    single = compared(alone(mine[1, 0]), alone(want[1, 0]), {A: arb(1)})
    assert single == Proof(UNKNOWN, 1, 1, KINKS, "", "", "", OPEN)
    assert compared(mine[:1], want[:1], {A: arb(1)}) == Proof(PROVED, 2, 1, "", "", "", "", "")


def test_what_holds_at_the_sizes_given_alone_is_open_and_names_them_in_order() -> None:
    def found(mine: Any, want: Any) -> Proof:
        return compared(alone(mine), alone(want), {A: arb(1)})

    at_these = Proof(UNKNOWN, 1, 3, reason="it holds for arrays of size 9, 10 alone")
    assert found(A * extent(10) * extent(9), 90 * A) == at_these
    second = compared(np.array([A, A / extent(2)]), np.array([A, A / 2]), {A: arb(1)})
    assert second == Proof(UNKNOWN, 2, 2, at="[1]", reason="it holds for arrays of size 2 alone")
    assert found(abs_(A) * extent(9), 9 * A) == Proof(UNKNOWN, 1, 2, KINKS, "", reason=OPEN)


# --- what is refuted -----------------------------------------------------------------------------------------------
def test_a_difference_of_1_in_the_last_of_1024_bits_is_seen_and_of_half_of_it_is_not() -> None:
    def verdict(bits: int) -> str:
        return compared(alone(A + B), alone(A), {A: arb(1), B: arb(2) ** -bits}).verdict

    assert (verdict(1023), verdict(1024)) == (REFUTED, UNKNOWN)


@pytest.mark.parametrize("mine", [1 / B, sympy.log(-A)])
def test_what_has_no_value_on_one_side_refutes_nothing(mine: Any) -> None:
    for sides in ((mine, A), (A, mine)):
        left, right = (np.array([x, y], dtype=object) for x, y in zip(sides, (2 * A, A), strict=True))
        found = compared(left, right, {A: arb(1), B: arb(0)})
        assert (found.verdict, found.at, found.mine, found.want) == (REFUTED, "[1]", shown(2), shown(1))


@pytest.mark.parametrize(("e", "where"), [
    (abs_(A), KINKS), (A**2, ""), (A**-1, DEFINED), (sympy.sqrt(A), DEFINED), (sympy.sqrt(1 + sympy.exp(A)), ""),
    (1 / (1 + sympy.exp(-A)), ""), (1 / (A + sympy.exp(-A)), DEFINED), (1 / extent(3), ""),
    (1 / (extent(3) + sympy.exp(A)), ""), (sympy.log(1 + sympy.exp(A)), DEFINED),
    (sympy.exp(abs_(A)) / B, f"{KINKS}, {DEFINED}"), (1 / sympy.sqrt(A), DEFINED),
])  # fmt: skip
def test_what_the_statement_leaves_out_is_told_of_either_side(e: Any, where: str) -> None:
    for mine, want in ((e, A), (A, e)):
        assert compared(alone(mine), alone(want), {A: arb(0), B: arb(1)}).where == where


# --- the chain rule ------------------------------------------------------------------------------------------------
def test_weights_of_one_output_add_up_and_nothing_goes_through_a_comparison() -> None:
    v, w = sympy.symbols("v w")
    kink = side(A + B, sympy.S.Zero)
    assert backpropagated([(A * B, v), (A * B, w), (kink * A, w), (sympy.S(3), v), (B, v)]) == {
        A: (v + w) * B + kink * w, B: (v + w) * A + v,
    }  # fmt: skip


def test_what_stands_in_two_places_is_met_once_and_its_slopes_add_up() -> None:
    v, inner = sympy.Symbol("v"), A**3 * B
    local = v * (1 + 1 - sympy.tanh(inner) ** 2)
    found = backpropagated([(inner + sympy.tanh(inner), v)])
    assert {x: sympy.expand(slope) for x, slope in found.items()} == {
        A: sympy.expand(local * 3 * A**2 * B), B: sympy.expand(local * A**3),
    }  # fmt: skip


# --- one derivative ------------------------------------------------------------------------------------------------
def product(**changes: Any) -> Problem:
    """W Aᵏ, W (1, 2) in float32 and A (2, 3); the upstream gradient is of whole numbers. m = 3."""
    rng = np.random.default_rng(1)
    made = Problem(
        "product", lambda W, A, k: W @ A**k,
        lambda dout, W, A, k: {"W": dout @ (A**k).T / A.shape[1], "A": k * W.T @ dout * A ** (k - 1)},
        {"W": rng.normal(size=(1, 2)).astype(np.float32), "A": rng.normal(size=(2, 3)), "k": 2}, ("A", "W"),
        np.array([[1, 2, -3]]), averages={"W": 3},
    )  # fmt: skip
    return replace(made, **changes)


def test_each_gradient_asked_for_has_its_proof_by_its_convention() -> None:
    found = prove(product())
    assert list(found.items()) == [("A", Proof(PROVED, 6, 11)), ("W", Proof(PROVED, 2, 9))]
    assert prove(product(wrt=("A",), averages={"A": 1})) == {"A": Proof(PROVED, 6, 11)}
    two = {**product().inputs, "A": product().inputs["A"][:, :2]}
    assert prove(product(inputs=two, dout=np.array([[1, 2]]), averages={"W": 2}))["W"] == Proof(PROVED, 2, 6)
    plain = product(averages={"A": 1})
    want = sum(Fraction(a) ** 2 * d for a, d in zip(plain.inputs["A"][0].tolist(), (1, 2, -3), strict=True))
    assert prove(plain)["W"] == Proof(REFUTED, 2, 10, "", "[0, 0]", shown(want / 3), shown(want))
    late = product(backward=lambda dout, W, A, k: {"W": dout @ (A.T * (A.T + 1) - A.T) / A.shape[1]}, wrt=("W",))
    assert prove(late, 0.0) == {"W": Proof(UNKNOWN, 2, 9, "", "[0, 0]", reason="the time is up")}


def test_an_output_of_numbers_alone_has_gradient_0_and_a_list_of_letters_is_an_array_of_them() -> None:
    x, dout = {"x": np.array([0.5, -2.0])}, np.array([1.0, 2.0])
    nothing = Problem("nothing", lambda x: np.ones(2), lambda dout, x: {"x": 0.0}, x, ("x",), dout)
    assert prove(nothing) == {"x": Proof(PROVED, 2, 0)}
    assert prove(replace(nothing, backward=lambda dout, x: {"x": 1})) == {
        "x": Proof(REFUTED, 2, 0, "", "[0]", shown(1), "0")
    }
    turned = replace(
        nothing, forward=lambda x: np.array([x[1] * x[1], x[0]]),
        backward=lambda dout, x: {"x": np.array([dout[1], 2 * dout[0] * x[1]])},
    )  # fmt: skip
    assert prove(turned) == {"x": Proof(PROVED, 2, 3)}


def test_a_right_gradient_is_proved_also_where_the_formulas_write_into_what_they_are_given() -> None:
    def forward(x: Any) -> Any:
        x *= x
        return x

    def backward(dout: Any, x: Any) -> dict[str, Any]:
        dout *= 2 * x
        x *= 0
        return {"x": dout}

    problem = Problem("square", forward, backward, {"x": np.array([0.5, -2.0])}, ("x",), np.array([1.0, 2.0]))
    assert prove(problem) == {"x": Proof(PROVED, 2, 4)}


def test_an_upstream_gradient_of_another_shape_than_the_output_is_no_problem_to_prove() -> None:
    with pytest.raises(ValueError, match=r"^dout has shape \(2, 1\), but the forward's output has shape \(1, 3\)$"):
        prove(product(dout=np.ones((2, 1))))


def test_what_goes_in_and_the_upstream_gradient_have_200_letters_at_most_together() -> None:
    def doubled(n: int, m: int) -> Problem:
        x = {"x": np.ones(n)}
        return Problem("s", lambda x: 2 * x[:m], lambda dout, x: {"x": 0 * x}, x, (), np.ones(m))

    assert prove(doubled(150, 50)) == {}
    reason = "a proof takes at most 200 letters, one for each number that goes in; here 201 go in"
    with pytest.raises(Unsupported, match=f"^{reason}$"):
        prove(doubled(150, 51))
