"""The exhaustive check in words: one line, the elements that are wrong or undecided, and what the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from reports.figures import count, number, plural, share
from verify.records.discrepancy import Discrepancy
from verify.records.exhaustive import ExhaustiveRecord, Tally
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

MOST = 5  # elements named on the console and in summary.md; the page and report.json name more


def totals(record: ExhaustiveRecord) -> dict[str, int]:
    """How many elements came to each verdict."""
    return {
        PASS: sum(tally.passed for tally in record.tallies),
        FAIL: sum(tally.failed for tally in record.tallies),
        INCONCLUSIVE: sum(tally.inconclusive for tally in record.tallies),
    }


def outcome(record: ExhaustiveRecord) -> str:
    """The verdicts of all elements, as part of a headline."""
    found = totals(record)
    if found[FAIL]:
        return f"{count(found[FAIL])} of {plural(record.elements, 'parameter')} wrong"
    if record.verdict == FAIL:
        return "the forward of the parameters' network wrong"
    if record.verdict == INCONCLUSIVE:
        open_ = found[INCONCLUSIVE]
        shown = f", {count(open_)} undecided" if open_ else ", but some gradients are 0 everywhere"
        return f"{count(found[PASS])} of {plural(record.elements, 'parameter')} pass{shown}"
    return f"all {plural(record.elements, 'parameter')} pass"


def line(record: ExhaustiveRecord) -> str:
    """The check in one sentence."""
    parts = [", ".join(f"{count(n)} {verdict}" for verdict, n in totals(record).items() if n)]
    kinks = sum(tally.kinks for tally in record.tallies)
    if kinks:
        parts.append(f"{count(kinks)} behind a kink")
    seen = sees(record.tallies)
    if not isnan(seen):
        parts.append(f"an error of {number(seen)} of its own size would have shown in any that passes")
    return (
        f"every parameter of {name(record)} on {plural(record.m, 'example')}: {plural(record.elements, 'element')} of "
        f"{plural(len(record.tallies), 'gradient')}, {'; '.join(parts)}"
    )


def sees(tallies: Sequence[Tally]) -> float:
    """The smallest relative error that would have shown in every element that passes; nan where there is none."""
    return max((tally.sees for tally in tallies if not isnan(tally.sees)), default=float("nan"))


def name(record: ExhaustiveRecord) -> str:
    return "-".join(map(str, record.layers))


def element(row: Discrepancy) -> str:
    """One element in a line: `dW1[17, 369] by hand -0.0002129, complex step -0.0002129: 4.9e5 × its budget`."""
    why = f"{share(row.used)} its budget" if row.verdict == FAIL else row.finding
    return f"{row.quantity}{row.at} by hand {row.mine}, {row.oracle} {row.want}: {why}"


def named(rows: Sequence[Discrepancy], total: int) -> tuple[str, ...]:
    """The worst elements, a line each, and how many more there are."""
    shown = [element(row) for row in rows[:MOST]]
    return (*shown, f"and {count(total - len(shown))} more") if total > len(shown) else tuple(shown)


def undecided(record: ExhaustiveRecord) -> dict[str, str]:
    """The gradients that did not pass as a whole, nothing in them being wrong, each with the reason."""
    found = {}
    for tally in record.tallies:
        if tally.verdict != INCONCLUSIVE:
            continue
        first = next((row for row in record.undecided if row.quantity == tally.quantity), None)
        reason = "all of it is 0, so that any multiple would pass"
        if tally.inconclusive:
            reason = f"{count(tally.inconclusive)} of {plural(tally.elements, 'element')}"
            reason += f", such as {first.at}: {first.finding}" if first else ""
        found[called(tally)] = reason
    return found


def called(tally: Tally) -> str:
    """A gradient among the undecided quantities."""
    return f"exhaustive {tally.quantity}, layer {tally.layer}"


def section(record: ExhaustiveRecord) -> dict[str, object]:
    """The names that exhaustive.html knows."""
    by = {(row.quantity, row.oracle): row for row in record.rows}
    oracles = tuple(dict.fromkeys(row.oracle for row in record.rows if row.quantity.startswith("d")))
    found = totals(record)
    return {
        "record": record,
        "name": name(record),
        "outcome": outcome(record),
        "oracles": oracles,
        "lines": tuple(
            (tally, tuple(by.get((tally.quantity, oracle)) for oracle in oracles)) for tally in record.tallies
        ),
        "sees": sees(record.tallies),
        "kinks": sum(tally.kinks for tally in record.tallies),
        "named": (
            (FAIL, "wrong", record.wrong, found[FAIL]),
            (INCONCLUSIVE, "undecided", record.undecided, found[INCONCLUSIVE]),
        ),
    }
