"""The digits that formulas keep: the known weak spots are seen, sound forms are not blamed, exact values are exact."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import fsum, inf, log10, nan
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from flint import arb, fmpq

from benchmarks import digits
from reports import frames
from reports.document import dump, load
from reports.health import STRETCHES, drawn, place, portraits
from reports.html import page
from tests.sample_run import sample_run
from tests.test_html import Page
from verify import formulas
from verify.arithmetic.balls import precision
from verify.health.grids import Z_FEW, Grid, Z
from verify.health.kept import kept
from verify.health.sweep import SORTS, Sweep
from verify.health.table import NOT_SWEPT, SWEEPS, health
from verify.health.values import exact_over, exactly, sorts_of, values
from verify.health.worst import measure
from verify.records.health import Curve, Health
from verify.run import verify

FULL = {"float64": 15.954, "float32": 7.224}
SEEN = ("sigmoid", "sigmoid.derivative", "loss.cross_entropy", "tanh", "logistic.dz")


@pytest.fixture(scope="module")
def found() -> tuple[Health, ...]:
    return health(SEEN, ("float64", "float32"))


def one(found: tuple[Health, ...], formula: str, varied: str = "z") -> Health:
    (record,) = (h for h in found if (h.formula, h.varied) == (formula, varied))
    return record


def curve(record: Health, side: str, dtype: str = "float64") -> Curve:
    (line,) = (c for c in record.curves if (c.side, c.dtype) == (side, dtype))
    return line


def at(line: Curve, x: float) -> float:
    return line.digits[line.x.index(x)]


# --- one value -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mine", "exact", "dtype", "digits"),
    [
        (1.0, "1", "float64", FULL["float64"]),
        (1.0, "1.001", "float64", 3.0),
        (-1.0, "1", "float64", 0.0),
        (0.0, "1e-300", "float64", 0.0),
        (0.0, "1e-40", "float32", 0.0),
        (nan, "1", "float64", 0.0),
        (inf, "1", "float64", 0.0),
        (1e-9, "0", "float64", 0.0),
        (0.0, "0", "float32", FULL["float32"]),
    ],
)
def test_digits_are_those_of_the_value_itself(mine: float, exact: str, dtype: str, digits: float) -> None:
    with precision():
        assert kept(mine, arb(exact), dtype) == digits


@pytest.mark.parametrize(
    ("mine", "exact", "dtype", "digits"),
    [
        (0.0, "2e-324", "float64", FULL["float64"]),
        (0.0, "6e-46", "float32", FULL["float32"]),
        (5e-324, "3e-324", "float64", FULL["float64"]),
        (inf, "1e309", "float64", FULL["float64"]),
        (-inf, "-4e38", "float32", FULL["float32"]),
        (-inf, "1e309", "float64", 0.0),
        (nan, "1e309", "float64", 0.0),
    ],
)
def test_what_no_float_could_do_better_is_not_blamed(mine: float, exact: str, dtype: str, digits: float) -> None:
    with precision():
        assert kept(mine, arb(exact), dtype) == digits


def test_the_nearest_float_keeps_all_digits_and_the_second_next_does_not() -> None:
    rng = np.random.default_rng(0)
    for dtype, kind in (("float64", np.float64), ("float32", np.float32)):
        for value in rng.normal(size=200):
            exact = Fraction(float(value)) / 3
            near = kind(float(exact)) if dtype == "float64" else kind(np.float64(float(exact)))
            with precision():
                ball = arb(fmpq(exact.numerator, exact.denominator))
                assert kept(float(near), ball, dtype) == FULL[dtype]
                far = np.nextafter(np.nextafter(near, kind(inf)), kind(inf))  # at least 1½ units away, of u or more
                assert kept(float(far), ball, dtype) < FULL[dtype]


# --- the known weak spots ------------------------------------------------------------------------------------------
def test_the_slope_of_the_sigmoid_keeps_no_digit_at_37_and_autograd_shares_it(found: tuple[Health, ...]) -> None:
    record = one(found, "sigmoid.derivative")
    for side in ("by hand", "PyTorch"):
        assert at(curve(record, side), 37.0) == 0
        assert curve(record, side).at == "z = 37"
        assert at(curve(record, side), 10.0) > 10
        assert at(curve(record, side), -37.0) > 15
    assert curve(record, "sound form").fewest > 15
    assert curve(record, "sound form").lost == 0
    assert "PyTorch is the less exact: at z = 37" in record.remark
    assert "8.53304762574406433" in record.remark


def test_cross_entropy_as_written_loses_eight_digits_at_20(found: tuple[Health, ...]) -> None:
    record = one(found, "loss.cross_entropy")
    lost = FULL["float64"] - at(curve(record, "by hand"), 20.0)
    assert 8 <= lost < 9
    assert at(curve(record, "sound form"), 20.0) > 15
    assert curve(record, "by hand").mine == "inf"  # log 0, from 37 on


def test_tanh_as_written_is_no_number_beyond_710_and_pytorch_is_not_blamed(found: tuple[Health, ...]) -> None:
    record = one(found, "tanh")
    by_hand = curve(record, "by hand")
    assert (by_hand.at, by_hand.mine) == ("z = 710", "nan")
    assert at(by_hand, 709.5) > 15
    assert curve(record, "by hand", "float32").at == "z = 88.75"
    assert curve(record, "sound form").fewest > 15
    assert record.remark == ""


def test_pytorch_is_named_where_its_own_loss_is_the_less_exact(found: tuple[Health, ...]) -> None:
    """Its form for logits takes log σ(z) from z, which cancels for y = 0 and z < 0."""
    record = one(found, "loss.cross_entropy")
    torch_side = curve(record, "PyTorch")
    at_34 = F.binary_cross_entropy_with_logits(torch.tensor(-34.0).double(), torch.tensor(0.0).double())
    assert (torch_side.at, float(torch_side.mine)) == ("z = -34, y = 0", float(at_34))
    assert "the sound form" in record.remark
    # In ŷ itself PyTorch is the more exact: log1p(−ŷ), where the notes have log(1 − ŷ).
    in_a = one(found, "loss.cross_entropy", "a")
    assert in_a.remark == ""
    assert at(curve(in_a, "by hand"), 1e-17) == 0
    assert at(curve(in_a, "PyTorch"), 1e-17) > 15


def test_the_naive_softplus_is_seen_to_lose_digits_and_a_sound_one_is_not() -> None:
    sweep = Sweep(
        "softplus",
        Z_FEW,
        lambda z: np.log(1 + np.exp(z)),
        F.softplus,
        lambda z: np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))),
    )
    record = measure(sweep, ("float64",), 0)
    naive, sound = curve(record, "by hand"), curve(record, "sound form")
    assert at(naive, -38.0) == 0
    assert at(naive, -20.0) < 9
    assert naive.mine == "inf"
    assert sound.fewest > 15
    assert at(curve(record, "PyTorch"), -38.0) > 15  # its own is log1p(e^z)


def test_a_pytorch_side_with_the_naive_form_is_the_less_exact() -> None:
    naive = Sweep(
        "softplus", Z_FEW, lambda z: np.log1p(np.exp(-np.abs(z))), lambda z: torch.log(1 + torch.exp(-abs(z)))
    )
    assert "in float64 it gives 0, the formula by hand" in measure(naive, ("float64",), 0).remark


# --- exact values --------------------------------------------------------------------------------------------------
def test_the_exact_values_are_sharp_where_the_formula_cancels_to_1e_minus_347() -> None:
    sweep = next(s for s in SWEEPS if s.formula == "sigmoid.derivative")
    x = np.array([800.0, -800.0, 1.0])
    exact = exactly(lambda z: {"": sweep.by_hand(z)}, x)[""]
    with precision(256):
        for z, found in zip(x, exact, strict=True):
            want = 1 / (arb(float(z)).exp() + 2 + arb(-float(z)).exp())
            assert found.overlaps(want)
            assert found.rad() < abs(want) * arb(2) ** -64


@pytest.mark.parametrize("m", [3, 100, 10**6])
def test_the_mean_over_a_hundred_sorts_is_the_exact_mean_over_a_million_examples(m: int) -> None:
    sweep = next(s for s in SWEEPS if s.formula == "logistic.db")
    assert sweep.examples is not None
    dZ = sweep.examples(np.random.default_rng(0))["dZ"]
    every = dZ[0, sorts_of(m, 0)]
    assert every.size == m
    (mean,) = exact_over(sweep, {"dZ": dZ[:, :m]}).values()
    total = sum(map(Fraction, dZ[0, : min(m, SORTS)].tolist())) * max(m // SORTS, 1)
    assert fsum(every) == float(total)  # fsum rounds the sum of all m of them once
    exact = total / m
    with precision():
        assert mean.overlaps(arb(fmpq(exact.numerator, exact.denominator)))


def test_a_sum_over_units_grows_with_their_number_and_uneven_numbers_are_refused() -> None:
    sweep = next(s for s in SWEEPS if s.formula == "deep.dA_prev")
    found = values(replace(sweep, grid=Grid("n", "log", lambda dtype: np.array([100, 300, 10**4]))), "float64", 0)
    with precision():
        for numbers in found.exact.values():
            assert all((n * numbers[0]).overlaps(x) for n, x in zip((1, 3, 100), numbers, strict=True))
    with pytest.raises(ValueError, match="multiple of 100"):
        sorts_of(150, 0)


# --- completeness --------------------------------------------------------------------------------------------------
def test_every_formula_is_swept_or_a_reason_is_stated() -> None:
    swept = {sweep.formula for sweep in SWEEPS}
    beside = {f"{s.formula}.sound" for s in SWEEPS if s.sound is not None}
    assert swept | NOT_SWEPT.keys() | beside >= formulas.functions().keys()
    assert swept | NOT_SWEPT.keys() <= formulas.functions().keys()
    assert not swept & NOT_SWEPT.keys()
    assert all(sweep.torch or sweep.note for sweep in SWEEPS)


def test_the_grids_reach_as_far_as_is_promised() -> None:
    for dtype in ("float64", "float32"):
        limits = np.finfo(dtype)
        z = Z.points(dtype)
        assert (z.min(), z.max(), abs(z).min()) == (-800, 800, limits.smallest_subnormal)
        assert {37, 710, 745, -88.75} <= set(z.tolist())
        a = next(s.grid for s in SWEEPS if s.grid.varied == "a").points(dtype)
        assert (a.min(), 1 - a.max()) == (limits.smallest_subnormal, limits.epsneg)
        assert z.dtype == a.dtype == dtype
    sums = {s.formula for s in SWEEPS if s.examples and s.grid.points("float64").max() == 10**6}
    assert {"cost", "logistic.dw", "vectorise", "shallow.dW1", "deep.dW", "deep.db", "deep.dA_prev"} <= sums


# --- the run, and what is written of it ----------------------------------------------------------------------------
def test_a_run_measures_the_rows_it_was_asked_for_and_quick_measures_none() -> None:
    run = verify(only=["broadcast.rules", "deep.notation", "sigmoid.derivative.sound"], dtypes=["float32"])
    assert [(h.formula, h.varied) for h in run.health] == [("broadcast.rules", "s"), ("sigmoid.derivative", "z")]
    assert {c.dtype for h in run.health for c in h.curves} == {"float32"}
    assert verify(only=["broadcast.rules"], dtypes=["float64"], quick=True).health == ()
    assert verify(only=["broadcast.rules"], dtypes=["float64"], oracles=["autograd"]).health == ()
    assert health(["logistic.dz"], ["float64"], deadline=0.0) == ()


def test_the_records_stand_in_report_json_and_in_health_csv(found: tuple[Health, ...]) -> None:
    run = replace(sample_run(), health=found)
    assert load(dump(run)).health == found
    frame = frames.health(run)
    assert list(frame.columns) == list(frames.HEALTH)
    assert len(frame) == sum(len(h.curves) for h in found)
    (line,) = frame.query("formula == 'tanh' and side == 'by hand' and dtype == 'float64'").to_dict("records")
    assert (line["at"], line["mine"], line["fewest"]) == ("z = 710", "nan", 0.0)
    rows = list(csv.DictReader(io.StringIO(frames.to_csv(frame).decode())))
    assert rows[0]["formula"] == "sigmoid"
    assert list(frames.health(sample_run()).columns) == list(frames.HEALTH)


def test_the_page_draws_them_and_names_the_worst_inputs(found: tuple[Health, ...]) -> None:
    bare = replace(sample_run(), experiments=(), network=None)
    run = replace(bare, health=found)
    text = page(run)
    assert text == page(run)
    assert Page(text).open == []  # every element is closed in its turn
    assert 'id="health"' in text
    section = text[text.index('id="health"') :]
    assert section.count("<figure") >= len(found)
    assert "<b>0.0</b> at z = 37" in section
    assert "nan for 1" in section
    assert "PyTorch is the less exact: at z = 37 in float64" in section
    assert 'id="health"' not in page(bare)


def test_the_command_of_the_docs_prints_the_worst_inputs_and_where_pytorch_is_behind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    digits.main("tanh*")
    said = capsys.readouterr().out
    assert "| `tanh` | z | float64 | by hand | 0.0 | z = 710 | nan | 1 |" in said
    assert "- `tanh.derivative` against z: PyTorch is the less exact: at z = 20 in float64 it gives 0" in said
    assert "`tanh` against z: PyTorch" not in said
    assert "sound form" in said


def test_thinning_keeps_the_worst_of_every_stretch_and_draws_no_point_that_is_none(found: tuple[Health, ...]) -> None:
    for record in found:
        for line in record.curves:
            shown = drawn(line, record.scale)
            points = {(place(x, record.scale), d) for x, d in zip(line.x, line.digits, strict=True)}
            assert set(shown) <= points
            assert min(d for _, d in shown) == min(line.digits)
            assert len(shown) <= STRETCHES + 3


def test_a_line_on_the_page_runs_from_its_first_point_to_its_last(found: tuple[Health, ...]) -> None:
    (portrait,) = portraits((one(found, "tanh"),))
    by_hand = next(line for line in portrait.lines if (line.side, line.dtype) == ("by hand", "float64"))
    points = [tuple(map(float, p.split())) for p in by_hand.path.removeprefix("M").split("L")]
    assert (points[0][0], points[-1][0]) == (26, 356)
    assert (points[0][1], points[-1][1]) == (118, 118)  # no digit at ±800
    assert min(y for _, y in points) < 7
    assert len(portrait.lines) == 6


def test_the_picture_puts_half_in_the_middle_and_both_ends_apart() -> None:
    scales: dict[str, Callable[[float], Any]] = {name: lambda x, s=name: place(x, s) for name in ("probability", "log")}
    assert scales["probability"](0.25) == -scales["probability"](0.75)
    assert scales["log"](1e-5) == log10(1e-5)
