"""The whole estimate of computations whose every answer is known, and all that the ladder asks of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from verify.oracles.estimate import Estimate
from verify.oracles.ladder import ladder

Array = np.ndarray[Any, Any]

# Ten points along the line whose sixth differences are 60, 8, 4 and 4: noise of exactly 1, for 60² + 8² + 4² + 4² is
# 4·924, and differences of order 6 of noise σ have the mean square C(12, 6)σ² = 924σ².
NOISY = np.array([0.0, 0, 0, 0, 0, 0, 60, 368, 1312, 3556])
ALONG, UNIT = 2.0**-29, 2.0**-24


def scripted(
    low: Sequence[float], high: Sequence[float], line: Any = 0.0, other: Any = None, **options: Any
) -> Estimate:
    """The ladder of a computation that gives `low` in float32 and `high` in float64, and `high` + NOISY∗line after."""
    calls: list[str] = []
    samples, dtype = options.get("samples", 4), options.get("dtype", "float64")

    def compute(precision: str, _: Mapping[str, Any]) -> dict[str, Array]:
        calls.append(precision)
        j = len(calls) - 2 - 2 * samples
        moved = NOISY[j] * np.asarray(line) if j >= 0 else 0.0
        found = {"g": np.array(low if precision == "float32" else np.array(high) + moved, precision)}
        return found if other is None else {**found, "other": np.array(other, precision)}

    found = ladder(compute, options.pop("inputs", {"x": np.ones(1)}), **options)
    assert calls == [dtype, *["float32", "float64"] * samples, *["float64"] * (10 if dtype == "float64" else 0)]
    return found


def errors(found: Estimate, name: str = "g") -> list[float]:
    """In units of the ladder's factor."""
    return (found.errors[name] / 16).tolist()


def whole(found: Estimate) -> tuple[list[float], list[bool], tuple[str, ...]]:
    return errors(found), found.skipped["g"].tolist(), found.notes


# --- the error --------------------------------------------------------------------------------------------------------
def test_a_float32_result_is_off_by_its_gap_or_the_root_mean_square_of_all() -> None:
    """The root mean square of gaps of 1 and 7 is 5."""
    found = scripted([9.0, 65.0], [8.0, 72.0], dtype="float32")
    assert whole(found) == ([5.0, 7.0], [False, False], ())
    assert found.gradients["g"].tolist() == [9.0, 65.0]


def test_a_float64_result_is_off_by_two_to_the_minus_29_of_that() -> None:
    found = scripted([9.0, 65.0], [8.0, 72.0])
    assert whole(found) == ([5 * ALONG, 7 * ALONG], [False, False], ())
    assert found.gradients["g"].tolist() == [8.0, 72.0]


@pytest.mark.parametrize("samples", [1, 2, 5])
def test_as_many_rungs_are_run_as_asked_for(samples: int) -> None:
    assert errors(scripted([9.0, 65.0], [8.0, 72.0], samples=samples)) == [5 * ALONG, 7 * ALONG]


def test_half_the_last_place_and_the_least_float_are_the_least_errors() -> None:
    assert errors(scripted([8.0, 0.0, 6.0], [8.0, 0.0, 6.0])) == [2.0**-50, 2.0**-1074, 2.0**-51]
    assert errors(scripted([8.0, 0.0, 6.0], [8.0, 0.0, 6.0], dtype="float32")) == [2.0**-21, 2.0**-149, 2.0**-22]


def test_a_known_magnitude_counts_for_the_result_of_its_name_alone() -> None:
    found = scripted([8.0, 16.0], [8.0, 16.0], other=[8.0], magnitudes={"g": [2.0**10, 2.0**20]})
    assert errors(found) == [2.0**10 * UNIT * ALONG, 2.0**20 * UNIT * ALONG]
    assert errors(found, "other") == [2.0**-50]


def test_noise_along_the_line_counts_twice_and_no_element_less_than_their_root_mean_square() -> None:
    """Noise of 1 and 7 units of 2⁻¹⁰: their root mean square is 5."""
    found = scripted([9.0, 65.0], [8.0, 72.0], line=[2.0**-10, 7 * 2.0**-10])
    assert whole(found) == ([10 * 2.0**-10, 14 * 2.0**-10], [False, False], ())


def test_noise_that_is_larger_than_what_float32_does_is_a_kink_across_the_line() -> None:
    assert errors(scripted([9.0], [8.0], line=[0.5])) == [1.0]  # twice 0.5 is just as large as the gap
    assert errors(scripted([9.0], [8.0], line=[0.75])) == [ALONG]
    assert errors(scripted([9.0, 65.0], [8.0, 72.0], line=[0.0, 4.0])) == [5 * ALONG, 7 * ALONG]


def test_an_empty_result_has_no_errors() -> None:
    for dtype in ("float32", "float64"):
        found = scripted([], [], dtype=dtype)
        assert whole(found) == ([], [], ())


# --- what is skipped --------------------------------------------------------------------------------------------------
def note(count: int, of: int, first: int, reason: str) -> str:
    return f"g: {count} of {of} elements skipped, the first at [{first}]: {reason}"


INF, NAN = float("inf"), float("nan")
UNDERFLOW = "float32 underflows or saturates"
LEAST = 2.0**-102


def test_each_element_is_skipped_for_its_own_reason_and_the_others_are_read() -> None:
    found = scripted(
        [64.0, 0.0, 0.0, INF, NAN, LEAST, LEAST / 2, 0.0],
        [65.0, 1.0, 0.5, 3.0, NAN, LEAST, LEAST / 2, 0.0],
    )
    # The gaps that can be read are 1, 0 and 0: their root mean square is the error of the least of them.
    mean = float(np.sqrt(1 / 3)) * ALONG
    assert whole(found) == (
        [ALONG, INF, INF, INF, INF, mean, INF, mean],
        [False, True, True, True, True, False, True, False],
        (note(3, 8, 1, UNDERFLOW), note(1, 8, 3, "float32 overflows"), note(1, 8, 4, "the result is not finite")),
    )


def test_what_overflows_takes_no_part_in_whether_any_digit_is_kept() -> None:
    small = 2.0**-10
    lost = scripted([INF, 1.5 * small], [1.0, small])
    assert lost.notes == (note(1, 2, 0, "float32 overflows"), note(1, 2, 1, "float32 keeps no digit of this tensor"))
    kept = scripted([INF, 1.25 * small], [1.0, small])
    assert whole(kept) == ([INF, 0.25 * small * ALONG], [True, False], (note(1, 2, 0, "float32 overflows"),))


@pytest.mark.parametrize(("low", "kept"), [(12.0, False), (11.9375, True), (4.0, False), (4.0625, True)])
def test_no_digit_is_kept_where_the_gap_is_half_of_the_number(low: float, kept: bool) -> None:
    found = scripted([low], [8.0])
    reason = note(1, 1, 0, "float32 keeps no digit of this tensor")
    assert whole(found) == (([abs(low - 8) * ALONG], [False], ()) if kept else ([INF], [True], (reason,)))


def test_zeros_in_both_precisions_may_be_saturated() -> None:
    assert scripted([0.0, 0.0], [0.0, 0.0]).notes == (
        note(2, 2, 0, "all of it is 0 in both precisions, perhaps by saturation"),
    )
    assert whole(scripted([0.5], [0.0])) == ([0.5 * ALONG], [False], ())


def test_a_result_of_another_precision_is_told_with_both() -> None:
    for given in ("float64", "float16"):
        found = ladder(lambda _, __, dtype=given: {"g": np.ones((2, 1), dtype)}, {"x": np.ones(1)})
        said = f"the float32 run came back as {given} and the float64 run as {given}"
        assert found.notes == (f"g: 2 of 2 elements skipped, the first at [0, 0]: {said}",)
        assert found.errors["g"].tolist() == [[INF], [INF]]


# --- inputs that float32 does not hold --------------------------------------------------------------------------------
TOP, NORMAL = float(np.finfo(np.float32).max), float(np.finfo(np.float32).smallest_normal)


@pytest.mark.parametrize(
    ("numbers", "held"),
    [([0.0, 0.0], True), ([], True), ([TOP], True), ([-TOP], True), ([NORMAL], True), ([1e-60, 1.0], True),
     ([np.nextafter(TOP, INF)], False), ([1.0, -1e60], False), ([np.nextafter(NORMAL, 0)], False), ([1e-60], False)],
)  # fmt: skip
def test_a_leaf_is_held_where_its_largest_number_is_a_normal_float32_or_zero(numbers: list[float], held: bool) -> None:
    inputs = {"x": np.ones(1), "p": {"W": np.array(numbers)}, "n": 3}
    found = scripted([8.0, 0.0], [8.0, 0.0], inputs=inputs, other=[1.0, 1.0])
    assert found.skipped["g"].tolist() == found.skipped["other"].tolist() == [not held] * 2
    said = [f"{name}: 2 of 2 elements skipped, the first at [0]: float32 does not hold p.W" for name in ("g", "other")]
    assert found.notes == (() if held else tuple(said))


# --- what it asks for -------------------------------------------------------------------------------------------------
def asked(inputs: Mapping[str, Any], **options: Any) -> list[dict[str, Any]]:
    """The inputs of every run of the ladder, as lists. Their precision is the one it says."""
    runs: list[dict[str, Any]] = []

    def compute(precision: str, given: dict[str, Any]) -> dict[str, Array]:
        assert {v.dtype for v in given.values()} == {np.dtype(precision)}
        runs.append({k: v.tolist() for k, v in given.items()})
        return {"g": np.ones(1, precision)}

    ladder(compute, inputs, **options)
    return runs


def test_nudges_are_none_to_three_parts_in_512_drawn_for_every_element_anew() -> None:
    inputs = {"x": np.full(60, 1.0), "y": np.full(60, 1.0)}
    first, *nudged = asked(inputs)[1:9:2]
    assert first == {"x": [1.0] * 60, "y": [1.0] * 60}
    parts = [sorted({512 * (1 - v) for v in run[name]}) for run in nudged for name in run]
    assert parts == [[0.0, 1.0, 2.0, 3.0]] * 6
    drawn = [tuple(run[name]) for run in nudged for name in run]
    assert len(set(drawn)) == 6


def test_the_line_runs_towards_zero_in_even_steps_of_half_to_one_part_in_65536() -> None:
    inputs = {"x": np.full(60, 1.0), "y": np.full(60, -1.0)}
    line = asked(inputs)[9:]
    assert line[0] == {"x": [1.0] * 60, "y": [-1.0] * 60}
    for name, sign in (("x", 1), ("y", -1)):
        steps = 2.0**16 * (1 - sign * np.array([run[name] for run in line]))
        # Every number is rounded, by half of 2⁻⁵³ at most; so is the first step that is multiplied here.
        off = np.abs(steps - np.outer(np.arange(10), steps[1]))
        assert (off <= 2.0 ** (16 - 54) * np.arange(1, 11)[:, None]).all()
        assert 0.5 <= steps[1].min() < 0.6 < 0.9 < steps[1].max() <= 1
        assert len(set(steps[1].tolist())) == 60


def test_numbers_that_float32_does_not_hold_are_taken_towards_zero_and_only_those() -> None:
    near = float(np.float32(0.1))  # above 0.1
    below = float(np.nextafter(np.float32(0.1), np.float32(0)))
    first = asked({"x": np.array([0.1, near, below, -0.1, 0.0, 0.5])})[1]
    assert first["x"] == [below, near, below, -below, 0.0, 0.5]
    assert below < 0.1 < near


def test_float32_inputs_are_run_in_both_precisions_and_nudged_in_the_wider_one() -> None:
    x = np.full(60, 0.1, dtype=np.float32)
    runs = asked({"x": x, "s": np.float32(0.5)})
    assert runs[0] == runs[1] == runs[2] == runs[9] == {"x": x.tolist(), "s": 0.5}
    nudged = {float(np.float32(float(x[0]) * (1 - k / 512))) for k in range(4)}
    assert all(set(run["x"]) == nudged for run in runs[3:9])


def test_a_seed_decides_all_that_is_drawn_and_is_0_where_none_is_given() -> None:
    inputs = {"x": np.linspace(0.5, 1.0, 9)}
    runs = asked(inputs)
    assert runs == asked(inputs, seed=0) == asked(inputs, nudged=["x"])
    other = asked(inputs, seed=1)
    drawn = [i for i, (run, again) in enumerate(zip(runs, other, strict=True)) if run != again]
    assert drawn == [*range(3, 9), *range(10, 19)]
