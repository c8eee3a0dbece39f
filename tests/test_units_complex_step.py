"""The exhaustive check: the slopes of a column by the complex step, with their errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from manual.activations import g, sigmoid_sound
from tests.units_subjects import Cubic, moved, sharp
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.sided import Sided
from verify.units.base import base
from verify.units.complex_step import activated, on_kink, slopes
from verify.units.differences import differences, noises


# --- the complex step -------------------------------------------------------------------------------------------------
def enclosed(found: Bounds, *values: float) -> bool:
    return all(abs(found.value[0] - value) <= found.err[0] for value in values)


def test_a_slope_by_the_complex_step_is_enclosed_to_the_last_places_through_all_layers() -> None:
    W2, W3 = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[2.0, 1.0], [-1.0, 4.0]])
    at = moved(Cubic, [1.0, -0.5], ("linear",) * 3, [[1.0], [0.5]], W2, W3)
    for l, V in ((1, W3 @ W2), (2, W3), (3, np.eye(2))):
        units, examples = np.array([0, 1, 1]), np.array([1, 0, 1])
        found, kinked = slopes(at, l, units, examples)
        assert found.shape == kinked.shape == (3,)
        assert not kinked.any()
        for n, (i, k) in enumerate(zip(units, examples, strict=True)):
            assert sharp(found[n : n + 1], float(np.sum(3 * at.Z[3].value[:, k] ** 2 * V[:, i])))


def test_of_the_last_layer_each_column_has_its_own_label() -> None:
    """dL/dz is a − y, with either form of the loss."""
    z, labels = np.array([[0.5, 2.0, -3.0], [-0.25, 0.75, 1.0]]), np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    at = base(np.ones((1, 3)), labels, {"W1": np.zeros((2, 1)), "b1": np.zeros((2, 1))}, ("sigmoid",), False)
    at = replace(at, Z={1: Bounds.of(z)}, A={**at.A, 1: g("sigmoid")(Bounds.of(z))})
    units, examples = np.array([0, 1, 1, 0]), np.array([1, 2, 0, 2])
    found, _ = slopes(at, 1, units, examples)
    seen = differences(at, 1, units, examples, noises(at, 1))
    assert found.shape == seen.values.shape == (4,)
    for n, here in enumerate(zip(units, examples, strict=True)):
        want = float(1 / (1 + np.exp(-z[here])) - labels[here])
        assert sharp(found[n : n + 1], want)
        assert abs(seen.values[n] - want) <= seen.errors[n] <= 2.0**-30


@pytest.mark.parametrize(
    ("name", "left"), [("relu", 0.0), ("leaky_relu", 0.01), ("relu_left", 0.0), ("leaky_relu_left", 0.01)]
)
def test_at_its_own_kink_a_slope_is_enclosed_from_one_side_to_the_other(name: str, left: float) -> None:
    """Above it everything is in proportion to the slope there: 4·12, from the right, and `left` of it."""
    at = moved(Cubic, [0.0, 1.0], (name, "linear"), [[1.0], [2.0]], [[4.0, 1.0]])
    at = replace(
        at, Z={1: at.Z[1], 2: Bounds.of(np.array([[2.0, 6.0]]))}, A={**at.A, 2: Bounds.of(np.array([[2.0, 6.0]]))}
    )
    found, kinked = slopes(at, 1, np.array([0, 0]), np.array([0, 1]))
    assert kinked.tolist() == [True, False]
    right = 4 * 3 * 2.0**2
    assert sharp(found[:1], right * (1 + left) / 2, right * (1 - left) / 2)
    assert sharp(found[1:], 4 * 3 * 6.0**2)


def test_on_a_kink_what_the_slope_itself_may_be_off_by_is_enclosed_too() -> None:
    """Above it z is 2, give or take 1/2: from the right the slope is 4·3·1.5² to 4·3·2.5², and from the left 0."""
    at = moved(Cubic, [0.0], ("relu", "linear"), 1.0, 4.0)
    wide = Bounds(np.array([[2.0]]), np.array([[0.5]]))
    found, _ = slopes(replace(at, Z={**at.Z, 2: wide}, A={**at.A, 2: wide}), 1, np.array([0]), np.array([0]))
    assert enclosed(found, 12 * 2.5**2, 12 * 1.5**2, 0.0)
    assert found.err[0] <= (27 + 48 + 27) / 2 * (1 + 2.0**-20), "half of the slope and its error, and again"


def test_a_kink_above_is_told_of_the_columns_that_reach_it() -> None:
    """Unit 0 of layer 2 is at 0 in the first example; and within its bound, unit 1 in the second."""
    at = moved(Cubic, [0.0, 1.0], ("linear", "relu", "linear"), [[1.0], [1.0]], np.ones((2, 2)), [[1.0, 0.0]])
    units, examples = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
    for value, err, kinked in (
        ([[0.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [True, True, False, False]),
        ([[0.5, -0.5], [1.0, 1.0]], [[0.25, 0.25], [0.0, 1.0]], [False, False, True, True]),
    ):
        near = replace(at, Z={**at.Z, 2: Bounds(np.array(value), np.array(err))})
        assert slopes(near, 1, units, examples)[1].tolist() == kinked


def test_a_kink_is_open_where_its_bound_holds_it_and_the_step_reaches_it() -> None:
    at = moved(Cubic, [1.0], ("linear", "relu"), 1.0, 1.0)
    z = Bounds(np.array([0.5, -0.5, 0.5, 0.0, 0.0, 0.0]), np.array([0.5, 0.5, 0.25, 0.0, 0.0, 0.0]))
    step = Bounds(np.array([1.0, -1.0, 1.0, 0.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0, 1.0, 0.0]))
    assert on_kink(at, 2, Sided(z, step)).tolist() == [True, True, False, False, True, True]
    assert on_kink(at, 1, Sided(z, step)).tolist() == [False] * 6


@pytest.mark.parametrize(
    "names", [("tanh", "linear", "sigmoid"), ("linear", "tanh", "linear"), ("tanh", "relu", "tanh")]
)
def test_within_a_distance_every_slope_there_is_enclosed(names: tuple[str, ...]) -> None:
    W2, W3 = np.array([[4.0, -0.25], [0.125, 8.0]]), np.array([[4.0, 0.125], [-0.25, 2.0]])
    at = moved(Cubic, [0.25, -0.5], names, [[0.5], [0.25]], W2, W3)
    for l in (1, 2, 3):
        for i, k in np.ndindex(2, 2):
            here, d = (np.array([i]), np.array([k])), 2.0**-6
            found, _ = slopes(at, l, *here, within=np.array([d]))
            for t in (-d, -d / 2, 0.0, d / 2, d):
                value = at.Z[l].value.copy()
                value[i, k] += t
                Z, A = {l: value}, {l: g(names[l - 1])(value)}
                for n in range(l + 1, 4):
                    Z[n] = (W2, W3)[n - 2] @ A[n - 1]
                    A[n] = g(names[n - 1])(Z[n])
                near = replace(
                    at,
                    Z={**at.Z, **{n: Bounds.of(z) for n, z in Z.items()}},
                    A={**at.A, **{n: Bounds.of(a) for n, a in A.items()}},
                )
                exact, _ = slopes(near, l, *here)
                assert enclosed(found, float(exact.value[0]))
            assert found.err[0] < 2.0**12
            assert (found.err >= slopes(at, l, *here)[0].err).all()


def test_a_unit_far_on_its_flat_side_keeps_its_own_activation() -> None:
    for name, slope in (("leaky_relu", 0.01), ("relu", 0.0), ("linear", 1.0)):
        at = moved(Cubic, [-1000.0, 1.0], (name, "linear"), 1.0, 1.0)
        at = replace(
            at, Z={**at.Z, 2: Bounds.of(np.array([[2.0, 2.0]]))}, A={**at.A, 2: Bounds.of(np.array([[2.0, 2.0]]))}
        )
        found, _ = slopes(at, 1, np.array([0]), np.array([0]))
        assert sharp(found, 12 * slope) or slope == 0 == found.value[0]


def test_only_where_its_exponential_overflows_a_sigmoid_takes_its_sound_form() -> None:
    """At 0 that form has two kinks that cancel, and its slope there would be a set."""
    for z in (0.0, -700.0, np.nextafter(-700, -800), -1000.0):
        at = moved(Cubic, [z, -1000.0], ("sigmoid", "linear"), 1.0, 1.0)
        Z = Sided(at.Z[1], Bounds.of(np.ones((1, 2))))
        found = activated("sigmoid", Z)
        want = (sigmoid_sound if z < -700 else g("sigmoid"))(Sided(Bounds.of(np.array([z])), Bounds.of(np.ones(1))))
        for part, other in zip(found.parts, want.parts, strict=True):
            assert (part.value[0, 0], part.err[0, 0]) == (other.value[0], other.err[0])
