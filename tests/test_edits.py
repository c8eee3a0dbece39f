"""One formula made of another by one mistake: every kind of edit, in its words, and no edit where it takes two."""

from __future__ import annotations

import numpy as np
import pytest

from verify.diagnosis.atoms import Atom
from verify.diagnosis.edits import edit, instead, kind_of
from verify.diagnosis.expression import Expression, alike, roundabout

X, Y, Z, TURNED = (Atom(tensor, "{}") for tensor in ("X", "Y", "Z", "Xᵀ"))
XT, X2, SLOPE, TWICE = (Atom("X", f) for f in ("{}ᵀ", "{}²", "tanh′({})", "tanh′({})²"))
SIGMA, TANH, MASK, OTHER_MASK = (Atom("X", f) for f in ("σ({})", "tanh({})", "[{} > 0]", "[{} < 0]"))
COMPLEMENT = Atom("X", "(1 − {})")
PRE, BACK, PRE2 = Atom("W @ X + b", "{}"), Atom("(Wᵀ @ dout)", "{}"), Atom("W @ X", "{}²")
E = Expression

FORMS = [
    # element by element
    (E((X, Y)), E((X,)), ("another factor", "the factor Y is missing")),
    (E((X, SLOPE)), E((X,)), ("slope", "the factor tanh′(X) is missing")),
    (E((X, MASK)), E((X,)), ("slope", "the factor [X > 0] is missing")),
    (E((X,)), E((X, Y)), ("another factor", "the factor Y is one too many")),
    (E((X,)), E((X, X)), ("another factor", "the factor X is there twice")),
    (E((X,)), E((X, SLOPE)), ("slope", "the factor tanh′(X) is one too many")),
    (E((X, Y)), E((X, Z)), ("another tensor", "Z stands where Y belongs")),
    (E((X, Y)), E((Y, X)), None),
    (E((X, Y)), E((Z, Z)), None),
    (E((X,)), E((Y, Z)), None),
    (E((X, Y)), E((Z,)), None),
    (E((X, Y, Z)), E((X,)), None),
    (E((X,)), E((X, Y, Z)), None),
    # sums
    (E((X, Y), axes=(1,)), E((X, Y), axes=(0,)), ("sum", "it is summed over the wrong axis")),
    (E((X, Y), axes=(1,)), E((Y, X)), ("sum", "the sum is missing")),
    (E((X, Y)), E((Y, X), axes=(0,)), ("sum", "it is summed where nothing is to be summed")),
    (E((X, Y), axes=(1,)), E((X, Z)), None),
    (E((X, Y), axes=(1,)), E((X, Z), axes=(1,)), ("another tensor", "Z stands where Y belongs")),
    # products of matrices
    (E((X,), (Y,)), E((X,), (Y,), turned=(False, True)),
     ("transpose", "a transpose is missing or one too many in X @ Yᵀ")),
    (E((X,), (Y,)), E((X,), (Z,), turned=(False, True)), None),
    (E((X,), (Y,)), E((X,), (Z,)), ("another tensor", "Z stands where Y belongs")),
    (E((X,), (Y,)), E((Z,), (Y,)), ("another tensor", "Z stands where X belongs")),
    (E((X,), (Y,)), E((Y,), (X,)), ("transpose", "the two factors of the matrix product have changed places")),
    (E((X,), (Y,)), E((X,), (Y,)), None),
    (E((X, SLOPE), (Y,)), E((X,), (Y,)), ("slope", "the factor tanh′(X) is missing")),
    (E((X,), (Y,)), E((Y,), (Z,)), None),
    (E((X,), (Y,)), E((X, Y)), ("product", "the product is element-wise where a matrix product belongs")),
    (E((X, Y)), E((X,), (Y,)), ("product", "it is a matrix product where an element-wise one belongs")),
    (E((XT,), (Y,)), E((X, Y)), ("product", "the product is element-wise where a matrix product belongs")),
    (E((X,), (Y,)), E((X, Z)), None),
    (E((X,), (Y,)), E((X, Y), axes=(1,)), None),
    (E((X, Y), axes=(0,)), E((X,), (Y,)), None),
    (E((X2,), (Y,)), E((X, Y)), None),
]  # fmt: skip


@pytest.mark.parametrize(("right", "mine", "found"), FORMS)
def test_one_mistake_makes_the_one_of_the_other_or_none_does(
    right: Expression, mine: Expression, found: tuple[str, str] | None
) -> None:
    assert edit(right, mine) == found


@pytest.mark.parametrize(
    ("lost", "got", "kind", "words"),
    [
        (XT, X, "transpose", "X stands where Xᵀ belongs"), (X, XT, "transpose", "Xᵀ stands where X belongs"),
        (X, TURNED, "transpose", "Xᵀ stands where X belongs"), (TURNED, X, "transpose", "X stands where Xᵀ belongs"),
        (XT, Y, "another factor", "Y stands where Xᵀ belongs"),
        (SLOPE, TWICE, "slope", "the factor tanh′(X) is there twice"),
        (X, X2, "another factor", "X² stands where X belongs"),
        (SLOPE, Atom("Y", "tanh′({})²"), "slope", "tanh′(Y)² stands where tanh′(X) belongs"),
        (SLOPE, Atom("Y", "tanh′({})"), "slope", "tanh′(Y) stands where tanh′(X) belongs"),
        (X, Y, "another tensor", "Y stands where X belongs"), (X2, Atom("Y", "{}²"),
        "another tensor", "Y² stands where X² belongs"),
        (SIGMA, Atom("Y", "σ({})"), "another tensor", "σ(Y) stands where σ(X) belongs"),
        (SLOPE, X, "slope", "X stands where tanh′(X) belongs"),
        (COMPLEMENT, SLOPE, "slope", "tanh′(X) stands where (1 − X) belongs"),
        (MASK, OTHER_MASK, "slope", "[X < 0] stands where [X > 0] belongs"),
        (MASK, X, "another factor", "X stands where [X > 0] belongs"),
        (X, MASK, "another factor", "[X > 0] stands where X belongs"),
        (MASK, TANH, "activation", "tanh(X) stands where [X > 0] belongs"),
        (TANH, SIGMA, "activation", "σ(X) stands where tanh(X) belongs"),
        (X, TANH, "activation", "tanh(X) stands where X belongs"),
        (TANH, X, "activation", "X stands where tanh(X) belongs"),
        (COMPLEMENT, X, "another factor", "X stands where (1 − X) belongs"),
        (COMPLEMENT, Y, "another factor", "Y stands where (1 − X) belongs"),
        (SLOPE, TANH, "slope", "tanh(X) stands where tanh′(X) belongs"),
    ],
)  # fmt: skip
def test_what_stands_in_the_place_of_another_factor_has_its_kind(lost: Atom, got: Atom, kind: str, words: str) -> None:
    assert instead(lost, got) == (kind, words)


def test_a_slope_or_a_mask_is_a_slope_and_all_else_another_factor() -> None:
    kinds = [kind_of(atom) for atom in (SLOPE, TWICE, MASK, X, XT, X2, SIGMA, COMPLEMENT)]
    assert kinds == ["slope", "slope", "slope", *["another factor"] * 5]


# --- expressions ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("expression", "text", "cost"),
    [
        (E((X,)), "X", 1), (E((X, SLOPE, Y)), "X ∗ tanh′(X) ∗ Y", 4), (E((X, Y), axes=(1,)), "Σ X ∗ Y over axis 1", 2),
        (E((X,), axes=(0, 1)), "Σ X", 1), (E((X,), (Y,)), "X @ Y", 2), (E((X,), (Y,), turned=(True, False)),
        "Xᵀ @ Y", 2),
        (E((X, X2), (SIGMA,), turned=(False, True)), "(X ∗ X²) @ σ(X)ᵀ", 5), (E((Y,), (X, X2)), "Y @ (X ∗ X²)", 4),
        (E((PRE,)), "W @ X + b", 1), (E((PRE, X)), "(W @ X + b) ∗ X", 2), (E((X, PRE2)), "X ∗ (W @ X)²", 3),
        (E((PRE,), axes=(0,)), "Σ W @ X + b over axis 0", 1), (E((BACK, X)), "(Wᵀ @ dout) ∗ X", 2),
        (E((PRE,), (BACK,), turned=(True, False)), "(W @ X + b)ᵀ @ (Wᵀ @ dout)", 2),
    ],
)  # fmt: skip
def test_an_expression_is_written_as_in_the_notes_and_costs_its_factors(
    expression: Expression, text: str, cost: int
) -> None:
    assert (expression.text, expression.cost) == (text, cost)


def test_an_expression_is_computed_as_it_is_written() -> None:
    x, y, b = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3) ** 2 - 3, np.array([[2.0], [5.0]])
    hand = {"X": x, "Y": y, "Z": b}

    def same(expression: Expression, want: np.ndarray) -> bool:
        found = expression.of(hand, want.shape)
        return found.shape == want.shape and bool((found == want).all())

    assert same(E((X,)), x)
    assert same(E((X, Y, X2)), x * y * x**2)
    assert same(E((Z,)), np.broadcast_to(b, (2, 3)))
    assert same(E((X, Z), axes=(1,)), (x * b).sum(axis=1, keepdims=True))
    assert same(E((X, Z), axes=(0,)), (x * b).sum(axis=0))
    assert same(E((X, Y), axes=(0, 1)), np.array((x * y).sum()))
    assert same(E((X,), (Y,), turned=(True, False)), x.T @ y)
    assert same(E((X, Z), (Y, X), turned=(False, True)), (x * b) @ (y * x).T)
    assert same(E((XT,), (Y,)), x.T @ y)


def test_a_factor_beside_its_inverse_is_a_way_of_writing_1_and_beside_that_of_another_it_is_not() -> None:
    for function, inverse in (("{}", "1/{}"), ("(1 − {})", "1/(1 − {})"), ("(1 + {})", "1/(1 + {})")):
        one, other = Atom("X", function), Atom("X", inverse)
        for factors in ((one, other), (other, one), (Y, other, one)):
            assert roundabout(E(factors))
            assert roundabout(E((Y,), factors))
            assert roundabout(E(factors, (Y,)))
        assert not roundabout(E((one, Atom("Y", inverse))))
        assert not roundabout(E((one,), (other,)))
        assert not roundabout(E((one, one)))
        assert not roundabout(E((other, other)))
    assert not roundabout(E((X, Atom("X", "1/(1 − {})"))))


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        (E((X, Y)), E((X, Z)), True), (E((X, Y)), E((Y, X)), True), (E((X, Y)), E((Z, Z)), False),
        (E((X, Y)), E((X,)), False), (E((X,)), E((Y,)), True), (E((X,), axes=(0,)), E((X,), axes=(1,)), False),
        (E((X,), (Y,)), E((X,), (Z,)), True), (E((X,), (Y,)), E((Z,), (Y,)), True), (E((X,), (Y,)), E((Z,),
        (X,)), False),
        (E((X,), (Y,)), E((X,), (Y,), turned=(True, False)), False), (E((X,), (Y,)), E((X,)), False),
        (E((X,), (Y, Z)), E((X,), (Y,)), False), (E((X, Z), (Y,)), E((X,), (Y,)), False),
    ],
)  # fmt: skip
def test_two_expressions_are_alike_where_one_factor_differs(a: Expression, b: Expression, found: bool) -> None:
    assert alike(a, b) is alike(b, a) is found
