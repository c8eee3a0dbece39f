"""The smallest error that is noticed is looked for by halving, between none at all and the last digit."""

from __future__ import annotations

import pytest

from verify.faults import noticed
from verify.setting import Setting


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


def test_autograd_is_given_the_layer_itself_to_differentiate() -> None:
    problem = noticed._problem(2, 1, 3)
    assert problem.reference is problem.forward


def test_one_oracle_alone_is_asked_in_one_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Setting] = []
    monkeypatch.setattr(noticed, "judge", lambda problem, setting: asked.append(setting) or [])
    assert not noticed._oracle("autograd", "float32", 2, 1, 3)
    assert asked == [Setting(dtypes=("float32",), oracles=frozenset({"autograd"}))]
