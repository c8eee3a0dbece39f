"""This machine's NumPy keeps to the table of units in the last place on which the bounds of library functions rest.

float32 is measured against the same function in float64, which is good to some 1e-9 of a float32 unit; float64 against
mpmath. An error is counted in units of the true value: the distance between the two floats it lies between.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import mpmath
import numpy as np
import pytest

from verify.arithmetic.rounding import RULES, ULPS

Array = np.ndarray[Any, Any]

LIBRARY = ("exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "arctan", "sinh", "cosh")
FUNCTIONS = (*LIBRARY, "sqrt")
POWERS = (-2.0, -1.0, -0.5, 0.5, 1.5, 2.0, 3.0, 7.0)

FLOAT32_MAX = float(np.finfo(np.float32).max)
EXPONENT = np.int64(0x7FF0 << 48)


def allowed(function: str, dtype: str) -> float:
    """The square root is rounded correctly (its rule adds no more); the others have the table."""
    return 0.5 if function == "sqrt" else ULPS[dtype]


def ulps32(got: Array, want: Array) -> Array:
    """The error of float32 results in units of the true (float64) values; NaN only where both are NaN."""
    true = np.clip(want, -FLOAT32_MAX, FLOAT32_MAX)
    power_of_two = (true.view(np.int64) & EXPONENT).view(np.float64)
    ulp = np.maximum(power_of_two * 2.0**-23, 2.0**-149)
    error = np.abs(np.clip(got.astype(np.float64), -FLOAT32_MAX, FLOAT32_MAX) - true) / ulp
    return np.where(np.isnan(got) != np.isnan(want), np.inf, error)


def worst32(function: str, x: Array) -> tuple[float, float]:
    """The largest error over the inputs, and where."""
    f = getattr(np, function)
    with np.errstate(all="ignore"):
        error = ulps32(f(x), f(x.astype(np.float64)))
    error = np.where(np.isnan(error), 0.0, error)
    place = int(np.argmax(error))
    return float(error[place]), float(x[place])


def floats32(start: int, stop: int, step: int = 1) -> Array:
    return np.arange(start, stop, step, dtype=np.uint64).astype(np.uint32).view(np.float32)


def ulps64(got: float, want: mpmath.mpf) -> float:
    """The same for one float64 result against mpmath's."""
    if mpmath.isnan(want) or np.isnan(got):
        return 0.0 if mpmath.isnan(want) and np.isnan(got) else np.inf
    if not abs(want) <= np.finfo(np.float64).max:
        want = mpmath.sign(want) * mpmath.mpf(float(np.finfo(np.float64).max))
    got = float(np.clip(got, -np.finfo(np.float64).max, np.finfo(np.float64).max))
    exponent = max(int(mpmath.floor(mpmath.log(abs(want), 2))), -1022) if want else -1022
    return float(abs(mpmath.mpf(got) - want) / mpmath.ldexp(1, exponent - 52))


TRUE = {"arctan": mpmath.atan} | {name: getattr(mpmath, name) for name in FUNCTIONS if name != "arctan"}


def true(function: str, x: float) -> mpmath.mpf:
    """The function's real value, or NaN where there is none."""
    domain = {"log": x > 0, "log1p": x > -1, "sqrt": x >= 0}
    if not domain.get(function, True):
        return mpmath.nan
    if function in ("exp", "expm1", "sinh", "cosh", "tanh"):
        x = min(max(x, -1e4), 1e4)  # beyond, the result is 0, ±1 or ±∞ to all the bits there are
    return TRUE[function](mpmath.mpf(x))


def inputs64(seed: int, n: int) -> Array:
    """Floats of every exponent, floats near 1, and those of the size that formulas meet."""
    rng = np.random.default_rng(seed)
    wild = rng.integers(0, 2**64, n // 2, dtype=np.uint64).view(np.float64)
    tame = rng.uniform(-1, 1, n - n // 2) * np.exp(rng.uniform(-20, 6.6, n - n // 2))
    tame[::5] = 1 + tame[::5] * 1e-3
    x = np.concatenate([wild, tame])
    return x[np.isfinite(x)]


def worst64(function: str, x: Array) -> tuple[float, float]:
    with np.errstate(all="ignore"):
        got = getattr(np, function)(x).tolist()
    with mpmath.workprec(140):
        return max((ulps64(g, true(function, v)), v) for g, v in zip(got, x.tolist(), strict=True))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_float32_results_of_this_machine_keep_to_the_table_on_every_4099th_input(function: str) -> None:
    worst, at = worst32(function, floats32(0, 2**32, 4099))
    assert worst <= allowed(function, "float32"), f"{function}({at}) is off by {worst} units"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_float32_results_keep_to_the_table_where_arrays_are_strided_or_single_numbers(function: str) -> None:
    x = floats32(0, 2**32, 1048583)
    for view in (np.repeat(x, 3)[1::3], x[:1], *(x[i : i + 5] for i in range(0, 100, 5))):
        worst, at = worst32(function, view)
        assert worst <= allowed(function, "float32"), f"{function}({at}) is off by {worst} units"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_float64_results_of_this_machine_keep_to_the_table_on_some_inputs(function: str) -> None:
    worst, at = worst64(function, inputs64(1, 600))
    assert worst <= allowed(function, "float64"), f"{function}({at}) is off by {worst} units"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("p", POWERS)
def test_powers_of_this_machine_keep_to_the_table(p: float, dtype: type[np.floating[Any]]) -> None:
    x = np.exp(np.random.default_rng(2).uniform(-30, 30, 4000) / abs(p)).astype(dtype)
    got = np.power(x, dtype(p))
    if dtype is np.float32:
        worst = float(ulps32(got, np.power(x.astype(np.float64), p)).max())
    else:
        with mpmath.workprec(140):
            pairs = zip(got.tolist()[:400], x.tolist()[:400], strict=True)
            worst = max(ulps64(g, mpmath.mpf(v) ** mpmath.mpf(p)) for g, v in pairs)
    assert worst <= ULPS[np.dtype(dtype).name]


def test_the_yardstick_counts_floats_and_sees_what_is_one_float_too_far() -> None:
    x = floats32(0x3F800001, 0x40000000, 9973)  # between 1 and 2
    want = x.astype(np.float64)
    assert ulps32(x, want).max() == 0
    moved = x
    for k in range(1, ULPS["float32"] + 2):
        moved = np.nextafter(moved, np.float32(np.inf))
        assert float(ulps32(moved, want).min()) == k
    assert (ulps32(moved, want) > ULPS["float32"]).all()
    tiny, great = np.array([1e-45], dtype=np.float32), np.array([np.inf], dtype=np.float32)
    assert ulps32(tiny, np.zeros(1)).tolist() == [1.0]
    assert ulps32(great, np.array([1e40])).tolist() == [0.0]
    assert ulps32(great, np.array([FLOAT32_MAX - 6 * 2.0**104])).tolist() == [6.0]
    assert ulps32(np.array([np.nan], dtype=np.float32), np.ones(1)).tolist() == [np.inf]


def test_the_float64_yardstick_counts_floats_too() -> None:
    with mpmath.workprec(140):
        for x in (1.0, 1.5, 3e300, -7e-300, 5e-324):
            assert ulps64(float(np.nextafter(x, 2 * x)), mpmath.mpf(x)) == 1
            assert ulps64(x, mpmath.mpf(x)) == 0
        assert ulps64(np.inf, mpmath.exp(800)) == 0
        assert ulps64(5e-324, mpmath.exp(-800)) > 0.99
        assert ulps64(np.nan, mpmath.mpf(1)) == np.inf
        assert ulps64(np.nan, mpmath.nan) == 0


def test_every_function_of_the_table_is_measured() -> None:
    """A rule of one operand that rounds, and is not an operation of arithmetic, is a library function."""
    arithmetic = {"add", "subtract", "multiply", "divide", "square", "reciprocal"}
    unrounded = {"negative", "positive", "absolute", "fabs", "maximum", "minimum", "fmax", "fmin"}
    assert set(RULES) - arithmetic - unrounded == {*FUNCTIONS, "power", "float_power"}


def chunks() -> Iterator[int]:
    yield from range(0, 2**32, 2**22)


@pytest.mark.campaign
@pytest.mark.parametrize("function", FUNCTIONS)
def test_float32_results_of_this_machine_keep_to_the_table_on_all_inputs(function: str) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        worst, at = max(pool.map(lambda start: worst32(function, floats32(start, start + 2**22)), chunks()))
    print(f"{function} float32: worst {worst:.3f} units, at {at!r}")
    assert worst <= allowed(function, "float32"), f"{function}({at}) is off by {worst} units"


@pytest.mark.campaign
@pytest.mark.parametrize("function", FUNCTIONS)
def test_float64_results_of_this_machine_keep_to_the_table_on_many_inputs(function: str) -> None:
    worst, at = worst64(function, inputs64(3, 300_000))
    print(f"{function} float64: worst {worst:.3f} units, at {at!r}")
    assert worst <= allowed(function, "float64"), f"{function}({at}) is off by {worst} units"
