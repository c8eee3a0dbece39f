"""Products of arrays of any number of axes: NumPy's own results on whole numbers, whichever operands are ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from verify.arithmetic import products
from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.jets import Jets
from verify.arithmetic.kind import Unsupported

Array = np.ndarray[Any, Any]


def given(*shape: int, first: int = 0) -> Array:
    """Whole numbers of both signs, none like its neighbours."""
    return (np.arange(first, first + int(np.prod(shape))) * 5 % 17 - 8.0).reshape(shape)


def exactly(product: Callable[..., Any], *operands: Any) -> None:
    """The product is NumPy's, of one kind of ours in all places, or in one alone."""
    want = product(*operands)
    for ours in ([True] * len(operands), *np.eye(len(operands), dtype=bool).tolist()):
        found = product(*(Balls.of(x) if mine else x for x, mine in zip(operands, ours, strict=True)))
        assert isinstance(found, Balls)
        assert found.shape == np.shape(want)
        assert found.mid().tolist() == want.tolist()


# --- matmul -----------------------------------------------------------------------------------------------------------
MATMUL = [
    ((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)), ((5, 1, 2, 3), (6, 3, 4)), ((6, 2, 3), (5, 1, 3, 4)), ((2, 1, 2, 3), (2, 3, 3, 2)),
    ((3,), (5, 3, 4)), ((5, 2, 3), (3,)), ((0, 2, 3), (3, 4)), ((2, 3), (0, 3, 4)), ((5, 0, 2, 3), (0, 3, 4)),
    ((2, 0), (0, 4)), ((5, 2, 0), (0, 4)), ((0, 3), (3, 4)), ((3,), (0, 3, 4)), ((1, 2, 3), (3, 4)),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), MATMUL)
def test_a_matrix_product_of_any_two_shapes_is_numpys(left: Any, right: Any) -> None:
    exactly(np.matmul, given(*left), given(*right, first=3))


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ((2, 3), (4, 5), "matmul: shapes (2, 3) and (4, 5) do not fit: 3 != 4"),
        ((7, 2, 3), (4, 5), "matmul: shapes (7, 2, 3) and (4, 5) do not fit: 3 != 4"),
        ((3,), (6, 4, 5), "matmul: shapes (3,) and (6, 4, 5) do not fit: 3 != 4"),
        ((2, 3), (4,), "matmul: shapes (2, 3) and (4,) do not fit: 3 != 4"),
        ((), (4, 5), "matmul: an operand is a single number; multiply with * instead of @"),
        ((2, 3), (), "matmul: an operand is a single number; multiply with * instead of @"),
    ],
)
def test_what_has_no_matrix_product_is_refused_with_its_shapes(left: Any, right: Any, said: str) -> None:
    a, b = np.ones(left), np.ones(right)
    for x, y in ((Balls.of(a), Balls.of(b)), (a, Balls.of(b)), (Balls.of(a), b)):
        with pytest.raises(ValueError, match="matmul") as refused:
            products.matmul(x, y)
        assert str(refused.value) == said
    with pytest.raises(ValueError, match="broadcast"):
        products.matmul(Balls.of(np.ones((2, 2, 3))), np.ones((5, 3, 4)))


def test_of_two_kinds_the_product_is_of_the_one_with_slopes() -> None:
    for shapes in (((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((0, 2, 3), (3, 4))):
        a, b = given(*shapes[0]), given(*shapes[1])
        for moving, still in ((a, b), (b, a)):
            jets, balls = Jets.of(Balls.of(moving), [Balls.of(2 * moving)]), Balls.of(still)
            found = jets @ balls if moving is a else balls @ jets
            assert isinstance(found, Jets)
            assert found.value.mid().tolist() == (a @ b).tolist()
            assert found.slopes[0].mid().tolist() == (2 * (a @ b)).tolist()


# --- the others -------------------------------------------------------------------------------------------------------
PRODUCTS: list[tuple[Any, Any, Any]] = [
    (np.dot, (), (2, 3)), (np.dot, (2, 3), ()), (np.dot, (3,), (3,)), (np.dot, (2, 3), (3, 4)), (np.dot, (3,), (3, 4)),
    (np.dot, (2, 3), (5, 3, 4)), (np.dot, (5, 2, 3), (3, 4)), (np.dot, (5, 2, 3), (6, 3, 4)), (np.dot, (5, 2, 3), (3,)),
    (np.dot, (3,), (5, 3, 4)), (np.inner, (), (2, 3)), (np.inner, (2, 3), ()), (np.inner, (3,), (3,)),
    (np.inner, (2, 3), (4, 3)), (np.inner, (5, 2, 3), (4, 3)), (np.inner, (3,), (5, 4, 3)), (np.vdot, (2, 3), (3, 2)),
    (np.vdot, (), ()), (np.vdot, (6,), (2, 3)), (np.outer, (2, 3), (4,)), (np.outer, (4,), (3, 2)),
    (np.outer, (), (3,)),
]  # fmt: skip


@pytest.mark.parametrize(("product", "left", "right"), PRODUCTS)
def test_a_product_of_any_two_shapes_is_numpys(product: Any, left: Any, right: Any) -> None:
    exactly(product, given(*left), given(*right, first=3))


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ((2, 3), (4, 5), "matmul: shapes (2, 3) and (4, 5) do not fit: 3 != 4"),
        ((5, 2, 3), (4, 5), "tensordot: shapes (5, 2, 3) and (4, 5) do not fit along axes (2,) and (0,)"),
        ((2, 3), (5, 4, 4), "tensordot: shapes (2, 3) and (5, 4, 4) do not fit along axes (1,) and (1,)"),
        ((5, 2, 3), (4,), "tensordot: shapes (5, 2, 3) and (4,) do not fit along axes (2,) and (0,)"),
    ],
)
def test_a_dot_of_what_does_not_fit_is_refused_with_the_shapes(left: Any, right: Any, said: str) -> None:
    with pytest.raises(ValueError, match="do not fit") as refused:
        np.dot(Balls.of(np.ones(left)), np.ones(right))
    assert str(refused.value) == said


def test_a_list_stands_for_the_array_that_it_is() -> None:
    for product in (np.dot, np.inner, np.vdot, np.outer, lambda a, b: np.tensordot(a, b, 0)):
        for a, b in ((Balls.of([1.0, -2.0]), [3.0, 5.0]), ([1.0, -2.0], Balls.of([3.0, 5.0]))):
            assert product(a, b).mid().tolist() == product([1, -2], [3, 5]).tolist()
    assert np.einsum("i,i", Balls.of([1.0, -2.0]), [3.0, 5.0], optimize=True).mid() == -7


AXES: list[tuple[Any, Any, Any]] = [
    ((2, 3, 4), (3, 4, 5), 2), ((2, 3, 4), (4, 5), 1), ((2, 3), (4, 5), 0), ((2, 3, 4), (4, 2, 5), ([0, 2], [1, 0])),
    ((2, 3, 4), (4, 5, 2), ((2, 0), (0, 2))), ((3, 4), (5, 4), (1, 1)), ((3, 4), (5, 4), (-1, -1)),
    ((2, 3, 4), (3, 5), (1, 0)), ((2, 0), (0, 3), 1), ((2, 3), (2, 3), 2), ((2, 3, 4), (5, 3), ([1], [1])),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "axes"), AXES)
def test_a_product_along_any_axes_is_numpys(left: Any, right: Any, axes: Any) -> None:
    exactly(lambda a, b: np.tensordot(a, b, axes), given(*left), given(*right, first=3))


def test_a_product_along_two_axes_is_what_is_meant_where_none_are_named() -> None:
    exactly(np.tensordot, given(2, 3, 4), given(3, 4, 5))


@pytest.mark.parametrize(
    ("left", "right", "axes", "said"),
    [
        ((2, 3), (4, 5), 1, "tensordot: shapes (2, 3) and (4, 5) do not fit along axes (1,) and (0,)"),
        ((2, 3), (2, 3), (0, 1), "tensordot: shapes (2, 3) and (2, 3) do not fit along axes (0,) and (1,)"),
        ((2, 3), (2, 3), ((0, 1), (0,)), "tensordot: shapes (2, 3) and (2, 3) do not fit along axes (0, 1) and (0,)"),
    ],
)
def test_axes_of_other_lengths_are_refused_with_the_shapes(left: Any, right: Any, axes: Any, said: str) -> None:
    with pytest.raises(ValueError, match="tensordot") as refused:
        np.tensordot(Balls.of(np.ones(left)), np.ones(right), axes)
    assert str(refused.value) == said


# --- einsum -----------------------------------------------------------------------------------------------------------
EINSUM: list[tuple[str, tuple[tuple[int, ...], ...]]] = [
    ("ij,jk->ik", ((2, 3), (3, 4))), ("ij,jk->ki", ((2, 3), (3, 4))), ("ij,kj->ik", ((2, 3), (4, 3))),
    ("ji,jk", ((3, 2), (3, 4))), ("bij,bjk->bik", ((5, 2, 3), (5, 3, 4))), ("bij,bjk->kbi", ((5, 2, 3), (5, 3, 4))),
    ("bij,jkb->ibk", ((5, 2, 3), (3, 4, 5))), ("ij,ij->", ((2, 3), (2, 3))), ("ij,ji->ij", ((2, 3), (3, 2))),
    ("ij,j->ij", ((2, 3), (3,))), ("i,j->ji", ((2,), (3,))), ("ij,ij->j", ((2, 3), (2, 3))),
    ("ij,kl->lijk", ((2, 3), (4, 5))), ("abij,acij->bcj", ((2, 3, 4, 5), (2, 6, 4, 5))),
    ("ii,ij->j", ((3, 3), (3, 4))), ("ii,i->i", ((3, 3), (3,))), ("iij,jk->ik", ((2, 2, 3), (3, 4))),
    ("iijj->ij", ((2, 2, 3, 3),)), ("jii->ij", ((2, 3, 3),)), ("kjii,jk->ki", ((4, 2, 3, 3), (2, 4))),
    ("iji->j", ((2, 3, 2),)), ("iii->i", ((3, 3, 3),)), ("ii", ((3, 3),)), ("ij->ji", ((2, 3),)), ("ji", ((2, 3),)),
    ("ij->i", ((2, 3),)), ("ij->", ((2, 3),)), ("ij, jk -> ik", ((2, 3), (3, 4))),
    ("ij,jk,k->i", ((2, 3), (3, 4), (4,))), ("ij,jk,k", ((2, 3), (3, 4), (4,))), ("i,i,i->i", ((3,), (3,), (3,))),
    ("i,j,k->kij", ((2,), (3,), (4,))), ("ij,k->i", ((2, 3), (4,))), ("ij,jk->k", ((2, 3), (3, 4))),
    (",ij->ij", ((), (2, 3))), ("...j,j->...", ((2, 3, 4), (4,))), ("...ij,...jk->...ik", ((5, 2, 3), (5, 3, 4))),
    ("...ij,...jk", ((6, 5, 2, 3), (5, 3, 4))), ("b...,...b", ((2, 3), (3, 2))), ("i...->...", ((2, 3, 4),)),
    ("...i->i...", ((2, 3, 4),)), ("ij...,jk...->ik...", ((2, 3, 5), (3, 4, 5))), ("...,...->...", ((2, 3), (3,))),
    ("ij,jk->ik", ((1, 3), (3, 1))), ("ba,ac", ((2, 3), (3, 4))), ("cij,jk", ((5, 2, 3), (3, 4))),
]  # fmt: skip


@pytest.mark.parametrize(("subscripts", "shapes"), EINSUM)
def test_a_sum_of_products_by_letters_is_numpys(subscripts: str, shapes: Any) -> None:
    exactly(lambda *x: np.einsum(subscripts, *x), *(given(*shape, first=3 * i) for i, shape in enumerate(shapes)))


def test_a_letter_that_stands_for_one_and_for_more_spreads_the_one() -> None:
    a, b = given(2, 1), given(3, 4)
    exactly(lambda a, b: np.einsum("ij,jk->ik", a, b), a, b)
    exactly(lambda a, b: np.einsum("ij,ij->ij", a, b), given(2, 1), given(2, 3))


def test_two_plain_factors_are_not_rounded_before_ours_is_asked() -> None:
    n = 2**30 + 1
    plain, ours = np.full(2, float(n)), Balls.of(np.ones(2))
    for operands in ((plain, plain, ours), (plain, ours, plain), (ours, plain, plain)):
        with precision():
            (found, _) = np.einsum("i,i,i->i", *operands).parts[0]
        assert found == n * n != int(float(n * n))


def test_what_is_a_matrix_product_has_its_bound_and_what_sums_at_once_that_of_one_sum() -> None:
    a, b, c = (Bounds.of(given(*shape), 0.5) for shape in ((5, 2, 3), (5, 3, 4), (3, 4)))
    products_of_matrices: list[tuple[str, tuple[Any, ...], Any]] = [
        ("bij,bjk->bik", (a, b), a @ b), ("bij,bjk->bki", (a, b), (a @ b).mT), ("bij,jk->bik", (a, c), a @ c),
        ("ij,jk->ik", (a[0], c), a[0] @ c), ("ij,kj->ik", (a[0], c.T), a[0] @ c), ("bij->bji", (a,), a.mT),
        ("bij,j->bi", (a, c[:, 0]), a @ c[:, 0]), ("ij,ij->", (c, c), c.ravel() @ c.ravel()),
        ("ij,j->ij", (a[0], c[:, 0]), a[0] * c[:, 0]), ("bij->ij", (a,), np.sum(a, axis=0)),
        ("ij,j,jk->ik", (a[0], c[:, 0], c), np.sum(a[0][:, :, None] * c[:, :1] * c, axis=1)),
        ("ij,jk->k", (a[0], c), np.sum(a[0][:, :, None] * c, axis=(0, 1))),
    ]  # fmt: skip
    for subscripts, operands, want in products_of_matrices:
        found = np.einsum(subscripts, *operands)
        assert (found.value.tolist(), found.err.tolist()) == (want.value.tolist(), want.err.tolist()), subscripts


@pytest.mark.parametrize(
    ("subscripts", "shapes", "said"),
    [
        ("ij,jk->ik", ((2, 3),), "einsum: 'ij,jk->ik' names 2 operands, 1 were given"),
        ("ij", ((2, 3), (3,)), "einsum: 'ij' names 1 operands, 2 were given"),
        ("ijk->i", ((2, 3),), "einsum: an operand of shape (2, 3) has 2 axes, 'ijk->i' has 3"),
        ("i,j", ((2,), (2, 3)), "einsum: an operand of shape (2, 3) has 2 axes, 'i,j' has 1"),
    ],
)
def test_letters_that_do_not_fit_are_refused_with_the_subscripts(subscripts: str, shapes: Any, said: str) -> None:
    with pytest.raises(ValueError, match="einsum") as refused:
        np.einsum(subscripts, *(Balls.of(np.ones(shape)) for shape in shapes))
    assert str(refused.value) == said


def test_subscripts_that_are_no_text_are_refused() -> None:
    with pytest.raises(Unsupported) as refused:
        np.einsum(Balls.of(np.ones((2, 2))), [0, 1])
    assert str(refused.value) == "np.einsum runs here with subscripts in a string, such as 'ij,jk->ik'"
