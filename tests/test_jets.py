"""Jets: the slopes enclose the true derivatives, whatever the function, and nothing drops them without a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.arithmetic.duck import Unsupported, collected
from verify.arithmetic.jets import Jets
from verify.arithmetic.rules import RULES, SLOPES
from verify.oracles.certificate import SHARP
from verify.oracles.decide import FIRST_BITS

Array = np.ndarray[Any, Any]

DIGITS = 80  # what mpmath computes with
TRUE = 1e-70  # and what of it counts: ten digits are left for the conditioning of the functions here


@pytest.fixture(autouse=True, scope="module")
def bits() -> Iterator[None]:
    """The precision that a certificate begins with."""
    with precision(FIRST_BITS):
        yield


def moving(x: Any, rates: Sequence[Any]) -> Jets:
    """x, moving at these rates along as many directions."""
    return Jets.of(Balls.of(np.asarray(x, dtype=float)), [Balls.of(np.asarray(r, dtype=float)) for r in rates])


def each(x: Any) -> Jets:
    """x, moving along each of its elements."""
    x = np.asarray(x, dtype=float)
    return moving(x, [row.reshape(x.shape) for row in np.eye(x.size)])


def exactly(found: Balls, want: Any) -> bool:
    """Whether the enclosure is this one number, element by element, without any radius."""
    want = np.asarray(want, dtype=float)
    return found.shape == want.shape and not found.rad().any() and bool(np.array_equal(found.mid(), want))


def truth(x: Any) -> arb:
    """A number of mpmath's as an enclosure of what it approximates."""
    with precision(400):
        return arb(mpmath.nstr(x, DIGITS)) + arb(0, TRUE) * (1 + abs(arb(mpmath.nstr(x, 20))))


def encloses(found: Balls, want: Any) -> bool:
    """Whether a single enclosure holds the true number, and is as sharp as a certificate asks."""
    (ball,) = found.parts[0].ravel()
    return bool(ball.overlaps(truth(want))) and bool(ball.rad() <= arb(SHARP) * (1 + abs(ball)))


def holds(found: Jets, function: Callable[..., Any], at: Sequence[float], rates: Sequence[Sequence[float]]) -> bool:
    """Whether a single jet holds the function's value and its derivative along each direction, both from mpmath."""
    with mpmath.workdps(DIGITS):
        point = [mpmath.mpf(v) for v in at]
        if not encloses(found.value, function(*point)):
            return False
        for slope, rate in zip(found.slopes, rates, strict=True):
            along = mpmath.diff(lambda t, r=rate: function(*(p + t * v for p, v in zip(point, r, strict=True))), 0)
            if not encloses(slope, along):
                return False
    return True


def central(function: Callable[..., Any], x: Array, rate: Array) -> Array:
    """The derivative of a polynomial of degree 2 at most, exact where float64 is: small integers, powers of two."""
    return np.asarray((function(x + rate) - function(x - rate)) / 2)


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


# --- comparisons, extrema, masks --------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "place"), [("max", [2, 0, 1]), ("min", [1, 2, 2])])
def test_an_extremum_along_an_axis_moves_like_the_element_that_it_is(name: str, place: list[int]) -> None:
    x = np.array([[1.0, -2, 5], [7, 3, 2], [0, 4, -1]])
    rate = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    found = getattr(np, name)(moving(x, [rate, -rate]), axis=1)
    assert exactly(found.value, getattr(x, name)(axis=1))
    assert exactly(found.slopes[0], rate[range(3), place])
    assert exactly(found.slopes[1], -rate[range(3), place])
    whole = getattr(np, name)(moving(x, [rate]))
    assert exactly(whole.slopes[0], rate[np.where(x == whole.value.mid())][0])
    kept = getattr(np, name)(moving(x, [rate]), axis=0, keepdims=True)
    assert kept.shape == (1, 3)
    assert exactly(kept.slopes[0], rate[getattr(np, "arg" + name)(x, axis=0), range(3)][None])


def test_the_sign_is_that_of_the_value_and_stands_still() -> None:
    x = moving([-3.0, 0.5, 9.0], [[1, 2, 3]])
    found = np.sign(x) * x + 0 * x
    assert exactly(found.value, [3, 0.5, 9])
    assert exactly(found.slopes[0], [-1, 2, 3])


def test_a_clip_moves_inside_and_stands_still_outside() -> None:
    (slope,) = np.clip(moving([-3.0, 0.5, 9.0], [[1, 2, 3]]), -1, 1).slopes
    assert exactly(slope, [0, 2, 0])


def test_a_comparison_is_plain_truth_and_works_as_a_mask() -> None:
    x = moving([-3.0, 0.5, 9.0], [[1, 2, 3]])
    for mask, want in ((x > 0, [0, 1, 1]), (x <= 0.5, [1, 1, 0]), (~(x <= 1), [0, 0, 1]), (x != 0.5, [1, 0, 1])):
        assert isinstance(mask, np.ndarray)
        assert mask.dtype == bool
        assert mask.tolist() == [bool(v) for v in want]
    assert exactly((x * (x > 0)).slopes[0], [0, 2, 3])
    assert exactly(np.where((x > 0) & ~(x > 1), x, 2 * x).slopes[0], [2, 2, 6])
    assert exactly(x[x > 0].slopes[0], [2, 3])
    assert bool(np.isfinite(x).all())


def test_where_takes_its_condition_from_a_ball_and_its_sides_from_anything() -> None:
    x = moving([1.0, -2.0], [[1, 5]])
    still = Balls.of([-1.0, 1.0])
    assert exactly(np.where(still > 0, x, 0).slopes[0], [0, 5])
    assert exactly(np.where(still > 0, still, x).slopes[0], [1, 0])
    assert exactly(np.where(still > 0, still, x).value, [1, 1])


# --- writing in place -------------------------------------------------------------------------------------------------
def test_writing_in_place_writes_the_slopes_too() -> None:
    x = moving([[1.0, -2], [3, -4]], [[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    z = x * x
    z[0, 0] = 9.0
    assert exactly(z.value, [[9, 4], [9, 16]])
    assert [exactly(s, w) for s, w in zip(z.slopes, [[[0, -8], [18, -32]], [[0, -24], [42, -64]]], strict=True)] == [
        True, True,
    ]  # fmt: skip
    z[1] = x[0]
    assert exactly(z.slopes[0], [[0, -8], [1, 2]])
    z[:, 1] = np.array([7.0, 8.0])
    assert exactly(z.slopes[1], [[0, 0], [5, 0]])
    z[...] = x
    assert exactly(z.slopes[1], [[5, 6], [7, 8]])


def test_writing_through_a_mask_drops_the_slopes_of_what_it_overwrites() -> None:
    x = moving([1.0, -2, 3, -4], [[1, 2, 3, 4]])
    z = x.copy()
    z[z < 0] = 0
    assert exactly(z.value, [1, 0, 3, 0])
    assert exactly(z.slopes[0], [1, 0, 3, 0])
    z = x.copy()
    z[x < 0] *= 0.5
    assert exactly(z.slopes[0], [1, 1, 3, 2])
    assert exactly(x.slopes[0], [1, 2, 3, 4])


def test_augmented_assignment_is_the_operation_it_names() -> None:
    x = moving([1.0, -2], [[1, 2]])
    z = x.copy()
    z += x
    z *= x
    z -= 1
    z /= 2
    assert exactly(z.value, [0.5, 3.5])
    assert exactly(z.slopes[0], [2, -8])
    assert exactly(x.slopes[0], [1, 2])
    out = np.zeros_like(x)
    np.multiply(x, x, out=out)
    assert exactly(out.slopes[0], [2, -8])


def test_a_new_array_like_jets_takes_what_is_accumulated_into_it() -> None:
    x = moving([1.0, -2, 3], [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    z = np.zeros_like(x)
    assert [exactly(s, [0, 0, 0]) for s in z.slopes] == [True] * 3
    for i in range(3):
        z[0] += x[i] * x[i]
    assert exactly(z.value, [14, 0, 0])
    assert [s.mid()[0] for s in z.slopes] == [2, -4, 6]
    np.add.at(z, [1, 1, 2], x)
    assert exactly(z.value, [14, -1, 3])
    assert [s.mid()[1] for s in z.slopes] == [1, 1, 0]


# --- what must not get lost -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["arctan2", "cbrt", "floor", "hypot", "exp2", "rint", "remainder", "arcsinh"])
def test_a_function_without_a_known_derivative_is_refused_by_name(name: str) -> None:
    ufunc = getattr(np, name)
    with pytest.raises(Unsupported, match=name):
        ufunc(*[moving([0.5, 1.5], [[1, 1]])] * ufunc.nin)


@pytest.mark.parametrize("name", ["sort", "argmax", "median", "linalg.inv", "cross", "interp", "round"])
def test_a_numpy_function_that_jets_do_not_carry_is_refused(name: str) -> None:
    function: Any = np
    for part in name.split("."):
        function = getattr(function, part)
    x = moving([[0.5, 1.5], [2.5, 4.0]], [[[1, 1], [1, 1]]])
    with pytest.raises(Unsupported):
        function(x, [0.0], [1.0]) if name == "interp" else function(x, x) if name == "cross" else function(x)


@pytest.mark.parametrize(
    "drop",
    [float, int, complex, bool, lambda x: x.item(), lambda x: x.tolist(), lambda x: np.asarray(x, dtype=float),
     lambda x: x.astype(int), lambda x: [0, 1][x], lambda x: 1 if x else 0, np.float64],
)  # fmt: skip
def test_nothing_turns_jets_into_plain_numbers(drop: Callable[[Jets], Any]) -> None:
    with pytest.raises(Unsupported):
        drop(moving(1.0, [1]))


def test_nothing_accumulates_jets_into_a_plain_array() -> None:
    x = moving([1.0, 2.0], [[1, 1]])

    def element() -> None:
        np.zeros(2)[0] = x[0]

    def whole() -> None:
        np.zeros(2)[:] = x

    def added() -> None:
        plain = np.zeros(2)
        plain += x

    def given_out() -> None:
        np.add(x, 1, out=np.zeros(2))

    def placed() -> None:
        np.add.at(np.zeros(2), [0, 1], x)

    for drop in (element, whole, added, given_out, placed):
        with pytest.raises((Unsupported, ValueError)):
            drop()


@pytest.mark.parametrize(
    "gathered",
    [
        lambda x: np.array([x[0] * x[1], x[2], 3.0], dtype=object),
        lambda x: np.array([x[0] * x[1], x[2], x[0] * 0 + 3], dtype=object),
        lambda x: np.stack([x[0] * x[1], x[2], 3.0]),
    ],
)
def test_an_array_of_objects_that_holds_jets_is_jets_again(gathered: Callable[[Jets], Any]) -> None:
    found = collected(gathered(each([2.0, 5.0, 7.0])))
    assert isinstance(found, Jets)
    assert exactly(found.value, [10, 7, 3])
    wants = [[5, 0, 0], [2, 0, 0], [0, 1, 0]]
    assert [exactly(s, w) for s, w in zip(found.slopes, wants, strict=True)] == [True] * 3


def test_np_array_of_jets_keeps_every_slope_and_computes_on() -> None:
    x = each([[2.0, 5.0], [7.0, 1.0]])
    boxed = np.array(x)
    assert boxed.dtype == object
    assert boxed.shape == (2, 2)
    found = collected(boxed)
    assert exactly(found.value, [[2, 5], [7, 1]])
    assert [exactly(s, r.reshape(2, 2)) for s, r in zip(found.slopes, np.eye(4), strict=True)] == [True] * 4
    doubled = x + boxed
    assert isinstance(doubled, Jets)
    assert exactly(doubled.slopes[2], [[0, 0], [2, 0]])


def test_what_holds_no_number_of_ours_is_left_as_it_is() -> None:
    for plain in (np.ones(2), 3.0, [1, 2], np.array([None, "a"], dtype=object), np.array([], dtype=object)):
        assert collected(plain) is plain
    balls = collected(np.array([Balls.of(1.5), 2], dtype=object))
    assert isinstance(balls, Balls)
    assert exactly(balls, [1.5, 2])


# --- kinds that meet --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("other", [3.0, 3, True, np.float64(3), np.array([3.0, 4.0]), np.array([True, False]),
                                   Balls.of([3.0, 4.0]), np.array([Balls.of(3.0), 4], dtype=object)])  # fmt: skip
def test_jets_meet_balls_floats_integers_and_truths_and_stay_jets(other: Any) -> None:
    x = moving([2.0, -1.0], [[1, 10]])
    plain = Balls.of(other).mid()
    for left, right in ((x, other), (other, x)):
        found = left * right + left - 2 * right if left is x else 2 * left - right + left * right
        assert isinstance(found, Jets)
    assert exactly((x * other).slopes[0], np.array([1.0, 10]) * plain)
    assert exactly((other * x).value, np.array([2.0, -1]) * plain)
    assert exactly((other - x).slopes[0], [-1, -10])
    assert exactly((x - other).slopes[0], [1, 10])


def test_constants_are_rounded_to_the_precision_under_test() -> None:
    single = Jets.of(Balls.of(np.ones(1, np.float32)), [Balls.of(np.ones(1))])
    assert single.dtype == np.float32
    (slope,) = (0.1 * single).slopes
    assert exactly(slope, [float(np.float32(0.1))])
    assert exactly((0.1 * moving([1.0], [[1]])).slopes[0], [0.1])
