"""Jets held as wholes: values, slopes and precision of several bundles at once, and the kinks that a run notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from flint import arb

from verify.arithmetic.balls import SHARP, Balls, overlaps, precision
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.duck import Straddle, Unsupported
from verify.arithmetic.jets import Jets
from verify.arithmetic.kinks import Kink, Route, following

f32 = np.float32


@pytest.fixture(autouse=True, scope="module")
def bits() -> Iterator[None]:
    with precision(128):
        yield


def exactly(x: Any) -> Any:
    return Balls.of(np.asarray(x, dtype=float)).parts[0]


def bundled(x: Any, bundles: Sequence[Any], counts: Sequence[int], dtype: Any = f32) -> Jets:
    """x with these bundles: a list of slopes, an array of them, or None for a bundle that does not move it."""
    made = [exactly(b) if isinstance(b, np.ndarray) else b and [exactly(s) for s in b] for b in bundles]
    return Jets(exactly(x), made, counts, dtype)


def whole(x: Any) -> Any:
    """(value, slopes, directions of each bundle, precision), all without any radius."""
    assert isinstance(x, Jets)
    numbers = [x.value, *x.slopes]
    assert not any(n.rad().any() for n in numbers)
    assert {n.dtype for n in numbers} == {x.dtype}
    value, *slopes = (n.mid().tolist() for n in numbers)
    return value, slopes, x.counts, x.dtype


# A value along three bundles: a list, an array, and none; another that moves in the second and third alone.
X = bundled([1.0, 2.0], [[[1, 0]], np.array([[0.0, 1], [2, 3]]), None], [1, 2, 1])
Y = bundled([4.0, -8.0], [None, np.array([[1.0, 0], [0, 0]]), np.array([[5.0, 6]])], [1, 2, 1])
NONE = [0.0, 0.0]

CALLS: dict[str, tuple[Callable[[], Any], Any, Any]] = {
    "itself": (lambda: X, [1, 2], [[1, 0], [0, 1], [2, 3], NONE]),
    "moved about": (lambda: X[::-1], [2, 1], [[0, 1], [1, 0], [3, 2], NONE]),
    "one element": (lambda: X[1], 2, [0, 1, 3, 0]),
    "sum": (lambda: X + Y, [5, -6], [[1, 0], [1, 1], [2, 3], [5, 6]]),
    "difference": (lambda: X - Y, [-3, 10], [[1, 0], [-1, 1], [2, 3], [-5, -6]]),
    "product": (lambda: X * Y, [4, -16], [[4, 0], [1, -8], [8, -24], [5, 12]]),
    "quotient": (lambda: X / Y, [0.25, -0.25], [[0.25, 0], [-0.0625, -0.125], [0.5, -0.375], [-0.3125, -0.1875]]),
    "negative": (lambda: -X, [-1, -2], [[-1, 0], [0, -1], [-2, -3], NONE]),
    "positive": (lambda: +X, [1, 2], [[1, 0], [0, 1], [2, 3], NONE]),
    "square": (lambda: np.square(X), [1, 4], [[2, 0], [0, 4], [4, 12], NONE]),
    "reciprocal": (lambda: np.reciprocal(Y), [0.25, -0.125], [NONE, [-0.0625, 0], NONE, [-0.3125, -0.09375]]),
    "exp": (lambda: np.exp(X - [1, 2]), [1, 1], [[1, 0], [0, 1], [2, 3], NONE]),
    "sum of all": (X.sum, 3, [1, 1, 5, 0]),
    "sum of an axis": (lambda: np.stack([X, Y]).sum(axis=0), [5, -6], [[1, 0], [1, 1], [2, 3], [5, 6]]),
    "sum of nothing": (X[:0].sum, 0, [0, 0, 0, 0]),
    "matrix product": (lambda: X[None] @ Y[:, None], [[-12]], [[[4]], [[-7]], [[-16]], [[17]]]),
    "a power": (lambda: Y**2, [16, 64], [NONE, [8, 0], NONE, [40, -96]]),
    "float_power": (lambda: np.float_power(Y, 2), [16, 64], [NONE, [8, 0], NONE, [40, -96]]),
    "powers": (lambda: np.power(Y, [1, 0]), [4, 1], [NONE, [1, 0], NONE, [5, 0]]),
    "powers of what stands still": (lambda: np.power(0 * X, [0, 2]), [1, 0], [NONE] * 4),
    "where": (lambda: np.where([True, False], X, Y), [1, -8], [[1, 0], [0, 0], [2, 0], [0, 6]]),
    "where, a list of numbers": (lambda: np.where([2.0, 0.0], X, Y), [1, -8], [[1, 0], [0, 0], [2, 0], [0, 6]]),
    "where, a number": (lambda: np.where([False, True], 7.0, X), [1, 7], [[1, 0], [0, 0], [2, 0], NONE]),
    "where, objects": (lambda: np.where(np.array([True, None]), X, Y), [1, -8], [[1, 0], [0, 0], [2, 0], [0, 6]]),
    "where, one truth": (lambda: np.where([True], X, 7.0), [1, 2], [[1, 0], [0, 1], [2, 3], NONE]),
    "where, a ball": (lambda: np.where(Balls.of([0.0, 1.0]), X, Y), [4, 2], [[0, 0], [1, 1], [0, 3], [5, 0]]),
    "where, a row": (
        lambda: np.where([[True], [False]], X[0], Y), [[1, 1], [4, -8]],
        [[[1, 1], NONE], [NONE, [1, 0]], [[2, 2], NONE], [NONE, [5, 6]]],
    ),
    "where, of nothing": (lambda: np.where(Balls.of(np.zeros(0)), X[:0], Y[:0]), [], [[]] * 4),
    "maximum": (lambda: np.maximum(X, Y), [4, 2], [[0, 0], [1, 1], [0, 3], [5, 0]]),
    "minimum": (lambda: np.minimum(X, Y), [1, -8], [[1, 0], [0, 0], [2, 0], [0, 6]]),
    "maximum of a column and a row": (
        lambda: np.maximum(X[:, None], Y), [[4, 1], [4, 2]],
        [[[0, 1], NONE], [[1, 0], [1, 1]], [[0, 2], [0, 3]], [[5, 0], [5, 0]]],
    ),
    "maximum of nothing": (lambda: np.maximum(X[:0], Y[:0]), [], [[]] * 4),
    "maximum along its own axis": (lambda: Y._extremum("maximum", 0), 4, [0, 1, 0, 5]),
    "minimum along the first of two axes": (
        lambda: (Y * [[1], [2]])._extremum("minimum", 0), [4, -16], [NONE, [1, 0], NONE, [5, 12]],
    ),
    "absolute": (lambda: abs(Y), [4, 8], [NONE, [1, 0], NONE, [5, -6]]),
    "fabs": (lambda: np.fabs(Y), [4, 8], [NONE, [1, 0], NONE, [5, -6]]),
    "sign": (lambda: np.sign(Y) + 0 * Y, [1, -1], [NONE] * 4),
    "max of rows": (lambda: np.stack([X, Y]).max(axis=1), [2, 4], [[0, 0], [1, 1], [3, 0], [0, 5]]),
    "min of columns": (lambda: np.stack([X, Y]).min(axis=0), [1, -8], [[1, 0], [0, 0], [2, 0], [0, 6]]),
    "max of pages": (
        lambda: np.stack([np.stack([X, Y]), np.stack([Y, X])]).max(axis=0), [[4, 2], [4, 2]],
        [[NONE, NONE], [[1, 1], [1, 1]], [[0, 3], [0, 3]], [[5, 0], [5, 0]]],
    ),
    "an array of objects": (lambda: X * np.array([X[0], 3], dtype=object), [1, 6], [[2, 0], [0, 3], [4, 9], NONE]),
    "a constant in this precision": (
        lambda: 0.1 * X - 0.1, [0, float(f32(0.1))], [[float(f32(0.1)), 0], [0, float(f32(0.1))], None, NONE],
    ),
    "gathered": (lambda: X + np.array([Y[0], Y[1]]), [5, -6], [[1, 0], [1, 1], [2, 3], [5, 6]]),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_every_bundle_and_the_precision_come_through(name: str) -> None:
    call, value, slopes = CALLS[name]
    found = whole(call())
    wanted = [f if s is None else s for s, f in zip(slopes, found[1], strict=True)]
    assert found == (value, wanted, (1, 2, 1), f32)


def test_logaddexp_moves_by_the_share_of_each() -> None:
    """log(e^y + 3e^y) = y + log 4, of which the first makes a quarter."""
    still = Balls.of([4.0, -8.0]) + np.log(Balls.of(3.0))
    wanted = [Y.value + np.log(Balls.of(4.0)), *(slope / 4 for slope in Y.slopes)]
    for found in (np.logaddexp(Y, still), np.logaddexp(still, Y)):
        for part, want in zip(found.parts, wanted, strict=True):
            assert overlaps(Balls(part), want).all()
            assert Balls(part).rad().max() <= SHARP


def test_jets_of_balls_move_along_one_bundle_in_their_precision() -> None:
    x = Jets.of(Balls.of(np.array([1, 2], f32)), [Balls.of([3.0, 4.0]), Balls.of([5.0, 6.0])])
    assert whole(x) == ([1, 2], [[3, 4], [5, 6]], (2,), f32)
    assert whole(Jets(exactly([1.0]), [None], [2])) == ([1], [[0], [0]], (2,), np.float64)
    assert (x._weight, x.shape, X._weight) == (3, (2,), 5)
    assert repr(Jets.of(Balls.of(2.0), [Balls.of(1.0)] * 3)) == f"Jets({exactly(2.0)!r}, 3 slopes)"


def test_what_is_written_into_a_bundle_that_stood_still_stays_there() -> None:
    x = bundled([1.0, 2.0], [None, [[1, 1]]], [2, 1])
    x[0] = bundled(7.0, [[5, 6], None], [2, 1])
    assert whole(x) == ([7, 2], [[5, 0], [6, 0], [0, 1]], (2, 1), f32)
    x[...] = 3
    assert whole(x) == ([3, 3], [[0, 0], [0, 0], [0, 0]], (2, 1), f32)


@pytest.mark.parametrize("made", [lambda x: +x, lambda x: np.where([True, True], x, 0), lambda x: x.sum(axis=())])
def test_what_is_written_into_a_result_leaves_its_operand_alone(made: Callable[[Jets], Jets]) -> None:
    x = bundled([1.0, 2.0], [np.array([[1.0, 2]])], [1])
    made(x)[0] = bundled(9.0, [np.array([8.0])], [1])
    assert whole(x) == ([1, 2], [[1, 2]], (1,), f32)


def test_a_lifted_number_of_the_same_kind_is_itself() -> None:
    assert X._lift(X) is X
    assert whole(X._lift(True)) == (1, [0, 0, 0, 0], (1, 2, 1), f32)


@pytest.mark.parametrize("function", [np.isfinite, np.isnan, np.isinf])
def test_whether_a_value_is_finite_is_plain_truth(function: Any) -> None:
    numbers = [1.0, np.inf, np.nan]
    found = function(bundled(numbers, [np.ones((1, 3))], [1]))
    assert isinstance(found, np.ndarray)
    assert (found.dtype, found.tolist()) == (bool, function(numbers).tolist())


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: np.cbrt(X), "np.cbrt does not run on Jets: its derivative is not known here"),
        (lambda: 2.0**X, "np.power with an exponent that depends on an input does not run on Jets"),
        (lambda: X + Bounds.of([1.0, 2.0]), "Balls hold real numbers, not a Bounds"),
    ],
)
def test_what_does_not_run_is_refused_in_one_sentence(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(Unsupported) as refused:
        call()
    assert str(refused.value) == told


@pytest.mark.parametrize(
    ("call", "place"),
    [(np.maximum, "1"), (np.minimum, "1"), (np.greater, "1"), (lambda x, y: np.max(np.stack([y, x]), axis=0), "1")],
)
def test_what_the_enclosures_do_not_decide_names_its_element(call: Any, place: str) -> None:
    wide = Balls(np.array([arb(3), arb(0, 1)], dtype=object))
    x, y = (Jets.of(v, [Balls.of([1.0, 1.0])]) for v in (wide, Balls.of([0.0, 0.5])))
    with pytest.raises(Straddle, match=rf"cannot be decided at \[{place}\]"):
        call(x, y)


# --- kinks ------------------------------------------------------------------------------------------------------------
def moving(x: Any, *slopes: Any) -> Jets:
    return Jets.of(Balls.of(np.asarray(x, float)), [Balls.of(np.asarray(s, float)) for s in slopes])


def noted(call: Callable[[], Any], way: Route) -> tuple[Any, list[tuple[str, tuple[int, ...], int, int]]]:
    with following(way):
        found = call()
    return found, [(k.operation, k.index, k.options, k.number) for k in way.kinks]


TIE = moving([[1.0, 0, 2, 2], [5, 5, 5, 3]], [[1, 2, 3, 4], [1, 2, 4, 8]], [[1, 1, 1, 1], [1, 1, 1, 1]])
STILL = moving([0.0, 0, 0, -1], [0, 3, -2, 1], [0, 0, 1, 1])


def test_a_tie_of_an_extremum_is_noted_with_its_rivals_and_mixed_where_they_move_apart() -> None:
    half = Kink("maximum", (1,), 3, 2), (arb(0.25), arb(0.5), arb(0.25))
    found, kinks = noted(lambda: (np.max(TIE[:, ::-1], axis=1), np.max(TIE, axis=1))[1], Route(dict([half])))
    assert kinks == [("maximum", (0,), 2, 1), ("maximum", (1,), 3, 1), ("maximum", (0,), 2, 2), ("maximum", (1,), 3, 2)]
    assert whole(found) == ([2, 5], [[3, 0.25 + 2 * 0.5 + 4 * 0.25], [1, 1]], (2,), np.float64)


def test_rivals_that_move_alike_are_no_kink_and_those_after_the_first_two_count() -> None:
    x = moving([[1.0, 1, 0], [2, 2, 2], [3, 3, 3]], [[5, 5, 7], [1, 1, 1], [4, 4, 6]])
    found, kinks = noted(lambda: np.max(x, axis=1), Route({Kink("maximum", (2,), 3, 1): (arb(0), arb(0), arb(1))}))
    assert kinks == [("maximum", (2,), 3, 1)]
    assert whole(found) == ([1, 2, 3], [[5, 1, 6]], (1,), np.float64)
    assert noted(lambda: np.min(-x, axis=1), Route())[1] == [("minimum", (2,), 3, 1)]


@pytest.mark.parametrize(
    ("compare", "usual"),
    [
        (np.greater, [False, False, False, False]), (np.greater_equal, [True, True, True, False]),
        (np.less, [False, False, False, True]), (np.less_equal, [True, True, True, True]),
        (np.equal, [True, True, True, False]), (np.not_equal, [False, False, False, True]),
    ],
)  # fmt: skip
def test_a_comparison_of_equals_notes_its_kinks_and_takes_the_side_that_is_asked_for(compare: Any, usual: Any) -> None:
    """The second and the third element move, each another way; the first stands still, the last is no tie."""
    name = compare.__name__
    kinks = [(name, (1,), 3, 1), (name, (2,), 3, 1)]
    plain, met = noted(lambda: compare(STILL, 0), Route())
    assert isinstance(plain, np.ndarray)
    assert (plain.tolist(), met) == (usual, kinks)
    for side, near in enumerate((compare(1, 0), compare(-1, 0)), start=1):
        # Beside the kink along the first direction in which it moves: the third element moves down there.
        shares = tuple(arb(int(k == side)) for k in range(3))
        taken, _ = noted(lambda: compare(STILL, 0), Route(dict.fromkeys((Kink(*k) for k in kinks), shares)))
        assert isinstance(taken, np.ndarray)
        assert taken.tolist() == [usual[0], bool(near), bool(near), usual[3]]


def test_a_share_of_both_outcomes_is_a_mask_of_ours_that_stands_still_and_all_logic_is_of_shares() -> None:
    quarter = {Kink("greater", (k,), 3, 1): (arb(0.75), arb(0.25), arb(0)) for k in (1, 2)}
    mask, _ = noted(lambda: STILL > 0, Route(quarter))
    wanted: list[tuple[Callable[[], Any], list[float]]] = [
        (lambda: mask, [0, 0.25, 0.25, 0]),
        (lambda: ~mask, [1, 0.75, 0.75, 1]),
        (lambda: np.logical_not(mask), [1, 0.75, 0.75, 1]),
        (lambda: mask & mask, [0, 0.0625, 0.0625, 0]),
        (lambda: np.logical_and(mask, [True, True, False, True]), [0, 0.25, 0, 0]),
        (lambda: mask & True, [0, 0.25, 0.25, 0]),
        (lambda: mask | False, [0, 0.25, 0.25, 0]),
        (lambda: mask | ~mask, [1, 0.8125, 0.8125, 1]),
        (lambda: np.logical_or(mask, [True, False, False, False]), [1, 0.25, 0.25, 0]),
    ]
    for call, shares in wanted:
        assert whole(call()) == (shares, [[0] * 4] * 2, (2,), np.float64)


def test_a_mask_of_shares_mixes_what_it_chooses_from_and_what_it_writes() -> None:
    quarter = {Kink("greater", (1,), 3, 1): (arb(0.75), arb(0.25), arb(0))}
    mask, _ = noted(lambda: STILL > 0, Route(quarter))
    x, y = moving([1.0, 2, 3, 4], [1, 2, 3, 4], [0, 4, 0, 0]), moving([8.0] * 4, [8] * 4, [0, 0, 0, 1])
    wanted = ([8, 0.25 * 2 + 0.75 * 8, 8, 8], [[8, 6.5, 8, 8], [0, 1, 0, 1]], (2,), np.float64)
    assert whole(np.where(mask, x, y)) == wanted
    y[mask] = x
    assert whole(y) == wanted
    z = moving(np.full((2, 4), 8.0), np.full((2, 4), 8), [[0, 0, 0, 1]] * 2)
    z[mask] = x
    assert whole(z) == ([wanted[0]] * 2, [[s] * 2 for s in wanted[1]], (2,), np.float64)
    z[mask] = 8
    assert whole(z)[0] == [[8, 0.25 * 8 + 0.75 * 6.5, 8, 8]] * 2


def test_where_the_whole_of_a_share_is_taken_nothing_of_the_other_side_blurs_it() -> None:
    third, far = Balls.of([1.0, 1.0]) / 3, Balls.of([np.nan, 1e30]) / 7
    found = np.where(Balls.of([1.0, 0.0]), Jets.of(third, [third]), Jets.of(far, [far]))
    for part in found.parts:
        assert part[0].rad() == third.parts[0][0].rad()
        assert part[1].rad() == far.parts[0][1].rad()
