"""The arguments of `check`: which problem they make, row by row, and the whole sentence where they make none.

What is judged rightly and wrongly, as its users see it, is in tests/test_check_peers.py and test_check_styles.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest
import torch

import handgrad
from verify.cases import upstream
from verify.check import AVERAGED, SUMMED, check
from verify.derivative import judge
from verify.errors import UserError
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.setting import Setting

Array = np.ndarray[Any, Any]
X = np.array([[0.5, -1.0, 2.0, 0.25], [1.5, 0.75, -0.5, 3.0]])
W = np.array([[1.0, -2.0], [0.5, 0.25], [3.0, 1.25]])
GIVEN = {"W": W, "x": X}


def product(W: Any, x: Any) -> Any:
    return W @ x


def both(dout: Any, W: Any, x: Any) -> Any:
    return dout @ x.T, W.T @ dout


def mean(dout: Any, W: Any, x: Any) -> Any:
    return dout @ x.T / 4, W.T @ dout


def wrong(dout: Any, W: Any, x: Any) -> Any:
    return 2 * dout @ x.T, W.T @ dout


def asked(function: Callable[..., Any] = both, **more: Any) -> Problem:
    """The problem that `check(product, function, GIVEN)` makes."""

    def named(f: Callable[..., Any], dout: Any, **given: Any) -> dict[str, Any]:
        return dict(zip(("W", "x"), f(dout, **given), strict=True))

    made = Problem(
        formula=function.__name__, forward=product, backward=lambda dout, **given: named(function, dout, **given),
        inputs=GIVEN, wrt=("W", "x"), dout=upstream((3, 4), 0), case="given", convention=SUMMED, subject=function,
        swapped=named,
    )  # fmt: skip
    return replace(made, **more)


def same(rows: Sequence[Discrepancy], wanted: Sequence[Discrepancy]) -> None:
    """Every field of every row; a nan is a nan."""
    assert [repr(row) for row in rows] == [repr(row) for row in wanted]


def sentence(call: Callable[[], Any]) -> str:
    with pytest.raises(UserError) as caught:
        call()
    return str(caught.value)


ALL = Setting(dtypes=("float64",))
PLAIN = replace(ALL, source=False)
CERTIFICATE = replace(PLAIN, oracles=frozenset({"certificate"}))


# --- the problem that the arguments make ------------------------------------------------------------------------------
def test_the_door_offers_the_same_arguments_with_the_same_defaults() -> None:
    here, door = (inspect.signature(f).parameters.values() for f in (check, handgrad.check))
    assert [(p.name, p.kind, p.default) for p in here] == [(p.name, p.kind, p.default) for p in door]


def test_the_convention_that_a_gradient_was_judged_by_is_told_in_words() -> None:
    for convention, told in (
        ("sum", "every gradient is the derivative of Σ dout∗out"),
        (
            "notes",
            "dW and db carry 1/m (m = 4: derivatives of J), the others do not (derivatives of the per-example loss)",
        ),
    ):
        rows = check(product, both, GIVEN, convention=convention, oracles="certificate", source=False)
        assert {row.convention for row in rows} == {told}


def test_the_rows_are_those_of_the_problem_that_the_arguments_make() -> None:
    timed = {"seconds": inf}  # with no end, all elements are asked of, as of a row of the catalogue
    same(check(product, both, GIVEN, **timed), judge(asked(), PLAIN))
    same(check(product, both, GIVEN, reference=product, **timed), judge(asked(reference=product), PLAIN))


@pytest.mark.parametrize(
    ("more", "problem", "setting"),
    [
        ({"seed": 7}, {"seed": 7, "dout": upstream((3, 4), 7)}, {"seed": 7}),
        ({"dtype": "float32", "oracles": ["exact"]}, {}, {"dtypes": ("float32",), "oracles": frozenset({"exact"})}),
        ({"dtype": np.float32, "oracles": "exact"}, {}, {"dtypes": ("float32",), "oracles": frozenset({"exact"})}),
        ({"dout": W @ X}, {"dout": W @ X}, {}),
        ({"dout": (W @ X).astype(int)}, {"dout": (W @ X).astype(int) * 1.0}, {}),
        (
            {"domain": {"x": (-1, 3), "W": [0, inf]}, "oracles": ["differences"], "seconds": inf},
            {"domain": {"x": (-1.0, 3.0), "W": (0.0, inf)}}, {"oracles": frozenset({"differences"})},
        ),
        ({"convention": "sum"}, {}, {}),
        ({"convention": "notes"}, {"averages": {"W": 4}, "convention": AVERAGED.format(m=4)}, {}),
        ({"oracles": ["certificate", "exact"]}, {}, {"oracles": frozenset({"certificate", "exact"})}),
    ],
)  # fmt: skip
def test_every_argument_reaches_the_problem_that_is_judged(
    more: dict[str, Any], problem: dict[str, Any], setting: dict[str, Any]
) -> None:
    options = {"oracles": ["certificate"], "source": False, **more}
    same(check(product, both, GIVEN, **options), judge(asked(**problem), replace(CERTIFICATE, **setting)))


@pytest.mark.parametrize("wrt", ["x", ["x"], ("x",)])
def test_only_the_gradients_that_are_named_are_judged(wrt: Any) -> None:
    problem = asked(wrt=("x",), backward=lambda dout, W, x: {"x": W.T @ dout})
    same(check(product, both, GIVEN, wrt=wrt, oracles="certificate"), judge(problem, CERTIFICATE))
    assert [row.quantity for row in check(product, both, GIVEN, wrt=["x", "W"], oracles="certificate")] == ["dx", "dW"]


def test_the_gradients_that_come_back_are_judged_in_the_order_of_the_inputs() -> None:
    rows = check(product, lambda dout, W, x: {"dx": W.T @ dout, "dW": dout @ x.T}, GIVEN, oracles="certificate")
    assert [row.quantity for row in rows] == ["dW", "dx"]
    rows = check(product, lambda dout, W, x: (None, W.T @ dout), GIVEN, oracles="certificate")
    assert [row.quantity for row in rows] == ["dx"]


def test_a_loss_has_an_upstream_gradient_of_one_and_is_called_by_its_own_name() -> None:
    def squares(x: Any) -> Any:
        return np.sum(x * x), (2 * x,)

    problem = asked(
        formula="squares", forward=lambda x: np.sum(x * x), backward=lambda dout, x: {"x": 2 * x}, inputs={"x": X},
        wrt=("x",), dout=np.ones(()),
    )  # fmt: skip
    rows = check(squares, inputs={"x": X}, loss=True, source=False, seconds=inf)
    same(rows, judge(problem, PLAIN))
    assert {row.verdict for row in rows} == {PASS}


def test_numbers_are_inputs_as_arrays_are_and_lists_and_whole_numbers_are_handed_on() -> None:
    seen: list[Any] = []

    def forward(x: Any, s: Any, k: Any, kept: Any, names: Any) -> Any:
        seen.append((s, k, kept, names))
        return s * x * kept[0] * k

    def backward(dout: Any, x: Any, s: Any, k: Any, kept: Any, names: Any) -> Any:
        return {"dx": s * dout * kept[0] * k, "ds": np.sum(dout * x) * kept[0] * k}

    given = {"x": X, "s": 0.5, "k": 3, "kept": [2.0], "names": "tanh"}
    rows = check(forward, backward, given, oracles="certificate", source=False)
    assert [(row.quantity, row.shape, row.verdict) for row in rows] == [("dx", "(2, 4)", PASS), ("ds", "()", PASS)]
    assert isinstance(seen[0][0], np.ndarray)
    assert seen[0][1:] == (3, [2.0], "tanh")
    rows = check(forward, backward, {**given, "s": np.float64(0.5)}, oracles="certificate", source=False)
    assert [row.verdict for row in rows] == [PASS, PASS]


def test_float32_inputs_are_judged_in_float32_and_scalars_of_an_output_without_dimensions_have_one_example() -> None:
    x = X.astype(np.float32)
    rows = check(lambda w: np.sum(w * w), lambda dout, w: 2 * dout * w, {"w": x}, oracles=["exact"])
    assert [(row.dtype, row.convention, row.verdict) for row in rows] == [("float32", SUMMED, PASS)]
    rows = check(
        lambda w: np.sum(w * w), lambda dout, w: 2 * dout * w, {"w": x}, oracles=["exact"], convention="notes"
    )  # fmt: skip
    assert [(row.convention, row.verdict) for row in rows] == [(AVERAGED.format(m=1), PASS)]


@pytest.mark.parametrize("dtype", ["float32", "single", np.float32, torch.float32])
def test_a_precision_may_be_called_as_numpy_and_pytorch_call_it(dtype: Any) -> None:
    rows = check(product, both, GIVEN, oracles=["exact"], dtype=dtype)
    assert [(row.dtype, row.verdict) for row in rows] == [("float32", PASS)] * 2


@pytest.mark.parametrize("dout", [[[1] * 4] * 3, np.ones((3, 4), bool), torch.ones(3, 4)])
def test_an_upstream_gradient_may_be_of_whole_numbers_or_a_tensor_and_backward_gets_floats(dout: Any) -> None:
    kinds = []

    def seen(dout: Any, W: Any, x: Any) -> Any:
        kinds.extend([dout.dtype.name] * isinstance(dout, np.ndarray))
        return both(dout, W, x)

    rows = check(product, seen, GIVEN, dout=dout, oracles=["exact"])
    want = check(product, both, GIVEN, dout=np.ones((3, 4)), oracles=["exact"])
    assert [replace(row, formula="both") for row in rows] == [*want]
    assert set(kinds) == {"float64"}


def test_a_callable_without_a_name_is_called_backward() -> None:
    class Backward:
        def __call__(self, dout: Any, W: Any, x: Any) -> Any:
            return both(dout, W, x)

    assert {row.formula for row in check(product, Backward(), GIVEN, oracles="certificate")} == {"backward"}
    assert {row.formula for row in check(product, both, GIVEN, oracles="certificate")} == {"both"}


# --- constants and the reference --------------------------------------------------------------------------------------
def test_constants_reach_forward_backward_and_the_reference_as_tensors_of_their_own_kind() -> None:
    labels = np.array([0, 1, 1, 0])

    def forward(x: Any, y: Any, scale: Any) -> Any:
        return scale * x[y, np.arange(4)]

    def backward(dout: Any, x: Any, y: Any, scale: Any) -> Any:
        dx = 0 * x
        dx[y, np.arange(4)] = scale * dout
        return dx

    def reference(x: Any, y: Any, scale: Any) -> Any:
        seen.append((y, scale))
        return scale * x[y, torch.arange(4)]

    seen: list[Any] = []
    rows = check(
        forward, backward, {"x": X}, constants={"y": labels, "scale": 0.1}, reference=reference,
        oracles=["definition", "autograd"],
    )  # fmt: skip
    assert [(row.oracle, row.verdict) for row in rows] == [("definition", PASS), ("autograd", PASS)]
    assert all(isinstance(y, torch.Tensor) and not y.is_floating_point() for y, _ in seen)


# --- the two conventions ----------------------------------------------------------------------------------------------
NAMED_M = (
    "{} are the derivatives of Σ dout∗out divided by m = 4, the size of the output's last dimension; give "
    "convention='notes' if they are meant to carry the 1/m, and convention='sum' if not"
)


def test_gradients_that_carry_the_1_over_m_are_asked_about_and_each_answer_is_held() -> None:
    assert sentence(lambda: check(product, mean, GIVEN, oracles="certificate")) == NAMED_M.format("dW")
    averaged = asked(mean, averages={"W": 4}, convention=AVERAGED.format(m=4))
    rows = check(product, mean, GIVEN, oracles="certificate", convention="notes", source=False)
    same(rows, judge(averaged, CERTIFICATE))
    assert [row.verdict for row in rows] == [PASS, PASS]
    rows = check(product, mean, GIVEN, oracles="certificate", convention="sum", source=False)
    same(rows, judge(asked(mean), CERTIFICATE))
    assert [row.verdict for row in rows] == [FAIL, PASS]


def test_a_right_gradient_is_judged_once_though_the_1_over_m_is_open() -> None:
    calls = dict.fromkeys((None, "sum"), 0)
    for convention in calls:

        def counted(dout: Any, W: Any, x: Any, convention: str | None = convention) -> Any:
            calls[convention] += 1
            return both(dout, W, x)

        check(product, counted, GIVEN, convention=convention)
    assert calls[None] == calls["sum"] > 0


def test_all_names_of_weights_and_biases_are_told_of_which_the_1_over_m_is_asked() -> None:
    def forward(W1: Any, b: Any, w2: Any, x: Any) -> Any:
        return W1 @ x + b + w2 * x[0]

    def backward(dout: Any, W1: Any, b: Any, w2: Any, x: Any) -> Any:
        return dout @ x.T / 4, dout.sum(1, keepdims=True) / 4, (dout * x[0]).sum(1, keepdims=True) / 4, None

    given = {"W1": W, "b": np.ones((3, 1)), "w2": np.full((3, 1), 2.0), "x": X}
    assert sentence(lambda: check(forward, backward, given, oracles="certificate")) == NAMED_M.format("dW1, db and dw2")
    wrt = ["W1", "w2"]
    said = sentence(lambda: check(forward, backward, given, wrt=wrt, oracles="certificate"))
    assert said == NAMED_M.format("dW1 and dw2")


def test_two_examples_are_several_and_an_input_called_x_in_capitals_is_no_weight() -> None:
    def halved(dout: Any, W: Any, X: Any) -> Any:
        return dout @ X.T / 2, W.T @ dout

    given = {"W": W, "X": X[:, :2]}
    said = sentence(lambda: check(lambda W, X: W @ X, halved, given, oracles="certificate"))
    assert said.startswith("dW are the derivatives of Σ dout∗out divided by m = 2, ")
    rows = check(lambda W, X: W @ X, halved, given, oracles="certificate", convention="notes")
    assert [row.verdict for row in rows] == [PASS, PASS]


def test_where_neither_convention_is_kept_the_sums_rows_fail_with_the_change_that_mends_them() -> None:
    same(check(product, wrong, GIVEN, oracles="certificate", source=False), judge(asked(wrong), CERTIFICATE))
    row, _ = check(product, wrong, GIVEN, oracles="certificate")
    assert (row.verdict, row.convention) == (FAIL, SUMMED)
    assert row.diagnosis.endswith("should read `return (1 * dout @ x.T, W.T @ dout)`.")
    # Of one example the two are the same, and nothing is asked.
    one = {"W": W, "x": X[:, :1]}
    row, _ = check(product, wrong, one, oracles="certificate")
    assert row.diagnosis.endswith("should read `return (1 * dout @ x.T, W.T @ dout)`.")
    row, _ = check(product, wrong, one, oracles="certificate", source=False)
    assert (row.verdict, "should read" in row.diagnosis) == (FAIL, False)


def test_the_change_that_mends_a_loss_is_looked_for_in_its_forward() -> None:
    def squares(x: Any) -> Any:
        return np.sum(x * x), 3 * x

    (row,) = check(squares, inputs={"x": X}, loss=True, oracles="certificate")
    assert row.diagnosis.endswith("should read `return (np.sum(x * x), 2 * x)`.")


# --- what is said beside a verdict ------------------------------------------------------------------------------------
def test_what_is_overwritten_is_told_in_the_rows_of_the_arithmetic_alone_after_what_was_found_there() -> None:
    def forward(W: Any, x: Any) -> Any:
        out = W @ x
        x += 1
        return out

    def backward(dout: Any, W: Any, x: Any) -> Any:
        gradients = np.array(dout, np.float64) @ x.T if isinstance(x, np.ndarray) else dout @ x.T, W.T @ dout
        W *= 2
        return gradients

    rows = check(forward, backward, GIVEN, oracles=["certificate", "exact"], dtype="float32", source=False)
    over = "backward overwrites W; forward overwrites x"
    wide = "widened: dW came back as float64"
    assert [(row.oracle, row.finding, row.verdict) for row in rows] == [
        ("certificate", "", PASS), ("certificate", "", PASS),
        ("exact", f"{wide}; {over}", PASS), ("exact", f"{wide}; {over}", PASS),
    ]  # fmt: skip
    assert all(not row.finding for row in check(product, both, GIVEN, oracles=["certificate", "exact"]))


def test_what_the_time_does_not_reach_is_told_and_the_clock_starts_with_the_call() -> None:
    rows = check(product, both, GIVEN, seconds=1e-9, oracles=["complex step"])
    assert [(row.verdict, row.finding) for row in rows] == [(INCONCLUSIVE, "not run: the time is up")] * 2
    for seconds in (60, 1):
        rows = check(product, both, GIVEN, seconds=seconds, oracles=["certificate"])
        assert [(row.verdict, row.finding) for row in rows] == [(PASS, "")] * 2
    rows = check(product, both, GIVEN, seconds=60, oracles=["complex step"])
    assert [(row.verdict, row.finding) for row in rows] == [(PASS, "")] * 2


# --- what is refused --------------------------------------------------------------------------------------------------
MISSING = "inputs is missing; give the arrays by name, in the order of forward's arguments: inputs={'W': W, 'x': x}"
NOTHING = (
    "no input is a floating array, so there is nothing to differentiate: {}; give NumPy arrays of float64 or float32"
)
NAMES = "there are 'certificate', 'proof', 'exact', 'autograd', 'definition', 'complex step', 'differences', 'shapes'"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (None, MISSING),
        ({}, MISSING),
        ([X], "inputs is a list; give the arrays by name: inputs={'W': W, 'x': x}"),
        ([], "inputs is a list; give the arrays by name: inputs={'W': W, 'x': x}"),
        ({"x": np.arange(3), "k": 2}, NOTHING.format("x is an array of int64, k is a int")),
        ({"x": np.zeros((3, 0))}, "x has shape (3, 0), which holds no element; give at least one example"),
        ({"W": W, "x": np.array([[1.0, 2.0], [inf, nan]])}, "x holds inf at [1, 0]; give finite numbers"),
        ({"x": nan}, "x holds nan at []; give finite numbers"),
        (
            {"x": X, "W": W.astype(np.float32)},
            "the inputs are of dtypes float32, float64; give dtype='float64' or dtype='float32'",
        ),
        ({"x": X.astype("f2")}, "the inputs are of dtypes float16; give dtype='float64' or dtype='float32'"),
    ],
)
def test_inputs_that_cannot_be_used_are_refused(inputs: Any, said: str) -> None:
    assert sentence(lambda: check(product, both, inputs)) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"seed": -1}, "seed is -1; give a whole number from 0 on"),
        ({"seed": 0.5}, "seed is 0.5; give a whole number from 0 on"),
        ({"seconds": 0}, "seconds is 0; give a number above 0"),
        ({"seconds": nan}, "seconds is nan; give a number above 0"),
        (
            {"loss": True},
            "backward was given with loss=True, where forward returns the gradients itself; leave one out",
        ),
        ({"oracles": ["certificat"]}, f"no oracle is called 'certificat' (did you mean 'certificate'?); {NAMES}"),
        ({"oracles": "guess"}, f"no oracle is called 'guess'; {NAMES}"),
        ({"wrt": ["W", "y"]}, "no floating input is called 'y'; there are 'W', 'x'"),
        ({"wrt": []}, "wrt is empty; give the names to differentiate, among W, x, or leave it out"),
        ({"domain": {"X": (0, 1)}}, "no input is called 'X'; there are 'W', 'x'"),
        ({"domain": {"x": 3}}, "the domain of x is 3; give its two ends, such as (0, 1)"),
        ({"domain": {"x": (0, 1, 2)}}, "the domain of x is (0, 1, 2); give its two ends, such as (0, 1)"),
        ({"domain": {"x": ("a", 1)}}, "the domain of x is ('a', 1); give its two ends, such as (0, 1)"),
        (
            {"returns": "cache"},
            "no value of returns is called 'cache' (did you mean 'out, cache'?); there are 'out', 'out, cache'",
        ),
        ({"convention": "mean"}, "no convention is called 'mean'; there are 'sum', 'notes'"),
        (
            {"dtype": "float16"},
            "no dtype is called 'float16' (did you mean 'float64'?); there are 'float64', 'float32'",
        ),
        ({"dtype": np.int64}, "no dtype is called 'int64' (did you mean 'float64'?); there are 'float64', 'float32'"),
        ({"dtype": "float3"}, "no dtype is called 'float3' (did you mean 'float32'?); there are 'float64', 'float32'"),
        (
            {"dtype": torch.int64},
            "no dtype is called 'int64' (did you mean 'float64'?); there are 'float64', 'float32'",
        ),
        ({"dtype": 3}, "no dtype is called '3'; there are 'float64', 'float32'"),
        ({"dout": "ones"}, "dout is 'ones'; give an array of real numbers, of shape (3, 4)"),
        ({"dout": [1, [2, 3]]}, "dout is [1, [2, 3]]; give an array of real numbers, of shape (3, 4)"),
        ({"dout": np.array(1j)}, "dout is array(0.+1.j); give an array of real numbers, of shape (3, 4)"),
        (
            {"dout": torch.ones(1, requires_grad=True)},
            "dout is tensor([1.], ...res_grad=True); give an array of real numbers, of shape (3, 4)",
        ),
        (
            {"dout": np.ones((3, 1))},
            "dout has shape (3, 1), but forward's output has shape (3, 4); the two must be equal",
        ),
        (
            {"dout": np.zeros((3, 4))},
            "dout is 0 everywhere, so every gradient would be 0; give another, or leave it out",
        ),
        (
            {"dout": np.full((3, 4), inf)},
            "dout holds a number that is not finite; give an upstream gradient of finite numbers",
        ),
    ],
)
def test_arguments_that_mean_nothing_are_refused(more: dict[str, Any], said: str) -> None:
    assert sentence(lambda: check(product, both, GIVEN, **more)) == said


def test_a_backward_that_returns_nothing_to_judge_is_refused() -> None:
    none = "backward returned no gradient for any of W, x; return them in the order of the inputs, or by name"
    assert sentence(lambda: check(product, lambda dout, W, x: (None, None), GIVEN)) == none
    said = "dout was given with loss=True; a loss has no upstream gradient: leave dout out"
    assert sentence(lambda: check(lambda W, x: (1.0, {"dW": W}), inputs=GIVEN, loss=True, dout=np.ones(()))) == said
