"""`handgrad.check`, as its users call it: what its arguments do, and what comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from handgrad import check
from reports.report import GradientError
from tests.own_pairs import A_PREV, X9, W, looped, only, product, tanh_backward
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS


# --- dout, domain, oracles, seconds, seed -----------------------------------------------------------------------------
def test_the_upstream_gradient_that_is_given_is_the_one_that_is_used() -> None:
    def wrong(dout: Any, x: Any) -> Any:
        return dout * np.where(np.arange(9) == 3, 3.0, 2.0)

    for i, verdict in ((0, PASS), (3, FAIL)):
        dout = np.zeros(9)
        dout[i] = 1
        assert check(lambda x: 2 * x, wrong, {"x": X9}, dout=dout, oracles=["certificate"]).verdict == verdict
    assert check(lambda x: 2 * x, wrong, {"x": X9}).verdict == FAIL


def test_without_dout_a_gradient_that_ones_would_excuse_is_caught() -> None:
    def softmax(x: Any) -> Any:
        e = np.exp(x)
        return e / np.sum(e)

    def right(dout: Any, x: Any) -> Any:
        p = softmax(x)
        return p * (dout - np.sum(dout * p))

    zero = check(softmax, lambda dout, x: 0 * dout * x, {"x": X9})
    assert (check(softmax, right, {"x": X9}).verdict, zero.verdict) == (PASS, FAIL)


def test_no_step_leaves_the_domain_that_is_given() -> None:
    def least(domain: Any) -> float:
        seen = []

        def forward(x: Any) -> Any:
            if isinstance(x, np.ndarray) and x.dtype == np.float64:
                seen.append(float(x.min()))
            return x**2

        report = check(forward, lambda d, x: 2 * d * x, {"x": np.array([1e-7, 0.3])}, domain=domain)
        assert report.verdict == PASS
        return min(seen)

    assert least({"x": (0, np.inf)}) > 0
    assert least(None) < 0


def test_where_an_input_lies_outside_its_domain_differences_say_so() -> None:
    report = check(np.log, lambda d, x: d / x, {"x": np.array([0.5])}, domain={"x": (1, 2)})
    (row,) = only(report, oracle="differences")
    assert row.verdict == INCONCLUSIVE
    assert "on the edge of its domain, or outside" in row.finding


@pytest.mark.parametrize("oracle", ["certificate", "exact", "complex step", "differences"])
def test_only_the_oracles_that_are_named_are_asked(oracle: str) -> None:
    report = check(np.tanh, tanh_backward, {"x": X9}, oracles=[oracle])
    assert {row.oracle for row in report.rows} == {oracle}
    # That the arithmetic holds says nothing about the formula.
    assert report.verdict == (INCONCLUSIVE if oracle == "exact" else PASS)
    wrong = check(np.tanh, lambda d, x: 1.001 * tanh_backward(d, x), {"x": X9}, oracles=[oracle])
    assert wrong.verdict == (INCONCLUSIVE if oracle == "exact" else FAIL)


def test_what_is_not_reached_in_time_is_inconclusive_and_never_a_pass() -> None:
    report = check(product, looped, {"W": W, "x": A_PREV}, seconds=1e-9)
    assert report.verdict == INCONCLUSIVE
    assert {row.verdict for row in report.rows} == {INCONCLUSIVE}
    for oracle in ("complex step", "differences"):
        assert {row.finding for row in only(report, oracle=oracle)} == {"not run: the time is up"}
    assert check(product, looped, {"W": W, "x": A_PREV}, seconds=600).verdict == PASS


def test_the_same_seed_gives_the_same_rows_and_another_another_upstream_gradient() -> None:
    first, again, other = (check(np.tanh, tanh_backward, {"x": X9}, seed=seed).rows for seed in (3, 3, 4))
    assert repr(first) == repr(again)
    assert {row.seed for row in other} == {4}
    assert all(a.mine != b.mine for a, b in zip(first, other, strict=True))


# --- what comes back --------------------------------------------------------------------------------------------------
def test_a_failing_report_says_so_in_every_way_it_has() -> None:
    def backward(dout: Any, x: Any) -> Any:
        return dout * (1 - np.tanh(x))

    report = check(np.tanh, backward, {"x": X9})
    assert (report.verdict, report.passed) == (FAIL, False)
    first = report.first_fault
    assert first is not None
    assert (first.formula, first.quantity, first.question, first.case) == ("backward", "dx", "formula", "given")
    text = str(report)
    assert "FAIL backward dx: certificate, is it right? (float64, given)" in text
    with pytest.raises(GradientError, match="FAIL backward dx"):
        report.raise_if_failed()
    with pytest.raises(TypeError, match=r"report\.passed"):
        bool(report)
    assert report.frame["verdict"].iloc[0] == FAIL
    assert report.seconds > 0


def test_the_line_that_shows_a_failure_again_shows_it_again() -> None:
    forward, inputs = np.tanh, {"x": X9}

    def backward(dout: Any, x: Any) -> Any:
        return dout * (1 - np.tanh(x))

    lines = [line.strip() for line in str(check(forward, backward, inputs, seed=5)).splitlines()]
    (again,) = [line.removeprefix("again: ") for line in lines if line.startswith("again: ")]
    same = again.replace("...", "forward, backward, inputs")
    (row,) = eval(same, {"check": check, "forward": forward, "backward": backward, "inputs": inputs}).rows
    assert (row.quantity, row.verdict, row.seed) == ("dx", FAIL, 5)
    assert f"at {row.at}, mine {row.mine}, want {row.want}" in " ".join(lines)


def test_a_passing_report_raises_nothing_and_prints_no_failure() -> None:
    report = check(np.tanh, tanh_backward, {"x": X9})
    assert (report.verdict, report.passed, report.first_fault) == (PASS, True, None)
    report.raise_if_failed()
    assert "FAIL" not in str(report)
    assert "again:" not in str(report)
