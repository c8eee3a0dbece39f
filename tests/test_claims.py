"""Claims: what holds passes, what does not fails, what compares nothing decides nothing; every word is handed on."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import flint
import numpy as np
import pytest

from verify.arithmetic.balls import FIRST_BITS
from verify.checks.claims import Claim, claims
from verify.diagnosis.match import Match
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.setting import Setting

PLAIN = Setting(seed=3, source=False)


def plus(n: int, m: int) -> int:
    return n + m


def figures(formula: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """Three claims of an area; the second compares nothing where the seed is odd."""
    yield Claim("area", formula(3, 4) == 12, formula(3, 4), 12, compared=2, at="[3, 4]", note="by counting")
    yield Claim("width", formula(2, 7) == 14, formula(2, 7), 14, compared=0 if setting.seed % 2 else 1)
    yield Claim("unit", formula(1, 1) == 1, formula(1, 1), 1)


CHECK = claims("figures", figures)


def same(rows: list[Discrepancy], wanted: list[Discrepancy]) -> None:
    """Every field of every row; a nan is a nan."""
    assert [repr(row) for row in rows] == [repr(row) for row in wanted]


def row(quantity: str, verdict: str, mine: str, want: str, **more: Any) -> Discrepancy:
    about = {"seed": 3, "compared": 1, **more}
    return Discrepancy("area", quantity, "formula", "figures", verdict, mine=mine, want=want, **about)


# --- the rows ---------------------------------------------------------------------------------------------------------
def test_claims_that_hold_pass_in_their_order_with_what_was_found_and_claimed() -> None:
    same(CHECK(lambda n, m: n * m, "area", PLAIN), [
        row("area", PASS, "12", "12", compared=2, at="[3, 4]", finding="by counting"),
        row("width", INCONCLUSIVE, "14", "14", compared=0),
        row("unit", PASS, "1", "1"),
    ])  # fmt: skip


def test_a_claim_that_does_not_hold_fails_and_one_that_compares_nothing_decides_nothing() -> None:
    same(CHECK(plus, "area", PLAIN), [
        row("area", FAIL, "7", "12", compared=2, at="[3, 4]", finding="by counting"),
        row("width", INCONCLUSIVE, "9", "14", compared=0),
        row("unit", FAIL, "2", "1"),
    ])  # fmt: skip
    assert [found.verdict for found in CHECK(plus, "area", replace(PLAIN, seed=2))] == [FAIL] * 3


@pytest.mark.parametrize("error", [ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError])
def test_a_formula_that_raises_has_failed_and_what_was_found_before_stays(error: type[Exception]) -> None:
    def picky(n: int, m: int) -> int:
        if n == 2:
            raise error("so")
        return n * m

    same(CHECK(picky, "area", PLAIN), [
        row("area", PASS, "12", "12", compared=2, at="[3, 4]", finding="by counting"),
        Discrepancy(
            "area", "claims", "formula", "figures", FAIL, seed=3, finding=f"raised {error.__name__}: {error('so')}"
        ),
    ])  # fmt: skip


def test_only_where_its_oracle_is_asked_a_claim_is_made() -> None:
    assert CHECK(plus, "area", replace(PLAIN, oracles=frozenset({"exact"}))) == []
    assert len(CHECK(plus, "area", replace(PLAIN, oracles=frozenset({"figures"})))) == 3


def test_claims_are_made_in_the_precision_of_balls_and_the_callers_is_kept() -> None:
    seen: list[int] = []

    def find(formula: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
        seen.append(flint.ctx.prec)
        yield Claim("bits", False, 1, 2)

    before = flint.ctx.prec
    claims("figures", find)(plus, "area", Setting())
    assert set(seen) == {FIRST_BITS} != {before}
    assert flint.ctx.prec == before


# --- what is told of a mistake ----------------------------------------------------------------------------------------
RIGHT = np.array([[1.5, -2.0, 0.75], [0.25, 3.0, -1.25]])


def held(formula: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """Two arrays, of which the second is right whatever the formula."""
    found = formula(RIGHT)
    yield Claim("A", np.array_equal(found, 2 * RIGHT), found, "2 X", arrays=(found, 2 * RIGHT))
    yield Claim("B", True, found, "anything", arrays=(found, 2 * RIGHT))
    yield Claim("C", np.array_equal(found, 2 * RIGHT), found, "2 X")


def test_the_likely_mistake_is_told_of_arrays_that_should_be_equal_and_are_not() -> None:
    heard: list[Mapping[str, tuple[Match, ...]]] = []
    rows = claims("figures", held)(lambda x: -2 * x, "twice", replace(PLAIN, name=heard.append))
    assert [(found.quantity, found.verdict, found.diagnosis) for found in rows] == [
        ("A", FAIL, "diagnosis: A has the wrong sign."), ("B", PASS, ""), ("C", FAIL, ""),
    ]  # fmt: skip
    # How the formula enters the arrays is not known: none is sure.
    sure = [(k, [match.confident for match in told]) for found in heard for k, told in found.items()]
    assert sure == [("A", [False])]


def test_where_two_arrays_differ_is_told_and_is_no_cause() -> None:
    def one_off(x: Any) -> Any:
        found = 2 * x
        found[1, 2] += 0.37
        return found

    heard: list[Mapping[str, tuple[Match, ...]]] = []
    rows = claims("figures", held)(one_off, "twice", replace(PLAIN, name=heard.append))
    assert rows[0].diagnosis.startswith("diagnosis: A is wrong at [1, 2] alone")
    assert [match.confident for match in heard[0]["A"]] == [False]


def test_a_change_of_the_source_that_no_claim_refutes_is_told_unless_nothing_shall_be_mended() -> None:
    asked = replace(PLAIN, source=True)
    rows = CHECK(plus, "area", asked)
    assert [found.diagnosis.endswith("should read `return n * m`.") for found in rows] == [True, False, True]
    assert not any(found.diagnosis for found in CHECK(plus, "area", PLAIN))
    assert not any(found.diagnosis for found in claims("figures", figures, mend=False)(plus, "area", asked))


def test_a_claim_that_compares_nothing_stands_against_no_change() -> None:
    def find(formula: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
        yield Claim("nothing", False, formula(1, 1), "never", compared=0)
        yield Claim("area", formula(3, 4) == 12, formula(3, 4), 12)

    rows = claims("figures", find)(plus, "area", replace(PLAIN, source=True))
    assert rows[1].diagnosis.endswith("should read `return n * m`.")


def test_of_a_file_that_was_edited_since_it_ran_no_line_is_told(tmp_path: Path) -> None:
    """What the lines there give fails too, with another number."""
    file = tmp_path / "area.py"
    for before, since, told in (("n + m", "n + m", True), ("n + m", "n - m", False)):
        file.write_text(f"def area(n, m):\n    return {before}\n", "utf-8")
        names: dict[str, Any] = {"__name__": "area", "__file__": str(file)}
        exec(compile(file.read_text("utf-8"), str(file), "exec"), names)
        file.write_text(f"def area(n, m):\n    return {since}\n", "utf-8")
        linecache.checkcache(str(file))
        rows = CHECK(names["area"], "area", replace(PLAIN, source=True))
        assert rows[0].verdict == FAIL
        assert rows[0].diagnosis.endswith("should read `return n * m`.") == told
