"""NumPy's functions, on balls and on bounds, are what they are on plain arrays.

They are compared on small whole numbers, on which plain float64 makes no error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq

from tests.enclosures import BITS, ball, contained, elements, listed, middle, radius
from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.duck import COMPUTES, MOVES, collected

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def enough_bits() -> Iterator[None]:
    with precision(BITS):
        yield


# Small whole numbers, and counts that are powers of two: float64 makes no error here, so that all three must agree.
X = np.array([[3.0, -1.0, 4.0, 2.0], [-5.0, 9.0, -2.0, 6.0]])
Y = np.array([[2.0, 7.0, -1.0, 8.0], [-2.0, 8.0, 1.0, -8.0]])
CUBE = np.array([[[k * 7 % 11 - 5.0 + i - 2 * j for k in range(4)] for j in range(3)] for i in range(2)])
V = np.array([1.0, -2.0, 4.0, 3.0])
MASK = np.array([[True, False, True, True], [False, False, True, False]])
MOVED: list[tuple[Any, Call]] = [
    (np.reshape, lambda f: np.reshape(f(X), (4, 2))), (np.reshape, lambda f: f(X).reshape(-1, 2)),
    (np.reshape, lambda f: f(X).reshape((8, 1), order="F")), (np.transpose, lambda f: np.transpose(f(CUBE), (2, 0, 1))),
    (np.transpose, lambda f: f(CUBE).transpose(1, 0, 2)), (np.transpose, lambda f: f(X).T),
    (np.matrix_transpose, lambda f: f(CUBE).mT), (np.matrix_transpose, lambda f: np.matrix_transpose(f(CUBE))),
    (np.ravel, lambda f: np.ravel(f(X))), (np.ravel, lambda f: f(X).ravel("F")),
    (np.squeeze, lambda f: np.squeeze(f(X)[None, :, :])), (np.squeeze, lambda f: f(X)[:, None].squeeze(1)),
    (np.expand_dims, lambda f: np.expand_dims(f(X), 1)), (np.moveaxis, lambda f: np.moveaxis(f(CUBE), 0, -1)),
    (np.swapaxes, lambda f: np.swapaxes(f(CUBE), 0, 2)), (np.swapaxes, lambda f: f(CUBE).swapaxes(0, 1)),
    (np.broadcast_to, lambda f: np.broadcast_to(f(V), (3, 4))),
    (np.concatenate, lambda f: np.concatenate([f(X), f(Y)], axis=1)),
    (np.concatenate, lambda f: np.concatenate((f(X), Y, np.ones((1, 4))))),
    (np.concatenate, lambda f: np.concatenate([X, f(Y)], axis=None)),
    (np.stack, lambda f: np.stack([f(X), f(Y)], axis=-1)), (np.stack, lambda f: np.stack([f(X)[0, 0], 2.0, 3])),
    (np.vstack, lambda f: np.vstack([f(V), V])), (np.hstack, lambda f: np.hstack([X, f(Y)])),
    (np.column_stack, lambda f: np.column_stack([f(V), V])), (np.dstack, lambda f: np.dstack([f(X), Y])),
    (np.tile, lambda f: np.tile(f(V), (2, 2))), (np.repeat, lambda f: np.repeat(f(X), 2, axis=1)),
    (np.repeat, lambda f: f(V).repeat([1, 0, 2, 1])), (np.flip, lambda f: np.flip(f(X), 0)),
    (np.fliplr, lambda f: np.fliplr(f(X))), (np.flipud, lambda f: np.flipud(f(X))),
    (np.roll, lambda f: np.roll(f(X), 1, axis=1)), (np.rot90, lambda f: np.rot90(f(X))),
    (np.take, lambda f: np.take(f(X), [2, 0, 2], axis=1)), (np.take, lambda f: f(X).take([5, 1])),
    (np.take, lambda f: np.take(f(V), 2)),
    (np.take_along_axis, lambda f: np.take_along_axis(f(X), np.array([[1], [3]]), 1)),
    (np.delete, lambda f: np.delete(f(X), 2, axis=1)), (np.diagonal, lambda f: np.diagonal(f(CUBE), 1, 1, 2)),
    (np.diagonal, lambda f: f(X).diagonal()), (np.split, lambda f: np.split(f(X), 2, axis=1)),
    (np.array_split, lambda f: np.array_split(f(V), 3)), (np.hsplit, lambda f: np.hsplit(f(X), [1, 3])),
    (np.vsplit, lambda f: np.vsplit(f(X), 2)), (np.atleast_1d, lambda f: np.atleast_1d(f(3.0))),
    (np.atleast_2d, lambda f: np.atleast_2d(f(V))), (np.atleast_3d, lambda f: np.atleast_3d(f(X))),
    (np.copy, lambda f: np.copy(f(X))), (np.rollaxis, lambda f: np.rollaxis(f(CUBE), 2)),
    (np.lib.stride_tricks.sliding_window_view, lambda f: np.lib.stride_tricks.sliding_window_view(f(V), 2)),
]  # fmt: skip
COMPUTED: list[tuple[Any, Call]] = [
    (np.sum, lambda f: np.sum(f(CUBE))), (np.sum, lambda f: np.sum(f(CUBE), axis=(0, 2))),
    (np.sum, lambda f: f(CUBE).sum(axis=-1, keepdims=True)), (np.sum, lambda f: np.add.reduce(f(CUBE), axis=1)),
    (np.sum, lambda f: np.sum(f(np.zeros((2, 0))), axis=1)), (np.sum, lambda f: np.sum(f(CUBE), axis=())),
    (np.mean, lambda f: np.mean(f(X), axis=1)), (np.mean, lambda f: f(X).mean()),
    (np.mean, lambda f: np.mean(f(X), axis=0, keepdims=True)), (np.average, lambda f: np.average(f(X), axis=1)),
    (np.average, lambda f: np.average(f(X), axis=1, weights=[1, 2, 4, 1])),
    (np.average, lambda f: np.average(f(V), weights=f([1, 2, 4, 1]))), (np.var, lambda f: np.var(f(X), axis=1)),
    (np.var, lambda f: f(X).var(axis=0, ddof=1, keepdims=True)), (np.std, lambda f: np.std(f([1.0, 5.0]))),
    (np.std, lambda f: f(X[:, :1] * 2).std(axis=0)), (np.prod, lambda f: np.prod(f(X), axis=1, keepdims=True)),
    (np.prod, lambda f: f(V).prod()), (np.cumsum, lambda f: np.cumsum(f(X), axis=1)),
    (np.cumsum, lambda f: f(X).cumsum()), (np.cumprod, lambda f: np.cumprod(f(X), axis=0)),
    (np.diff, lambda f: np.diff(f(X))), (np.diff, lambda f: np.diff(f(V), n=2)),
    (np.diff, lambda f: np.diff(f(CUBE), axis=1)), (np.max, lambda f: np.max(f(CUBE), axis=(0, 2))),
    (np.max, lambda f: f(X).max(axis=0, keepdims=True)), (np.amax, lambda f: np.amax(f(X))),
    (np.max, lambda f: np.maximum.reduce(f(X), axis=1)), (np.min, lambda f: np.min(f(CUBE), axis=1)),
    (np.amin, lambda f: np.amin(f(X), axis=-1)), (np.argmax, lambda f: np.argmax(f(CUBE), axis=2)),
    (np.argmax, lambda f: f(X).argmax()), (np.argmin, lambda f: np.argmin(f(X), axis=0, keepdims=True)),
    (np.dot, lambda f: np.dot(f(X), Y.T)), (np.dot, lambda f: f(V).dot(f(V))),
    (np.dot, lambda f: np.dot(f(CUBE), f(Y).T)), (np.dot, lambda f: np.dot(f(X), 2)),
    (np.vdot, lambda f: np.vdot(X, f(Y))), (np.inner, lambda f: np.inner(f(X), f(Y))),
    (np.inner, lambda f: np.inner(CUBE, f(V))), (np.outer, lambda f: np.outer(f(V), V)),
    (np.tensordot, lambda f: np.tensordot(f(CUBE), f(Y), (2, 1))),
    (np.tensordot, lambda f: np.tensordot(f(CUBE), X, ([0, 2], [0, 1]))),
    (np.tensordot, lambda f: np.tensordot(f(X), f(Y))), (np.tensordot, lambda f: np.tensordot(f(V), f(V), 0)),
    (np.einsum, lambda f: np.einsum("ij,kj->ik", f(X), f(Y))), (np.einsum, lambda f: np.einsum("ij,ij->", f(X), Y)),
    (np.einsum, lambda f: np.einsum("bij,bkj->bik", f(CUBE), f(CUBE))),
    (np.einsum, lambda f: np.einsum("ij->ji", f(X))),
    (np.einsum, lambda f: np.einsum("ii", f(X[:, :2]))), (np.einsum, lambda f: np.einsum("...j,j->...", CUBE, f(V))),
    (np.einsum, lambda f: np.einsum("ij,jk,k", f(X), f(np.ones((4, 3))), f([1.0, 2.0, 3.0]))),
    (np.einsum, lambda f: np.einsum("ij,j->ij", f(X), f(V))), (np.einsum, lambda f: np.einsum("bij->bj", f(CUBE))),
    (np.einsum, lambda f: np.einsum("i,j->ji", f(V), V)), (np.einsum, lambda f: np.einsum("ij,ik", f(X), f(Y))),
    (np.trace, lambda f: np.trace(f(X))), (np.trace, lambda f: f(X).trace(1)),
    (np.linalg.norm, lambda f: np.linalg.norm(f([3.0, -4.0]))),
    (np.linalg.norm, lambda f: np.linalg.norm(f(X), 1, axis=1)),
    (np.linalg.norm, lambda f: np.linalg.norm(f([[3.0, 4.0], [6.0, 8.0]]), axis=1, keepdims=True)),
    (np.where, lambda f: np.where(MASK, f(X), f(Y))), (np.where, lambda f: np.where(MASK, f(X), 0.0)),
    (np.where, lambda f: np.where(f(X) > 0, f(X), Y)), (np.where, lambda f: np.where(f(X) == 9, 1.0, f(V))),
    (np.clip, lambda f: np.clip(f(X), -2, 3)), (np.clip, lambda f: f(X).clip(min=0)),
    (np.clip, lambda f: np.clip(f(X), None, f(V))), (np.diag, lambda f: np.diag(f(V))),
    (np.diag, lambda f: np.diag(f(V), -1)), (np.diag, lambda f: np.diag(f(X), 1)),
    (np.triu, lambda f: np.triu(f(X), 1)), (np.tril, lambda f: np.tril(f(CUBE), -1)),
    (np.zeros_like, lambda f: np.zeros_like(f(X))),
    (np.zeros_like, lambda f: np.zeros_like(f(X), shape=(3,))), (np.ones_like, lambda f: np.ones_like(f(X))),
    (np.empty_like, lambda f: np.empty_like(f(X)).shape), (np.full_like, lambda f: np.full_like(f(X), 2.5)),
    (np.append, lambda f: np.append(f(X), f(Y), axis=0)), (np.append, lambda f: np.append(f(V), 5)),
    (np.pad, lambda f: np.pad(f(X), 1)), (np.pad, lambda f: np.pad(f(X), ((0, 1), (2, 0)), constant_values=7)),
    (np.broadcast_arrays, lambda f: np.broadcast_arrays(f(X), f(V))), (np.shape, lambda f: np.shape(f(CUBE))),
    (np.ndim, lambda f: np.ndim(f(CUBE))), (np.size, lambda f: (np.size(f(CUBE)), np.size(f(CUBE), 1), f(CUBE).size)),
    (np.matmul, lambda f: f(X) @ f(Y).T), (np.matmul, lambda f: f(X) @ V), (np.matmul, lambda f: V @ f(X).T),
    (np.matmul, lambda f: f(V) @ f(V)), (np.matmul, lambda f: f(CUBE) @ Y.T), (np.matmul, lambda f: CUBE @ f(CUBE).mT),
    (np.matmul, lambda f: f(np.ones((2, 0))) @ np.ones((0, 3))),
    (np.matmul, lambda f: f(X[:, None, None]) @ f(CUBE[0].T)),
    (np.add, lambda f: f(X) + V), (np.subtract, lambda f: 1 - f(X)), (np.multiply, lambda f: X * f(Y)),
    (np.divide, lambda f: f(X) / [[2.0], [4.0]]), (np.divide, lambda f: np.array([8.0]) / f([2.0, 4.0])),
    (np.negative, lambda f: -f(X)), (np.absolute, lambda f: abs(f(X))), (np.square, lambda f: np.square(f(X))),
    (np.power, lambda f: f(X) ** 3), (np.power, lambda f: f([2.0, 4.0]) ** -1),
    (np.sign, lambda f: np.sign(f(X)) * f(X)),
    (np.maximum, lambda f: np.maximum(f(X), Y)), (np.minimum, lambda f: np.minimum(0, f(X))),
    (np.sqrt, lambda f: np.sqrt(f(X) ** 2)), (np.exp, lambda f: np.exp(f(X) * 0)),
    (np.log, lambda f: np.log(f(X) * 0 + 1)),
]  # fmt: skip


def looped(f: Call) -> Any:
    return np.stack([row * 2 + len(row) for row in f(X)])


def written(f: Call) -> Any:
    x, z = f(X), np.zeros_like(f(X))
    z[0] = x[1]
    z[1, 1:3] = 5
    z[:, 0] += x[:, 3]
    z[MASK] *= 2
    z -= f(Y)
    z /= 2
    z[1, 3] = f(7.0)
    z[x > 5] = 0
    return z


def counted_twice(f: Call) -> Any:
    z = np.zeros_like(f(V))
    np.add.at(z, [1, 1, 3], f([2.0, 3.0, 4.0]))
    np.add.at(z, np.array([0, 0]), 1.0)
    return z


INDEXED: list[Call] = [
    lambda f: f(X)[0], lambda f: f(X)[1, 2], lambda f: f(X)[:, ::2], lambda f: f(X)[..., -1], lambda f: f(X)[MASK],
    lambda f: f(X)[[0, 1], [2, 3]], lambda f: f(X)[:, None, 1:], lambda f: f(X)[np.array([1, 0])],
    lambda f: f(X)[np.arange(2), np.argmax(f(X), axis=1)], looped, written, counted_twice,
    lambda f: np.add(f(X), f(Y), out=np.zeros_like(f(X))), lambda f: np.sum(f(X), axis=0, out=np.zeros_like(f(V))),
    lambda f: collected(np.array([f(1.0) * 2, f(2.0) - 1])), lambda f: f(X).astype(float), lambda f: f(X).flatten("F"),
]  # fmt: skip
CALLS = [call for _, call in MOVED] + [call for _, call in COMPUTED] + INDEXED


def named(calls: list[tuple[Any, Call]]) -> list[Any]:
    return [pytest.param(call, id=f"{function.__name__}-{i}") for i, (function, call) in enumerate(calls)]


EVERY = [*named(MOVED), *named(COMPUTED), *(pytest.param(c, id=f"index-{i}") for i, c in enumerate(INDEXED))]


def test_every_function_that_runs_on_these_numbers_is_compared_with_numpys() -> None:
    assert {function for function, _ in MOVED} >= MOVES
    assert set(COMPUTES) <= {function for function, _ in COMPUTED}


@pytest.mark.parametrize("call", EVERY)
def test_balls_give_numpys_own_result_exactly(call: Call) -> None:
    plain, found = listed(call(np.array)), listed(call(Balls.of))
    assert len(found) == len(plain)
    for got, want in zip(found, plain, strict=True):
        if not isinstance(got, Balls):
            assert np.asarray(want).dtype.kind in "iub"
            assert np.array_equal(got, want)
            continue
        assert got.shape == np.shape(want)
        assert [middle(e) for e in elements(got)] == [Fraction(v) for v in np.ravel(want).tolist()]
        assert not any(radius(e) for e in elements(got))


@pytest.mark.parametrize("call", EVERY)
def test_bounds_give_numpys_own_result_with_the_error_of_its_operations(call: Call) -> None:
    plain, found = listed(call(np.array)), listed(call(Bounds.of))
    assert len(found) == len(plain)
    for got, want in zip(found, plain, strict=True):
        if not isinstance(got, Bounds):
            assert np.asarray(want).dtype.kind in "iub"
            assert np.array_equal(got, want)
            continue
        assert got.shape == np.shape(want) == np.shape(got.err)
        assert np.array_equal(got.value, want)
        assert (np.asarray(got.err) >= 0).all()
        assert (np.asarray(got.err) <= 1e-11).all()


# In some of these calls plain numbers, which have no error, stand beside ours.
JOINED = (np.concatenate, np.stack, np.vstack, np.hstack, np.column_stack, np.dstack)


@pytest.mark.parametrize(
    ("function", "call"), [pytest.param(f, call, id=f"{f.__name__}-{i}") for i, (f, call) in enumerate(MOVED)]
)
def test_what_only_moves_elements_moves_their_errors_along(function: Any, call: Call) -> None:
    """An element's error is an eighth of its modulus: it must still be, wherever the element has gone."""

    def with_error(x: Any) -> Bounds:
        return Bounds.of(np.array(x, dtype=float), np.abs(x) / 8)

    def with_radius(x: Any) -> Balls:
        enclosed = np.frompyfunc(lambda v: arb(v, abs(v) / 8), 1, 1)
        return Balls(np.asarray(enclosed(np.array(x, dtype=float)), dtype=object))

    for make in (with_error, with_radius):
        for got, want in zip(listed(call(make)), listed(call(np.array)), strict=True):
            value, err = (got.value, got.err) if isinstance(got, Bounds) else (got.mid(), got.rad())
            assert np.array_equal(value, want)
            assert got.shape == np.shape(want)
            # Arb keeps 30 bits of a radius, rounded up.
            moved = (err >= np.abs(want) / 8) & (err <= np.abs(want) / 8 * (1 + 2.0**-25))
            if function in JOINED:
                assert (moved | (err == 0)).all()
                assert moved.sum() >= got.size / 3
            else:
                assert moved.all()


def softmax(z: Any) -> Any:
    e = np.exp(z - np.max(z, axis=0, keepdims=True))
    return e / np.sum(e, axis=0, keepdims=True)


INEXACT: list[Call] = [
    lambda f: softmax(f(X)), lambda f: np.std(f(X), axis=1), lambda f: np.mean(f(CUBE), axis=1),
    lambda f: np.var(f(CUBE), axis=(0, 1), ddof=1), lambda f: f(X) / 3, lambda f: np.exp(f(X) / 7) @ f(V),
    lambda f: np.tanh(f(X) / 10) * np.log1p(abs(f(Y))), lambda f: 1 / (1 + np.exp(-f(X))),
    lambda f: np.log(np.sum(np.exp(f(X)), axis=1)), lambda f: np.logaddexp(f(X), f(Y)), lambda f: np.linalg.norm(f(X)),
    lambda f: (f(X) - np.mean(f(X), axis=1, keepdims=True)) / np.sqrt(np.var(f(X), axis=1, keepdims=True) + 1e-8),
    lambda f: np.einsum("ij,kj->ik", f(X) * 0.1, np.sin(f(Y))),
    lambda f: np.average(f(X), axis=0, weights=f([0.1, 0.7])),
    lambda f: np.cumprod(f(X) * 0.3, axis=1), lambda f: np.where(f(X) > 0, f(X) * 0.1, np.expm1(f(X))),
    lambda f: np.maximum(f(X) * 0.1, np.cos(f(Y))) ** 2.0, lambda f: np.outer(np.arctan(f(V)), np.sqrt(abs(f(V)))),
    lambda f: np.sum(np.cosh(f(V) / 3) - np.sinh(f(V) / 3)) ** 0.5,
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("call", INEXACT)
def test_numpys_result_and_that_of_bounds_are_as_near_to_the_ball_as_the_bound_says(call: Call, dtype: Any) -> None:
    plain = np.asarray(call(lambda x: np.array(x, dtype=dtype)))
    bounds = call(lambda x: Bounds.of(np.array(x, dtype=dtype)))
    truth = call(lambda x: Balls.of(np.array(x, dtype=dtype)))
    assert plain.shape == bounds.shape == truth.shape
    assert bounds.dtype == plain.dtype == dtype
    for value, mine, err, true in zip(
        plain.ravel().tolist(), np.ravel(bounds.value), np.ravel(bounds.err), elements(truth), strict=True
    ):
        reach = Fraction(float(err)) + radius(true)
        assert abs(Fraction(value) - middle(true)) <= reach
        assert abs(Fraction(float(mine)) - middle(true)) <= reach
        assert radius(true) <= Fraction(2) ** (30 - BITS)
    assert (np.asarray(bounds.err) <= 2000 * np.finfo(dtype).eps * np.max(np.abs(plain))).all()


def test_arguments_that_do_not_fit_raise_as_numpys_do() -> None:
    for make in (Balls.of, Bounds.of):
        x = make(X)
        with pytest.raises(ValueError, match="matmul"):
            x @ x
        with pytest.raises(ValueError, match="tensordot"):
            np.tensordot(x, x, (0, 1))
        with pytest.raises(ValueError, match="einsum"):
            np.einsum("ij,jk->ik", x)
        with pytest.raises(np.exceptions.AxisError):
            np.sum(x, axis=2)
        with pytest.raises(ValueError, match="over no elements"):
            np.max(make(np.zeros((0, 2))))
        with pytest.raises(ValueError, match="in-place"):
            x += np.ones((3, 2, 4))
        with pytest.raises(ValueError, match="broadcast"):
            x + np.ones(3)


def test_a_rational_constant_goes_in_as_the_fraction_it_is() -> None:
    (got,) = elements(Balls.of(np.array([fmpq(1, 3)], dtype=object)))
    assert contained(got, Fraction(1, 3))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_whole_power_of_an_enclosure_about_0_holds_the_powers_of_all_that_it_holds(n: int) -> None:
    """Arb's own is nan there, and so was 1 − tanh²(z) at a z that is 0 up to its radius."""
    found = ball(0.0, 2.0**-60) ** n
    assert found.is_finite().all()
    for share in (-1.0, -0.5, 0.0, 1.0):
        assert found.parts[0][()].contains(arb(share * 2.0**-60) ** n)
    assert not found.parts[0][()].contains(arb(2.0 ** (-60 * n + 2)))


def test_what_numpy_widens_is_no_longer_rounded_to_the_narrow_precision() -> None:
    x = np.ones(2, dtype=np.float32)
    narrow, mask = Balls.of(x), np.ones(2)
    for wide in (narrow * mask, mask * narrow, np.where(mask > 0, narrow, mask), np.maximum(narrow, mask)):
        assert wide.dtype == np.float64
        assert abs(middle(elements(wide / 0.7)[0]) * Fraction(0.7) - 1) < Fraction(1, 10**30)
    assert (narrow * 2).dtype == (narrow / 0.7).dtype == (narrow * (mask > 0)).dtype == np.float32
    assert (narrow * np.arange(2)).dtype == (x * np.arange(2)).dtype
