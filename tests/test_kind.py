"""What all numbers of ours have: parts of one shape, a place in trees, a weight, and two ways of saying no."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.complexes import Complexes
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.jets import Jets
from verify.arithmetic.kind import axes_of, boxed, heaviest, holds, kinds

BALL, BOUND = Balls.of([[1.0, 2.0, 3.0]]), Bounds.of([1.0, 2.0], 0.5)
JET = Jets.of(Balls.of(2.0), [Balls.of(3.0), Balls.of(4.0)])


@pytest.mark.parametrize(
    ("x", "shape"), [(BALL, (1, 3)), (BOUND, (2,)), (JET, ()), (Balls.of(np.ones((2, 0))), (2, 0))]
)
def test_a_number_has_the_shape_the_axes_and_the_size_of_its_parts(x: Any, shape: tuple[int, ...]) -> None:
    plain = np.ones(shape)
    assert (x.shape, x.ndim, x.size) == (plain.shape, plain.ndim, plain.size)
    assert type(x.size) is int


def test_numbers_are_found_in_lists_and_tuples_in_their_order_and_nowhere_else() -> None:
    tree = [1.0, (BALL, [None, BOUND]), "word", {"J": JET}, np.ones(2), [], JET]
    assert [id(x) for x in kinds(tree)] == [id(BALL), id(BOUND), id(JET)]
    assert kinds({"J": JET}) == kinds(1.0) == kinds("word") == []
    assert kinds(BALL)[0] is BALL
    assert [holds(x) for x in (tree, BALL, [1, (2, [BALL])], ((), BALL), [JET, 1])] == [True] * 5
    assert [holds(x) for x in (1.0, "word", [], [1, (2, [3])], {"J": JET}, np.ones(2))] == [False] * 6


def test_of_numbers_that_meet_the_one_with_most_parts_computes_and_of_equals_the_first() -> None:
    other = Balls.of([7.0])
    assert heaviest(1.0, BALL) is BALL
    assert heaviest(BALL, JET) is heaviest([JET, 1], (BALL,)) is JET
    assert heaviest(BALL, other, 2) is BALL
    assert heaviest(other, BALL) is other
    assert heaviest(BALL, BOUND) is BOUND


def test_where_no_number_of_ours_is_nothing_computes() -> None:
    with pytest.raises(Unsupported) as refused:
        heaviest(1.0, [np.ones(2)])
    assert str(refused.value) == "none of the operands is a number of this arithmetic"


@pytest.mark.parametrize(("x", "kind"), [(JET, "Jets"), (Complexes(np.ones(2)), "Complexes")])
@pytest.mark.parametrize("function", [np.argmax, np.argmin])
def test_the_place_of_an_extremum_is_refused_by_name_where_it_is_not_known(x: Any, kind: str, function: Any) -> None:
    with pytest.raises(Unsupported) as refused:
        function(x.reshape(-1))
    assert str(refused.value) == f"np.{function.__name__} does not run on {kind}"


def test_a_box_holds_any_object_and_what_computes_as_an_array_is_its_own() -> None:
    for x in ([1, 2], None, "word"):
        box = boxed(x)
        assert (box.shape, box.dtype, box[()] is x) == ((), object, True)
    assert (boxed(2.5, np.float32).dtype, boxed(2.5, np.float32).tolist()) == (np.float32, 2.5)
    plain = np.ones(2)
    assert boxed(plain) is plain
    assert boxed(BALL) is BALL


def test_axes_are_all_of_them_or_those_named_and_none_is_negative() -> None:
    x = np.ones((2, 3, 4))
    assert [axes_of(x, axis) for axis in (None, -1, 0, (-1, 0), (), [1])] == [(0, 1, 2), (2,), (0,), (2, 0), (), (1,)]
    assert axes_of(JET, None) == ()
    for wrong in (3, -4, (0, 3)):
        with pytest.raises(np.exceptions.AxisError):
            axes_of(x, wrong)
