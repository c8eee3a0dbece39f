"""A forward against the independent definition: wrong fails, right passes, and what PyTorch gets wrong is PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.oracle_nets import net, use
from verify.arithmetic.balls import Balls, precision
from verify.definitions import agreement, defined
from verify.oracles.definition import definition, tensor
from verify.oracles.estimate import Estimate
from verify.questions import BLIND
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import Runs, run

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]

Z = np.array([[0.3, -2.0, 5.0], [-0.1, 1.2, -7.0]])
ABOUT: dict[str, Any] = {"formula": "sigmoid", "case": "typical", "seed": 7}


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def by_torch(z: Any) -> Any:
    return torch.sigmoid(z)


def rows_of(
    mine: Function,
    reference: Function,
    inputs: dict[str, Any] | None = None,
    *,
    typical: bool = True,
    exactly: bool = True,
) -> list[Discrepancy]:
    """The rows of `defined` for a function by hand and its definition."""
    inputs = {"z": Z} if inputs is None else inputs
    with np.errstate(all="ignore"):
        return defined(run(mine, inputs, "float64", exactly=exactly), reference, inputs, typical, **ABOUT)


def only(rows: list[Discrepancy]) -> Discrepancy:
    assert len(rows) == 1
    return rows[0]


# --- the oracle -------------------------------------------------------------------------------------------------------

VALUES: dict[str, tuple[Function, Function]] = {
    "sigmoid": (torch.sigmoid, sigmoid),
    "tanh": (torch.tanh, np.tanh),
    "softplus": (F.softplus, lambda z: np.log(1 + np.exp(z))),
    "logsigmoid": (F.logsigmoid, lambda z: -np.log(1 + np.exp(-z))),
    "softmax": (lambda z: torch.softmax(z, 0), lambda z: np.exp(z) / np.sum(np.exp(z), axis=0)),
    "mean": (lambda z: z.mean(1), lambda z: np.mean(z, axis=1)),
    "product": (lambda z: z @ z.T, lambda z: z @ z.T),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", VALUES)
def test_the_exact_value_lies_within_the_definitions_error(name: str, dtype: str) -> None:
    theirs, exactly = VALUES[name]

    def reference(z: Any) -> Any:
        return theirs(z)

    for scale in (1e-3, 1.0, 1.7):
        z = (scale * Z).astype(dtype)
        found = definition(reference, {"z": z}, dtype)
        with precision(400):
            exact = exactly(Balls.of(z))
        assert found.gradients["value"].dtype == dtype
        assert not found.skipped["value"].any()
        assert use(found, "value", exact) <= 1
        widest = np.max(found.errors["value"]) / np.max(np.abs(exact.mid()))
        assert widest <= {"float64": 1e-12, "float32": 1e-4}[dtype]


@pytest.mark.parametrize("seed", range(10))
def test_the_exact_output_of_a_net_lies_within_the_definitions_error(seed: int) -> None:
    one = net([1, seed], high=3.0)
    found = definition(one.reference, one.inputs, "float64")
    with precision(1500):
        exact = one.forward(**{k: Balls.of(x) for k, x in one.inputs.items()})
    assert use(found, "value", exact) <= 1


def test_named_outputs_keep_their_names_and_one_alone_is_called_value() -> None:
    found = definition(lambda z: {"A": torch.tanh(z), "Z": 2 * z}, {"z": Z}, "float64")
    assert sorted(found.gradients) == sorted(found.errors) == ["A", "Z"]
    assert found.gradients["Z"].tolist() == (2 * Z).tolist()
    assert list(definition(by_torch, {"z": Z}, "float64").gradients) == ["value"]


def test_an_output_that_is_a_plain_number_is_an_array_of_the_precision() -> None:
    found = definition(lambda z: float(z.sum()), {"z": np.array([0.25, 0.5])}, "float32")
    assert (found.gradients["value"].dtype, found.gradients["value"].shape) == (np.float32, ())
    assert found.gradients["value"].item() == 0.75


def test_a_value_that_still_carries_its_graph_is_taken() -> None:
    found = definition(lambda z: z * torch.ones(1, dtype=z.dtype, requires_grad=True), {"z": Z}, "float64")
    assert found.gradients["value"].tolist() == Z.tolist()


def test_inputs_become_tensors_leaf_by_leaf_and_constants_stay() -> None:
    view = np.arange(6.0).reshape(2, 3).T
    made = tensor({"W": view, "p": {"b": np.float32(0.5)}, "k": 3, "c": 0.1, "word": "relu", "none": None})
    assert made["W"].tolist() == view.tolist()
    assert (made["W"].dtype, made["p"]["b"].dtype) == (torch.float64, torch.float32)
    assert (made["k"], made["c"], made["word"], made["none"]) == (3, 0.1, "relu", None)
    assert type(made["c"]) is float
    made["W"][0, 0] = 99.0
    assert view[0, 0] == 0.0
    assert tensor(np.array([1, 2])).dtype == torch.int64


# --- is the formula right? --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exactly", [True, False])
def test_a_right_value_passes(exactly: bool) -> None:
    row = only(rows_of(sigmoid, by_torch, exactly=exactly))
    assert (row.verdict, row.question, row.oracle, row.dtype) == (PASS, "formula", "definition", "float64")
    assert (row.quantity, row.shape, row.compared, row.skipped) == ("value", "(2, 3)", 6, 0)
    assert (row.formula, row.case, row.seed) == ("sigmoid", "typical", 7)
    assert row.used <= 1
    assert row.detects <= BLIND["float64"]
    assert 0 < row.oracle_error <= 1e-12
    assert row.digits_torch > 14


@pytest.mark.parametrize("exactly", [True, False])
@pytest.mark.parametrize(
    "wrong",
    [
        lambda z: sigmoid(z) * (1 + 1e-12), lambda z: sigmoid(z) + 1e-12, lambda z: 1 - sigmoid(z), np.tanh,
        lambda z: np.where(z > 4, 0.0, 1.0) * sigmoid(z),     ],
)  # fmt: skip
def test_a_wrong_value_fails(wrong: Function, exactly: bool) -> None:
    row = only(rows_of(lambda z: wrong(z), by_torch, exactly=exactly))  # noqa: PLW0108  # a ufunc takes no name
    assert row.verdict == FAIL
    assert not row.used <= 1


def test_a_value_that_is_not_a_number_fails_where_the_definition_has_one() -> None:
    row = only(rows_of(lambda z: sigmoid(z) * np.where(z == 1.2, np.nan, 1.0), by_torch))
    assert (row.verdict, row.at, row.mine) == (FAIL, "[1, 1]", "nan")


def test_a_wrong_value_in_an_edge_case_fails_too_where_nothing_exact_vouches_for_it() -> None:
    assert only(rows_of(lambda z: 2 * sigmoid(z), by_torch, typical=False, exactly=False)).verdict == FAIL


def test_one_wrong_element_is_named_with_both_numbers() -> None:
    row = only(rows_of(lambda z: sigmoid(z) * np.where(z == 1.2, 2.0, 1.0), by_torch))
    assert (row.verdict, row.at) == (FAIL, "[1, 1]")
    with precision():
        assert row.exact == (2 * sigmoid(Balls.of(np.array(1.2)))).text()
    assert row.mine.startswith("1.5370495669980")
    assert float(row.want) == float(torch.sigmoid(torch.tensor(1.2, dtype=torch.float64)))


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        (lambda z: sigmoid(z)[:1], r"by hand the shape is (1, 3), in the definition (2, 3)"),
        (lambda z: sigmoid(z).T, r"by hand the shape is (3, 2), in the definition (2, 3)"),
        (lambda z: sigmoid(z)[..., None], r"by hand the shape is (2, 3, 1), in the definition (2, 3)"),
    ],
)
def test_another_shape_fails_and_is_not_broadcast(mine: Function, said: str) -> None:
    row = only(rows_of(mine, by_torch))
    assert (row.verdict, row.finding, row.quantity) == (FAIL, said, "value")


@pytest.mark.parametrize("missing", ["A", "Z"])
def test_another_set_of_names_fails_even_where_what_is_shared_is_right(missing: str) -> None:
    def mine(z: Any) -> Any:
        return {k: v for k, v in {"Z": z * 1, "A": np.tanh(z)}.items() if k != missing}

    def theirs(z: Any) -> Any:
        return {"Z": z * 1, "A": torch.tanh(z)}

    row = only(rows_of(mine, theirs))
    assert row.verdict == FAIL
    assert row.finding == f"by hand there are {sorted({'A', 'Z'} - {missing})}, in the definition ['A', 'Z']"
    right = rows_of(lambda z: {"Z": z * 1, "A": np.tanh(z)}, theirs)
    assert {r.quantity: r.verdict for r in right} == {"A": PASS, "Z": PASS}


def test_of_several_outputs_only_the_wrong_one_fails() -> None:
    rows = rows_of(lambda z: {"Z": z * 1, "A": sigmoid(z)}, lambda z: {"Z": z * 1, "A": torch.tanh(z)})
    assert {row.quantity: row.verdict for row in rows} == {"Z": PASS, "A": FAIL}


# PyTorch clamps log at −100, so that of a = 1e-60 it makes a loss of 100 where the definition's is 138.155….
CLAMPED = {"a": np.array([1e-60, 0.3]), "y": np.array([1.0, 0.0])}


def cross_entropy(a: Any, y: Any) -> Any:
    return -(y * np.log(a) + (1 - y) * np.log1p(-a))


def clamping(a: Any, y: Any) -> Any:
    return F.binary_cross_entropy(a, y, reduction="none")


def test_an_edge_case_where_pytorch_is_off_is_inconclusive_with_a_reference_finding() -> None:
    row = only(rows_of(cross_entropy, clamping, CLAMPED, typical=False))
    assert row.verdict == INCONCLUSIVE
    assert row.finding.startswith(
        "reference: PyTorch is outside its own error estimate here; exact value 138.1551055796"
    )
    assert (row.at, row.want) == ("[0]", "100.0")
    assert row.used > 1


def test_a_typical_case_that_differs_fails_whoever_is_to_blame() -> None:
    assert only(rows_of(cross_entropy, clamping, CLAMPED, typical=True)).verdict == FAIL


def test_where_pytorch_saturates_altogether_nothing_is_compared_and_nothing_passes() -> None:
    inputs = {"z": np.array([-700.0, -705.0])}
    row = only(rows_of(lambda z: np.exp(z - np.log1p(np.exp(z))), by_torch, inputs, typical=False))
    assert (row.verdict, row.compared, row.skipped) == (INCONCLUSIVE, 0, 2)
    assert "value: 2 of 2 elements skipped" in row.finding


# --- does it agree? ---------------------------------------------------------------------------------------------------


def agreed(
    mine: Function, reference: Function, inputs: dict[str, Any], dtype: str = "float64", *, vindicated: bool = False
) -> Discrepancy:
    with np.errstate(all="ignore"):
        runs = run(mine, inputs, dtype)
        theirs = definition(reference, {k: np.asarray(v, dtype=dtype) for k, v in inputs.items()}, dtype)
        return agreement(runs, theirs, "value", dtype, vindicated, oracle="definition", **ABOUT)


@pytest.mark.parametrize("vindicated", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_two_right_values_agree_within_both_budgets(dtype: str, vindicated: bool) -> None:
    row = agreed(sigmoid, by_torch, {"z": Z}, dtype, vindicated=vindicated)
    assert (row.verdict, row.question, row.dtype, row.shape) == (PASS, "agreement", dtype, "(2, 3)")
    assert (row.compared, row.skipped, row.finding) == (6, 0, "")
    assert row.used <= 1
    assert min(row.digits_mine, row.digits_torch) > {"float64": 14, "float32": 6}[dtype]


@pytest.mark.parametrize(("dtype", "part"), [("float64", 1e-12), ("float32", 1e-4)])
def test_a_value_off_by_more_than_both_budgets_fails(dtype: str, part: float) -> None:
    assert agreed(lambda z: sigmoid(z) * (1 + part), by_torch, {"z": Z}, dtype).verdict == FAIL


def test_a_disagreement_of_a_vindicated_value_is_pytorchs_and_says_so() -> None:
    row = agreed(cross_entropy, clamping, CLAMPED, vindicated=True)
    assert row.verdict == INCONCLUSIVE
    assert row.finding == "reference: PyTorch has 100.0 where the exact value is 138.15510557964274107"
    assert row.digits_torch < 1
    assert row.digits_mine > 14
    assert agreed(cross_entropy, clamping, CLAMPED, vindicated=False).verdict == FAIL


def test_another_shape_fails_even_a_vindicated_value() -> None:
    row = agreed(lambda z: sigmoid(z)[:1], by_torch, {"z": Z}, vindicated=True)
    assert (row.verdict, row.finding) == (FAIL, "by hand the shape is (1, 3), by PyTorch (2, 3)")


def runs_of(value: Array, budget: Array | None = None) -> Runs:
    return Runs({"value": value}, {} if budget is None else {"value": budget}, {})


def estimate(value: Array, error: Array) -> Estimate:
    return Estimate({"value": value}, {"value": error}, {"value": ~np.isfinite(error)})


@pytest.mark.parametrize(
    ("mine", "theirs", "verdict"),
    [
        (1.0, 1.0 + 2.0**-40, PASS),  # as far apart as both budgets reach
        (1.0, 1.0 + 2.0**-40 + 2.0**-52, FAIL),
        (np.inf, np.inf, PASS),
        (np.inf, -np.inf, FAIL),
        (np.inf, 1.0, FAIL),
        (1.0, np.nan, FAIL),
        (np.nan, 1.0, FAIL),
    ],
)
def test_float_against_float_is_judged_by_the_sum_of_both_budgets(mine: float, theirs: float, verdict: str) -> None:
    half = np.full(2, 2.0**-41)
    runs, found = runs_of(np.array([mine, 1.0]), half), estimate(np.array([theirs, 1.0]), half)
    row = agreement(runs, found, "value", "float64", False, oracle="definition", **ABOUT)
    assert row.verdict == verdict


def test_without_a_budget_or_without_pytorchs_error_nothing_is_compared_and_nothing_passes() -> None:
    ones = np.ones(2)
    for runs, found in (
        (runs_of(ones), estimate(ones, 1e-16 * ones)),
        (runs_of(ones, 1e-16 * ones), estimate(ones, np.full(2, np.inf))),
    ):
        row = agreement(runs, found, "value", "float64", True, oracle="definition", **ABOUT)
        assert (row.verdict, row.compared, row.skipped) == (INCONCLUSIVE, 0, 2)


def test_a_pair_of_budgets_too_wide_to_see_anything_is_inconclusive() -> None:
    ones = np.ones(2)
    row = agreement(
        runs_of(ones, 1e-5 * ones), estimate(ones, 1e-5 * ones), "value", "float64", False, oracle="definition", **ABOUT
    )
    assert row.verdict == INCONCLUSIVE
    assert row.detects > BLIND["float64"]
