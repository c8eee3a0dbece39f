"""Bundles of slopes: carried together they are what they are one by one, and what is left out was nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from manual import losses
from manual.activations import ACTIVATIONS
from manual.deep import backward_blocks, forward_blocks
from tests.moving import exactly
from tests.test_jets import QUADRATIC, network
from verify.arithmetic import bundles
from verify.arithmetic.balls import FIRST_BITS, Balls, overlaps, precision
from verify.arithmetic.jets import Jets
from verify.arithmetic.kinks import Route
from verify.oracles import certificate as oracle
from verify.oracles.certificate import certificate
from verify.oracles.decide import decide

Array = np.ndarray[Any, Any]


def exact(x: Any) -> Array:
    """As an object array of enclosures."""
    return Balls.of(np.asarray(x, dtype=float)).parts[0]


def bundled(x: Array, rates: Array, counts: Sequence[int], still: Sequence[bool]) -> tuple[Jets, Array]:
    """x moving along these rates, in bundles, some of which stand still; and the rates with zeros there."""
    ends = np.cumsum(counts)
    parts = [rates[end - n : end] for end, n in zip(ends, counts, strict=True)]
    told = [None if off else exact(part) for part, off in zip(parts, still, strict=True)]
    return Jets(exact(x), told, counts), np.concatenate(
        [np.zeros_like(part) if off else part for part, off in zip(parts, still, strict=True)]
    )


# --- one pass for many directions, against a pass for each ------------------------------------------------------------
class Net:
    """A network of any activations, its output weighed by an upstream gradient."""

    def __init__(self, sizes: Sequence[int], m: int, activations: Sequence[str], seed: int) -> None:
        rng = np.random.default_rng([seed, 5])
        self.activations, self.dout = activations, rng.standard_normal((sizes[-1], m))
        self.inputs = {"X": rng.standard_normal((sizes[0], m))}
        for l in range(1, len(sizes)):
            self.inputs[f"W{l}"] = rng.standard_normal((sizes[l], sizes[l - 1]))
            self.inputs[f"b{l}"] = rng.standard_normal((sizes[l], 1))

    def forward(self, X: Any, **parameters: Any) -> Any:
        return forward_blocks(X, parameters, self.activations)[0]

    def together(self, bits: int = FIRST_BITS) -> dict[str, Balls]:
        with precision(bits):
            return dict(certificate(self.forward, self.inputs, tuple(self.inputs), self.dout, Route()).want)

    def one_by_one(self, bits: int = FIRST_BITS) -> dict[str, Balls]:
        found = {}
        for name, x in self.inputs.items():
            units = np.eye(x.size).reshape(x.size, 1, *x.shape)
            with precision(bits):
                each = [certificate(self.forward, self.inputs, [name], self.dout, Route(), {name: u}) for u in units]
            found[name] = Balls(np.array([e.want[name].parts[0][0] for e in each], dtype=object).reshape(x.shape))
        return found


@settings(max_examples=30)
@given(data=st.data(), seed=st.integers(0, 10**6), depth=st.integers(1, 4), m=st.integers(1, 4))
def test_a_pass_for_all_parameters_encloses_what_a_pass_for_each_does_and_as_sharply(
    data: st.DataObject, seed: int, depth: int, m: int
) -> None:
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=depth + 1, max_size=depth + 1))
    activations = data.draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), min_size=depth, max_size=depth))
    size = data.draw(st.sampled_from([1, 2, 5, oracle.BUNDLE]))
    net = Net(sizes, m, activations, seed)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(oracle, "BUNDLE", size)
        together = net.together()
    # Zeros that stand in a sum for the sake of other directions are terms of it: n terms may be rounded n times, where
    # the only one that is not 0 would be once, if at all.
    most = max(*sizes, sizes[-1] * m)
    alone, coarser = net.one_by_one(), net.one_by_one(FIRST_BITS - most.bit_length())
    for name in net.inputs:
        assert overlaps(together[name], alone[name]).all()
        assert together[name].widest() <= coarser[name].widest()


def test_the_enclosure_of_a_pass_for_all_would_not_hide_an_element_of_another_parameter() -> None:
    net = Net((3, 4, 2), 3, ("tanh", "sigmoid"), 1)
    together, alone = net.together(), net.one_by_one()
    for name, x in net.inputs.items():
        if x.size > 1:
            assert not overlaps(together[name].reshape(-1), np.roll(alone[name].reshape(-1), 1)).any()


# --- bundles that stand still -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", QUADRATIC)
@settings(max_examples=4)
@given(seed=st.integers(0, 10**6), still=st.lists(st.booleans(), min_size=3, max_size=3))
def test_a_bundle_that_stands_still_has_the_slopes_of_zeros_and_the_others_lose_none(
    name: str, seed: int, still: list[bool]
) -> None:
    rng = np.random.default_rng(seed)
    counts = (2, bundles.FEW, 3)
    x, *rates = rng.integers(-8, 9, (1 + sum(counts), 3, 4)).astype(float)
    rates = np.array(rates) * (rng.random((3, 4)) < 0.5)  # what no direction moves is left out
    moving, plain = bundled(x, rates, counts, still)
    whole = Jets(exact(x), [exact(plain)], [sum(counts)])
    found, want = QUADRATIC[name](moving), QUADRATIC[name](whole)
    assert exactly(found.value, want.value.mid())
    for one, other in zip(found.slopes, want.slopes, strict=True):
        assert exactly(one, other.mid())


def test_a_network_in_bundles_has_the_slopes_of_the_network_along_one_direction_at_a_time() -> None:
    rng = np.random.default_rng(8)
    x, rates = rng.integers(-7, 8, (3, 4)) / 4, rng.integers(-7, 8, (6, 3, 4)) / 2
    rates[1, 2:], rates[4, :, 1:] = 0, 0
    moving, plain = bundled(x, rates, (2, 1, 3), (False, True, False))
    with precision(FIRST_BITS):
        for slope, rate in zip(network(moving).slopes, plain, strict=True):
            (alone,) = network(Jets(exact(x), [exact(rate[None])], [1])).slopes
            assert overlaps(slope, alone).all()


def half_moving() -> tuple[Jets, Jets, Array]:
    """An array that stands still along the first of two bundles, one that does along the second, and what both hold."""
    x = np.array([[1.0, -2.0], [3.0, -4.0]])
    first, _ = bundled(x, np.arange(12.0).reshape(3, 2, 2) + 1, (2, 1), (True, False))
    second, _ = bundled(x, np.arange(12.0).reshape(3, 2, 2) + 1, (2, 1), (False, True))
    return first, second, np.arange(12.0).reshape(3, 2, 2) + 1


def test_writing_what_moves_into_what_stands_still_is_kept_also_through_a_view() -> None:
    writes: list[Callable[[Jets, Jets], None]] = [
        lambda z, y: z.__setitem__((0, slice(None)), y[1]), lambda z, y: z[0].__setitem__(slice(None), y[1]),
        lambda z, y: z.T[:, 0].__setitem__(slice(None), y[1]), lambda z, y: z.reshape(-1).__setitem__([0, 1], y[1]),
        lambda z, y: np.add(y[1], 0, out=z[0]),
    ]  # fmt: skip
    for write in writes:
        z, y, rates = half_moving()
        write(z, y)
        assert exactly(z.value, [[3, -4], [3, -4]])
        want = np.zeros((3, 2, 2))
        want[:2, 0], want[2, 1] = rates[:2, 1], rates[2, 1]
        for slope, rate in zip(z.slopes, want, strict=True):
            assert exactly(slope, rate)


def test_where_maximum_and_masks_take_their_slopes_from_the_bundle_that_has_them() -> None:
    z, y, rates = half_moving()
    mask = np.array([[True, False], [False, True]])
    both = np.where(mask, z, 2 * y)
    for slope, rate, factor in zip(both.slopes, rates, [[[0, 2], [2, 0]]] * 2 + [[[1, 0], [0, 1]]], strict=True):
        assert exactly(slope, rate * np.array(factor))
    ahead = np.maximum(z, 1.5 * y)  # 1.5y where it is positive, z elsewhere
    for slope, rate, factor in zip(ahead.slopes, rates, [[[1.5, 0], [1.5, 0]]] * 2 + [[[0, 1], [0, 1]]], strict=True):
        assert exactly(slope, rate * np.array(factor))
    largest = np.max(np.stack([z, 1.5 * y]), axis=0)
    assert all(exactly(s, t.mid()) for s, t in zip(largest.slopes, ahead.slopes, strict=True))
    z[z < 0] = y[y < 0]
    for slope, rate, factor in zip(z.slopes, rates, [[[0, 1], [0, 1]]] * 2 + [[[1, 0], [1, 0]]], strict=True):
        assert exactly(slope, rate * np.array(factor))


def test_at_a_tie_every_bundle_takes_the_same_side() -> None:
    w, u = np.array([1.0, -1.0]), np.array([2.0, -2.0])

    def forward(w: Any, u: Any) -> Any:
        return np.maximum(w + w[::-1], u + u[::-1])  # 0 and 0: the slopes of w, or those of u

    found = certificate(forward, {"w": w, "u": u}, ["w", "u"], np.array([1.0, 0.0]), Route())
    assert [k.index for k in found.kinks] == [(0,), (1,)]
    assert exactly(found.want["w"], [1, 1])
    assert exactly(found.want["u"], [0, 0])
    (kink, _) = found.kinks
    other = certificate(forward, {"w": w, "u": u}, ["w", "u"], np.array([1.0, 0.0]), Route({kink: (arb(0), arb(1))}))
    assert exactly(other.want["w"], [0, 0])
    assert exactly(other.want["u"], [1, 1])


# --- zeros are left out only where they are nothing -------------------------------------------------------------------
@pytest.mark.parametrize("unknown", [arb("nan"), arb("inf"), arb(0, "inf")])
def test_zero_times_what_is_not_finite_stays_unknown(unknown: arb) -> None:
    still = exact(np.zeros((2, 3, 4)))
    beside = exact(np.ones((4, 2)))
    beside[1, 0] = unknown
    assert not any(x.is_finite() for x in bundles.along(still, beside)[:, :, 0].ravel())
    moving = exact(np.zeros((bundles.FEW, 4)))
    moving[0, 3] = arb(1)
    factor = exact([2.0, 1.0, 5.0, 3.0])
    factor[1] = unknown
    found = bundles.times(moving, factor)
    assert [x.is_finite() for x in found[0]] == [x.is_finite() for x in found[1]] == [True, False, True, True]
    for divisor in (arb(0), arb(0, 1), arb("nan")):
        factor[1] = divisor
        found = bundles.over(moving, factor)
        assert [x.is_finite() for x in found[0]] == [x.is_finite() for x in found[1]] == [True, False, True, True]


def test_a_root_of_a_square_at_zero_has_no_slope_though_the_square_has_one_of_zero() -> None:
    for w, known in ((0.0, False), (3.0, True)):
        found = certificate(lambda w: np.sqrt(w * w), {"w": np.array([w])}, ["w"], np.ones(1), Route())
        assert found.want["w"].is_finite().tolist() == [known]
    wrong = decide(lambda w: np.sqrt(w * w), lambda w: {"w": 0 * w}, {"w": np.zeros(1)}, ["w"], np.ones(1))
    assert wrong.verdict == "undecided"


@settings(max_examples=30)
@given(st.lists(st.sampled_from([0.0, 1.0, -3.0]), min_size=24, max_size=24), st.data())
def test_what_may_be_zero_is_not_taken_for_zero(numbers: list[float], data: st.DataObject) -> None:
    s = exact(np.concatenate([np.array(numbers).reshape(2, 3, 4), np.zeros((bundles.FEW, 3, 4))]))
    right = exact(np.arange(8.0).reshape(4, 2) - 3)
    for _ in range(data.draw(st.integers(0, 3))):
        s[tuple(data.draw(st.integers(0, n - 1)) for n in s.shape)] = arb(0, 0.5)
    found = bundles.along(s, right)
    for k in range(len(s)):
        whole = s[k] @ right
        assert overlaps(Balls(found[k]), Balls(whole)).all()
        assert [x.is_exact() for x in found[k].ravel()] == [x.is_exact() for x in whole.ravel()]
    factor = exact(np.arange(4.0) - 1)
    assert [x.rad() for x in bundles.times(s, factor).ravel()] == [x.rad() for x in (s * factor).ravel()]


def test_an_array_with_more_axes_is_not_mistaken_for_directions() -> None:
    # Two directions, and two rows: broadcasting the one against the other would fit.
    x, rates = np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0, 0], [0, 1, 5]])
    y = np.array([[2.0, 3, 4], [5, 6, 7]])
    for found in (Jets(exact(x), [exact(rates)], [2]) * y, y * Jets(exact(x), [exact(rates)], [2])):
        assert [exactly(s, rate * y) for s, rate in zip(found.slopes, rates, strict=True)] == [True, True]
    for found in (Jets(exact(x), [exact(rates)], [2]) / y, Jets(exact(x), [exact(rates)], [2]) * y[:, :1]):
        assert [s.shape for s in found.slopes] == [(2, 3), (2, 3)]


# --- a network of 951 parameters, whole -------------------------------------------------------------------------------
@pytest.mark.parametrize("hidden", ["tanh", "relu"])
def test_one_wrong_element_of_951_parameters_is_found_and_named(hidden: str) -> None:
    rng = np.random.default_rng(3)
    sizes, activations = (70, 10, 20, 1), (hidden, hidden, "sigmoid")
    X, Y = rng.standard_normal((70, 20)), rng.integers(0, 2, (1, 20)).astype(float)
    inputs = {
        name: rng.standard_normal(shape) / np.sqrt(shape[1])
        for l in (1, 2, 3)
        for name, shape in ((f"W{l}", (sizes[l], sizes[l - 1])), (f"b{l}", (sizes[l], 1)))
    }
    assert sum(x.size for x in inputs.values()) == 951

    def backward(**parameters: Any) -> dict[str, Any]:
        AL, caches = forward_blocks(Balls.of(X), parameters, activations)
        grads = backward_blocks(AL, Y, caches)
        return {name: grads[f"d{name}"] for name in inputs}

    def forward(**parameters: Any) -> Any:
        return losses.cost(forward_blocks(X, parameters, activations)[0], Y)

    right = decide(forward, backward, inputs, tuple(inputs), np.array(1.0))
    assert right.verdicts == dict.fromkeys(inputs, "right")
    assert {name: x.shape for name, x in right.want.items()} == {name: x.shape for name, x in inputs.items()}

    dW2 = np.abs(right.want["W2"].mid())
    place = np.unravel_index(int(np.argmin(np.where(dW2 > 0, dW2, np.inf))), dW2.shape)  # the smallest that is not 0
    off = np.ones((20, 10))
    off[place] += 1e-12

    def slipped(**parameters: Any) -> dict[str, Any]:
        grads = backward(**parameters)
        return {**grads, "W2": grads["W2"] * off}

    wrong = decide(forward, slipped, inputs, tuple(inputs), np.array(1.0))
    assert wrong.verdicts == dict.fromkeys(inputs, "right") | {"W2": "wrong"}
    assert np.argwhere(~overlaps(wrong.mine["W2"], wrong.want["W2"])).tolist() == [[int(i) for i in place]]
