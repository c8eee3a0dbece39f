"""The check by proof alone: the problem that it makes, its rows, and that nothing else is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from verify.checks.derivative import AVERAGED, PER_EXAMPLE
from verify.checks.proof import proof
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, PASS
from verify.setting import Setting

ALONE = Setting(seed=3, oracles=frozenset({"proof"}))
SHAPES = "w: n 1, X: n m -> 1 m"


def unit(w: Any, X: Any) -> Any:
    return w.T @ X


def both(dout: Any, w: Any, X: Any) -> Any:
    return X @ dout.T, w @ dout


def called(formula: Callable[..., Any], dout: Any, **inputs: Any) -> Any:
    return formula(dout, **inputs)


def plain(**options: Any) -> Any:
    return proof(SHAPES, "w X", unit, called, name="one unit", **options)


def averaged(dout: Any, w: Any, X: Any) -> Any:
    return X @ dout.T / dout.shape[1], w @ dout / dout.shape[1]


def row(quantity: str, shape: str, verdict: str, convention: str, **more: Any) -> Discrepancy:
    about = {"shape": shape, "case": "one unit", "seed": 3, "convention": convention, **more}
    return Discrepancy("unit", quantity, "formula", "proof", verdict, **about)


@pytest.mark.parametrize(
    ("options", "right", "m", "convention"),
    [({}, both, "", PER_EXAMPLE), ({"averaged": True}, averaged, "m·", AVERAGED)],
)
def test_each_gradient_is_proved_at_the_drawn_shapes_by_its_convention(
    options: dict[str, Any], right: Callable[..., Any], m: str, convention: str
) -> None:
    rows = plain(**options)(right, "unit", ALONE)
    assert [repr(found) for found in rows] == [
        repr(row(
            f"d{k}", shape, PASS, convention, compared=n,
            finding=f"∂(Σ dout∗out)/∂{k} = {m}d{k}: {n} identities in {letters} letters, for all real values",
        ))
        # dw is of X and dout, dX of w and dout.
        for k, shape, n, letters in (("w", "(3, 1)", 3, 12 + 4), ("X", "(3, 4)", 12, 3 + 4))
    ]  # fmt: skip
    wrong = plain(**options)({"": averaged, "m·": both}[m], "unit", ALONE)
    assert [found.verdict for found in wrong] == [FAIL, FAIL]
    assert {found.convention for found in wrong} == {convention}


def test_the_m_of_the_convention_is_the_last_size_of_an_output_of_one_dimension_too() -> None:
    def weighted(w: Any, x: Any) -> Any:
        return w * x

    def over_m(dout: Any, w: Any, x: Any) -> Any:
        return dout * x / x.shape[0], dout * w / w.shape[0]

    check = proof("w: m, x: m -> m", "w x", weighted, called, name="products", averaged=True)
    assert [found.verdict for found in check(over_m, "products", ALONE)] == [PASS, PASS]
    wrong = check(lambda dout, w, x: (dout * x, dout * w), "products", ALONE)
    assert [found.verdict for found in wrong] == [FAIL, FAIL]


def test_only_where_a_proof_is_asked_for_it_is_made_and_its_time_is_told() -> None:
    assert plain()(both, "unit", replace(ALONE, oracles=frozenset({"exact"}))) == []
    told: list[tuple[str, float]] = []
    assert len(plain()(both, "unit", Setting(seed=3, timed=told.append))) == 2
    assert [name for name, _ in told] == ["proof, unit, dw dX"]


def test_the_numbers_that_refute_are_those_of_the_seed_and_the_domain() -> None:
    def twice(dout: Any, w: Any, X: Any) -> Any:
        return 2 * (X @ dout.T), w @ dout

    at = {seed: plain()(twice, "unit", replace(ALONE, seed=seed))[0] for seed in (3, 4)}
    assert at[3].verdict == at[4].verdict == FAIL
    assert at[3].want != at[4].want
    assert float(at[3].mine) == 2 * float(at[3].want)
    seen: list[Any] = []

    def looking(w: Any, X: Any) -> Any:
        seen.append(w)
        return w.T @ X

    proof(SHAPES, "w X", looking, called, name="p", domain={"w": "positive"})(both, "unit", ALONE)
    numbers = [w for w in seen if isinstance(w, np.ndarray) and w.dtype == np.float64]
    assert numbers
    assert all((w > 0).all() for w in numbers)
