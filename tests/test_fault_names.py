"""The names of a fault: fixed by its rule, right by any of them, and wrong by confidence alone."""

from __future__ import annotations

from typing import Any

import pytest

from verify.diagnosis.match import SOURCE, Match
from verify.faults.call_rules import CALL_RULES
from verify.faults.names import ALIKE, NAMES, RIGHTLY, UNNAMED, WRONGLY, named
from verify.faults.result_rules import RESULT_RULES
from verify.faults.source_rules import ARGUMENT, SOURCE_RULES

AVERAGE, SIGN, FACTOR = (Match(kind, "", confident=True) for kind in ("average", "sign", "factor"))
UNSURE_AVERAGE, UNSURE_SIGN, UNSURE_FLIP = (Match(kind, "") for kind in ("average", "sign", "flip"))
MENDS, DOES_NOT = (Match(SOURCE, "", confident=True, repaired=f) for f in (abs, len))
UNSURE_MENDS, UNSURE_DOES_NOT = (Match(SOURCE, "", repaired=f) for f in (abs, len))
NOBODYS = "a rule that nobody knows"


def test_the_names_of_every_rule_are_those_that_were_fixed_before_anything_was_measured(snapshot: Any) -> None:
    assert {rule: " ".join(sorted(kinds)) for rule, kinds in NAMES.items()} == snapshot


def test_every_rule_has_its_names() -> None:
    assert {*SOURCE_RULES, *RESULT_RULES, *CALL_RULES, ARGUMENT, ALIKE} == set(NAMES)


@pytest.mark.parametrize(
    ("rule", "matches", "how"),
    [
        ("1/m missing", [AVERAGE], RIGHTLY),
        ("flipped", [AVERAGE], WRONGLY),
        ("flipped", [UNSURE_AVERAGE, UNSURE_SIGN], UNNAMED),
        ("flipped", [UNSURE_AVERAGE, UNSURE_FLIP], RIGHTLY),
        ("flipped", [UNSURE_FLIP, AVERAGE], WRONGLY),
        ("flipped", [], UNNAMED),
        ("added up twice", [UNSURE_SIGN, FACTOR], RIGHTLY),
        ("added up twice", [SIGN, FACTOR], WRONGLY),
        # A change of the source is right where the changed formula is, whatever the rule.
        ("flipped", [MENDS], RIGHTLY),
        ("flipped", [DOES_NOT], WRONGLY),
        ("flipped", [UNSURE_DOES_NOT, UNSURE_MENDS], RIGHTLY),
        ("added up twice", [DOES_NOT, FACTOR], WRONGLY),
        (NOBODYS, [FACTOR], WRONGLY),
        (NOBODYS, [MENDS], RIGHTLY),
        (NOBODYS, [UNSURE_SIGN], UNNAMED),
    ],
)
def test_a_fault_is_named_rightly_by_any_match_and_wrongly_by_confidence_alone(
    rule: str, matches: list[Match], how: str
) -> None:
    assert named(rule, matches, lambda function: function is abs) == how


def test_the_three_answers_are_called_by_their_names() -> None:
    assert (RIGHTLY, WRONGLY, UNNAMED) == ("rightly", "wrongly", "unnamed")
