"""How many of the faulty variants of the notes are named, and how: `python -m benchmarks.named`.

Every variant goes through the checks of its row, and what is told of it is held against what its rule did. `--every 10`
takes every tenth variant, `--unnamed` lists what was not named.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from verify.catalogue import CATALOGUE
from verify.diagnosis.match import Match
from verify.faults.limits import limited
from verify.faults.names import RIGHTLY, WRONGLY, named
from verify.faults.score import SLOW
from verify.faults.variants import Variant, variants
from verify.records import FAIL, Discrepancy
from verify.row import Row, Setting, examine

NOTICED, RAISED, CONTRACT, NOWHERE = "not noticed", "raised", "said by a contract", "no numbers to name from"


def every(n: int) -> Iterator[tuple[Row, Variant]]:
    pairs = ((row, variant) for row in CATALOGUE for variant in variants(row))
    return (pair for i, pair in enumerate(pairs) if i % n == 0)


def outcome(row: Row, variant: Variant) -> tuple[str, list[Match]]:
    """How a variant is named, and what was told of it: of every quantity that failed."""
    heard: list[Match] = []
    asked: list[str] = []

    def hear(told: Mapping[str, tuple[Match, ...]]) -> None:
        asked.extend(told)
        heard.extend(match for matches in told.values() for match in matches)

    setting, rows = Setting(0, quick=True, square=variant.square, name=hear), []
    for check in row.checks:
        if check not in SLOW:
            try:
                with limited(), np.errstate(all="ignore"):
                    rows += examine(row, setting, variant.function, check)
            except Exception:  # a wrong formula may raise anything: its own message names it
                return RAISED, []
    failed = [row for row in rows if row.verdict == FAIL]
    if asked:
        return named(variant.rule, heard), heard
    return _elsewhere(failed), []


def _elsewhere(failed: list[Discrepancy]) -> str:
    if not failed:
        return NOTICED
    if any("raised " in row.finding for row in failed):
        return RAISED
    return CONTRACT if any(row.oracle == "contracts" for row in failed) else NOWHERE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--unnamed", action="store_true")
    asked = parser.parse_args()
    table: dict[str, Counter[str]] = defaultdict(Counter)
    shown: dict[str, str] = {}
    for row, variant in every(asked.every):
        how, told = outcome(row, variant)
        table[variant.rule][how] += 1
        for match in told if how == RIGHTLY else ():
            shown.setdefault(match.kind, f"{match.sentence} ({variant.name})")
        if how == WRONGLY or (asked.unnamed and how == "unnamed"):
            print(how, variant.name, [match.sentence for match in told][:3])
    total = sum(table.values(), Counter())
    columns = [name for name, _ in total.most_common()]
    print("\n| rule |", " | ".join(columns), "|\n|---|" + "---|" * len(columns))
    for rule, counts in [*table.items(), ("all", total)]:
        print(f"| {rule} |", " | ".join(str(counts[c]) for c in columns), "|")
    print("\n| name | as it was told |\n|---|---|")
    for kind, sentence in sorted(shown.items()):
        print(f"| {kind} | {sentence} |")
    told_of = total[RIGHTLY] + total[WRONGLY] + total["unnamed"]
    print(f"\nnamed rightly: {total[RIGHTLY]} of {told_of} ({100 * total[RIGHTLY] / max(told_of, 1):.1f} %)", end="; ")
    print(f"wrongly with confidence: {total[WRONGLY]}")
    return 1 if total[WRONGLY] else 0


if __name__ == "__main__":
    raise SystemExit(main())
