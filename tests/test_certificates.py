"""The whole rows of names, shapes and the certificate: figures and sentences, on numbers that are known exactly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np

from tests.derivatives import DOUT, RIGHT, WRONG, X, judged, off, problem, row, same
from verify.arithmetic.balls import Balls, precision
from verify.certificates import decision_of
from verify.oracles.certificate import Decision
from verify.oracles.decide import decide
from verify.problem import lift
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

VANISHES = "the gradient is 0 everywhere here, and so is any multiple of it: give inputs at which it is not"


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


def test_the_directions_are_those_of_the_problems_seed() -> None:
    x = np.arange(1.0, 1002.0)
    given = problem(inputs={"x": x}, dout=np.ones(1001))
    for seed in (0, 5):
        found = decision_of(replace(given, seed=seed))
        assert isinstance(found, Decision)
        along = np.random.default_rng([seed, 77]).standard_normal((3, 1001))
        # The slope of x²/2 is x.
        gap = found.want["x"].mid() - np.array(
            [float(sum(Fraction(v) * Fraction(w) for v, w in zip(u, x, strict=True))) for u in along]
        )
        assert not gap.any()


def test_each_gradient_has_a_verdict_of_its_own() -> None:
    two = replace(
        problem(), inputs={"a": X, "b": X + 1}, wrt=("b", "a"), forward=lambda a, b: a * b,
        backward=lambda dout, a, b: {"a": dout * b, "b": dout * b},
    )  # fmt: skip
    for oracle in ("certificate", "complex step", "differences"):
        found = judged(two, oracle)
        assert [(one.quantity, one.verdict) for one in found] == [("db", FAIL), ("da", PASS)]
