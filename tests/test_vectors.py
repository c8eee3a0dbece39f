"""Sums of long vectors: how far they are off, what is left out of none, and both oracles on them."""

from __future__ import annotations

from fractions import Fraction
from math import inf

import numpy as np
import pytest

from tests.functions import FUNCTIONS, normal
from verify.arithmetic.rounding import UNIT
from verify.oracles.residual import ORACLES, subject
from verify.sketches.parameters import parameters
from verify.sketches.vectors import CHUNK, ROUNDINGS, chunks, dot, halved, norm


# --- sums of long vectors ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [1, 2, 3, 1000, CHUNK - 1, CHUNK, CHUNK + 5])
def test_a_product_is_off_by_no_more_than_its_stated_roundings(size: int) -> None:
    x, y = normal(size) * np.exp(5 * normal(size, seed=1)), normal(size, seed=2)
    found, gross = dot(x, y, (0, size))
    exact = sum((Fraction(a) * Fraction(b) for a, b in zip(x.tolist(), y.tolist(), strict=True)), Fraction(0))
    assert abs(Fraction(found) - exact) <= ROUNDINGS * Fraction(UNIT) * Fraction(gross)
    assert abs(Fraction(found) - exact) <= abs(exact) + Fraction(gross) * Fraction(2) ** -40, "and is no nonsense"


def test_the_displacement_that_is_multiplied_is_the_one_that_was_made() -> None:
    of = parameters(1e8 * normal(1000), None)
    g, w = normal(1000, seed=1), of.drawn(0, 0)
    fresh, product, gross = of.moved(w, (100, 900), 1e-9, g)
    moved = [Fraction(a) - Fraction(b) for a, b in zip(fresh.tolist(), of.x.tolist(), strict=True)]
    exact = sum((Fraction(a) * b for a, b in zip(g.tolist(), moved, strict=True)), Fraction(0))
    assert not any(moved[:100]) and not any(moved[900:])  # noqa: PT018
    assert abs(Fraction(product) - exact) <= ROUNDINGS * Fraction(UNIT) * Fraction(gross)


def test_no_step_is_so_narrow_that_rounding_changes_what_was_drawn_by_more_than_a_thousandth() -> None:
    of = parameters({"W": normal(1000), "b": np.zeros(9), "a": np.array([1 - 2.0**-20, 0.5])}, {"a": (0, 1)})
    w = of.drawn(0, 0)
    whole, W, b, a = (of.narrowest(w, block) for block in ((0, 1011), (0, 1000), (1000, 1009), (1009, 1011)))
    assert (W, b, a, whole) == (2.0**-43, 0.0, 2.0**-43 * (1 - 2.0**-20) / 2.0**-20, a)
    w[1009:] = 0.0
    assert of.narrowest(w, (0, 1011)) == W
    v = w / of.scaled(np.ones(1011))
    made = (of.moved(w, (0, 1000), W, w)[0] - of.x) / (W * of.scaled(np.ones(1011)))
    assert np.max(np.abs((made - v)[:1000])) <= 2.0**-10


def test_halves_and_chunks_leave_nothing_out() -> None:
    covered = [i for c in chunks((5, 2 * CHUNK + 9)) for i in (c.start, c.stop)]
    assert covered == [5, 5 + CHUNK, 5 + CHUNK, 5 + 2 * CHUNK, 5 + 2 * CHUNK, 2 * CHUNK + 9]
    assert [halved(np.arange(float(n))) for n in range(6)] == [0, 0, 1, 3, 6, 10]


def test_a_norm_neither_overflows_nor_underflows() -> None:
    for scale in (1e-200, 1.0, 1e200):
        assert norm(scale * np.array([3.0, 4.0])) == pytest.approx(5 * scale, rel=8 * UNIT)
    assert norm(np.zeros(3)) == 0
    assert norm(np.array([1.0, np.inf])) == inf


def test_both_oracles_read_the_same_residual() -> None:
    of = parameters(normal(30), None)
    it, _ = subject(FUNCTIONS["sin"][0], of)
    it.gradient = np.cos(of.x) * 1.01
    w = of.drawn(0, 0)
    it.listen(w, 0)
    one, two = (read(it, w, (3, 20), 0.0) for read in ORACLES.values())
    exact = float(np.sum((np.cos(of.x) - it.gradient)[3:20] * w[3:20]))
    assert abs(one.residual - two.residual) <= one.budget + two.budget
    assert abs(one.residual - exact) <= one.budget + ROUNDINGS * UNIT * float(np.sum(np.abs(it.gradient * w)))
