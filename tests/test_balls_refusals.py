"""What balls must not become: floats without a word, truths, arrays of objects."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tests.enclosures import BITS, elements, middle
from verify.arithmetic.balls import Balls, overlaps, precision
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.duck import Unsupported, collected

Array = np.ndarray[Any, Any]
Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def enough_bits() -> Iterator[None]:
    with precision(BITS):
        yield


@pytest.mark.parametrize("make", [Balls.of, lambda x: Bounds.of(x, 0.25)])
@pytest.mark.parametrize("convert", [float, int, complex, bool, lambda x: x.item(), lambda x: x.tolist(), hash])
def test_a_number_with_a_radius_does_not_turn_into_one_without(convert: Call, make: Call) -> None:
    with pytest.raises(TypeError):
        convert(make(1.0))


@pytest.mark.parametrize("make", [Balls.of, lambda x: Bounds.of(x, 0.25)])
@pytest.mark.parametrize(
    "convert",
    [
        lambda x: np.array(x, dtype=float), lambda x: np.asarray(x, dtype=np.float32), lambda x: x.astype(int),
        lambda x: np.zeros(2)[x], bool, lambda x: 1 if x[0] else 0, np.floor,
        np.sort, np.linalg.inv, lambda x: np.isclose(x, x),
        np.add.accumulate, lambda x: np.add(x, x, where=np.array([True, False])),
        lambda x: np.sum(x, initial=3.0), lambda x: np.pad(x, 1, mode="edge"), lambda x: x + 1j,
    ],
)  # fmt: skip
def test_what_would_drop_the_radius_or_is_not_known_is_refused(convert: Call, make: Call) -> None:
    with pytest.raises((Unsupported, IndexError)):
        convert(make([1.0, 2.0]))


def element_by_element(z: Array, x: Any) -> None:
    for i in range(2):
        z[i] = x[i]


def adding_up(z: Array, x: Any) -> None:
    for i in range(2):
        z[i] += x[i]


def in_place(z: Array, x: Any) -> None:
    z += x


def by_slice(z: Array, x: Any) -> None:
    z[:] = x


def by_out(z: Array, x: Any) -> None:
    np.exp(x, out=z)


def by_sum(z: Array, x: Any) -> None:
    np.sum(x.reshape(1, 2), axis=0, out=z)


def by_at(z: Array, x: Any) -> None:
    np.add.at(z, [0, 1], x)


def by_fill(z: Array, x: Any) -> None:
    z.fill(x[0])


@pytest.mark.parametrize("make", [Balls.of, lambda x: Bounds.of(x, 0.25)])
@pytest.mark.parametrize(
    "write", [element_by_element, adding_up, in_place, by_slice, by_out, by_sum, by_at, by_fill]
)  # fmt: skip
def test_accumulating_into_plain_floats_raises_and_writes_nothing(write: Call, make: Call) -> None:
    z = np.zeros(2)
    with pytest.raises((TypeError, ValueError)):
        write(z, make([1.0, 2.0]))
    assert z.tolist() == [0.0, 0.0]


def test_zeros_like_is_a_place_to_accumulate_in() -> None:
    for make in (Balls.of, lambda x: Bounds.of(x, 0.25)):
        x = make([1.0, 2.0])
        for write in (element_by_element, adding_up, in_place, by_slice, by_at):
            z = np.zeros_like(x)
            write(z, x)
            assert type(z) is type(x)
            if isinstance(z, Balls):
                assert z.mid().tolist() == [1.0, 2.0]
            else:
                assert z.value.tolist() == [1.0, 2.0]
                assert (z.err >= 0.25).all()
        assert np.zeros_like(x, dtype=int).dtype.kind == "i"


def test_an_array_of_objects_computes_and_is_gathered_again() -> None:
    x = Balls.of([[0.1, 3.0], [-2.0, 7.0]])
    objects = np.array(x)
    assert (type(objects), objects.dtype, objects.shape) == (np.ndarray, object, (2, 2))
    back = collected(objects)
    assert isinstance(back, Balls)
    assert [middle(e) for e in elements(back)] == [middle(e) for e in elements(x)]
    listed = collected(np.array([np.exp(x[0, 0]), x[0, 1] * 2]))
    assert overlaps(listed, Balls.of([0.1, 3.0]) * 0 + np.stack([np.exp(x[0, 0]), x[0, 1] * 2])).all()
    doubled = collected(objects * 2 + 1)
    assert [middle(e) for e in elements(doubled)] == [2 * middle(e) + 1 for e in elements(x)]
    total = objects.sum()
    assert middle(elements(total)[0]) == sum(middle(e) for e in elements(x))
    bounds = Bounds.of([1.0, 2.0], [0.5, 0.25])
    again = collected(np.array(bounds))
    assert (again.value.tolist(), again.err.tolist()) == ([1.0, 2.0], [0.5, 0.25])
    mixed = collected(np.array([bounds[0], 3.0], dtype=object))
    assert (mixed.value.tolist(), mixed.err.tolist()) == ([1.0, 3.0], [0.5, 0.0])
    plain = np.ones(2)
    assert collected(plain) is plain
    assert collected(3.0) == 3.0
    assert middle(elements(x + np.array([x[0, 0], x[0, 1]]))[0]) == 2 * Fraction(0.1)


def test_copies_are_copies_and_views_are_views() -> None:
    for make in (Balls.of, Bounds.of):
        x = make(np.arange(6.0).reshape(2, 3))
        for twin in (x.copy(), copy.copy(x), copy.deepcopy(x), np.copy(x), x.flatten()):
            twin[0] = 9
        assert (x == np.arange(6.0).reshape(2, 3)).all()
        x.T[0] = 7
        assert (x[:, 0] == 7).all()
