"""Balls, whole: what each operation gives on small subjects: numbers, dtype, shape, and the sentence of a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from flint import arb, fmpq, fmpz

from verify.arithmetic import balls
from verify.arithmetic.balls import Balls, overlaps, precision, product, solve
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.constants import EXACT, MEANT, MOST_CONSTANTS, ROUNDED, taken_as
from verify.arithmetic.duck import Straddle, Unsupported

f32, f64 = np.float32, np.float64
NARROW, WIDE = np.array([[0.1, 2.0], [-3.0, 0.5]], f32), np.array([[0.1, 2.0], [3.0, 0.5]])


@pytest.fixture(autouse=True)
def enough_bits() -> Iterator[None]:
    with precision(128):
        yield


def ball(*pairs: tuple[Any, Any]) -> Balls:
    """A vector of enclosures, from midpoints and radii."""
    numbers = np.empty(len(pairs), dtype=object)
    numbers[:] = [arb(mid, rad) for mid, rad in pairs]
    return Balls(numbers)


def same(x: Any, y: Any) -> bool:
    """The very same enclosure."""
    return bool(x.mid() == y.mid() and x.rad() == y.rad())


def held(x: Balls) -> list[tuple[Fraction, Fraction]]:
    """Midpoint and radius of each element, exactly."""
    numbers = [(e.mid().man_exp(), e.rad().man_exp()) for e in x.parts[0].ravel()]
    return [(int(m) * Fraction(2) ** int(p), int(r) * Fraction(2) ** int(q)) for (m, p), (r, q) in numbers]


def exact(x: Balls) -> list[Fraction]:
    """Each element, of balls without radius."""
    found = held(x)
    assert [rad for _, rad in found] == [0] * len(found)
    return [mid for mid, _ in found]


# --- the precision under test ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("given", "dtype"), [(f32(1), f32), (f64(1), f64), (1, f64)])
def test_the_dtype_is_that_of_the_floats_else_float64(given: Any, dtype: Any) -> None:
    assert Balls.of(given).dtype == dtype


@pytest.mark.parametrize(("given", "dtype"), [(f32(1), f64), (f64(1), f32), (1, f32)])
def test_the_dtype_is_the_one_asked_for(given: Any, dtype: Any) -> None:
    assert Balls.of(given, dtype).dtype == dtype


def test_balls_of_balls_are_those_very_balls() -> None:
    x = Balls(np.array(arb(1)))
    assert Balls.of(x, f32) is x


KEEP: list[Callable[[Any], Any]] = [
    lambda x: x + x, lambda x: x * 3, lambda x: 1 - x, lambda x: x / 0.7, lambda x: -x, lambda x: x**2, lambda x: x @ x,
    np.exp, np.sign, np.abs, np.square, lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, x, 0.5),
    lambda x: x.sum(), lambda x: x.sum(axis=0), np.max, lambda x: np.min(x, axis=1), lambda x: x.T,
    lambda x: x[0], lambda x: x * np.arange(2, dtype=np.int8), lambda x: x * (NARROW > 0), lambda x: x + NARROW,
    lambda x: np.full_like(x, 0.1), lambda x: np.concatenate([x, WIDE]), np.zeros_like,
    lambda x: x * np.array([[x[0, 0], 2.0]], dtype=object), lambda x: solve(x, x),
]  # fmt: skip
WIDEN: list[Callable[[Any], Any]] = [
    lambda x: x + WIDE, lambda x: WIDE * x, lambda x: x**WIDE[:, :1].round(), lambda x: x @ WIDE, lambda x: WIDE @ x,
    lambda x: np.maximum(x, WIDE), lambda x: np.minimum(WIDE, x), lambda x: np.where(x > 0, x, WIDE),
    lambda x: np.where(x > 0, WIDE, x), lambda x: x * np.float64(2), lambda x: solve(x, Balls.of(WIDE)),
    lambda x: x - Balls.of(WIDE), lambda x: x * np.arange(2),
]  # fmt: skip


@pytest.mark.parametrize("made", KEEP)
def test_what_is_made_of_float32s_is_of_float32(made: Callable[[Any], Any]) -> None:
    assert made(Balls.of(NARROW)).dtype == f32


@pytest.mark.parametrize("made", WIDEN)
def test_what_meets_a_wider_precision_is_of_the_wider(made: Callable[[Any], Any]) -> None:
    assert made(Balls.of(NARROW)).dtype == f64


def test_a_number_written_among_float32s_is_rounded_to_float32() -> None:
    x, tenth = Balls.of(NARROW), Fraction(float(f32(0.1)))
    assert exact(np.full_like(x, 0.1)) == [tenth] * 4
    x[0, 0] = 0.1
    assert exact(x) == [tenth, 2, -3, Fraction(1, 2)]


# --- what is read off ------------------------------------------------------------------------------------------------
def test_what_is_read_off_is_plain_numbers_of_the_shape() -> None:
    x = ball((1, 0.5), (-3, 0), (0, 2))
    for read, dtype, want in (
        (x.mid(), f64, [1.0, -3.0, 0.0]),
        (x.rad(), f64, [np.nextafter(float(arb(1, 0.5).rad()), 2), 0.0, np.nextafter(float(arb(0, 2).rad()), 3)]),
        (x.upper(), f64, [float(arb(1, 0.5).abs_upper()), 3.0, float(arb(0, 2).abs_upper())]),
        (x.is_finite(), bool, [True, True, True]),
        (overlaps(x, ball((2, 1), (-3, 0), (5, 1))), bool, [True, True, False]),
    ):
        assert (read.dtype, read.shape, read.tolist()) == (dtype, (3,), want)
    one = x[1]
    for single in (one.mid(), one.rad(), one.upper(), one.is_finite(), overlaps(one, one)):
        assert (type(single), single.shape) == (np.ndarray, ())
    assert repr(one) == f"Balls(array({arb(-3)}, dtype=object))"


def test_the_widest_and_the_largest_of_no_elements_are_0() -> None:
    x = ball((1, 0.5), (-3, 0.25), (0, 2))
    assert (x.widest(), x.largest()) == (arb(0, 2).rad(), arb(3))
    none = Balls.of(np.zeros((0, 2)))
    assert (none.widest(), none.largest()) == (arb(0), arb(0))
    with precision(64):
        assert Balls.of(2.0**-1000).largest() ** 9 == arb(2) ** -9000  # below and beyond all floats


def test_what_is_finite_stays_so_beyond_the_floats() -> None:
    x = np.stack([np.exp(Balls.of(1e4)), -np.exp(Balls.of(1e4)), Balls.of(np.inf), Balls.of(np.nan), Balls.of(0.0)])
    for ask, want in ((np.isfinite, [1, 1, 0, 0, 1]), (np.isinf, [0, 0, 1, 0, 0]), (np.isnan, [0, 0, 0, 1, 0])):
        found = ask(x)
        assert (found.dtype, found.tolist()) == (bool, [bool(v) for v in want])


# --- in --------------------------------------------------------------------------------------------------------------
def test_every_real_number_goes_in_as_it_is() -> None:
    given = [0.1, np.float64(0.1), 3, True, fmpz(7), fmpq(1, 4), Fraction(-3, 8), arb(2.5), Balls.of(9.0)]
    want = [Fraction(0.1), Fraction(0.1), 3, 1, 7, Fraction(1, 4), Fraction(-3, 8), Fraction(5, 2), 9]
    column = np.empty((len(given), 1), dtype=object)
    column[:, 0] = given
    assert exact(Balls.of(column)) == want
    assert Balls.of(column).shape == (9, 1)
    assert exact(Balls.of(2**200)) == [2**200]
    for dtype in (np.float16, f32, f64, np.int8, np.uint64, bool):
        assert exact(Balls.of(np.array([1, 0], dtype=dtype))) == [1, 0]
    assert exact(Balls.of(np.array([2**64 - 1], np.uint64))) == [2**64 - 1]
    with precision(300):
        third = Balls.of(Fraction(1, 3))
    assert same(Balls.of(np.array(third)).parts[0][()], third.parts[0][()])
    (again,) = Balls.of(np.array([third.parts[0][()]], dtype=object)).parts[0]
    assert same(again, third.parts[0][()])  # of more bits than the precision in force: not rounded


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (1j, "complex"), (np.longdouble(1), "longdouble"), (np.array(["a"]), "str"), (None, "NoneType"),
        (np.array([f32(1), None], dtype=object), "float32"), (Bounds.of(1.0), "Bounds"), (Bounds.of([1.0]), "Bounds"),
    ],
)  # fmt: skip
def test_what_is_no_real_number_is_refused_by_name_whatever_constants_are_taken_as(given: Any, named: str) -> None:
    for mode in (EXACT, MEANT, ROUNDED):
        for enter in (Balls.of, Balls.of(1.0)._raw):
            with taken_as(mode), pytest.raises(Unsupported, match=f"^Balls hold real numbers, not a {named}$"):
                enter(given)


# --- constants -------------------------------------------------------------------------------------------------------
def taken(array: Any, mode: str) -> list[Any]:
    """The enclosures that an array becomes beside balls, while constants are taken so."""
    with taken_as(mode):
        return np.where(True, array, Balls.of(0.0)).parts[0].tolist()  # type: ignore[no-any-return]


def test_the_constants_of_an_array_are_what_was_meant_up_to_sixteen_different_ones() -> None:
    assert MOST_CONSTANTS == 16
    few = np.array([n / 35 for n in range(1, 17)] * 2).reshape(2, 16)
    meant = [[arb(fmpq(n, 35)) for n in range(1, 17)]] * 2
    for found, want in zip(taken(few, MEANT), meant, strict=True):
        assert all(map(same, found, want))
    assert taken(few, EXACT) == few.tolist()


def test_an_array_of_more_than_sixteen_different_numbers_is_data() -> None:
    data = np.array([n / 35 for n in range(1, 18)])
    assert taken(data, MEANT) == taken(data, ROUNDED) == data.tolist()


@pytest.mark.parametrize("c", [0.1, 0.7, 1e-3, 1 / 3])
def test_a_constant_taken_as_rounded_may_be_off_by_two_units_in_the_last_place(c: float) -> None:
    assert same(taken(np.array([c]), ROUNDED)[0], arb(c, 2 * np.spacing(c)))
    assert same(taken(np.array([f32(c)]), ROUNDED)[0], arb(float(f32(c)), 2 * np.spacing(float(f32(c)))))


def test_a_constant_that_needs_no_rounding_stays_as_it_is() -> None:
    for mode in (EXACT, MEANT, ROUNDED):
        assert taken(np.array([0.5, np.inf, -3.0]), mode) == [0.5, arb("inf"), -3]


@pytest.mark.parametrize("c", [0.1, 0.7])
def test_a_number_in_the_code_is_taken_as_the_mode_says_in_the_precision_under_test(c: float) -> None:
    near = float(f32(c))
    for mode, want in (
        (EXACT, arb(near)),
        (MEANT, arb(fmpq(int(10 * c), 10))),
        (ROUNDED, arb(near, 2 * np.spacing(near))),
    ):
        with taken_as(mode):
            assert same(Balls.of(f32(0))._raw(c)[()], want)


@pytest.mark.parametrize("mode", [EXACT, MEANT, ROUNDED])
def test_whole_numbers_and_fractions_are_no_constants_that_were_rounded(mode: str) -> None:
    assert taken(np.array([2**53 + 1, -1]), mode) == [arb(2**53 + 1), -1]
    assert taken(np.array([Fraction(2**60 + 1, 4), True], dtype=object), mode) == [arb(fmpq(2**60 + 1, 4)), 1]


# --- comparisons, and what follows from them -------------------------------------------------------------------------
def test_sign_is_that_of_all_that_an_enclosure_holds() -> None:
    x = np.sign(ball((2, 1), (-2, 1), (0, 0)))
    assert exact(x) == [1, -1, 0]
    reach = arb(0, 1).rad()
    for doubtful in (ball((1, 0), (0, 1)), ball((1, 0), (reach, 1)), ball((1, 0), (-reach, 1))):
        with pytest.raises(Straddle, match=r"^greater cannot be decided at \[1\]: the enclosures .* overlap$"):
            np.sign(doubtful)


@pytest.mark.parametrize(("place", "word"), [(np.argmax, "greater"), (np.argmin, "less")])
def test_the_place_of_the_largest_is_asked_of_all_but_the_first_and_named_where_undecided(
    place: Any, word: str
) -> None:
    assert place(ball((1, 0.5))) == 0
    many = Balls.of(np.array([[1.0, 3.0, 3.0, 0.0], [0.0, -1.0, 5.0, -1.0]]))
    for axis in (0, 1, None):
        assert place(many, axis=axis).tolist() == place(many.mid(), axis=axis).tolist()
    with pytest.raises(Straddle, match=rf"^{word} cannot be decided at \[1\]: the enclosures .* overlap$"):
        place(np.stack([ball((1, 0), (7, 0)), ball((1, 0.5), (1, 0.5))]), axis=1)


def test_a_condition_is_what_is_not_zero() -> None:
    for condition in ([2, 0, -1], np.array([0.5, 0.0, 1.0]), Balls.of([3.0, 0.0, 2.0]), [True, False, True]):
        assert exact(np.where(condition, Balls.of([1.0, 2.0, 3.0]), 0)) == [1, 0, 3]


@pytest.mark.parametrize("compare", [np.less, np.less_equal, np.equal, np.not_equal, np.greater, np.greater_equal])
def test_a_comparison_that_is_not_decided_says_which_and_where(compare: Any) -> None:
    undecided = f"{compare.__name__} cannot be decided at "
    x, y = (arb(4), arb(4, 1)) if "greater" in compare.__name__ else (arb(4, 1), arb(4))
    with pytest.raises(Straddle, match=f"^{re.escape(f'{undecided}[1, 1]: the enclosures {x} and {y} overlap')}$"):
        compare(np.stack([ball((1, 0), (2, 0)), ball((3, 0), (4, 1))]), 4.0)
    with pytest.raises(Straddle, match=f"^{re.escape(f'{undecided}[]: the enclosures nan and nan overlap')}$"):
        compare(Balls.of(np.nan), np.nan)


# --- powers, sums, products ------------------------------------------------------------------------------------------
def test_powers_are_those_of_arb_but_of_enclosures_about_0() -> None:
    about, away = ball((0, 1), (0.5, 1)), ball((3, 0.5), (-3, 0.5))
    assert exact(about**0) == [1, 1]
    for n in (1, 2, 3):
        assert all(
            same(got, arb(0, x.abs_upper() ** n)) for got, x in zip((about**n).parts[0], about.parts[0], strict=True)
        )
    for n in (-2, -1, 0, 1, 2, 3):
        assert all(same(got, x**n) for got, x in zip((away**n).parts[0], away.parts[0], strict=True))
    assert not np.isfinite(about**-1).any()
    x = arb(2) + arb(0, 2.0**-70)
    for p in (0.5, 1.5, -0.5):
        (got,) = (Balls(np.array([x], dtype=object)) ** p).parts[0]
        assert same(got, x.sqrt() if p == 0.5 else x ** arb(p))
    assert exact(Balls.of([0.0, 4.0]) ** 0.5) == [0, 2]
    assert same((Balls.of(2.0) ** 0.5).parts[0][()], arb(2).sqrt())  # sharper than Arb's own power
    assert exact(Balls.of([-2.0, 3.0]) ** Balls.of([3.0, 2.0])) == [-8, 9]


def test_sums_and_products_of_nothing_are_0() -> None:
    none = Balls.of(np.zeros((2, 0), f32))
    for total, shape in ((none.sum(axis=1), (2,)), (none.sum(), ()), (none @ none.T, (2, 2)), (none.T @ none, (0, 0))):
        assert (total.shape, exact(total), total.dtype) == (shape, [0] * total.size, f32)
    numbers = product(none.parts[0], np.empty((0, 3), dtype=object))
    assert (numbers.shape, numbers.dtype) == ((2, 3), object)
    assert Balls.of(np.zeros((0, 3))).shape == (0, 3)


def test_a_solution_is_of_the_shape_and_precision_of_the_right_side() -> None:
    a, b = np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([[2, 3, 1], [8, 0, 4]], f32)
    found = solve(Balls.of(a), Balls.of(b))
    assert (exact(found), found.shape, found.dtype) == ([0, Fraction(3, 2), 0, 2, 0, 1], (2, 3), f32)


def test_what_balls_do_not_know_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match=r"^np\.floor does not run on Balls$"):
        np.floor(Balls.of(1.5))


def test_the_bits_of_a_ball_are_128_unless_asked_otherwise() -> None:
    assert (balls.FIRST_BITS, balls.MOST_BITS, balls.SHARP) == (128, 4096, 2.0**-64)
    with precision(64), precision():
        assert flint.ctx.prec == 128
