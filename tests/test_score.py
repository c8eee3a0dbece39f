"""Who is asked about a faulty variant, in which order, and what is told of it: by checks that say what they should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from manual.notation import formula
from verify.arithmetic.balls import Balls
from verify.diagnosis.match import SOURCE, Match
from verify.faults import limits
from verify.faults.score import _asked, _broken, _shown, judged, oracle_of, oracles, scored, seen, worst
from verify.faults.variants import Variant
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.faults import CAUGHT, EQUIVALENT, ESCAPED
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.row import SLOW, Row
from verify.setting import Setting

X = np.array([[1.5, -2.0], [0.25, 3.0]])


@formula("twice", "", "x: n m -> n m", "here")
def twice(x: Any) -> Any:
    return 2 * x


def thrice(x: Any) -> Any:
    return 3 * x


VARIANT = Variant("twice", "added up twice", "3 * x", thrice)
SQUARE = replace(VARIANT, square=True)


def row(oracle: str, verdict: str, finding: str = "", **more: Any) -> Discrepancy:
    return Discrepancy("twice", "x", "formula", oracle, verdict, finding=finding, **more)


def of(**checks: Callable[..., Any]) -> Row:
    return Row(twice, {name.replace("_", " "): check for name, check in checks.items()})


def says(*rows: Discrepancy) -> Callable[..., list[Discrepancy]]:
    return lambda f, id, setting: list(rows)


# --- the rows of a variant -------------------------------------------------------------------------------------------
def test_an_oracle_has_seen_what_it_failed_once_and_python_what_was_raised() -> None:
    rows = [
        row("exact", PASS), row("autograd", INCONCLUSIVE), row("exact", FAIL, at="[1, 0]", mine="3", want="2"),
        row("exact", PASS), row("identity", FAIL, "raised KeyError: 1"), row("contracts", PASS, "has raised nothing"),
    ]  # fmt: skip
    assert [oracle_of(found) for found in rows] == ["exact", "autograd", "exact", "exact", "raised", "contracts"]
    assert oracles(rows) == {"exact": True, "autograd": False, "raised": True, "contracts": False}
    assert seen(rows) == (
        ("exact", "autograd", "raised", "contracts"),
        ("exact", "raised"),
        "exact: x[1, 0] is 3, not 2",
    )
    assert seen(rows[:2]) == (("exact", "autograd"), (), "")
    assert seen([]) == ((), (), "")
    assert _shown(rows[4]) == "raised KeyError: 1"


def test_a_peer_rejects_a_formula_that_it_rejects_anywhere_and_else_says_why_it_could_not_be_asked() -> None:
    def worst_of(*answers: str) -> str:
        said = iter(answers)
        return worst(lambda problem: next(said), [None] * len(answers))  # type: ignore[list-item]

    assert worst_of("accepts", "cannot run", "rejects") == "rejects"
    assert worst_of("accepts", "cannot run: a", "cannot run: b") == "cannot run: a"
    assert worst_of("accepts", "accepts") == "accepts"
    assert worst_of() == "accepts"


def test_the_slow_checks_are_asked_where_all_others_let_it_pass() -> None:
    def order(verdict: str) -> list[str]:
        asked: list[str] = []

        def check(name: str) -> Callable[..., Any]:
            def asks(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
                asked.append(name)
                return [row("exact", verdict)]

            return asks

        names = ("training", "value", "experiment", "derivative")
        assert {"training", "experiment"} <= {*SLOW}
        found = judged(VARIANT, Row(twice, {name: check(name) for name in names}), Setting())
        assert len(found) == len(asked)
        return asked

    assert order(PASS) == order(INCONCLUSIVE) == ["value", "derivative", "training", "experiment"]
    assert order(FAIL) == ["value", "derivative"]


def test_once_a_check_had_no_end_no_other_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.05)

    def endless(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        while True:
            pass

    found = judged(
        VARIANT, of(first=says(row("exact", PASS)), second=endless, third=says(row("exact", PASS))), Setting()
    )
    assert found == [
        row("exact", PASS),
        replace(row("raised", FAIL, "raised TimeoutError: it had not ended after 0.05 s of work"), quantity="second"),
    ]


def test_what_a_variant_raises_is_noticed_by_whoever_calls_it() -> None:
    def calls(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        raise KeyError("W1")

    assert _asked(VARIANT, of(value=calls), "value", Setting()) == [
        Discrepancy("twice", "value", "formula", "raised", FAIL, finding="raised KeyError: 'W1'")
    ]


def test_a_check_is_handed_the_variant_the_rows_id_and_whether_its_source_is_looked_into() -> None:
    handed: list[Any] = []

    def check(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        handed.append((f(X).tolist(), id, setting.seed, setting.source))
        return []

    answers = iter((True, False))
    judged(VARIANT, of(one=check, two=check), Setting(seed=7), lambda: next(answers))
    judged(VARIANT, of(one=check), Setting(seed=8, source=False))
    three = (3 * X).tolist()
    assert handed == [(three, "twice", 7, True), (three, "twice", 7, False), (three, "twice", 8, True)]


# --- the verdict -----------------------------------------------------------------------------------------------------
def test_a_fault_is_caught_on_the_typical_case_or_on_all_cases_of_two_more_seeds() -> None:
    def settings(until: int) -> tuple[list[Any], Any]:
        asked: list[Any] = []

        def check(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
            asked.append((setting.seed, setting.quick, setting.square, setting.take is not None, setting.source))
            oracle = "exact" if setting.seed == until else f"oracle {setting.seed}"
            return [row(oracle, FAIL if setting.seed == until else PASS, f"seed {setting.seed}", seed=setting.seed)]

        return asked, scored(SQUARE, of(value=check), {}, seed=5)

    asked, fault = settings(5)
    assert asked == [(5, True, True, True, True)]
    assert (fault.verdict, fault.shown, fault.asked, fault.caught) == (CAUGHT, "seed 5", ("exact",), ("exact",))
    assert (fault.formula, fault.rule, fault.where, fault.square) == ("twice", "added up twice", "3 * x", True)
    assert settings(6)[0] == [*asked, (6, False, True, False, True)]
    asked, fault = settings(7)
    assert asked[1:] == [(6, False, True, False, True), (7, False, True, False, True)]
    assert (fault.verdict, fault.shown) == (CAUGHT, "seed 7")
    assert (fault.asked, fault.caught) == (("oracle 5", "oracle 6", "exact"), ("exact",))


def calls_it(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
    f(Balls.of(X))
    return [row("exact", PASS)]


def test_what_nobody_sees_has_escaped_unless_it_changes_nothing() -> None:
    fault = scored(VARIANT, of(value=calls_it), {"peer": lambda problem: "rejects"})
    assert (fault.verdict, fault.caught, fault.shown, fault.named, fault.peers) == (ESCAPED, (), "", "", ())
    fault = scored(replace(VARIANT, function=lambda x: x + x), of(value=calls_it), {})
    assert (fault.verdict, fault.caught, fault.named) == (EQUIVALENT, (), "")
    assert fault.shown == "proved by algebra for all values: 12 identities"


def problem() -> Problem:
    return Problem("twice", lambda x: 2 * x, lambda dout, x: 2 * dout, {"x": X}, ("x",), X)


def test_peers_are_asked_about_every_derivative_that_the_first_look_took_of_what_was_caught() -> None:
    taken: list[Problem] = [problem(), problem()]
    asked: list[Problem] = []

    def check(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        if setting.take:
            for one in taken:
                setting.take(one)
        return [row("exact", FAIL, "wrong")]

    def accepts(one: Problem) -> str:
        asked.append(one)
        return "accepts"

    fault = scored(VARIANT, of(value=check), {"lenient": accepts, "strict": lambda one: "rejects"})
    assert fault.peers == (("lenient", "accepts"), ("strict", "rejects"))
    assert [id(one) for one in asked] == [id(one) for one in taken]
    assert scored(VARIANT, of(value=says(row("exact", FAIL))), {"strict": lambda one: "rejects"}).peers == ()


# --- what it is called -----------------------------------------------------------------------------------------------
FACTOR = Match("factor", "x is 3/2 times what it should be.", confident=True)
UNSURE = Match("offset", "x is off by the same.")


def test_the_surest_sentence_is_told_and_the_name_is_judged_by_the_rule() -> None:
    def naming(*matches: Match) -> Callable[..., Any]:
        def check(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
            assert setting.name is not None
            setting.name({"x": matches[:1], "y": matches[1:]})
            return [row("exact", FAIL, "wrong")]

        return check

    fault = scored(VARIANT, of(value=naming(UNSURE, FACTOR)), {})
    assert (fault.diagnosis, fault.named) == (FACTOR.sentence, "rightly")
    fault = scored(VARIANT, of(value=naming(UNSURE)), {})
    assert (fault.diagnosis, fault.named) == (UNSURE.sentence, "unnamed")
    fault = scored(replace(VARIANT, rule="flipped"), of(value=naming(FACTOR, UNSURE)), {})
    assert (fault.diagnosis, fault.named) == (FACTOR.sentence, "wrongly")
    fault = scored(VARIANT, of(value=says(row("exact", FAIL, "wrong"))), {})
    assert (fault.diagnosis, fault.named) == ("", "unnamed")


def test_later_seeds_are_heard_too_and_the_source_is_looked_into_until_a_change_is_told() -> None:
    heard: list[bool] = []

    def check(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        heard.append(setting.source)
        assert setting.name is not None
        setting.name({"x": (Match(SOURCE, f"line {setting.seed}", confident=setting.seed == 1),)})
        return [row("exact", FAIL if setting.seed == 1 else PASS)]

    fault = scored(VARIANT, of(value=check, other=check), {})
    # In the first look once it is told no more; each of the others asks anew.
    assert heard == [True, False, True, True]
    assert fault.diagnosis == "line 1"
    heard.clear()
    scored(VARIANT, of(value=check, other=check), {}, source=False)
    assert heard == [False] * 4


def test_a_change_of_the_source_is_a_right_name_where_the_formula_passes_its_rows_quick_checks_with_it() -> None:
    asked: list[Any] = []

    def value(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        asked.append((setting.seed, setting.quick, setting.square, setting.source, setting.name is None))
        right = np.array_equal(f(X), 2 * X)
        if setting.name:
            setting.name({"x": (Match(SOURCE, "so", confident=True, repaired=mended[0]),)})
        return [row("exact", PASS if right else FAIL)]

    def training(f: Any, id: str, setting: Setting) -> list[Discrepancy]:
        return [row("experiment", FAIL)]

    mended: list[Callable[..., Any]] = [lambda x: x + x]
    wrong = replace(SQUARE, rule="no rule")
    assert scored(wrong, of(value=value, training=training), {}).named == "rightly"
    assert asked == [(0, True, True, True, False), (1, False, True, False, True)]
    mended[0] = lambda x: x + x + 1
    assert scored(wrong, of(value=value, training=training), {}).named == "wrongly"


def test_what_a_contract_says_is_a_name() -> None:
    def kind(oracle: str, verdict: str, finding: str) -> str | None:
        found = _broken(row(oracle, verdict, finding))
        assert found is None or (found.sentence, found.confident) == (finding, False)
        return found.kind if found else None

    for finding, name in (
        ("overwrites an array that it was given", "overwritten"),
        ("gives back dW of shape (3,), and states n × 1 = (3, 1)", "shape"),
        ("gives back float32 for float64", "precision"),
        ("gives back float32 for float64; overwrites an array", "overwritten"),
    ):
        assert kind("contracts", FAIL, finding) == name
        assert kind("contracts", PASS, finding) is None
        assert kind("exact", FAIL, finding) is None
    assert kind("contracts", FAIL, "something else") is None
    fault = scored(
        replace(VARIANT, rule="an argument overwritten"),
        of(value=says(row("exact", PASS), row("contracts", FAIL, "overwrites an array that it was given"))), {},
    )  # fmt: skip
    assert (fault.named, fault.diagnosis) == ("rightly", "overwrites an array that it was given")
