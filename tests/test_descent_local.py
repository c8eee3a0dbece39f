"""Both costs, gradients and steps at the same parameters: every figure of every row, of sides that differ by much.

What rounding decides, which is by how much two right sides differ, is left out. After a change that is meant:
`pytest tests/test_descent_local.py --snapshot-update`, and read the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from math import inf, isnan, nan
from typing import Any

import numpy as np
import pytest
import torch

from manual import training
from verify.arithmetic.bounds import Bounds
from verify.descent import local
from verify.descent.settings import Settings
from verify.descent.sides import Point, by_hand
from verify.questions import measure
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

Array = np.ndarray[Any, Any]
Y = np.array([[1.0, 0.0, 0.0, 1.0, 0.0]])
X = np.array([[1.0, -0.7, 0.3, 2.0, 0.1], [-0.4, 0.9, -1.3, 0.6, 1.7]])
CHOSEN = Settings((2, 3, 2, 1), ("leaky_relu", "tanh", "sigmoid"), "course", 7, 10, 0.5, 5)


def parameters(seed: int, layers: tuple[int, ...] = CHOSEN.layers) -> dict[str, Array]:
    rng, found = np.random.RandomState(seed), {}
    for l, (n, p) in enumerate(zip(layers[1:], layers[:-1], strict=True), start=1):
        found |= {f"W{l}": rng.randn(n, p), f"b{l}": rng.randn(n, 1)}
    return found


def point(seed: int, chosen: Settings = CHOSEN) -> Point:
    return next(by_hand(X, Y, parameters(seed), chosen, training.descent))


def figure(x: Any) -> Any:
    try:
        return f"{float(x):.5g}"
    except ValueError:
        return x


def shown(row: Discrepancy, but: tuple[str, ...] = ()) -> str:
    """What a row says that it does not say by default."""
    plain = asdict(Discrepancy("", "", "", "", ""))
    told = {k: x for k, x in asdict(row).items() if repr(x) != repr(plain[k]) and k not in but}
    return ", ".join(f"{k} {x if type(x) is int else figure(x)}" for k, x in told.items())


ROUNDING = ("max_abs", "max_rel", "max_ulp", "at", "used", "mine", "want", "budget")


@pytest.mark.parametrize("kink", ["left", "right"])
def test_right_sides_pass_and_every_row_is_called_what_it_was(kink: str, snapshot: Any) -> None:
    chosen = replace(CHOSEN, kink=kink)
    rows = local.compared(X, Y, point(1, chosen), chosen, training.descent)
    assert [shown(row, ROUNDING) for row in rows] == snapshot
    assert all(0 <= row.used < 1 for row in rows)


def test_of_sides_that_differ_by_much_every_figure_is_what_it_was(snapshot: Any) -> None:
    """The caches of other parameters, predictions that are not theirs, another cost, and a step of another rate."""
    here, other = point(1), point(2)
    wrong = replace(here, J=here.J + 0.5, AL=here.AL * 0.75, caches=other.caches)
    rows = local.compared(X, Y, wrong, CHOSEN, lambda p, grads, rate: training.descent(p, grads, 3 * rate))
    assert [shown(row) for row in rows] == snapshot
    assert {row.verdict for row in rows} == {FAIL}


def test_what_overflows_is_not_warned_of() -> None:
    here = point(1)
    with np.errstate(all="raise"):
        rows = local.compared(X, Y, here, replace(CHOSEN, learning_rate=1e308), training.descent)
        far = next(by_hand(1e300 * X, Y, parameters(1), CHOSEN, training.descent))
        rows += local.compared(1e300 * X, Y, far, CHOSEN, lambda p, g, rate: {k: x * 1e308 for k, x in p.items()})
    assert FAIL in {row.verdict for row in rows}


def test_pytorch_gives_the_cost_and_its_gradients_by_name() -> None:
    """Of one layer: dZ = (σ(Z) − Y)/m."""
    start = parameters(3, (2, 1))
    J, grads = local.autograd(X, Y, start, ("sigmoid",))
    z = start["W1"] @ X + start["b1"]
    dZ = (1 / (1 + np.exp(-z)) - Y) / Y.shape[1]
    assert [*grads] == ["dW1", "db1"]
    assert f"{J:.10g}" == f"{np.mean(np.log1p(np.exp(z)) - Y * z):.10g}"
    assert [f"{x:.10g}" for x in grads["dW1"].ravel()] == [f"{x:.10g}" for x in (dZ @ X.T).ravel()]
    assert [f"{x:.10g}" for x in grads["db1"].ravel()] == [f"{dZ.sum():.10g}"]
    assert type(J) is float
    assert all(type(x) is np.ndarray for x in (*grads.values(), *start.values()))


@pytest.mark.parametrize("kink", ["left", "right"])
def test_the_running_bounds_are_those_of_the_two_orders_and_at_a_kink_either_slope_is_within_them(
    kink: str, snapshot: Any
) -> None:
    """All units of layer 1 are dead, so those of layer 2 are on their kinks: Z = 0, but for what underflow may lose."""
    start = parameters(1)
    start["W1"][:], start["b1"][:], start["b2"][:] = 0.0, -1.0, 0.0
    found = local.bounded(X, Y, start, replace(CHOSEN, kink=kink, activations=("relu", "leaky_relu", "sigmoid")))
    assert [
        f"{name}: " + ", ".join(f"{v + 0:.4g} ± {e:.5g}" for v, e in zip(x.value.flat, x.err.flat, strict=True))
        for side in found
        for name, x in side.items()
        if name[:2] != "dA"
    ] == snapshot


def test_in_the_order_of_pytorch_every_gradient_encloses_that_of_the_notes() -> None:
    chosen = replace(CHOSEN, activations=("tanh", "tanh", "sigmoid"))
    notes, theirs = local.bounded(X, Y, parameters(1), chosen)
    assert [*theirs] == ["dW3", "db3", "dW2", "db2", "dW1", "db1", "J"]
    for name, side in theirs.items():
        assert np.all(np.abs(side.value - notes[name].value) <= side.err + notes[name].err)
        assert np.shape(side.value) == np.shape(notes[name].value)
    large = np.array([[-800.0, -30.0, 0.0, 30.0, 800.0]])
    want = torch.nn.functional.binary_cross_entropy_with_logits(torch.from_numpy(large), torch.from_numpy(Y))
    found = local.torch_cost(Bounds.of(large), Y)
    assert abs(found.value - want.item()) <= found.err
    assert f"{local.torch_cost(large, Y):.12g}" == f"{want.item():.12g}"


def test_rounding_did_nothing_to_a_plain_array() -> None:
    assert local._limit(np.ones((2, 3))).tolist() == [[0.0] * 3] * 2
    assert local._limit(Bounds.of(np.array([1.0]), err=np.array([0.25]))).tolist() == [0.25]


# --- one row ----------------------------------------------------------------------------------------------------------
def row(name: str, error: Any, limit: Any, want: Any = (1.0, 2.0, 4.0)) -> Discrepancy:
    wanted = np.array(want)
    return local._row(name, wanted + np.array(error), wanted, np.array(error), np.array(limit), 5)


def test_a_row_says_whose_it_is_and_by_whom() -> None:
    error, limit = (0.0, -(2.0**-40), 2.0**-42), (2.0**-39,) * 3
    want = np.array([1.0, 2.0, 4.0])
    figures = measure(want + np.array(error), want, np.abs(error), np.array(limit), "float64")
    about = {"question": "agreement", "verdict": PASS, "convention": "J", "seed": 5}
    for name, layer, oracle in (
        ("J", None, "definition"), ("dW12", 12, "autograd"), ("b3", 3, "autograd"), ("W1", 1, "autograd"),
    ):  # fmt: skip
        wanted = Discrepancy("training", name, layer=layer, oracle=oracle, **about, **figures)
        assert repr(row(name, error, limit)) == repr(wanted)
    assert figures["used"] == 0.5


WIDE = "1 of 3 elements have too wide a bound, such as at a kink"


BLIND = "it would have seen no error below 0.1 × the tensor's largest element"
UNKNOWN = "no element has a budget, so none was compared"


@pytest.mark.parametrize(
    ("error", "limit", "verdict", "finding", "compared"),
    [
        ((0.0, 0.0, 0.0), (1e-12, 1e-12, 0.5), PASS, WIDE, 2),
        ((0.0, 0.0, 0.25), (1e-12, 1e-12, 0.5), PASS, WIDE, 2),
        ((0.0, 0.0, 0.75), (1e-12, 1e-12, 0.5), FAIL, "", 3),
        ((0.0, 1e-9, 0.0), (1e-12, 1e-12, 0.5), FAIL, "", 3),
        ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5), INCONCLUSIVE, BLIND, 3),
        ((0.0, 0.0, 0.0), (inf, inf, inf), INCONCLUSIVE, UNKNOWN, 0),
        ((0.0, 0.0, 0.0), (1e-12, 3.9e-6, 4.1e-6), PASS, WIDE, 2),  # a row may be blind to 1e-6 of its largest, 4
        ((0.0, 0.0, 0.0), (1e-12, 3.9e-6, 3.99e-6), PASS, "", 3),
        ((0.0, 0.0, 0.0), (1e-12, 1e-6 * 4.0, 0.5), PASS, WIDE, 2),
    ],
)
def test_an_element_whose_bound_is_wide_is_passed_over_where_it_is_within_it_and_others_decide(
    error: tuple[float, ...], limit: tuple[float, ...], verdict: str, finding: str, compared: int
) -> None:
    found = row("dW1", error, limit, want=(1.0, 4.0, 2.0))
    assert (found.verdict, found.finding, found.compared, found.skipped) == (verdict, finding, compared, 3 - compared)
    assert found.mine == found.want or verdict == FAIL
    thousandth = local._row("dW1", *[np.array([1e-3, 4e-3, 2e-3])] * 2, np.array(error) / 1e3, np.array(limit) / 1e3, 5)
    assert (thousandth.verdict, thousandth.finding) == (verdict, finding)


def test_where_all_is_0_nothing_is_decided_and_no_infinity_makes_a_bound_narrow() -> None:
    found = row("dW1", (0.0, 0.0, 0.0), (1e-12,) * 3, want=(0.0,) * 3)
    assert (found.verdict, found.finding) == (INCONCLUSIVE, "all of it is 0 here, so no relative error would show")
    infinite = local._row(
        "W1", *[np.array([1.0, inf, 2.0])] * 2, np.array([0.0, nan, 0.0]), np.array([1e-12, inf, 1e-5]), 0
    )
    assert (infinite.verdict, infinite.compared) == (PASS, 1)


# --- the worst of the checkpoints -------------------------------------------------------------------------------------
def at(verdict: str, used: float, quantity: str = "dW1", finding: str = "") -> Discrepancy:
    return Discrepancy(
        "training", quantity, "agreement", "autograd", verdict, used=used, finding=finding, compared=3, skipped=1
    )


def shown_of(found: Mapping[int, list[Discrepancy]]) -> list[tuple[Any, ...]]:
    return [(r.quantity, r.verdict, r.case, r.used, r.finding, r.compared, r.skipped) for r in local.worst(found)]


OPEN = "it would have seen nothing"
UNDECIDED = "undecided at {} of 3 checkpoints, the first at iteration {}"


@pytest.mark.parametrize(
    ("rows", "verdict", "iteration", "finding"),
    [
        ([(PASS, 0.1), (PASS, 0.5), (PASS, 0.25)], PASS, 10, ""),
        ([(PASS, 0.5), (PASS, 0.5)], PASS, 0, ""),
        ([(FAIL, 2.0), (PASS, 0.5), (FAIL, 3.0)], FAIL, 20, ""),
        ([(PASS, 0.5), (FAIL, 2.0), (INCONCLUSIVE, 0.1)], FAIL, 10, UNDECIDED.format(1, 20)),
        ([(INCONCLUSIVE, 9.0), (INCONCLUSIVE, 0.0), (PASS, 0.0)], PASS, 20, UNDECIDED.format(2, 0)),
        ([(INCONCLUSIVE, nan), (INCONCLUSIVE, 0.0)], INCONCLUSIVE, 10, OPEN),
        ([(INCONCLUSIVE, nan), (INCONCLUSIVE, nan)], INCONCLUSIVE, 0, OPEN),
    ],
)  # fmt: skip
def test_of_the_checkpoints_the_worst_is_shown_and_all_are_counted(
    rows: list[tuple[str, float]], verdict: str, iteration: int, finding: str
) -> None:
    made = {10 * i: [at(v, used, finding=OPEN * (v == INCONCLUSIVE))] for i, (v, used) in enumerate(rows)}
    n, used = len(rows), rows[iteration // 10][1]
    (found,) = shown_of(made)
    assert repr(found) == repr(("dW1", verdict, f"iteration {iteration}", used, finding, 3 * n, n))


def test_every_quantity_has_its_own_worst_and_its_own_checkpoints() -> None:
    made = {0: [at(PASS, 0.5), at(PASS, 0.25, "b1")], 5: [at(PASS, 0.125), at(PASS, 0.75, "b1")], 9: [at(FAIL, 2.0)]}
    assert shown_of(made) == [
        ("dW1", FAIL, "iteration 9", 2.0, "", 9, 3),
        ("b1", PASS, "iteration 5", 0.75, "", 6, 2),
    ]
    assert local.worst({}) == []
    assert isnan(at(PASS, nan).used)
