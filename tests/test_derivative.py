"""The three questions, put to one derivative: each answered on its own, and none of them from another."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import torch

from tests.one_input import DOUBLE, X, by_name, problem, said, tanh_slope, verdicts, wrong_slope
from verify.arithmetic.balls import Balls
from verify.cases import upstream
from verify.derivative import judge
from verify.diagnosis.values import of_forward
from verify.problem import Problem
from verify.questions import BLIND
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import Runs, run
from verify.setting import Setting

FORMULA = [("formula", oracle) for oracle in ("certificate", "complex step", "differences")]
BOTH = [("arithmetic", "exact"), ("agreement", "autograd")]


# --- judge: right, wrong, undecidable ---------------------------------------------------------------------------------
def test_a_right_derivative_passes_every_question_in_every_precision() -> None:
    rows = judge(problem(np.tanh, tanh_slope, reference=torch.tanh), Setting())
    (proof,) = (row for row in rows if row.oracle == "proof")
    assert (proof.verdict, proof.question) == (PASS, "formula")
    rows.remove(proof)
    assert verdicts(rows) == dict.fromkeys([*FORMULA, ("formula", "definition"), *BOTH], PASS)
    assert verdicts(rows, "float32") == dict.fromkeys(BOTH, PASS)
    assert all(row.finding == "" for row in rows)
    assert all((row.compared, row.skipped, row.shape) == (3, 0, "(3,)") for row in rows)
    assert {row.quantity for row in rows} == {"dx", "forward"}


def test_a_wrong_derivative_fails_the_first_and_the_third_question_and_not_the_second() -> None:
    rows = judge(problem(np.tanh, wrong_slope, reference=torch.tanh), Setting())
    for key, verdict in (verdicts(rows) | verdicts(rows, "float32")).items():
        right = key in (("formula", "definition"), ("arithmetic", "exact"))
        assert verdict == (PASS if right else FAIL), key
    failed = said(rows)["formula", "certificate"]
    # What is shown are the two exact values at the element named, not the float ones.
    at = int(failed.at.strip("[]"))
    with mpmath.workdps(50):
        dout, t = mpmath.mpf(upstream((3,), 0)[at]), mpmath.tanh(mpmath.mpf(X[at]))
        assert (failed.mine, failed.want) == (repr(float(dout * (1 - t))), repr(float(dout * (1 - t**2))))


def test_what_stays_undecided_at_every_precision_is_inconclusive_and_not_a_pass() -> None:
    rows = judge(problem(lambda x: np.sin(x) ** 2 + np.cos(x) ** 2, lambda dout, x: 0 * dout * x), DOUBLE)
    assert set(verdicts(rows).values()) == {INCONCLUSIVE}


def test_what_only_runs_on_floats_is_judged_by_differences_alone() -> None:
    def forward(x: Any) -> Any:
        return np.array([2 * float(v) for v in x])

    for backward, verdict in (
        (lambda dout, x: forward(dout), PASS), (lambda dout, x: 1.001 * forward(dout), FAIL),
    ):  # fmt: skip
        found = said(judge(problem(forward, backward), DOUBLE))
        assert found["formula", "differences"].verdict == verdict
        for key in (("formula", "certificate"), ("formula", "complex step"), ("arithmetic", "exact")):
            assert found[key].verdict == INCONCLUSIVE
            assert "it would drop its bound" in found[key].finding


def test_a_gradient_off_by_its_last_place_but_one_is_wrong_to_the_certificate_alone() -> None:
    rows = judge(problem(np.tanh, lambda dout, x: tanh_slope(dout, x) * (1 + 2.0**-50)), DOUBLE)
    found = verdicts(rows)
    assert found["formula", "certificate"] == FAIL
    assert found["formula", "differences"] == PASS
    assert found["arithmetic", "exact"] == PASS


# --- names and shapes -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("gradients", "said"),
    [
        (lambda dout, x: {"y": dout}, "gradients came back for dy; asked for were dx"),
        (lambda dout, x: {"x": dout, "y": dout}, "gradients came back for dx, dy; asked for were dx"),
        (lambda dout, x: {}, "gradients came back for ; asked for were dx"),
        (lambda dout, x: {"x": np.sum(dout)}, r"dx has shape (), but x has shape (3,)"),
        (lambda dout, x: {"x": dout.reshape(3, 1)}, r"dx has shape (3, 1), but x has shape (3,)"),
    ],
)
def test_a_gradient_of_another_name_or_shape_fails_before_anything_is_compared(
    gradients: Callable[..., Any], said: str
) -> None:
    given = Problem("formula", by_name(np.tanh), gradients, {"x": X}, ("x",), upstream((3,), 0))
    (row,) = judge(given, Setting())
    assert (row.verdict, row.oracle, row.question, row.quantity) == (FAIL, "shapes", "formula", "dx")
    assert row.finding == said


def test_a_gradient_that_broadcasting_would_excuse_fails_by_shape() -> None:
    ones = problem(np.sum, lambda dout, x: dout, np.ones(3))
    assert [row.oracle for row in judge(ones, DOUBLE)] == ["shapes"]
    full = problem(np.sum, lambda dout, x: dout * np.ones(3), np.ones(3))
    assert verdicts(judge(full, DOUBLE))["formula", "certificate"] == PASS


# --- which oracles, and how long --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "oracle", ["certificate", "complex step", "differences", "definition", "exact", "autograd"]
)  # fmt: skip
def test_only_the_oracles_that_are_asked_answer(oracle: str) -> None:
    given = problem(np.tanh, tanh_slope, reference=torch.tanh)
    rows = judge(given, Setting(oracles=frozenset({oracle})))
    assert {row.oracle for row in rows} == {oracle}
    assert {row.verdict for row in rows} == {PASS}
    both = {"float64", "float32"} if oracle in ("exact", "autograd") else {"float64"}
    assert {row.dtype for row in rows} == both


def test_once_the_deadline_has_passed_the_slow_oracles_are_inconclusive_and_say_so() -> None:
    given = problem(np.tanh, wrong_slope, reference=torch.tanh)
    found = said(judge(given, Setting(deadline=time.monotonic() - 1)))
    for oracle in ("complex step", "differences"):
        row = found["formula", oracle]
        assert (row.verdict, row.compared, row.finding) == (INCONCLUSIVE, 0, "not run: the time is up")
    assert found["formula", "certificate"].verdict == FAIL
    later = said(judge(given, Setting(deadline=time.monotonic() + 600)))
    assert later["formula", "differences"].verdict == FAIL


def test_without_a_reference_nothing_is_said_of_pytorch() -> None:
    rows = judge(problem(np.tanh, tanh_slope), Setting())
    assert not [row for row in rows if row.question == "agreement" or row.oracle == "definition"]


def test_an_average_by_convention_divides_what_is_wanted_and_nothing_else() -> None:
    for averages, verdict in (({"x": 7}, PASS), ({}, FAIL), ({"x": 6}, FAIL), ({"y": 7}, FAIL)):
        given = problem(np.tanh, lambda dout, x: tanh_slope(dout, x) / 7, averages=averages, reference=torch.tanh)
        found = verdicts(judge(given, Setting()))
        assert {found[key] for key in (*FORMULA, BOTH[1])} == {verdict}


# --- the second question: arithmetic ----------------------------------------------------------------------------------
def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def sigmoid_slope(dout: Any, x: Any) -> Any:
    a = 1 / (1 + np.exp(-x))
    return dout * a * (1 - a)


def naive_slope(dout: Any, x: Any) -> Any:
    """Right on paper; inf/inf from |x| = 710 on."""
    a = np.exp(x) / (1 + np.exp(x))
    return dout * a * (1 - a)


def test_a_right_formula_whose_arithmetic_keeps_no_digit_is_right_with_a_finding() -> None:
    found = said(judge(problem(sigmoid, sigmoid_slope, np.array([0.5, 37.0, -1.0])), DOUBLE))
    assert found["formula", "certificate"].verdict == PASS
    row = found["arithmetic", "exact"]
    assert row.verdict == PASS
    # σ′(37) = 8.5e-17, and float64 has 1 − a = 0.
    assert row.finding.startswith("no digit left at [1]: ")
    fine = said(judge(problem(sigmoid, sigmoid_slope, np.array([0.5, 3.0, -1.0])), DOUBLE))["arithmetic", "exact"]
    assert (fine.verdict, fine.finding) == (PASS, "")
    alone = said(judge(problem(sigmoid, sigmoid_slope, np.array([37.0])), DOUBLE))
    assert alone["formula", "certificate"].verdict == PASS
    # Its budget is larger than the tensor: such a row could not see anything.
    assert (alone["arithmetic", "exact"].verdict, alone["arithmetic", "exact"].digits_mine) == (INCONCLUSIVE, 0.0)
    assert alone["arithmetic", "exact"].detects > BLIND["float64"]


def test_a_nan_inside_the_domain_fails_and_outside_is_a_finding_and_neither_is_a_matter_of_the_formula() -> None:
    x = np.array([1.0, 800.0])
    for inside, verdict in ((True, FAIL), (False, PASS)):
        rows = judge(problem(sigmoid, naive_slope, x, inside={"float64": inside, "float32": inside}), Setting())
        for dtype in ("float64", "float32"):
            row = said(rows, dtype)["arithmetic", "exact"]
            assert row.verdict == verdict
            assert row.finding.startswith("nan at [1], where the exact value is ")
        assert said(rows)["formula", "certificate"].verdict == PASS


def test_an_infinity_that_the_exact_value_lacks_fails_too() -> None:
    x = np.array([2.0**500, 1.0])
    for power, verdict in ((-800, PASS), (800, FAIL)):
        scale, back = 2.0**power, 2.0**-power
        given = problem(lambda x: x**2, lambda d, x, s=scale, b=back: 2 * d * (x * s) * b, x)
        found = said(judge(given, DOUBLE))
        assert found["formula", "certificate"].verdict == PASS
        row = found["arithmetic", "exact"]
        assert row.verdict == verdict
        assert row.finding.startswith("" if verdict == PASS else "-inf at [0], where the exact value is ")
        assert bool(row.finding) is (verdict == FAIL)


def test_a_result_worse_than_rounding_can_make_it_fails_the_second_question_alone() -> None:
    def lossy(dout: Any, x: Any) -> Any:
        slope = tanh_slope(dout, x)
        return slope.astype(np.float32).astype(np.float64) if isinstance(slope, np.ndarray) else slope

    found = verdicts(judge(problem(np.tanh, lossy), DOUBLE))
    assert found["arithmetic", "exact"] == FAIL
    assert found["formula", "certificate"] == PASS


def test_a_dtype_silently_widened_or_narrowed_is_a_finding() -> None:
    wide = problem(np.tanh, lambda dout, x: tanh_slope(dout, x) * np.ones(3))
    row = said(judge(wide, Setting()), "float32")["arithmetic", "exact"]
    assert (row.verdict, row.finding) == (PASS, "widened: dx came back as float64")
    found = run(lambda x: {"y": x.astype(np.float32)}, {"x": X}, "float64")
    assert found.findings == ("narrowed: y came back as float32",)
    assert run(lambda x: {"y": x * 2}, {"x": X}, "float64").findings == ()


# --- the third question: agreement ------------------------------------------------------------------------------------
def test_at_a_kink_both_choices_pass_as_subgradients_and_both_are_named() -> None:
    def relu(x: Any) -> Any:
        return np.maximum(x, 0)

    x = np.array([0.0, 1.0, -2.0])
    dout = np.array([3.0, 1.0, 1.0])
    for slope, verdict in ((1.0, PASS), (0.25, PASS), (0.0, PASS), (2.0, FAIL), (-0.1, FAIL)):
        values = np.where(x > 0, 1.0, np.where(x < 0, 0.0, slope))
        given = problem(relu, lambda dout, x, values=values: dout * values, x, reference=torch.relu, dout=dout)
        row = said(judge(given, DOUBLE))["agreement", "autograd"]
        assert row.verdict == verdict
        if 0 < slope <= 1:
            assert "subgradient: maximum at [0]" in row.finding
            assert f"by hand {3 * slope}, by PyTorch 0.0 at [0]" in row.finding
        else:
            assert "by hand" not in row.finding


def test_a_slope_of_pytorchs_outside_the_set_at_a_kink_is_no_agreement() -> None:
    def relu(x: Any) -> Any:
        """Its value is max(x, 0) everywhere, and its autograd at 0 gives −2."""
        return torch.relu(x) + 2 * (torch.relu(x) - torch.relu(-x) - x)

    x = np.array([0.0, 1.0, -2.0])
    given = problem(lambda x: np.maximum(x, 0), lambda dout, x: dout * (x >= 0), x, reference=relu)
    found = said(judge(given, DOUBLE))
    assert found["formula", "certificate"].verdict == found["formula", "definition"].verdict == PASS
    row = found["agreement", "autograd"]
    assert (row.verdict, row.at) == (INCONCLUSIVE, "[0]")
    assert row.finding.startswith("reference: PyTorch has ")


def test_pytorch_less_exact_than_by_hand_is_a_finding_about_the_reference_and_no_fail() -> None:
    def clamped(x: Any) -> Any:
        """Its autograd divides by max(a(1−a), 1e-12)."""
        return torch.nn.functional.binary_cross_entropy(x, torch.ones_like(x), reduction="none")

    x = np.array([1e-13, 0.5])
    found = said(judge(problem(lambda x: -np.log(x), lambda d, x: -d / x, x, reference=clamped), DOUBLE))
    row = found["agreement", "autograd"]
    assert (row.verdict, row.at) == (INCONCLUSIVE, "[0]")
    assert row.finding == f"reference: PyTorch has {row.want} where the exact value is {row.exact}"
    assert row.digits_mine > 15
    assert row.digits_torch < 1
    assert found["formula", "certificate"].verdict == found["arithmetic", "exact"].verdict == PASS
    # What is wrong by hand has no such excuse.
    wrong = said(judge(problem(lambda x: -np.log(x), lambda d, x: -2 * d / x, x, reference=clamped), DOUBLE))
    assert wrong["agreement", "autograd"].verdict == FAIL


@pytest.mark.parametrize(("typical", "verdict"), [(True, FAIL), (False, INCONCLUSIVE)])
def test_another_forward_than_pytorchs_is_excused_outside_typical_cases_alone(typical: bool, verdict: str) -> None:
    given = problem(np.tanh, tanh_slope, reference=torch.sin, typical=typical)
    found = said(judge(given, DOUBLE))
    assert found["formula", "definition"].verdict == verdict
    assert found["formula", "certificate"].verdict == PASS
    # The certificate is of the same forward, so it vindicates the gradient only where the forwards agree.
    assert (found["agreement", "autograd"].verdict == FAIL) is typical


def test_a_forward_that_is_not_its_reference_is_told_as_what_it_is_instead() -> None:
    heard: list[Any] = []
    setting = Setting(dtypes=("float64",), name=heard.append)
    found = said(judge(problem(np.tanh, tanh_slope, reference=torch.sigmoid), setting))
    told = found["formula", "definition"].diagnosis
    assert "forward: tanh(x) stands where σ(x) belongs; it equals tanh(x)." in told
    assert [match.kind for match in heard[0]["forward"]] == ["activation"]
    # Of a right one nothing is told; and where no cause is known, what it equals, with no confidence.
    heard.clear()
    right = problem(np.tanh, tanh_slope, reference=torch.tanh)
    assert not said(judge(right, setting))["formula", "definition"].diagnosis
    assert heard == []
    odd = problem(np.tanh, tanh_slope, reference=lambda x: torch.tanh(x) + torch.erf(7 * x) / 3)
    told = said(judge(odd, setting))["formula", "definition"].diagnosis
    assert told.startswith("diagnosis: forward equals tanh(x).")
    assert [(match.kind, match.confident) for match in heard[0]["forward"]] == [("formula", False)]


def test_a_forward_whose_reference_is_missing_or_raises_is_not_named() -> None:
    runs = Runs({"forward": np.tanh(X)}, {}, {"forward": Balls.of(np.tanh(X))}, {}, ())
    for reference, names in ((torch.sigmoid, {"forward"}), (lambda x: 1 / 0, set())):
        assert set(of_forward(problem(np.tanh, tanh_slope, reference=reference), runs)) == names
    assert of_forward(problem(np.tanh, tanh_slope), runs) == {}


def test_a_reference_that_cannot_be_run_is_inconclusive_and_says_why() -> None:
    def broken(x: Any) -> Any:
        return (x.detach() * 2).to(torch.int64)

    found = said(judge(problem(np.tanh, tanh_slope, reference=broken), Setting(oracles=frozenset({"autograd"}))))
    row = found["agreement", "autograd"]
    assert (row.verdict, row.compared) == (INCONCLUSIVE, 0)
    assert row.finding == "not run: the reference returns a torch.int64; autograd needs one floating-point tensor"
