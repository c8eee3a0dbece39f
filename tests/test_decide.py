"""A decision as a whole: every verdict, what was compared, which choice was made and how many bits it took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import fsum
from typing import Any

import numpy as np
import pytest
from flint import arb

from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.kinks import Route
from verify.oracles.certificate import Decision, Slopes, certificate, compared
from verify.oracles.decide import decide, directions

Array = np.ndarray[Any, Any]

# The sentences of a choice, as they are read.
AS_MEANT = "constants such as 1/m are taken as the fractions that they stand for"
UP_TO = "up to the rounding of constants that are no short fractions, such as 1/√3"

X, Y = np.array([1.5, -2.0]), np.array([[0.5], [4.0], [-1.0]])


def exact(balls: Balls) -> Any:
    """The numbers of an enclosure that holds nothing else."""
    assert not balls.rad().any()
    return balls.mid().tolist()


def told(found: Decision) -> tuple[dict[str, str], str, int, int]:
    return dict(found.verdicts), found.choice, found.directions, found.bits


def judged(
    forward: Callable[..., Any], mine: Callable[..., Any], *, dout: Any = 1.0, wrt: Sequence[str] = "xy", **inputs: Any
) -> Decision:
    given = {"x": X, "y": Y, **inputs}
    return decide(forward, mine, {k: v for k, v in given.items() if k in wrt}, list(wrt), np.asarray(dout))


# --- what a decision holds --------------------------------------------------------------------------------------------
def test_a_decision_of_nothing_has_made_no_choice() -> None:
    assert Decision({}, {}, {}) == Decision({}, {}, {}, "", {}, {}, 0, 128)
    assert Decision({}, {}, {}).verdict == "undecided"


def test_a_right_gradient_beside_a_wrong_one() -> None:
    found = judged(lambda x, y: np.sum(x * x) + np.sum(3 * y), lambda x, y: {"y": 0 * y + 3, "x": 2 * x + [0, 1]})
    assert told(found) == ({"x": "wrong", "y": "right"}, "", 0, 128)
    assert exact(found.mine["x"]) == [3.0, -3.0]
    assert exact(found.want["x"]) == [3.0, -4.0]
    assert exact(found.mine["y"]) == exact(found.want["y"]) == [[3.0], [3.0], [3.0]]
    assert (found.hull, found.varies) == ({}, {})


def test_a_gradient_made_of_constants_fits_the_shape_of_its_input() -> None:
    found = judged(lambda x, y: np.sum(x) * 2 + np.sum(y), lambda x, y: {"x": 2.0, "y": np.ones((3, 1))})
    assert told(found) == ({"x": "right", "y": "right"}, "", 0, 128)
    assert exact(found.mine["x"]) == [2.0, 2.0]


def test_a_constant_of_a_float32_formula_is_rounded_to_float32_on_both_sides() -> None:
    found = judged(lambda x: np.sum(0.1 * x), lambda x: {"x": 0.1}, wrt="x", x=X.astype(np.float32))
    assert told(found) == ({"x": "right"}, "", 0, 128)
    assert exact(found.mine["x"]) == exact(found.want["x"]) == [float(np.float32(0.1))] * 2


# --- constants --------------------------------------------------------------------------------------------------------
def thirds(x: Any) -> Any:
    return np.sum(x / 3)


def roots(y: Any) -> Any:
    return np.sum(y / np.sqrt(3))


def test_constants_as_meant_and_up_to_their_rounding_are_both_told() -> None:
    found = judged(lambda x, y: thirds(x) + roots(y), lambda x, y: {"x": 1 / 3 + 0 * x, "y": 3**-0.5 + 0 * y})
    assert told(found) == ({"x": "right", "y": "right"}, f"{AS_MEANT}; {UP_TO}", 0, 128)


def test_what_is_right_only_up_to_rounding_is_shown_as_wide_as_that_and_what_is_wrong_as_it_is() -> None:
    found = judged(
        lambda x, y, z: np.sum(x * x) + roots(y) + np.sum(z),
        lambda x, y, z: {"x": 2 * x, "y": 3**-0.5 + 0 * y, "z": 0 * z - 1},
        wrt="xyz", z=np.ones(1),
    )  # fmt: skip
    assert told(found) == ({"x": "right", "y": "right", "z": "wrong"}, UP_TO, 0, 128)
    assert (exact(found.mine["x"]), exact(found.want["x"])) == ([3.0, -4.0], [3.0, -4.0])
    assert (exact(found.mine["z"]), exact(found.want["z"])) == ([-1.0], [1.0])
    for side in (found.mine, found.want):
        assert (side["y"].rad() > 0).all()
        assert (np.abs(side["y"].mid() - 3**-0.5) <= side["y"].rad()).all()


@pytest.mark.parametrize(("part", "verdict"), [(1e-9, "right"), (1e-10, "wrong")])
def test_rounding_excuses_nothing_where_it_would_hide_an_error_of_a_millionth(part: float, verdict: str) -> None:
    """Of two constants a small part is left; their rounding, some 4e-16, is one or ten parts in a million of it."""
    near = 3**-0.5 * (1 - part)
    found = judged(lambda x: roots(x) - np.sum(near * x), lambda x: {"x": 3**-0.5 - near}, wrt="x")
    assert told(found) == ({"x": verdict}, UP_TO if verdict == "right" else "", 0, 128)


def test_a_derivative_that_cancels_to_the_rounding_of_its_constants_is_zero() -> None:
    """It has no size of its own: what hides in it is measured by its terms, 1/√3 each."""
    weights = np.array([1 / np.sqrt(3), -(3**-0.5)])
    assert weights.sum() != 0
    found = judged(lambda x: x * weights, lambda x: {"x": 0 * x}, wrt="x", dout=[1.0, 1.0], x=np.ones(1))
    assert told(found) == ({"x": "right"}, UP_TO, 0, 128)


def test_a_constant_as_meant_at_a_kink_tells_of_both_choices() -> None:
    found = judged(lambda x: np.maximum(x, 0) / 5, lambda x: {"x": 1 / 5}, wrt="x", x=np.zeros(1), dout=[1.0])
    kink = "subgradient: maximum at [0], where the derivative is a set"
    assert told(found) == ({"x": "right"}, f"{kink}; {AS_MEANT}", 0, 128)


# --- kinks and bits ---------------------------------------------------------------------------------------------------
def relu_and_tanh(x: Any, y: Any) -> Any:
    return np.sum(np.maximum(x, 0)) + np.sum(np.tanh(y))


def other_side(x: Any, y: Any) -> dict[str, Any]:
    return {"x": 0 * x, "y": 1 - np.tanh(y) ** 2}


def test_another_choice_at_a_kink_is_right_while_a_saturated_element_asks_for_more_bits() -> None:
    found = judged(relu_and_tanh, other_side, x=np.zeros(1), y=np.array([50.0]))
    assert told(found) == (
        {"x": "right", "y": "right"}, "subgradient: maximum at [0], where the derivative is a set", 0, 256,
    )  # fmt: skip


def test_a_gradient_that_no_precision_decides_has_made_no_choice_at_the_kinks_beside_it() -> None:
    beside = {"x": np.zeros(1), "y": np.ones(1), "dout": [1.0]}
    found = judged(lambda x, y: np.maximum(x, 0) + y, lambda x, y: {"x": 1.0, "y": 1 / (y - y)}, **beside)
    assert told(found) == ({"x": "right", "y": "undecided"}, "", 0, 4096)
    assert (found.hull, found.varies) == ({}, {})


@pytest.mark.parametrize(("slope", "verdict"), [(0.25, "right"), (-0.25, "wrong")])
def test_at_a_kink_the_hull_holds_all_slopes_and_varies_says_which_elements_have_several(
    slope: float, verdict: str
) -> None:
    x = np.array([0.0, 2.0])
    found = judged(lambda x: np.maximum(x, 0), lambda x: {"x": x * 0 + [slope, 1]}, wrt="x", x=x, dout=[2.0, 1.0])
    low, high = found.hull["x"]
    assert (found.verdict, low[0] <= 0, high[0] >= 2, low[1], high[1]) == (verdict, True, True, 1, 1)
    assert found.varies["x"].tolist() == [True, False]


def test_a_wrong_gradient_that_is_not_known_sharply_is_no_choice_where_there_is_no_kink() -> None:
    found = judged(lambda x: np.sum(np.tanh(x)), lambda x: {"x": np.tanh(x) ** 2 - 1}, wrt="x", x=np.array([40.0]))
    assert told(found) == ({"x": "wrong"}, "", 0, 128)
    assert (found.hull, found.varies) == ({}, {})


# --- directions -------------------------------------------------------------------------------------------------------
MANY = {"x": np.linspace(-1.0, 1.0, 1001)}


@pytest.mark.parametrize("size", [1000, 1001])
def test_directions_are_drawn_above_a_thousand_elements(size: int) -> None:
    inputs = {"x": np.zeros(size - 1), "y": np.zeros((1, 1)), "constant": np.zeros(7)}
    along = directions(inputs, ["x", "y"], 0)
    shapes = along and {k: v.shape for k, v in along.items()}
    assert shapes == (None if size == 1000 else {"x": (3, 1000), "y": (3, 1, 1)})


@pytest.mark.parametrize("seed", [(), (5,)])
def test_a_gradient_of_many_elements_is_its_products_with_the_directions_of_the_seed(seed: tuple[int, ...]) -> None:
    found = decide(lambda x: 2 * np.sum(x), lambda x: {"x": 2.0}, MANY, ["x"], np.array(1.0), *seed)
    along = directions(MANY, ["x"], *(seed or (0,)))
    assert along is not None
    assert told(found) == ({"x": "right"}, "", 3, 128)
    assert exact(found.mine["x"]) == exact(found.want["x"]) == [2 * fsum(u) for u in along["x"].tolist()]


# --- the certificate --------------------------------------------------------------------------------------------------
def slopes(forward: Callable[..., Any], dout: Any, **inputs: Any) -> Slopes:
    with precision():
        return certificate(forward, inputs, list(inputs), np.asarray(dout), Route())


def test_an_input_of_more_elements_than_are_carried_together_keeps_every_slope_in_its_place() -> None:
    x = np.arange(66.0)
    found = slopes(lambda y, x, z: (x + y * z)[[0, 1, 63, 64, 65]], [2.0, 3, 5, 7, 11], y=np.array(13.0), x=x, z=X[:1])
    assert exact(found.want["y"]) == 1.5 * 28
    assert exact(found.want["x"]) == [2.0, 3, *[0] * 61, 5, 7, 11]
    assert exact(found.want["z"]) == [13.0 * 28]


def test_an_input_that_the_output_does_not_move_with_has_slopes_of_zero_beside_one_that_it_does() -> None:
    found = slopes(lambda x, y: x * x, [1.0, 1.0], x=X, y=Y)
    assert exact(found.want["x"]) == [3.0, -4.0]
    assert exact(found.want["y"]) == [[0.0], [0.0], [0.0]]
    assert found.terms == 4


@pytest.mark.parametrize(("first", "second"), [(0.25, 0.5), (0.5, 0.25), (0.0, 0.5), (0.0, 0.0)])
def test_the_largest_terms_are_told_whichever_input_they_belong_to(first: float, second: float) -> None:
    found = slopes(lambda x, y: first * np.sum(x) + second * y, 1.0, x=X, y=np.array(1.0))
    assert found.terms == max(first, second)


def test_a_dout_of_another_shape_is_named_beside_the_outputs() -> None:
    with pytest.raises(ValueError, match=r"^dout has shape \(3, 2\), but the forward's output has shape \(2,\)$"):
        slopes(lambda x: x * x, np.ones((3, 2)), x=X)


def ball(middle: float, radius: float = 0.0) -> Balls:
    return Balls(np.array([arb(middle, radius)], dtype=object))


@pytest.mark.parametrize(
    ("mine", "want", "verdict"),
    [(ball(0), ball(0, 2.0**-65), "right"), (ball(0, 2.0**-65), ball(0), "right"),
     (ball(0, 2.0**-63), ball(0), "undecided"), (ball(0), ball(0, 2.0**-63), "undecided"),
     # The terms are large, but neither is 0 by cancellation: the size that counts is the derivative's own.
     (ball(0, 2.0**-69), ball(2.0**-70), "undecided"), (ball(2.0**-70), ball(0, 2.0**-69), "undecided")],
)  # fmt: skip
def test_only_a_derivative_that_both_enclose_as_zero_is_measured_by_its_terms(
    mine: Balls, want: Balls, verdict: str
) -> None:
    assert compared(mine, want, arb(1)) == verdict


def test_how_sharp_is_sharp_enough_can_be_asked_for() -> None:
    wide, sharp = ball(1, 2.0**-20), ball(1)
    assert compared(wide, sharp, arb(0), 2.0**-19) == "right"
    assert compared(wide, sharp, arb(0), 2.0**-21) == "undecided"
    assert compared(wide, sharp + Fraction(1, 2), arb(0), 2.0**-19) == "wrong"
