"""What the oracles share: sentences for what was skipped, and dout that fits the output."""

from __future__ import annotations

import numpy as np
import pytest

from verify.errors import UserError
from verify.oracles.estimate import skips, weights


def test_each_reason_is_one_sentence_with_its_count_and_its_first_element() -> None:
    reasons = {11: "a kink", 5: "an edge", 2: "a kink", 10: "a kink"}
    assert skips("W", (3, 4), reasons) == [
        "W: 3 of 12 elements skipped, the first at [0, 2]: a kink",
        "W: 1 of 12 elements skipped, the first at [1, 1]: an edge",
    ]
    assert skips("b", (), {0: "an edge"}) == ["b: 1 of 1 elements skipped, the first at []: an edge"]
    assert skips("b", (2,), {}) == []


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
