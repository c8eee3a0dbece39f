"""A value against its definition, and a float against PyTorch's: the whole row that is made of small numbers."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest
import torch
from flint import arb

from verify.arithmetic.balls import Balls
from verify.definitions import agreement, defined
from verify.oracles.definition import definition
from verify.oracles.estimate import Estimate
from verify.questions import FULL_DIGITS, digits
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import Runs

Array = np.ndarray[Any, Any]
Z = np.array([[1.0, -2.0], [4.0, 0.5]])
ABOUT: dict[str, Any] = {"formula": "triple", "case": "typical", "seed": 7}


def triple(z: Any) -> Any:
    return 3 * z


# What PyTorch makes of it, and by how much it may be off: an element has an error of its own.
THEIRS = definition(triple, {"z": Z}, "float64")
ERRORS = THEIRS.errors["value"]


def off(change: Any) -> Array:
    """3·Z as it is right, but for what is changed."""
    value = 3 * Z
    value[1, 0] += change
    return value


def runs_of(value: Array, budget: Any = None, exact: Any = None, name: str = "value") -> Runs:
    return Runs(
        {name: value}, {} if budget is None else {name: np.broadcast_to(budget, value.shape)},
        {} if exact is None else {name: exact if isinstance(exact, Balls) else Balls.of(exact)},
    )  # fmt: skip


def of_definition(runs: Runs, reference: Any = triple, *, typical: bool = True, z: Any = Z) -> list[Discrepancy]:
    return defined(runs, reference, {"z": z}, typical, **ABOUT)


def same(rows: Any, *wanted: Any) -> None:
    """Every field of every row; a nan is a nan."""
    assert [repr(row) for row in rows] == [repr(row) for row in wanted]


def row(verdict: str, **fields: Any) -> Discrepancy:
    about = {"quantity": "value", "question": "formula", "oracle": "definition", **ABOUT}
    return Discrepancy(verdict=verdict, **{**about, **fields})


RIGHT: dict[str, Any] = {
    "shape": "(2, 2)", "compared": 4, "max_abs": 0.0, "max_rel": 0.0, "max_ulp": 0.0, "at": "[1, 0]", "mine": "12.0",
    "want": "12.0", "budget": float(ERRORS[1, 0]), "used": 0.0, "detects": float(ERRORS.max()) / 12,
    "oracle_error": float(ERRORS.max()), "digits_torch": FULL_DIGITS["float64"],
}  # fmt: skip
WRONG: dict[str, Any] = {
    **RIGHT, "max_abs": 0.5, "max_rel": 0.5 / 12, "max_ulp": 0.5 / 2.0**-49, "mine": "12.5",
    "used": 0.5 / float(ERRORS[1, 0]), "digits_torch": digits(np.array([0.5]), np.array([12.0]), "float64"),
}  # fmt: skip


# --- is the formula right? --------------------------------------------------------------------------------------------
def test_the_exact_value_is_held_against_the_definition_whatever_the_floats_by_hand_are() -> None:
    same(of_definition(runs_of(np.full((2, 2), nan), 9.0, off(0))), row(PASS, **RIGHT, exact="12.000000000000000000"))
    failed = row(FAIL, **WRONG, exact="12.500000000000000000")
    same(of_definition(runs_of(off(0), 9.0, off(0.5))), failed)


def test_at_an_edge_the_exact_value_excuses_what_the_floats_alone_do_not() -> None:
    finding = "reference: PyTorch is outside its own error estimate here; exact value 12.500000000000000000"
    excused = row(INCONCLUSIVE, **WRONG, exact="12.500000000000000000", finding=finding)
    same(of_definition(runs_of(off(0), 0.0, off(0.5)), typical=False), excused)
    same(of_definition(runs_of(off(0), 0.0, off(0)), typical=False), row(PASS, **RIGHT, exact="12.000000000000000000"))
    same(of_definition(runs_of(off(0.5), 0.0), typical=False), row(FAIL, **WRONG))


def test_floats_are_held_against_the_definition_within_both_budgets() -> None:
    budget = np.array([[0.25, 2.0**-30], [2.0**-20, 2.0**-30]])
    limit = ERRORS + budget
    both = {"budget": float(limit[1, 0]), "detects": float(limit.max()) / 12, "oracle_error": float(limit.max())}
    blind = "it would have seen no error below 0.02 × the tensor's largest element"
    same(of_definition(runs_of(off(0), budget)), row(INCONCLUSIVE, **{**RIGHT, **both}, finding=blind))
    used = 0.5 / float(limit[1, 0])
    same(of_definition(runs_of(off(0.5), budget)), row(FAIL, **{**WRONG, **both, "used": used}))
    same(of_definition(runs_of(off(-0.5), budget)), row(FAIL, **{**WRONG, **both, "used": used, "mine": "11.5"}))
    same(of_definition(runs_of(off(0), 0.0)), row(PASS, **RIGHT))


def test_a_float_without_a_budget_is_not_compared_unless_it_is_lost() -> None:
    nothing = "no element has a budget, so none was compared"
    same(of_definition(runs_of(off(0.5))), row(
        INCONCLUSIVE, shape="(2, 2)", skipped=4, finding=nothing, oracle_error=0.0, digits_torch=WRONG["digits_torch"],
    ))  # fmt: skip
    (lost,) = of_definition(runs_of(off(nan)))
    same([lost], row(
        FAIL, shape="(2, 2)", compared=1, skipped=3, max_abs=inf, max_rel=inf, max_ulp=inf, at="[1, 0]", mine="nan",
        want="12.0", budget=0.0, used=inf, detects=0.0, oracle_error=0.0, digits_torch=FULL_DIGITS["float64"],
    ))  # fmt: skip


def test_what_overflows_on_both_sides_in_floats_is_skipped_and_no_warning() -> None:
    z = np.array([800.0, 1.0])
    with np.errstate(over="ignore"):
        runs = Runs({"value": np.exp(z)}, {"value": np.array([inf, 0.0])}, {})
    (found,) = defined(runs, lambda z: torch.exp(z), {"z": z}, True, **ABOUT)  # noqa: PLW0108  # a builtin takes no z
    assert (found.compared, found.skipped, found.verdict) == (1, 1, PASS)
    assert found.finding == "value: 1 of 2 elements skipped, the first at [0]: the result is not finite"


def test_every_note_on_what_pytorch_skips_is_told() -> None:
    z = np.array([800.0, -95.0, 1.0])
    notes = definition(lambda z: torch.exp(z), {"z": z}, "float64").notes  # noqa: PLW0108
    assert len(notes) == 2
    with np.errstate(all="ignore"):
        runs = Runs({"value": np.exp(z)}, {}, {"value": np.exp(Balls.of(z))})
    (found,) = defined(runs, lambda z: torch.exp(z), {"z": z}, True, **ABOUT)  # noqa: PLW0108
    assert (found.verdict, found.finding) == (PASS, f"{notes[0]}; {notes[1]}")


def test_the_definitions_error_is_that_of_its_run_in_float64() -> None:
    """Near z = 20 the difference keeps fewer digits than the gap from float32 shows: it is heard in float64 alone."""
    z = np.array([20.0, 1.0])
    wanted = definition(lambda z: torch.cos(z) - 1, {"z": z}, "float64").errors["value"]
    runs = Runs({"value": np.cos(z) - 1}, {}, {"value": np.cos(Balls.of(z)) - 1})
    (found,) = defined(runs, lambda z: torch.cos(z) - 1, {"z": z}, True, **ABOUT)
    assert (found.oracle_error, found.verdict) == (wanted.max(), PASS)


def test_outputs_are_paired_by_name_and_each_has_its_shape() -> None:
    def several(z: Any) -> Any:
        return {"B": 3 * z, "A": 3 * z, "C": 3 * z}

    made = {"C": off(0.5), "A": off(0), "B": off(0)[:1]}
    runs = Runs(made, {}, {name: Balls.of(value) for name, value in made.items()})
    shaped = row(FAIL, quantity="B", finding="by hand the shape is (1, 2), in the definition (2, 2)")
    right = row(PASS, quantity="A", **RIGHT, exact="12.000000000000000000")
    wrong = row(FAIL, quantity="C", **WRONG, exact="12.500000000000000000")
    same(of_definition(runs, several), shaped, right, wrong)
    named = row(
        FAIL, quantity="A, B, C",
        finding="by hand there are ['A', 'B', 'C'], in the definition ['A', 'D']",
    )  # fmt: skip
    same(of_definition(runs, lambda z: {"D": z, "A": z}), named)


# --- does it agree with PyTorch? --------------------------------------------------------------------------------------
def agreed(
    mine: Any, want: Any, *, budget: Any = None, error: Any = 0.0, exact: Any = None, dtype: str = "float64",
    vindicated: bool = False, inside: bool = True, notes: tuple[str, ...] = (),
) -> Discrepancy:  # fmt: skip
    mine, want = np.array(mine, dtype=dtype), np.array(want, dtype=dtype)
    off = np.array(np.broadcast_to(error, want.shape))
    theirs = Estimate({"dz": want}, {"dz": off}, {"dz": ~np.isfinite(off)}, notes)
    runs = runs_of(mine, budget, exact, "dz")
    return agreement(runs, theirs, "dz", dtype, vindicated, inside, oracle="autograd", **ABOUT)


def agreeing(verdict: str, **fields: Any) -> Discrepancy:
    return row(verdict, **{"quantity": "dz", "question": "agreement", "oracle": "autograd", **fields})


def test_a_row_of_agreement_holds_both_sides_both_budgets_and_the_digits_of_each() -> None:
    budget, error = np.array([2.0**-22, 2.0**-24]), np.array([2.0**-23, 2.0**-22])
    figures = {
        "shape": "(2,)", "compared": 2, "max_abs": 2.0**-23, "max_rel": 2.0**-24, "max_ulp": 2.0**28, "at": "[1]",
        "mine": repr(-2 - 2.0**-23), "want": "-2.0", "budget": 5 * 2.0**-24, "used": 0.4,
        "detects": 6 * 2.0**-24 / 2, "oracle_error": 2.0**-22,
    }  # fmt: skip
    mine, want = [1.0, -2.0 - 2.0**-23], [1.0, -2.0]
    same([agreed(mine, want, budget=budget, error=error)], agreeing(PASS, **figures))
    exact = Balls(np.array([arb(1), arb(-2) - arb(2) ** -22], dtype=object))
    size = np.array([2 + 2.0**-22])
    same([agreed(mine, want, budget=budget, error=error, exact=exact)], agreeing(
        PASS, **figures, exact="-2.0000002384185791016", digits_mine=digits(np.array([2.0**-23]), size, "float64"),
        digits_torch=digits(np.array([2.0**-22]), size, "float64"),
    ))  # fmt: skip


def test_in_float32_the_difference_is_taken_in_float64_and_no_row_sees_less_than_a_hundredth() -> None:
    """The largest float32 and its opposite are further apart than any float32 is large."""
    top = float(np.finfo("float32").max)
    found = agreed([top, 1.0], [-top, 1.0], budget=top, error=top, dtype="float32")
    assert (found.max_abs, found.used, found.detects, found.verdict) == (2 * top, 1.0, 2.0, INCONCLUSIVE)
    assert found.finding == "it would have seen no error below 2 × the tensor's largest element"
    assert agreed([1.0, 2.0], [1.0, 2.0], budget=0.02, dtype="float32").verdict == PASS
    assert agreed([1.0, 2.0], [1.0, 2.0], budget=0.02, dtype="float64").verdict == INCONCLUSIVE


def test_what_pytorch_says_of_itself_is_told_and_in_its_place_why_nothing_was_decided() -> None:
    notes = ("dz: 1 of 2 elements skipped", "an input is cut off")
    for error, verdict in ((inf, INCONCLUSIVE), (0.0, PASS)):
        assert agreed([1.0], [1.0], budget=0.0, error=error, notes=notes).verdict == verdict
        assert agreed([1.0], [1.0], budget=0.0, error=error, notes=notes).finding == "; ".join(notes)
    assert agreed([1.0], [1.0], budget=0.0, error=inf).finding == "no element has a budget, so none was compared"
    assert agreed([1.0], [1.0]).finding == "no element has a budget, so none was compared"
    assert agreed([1.0], [1.0], budget=0.0).finding == ""


@pytest.mark.parametrize(
    ("inside", "vindicated", "verdict"), [(True, False, FAIL), (False, False, INCONCLUSIVE), (True, True, INCONCLUSIVE)]
)  # fmt: skip
def test_no_unknown_budget_excuses_a_lost_number_inside_the_domain_unless_it_is_the_exact_one(
    inside: bool, vindicated: bool, verdict: str
) -> None:
    found = agreed([nan], [1.0], budget=inf, inside=inside, vindicated=vindicated)
    assert (found.verdict, found.compared) == (verdict, int(verdict == FAIL))
    known = agreed([inf], [1.0], budget=0.5, inside=inside, vindicated=vindicated)
    assert known.verdict == (INCONCLUSIVE if vindicated else FAIL)


def test_inputs_of_which_no_domain_is_known_lie_inside_it() -> None:
    theirs = Estimate({"dz": np.ones(1)}, {"dz": np.zeros(1)}, {"dz": np.zeros(1, dtype=bool)})
    runs = runs_of(np.array([nan]), inf, name="dz")
    assert agreement(runs, theirs, "dz", "float64", False, oracle="autograd", **ABOUT).verdict == FAIL


def test_what_pytorch_loses_of_a_vindicated_gradient_is_shown_with_the_exact_value_or_without() -> None:
    assert agreed([1.0], [3.0], budget=0.5, vindicated=True).finding == (
        "reference: PyTorch has 3.0 where the exact value is ?"
    )
    found = agreed([1.0, 8.0], [3.0, 8.0], budget=0.5, exact=np.array([1.0, 8.0]), vindicated=True)
    full, torchs = FULL_DIGITS["float64"], digits(np.array([2.0]), np.array([8.0]), "float64")
    same([found], agreeing(
        INCONCLUSIVE, shape="(2,)", compared=2, max_abs=2.0, max_rel=2 / 3, max_ulp=2.0**52, at="[0]", mine="1.0",
        want="3.0", exact="1.0000000000000000000", budget=0.5, used=4.0, detects=0.0625, digits_mine=full,
        digits_torch=torchs, oracle_error=0.0,
        finding="reference: PyTorch has 3.0 where the exact value is 1.0000000000000000000",
    ))  # fmt: skip
    assert agreed([1.0], [3.0], budget=0.5, exact=np.array([1.0])).finding == ""


def test_digits_are_those_of_the_elements_whose_exact_value_is_finite() -> None:
    exact = Balls(np.array([arb(nan), arb(1), arb(100)], dtype=object))
    found = agreed([1e300, 1.0, 101.0], [1e300, 2.0, 110.0], budget=inf, exact=exact)
    assert (found.digits_mine, found.digits_torch) == (2.0, 1.0)
    lost = agreed([nan, nan, 100.0], [1.0, 1.0, inf], budget=inf, exact=exact)
    assert (lost.digits_mine, lost.digits_torch) == (0.0, 0.0)


def test_an_exact_value_of_another_shape_is_held_against_nothing() -> None:
    """That it has another shape is said of the arithmetic, and the floats are compared by themselves."""
    found = agreed([1.0, 1.0, 3.0], [1.0, 1.0, 4.0], budget=0.5, exact=np.array([1.0]))
    assert (found.verdict, found.at, found.exact, repr(found.digits_mine)) == (FAIL, "[2]", "", "nan")
    same(of_definition(runs_of(off(0.5), 0.0, np.array([1.0]))), row(FAIL, **WRONG))


def test_gradients_of_two_shapes_are_compared_nowhere() -> None:
    found = agreed([[1.0, 2.0]], [1.0, 2.0], budget=1.0, exact=np.array([[1.0, 2.0]]), vindicated=True)
    same([found], agreeing(FAIL, shape="(1, 2)", finding="by hand the shape is (1, 2), by PyTorch (2,)"))
