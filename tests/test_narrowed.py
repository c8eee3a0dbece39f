"""Numbers rounded on their way: which precision is named, by what the elements are and how far they are off."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls, precision
from verify.diagnosis.match import Match
from verify.diagnosis.precision import narrowed

RIGHT = np.random.default_rng(3).normal(size=(2, 5)) * np.array([[1.0], [1e-3]])
STEP = "is right as a formula, but off by up to {}: as if a step on the way were taken in float32."
ROUNDED = "was computed or rounded in {0}: every element is a {0}, off by up to {1} of itself."


def exact(*fractions: Any) -> Balls:
    with precision():
        return Balls.of(np.array([Fraction(x) for x in fractions], dtype=object))


def told(value: Any, right: Balls | None) -> list[tuple[str, str, int, bool]]:
    found = narrowed("db", np.asarray(value), right)
    assert all(isinstance(match, Match) and match.kind == "precision" for match in found)
    return [(match.sentence, f"{match.residual:.0e}", match.cost, match.confident) for match in found]


@pytest.mark.parametrize(("kind", "sure"), [("float32", True), ("float16", False)])
def test_what_is_rounded_to_fewer_bits_is_named_by_its_precision(kind: str, sure: bool) -> None:
    value = RIGHT.astype(kind).astype(np.float64)
    off = f"{np.max(np.abs(value - RIGHT) / np.abs(RIGHT)):.0e}"
    for given in (value, value.astype(kind)):
        assert told(given, Balls.of(RIGHT)) == [("db " + ROUNDED.format(kind, off), off, 1, sure)]


def test_a_short_number_that_is_hardly_off_was_not_rounded_to_float16_and_a_large_one_is_none() -> None:
    near = exact(1 + Fraction(1, 2**25))
    assert told([1.0], near) == [("db " + ROUNDED.format("float32", "3e-08"), "3e-08", 1, True)]
    bound = exact(5 / (1 - Fraction(1, 2**17)))
    assert told([5.0], bound) == [("db " + ROUNDED.format("float32", "8e-06"), "8e-06", 1, True)]
    large = exact(Fraction(10) ** 300 * (1 + Fraction(1, 2**25)))
    assert told([1e300], large) == [("db " + STEP.format("3e-08"), "3e-08", 2, False)]


def test_one_element_that_is_no_float32_shows_that_a_step_on_the_way_may_have_been() -> None:
    right = exact(1, 1)
    for off, said in ((2.0**-28, "4e-09"), (2.0**-18, "4e-06")):
        assert told([1 + off, 1 + 2.0**-45], right) == [("db " + STEP.format(said), said, 2, False)]
    for off in (2.0**-29, 2.0**-17, 0.5):
        assert told([1 + off, 1 + 2.0**-45], right) == []


def test_what_float64_alone_costs_and_what_is_off_by_all_of_itself_is_not_named() -> None:
    assert told([1.0], exact(1)) == told([0.0], exact(1)) == told(np.zeros(0), Balls.of(np.zeros(0))) == []
    visible = Fraction(1, 2**40)
    assert told([1.0], exact(1 + visible + visible**2)) == []
    assert told([1.0], exact(1 + 2 * visible)) == [("db " + ROUNDED.format("float32", "2e-12"), "2e-12", 1, True)]


def test_nothing_is_named_of_whole_numbers_other_shapes_no_numbers_and_what_is_not_known() -> None:
    right = exact(1 + Fraction(1, 2**25), 2)
    assert told([1.0, 2.0], right)
    assert told([1, 2], right) == told([1.0, 2.0], None) == told([[1.0, 2.0]], right) == told([1.0], right) == []
    assert told([1.0, np.nan], right) == told([1.0, np.inf], right) == []
