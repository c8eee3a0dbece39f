"""Two ways of writing one thing: what is said of them where they are equal, where not, and where it cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from flint import arb

from verify.arithmetic.balls import Balls
from verify.cases import cases
from verify.checks.identity import identity
from verify.diagnosis.match import Match
from verify.questions import measure
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import Runs, run
from verify.setting import Setting

Side = Callable[..., Any]
SHAPES = "X: n m -> n m"
# What is wrong is not mended here: the source of a formula is looked through in tests/test_repair.py.
PLAIN = Setting(seed=3, quick=True, source=False)
DOUBLE = replace(PLAIN, dtypes=("float64",))


def third(x: Any) -> Any:
    return x / 3


def thrice(f: Side, X: Any) -> Any:
    return f(X) + f(X) + f(X)


def sevenths(f: Side, X: Any) -> Any:
    return X / 7 * 7


def given(shapes: str = SHAPES, seed: int = 3, case: str = "typical", square: bool = False) -> dict[str, Any]:
    (found,) = (made.inputs for made in cases(shapes, {}, seed, None, square) if made.name == case)
    return found


def same(rows: list[Discrepancy], wanted: list[Discrepancy]) -> None:
    """Every field of every row; a nan is a nan."""
    assert [repr(row) for row in rows] == [repr(row) for row in wanted]


def both(f: Side, inputs: Mapping[str, Any], dtype: str) -> tuple[Runs, Runs]:
    left, right = (run(partial(side, f), inputs, dtype) for side in (thrice, sevenths))
    return left, right


def exactly(f: Side, inputs: Mapping[str, Any], verdict: str, error: Any, **about: Any) -> Discrepancy:
    """What exact arithmetic says of the two; `error` is that of each element."""
    mine, want = (side.exact["value"] for side in both(f, inputs, "float64"))
    figures = measure(mine.mid(), want.mid(), error, mine.rad() + want.rad(), "float64", want)
    return Discrepancy("thirds", "sum", "formula", "identity", verdict, **about, **figures)


def rounded(f: Side, inputs: Mapping[str, Any], verdict: str, dtype: str, **about: Any) -> Discrepancy:
    """What the floats say, each side with its own budget."""
    mine, want = both(f, inputs, dtype)
    x, y = mine.value["value"], want.value["value"]
    assert x.dtype == y.dtype == dtype
    error = abs(x.astype(np.float64) - y.astype(np.float64))
    budget = mine.budget["value"] + want.budget["value"]
    assert not np.array_equal(mine.budget["value"], want.budget["value"])
    figures = measure(x, y, error, budget, dtype, mine.exact["value"])
    return Discrepancy("thirds", "sum", "arithmetic", "identity", verdict, dtype=dtype, **about, **figures)


def sums(**options: Any) -> Any:
    return identity(SHAPES, thrice, sevenths, quantity="sum", **options)


# --- the rows ---------------------------------------------------------------------------------------------------------
def test_two_equal_sides_pass_exactly_once_and_in_floats_in_each_precision_in_every_case() -> None:
    rows = sums()(third, "thirds", replace(PLAIN, quick=False))
    wanted = []
    for case in ("typical", "m = 1", "all sizes 1"):
        inputs, about = given(case=case), {"case": case, "seed": 3}
        wanted += [
            exactly(third, inputs, PASS, np.zeros_like(inputs["X"]), **about),
            rounded(third, inputs, PASS, "float64", **about),
            rounded(third, inputs, PASS, "float32", **about),
        ]
    same(rows, wanted)
    assert any(row.max_abs > 0 for row in rows if row.question == "arithmetic")  # some rounding there is


def test_one_wrong_element_fails_with_its_place_its_two_values_and_the_likely_mistake() -> None:
    inputs = given()
    factor = np.ones_like(inputs["X"])
    factor[1, 2] = 4.5

    def wrong(x: Any) -> Any:
        return factor.astype(x.dtype) * x / 3

    rows = sums()(wrong, "thirds", PLAIN)
    gap = np.where(factor != 1, abs(3.5 * inputs["X"]), 0)
    about = {"case": "typical", "seed": 3, "diagnosis": rows[0].diagnosis}
    # 3.5x has 27 bits, so the gap is a float; what is said is no less, and no more than the two radii above.
    assert gap.max() <= rows[0].max_abs <= np.nextafter(gap.max(), np.inf)
    same(rows, [
        exactly(wrong, inputs, FAIL, np.where(factor != 1, rows[0].max_abs, 0), **about),
        rounded(wrong, inputs, FAIL, "float64", **about),
        rounded(wrong, inputs, FAIL, "float32", case="typical", seed=3),
    ])  # fmt: skip
    assert {row.at for row in rows} == {"[1, 2]"}
    assert rows[0].want == repr(float(inputs["X"][1, 2]))
    assert rows[0].diagnosis.startswith("diagnosis: sum is wrong at [1, 2] alone")


def test_one_part_in_a_million_million_is_no_identity() -> None:
    (row, _) = sums()(lambda x: x / 3 * (1 + 2.0**-40), "thirds", DOUBLE)
    assert (row.verdict, row.compared) == (FAIL, 12)


def test_sides_by_name_make_rows_by_name_and_a_single_array_has_the_quantity_alone() -> None:
    named = identity(SHAPES, lambda f, X: {"A": f(X), "B": X}, lambda f, X: {"B": 1 * X, "A": X / 3}, quantity="both")
    rows = named(third, "thirds", replace(PLAIN, dtypes=("float32",)))
    assert [(row.quantity, row.question, row.dtype) for row in rows] == [
        ("both A", "arithmetic", "float32"), ("both B", "arithmetic", "float32"),
    ]  # fmt: skip
    alone = identity(SHAPES, lambda f, X: f(X), lambda f, X: X / 3)(third, "thirds", DOUBLE)
    assert [(row.quantity, row.shape) for row in alone] == [("identity", "(3, 4)")] * 2


def test_sides_of_different_names_fail_before_anything_is_compared() -> None:
    check = identity(SHAPES, lambda f, X: {"B": X, "A": f(X)}, lambda f, X: X, quantity="both")
    same(check(third, "thirds", DOUBLE), [
        Discrepancy(
            "thirds", "both", "formula", "identity", FAIL, case="typical", seed=3,
            finding="one side has ['A', 'B'], the other ['value']",
        )
    ])  # fmt: skip


def test_a_side_of_another_shape_fails_in_each_precision_and_what_stands_beside_it_is_compared() -> None:
    check = identity(SHAPES, lambda f, X: {"A": f(X).T, "B": X}, lambda f, X: {"A": X / 3, "B": X}, quantity="both")
    rows = check(third, "thirds", PLAIN)
    about = {"case": "typical", "seed": 3, "shape": "(4, 3)"}
    finding = "one side has shape (4, 3), the other (3, 4)"
    told = [row for row in rows if row.quantity == "both A"]
    assert told[0].diagnosis.startswith("diagnosis: both A is the transpose of what it should be")
    same(told, [
        Discrepancy(
            "thirds", "both A", "formula", "identity", FAIL, dtype=dtype, finding=finding,
            diagnosis=told[0].diagnosis if dtype == "float64" else "", **about,
        )
        for dtype in ("float64", "float32")
    ])  # fmt: skip
    beside = [(row.question, row.dtype, row.verdict) for row in rows if row.quantity == "both B"]
    assert beside == [("formula", "float64", PASS), ("arithmetic", "float64", PASS), ("arithmetic", "float32", PASS)]


def test_a_formula_that_raises_has_failed_in_that_case_and_the_next_case_is_tried() -> None:
    def picky(x: Any) -> Any:
        if x.shape == (3, 1):
            raise ValueError("one column is too few")
        return x / 3

    rows = sums()(picky, "thirds", replace(DOUBLE, quick=False))
    assert [row.case for row in rows] == ["typical", "typical", "m = 1", "all sizes 1", "all sizes 1"]
    same(rows[2:3], [
        Discrepancy(
            "thirds", "sum", "formula", "identity", FAIL, case="m = 1", seed=3,
            finding="raised ValueError: one column is too few",
        )
    ])  # fmt: skip
    assert {row.verdict for row in rows if row is not rows[2]} == {PASS}


@pytest.mark.parametrize("error", [ArithmeticError, IndexError, KeyError, TypeError])
def test_whatever_a_wrong_formula_raises_is_a_fail_and_no_end_of_the_run(error: type[Exception]) -> None:
    def raising(x: Any) -> Any:
        raise error("so")

    (row,) = sums()(raising, "thirds", PLAIN)
    assert (row.verdict, row.finding) == (FAIL, f"raised {error.__name__}: {error('so')}")


# --- what exact arithmetic cannot tell --------------------------------------------------------------------------------
def blurred(x: Any, radius: float) -> Any:
    """x, of which exact arithmetic knows it up to `radius` alone."""
    return x + Balls(np.full(x.shape, arb(0, radius), dtype=object)) if isinstance(x, Balls) else x


def test_wide_enclosures_that_overlap_decide_nothing_whichever_side_is_wide() -> None:
    for left, right in ((0.25, 0), (0, 0.25)):
        check = identity(SHAPES, lambda f, X, r=left: blurred(f(X), r), lambda f, X, r=right: blurred(X, r))
        row, floats = check(np.positive, "id", DOUBLE)
        assert (row.verdict, row.compared, row.max_abs, floats.verdict) == (INCONCLUSIVE, 12, 0, PASS)
        assert 0.25 <= row.budget <= 0.25 * (1 + 2.0**-28)


def test_wide_enclosures_that_are_apart_are_different_by_their_upper_end() -> None:
    check = identity(SHAPES, lambda f, X: blurred(f(X), 0.25), lambda f, X: blurred(X, 0.125))
    row, _ = check(lambda x: x + 1, "id", DOUBLE)
    # Radii are rounded up to 30 bits, once for each side and once for their difference.
    assert row.verdict == FAIL
    assert 1.375 <= row.max_abs <= 1.375 * (1 + 2.0**-26)
    assert 0.375 <= row.budget <= 0.375 * (1 + 2.0**-26)


def test_a_gap_beyond_the_range_of_floats_is_infinite_and_warns_of_nothing() -> None:
    def far(f: Side, X: Any) -> Any:
        return blurred(f(X) * 0 + 1.75 * 2.0**1023, 2.0**1022)

    check = identity(SHAPES, far, lambda f, X: blurred(X * 0, 2.0**1022))
    row, _ = check(np.positive, "id", DOUBLE)
    assert (row.verdict, row.max_abs, row.skipped) == (FAIL, np.inf, 0)


def test_equal_sides_as_large_as_can_be_are_sharp_by_their_own_measure_and_zeros_are_equal() -> None:
    for scale in (2.0**200, 2.0**-200, 0.0):
        check = identity(SHAPES, lambda f, X, s=scale: s * thrice(f, X), lambda f, X, s=scale: s * X / 7 * 7)
        rows = check(third, "thirds", DOUBLE)
        assert [(row.question, row.verdict) for row in rows] == [
            ("formula", PASS), ("arithmetic", PASS if scale else INCONCLUSIVE),
        ]  # fmt: skip


def test_of_an_empty_array_nothing_is_said_to_be_equal() -> None:
    rows = identity(SHAPES, lambda f, X: f(X)[:0], lambda f, X: X[:0])(third, "thirds", DOUBLE)
    assert [(row.verdict, row.compared, row.finding) for row in rows] == [
        (INCONCLUSIVE, 0, ""), (INCONCLUSIVE, 0, "no element has a budget, so none was compared"),
    ]  # fmt: skip


@pytest.mark.parametrize("side", [0, 1])
def test_where_one_side_does_not_run_exactly_the_reason_is_told_and_floats_are_compared(side: int) -> None:
    def floats_alone(f: Side, X: Any) -> Any:
        return np.array([[float(v) for v in row] for row in f(X)], dtype=X.dtype)

    sides = [lambda f, X: f(X), lambda f, X: 1 * X]
    sides[side] = floats_alone
    row, floats = identity(SHAPES, *sides, quantity="copy")(np.positive, "id", DOUBLE)
    reason = run(partial(floats_alone, np.positive), given(), "float64").reasons["exact"]
    same([row], [
        Discrepancy(
            "id", "copy", "formula", "identity", INCONCLUSIVE, case="typical", seed=3, shape="(3, 4)",
            finding=f"not run: {reason}",
        )
    ])  # fmt: skip
    assert (floats.verdict, floats.compared, floats.exact != "") == (PASS, 12, side == 1)


def test_an_output_of_floats_alone_has_no_budget_and_no_exact_value_and_decides_nothing() -> None:
    def also(f: Side, X: Any) -> Any:
        return {"A": f(X), **({"B": np.array(X)} if isinstance(X, np.ndarray) else {})}

    rows = identity(SHAPES, also, also, quantity="both")(np.positive, "id", DOUBLE)
    assert [(row.verdict, row.compared, row.finding) for row in rows if row.quantity == "both B"] == [
        (INCONCLUSIVE, 0, "not run: "), (INCONCLUSIVE, 0, "no element has a budget, so none was compared"),
    ]  # fmt: skip


def test_equal_infinities_are_equal_and_a_nan_or_an_infinity_of_one_side_is_infinitely_far() -> None:
    def far(f: Side, X: Any, by: Any) -> Any:
        """In floats alone; the exact sides are equal."""
        return f(X) + by if isinstance(X, np.ndarray) else f(X)

    some, nan, inf = np.zeros((3, 4)), np.zeros((3, 4)), np.zeros((3, 4))
    some[0, 1], nan[1, 0], inf[2, 3] = 1e-3, np.nan, np.inf
    for left, right, verdict, most in (
        (inf, inf, PASS, 0.0), (inf, 0, FAIL, np.inf), (nan, 0, FAIL, np.inf), (0, nan, FAIL, np.inf),
        (some, 0, FAIL, 1e-3), (inf, -inf, FAIL, np.inf), (0, 0, PASS, 0.0),
    ):  # fmt: skip
        check = identity(SHAPES, partial(far, by=left), partial(far, by=right))
        exact, floats = check(third, "thirds", DOUBLE)
        assert (exact.verdict, exact.max_abs) == (PASS, 0)
        assert (floats.verdict, floats.max_abs == most or abs(floats.max_abs - most) < 2.0**-52) == (verdict, True)


def test_an_exact_value_that_is_no_number_decides_nothing_and_warns_of_nothing() -> None:
    check = identity(SHAPES, lambda f, X: f(X), lambda f, X: np.log(X - X), quantity="log")
    exact, floats = check(lambda x: np.log(0 * x), "log", DOUBLE)
    assert (exact.verdict, exact.compared, exact.skipped) == (INCONCLUSIVE, 0, 12)
    assert floats.verdict == INCONCLUSIVE


# --- the setting, and what the check was made with --------------------------------------------------------------------
def test_only_where_it_is_asked_an_identity_is_looked_at() -> None:
    assert sums()(third, "thirds", replace(PLAIN, oracles=frozenset({"exact"}))) == []
    assert len(sums()(third, "thirds", replace(PLAIN, oracles=frozenset({"identity"})))) == 3


def test_equal_sizes_are_drawn_where_they_are_asked_for() -> None:
    square = sums()(third, "thirds", replace(PLAIN, square=True))
    assert [row.shape for row in square] == ["(3, 3)"] * 3
    same(square[:1], [
        exactly(third, given(square=True), PASS, np.zeros((3, 3)), case="typical", seed=3)
    ])  # fmt: skip


def test_edges_come_last_and_domains_and_constants_are_kept_to() -> None:
    seen: list[tuple[Any, Any]] = []

    def left(f: Side, p: Any, k: Any) -> Any:
        if isinstance(p, np.ndarray) and p.dtype == np.float64:
            seen.append((p.copy(), k))
        return f(p) * k

    check = identity(
        "p: m -> m", left, lambda f, p, k: k * p / 3, domain={"p": "probability"},
        edges={"at 1": {"p": [1.0, 0.5]}}, constants={"k": 2},
    )  # fmt: skip
    rows = check(third, "thirds", replace(DOUBLE, quick=False))
    assert [row.case for row in rows] == [c for c in ("typical", "m = 1", "all sizes 1", "at 1") for _ in range(2)]
    assert {row.verdict for row in rows} == {PASS}
    assert {k for _, k in seen} == {2}
    assert all(((p > 0) & (p <= 1)).all() for p, _ in seen)
    assert any(np.array_equal(p, [1.0, 0.5]) for p, _ in seen)
    # A quick run looks at the typical case alone.
    assert {row.case for row in check(third, "thirds", DOUBLE)} == {"typical"}


def test_the_likely_mistake_is_told_to_who_listens_once_by_its_quantity_and_never_as_sure() -> None:
    heard: list[Mapping[str, tuple[Match, ...]]] = []
    check = identity(SHAPES, lambda f, X: {"A": f(X).T}, lambda f, X: {"A": X / 3}, quantity="both")
    check(third, "thirds", replace(PLAIN, name=heard.append))
    assert [[*found] for found in heard] == [["both A"]]
    assert [match.confident for match in heard[0]["both A"]] == [False]


NEGATIVE = identity("x: m -> m", lambda f, x: f(x), lambda f, x: -x, quantity="negative")


def test_a_change_of_the_source_that_makes_both_sides_equal_is_told_in_the_rows_that_fail() -> None:
    def same_sign(x: Any) -> Any:
        return x

    heard: list[Mapping[str, tuple[Match, ...]]] = []
    rows = NEGATIVE(same_sign, "minus", replace(DOUBLE, source=True, name=heard.append))
    assert {row.verdict for row in rows} == {FAIL}
    assert all(row.diagnosis.endswith("should read `return -x`.") for row in rows)
    # What the numbers tell, and then the source: what is tried on the way is told to nobody.
    assert [[*found] for found in heard] == [["negative"], ["negative"]]


def test_no_change_is_told_that_leaves_another_case_wrong() -> None:
    def at_one(x: Any) -> Any:
        return x if len(x) == 1 else -x

    heard: list[Mapping[str, tuple[Match, ...]]] = []
    rows = NEGATIVE(at_one, "minus", replace(DOUBLE, quick=False, source=True, name=heard.append))
    assert {row.case for row in rows if row.verdict == FAIL} == {"m = 1", "all sizes 1"}
    told = [match for match in heard[-1]["negative"] if match.repaired is not None]
    assert told
    for match in told:
        assert match.repaired is not None
        assert match.repaired(np.array([0.75])) == -0.75, match.sentence
