"""The inputs that formulas are tried on: sizes that differ, numbers of moderate size, the edges named as such."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.cases import ELEMENTS, Case, assign_sizes, cases, draw, inside, shape_of, upstream
from verify.signature import parse

SHAPES = "W: n p, A_prev: p m, b: n 1 -> n m"


def by_name(found: list[Case]) -> dict[str, Case]:
    return {case.name: case for case in found}


def test_two_equal_sizes_would_hide_a_lost_transpose() -> None:
    for text in (SHAPES, "W: a b, V: c d, X: e f, Y: g h -> a", "x: 3 n -> n"):
        sizes = assign_sizes(parse(text))
        assert len(set(sizes.values())) == len(sizes)
        assert min(sizes.values()) > 1
    typical = by_name(list(cases(SHAPES, {}, 0)))["typical"].inputs
    assert {k: v.shape for k, v in typical.items()} == {"W": (3, 4), "A_prev": (4, 5), "b": (3, 1)}


def test_arguments_that_are_no_arrays_take_no_size_and_are_not_drawn() -> None:
    assert assign_sizes(parse("names: names, X: n m -> n m")) == {"n": 3, "m": 4}
    assert set(next(cases("activation: text, Z: n m -> n m", {}, 0)).inputs) == {"Z"}
    assert shape_of(("*",), {}) == (ELEMENTS,)
    assert shape_of(("scalar",), {}) == ()
    assert shape_of(("n", "1"), {"n": 8}) == (8, 1)


def test_the_smallest_cases_and_the_edges_are_tried_and_only_edges_are_not_typical() -> None:
    edge = {"saturated": {"A_prev": np.full((4, 5), 40)}}
    found = by_name(list(cases(SHAPES, {}, 0, edge)))
    assert list(found) == ["typical", "m = 1", "all sizes 1", "saturated"]
    assert [case.typical for case in found.values()] == [True, True, True, False]
    assert found["m = 1"].inputs["A_prev"].shape == (4, 1)
    assert {v.shape for v in found["all sizes 1"].inputs.values()} == {(1, 1)}
    assert (found["saturated"].inputs["A_prev"] == 40).all()
    assert found["saturated"].inputs["A_prev"].dtype == np.float64
    assert found["saturated"].inputs["W"].shape == (3, 4)
    assert [case.name for case in cases("z: scalar -> scalar", {}, 0)] == ["typical"]


def test_an_edge_that_gives_every_input_is_taken_as_it_is() -> None:
    (*_, edge) = cases("x: n, y: n -> n", {}, 0, {"two": {"x": [1, 2], "y": [0, -1]}})
    assert (edge.name, edge.typical) == ("two", False)
    assert edge.inputs["x"].tolist() == [1.0, 2.0]
    assert edge.inputs["y"].tolist() == [0.0, -1.0]


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from(["", "probability", "positive", "pixel", "label", "exp"]))
def test_a_drawn_number_near_a_kink_tiny_or_of_float64_alone_would_blur_every_verdict(seed: int, word: str) -> None:
    x = draw(word, (7, 5), np.random.default_rng(seed))
    low, high = {"probability": (0.05, 0.95), "label": (0, 1), "positive": (0.2, 2), "pixel": (0, 255)}.get(
        word, (0.2, 2)
    )
    assert x.shape == (7, 5)
    assert x.dtype == np.float64
    assert np.array_equal(x, x.astype(np.float32))
    # The bounds themselves may round to float32, by half a unit in its last place.
    assert np.all(np.abs(x) >= np.float32(low) * (1 - 2.0**-24))
    assert np.all(np.abs(x) <= np.float32(high) * (1 + 2.0**-24))
    assert inside({"x": word}, {"x": x}, "float32")
    if word in ("label", "pixel"):
        assert np.array_equal(x, np.rint(x))
    if word in ("", "exp"):
        assert (x < 0).any()
        assert (x > 0).any()


def test_labels_of_one_kind_alone_would_leave_half_of_the_loss_untried() -> None:
    for seed in range(20):
        assert set(draw("label", (1, 5), np.random.default_rng(seed)).ravel()) == {0.0, 1.0}


def test_the_same_seed_gives_the_same_numbers_and_other_seeds_and_cases_others() -> None:
    first, again, other = (list(cases(SHAPES, {}, seed)) for seed in (4, 4, 5))
    for a, b, c in zip(first, again, other, strict=True):
        assert all(np.array_equal(a.inputs[k], b.inputs[k]) for k in a.inputs)
        assert not any(np.array_equal(a.inputs[k], c.inputs[k]) for k in a.inputs)
    for a, b in combinations(first, 2):
        assert a.inputs["b"].ravel()[0] != b.inputs["b"].ravel()[0]


@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 3, 4)])
def test_an_upstream_gradient_of_ones_or_zeros_would_hide_a_wrong_jacobian(shape: tuple[int, ...]) -> None:
    dout = upstream(shape, 0)
    assert dout.shape == shape
    assert np.all(np.abs(dout) >= 0.2)
    assert np.unique(np.abs(dout)).size == dout.size
    assert np.array_equal(dout, upstream(shape, 0))
    assert not np.array_equal(dout, upstream(shape, 1))
    if dout.size > 3:
        assert len(set(np.sign(dout).ravel())) == 2


@pytest.mark.parametrize(
    ("word", "x", "float64", "float32"),
    [
        ("exp", 709.0, True, False),
        ("exp", 710.0, False, False),
        ("exp", -88.0, True, True),
        ("exp", -89.0, True, False),
        ("probability", 1 - 2.0**-30, True, False),
        ("probability", 0.5, True, True),
        ("probability", 1.0, False, False),
        ("probability", 0.0, False, False),
        ("positive", 1e-50, True, False),
        ("positive", 0.0, False, False),
        ("", 1e300, True, True),
    ],
)
def test_outside_the_declared_domain_of_a_precision_is_told_from_inside(
    word: str, x: float, float64: bool, float32: bool
) -> None:
    for dtype, expected in (("float64", float64), ("float32", float32)):
        with np.errstate(over="ignore"):
            assert inside({"x": word}, {"x": np.array([0.5, x])}, dtype) is expected
            assert inside({"y": word}, {"x": np.array([0.5, x])}, dtype)
