"""The noise that differences leave is that of the values, exactly; of what is not finite nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from verify.oracles.noise import noise

# Noise of 1, by the order of the differences. The first ones are 2, −2, 0 and 0: their mean square is C(2, 1) = 2. The
# sixth ones are 60, 8, 4 and 4: it is C(12, 6) = 924.
ONE = {1: [0.0, 2, 0, 0, 0], 6: [0.0, 0, 0, 0, 0, 0, 60, 368, 1312, 3556]}


@pytest.mark.parametrize("order", ONE)
@pytest.mark.parametrize("size", [1.0, 2.0**-400, 2.0**400])
def test_noise_of_one_is_found_in_every_column_at_any_scale(order: int, size: float) -> None:
    values = np.array(ONE[order])
    assert float(noise(size * values, order)) == size
    columns = np.stack([size * values, 0 * values, -3 * size * values], axis=1)
    assert noise(columns, order).tolist() == [size, 0.0, 3 * size]


@pytest.mark.parametrize("value", [np.inf, np.nan, 1e200])
def test_nothing_is_known_where_a_value_or_its_square_is_not_finite(value: float) -> None:
    values = np.array([[0.0, 0.0], [value, 2.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert noise(values, 1).tolist() == [0.0, 1.0]
