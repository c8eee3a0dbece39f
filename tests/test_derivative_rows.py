"""What is told of a mistake beside its rows, and the rows of one derivative together."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np

from tests.derivatives import ABOUT, DOUT, X, asked, floats_alone, half, judged, off, problem, same, slope
from verify.definitions import defined
from verify.derivative import judge
from verify.problem import Problem
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import arithmetic, run


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
    """At 128 bits nothing is left of the slope beside 2²⁰⁰."""
    given = problem(off, lambda x: (x * x / 2 + 2.0**200 * x) - 2.0**200 * x)
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
