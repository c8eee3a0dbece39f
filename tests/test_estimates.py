"""The whole rows of the complex step and of differences, and of code that does not run on exact numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from tests.derivatives import ABOUT, DOUT, RIGHT, WRONG, X, floats_alone, half, judged, off, problem, row, same, slope
from verify.estimates import OUTSIDE, affordable, estimates
from verify.nearby import FACTORS
from verify.oracles.certificate import Decision
from verify.oracles.complex_step import complex_step
from verify.oracles.differences import differences
from verify.oracles.estimate import Estimate
from verify.problem import Problem, by_name
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import run

Array = np.ndarray[Any, Any]
# x²/2 has the derivative x: dx = [1, −4, 2].
SLOPES = X * DOUT


ALONE = "TypeError: runs on floats alone"
LADDER = f"budget from the precision ladder, an estimate: running bounds do not run here ({ALONE})"


def test_an_oracle_that_the_code_does_not_run_on_says_why_of_each_gradient() -> None:
    def product(a: Any, b: Any) -> Any:
        return a * b

    two = replace(
        problem(), inputs={"a": X, "b": X[:1]}, wrt=("b", "a"), forward=floats_alone(product),
        backward=lambda dout, a, b: {"a": dout * b, "b": np.sum(dout * a, keepdims=True)},
    )  # fmt: skip
    for oracle, reason in (("certificate", ALONE), ("complex step", ALONE)):
        about = {"quantity": "db", "shape": "(1,)", "finding": f"not run: {reason}"}
        wanted = (
            row(oracle, INCONCLUSIVE, **about),
            row(oracle, INCONCLUSIVE, **{**about, "quantity": "da", "shape": "(3,)"}),
        )
        same(judged(two, oracle), *wanted)
    late = judged(two, "differences", deadline=-inf)
    about = {"quantity": "db", "shape": "(1,)", "finding": "not run: the time is up"}
    same(
        late,
        row("differences", INCONCLUSIVE, **about),
        row("differences", INCONCLUSIVE, **{**about, "quantity": "da", "shape": "(3,)"}),
    )


def test_a_reference_that_does_not_run_says_why_in_each_precision() -> None:
    def broken(x: Any) -> Any:
        raise RuntimeError("no such size")

    given = problem(reference=broken)
    about = {"question": "agreement", "finding": "not run: RuntimeError: no such size"}
    rows = judged(given, "autograd", dtypes=("float64", "float32"))
    same(rows, *(row("autograd", INCONCLUSIVE, **about, dtype=dtype) for dtype in ("float64", "float32")))


# --- complex step and differences -------------------------------------------------------------------------------------
ORACLES: dict[str, Callable[..., Any]] = {"complex step": complex_step, "differences": differences}


def ruled(errors: Array, oracle_error: Any = None) -> dict[str, Any]:
    """The figures of a right row that is judged by an oracle's errors."""
    return {
        "budget": float(errors[1]), "detects": float(errors.max()) / 4,
        "oracle_error": float(errors.max()) if oracle_error is None else oracle_error,
    }  # fmt: skip


def estimated(oracle: str, forward: Callable[..., Any] = half, x: Array = X, dout: Array = DOUT) -> Array:
    """The oracle's errors; its gradients are exact here, but for differences."""
    found = ORACLES[oracle](forward, {"x": x}, ("x",), dout, seed=3)
    errors: Array = found.errors["x"]
    return errors


def test_the_complex_step_is_held_against_the_exact_gradient_within_its_own_error() -> None:
    errors = estimated("complex step")
    same(judged(problem(), "complex step"), row("complex step", PASS, **{**RIGHT, **ruled(errors)}))
    used = {"used": float(np.max(np.abs(SLOPES) / 2 / errors)), "budget": float(errors[0])}
    assert (np.abs(SLOPES) / 2 / errors).argmax() == 0
    same(
        judged(problem(off), "complex step"),
        row("complex step", FAIL, **{**WRONG, **ruled(errors), **used, "exact": "1.5000000000000000000"}),
    )


def test_differences_are_held_against_the_exact_gradient_within_their_own_errors() -> None:
    found = differences(half, {"x": X}, ("x",), DOUT, seed=3)
    gradient, errors = found.gradients["x"], found.errors["x"]
    (passed,) = judged(problem(), "differences")
    assert (passed.verdict, passed.oracle_error, passed.finding) == (PASS, errors.max(), "")
    gap = np.abs(gradient - SLOPES)
    at = int(np.argmax(np.where(gap.any(), gap / errors, np.abs(gradient))))
    assert (passed.at, passed.want, passed.used) == (f"[{at}]", repr(float(gradient[at])), (gap / errors)[at])


def test_an_oracles_gradient_is_divided_by_m_and_its_error_with_room_for_the_rounding() -> None:
    averaged = problem(lambda dout, x: dout * x / 3, averages={"x": 3})
    (passed,) = judged(averaged, "complex step")
    errors = np.nextafter(estimated("complex step") / 3, inf) + np.spacing(np.abs(SLOPES / 3))
    assert (passed.verdict, passed.budget, passed.oracle_error) == (PASS, errors[int(passed.at[1])], errors.max())
    assert passed.want in [repr(float(x)) for x in SLOPES / 3]
    assert 0 < passed.max_abs <= 2.0**-53


def test_the_domain_is_kept_to_by_differences() -> None:
    def from_one(x: Any) -> Any:
        if np.any(x <= 1 - 2.0**-20):
            raise ValueError("outside the domain")
        return x * x / 2

    given = problem(forward=floats_alone(from_one), inputs={"x": np.array([1.0, 2.0, 4.0])})
    (found,) = judged(replace(given, domain={"x": (1 - 2.0**-21, inf)}), "differences")
    assert (found.verdict, found.finding) == (PASS, "")
    (found,) = judged(given, "differences")
    assert (found.verdict, found.finding) == (INCONCLUSIVE, "not run: ValueError: outside the domain")


def test_floats_are_held_within_both_budgets_and_what_was_found_of_the_run_is_told_first() -> None:
    alone = problem(floats_alone(slope))
    errors = (
        estimated("complex step")
        + run(floats_alone(lambda dout, x: {"x": dout * x}), {"dout": DOUT, "x": X}, "float64").budget["x"]
    )
    right = {**RIGHT, "exact": "", **ruled(errors)}
    same(judged(alone, "complex step"), row("complex step", PASS, **right, finding=LADDER))
    (found,) = judged(problem(floats_alone(off)), "complex step")
    assert (found.verdict, found.at, found.mine, found.want, found.exact) == (FAIL, "[0]", "1.5", "1.0", "")
    assert (found.finding, found.max_abs) == (LADDER, 2.0)


def test_a_number_lost_by_hand_is_a_fail_where_the_oracle_has_one() -> None:
    def lost(dout: Any, x: Any) -> Any:
        return np.where(x > 3, nan, dout * x)

    (found,) = judged(problem(floats_alone(lost)), "complex step")
    assert (found.verdict, found.at, found.mine, found.used) == (FAIL, "[2]", "nan", inf)


def test_what_underflows_in_float32_has_no_budget_and_nothing_speaks_for_it() -> None:
    def by_detour(dout: Any, x: Any) -> Any:
        scale = np.where(x == 1, 2.0**-90, 1.0).astype(x.dtype)
        return dout * x * scale * scale / scale / scale

    given = problem(floats_alone(by_detour))
    (found,) = judged(given, "differences")
    open_ = "nothing speaks for 1 of 3 elements, which have no budget or were not drawn"
    assert (found.verdict, found.compared, found.finding) == (INCONCLUSIVE, 2, f"{LADDER}; {open_}")


def test_every_note_of_an_oracle_is_told_of_every_gradient() -> None:
    two = replace(
        problem(), inputs={"a": np.array([0.0, 1.0, 2.0]), "b": np.array([1.0, 0.0, 2.0])}, wrt=("a", "b"),
        forward=floats_alone(lambda a, b: np.maximum(a, 0) + np.maximum(b, 0)),
        backward=lambda dout, a, b: {"a": dout * (a > 0), "b": dout * (b > 0)},
    )  # fmt: skip
    for found in judged(two, "differences"):
        assert found.verdict == INCONCLUSIVE
        assert found.finding == (
            "nothing speaks for 1 of 3 elements, which have no budget or were not drawn; "
            "a: 1 of 3 elements skipped, the first at [0]: a kink within the step; "
            "b: 1 of 3 elements skipped, the first at [1]: a kink within the step"
        )


def test_the_exact_gradient_is_judged_and_shown_and_not_what_floats_make_of_it() -> None:
    def lossy(dout: Any, x: Any) -> Any:
        return dout * x * (1 + 2.0**-20) if isinstance(x, np.ndarray) else dout * x

    wanted = row("complex step", PASS, **{**RIGHT, **ruled(estimated("complex step"))})
    same(judged(problem(lossy), "complex step"), wanted)


def test_a_gradient_that_comes_back_in_floats_alone_has_no_budget() -> None:
    given = replace(problem(), backward=lambda dout, x: {"x": dout * x} if isinstance(x, np.ndarray) else {})
    (found,) = judged(given, "differences")
    assert (found.verdict, found.compared, found.skipped) == (INCONCLUSIVE, 0, 3)
    assert found.finding == "no element has a budget, so none was compared"


def twice(x: Any) -> Any:
    """With more choices at kinks than are tried one by one; in floats without a kink, with a slope of 1."""
    return np.maximum(0, np.maximum(0, x)) if hasattr(x, "parts") else 1 * x


SEVERAL = "at kinks the derivative is a set: what the choices there may change was not compared"


def test_of_what_the_certificate_leaves_open_at_kinks_nothing_is_compared_that_choices_may_change() -> None:
    x = np.array([0.0] * 12 + [1.0, 2.0])
    given = problem(
        lambda dout, x: dout * np.array([0.3] * 12 + [1.0, 1.0]) + 0 * x, twice, inputs={"x": x}, dout=np.ones(14)
    )
    certificate, found = judged(given, "certificate", "differences")
    assert certificate.verdict == INCONCLUSIVE
    open_ = "nothing speaks for 12 of 14 elements, which have no budget or were not drawn"
    assert (found.verdict, found.compared, found.finding) == (INCONCLUSIVE, 2, f"{open_}; {SEVERAL}")
    errors = estimated("differences", lambda x: 1 * x, x, np.ones(14))
    assert found.oracle_error == errors[12:].max()


def test_an_exact_gradient_of_another_shape_fails_the_arithmetic_and_the_floats_are_judged_alone() -> None:
    def cut(dout: Any, x: Any) -> Any:
        return dout * x if isinstance(x, np.ndarray) else (dout * x)[:1]

    rows = {one.oracle: one for one in judged(problem(cut, reference=half), "differences", "exact", "autograd")}
    assert rows["exact"].finding == "the float run has shape (3,), the exact run (1,)"
    assert {oracle: one.verdict for oracle, one in rows.items()} == {
        "differences": PASS, "exact": FAIL, "autograd": PASS,
    }  # fmt: skip
    assert rows["differences"].exact == rows["autograd"].exact == ""


def test_a_wrong_element_that_differences_skip_is_no_pass_where_the_certificate_does_not_run() -> None:
    """At its kink the maximum has no slope of 7."""

    def seven(dout: Any, x: Any) -> Any:
        return dout * np.array([7.0, 0.0, 1.0]) + 0 * x

    kinked = problem(seven, floats_alone(lambda x: np.maximum(x, 0)), inputs={"x": np.array([0.0, -2.0, 4.0])})
    (found,) = judged(kinked, "differences")
    assert (found.verdict, found.compared) == (INCONCLUSIVE, 2)
    assert found.finding == (
        "nothing speaks for 1 of 3 elements, which have no budget or were not drawn; "
        "x: 1 of 3 elements skipped, the first at [0]: a kink within the step"
    )


def test_an_oracle_outside_its_own_error_accuses_no_formula_that_the_certificate_has_right() -> None:
    """In floats the forward is another one, which only the oracles of floats see."""

    def two_faced(x: Any) -> Any:
        return x * x / 2 if hasattr(x, "parts") else x * x

    outside = "the oracle is outside its own error estimate: the certificate has the formula right"
    errors = estimated("differences", lambda x: x * x)
    (found,) = judged(problem(forward=two_faced), "differences")
    assert (found.verdict, found.finding, found.oracle_error) == (INCONCLUSIVE, outside, errors.max())
    assert judged(problem(off, forward=two_faced), "differences")[0].verdict == FAIL


def test_where_choices_at_kinks_may_change_it_the_oracle_is_said_to_read_another_derivative() -> None:
    def two_faced(x: Any) -> Any:
        return np.maximum(x, 0) if hasattr(x, "parts") else x * 2

    given = problem(lambda dout, x: dout * (x >= 0), two_faced, inputs={"x": np.array([0.0, 2.0, 4.0])})
    (found,) = judged(given, "differences")
    another = (
        "at kinks the derivative is a set: the oracle reads another one, and the certificate has the formula right"
    )
    assert (found.verdict, found.finding) == (INCONCLUSIVE, another)


def test_a_tensor_of_zeros_decides_nothing_and_says_so() -> None:
    (found,) = judged(problem(lambda dout, x: 0 * dout * x, lambda x: 0 * x), "differences")
    assert (found.verdict, found.finding) == (INCONCLUSIVE, "all of it is 0 here, so no relative error would show")


def test_without_a_certificate_all_elements_are_asked_that_the_time_allows_and_else_four_hundred() -> None:
    x = np.arange(1.0, 402.0)
    alone = problem(forward=floats_alone(half), inputs={"x": x}, dout=np.ones(401))
    (found,) = judged(alone, "differences")
    assert (found.verdict, found.compared, found.skipped) == (INCONCLUSIVE, 400, 1)
    open_ = "nothing speaks for 1 of 401 elements, which have no budget or were not drawn"
    assert (
        found.finding
        == f"{open_}; x: 1 of 401 elements skipped, the first at {left_out(found)}: left out of the sample"
    )


def test_within_a_deadline_all_elements_are_asked_but_four_hundred_where_the_certificate_has_them_right() -> None:
    for forward, size, compared in ((floats_alone(half), 402, 402), (half, 1001, 400)):
        given = problem(forward=forward, inputs={"x": np.arange(1.0, size + 1)}, dout=np.ones(size))
        (found,) = judged(given, "differences", deadline=time.monotonic() + 3600)
        assert (found.verdict, found.compared) == (PASS, compared)


def left_out(found: Discrepancy) -> str:
    return found.finding.partition("the first at ")[2].partition(":")[0]


def test_a_third_of_the_time_that_is_left_is_asked_for_and_never_fewer_than_two_elements() -> None:
    def asked_of(cost: float, deadline: float, most: int) -> tuple[int, list[int]]:
        now, asked = [100.0], list[int]()

        def ask(elements: int) -> None:
            asked.append(elements)
            now[0] += cost * elements

        return affordable(ask, deadline, most, lambda: now[0]), asked

    assert asked_of(0.5, 130.0, 1000) == (20, [2])
    assert asked_of(0.25, 130.0, 1000) == (40, [2])
    assert asked_of(0.25, 130.0, 30) == (30, [2])
    assert asked_of(20.0, 130.0, 1000) == (2, [2])
    assert asked_of(0.5, 90.0, 1000) == (2, [2])
    assert asked_of(0.0, 130.0, 1000) == (1000, [2])
    assert asked_of(0.5, 130.0, 3) == (3, [2])
    assert asked_of(0.5, 130.0, 2) == asked_of(0.5, inf, 5000) == (400, [])


# --- an oracle that reads what it is told to --------------------------------------------------------------------------
def read(
    given: Problem, slope: Callable[[Array], Any], decision: Decision | str, notes: tuple[str, ...] = ()
) -> tuple[Discrepancy, list[dict[str, Any]]]:
    """The row of differences that read this slope, and all that they were asked."""
    asked: list[dict[str, Any]] = []

    def estimate(forward: Any, inputs: Any, wrt: Any, dout: Array, **options: Any) -> Estimate:
        asked.append({**options, **inputs})
        np.exp(1e5 * np.ones(1))  # overflows, as steps do
        gradient = dout * slope(inputs["x"])
        return Estimate({"x": gradient}, {"x": np.full(gradient.shape, 2.0**-40)}, {}, notes)

    runs = run(by_name(given), {"dout": given.dout, **given.inputs}, "float64")
    (found,) = estimates(given, runs, "differences", estimate, decision, inf, ABOUT)
    return found, asked


def doubled_at_four(x: Array) -> Array:
    return np.where(x == 4, 2 * x, x)


def test_a_fail_is_looked_at_nearby_inside_the_domain_and_in_floats_alone() -> None:
    ran: list[str] = []

    def by_hand(dout: Any, x: Any) -> Any:
        ran.append(type(x).__name__)
        return dout * x

    def theirs(x: Array) -> Array:
        ran.append("asked")
        return doubled_at_four(x)

    given = problem(by_hand, domain={"x": (-9.0, 9.0)})
    found, asked = read(given, theirs, "no certificate ran")
    told = "by hand 2.0, by the oracle 4.0 at [2]; at inputs nearby they agree, so that this may be a kink"
    assert (found.verdict, found.finding) == (INCONCLUSIVE, told)
    assert len(asked) == 1 + len(FACTORS)
    assert all((one["domain"], one["seed"]) == (given.domain, given.seed) for one in asked)
    assert "Balls" in ran[: ran.index("asked")]
    assert ran[ran.index("asked") :] == ["asked", *["ndarray", "Bounds", "asked"] * len(FACTORS)]


@pytest.mark.parametrize("verdict", ["wrong", "undecided"])
def test_a_fail_that_a_certificate_has_decided_stays_one(verdict: str) -> None:
    found, asked = read(problem(), doubled_at_four, Decision({"x": verdict}, {}, {}))
    assert (found.verdict, len(asked)) == ((FAIL, 1) if verdict == "wrong" else (INCONCLUSIVE, 1 + len(FACTORS)))


def test_what_an_oracle_noted_stands_behind_what_the_certificate_says_of_it() -> None:
    found, _ = read(problem(), doubled_at_four, Decision({"x": "right"}, {}, {}), ("a kink", "a limit"))
    assert (found.verdict, found.finding) == (INCONCLUSIVE, f"{OUTSIDE}; a kink; a limit")


def test_a_choice_along_any_direction_may_change_every_element() -> None:
    for varies, compared in (([False, True], 0), ([False, False], 3), ([False, True, False], 2)):
        decision = Decision({"x": "undecided"}, {}, {}, varies={"x": np.array(varies)})
        found, _ = read(problem(), lambda x: x, decision)
        assert found.compared == compared
        assert (SEVERAL in found.finding) is any(varies)
