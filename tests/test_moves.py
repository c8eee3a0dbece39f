"""What only moves elements about: all parts of a number of ours go along, and what stands in one list with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.jets import Jets
from verify.arithmetic.sided import Sided

Array = np.ndarray[Any, Any]

X = np.array([[3.0, -1.0, 4.0], [-5.0, 9.0, 2.0]])
THIRD = 2.0**-26 / 3  # no float32


def moving(x: Any) -> Jets:
    """Two directions: along the second every element moves by ten times itself, along the first by its negative."""
    return Jets.of(Balls.of(x), [Balls.of(-np.asarray(x)), Balls.of(10.0 * np.asarray(x))])


def doubted(x: Any) -> Bounds:
    """Of float32, with bounds that no float32 holds."""
    return Bounds.of(np.asarray(x, np.float32), np.abs(x) * THIRD)


def sided(x: Any) -> Sided:
    x = np.asarray(x, dtype=float)
    return Sided(Bounds.of(x, np.abs(x)), Bounds.of(2 * x, 3 * np.abs(x)))


def parts(x: Any) -> list[Any]:
    """Every number that an element carries, as arrays; what is no array is no part."""
    if isinstance(x, (list, tuple)):
        return [parts(y) for y in x]
    if isinstance(x, Sided):
        return [*parts(x.value), *parts(x.step)]
    if isinstance(x, Jets):
        return [*parts(x.value), *(s.mid().tolist() for s in x.slopes)]
    return [x.mid().tolist()] if isinstance(x, Balls) else [x.value.tolist(), x.err.tolist()]


def wanted(make: Any, x: Any) -> list[Any]:
    if isinstance(x, (list, tuple)):
        return [wanted(make, y) for y in x]
    a = np.abs(x)
    found = {moving: [x, -x, 10 * x], doubted: [x, a * THIRD], sided: [x, a, 2 * x, 3 * a], Balls.of: [x]}[make]
    return [y.tolist() for y in found]


MOVES: dict[str, Callable[[Any], Any]] = {
    "one": lambda x: np.take(x, 4), "one of a row": lambda x: np.take(x, 1, axis=1), "element": lambda x: x[0, 2],
    "by name": lambda x: np.repeat(a=x, repeats=2, axis=1), "turned": lambda x: np.rot90(x, axes=(1, 0)),
    "joined by name": lambda x: np.stack(arrays=[x, x], axis=1), "parted": lambda x: np.split(x, 3, axis=1),
    "parted by name": lambda x: np.array_split(ary=x, indices_or_sections=2), "shifted": lambda x: np.roll(x, 1, 1),
    "no copies": lambda x: np.broadcast_to(x, (2, 2, 3)), "last": lambda x: np.stack((x[0], x[1]), -1),
    "a list beside": lambda x: np.stack([x[0], [x[1, 2], x[0, 1], x[1, 0]]]),
    "lists beside": lambda x: np.vstack((x, [[x[1, 2], x[0, 1], x[1, 0]], (x[0, 0], x[0, 0], x[1, 1])])),
}  # fmt: skip
MAKES = [moving, doubted, sided, Balls.of]


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("name", MOVES)
def test_every_part_of_an_element_goes_where_the_element_goes(name: str, make: Any) -> None:
    found, want = MOVES[name](make(X)), MOVES[name](X)
    assert parts(found) == wanted(make, want)
    assert type(found) is (type(want) if isinstance(want, (list, tuple)) else type(make(X)))
    if isinstance(found, Bounds):
        assert (found.value.dtype, found.err.dtype) == (np.float32, np.float64)


def test_what_stands_in_one_list_with_ours_is_exact_and_stands_still() -> None:
    jets, bounds = moving(X[0]), doubted(X[0])
    for one in (X[1], Balls.of(X[1]), tuple(moving(x).value for x in X[1])):
        assert parts(np.stack([jets, one])) == [
            X.tolist(),
            [(-X[0]).tolist(), [0] * 3],
            [(10 * X[0]).tolist(), [0] * 3],
        ]
    assert parts(np.stack([bounds, X[1].astype(int)])) == [X.tolist(), [(np.abs(X[0]) * THIRD).tolist(), [0] * 3]]
    for one in (7, 7.0, np.float64(7), np.array(7), True):
        found = np.stack(arrays=[jets[0], one])
        assert parts(found) == [[3, float(one)], [-3, 0], [30, 0]]
        assert isinstance(found, Jets)


def test_of_two_kinds_the_one_with_more_parts_holds_both_in_any_order() -> None:
    jets, balls = moving(X[0]), Balls.of(X[1])
    for both in ([jets, balls], [balls, jets]):
        found = np.concatenate(both)
        flat = np.concatenate([x.value.mid() if isinstance(x, Jets) else x.mid() for x in both])
        assert (type(found), found.value.mid().tolist()) == (Jets, flat.tolist())


def test_what_is_written_through_a_view_is_there_in_every_part() -> None:
    for make in MAKES:
        x = make(X.copy())
        x.T[2] = make([6.0, -8.0])
        assert parts(x) == wanted(make, np.array([[3, -1, 6], [-5, 9, -8]]))
        x[0, 0] = make(7.0)
        x.reshape(-1)[1] = make(2.0)
        assert parts(x) == wanted(make, np.array([[7, 2, 6], [-5, 9, -8]]))
