"""What each rule makes of a result, to the number; what it does not fit; and how a call is spoilt."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from verify.arithmetic.balls import Balls, precision
from verify.faults.call_rules import CALL_RULES
from verify.faults.result_rules import RESULT_RULES, Unfit
from verify.faults.source_rules import RELATIVE

X = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
ROW, COLUMN, NUMBER = X[:1], X[:, :1], np.array(7.0)
# For each rule what it makes of X with m = 3.
OF_X: dict[str, Any] = {
    "sign of the result": -X, "m times too large": 3 * X, "averaged once more": X / 3, "added up twice": 2 * X,
    **{f"result off by {by:.0e}": X * (1 + by) for by in RELATIVE},
    "1e-06 added to one element": [[1, -2, 3], [4 + 1e-6, 5, -6]], "one element lost": [[1, -2, 3], [0, 5, -6]],
    "one row lost": [[1, -2, 3], [0, 0, 0]], "one column lost": [[1, -2, 0], [4, 5, 0]],
    "result transposed": [[1, 4], [-2, 5], [3, -6]], "flipped": [[4, 5, -6], [1, -2, 3]],
    "a constant offset": X + 0.125, "rank-1": Unfit,
}  # fmt: skip
OF_ROW: dict[str, Any] = {
    "1e-06 added to one element": [[1, -2 + 1e-6, 3]], "one element lost": [[1, 0, 3]], "one row lost": Unfit,
    "one column lost": [[1, -2, 0]], "result transposed": Unfit, "flipped": [[3, -2, 1]], "rank-1": [1, -2, 3],
}  # fmt: skip
OF_COLUMN: dict[str, Any] = {
    "1e-06 added to one element": [[1], [4 + 1e-6]], "one element lost": [[1], [0]], "one row lost": [[1], [0]],
    "one column lost": Unfit, "result transposed": Unfit, "flipped": [[4], [1]], "rank-1": [1, 4],
}  # fmt: skip
OF_NUMBER: dict[str, Any] = {
    "sign of the result": -7.0, "1e-06 added to one element": Unfit, "one element lost": Unfit, "one row lost": Unfit,
    "one column lost": Unfit, "result transposed": Unfit, "flipped": Unfit, "rank-1": Unfit, "a constant offset": 7.125,
}  # fmt: skip
OF_TWO: dict[str, Any] = {  # the least of which an element, a row, a column may be lost
    "1e-06 added to one element": [[1, -2 + 1e-6]], "one element lost": [[1, 0]], "one column lost": [[1, 0]],
    "flipped": [[-2, 1]],
}  # fmt: skip
OF_THREE: dict[str, Any] = {"one row lost": [[1, 4], [-2, 5], [0, 0]], "flipped": [[3, -6], [-2, 5], [1, 4]]}
OF_ONE: dict[str, Any] = {
    "1e-06 added to one element": Unfit, "one element lost": Unfit, "one row lost": Unfit, "one column lost": Unfit,
    "flipped": Unfit, "rank-1": [1],
}  # fmt: skip


@pytest.mark.parametrize(
    ("x", "rule", "wanted"),
    [
        pytest.param(x, rule, wanted, id=f"{np.shape(x)} {rule}")
        for x, of in (
            (X, OF_X), (ROW, OF_ROW), (COLUMN, OF_COLUMN), (NUMBER, OF_NUMBER), (X[:1, :2], OF_TWO),
            (X[:1, :1], OF_ONE), (X.T, OF_THREE),
        )
        for rule, wanted in of.items()
    ],
)  # fmt: skip
def test_a_rule_spoils_a_result_as_it_says_on_floats_of_either_precision_and_on_exact_numbers(
    x: Any, rule: str, wanted: Any
) -> None:
    spoil = RESULT_RULES[rule]
    before = x.copy()
    if wanted is Unfit:
        with pytest.raises(Unfit):
            spoil(x, 3)
        return
    found = spoil(x, 3)
    assert found.tolist() == np.asarray(wanted).tolist()
    assert x.tolist() == before.tolist()
    single = spoil(x.astype(np.float32), 3)
    assert (single.dtype, np.shape(single)) == (np.float32, np.shape(wanted))
    if np.ndim(x):
        with precision():
            balls = spoil(Balls.of(x), 3)
        assert balls.shape == np.shape(wanted)
        assert balls.mid().tolist() == found.tolist()


def test_the_rules_stand_in_their_order() -> None:
    assert [*RESULT_RULES] == [*OF_X]
    assert [*CALL_RULES] == [
        "computed in float32", "handed back in float32", "widened to float64", "an argument overwritten",
    ]  # fmt: skip


def test_a_list_of_numbers_is_spoilt_as_an_array() -> None:
    assert RESULT_RULES["one element lost"]([1.0, 2.0, 3.0], 3).tolist() == [1, 0, 3]
    assert RESULT_RULES["1e-06 added to one element"]([1.0, 2.0], 3).tolist() == [1, 2 + 1e-6]


@pytest.mark.parametrize("rule", ["m times too large", "averaged once more"])
def test_an_average_over_one_example_is_none(rule: str) -> None:
    with pytest.raises(Unfit):
        RESULT_RULES[rule](X, 1)
    assert RESULT_RULES[rule](X, 2).tolist() == (2 * X if rule == "m times too large" else X / 2).tolist()


# --- calls ------------------------------------------------------------------------------------------------------------
class Pair(NamedTuple):
    x: Any
    y: Any


def formula(x: Any, names: Any, *, more: Any) -> Any:
    """Back comes what it was given: arrays in every structure, and what is no array."""
    return {"sum": x + more["b"], "of": (names, [x, 1.5]), "pair": Pair(x, 2), "whole": np.arange(2)}


def spoilt(rule: str, dtype: Any = np.float64) -> tuple[Any, Any, Any]:
    """What comes back, and the arrays that were given."""
    x, b = np.array([0.1, 0.2], dtype=dtype), np.array([0.3, 0.4], dtype=dtype)
    return CALL_RULES[rule](formula, (x, "W"), {"more": {"b": b}}), x, b


def test_computed_in_float32_takes_and_makes_single_numbers_and_hands_them_back_as_double_ones() -> None:
    found, x, b = spoilt("computed in float32")
    single = x.astype(np.float32) + b.astype(np.float32)
    assert found["sum"].dtype == np.float64
    assert found["sum"].tolist() == single.astype(np.float64).tolist() != (x + b).tolist()
    assert found["of"][0] == "W"
    assert found["of"][1][0].dtype == np.float64
    assert found["of"][1][0].tolist() == x.astype(np.float32).astype(np.float64).tolist()
    assert found["of"][1][1] == 1.5
    assert type(found["of"]) is tuple
    assert type(found["of"][1]) is list
    # A record keeps what it holds, and whole numbers stay such.
    assert found["pair"].x.dtype == np.float32
    assert found["whole"].dtype == np.arange(2).dtype


@pytest.mark.parametrize(
    ("rule", "given", "back"),
    [
        ("handed back in float32", np.float64, np.float32), ("handed back in float32", np.float32, np.float32),
        ("widened to float64", np.float32, np.float64), ("widened to float64", np.float64, np.float64),
    ],
)  # fmt: skip
def test_a_result_in_another_precision_was_computed_in_its_own(rule: str, given: Any, back: Any) -> None:
    found, x, b = spoilt(rule, given)
    assert found["sum"].dtype == back
    assert found["sum"].tolist() == (x + b).astype(back).tolist()
    assert CALL_RULES[rule](np.add, (given(1), given(2)), {}).dtype == back


def test_an_argument_is_overwritten_once_the_result_is_known_and_only_the_first() -> None:
    found, x, b = spoilt("an argument overwritten")
    assert x.tolist() == [0.05, 0.1]
    assert b.tolist() == [0.3, 0.4]
    assert found["sum"].tolist() == [0.1 + 0.3, 0.2 + 0.4]
    assert found["of"][1][0].tolist() == [0.1, 0.2]  # a view of what is overwritten
    assert CALL_RULES["an argument overwritten"](len, ("abc",), {}) == 3
    named = {"y": X.copy()}
    CALL_RULES["an argument overwritten"](lambda y: y, (), named)
    assert named["y"].tolist() == (X / 2).tolist()


@pytest.mark.parametrize("rule", CALL_RULES)
def test_other_numbers_than_plain_ones_are_let_alone(rule: str) -> None:
    x = Balls.of(X)
    assert CALL_RULES[rule](lambda y: y, (x,), {}) is x
