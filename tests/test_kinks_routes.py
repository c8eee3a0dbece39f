"""A route through the kinks of a run: which number an operation has, and which shares a kink."""

from __future__ import annotations

from typing import Any

import pytest
from flint import arb

from verify.arithmetic.kinks import Kink, Route, blend, following, route

ONE, TWO = Kink("greater", (0,), 3, 1), Kink("greater", (1,), 3, 2)


def sides(way: Route, kink: Kink, *difference: Any) -> Any:
    return way.sides_of(kink, [s if isinstance(s, arb) else arb(s) for s in difference])


def test_the_operations_of_a_run_are_numbered_from_one() -> None:
    way = Route()
    assert [way.operation() for _ in range(4)] == [1, 2, 3, 4]
    assert Route().operation() == 1


@pytest.mark.parametrize("options", [2, 3, 5])
def test_a_kink_without_a_given_share_takes_the_first_option_or_every_mixture(options: int) -> None:
    kink = Kink("maximum", (), options)
    assert Route().weights(kink) == (1, *[0] * (options - 1))
    every = Route(every=True).weights(kink)
    assert len(every) == options
    for share in every:
        assert share.mid() == 0.5
        assert share.contains(0)
        assert share.contains(1)
        assert not share.contains(2)
    given = tuple(arb(i) for i in range(options))
    assert Route({kink: given}, every=True).weights(kink) == given


def test_what_points_the_same_way_is_on_one_side_and_what_points_back_on_the_other() -> None:
    usual, more, less = arb("0.5"), arb("0.25"), arb("0.125")
    way = Route({ONE: (usual, more, less), TWO: (usual, usual, usual)})
    assert sides(way, ONE, 0, -1, 3) == (usual, more, less)
    assert sides(way, TWO, 0, -1, 3) == (usual, more, less)
    assert sides(way, TWO, 0, 1, -3) == (usual, less, more)
    assert sides(way, TWO, 0, -1, -3) == (usual, usual, usual)
    assert way.kinks == [ONE, TWO]


def test_of_slopes_that_are_enclosed_the_middles_tell_the_way() -> None:
    usual, more, less = arb("0.5"), arb("0.25"), arb("0.125")
    way = Route({ONE: (usual, more, less), TWO: (usual, more, less)})
    assert sides(way, ONE, arb(-1, 1), 2) == (usual, more, less)
    assert sides(way, TWO, arb(1, 1), -2) == (usual, less, more)
    assert way.kinks == [ONE]
    # About 0 no way is told from its opposite.
    assert sides(way, TWO, arb(0, 1), 0) == sides(way, TWO, arb(0, 2), 0) == (usual, more, less)
    assert way.kinks == [ONE, TWO]


def test_a_route_alone_meets_every_kink_for_itself() -> None:
    first, second = Route(), Route()
    sides(first, ONE, 1)
    first.operation()
    assert (second.kinks, second.sides, second.operations, second.given) == ([], {}, 0, {})
    assert ONE == Kink("greater", (0,), 3, number=1) != Kink("greater", (0,), 3)
    assert str(ONE) == "greater at [0]"
    assert [str(Kink("maximum", at, 2)) for at in ((), (4, 0))] == ["maximum at []", "maximum at [4, 0]"]


def fails(way: Route) -> None:
    with following(way):
        raise ZeroDivisionError(route() is way)


def test_the_route_in_force_is_the_innermost_and_ends_with_its_block_also_where_that_raises() -> None:
    outer, inner = Route(), Route()
    with following(outer):
        with pytest.raises(ZeroDivisionError, match="True"):
            fails(inner)
        assert route() is outer
    assert route() is not route()


def test_a_blend_is_the_sum_of_the_options_each_with_its_share() -> None:
    assert blend((arb("0.5"), arb("0.25"), arb("0.25")), [arb(4), arb(-8), arb(20)]) == 2 - 2 + 5
    assert blend((arb(0), arb(1), arb(0)), [4, -8, 20]) == -8


def test_of_one_option_a_blend_is_that_option() -> None:
    assert blend((arb("0.5"),), [7]) == 7
    assert blend((arb(0), arb(0, 1)), [arb(2), arb(2)]).is_exact()
