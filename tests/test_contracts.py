"""Contracts: what a formula does to its arguments, and the shapes and precision of what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from verify.checks.contracts import Watch
from verify.records import FAIL, PASS
from verify.signature import parse

SHAPES = "dZ: n m, A_prev: p m -> n p"


def dW(dZ: Any, A_prev: Any) -> Any:
    return dZ @ A_prev.T / A_prev.shape[1]


def overwriting(dZ: Any, A_prev: Any) -> Any:
    dZ /= A_prev.shape[1]
    return dZ @ A_prev.T


def row(function: Callable[..., Any], dtype: str = "float32", shapes: str = SHAPES) -> Any:
    watch = Watch(function, parse(shapes))
    watch.function(np.ones((3, 5), dtype), np.ones((4, 5), dtype))
    (found,) = watch.rows("deep.dW", 0)
    return found


def test_a_formula_that_keeps_its_contract_passes() -> None:
    assert row(dW).verdict == PASS
    assert row(dW).compared == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (overwriting, "overwrites an array"),
        (lambda dZ, A_prev: dW(dZ, A_prev).astype(np.float64), "float64 for float32"),
        (lambda dZ, A_prev: dW(dZ, A_prev).T, "of shape (4, 3), and states n × p = (3, 4)"),
        (lambda dZ, A_prev: dW(dZ, A_prev) > 0, "bool for float32"),
    ],
    ids=["an argument overwritten", "widened", "transposed", "no floats"],
)
def test_a_broken_contract_is_seen_and_said(wrong: Callable[..., Any], said: str) -> None:
    found = row(wrong)
    assert found.verdict == FAIL
    assert said in found.finding


def test_a_number_of_another_precision_is_seen_where_a_scalar_comes_back() -> None:
    shapes = "dZ: n m, A_prev: p m -> scalar"
    assert row(lambda dZ, A_prev: np.sum(dZ), shapes=shapes).verdict == PASS
    assert row(lambda dZ, A_prev: np.float64(np.sum(dZ)), shapes=shapes).verdict == FAIL


def test_a_formula_that_no_array_went_into_has_no_contract_row() -> None:
    watch = Watch(lambda n: n + 1, None)
    watch.function(3)
    assert watch.rows("deep.notation", 0) == []
