"""What is said of a sweep, whole: small sweeps, whose sides are tables of numbers off by powers of two or of ten."""

from __future__ import annotations

from math import inf, log10, nan
from typing import Any

import numpy as np
import pytest
from flint import arb

from verify.health.grids import Grid
from verify.health.kept import kept
from verify.health.sweep import Function, Sweep
from verify.health.values import Rows
from verify.health.worst import judge, measure, mildness, text
from verify.records.health import Curve, Health

FULL = {"float64": 15.954, "float32": 7.224}
HALF, TENTH = 1 - 2.0**-1, 0.9  # 0.301 digits, and one
THREE, SIX = 1 - 2.0**-10, 1 - 2.0**-20  # 3.01 and 6.02 digits


def table(*factors: float, **dtypes: tuple[float, ...]) -> Function:
    """x times these factors, a factor a point; others in the precisions that are named."""
    return lambda x: np.asarray(x) * np.array(dtypes.get(str(np.asarray(x).dtype), factors), dtype=np.asarray(x).dtype)


def swept(*x: float, by_hand: Function, scale: str = "both signs", **sides: Any) -> Sweep:
    grid = Grid("x", scale, lambda dtype: np.array(x, dtype=dtype))
    return Sweep("times", grid, by_hand, exact=sides.pop("exact", lambda x: x), quantity="x", note="A table.", **sides)


def said(sweep: Sweep, side: str, dtype: str = "float64") -> Curve:
    (curve,) = (c for c in measure(sweep, (dtype,), 0).curves if c.side == side)
    return curve


# --- the whole record -------------------------------------------------------------------------------------------------
def test_a_record_says_everything_of_every_side_in_every_precision() -> None:
    sweep = swept(
        -4.0, -2.0, 1.0, 8.0,
        by_hand=table(1, SIX, THREE, SIX, float32=(THREE, SIX, 1, THREE)), sound=table(1, 1, 1, 1),
        torch=table(1, 0, nan, -1, float32=(1, 1, 1, HALF)),
    )  # fmt: skip
    x, full, half, zeros = (-4.0, -2.0, 1.0, 8.0), FULL["float64"], FULL["float32"], "0" * 19
    one = f"1.{zeros}"
    assert repr(measure(sweep, ("float64", "float32"), 0)) == repr(Health(
        "times", "x", "x", "both signs",
        (
            Curve("by hand", "float64", x, (full, 6.02, 3.01, 6.02), "x = 1", "0.9990234375", one, 3.01, 0),
            Curve("sound form", "float64", x, (full,) * 4, "x = 1", "1", one, full, 0),
            Curve("PyTorch", "float64", x, (full, 0.0, 0.0, 0.0), "x = 1", "nan", one, 0.0, 3),
            Curve("by hand", "float32", x, (3.01, 6.02, half, 3.01), "x = -4", "-3.9960938", f"-4.{zeros}", 3.01, 0),
            Curve("sound form", "float32", x, (half,) * 4, "x = 1", "1", one, half, 0),
            Curve("PyTorch", "float32", x, (half, half, half, 0.301), "x = 8", "4", f"8.{zeros}", 0.301, 0),
        ),
        "PyTorch is the less exact: at x = 1 in float64 it gives nan, the sound form 1; "
        "the exact value is 1.0000000000000000000",
        "A table.",
    ))  # fmt: skip


# --- the worst point --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("x", "factors", "scale", "at", "mine"),
    [
        ((2.0, 4.0, 8.0), (THREE, HALF, SIX), "both signs", 4.0, "2"),
        ((2.0, 4.0, 8.0), (0, nan, inf), "log", 4.0, "nan"),  # a number is better than none
        ((8.0, 4.0, 2.0), (0, inf, nan), "log", 2.0, "nan"),
        ((8.0, 4.0, 2.0), (0, 0, 2), "log", 2.0, "4"),
        ((0.0625, 0.25, 2.0), (0, 0, 0), "log", 2.0, "0"),
        ((-2.0, 2.0), (0, 0), "both signs", 2.0, "0"),
        ((2.0, -2.0), (0, 0), "both signs", 2.0, "0"),
        ((-2.0, 4.0), (0, 0), "both signs", -2.0, "-0"),
        ((0.5, 0.75, 0.125), (0, 0, 0), "probability", 0.5, "0"),
        ((0.75, 0.125), (0, 0), "probability", 0.75, "0"),
        ((0.125, 0.75), (0, 0), "log", 0.75, "0"),
    ],
)
def test_the_worst_point_keeps_fewest_digits_and_of_equals_the_mildest_is_named(
    x: tuple[float, ...], factors: tuple[float, ...], scale: str, at: float, mine: str
) -> None:
    worst = said(swept(*x, by_hand=table(*factors), scale=scale), "by hand")
    assert (worst.at, worst.mine) == (f"x = {text(np.float64(at))}", mine)
    assert worst.lost == sum(digits == 0 for digits in worst.digits)


def test_of_two_points_that_keep_half_a_digit_the_milder_is_the_worse() -> None:
    """That both give numbers must not be what tells them apart."""
    worst = said(swept(8.0, 2.0, by_hand=table(HALF, HALF)), "by hand")
    assert (worst.at, worst.fewest, worst.lost) == ("x = 2", 0.301, 0)


def test_a_point_whose_exact_value_is_not_known_is_never_the_worst() -> None:
    sweep = swept(-2.0, 2.0, 4.0, by_hand=table(1, THREE, 1), exact=np.log, torch=table(nan, 1, 1))
    worst = said(sweep, "PyTorch")
    assert repr(worst.digits) == repr((nan, 0.0, 0.0))
    assert (worst.at, worst.mine, worst.exact) == ("x = 2", "2", "0.69314718055994530942")


def test_of_several_numbers_the_worst_is_named() -> None:
    function: Function = lambda x: {"dW": x * table(1, 1)(x), "db": x * table(1, 0.75)(x)}  # noqa: E731
    curve = said(swept(2.0, 4.0, by_hand=function, exact=lambda x: {"dW": x * x, "db": x * x}), "by hand")
    assert (curve.at, curve.mine, curve.exact) == ("x = 4, db", "12", "16.000000000000000000")


@pytest.mark.parametrize(
    ("rows", "digits", "names"),
    [
        ({"a": (1.0,), "b": (THREE,), "c": (SIX,)}, (3.01,), ("b",)),
        ({"a": (THREE, 1.0), "b": (1.0, SIX)}, (3.01, 6.02), ("a", "b")),
        ({"a": (0.0,), "b": (nan,)}, (0.0,), ("b",)),
        ({"a": (inf,), "b": (0.0,)}, (0.0,), ("a",)),
        ({"a": (2.0,), "b": (0.0,)}, (0.0,), ("a",)),
        ({"a": (HALF,), "b": (nan,), "c": (0.0,)}, (0.0,), ("b",)),
    ],
)
def test_of_several_numbers_the_worst_counts_and_of_two_without_a_digit_one_that_is_no_number(
    rows: dict[str, tuple[float, ...]], digits: tuple[float, ...], names: tuple[str, ...]
) -> None:
    found: Rows = {name: np.array(numbers) for name, numbers in rows.items()}
    exact = {name: np.array([arb(1)] * len(numbers), dtype=object) for name, numbers in rows.items()}
    judged = judge(found, exact, "float64")
    assert (tuple(judged.digits.tolist()), judged.names) == (digits, names)


def test_a_number_whose_exact_value_is_not_known_hides_none_that_is() -> None:
    found: Rows = {"a": np.array([1.0, 1.0]), "b": np.array([THREE, nan])}
    exact = {"a": np.array([arb("nan")] * 2, dtype=object), "b": np.array([arb(1), arb("nan")], dtype=object)}
    judged = judge(found, exact, "float64")
    assert (repr(judged.digits.tolist()), judged.names) == (repr([3.01, nan]), ("b", "a"))


def test_infinity_is_right_where_the_exact_value_rounds_to_it_and_then_it_is_no_worse_than_a_number() -> None:
    found: Rows = {"a": np.array([inf], dtype=np.float32), "b": np.array([THREE], dtype=np.float32)}
    exact = {"a": np.array([arb("1e39")], dtype=object), "b": np.array([arb(1)], dtype=object)}
    judged = judge(found, exact, "float32")
    assert (judged.digits.tolist(), judged.names) == ([3.01], ("b",))


@pytest.mark.parametrize(
    ("x", "scale", "far"),
    [
        (100.0, "both signs", (2.0, False)),
        (-0.01, "both signs", (2.0, True)),
        (0.01, "log", (2.0, False)),
        (0.5, "probability", (0.0, False)),
        (0.75, "probability", (log10(0.75) - log10(0.25), False)),
        (0.25, "probability", (log10(0.75) - log10(0.25), False)),
    ],
)
def test_how_far_out_a_point_lies(x: float, scale: str, far: tuple[float, bool]) -> None:
    assert mildness(x, scale) == far


# --- where PyTorch is the less exact ----------------------------------------------------------------------------------
def remark(sweep: Sweep, *dtypes: str) -> str:
    return measure(sweep, dtypes or ("float64",), 0).remark


def test_pytorch_is_blamed_from_one_digit_on_and_no_sooner() -> None:
    by_a_digit = swept(1.0, by_hand=table(TENTH), torch=table(0))
    assert kept(TENTH, arb(1), "float64") == 1.0
    assert remark(by_a_digit) == (
        "PyTorch is the less exact: at x = 1 in float64 it gives 0, the formula by hand 0.9; "
        "the exact value is 1.0000000000000000000"
    )
    assert remark(swept(1.0, by_hand=table(0.899), torch=table(0))) == ""
    assert remark(swept(1.0, by_hand=table(0), torch=table(TENTH))) == ""
    assert remark(swept(1.0, by_hand=table(1), sound=table(1))) == ""


def test_the_better_of_the_others_is_named_and_of_equals_the_formula_by_hand() -> None:
    assert "it gives 0, the sound form 2;" in remark(swept(2.0, by_hand=table(HALF), sound=table(1), torch=table(0)))
    assert "it gives 0, the formula by hand 2;" in remark(swept(2.0, by_hand=table(1), sound=table(1), torch=table(0)))
    assert "it gives 0, the sound form 2;" in remark(swept(2.0, by_hand=table(nan), sound=table(1), torch=table(0)))


@pytest.mark.parametrize(
    ("x", "torch", "scale", "at"),
    [
        ((1.0, 2.0, 4.0), (SIX, THREE, SIX), "log", "x = 2 "),  # where it keeps fewest, not where it is first behind
        ((8.0, 2.0, 4.0), (0, 0, 0), "log", "x = 2 "),
        ((-2.0, 2.0), (0, 0), "both signs", "x = 2 "),
        ((0.5, 0.75), (0, 0), "probability", "x = 0.5 "),
        ((0.5, 0.75), (0, 0), "log", "x = 0.75 "),
    ],
)
def test_the_point_where_pytorch_keeps_fewest_is_named_and_of_equals_the_mildest(
    x: tuple[float, ...], torch: tuple[float, ...], scale: str, at: str
) -> None:
    found = remark(swept(*x, by_hand=table(*[1] * len(x)), torch=table(*torch), scale=scale))
    assert found.startswith(f"PyTorch is the less exact: at {at}")


def test_pytorch_is_not_blamed_where_all_fail_alike() -> None:
    """At 2 nobody keeps a digit; at 4 PyTorch is the one that is behind, though it keeps some."""
    found = remark(swept(2.0, 4.0, by_hand=table(0, 1), torch=table(0, THREE)))
    assert found.startswith("PyTorch is the less exact: at x = 4 ")


def test_the_number_that_pytorch_gets_wrong_is_named() -> None:
    def both(x: Any) -> dict[str, Any]:
        return {"dW": x, "db": 3 * x}

    def wrong(x: Any) -> dict[str, Any]:
        return {"dW": np.asarray(x), "db": np.asarray(x)}

    assert remark(swept(2.0, by_hand=both, exact=both, torch=wrong)) == (
        "PyTorch is the less exact: at x = 2, db in float64 it gives 2, the formula by hand 6; "
        "the exact value is 6.0000000000000000000"
    )


def test_an_exact_value_is_told_to_twenty_digits_without_its_radius() -> None:
    third = swept(1.0, by_hand=lambda x: x / 3, exact=lambda x: x / 3, torch=table(0))
    assert said(third, "by hand").exact == "0.33333333333333333333"
    assert remark(third).endswith("by hand 0.3333333333333333; the exact value is 0.33333333333333333333")


def test_the_remark_is_of_the_first_precision_that_has_one() -> None:
    sweep = swept(2.0, by_hand=table(1), torch=table(1, float32=(0,)))
    assert "in float32" in remark(sweep, "float64", "float32")
    assert "in float64" in remark(swept(2.0, by_hand=table(1), torch=table(0)), "float64", "float32")


def test_in_no_precision_nothing_is_said() -> None:
    record = measure(swept(2.0, by_hand=table(1), torch=table(0)), (), 0)
    assert (record.curves, record.remark) == ((), "")
