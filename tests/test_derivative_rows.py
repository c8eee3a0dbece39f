"""The whole rows that are made of one derivative: figures and sentences, on numbers that are known exactly."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import torch

from verify.arithmetic.balls import Balls, precision
from verify.definitions import defined
from verify.derivative import judge
from verify.estimates import affordable
from verify.oracles.autograd import autograd
from verify.oracles.complex_step import complex_step
from verify.oracles.decide import decide
from verify.oracles.differences import differences
from verify.problem import Problem, lift
from verify.questions import FULL_DIGITS
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy
from verify.runs import arithmetic, run
from verify.setting import Setting

Array = np.ndarray[Any, Any]
X, DOUT = np.array([1.0, -2.0, 4.0]), np.array([1.0, 2.0, 0.5])
# x²/2 has the derivative x: dx = [1, −4, 2].
SLOPES = X * DOUT
ABOUT: dict[str, Any] = {
    "formula": "half", "case": "edge", "seed": 3, "layer": 2, "convention": "per example", "source": "page 7",
}  # fmt: skip


def half(x: Any) -> Any:
    return x * x / 2


def slope(dout: Any, x: Any) -> Any:
    return dout * x


def problem(backward: Callable[..., Any] = slope, forward: Callable[..., Any] = half, **more: Any) -> Problem:
    """In one input, x; `backward(dout, x)` returns its gradient."""
    given: dict[str, Any] = {"inputs": {"x": X}, "wrt": ("x",), "dout": DOUT, **ABOUT}
    return Problem(forward=forward, backward=lambda dout, x: {"x": backward(dout, x)}, **{**given, **more})


def asked(*oracles: str, dtypes: tuple[str, ...] = ("float64",), **more: Any) -> Setting:
    return Setting(dtypes=dtypes, oracles=frozenset(oracles), **more)


def judged(given: Problem, *oracles: str, dtypes: tuple[str, ...] = ("float64",), **more: Any) -> list[Discrepancy]:
    """The rows, without the likely mistake."""
    rows = judge(given, asked(*oracles, dtypes=dtypes, source=False, **more))
    return [replace(row, diagnosis="") for row in rows]


def row(oracle: str, verdict: str, **fields: Any) -> Discrepancy:
    about = {"quantity": "dx", "question": "formula", "oracle": oracle, "shape": "(3,)", **ABOUT}
    return Discrepancy(verdict=verdict, **{**about, **fields})


def same(rows: list[Discrepancy], *wanted: Discrepancy) -> None:
    """Every field of every row; a nan is a nan."""
    assert [repr(row) for row in rows] == [repr(row) for row in wanted]


# Nothing differs, so the largest element is shown, and no error of an enclosure or an oracle is left.
RIGHT: dict[str, Any] = {
    "compared": 3, "max_abs": 0.0, "max_rel": 0.0, "max_ulp": 0.0, "at": "[1]", "mine": "-4.0", "want": "-4.0",
    "exact": "-4.0000000000000000000", "budget": 0.0, "used": 0.0, "detects": 0.0,
}  # fmt: skip
# By hand it is half of it again as large.
WRONG: dict[str, Any] = {
    "compared": 3, "max_abs": 2.0, "max_rel": 0.5, "max_ulp": 2.0**51, "at": "[0]", "mine": "1.5", "want": "1.0",
    "exact": "1.0000000000000000000", "budget": 0.0, "used": inf, "detects": 0.0,
}  # fmt: skip
VANISHES = "the gradient is 0 everywhere here, and so is any multiple of it: give inputs at which it is not"


def off(dout: Any, x: Any) -> Any:
    return dout * x * 1.5


# --- names and shapes -------------------------------------------------------------------------------------------------
def test_a_gradient_of_another_shape_is_told_with_both_and_nothing_else_is_asked() -> None:
    shaped = {"compared": 1, "shape": "(3, 1)", "mine": "(3, 1)", "want": "(3,)"}
    wanted = row("shapes", FAIL, **shaped, finding="dx has shape (3, 1), but x has shape (3,)")
    same(judged(problem(lambda dout, x: (dout * x).reshape(3, 1)), "certificate", "differences"), wanted)


def test_gradients_of_other_names_are_told_and_of_several_each_that_has_another_shape() -> None:
    two = replace(problem(), inputs={"a": X, "b": X, "c": X}, wrt=("b", "a", "c"))
    named = replace(two, forward=lambda a, b, c: a * b * c, backward=lambda dout, a, b, c: {"c": a, "B": b, "a": c})
    finding = "gradients came back for dB, da, dc; asked for were da, db, dc"
    same(judged(named, "certificate"), row("shapes", FAIL, quantity="da, db, dc", shape="", finding=finding))
    shaped = replace(named, backward=lambda dout, a, b, c: {"a": c[:1], "b": b, "c": np.sum(a)})
    assert [(found.quantity, found.shape, found.want, found.compared) for found in judged(shaped, "exact")] == [
        ("da", "(1,)", "(3,)", 1), ("dc", "()", "(3,)", 1),
    ]  # fmt: skip


# --- the certificate --------------------------------------------------------------------------------------------------
def test_the_certificate_compares_exactly_and_shows_both_sides() -> None:
    same(judged(problem(), "certificate"), row("certificate", PASS, **RIGHT))
    same(judged(problem(off), "certificate"), row("certificate", FAIL, **WRONG))


def test_the_certificate_of_an_average_shows_both_sides_divided_by_m() -> None:
    quarter = {"mine": "-1.0", "want": "-1.0", "exact": "-1.0000000000000000000"}
    averaged = problem(lambda dout, x: dout * x / 4, averages={"x": 4})
    same(judged(averaged, "certificate"), row("certificate", PASS, **{**RIGHT, **quarter}))
    quarter = {"max_abs": 0.5, "mine": "0.375", "want": "0.25", "exact": "0.25000000000000000000"}
    wrong = problem(lambda dout, x: dout * x * 0.375, averages={"x": 4})
    same(judged(wrong, "certificate"), row("certificate", FAIL, **{**WRONG, **quarter}))


def test_what_two_enclosures_leave_open_is_the_budget_and_no_error() -> None:
    def tanh(x: Any) -> Any:
        return np.tanh(x)

    def slope_of_tanh(dout: Any, x: Any) -> Any:
        return dout * (1 - np.tanh(x) ** 2) / 3

    found = decide(tanh, lambda x: {"x": slope_of_tanh(lift({"d": DOUT}, Balls.of)["d"], x) * 3}, {"x": X}, ["x"], DOUT)
    with precision(found.bits):
        mine, want = found.mine["x"] / 3, found.want["x"] / 3
        far = abs(mine - want)
    assert (far.mid() > 0).any()
    assert (mine.rad() > 0).all()
    (passed,) = judged(problem(slope_of_tanh, tanh, averages={"x": 3}), "certificate")
    at = int(np.argmax(np.abs(want.mid())))
    assert (passed.budget, passed.at) == (float((mine.rad() + want.rad())[at]), f"[{at}]")
    assert (passed.max_abs, passed.used, passed.verdict) == (0.0, 0.0, PASS)


def test_a_gradient_of_zeros_is_no_proof_of_a_formula_and_says_what_would_be() -> None:
    zeros = {"at": "[0]", "mine": "0.0", "want": "0.0", "exact": "0", "detects": inf, "finding": VANISHES}
    wanted = row("certificate", INCONCLUSIVE, **{**RIGHT, **zeros})
    same(judged(problem(lambda dout, x: 0 * dout * x, lambda x: 0 * x), "certificate"), wanted)


def test_at_a_kink_the_certificate_names_the_choice_and_beside_it_why_nothing_is_proved() -> None:
    def relu(x: Any) -> Any:
        return np.maximum(x, 0)

    kink = "subgradient: maximum at [0], where the derivative is a set"
    at_zero = {"inputs": {"x": np.array([0.0, -2.0, 4.0])}}
    right = {"at": "[2]", "mine": "0.5", "want": "0.5", "exact": "0.50000000000000000000"}
    wanted = row("certificate", PASS, **{**RIGHT, **right}, finding=kink)
    same(judged(problem(lambda dout, x: dout * (x > 0), relu, **at_zero), "certificate"), wanted)
    dead = problem(lambda dout, x: 0 * dout * x, relu, inputs={"x": np.array([0.0, -2.0, -4.0])})
    (found,) = judged(dead, "certificate")
    assert (found.verdict, found.finding) == (INCONCLUSIVE, f"{VANISHES}; {kink}")


def test_what_no_precision_decides_is_told_with_the_precision_that_was_tried() -> None:
    """The slope of sin² + cos² is 0 by cancellation, and an enclosure of it is never 0 alone."""
    (found,) = judged(problem(lambda dout, x: dout * x - dout * x * (1 + 2.0**-52), lambda x: x * 0), "certificate")
    assert found.verdict == FAIL
    open_ = problem(lambda dout, x: 0 * dout * x, lambda x: np.sin(x) ** 2 + np.cos(x) ** 2)
    (found,) = judged(open_, "certificate")
    assert (found.verdict, found.finding) == (INCONCLUSIVE, "the enclosures are not sharp enough at 4096 bits")


def test_many_elements_are_compared_along_directions_and_the_shape_is_that_of_the_gradient() -> None:
    x = np.arange(1.0, 1002.0)
    wide = {"inputs": {"x": x}, "dout": np.ones(1001)}
    (found,) = judged(problem(**wide), "certificate")
    along = "compared along 3 random directions, exactly"
    assert (found.verdict, found.compared, found.shape, found.finding) == (PASS, 3, "(1001,)", along)
    kinked = problem(lambda dout, x: dout * (x > 1), lambda x: np.maximum(x - 1, 0), **wide)
    (found,) = judged(kinked, "certificate")
    kink = "subgradient: maximum at [0], where the derivative is a set"
    assert (found.verdict, found.finding) == (PASS, f"{kink}; {along}")


def test_each_gradient_has_a_verdict_of_its_own() -> None:
    two = replace(
        problem(), inputs={"a": X, "b": X + 1}, wrt=("b", "a"), forward=lambda a, b: a * b,
        backward=lambda dout, a, b: {"a": dout * b, "b": dout * b},
    )  # fmt: skip
    for oracle in ("certificate", "complex step", "differences"):
        found = judged(two, oracle)
        assert [(one.quantity, one.verdict) for one in found] == [("db", FAIL), ("da", PASS)]


# --- code that does not run on exact numbers --------------------------------------------------------------------------
def floats_alone(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*given: Any, **named: Any) -> Any:
        for x in (*given, *named.values()):
            if not isinstance(x, np.ndarray):
                raise TypeError("runs on floats alone")
        return function(*given, **named)

    return called


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


# --- autograd ---------------------------------------------------------------------------------------------------------
def test_autograd_agrees_in_each_precision_within_both_budgets() -> None:
    about = {"question": "agreement", "digits_mine": FULL_DIGITS["float64"], "digits_torch": FULL_DIGITS["float64"]}
    rows = judged(problem(reference=half), "autograd", dtypes=("float64", "float32"))
    assert [(one.dtype, one.verdict, one.finding) for one in rows] == [("float64", PASS, ""), ("float32", PASS, "")]
    for found in rows:
        runs = run(lambda dout, x: {"dx": dout * x}, {"dout": DOUT, "x": X}, found.dtype)
        theirs = autograd(half, {"x": X.astype(found.dtype)}, ("x",), DOUT.astype(found.dtype), seed=3).errors["x"]
        limit, full = runs.budget["dx"] + theirs, FULL_DIGITS[found.dtype]
        figures = {"budget": float(limit[1]), "detects": float(limit.max()) / 4, "oracle_error": float(theirs.max())}
        about = {**about, "dtype": found.dtype, "digits_mine": full, "digits_torch": full}
        same([found], row("autograd", PASS, **{**RIGHT, **figures, **about}))


def test_pytorchs_gradient_is_divided_by_m_and_its_error_is_that_of_the_same_seed() -> None:
    averaged = problem(
        lambda dout, x: dout * (1 - np.tanh(x) ** 2) / 3, lambda x: np.tanh(x), reference=lambda x: torch.tanh(x),  # noqa: PLW0108
        averages={"x": 3}, dout=DOUT / 3,
    )  # fmt: skip
    (passed,) = judged(averaged, "autograd")
    theirs = autograd(lambda x: torch.tanh(x), {"x": X}, ("x",), DOUT / 3, seed=3)  # noqa: PLW0108
    errors = np.nextafter(theirs.errors["x"] / 3, inf) + np.spacing(np.abs(theirs.gradients["x"] / 3))
    assert (passed.verdict, passed.oracle_error) == (PASS, errors.max())


def at_kink(slope: float, torch_slope: Any = torch.relu, **more: Any) -> list[Discrepancy]:
    x, dout = np.array([0.0, 1.0, -2.0]), np.array([3.0, 8.0, 1.0])
    slopes = np.array([slope, 1.0, 0.0])
    given = problem(
        lambda dout, x: dout * slopes + 0 * x, lambda x: np.maximum(x, 0), inputs={"x": x}, dout=dout,
        reference=lambda x: torch_slope(x), **more,  # noqa: PLW0108
    )  # fmt: skip
    return judged(given, "autograd")


KINK = "subgradient: maximum at [0], where the derivative is a set"


def test_at_a_kink_the_row_shows_both_choices_and_no_digits_of_pytorchs() -> None:
    (found,) = at_kink(0.25)
    assert (found.verdict, found.finding) == (PASS, f"{KINK}: by hand 0.75, by PyTorch 0.0 at [0]")
    assert (found.used, repr(found.digits_torch), found.digits_mine) == (0.0, "nan", FULL_DIGITS["float64"])
    assert (found.max_abs, found.at) == (0.75, "[0]")


def test_at_a_kink_a_slope_of_pytorchs_beside_the_set_is_no_choice() -> None:
    def lower(x: Any) -> Any:
        """Its value is max(x, 0), and its autograd at 0 is −1: torch.relu(−x) is flat there, and −x is not."""
        return torch.relu(x) + (torch.relu(x) - torch.relu(-x) - x)

    (found,) = at_kink(0.25, lower)
    assert (found.verdict, found.at) == (INCONCLUSIVE, "[0]")
    assert found.finding.startswith("reference: PyTorch has -3.0 where the exact value is 0.75")


def test_of_an_average_the_set_at_a_kink_is_divided_by_m() -> None:
    x, dout = np.array([0.0, 1.0, -2.0]), np.array([3.0, 8.0, 1.0])
    for slope, verdict in ((1.0, PASS), (0.5, PASS)):
        given = problem(
            lambda dout, x, slope=slope: dout * np.array([slope, 1.0, 0.0]) / 4 + 0 * x, lambda x: np.maximum(x, 0),
            inputs={"x": x}, dout=dout, reference=lambda x: torch.relu(x), averages={"x": 4},  # noqa: PLW0108
        )  # fmt: skip
        (found,) = judged(given, "autograd")
        assert (found.verdict, found.finding) == (verdict, f"{KINK}: by hand {0.75 * slope}, by PyTorch 0.0 at [0]")


def test_a_fail_that_is_gone_as_soon_as_the_inputs_move_is_told_with_both_numbers() -> None:
    x, dout = np.array([0.0, 1.5, -0.5]), np.array([0.5, -1.25, 0.75])
    given = problem(
        floats_alone(lambda dout, x: dout * (x >= 0)), floats_alone(lambda x: np.maximum(x, 0)), inputs={"x": x},
        dout=dout, reference=lambda x: torch.relu(x),  # noqa: PLW0108
    )  # fmt: skip
    nearby = "by hand 0.5, by the oracle 0.0 at [0]; at inputs nearby they agree, so that this may be a kink"
    (found,) = judged(given, "autograd")
    assert (found.verdict, found.finding) == (INCONCLUSIVE, nearby)
    jump = problem(floats_alone(lambda dout, x: dout * x * (1 + (x == 4))), floats_alone(half))
    (found,) = judged(jump, "differences")
    want = repr(float(differences(half, {"x": X}, ("x",), DOUT, seed=3).gradients["x"][2]))
    nearby = f"by hand 4.0, by the oracle {want} at [2]; at inputs nearby they agree, so that this may be a kink"
    assert (found.verdict, found.finding) == (INCONCLUSIVE, nearby)
    wrong = problem(floats_alone(lambda dout, x: dout * x * (1 + (x > 3))), floats_alone(half))
    assert judged(wrong, "differences")[0].verdict == FAIL


# --- what is told of a mistake ----------------------------------------------------------------------------------------
def test_the_change_of_the_source_that_mends_a_shape_is_told_and_heard() -> None:
    def transposed(dout: Any, W: Any, x: Any) -> Any:
        return x @ dout.T

    W, x, dout = (
        np.arange(1.0, 7.0).reshape(2, 3),
        np.arange(2.0, 14.0).reshape(3, 4),
        np.arange(1.0, 9.0).reshape(2, 4),
    )
    given = Problem(
        "product", lambda W, x: W @ x, lambda dout, **inputs: {"W": transposed(dout, **inputs)}, {"W": W, "x": x},
        ("W",), dout, subject=transposed, swapped=lambda f, dout, **inputs: {"W": f(dout, **inputs)},
    )  # fmt: skip
    heard: list[Any] = []
    (found,) = judge(given, asked("certificate", name=heard.append))
    assert (found.oracle, found.verdict) == ("shapes", FAIL)
    assert "should read `return (x @ dout.T).T`" in found.diagnosis
    assert [[*names] for names in heard] == [["dW"]]
    heard.clear()
    square = replace(given, inputs={"W": np.eye(2) + 1, "x": x[:2, :2]}, dout=dout[:, :2])
    (found,) = judge(square, asked("certificate", name=heard.append))
    assert (found.oracle, found.verdict) == ("certificate", FAIL)
    assert [[*names] for names in heard] == [["dW"]]


# --- the rows together ------------------------------------------------------------------------------------------------
def test_the_rows_of_all_oracles_stand_in_the_order_in_which_they_are_asked() -> None:
    both = ("float64", "float32")
    rows = judged(problem(reference=half, case="typical"), dtypes=both)
    assert [(one.oracle, one.quantity, one.dtype, one.verdict) for one in rows] == [
        ("certificate", "dx", "float64", PASS), ("proof", "dx", "float64", PASS),
        ("complex step", "dx", "float64", PASS), ("differences", "dx", "float64", PASS),
        ("definition", "forward", "float64", PASS),
        ("exact", "dx", "float64", PASS), ("autograd", "dx", "float64", PASS),
        ("exact", "dx", "float32", PASS), ("autograd", "dx", "float32", PASS),
    ]  # fmt: skip
    assert {(one.formula, one.seed, one.layer, one.convention, one.source) for one in rows} == {
        ("half", 3, 2, "per example", "page 7")
    }  # fmt: skip
    late = judged(problem(reference=half), dtypes=both[:1], deadline=-inf)
    assert [one.oracle for one in late] == [
        "certificate", "complex step", "differences", "definition", "exact", "autograd",
    ]  # fmt: skip
    single = judged(problem(reference=half), "exact", dtypes=("float32",))
    assert [(one.oracle, one.dtype, one.verdict) for one in single] == [("exact", "float32", PASS)]


def test_the_definition_of_the_forward_is_one_row_and_the_exact_gradient_one_a_name() -> None:
    given = problem(reference=half)
    runs = run(lambda x: {"forward": half(x)}, {"x": X}, "float64")
    same(judged(given, "definition"), *defined(runs, lambda x: {"forward": half(x)}, {"x": X}, True, **ABOUT))
    for inside in ({}, {"float32": False}):
        held = judged(replace(given, inside=inside), "exact", dtypes=("float64", "float32"))
        for dtype, found in zip(("float64", "float32"), held, strict=True):
            runs = run(lambda dout, x: {"dx": dout * x}, {"dout": DOUT, "x": X}, dtype)
            same([found], arithmetic(runs, "dx", dtype, inside.get(dtype, True), **ABOUT))


def test_a_number_lost_is_excused_outside_the_domain_of_that_precision_alone() -> None:
    def lost(dout: Any, x: Any) -> Any:
        return dout * x * 1e200 * 1e200 / 1e200 / 1e200

    for inside, verdicts in (({"float32": False}, [FAIL, INCONCLUSIVE]), ({"float64": False}, [INCONCLUSIVE, FAIL])):
        given = problem(floats_alone(lost), reference=half, inside=inside)
        rows = judged(given, "autograd", dtypes=("float64", "float32"))
        assert [one.verdict for one in rows] == verdicts


def clamped(x: Any) -> Any:
    """x²/2 with a gradient that is off at 4."""
    return x * x / 2 + (x.detach() == 4) * (x - x.detach())


def test_only_what_the_certificate_the_definition_and_the_arithmetic_have_right_is_not_accused_by_pytorch() -> None:
    def lossy(dout: Any, x: Any) -> Any:
        found = dout * x
        return found * (1 + 2.0**-30) if isinstance(x, np.ndarray) else found

    def elsewhere(x: Any) -> Any:
        return clamped(x) + 1

    told = "reference: PyTorch has 2.5 where the exact value is 2.0000000000000000000"
    for backward, reference, verdict in (
        (slope, clamped, INCONCLUSIVE), (off, clamped, FAIL), (lossy, clamped, FAIL), (slope, elsewhere, FAIL),
    ):  # fmt: skip
        rows = judged(problem(backward, reference=reference), "definition", "autograd")
        assert (rows[-1].verdict, rows[-1].oracle) == (verdict, "autograd")
        assert (rows[-1].finding == told) is (verdict == INCONCLUSIVE)


def test_the_likely_mistake_is_told_at_the_precision_that_the_certificate_needed() -> None:
    """At 128 bits nothing is left of the forward beside 2²⁰⁰."""
    given = problem(off, lambda x: (x * x / 2 + 2.0**200) - 2.0**200)
    (found,) = judge(given, asked("certificate", source=False))
    (plain,) = judge(problem(off), asked("certificate", source=False))
    assert found.verdict == FAIL
    assert found.diagnosis == plain.diagnosis != ""


def test_a_fail_of_what_a_certificate_has_decided_is_not_looked_at_nearby() -> None:
    """It is wrong at 4 alone."""
    x = np.array([4.0, 1.0, 2.0])
    given = problem(lambda dout, x: dout * x * np.array([2.0, 1.0, 1.0]), inputs={"x": x}, reference=half)
    certificate, *rest = judged(given, "certificate", "complex step", "differences", "autograd")
    assert [one.verdict for one in (certificate, *rest)] == [FAIL] * 4

    def at_four(dout: Any, x: Any) -> Any:
        return dout * x * np.where(x == 4, 2.0, 1.0)

    decided = judged(
        replace(problem(at_four, reference=half), inputs={"x": x}), "complex step", "differences", "autograd"
    )
    assert [one.verdict for one in decided] == [FAIL] * 3
