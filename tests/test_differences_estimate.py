"""Central differences, the whole estimate held: each element is the slope along its line, with all noise there is."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.duck import Unsupported
from verify.leaves import chosen
from verify.oracles.differences import differences
from verify.oracles.estimate import Estimate
from verify.oracles.slope import Line, Slope, slope, wobble

Array = np.ndarray[Any, Any]

X = np.array([[0.5, 0.0], [-0.75, 1.0]])
DOUT = np.array([[3.0, -5.0], [7.0, 2.0]])


def line(run: Callable[[Array], Array], x: Array, i: int, weight: Array, noise: float, **options: Any) -> Slope | str:
    """The slope along one element of x, by an oracle of one line; `noise` beside what is measured about x."""

    def at(value: float) -> Array:
        moved = x.copy()
        moved.flat[i] = value
        return run(moved)

    out = options.pop("out", run(x))
    heard = wobble(run, x, weight, out, options.pop("seed", 0))
    info = np.finfo(out.dtype)
    given = {"low": -inf, "high": inf, "noise": noise + heard, "heard": heard, "unit": float(info.eps) / 2, **options}
    least = float(np.sum(np.abs(weight))) * float(info.smallest_normal)
    with np.errstate(all="ignore"):
        return slope(Line(at, float(x.flat[i]), out=out, weight=weight, least=least, **given))


def held(found: Estimate, name: str, want: list[Slope | str]) -> None:
    """Each element is that slope with its error, or is left out with its reason."""
    known = [(s.value, s.error, False) if isinstance(s, Slope) else (nan, inf, True) for s in want]
    told = (found.gradients[name], found.errors[name], found.skipped[name])
    assert repr(list(zip(*(x.ravel().tolist() for x in told), strict=True))) == repr(known)


def test_the_whole_estimate_is_one_slope_an_element_and_says_why_others_are_left_out() -> None:
    """|x|·y, with a kink of x at [0, 1], and an end of its domain at [1, 1]; of three y two are drawn."""

    def forward(x: Any, p: Any) -> Any:
        return np.abs(x) * p["y"].sum()

    y = np.array([1.5, 2.0, -1.0], dtype=np.float32)
    found = differences(
        forward, {"x": X, "p": {"y": y}}, ["x", "p.y"], DOUT, 4, domain={"x": (-1.0, 1.0)}, at_most=4, seed=5
    )
    noise = float(np.sum(np.abs(DOUT / 4))) * 5e-324
    along = [line(lambda x: np.abs(x) * 2.5, X, i, DOUT / 4, noise, low=-1.0, high=1.0, seed=5) for i in range(4)]
    assert [isinstance(s, Slope) for s in along] == [True, False, True, False]
    held(found, "x", along)
    wide = y.astype(np.float64)
    held(found, "p.y", [line(lambda y: np.abs(X) * y.sum(), wide, i, DOUT / 4, noise, seed=5) for i in range(3)])
    assert found.notes == (
        "float32 inputs were taken at their exact values and run in float64",
        "x: 1 of 4 elements skipped, the first at [0, 1]: a kink within the step",
        "x: 1 of 4 elements skipped, the first at [1, 1]: on the edge of its domain, or outside",
    )
    assert found.value is not None
    assert (found.value.tolist(), found.value.dtype) == ((np.abs(X) * 2.5).tolist(), np.float64)
    assert found.gradients["x"][0, 0] > 0 > found.gradients["x"][1, 0]


def test_of_a_sample_each_reason_is_told_by_itself_and_beside_those_of_the_other_inputs() -> None:
    inputs = {"x": np.array([0.5, 0.25, -0.5]), "y": np.zeros(3)}
    found = differences(lambda x, y: x + np.abs(y), inputs, ["x", "y"], np.ones(3), at_most=2, seed=1)
    assert chosen(3, 2, 1).tolist() == [0, 2]
    assert found.notes == (
        "x: 1 of 3 elements skipped, the first at [1]: left out of the sample",
        "y: 2 of 3 elements skipped, the first at [0]: a kink within the step",
        "y: 1 of 3 elements skipped, the first at [1]: left out of the sample",
    )
    assert found.skipped["x"].tolist() == [False, True, False]
    assert found.skipped["y"].all()


def test_by_default_four_hundred_elements_are_drawn_by_the_seed_0() -> None:
    found = differences(lambda x: 2 * x, {"x": np.zeros(401)}, ["x"], np.ones(401), domain={"x": (0.0, 1.0)})
    (left,) = set(range(401)) - set(chosen(401, 400, 0).tolist())
    assert found.notes == (
        "x: 400 of 401 elements skipped, the first at [0]: on the edge of its domain, or outside",
        f"x: 1 of 401 elements skipped, the first at [{left}]: left out of the sample",
    )


def test_the_upstream_gradient_is_divided_by_nothing_unless_asked() -> None:
    for scale, want in (((), 3.0), ((2,), 1.5)):
        found = differences(lambda x: 2 * x, {"x": np.array([1.0])}, ["x"], np.array([1.5]), *scale)
        assert abs(found.gradients["x"][0] - want) <= found.errors["x"][0] < 0.5


@pytest.mark.parametrize("scale", [2.0**-1060, 1.0])
def test_every_output_may_be_off_by_the_least_float_and_by_the_callers_bound(scale: float) -> None:
    bound, x, weight = np.array([0.25, 0.5]) * scale, np.array([3.0, 5.0]), np.array([2.0, -1.0])
    for given, noise in ((bound, float(2 * bound[0] + bound[1])), (None, 0.0)):
        found = differences(lambda x: x * scale, {"x": x}, ["x"], weight, rounding=given)
        held(found, "x", [line(lambda x: x * scale, x, i, weight, noise + 3 * 5e-324) for i in range(2)])


def test_an_output_in_float32_has_that_precisions_roundoff_and_least_floats() -> None:
    x, weight = np.array([0.3, -0.7]), np.array([2.0, -1.0])
    for scale in (1.0, 2.0**-140, 0.0):

        def run(x: Any, scale: float = scale) -> Any:
            return (np.sin(x) * scale).astype(np.float32)

        found = differences(lambda x, run=run: run(x), {"x": x}, ["x"], weight)
        held(found, "x", [line(run, x, i, weight, 3 * 2.0**-149) for i in range(2)])


def test_between_two_runs_that_differ_the_difference_is_noise_of_every_run() -> None:
    for rounding in (None, np.array([0.5, 0.25])):
        calls = [0]

        def forward(x: Any, calls: list[int] = calls) -> Any:
            """1/16 more from the second call on."""
            calls[0] += 1
            return np.exp(x) + (0.0625 if calls[0] > 1 else 0.0)

        x, weight = np.array([0.3, -0.7]), np.array([2.0, -1.0])
        found = differences(forward, {"x": x}, ["x"], weight, rounding=rounding)
        out, more = np.exp(x), float(np.sum(np.abs(weight * (np.exp(x) + 0.0625 - np.exp(x)))))
        noise = 3 * 5e-324 + (0.0 if rounding is None else 1.25) + more
        held(found, "x", [line(lambda x: np.exp(x) + 0.0625, x, i, weight, noise, out=out) for i in range(2)])
        assert found.notes[0] == "the forward gives different values for the same inputs; taken as noise"


def test_values_that_are_rounded_inside_are_heard_and_enter_the_error() -> None:
    x, weight = np.array([0.3, -0.7]), np.array([2.0, -1.0])
    for decimals in (6, 10):
        found = differences(lambda x, d=decimals: np.round(np.sin(x), d), {"x": x}, ["x"], weight)
        held(found, "x", [line(lambda x, d=decimals: np.round(np.sin(x), d), x, i, weight, 15e-324) for i in range(2)])


def test_where_the_forward_is_not_finite_nothing_is_differentiated_and_nothing_is_called_noise_or_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = differences(
            lambda x, y: np.log(x) + np.exp(1000 * y), {"x": np.array([-1.0, 1.0]), "y": np.array([1.0, -9.0])},
            ["x", "y"], np.ones(2),
        )  # fmt: skip
    assert found.notes == tuple(
        f"{name}: 2 of 2 elements skipped, the first at [0]: the forward is not finite there" for name in "xy"
    )
    assert np.isnan(found.gradients["y"]).all()
    assert np.isinf(found.errors["y"]).all()


def test_an_overflow_beside_a_finite_point_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = differences(lambda x: 1 * np.exp(x), {"x": np.array([709.78])}, ["x"], np.ones(1))
    assert found.gradients["x"].shape == (1,)


def test_an_empty_leaf_keeps_its_shape() -> None:
    found = differences(lambda x, y: y + x.sum(), {"x": np.zeros((0, 3)), "y": np.ones(2)}, ["x", "y"], np.ones(2))
    assert [a["x"].shape for a in (found.gradients, found.errors, found.skipped)] == [(0, 3)] * 3
    assert found.notes == ()


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ((1.0,), "the forward returns a tuple; differences need one array"),
        (np.arange(3), "the forward returns int64; differences need floating-point numbers"),
    ],
)
def test_what_is_no_floating_array_is_refused_in_one_sentence(out: Any, said: str) -> None:
    with pytest.raises(Unsupported) as caught:
        differences(lambda x: out, {"x": np.ones(3)}, ["x"], np.ones(3))
    assert str(caught.value) == said
