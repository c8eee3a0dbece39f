"""The numbers of a sweep: who is given what, in which precision, and how sharp the exact values are."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
import torch
from flint import arb, fmpq

from verify.arithmetic.balls import Balls, precision
from verify.health.grids import Grid, rounded
from verify.health.slopes import autograd, by_name, column, constant, each, filled, gradients, row
from verify.health.sweep import SORTS, Sweep
from verify.health.values import elements, exact_over, exactly, sharp, sorts_of, values

DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])
X = (0.7, 2.0)


def over(*x: float, **about: Any) -> Sweep:
    return Sweep("a formula", Grid("x", "log", lambda dtype: np.array(x, dtype=dtype)), **about)


def counted(*m: int, **about: Any) -> Sweep:
    return Sweep("a formula", Grid("m", "log", lambda dtype: np.array(m, dtype=dtype.replace("float", "int"))), **about)


def exact(x: Any) -> arb:
    number = Fraction(x) if isinstance(x, int | str) else Fraction(float(x))
    return arb(fmpq(number.numerator, number.denominator))


# --- all points at once -----------------------------------------------------------------------------------------------
@DTYPES
def test_each_side_is_given_the_points_in_its_own_arithmetic_and_precision(dtype: str) -> None:
    given: list[tuple[type, str]] = []

    def seen(x: Any) -> Any:
        given.append((type(x), str(x.dtype).removeprefix("torch.")))
        return x

    found = values(over(*X, by_hand=seen, torch=seen, sound=seen), dtype, 0)
    assert given == [(np.ndarray, dtype), (np.ndarray, dtype), (torch.Tensor, dtype), (Balls, dtype)]
    points = np.array(X, dtype=dtype)
    assert found.x.dtype == dtype
    assert found.x.tolist() == points.tolist()
    assert [*found.sides] == ["by hand", "sound form", "PyTorch"]
    for rows in found.sides.values():
        assert [(name, x.dtype, x.tolist()) for name, x in rows.items()] == [("", dtype, points.tolist())]
    assert [*found.exact] == [""]
    assert found.exact[""].tolist() == [exact(x) for x in points]


@DTYPES
def test_with_labels_each_side_is_asked_for_y_0_and_for_y_1(dtype: str) -> None:
    given = []

    def plus(x: Any, y: Any) -> Any:
        given.append((type(x), type(y), str(y.dtype).removeprefix("torch."), x.shape == y.shape))
        return {"L": x + y, "value": x * y}

    found = values(over(*X, by_hand=plus, torch=plus, labels=True), dtype, 0)
    sides = [(kind, kind, dtype, True) for kind in (np.ndarray, torch.Tensor) for _ in (0, 1)]
    assert given == [*sides, *[(Balls, np.ndarray, dtype, True)] * 2]
    x = np.array(X, dtype=dtype)
    for rows in found.sides.values():
        assert [(name, row.tolist()) for name, row in rows.items()] == [
            ("L, y = 0", x.tolist()),
            ("y = 0", [0, 0]),
            ("L, y = 1", (x + 1).tolist()),
            ("y = 1", x.tolist()),
        ]
    assert [*found.exact] == ["L, y = 0", "y = 0", "L, y = 1", "y = 1"]
    assert found.exact["L, y = 1"].tolist() == [exact(number) + 1 for number in x]


def test_a_result_of_any_shape_is_one_number_a_point_and_what_overflows_does_not_warn() -> None:
    sweep = over(1.0, 1000.0, by_hand=lambda x: np.exp(x).reshape(2, 1), torch=lambda x: torch.exp(x).reshape(1, 2))
    found = values(sweep, "float64", 0)
    assert [rows[""].shape for rows in found.sides.values()] == [(2,), (2,)]
    assert found.sides["by hand"][""][1] == np.inf
    assert found.exact[""].shape == (2,)
    assert values(over(2.0, by_hand=lambda x: x[0]), "float64", 0).sides["by hand"][""].tolist() == [2.0]


def test_the_exact_value_is_that_of_the_formula_by_hand_or_of_another_that_is_named() -> None:
    assert values(over(2.0, by_hand=lambda x: 3 * x), "float64", 0).exact[""].tolist() == [arb(6)]
    sweep = over(2.0, by_hand=lambda x: 3 * x, exact=lambda x: 5 * x)
    assert values(sweep, "float64", 0).exact[""].tolist() == [arb(10)]
    assert values(sweep, "float64", 0).sides["by hand"][""].tolist() == [6.0]


def test_a_constant_of_the_formula_is_rounded_to_the_precision_under_test() -> None:
    for dtype in ("float64", "float32"):
        found = values(over(1.0, by_hand=lambda x: 0.7 * x), dtype, 0)
        assert found.exact[""].tolist() == [exact(np.array(0.7, dtype=dtype))]


# --- exact values -----------------------------------------------------------------------------------------------------
def test_only_the_points_that_are_not_sharp_are_asked_again_and_at_twice_the_bits() -> None:
    """(x + 1) − 1 next to 0 cancels; at 1 it does not."""
    asked: list[tuple[list[float], int]] = []

    def difference(x: Balls) -> dict[str, Any]:
        asked.append((x.mid().tolist(), flint.ctx.prec))
        return {"one": (x + 1) - 1, "two": 1 / x}

    points = np.array([1.0, 2.0**-200, 0.5])
    found = exactly(difference, points)
    assert asked == [(points.tolist(), 128), ([2.0**-200], 256)]
    with precision(1024):
        for name, want in (("one", lambda x: x), ("two", lambda x: 1 / x)):
            for x, number in zip(points.tolist(), found[name].tolist(), strict=True):
                assert sharp(number)
                assert number.overlaps(want(arb(x)))


def test_what_no_precision_tells_is_left_as_it_is_known_at_the_last() -> None:
    asked = []

    def unknown(x: Balls) -> Any:
        asked.append(flint.ctx.prec)
        return x - Balls(np.array([arb(2, 1)], dtype=object))

    (found,) = exactly(lambda x: {"": unknown(x)}, np.array([2.0]))[""].tolist()
    assert asked == [128, 256, 512, 1024, 2048, 4096]
    assert (found.mid(), found.contains(1), found.contains(2)) == (0, True, False)
    asked.clear()
    every = exact_over(counted(1, by_hand=unknown), {"X": np.array([2.0])})
    assert asked == [128, 256, 512, 1024, 2048, 4096]
    assert (every[""].mid(), every[""].contains(1), every[""].contains(2)) == (0, True, False)


@pytest.mark.parametrize(
    ("x", "is_sharp"),
    [
        (arb(1, arb(2) ** -65), True),
        (arb(-1, arb(2) ** -65), True),
        (arb(1, arb(2) ** -63), False),
        (arb(0), True),
        (arb(0, arb(2) ** -900), False),
        (arb("inf"), False),
        (arb("nan"), False),
        (arb(3), True),
    ],
)
def test_sharp_is_known_to_64_bits_of_its_own(x: arb, is_sharp: bool) -> None:
    assert sharp(x) is is_sharp


# --- over the number of columns ---------------------------------------------------------------------------------------
def one_to_a_hundred(rng: np.random.Generator) -> dict[str, Any]:
    return {"X": np.arange(1.0, SORTS + 1).reshape(1, -1) / 10, "Y": rng.normal(size=(2, SORTS))}


@DTYPES
def test_of_columns_each_side_is_given_so_many_in_its_own_arithmetic(dtype: str) -> None:
    given: list[tuple[Any, ...]] = []

    def seen(X: Any, Y: Any) -> Any:
        given.append((type(X).__name__, type(Y).__name__, str(X.dtype).removeprefix("torch."), X.shape, Y.shape))
        return X[0, 0]

    found = values(counted(3, 100, 200, by_hand=seen, torch=seen, examples=one_to_a_hundred), dtype, 0)
    shapes = [((1, m), (2, m)) for m in (3, 100, 200)]
    assert given == [
        (*kind, dtype, *shape)
        for m, shape in zip((3, 100, 200), shapes, strict=True)
        for kind in (("ndarray",) * 2, ("Tensor",) * 2, ("Balls",) * 2)
        if m <= SORTS or kind[0] != "Balls"
    ]
    assert found.x.tolist() == [3, 100, 200]
    assert {rows[""].dtype for rows in found.sides.values()} == {np.dtype(dtype)}


def test_the_columns_of_all_sides_are_the_same_and_in_no_order() -> None:
    kept: list[Any] = []

    def seen(X: Any, Y: Any) -> Any:
        if not isinstance(X, Balls):
            kept.append((np.asarray(X), np.asarray(Y)))
        return X.sum()

    found = values(counted(3, 100, 200, by_hand=seen, torch=seen, examples=one_to_a_hundred, adds=True), "float64", 7)
    every = one_to_a_hundred(np.random.default_rng(7))
    for by_hand, by_torch, m in zip(kept[::2], kept[1::2], (3, 100, 200), strict=True):
        order = sorts_of(m, 7)
        for one, two, name in zip(by_hand, by_torch, every, strict=True):
            assert np.array_equal(one, two)
            assert np.array_equal(one, every[name][:, order])
            assert one.flags["C_CONTIGUOUS"]
    with precision():
        sums = [sum((exact(x) for x in np.arange(1.0, m + 1) / 10), arb()) for m in (3, 100)]
        assert all(x.overlaps(y) for x, y in zip(found.exact[""], (*sums, 2 * sums[1]), strict=True))
        assert all(sharp(x) for x in found.exact[""])


def test_a_mean_stays_and_a_sum_grows_beyond_a_hundred_sorts() -> None:
    def first(X: Any, Y: Any) -> Any:
        return {"one": X[:, :1], "rows": Y[:, :1] * 0 + X[:, :1]}

    for adds, times in ((False, (1, 1, 1)), (True, (1, 2, 300))):
        sweep = counted(100, 200, 30000, by_hand=lambda X, Y: 1.0, exact=first, examples=one_to_a_hundred, adds=adds)
        sweep = replace(sweep, by_hand=lambda X, Y: {"one": X[0, 0], "rows": Y[:, 0]})
        found = values(sweep, "float64", 0)
        tenth = exact(0.1)
        assert [*found.exact] == ["one", "rows[0, 0]", "rows[1, 0]"]
        with precision():
            for numbers in found.exact.values():
                assert all(x.overlaps(n * tenth) for x, n in zip(numbers, times, strict=True))


def test_what_overflows_over_columns_does_not_warn() -> None:
    sweep = counted(
        3, by_hand=lambda X, Y: np.exp(1e4 * X).sum(), torch=lambda X, Y: X.sum(), examples=one_to_a_hundred
    )
    assert values(sweep, "float64", 0).sides["by hand"][""].tolist() == [np.inf]


def test_a_sweep_whose_quantity_has_no_name_has_elements_by_their_places() -> None:
    found = values(counted(3, by_hand=lambda X, Y: X[:, :2], examples=one_to_a_hundred), "float64", 0)
    assert [*found.exact] == [*found.sides["by hand"]] == ["[0, 0]", "[0, 1]"]


def test_an_element_bears_its_place_and_the_quantity_where_it_has_no_name() -> None:
    one, two = np.array(1.5), np.array([[2.5, 3.5]])
    assert elements({"value": one}, "J") == {"": 1.5}
    assert elements({"value": two}, "dW") == {"dW[0, 0]": 2.5, "dW[0, 1]": 3.5}
    assert elements({"J": one, "dw": two}, "∂J") == {"J": 1.5, "dw[0, 0]": 2.5, "dw[0, 1]": 3.5}
    assert elements({"db": np.array([[4.5]])}, "") == {"db": 4.5}


@pytest.mark.parametrize("m", [1, 7, 100, 300])
def test_of_every_sort_there_are_as_many_and_another_seed_is_another_order(m: int) -> None:
    found = sorts_of(m, 3)
    assert sorted(found.tolist()) == sorted(k % SORTS for k in range(m))
    assert m == 1 or found.tolist() != sorts_of(m, 4).tolist()
    for wrong in (101, 250):
        with pytest.raises(ValueError, match=f"^m is {wrong}; beyond 100 it needs to be a multiple of 100$"):
            sorts_of(wrong, 3)


# --- the small tools --------------------------------------------------------------------------------------------------
ARITHMETICS = pytest.mark.parametrize(
    "lift", [lambda x: x, torch.from_numpy, Balls.of], ids=["NumPy", "PyTorch", "balls"]
)


def plain(x: Any) -> Any:
    return x.mid() if isinstance(x, Balls) else np.asarray(x)


@ARITHMETICS
@DTYPES
def test_numbers_become_matrices_of_their_own_arithmetic_and_precision(lift: Any, dtype: str) -> None:
    x = lift(np.array([2.0, 4.0, 8.0], dtype=dtype))
    found = {
        "row": row(x), "filled": filled(0.75, x), "constant": constant(0.75, x), "column": column(x, 0.75, -0.25),
        "each": each(lambda a, b: (a * b).sum())(x, x), "one": each(lambda a: a.sum())(x[:1]),
    }  # fmt: skip
    assert {name: (type(y), str(y.dtype)) for name, y in found.items()} == dict.fromkeys(found, (type(x), str(x.dtype)))
    assert {name: plain(y).tolist() for name, y in found.items()} == {
        "row": [[2.0, 4.0, 8.0]], "filled": [0.75] * 3, "constant": [[0.75]], "column": [[0.75], [-0.25]],
        "each": [4.0, 16.0, 64.0], "one": [2.0],
    }  # fmt: skip


def test_each_calls_with_matrices_of_one_element() -> None:
    shapes = []

    def seen(x: Any, y: Any) -> Any:
        shapes.append((x.shape, y.shape))
        return x[0, 0] - y[0, 0]

    found = each(seen)(np.array([[1.0, 2.0]]), np.array([[5.0], [3.0]]))
    assert (found.tolist(), shapes) == ([-4.0, -1.0], [((1, 1), (1, 1))] * 2)


def test_derivatives_are_those_of_pytorch_by_name_and_in_their_shapes() -> None:
    x, y = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0]])
    assert autograd(lambda x, y: x**2 * y)(x, y).tolist() == [[6.0, 20.0]]
    found = gradients(lambda x, y, z: (x**2 * y).sum() * z, "y", "x")(x=x, y=y.T.reshape(1, 2), z=torch.tensor(2.0))
    assert {name: d.tolist() for name, d in found.items()} == {"dy": [[2.0, 8.0]], "dx": [[12.0, 40.0]]}
    both = gradients(lambda W, b: W.sum() * 3 + b.sum() * 4, "W", "b")(W=torch.ones((3, 2)), b=torch.ones((3, 1)))
    assert {name: d.tolist() for name, d in both.items()} == {"dW": [[3.0, 3.0]] * 3, "db": [[4.0]] * 3}


def test_results_are_named_in_their_order_and_points_that_are_none_are_left_out() -> None:
    assert by_name("dW db", iter((1, 2))) == {"dW": 1, "db": 2}
    points = rounded([np.inf, 3.0, -1.0, 0.0, 3.0, 1e-320, 1e39], "float32")
    assert (points.tolist(), points.dtype) == ([-1.0, 3.0], np.float32)
    assert rounded([1e-320, 1e39], "float64").tolist() == [1e-320, 1e39]
