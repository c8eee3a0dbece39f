"""Nothing drops the slopes of a jet without a word: comparisons, writing in place, other kinds beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.moving import each, exactly, moving
from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.duck import Unsupported, collected
from verify.arithmetic.jets import Jets
from verify.oracles.decide import FIRST_BITS


@pytest.fixture(autouse=True, scope="module")
def bits() -> Iterator[None]:
    """The precision that a certificate begins with."""
    with precision(FIRST_BITS):
        yield


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
