"""The complex identities are exact for any imaginary part: on balls they enclose what Arb's own functions give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import acb, arb

from verify.arithmetic.balls import SHARP, Balls, precision
from verify.arithmetic.complexes import ANALYTIC, Complexes
from verify.arithmetic.duck import Unsupported

# Imaginary parts beside which the real part is not large: nothing of second order in them is below any digit.
RIGHT = [(0.5, 0.75), (3.0, -1.25), (0.125, 0.5)]
EVERYWHERE = [*RIGHT, (-0.75, 1.5), (-2.0, -0.25)]

ONE: dict[str, Callable[[acb], acb]] = {
    "negative": lambda z: -z, "positive": lambda z: z, "square": lambda z: z * z, "reciprocal": lambda z: 1 / z,
    "exp": acb.exp, "expm1": lambda z: z.exp() - 1, "log": acb.log, "log1p": lambda z: (1 + z).log(),
    "tanh": acb.tanh, "sinh": acb.sinh, "cosh": acb.cosh, "sin": acb.sin, "cos": acb.cos, "sqrt": acb.sqrt,
}  # fmt: skip
TWO: dict[str, Callable[[acb, acb], acb]] = {
    "add": lambda z, w: z + w, "subtract": lambda z, w: z - w, "multiply": lambda z, w: z * w,
    "divide": lambda z, w: z / w, "power": lambda z, w: z**w, "float_power": lambda z, w: z**w,
    "logaddexp": lambda z, w: (z.exp() + w.exp()).log(),
}  # fmt: skip
# Elsewhere the identity is not the principal branch: the real function is not real there.
POSITIVE = {"log", "log1p", "sqrt", "power", "float_power"}


def held(name: str, function: Callable[..., acb], *operands: tuple[float, float]) -> None:
    with precision(160):
        want = function(*(acb(*z) for z in operands))
        found = ANALYTIC[name](*((Balls.of([a]), Balls.of([b])) for a, b in operands))
        for part, true in zip(found, (want.real, want.imag), strict=True):
            (ball,) = part.parts[0]
            assert ball.overlaps(true)
            assert ball.rad() <= arb(SHARP)


def test_every_analytic_function_is_held_to_arbs_own_here() -> None:
    assert set(ONE) | set(TWO) == set(ANALYTIC)


@pytest.mark.parametrize("name", ONE)
def test_a_function_of_one_number_is_the_complex_function(name: str) -> None:
    for z in RIGHT if name in POSITIVE else EVERYWHERE:
        held(name, ONE[name], z)


@pytest.mark.parametrize("name", TWO)
def test_a_function_of_two_numbers_is_the_complex_function(name: str) -> None:
    for z in RIGHT if name in POSITIVE else EVERYWHERE:
        for w in (*EVERYWHERE, (0.5, 0.0), (1.5, -0.5)):
            held(name, TWO[name], z, w)


# --- the array around them --------------------------------------------------------------------------------------------
SINGLE = Complexes(np.array([0.5, 2.0], np.float32), np.array([0.25, -1.0], np.float32))
STEP = Complexes(np.array([0.5, 2.0]), np.array([0.25, -1.0]))


def parts(x: Complexes) -> list[Any]:
    return [part.tolist() for part in x.parts]


def test_numpys_own_names_run_exactly_where_nothing_rounds() -> None:
    z = Complexes(np.array([0.5, -2.0]), np.array([0.5, 2.0]))
    assert parts(+z) == [[0.5, -2.0], [0.5, 2.0]]
    assert parts(-z) == [[-0.5, 2.0], [-0.5, -2.0]]
    assert parts(np.square(z)) == [[0.0, 0.0], [0.5, -8.0]]
    assert parts(np.reciprocal(z)) == [[1.0, -0.25], [-1.0, -0.25]]


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float32, np.float64])
def test_whole_numbers_and_truths_become_float64_and_floats_stay_what_they_are(dtype: Any) -> None:
    x = Complexes(np.array([1, 0], dtype), 2)
    assert parts(x) == [[1.0, 0.0], [2.0, 2.0]]
    assert [part.dtype for part in x.parts] == [dtype if np.dtype(dtype).kind == "f" else np.float64] * 2


def test_what_is_written_into_a_view_is_written_in_both_parts() -> None:
    x = Complexes(np.zeros((2, 2)), np.ones((2, 2)))
    x.T[0] = Complexes(np.array(3.0), 4.0)
    assert parts(x) == [[[3, 0], [3, 0]], [[4, 1], [4, 1]]]


def test_one_imaginary_part_for_all_can_be_written_into() -> None:
    x = Complexes(np.zeros(2), 1.0)
    x[0] = 2.0
    assert parts(x) == [[2.0, 0.0], [0.0, 1.0]]


def test_its_text_shows_both_parts() -> None:
    assert repr(STEP) == "Complexes(array([0.5, 2. ]), array([ 0.25, -1.  ]))"


@pytest.mark.parametrize(
    ("call", "want"),
    [
        (lambda x: np.stack([x[0], 3, 0.5]), [[0.5, 3, 0.5], [0.25, 0, 0]]),
        (lambda x: np.where([True, False], x, 7.0), [[0.5, 7.0], [0.25, 0]]),
        (lambda x: np.where([True, False], 7.0, x), [[7.0, 2.0], [0, -1.0]]),
        (lambda x: np.where([False, True], np.float32(3), x), [[0.5, 3], [0.25, 0]]),
        (lambda x: x.reshape(1, 2) @ np.array([[2], [4]], np.float32), [[[9.0]], [[-3.5]]]),
        (lambda x: np.array([[2, 4]], np.float32) @ x.reshape(2, 1), [[[9.0]], [[-3.5]]]),
        (lambda x: x.reshape(1, 2) @ x.reshape(2, 1), [[[3.1875]], [[-3.75]]]),
        (lambda x: x.sum(axis=0), [2.5, -0.75]),
    ],
)
def test_beside_plain_numbers_both_parts_stay_in_single_precision(call: Any, want: Any) -> None:
    for x in (SINGLE, STEP):
        assert parts(call(x)) == want
    assert [part.dtype for part in call(SINGLE).parts] == [np.float32] * 2


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: Complexes(1j), "Complexes hold floating-point numbers, not complex128"),
        (
            lambda x: np.maximum(x, 0),
            (
                "np.maximum does not run on Complexes: it is not among the analytic functions known here, and one that "
                "compares, rounds or takes a modulus would drop the derivative"
            ),
        ),
        (
            lambda x: np.where(x, x, 0),
            "np.where on a condition made of Complexes: complex numbers have no order",
        ),
        (np.max, "np.maximum along an axis does not run on Complexes: complex numbers have no order"),
        (lambda x: x.real, "real, imag and conj do not run on Complexes: they would drop the derivative"),
        (lambda x: x.conj(), "real, imag and conj do not run on Complexes: they would drop the derivative"),
        (lambda x: x.sort(), "sorting does not run on Complexes: complex numbers have no order"),
    ],
)
def test_what_would_drop_the_derivative_is_refused_in_one_sentence(call: Any, told: str) -> None:
    with pytest.raises(Unsupported) as refused:
        call(STEP)
    assert str(refused.value) == told
