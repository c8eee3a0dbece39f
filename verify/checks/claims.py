"""Claims: statements that are plainly true or not (a shape, a count, a figure of the notes, a counter-example)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from verify.arithmetic.balls import precision
from verify.diagnosis.diagnose import diagnose
from verify.diagnosis.match import Match, sentences
from verify.diagnosis.source import Matches, by_check
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.setting import Check, Setting


@dataclass(frozen=True)
class Claim:
    """What was claimed of `quantity`, what was found, and whether it holds; `compared` things were looked at.

    `arrays`, by hand and right, are those that were compared, where the likely mistake can be told from them.
    """

    quantity: str
    holds: bool
    found: Any
    claimed: Any
    compared: int = 1
    at: str = ""
    note: str = ""
    arrays: tuple[Any, Any] | None = None

    def matches(self) -> tuple[Match, ...]:
        """What the arrays tell of a claim that fails; how the formula enters them is not known, so none is sure."""
        found = () if self.holds or self.arrays is None else diagnose(self.quantity, *self.arrays, {})
        return tuple(replace(match, confident=False) for match in found)


def claims(oracle: str, find: Callable[[Callable[..., Any], Setting], Iterable[Claim]], mend: bool = True) -> Check:
    """A check made of claims. `find(formula, setting)` yields them; a formula that raises has failed the first.

    Where one fails, the change of the formula's source is looked for with which none does, unless `mend` is False:
    every change is put to all of them.
    """

    def check(formula: Callable[..., Any], id: str, setting: Setting) -> list[Discrepancy]:
        if not setting.asks(oracle):
            return []

        def first(function: Callable[..., Any]) -> tuple[str, str] | None:
            with precision():
                wrong = (claim for claim in find(function, setting) if claim.compared and not claim.holds)
                return next(((claim.quantity, str(claim.found)) for claim in wrong), None)

        rows: list[Discrepancy] = []
        known: Matches = {}
        about: dict[str, Any] = {"formula": id, "question": "formula", "oracle": oracle, "seed": setting.seed}
        try:
            with precision():
                for claim in find(formula, setting):
                    verdict = (PASS if claim.holds else FAIL) if claim.compared else INCONCLUSIVE
                    known |= {claim.quantity: matches} if (matches := claim.matches()) else {}
                    rows.append(
                        Discrepancy(
                            quantity=claim.quantity, verdict=verdict, compared=claim.compared, at=claim.at,
                            mine=str(claim.found), want=str(claim.claimed), finding=claim.note,
                            diagnosis=sentences(matches), **about,
                        )
                    )  # fmt: skip
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            finding = f"raised {type(error).__name__}: {error}"
            rows.append(Discrepancy(quantity="claims", verdict=FAIL, finding=finding, **about))
        return by_check(rows, formula, first, setting, known) if mend else rows

    return check
