"""The exhaustive check: the pass that is moved, and the slopes of a column by differences, with their errors."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest

from manual import losses
from manual.activations import g
from tests.units_subjects import Array, Cubic, Walled, moved
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.rounding import UNIT, up
from verify.errors import UserError
from verify.units.base import Base, base
from verify.units.differences import differences, noises


def net(
    *widths: int, m: int = 3, activations: tuple[str, ...] = (), **parameters: Any
) -> tuple[Array, Array, Any, Any]:
    names = activations or ("linear",) * (len(widths) - 2) + ("sigmoid",)
    X = np.arange(1.0, widths[0] * m + 1).reshape(widths[0], m) / 8
    Y = np.tile([[0.0, 1.0]], (widths[-1], m))[:, :m]
    given = {}
    for l in range(1, len(widths)):
        given[f"W{l}"] = parameters.get(f"W{l}", np.ones((widths[l], widths[l - 1])))
        given[f"b{l}"] = parameters.get(f"b{l}", np.zeros((widths[l], 1)))
    return X, Y, given, names


def test_the_pass_is_exact_at_its_own_floats_and_else_bounded_from_the_first_layer_on() -> None:
    third = np.full((2, 2), 1 / 3)
    X, Y, parameters, names = net(2, 2, 1, W1=third)
    own, other = (base(X, Y, parameters, names, rounded) for rounded in (False, True))
    for at in (own, other):
        assert (at.depth, at.m, sorted(at.Z), sorted(at.A)) == (2, 3, [1, 2], [0, 1, 2])
        assert at.A[0] is X
        assert at.Z[1].value.tolist() == (third @ X).tolist() == at.A[1].value.tolist()
    assert not own.Z[1].err.any()
    assert not own.Z[2].err.any()
    assert (other.Z[1].err > 0).all()
    assert (other.A[1].err > 0).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"W2": np.ones((0, 2))}, "W2 has shape (0, 2), which holds nothing; every layer needs a unit"),
        ({"Y": np.ones((2, 3))}, "Y has shape (2, 3); this network and X want (1, 3)"),
        ({"Y": np.full((1, 3), 0.5)}, "Y holds 0.5 at [0, 0]; a label is 0 or 1"),
        ({"b1": np.array([[0.0], [inf]])}, ("Z1 is inf at [1, 0]: the forward is not finite there, so it has no "
         "derivative; give smaller parameters, or scale the data")),
        ({"activations": ("linear", "linear"), "b2": np.array([[-3.0]])}, ("the loss is nan at [0, 0]: the forward "
         "is not finite there, so it has no derivative; give smaller parameters, or scale the data")),
    ],
)  # fmt: skip
def test_what_cannot_be_passed_is_told_in_a_sentence(changes: dict[str, Any], said: str) -> None:
    changes = dict(changes)
    Y, names = changes.pop("Y", None), changes.pop("activations", ())
    X, labels, parameters, activations = net(2, 2, 1, activations=names)
    with pytest.raises(UserError) as raised:
        base(X, labels if Y is None else Y, {**parameters, **changes}, activations, False)
    assert str(raised.value) == said


def test_the_loss_is_that_of_z_from_where_1_minus_a_loses_digits() -> None:
    X, _Y, parameters, names = net(1, 1, m=4, W1=np.array([[1.0]]))
    X = np.array([[1.0, np.nextafter(1, 0), -1.0, 0.25]])
    at = base(X, np.array([[0.0, 1.0, 1.0, 0.0]]), parameters, names, False)
    z, a = at.Z[1].value, at.A[1].value
    sound, plain = losses.cross_entropy_sound(z, at.Y), losses.cross_entropy(a, at.Y)
    assert at.loss(z, a).tolist() == np.where([True, False, True, False], sound, plain).tolist()
    bounded, low = at.loss(at.Z[1], at.A[1]), losses.cross_entropy_sound(at.Z[1], at.Y)
    high = losses.cross_entropy(at.A[1], at.Y)
    assert bounded.err.tolist() == np.where([True, False, True, False], low.err, high.err).tolist()
    assert (low.err != high.err).all()
    assert at.loss(z[:, :1], a[:, :1], (slice(None), np.array([0]))).tolist() == sound[:, :1].tolist()
    here = np.array([0, 0]), np.array([3, 2])
    assert at.loss(z[here], a[here], here).tolist() == [plain[0, 3], sound[0, 2]]
    # A linear output has no z of its own.
    linear = base(np.full((1, 4), 0.25), at.Y, {"W1": np.ones((1, 1)), "b1": np.zeros((1, 1))}, ("linear",), False)
    assert linear.loss(7.0, 0.25).tolist() == losses.cross_entropy(0.25, at.Y).tolist()


@pytest.mark.parametrize(
    ("block", "sizes"),
    [(8, {1: [2, 2, 2, 2, 1], 2: [2, 2, 2], 3: [8, 4], 4: [3]}), (1, {4: [1, 1, 1]}), (2**16, {1: [9], 3: [12]})],
)
def test_a_block_holds_as_many_columns_as_the_widest_layer_above_allows(
    block: int, sizes: dict[int, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verify.units.base.BLOCK", block)
    at = base(*net(1, 3, 2, 4, 1), False)
    for layer, lengths in sizes.items():
        found = list(at.blocks(layer))
        assert [len(units) for units, _ in found] == lengths
        where = [pair for units, examples in found for pair in zip(units.tolist(), examples.tolist(), strict=True)]
        assert where == list(np.ndindex(at.Z[layer].shape))


# --- differences ------------------------------------------------------------------------------------------------------
class Waves(Base):
    """With the cube of what A[L] is beside a whole number for a loss: that is exact for a step next to one."""

    def loss(self, Z: Any, A: Any, here: Any = ...) -> Any:
        beside = A - np.rint(A)
        return beside * beside * beside


def test_a_difference_of_one_layer_is_that_of_two_steps_in_proportion_to_z() -> None:
    """Of d³ the slope over h/2 is 3d² + h²/4, and by 3h²/4 more over h; h is 2⁻¹⁷ times the power of 2 above |z|."""
    at = moved(Waves, [1.0, -3.0, 0.25, 0.125], ("linear",), [[1.0], [2.0]])
    units, examples, noise = np.array([0, 0, 1, 0, 1]), np.array([0, 1, 1, 2, 3]), np.array([0, 3, 5, 7]) * 2.0**-80
    found = differences(at, 1, units, examples, noise)
    d, h = np.array([0, 0, 0, 0.25, 0.25]), np.array([1, 4, 8, 1, 1]) * 2.0**-17
    assert found.steps.tolist() == h.tolist()
    assert found.values.tolist() == (3 * d**2 + h**2 / 4).tolist()
    rounding = (2 * noise[examples] + 4 * UNIT * np.abs(found.values * h)) / h
    assert found.errors.tolist() == up(3 * h**2 / 4 + rounding).tolist()
    assert found.crossed.tolist() == [False] * 5


def test_differences_go_through_the_layers_above_and_sum_the_losses_of_all_outputs() -> None:
    """Two linear layers above: unit i moves the outputs by V = W3 W2[:, i]; Σ (Z + Vh)³ has the slope Σ 3Z²V + V³h²."""
    W2, W3 = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[2.0, 1.0], [-1.0, 4.0]])
    at = moved(Cubic, [1.0, -0.5], ("linear",) * 3, [[1.0], [0.5]], W2, W3)
    for l, V in ((1, W3 @ W2), (2, W3), (3, np.eye(2))):
        for i, k in np.ndindex(2, 2):
            found = differences(at, l, np.array([i]), np.array([k]), np.zeros(2))
            h, Z = found.steps[0] / 2, at.Z[3].value[:, k]
            want = np.sum(3 * Z**2 * V[:, i] + V[:, i] ** 3 * h**2) if l < 3 else 3 * Z[i] ** 2 + h**2
            # The points are exact; each cube rounds twice, at either end, and so do the quotients.
            assert abs(found.values[0] - want) <= 8 * UNIT * np.sum(np.abs(Z) ** 3) / h


@pytest.mark.parametrize(
    ("z", "shorter", "crossed"),
    [(1.0, 0, False), (2.0**-20, 1, False), (-(2.0**-20), 1, False), (2.0**-30, 2, False), (2.0**-40, 2, True),
     (0.0, 2, True), (2.0**-17, 1, False), (1.5 * 2.0**-17, 0, False)],
)  # fmt: skip
@pytest.mark.parametrize("layers", [1, 2])
def test_a_step_across_a_kink_is_shorter_by_a_thousandth_twice_at_most(
    z: float, shorter: int, crossed: bool, layers: int
) -> None:
    names = ("leaky_relu",) if layers == 1 else ("linear", "leaky_relu")
    at = moved(Cubic, [z, 1.0], names, *[1.0] * layers)
    found = differences(at, 1, np.array([0, 0]), np.array([1, 0]), np.zeros(2))
    assert found.crossed.tolist() == [False, crossed]
    assert found.steps.tolist() == [2.0**-17, 2.0 ** -(17 + 10 * shorter)]


def test_a_kink_of_any_unit_above_is_crossed_and_of_a_layer_without_kinks_none_is() -> None:
    for names, crossed in (
        (("linear", "relu", "relu"), True),
        (("linear", "relu", "linear"), True), (("linear", "linear", "relu"), False),
        (("relu", "linear", "linear"), False)
    ):  # fmt: skip
        # Unit 1 of layer 1, which does not move, makes the first of layer 2 be at 0.
        at = moved(Cubic, [1.0], names, [[1.0], [1.0]], [[1.0, -1.0], [1.0, 1.0]], [[1.0, 1.0]])
        found = differences(at, 1, np.array([0]), np.array([0]), np.zeros(1))
        assert found.crossed.tolist() == [crossed]


def test_where_a_step_is_not_finite_nothing_is_known() -> None:
    for z, finite in ((1.0, False), (1 - 2.0**-17, True), (1 - 2.0**-19, False)):
        at = moved(Walled, [z], ("linear",), 1.0)
        with np.errstate(all="ignore"):
            found = differences(at, 1, np.array([0]), np.array([0]), np.zeros(1))
        assert np.isfinite(found.errors).tolist() == [finite]
        assert finite or (found.values.tolist(), found.errors.tolist()) == ([0], [inf])


def test_the_noise_is_twice_what_rounding_may_do_from_the_moved_layer_on() -> None:
    W2, W3 = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[2.0, 1.0], [-1.0, 4.0], [0.5, 0.25]])
    at = moved(Cubic, [1.0, -0.5, 3.0], ("tanh", "sigmoid", "linear"), [[1.0], [0.5]], W2, W3)

    def cube(Z: Bounds) -> Array:
        return np.asarray((Z * Z * Z).err)

    def rounded(value: Array, off: Array) -> Bounds:
        """Two units of W beside each sum: the bound is wide enough for them, and for its own two products."""
        return Bounds(value, up((off + 4 * UNIT * np.abs(value)) * (1 + 4 * UNIT)))

    assert noises(at, 3).tolist() == (2 * np.max(cube(Bounds.of(at.Z[3].value)), axis=0)).tolist()
    A2 = g("sigmoid")(Bounds.of(at.Z[2].value))
    # Whichever unit of layer 2 moves: its A is off by the widest, times the largest of its weights.
    Z3 = rounded(at.Z[3].value, np.abs(W3).max(axis=1, keepdims=True) * A2.err.max(axis=0))
    assert noises(at, 2).tolist() == (2 * np.sum(cube(Z3), axis=0)).tolist()
    A1 = g("tanh")(Bounds.of(at.Z[1].value))
    Z2 = rounded(at.Z[2].value, np.abs(W2).max(axis=1, keepdims=True) * A1.err.max(axis=0))
    Z3 = rounded(at.Z[3].value, np.abs(W3) @ g("sigmoid")(Z2).err)
    assert noises(at, 1).tolist() == (2 * np.sum(cube(Z3), axis=0)).tolist()
