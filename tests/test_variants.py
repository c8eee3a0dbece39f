"""The faulty variants of every formula, whole: what each says of itself, and what a spoilt result or call gives back."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest

from manual.notation import formula
from tests.variants_of_rows import ROWS, made
from verify.faults.rewriting import rewritten
from verify.faults.source_rules import SOURCE_RULES
from verify.faults.variants import Variant, variants
from verify.row import Row


@pytest.mark.parametrize("id", ROWS)
def test_every_rule_makes_of_a_formula_what_it_made(id: str, snapshot: Any) -> None:
    """After a change that is meant: `pytest tests/test_variants.py --snapshot-update`, and read the difference."""
    rules = [(rule, [*of]) for rule, of in groupby(made(id), lambda variant: variant.rule)]
    said = [(rule, " | ".join(v.where + " (square)" * v.square for v in of)) for rule, of in rules]
    # A line for all rules that say the same.
    assert [f"{', '.join(rule for rule, _ in of)}: {where}" for where, of in groupby(said, lambda pair: pair[1])] == snapshot


def test_a_variant_bears_its_formula_its_rule_its_line_and_whether_it_is_tried_on_squares() -> None:
    one, *_ = made("deep.dW")
    assert one.name == f"deep.dW: {one.rule}: {one.where}"
    assert Variant("f", "sign", "-x", len, square=True).name == "f: sign: -x (square)"
