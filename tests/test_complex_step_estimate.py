"""The complex step, the whole estimate held: of products it is the product rule, to the last bit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.complexes import Complexes
from verify.arithmetic.duck import Unsupported
from verify.leaves import chosen
from verify.oracles.complex_step import complex_step
from verify.oracles.estimate import Estimate
from verify.oracles.ladder import ladder

Array = np.ndarray[Any, Any]

X, Y = np.array([0.3, -1.2, 0.8]), np.array([0.7, 0.1, -0.9])
DOUT = np.array([3.1, -5.3, 0.27])
STRAY = "the real part is not the real run's"
SMALL = "so close to 0 that no step is small beside it, or the forward is not finite there"
BLANK = "float32 shows nothing about the rounding"


def product(x: Any, y: Any) -> Any:
    return x * x * y


def by_hand(weight: Array) -> Callable[[str, dict[str, Any]], dict[str, Array]]:
    """The product's gradients and its value, rounded as the parts of complex products are."""

    def compute(dtype: str, given: dict[str, Any]) -> dict[str, Array]:
        x, y, w = given["x"], given["y"], weight.astype(dtype)
        return {"x": w * (2 * x * y), "y": w * (x * x), "": x * x * y}

    return compute


def told(found: Estimate, name: str) -> str:
    return repr([x[name].tolist() for x in (found.gradients, found.errors, found.skipped)])


@pytest.mark.parametrize("options", [{}, {"samples": 2}, {"seed": 3}, {"samples": 3, "seed": 1}])
def test_the_gradient_and_its_error_are_those_of_the_ladder_of_the_product_rule(options: dict[str, int]) -> None:
    inputs = {"x": X, "y": Y, "z": np.array([1.5])}
    found = complex_step(lambda x, y, z: product(x, y), inputs, ["x", "y"], DOUT, 7, **options)
    want = ladder(by_hand(DOUT / 7), {"x": X, "y": Y}, **{"samples": 4, "seed": 0, **options})
    assert (told(found, "x"), told(found, "y")) == (told(want, "x"), told(want, "y"))
    assert found.notes == ()
    assert found.value is not None
    assert found.value.tolist() == product(X, Y).tolist()
    assert told(complex_step(product, {"x": X, "y": Y}, ["x"], DOUT), "x") != told(want, "x")


def test_only_what_is_differentiated_is_nudged() -> None:
    found = complex_step(product, {"x": X, "y": Y}, ["x"], DOUT)
    rule = by_hand(DOUT)
    want, all_nudged = (ladder(rule, {"x": X, "y": Y}, nudged=nudged) for nudged in (["x"], ["x", "y"]))
    assert told(found, "x") == told(want, "x")
    assert told(found, "x") != told(all_nudged, "x")


def test_an_input_that_is_refused_is_left_out_with_its_reason_and_the_others_stand() -> None:
    inputs = {"x": X, "y": Y.astype(np.float32), "z": np.array([0.5, -0.5])}
    wide, rule, drawn = Y.astype(np.float32).astype(np.float64), by_hand(DOUT), chosen(3, 2, 4)
    assert drawn.tolist() == [0, 1]
    found = complex_step(
        lambda x, y, z: product(x, y) if (z > 2).sum() == 0 else x, inputs, ["x", "z", "y"], DOUT, at_most=2, seed=4
    )
    want = ladder(
        lambda dtype, given: {k: v[:2] for k, v in rule(dtype, given).items()}, {"x": X, "y": wide}, seed=4
    )  # fmt: skip
    for name in "xy":
        gradient, error = want.gradients[name].tolist(), want.errors[name].tolist()
        assert told(found, name) == repr([[*gradient, nan], [*error, inf], [False, False, True]])
    assert told(found, "z") == repr([[nan, nan], [inf, inf], [True, True]])
    with pytest.raises(Unsupported) as caught:
        complex_step(lambda z: 1.0 * (z > 2), {"z": np.array([0.5, -0.5])}, ["z"], np.ones(2))
    assert found.notes == (
        "float32 inputs were taken at their exact values and run in float64",
        "x: 1 of 3 elements skipped, the first at [2]: left out of the sample",
        f"z: 2 of 2 elements skipped, the first at [0]: {caught.value}",
        "y: 1 of 3 elements skipped, the first at [2]: left out of the sample",
    )


def test_where_every_input_is_refused_or_there_is_none_the_reason_is_raised() -> None:
    with pytest.raises(Unsupported) as caught:
        complex_step(product, {"x": X, "y": Y}, [], DOUT)
    assert str(caught.value) == "there is nothing to differentiate"
    with pytest.raises(Unsupported) as caught:
        complex_step(lambda x: (x, x), {"x": X}, ["x"], np.ones((2, 3)))
    assert str(caught.value) == "the forward returns a tuple; the complex step needs one array"


def test_by_default_four_hundred_elements_are_drawn_by_the_seed_0() -> None:
    found = complex_step(lambda x: 2 * x, {"x": np.full(401, 5e-324)}, ["x"], np.ones(401), samples=1)
    (left,) = set(range(401)) - set(chosen(401, 400, 0).tolist())
    assert found.notes == (
        f"x: 400 of 401 elements skipped, the first at [0]: {SMALL}",
        f"x: 1 of 401 elements skipped, the first at [{left}]: left out of the sample",
    )


def test_what_two_steps_disagree_by_is_added_to_the_error() -> None:
    def forward(x: Any) -> Any:
        """Three times the slope at the wider of the two steps."""
        wider = isinstance(x, Complexes) and x.dtype == np.float64 and np.max(x.parts[1]) > 2.0**-400
        return Complexes(x.parts[0], 3 * x.parts[1]) if wider else 1 * x

    found = complex_step(forward, {"x": X}, ["x"], DOUT)
    want = ladder(lambda dtype, given: {"x": DOUT.astype(dtype)}, {"x": X})
    assert found.gradients["x"].tolist() == DOUT.tolist()
    assert found.errors["x"].tolist() == (want.errors["x"] + abs(DOUT - 3 * DOUT)).tolist()


# --- which steps are taken --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("power", "double", "single"),
    [
        # x is 2^power, so that a number of its size with a mantissa below 1 is 2^(power + 1).
        (0, (-332, -664), -48), (9, (-332, -664), -48), (-1, (-332, -664), -48), (-2, (-333, -665), -49),
        (-60, (-391, -723), -100), (-90, (-421, -753), -103), (-120, (-451, -783), None),
        (-400, (-731, -960), None), (-900, (-960, -960), None), (-940, (-969, -969), None),
        (-993, (-1022, -1022), None),
    ],
)  # fmt: skip
def test_the_step_is_tiny_beside_the_number_and_above_the_least_of_the_precision(
    power: int, double: tuple[int, int], single: int | None
) -> None:
    seen: dict[str, list[float]] = {"float64": [], "float32": []}

    def forward(x: Any) -> Any:
        if isinstance(x, Complexes):
            seen[str(x.dtype)].append(float(x.parts[1][()]))
        return 3 * x

    found = complex_step(forward, {"x": np.array(2.0**power)}, ["x"], np.array(1.0), samples=1)
    assert seen["float64"][:2] == [2.0**p for p in double]
    if single is not None:
        assert seen["float32"][0] == 2.0**single
        assert found.gradients["x"] == 3.0
    elif power <= -127:
        assert found.notes == (f"x: 1 of 1 elements skipped, the first at []: {BLANK}",)


def test_zero_has_the_step_of_an_ordinary_number() -> None:
    seen: list[float] = []

    def forward(x: Any) -> Any:
        if isinstance(x, Complexes):
            seen.append(float(x.parts[1][0]))
        return 3 * x + 1

    complex_step(forward, {"x": np.zeros(1)}, ["x"], np.ones(1), samples=1)
    assert seen[:3] == [2.0**-332, 2.0**-664, 2.0**-48]


# --- what is skipped --------------------------------------------------------------------------------------------------
def test_a_number_too_small_for_any_step_is_skipped_and_the_next_is_not() -> None:
    found = complex_step(lambda x: 3 * x, {"x": np.array([2.0**-994, 0.5, 5e-324])}, ["x"], np.ones(3))
    assert (found.skipped["x"].tolist(), found.gradients["x"].tolist()[1]) == ([True, False, True], 3.0)
    assert found.notes == (f"x: 2 of 3 elements skipped, the first at [0]: {SMALL}",)


def test_each_element_is_skipped_for_its_own_reason() -> None:
    """Of 2⁻¹⁴⁰·x float32 keeps nothing; the last one's complex runs have another value than the real one."""

    def forward(x: Any) -> Any:
        if isinstance(x, Complexes):
            real, imaginary = x.parts
            x = Complexes(real + 0.125 * (imaginary[3] > 0), imaginary)
        return x * np.array([1.0, 2.0**-140, 1.0, 1.0], dtype=x.dtype)

    found = complex_step(forward, {"x": np.array([0.5, 0.5, 2.0**-1000, 0.5])}, ["x"], np.ones(4))
    assert found.skipped["x"].tolist() == [False, True, True, True]
    assert found.notes == (
        f"x: 1 of 4 elements skipped, the first at [1]: {BLANK}",
        f"x: 1 of 4 elements skipped, the first at [2]: {SMALL}",
        f"x: 1 of 4 elements skipped, the first at [3]: {STRAY}",
    )


@pytest.mark.parametrize(("share", "strays"), [(1.9, False), (-1.9, False), (2.1, True), (-2.1, True), (2.9, True)])
def test_the_real_part_may_differ_by_what_two_runs_round(share: float, strays: bool) -> None:
    error = ladder(by_hand(DOUT), {"x": X, "y": Y}, nudged=["x"]).errors[""]

    def forward(x: Any, y: Any) -> Any:
        out = product(x, y)
        return Complexes(out.parts[0] + share * error, out.parts[1]) if isinstance(x, Complexes) else out

    found = complex_step(forward, {"x": X, "y": Y}, ["x"], DOUT)
    assert found.skipped["x"].tolist() == [strays] * 3
    assert found.notes == ((f"x: 3 of 3 elements skipped, the first at [0]: {STRAY}",) if strays else ())


def test_where_nothing_is_known_of_the_values_rounding_the_real_part_is_the_real_runs_to_the_last_bit() -> None:
    """A value of 0 tells the ladder nothing."""
    for off, strays in ((0.0, False), (0.5, True)):

        def forward(x: Any, off: float = off) -> Any:
            return x - X.astype(x.dtype) + (off if isinstance(x, Complexes) else 0.0)

        found = complex_step(forward, {"x": X.astype(np.float32)}, ["x"], DOUT, samples=1)
        assert found.skipped["x"].tolist() == [strays] * 3


def test_equal_infinities_are_no_deviation_and_warn_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = complex_step(
            lambda x: 3 * x + np.array([0, np.inf], dtype=x.dtype), {"x": np.array([0.5, 0.25])}, ["x"], np.ones(2)
        )
    assert found.gradients["x"].tolist() == [3.0, 3.0]
    assert found.notes == ()


def test_a_slope_that_overflows_is_skipped_and_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = complex_step(lambda x: 1e200 * x, {"x": X}, ["x"], np.full(3, 1e200))
    assert found.skipped["x"].all()


def test_what_the_forward_itself_warns_of_is_not_heard() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = complex_step(lambda x: x * 3 + float(1 / np.exp(1000.0)), {"x": X}, ["x"], np.ones(3))
    assert found.gradients["x"].tolist() == [3.0] * 3


def test_a_run_that_drops_its_imaginary_part_has_the_slope_zero_of_which_nothing_is_known() -> None:
    """A plain array came back, and of exact zeros the ladder says nothing."""
    found = complex_step(lambda x, y: y * 1, {"x": X, "y": Y}, ["x", "y"], DOUT)
    assert found.gradients["y"].tolist() == DOUT.tolist()
    assert found.notes == (f"x: 3 of 3 elements skipped, the first at [0]: {BLANK}",)


def test_an_empty_input_keeps_its_shape() -> None:
    found = complex_step(lambda x, y: y + x.sum(), {"x": np.zeros((0, 3)), "y": Y}, ["x", "y"], DOUT)
    assert told(found, "x") == "[[], [], []]"
    assert found.gradients["x"].shape == (0, 3)
    assert found.gradients["y"].tolist() == DOUT.tolist()
