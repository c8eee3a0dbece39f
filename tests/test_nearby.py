"""Whether what fails at some inputs agrees at those about them: a kink is told from a wrong gradient, and from luck."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from verify.nearby import FACTORS, agrees_nearby, by_share, looked_at
from verify.oracles.certificate import Decision
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

X = np.array([[4.0, 0.0, -2.0], [0.0, 1.0, 0.5]])
GIVEN = {"x": X, "s": np.float32(3.0), "k": 2, "rate": 0.5, "p": {"W": 2 * X, "zero": np.zeros(2)}}
PROBLEM = Problem("f", lambda **x: x, lambda **x: x, GIVEN, ("x",), np.ones(3))
FAILED = Discrepancy("f", "dx", "formula", "differences", FAIL, max_abs=1.0, want="1.0")
AGREES = Discrepancy("f", "dx", "formula", "differences", PASS, compared=3, used=0.5)


def asked(*said: Discrepancy, row: Discrepancy = FAILED) -> tuple[bool, list[Problem], set[bool]]:
    """What is said of it where these are the rows nearby; the problems there; whether a share was asked for."""
    moved: list[Problem] = []
    shares: set[bool] = set()

    def again(problem: Problem, share: bool) -> Discrepancy:
        moved.append(problem)
        shares.add(share)
        return said[len(moved) - 1]

    return agrees_nearby(PROBLEM, row, again), moved, shares


DIFFERS = replace(AGREES, verdict=FAIL, used=2.0)
UNTOLD = replace(AGREES, verdict=INCONCLUSIVE, compared=0, used=nan)
BLIND = replace(AGREES, verdict=INCONCLUSIVE, used=1.0)
EMPTY = replace(AGREES, verdict=INCONCLUSIVE, compared=0)


@pytest.mark.parametrize(
    ("said", "agrees"),
    [
        ([AGREES] * 4, True), ([AGREES, UNTOLD, UNTOLD, UNTOLD], True), ([UNTOLD, UNTOLD, UNTOLD, BLIND], True),
        ([UNTOLD] * 4, False), ([EMPTY] * 4, False), ([DIFFERS] * 4, False),
        ([AGREES, AGREES, AGREES, DIFFERS], False), ([DIFFERS, AGREES, AGREES, AGREES], False),
        ([replace(BLIND, used=1.5)] * 4, False),
    ],
)  # fmt: skip
def test_it_agrees_nearby_where_it_agrees_somewhere_and_differs_nowhere(said: list[Discrepancy], agrees: bool) -> None:
    assert asked(*said)[0] is agrees


@pytest.mark.parametrize(
    ("row", "share"),
    [
        (FAILED, True), (replace(FAILED, max_abs=1e-6), False), (replace(FAILED, max_abs=2e-6), True),
        (replace(FAILED, want="-1.0", max_abs=1e-6), False), (replace(FAILED, want="-4.0", max_abs=2e-6), False),
        (replace(FAILED, dtype="float32", max_abs=1e-2), False), (replace(FAILED, dtype="float32"), True),
        (replace(FAILED, want="", max_abs=1e-30), True), (replace(FAILED, want="", max_abs=0.0), False),
    ],
)  # fmt: skip
def test_a_share_is_enough_nearby_only_where_what_failed_would_show_in_it(row: Discrepancy, share: bool) -> None:
    assert asked(*[AGREES] * 4, row=row)[2] == {share}


def test_each_number_moves_toward_0_by_a_share_of_its_own_and_no_zero_stays() -> None:
    _, moved, _ = asked(*[AGREES] * 4)
    assert FACTORS == (1 - 2.0**-9, 0.5, 2.0**-4, 2.0**-8)
    for problem, factor in zip(moved, FACTORS, strict=True):
        assert replace(problem, inputs=GIVEN) == PROBLEM
        assert list(problem.inputs) == list(GIVEN)
        assert (problem.inputs["k"], problem.inputs["rate"]) == (2, 0.5)
        x, W, zero = problem.inputs["x"], problem.inputs["p"]["W"], problem.inputs["p"]["zero"]
        for new, old in ((x, X), (W, 2 * X)):
            shares = new[old != 0] / old[old != 0]
            assert np.all(shares < factor * (1 - 2.0**-10) * (1 + 2.0**-50))
            assert np.all(shares > factor * (1 - 2.0**-9) * (1 - 2.0**-50))
            assert np.unique(shares).size == 4
            # A zero, by about the median of the sizes, on either side.
            off = np.abs(new[old == 0]) / np.median(np.abs(old[old != 0]))
            assert np.all((off > 2.0**-10) & (off < 2.0**-9))
        assert np.all((np.abs(zero) > 2.0**-10) & (np.abs(zero) < 2.0**-9))
        assert (x.dtype, problem.inputs["s"].dtype, problem.inputs["s"].shape) == ("float64", "float32", ())
        assert 3 * factor * (1 - 2.0**-9) < float(problem.inputs["s"]) < 3 * factor
    assert np.array_equal(moved[1].inputs["x"][X == 0], moved[2].inputs["x"][X == 0])
    many = replace(PROBLEM, inputs={"x": np.zeros(64)})
    sides: list[Any] = []
    agrees_nearby(many, FAILED, lambda problem, share: sides.append(np.sign(problem.inputs["x"])) or AGREES)
    assert set(sides[0]) == {-1.0, 1.0}
    assert np.array_equal(X, [[4.0, 0.0, -2.0], [0.0, 1.0, 0.5]])


def test_another_move_would_change_what_was_ever_said_of_a_kink() -> None:
    moved: list[Any] = []
    agrees_nearby(
        replace(PROBLEM, inputs={"x": np.array([1.0, 0.0])}), FAILED,
        lambda problem, share: moved.append(problem.inputs["x"].tolist()) or AGREES,
    )  # fmt: skip
    assert moved[1] == [0.49913675190886936, 0.0010995808074103536]


def test_by_their_share_two_gradients_agree_to_what_any_row_must_see_or_they_do_not() -> None:
    want = np.array([1.0, -2.0])
    assert by_share(np.array([1.0, -2.0 + 2.0**-20]), want, "float64") == {
        "compared": 2, "skipped": 0, "shape": "(2,)", "max_abs": 2.0**-20, "max_rel": 2.0**-21, "max_ulp": 2.0**31,
        "at": "[1]", "mine": "-1.9999990463256836", "want": "-2.0", "budget": 2e-6, "used": 2.0**-20 / 2e-6,
        "detects": 1e-6, "verdict": PASS,
    }  # fmt: skip
    for off, dtype, verdict in (
        (1.9e-6, "float64", PASS), (2.1e-6, "float64", FAIL), (1.9e-2, "float32", PASS), (2.1e-2, "float32", FAIL),
        (nan, "float64", None),
    ):  # fmt: skip
        assert by_share(np.array([1.0 + off, -2.0]), want, dtype).get("verdict") == verdict
    # What is held to a share is computed in float64, whatever was under test.
    assert by_share(want.astype(np.float32), want.astype(np.float32), "float32")["budget"] == 2e-2
    assert by_share(want, np.zeros(2), "float64") == {}
    assert by_share(want, want * inf, "float64") == {}


def test_a_fail_is_none_where_it_is_gone_nearby_and_no_certificate_has_decided() -> None:
    asked_of: list[tuple[str, ...]] = []

    def looked(row: Discrepancy, decision: Decision | str, said: Discrepancy = AGREES) -> Discrepancy:
        def again(problem: Problem, share: bool) -> Discrepancy:
            asked_of.append(problem.wrt)
            return said

        return looked_at(replace(PROBLEM, wrt=("x", "s")), "s", row, decision, again)

    failed = replace(FAILED, mine="2.0", at="[0]")
    undecided, right, wrong = (Decision({"x": "wrong", "s": of}, {}, {}) for of in ("undecided", "right", "wrong"))
    told = "by hand 2.0, by the oracle 1.0 at [0]; at inputs nearby they agree, so that this may be a kink"
    for decision in (undecided, "no certificate ran"):
        assert looked(failed, decision) == replace(failed, verdict=INCONCLUSIVE, finding=told)
    assert asked_of == [("s",)] * 8
    assert looked(failed, undecided, DIFFERS) == looked(failed, right) == looked(failed, wrong) == failed
    assert looked(AGREES, undecided) == AGREES
    assert asked_of == [("s",)] * 12
