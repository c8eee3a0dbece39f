"""Which verdict follows from many, and the three words that reports and gates read."""

from __future__ import annotations

from itertools import product

from verify.records.verdict import FAIL, INCONCLUSIVE, PASS, concluded, overall


def test_the_words_are_those_that_are_documented() -> None:
    assert (PASS, FAIL, INCONCLUSIVE) == ("pass", "fail", "inconclusive")


def test_any_fail_decides_then_any_pass_and_only_of_the_questions_that_say_that_a_formula_is_right() -> None:
    verdicts, questions = (PASS, FAIL, INCONCLUSIVE), ("formula", "agreement", "arithmetic", "contract")
    for said in product(verdicts, repeat=3):
        assert overall(list(said)) == (FAIL if FAIL in said else PASS if PASS in said else INCONCLUSIVE)
    for said in product(product(questions, verdicts), repeat=2):
        deciding = [verdict for question, verdict in said if question in ("formula", "agreement")]
        wanted = PASS if PASS in deciding else INCONCLUSIVE
        assert concluded(iter(said)) == (FAIL if any(verdict == FAIL for _, verdict in said) else wanted)
    assert concluded([]) == overall([]) == INCONCLUSIVE
