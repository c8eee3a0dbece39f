"""Which explanations are told, in which order, and when one is sure: whole results of small subjects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls, precision
from verify.diagnosis.diagnose import MOST, diagnose
from verify.diagnosis.layers import called, of_tensor

RNG = np.random.default_rng(7)
X, U, V, R, DOUT, W, A, B, Y = (
    Balls.of(RNG.normal(size=shape))
    for shape in ((2, 4), (2, 4), (2, 4), (2, 4), (2, 4), (2, 3), (3, 4), (2, 1), (2, 4))
)
HAND: Mapping[str, Any] = {"X": X, "U": U, "dout": DOUT}
PLAIN = frozenset(HAND)
ABOVE = X.mid() > 0


@pytest.fixture(autouse=True)
def sharp() -> Iterator[None]:
    with precision():
        yield


def told(mine: Any, want: Any, hand: Mapping[str, Any] = HAND, **more: Any) -> list[tuple[str, str, int, bool]]:
    found = diagnose("dX", mine, want, hand, **{"plain": frozenset(hand), **more})
    assert all(match.residual < 2.0**-80 for match in found)
    return [(match.kind, match.sentence, match.cost, match.confident) for match in found]


def where(bad: Any, wrong: Any, right: Any) -> Balls:
    return Balls(np.where(bad, wrong.parts[0], right.parts[0]))


def sure(kind: str, words: str, cost: int) -> list[tuple[str, str, int, bool]]:
    return [(kind, f"dX{words}", cost, True)]


# --- one explanation ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mine", "want", "kind", "words", "cost"),
    [
        (lambda: 5 * R, lambda: R, "average", " is m = 5 times too large: the 1/m is missing.", 1),
        (lambda: R + X, lambda: R, "term", " has the term X too much, or lacks −X.", 23),
        (lambda: DOUT * X * U, lambda: DOUT * X, "another factor",
         ": the factor U is one too many; it equals dout ∗ X ∗ U.", 21),
        (lambda: R * U, lambda: R, "another factor", " has the factor U once too often.", 23),
        (lambda: R * U, lambda: R * X, "another tensor", ": U stands where X belongs.", 28),
        (lambda: X * X + U, lambda: X * U + U, "another tensor",
         ": X stands where U belongs; beside U stands X ∗ X.", 22),
        (lambda: R + X * U - X * X, lambda: R, "another tensor", ": U stands where X belongs, in the term X ∗ X.", 28),
        (lambda: np.tanh(2 * V), lambda: np.tanh(V), "factor", ": what stands within tanh is 2 times too large.", 30),
        (lambda: DOUT * np.tanh(np.tanh(V)), lambda: DOUT * np.tanh(V), "activation",
         ": what dout is multiplied with has the function tanh once too often.", 33),
        (lambda: DOUT * np.tanh(2 * V), lambda: DOUT * np.tanh(V), "factor",
         ": what dout is multiplied with: what stands within tanh is 2 times too large.", 33),
        (lambda: DOUT, lambda: DOUT.sum(axis=1, keepdims=True), "sum",
         " has shape (2, 4) for (2, 1): the sum over axis 1 is missing.", 1),
        (lambda: where(ABOVE, 2 * R, R), lambda: R, "factor", " is 2 times too large, where it is wrong.", 26),
        (lambda: where(ABOVE, R * U, R), lambda: R, "another factor",
         " has the factor U once too often, where it is wrong.", 26),
        (lambda: where(ABOVE, R + U, R), lambda: R, "term",
         " has the term U too much, or lacks −U, where it is wrong.", 26),
        (lambda: where(ABOVE, DOUT * U, DOUT * X), lambda: DOUT * X, "another tensor",
         ": U stands where X belongs; it equals U ∗ dout, where it is wrong.", 26),
        (lambda: where(ABOVE, np.tanh(np.tanh(V)), np.tanh(V)), lambda: np.tanh(V), "activation",
         " has the function tanh once too often, where it is wrong.", 26),
        (lambda: where([[True] + 3 * [False], 4 * [False]], R + 1, R), lambda: R, "element",
         " is wrong at [0, 0] alone, by 1.", 33),
        (lambda: where([[True], [False]], V, R), lambda: R, "row", " is wrong in row 0 alone.", 33),
        (lambda: where([[False, True, False, False]], V, R), lambda: R, "column", " is wrong in column 1 alone.", 33),
        (lambda: where(np.eye(2, 4) > 0, V, R), lambda: R, "diagonal", " is wrong on the diagonal alone.", 33),
        (lambda: where(ABOVE, np.tanh(5 * V), np.tanh(V)), lambda: np.tanh(V), "average",
         ": what stands within tanh is m = 5 times too large: the 1/m is missing, where it is wrong.", 26),
    ],
)  # fmt: skip
def test_what_explains_alone_is_told_with_confidence(
    mine: Callable[[], Any], want: Callable[[], Any], kind: str, words: str, cost: int
) -> None:
    assert told(mine(), want(), m=5) == sure(kind, words, cost)


def test_the_upstream_gradient_has_its_name_and_where_it_is_0_or_of_another_shape_nothing_is_divided_by_it() -> None:
    wrong, right = np.tanh(np.tanh(V)), np.tanh(V)
    found = told(X * wrong, X * right, {"X": X}, upstream="X")
    assert found == sure("activation", ": what X is multiplied with has the function tanh once too often.", 33)
    zero = where(np.arange(8).reshape(2, 4) == 0, 0 * X, X)
    assert told(zero * wrong, zero * right, {"X": zero}, upstream="X") == []
    column = X[:, :1]
    assert told(column * wrong, column * right, {"X": column}, upstream="X") == told(X * wrong, X * right, {}) == []
    assert told(DOUT * Balls(V.parts[0][::-1]), DOUT * V) == sure(
        "flip", ": what dout is multiplied with has its rows in reverse order.", 33
    )
    factor = told(DOUT * np.tanh(5 * V), DOUT * np.tanh(V), m=5)
    words = ": what dout is multiplied with: what stands within tanh is m = 5 times too large: the 1/m is missing."
    assert factor == sure("average", words, 33)


# --- nothing to explain, and what is known only so far --------------------------------------------------------------
def test_what_is_right_or_not_known_or_empty_is_not_explained() -> None:
    unknown = where(ABOVE, Balls.of(np.full((2, 4), np.inf)), R)
    for mine, want in ((R, R), (unknown, R), (R, unknown), (R[:0], R), (R, R[:0]), (5 * R[:0], R[:0])):
        assert told(mine, want, m=5) == []
    # Enclosures that overlap everywhere are of the same numbers.
    assert diagnose("dX", R.mid(), R, HAND, error=1e-3) == ()
    assert diagnose("dX", R.mid() + 1e-3, R.mid(), HAND, error=5e-4, want_error=5.1e-4) == ()


def test_floats_are_explained_within_their_errors() -> None:
    near = R.mid() * 5 * (1 + 2.0**-40)
    for errors in ({"error": np.abs(near) * 2.0**-39}, {"want_error": np.abs(R.mid()) * 2.0**-39}):
        (match,) = diagnose("dX", near, R.mid(), {}, m=5, **errors)
        assert (match.kind, match.confident, match.residual > 2.0**-41) == ("average", True, True)
    assert diagnose("dX", near, R.mid(), {}, m=5) == ()


# --- what is at hand ------------------------------------------------------------------------------------------------
def test_only_arrays_of_floats_with_numbers_in_them_are_at_hand() -> None:
    whole = np.arange(8).reshape(2, 4)
    odd = {"n": whole, "l": R.mid().tolist(), "s": "x", "e": np.zeros((0, 4)), "none": None, "f": 2.0}
    assert told(R + whole * 1.0, R, odd) == told(R + whole * 1.0, R, {}) == []
    assert told(R + 1, R, odd) == told(R + 1, R, {})
    assert told(R + 0.5, R + 0.0, {"c": np.float64(0.5)}) == sure("offset", " is off by the same 1/2 everywhere.", 1)
    for x in (U, U.mid()):
        assert told(R + U, R, {"U": x}) == sure("term", " has the term U too much, or lacks −U.", 23)
    single = [("offset", "dX is off by 1.", 23, False), ("term", "dX has the wrong sign at the term c.", 23, False)]
    for c in (np.float64(0.5), np.array(0.5), Balls.of(0.5)):
        assert told(Balls.of(3.5), Balls.of(2.5), {"c": c}) == single


def test_a_size_has_the_name_of_the_first_axis_that_has_it_and_m_is_none() -> None:
    hand = {"b": B, "X": X, "W": W, "U": U}
    for n, size in ((4, "X.shape[1]"), (3, "W.shape[1]")):
        words = f" is n = {n} times too large: n = {size}: it is added up once too often."
        assert told(n * R, R, hand) == sure("average", words, 1)
    assert told(4 * R, R, hand, m=4) == sure("average", " is m = 4 times too large: the 1/m is missing.", 1)


def test_of_what_is_plain_no_functions_are_tried_also_where_a_part_is_wrong() -> None:
    square = " has the term U² too much, or lacks −U²."
    assert told(R + U * U, R, {"U": U}, plain=frozenset()) == sure("term", square, 26)
    assert told(R + U * U, R, {"U": U}) == sure("term", square.replace("U²", "U ∗ U"), 26)
    part = where(ABOVE, R + np.tanh(U), R)
    hand = {"X": X, "U": U}
    found = told(part, R, hand, plain=frozenset("X"))
    assert found == sure("term", " has the term tanh(U) too much, or lacks −tanh(U), where it is wrong.", 26)
    assert told(part, R, hand) == [("mask", "dX is wrong exactly where X is above 0.", 22, False)]


def test_what_is_large_is_explained_by_the_right_tensor_alone() -> None:
    assert MOST == 2000
    for n in (MOST // 2, MOST // 2 + 1):
        u = Balls.of(RNG.normal(size=(2, n)))
        assert [match[0] for match in told(u, R[:, :1], {"u": u})] == ["formula"] * (n == MOST // 2)
    for n, said in ((MOST, [("term", "dX lacks the term U.", 23, True)]), (MOST + 1, [])):
        x, u = (Balls.of(RNG.normal(size=n)) for _ in range(2))
        assert told(x - u, x, {"U": u}) == said
        assert told(-x, x, {"U": u}) == sure("sign", " has the wrong sign.", 1)
        wide = Balls.of(RNG.normal(size=(1, n)))
        assert [match[0] for match in told(u[:1], wide, {"u": u[:1]})] == ["formula"] * (n == MOST)


# --- another shape --------------------------------------------------------------------------------------------------
def test_a_sum_that_is_missing_beside_another_mistake_is_told_by_what_it_equals() -> None:
    right = (DOUT * X).sum(axis=1, keepdims=True)
    assert told(DOUT * U, right) == [
        ("formula", "dX equals U ∗ dout, and should be Σ X ∗ dout over axis 1.", 100, False)
    ]
    assert told(X * U, (DOUT * X * U).sum(axis=1, keepdims=True)) == [
        ("formula", "dX equals X ∗ U, and should be Σ dout ∗ X ∗ U over axis 1.", 100, False)
    ]
    assert told(U, np.tanh(X).sum(axis=1, keepdims=True)) == [("formula", "dX equals U.", 100, False)]
    assert told(U, (X.sum() / 5).reshape(1, 1), m=5) == [
        ("formula", "dX equals U, and should be 1/5 ∗ Σ X.", 100, False)
    ]
    assert told(DOUT * X, V[:, :2]) == [("formula", "dX equals X ∗ dout.", 100, False)]


def test_what_is_summed_to_a_single_number_is_told_and_not_sure() -> None:
    words = "dX has shape () for (2, 4): it is summed over all its elements, where nothing is to be summed."
    assert told(R.sum(), R, {}) == [("sum", words, 1, False)]


# --- several explanations -------------------------------------------------------------------------------------------
def test_of_explanations_that_are_as_simple_all_are_told_and_none_with_confidence() -> None:
    assert told(3 * R, R, {"W": Balls.of(RNG.normal(size=(2, 3)))}, m=6) == [
        ("average", "dX is m/n = 6/2 times what it should be: n = W.shape[0] stands for m.", 1, False),
        ("average", "dX is n = 3 times too large: n = W.shape[1]: it is added up once too often.", 1, False),
    ]
    assert told(9 * R, R, {"W": Balls.of(RNG.normal(size=(9, 1)))}, m=3) == [
        ("average", "dX is m² = 9 times too large: it is multiplied by m, not divided.", 1, False),
        ("average", "dX is n = 9 times too large: n = W.shape[0]: it is added up once too often.", 1, False),
    ]
    assert told(5 * R / 4, R, {"X": X}, m=5) == [
        ("average", "dX is m/(m − 1) = 5/4 times too large: m − 1 stands for m.", 1, False),
        ("average", "dX is m/n = 5/4 times what it should be: n = X.shape[1] stands for m.", 1, False),
    ]
    assert told(5 * R / 4, R, {}, m=5) == sure("average", " is m/(m − 1) = 5/4 times too large: m − 1 stands for m.", 1)
    assert told(Balls.of([[-1.0, 1.0]]), Balls.of([[1.0, -1.0]]), {}) == [
        ("sign", "dX has the wrong sign.", 1, False), ("flip", "dX has its columns in reverse order.", 1, False),
    ]  # fmt: skip


def test_a_function_that_is_missing_is_told_beside_its_inverse_that_is_there_too_often() -> None:
    assert told(V * V, abs(V), {}) == [
        ("factor", "dX: what stands within exp is 2 times too large.", 30, False),
        ("activation", "dX lacks the outermost function √.", 30, False),
        ("activation", "dX has the function (…)² once too often.", 30, False),
    ]


def test_three_explanations_are_told_at_most() -> None:
    assert told(R / 2, R, {"X": X}, m=2) == [
        ("factor", "dX is half of what it should be.", 1, False),
        ("average", "dX is m = 2 times too small: 1/m is there twice.", 1, False),
        ("average", "dX is (m − 1)/m = 1/2 of what it should be: m stands for m − 1.", 1, False),
    ]


def test_an_explanation_that_costs_a_little_more_is_told_too_and_one_that_costs_much_more_is_not() -> None:
    assert told(X, X * U, {"X": X, "U": U, "T": X * U - X}) == [
        ("another factor", "dX: the factor U is missing; it equals X.", 20, False),
        ("term", "dX lacks the term T.", 23, False),
    ]
    words = ": X stands where U belongs; it equals X."
    assert told(X, U, {"X": X, "U": U, "T": U - X}) == sure("another tensor", words, 19)


def test_where_a_few_places_are_wrong_and_a_mask_fits_both_are_told_and_none_is_a_cause() -> None:
    one = np.arange(8).reshape(2, 4) == 2
    mask = where(one, Y * Y, -Y * Y)
    assert told(where(one, 2 * R, R), R, {"X": mask}) == [
        ("element", "dX is wrong at [0, 2] alone, where it is 2 times too large.", 22, False),
        ("mask", "dX is wrong exactly where X is above 0.", 22, False),
    ]
    assert told(where(ABOVE, V, R), R) == [("mask", "dX is wrong exactly where X is above 0.", 22, False)]


def test_a_cause_is_looked_for_on_where_it_only_equals_something() -> None:
    for mine, want, kind, words, cost in (
        (X * X + U, X * U + U, "another tensor", ": X stands where U belongs; beside U stands X ∗ X.", 22),
        (np.tanh(2 * V), np.tanh(V), "factor", ": what stands within tanh is 2 times too large.", 30),
    ):
        assert told(mine, want, {**HAND, "T": mine}) == sure(kind, words, cost)
    assert told(3 * X, X, {"X": X}) == sure("factor", " is 3 times what it should be.", 1)


def test_two_wrong_places_are_looked_at_by_themselves_and_one_is_not() -> None:
    two = np.arange(8).reshape(2, 4) % 5 == 1
    mask = where(two, Y * Y, -Y * Y)
    found = told(where(two, DOUT * X * U, DOUT * X * X), DOUT * X * X, {**HAND, "X": X, "T": mask})
    words = ": U stands where X belongs; it equals dout ∗ X ∗ U, where it is wrong."
    assert found == sure("another tensor", words, 26)


def test_what_it_equals_is_told_where_no_cause_is_known_and_never_with_confidence() -> None:
    assert told(X * U, V) == [("formula", "dX equals X ∗ U.", 100, False)]
    assert told(0 * R, R, {}) == [("zero", "dX is 0 everywhere.", 1, False)]
    assert told(0 * R, R) == [("zero", "dX is 0 everywhere.", 33, False)]


def test_a_single_number_and_numbers_that_are_all_the_same_are_never_sure() -> None:
    assert told(Balls.of(5.0), Balls.of(2.5), {}) == [("factor", "dX is 2 times too large.", 1, False)]
    same, other = Balls.of([[1.0, -1.0, 0.0]]), Balls.of([[1.0, -2.0, 0.0]])
    assert told(2 * same, same, {}) == [("factor", "dX is 2 times too large.", 1, False)]
    assert told(2 * other[:, :2], other[:, :2], {}) == sure("factor", " is 2 times too large.", 1)
    assert told(2 * other, other, {}) == sure("factor", " is 2 times too large.", 1)
    assert told(same + Balls.of([[0.0, 0.0, 1.0]]), same, {}) == sure("element", " is wrong at [0, 2] alone, by 1.", 1)


# --- the tensors of a network ---------------------------------------------------------------------------------------
def test_a_tensor_of_a_network_has_the_name_of_the_notes() -> None:
    assert [called(name) for name in ("dW2", "A12", "Y", "W1b")] == ["dW[2]", "A[12]", "Y", "W1b"]


@pytest.mark.parametrize(
    ("name", "mine", "want", "words"),
    [
        ("Z2", lambda: W @ A, lambda: W @ A + B, "Z[2] lacks the term b[2]."),
        ("A2", lambda: X, lambda: np.tanh(X), "A[2]: Z[2] stands where tanh(Z[2]) belongs; it equals Z[2]."),
        ("dZ2", lambda: U, lambda: U * (1 - X * X),
         "dZ[2]: the factor (1 − Z[2]²) is missing; it equals dA[2]."),
        ("dA2", lambda: R + 1 - U, lambda: R, "dA[2] has the term (1 − Y) too much, or lacks −(1 − Y)."),
        ("dA2", lambda: U - V, lambda: U + V, "dA[2] has the wrong sign at the term A[2]."),
        ("dW2", lambda: X @ A.T, lambda: (X * X) @ A.T,
         "dW[2]: dZ[2] stands where dZ[2]² belongs; it equals dZ[2] @ A[1]ᵀ."),
        ("db2", lambda: X, lambda: X.sum(axis=1, keepdims=True),
         "db[2] has shape (2, 4) for (2, 1): the sum over axis 1 is missing."),
    ],
)  # fmt: skip
def test_of_a_tensor_of_a_network_the_inputs_of_its_formula_are_at_hand(
    name: str, mine: Callable[[], Any], want: Callable[[], Any], words: str
) -> None:
    fed: dict[str, dict[str, Any]] = {
        "Z2": {"A1": A, "W2": W, "b2": B}, "A2": {"Z2": X}, "dZ2": {"dA2": U, "Z2": X}, "dA2": {"A2": V, "Y": U},
        "dW2": {"dZ2": X, "A1": A}, "db2": {"dZ2": X},
    }  # fmt: skip
    given = {k: x.mid() for k, x in fed[name].items()}
    found = of_tensor(name, 2, mine(), want(), 0.0, 0.0, given, 4)
    assert [(match.sentence, match.confident) for match in found] == [(words, True)]


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("Z2", "A1 W2 b2"), ("A2", "Z2"), ("dA2", "dZ3 W3 A2 Y"), ("dZ2", "dA2 Z2 A2"), ("dW2", "dZ2 A1 Z2"),
        ("db2", "dZ2"), ("J2", "A2 Y"), ("X2", ""),
    ],
)  # fmt: skip
def test_functions_are_tried_of_what_a_formula_takes_and_of_no_other_tensor(name: str, takes: str) -> None:
    """Each is of a length of its own; the first is what is carried back, and may stand before a product of two."""
    names = [f"{k}{l}" for k in ("A", "W", "b", "Z", "dA", "dZ", "dW", "db") for l in (1, 2, 3)]
    fed = {k: RNG.normal(size=n + 2) for n, k in enumerate(k for k in (*names, "Y") if k != name)}
    own = takes.split()
    for other, x in fed.items():
        right, y = Balls.of(RNG.normal(size=x.shape)), Balls.of(x)
        found = of_tensor(name, 2, right + y * y, right, 0.0, 0.0, {other: x}, 40)
        term = f"{called(other)}²" if other in own else f"{called(other)} ∗ {called(other)}"
        said = f"{called(name)} has the term {term} too much, or lacks −{term}."
        assert [match.sentence for match in found] == [said]
    for other in own:
        right, y = Balls.of(RNG.normal(size=fed[other].shape)), Balls.of(fed[other])
        hand = {k: fed[k] for k in own}
        found = of_tensor(name, 2, right + y * np.tanh(y) / (1 + np.exp(-y)), right, 0.0, 0.0, hand, 40)
        assert bool(found) == (other == own[0])


def test_the_tensor_itself_and_what_is_large_are_not_at_hand_but_what_a_formula_takes_is() -> None:
    fed = {"A2": X.mid(), "A1": U.mid(), "J": 1.0}
    assert of_tensor("A2", 2, R + X, R, 0.0, 0.0, fed, 9) == ()
    assert len(of_tensor("A2", 2, R + U, R, 0.0, 0.0, fed, 9)) == 1
    for n, found in ((MOST // 2, 1), (MOST // 2 + 1, 0)):
        wide, right = Balls.of(RNG.normal(size=(2, n))), Balls.of(RNG.normal(size=(2, 1)))
        mine = right + wide.sum(axis=1, keepdims=True)
        assert len(of_tensor("db2", 2, mine, right, 0.0, 0.0, {"wide": wide.mid()}, 9)) == found
        assert len(of_tensor("db2", 2, mine, right, 0.0, 0.0, {"dZ2": wide.mid()}, 9)) == 1


def test_a_tensor_of_a_network_is_named_within_its_errors_and_by_its_m() -> None:
    near = R.mid() * 9 * (1 + 2.0**-40)
    wide = np.abs(near) * 2.0**-39
    for errors in ((wide, 0.0), (0.0, wide / 9)):
        (match,) = of_tensor("A2", 2, near, R.mid(), *errors, {}, 9)
        assert match.sentence == "A[2] is m = 9 times too large: the 1/m is missing."
    assert of_tensor("A2", 2, near, R.mid(), 0.0, 0.0, {}, 9) == ()
