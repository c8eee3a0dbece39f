"""Where kinks make the derivative a set: the whole decision held, on functions whose sets are plain to see.

A function here is its value and its gradient along a route, in the shares of the options that it asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq

from verify.arithmetic.balls import Balls
from verify.arithmetic.kinks import Kink, Route, Shares
from verify.oracles.certificate import Decision, Slopes, compared
from verify.oracles.decide import decide
from verify.oracles.subgradient import subgradients

SET = "where the derivative is a set"
Gradients = Mapping[str, Any]
Function = Callable[[Route], tuple[Any, Gradients]]


def exact(x: Any) -> Balls:
    numbers = np.asarray(x, dtype=object)
    flat = [v if isinstance(v, arb) else arb(fmpq(*Fraction(v).as_integer_ratio())) for v in numbers.ravel()]
    return Balls(np.array([*flat, None], dtype=object)[:-1].reshape(numbers.shape))


def decided(function: Function, terms: Any = 1, **mine: Any) -> tuple[Decision, list[Any]]:
    """The decision on these gradients, and the choices that were run."""
    asked: list[Any] = []

    def run(given: Shares | None = None, every: bool = False) -> Slopes:
        way = Route(given or {}, every)
        asked.append("every" if every else [[str(w) for w in weights] for weights in way.given.values()])
        value, gradients = function(way)
        return Slopes({k: exact(v) for k, v in gradients.items()}, tuple(way.kinks), exact([value]), arb(terms))

    first = run()
    held = {k: exact(v) for k, v in mine.items()}
    verdicts = {k: compared(x, first.want[k], first.terms) for k, x in held.items()}
    return subgradients(Decision(verdicts, held, first.want), first, run), asked


def kink(i: int, options: int = 2) -> Kink:
    return Kink("maximum", (i,), options)


def weighted(*vectors: Sequence[Any]) -> Function:
    """Σ relu(vᵢ·x) at 0: the gradient is the sum of the vectors, each taken by a share of its own."""

    def function(way: Route) -> tuple[Any, Gradients]:
        shares = [way.weights(kink(i))[1] for i in range(len(vectors))]
        columns = zip(*vectors, strict=True)
        return 0, {"x": [sum((w * v for w, v in zip(shares, column, strict=True)), arb(0)) for column in columns]}

    return function


def ends(found: Decision, name: str = "x") -> list[Any]:
    """The least and the largest of each element, to the 2⁻²⁰ that radii of 30 bits may add to small numbers."""
    low, high = found.hull[name]
    return [[round(float(v) * 2**20) / 2**20 for v in end.ravel()] for end in (low, high)]


# --- the whole decision -----------------------------------------------------------------------------------------------
RELU = {"x": np.array([[0.0, 2.0], [-1.0, 0.0]])}
UP = np.array([[1.0, 2.0], [3.0, -4.0]])


@pytest.mark.parametrize(
    ("slopes", "verdict", "want"),
    [
        ([[0, 1], [0, 0]], "right", [[0, 2], [0, 0]]), ([[1, 1], [0, 1]], "right", [[1, 2], [0, -4]]),
        ([[0.5, 1], [0, 0.25]], "right", [[0.5, 2], [0, -1]]), ([[2, 1], [0, 0]], "wrong", [[1, 2], [0, -4]]),
        ([[0.5, 1.5], [0, 0]], "wrong", [[1, 2], [0, -4]]), ([[-0.5, 1], [0, 0]], "wrong", [[1, 2], [0, -4]]),
    ],
)  # fmt: skip
def test_of_relu_at_two_zeros_the_verdict_the_choice_the_hull_and_what_varies_are_told(
    slopes: Any, verdict: str, want: Any
) -> None:
    """Where some choice reproduces the gradient it is what was wanted; else it is what NumPy takes."""
    found = decide(
        lambda x: np.maximum(x, 0), lambda x: {"x": Balls.of(np.array(slopes) * UP) + 0 * x}, RELU, ["x"], UP
    )  # fmt: skip
    assert found.verdicts == {"x": verdict}
    assert found.want["x"].mid().tolist() == want
    assert found.mine["x"].mid().tolist() == (np.array(slopes) * UP).tolist()
    assert found.choice == f"subgradient: maximum at [0, 0], maximum at [1, 1], {SET}"
    assert (found.varies["x"].dtype, found.varies["x"].tolist()) == (bool, [[True, False], [False, True]])
    assert ends(found) == [[0, 2, 0, -4], [1, 2, 0, 0]]
    assert found.hull["x"][0].shape == (2, 2)


def test_shares_that_reproduce_the_gradient_are_solved_for_and_shown_by_a_run() -> None:
    """One tie of three, and two kinks of one vector: it is enough that one of the two moves."""

    def function(way: Route) -> tuple[Any, Gradients]:
        _, right, up = way.weights(kink(0, 3))
        diagonal = way.weights(kink(1))[1] + way.weights(kink(2))[1]
        return 0, {"x": [[right, up], [diagonal, 4 * diagonal]]}

    found, asked = decided(function, x=[[Fraction(1, 4), Fraction(1, 2)], [Fraction(1, 2), 2]])
    assert (found.verdict, found.want["x"].mid().tolist()) == ("right", [[0.25, 0.5], [0.5, 2]])
    assert asked[:6] == [
        [], [["0", "1.00000000000000", "0"]], [["0", "0", "1.00000000000000"]], [["0", "1.00000000000000"]],
        [["0", "1.00000000000000"]], "every",
    ]  # fmt: skip
    assert [[w.rstrip("0") for w in weights] for weights in asked[6]] == [["0.25", "0.25", "0.5"], ["0.5", "0.5"]]
    assert len(asked) == 7
    for beyond in ([Fraction(3, 4), Fraction(1, 2)], [Fraction(-1, 4), Fraction(1, 2)], [0, Fraction(9, 8)]):
        assert decided(function, x=[beyond, [Fraction(1, 2), 2]])[0].verdict == "wrong"


def test_each_gradient_is_judged_for_itself_and_each_pure_choice_is_run_once() -> None:
    """Slopes a·b of two kinks behind each other: no kink moves anything by itself, and no mixture is solved for."""

    def function(way: Route) -> tuple[Any, Gradients]:
        a, b = (way.weights(kink(i))[1] for i in range(2))
        return 0, {"plain": [7], "x": [2 * a * b], "y": [3 * a * b, 0], "z": [a * b], "w": [a * b], "none": []}

    found, asked = decided(function, plain=[7], x=[2], y=[3, 0], z=[2], w=[Fraction(3, 4)], none=[])
    assert found.verdicts == {
        "plain": "right", "x": "right", "y": "right", "z": "wrong", "w": "undecided", "none": "right",
    }  # fmt: skip
    assert [found.want[k].mid().tolist() for k in ("plain", "x", "y", "z", "w")] == [[7], [2], [3, 0], [0], [0]]
    on, off = ["0", "1.00000000000000"], ["1.00000000000000", "0"]
    assert asked == [[], [on], [on], "every", [off, off], [off, on], [on, off], [on, on]]
    # The square of the ball ½ ± ½ is ¼ ± ¾.
    assert [(ends(found, k)) for k in ("plain", "y", "none")] == [[[7], [7]], [[-1.5, 0], [3, 0]], [[], []]]
    assert {k: (v.dtype, v.tolist()) for k, v in found.varies.items()} == {
        "plain": (bool, [False]), "x": (bool, [True]), "y": (bool, [True, False]), "z": (bool, [True]),
        "w": (bool, [True]), "none": (bool, []),
    }  # fmt: skip


def test_where_no_choice_changes_anything_the_plain_decision_stands() -> None:
    found, asked = decided(lambda way: (0, {"x": [1 + 0 * way.weights(kink(0))[1]]}), x=[2])
    assert (found.verdicts, found.choice, found.hull, found.varies) == ({"x": "wrong"}, "", {}, {})
    assert asked == [[], [["0", "1.00000000000000"]], "every"]


def test_slopes_that_differ_by_less_than_varies_shows_are_a_choice_all_the_same() -> None:
    for size, varies in ((Fraction(1, 2**70), False), (Fraction(1, 2**40), True)):
        unit = exact(size).parts[0][()]
        found, _ = decided(lambda way, u=unit: (0, {"x": [u * way.weights(kink(0))[1]]}), x=[size])
        assert (found.verdict, found.choice) == ("right", f"subgradient: maximum at [0], {SET}")
        assert found.varies["x"].tolist() == [varies]


def test_an_element_varies_where_its_enclosure_is_wider_than_a_sharp_one_by_the_terms_or_tells_nothing() -> None:
    radii = [arb(0, 1), arb(0, 1.5), arb(0)]

    def function(way: Route) -> tuple[Any, Gradients]:
        moving = way.weights(kink(0))[1]
        wide = [x if way.every else arb(0) for x in (*radii, arb("nan"))]
        return 0, {"x": [*wide, moving * 2**70]}

    found, _ = decided(function, terms=radii[0].rad() * 2**64, x=[0, 0, 0, 0, 0])
    assert found.varies["x"].tolist() == [False, True, False, True, True]


# --- what does not run, and jumps -------------------------------------------------------------------------------------
def test_where_all_mixtures_do_not_run_any_element_may_vary_and_the_hull_is_that_of_single_options() -> None:
    """A jump is no option: its value is another. Nor is one that does not run."""

    def function(way: Route) -> tuple[Any, Gradients]:
        jump, bend, other, broken = (way.weights(kink(i))[1] for i in range(4))
        if way.every or broken == 1:
            raise ZeroDivisionError
        return jump, {"x": [[5 * jump + 2 * bend, 3 * other], [0 * bend, 0 * bend]]}

    for *mine, verdict in ((2, 3, "right"), (1, 1.5, "right"), (5, 0, "wrong"), (3, 3, "wrong"), (1, -1, "wrong")):
        found, _ = decided(function, x=[mine, [0, 0]])
        assert found.verdict == verdict
        assert found.choice == f"subgradient: maximum at [0], maximum at [1], maximum at [2] and 1 more, {SET}"
        assert ends(found) == [[0, 0, 0, 0], [2, 3, 0, 0]]
        assert (found.varies["x"].dtype, found.varies["x"].tolist()) == (bool, [[True, True], [True, True]])


def test_where_all_mixtures_have_another_value_they_do_not_tell_what_varies() -> None:
    found, _ = decided(lambda way: (int(way.every), {"x": [way.weights(kink(0))[1], 0]}), x=[1, 0])
    assert found.varies["x"].tolist() == [True, True]


def test_three_kinks_are_named_and_of_four_the_last_is_counted() -> None:
    for count, more in ((3, ""), (4, " and 1 more")):
        found, _ = decided(weighted(*[(1, 0)] * count), x=[1, 0])
        assert found.choice == f"subgradient: maximum at [0], maximum at [1], maximum at [2]{more}, {SET}"


# --- how many choices are looked at -----------------------------------------------------------------------------------
def diagonal(count: int) -> Function:
    """So many kinks, of which each adds (1, 1): sums lie on a line; by element all that is told is a square."""

    def function(way: Route) -> tuple[Any, Gradients]:
        total = sum((way.weights(kink(i))[1] for i in range(count)), arb(0))
        return 0, {"x": [total, total]}

    return function


@pytest.mark.parametrize(("count", "verdict"), [(5, "right"), (10, "right"), (11, "undecided")])
def test_among_up_to_1024_pure_choices_the_gradient_is_looked_for(count: int, verdict: str) -> None:
    """No mixture that is solved for gives three of them."""
    assert decided(diagonal(count), x=[3, 3])[0].verdict == verdict


@pytest.mark.parametrize(("count", "verdict"), [(5, "wrong"), (10, "wrong"), (11, "undecided")])
def test_by_up_to_1024_pure_choices_a_gradient_is_shut_out(count: int, verdict: str) -> None:
    assert decided(diagonal(count), x=[4, 3])[0].verdict == verdict
    assert decided(diagonal(count), x=[12, 12])[0].verdict == "wrong"


def test_beyond_1024_choices_any_share_of_each_kink_is_solved_for_none_and_all_of_it_too() -> None:
    function = weighted(*np.eye(11, dtype=int).tolist())
    for shares, verdict in (
        ([1] * 11, "right"), ([1, 0, 0.5, 0.25, 0.75, 0, 1, 0, 0, 0, 0.125], "right"), ([0.5] * 10 + [1.5], "wrong"),
    ):  # fmt: skip
        assert decided(function, x=shares)[0].verdict == verdict


def test_a_gradient_that_cancels_is_reproduced_to_the_size_of_its_terms() -> None:
    """1 − 3·⅓ is 0 up to some 2⁻⁵⁰ at the precision here, which is sharp beside terms of 2²⁰ and not beside 1."""
    for terms, verdict in ((2**20, "right"), (1, "undecided")):
        found, _ = decided(lambda way: (0, {"x": [1 - way.weights(kink(0))[1] * (arb(1) / 3) * 3]}), terms, x=[0])
        assert found.verdict == verdict


def test_kinks_that_show_behind_others_are_choices_too_and_too_many_of_them_leave_the_plain_ones() -> None:
    for hidden in (1, 11):

        def function(way: Route, hidden: int = hidden) -> tuple[Any, Gradients]:
            a, b = (way.weights(kink(i))[1] for i in range(2))
            behind = [way.weights(kink(2 + i))[1] for i in range(hidden)] if not a.is_zero() else [arb(0)]
            return 0, {"x": [2 * a * b], "y": [2 * a * behind[0]]}

        found, asked = decided(function, x=[2], y=[2 if hidden == 1 else 0])
        assert found.verdicts == {"x": "right", "y": "right"}
        assert all(choice == "every" or len(choice) <= 3 for choice in asked)
        assert decided(function, x=[1], y=[0])[0].verdicts == {"x": "undecided", "y": "right"}


def test_where_a_choice_meets_a_kink_that_is_no_part_of_it_nothing_is_shut_out() -> None:
    for deep, verdict in ((False, "wrong"), (True, "undecided")):

        def function(way: Route, deep: bool = deep) -> tuple[Any, Gradients]:
            """The third kink shows where both others are taken."""
            a, b = (way.weights(kink(i))[1] for i in range(2))
            if way.every:
                raise ZeroDivisionError
            if deep and a == b == 1:
                way.weights(kink(2))
            return 0, {"x": [2 * a * b]}

        assert decided(function, x=[-1])[0].verdict == verdict


@pytest.mark.parametrize("power", [-900, -300, 0, 300, 900])
def test_a_gradient_beside_the_hull_is_wrong_and_one_within_is_not_at_any_scale(power: int) -> None:
    """The hull is a rhombus of side (2, 1) and (1, 2), of which only choices behind each other are solved for."""
    scale = Fraction(2) ** power
    unit = exact(scale).parts[0][()]

    def function(way: Route) -> tuple[Any, Gradients]:
        a, b, c, d = (way.weights(kink(i))[1] for i in range(4))
        return 0, {"x": [unit * (2 * a * b + c * d), unit * (a * b + 2 * c * d)]}

    for mine, verdict in (
        ((2, 1), "right"), ((3, 3), "right"), ((1.5, 1.5), "undecided"), ((1, 1), "undecided"), ((2.5, 2), "undecided"),
        ((2, 0.75), "wrong"), ((0.75, 2), "wrong"), ((3, 2.25), "wrong"), ((0.5, 2.5), "wrong"),
    ):  # fmt: skip
        found, _ = decided(function, terms=unit, x=[Fraction(v) * scale for v in mine])
        assert found.verdict == verdict, mine
