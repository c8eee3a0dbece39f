"""Kinks: where a comparison decides the derivative it is a set; what lies in it is right, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kinked import HALF, SET, exact, judged
from verify.arithmetic.kinks import Kink, Route, blend, following, route
from verify.oracles.certificate import Decision
from verify.oracles.decide import decide

Array = np.ndarray[Any, Any]


# --- functions of one element, with a kink at 0: the two slopes beside it ---------------------------------------------
@pytest.mark.parametrize("name", HALF)
@pytest.mark.parametrize("share", [0, 1, Fraction(1, 3)])
def test_a_mixture_of_the_slopes_on_either_side_is_right(name: str, share: Fraction | int) -> None:
    forward, left, right = HALF[name]
    found = judged(forward, [left + share * (right - left)] * 2, [0.0, 0.0])
    assert found.verdict == "right"
    assert found.choice.endswith(SET)


@pytest.mark.parametrize("name", HALF)
@pytest.mark.parametrize("share", [Fraction(-1, 8), Fraction(9, 8)])
def test_what_lies_beyond_either_side_is_wrong(name: str, share: Fraction | int) -> None:
    forward, left, right = HALF[name]
    assert judged(forward, [left + share * (right - left)], [0.0]).verdict == "wrong"


@settings(max_examples=15)
@given(st.fractions(-1, 2, max_denominator=64), st.sampled_from(sorted(HALF)))
def test_right_is_what_lies_between_the_two_slopes_and_nothing_else(share: Fraction, name: str) -> None:
    forward, left, right = HALF[name]
    want = "right" if 0 <= share <= 1 else "wrong"
    assert judged(forward, [left + share * (right - left)], [0.0]).verdict == want


def test_both_sides_of_a_comparison_never_hold_at_once() -> None:
    # With z > 0 and z <= 0 chosen apart, slopes 0 and 1.25 of this leaky ReLU would be reproduced.
    forward = HALF["two masks"][0]
    for slope in (0, Fraction(5, 4)):
        assert judged(forward, [slope], [0.0]).verdict == "wrong"
    for slope, want in ((1, "right"), (2, "right"), (Fraction(3, 2), "right"), (3, "wrong"), (-1, "wrong")):
        assert judged(lambda x: x * (x != 0) + x * (x > 0), [slope], [0.0]).verdict == want
    # The same for what is compared in another place, and for a comparison of two things that move.
    for slope, want in ((1, "right"), (0, "wrong"), (2, "wrong"), (Fraction(1, 2), "wrong")):
        found = judged(lambda x: x * (x > 0) + x * (-x > 0) + x * (x == 0), [slope], [0.0])
        assert found.verdict == want
    two = np.array([1.0, 1.0])
    for slopes, want in (([1, 0], "right"), ([0, 1], "right"), ([1, 1], "wrong"), ([0, 0], "wrong")):
        found = judged(lambda x: x[0] * (x[0] > x[1]) + x[1] * (x[1] >= x[0]), slopes, two, 1.0)
        assert found.verdict == want


@pytest.mark.parametrize(
    ("slope", "want"),
    [(0, "right"), (1, "right"), (2, "right"), (Fraction(13, 10), "right"), (Fraction(-1, 10), "wrong"),
     (Fraction(21, 10), "wrong")],
)  # fmt: skip
def test_relu_of_x_less_relu_of_minus_x_takes_each_relu_for_itself(slope: Any, want: str) -> None:
    forward = lambda x: np.maximum(x, 0) - np.maximum(-x, 0)  # noqa: E731
    slopes = [1, slope, 1, slope]
    assert judged(forward, slopes, [-1.0, 0, 2, 0]).verdict == want


# --- ties of several --------------------------------------------------------------------------------------------------
TIE = np.array([[3.0, 7, 7, 7, 7], [1, 0, 0, 0, 0]])


def tied(forward: Callable[[Any], Any], slopes: list[Any], x: Array) -> Decision:
    """The decision on a row with a tie above a row without one."""
    dout = np.array([2.0, 3.0])
    return decide(
        forward, lambda x: {"x": exact([slopes, [1, 0, 0, 0, 0]]) * dout[:, None] + 0 * x}, {"x": x}, ["x"], dout
    )


@pytest.mark.parametrize(
    ("share", "want"),
    [([1, 1, 1, 1], "wrong"), ([1, 0, 0, 0], "right"), ([0, 0, 1, 0], "right"), ([0, 0, 0, 1], "right"),
     ([Fraction(1, 4)] * 4, "right"), ([0, Fraction(1, 2), 0, Fraction(1, 2)], "right"), ([0, 0, 0, 0], "wrong"),
     ([Fraction(1, 2)] * 4, "wrong"), ([Fraction(1, 3)] * 3 + [0], "right"), ([2, -1, 0, 0], "wrong"),
     ([Fraction(1, 4)] * 3 + [Fraction(1, 8)], "wrong"), ([Fraction(1, 2), Fraction(5, 8), 0, 0], "wrong"),
     ([Fraction(-1, 4), Fraction(5, 8), Fraction(5, 8), 0], "wrong")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["max", "min"])
def test_a_tie_of_four_shares_a_whole_among_them(name: str, share: list[Any], want: str) -> None:
    x = TIE if name == "max" else -TIE
    for forward in (lambda x: getattr(x, name)(axis=1), lambda x: getattr(np, name)(x.T, axis=0)):
        assert tied(forward, [0, *share], x).verdict == want


def test_what_is_not_in_the_tie_gets_no_share_of_it() -> None:
    assert tied(lambda x: x.max(axis=1), [Fraction(1, 2), Fraction(1, 2), 0, 0, 0], TIE).verdict == "wrong"


def test_a_tie_of_what_moves_alike_is_no_choice() -> None:
    for forward in (lambda x: np.maximum(x, x), lambda x: np.maximum(x * 1, x + 0), lambda x: np.max([x, x], axis=0)):
        found = judged(lambda x, f=forward: f(x), [1], [0.0])
        assert (found.verdict, found.choice) == ("right", "")
        assert judged(lambda x, f=forward: f(x), [Fraction(1, 2)], [0.0]).verdict == "wrong"


# --- what is no kink --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("forward", [lambda x: np.where(x >= 0, 1.0 + 0 * x, 0 * x), lambda x: 1.0 * (x > 0) + 0 * x,
                                     lambda x: np.sign(x) + 0 * x])  # fmt: skip
def test_a_jump_is_no_choice(forward: Callable[[Any], Any]) -> None:
    assert judged(forward, [0, 0], [0.0, 1.0]).verdict == "right"
    for slope in (1, Fraction(1, 2), -1):
        assert judged(forward, [slope, 0], [0.0, 1.0]).verdict == "wrong"


def test_a_jump_with_another_slope_behind_it_does_not_lend_that_slope() -> None:
    forward = lambda x: np.where(x > 0, 5 + 3 * x, x)  # noqa: E731
    assert judged(forward, [1], [0.0]).verdict == "right"
    for slope in (3, 2):
        assert judged(forward, [slope], [0.0]).verdict == "wrong"


def test_a_kink_elsewhere_makes_no_choice_of_a_jump() -> None:
    forward = lambda x: np.where(x > 0, [5, 0] + [3, 1] * x, [1, 0] * x)  # noqa: E731
    for slope in (0, Fraction(1, 2), 1):
        assert judged(forward, [1, slope], [0.0, 0.0]).verdict == "right"
        for behind in (3, 2, 0):
            assert judged(forward, [behind, slope], [0.0, 0.0]).verdict == "wrong"


def test_what_is_equal_without_deciding_anything_is_no_kink() -> None:
    def forward(x: Any) -> Any:
        still = np.where(0 * x[0] > 0, 2.0, 1.0)
        return still * (np.maximum(x[0], 1 * x[0]) + np.max([x[0], x[0]]) + np.maximum(x[1], 0))

    found = judged(forward, [2, 1], [0.0, 0.0], 3.0)
    assert (found.verdict, found.choice) == ("right", f"subgradient: maximum at [], {SET}")


def test_equality_is_no_side() -> None:
    forward = lambda x: np.where(x == 0, 0 * x, x * x)  # noqa: E731
    for value, want in ((0, "right"), (1, "wrong")):
        found = judged(forward, [value, 4], [0.0, 2.0])
        assert (found.verdict, found.choice) == (want, "")
    assert judged(lambda x: np.where(x != 0, 2 * x, x + x), [2, 2], [0.0, 1.0]).choice == ""


def test_away_from_its_kinks_a_function_has_one_derivative_and_no_choice_is_named() -> None:
    for name, (forward, left, right) in HALF.items():
        if name != "one maximum of two that move":
            found = judged(forward, [left, right], [-3.0, 2.0])
            assert (found.verdict, found.choice, found.hull) == ("right", "", {}), name
            assert judged(forward, [right, right], [-3.0, 2.0]).verdict == "wrong", name
            assert judged(forward, [left, Fraction(left + right) / 2], [-3.0, 2.0]).verdict == "wrong", name


@pytest.mark.parametrize(("kinks", "share"), [(1, 0), (1, Fraction(1, 2)), (3, 1), (14, Fraction(1, 2))])
def test_a_kink_elsewhere_does_not_excuse_what_is_wrong_away_from_it(kinks: int, share: Any) -> None:
    x = [0.0] * kinks + [-2.0, 3.0]
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    assert judged(relu, [share] * kinks + [0, 1], x).verdict == "right"
    for wrong in ([1, 1], [0, 0], [0, Fraction(1, 2)], [Fraction(1, 1000), 1]):
        assert judged(relu, [share] * kinks + wrong, x).verdict == "wrong"


# --- what is reported -------------------------------------------------------------------------------------------------
def test_the_choice_names_the_first_kinks_and_counts_the_others() -> None:
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    assert judged(relu, [0, 1], [0.0, 2.0]).choice == f"subgradient: maximum at [0], {SET}"
    many = judged(relu, [0] * 6, [0.0] * 6).choice
    assert many == f"subgradient: maximum at [0], maximum at [1], maximum at [2] and 3 more, {SET}"
    assert judged(HALF["two masks"][0], [1, 1], [0.0, 1.0]).choice == f"subgradient: greater at [0], {SET}"


def test_the_hull_contains_both_choices_and_little_else() -> None:
    for name in ("np.maximum", "np.where", "abs", "np.minimum"):
        forward, left, right = HALF[name]
        low, high = judged(forward, [left, right, right], [0.0, 2.0, 0.0], [1.0, 1, -4]).hull["x"]
        for place, dout in ((0, 1), (2, -4)):
            ends = sorted((float(left) * dout, float(right) * dout))
            # A radius keeps 30 bits, so an enclosure is wider by less than 2⁻²⁰ of the numbers in it.
            slack = 2.0**-20 * 4
            assert ends[0] - slack <= low[place] <= ends[0], name
            assert ends[1] <= high[place] <= ends[1] + slack, name
        assert low[1] <= float(right) <= high[1]


def test_a_wrong_gradient_is_shown_beside_the_hull_that_shuts_it_out() -> None:
    found = judged(lambda x: np.maximum(x, 0), [3], [0.0], [2.0])
    low, high = found.hull["x"]
    assert found.verdict == "wrong"
    assert not low[0] <= found.mine["x"].mid()[0] <= high[0]


# --- the route itself -------------------------------------------------------------------------------------------------
PLACE = Kink("greater", (0, 1), 3)


def test_a_route_gives_each_kink_its_shares_whatever_came_before_it() -> None:
    half = (arb("0.5"), arb("0.5"))
    one, two = Kink("maximum", (), 2, 1), Kink("maximum", (), 2, 2)
    way = Route({one: half})
    assert way.weights(two) == (1, 0)
    assert way.weights(one) == half
    assert way.weights(PLACE) == (1, 0, 0)
    assert way.kinks == [two, one, PLACE]
    for weight in Route(every=True).weights(PLACE)[1:]:
        assert weight.contains(0)
        assert weight.contains(1)


def test_what_is_compared_again_stays_on_its_side_also_the_other_way_round() -> None:
    way = Route({PLACE: (arb(0), arb(1), arb(0))})
    assert way.sides_of(PLACE, [arb(0), arb(2)]) == (0, 1, 0)
    assert way.sides_of(PLACE, [arb(0), arb(2)]) == (0, 1, 0)
    assert way.sides_of(PLACE, [arb(0), arb(-2)]) == (0, 0, 1)
    assert len(way.kinks) == 1
    assert way.sides_of(Kink("greater", (0, 2), 3), [arb(2), arb(0)]) == (1, 0, 0)
    assert len(way.kinks) == 2


def test_a_first_comparison_the_other_way_round_is_its_own_side_too() -> None:
    way = Route({PLACE: (arb(0), arb(1), arb(0))})
    assert way.sides_of(PLACE, [arb(-2)]) == (0, 1, 0)
    assert way.sides_of(PLACE, [arb(2)]) == (0, 0, 1)


def test_a_route_is_in_force_inside_its_block_only() -> None:
    way = Route()
    with following(way) as inside:
        assert inside is way
        assert route() is way
        with following(Route()) as inner:
            assert route() is inner
        assert route() is way
    assert route() is not way


@settings(max_examples=20)
@given(st.lists(st.integers(-9, 9), min_size=3, max_size=3), st.integers(0, 4), st.integers(0, 4))
def test_a_blend_is_the_weighted_sum(options: list[int], one: int, other: int) -> None:
    weights: Sequence[arb] = [arb(8 - one - other) / 8, arb(one) / 8, arb(other) / 8]
    want = sum((w * v for w, v in zip(weights, options, strict=True)), arb(0))
    assert blend(tuple(weights), [arb(v) for v in options]) == want


def test_a_kink_is_named_by_its_operation_and_place() -> None:
    assert str(PLACE) == "greater at [0, 1]"
