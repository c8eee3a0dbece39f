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
EVERY = "x: n m, p: n, y: m, z: 1 m, k: scalar, q: * -> m"
WORDS = {"p": "probability", "y": "label", "z": "pixel", "k": "positive", "q": "exp"}


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
    assert {x.dtype for x in edge.inputs.values()} == {np.dtype(np.float64)}


def test_more_names_than_sizes_get_sizes_of_their_own_too() -> None:
    assert assign_sizes(parse("W: a b, V: c d, X: e f, Y: g 3, Z: h a -> a")) == {
        "a": 3, "b": 4, "c": 5, "d": 2, "e": 6, "f": 7, "g": 8, "h": 9,
    }  # fmt: skip
    assert assign_sizes(parse("Z: *, rate: scalar, kept: layers, W: n 1 -> n")) == {"n": 3}


def test_square_cases_have_one_size_and_draw_the_same_way() -> None:
    found = list(cases(SHAPES, {}, 0, {"far": {"b": np.ones((3, 1))}}, square=True))
    assert [{k: x.shape for k, x in case.inputs.items()} for case in found] == [
        {"W": (3, 3), "A_prev": (3, 3), "b": (3, 1)}, {"W": (3, 3), "A_prev": (3, 1), "b": (3, 1)},
        {"W": (1, 1), "A_prev": (1, 1), "b": (1, 1)}, {"W": (3, 3), "A_prev": (3, 3), "b": (3, 1)},
    ]  # fmt: skip


# The shape and the first two numbers of each input, at seed 5.
DRAWN: dict[str, dict[str, tuple[tuple[int, ...], list[float]]]] = {
    "typical": {
        "x": ((3, 4), [0.9829055666923523, 1.9535351991653442]), "p": ((3,), [0.6612634062767029, 0.8330796360969543]),
        "y": ((4,), [1.0, 0.0]), "z": ((1, 4), [78.0, 4.0]), "k": ((), [0.20215943455696106]),
        "q": ((7,), [1.4573215246200562, -1.007379412651062]),
    },
    "m = 1": {
        "x": ((3, 1), [1.6697677373886108, -1.1682864427566528]), "y": ((1,), [0.0]), "z": ((1, 1), [9.0]),
        "p": ((3,), [0.23919902741909027, 0.11371808499097824]), "k": ((), [1.7757718563079834]),
        "q": ((7,), [0.7873376607894897, -1.4640612602233887]),
    },
    "all sizes 1": {
        "x": ((1, 1), [-0.9700783491134644]), "p": ((1,), [0.5822719931602478]), "y": ((1,), [0.0]),
        "z": ((1, 1), [138.0]), "k": ((), [0.29602140188217163]),
        "q": ((7,), [-1.0337908267974854, -1.164089322090149]),
    },
    "far": {
        "x": ((3, 4), [1.0, 1.0]), "p": ((3,), [0.5490418672561646, 0.32033446431159973]), "y": ((4,), [0.0, 1.0]),
        "z": ((1, 4), [185.0, 30.0]), "k": ((), [1.784691333770752]),
        "q": ((7,), [-1.4543617963790894, -0.5289095640182495]),
    },
    "near": {
        "x": ((3, 4), [-0.44494128227233887, -1.9073597192764282]), "p": ((3,), [0.5, 0.5]), "y": ((4,), [1.0, 1.0]),
        "z": ((1, 4), [128.0, 11.0]), "k": ((), [0.9686157703399658]),
        "q": ((7,), [1.6098015308380127, 1.4866281747817993]),
    },
}  # fmt: skip


def test_another_draw_would_change_every_report_that_was_ever_made_with_the_same_seed() -> None:
    edges = {"far": {"x": np.ones((3, 4))}, "near": {"p": np.full(3, 0.5)}}
    found = {
        case.name: {k: (x.shape, x.ravel()[:2].tolist()) for k, x in case.inputs.items()}
        for case in cases(EVERY, WORDS, 5, edges)
    }
    assert found == DRAWN
    assert list(found) == list(DRAWN)
    assert draw("label", (2, 2), np.random.default_rng(7)).tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert upstream((2,), 5).tolist() == [-0.8028097152709961, -1.6908460855484009]


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


def test_numbers_are_drawn_from_all_of_their_range_and_from_nothing_else() -> None:
    """Of 100,000 numbers a share of one in a thousand at either end is missed once in e^100 times."""
    for word, low, high in (("", 0.2, 2.0), ("exp", 0.2, 2.0), ("positive", 0.2, 2.0), ("probability", 0.05, 0.95)):
        x = np.abs(draw(word, (100_000,), np.random.default_rng(1)))
        assert low * (1 - 2.0**-24) <= x.min() < low + (high - low) / 1000
        assert high - (high - low) / 1000 < x.max() <= high * (1 + 2.0**-24)
    assert draw("positive", (1000,), np.random.default_rng(1)).min() > 0
    pixels = draw("pixel", (100_000,), np.random.default_rng(1))
    assert (pixels.min(), pixels.max(), pixels.dtype) == (0.0, 255.0, np.float64)
    labels = draw("label", (5,), np.random.default_rng(1))
    assert (sorted(labels), labels.dtype) == ([0.0, 0.0, 0.0, 1.0, 1.0], np.float64)
    assert draw("label", (), np.random.default_rng(1)).shape == ()


@pytest.mark.parametrize(
    ("word", "x", "float64", "float32"),
    [
        ("exp", 709.0, True, False),
        ("exp", float(np.log(np.finfo("float64").max)), True, False),
        ("exp", float(np.float32(np.log(np.finfo("float32").max))), True, True),
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
