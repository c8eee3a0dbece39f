"""The campaign's declared domain, its faults, and what it makes of rows: each by itself, on a few numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from verify.campaign import nets, pairs, trial, wrong
from verify.campaign.wrong import Wrong
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy

HALF, WHOLE = 2.0**127, 2.0**128  # the largest float32 lies between the two
ROOT = 2.0**64


def inside(
    activations: str = "relu relu", *, x: Any = 0, w1: Any = 0, b1: Any = 0, w2: Any = 0, b2: Any = 0, dout: Any = 0
) -> bool:
    """Of a network of two layers of one unit each, in float32."""
    given = {"X": x, "W1": w1, "b1": b1, "W2": w2, "b2": b2}
    inputs = {name: np.atleast_2d(np.asarray(value, float)) for name, value in given.items()}
    return nets.holds(inputs, np.atleast_2d(np.asarray(dout, float)), activations.split(), "float32")


@pytest.mark.parametrize(
    ("least", "most"),
    [
        ({"x": ROOT / 2, "w1": ROOT}, {"x": -ROOT, "w1": ROOT}),  # Z1
        ({"x": HALF, "w1": 1, "b1": 0}, {"x": -HALF, "w1": 1, "b1": HALF}),
        ({"x": HALF, "w1": 1, "w2": 1}, {"x": HALF, "w1": 1, "w2": -2}),  # Z2
        ({"b2": HALF, "w2": 1}, {"b2": -HALF, "w2": 1, "b1": HALF}),
        ({"x": ROOT, "w1": 1, "dout": ROOT / 2}, {"x": ROOT, "w1": 1, "dout": -ROOT}),  # dW2
        ({"dout": [[HALF]]}, {"x": [[0, 0]], "dout": [[HALF, -HALF]]}),  # db2
        ({"w2": ROOT, "dout": ROOT / 2}, {"w2": -ROOT, "dout": ROOT}),  # dA1
        ({"x": ROOT / 2, "w2": 2.0**32, "dout": 2.0**32}, {"x": ROOT, "w2": 2.0**32, "dout": 2.0**32}),  # dW1
        ({"x": [[0]], "w2": 1, "dout": [[HALF]]}, {"x": [[0, 0]], "w2": 1, "dout": [[HALF, HALF]]}),  # db1
        ({"w1": ROOT, "w2": 2, "dout": ROOT / 4}, {"w1": -ROOT, "w2": 2, "dout": ROOT / 2}),  # dX
        ({"x": HALF}, {"x": WHOLE}),  # no float32
        ({"x": HALF, "w1": 1}, {"x": float(np.finfo(np.float32).max), "w1": 1}),
    ],
)
def test_the_domain_of_a_pass_ends_where_any_sum_of_magnitudes_reaches_the_largest_float(
    least: dict[str, Any], most: dict[str, Any]
) -> None:
    assert inside(**least)
    assert not inside(**most)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "linear", "leaky_relu"])
def test_an_output_of_sigmoid_and_tanh_is_at_most_1_whatever_comes_in(name: str) -> None:
    assert inside(f"{name} relu", x=HALF, w1=1, w2=2) == (name in ("sigmoid", "tanh"))
    assert not inside(f"relu {name}", x=HALF, w1=1, w2=2)
    assert inside(f"{name} relu", x=HALF, w1=1, dout=2) == (name in ("sigmoid", "tanh"))


def test_the_gradient_of_a_bias_is_summed_over_examples_and_not_over_units() -> None:
    zero = np.zeros((2, 1))
    given = {"X": np.zeros((1, 1)), "W1": zero, "b1": zero}
    assert nets.holds(given, np.array([[HALF], [HALF]]), ("relu",), "float32")


def test_a_tenth_of_the_networks_have_a_dead_layer_and_a_third_no_bias() -> None:
    rng = np.random.default_rng(0)
    found = [nets.layers(rng, (1, 1, 1), "plain", "float64") for _ in range(300)]
    kinds = ["".join("0" if not x.any() else "." for x in layers.values()) for layers in found]
    counted = {kind: kinds.count(kind) for kind in sorted({*kinds}, key=kinds.index)}
    assert counted == {
        "....": 191,
        ".0.0": 93,
        "00.0": 3,
        "0...": 6,
        "..0.": 5,
        ".000": 2,
    }  # W1 b1 W2 b2, 0 where it is all 0


def test_of_far_numbers_log_sum_exp_and_its_gradient_stay_finite_row_by_row() -> None:
    made = pairs.log_sum_exp(np.random.default_rng(0), np.zeros)
    x = np.array([[1000.0, 0.0], [-1000.0, -1000.0]])
    assert made["forward"](x).tolist() == [1000.0, np.log(2.0) - 1000]
    assert made["backward"](np.array([2.0, 4.0]), x).tolist() == [[2.0, 0.0], [2.0, 2.0]]


# --- what is made wrong -----------------------------------------------------------------------------------------------
G = np.array([[1.0, -4.0], [2.0, 0.5]])


def test_a_fault_multiplies_the_whole_gradient_or_one_element_in_its_own_precision() -> None:
    assert wrong.FACTORS == {
        "element × 1.001": 1.001, "all × 1.01": 1.01, "sign": -1.0, "halved": 0.5, "zeroed": 0.0,
        "element × 1.00001": 1.00001,
    }  # fmt: skip
    found = Wrong("W", "halved")({"b": G, "W": G})
    assert [*found] == ["b", "W"]
    assert found["b"] is G
    assert found["W"].tolist() == (G / 2).tolist()
    assert Wrong("W", "sign", 2).spoilt(G).tolist() == [[1.0, -4.0], [-2.0, 0.5]]
    for dtype in (np.float32, np.float64):
        assert Wrong("W", "all × 1.01").spoilt(G.astype(dtype)).dtype == dtype
        assert Wrong("W", "all × 1.01").spoilt(dtype(2)).dtype == dtype
    assert Wrong("W", "all × 1.01").spoilt(np.array([2])).dtype == np.float64
    assert Wrong("W", "all × 1.01").spoilt(2.0) == 2.02


def test_a_fault_is_drawn_for_a_gradient_that_is_finite_and_not_0_and_for_its_largest_element() -> None:
    rng = np.random.default_rng(0)
    right = {"zero": 0 * G, "far": np.array([[1.0, np.inf]]), "W": G}
    drawn = [wrong.drawn(rng, right) for _ in range(40)]
    assert {fault.name for fault in drawn if fault} == {"W"}
    assert {(fault.what, fault.at) for fault in drawn if fault} == {
        (what, 1 if what.startswith("element") else None) for what in wrong.FACTORS
    }
    assert wrong.drawn(rng, {"zero": 0 * G}) is None
    assert wrong.drawn(rng, {}) is None


# --- what became of it ------------------------------------------------------------------------------------------------
ROW = Discrepancy("f", "dW1", "formula", "certificate", PASS, seed=3)


@pytest.mark.parametrize(
    ("change", "at", "became"),
    [
        ({}, None, PASS),
        ({"question": "agreement"}, None, PASS),
        ({"question": "arithmetic"}, None, INCONCLUSIVE),
        ({"quantity": "dW2"}, None, INCONCLUSIVE),
        ({"verdict": INCONCLUSIVE}, None, INCONCLUSIVE),
        ({"verdict": FAIL, "quantity": "dW2", "question": "arithmetic"}, None, FAIL),
        ({"skipped": 2}, None, PASS),
        ({}, 0, PASS),
        ({"skipped": 2}, 0, INCONCLUSIVE),
    ],
)
def test_a_fault_passed_where_a_row_about_it_passes_that_saw_its_element(change: Any, at: Any, became: str) -> None:
    assert trial.outcome((replace(ROW, **change),), Wrong("W1", "sign", at)) == became


@pytest.mark.parametrize(
    ("finding", "why"),
    [
        ("", "no reason given"),
        ("b1: 1 of 2 elements skipped, the first at [0]: noise; W1: 2 of 4 elements skipped, the first at [0, 1]: kink",
         "elements skipped: kink"),
        ("b1: 1 of 2 elements skipped, the first at [0]: noise", "elements skipped: noise"),
        ("2 of 4 elements skipped, the first at [0, 1]: kink; the rest", "the rest"),
        ("W1: 2 of 4 elements skipped, the first at [0, 1]: kink; too coarse by 3.5e-07; more", "too coarse by N"),
        ("(3, 4) is not [0, 12]: 1 of -17 and nan, x_2, W3, 1e5 or 0", "[…] is not […]: 1 of N and N, x_2, W3, N or 0"),
    ],
)  # fmt: skip
def test_the_reason_of_a_row_is_the_first_that_is_its_own_or_of_all(finding: str, why: str) -> None:
    assert trial.reason(replace(ROW, finding=finding)) == why


def test_the_gradients_of_a_trial_are_counted_once_a_case() -> None:
    rows = (ROW, replace(ROW, oracle="exact"), replace(ROW, case="other"), replace(ROW, quantity="db1"))
    assert trial.Trial(1, "pair", "plain", "float64", "relu", rows).gradients == 3
