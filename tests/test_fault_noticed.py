"""The smallest error that is noticed is looked for by halving, between none at all and the last digit."""

from __future__ import annotations

import pytest

from verify.faults import noticed


@pytest.mark.parametrize("largest", [0, 1, 17, 51, 52])
def test_the_finest_is_found_by_halving_and_never_beyond_the_last_digit(largest: int) -> None:
    asked: list[int] = []

    def notices(k: int) -> bool:
        asked.append(k)
        return k <= largest or largest == noticed.FINEST

    assert noticed._finest(notices) == largest
    assert asked[:2] == [26, 13 if largest < 26 else 39]
    assert len(asked) <= 6
    assert all(1 <= k <= 52 for k in asked)
