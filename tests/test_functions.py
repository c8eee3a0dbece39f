"""NumPy's computing functions on numbers of ours: what test_balls.py does not ask of them, by NumPy's own results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.jets import Jets

Array = np.ndarray[Any, Any]
Call = Callable[[Callable[[Any], Any]], Any]

# Small whole numbers, and counts that are powers of two: float64 makes no error on them.
X = np.array([[0.0, 0.0, 0.0, 4.0], [2.0, 6.0, 2.0, 2.0]])
Y = np.array([[1.0, 2.0, 4.0, 1.0], [2.0, 2.0, 1.0, 3.0]])
CUBE = np.array([[[k * 7 % 11 - 5.0 + i - 2 * j for k in range(4)] for j in range(3)] for i in range(2)])
V = np.array([1.0, -2.0, 4.0, 3.0])


def added(target: Any, index: Any, values: Any) -> Any:
    np.add.at(target, index, values)
    return target


CALLS: dict[str, Call] = {
    "sum of rows": lambda f: np.sum(f(X), axis=1),
    "mean of rows": lambda f: np.mean(f(X), axis=1),
    "var, an axis kept": lambda f: np.var(f(X), axis=1, ddof=1, keepdims=True),
    "var of all": lambda f: np.var(f(X)),
    "std, an axis kept": lambda f: np.std(f([[0.0, 0, 0, 4], [1, 1, 1, 13]]), axis=1, ddof=1, keepdims=True),
    "std of all": lambda f: np.std(f([[1.0, 5.0], [5.0, 1.0]])),
    "average, all kept": lambda f: np.average(f(X), keepdims=True),
    "average, an axis kept": lambda f: np.average(f(X), axis=1, keepdims=True),
    "average, weighed by an axis, kept": lambda f: np.average(f(X), 1, [1, 2, 4, 1], keepdims=True),
    "average, weighed by a middle axis": lambda f: np.average(f(CUBE), axis=1, weights=np.array([1.0, 2.0, 1.0])),
    "average, weighed by each": lambda f: np.average(f(X), axis=1, weights=Y),
    "average, all weighed by each": lambda f: np.average(f(X), weights=f(Y)),
    "average, weights of ours": lambda f: np.average(X, axis=1, weights=f(Y)),
    "max of two axes, kept": lambda f: np.max(f(CUBE), axis=(2, 0), keepdims=True),
    "min of two axes, kept": lambda f: np.min(f(CUBE), axis=(0, 1), keepdims=True),
    "argmax, kept": lambda f: np.argmax(f(CUBE), axis=1, keepdims=True),
    "argmin of all, kept": lambda f: np.argmin(f(CUBE), keepdims=True),
    "max of rows": lambda f: np.max(f(CUBE), axis=1),
    "argmin of pages": lambda f: np.argmin(f(CUBE), axis=0),
    "prod of two axes, kept": lambda f: np.prod(f(CUBE), axis=(0, 2), keepdims=True),
    "prod of no elements": lambda f: np.prod(f(np.zeros((2, 0))), axis=1),
    "prod of no elements, kept": lambda f: np.prod(f(np.zeros((2, 0))), axis=1, keepdims=True),
    "prod of nothing": lambda f: np.prod(f(np.zeros(0))),
    "prod of one": lambda f: np.prod(f(X[:, :1]), axis=1),
    "cumsum along a middle axis": lambda f: np.cumsum(f(CUBE), axis=1),
    "cumprod along the last axis": lambda f: np.cumprod(f(CUBE), axis=-1),
    "cumprod of all": lambda f: np.cumprod(f(Y)),
    "cumsum of nothing": lambda f: np.cumsum(f(np.zeros((2, 0))), axis=1),
    "diff of a cube": lambda f: np.diff(f(CUBE)),
    "diff, not once": lambda f: np.diff(f(X), n=0),
    "diff, twice, along a middle axis": lambda f: np.diff(f(CUBE), 2, axis=1),
    "clip by names": lambda f: np.clip(f(X), min=1, max=3),
    "clip above": lambda f: np.clip(f(X), None, 3),
    "clip below": lambda f: np.clip(f(X), 1, None),
    "where, a condition of ours alone": lambda f: np.where(f(X), 1.0, Y),
    "where, the first side alone": lambda f: np.where(X > 1, f(X), Y),
    "where, the second side alone": lambda f: np.where(X > 1, X, f(Y)),
    "full like, a row": lambda f: np.full_like(f(X), V),
    "full like, of ours, in a shape": lambda f: np.full_like(f(X), f(2.5), shape=(3, 2)),
    "full like, floats": lambda f: np.full_like(f(X), 7, dtype=float),
    "ones like, in a shape": lambda f: np.ones_like(f(X), shape=(3,)),
    "ones like, with all options": lambda f: np.ones_like(f(X), float, "C", True, (2, 1)),
    "zeros like, with all options": lambda f: np.zeros_like(f(X), dtype=None, order="F", subok=False),
    "full like, with all options": lambda f: np.full_like(f(X), 3, None, "C", False, (2,)),
    "norm of a cube": lambda f: np.linalg.norm(f(np.full((2, 2, 4), 2.0))),
    "norm 2 of rows, kept": lambda f: np.linalg.norm(f([[3.0, 4.0, 0.0], [0.0, 8.0, 6.0]]), 2, 1, keepdims=True),
    "norm 2 of a vector": lambda f: np.linalg.norm(f([3.0, -4.0]), 2),
    "norm of Frobenius": lambda f: np.linalg.norm(f([[1.0, 5.0], [3.0, 1.0]]), "fro"),
    "norms of Frobenius, kept": lambda f: np.linalg.norm(f(np.full((2, 8, 3), 2.0)), "fro", (0, 1), True),
    "norm 1 of rows, kept": lambda f: np.linalg.norm(f(CUBE), 1, axis=1, keepdims=True),
    "norm 1 of a vector": lambda f: np.linalg.norm(f(V), 1),
    "traces of a stack": lambda f: np.trace(f(CUBE), 1, 1, 2),
    "traces of a stack, the first axes": lambda f: np.trace(f(CUBE)),
    "a diagonal above": lambda f: np.diag(f(V), 2),
    "a diagonal below": lambda f: np.diag(f(V), -2),
    "the diagonal of a matrix": lambda f: np.diag(f(X)),
    "triangles of a stack": lambda f: np.triu(f(CUBE)),
    "a triangle below": lambda f: np.tril(f(X)),
    "appended columns": lambda f: np.append(f(X), Y[:, :1], axis=1),
    "appended, all": lambda f: np.append(f(X), f(Y)),
    "pad by pairs": lambda f: np.pad(f(X), [(1, 2), (0, 3)], "constant", constant_values=7),
    "pad before": lambda f: np.pad(f(CUBE), (2, 0)),
    "broadcast with plain arrays": lambda f: np.broadcast_arrays(f(V), X, 3.0, subok=True)[0],
    "add at places": lambda f: added(f(np.zeros((2, 4))), ([0, 1, 0], [1, 3, 1]), f([1.0, 2.0, 4.0])),
    "add at a row": lambda f: added(f(np.zeros((2, 4))), 1, V),
    "add at a place": lambda f: added(f(np.zeros(3)), 2, f(5.0)),
    "add at rows": lambda f: added(f(np.zeros((3, 4))), [2, 0, 2], f(V)),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_the_result_is_numpys_own_without_any_error(name: str) -> None:
    want, found = np.asarray(CALLS[name](np.array)), CALLS[name](Balls.of)
    if want.dtype.kind != "i":
        assert isinstance(found, Balls)
        assert not found.rad().any()
        found = found.mid()
    assert np.asarray(found).shape == want.shape
    assert np.asarray(found).tolist() == want.tolist()


REFUSED: dict[str, tuple[Call, type[Exception], str]] = {
    "weights of another shape": (
        lambda f: np.average(f(X), weights=[1, 2, 4, 1]), Unsupported,
        "np.average runs here with weights of the array's own shape, or along one axis",
    ),
    "a matrix of weights along an axis": (
        lambda f: np.average(f(CUBE), axis=1, weights=Y), Unsupported,
        "np.average runs here with weights of the array's own shape, or along one axis",
    ),
    "max of nothing": (
        lambda f: np.max(f(np.zeros((3, 0))), axis=1), ValueError,
        "np.max over no elements: the array has shape (3, 0)",
    ),
    "min of nothing": (
        lambda f: np.min(f(np.zeros((0, 3))), axis=0), ValueError,
        "np.min over no elements: the array has shape (0, 3)",
    ),
    "argmax of nothing": (
        lambda f: np.argmax(f(np.zeros((3, 0))), axis=1), ValueError,
        "np.argmax over no elements: the array has shape (3, 0)",
    ),
    "argmin of nothing": (
        lambda f: np.argmin(f(np.zeros(0))), ValueError, "np.argmin over no elements: the array has shape (0,)",
    ),
    **{
        f"norm of order {ord!r} of {what}": (
            lambda f, x=x, ord=ord: np.linalg.norm(f(x), ord), Unsupported,
            f"np.linalg.norm(ord={ord!r}) does not run on Balls",
        )
        for ord, what, x in (
            (2, "a matrix", X), (1, "a matrix", X), (3, "a vector", V), ("fro", "a vector", V), ("nuc", "a matrix", X),
            (np.inf, "a vector", V),
        )
    },
    "pad by the edge": (
        lambda f: np.pad(f(X), 1, "edge"), Unsupported, "np.pad runs on Balls with mode 'constant' and one value",
    ),
    "pad by two values": (
        lambda f: np.pad(f(X), 1, constant_values=(1, 2)), Unsupported,
        "np.pad runs on Balls with mode 'constant' and one value",
    ),
    "add at places of a plain array": (
        lambda f: added(np.zeros(2), [0, 1], f([1.0, 2.0])), Unsupported,
        "np.add.at into a plain array would drop what Balls carries",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_run_is_refused_in_one_sentence_with_its_name(name: str) -> None:
    call, error, told = REFUSED[name]
    with pytest.raises(error) as refused:
        call(Balls.of)
    assert str(refused.value) == told


@pytest.mark.parametrize("dtype", [int, bool, np.uint8])
def test_an_array_like_ours_of_a_dtype_that_holds_no_floats_is_a_plain_one(dtype: Any) -> None:
    x = Balls.of(X)
    for found, want in ((np.zeros_like(x, dtype=dtype), 0), (np.ones_like(x, dtype=dtype, shape=(2, 4)), 1)):
        assert isinstance(found, np.ndarray)
        assert (found.dtype, found.tolist()) == (np.dtype(dtype), np.full((2, 4), want, dtype).tolist())
    assert np.full_like(x, 3, dtype=int).tolist() == [[3] * 4] * 2


@pytest.mark.parametrize("dtype", [None, float, np.float32, object])
def test_an_array_like_ours_is_of_ours_and_can_be_written_into(dtype: Any) -> None:
    for made in (np.zeros_like, np.empty_like):
        z = made(Balls.of(X), dtype=dtype)
        z[0, 1] = Balls.of(1.0) / 3
        assert isinstance(z, Balls)
        assert z.mid().tolist() == [[0, 1 / 3, 0, 0], [0, 0, 0, 0]]
        assert z.rad()[0, 1] > 0


def test_an_array_like_balls_full_of_jets_moves_as_they_do() -> None:
    found = np.full_like(Balls.of(V), Jets.of(Balls.of(2.0), [Balls.of(3.0)]))
    assert isinstance(found, Jets)
    assert [part.tolist() for part in (found.value.mid(), found.slopes[0].mid())] == [[2.0] * 4, [3.0] * 4]


def test_a_sum_over_no_axes_is_a_copy_that_nothing_has_rounded() -> None:
    x = Balls.of(V)
    np.sum(x, axis=())[0] = 7.0
    assert x.mid().tolist() == V.tolist()
    with precision(300):
        third = Balls.of(V) / 3
    with precision(53):
        assert (np.sum(third, axis=()).rad() == third.rad()).all()


def test_what_a_triangle_leaves_out_is_an_exact_zero() -> None:
    x = Bounds.of(np.ones((2, 2)), 0.25)
    assert (np.triu(x).value.tolist(), np.triu(x).err.tolist()) == ([[1, 1], [0, 1]], [[0.25, 0.25], [0, 0.25]])
    assert (np.tril(x, -1).value.tolist(), np.tril(x, -1).err.tolist()) == ([[0, 0], [1, 0]], [[0, 0], [0.25, 0]])
