"""What the oracles share: sentences for what was skipped, values at their places, and dout that fits the output."""

from __future__ import annotations

import numpy as np
import pytest

from verify.errors import UserError
from verify.oracles.estimate import scattered, skips, weights


def test_each_reason_is_one_sentence_with_its_count_and_its_first_element() -> None:
    reasons = {11: "a kink", 5: "an edge", 2: "a kink", 10: "a kink"}
    assert skips("W", (3, 4), reasons) == [
        "W: 3 of 12 elements skipped, the first at [0, 2]: a kink",
        "W: 1 of 12 elements skipped, the first at [1, 1]: an edge",
    ]
    assert skips("b", (), {0: "an edge"}) == ["b: 1 of 1 elements skipped, the first at []: an edge"]
    assert skips("b", (2,), {}) == []


def test_values_are_put_where_they_belong_and_those_that_do_not_count_are_filled() -> None:
    found = scattered(np.array([1.0, 2.0, 3.0]), np.array([5, 0, 2]), (2, 3), np.inf, np.array([True, False, True]))
    assert found.tolist() == [[np.inf, np.inf, 3.0], [np.inf, np.inf, 1.0]]
    nothing = scattered(np.zeros(0), np.zeros(0, dtype=int), (), -1.0, np.zeros(0, dtype=bool))
    assert (nothing.shape, float(nothing)) == ((), -1.0)


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_dout_is_divided_by_the_scale_in_float64(dtype: type) -> None:
    found = weights(np.array([[1, -2]], dtype=dtype), [[0.0, 0.0]], 3)
    assert (found.dtype, found.tolist()) == (np.float64, [[1 / 3, -2 / 3]])
    assert weights(1.0, 5.0, 4).tolist() == 0.25


def test_a_dout_of_another_shape_than_the_output_is_named_with_both() -> None:
    with pytest.raises(UserError) as told:
        weights(np.ones(2), np.ones((3, 1)), 1)
    assert str(told.value) == (
        "dout has shape (2,), but the forward's output has shape (3, 1); "
        "give an upstream gradient of the output's shape"
    )
