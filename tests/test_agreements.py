"""The whole rows of PyTorch autograd: figures and sentences, on numbers that are known exactly."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import torch

from tests.derivatives import ABOUT, DOUT, RIGHT, X, floats_alone, half, judged, problem, row, same
from verify.agreements import _kinked, agreements
from verify.oracles.autograd import autograd
from verify.oracles.certificate import Decision
from verify.oracles.differences import differences
from verify.problem import Problem, by_name
from verify.questions import FULL_DIGITS
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import Runs, run

Array = np.ndarray[Any, Any]


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


def test_at_a_kink_an_end_of_the_set_is_a_choice_and_what_has_no_error_estimate_is_no_objection() -> None:
    found = row("autograd", INCONCLUSIVE, mine="0.5", want="0.0", at="[0]")
    decision = Decision({}, {}, {}, "a kink", {"x": (np.zeros(3), np.array([1.0, 1.0, 0.0]))})
    for theirs, error, verdict in (
        ([0.0, 1.0, nan], [0.0, 0.0, inf], PASS), ([0.0, 1.0, 5.0], [0.0, 0.0, nan], PASS),
        ([0.0, 1.0, 2.0**-50], [0.0, 0.0, 0.0], INCONCLUSIVE),
    ):  # fmt: skip
        assert _kinked(found, decision, "x", np.array(theirs), np.array(error), 1).verdict == verdict


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


def relu_alone(x: Array, kinds: list[str] | None = None) -> Problem:
    """ReLU in code that runs on floats alone, by hand with the slope 1 at 0 and by PyTorch with 0."""

    def by_hand(dout: Any, x: Any) -> Any:
        if kinds is not None:
            kinds.append(f"{type(x).__name__} {x.dtype}")
        return floats_alone(lambda dout, x: dout * (x >= 0))(dout, x)

    forward = floats_alone(lambda x: np.maximum(x, 0))
    dout = np.array([0.5, -1.25, 0.75])
    return problem(by_hand, forward, inputs={"x": x}, dout=dout, reference=lambda x: torch.relu(x))  # noqa: PLW0108


def agreed(given: Problem, runs: Runs, dtype: str = "float64", **more: Any) -> Discrepancy:
    (found,) = agreements(given, runs, dtype, {"dx": False}, "no certificate ran", ABOUT, **more)
    return found


def test_a_fail_is_looked_at_nearby_in_its_own_precision_and_not_in_exact_numbers() -> None:
    kinds: list[str] = []
    given = relu_alone(np.array([0.0, 1.5, -0.5]), kinds)
    runs = run(by_name(given), {"dout": given.dout, **given.inputs}, "float32")
    runs = replace(runs, budget={"dx": np.zeros(3)})
    kinds.clear()
    found = agreed(given, runs, "float32")
    assert (found.verdict, found.dtype, "nearby" in found.finding) == (INCONCLUSIVE, "float32", True)
    assert {kind.partition(" ")[0] for kind in kinds} == {"ndarray", "Bounds"}
    assert kinds[0] == "ndarray float32"
    assert agreed(given, runs, "float32", look=False).verdict == FAIL


def test_where_nearby_no_budget_is_known_it_agrees_to_what_any_row_must_see() -> None:
    """Moved toward 0, such numbers are none of float32's normal ones, and the precision ladder gives no budget."""
    tiny = float(np.finfo("float32").tiny)
    given = relu_alone(np.array([0.0, tiny, -tiny]))
    runs = run(by_name(given), {"dout": given.dout, **given.inputs}, "float64")
    assert agreed(given, runs, look=False).verdict == FAIL
    near = replace(given, inputs={"x": given.inputs["x"] * 0.99})
    found = agreed(near, run(by_name(near), {"dout": near.dout, **near.inputs}, "float64"))
    assert (found.verdict, found.compared) == (INCONCLUSIVE, 0)
    found = agreed(given, runs)
    assert (found.verdict, "nearby" in found.finding) == (INCONCLUSIVE, True)


def test_a_share_is_compared_where_there_is_no_budget_and_only_there() -> None:
    given = problem(reference=half)
    runs = run(by_name(given), {"dout": given.dout, **given.inputs}, "float64")
    unknown = replace(runs, budget={"dx": np.full(3, inf)})
    assert agreed(given, unknown).compared == 0
    found = agreed(given, unknown, share=True)
    assert (found.verdict, found.compared, found.max_abs) == (PASS, 3, 0.0)
    off = replace(unknown, value={"dx": runs.value["dx"] * (1 + 1e-5)})
    assert agreed(given, off, share=True, look=False).verdict == FAIL
    # A millionth of the tensor's largest element is the share; its budget is far below that.
    slightly = replace(runs, value={"dx": runs.value["dx"] * (1 + 1e-9)})
    assert agreed(given, slightly, share=True, look=False).verdict == FAIL
