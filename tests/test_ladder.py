"""The precision ladder: its factor holds on random nets, and what float32 cannot show is skipped, with the reason."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle_nets import DEEP, blindness, net, use
from verify.errors import UserError
from verify.oracles.estimate import Estimate
from verify.oracles.ladder import LADDER_FACTOR, NUDGE, POINTS, SPACING, ladder
from verify.questions import BLIND

Array = np.ndarray[Any, Any]


def uses(seeds: range, dtype: str, gradients: int, salt: int = 0) -> tuple[Array, Array, Array]:
    """Use, blindness and depth for that many gradients (one tensor each), those skipped as a whole left out."""
    rows: list[tuple[float, float, float]] = []
    for seed in seeds:
        one = net([salt, seed], dtype)
        found, exact, deep = one.laddered(dtype), one.exact(), one.deepest()
        seen = {name: use(found, name, exact[name]) for name in one.inputs}
        rows += [(used, blindness(found, name, exact[name]), deep) for name, used in seen.items() if used >= 0]
        if len(rows) >= gradients:
            break
    used, blind, deep = np.array(rows[:gradients]).T
    assert used.size == gradients
    return used, blind, deep


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_exact_gradients_lie_within_the_ladders_error(dtype: str) -> None:
    used, blind, deep = uses(range(100), dtype, 60)
    assert np.max(used[deep < DEEP]) <= 1
    assert np.median(blind) <= {"float64": 1e-12, "float32": 1e-3}[dtype]


@pytest.mark.campaign
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("salt", range(4))
def test_where_the_ladders_factor_comes_from(dtype: str, salt: int) -> None:
    """1,200 random gradients a run. Printed: the worst and the median use, and the factor that would have done."""
    used, blind, deep = uses(range(600), dtype, 1200, salt)
    clear = deep < DEEP
    print(
        f"\n{dtype}: {used.size} gradients, {np.sum(~clear)} of them of nets with a unit that float64 saturates.\n"
        f"use: worst {np.max(used[clear]):.3g}, median {np.median(used[clear]):.3g}; beside saturated units worst "
        f"{np.max(used[~clear], initial=0.0):.3g}\nfactor needed: worst {LADDER_FACTOR * np.max(used[clear]):.3g}, "
        f"median {LADDER_FACTOR * np.median(used[clear]):.3g}\nblind to: median {np.median(blind):.3g} of the tensor"
    )
    assert np.max(used[clear]) <= 1
    assert np.mean(used <= 1) >= 0.99


def test_a_factor_of_one_would_not_do() -> None:
    used, _, deep = uses(range(100), "float64", 200)
    assert LADDER_FACTOR * np.max(used[deep < DEEP]) > 1


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_typical_nets_do_not_leave_the_ladder_blind(dtype: str) -> None:
    for seed in range(20):
        one = net(seed, dtype, low=0.1, high=0.5)
        found, exact = one.laddered(dtype), one.exact()
        for name in one.inputs:
            assert not found.skipped[name].any()
            assert blindness(found, name, exact[name]) <= BLIND[dtype]


# --- what cannot be read off -----------------------------------------------------------------------------------------


def single(function: Callable[[Any], Any], *numbers: float, dtype: str = "float64", **options: Any) -> Estimate:
    """The ladder of `function(x)`, `x` the numbers."""
    x = np.array(numbers, dtype=dtype)
    with np.errstate(all="ignore"):
        return ladder(lambda _, given: {"g": function(given["x"])}, {"x": x}, dtype=dtype, **options)


@pytest.mark.parametrize(
    ("function", "x", "reason"),
    [
        (np.exp, 100.0, "float32 overflows"),
        (lambda x: x * x * 1e-30, 1e30, "float32 overflows"),
        (np.exp, 1000.0, "the result is not finite"),
        (np.log, -1.0, "the result is not finite"),
        (lambda x: x * x, 1e-30, "float32 underflows or saturates"),
        (lambda x: 1e-20 * (x * 1e-15), 1.0, "float32 underflows or saturates"),
        (lambda x: 1 - np.tanh(x) ** 2, 12.0, "float32 underflows or saturates"),
        (lambda x: 1 - np.tanh(x) ** 2, 40.0, "perhaps by saturation"),
        (lambda x: 0.0 * x, 1.0, "perhaps by saturation"),
        (lambda x: (x + 1e8) - 1e8, 0.7, "float32 underflows or saturates"),
        (lambda x: (x + 1e8) - 1e8, 4.5, "float32 keeps no digit of this tensor"),
        (lambda x: x.astype(np.float64), 0.3, "came back as float64"),
        (lambda x: x * np.float64(2), 0.3, "came back as float64"),
        (lambda x: x.astype(np.float32), 0.3, "the float64 run as float32"),
    ],
)
def test_what_float32_cannot_show_is_skipped_with_the_reason_and_never_passed(
    function: Callable[[Any], Any], x: float, reason: str
) -> None:
    found = single(function, x)
    assert found.skipped["g"].all()
    assert np.isinf(found.errors["g"]).all()
    assert len(found.notes) == 1
    assert found.notes[0].startswith("g: 1 of 1 elements skipped, the first at [0]: ")
    assert reason in found.notes[0]


@pytest.mark.parametrize(("x", "skipped"), [(0.5, False), (12.0, True), (40.0, True), (-710.0, True)])
def test_a_float32_gradient_that_saturates_is_skipped_and_one_that_does_not_is_compared(
    x: float, skipped: bool
) -> None:
    found = single(lambda x: 1 - np.tanh(x) ** 2, x, dtype="float32")
    assert found.gradients["g"].dtype == np.float32
    assert bool(found.skipped["g"].all()) is skipped


def test_a_float32_gradient_that_overflows_is_skipped_beside_one_that_is_compared() -> None:
    found = single(np.exp, 100.0, 1.0, dtype="float32")
    assert found.skipped["g"].tolist() == [True, False]
    assert found.notes == ("g: 1 of 2 elements skipped, the first at [0]: the result is not finite",)


def test_only_the_elements_that_show_nothing_are_skipped() -> None:
    found = single(np.exp, 1.0, 100.0, -1.0, 800.0, -100.0)
    assert found.skipped["g"].tolist() == [False, True, False, True, True]
    assert [note.split("first at ")[1] for note in found.notes] == [
        "[1]: float32 overflows", "[3]: the result is not finite", "[4]: float32 underflows or saturates",
    ]  # fmt: skip


# --- what the error is made of ---------------------------------------------------------------------------------------


def test_a_computation_without_rounding_has_the_error_of_half_a_unit_in_its_last_place() -> None:
    x = np.array([0.3, -7.1, 1e30, 1e-20])
    found = single(lambda x: x, *x)
    assert found.errors["g"].tolist() == (LADDER_FACTOR * np.spacing(np.abs(x)) / 2).tolist()
    single32 = single(lambda x: x, *x, dtype="float32")
    spacing = np.spacing(np.abs(x.astype(np.float32))).astype(np.float64)
    assert single32.errors["g"].tolist() == (LADDER_FACTOR * spacing / 2).tolist()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_zero_beside_numbers_that_do_not_round_is_no_exact_zero(dtype: str) -> None:
    least = float(np.finfo(dtype).smallest_subnormal)
    found = ladder(constant(0.0, 1.0), {"x": np.ones(1)}, dtype=dtype)
    assert not found.skipped["g"].any()
    assert found.errors["g"][0] == LADDER_FACTOR * least


def constant(*numbers: float) -> Callable[[str, dict[str, Any]], Mapping[str, Any]]:
    """The same numbers in each precision, whatever the inputs: their rounding to float32 is all that differs."""
    return lambda dtype, _: {"g": np.array(numbers).astype(dtype)}


def test_a_lucky_element_takes_over_the_tensors_root_mean_square() -> None:
    """2⁻⁹⁰ is a float32, so its own gap is 0; 0.1 is none."""
    found = ladder(constant(2.0**-90, 0.1), {"x": np.ones(1)})
    gap = abs(float(np.float32(0.1)) - 0.1)
    assert found.errors["g"][0] >= LADDER_FACTOR * gap / 2 * 2.0**-29  # √(gap²/2) is more than half of the gap
    alone = ladder(constant(2.0**-90), {"x": np.ones(1)})
    assert alone.errors["g"][0] == LADDER_FACTOR * np.spacing(2.0**-90) / 2


def test_a_float32_error_is_the_gap_itself_and_a_float64_error_two_to_the_29_smaller() -> None:
    inputs = {"x": np.full(3, 0.7, dtype=np.float32)}

    def compute(dtype: str, given: dict[str, Any]) -> dict[str, Any]:
        return {"g": given["x"] + (1e-3 if dtype == "float32" else 0.0) * np.ones(3, dtype=dtype)}

    low, high = (ladder(compute, inputs, dtype=dtype, nudged=[]).errors["g"] for dtype in ("float32", "float64"))
    computed = np.float32(0.7) + np.float32(1e-3)
    gap = abs(float(computed) - float(np.float32(0.7)))
    assert (low >= LADDER_FACTOR * gap).all()
    assert (low <= LADDER_FACTOR * gap * (1 + 2.0**-40)).all()  # the root mean square of three equal gaps may round
    assert (high >= LADDER_FACTOR * gap * 2.0**-29).all()
    assert (high <= LADDER_FACTOR * gap * 2.0**-29 * (1 + 2.0**-40)).all()


def test_a_known_magnitude_widens_the_error() -> None:
    """(x + 1024) − 1024 on numbers where float32 happens to round nothing."""
    plain = single(lambda x: (x + 1024.0) - 1024.0, 0.5)
    told = single(lambda x: (x + 1024.0) - 1024.0, 0.5, magnitudes={"g": 1024.0})
    assert (told.errors["g"] >= LADDER_FACTOR * 2.0**-24 * 1024 * 2.0**-29).all()
    assert (told.errors["g"] > plain.errors["g"]).all()


def test_noise_that_only_float64_holds_is_heard_along_the_line() -> None:
    """Float32 differs by 1e-6, of which the ladder alone would make 2e-15; float64 is wrong by up to 1e-9."""

    def compute(dtype: str, given: dict[str, Any]) -> dict[str, Any]:
        x = given["x"]
        size, pace = (1e-6, 1e3) if dtype == "float32" else (1e-9, 1e12)
        return {"g": x + np.asarray(size * np.sin(pace * x.astype(np.float64))).astype(dtype)}

    x = np.linspace(0.1, 2.0, 40)
    found = ladder(compute, {"x": x})
    far = np.abs(found.gradients["g"] - x)
    assert np.max(far) > LADDER_FACTOR * 1e-6 * 2.0**-29
    assert (far <= found.errors["g"]).all()


def test_a_kink_across_the_line_is_not_taken_for_noise() -> None:
    """The slope of relu(x − 1) at 1 jumps to 0 for every nudged input, in both precisions alike."""
    found = single(lambda x: np.where(x >= 1, x, x - x + 0.5), 1.0)
    assert found.errors["g"].tolist() == [LADDER_FACTOR * np.spacing(1.0) / 2]


# --- what it runs on -------------------------------------------------------------------------------------------------


def record(inputs: Mapping[str, Any], **options: Any) -> list[tuple[str, dict[str, Any]]]:
    """Everything that the ladder called `compute` with."""
    calls: list[tuple[str, dict[str, Any]]] = []

    def compute(dtype: str, given: dict[str, Any]) -> dict[str, Any]:
        calls.append((dtype, given))
        return {"g": np.ones(2, dtype=dtype)}

    ladder(compute, inputs, **options)
    return calls


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e30, 1e30).filter(lambda v: v == 0 or abs(v) > 1e-30), min_size=1, max_size=5))
def test_nudged_inputs_lie_nearer_to_zero_and_so_leave_no_domain(numbers: list[float]) -> None:
    x = np.array(numbers)
    for _, run in record({"x": x}):
        near = run["x"].astype(np.float64)
        assert (np.abs(near) <= np.abs(x)).all()
        assert (np.sign(near) == np.sign(x)).all()
        assert (np.abs(near) >= np.abs(x) * (1 - 3 * NUDGE - 2.0**-22)).all()


def test_both_rungs_run_on_the_same_numbers_each_in_its_own_dtype() -> None:
    calls = record({"x": np.array([0.1, 0.7]), "p": {"W": np.array([0.3, np.pi])}, "k": 3, "name": "relu"}, samples=3)
    assert [dtype for dtype, _ in calls] == ["float64", *["float32", "float64"] * 3, *["float64"] * POINTS]
    for dtype, run in calls:
        assert (run["x"].dtype, run["p"]["W"].dtype) == (dtype, dtype)
        assert (run["k"], run["name"]) == (3, "relu")
    rungs = calls[1:7]
    for (_, low), (_, high) in zip(rungs[::2], rungs[1::2], strict=True):
        assert low["x"].astype(np.float64).tolist() == high["x"].tolist()
        assert low["p"]["W"].astype(np.float64).tolist() == high["p"]["W"].tolist()
    assert calls[0][1]["x"].tolist() == [0.1, 0.7]  # the result itself is computed from the inputs as they are


def test_a_leaf_to_nudge_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match="there is no input 'W'"):
        record({"x": np.array([0.1, 0.7])}, nudged=["x", "W"])


def test_a_computation_that_overflows_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ladder(lambda _, given: {"g": np.exp(given["x"])}, {"x": np.array([1000.0])})
    assert found.skipped["g"].all()


def test_only_the_leaves_named_are_nudged() -> None:
    calls = record({"x": np.array([0.1, 0.7]), "y": np.array([0.2, 0.9])}, nudged=["x"])
    assert len({tuple(given["y"].tolist()) for dtype, given in calls if dtype == "float32"}) == 1
    assert len({tuple(given["x"].tolist()) for dtype, given in calls if dtype == "float32"}) > 1
    on_the_line = [given for _, given in calls[-POINTS:]]
    assert all(given["y"].tolist() == [0.2, 0.9] for given in on_the_line)
    steps = np.array([0.1 - given["x"][0] for given in on_the_line])
    assert (np.diff(steps) > 0).all()
    assert steps[-1] <= (POINTS - 1) * SPACING * 0.1 * (1 + 2.0**-20)


def test_the_inputs_are_left_as_they_were_even_by_a_computation_that_writes_into_them() -> None:
    x = np.array([0.1, 0.7])

    def compute(dtype: str, given: dict[str, Any]) -> dict[str, Any]:
        given["x"] *= 2
        return {"g": given["x"]}

    found = ladder(compute, {"x": x})
    assert x.tolist() == [0.1, 0.7]
    assert found.gradients["g"].tolist() == [0.2, 1.4]


def test_the_same_seed_gives_the_same_errors_and_another_seed_others() -> None:
    one = net(3)

    def errors(seed: int) -> list[float]:
        found = ladder(lambda d, given: one.backward(one.dout.astype(d), **given), one.inputs, seed=seed)
        return np.concatenate([found.errors[k].ravel() for k in one.inputs]).tolist()

    assert errors(0) == errors(0)
    assert errors(0) != errors(1)


def test_more_samples_never_state_a_smaller_gap() -> None:
    inputs = {"x": np.array([0.3], dtype=np.float32)}
    errors = [
        float(ladder(lambda _, v: {"g": np.tanh(v["x"] * 3) / 7}, inputs, dtype="float32", samples=n).errors["g"][0])
        for n in (1, 2, 4, 8)
    ]
    assert errors == sorted(errors)


@pytest.mark.parametrize("scale", [1e60, 1e-60])
def test_inputs_that_float32_does_not_hold_are_not_spoken_of(scale: float) -> None:
    """They were clipped to the largest float32, and the rounding of another computation was taken for this one's."""
    x = np.array([1.5, -0.75]) * scale
    found = ladder(lambda dtype, given: {"y": given["x"] * 3}, {"x": x})
    assert found.skipped["y"].all()
    assert "float32 does not hold x" in found.notes[0]
    beside = ladder(lambda dtype, given: {"y": given["x"] * 3}, {"x": np.array([1.5, 1e-60])})
    assert not beside.skipped["y"][0]
