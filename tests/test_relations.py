"""What is said with the help of what is at hand: whole sentences, each where it is so, and none where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls, precision
from verify.diagnosis.expressions import Library
from verify.diagnosis.fit import enclosed
from verify.diagnosis.match import Match
from verify.diagnosis.relations import FORMULA, OUTER, beside, edits, masked, outermost, ratios, swapped, terms

RNG = np.random.default_rng(2)
W, A, B, DOUT, X, U, V, R = (
    Balls.of(0.125 + np.abs(RNG.normal(size=shape)))
    for shape in ((2, 3), (3, 4), (2, 1), (2, 4), (2, 4), (2, 4), (2, 4), (2, 4))
)
SIGNED = Balls.of(RNG.normal(size=(2, 4)))
PLAIN = Library({"X": X, "U": U}, (2, 4), "", 5, frozenset("XU"))
FULL = Library({"X": X, "U": SIGNED}, (2, 4), "", 5)
LAYER = Library({"W": W, "A": A, "b": B}, (2, 4), "", 5, frozenset("WAb"))


@pytest.fixture(autouse=True)
def sharp() -> Iterator[None]:
    with precision():
        yield


def told(matches: Any) -> list[tuple[str, str, int]]:
    """Kind, sentence and cost; a residual that says no more than that the numbers have 128 bits is left out."""
    found = list(matches)
    assert all(match.residual < 2.0**-80 for match in found)
    return [(match.kind, match.sentence, match.cost) for match in found]


# --- one edit of a formula ------------------------------------------------------------------------------------------
def test_one_edit_is_told_with_what_stands_there_and_what_it_equals_besides() -> None:
    assert told(edits("dX", X * U * 3, X * 3, PLAIN)) == [
        ("another factor", "dX: the factor U is one too many; it equals 3 ∗ X ∗ U.", 20),
        ("formula", "dX equals 3 ∗ X ∗ U, and should be 3 ∗ X.", FORMULA),
    ]
    assert told(edits("dX", X, X * U, PLAIN)) == [
        ("another factor", "dX: the factor U is missing; it equals X.", 20),
        ("formula", "dX equals X, and should be X ∗ U.", FORMULA),
    ]


def test_where_the_factor_differs_too_or_nothing_right_is_known_only_what_it_equals_is_told() -> None:
    assert told(edits("dX", X * U * 2, X * 3, PLAIN)) == [
        ("formula", "dX equals 2 ∗ X ∗ U, and should be 3 ∗ X.", FORMULA)
    ]
    assert told(edits("dX", -X, V, PLAIN)) == [("formula", "dX equals −1 ∗ X.", FORMULA)]
    assert told(edits("X", X, V, PLAIN)) == [("formula", "X equals the X that went in.", FORMULA)]
    assert told(edits("dX", V, X, PLAIN)) == []
    twice = Library({"X": X, "Y": 2 * X}, (2, 4), "", 5, frozenset("XY"))
    assert told(edits("dX", X, V, twice)) == [("formula", "dX equals X.", FORMULA)]


def test_of_another_shape_the_right_one_is_looked_for_among_its_own() -> None:
    summed = Library({"X": X, "U": U}, (2, 1), "", 5, frozenset("XU"))
    assert told(edits("db", X, X.sum(axis=1, keepdims=True), PLAIN, summed)) == [
        ("sum", "db: the sum is missing; it equals X.", 19),
        ("formula", "db equals X, and should be Σ X over axis 1.", FORMULA),
    ]


def test_the_residual_of_what_is_known_less_sharply_is_kept() -> None:
    near = enclosed((X * U).mid(), 2.0**-50)
    for matches in (edits("dX", near, X, PLAIN), terms("dX", near, Balls.of(np.zeros((2, 4))), PLAIN)):
        found = list(matches)
        assert found
        assert all(2.0**-54 < match.residual < 2.0**-46 for match in found)
    off = enclosed((X * U + B).mid(), 2.0**-50)
    hand = Library({"X": X, "U": U, "b": B}, (2, 4), "", 5, frozenset("XUb"))
    assert [2.0**-54 < match.residual < 2.0**-46 for match in beside("Z", off, X + B, hand)] == [True]
    (match,) = ratios("dX", near, U, PLAIN)
    assert 2.0**-54 < match.residual < 2.0**-46


# --- beside a term that is right, within a sum ----------------------------------------------------------------------
def test_a_mistake_beside_a_term_that_is_right_is_told_with_the_term() -> None:
    square = (W * W) @ A
    assert told(beside("Z", square + B, W @ A + B, Library(LAYER.at_hand, (2, 4), "", 5))) == [
        ("another factor", "Z: W² stands where W belongs; beside b stands W² @ A.", 23)
    ]
    assert told(beside("Z", X * U + U, X + U, PLAIN)) == [
        ("another factor", "Z: the factor U is one too many; beside U stands X ∗ U.", 22)
    ]
    assert told(beside("Z", V + B, W @ A + B, LAYER)) == told(beside("Z", W @ A + B, V + B, LAYER)) == []


@pytest.mark.parametrize("share", [1, 5])
def test_one_term_of_a_sum_that_has_become_another_is_told_either_way_round(share: int) -> None:
    assert told(swapped("J", R + (X * U - X * X) / share, R, PLAIN)) == [
        ("another tensor", "J: U stands where X belongs, in the term X ∗ X.", 28),
        ("another tensor", "J: X stands where U belongs, in the term −X ∗ U.", 28),
    ]


# --- a term ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: -U, "lacks the term U."),
        (lambda: U, "has the term U too much, or lacks −U."),
        (lambda: -2 * U, "has the wrong sign at the term U."),
        (lambda: 2 * U, "has the wrong sign at the term U."),
        (lambda: 3 * U, "differs from the right one by 3 ∗ U."),
        (lambda: U / 5, "differs from the right one by 1/5 ∗ U."),
    ],
)
def test_a_term_is_told_by_its_sign_and_size(change: Callable[[], Any], words: str) -> None:
    assert told(terms("Z", X + change(), X, PLAIN)) == [("term", f"Z {words}", 23)]


def test_a_longer_term_is_a_less_simple_explanation() -> None:
    assert told(terms("Z", X + X * U, X, PLAIN)) == [("term", "Z has the term X ∗ U too much, or lacks −X ∗ U.", 26)]


# --- a factor -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mine", "found"),
    [
        (lambda: R * X, [("another factor", "dZ has the factor X once too often.", 23)]),
        (lambda: R / X, [("another factor", "dZ lacks the factor X.", 22)]),
        (lambda: R * X / U, [("another tensor", "dZ: X stands where U belongs.", 28)]),
        (lambda: R * 2 * X, []),
        (lambda: R * X * U, []),
        (lambda: R, []),
    ],
)
def test_a_factor_that_is_missing_doubled_or_another_is_told(mine: Callable[[], Any], found: Any) -> None:
    assert told(ratios("dZ", mine(), R, PLAIN)) == found


def test_of_one_tensor_another_function_is_nearer_than_another_tensor_and_a_slope_is_called_one() -> None:
    assert ("another factor", "dZ: X² stands where X belongs.", 27) in told(ratios("dZ", R * X, R, FULL))
    assert ("slope", "dZ lacks the factor (1 + X²).", 22) in told(ratios("dZ", R / (1 + X * X), R, FULL))
    assert ("slope", "dZ has the factor (1 + X²) once too often.", 23) in told(ratios("dZ", R * (1 + X * X), R, FULL))


def test_a_factor_is_told_only_of_what_holds_in_two_places_or_more_and_exactly() -> None:
    one = Balls.of(np.where(np.arange(8).reshape(2, 4) == 3, 1.0, 0.0))
    two = Balls.of(np.where(np.arange(8).reshape(2, 4) < 2, 1.0, 0.0))
    assert told(ratios("dZ", R * one * X, R * one, PLAIN)) == []
    assert told(ratios("dZ", R * two * X, R * two, PLAIN)) == [
        ("another factor", "dZ has the factor X once too often.", 23)
    ]
    assert told(ratios("dZ", R * X * (1 + Balls.of(2.0) ** -40), R, PLAIN)) == []
    assert list(ratios("dZ", R * X, R, Library({}, (2, 4), "", 5))) == []
    single = Library({"X": X[:1, :1]}, (1, 1), "", 5, frozenset("X"))
    assert told(ratios("dZ", (R * X)[:1, :1], R[:1, :1], single)) == [
        ("another factor", "dZ has the factor X once too often.", 23)
    ]


def test_factors_of_any_size_are_found_and_those_that_are_0_where_something_is_wrong_are_none() -> None:
    large = Library({"X": X * 2.0**40, "U": U}, (2, 4), "", 5, frozenset("XU"))
    assert told(ratios("dZ", R * X, R / 2.0**40, large)) == [
        ("another factor", "dZ has the factor X once too often.", 23)
    ]
    assert told(ratios("dZ", R * X * 2.0**60, R * 2.0**60, PLAIN)) == [
        ("another factor", "dZ has the factor X once too often.", 23)
    ]
    assert told(ratios("dZ", R / X * 2.0**60, R * 2.0**60, PLAIN)) == [("another factor", "dZ lacks the factor X.", 22)]
    beyond = Library({"X": X, "U": U * 1e200}, (2, 4), "", 5, frozenset("XU"))
    assert told(ratios("dZ", R / X * 1e200, R * 1e200, beyond)) == [("another factor", "dZ lacks the factor X.", 22)]
    where = np.arange(8).reshape(2, 4) < 4
    there, elsewhere = (Balls.of(np.where(x, 1.0, 0.0)) for x in (where, ~where))
    beside = Library({"X": X * elsewhere, "U": U}, (2, 4), "", 5, frozenset("XU"))
    assert told(ratios("dZ", R * there, R * U * there, beside)) == [("another factor", "dZ lacks the factor U.", 22)]
    assert told(ratios("dZ", R * there + R * elsewhere * 0, R * elsewhere, beside)) == []


def test_no_more_than_forty_pairs_of_factors_are_looked_at() -> None:
    powers = {f"X{k}": X * 2.0**k for k in range(43)}
    assert len(told(ratios("dZ", 2 * R, R, Library(powers, (2, 4), "", 5, frozenset(powers))))) == 40


# --- a mask ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bad", "side"),
    [
        (lambda u: u > 0, "above"), (lambda u: u < 0, "below"), (lambda u: u <= 0, "not above"),
    ],
)  # fmt: skip
def test_what_is_wrong_exactly_on_one_side_of_a_tensor_is_told_by_it(bad: Callable[[Any], Any], side: str) -> None:
    u = SIGNED.mid()
    u[0, 0] = 0.0
    hand = Library({"b": B, "X": X, "U": Balls.of(u)}, (2, 4), "", 5, frozenset("bXU"))
    mine = Balls(np.where(bad(u), (2 * R).parts[0], R.parts[0]))
    assert list(masked("dA", mine, R, hand)) == [Match("mask", f"dA is wrong exactly where U is {side} 0.", cost=22)]
    both = Balls(np.where(bad(u) | (np.arange(8).reshape(2, 4) == 7), (2 * R).parts[0], R.parts[0]))
    if not np.array_equal(both.mid(), mine.mid()):
        assert list(masked("dA", both, R, hand)) == []


def test_every_tensor_with_those_signs_is_told_of() -> None:
    hand = Library({"U": SIGNED, "Y": 2 * SIGNED, "X": -SIGNED}, (2, 4), "", 5, frozenset("XYU"))
    mine = Balls(np.where(SIGNED.mid() > 0, (2 * R).parts[0], R.parts[0]))
    assert [match.sentence for match in masked("dA", mine, R, hand)] == [
        "dA is wrong exactly where U is above 0.",
        "dA is wrong exactly where Y is above 0.",
        "dA is wrong exactly where X is below 0.",
    ]


def test_where_all_or_nothing_is_wrong_no_mask_is_told() -> None:
    hand = Library({"X": X, "U": -U}, (2, 4), "", 5, frozenset("XU"))
    assert list(masked("dA", 2 * R, R, hand)) == list(masked("dA", R, R, hand)) == []


# --- the outermost function -----------------------------------------------------------------------------------------
LACKS, OFTEN = "lacks the outermost function {}.", "has the function {} once too often."
INVERSE = {"exp": "log", "log": "exp", "√": "(…)²", "(…)²": "√"}


FUNCTIONS = ("σ", "tanh", "exp", "1/", "log", "−log", "√", "(…)²")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_outermost_function_that_is_missing_or_there_twice_is_told_as_its_inverse_is(function: str) -> None:
    does, inverse, z = OUTER[function][0], INVERSE.get(function), V / 8
    found = told(outermost("A", z, does(z), PLAIN))
    wanted = [("activation", f"A {LACKS.format(function)}", 30)]
    wanted += [("activation", f"A {OFTEN.format(inverse)}", 30)] if inverse else []
    assert sorted(x for x in found if x[0] == "activation") == sorted(wanted)
    if function not in ("1/", "log"):  # the first is its own inverse; of the second the second time is not defined
        found = told(outermost("A", does(does(z)), does(z), PLAIN))
        wanted = [("activation", f"A {OFTEN.format(function)}", 30)]
        wanted += [("activation", f"A {LACKS.format(inverse)}", 30)] if inverse else []
        assert sorted(x for x in found if x[0] == "activation") == sorted(wanted)


WITHIN = "A: what stands within {} "


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("mine", "want", "kind", "words", "cost"),
    [
        (lambda: 5 * V, lambda: V, "average", "is m = 5 times too large: the 1/m is missing.", 30),
        (lambda: V + U, lambda: V, "term", "has the term U too much, or lacks −U.", 35),
        (lambda: V + 0.125, lambda: V, "term", "is off by 1/8 everywhere.", 32),
        (lambda: X * U, lambda: X, "another factor", "the factor U is one too many; it equals X ∗ U.", 32),
        (lambda: X * X + U, lambda: X * U + U, "another tensor",
         "X stands where U belongs; beside U stands X ∗ X.", 34),
    ],
)  # fmt: skip
def test_a_mistake_within_the_outermost_function_is_told_as_anywhere_else(
    function: str, mine: Callable[[], Any], want: Callable[[], Any], kind: str, words: str, cost: int
) -> None:
    does = OUTER[function][0]
    found = told(outermost("A", does(mine()), does(want()), PLAIN))
    colon = ": " if kind.startswith("another") else " "
    assert (kind, f"{WITHIN.format(function).strip()}{colon}{words}", cost) in found
    # Of a product exp and log make a sum, and of a factor a power what is the same: nothing else is told.
    others = [x for x in found if WITHIN.format(function).strip() not in x[1]]
    assert all("within exp" in x[1] or "log" in x[1] or function in ("√", "(…)²") for x in others)


def test_what_something_equals_within_a_function_is_not_told_and_no_function_where_it_is_not_defined() -> None:
    assert told(outermost("A", np.tanh(X * U), np.tanh(V), PLAIN)) == []
    assert told(outermost("A", -X - 2, -V - 2, PLAIN)) == []


def test_a_single_number_within_a_function_is_told_by_a_factor_that_is_known() -> None:
    empty = Library({}, (1, 1), "", 5)
    found = told(outermost("A", np.tanh(5 * V[:1, :1]), np.tanh(V[:1, :1]), empty))
    assert found == [("average", "A: what stands within tanh is m = 5 times too large: the 1/m is missing.", 30)]
    assert told(outermost("A", np.tanh(V[:1, :1] + 0.3), np.tanh(V[:1, :1]), empty)) == []
