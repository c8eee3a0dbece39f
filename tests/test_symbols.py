"""A formula on letters: every element is what NumPy would compute of the numbers, sizes and constants included."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from sympy import Integer, Rational, sqrt

from verify.arithmetic.balls import Balls
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.symbols import Size, Symbols, expressions, extent
from verify.oracles.point import value_at

X, M = Symbols.named("x", (2,)), Symbols.named("M", (2, 3))
x, y = X.parts[0]
size_3, size_4 = extent(3), extent(4)


def elements(found: Any) -> Any:
    """An array of letters as a list of expressions."""
    assert type(found) is Symbols
    return found.parts[0].tolist()


def valued(found: Any, given: Symbols, values: Any) -> Any:
    """An array of letters where those that were given have these values, on kinks too."""
    assert type(found) is Symbols
    there = {e: Rational(v) for e, v in zip(given.parts[0].ravel(), np.ravel(values), strict=True)}
    return np.vectorize(lambda e: Fraction(int(e.p), int(e.q)), [object])(
        np.frompyfunc(lambda e: e.subs(there), 1, 1)(found.parts[0])
    ).tolist()


# --- sizes ---------------------------------------------------------------------------------------------------------
def test_a_size_is_the_whole_number_that_it_is_wherever_one_is_wanted() -> None:
    m = Size(3)
    assert (int(m), float(m), hash(m), repr(m), list(range(m)), "abcd"[m]) == (3, 3.0, hash(3), "3", [0, 1, 2], "d")
    assert (m // 2, m % 2, m * "ab", [0] * m, m + Fraction(1, 2)) == (1, 1, "ababab", [0, 0, 0], Fraction(7, 2))
    assert ({3: "three"}[m], (3, 4).index(Size(4)), np.zeros((m, 2)).shape) == ("three", 1, (3, 2))
    assert "-".join("abc").split("-", m) == ["a", "b", "c"]
    assert (Fraction(1, 2) - m, m - Fraction(1, 2)) == (Fraction(-5, 2), Fraction(5, 2))


@pytest.mark.parametrize("work", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge])
def test_sizes_compare_as_numbers_with_sizes_and_with_numbers(work: Callable[[Any, Any], bool]) -> None:
    for other in (2, 3, 4):
        want = work(3, other)
        assert (work(Size(3), Size(other)), work(Size(3), other), work(3, Size(other))) == (want, want, want)
    assert work(Size(3), 3.5) == work(3, 3.5)


@pytest.mark.parametrize(
    ("made", "n", "letter"),
    [
        (lambda: Size(3), 3, size_3),
        (lambda: Size(2), 2, extent(2)),
        (lambda: Size(1), 1, Integer(1)),
        (lambda: Size(0), 0, Integer(0)),
        (lambda: Size(3) + 2, 5, size_3 + 2),
        (lambda: 2 + Size(3), 5, size_3 + 2),
        (lambda: Size(3) + Size(4), 7, size_3 + size_4),
        (lambda: Size(3) - 2, 1, size_3 - 2),
        (lambda: 2 - Size(3), -1, 2 - size_3),
        (lambda: Size(4) - Size(3), 1, size_4 - size_3),
        (lambda: Size(3) * 2, 6, 2 * size_3),
        (lambda: 2 * Size(3), 6, 2 * size_3),
        (lambda: Size(3) * Size(4), 12, size_3 * size_4),
        (lambda: -Size(3), -3, -size_3),
        (lambda: Size(3) ** 2, 9, size_3**2),
        (lambda: Size(3) * True, 3, size_3),
    ],
)
def test_whole_numbers_made_of_sizes_are_sizes_with_their_letters(made: Callable[[], Any], n: int, letter: Any) -> None:
    found = made()
    assert type(found) is Size
    assert (found.n, found.letter) == (n, letter)


@pytest.mark.parametrize(
    ("made", "e"),
    [
        (lambda: Size(3) / 2, size_3 / 2),
        (lambda: 1 / Size(3), 1 / size_3),
        (lambda: 1.0 / Size(3), 1 / size_3),
        (lambda: Size(3) / Size(4), size_3 / size_4),
        (lambda: 1 / Size(4) ** 2, size_4**-2),
        (lambda: 0.5 * Size(3), size_3 / 2),
        (lambda: Size(3) * 0.5, size_3 / 2),
        (lambda: Size(3) - 0.5, size_3 - Rational(1, 2)),
        (lambda: 0.5 - Size(3), Rational(1, 2) - size_3),
        (lambda: np.float64(0.5) / Size(3), 1 / size_3 / 2),
        (lambda: Size(3) ** 0.5, sqrt(size_3)),
        (lambda: 1 / (Size(3) - 1), 1 / (size_3 - 1)),
        (lambda: np.int64(2) * Size(3), 2 * size_3),
        (lambda: 1 / Size(1), Integer(1)),
    ],
)
def test_what_is_divided_by_a_size_or_meets_other_numbers_is_an_expression(made: Callable[[], Any], e: Any) -> None:
    assert elements(made()) == e


def test_sizes_work_on_arrays_of_letters_and_of_numbers() -> None:
    m = Size(3)
    assert elements(X / m) == [x / size_3, y / size_3]
    assert elements(np.array([1.0, 2.0]) / m) == [1 / size_3, 2 / size_3]
    assert elements(m / np.array([1.0, 2.0])) == [size_3, size_3 / 2]
    assert elements(m - X) == [size_3 - x, size_3 - y]
    assert elements(np.array([1, 2]) - m) == [1 - size_3, 2 - size_3]


def test_sizes_of_one_number_have_one_positive_letter() -> None:
    assert extent(3) is extent(3)
    assert (extent(3).name, extent(3).is_positive, sqrt(size_3**2)) == ("size_3", True, size_3)
    assert extent(3) != extent(4)


# --- arrays of letters ---------------------------------------------------------------------------------------------
def test_letters_are_named_by_their_place_and_the_array_tells_its_shape_in_sizes() -> None:
    assert elements(M) == [[sympy.Symbol(f"M[{i},{j}]") for j in range(3)] for i in range(2)]
    assert elements(Symbols.named("b", ())) == sympy.Symbol("b")
    assert [(type(n), n.n, n.letter) for n in M.shape] == [(Size, 2, extent(2)), (Size, 3, size_3)]
    assert (M.size.n, M.size.letter, Symbols.named("b", ()).size) == (6, extent(2) * size_3, 1)
    assert (M.dtype, M.ndim, len(M)) == (np.float64, 2, 2)
    assert repr(X) == "Symbols(array([x[0], x[1]], dtype=object))"


def test_a_comparison_is_of_truth_and_what_is_made_of_it_by_moving_it_about_is_too() -> None:
    held = M > 0
    assert [z.dtype for z in (held, held.T, held[0], ~held, held.copy())] == [np.dtype(bool)] * 5
    assert [z.dtype for z in (held * 1, M.T, M[0])] == [np.dtype(float)] * 3


NUMBERS = [Fraction(-3, 2), Fraction(0), Fraction(2)]
PAIRS = [*product(NUMBERS, NUMBERS)]
TWO = [
    np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.greater, np.greater_equal, np.less, np.less_equal,
]  # fmt: skip
ONE = [np.negative, np.positive, np.square, np.absolute, np.fabs, np.sign]


@pytest.mark.parametrize("work", TWO, ids=lambda work: work.__name__)
def test_what_works_on_two_numbers_is_exact_on_kinks_too(work: Any) -> None:
    for pair in PAIRS:
        want = work(*np.array([[v] for v in pair], dtype=object))
        assert valued(work(X[:1], X[1:]), X, pair) == want.tolist()


@pytest.mark.parametrize("work", ONE, ids=lambda work: work.__name__)
def test_what_works_on_one_number_is_exact_on_kinks_too(work: Any) -> None:
    exact = np.absolute if work is np.fabs else work  # which knows floats alone
    for pair in PAIRS:
        assert valued(work(X), X, pair) == [exact(v) if work is not np.sign else (v > 0) - (v < 0) for v in pair]


def test_quotients_and_powers_are_exact() -> None:
    assert elements(X / X[::-1]) == [x / y, y / x]
    assert elements(np.reciprocal(X)) == [1 / x, 1 / y]
    for power in (np.power, np.float_power):
        assert elements(power(X, 3)) == [x**3, y**3]
        assert elements(power(X, -1.5)) == [x ** Rational(-3, 2), y ** Rational(-3, 2)]
    with pytest.raises(Unsupported, match=r"^a power runs on Symbols with a whole or half exponent, not 1/3$"):
        X ** (1 / 3)
    with pytest.raises(Unsupported, match=r"^a power runs on Symbols with a whole or half exponent, not x\[0\]$"):
        2 ** X[0]


FUNCTIONS: dict[Any, Callable[[arb], arb]] = {
    np.exp: arb.exp, np.expm1: arb.expm1, np.log: arb.log, np.log1p: arb.log1p, np.tanh: arb.tanh, np.sinh: arb.sinh,
    np.cosh: arb.cosh, np.sqrt: arb.sqrt,
}  # fmt: skip


@pytest.mark.parametrize("work", FUNCTIONS, ids=lambda work: work.__name__)
def test_a_function_of_a_letter_is_that_function(work: Any) -> None:
    for v in (Fraction(1, 4), Fraction(3)):
        value = arb(fmpq(v.numerator, v.denominator))
        found = value_at(work(X)[0].parts[0][()], {x: value})
        assert found.rad() < 2**-40
        assert found.overlaps(FUNCTIONS[work](value))


def test_the_log_of_a_sum_of_exponentials_is_one() -> None:
    assert elements(np.logaddexp(X[0], X[1])) == sympy.log(sympy.exp(x) + sympy.exp(y))


def test_equality_is_known_of_numbers_alone() -> None:
    a = Symbols(np.array([Integer(2), Integer(3)], dtype=object))
    assert (elements(a == 2), elements(a != 2)) == ([1, 0], [0, 1])
    assert {(a == 2).dtype, (a != 2).dtype} == {np.dtype(bool)}
    for one, other in ((X, 2), (2, X), (X, X)):
        with pytest.raises(Unsupported, match=r"^whether two expressions are equal depends on their letters$"):
            one == other  # noqa: B015


@pytest.mark.parametrize("work", [
    np.logical_and, np.bitwise_and, np.logical_or, np.bitwise_or,
], ids=lambda work: work.__name__)  # fmt: skip
def test_comparisons_are_joined_as_truth_is(work: Any) -> None:
    found = work(X[:1] > 0, X[1:] > 0)
    assert found.dtype == bool
    for pair in PAIRS:
        assert valued(found, X, pair) == [work(pair[0] > 0, pair[1] > 0)]
    assert elements(work(X[0] > 0, True)) == elements(work(X[0] > 0, np.True_))
    assert elements(work(X > 0, np.array([True, False]))) == elements(work(np.array([True, False]), X > 0))


def test_comparisons_are_turned_about() -> None:
    for found in (~(X > 0), np.logical_not(X > 0)):
        assert found.dtype == bool
        for pair in PAIRS:
            assert valued(found, X, pair) == [not v > 0 for v in pair]


@pytest.mark.parametrize(("work", "said"), [
    (lambda: np.arctan(X), "np.arctan does not run on Symbols"),
    (lambda: np.logical_and(X > 0, X), "np.logical_and runs on Symbols where both are comparisons"),
    (lambda: (X > 0) | 1, "np.bitwise_or runs on Symbols where both are comparisons"),
    (lambda: ~X, "np.invert runs on Symbols where both are comparisons"),
    (lambda: np.where(X, 1, 2), "np.where runs on Symbols with a comparison as its condition"),
    (lambda: X + Balls.of(np.ones(2)), "Symbols do not mix with Balls"),
    (lambda: X * 1j, "Symbols hold finite real numbers, not 1j"),
    (lambda: X * np.nan, "Symbols hold finite real numbers, not nan"),
    (lambda: X + np.array([1.0, np.inf]), "Symbols hold finite real numbers, not inf"),
    (lambda: X + np.array([1, "two"], dtype=object), "Symbols hold finite real numbers, not 'two'"),
])  # fmt: skip
def test_what_does_not_run_on_letters_is_named(work: Callable[[], Any], said: str) -> None:
    with pytest.raises(Unsupported) as caught:
        work()
    assert str(caught.value) == said


# --- constants -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("constant", "number"), [
    (True, 1), (np.True_, 1), (-3, -3), (np.int8(-3), -3), (np.uint8(3), 3), (Fraction(2, 7), Rational(2, 7)),
    (0.01, Rational(1, 100)), (np.float32(0.5), Rational(1, 2)), (1 / 3, Rational(1, 3)), (-2.5, Rational(-5, 2)),
    (1e-7, Rational(1, 10**7)), (1 / (10**7 + 1), Rational(Fraction(1 / (10**7 + 1)))), (0.0, 0),
    (np.float32(0.1), Rational(Fraction(float(np.float32(0.1))))), (sympy.sqrt(2), sympy.sqrt(2)), (Size(3), size_3),
])  # fmt: skip
def test_a_constant_is_the_fraction_that_its_float_stands_for(constant: Any, number: Any) -> None:
    assert expressions(np.array(constant, dtype=object)).tolist() == number
    if isinstance(constant, (bool, int, float, np.generic)):
        assert expressions(constant).tolist() == expressions(np.array([constant]))[0] == number


def test_an_array_of_objects_may_hold_letters_among_numbers() -> None:
    made = np.array([X[1], 2, Fraction(1, 3), 0.5], dtype=object)
    assert elements(np.add(Symbols.named("z", ()), made)) == [sympy.Symbol("z") + e for e in (
        y, 2, Rational(1, 3), Rational(1, 2)
    )]  # fmt: skip


# --- what is composed ----------------------------------------------------------------------------------------------
NAMES = np.array(elements(M), dtype=object)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1), -1])
def test_a_sum_is_of_the_letters_along_its_axes(axis: Any) -> None:
    assert elements(np.sum(M, axis=axis)) == np.array(NAMES.sum(axis)).tolist()


def test_a_sum_over_some_axes_of_three_keeps_the_others_in_order() -> None:
    cube = Symbols.named("c", (2, 3, 4))
    each = cube.parts[0]
    for axis in (0, 1, 2, (0, 2), (1, 0)):
        assert elements(np.sum(cube, axis=axis)) == each.sum(axis).tolist()


def test_a_product_of_matrices_is_of_rows_and_columns_also_with_numbers() -> None:
    A = Symbols.named("A", (3, 4))
    assert elements(M @ A) == (NAMES @ A.parts[0]).tolist()
    ones = np.arange(1, 7).reshape(2, 3)
    assert elements(ones @ A) == (ones.astype(object) @ A.parts[0]).tolist()
    assert elements(M @ ones.T) == (NAMES @ ones.T.astype(object)).tolist()


def test_where_takes_from_either_side_by_a_mask_and_by_a_comparison_and_broadcasts() -> None:
    assert elements(np.where(np.array([True, False]), X, 3)) == [x, 3]
    assert elements(np.where(np.array([False, True]), 3, X)) == [x, 3]
    for pair in PAIRS:
        want = [[(v if w > 0 else 7) for v in pair] for w in pair]
        assert valued(np.where(X[:, None] > 0, X, 7), X, pair) == want
        want = [[(v if w > 0 else u) for v, u in zip(pair, (7, 8), strict=True)] for w in pair]
        assert valued(np.where(X[:, None] > 0, X, np.array([7, 8])), X, pair) == want


@pytest.mark.parametrize("work", [np.max, np.min])
def test_the_largest_and_smallest_along_an_axis_are_those_of_the_numbers(work: Any) -> None:
    square = M[:, :2]
    for values in ([[1, -2], [0, 0]], [[-1, 2], [4, -6]]):
        for axis in (0, 1):
            assert valued(work(square, axis=axis), square, values) == work(np.array(values), axis=axis).tolist()
    assert valued(work(X), X, [-1, 2]) == work([-1, 2])


# --- written into --------------------------------------------------------------------------------------------------
def test_a_mask_writes_where_it_holds_and_the_rest_stays() -> None:
    for pair in PAIRS:
        masked, other = X.copy(), X.copy()
        masked[masked > 0] = 9
        other[X <= 0] = np.array([7, 8])
        assert valued(masked, X, pair) == [9 if v > 0 else v for v in pair]
        assert valued(other, X, pair) == [w if v <= 0 else v for v, w in zip(pair, (7, 8), strict=True)]


def test_numbers_written_into_a_comparison_make_it_one_of_numbers() -> None:
    held = X > 0
    held[0] = 3
    assert (held.truth, held.dtype, elements(held)[0]) == (False, np.float64, 3)
    changed = X.copy()
    changed[1] = 5
    assert elements(changed) == [x, 5]
