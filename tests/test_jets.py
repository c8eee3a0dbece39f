"""Jets: the slopes enclose the true derivatives, whatever the function, and nothing drops them without a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.moving import DIGITS, central, exactly, holds, moving, truth
from verify.arithmetic.balls import Balls, overlaps, precision
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.jets import Jets
from verify.arithmetic.rules import RULES, SLOPES
from verify.oracles.certificate import SHARP
from verify.oracles.decide import FIRST_BITS


@pytest.fixture(autouse=True, scope="module")
def bits() -> Iterator[None]:
    """The precision that a certificate begins with."""
    with precision(FIRST_BITS):
        yield


# --- one operand: the name, mpmath's own, and where it is smooth ------------------------------------------------------
ONE: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    "exp": (mpmath.exp, -30, 30), "expm1": (mpmath.expm1, -30, 30), "log": (mpmath.log, 1e-3, 1e3),
    "log1p": (mpmath.log1p, -0.99, 1e3), "sqrt": (mpmath.sqrt, 1e-3, 1e3), "tanh": (mpmath.tanh, -30, 30),
    "sinh": (mpmath.sinh, -30, 30), "cosh": (mpmath.cosh, -30, 30), "sin": (mpmath.sin, -30, 30),
    "cos": (mpmath.cos, -30, 30), "tan": (mpmath.tan, -1.5, 1.5), "arctan": (mpmath.atan, -30, 30),
    "square": (lambda x: x * x, -30, 30), "negative": (lambda x: -x, -30, 30), "positive": (lambda x: x, -30, 30),
    "reciprocal": (lambda x: 1 / x, 1e-3, 30), "absolute": (abs, 1e-3, 30), "fabs": (abs, 1e-3, 30),
}  # fmt: skip
PAIR: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y, "maximum": max, "minimum": min,
    "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
}  # fmt: skip


def test_every_function_that_jets_know_is_compared_with_mpmath_here() -> None:
    assert set(SLOPES) | set(RULES) <= set(ONE) | set(PAIR)


@pytest.mark.parametrize("name", ONE)
@settings(max_examples=12)
@given(data=st.data())
def test_the_slope_of_a_function_is_its_true_derivative(name: str, data: st.DataObject) -> None:
    function, low, high = ONE[name]
    x = data.draw(st.floats(low, high))
    rates = [[1.0], [data.draw(st.floats(-4, 4))]]
    assert holds(getattr(np, name)(moving(x, [r[0] for r in rates])), function, [x], rates)


@pytest.mark.parametrize("name", ["absolute", "fabs"])
def test_left_of_zero_the_slope_has_the_sign_of_that_side(name: str) -> None:
    assert holds(getattr(np, name)(moving(-1.5, [1, -3])), ONE[name][0], [-1.5], [[1], [-3]])


@pytest.mark.parametrize("x", [700.0, -700.0])
def test_a_saturated_tanh_keeps_the_digits_of_its_slope(x: float) -> None:
    (slope,) = np.tanh(moving(x, [1])).slopes
    with mpmath.workdps(DIGITS):
        want = mpmath.sech(x) ** 2
        assert 0 < abs(slope.parts[0][()] / truth(want * 10**607) * arb(10) ** 607).mid() < 2
    assert slope.parts[0][()].rel_accuracy_bits() > 64


@pytest.mark.parametrize("name", PAIR)
@settings(max_examples=10)
@given(x=st.floats(0.25, 8), gap=st.floats(0.0625, 8), rates=st.lists(st.integers(-3, 3), min_size=4, max_size=4))
def test_the_slope_of_two_operands_is_the_true_derivative(name: str, x: float, gap: float, rates: list[int]) -> None:
    ufunc = getattr(np, name)
    a, b, c, d = rates
    for p, q in ((x, x + gap), (x + gap, x)):
        assert holds(ufunc(moving(p, [a, b]), moving(q, [c, d])), PAIR[name], [p, q], [[a, c], [b, d]])
        for still in (q, np.float64(q), np.asarray(q), Balls.of(q)):
            assert holds(ufunc(moving(p, [a, b]), still), PAIR[name], [p, q], [[a, 0], [b, 0]])
        for still in (p, np.float64(p), np.asarray(p), Balls.of(p)):
            assert holds(ufunc(still, moving(q, [c, d])), PAIR[name], [p, q], [[0, c], [0, d]])


@settings(max_examples=40)
@given(
    base=st.floats(0.125, 8), sign=st.sampled_from([1, -1]), whole=st.integers(-5, 6), rate=st.floats(-3, 3),
    half=st.sampled_from([0.5, 1.5, -0.5, 2.25, 0.0, 1.0]),
)  # fmt: skip
def test_a_power_has_the_slope_of_the_power_below(base: float, sign: int, whole: int, rate: float, half: float) -> None:
    assert holds(moving(sign * base, [rate]) ** whole, lambda x: x**whole, [sign * base], [[rate]])
    assert holds(moving(base, [rate]) ** half, lambda x: x ** mpmath.mpf(half), [base], [[rate]])


def test_a_power_at_zero_and_an_array_of_exponents() -> None:
    (slope,) = (moving([0.0, 0, 0, 0], [[1, 1, 1, 1]]) ** np.array([0, 1, 2, 3])).slopes
    assert exactly(slope, [0, 1, 0, 0])
    still = np.power(Balls.of(np.array([2.0, 3.0])), 2) + 0 * moving([1.0, 1.0], [[1, 1]])
    assert exactly(still.value, [4, 9])
    assert exactly(still.slopes[0], [0, 0])


def test_an_exponent_that_moves_is_refused_not_taken_for_a_constant() -> None:
    for power in (lambda: 2.0 ** moving(3.0, [1]), lambda: moving(2.0, [1]) ** moving(3.0, [1])):
        with pytest.raises(Unsupported, match="exponent"):
            power()


def test_a_quotient_by_what_does_not_move_and_of_what_does_not_move_is_exact() -> None:
    x = moving([3.0, -5.0], [[1, 0], [2, 7]])
    for found, want in ((x / 4, [[0.25, 0], [0.5, 1.75]]), (x / Balls.of([4.0, 2.0]), [[0.25, 0], [0.5, 3.5]])):
        assert [exactly(s, w) for s, w in zip(found.slopes, want, strict=True)] == [True, True]
    y = moving([2.0, -4.0], [[1, 0], [2, 16]])
    assert [exactly(s, w) for s, w in zip((8 / y).slopes, [[-2, 0], [-4, -8]], strict=True)] == [True, True]


# --- polynomials, exactly: sums, products, moves ----------------------------------------------------------------------
W = np.arange(-6.0, 6.0).reshape(3, 4)
T = np.arange(24.0).reshape(2, 3, 4) - 11
QUADRATIC: dict[str, Callable[[Any], Any]] = {
    "sum": lambda x: x.sum(), "sum of an axis": lambda x: np.sum(x, axis=1, keepdims=True) * x,
    "sum of two axes": lambda x: (x * x).sum(axis=(0, 1)), "mean": lambda x: x[:2].mean() * x,
    "mean of an axis": lambda x: np.mean(x * x, axis=1, keepdims=True), "var": lambda x: x[1:].var(),
    "var of an axis": lambda x: np.var(x, axis=-1), "average": lambda x: np.average(x, axis=1),
    "average, weighted": lambda x: np.average(x, axis=1, weights=np.array([1.0, 2.0, 4.0, 1.0])),
    "matmul, both move": lambda x: x @ x.T, "matmul, the left moves": lambda x: x @ W.T,
    "matmul, the right moves": lambda x: W.T @ x, "matmul of a vector": lambda x: x[0] @ x[1],
    "matmul, one vector moves": lambda x: W @ x[0], "matmul of a stack": lambda x: T @ x.T,
    "matmul with no inner elements": lambda x: x[:, :0] @ x[:, :0].T + x[:, :3],
    "dot": lambda x: x.dot(x.T), "vdot": lambda x: np.vdot(x, x), "inner": lambda x: np.inner(x, W),
    "outer": lambda x: np.outer(x[0], x[1]), "tensordot": lambda x: np.tensordot(T, x, axes=((1, 2), (0, 1))),
    "einsum, both move": lambda x: np.einsum("ij,kj->ik", x, x),
    "einsum, the left moves": lambda x: np.einsum("ij,kj->ik", x, W),
    "einsum, the right moves": lambda x: np.einsum("bij,kj->bik", T, x),
    "einsum of one": lambda x: np.einsum("ij->j", x), "einsum, implicit": lambda x: np.einsum("ij,jk", W.T, x),
    "einsum of three": lambda x: np.einsum("ij,kj,ik->", x, x, np.eye(3)),
    "einsum of a diagonal": lambda x: np.einsum("ii->i", x[:, :3]), "trace": lambda x: np.trace(x @ W.T),
    "cumsum": lambda x: np.cumsum(x, axis=1) * x, "diff": lambda x: np.diff(x, axis=0), "prod": lambda x: x[:2].prod(0),
    "broadcasting": lambda x: x[:, :1] * x[:1] + x[0], "transpose": lambda x: x.T.reshape(2, -1) * 3,
    "concatenate with a plain array": lambda x: np.concatenate([x, W]) * 2, "stack": lambda x: np.stack([x, x * x]),
    "vstack with a ball": lambda x: np.vstack([x * x, np.ones((1, 4))]), "tile": lambda x: np.tile(x, (2, 1)),
    "pad": lambda x: np.pad(x, 1) * 2, "diag": lambda x: np.diag(x[0]), "tril": lambda x: np.tril(x * x),
    "an index of places": lambda x: x[[2, 0, 2], [1, 1, 3]] * x[0, 0], "split": lambda x: np.split(x, 2, axis=1)[1],
    "a plain mask": lambda x: x[W > 0] * x[0, 1], "where": lambda x: np.where(W > 0, x * x, 3.0),
    "where, one side still": lambda x: np.where(W > 0, W, x) * x, "squared norm": lambda x: (x**2).sum(axis=0),
    "a mask, multiplied": lambda x: x * (W > 0) + 0.5 * x * (W <= 0), "flip": lambda x: x[:, ::-1] * x,
    "take along an axis": lambda x: np.take_along_axis(x, np.array([[0], [3], [1]]), axis=1),
    "ones like": lambda x: np.ones_like(x) - x, "repeat": lambda x: x.repeat(2, axis=0), "signs": lambda x: x - -x,
}  # fmt: skip


@pytest.mark.parametrize("name", QUADRATIC)
@settings(max_examples=6)
@given(data=st.data())
def test_a_polynomial_has_exactly_its_derivative_along_several_directions_at_once(
    name: str, data: st.DataObject
) -> None:
    function = QUADRATIC[name]
    numbers = st.lists(st.integers(-8, 8), min_size=12, max_size=12).map(lambda v: np.array(v, float).reshape(3, 4))
    x, *rates = (data.draw(numbers) for _ in range(4))
    found = function(moving(x, rates))
    assert isinstance(found, Jets)
    assert exactly(found.value, function(x))
    for slope, rate in zip(found.slopes, rates, strict=True):
        assert exactly(slope, central(function, x, rate))


@settings(max_examples=25)
@given(st.lists(st.integers(-9, 9), min_size=36, max_size=36))
def test_a_product_of_two_that_move_on_their_own_adds_both_terms(numbers: list[int]) -> None:
    A, B, dA, dB = (np.array(numbers[i : i + 6], float).reshape(s) for i, s in zip((0, 6, 12, 18), [(3, 2), (2, 3)] * 2,
                                                                                  strict=True))  # fmt: skip
    found = moving(A, [dA, 0 * dA]) @ moving(B, [dB, dB])
    assert exactly(found.value, A @ B)
    assert exactly(found.slopes[0], dA @ B + A @ dB)
    assert exactly(found.slopes[1], A @ dB)


@settings(max_examples=20)
@given(x=st.lists(st.integers(1, 9), min_size=3, max_size=3), rate=st.lists(st.integers(-9, 9), min_size=3, max_size=3))
def test_a_mean_of_three_holds_the_true_third(x: list[int], rate: list[int]) -> None:
    (slope,) = (np.mean(moving(x, [rate]) ** 2) / 7).slopes
    want = Fraction(2 * sum(a * b for a, b in zip(x, rate, strict=True)), 21)
    ball = slope.parts[0][()]
    with precision(400):
        assert ball.overlaps(arb(fmpq(want.numerator, want.denominator)))
    assert ball.rad() <= arb(SHARP)


# --- compositions -----------------------------------------------------------------------------------------------------
def softmax(z: Any) -> Any:
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("z", [(0.5, -1.25, 2.0), (40.0, -40.0, 39.5), (-700.0, 3.0, 1.0)])
def test_softmax_has_the_slopes_of_mpmath(z: tuple[float, ...], place: int) -> None:
    rates = [[1, 0, 0], [0, 1, 0], [2, -1, 3]]

    def true(*v: Any) -> Any:
        return mpmath.exp(v[place]) / sum(mpmath.exp(u) for u in v)

    assert holds(softmax(moving(z, rates))[place], true, z, rates)


@settings(max_examples=15)
@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_a_long_composition_has_the_slopes_of_mpmath(x: list[float]) -> None:
    rates = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -2, 0.5]]

    def ours(x: Any) -> Any:
        hidden = np.tanh(x[0] * x[1] - np.sin(x[2])) / (1 + np.exp(-x[2]))
        return np.log1p(hidden**2) * np.logaddexp(x[0], x[1]) + np.sqrt(np.cosh(x[2])) - np.std(x)

    def true(a: Any, b: Any, c: Any) -> Any:
        hidden = mpmath.tanh(a * b - mpmath.sin(c)) / (1 + mpmath.exp(-c))
        mean = (a + b + c) / 3
        spread = mpmath.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 3)
        lae = mpmath.log(mpmath.exp(a) + mpmath.exp(b))
        return mpmath.log1p(hidden**2) * lae + mpmath.sqrt(mpmath.cosh(c)) - spread

    if max(x) - min(x) > 0.5:  # at equal numbers the standard deviation has no derivative
        assert holds(ours(moving(x, rates)), true, x, rates)


def network(x: Any) -> Any:
    hidden = np.tanh(W @ x.T / 8)
    return softmax(hidden) * np.maximum(x @ W.T, 1.0) + np.einsum("ij,kj->ik", hidden, x[:, :3])


def test_several_directions_at_once_are_the_same_as_one_at_a_time() -> None:
    x = np.random.default_rng(5).integers(-7, 8, (3, 4)) / 4
    rates = list(np.random.default_rng(6).integers(-7, 8, (5, 3, 4)) / 2)
    together = network(moving(x, rates))
    assert len(together.slopes) == 5
    for slope, rate in zip(together.slopes, rates, strict=True):
        alone = network(moving(x, [rate]))
        assert overlaps(together.value, alone.value).all()
        assert overlaps(slope, alone.slopes[0]).all()
        assert float(np.max(np.maximum(slope.rad(), alone.slopes[0].rad()))) <= SHARP * float(np.max(abs(slope.mid())))


def test_what_moves_nowhere_has_slopes_of_exactly_zero() -> None:
    x = moving([0.75, -2.0], [[0, 0], [1, 0]])
    still, first = (np.exp(x) * x + np.sum(x)).slopes
    assert exactly(still, [0, 0])
    assert (first.mid() != 0).all()
