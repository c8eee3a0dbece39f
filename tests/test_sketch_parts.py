"""What a sketch is made of, part by part: the vector, its blocks in words, corrections, the search, the record."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.rounding import UNIT
from verify.errors import UserError
from verify.oracles.residual import Reading
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.sketches.bisection import MOST, Search, culprit, search, worst
from verify.sketches.blame import Corrections, crowded, example, factor
from verify.sketches.parameters import gradient_at, parameters
from verify.sketches.record import Direction, Fault, Sketch, detectable, quantile
from verify.sketches.vectors import CHUNK, ROUNDINGS, Block, dot, norm, total

Array = np.ndarray[Any, Any]
# W is 0 to 6, b 6 to 8, c 8, rate no array.
GIVEN: dict[str, Any] = {
    "W": np.array([[1.0, -2.0, 0.0], [4.0, 0.5, -0.5]]), "m": 3, "b": np.array([3.0, 0.0], dtype=np.float32), "c": 0.25,
}  # fmt: skip
OF = parameters(GIVEN, {"c": (0, 1), "b": (-1, inf)})


# --- the vector -------------------------------------------------------------------------------------------------------
def test_every_floating_argument_is_a_part_of_one_vector_in_its_order() -> None:
    assert OF.x.tolist() == [1, -2, 0, 4, 0.5, -0.5, 3, 0, 0.25]
    assert [(leaf.name, leaf.start, leaf.stop, leaf.shape) for leaf in OF.leaves] == [
        ("W", 0, 6, (2, 3)), ("b", 6, 8, (2,)), ("c", 8, 9, ())
    ]  # fmt: skip
    assert [leaf.size for leaf in OF.leaves] == [8 / 5, 3, 0.25], "the mean size of what is not 0"
    assert [(leaf.low, leaf.high) for leaf in OF.leaves] == [(-inf, inf), (-1, inf), (0, 1)]
    assert OF.narrow
    assert not parameters(np.ones(2), None).narrow
    assert [leaf.size for leaf in parameters({"a": np.zeros(3), "b": np.array([1e308, -1e308])}, None).leaves] == [
        1,
        1e308,
    ]


def test_the_function_is_called_with_what_was_given_as_it_was_given() -> None:
    listed = [1, [2]]
    given = {"W": np.ones((2, 1)), "labels": listed, "c": 0.5, "d": np.float64(2), "e": np.array(3.0)}
    of = parameters(given, None)
    vector = np.array([7.0, 8.0, 9.0, 10.0, 11.0])
    W, labels, c, d, e = of.arguments(vector)
    assert isinstance(e, np.ndarray)
    assert (e.shape, float(e)) == ((), 11)
    assert (W.tolist(), labels, c, d) == ([[7], [8]], listed, 9, 10)
    assert (type(c), type(d)) == (np.float64, np.float64)
    labels[1].append(3)
    assert listed == [1, [2]], "each call has its own"
    W += 1
    assert vector.tolist() == [8, 9, 9, 10, 11], "of the vector only views are made, for memory"


@pytest.mark.parametrize(
    ("block", "name"),
    [((0, 1), "W[0, 0]"), ((5, 6), "W[1, 2]"), ((6, 7), "b[0]"), ((7, 8), "b[1]"), ((8, 9), "c"), ((0, 6), "W"),
     ((6, 8), "b"), ((0, 3), "W[0, 0] to W[0, 2]"), ((4, 7), "W[1, 1] to b[0]"), ((0, 8), "W[0, 0] to b[1]"),
     ((6, 9), "b[0] to c"), ((0, 9), "W[0, 0] to c")],
)  # fmt: skip
def test_a_block_in_words_is_an_element_an_array_or_from_one_to_another(block: Block, name: str) -> None:
    assert OF.called(block) == name


def test_an_element_is_moved_by_its_size_the_mean_of_its_array_or_the_way_to_an_edge() -> None:
    assert OF.scaled(np.ones(9)).tolist() == [1.6, 2, 1.6, 4, 1.6, 1.6, 3, 1, 0.25]
    for domain, reach in (((-inf, 2), 0.5), ((1, inf), 0.5), ((0, 4), 1.5), ((-8, 1.75), 0.25), (None, 1.5)):
        assert parameters(np.array([1.5]), domain).scaled(np.ones(1)) == reach
    assert OF.drawn(3, 4).tolist() == OF.scaled(np.random.default_rng([3, 4]).standard_normal(9)).tolist()


def test_a_step_moves_the_block_alone_and_tells_what_the_floats_made_of_it() -> None:
    g, w = np.arange(1.0, 10), np.full(9, 2.0)
    fresh, product, gross = OF.moved(w, (1, 4), 0.25, g)
    assert fresh.tolist() == [1, -1.5, 0.5, 4.5, 0.5, -0.5, 3, 0, 0.25]
    assert (product, gross) == (0.5 * (2 + 3 + 4), 0.5 * (2 + 3 + 4))
    assert OF.moved(-w, (0, 1), 2.0**-60, g)[1:] == (0, 0), "rounding has left it where it is"
    assert OF.moved(-w, (0, 1), 0.25, g)[1:] == (-0.5, 0.5)


def test_the_narrowest_step_is_told_by_what_the_direction_moves() -> None:
    assert OF.narrowest(np.ones(9), (8, 9)) == UNIT * 2**10
    assert OF.narrowest(np.ones(9), (4, 6)) == UNIT * 2**10 * 0.5 / 1.6
    assert OF.narrowest(np.ones(9), (7, 8)) == 0
    assert OF.narrowest(np.where(np.arange(9) == 4, 0.0, 1.0), (4, 5)) == 0


@pytest.mark.parametrize(
    ("x", "domain", "said"),
    [({"a": 1, "b": np.array([1])}, None, ("there is nothing to differentiate: a is a int, b is an array of int64; "
      "give floating arrays of NumPy, one or by name")),
     ({}, None, "there is nothing to differentiate: x is empty; give floating arrays of NumPy, one or by name"),
     ({"a": np.ones(2), "b": np.ones((2, 0))}, None, "b has shape (2, 0), which holds no element; give at least one"),
     ({"a": np.ones(2), "b": np.ones(2, np.float16)}, None, "b is of float16; give float64 or float32"),
     (np.array([nan, 1.0]), None, "x holds nan at [0]; give finite numbers"),
     (np.array([[1.0, 2.0], [3.0, inf]]), None, "x holds inf at [1, 1]; give finite numbers"),
     (np.array([0.5, 0.0]), (0, 1), ("x holds 0.0 at [1], on the edge of its domain (0, 1) or outside, where it cannot "
      "be moved both ways; give a point inside")),
     ({"a": np.array([1.0])}, {"a": (0, 1)}, ("a holds 1.0 at [0], on the edge of its domain (0, 1) or outside, where "
      "it cannot be moved both ways; give a point inside")),
     ({"a": 1.0}, (0, 1), "domain is (0, 1); x is given by name, and so are its domains: domain={'a': (0, 1)}"),
     ({"beta": 1.0}, {"betta": (0, 1)}, ("domain names 'betta', which is no input (did you mean 'beta'?); there are "
      "['beta']")),
     (1.0, "ab", "the domain of x is 'ab'; give its two ends, such as (0, 1)"),
     (1.0, (0, 1, 2), "the domain of x is (0, 1, 2); give its two ends, such as (0, 1)"),
     (1.0, (1, 1), "the domain of x is (1, 1); its first end must lie below its second")],
)  # fmt: skip
def test_a_point_that_cannot_be_used_is_told_in_a_sentence(x: Any, domain: Any, said: str) -> None:
    with pytest.raises(UserError) as raised:
        parameters(x, domain)
    assert str(raised.value) == said


def test_an_element_beyond_the_first_chunk_is_told_by_its_own_index() -> None:
    x = np.ones(CHUNK + 3)
    x[CHUNK + 1] = inf
    with pytest.raises(UserError, match=rf"^x holds inf at \[{CHUNK + 1}\]; "):
        parameters(x, None)


# --- the gradient as it is given --------------------------------------------------------------------------------------
def test_a_gradient_is_taken_by_name_in_order_or_from_a_function() -> None:
    parts = {"W": np.arange(6.0).reshape(2, 3), "b": np.array([6.0, 7.0]), "c": 8.0}
    want = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    prefixed = {f"d{k}": v for k, v in parts.items()}
    # Of a name and its derivative the last given counts; of what is none of its own nothing is taken.
    forms: list[Any] = [
        parts,
        prefixed,
        {"W": parts["W"], "db": parts["b"], "c": 8.0},
        tuple(parts.values()),
        list(parts.values()),
    ]
    for given in (*forms, {**prefixed, "else": 1}, lambda W, m, b, c: prefixed if (m, c) == (3, 0.25) else None):
        vector, unit = gradient_at(given, OF)
        assert (vector.tolist(), vector.dtype, unit) == (want, np.float64, UNIT)
    two = parameters({"a": np.ones(2, np.float32), "b": np.ones(1)}, None)
    assert (two.x.tolist(), gradient_at((np.array([1.0, 2.0]), [3.0]), two)[0].tolist()) == ([1, 1, 1], [1, 2, 3])
    one = parameters(np.ones(2, np.float32), None)
    assert one.x.dtype == gradient_at(np.ones(2, np.float32), one)[0].dtype == np.float64
    for given in (np.array([1.0, 2.0]), [1.0, 2.0], (1.0, 2.0), np.array([1, 2]), np.array([1, 2], np.uint32)):
        assert gradient_at(given, one)[0].tolist() == [1, 2]


def test_a_gradient_of_a_function_may_divide_by_zero_and_overwrite_what_it_is_given() -> None:
    one = parameters(np.ones(2), None)

    def gradient(x: Array) -> Array:
        x -= 1
        return 1 / x

    assert gradient_at(gradient, one)[0].tolist() == [inf, inf]
    assert one.x.tolist() == [1, 1]


def test_the_coarsest_array_of_a_gradient_tells_its_precision() -> None:
    parts = [np.zeros((2, 3)), np.zeros(2, np.float32), np.zeros(())]
    assert gradient_at(parts, OF)[1] == 2.0**-24
    parts[1] = np.zeros(2, np.int32)
    assert gradient_at(parts, OF)[1] == UNIT


@pytest.mark.parametrize(
    ("given", "said"),
    [({"W": 1, "strange": 2, "odd": 3}, "the gradient has nothing for b, c; it holds strange, odd; give db"),
     ({"dW": 1, "db": 1}, "the gradient has nothing for c; give dc"),
     ([1, 2], "2 gradients were given for W, b, c; give one each, in this order or by name"),
     (np.ones(9), "1 gradients were given for W, b, c; give one each, in this order or by name"),
     ([np.ones((3, 2)), 0, 0], "the gradient for W has shape (3, 2), but W has shape (2, 3); the two must be equal"),
     ([np.ones((2, 3)), np.ones(2, complex), 0], "the gradient for b is of complex128; give float64 or float32"),
     ([np.ones((2, 3)), np.ones(2, np.int8), 0], "the gradient for b is of int8; give float64 or float32"),
     ([np.ones((2, 3)), np.ones(2, np.float16), 0], "the gradient for b is of float16; give float64 or float32")],
)  # fmt: skip
def test_a_gradient_that_cannot_be_used_is_told_in_a_sentence(given: Any, said: str) -> None:
    with pytest.raises(UserError) as raised:
        gradient_at(given, OF)
    assert str(raised.value) == said


# --- bisection --------------------------------------------------------------------------------------------------------
def errors(*places: int, size: int = 64, each: float = 1.0) -> tuple[Callable[[Block], Reading], list[Block]]:
    asked: list[Block] = []
    error = np.zeros(size)
    error[list(places)] = each

    def read(block: Block) -> Reading:
        asked.append(block)
        return Reading(float(np.sum(error[slice(*block)])), 0.5, "differences")

    return read, asked


def test_halves_of_wrong_blocks_are_read_down_to_single_elements() -> None:
    read, asked = errors(1, 6, size=8)
    found = search(read, [((0, 8), read((0, 8)))])
    one = Reading(1.0, 0.5, "differences")
    assert found == Search(elements=(((1, 2), one), ((6, 7), one)))
    assert asked == [
        (0, 8), (0, 4), (4, 8), (0, 2), (2, 4), (4, 6), (6, 8), (0, 1), (1, 2), (6, 7), (7, 8)
    ]  # fmt: skip


def test_a_crowd_is_told_with_all_blocks_that_were_tried_beside_it() -> None:
    read, _ = errors(*range(34), size=34)
    blocks = [(i, i + 1) for i in range(MOST + 1)]
    whole = [(block, read(block)) for block in blocks]
    assert search(read, whole) == Search(crowd=tuple(whole), tried=tuple(blocks))
    assert search(read, whole[:MOST]) == Search(elements=tuple(whole[:MOST]))


def test_what_was_found_before_a_crowd_is_told_too() -> None:
    error = np.ones(40)
    error[[1, 2, 3]] = 0.0, 0.3, 0.3

    def read(block: Block) -> Reading:
        return Reading(float(np.sum(error[slice(*block)])), 0.5, "differences")

    blocks: list[Block] = [(0, 1), (2, 4), *((i, i + 2) for i in range(4, 22, 2))]
    whole = [(block, read(block)) for block in blocks]
    singles = [((i, i + 1), read((i, i + 1))) for i in range(4, 22)]
    tried = [(i, i + 1) for i in range(2, 22)]
    assert search(read, whole) == Search((whole[0],), (whole[1],), tuple(singles), tuple(tried))


def test_the_worst_half_is_followed_to_its_element_or_to_where_no_half_is_wrong() -> None:
    error = np.array([1.0, 1, -3, 1, 0.3, 0.3, 0, 0])

    def read(block: Block) -> Reading:
        return Reading(float(np.sum(error[slice(*block)])), 0.5, "differences")

    assert worst(read, ((0, 4), near(9.0))) == ((0, 1), Reading(1.0, 0.5, "differences"))
    assert worst(read, ((2, 4), read((2, 4)))) == ((2, 3), Reading(-3.0, 0.5, "differences"))
    assert worst(read, ((4, 8), read((4, 8)))) == ((4, 6), Reading(0.6, 0.5, "differences"))


def test_what_makes_a_block_bad_is_its_only_bad_half_and_so_on() -> None:
    for bad, found in (({5}, (5, 6)), ({0}, (0, 1)), ({2, 3}, (2, 4)), ({0, 7}, (0, 8)), (set(), (0, 8))):
        assert culprit(lambda block, bad=bad: any(block[0] <= i < block[1] for i in bad), (0, 8)) == found  # type: ignore[misc]


# --- who is to blame --------------------------------------------------------------------------------------------------
def test_elements_that_are_put_right_count_no_more_and_their_errors_are_part_of_the_budget() -> None:
    w = np.array([2.0, -4.0, 8.0, 16.0])
    found = Corrections({0: (1.0, 0.5), 1: (3.0, 0.25), 3: (5.0, 0.125)})
    reading = Reading(10.0, 1.0, "differences", "why")
    assert found.of(reading, w, (0, 4)) == Reading(10 - 2 + 12 - 80, 1 + 1 + 1 + 2, "differences", "why")
    assert found.of(reading, w, (1, 3)) == Reading(22.0, 2.0, "differences", "why")
    assert found.of(reading, w, (2, 3)) == reading
    assert Corrections().off == {}


def near(residual: float, budget: float = 1.0) -> Reading:
    return Reading(residual, budget, "differences")


def test_of_a_crowd_the_worst_block_is_followed_to_an_element() -> None:
    read, _ = errors(*range(8), size=8)
    crowd = (((0, 2), near(1.0)), ((2, 6), near(-4.0)), ((6, 8), near(2.0)))
    assert example(read, Search(crowd=crowd)) == [((2, 3), Reading(1.0, 0.5, "differences"))]
    quiet, _ = errors(size=8)
    assert example(quiet, Search(crowd=crowd)) == []


def test_a_crowd_is_told_array_by_array() -> None:
    def found(crowd: list[Block], tried: list[Block]) -> list[str]:
        return crowded(OF, Search(crowd=tuple((block, near(9.0)) for block in crowd), tried=tuple(tried)))

    halves: list[Block] = [(0, 3), (3, 6), (6, 7), (7, 8), (8, 9)]
    assert found(halves, halves) == [
        "wrong: W, every one of 2 blocks tried", "wrong: b, every one of 2 blocks tried",
        "wrong: c, every one of 1 block tried",
    ]  # fmt: skip
    assert found([(3, 6)], halves) == ["wrong: W, 1 of 2 blocks tried, all within W[1, 0] to W[1, 2]"]
    assert found([(7, 8)], [*halves, (6, 8)]) == ["wrong: b, 1 of 3 blocks tried, all within b[1]"]
    thirds: list[Block] = [(0, 2), (2, 4), (4, 6)]
    assert found([(0, 2), (2, 4)], thirds) == ["wrong: W, 2 of 3 blocks tried, all within W[0, 0] to W[1, 0]"]
    assert found([(0, 2), (4, 6)], thirds) == ["wrong: W, 2 of 3 blocks tried"]


@pytest.mark.parametrize(
    ("others", "times"),
    # From −2.25 to −1.75 by the first one; from −2 to −1.5; from −1.75 on; from beyond; and what says nothing.
    [([(11.0, 1.0, -4.0)], "-1.875"), ([(10.0, 1.0, -4.0)], "-1.75"), ([(9.75, 1.0, -4.0)], ""), ([], ""),
     ([(1.0, 0.5, 0.0), (nan, inf, 3.0)], ""), ([(11.0, 1.0, -4.0), (1.0, 0.5, 0.0), (nan, inf, 3.0)], "-1.875"),
     ([(11.0, 1.0, -4.0), (-6.0, 0.25, 2.0)], "-1.9375")],
)  # fmt: skip
def test_where_all_directions_agree_on_a_multiple_it_is_told(
    others: list[tuple[float, float, float]], times: str
) -> None:
    found = factor([Direction(r, b, p, "differences") for r, b, p in ((-6.0, 0.5, 2.0), *others)])
    assert found == ([f"every direction agrees with the gradient times {times}"] if times else [])


# --- the record -------------------------------------------------------------------------------------------------------
def test_of_a_budget_what_is_used_is_told_and_of_none_nothing() -> None:
    used = [Direction(r, b, 1.0, "").used for r, b in ((-3.0, 2.0), (0.0, 2.0), (0.0, 0.0), (1.0, 0.0), (0.0, inf))]
    assert used == [1.5, 0, 0, inf, 0]
    assert np.isnan(Direction(nan, inf, 1.0, "").used)


def test_the_widest_budget_tells_what_is_detected() -> None:
    found = Sketch(
        PASS,
        (Direction(0.0, 1.0, 1.0, ""), Direction(0.0, 3.0, 1.0, ""), Direction(0.0, 2.0, 1.0, "")),
        9,
        4.0,
        "float64",
    )
    assert (found.budget, found.detects) == (3, 2 * 3 / quantile(3) / 4)
    empty = Sketch(INCONCLUSIVE, (), 9, nan, "float64")
    assert (empty.budget, empty.detects, empty.misses(1.0), empty.passed) == (inf, inf, 1, False)
    assert (empty.faults, empty.complete, empty.notes, empty.evaluations, empty.located) == ((), False, (), 0, 0)
    assert detectable(1.0, 3, 0.0) == detectable(inf, 3, 1.0) == inf
    assert Sketch(PASS, (Direction(0.0, 1.0, 1.0, ""),), 9, 0.0, "float64").misses(1.0) == 1
    assert Sketch(PASS, (Direction(0.0, inf, 1.0, ""),), 9, 1.0, "float64").misses(1.0) == 1


def test_the_text_of_a_fail_is_its_figures_its_faults_and_its_notes() -> None:
    read = Direction(-0.043, 4.8e-06, 1.0, "differences"), Direction(nan, inf, 1.0, "complex step", "a reason")
    faults = tuple(Fault(f"W[{i}]", i, 1.5, 2.25, 3e-9) for i in range(10))
    found = Sketch(FAIL, read, 100_250, 2.0, "float64", faults, False, ("a note", "another"), 1578, 1516)
    assert str(found).splitlines() == [
        "fail: 100,250 parameters, 2 random directions, 1,578 evaluations of the function",
        "  residual   budget    used      oracle",
        "  -0.043     4.8e-06   9e+03 ×   differences",
        "  complex step: a reason",
        *(f"wrong: W[{i}], mine 1.5, want 2.25 ± 3e-09" for i in range(8)),
        "wrong: 2 elements more, in `faults`",
        "found in 1,516 of the evaluations; there is more",
        "a note",
        "another",
    ]


def test_the_text_of_a_pass_says_what_would_have_been_seen() -> None:
    found = Sketch(PASS, (Direction(1e-12, 1e-9, 1.0, "differences"),), 1, 2e6, "float64", evaluations=14)
    assert str(found).splitlines() == [
        "pass: 1 parameter, 1 random direction, 14 evaluations of the function",
        "  residual   budget    used      oracle",
        "  1e-12      1e-09     0.001 ×   differences",
        "  detects 8e-10: an error of that share of the gradient is missed with probability 1e-06 at most",
    ]
    whole = Sketch(FAIL, (), 1, nan, "float64", (Fault("x", 0, nan, 2.0, 0.5),), True)
    assert str(whole).splitlines() == [
        "fail: 1 parameter, 0 random directions, 0 evaluations of the function",
        "wrong: x, mine nan, want 2.0 ± 0.5",
        "found in 0 of the evaluations; with them put right every direction is within its budget",
    ]
    eight = Sketch(FAIL, (), 1, nan, "float64", whole.faults * 8)
    assert str(eight).count("wrong: ") == 8


# --- sums -------------------------------------------------------------------------------------------------------------
def test_sums_over_a_block_are_of_that_block_over_every_chunk() -> None:
    x = np.ones(CHUNK + 9)
    x[:3] = 0.0, 5.0, 7.0
    assert dot(x, -2 * x, (1, x.size)) == (-2.0 * (25 + 49 + CHUNK + 6), 2.0 * (25 + 49 + CHUNK + 6))
    assert dot(x, x, (2, 2)) == (0, 0)
    with np.errstate(all="ignore"):
        assert dot(np.array([1e300, 1e300]), np.array([1e300, -1e300]), (0, 1)) == (inf, inf)
    assert norm(4.0 * np.ones(CHUNK * 4)) == 2.0**11
    assert 2 ** (ROUNDINGS - 4) == CHUNK, "a halving each, and the difference, the product, the chunks, the bound"
    assert norm(np.zeros(3)) == 0
    assert norm(np.array([1e200, 1.0])) == norm(np.array([1.0, 1e200])) == 1e200
    assert total([1e16, 1.0, -1e16]) == 1
    assert total([1e308, 1e308]) == total([inf, 1.0]) == inf
    assert np.isnan(total([inf, -inf]))
