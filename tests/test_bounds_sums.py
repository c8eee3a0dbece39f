"""Running bounds of sums and products: they hold in any order of the additions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from tests.truth import Array, dtypes, holds, numbers
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.rounding import eta, unit


# --- sums and products, in any order ---------------------------------------------------------------------------------
def one_by_one(terms: Iterable[Any]) -> Any:
    total = None
    for t in terms:
        total = t if total is None else total + t
    return total


def pairwise(terms: Array) -> Any:
    return terms[0] if len(terms) == 1 else pairwise(terms[: len(terms) // 2]) + pairwise(terms[len(terms) // 2 :])


def in_many_orders(terms: Array) -> list[Any]:
    """Sums of the same terms as libraries may make them; wider accumulators and fused sums rounded once at the end."""
    rng = np.random.default_rng(11)
    found = [np.sum(terms), one_by_one(terms), one_by_one(terms[::-1]), pairwise(terms)]
    found += [one_by_one(rng.permutation(terms)) for _ in range(3)]
    found += [one_by_one(terms[np.argsort(np.abs(terms))]), one_by_one(terms[np.argsort(-np.abs(terms))])]
    found += [np.sum(terms.astype(np.float64)).astype(terms.dtype)]
    found += [one_by_one(one_by_one(terms[k::4]) for k in range(min(4, len(terms))))]
    return found


def absorbed(n: int, dtype: DTypeLike) -> Array:
    """1, then terms that are each just too small to change it: added one by one they are all lost."""
    terms = np.full(n, np.finfo(dtype).eps / 2 * 0.999, dtype=dtype)  # type: ignore[arg-type]
    terms[0] = 1
    return terms


def cancelling(n: int, dtype: DTypeLike) -> Array:
    rng = np.random.default_rng(n)
    terms = rng.standard_normal(n) * np.exp(rng.uniform(-6, 6, n))
    return np.concatenate([terms, -terms[: n // 2]]).astype(dtype)


SUMMED = [absorbed, cancelling]


@dtypes
@pytest.mark.parametrize("terms", SUMMED)
@pytest.mark.parametrize("n", [1, 2, 3, 10, 200])
def test_a_sum_in_any_order_is_within_its_bound(n: int, terms: Callable[..., Array], dtype: DTypeLike) -> None:
    t = terms(n, dtype)
    result = np.sum(Bounds.of(t))
    truth = sum(map(Fraction, t.tolist()), Fraction(0))
    for value in in_many_orders(t):
        assert abs(Fraction(float(value)) - truth) <= Fraction(float(result.err))
    # γ_(n−1)·Σ|terms| and no more.
    k = Fraction(len(t) - 1) * Fraction(unit(t))
    gamma, total = k / (1 - k), sum(map(abs, map(Fraction, t.tolist())), Fraction(0))
    assert Fraction(float(result.err)) <= gamma * total * (1 + Fraction(1, 2**20)) + 2 * len(t) * Fraction(eta(t))


@dtypes
def test_a_sum_needs_the_whole_of_its_bound(dtype: DTypeLike) -> None:
    """Added one by one, what is absorbed is all lost: more than 0.99 of γ·Σ|terms|."""
    for n in (5, 50, 1000):
        t = absorbed(n, dtype)
        off = abs(Fraction(float(one_by_one(t))) - sum(map(Fraction, t.tolist())))
        assert off > Fraction(99, 100) * Fraction(float(np.sum(Bounds.of(t)).err))
    few = absorbed(7, dtype)  # np.sum itself adds fewer than eight terms one by one
    result = np.sum(Bounds.of(few))
    off = abs(Fraction(float(result.value)) - sum(map(Fraction, few.tolist())))
    assert Fraction(99, 100) * Fraction(float(result.err)) < off <= Fraction(float(result.err))


@dtypes
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_sum_of_uncertain_terms_is_within_its_bound(dtype: DTypeLike, data: st.DataObject) -> None:
    rows = data.draw(st.lists(numbers(dtype), min_size=1, max_size=9))
    x, err = (np.array(c) for c in zip(*rows, strict=True))
    x = x.astype(dtype)
    result, average = np.sum(Bounds.of(x, err)), np.mean(Bounds.of(x, err))
    signs = data.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=len(rows), max_size=len(rows)))
    for way in ([1] * len(rows), [-1] * len(rows), signs):
        truth = sum(Fraction(float(v)) + s * Fraction(float(e)) for v, e, s in zip(x, err, way, strict=True))
        assert holds(result.value, result.err, truth)
        assert holds(average.value, average.err, truth / len(rows))


@dtypes
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (0, 1, 2)])
def test_sums_and_means_along_axes_have_the_bound_of_their_own_number_of_terms(axis: Any, dtype: DTypeLike) -> None:
    x = np.random.default_rng(3).standard_normal((3, 4, 5)).astype(dtype)
    truth = np.sum(np.vectorize(Fraction, otypes=[object])(x.astype(np.float64)), axis=axis)
    result, average = np.sum(Bounds.of(x), axis=axis), Bounds.of(x).mean(axis=axis)
    n = x.size // np.asarray(truth).size
    for v, e, t in zip(np.ravel(result.value), np.ravel(result.err), np.ravel(truth), strict=True):
        assert holds(v, e, t)
    for v, e, t in zip(np.ravel(average.value), np.ravel(average.err), np.ravel(truth), strict=True):
        assert holds(v, e, t / n)
    total = np.sum(np.abs(x.astype(np.float64)), axis=axis)
    assert (result.err <= 1.001 * (n - 1) * unit(x) * total + 2 * n * eta(x)).all()
    assert (average.err <= (result.err + 2 * unit(x) * np.abs(result.value)) / n * 1.001 + 2 * eta(x)).all()


def test_a_mean_divides_its_error_and_rounds_once_more() -> None:
    average = np.mean(Bounds.of([1.0, 2.0], [0.5, 0.25]))
    assert float(average.value) == 1.5
    assert 0.375 < float(average.err) < 0.375 + 1e-14
    thirds = np.mean(Bounds.of([1.0, 0.0, 0.0]))  # the sum is exact, 1/3 is not
    assert holds(thirds.value, thirds.err, Fraction(1, 3))
    assert float(thirds.err) > 0


def fused(a: Array, b: Array) -> Any:
    """Each product added exactly, each sum rounded once: what FMA does, by way of exact rationals."""
    total = Fraction(0)
    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        total = Fraction(float(a.dtype.type(float(total + Fraction(x) * Fraction(y)))))
    return float(total)


@dtypes
@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_a_product_of_matrices_is_within_its_bound_in_any_order_fused_or_not(n: int, dtype: DTypeLike) -> None:
    rng = np.random.default_rng(n)
    a = (rng.standard_normal((3, n)) * np.exp(rng.uniform(-6, 6, (3, n)))).astype(dtype)
    b = (rng.standard_normal((n, 4)) * np.exp(rng.uniform(-6, 6, (n, 4)))).astype(dtype)
    result = Bounds.of(a) @ b
    k = Fraction(n) * Fraction(unit(a))
    for i, j in np.ndindex(3, 4):
        x, y = a[i], b[:, j]
        exact = [Fraction(p) * Fraction(q) for p, q in zip(x.tolist(), y.tolist(), strict=True)]
        for value in (result.value[i, j], fused(x, y), fused(x[::-1], y[::-1]), *in_many_orders(x * y)):
            assert abs(Fraction(float(value)) - sum(exact)) <= Fraction(float(result.err[i, j]))
        derived = k / (1 - k) * sum(map(abs, exact)) * (1 + Fraction(1, 2**20)) + 2 * (n + 1) * Fraction(eta(a))
        assert Fraction(float(result.err[i, j])) <= derived


@dtypes
def test_a_product_of_matrices_needs_the_whole_of_its_bound(dtype: DTypeLike) -> None:
    """1·1, then products that are each absorbed: n − 1 of the n units of γ_n are used."""
    n = 400
    a = absorbed(n, dtype)
    result = Bounds.of(a[None, :]) @ np.ones((n, 1), dtype=dtype)
    off = abs(Fraction(float(one_by_one(a))) - sum(map(Fraction, a.tolist())))
    assert Fraction(99, 100) * Fraction(float(result.err[0, 0])) < off <= Fraction(float(result.err[0, 0]))


@dtypes
@pytest.mark.parametrize(("left", "right"), [(1e-3, 0.0), (0.0, 1e-3), (1e-3, 1e-2), (3.0, 5.0)])
def test_a_product_of_uncertain_matrices_is_within_its_bound_at_every_end(
    left: float, right: float, dtype: DTypeLike
) -> None:
    """|A|·err_B + err_A·|B| + err_A·err_B is attained where all errors point the same way."""
    rng = np.random.default_rng(8)
    a, b = rng.standard_normal((2, 6)).astype(dtype), rng.standard_normal((6, 3)).astype(dtype)
    da, db = np.full(a.shape, left), np.full(b.shape, right)
    result = Bounds.of(a, da) @ Bounds.of(b, db)
    for i, j in np.ndindex(2, 3):
        row = list(zip(a[i].tolist(), b[:, j].tolist(), strict=True))
        truth, reach = Fraction(0), Fraction(0)
        for x, y in ((Fraction(p), Fraction(q)) for p, q in row):
            # Away from zero on both sides: the product moves as far as it can, its sign that of x·y.
            far = (abs(x) + Fraction(left)) * (abs(y) + Fraction(right)) - abs(x * y)
            truth, reach = truth + x * y, reach + far
        mixed = sum(((Fraction(p) + Fraction(left)) * (Fraction(q) - Fraction(right)) for p, q in row), Fraction(0))
        assert holds(result.value[i, j], result.err[i, j], mixed)
        assert Fraction(float(result.err[i, j])) >= reach
        size = sum((abs(Fraction(p) * Fraction(q)) for p, q in row), Fraction(0)) + reach
        # γ_6 of what is added, and what keeps the bound's own float64 arithmetic safe.
        assert Fraction(float(result.err[i, j])) <= reach + (7 * Fraction(unit(a)) + Fraction(2) ** -46) * size


@dtypes
def test_the_rounding_of_sums_that_may_overflow_on_their_way_is_not_known(dtype: DTypeLike) -> None:
    top = np.finfo(dtype).max  # type: ignore[arg-type]
    x = np.array([top, -top, top / 2], dtype=dtype)
    assert np.sum(Bounds.of(x)).err == np.inf
    assert (Bounds.of(x[None, :]) @ np.ones((3, 1), dtype=dtype)).err[0, 0] == np.inf
    assert np.isfinite(np.sum(Bounds.of(x / 4)).err)
