"""Guarded complex numbers: the identities against mpmath, exact linear algebra, and everything that must be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.arithmetic.complexes import ANALYTIC, Complexes
from verify.arithmetic.duck import Unsupported

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]

UNIT = 2.0**-53
# An identity calls at most four elementary functions, each within 4 units of roundoff (2 ulp), and joins them by at
# most eight operations: 24 units, doubled for what the rounding of an intermediate argument passes on.
UNITS = 48

# Real points where neither the function nor its slope cancels, so that a bound relative to each of them is fair.
POINTS: dict[str, tuple[Function, Function, tuple[float, ...]]] = {
    "exp": (np.exp, mpmath.exp, (-700.0, -30.0, -1.0, 1e-9, 0.5, 3.0, 700.0)),
    "expm1": (np.expm1, mpmath.expm1, (-30.0, -1.0, -1e-9, 1e-300, 1e-9, 0.5, 30.0)),
    "log": (np.log, mpmath.log, (1e-300, 1e-9, 0.3, 2.0, 1e8, 1e300)),
    "log1p": (np.log1p, mpmath.log1p, (-0.999, -0.5, -1e-9, 1e-300, 1e-9, 0.5, 1e8)),
    "tanh": (np.tanh, mpmath.tanh, (-20.0, -3.0, -1e-9, 1e-300, 0.5, 18.0, 300.0)),
    "sinh": (np.sinh, mpmath.sinh, (-300.0, -1.0, 1e-9, 2.0, 300.0)),
    "cosh": (np.cosh, mpmath.cosh, (-300.0, -1.0, 1e-9, 2.0, 300.0)),
    "sin": (np.sin, mpmath.sin, (-30.0, -1.0, 1e-9, 2.0, 100.0)),
    "cos": (np.cos, mpmath.cos, (-30.0, -1.0, 1e-9, 2.0, 100.0)),
    "sqrt": (np.sqrt, mpmath.sqrt, (1e-300, 1e-9, 0.5, 2.0, 1e300)),
    "square": (np.square, lambda z: z * z, (-1e100, -3.0, 1e-100, 0.5, 1e100)),
    "reciprocal": (np.reciprocal, lambda z: 1 / z, (-1e100, -3.0, 1e-100, 0.5, 1e100)),
    "negative": (np.negative, lambda z: -z, (-2.0, 0.5)),
    "positive": (np.positive, lambda z: z, (-2.0, 0.5)),
    "cube": (lambda x: x**3, lambda z: z**3, (-1e60, -3.0, 1e-60, 0.5, 1e60)),
    "root": (lambda x: x**0.5, mpmath.sqrt, (1e-300, 0.5, 1e60)),
    "inverse square": (lambda x: x**-2, lambda z: z**-2, (-1e60, -3.0, 1e-60, 0.5, 1e60)),
    "power of 1.7": (lambda x: np.float_power(x, 1.7), lambda z: z ** mpmath.mpf(1.7), (1e-60, 0.5, 3.0, 1e60)),
    "two to the x": (lambda x: 2.0**x, lambda z: mpmath.mpf(2) ** z, (-300.0, -1.0, 1e-9, 3.0)),
    "x to the x": (lambda x: x**x, lambda z: z**z, (0.1, 0.7, 3.0)),
    "softplus": (lambda x: np.logaddexp(0.0, x), lambda z: mpmath.log(1 + mpmath.exp(z)), (-700.0, -40.0, 0.3, 710.0)),
    "softplus turned": (lambda x: np.logaddexp(x, 0.0), lambda z: mpmath.log(1 + mpmath.exp(z)), (-700.0, 0.3, 40.0)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda z: 1 / (1 + mpmath.exp(-z)), (-700.0, -40.0, 0.3, 40.0)),
    "quotient": (lambda x: (x + 2) / (3 - x), lambda z: (z + 2) / (3 - z), (-1.0, 0.5, 8.0)),
}  # fmt: skip


def cases() -> list[Any]:
    return [pytest.param(name, x, id=f"{name} at {x}") for name, (_, _, points) in POINTS.items() for x in points]


def precise(z: Any) -> Any:
    """A number for mpmath, exactly."""
    return mpmath.mpc(*z) if isinstance(z, tuple) else mpmath.mpf(z)


def size_of(x: float, exponent: int) -> float:
    """A power of two beside which x is large."""
    return 2.0 ** max(min(exponent, int(np.frexp(x)[1]) - 30), -1020)


def test_every_function_of_the_table_has_points() -> None:
    named = {name for name, (function, _, _) in POINTS.items() if isinstance(function, np.ufunc)}
    others = {
        "add",
        "subtract",
        "multiply",
        "divide",
        "power",
        "float_power",
        "logaddexp",
    }  # by their own rows and tests
    assert named | others == set(ANALYTIC)


@pytest.mark.parametrize("exponent", [-664, -332, -60])
@pytest.mark.parametrize(("name", "x"), cases())
def test_the_imaginary_part_carries_the_derivative(name: str, x: float, exponent: int) -> None:
    function, theirs, _ = POINTS[name]
    h = size_of(x, exponent)
    found = function(Complexes(np.array(x), h))
    with mpmath.workprec(3000):
        exact = theirs(precise((x, h)))
        for mine, want in ((found.parts[0], exact.real), (found.parts[1], exact.imag)):
            assert np.isfinite(mine)
            assert abs(precise(float(mine)) - want) <= UNITS * UNIT * abs(want) + mpmath.mpf(2) ** -1070


@pytest.mark.parametrize(("name", "x"), [c for c in cases() if "softplus" not in str(c.values[0])])
def test_at_a_tiny_step_the_real_part_is_the_real_functions_value_bit_by_bit(name: str, x: float) -> None:
    function = POINTS[name][0]
    for step in (2.0**-664, 2.0**-332):
        if step <= abs(x) * 2.0**-30:
            assert function(Complexes(np.array([x]), step)).parts[0].tolist() == function(np.array([x])).tolist()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["exp", "expm1", "log", "log1p", "tanh", "sinh", "cosh", "sin", "cos", "sqrt", "square"]),
    st.floats(0.1, 3.0), st.floats(-0.05, 0.05),
)  # fmt: skip
def test_the_identities_hold_for_imaginary_parts_of_any_size(name: str, a: float, b: float) -> None:
    """Relative to the modulus: near a zero of one part alone its digits are the argument's affair."""
    function, theirs, _ = POINTS[name]
    found = function(Complexes(np.array(a), b))
    with mpmath.workprec(300):
        exact = theirs(precise((a, b)))
        mine = mpmath.mpc(float(found.parts[0]), float(found.parts[1]))
        # tan b and b/a come in rounded; none of these functions magnifies that beyond the larger of |f| and |z|.
        assert abs(mine - exact) <= UNITS * UNIT * max(abs(exact), 1)


def test_the_derivative_of_logaddexp_is_a_soft_choice_for_either_order_and_at_a_tie() -> None:
    h = 2.0**-332
    for x, y in ((1.0, 1.0), (-3.0, 2.0), (2.0, -3.0), (800.0, -800.0), (-800.0, 800.0)):
        found = np.logaddexp(Complexes(np.array(x), h), y)
        with mpmath.workprec(3000):
            exact = 1 / (1 + mpmath.exp(precise(y) - precise(x)))
            assert abs(precise(float(found.parts[1] / h)) - exact) <= UNITS * UNIT * exact + mpmath.mpf(2) ** -700
            value = mpmath.log(mpmath.exp(precise(x)) + mpmath.exp(precise(y)))
            assert abs(precise(float(found.parts[0])) - value) <= UNITS * UNIT * abs(value)


# --- linear algebra is exact on small whole numbers -------------------------------------------------------------------


def whole(*shape: int, seed: int = 0) -> tuple[Complexes, Array]:
    """Small whole numbers, as ours and as NumPy's complex numbers: nothing rounds in either."""
    rng = np.random.default_rng([seed, *shape])
    a, b = (rng.integers(-9, 10, shape).astype(np.float64) for _ in range(2))
    return Complexes(a, b), a + 1j * b


def same(mine: Complexes, want: Any) -> None:
    assert isinstance(mine, Complexes)
    assert mine.shape == np.shape(want)
    assert mine.parts[0].tolist() == np.real(want).tolist()
    assert mine.parts[1].tolist() == np.imag(want).tolist()


LINEAR: dict[str, Function] = {
    "sum": np.sum, "sum of rows": lambda x: x.sum(axis=0), "kept": lambda x: x.sum(axis=1, keepdims=True),
    "mean": lambda x: np.mean(x, axis=1), "transposed": lambda x: x.T, "flat": lambda x: x.reshape(-1),
    "row": lambda x: x[1], "mask": lambda x: x[:, np.array([True, False, True, False])],
    "cumsum": lambda x: np.cumsum(x, 1), "joined": lambda x: np.concatenate([x, 2 * x]),
    "stacked with plain": lambda x: np.stack([x, np.ones((3, 4))]), "square": lambda x: x * x,
    "times": lambda x: 3 * x - x * 2.0 + 1, "matrix": lambda x: x @ x.T,
    "left": lambda x: np.arange(6.0).reshape(2, 3) @ x, "right": lambda x: x @ np.arange(8.0).reshape(4, 2),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x), "dot": lambda x: np.dot(x[0], x[1]),
    "outer": lambda x: np.outer(x[0], x[:, 0]), "where": lambda x: np.where(np.eye(3, 4) > 0, x, 7.0),
    "tiled": lambda x: np.tile(x, 2), "difference": lambda x: np.diff(x, axis=0),
    "product": lambda x: np.prod(x, axis=0), "cubed": lambda x: x * x * x, "trace": np.trace,
    "broadcast": lambda x: x + x[:, :1] - x[:1],
}  # fmt: skip


@pytest.mark.parametrize("name", LINEAR)
def test_sums_products_and_moves_are_those_of_complex_numbers(name: str) -> None:
    mine, theirs = whole(3, 4)
    same(LINEAR[name](mine), LINEAR[name](theirs))


def test_division_is_exact_where_it_comes_out_whole() -> None:
    top, bottom = whole(4, seed=1)[1], np.array([1.0, 2.0, -4.0, 8.0])
    same(Complexes(top.real, top.imag) / bottom, top / bottom)
    same(1 / Complexes(bottom), (1 / bottom).astype(complex))


def test_writing_into_elements_keeps_the_derivative() -> None:
    x, z = whole(5)
    out = np.zeros_like(x)
    copy = np.zeros(5, dtype=complex)
    for i in range(5):
        out[i] = x[i] * x[-1 - i]
        copy[i] = z[i] * z[-1 - i]
    out += x
    same(out, copy + z)
    with pytest.raises((Unsupported, ValueError)):  # NumPy says it in its own words
        np.zeros(5)[0] = x[0]
    plain = np.zeros(5)
    with pytest.raises(Unsupported, match="in-place add into a plain"):
        plain += x


# --- precision and edges ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 1 / (1 + np.exp(-x)), lambda x: x**2, lambda x: x**2.5, lambda x: 0.5 * x + 1, np.tanh, np.logaddexp,
        lambda x: np.sqrt(x) / 3, np.mean, np.var,
        lambda x: x.reshape(1, 2) @ x.reshape(2, 1), lambda x: np.ones(2, np.float32) * x,
        lambda x: np.where(np.ones(2) > 0, x, 0),
    ],
)  # fmt: skip
def test_float32_stays_float32_beside_python_numbers(function: Function) -> None:
    x = Complexes(np.array([0.5, 2.0], dtype=np.float32), 1e-12)
    found = function(x, 0.0) if function is np.logaddexp else function(x)
    assert [part.dtype for part in found.parts] == [np.float32, np.float32]


def test_a_float64_array_widens_float32_as_in_numpy() -> None:
    found = Complexes(np.ones(2, dtype=np.float32), 1.0) * np.ones(2)
    assert {part.dtype for part in found.parts} == {np.dtype(np.float64)}


def test_an_imaginary_part_of_one_number_stands_for_all_and_none_means_no_derivative() -> None:
    assert Complexes(np.ones(3), 2.0).parts[1].tolist() == [2.0, 2.0, 2.0]
    assert Complexes(np.ones(3)).parts[1].tolist() == [0.0, 0.0, 0.0]
    assert Complexes(np.array([1, 2])).dtype == np.float64


@pytest.mark.parametrize("bad", [1j, np.array([1 + 2j]), "x", np.array([object()])])
def test_what_holds_no_real_numbers_is_refused(bad: Any) -> None:
    with pytest.raises(Unsupported, match="floating-point numbers"):
        Complexes(bad)


@pytest.mark.parametrize(
    ("function", "x"),
    [(np.log, -1.0), (np.log1p, -2.0), (np.sqrt, -1.0), (lambda x: x**0.5, -1.0), (lambda x: x**-1, 0.0)],
)
def test_outside_its_domain_the_real_part_is_not_finite_as_the_real_function_is_not(
    function: Function, x: float
) -> None:
    found = function(Complexes(np.array([x]), 2.0**-300))
    with np.errstate(all="ignore"):
        real = function(np.array([x]))
    assert not np.isfinite(real).any()
    assert not np.isfinite(found.parts[0]).any()


@pytest.mark.parametrize(
    ("power", "slope"), [(0, 0.0), (1, 1.0), (2, 0.0), (3, 0.0), (1.5, 0.0), (0.5, np.nan), (-1, np.nan)]
)
def test_a_power_at_zero_has_the_slope_that_it_has_or_none(power: float, slope: float) -> None:
    h = 2.0**-300
    found = Complexes(np.zeros(1), h) ** power
    assert np.array_equal(found.parts[1] / h, [slope], equal_nan=True)
    with np.errstate(all="ignore"):
        assert found.parts[0].tolist() == (np.zeros(1) ** power).tolist()


def test_zero_to_a_positive_power_does_not_change_with_the_power() -> None:
    found = np.zeros(1) ** Complexes(np.array([2.0]), 2.0**-300)
    assert (found.parts[0].tolist(), found.parts[1].tolist()) == ([0.0], [0.0])


# --- what is not analytic ---------------------------------------------------------------------------------------------

REFUSED: dict[str, Function] = {
    "maximum": lambda x: np.maximum(x, 0), "minimum": lambda x: np.minimum(0, x), "fmax": lambda x: np.fmax(x, 0),
    "max": np.max, "min": lambda x: x.min(), "argmax": np.argmax, "argmin": lambda x: x.argmin(),
    "clip": lambda x: np.clip(x, 0, 1), "where": lambda x: np.where(x > 0, x, 0),
    "a condition of ours": lambda x: np.where(x, x, 0), "greater": lambda x: x > 0, "less": lambda x: np.less(0, x),
    "at least": lambda x: x >= 0, "equal": lambda x: x == 0, "not equal": lambda x: x != 0, "abs": abs,
    "absolute": np.absolute, "fabs": np.fabs, "sign": np.sign, "conj": np.conj, "conjugate": lambda x: x.conjugate(),
    "conj of ours": lambda x: x.conj(), "real": np.real, "imag": np.imag, "real part": lambda x: x.real,
    "imaginary part": lambda x: x.imag, "angle": np.angle, "floor": np.floor, "rint": np.rint, "round": np.round,
    "ceil": np.ceil, "remainder": lambda x: x % 2, "whole division": lambda x: x // 2,
    "hypot": lambda x: np.hypot(x, x), "arctan2": lambda x: np.arctan2(x, 1),
    "heaviside": lambda x: np.heaviside(x, 0.5), "copysign": lambda x: np.copysign(1.0, x), "isnan": np.isnan,
    "isfinite": np.isfinite, "signbit": np.signbit, "sort": np.sort, "argsort": np.argsort, "sorted": sorted,
    "median": np.median, "unique": np.unique, "searchsorted": lambda x: np.searchsorted(np.arange(3.0), x),
    "nan to num": np.nan_to_num, "norm of order 1": lambda x: np.linalg.norm(x, 1),
    "norm without order": lambda x: np.linalg.norm(x, np.inf), "float": lambda x: float(x[0]),
    "int": lambda x: int(x[0]), "complex": lambda x: complex(x[0]), "truth": lambda x: bool(x[0]),
    "item": lambda x: x[0].item(), "list": lambda x: x.tolist(), "as floats": lambda x: np.asarray(x, dtype=float),
    "as whole numbers": lambda x: x.astype(int), "as truths": lambda x: x.astype(bool),
    "array equal": lambda x: np.array_equal(x, x), "count": np.count_nonzero, "any": np.any, "all": np.all,
    "logical": np.logical_not,
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_whatever_would_drop_the_derivative_raises(name: str) -> None:
    with pytest.raises(Unsupported):
        REFUSED[name](Complexes(np.array([0.5, -0.25, 1.5]), 1e-100))


def test_the_refusal_names_the_function() -> None:
    with pytest.raises(Unsupported, match=r"np\.maximum does not run on Complexes"):
        np.maximum(Complexes(np.ones(2)), 0)


@pytest.mark.parametrize("method", ["sort", "argsort", "partition", "argpartition"])
def test_sorting_is_refused_with_the_reason(method: str) -> None:
    x = Complexes(np.array([2.0, 1.0]), 1e-20)
    with pytest.raises(Unsupported, match="no order"):
        getattr(x, method)()
    with pytest.raises(Unsupported):
        getattr(np, method)(x, *([0] if "partition" in method else []))
