"""Wrong elements are found by halving: in few readings, and where no half shows them, as a block."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from handgrad import sketch
from tests.functions import Array, normal
from verify.oracles.residual import Reading
from verify.records.verdict import FAIL
from verify.sketches.bisection import MOST, search, worst
from verify.sketches.vectors import Block, norm


# --- bisection --------------------------------------------------------------------------------------------------------
def residuals(error: Array, budget: float = 1e-9) -> tuple[Callable[[Block], Reading], list[Block]]:
    """Readings of an error that is known, and the blocks that were asked for."""
    asked: list[Block] = []

    def read(block: Block) -> Reading:
        asked.append(block)
        return Reading(float(np.sum(error[slice(*block)])), budget, "")

    return read, asked


@settings(max_examples=100)
@given(st.integers(1, 10**6), st.sets(st.integers(0, 10**6), min_size=1, max_size=MOST))
def test_k_wrong_elements_among_P_take_2k_log_P_readings(P: int, places: set[int]) -> None:
    wrong = sorted({place % P for place in places})
    error = np.zeros(P)
    error[wrong] = 1.0
    read, asked = residuals(error)
    found = search(read, [((0, P), read((0, P)))])
    assert sorted(block[0] for block, _ in found.elements) == wrong
    assert len(asked) - 1 <= 2 * len(wrong) * ceil(log2(P))


def test_the_whole_of_a_sketch_takes_evaluations_that_grow_as_log_P() -> None:
    for P in (2**6, 2**12, 2**18):
        x = 1 + np.abs(normal(P))
        wrong = 2 * x
        wrong[P // 3] = 0
        found = sketch(lambda x: np.sum(x * x), wrong, x)
        assert [fault.index for fault in found.faults] == [P // 3]
        assert 0 < found.located <= 2 * log2(P) * 48  # a reading is of eight triples of pairs at most


def test_a_block_that_is_wrong_while_neither_half_is_is_reported_as_such() -> None:
    error = np.zeros(64)
    error[16:24] = 0.3
    read, _ = residuals(error, budget=1.0)
    found = search(read, [((0, 64), read((0, 64)))])
    assert [block for block, _ in found.unsplit] == [(16, 20), (20, 24)]
    assert not found.elements


def test_more_wrong_blocks_than_are_worth_while_end_the_search() -> None:
    read, asked = residuals(np.ones(10**6))
    found = search(read, [((0, 10**6), read((0, 10**6)))])
    assert len(found.crowd) == len(found.tried) == 2 * MOST
    assert len(asked) < 4 * MOST
    (start, stop), _ = worst(read, found.crowd[0])
    assert stop - start == 1


def test_an_error_so_small_that_no_element_shows_it_is_told_of_its_block() -> None:
    x = 1 + np.abs(normal(4096))
    budget = sketch(lambda x: np.sum(x * x), lambda x: 2 * x, x).budget
    wrong = 2 * x
    wrong[1024:2048] += 20 * budget / norm(x[1024:2048])
    found = sketch(lambda x: np.sum(x * x), wrong, x)
    assert found.verdict == FAIL
    assert not found.complete
    assert found.faults or any("neither half" in note or "tried" in note for note in found.notes), str(found)
