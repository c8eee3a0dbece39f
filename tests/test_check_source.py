"""What `check` hands on beside the problem: the reference, and the function whose source may tell the mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest

from tests.test_check_arguments import ALL, GIVEN, PLAIN, X, asked, both, product, same, wrong
from verify.check import check
from verify.derivative import judge
from verify.records.verdict import FAIL

ONE = frozenset({"differences"})


def squares(x: Any) -> Any:
    return np.sum(x * x), (3 * x,)


def test_the_reference_is_put_beside_the_forward() -> None:
    definition = replace(PLAIN, oracles=frozenset({"definition"}))
    for reference in (product, lambda W, x: W @ x + 1):
        rows = check(product, both, GIVEN, reference=reference, oracles="definition", seconds=inf)
        same(rows, judge(asked(reference=reference), definition))
        assert {row.verdict == FAIL for row in rows} == {reference is not product}


def test_the_source_of_a_wrong_backward_is_searched_for_the_change_that_mends_it() -> None:
    rows = check(product, wrong, GIVEN, oracles="differences", convention="sum", seconds=inf)
    same(rows, judge(asked(wrong), replace(ALL, oracles=ONE)))
    assert ["should read" in row.diagnosis for row in rows] == [True, False]


def test_the_source_of_a_wrong_loss_is_that_of_the_function_that_returns_both() -> None:
    def mended(function: Callable[..., Any], dout: Any, x: Any) -> dict[str, Any]:
        return {"x": function(x=x)[1][0]}

    problem = asked(
        formula="squares", forward=lambda x: squares(x)[0], backward=lambda dout, x: {"x": squares(x)[1][0]},
        inputs={"x": X}, wrt=("x",), dout=np.ones(()), subject=squares, swapped=mended,
    )  # fmt: skip
    rows = check(squares, inputs={"x": X}, loss=True, oracles="differences", seconds=inf)
    same(rows, judge(problem, replace(ALL, oracles=ONE)))
    assert all("should read" in row.diagnosis for row in rows)


@pytest.mark.parametrize("source", [True, False])
def test_without_its_source_nothing_is_said_of_a_change(source: bool) -> None:
    rows = check(product, wrong, GIVEN, oracles="differences", convention="sum", source=source)
    assert any("should read" in row.diagnosis for row in rows) == source
