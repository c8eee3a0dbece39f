"""Errors are missed by sketches as seldom as is stated."""

from __future__ import annotations

from math import erf, inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from benchmarks.misses import count
from handgrad import sketch
from tests.functions import FUNCTIONS, SMOOTH, normal
from verify.arithmetic.rounding import UNIT
from verify.records.verdict import FAIL, PASS
from verify.sketches.parameters import parameters
from verify.sketches.record import MISSED, Direction, Sketch, detectable, quantile
from verify.sketches.vectors import norm


# --- the probability of missing ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("directions", "size"), [(1, 3.0), (1, 10.0), (2, 3.0)])
def test_errors_at_the_scale_of_the_budget_are_missed_as_seldom_as_stated(directions: int, size: float) -> None:
    found = count(directions, size, 250)
    assert all(one.tail > MISSED for one in found), found
    assert found[0].missed > 0, "errors so small that some must be missed"


def test_a_probability_that_is_understated_would_be_seen() -> None:
    assert any(one.tail < MISSED for one in count(1, 1.0, 150, understated=100.0))


@pytest.mark.parametrize("directions", [1, 2, 3])
@pytest.mark.parametrize("ratio", [1.0, 3.0, 10.0])
def test_readings_as_wrong_as_their_budgets_allow_miss_just_as_often_as_stated(directions: int, ratio: float) -> None:
    """The worst case, on the directions that sketches draw: an error passes where |⟨e, w⟩| ≤ 2b."""
    of, runs = parameters(np.exp(normal(6)), None), 2000
    error = normal(6, seed=5)
    size = norm(of.scaled(error.copy()))
    budget = size / ratio
    missed = sum(
        all(abs(error @ of.drawn(run, j)) <= 2 * budget for j in range(directions)) for run in range(runs)
    )  # fmt: skip
    stated = Sketch(FAIL, (Direction(0.0, budget, 1.0, ""),) * directions, 6, 1.0, "float64").misses(size)
    assert binom.sf(missed - 1, runs, stated) > MISSED
    assert binom.cdf(missed, runs, stated) > MISSED


def test_detects_is_the_error_that_is_missed_once_in_a_million() -> None:
    for directions in (1, 2, 6, 20):
        found = Sketch(PASS, (Direction(0.0, 3e-9, 1.0, "differences"),) * directions, 10, 5.0, "float64")
        assert found.misses(found.detects) == pytest.approx(MISSED, rel=1e-6 / UNIT**0.125)
        assert found.misses(2 * found.detects) < MISSED < found.misses(found.detects / 2)
    assert erf(quantile(6) / sqrt(2)) ** 6 == pytest.approx(MISSED, rel=UNIT**0.5)
    assert detectable(1.0, 6, 0.0) == detectable(inf, 6, 1.0) == inf


@settings(max_examples=100)
@given(st.sampled_from(SMOOTH), st.integers(2, 40), st.integers(0, 10**6))
def test_an_error_that_it_says_it_detects_does_not_pass(name: str, size: int, seed: int) -> None:
    """Each of them may, once in a million."""
    function, gradient = FUNCTIONS[name]
    x = normal(size, seed=seed)
    right = sketch(function, gradient, x, seed=seed)
    error = normal(size, seed=seed + 1) * np.random.default_rng(seed).integers(0, 2, size)
    weighed = norm(parameters(x, None).scaled(error.copy()))
    if right.passed and weighed:
        wrong = gradient(x) + error * (1.01 * right.detects * right.norm / weighed)
        assert not sketch(function, wrong, x, seed=seed).passed


def test_every_direction_makes_a_miss_less_likely() -> None:
    stated = [Sketch(PASS, (Direction(0.0, 1e-9, 1.0, ""),) * n, 10, 1.0, "float64").misses(1e-8) for n in (1, 2, 3)]
    assert 0 < stated[2] < stated[1] < stated[0] < 1
    assert len(sketch(*FUNCTIONS["square"], normal(100), directions=9).directions) == 9


def test_the_same_seed_gives_the_same_sketch_and_another_another() -> None:
    x = normal(100)
    first, again, other = (sketch(*FUNCTIONS["sin"], x, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first.directions != other.directions
