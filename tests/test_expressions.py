"""The expressions that are tried: which there are, that each has its own values, and which of them is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls, precision
from verify.diagnosis.expressions import LOOKS, SAMPLE, Library
from verify.diagnosis.fit import NEAR, enclosed

RNG = np.random.default_rng(1)
NOTHING: frozenset[str] = frozenset()


def integers(*shape: int) -> Balls:
    """Products and sums of such are exact in floats."""
    return Balls.of(RNG.integers(1, 30, size=shape).astype(np.float64) * RNG.choice([-1.0, 1.0], size=shape))


W, S, A, B, X, U = (integers(*shape) for shape in ((2, 3), (2, 2), (3, 4), (2, 1), (2, 3), (2, 3)))


@pytest.fixture(autouse=True)
def sharp() -> Iterator[None]:
    with precision():
        yield


def library(hand: Mapping[str, Balls], *shape: int, upstream: str = "", m: int = 5, plain: bool = True) -> Library:
    return Library(hand, shape, upstream, m, frozenset(hand) if plain else NOTHING)


def texts(made: Library) -> list[str]:
    return [made[n].text for n in range(len(made.values))]


def found(made: Library, target: Any, **more: Any) -> list[str]:
    """Each with its factor."""
    return [f"{x.fit.factor.str(5, radius=False)} {x.expression.text}" for x in made.find(target, **more)]


# --- which there are ------------------------------------------------------------------------------------------------
PRODUCTS = ["X", "U", "X ∗ X", "X ∗ U", "U ∗ U"]
WITH_U = ["U ∗ X ∗ X", "U ∗ X ∗ U", "U ∗ U ∗ U"]


def test_products_of_one_or_two_and_of_the_upstream_gradient_with_two_are_tried() -> None:
    hand = {"X": X, "U": U, "A": A}
    # A is (3, 4), X and U are (2, 3): nothing of these multiplies to (2, 3).
    assert texts(library(hand, 2, 3)) == PRODUCTS
    assert texts(library({"X": X, "U": U}, 2, 3, upstream="U"))[:8] == [*PRODUCTS, *WITH_U]
    assert texts(library({"b": B, "X": X}, 2, 3))[:5] == ["b", "X", "b ∗ b", "b ∗ X", "X ∗ X"]
    assert texts(library({"X": X, "b": B}, 2, 3, upstream="b"))[:5] == ["X", "b", "X ∗ X", "X ∗ b", "b ∗ b"]
    assert len(texts(library({"A": A}, 2, 3))) == len(texts(library({}, 2, 3))) == 0


@pytest.mark.parametrize(
    ("shape", "over"),
    [((2,), " over axis 1"), ((2, 1), " over axis 1"), ((3,), " over axis 0"), ((1, 3), " over axis 0")],
)
def test_sums_over_an_axis_are_tried_with_and_without_its_place(shape: tuple[int, ...], over: str) -> None:
    sums = [f"Σ {x}{over}" for x in PRODUCTS]
    assert [x for x in texts(library({"X": X, "U": U}, *shape)) if "@" not in x] == sums
    with_u = [f"Σ {x}{over}" for x in WITH_U]
    assert [x for x in texts(library({"X": X, "U": U}, *shape, upstream="U")) if "@" not in x] == [*sums, *with_u]


@pytest.mark.parametrize("shape", [(), (1, 1)])
def test_sums_over_all_are_tried_for_a_single_number(shape: tuple[int, ...]) -> None:
    assert [x for x in texts(library({"X": X, "U": U}, *shape)) if "@" not in x] == [f"Σ {x}" for x in PRODUCTS]


def test_what_is_spread_is_summed_beside_what_is_as_wide_and_what_has_one_axis_is_not_summed() -> None:
    assert [x for x in texts(library({"b": B, "X": X}, 2, 1)) if "@" not in x] == [
        "b", "b ∗ b", *(f"Σ {x} over axis 1" for x in ("X", "b ∗ X", "X ∗ X")),
    ]  # fmt: skip
    sums = [f"Σ {x} over axis 1" for x in ("y", "x ∗ y", "y ∗ y")]
    assert texts(library({"x": B[:1], "y": B.T}, 1)) == sums
    line = Balls.of(np.array([2.0, 3.0, 5.0]))
    assert texts(library({"x": line}, *())) == texts(library({"x": line}, 1)) == []


def test_products_of_matrices_are_tried_every_way_that_the_shapes_allow() -> None:
    assert [x for x in texts(library({"W": W, "A": A}, 2, 4)) if "@" in x] == ["W @ A"]
    assert [x for x in texts(library({"W": W, "A": A}, 4, 2)) if "@" in x] == []
    assert [x for x in texts(library({"W": W, "X": X}, 2, 2)) if "@" in x] == ["W @ Wᵀ", "W @ Xᵀ", "X @ Wᵀ", "X @ Xᵀ"]
    assert [x for x in texts(library({"W": W, "X": X}, 3, 3)) if "@" in x] == ["Wᵀ @ W", "Wᵀ @ X", "Xᵀ @ W", "Xᵀ @ X"]
    assert [x for x in texts(library({"S": S, "W": W}, 2, 3)) if "@" in x] == ["S @ W", "Sᵀ @ W"]
    assert [x for x in texts(library({"S": S}, 2, 2)) if "@" in x] == ["S @ S", "S @ Sᵀ", "Sᵀ @ S"]
    assert [x for x in texts(library({"W": W, "A": A}, 4)) if "@" in x] == []


def test_one_side_of_a_product_of_matrices_may_have_a_function_or_the_upstream_gradient_before_it() -> None:
    made = set(texts(library({"W": W, "A": A}, 2, 4, plain=False)))
    for left, right in (("W²", "A"), ("W", "A²"), ("σ(W)", "A"), ("σ(W)", "σ(A)"), ("W", "tanh(A)"), ("tanh′(W)", "A")):
        assert f"{left} @ {right}" in made
    for left, right in (("W²", "A²"), ("tanh′(W)", "(1 − A)"), ("Wᵀ", "A")):
        assert f"{left} @ {right}" not in made
    assert not any("ᵀᵀ" in text for text in made)
    up = [x for x in texts(library({"W": W, "X": X, "A": A}, 2, 4, upstream="W")) if "@" in x]
    assert up == ["W @ A", "X @ A", "(W ∗ X) @ A"]
    right = [x for x in texts(library({"S": S, "W": W, "X": X}, 2, 3, upstream="W")) if "@" in x]
    assert right == ["S @ W", "S @ X", "Sᵀ @ W", "Sᵀ @ X", "S @ (W ∗ X)", "Sᵀ @ (W ∗ X)"]


@pytest.mark.parametrize(
    ("shape", "hand"),
    [
        ((2, 3), {"X": X, "U": U, "b": B, "S": S}), ((2, 1), {"X": X, "U": U, "b": B, "A": A}),
        ((3,), {"X": X, "U": U, "b": B}), ((1, 3), {"X": X, "U": U, "b": B}), ((), {"X": X, "U": U, "b": B}),
        ((1, 1), {"X": X, "U": U, "b": B}), ((2, 4), {"X": X, "U": U, "A": A}), ((3, 3), {"X": X, "U": U, "A": A}),
        ((5, 8), {"P": integers(5, 3), "Q": integers(3, 8), "U": integers(5, 8)}),
    ],
)  # fmt: skip
def test_every_expression_has_its_own_values_where_they_are_screened(
    shape: tuple[int, ...], hand: Mapping[str, Balls]
) -> None:
    made = library(hand, *shape, upstream="U")
    floats = {k: x.mid() for k, x in hand.items()}
    size = int(np.prod(shape))
    assert sorted(set(made.places.tolist())) == sorted(made.places.tolist())
    assert len(made.places) == min(size, SAMPLE)
    assert len(made.values) > 2
    for n, values in enumerate(made.values):
        assert np.array_equal(values, np.asarray(made[n].of(floats, shape)).ravel()[made.places])
    assert len(set(texts(made))) == len(made.values)


def test_functions_are_multiplied_as_they_are() -> None:
    made = library({"X": X, "b": B}, 2, 3, plain=False)
    floats = {"X": X.mid(), "b": B.mid()}
    products = [n for n in range(len(made.values)) if "@" not in made[n].text and "Σ" not in made[n].text]
    assert len(products) > 500
    for n in products[::7]:
        assert np.array_equal(made.values[n], made[n].of(floats, (2, 3)).ravel()[made.places])


def test_of_large_tensors_only_what_the_notes_take_is_summed_and_large_products_are_left_out() -> None:
    """What would take more than some thirty million multiplications is tried with fewer atoms."""
    wide = Balls.of(RNG.normal(size=(4, 10000)))
    made = texts(library({"X": wide}, 4, 1, plain=False))
    assert "Σ X ∗ σ(X) over axis 1" in made
    assert not any("X²" in text for text in made)
    few = texts(library({"X": wide[:, :400]}, 4, 1, plain=False))
    assert "Σ X² over axis 1" in few
    for n, there in ((66, True), (67, False)):  # ten times ten products of n³ multiplications
        one = Balls.of(np.ones((n, n))) + Balls.of(np.eye(n))
        made = library({f"P{k}": one for k in range(10)}, n, n)
        assert any("@" in text for text in texts(made)) is there


def test_numbers_beyond_the_range_of_floats_end_no_search() -> None:
    made = library({"X": X * 1e200, "U": U, "V": U * X * 1e200}, 2, 3, upstream="X")
    assert found(made, U * 3) == ["3.0000 U"]
    assert found(made, X * 1e200 * U) == ["1.0000 V", "1.0000 X ∗ U"]


# --- what is found --------------------------------------------------------------------------------------------------
def test_what_a_tensor_is_a_multiple_of_is_found_with_the_factor_the_simplest_first() -> None:
    made = library({"X": X, "U": U, "Y": X * U}, 2, 3)
    assert found(made, X * U * 7 / 2) == ["3.5000 Y", "3.5000 X ∗ U"]
    assert found(made, X * U * 7 / 2, looks=1) == ["3.5000 Y"]
    assert found(made, -X) == ["-1.0000 X"]
    assert found(made, X + U) == found(made, 0 * X) == []
    (exact,) = made.find(enclosed(U.mid() / 3, np.abs(U.mid()) * 2.0**-50))
    assert exact.fit.residual > 0
    assert found(made, X * (1 + Balls.of(2.0) ** -40 * (Balls.of(np.eye(2, 3))))) == []


def test_a_target_is_screened_by_its_largest_element_for_others_may_be_0() -> None:
    for n in range(6):
        hole = np.where(np.arange(6).reshape(2, 3) == n, 0.0, 1.0)
        assert found(library({"X": X * hole}, 2, 3), 3 * X * hole) == ["3.0000 X"]
        made = library({"X": X * hole, "U": U * hole}, 2, 3)
        assert differences(made, (X - U) * hole)[:1] == ["(X − U)"]


def test_no_more_than_some_are_looked_at_exactly() -> None:
    same = {f"X{k}": X * (k + 1) for k in range(LOOKS + 6)}
    assert len(library(same, 2, 3).find(X)) == LOOKS


def test_what_is_written_roundabout_is_not_found() -> None:
    made = library({"X": X}, 2, 3, plain=False)
    assert "1.0000 X ∗ 1/X" not in found(made, Balls.of(np.ones((2, 3))))
    assert found(made, X)[0] == "1.0000 X"


def test_what_overlaps_by_chance_is_not_found() -> None:
    made = library({"X": X, "U": U}, 2, 3)
    assert found(made, enclosed(X.mid(), np.abs(X.mid()) * 2.0**-6)) == []
    assert found(made, enclosed(X.mid(), np.abs(X.mid()) * 2.0**-20)) == ["1.0000 X"]


@pytest.mark.parametrize(
    ("factor", "there"),
    [
        ("1", True), ("2", True), ("3", True), ("1/2", True), ("5", True), ("1/5", True), ("2/5", True), ("-1", True),
        ("-3", True), ("1/1000", True), ("1/1000000", True), ("1/1000000000", True), ("1/1000000000000", True),
        ("-1/1000000", True), ("1/5000", True), ("1/5000000000000", True), ("4", False), ("7", False), ("7/3", False),
        ("1/3", False), ("1.5", False), ("2.0000001", False), ("1.00000000001", True), ("0.2000000001", False),
        ("1/100", False), ("1/10000", False), ("0", False),
    ],
)  # fmt: skip
def test_of_a_single_number_only_a_factor_that_means_something_is_found(factor: str, there: bool) -> None:
    made = library({"x": Balls.of(np.array([[0.7]]))}, 1, 1)
    target = Balls.of(np.array([[0.7]])) * Balls.of(np.array(Fraction(factor), dtype=object))
    assert [x.expression.text for x in made.find(target)][:1] == ["x"] * there


def test_of_a_single_number_a_float_that_is_off_by_one_digit_is_found_and_a_wide_one_is_not() -> None:
    x = Balls.of(np.array([[0.7]]))
    made = library({"x": x}, 1, 1)
    for digits in (1e-3, 1e-6, 1e-9, 1e-12):
        assert [e.expression.text for e in made.find(x * ((1 + digits) - 1))][:1] == ["x"]
        assert [e.expression.text for e in made.find(x * (1 - (1 + digits)) / 5)][:1] == ["x"]
        sevenths = library({"x": x}, 1, 1, m=7)
        assert [e.expression.text for e in sevenths.find(x * (1 - (1 + digits)) / 7)][:1] == ["x"]
    assert made.find(enclosed([[0.7]], 1e-9)) == []
    assert len(made.values) == 5
    assert made.find(enclosed([[0.7]], 0.7 * 2.0**-31)) == []
    assert [e.expression.text for e in made.find(enclosed([[0.7]], 0.7 * 2.0**-33))] == ["x"]
    assert [e.expression.text for e in made.find(enclosed([[0.7]], 1e-15))] == ["x"]


# --- differences ----------------------------------------------------------------------------------------------------
def differences(made: Library, gap: Any) -> list[str]:
    return [f"{'−' * negative}({one.text} − {two.text})" for one, two, negative in made.differences(gap)]


def test_a_difference_of_two_that_are_alike_is_told_both_ways_round() -> None:
    made = library({"X": X, "U": U}, 2, 3)
    assert differences(made, X * X - X * U) == ["(X ∗ X − X ∗ U)", "−(X ∗ U − X ∗ X)"]
    assert differences(made, (X * X - X * U) / 5) == ["(X ∗ X − X ∗ U)", "−(X ∗ U − X ∗ X)"]
    assert differences(made, X - U) == ["(X − U)", "−(U − X)"]
    assert differences(made, U - X) == ["(U − X)", "−(X − U)"]
    for gap in (X - X * U, (X - U) / 4, X + U, 0 * X, X * X - X * U + Balls.of(np.eye(2, 3)) * Balls.of(2.0) ** -30):
        assert differences(made, gap) == []
    assert differences(library({}, 2, 3), X - U) == []
    one = library({"X": X, "U": U}, 2, 3, m=1)
    assert differences(one, X - U) == ["(X − U)", "−(U − X)"]
    unknown = Balls.of(np.full((2, 3), np.inf))
    assert differences(made, unknown) == differences(made, enclosed((X - U).mid(), 9.0)) == []
    steps = {f"X{k}": X + k * U for k in range(LOOKS + 6)}
    assert differences(library(steps, 2, 3, m=1), U)[:2] == ["(X1 − X0)", "−(X0 − X1)"]
    assert len(differences(library(steps, 2, 3, m=1), U)) == 2 * LOOKS
    large = library({"X": X * 1e300, "U": U * 1e300}, 2, 3)
    assert differences(large, (X - U) * 1e300)[:1] == ["(X − U)"]
    assert differences(large, (X - U) * 1e306) == []


def test_what_cannot_be_decided_exactly_is_no_difference() -> None:
    x = RNG.normal(size=(2, 3))
    gap = Balls.of(np.where(x > 0, 1.0, 0.0)) - Balls.of(x)
    exact, wide = (library({"X": enclosed(x, error)}, 2, 3, plain=False) for error in (0.0, 9.0))
    assert "([X > 0] − X)" in differences(exact, gap)
    assert differences(wide, gap) == []


def test_a_difference_must_be_rarer_than_all_pairs_would_give_by_chance() -> None:
    """Of 5 expressions there are 25 pairs; six elements agree by chance as often as their widths multiply to."""
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    gap = np.array([[7.0, 11.0, 13.0], [17.0, 19.0, 23.0]])
    made = library({"X": Balls.of(x), "U": Balls.of(x + gap)}, 2, 3, m=1)
    assert len(made.values) == 5
    for share, there in ((50, True), (17, False)):
        radius = gap * (2.0**-30 / share) ** (1 / 6) / 2
        assert bool(differences(made, enclosed(gap, radius))) is there
    for share, there in ((10, True), (2, False)):  # and of six elements one gives the factor
        radius = x * (2.0**-30 / share) ** (1 / 5) / 4
        assert bool(made.find(enclosed(x, radius))) is there


# --- of a single number -----------------------------------------------------------------------------------------------
def number(x: float) -> Balls:
    return Balls.of(np.array([[x]]))


@pytest.mark.parametrize("m", [5, 1000, 1500])
def test_of_a_single_number_every_multiple_that_means_something_is_found(m: int) -> None:
    small = [Fraction(1, n * 10**k) for k in (3, 6, 9, 12) for n in (1, m)]
    made = library({"x": number(0.7)}, 1, 1, m=m)
    for factor in (*map(Fraction, (1, 2, 3, 0.5, m)), Fraction(1, m), Fraction(2, m), *small):
        assert made[0].text == "x"
        # What is left of 1 + 1e-12 in floats is 1e-12 to three digits.
        for off in (0.0, 0.5e-15 / float(factor), -0.4e-15 / float(factor)):
            near = made._near(np.array([0.7 * float(factor) * (1 + off)]))
            assert 0 in near, (factor, off)
            assert near == sorted(near)
        if m == 5:
            assert any(text.endswith(" x") for text in found(made, Balls.of(factor) * number(0.7))), factor


def test_a_single_number_at_the_edge_of_what_is_near_is_looked_at() -> None:
    made = library({"x": number(3.0)}, 1, 1)
    aim = next(x for x in 3 * (1 - NEAR) * (1 + np.arange(-8, 8) * 2.0**-53) if x / (1 - NEAR) == 3.0)
    assert 0 in made._near(np.array([aim]))
    assert 0 not in made._near(np.array([aim * (1 - 1e-12)]))


def test_of_0_and_of_what_is_no_number_nothing_is_a_multiple() -> None:
    made = library({"x": number(1e-200), "y": number(1e200)}, 1, 1)
    assert {0.0, np.inf} <= set(np.abs(made.values[:, 0]).tolist())
    for aim in (0.0, np.inf, np.nan):
        assert made._near(np.array([aim])) == []
