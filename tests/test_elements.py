"""The exhaustive check: every element's verdict, and the figures of a whole gradient."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from tests.units_subjects import A, Array, B, whole
from verify.records.discrepancy import Discrepancy
from verify.records.exhaustive import Tally
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.units.elements import NOT_FINITE, SHOWN, Elements, Figures

SUM, KINK = "too small beside what it is a sum of", "a kink lies within its bound: the derivative is a set"
LEFT = "no step around it stays finite and inside its domain"


# --- one element ------------------------------------------------------------------------------------------------------
def judged(
    mine: float, bound: tuple[float, float], estimate: tuple[float, float], rounding: float = 0.0, kinked: bool = False,
    elsewhere: tuple[float, float] | None = None,
) -> Elements:  # fmt: skip
    def cell(x: float) -> Array:
        return np.array([[x]])

    found = Elements("dW1", 1, (1, 1), 0)
    told = [(cell(want), cell(error)) for want, error in (bound, estimate)]
    other = (cell(elsewhere[0]), cell(elsewhere[1])) if elsewhere else None
    found.judge(0, cell(mine), cell(rounding), told, np.array([[kinked]]), other)
    return found


# Of 10000 an error of 1 must be seen: so a limit of 1/2 sees enough, and one of 9/16 does not.
@pytest.mark.parametrize(
    ("mine", "bound", "estimate", "verdict", "oracle"),
    [
        (10000.5, (10000, 0.5), (10000, inf), PASS, ""), (9999.5, (10000, 0.5), (10000, inf), PASS, ""),
        (10000.5625, (10000, 0.5), (10000, inf), FAIL, A), (9999, (10000, 0.5), (10000, 8), FAIL, A),
        (-10000.5, (-10000, 0.5), (-10000, 9), PASS, ""),
        (10000.5, (10000, 0.5625), (10000, 0.5), PASS, ""), (10000.5, (10000, inf), (10000, 0.5), PASS, ""),
        (10000.5625, (10000, 0.5625), (10000, 0.5), FAIL, B), (10000.5625, (10000, inf), (10000, 0.5), FAIL, B),
        (10000.5, (10000, 0.5), (10001, 0.25), PASS, ""),  # the bound has decided
        (10002, (10000, 0.75), (10000, 0.5), FAIL, A), (10002, (10000, 0.5), (10000, 0.75), FAIL, A),
        (10000, (10000, 0.5625), (10000, 0.5625), INCONCLUSIVE, A), (10000, (10000, 2), (10000, 1), INCONCLUSIVE, B),
        (10000, (10000, 1), (10000, 2), INCONCLUSIVE, A), (10000, (10000, inf), (10000, inf), INCONCLUSIVE, A),
        (10003, (10000, 4), (10000, 2), FAIL, B), (10003, (10000, 2), (10000, 4), FAIL, A),
        (0, (0, 2.0**-700), (0, 1), PASS, ""), (0, (0, 1), (0, 2.0**-700), PASS, ""),
        (0, (0, 2.0**-699), (0, 2.0**-699), INCONCLUSIVE, A), (2.0**-699, (0, 2.0**-700), (0, 1), FAIL, A),
        (nan, (1, 0.25), (1, 0.25), FAIL, A), (inf, (1, inf), (1, 0.25), FAIL, B),
        (nan, (1, inf), (1, inf), INCONCLUSIVE, A),
    ],
)  # fmt: skip
def test_an_element_is_right_where_an_oracle_sees_enough_and_wrong_where_one_finds_it_so(
    mine: float, bound: tuple[float, float], estimate: tuple[float, float], verdict: str, oracle: str
) -> None:
    found = judged(mine, bound, estimate)
    assert found.counts == {name: int(name == verdict) for name in (PASS, FAIL, INCONCLUSIVE)}
    shown = [*found.wrong, *found.undecided]
    assert [(row.verdict, row.oracle) for row in shown] == ([(verdict, oracle)] if oracle else [])


def test_why_an_element_is_undecided_is_told() -> None:
    for bound, kinked, reason in ((1.0, False, SUM), (inf, False, LEFT), (1.0, True, KINK), (inf, True, KINK)):
        (row,) = judged(1.0, (1.0, bound), (1.0, 1.0), kinked=kinked).undecided
        assert row.finding == reason
    assert judged(9.0, (1.0, 0.5), (1.0, 0.5), kinked=True).wrong[0].finding == ""
    assert NOT_FINITE == LEFT


@pytest.mark.parametrize(
    ("mine", "gaps", "limits"),
    # By 1 and by 2, of which 1/2 is rounding; elsewhere it is 10100 by 4, or by 4 more.
    [(10000.5, (0.5, 0.5), (1, 2)), (10001, (1, 1), (1, 2)), (9999, (1, 1), (1, 2)), (10001.5, (98.5, 1.5), (4, 2)),
     (10002, (98, 2), (4, 2)), (10002.5, (97.5, 2.5), (4, 6)), (10097, (3, 97), (4, 6)), (nan, (inf, inf), (0.5, 1.5))],
)  # fmt: skip
def test_what_another_rounding_of_the_pass_may_do_is_granted_where_it_is_needed(
    mine: float, gaps: tuple[float, float], limits: tuple[float, float]
) -> None:
    found = judged(mine, (10000, 0.5), (10000, 1.5), rounding=0.5, elsewhere=(10100, 4)).figures
    assert [(found[name].max_abs, found[name].widest) for name in (A, B)] == list(zip(gaps, limits, strict=True))


def test_a_whole_gradient_is_tallied_over_all_its_rows() -> None:
    # What is seen is twice the limit in units of the element: of the bound where it sees enough, else of the estimate.
    assert whole().tally() == Tally("dW2", 2, "(3, 3)", 9, 5, 2, 2, zeros=1, kinks=1, sees=2.0**-16)


def test_the_elements_that_are_wrong_and_undecided_are_shown_whole_the_worst_and_largest_first() -> None:
    found = whole()
    about: dict[str, Any] = {"layer": 2, "shape": "(3, 3)", "seed": 7, "compared": 1}
    assert found.wrong == [
        Discrepancy("exhaustive", "dW2", "formula", A, FAIL, max_abs=2.0, at="[1, 1]", mine="14.0", want="16.0",
                    budget=0.5, used=4.0, **about),
        Discrepancy("exhaustive", "dW2", "formula", A, FAIL, max_abs=0.5, at="[0, 2]", mine="8.5", want="8.0",
                    budget=0.25, used=2.0, **about),
    ]  # fmt: skip
    assert found.undecided == [
        Discrepancy("exhaustive", "dW2", "formula", A, INCONCLUSIVE, max_abs=0.0, at="[1, 2]", mine="1.0", want="1.0",
                    budget=0.125, used=0.0, finding=KINK, **about),
        Discrepancy("exhaustive", "dW2", "formula", B, INCONCLUSIVE, max_abs=0.0, at="[2, 2]", mine="4.0", want="4.0",
                    budget=0.25, used=0.0, finding=SUM, **about),
    ]  # fmt: skip


def test_a_gradient_as_a_whole_is_a_row_of_either_oracle() -> None:
    about: dict[str, Any] = {"layer": 2, "shape": "(3, 3)", "seed": 7, "convention": "J"}
    by_bound, by_estimate = whole().rows()
    assert by_bound == Discrepancy(
        "exhaustive", "dW2", "formula", A, FAIL, compared=8, skipped=1, max_abs=2.0, max_rel=0.125, used=4.0,
        detects=0.5 / 16, at="[1, 1]", mine="14.0", want="16.0", budget=0.5,
        finding=f"1 of 9 elements skipped, the first at [2, 0]: {LEFT}", **about,
    )  # fmt: skip
    assert by_estimate == Discrepancy(
        "exhaustive", "dW2", "formula", B, INCONCLUSIVE, compared=8, skipped=1, max_abs=2.0, max_rel=0.125, used=0.5,
        detects=0.5, at="[0, 2]", mine="8.5", want="8.0", budget=1.0, finding="it would have seen no error below 0.5 × "
        f"the largest element everywhere; 1 of 9 elements skipped, the first at [2, 1]: {LEFT}", **about,
    )  # fmt: skip


def test_no_more_elements_are_named_than_are_shown_and_of_equals_the_first() -> None:
    size = 25
    assert SHOWN == 20
    found = Elements("db1", 1, (size, 1), 0)
    want, far = np.ones((size, 1)), np.full((size, 1), 4.0)
    far[-1] = 8.0
    told = [(want, np.full((size, 1), 0.0625))] * 2
    found.judge(0, want + far, np.zeros((size, 1)), told, np.zeros((size, 1), dtype=bool))
    assert [row.at for row in found.wrong] == [f"[{size - 1}, 0]", *(f"[{i}, 0]" for i in range(SHOWN - 1))]
    told = [(want, np.ones((size, 1)))] * 2
    found.judge(size, far, np.ones((size, 1)) * 9, told, np.zeros((size, 1), dtype=bool))
    assert [row.at for row in found.undecided] == [
        f"[{2 * size - 1}, 0]",
        *(f"[{size + i}, 0]" for i in range(SHOWN - 1)),
    ]


@pytest.mark.parametrize(
    ("mine", "want", "limit", "verdict", "finding"),
    [
        (1.0, 1.0, 1e-6, PASS, ""), (1.0, 1.0, 2.0**-19, INCONCLUSIVE, ("it would have seen no error below 2e-06 × the "
         "largest element everywhere")),
        (2.0, 2.0, 2.0**-19, PASS, ""), (1 + 2.0**-20, 1.0, 2.0**-20, PASS, ""),
        (1 + 2.0**-19, 1.0, 2.0**-20, FAIL, ""),
        (0.0, 0.0, 0.0, INCONCLUSIVE, ("it would have seen no error below inf × "
         "the largest element everywhere")),
        (1.0, 1.0, inf, INCONCLUSIVE, f"1 of 1 elements skipped, the first at [3, 0]: {LEFT}"),
    ],
)  # fmt: skip
def test_a_row_passes_where_all_is_within_its_limits_and_these_see_enough(
    mine: float, want: float, limit: float, verdict: str, finding: str
) -> None:
    found = Figures()
    cell = [np.array([[x]]) for x in (mine, want, abs(mine - want), limit)]
    found.take(3, *cell)
    row = found.row(Elements("db1", 1, (4, 1), 0), A)
    assert (row.verdict, row.finding) == (verdict, finding)
    if limit == inf:
        assert np.isnan([row.used, row.detects]).all()
    else:
        assert row.used == (abs(mine - want) / limit if limit else 0.0)
        assert row.detects == (limit / abs(want) if want else inf)


def test_where_the_bound_has_decided_the_estimate_fails_nothing() -> None:
    """No element fails: what is outside its estimate is so of an estimate that was too small."""
    found = judged(10000.5, (10000, 0.5), (10000, 0.25))
    by_bound, by_estimate = found.rows()
    assert (by_bound.verdict, by_bound.used) == (INCONCLUSIVE, 1.0)
    assert (by_estimate.verdict, by_estimate.used) == (INCONCLUSIVE, 2.0)
    assert by_estimate.finding == "outside its own error estimate: the complex step has decided otherwise"
    wrong = judged(10001, (10000, 0.5), (10000, 0.25)).rows()
    assert [(row.verdict, row.finding) for row in wrong] == [(FAIL, ""), (FAIL, "")]


def test_figures_are_those_of_all_blocks_and_the_worst_is_the_first_of_the_worst() -> None:
    found = Figures()
    one = np.ones((1, 2))
    found.take(0, 3 * one, one * 2, one, np.array([[inf, 2.0]]))
    found.take(4, 8 * one, one * 4, one * 4, np.array([[16.0, 8.0]]))
    found.take(6, 3 * one, one * 2, one, 2 * one)
    found.take(8, one, one, 0 * one, np.full((1, 2), inf))
    assert (found.compared, found.skipped, found.first_skipped) == (5, 3, "[0, 0]")
    assert (found.max_abs, found.max_rel, found.widest, found.scale, found.used) == (4, 1, 16, 4, 0.5)
    assert found.worst == {"at": "[0, 1]", "mine": "3.0", "want": "2.0", "budget": 2.0}
    none, two = Figures(), np.ones((2, 1))
    none.take(4, two, two, 0 * two, np.array([[1.0], [inf]]))
    assert none.first_skipped == "[5, 0]"
