"""What a report shows of matches: a sentence alone in one line, several in a list, those of the source apart."""

from __future__ import annotations

import pytest

from verify.diagnosis.match import SOURCE, Match, sentences

SIGN, HALF = Match("sign", "dW has the wrong sign."), Match("factor", "dW is half.", residual=2.6e-17)
LINE, OTHER = Match(SOURCE, "line 3: `a` should read `b`."), Match(SOURCE, "line 4: `c` should read `d`.")


@pytest.mark.parametrize(
    ("matches", "text"),
    [
        ((), ""),
        ((SIGN,), "diagnosis: dW has the wrong sign."),
        ((HALF,), "diagnosis: dW is half. (up to 3e-17)"),
        ((SIGN, HALF), "diagnosis, one of:\n· dW has the wrong sign.\n· dW is half. (up to 3e-17)"),
        ((LINE,), "in the source: line 3: `a` should read `b`."),
        ((LINE, SIGN), "diagnosis: dW has the wrong sign.\nin the source: line 3: `a` should read `b`."),
        (
            (LINE, OTHER),
            "in the source, one of:\n· line 3: `a` should read `b`.\n· line 4: `c` should read `d`.",
        ),
    ],
)
def test_a_sentence_stands_alone_several_in_a_list_and_those_of_the_source_last(
    matches: tuple[Match, ...], text: str
) -> None:
    assert sentences(matches) == text


def test_a_match_says_least_where_nothing_is_given_and_is_the_same_whatever_mends_it() -> None:
    match = Match("sign", "so")
    assert (match.residual, match.cost, match.confident, match.repaired) == (0.0, 1, False, None)
    assert Match("sign", "so", repaired=abs) == match
    assert repr(match) == "Match(kind='sign', sentence='so', residual=0.0, cost=1, confident=False)"
    assert SOURCE == "source"
    assert sentences([match]) == "diagnosis: so"
