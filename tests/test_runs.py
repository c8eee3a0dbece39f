"""One function in its several arithmetics: what each run keeps, why one is missing, the row of the second question.

On derivatives and values in general: tests/test_derivative.py, tests/test_value.py.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import flint
import numpy as np
import pytest

from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.bounds import Bounds, budget
from verify.arithmetic.duck import Straddle, Unsupported
from verify.oracles.ladder import ladder
from verify.questions import FULL_DIGITS
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import Runs, arithmetic, exact_values, run, told

Array = np.ndarray[Any, Any]
X = np.array([0.1, -2.5, 3.0])


def thirds(x: Any) -> dict[str, Any]:
    return {"y": x / 3, "twice": 2 * x, "ones": np.ones(3), "count": 3}


# --- the three runs ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_function_is_run_on_floats_bounds_and_balls_of_the_very_same_numbers(dtype: str) -> None:
    found = run(thirds, {"x": X}, dtype)
    x = X.astype(dtype)
    assert list(found.value) == list(found.budget) == list(found.exact) == ["y", "twice", "ones", "count"]
    assert found.value["y"].dtype == dtype
    assert np.array_equal(found.value["y"], x / 3)
    assert (found.value["count"].shape, int(found.value["count"])) == ((), 3)
    assert np.array_equal(found.budget["y"], budget(Bounds.of(x) / 3))
    assert np.all(found.budget["y"] > 0)
    assert np.array_equal(found.budget["ones"], np.zeros(3))
    assert (found.budget["count"].shape, float(found.budget["count"])) == ((), 0.0)
    assert np.array_equal(found.exact["twice"].mid(), 2 * x.astype(np.float64))
    assert found.exact["y"].dtype == dtype
    with precision():
        assert (found.exact["y"] * 3 - Balls.of(x)).upper().max() < 2.0**-120
    assert (found.reasons, found.findings) == ({}, (WIDE,) if dtype == "float32" else ())


WIDE = "widened: ones came back as float64"


def test_a_result_without_a_name_is_the_value_and_a_budget_has_its_shape() -> None:
    found = run(lambda x: x[0] * 0 + x, {"x": X}, "float64")
    assert list(found.value) == list(found.budget) == list(found.exact) == ["value"]

    def broad(x: Any) -> Any:
        return np.array([7.0, 7.0]) if isinstance(x, np.ndarray) else 7.0

    assert run(broad, {"x": X}, "float64").budget["value"].tolist() == [0.0, 0.0]


def test_arrays_of_objects_that_loops_fill_are_collected_in_every_arithmetic() -> None:
    def looped(x: Any) -> Any:
        out = np.empty(3, dtype=object if not isinstance(x, np.ndarray) else x.dtype)
        for i in range(3):
            out[i] = 2 * x[i]
        return out

    found = run(looped, {"x": X}, "float64")
    assert found.reasons == {}
    assert np.array_equal(found.budget["value"], budget(2 * Bounds.of(X)))
    assert np.array_equal(found.exact["value"].mid(), 2 * X)


def test_exact_values_are_left_out_where_none_are_asked_for() -> None:
    found = run(thirds, {"x": X}, "float64", exactly=False)
    assert (list(found.budget), found.exact, found.reasons) == (["y", "twice", "ones", "count"], {}, {})


def test_a_dtype_that_is_wider_or_narrower_than_what_went_in_is_a_finding_by_name() -> None:
    def mixed(x: Any) -> dict[str, Any]:
        if not isinstance(x, np.ndarray):
            return {}
        kinds = ("float16", "float32", "float64", "int64")
        return {kind: x.astype(kind) for kind in kinds}

    assert run(mixed, {"x": X}, "float32").findings == (
        "narrowed: float16 came back as float16", "widened: float64 came back as float64",
    )  # fmt: skip
    assert run(mixed, {"x": X}, "float64").findings == (
        "narrowed: float16 came back as float16", "narrowed: float32 came back as float32",
    )  # fmt: skip


def test_what_is_written_into_is_named_and_what_stays_a_nan_or_a_text_is_not() -> None:
    def writing(a: Any, b: Any, kept: Any, labels: Any, name: str) -> Any:
        kept["W"][1] = a[0]
        labels[0] = 5
        return a * 2

    given = {
        "a": np.array([1.0, nan]), "b": X, "kept": {"V": X.copy(), "W": X.copy()}, "labels": np.array([0, 1]),
        "name": "tanh",
    }  # fmt: skip
    found = run(writing, given, "float64")
    assert found.findings == ("overwrites its argument kept", "overwrites its argument labels")
    assert np.array_equal(given["kept"]["W"], X)  # type: ignore[index]
    assert run(lambda a, kept: a + kept["W"][:2], {"a": given["a"], "kept": given["kept"]}, "float64").findings == ()


def test_the_float_run_warns_of_nothing() -> None:
    found = run(lambda x: np.log(x - x) + np.exp(1000 * x), {"x": X}, "float64")
    assert not np.isfinite(found.value["value"]).any()
    assert np.isinf(found.budget["value"]).all()
    # Neither do the others, of what is a plain array in them too.
    y = np.zeros(3)
    found = run(lambda x: x * np.where(y == 0, 1.0, np.log(y)), {"x": X}, "float64")
    assert (list(found.budget), list(found.exact), found.reasons) == (["value"], ["value"], {})


# --- where one does not run -------------------------------------------------------------------------------------------
def listed(x: Any) -> Any:
    """Of floats alone: others have no such method."""
    return np.array([2 * v / 3 for v in x.tolist()], dtype=x.dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_where_bounds_do_not_run_the_budget_is_the_precision_ladders_and_says_so(dtype: str) -> None:
    found = run(listed, {"x": X}, dtype)
    why = {
        name: f"{name} does not turn into a plain number or array: it would drop its bound"
        for name in ("Bounds", "Balls")
    }
    assert found.reasons == {"budget": why["Bounds"], "exact": why["Balls"]}
    assert found.findings == (
        f"budget from the precision ladder, an estimate: running bounds do not run here ({why['Bounds']})",
    )
    heard = ladder(lambda kind, given: {"value": listed(**given)}, {"x": X}, dtype=dtype)
    assert np.array_equal(found.budget["value"], heard.errors["value"])
    assert np.isfinite(found.budget["value"]).all()
    assert found.exact == {}


def test_the_ladder_reads_results_that_are_wider_than_they_should_be_in_the_precision_asked_for() -> None:
    def widened(x: Any) -> Any:
        return listed(x).astype(np.float64)

    found = run(widened, {"x": X}, "float32")
    assert np.isfinite(found.budget["value"]).all()


def test_what_stopped_a_run_is_a_sentence_of_ours_or_the_type_and_words_of_others() -> None:
    assert told(Unsupported("np.sort does not run on Balls")) == "np.sort does not run on Balls"
    assert told(Straddle("less cannot be decided")) == "less cannot be decided"
    assert told(KeyError("W3")) == "KeyError: 'W3'"
    # NumPy wraps what an element raised, once or twice: what it was is said.
    inner, outer, whole = Straddle("less cannot be decided"), TypeError("loop"), RuntimeError("whole")
    outer.__cause__ = inner
    assert told(outer) == "less cannot be decided"
    inner.__cause__ = Unsupported("no order")
    assert told(outer) == "no order"
    whole.__cause__ = ValueError("else")
    assert told(whole) == "RuntimeError: whole"


# --- exact values -----------------------------------------------------------------------------------------------------
def exactly(function: Callable[..., Any], x: Any) -> tuple[dict[str, Balls], list[int]]:
    """The exact values, and the precisions that were tried on the way."""
    seen: list[int] = []

    def watched(x: Any) -> Any:
        seen.append(flint.ctx.prec)
        return function(x)

    before = flint.ctx.prec
    found = exact_values(watched, {"x": np.asarray(x)}, "float64")
    assert flint.ctx.prec == before
    return found, seen


def test_the_precision_doubles_until_every_result_is_sharp() -> None:
    assert exactly(lambda x: x / 3, X)[1] == exactly(lambda x: 0 * x, X)[1] == [128]
    found, seen = exactly(lambda x: {"plain": x / 3, "cancelled": (1 + x) - 1}, 2.0**-300)
    assert seen == [128, 256, 512]
    assert float(found["cancelled"].mid()) == 2.0**-300
    # One tensor is as sharp as its largest element needs.
    assert exactly(lambda x: (1 + x) - 1, [2.0**-300, 1.0])[1] == [128]
    # With 128 bits 1 + x is known to within 2⁻¹²⁸: of x = 2⁻⁶⁰/3 that leaves more than 64 bits, of 2⁻⁷⁰/3 fewer.
    assert [exactly(lambda x: (1 + x / 3) - 1, 2.0**-k)[1] for k in (60, 70)] == [[128], [128, 256]]


def test_an_enclosure_that_is_not_finite_is_tried_sharper() -> None:
    """log(1 − a), where a is 1 within its radius of 2⁻¹²⁸."""
    found, seen = exactly(lambda x: np.log(1 - 1 / (1 + x)), 2.0**-140)
    assert seen == [128, 256]
    assert found["value"].is_finite()


def test_what_no_precision_makes_sharp_is_handed_back_as_wide_as_it_is() -> None:
    found, seen = exactly(lambda x: np.exp(x) - np.exp(x), 1.0)
    assert seen == [128, 256, 512, 1024, 2048, 4096]
    assert 0 <= found["value"].rad() < 2.0**-1000


def test_a_comparison_that_is_not_decided_is_tried_sharper_and_told_where_none_decides_it() -> None:
    found, seen = exactly(lambda x: np.where(1 + x > 1, x, 7), 2.0**-300)
    assert seen == [128, 256, 512]
    assert float(found["value"].mid()) == 2.0**-300
    tried: list[int] = []
    with pytest.raises(Straddle):
        exactly(lambda x: tried.append(flint.ctx.prec) or np.where(np.exp(x) > np.exp(x), x, 7), 1.0)
    assert tried == [128, 256, 512, 1024, 2048, 4096]


# --- the row of the second question -----------------------------------------------------------------------------------
def judged(
    mine: Any, exact: Any, limit: Any, *, inside: bool = True, dtype: str = "float64", findings: tuple[str, ...] = ()
) -> Discrepancy:
    want = exact if isinstance(exact, Balls) else Balls.of(np.array(exact))
    runs = Runs({"y": np.array(mine, dtype)}, {"y": np.array(limit)}, {"y": want}, {}, findings)
    return arithmetic(runs, "y", dtype, inside, formula="f", case="given")


def row(verdict: str, **more: Any) -> str:
    about = {"oracle": "exact", "shape": "(2,)", "case": "given", **more}
    return repr(Discrepancy("f", "y", "arithmetic", verdict=verdict, **about))


# 2⁻⁵² is one unit in the last place of 1, 2⁻⁵³ of a number below it; 1.5 and 2⁻⁴⁰ are exact.
def test_a_result_within_its_budget_passes_with_the_figures_of_its_worst_element() -> None:
    wanted = row(
        PASS, compared=2, max_abs=2.0**-40, max_rel=2.0**-40, max_ulp=2.0**12, at="[0]", mine="1.0000000000009095",
        want="1.0", exact="1.0000000000000000000", budget=2.0**-39, used=0.5, detects=2.0**-40,
        digits_mine=float(-np.log10(2.0**-41)), finding="overwrites its argument x",
    )  # fmt: skip
    found = judged([1 + 2.0**-40, 2.0], [1.0, 2.0], [2.0**-39] * 2, findings=("overwrites its argument x",))
    assert repr(found) == wanted


def test_a_result_beyond_its_budget_fails_and_one_that_could_see_nothing_says_so() -> None:
    assert judged([1 + 2.0**-40, 2.0], [1.0, 2.0], [2.0**-41] * 2).verdict == FAIL
    blind = judged([1.0, 2.0], [1.0, 2.0], [1e-3] * 2)
    assert (blind.verdict, blind.dtype, blind.detects) == (INCONCLUSIVE, "float64", 5e-4)
    assert blind.finding == "it would have seen no error below 0.0005 × the tensor's largest element"
    # float32 sees less, and is asked for less.
    seen = judged([1.0, 2.0], [1.0, 2.0], [1e-3] * 2, dtype="float32")
    assert (seen.verdict, seen.dtype, seen.finding) == (PASS, "float32", "")
    # What was found on the way stands alone.
    assert judged([1.0, 2.0], [1.0, 2.0], [1e-3] * 2, findings=("so",)).finding == "so"


@pytest.mark.parametrize(
    ("reasons", "findings", "said"),
    [
        ({"exact": "no order", "budget": "no bounds"}, (), "not run: no order"),
        ({"budget": "no bounds"}, ("widened: y", "so"), "not run: no bounds; widened: y; so"),
        ({}, (), "not run: no exact value"),
    ],
)
@pytest.mark.parametrize("there", ["exact", "budget", "neither"])
def test_without_an_exact_value_or_a_budget_nothing_is_decided_and_the_reason_is_told(
    reasons: dict[str, str], findings: tuple[str, ...], said: str, there: str
) -> None:
    y = np.array([1.0, 2.0], np.float32)
    exact = {"y": Balls.of(y)} if there == "exact" else {}
    runs = Runs({"y": y}, {"y": np.zeros(2)} if there == "budget" else {}, exact, reasons, findings)
    found = arithmetic(runs, "y", "float32", True, formula="f", case="given")
    assert repr(found) == row(INCONCLUSIVE, dtype="float32", finding=said)


def test_an_exact_run_of_another_shape_fails() -> None:
    assert repr(judged([1.0, 2.0], [1.0], [0.0])) == row(
        FAIL, finding="the float run has shape (2,), the exact run (1,)"
    )


LOST = "{} at [1], where the exact value is {}"


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_number_that_is_lost_inside_the_domain_is_a_fail_that_no_budget_excuses(value: float) -> None:
    found = judged([1.0, value], [1.0, 2.0], [1.0, inf])
    assert (found.verdict, found.compared, found.budget, found.at) == (FAIL, 2, 0.0, "[1]")
    assert found.finding == LOST.format(value, "2.0000000000000000000")
    # Of what is kept the digits are told.
    assert found.digits_mine == judged([1.0], [1.0], [1.0]).digits_mine
    outside = judged([1.0, value], [1.0, 2.0], [2.0**-40, inf], inside=False)
    assert (outside.verdict, outside.compared, outside.finding) == (PASS, 1, found.finding)


def test_an_infinity_for_what_no_float_can_hold_keeps_its_budget() -> None:
    top = float(np.finfo(np.float32).max)
    for exact, verdict in ((1.001 * top, PASS), (top, FAIL)):
        assert judged([1.0, inf], [1.0, exact], [2.0**-30, inf], dtype="float32").verdict == verdict
    huge = Balls.of(np.array([1.0, 1e300])) ** 2
    assert judged([1.0, inf], huge, [2.0**-40, inf]).verdict == PASS


def test_the_first_of_the_elements_that_keep_no_digit_is_named_with_what_it_should_be() -> None:
    found = judged([0.0, 1.0, 0.0], [2.0**-60, 1.0, 2.0**-61], [2.0**-52] * 3)
    assert (found.verdict, found.finding) == (PASS, "no digit left at [0]: 0.0 for 8.6736173798840354721e-19")
    assert found.digits_mine == FULL_DIGITS["float64"]  # of the tensor as a whole
    half = judged([1.0, 1.5 * 2.0**-60], [1.0, 2.0**-60], [2.0**-52] * 2)
    assert half.finding == ""  # half of it is right
    twice = judged([1.0, 2.0**-59], [1.0, 2.0**-60], [2.0**-52] * 2)
    assert twice.finding == "no digit left at [1]: 1.734723475976807e-18 for 8.6736173798840354721e-19"


def test_an_exact_value_that_is_itself_not_known_or_not_finite_lost_no_digit() -> None:
    unknown = Balls.of(np.array([1.0, 2.0])) + Balls.of(np.array([0.0, 1.0])) * (np.exp(Balls.of(1.0)) - np.exp(1.0))
    assert judged([1.0, 2.0], unknown, [2.0**-30] * 2).finding == ""
    # Of an exact 0 nothing can be kept.
    assert judged([1.0, 2.0**-60], [1.0, 0.0], [2.0**-30] * 2).finding == ""
    pole = 1 / Balls.of(np.array([1.0, 0.0]))
    found = judged([1.0, inf], pole, [2.0**-40] * 2)
    assert (found.verdict, found.finding) == (PASS, "")
    assert judged([1.0, nan], pole, [2.0**-40] * 2, inside=False).finding == ""
    # Of the elements that are finite the digits are told, however small they are.
    small = judged([2.0**-20 + 2.0**-50, inf], pole * 2.0**-20, [2.0**-40] * 2)
    assert small.digits_mine == float(-np.log10(2.0**-30))
