"""Would it notice? The faults that were tried in words and tables: who saw what, what slipped past whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.figures import count, plural
from verify.records.faults import CAUGHT, EQUIVALENT, ESCAPED, Fault, FaultsRecord, NetworkFault
from verify.records.verdict import FAIL

# The order of the columns; an oracle that is not among them comes behind.
ORACLES = (
    "certificate", "proof", "autograd", "complex step", "differences", "definition", "identity", "exact", "shapes",
    "contracts", "raised",
)  # fmt: skip
REJECTS, ACCEPTS = "rejects", "accepts"
RIGHTLY, WRONGLY = "rightly", "wrongly"
MOST = 12  # faults named on the console


@dataclass(frozen=True)
class Cell:
    """How many of the faults that somebody was asked about they saw; `of` is 0 where they were asked none."""

    saw: int
    of: int

    @property
    def text(self) -> str:
        return f"{count(self.saw)}/{count(self.of)}" if self.of else ""

    @property
    def verdict(self) -> str:
        """As a colour: all, some, none."""
        return "" if not self.of else "all" if self.saw == self.of else "some" if self.saw else "none"


@dataclass(frozen=True)
class Line:
    """One rule: its faults, those that the suite as a whole caught, and a cell for everybody who was asked."""

    rule: str
    whole: Cell
    named: Cell
    oracles: tuple[Cell, ...]
    peers: tuple[Cell, ...]


@dataclass(frozen=True)
class Blind:
    """What one oracle does not see: the share it saw of what it was asked, the rules of which it saw none, and any."""

    oracle: str
    cell: Cell
    none: tuple[str, ...]
    some: tuple[str, ...]


def real(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Those that are faults: a variant that is proved equal to the formula is none."""
    return tuple(fault for fault in faults if fault.verdict != EQUIVALENT)


def escaped(record: FaultsRecord) -> tuple[Fault, ...]:
    return tuple(fault for fault in record.faults if fault.verdict == ESCAPED)


def misplaced(record: FaultsRecord) -> tuple[NetworkFault, ...]:
    return tuple(fault for fault in record.network if not fault.right)


def oracles(faults: Sequence[Fault]) -> tuple[str, ...]:
    asked = dict.fromkeys(name for fault in faults for name in fault.asked)
    return tuple(dict.fromkeys(name for name in (*ORACLES, *asked) if name in asked))


def peers(faults: Sequence[Fault]) -> tuple[str, ...]:
    """Those who gave an answer to any of them."""
    return tuple(dict.fromkeys(name for fault in faults for name, said in fault.peers if said in (REJECTS, ACCEPTS)))


def cell(faults: Iterable[Fault], oracle: str) -> Cell:
    asked = [fault for fault in faults if oracle in fault.asked]
    return Cell(sum(oracle in fault.caught for fault in asked), len(asked))


def peer_cell(faults: Iterable[Fault], peer: str) -> Cell:
    """What it could not run it has not judged."""
    said = [answer for fault in faults for name, answer in fault.peers if name == peer]
    return Cell(said.count(REJECTS), said.count(REJECTS) + said.count(ACCEPTS))


def naming(faults: Iterable[Fault]) -> Cell:
    """How many were named rightly, of those that were caught."""
    asked = [fault.named for fault in faults if fault.named]
    return Cell(asked.count(RIGHTLY), len(asked))


def matrix(record: FaultsRecord) -> tuple[Line, ...]:
    """A line a rule, in the order of the rules."""
    faults = real(record.faults)
    names, others = oracles(faults), peers(faults)
    return tuple(
        _line(rule, [fault for fault in faults if fault.rule == rule], names, others)
        for rule in dict.fromkeys(fault.rule for fault in faults)
    )


def _line(rule: str, faults: Sequence[Fault], names: Sequence[str], others: Sequence[str]) -> Line:
    return Line(
        rule,
        Cell(sum(fault.verdict == CAUGHT for fault in faults), len(faults)),
        naming(faults),
        tuple(cell(faults, name) for name in names),
        tuple(peer_cell(faults, name) for name in others),
    )


def total(record: FaultsRecord) -> Line:
    faults = real(record.faults)
    return _line("all of them", faults, oracles(faults), peers(faults))


def blind(record: FaultsRecord) -> tuple[Blind, ...]:
    """What each single oracle cannot see, in the order of the columns."""
    faults = real(record.faults)
    found = []
    for name in oracles(faults):
        by_rule = {line.rule: line.oracles[oracles(faults).index(name)] for line in matrix(record)}
        none, some = (tuple(r for r, c in by_rule.items() if c.of and bool(c.saw) == saw) for saw in (False, True))
        found.append(Blind(name, cell(faults, name), none, some))
    return tuple(found)


def headline(record: FaultsRecord) -> str:
    """Would it notice? In one line."""
    faults = real(record.faults)
    out, wrong = escaped(record), misplaced(record)
    if not faults:
        return "No fault was tried"
    if out:
        return f"{count(len(out))} of {plural(len(faults), 'fault')} escaped"
    if wrong:
        blamed = f"{count(len(wrong))} of {count(len(record.network))} in networks blamed wrongly"
        return f"All {count(len(faults))} faults caught, {blamed}"
    return f"All {count(len(faults))} faults caught"


def lines(record: FaultsRecord) -> tuple[str, ...]:
    """The score on the console: the suite, each oracle, each peer, the networks; then what escaped."""
    faults = real(record.faults)
    formulas, rules = len({f.formula for f in faults}), len({f.rule for f in faults})
    whole = total(record)
    idle = plural(len(record.faults) - len(faults), "variant")
    tried = f"{plural(len(faults), 'fault')} in {plural(formulas, 'formula')} by {plural(rules, 'rule')}"
    said = [f"{tried}: {count(whole.whole.saw)} caught; {idle} besides that change nothing"]
    if len(record.faults) < record.variants:
        said[0] += f"; a few of {count(record.variants)}, which `handgrad faults` tries"
    else:
        said += _saw(whole, faults)
    if whole.named.of:
        wrongly = sum(fault.named == WRONGLY for fault in faults)
        said.append(f"named rightly {whole.named.text}, wrongly with confidence {count(wrongly)}")
    if record.network:
        right = sum(fault.right for fault in record.network)
        of = plural(len(record.network), "fault")
        said.append(f"in networks: {count(right)} of {of} blamed on what is wrong, and on nothing else")
    out = [f"ESCAPED {named(fault)}" for fault in escaped(record)]
    out += [f"BLAMED {blamed(f)}: {f.rule}: {f.where}" for f in misplaced(record)]
    more = [f"and {count(len(out) - MOST)} more, all in the report"] if len(out) > MOST else []
    return (*said, *out[:MOST], *more)


def _saw(whole: Line, faults: Sequence[Fault]) -> list[str]:
    """A line an oracle, and a line a peer."""
    cells = [*zip(oracles(faults), whole.oracles, strict=True), *zip(peers(faults), whole.peers, strict=True)]
    wide = max((len(name) for name, _ in cells), default=0)
    return [f"  {name:<{wide}}  {'saw' if name in oracles(faults) else 'rejects'} {c.text}" for name, c in cells]


def blamed(fault: NetworkFault) -> str:
    return f"{', '.join(fault.blamed) or 'nothing'} for {', '.join(fault.wrong)}"


def examples(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """For each rule a fault that was named rightly, with what was told."""
    found: dict[str, Fault] = {}
    for fault in faults:
        if fault.named == RIGHTLY and fault.diagnosis:
            found.setdefault(fault.rule, fault)
    return tuple(found.values())


def named(fault: Fault) -> str:
    """One fault in a line."""
    return f"{fault.formula}: {fault.rule}: {fault.where}{' (all sizes equal)' * fault.square}"


def section(record: FaultsRecord) -> dict[str, object]:
    """The names that faults.html knows."""
    faults = real(record.faults)
    nets: dict[str, list[NetworkFault]] = {}
    for fault in record.network:
        nets.setdefault(fault.network, []).append(fault)
    return {
        "record": record,
        "headline": headline(record),
        "faults": faults,
        "formulas": len({fault.formula for fault in faults}),
        "oracles": oracles(faults),
        "peers": peers(faults),
        "matrix": matrix(record),
        "total": total(record),
        "blind": blind(record),
        "wrongly": tuple(fault for fault in faults if fault.named == WRONGLY),
        "examples": examples(faults),
        "escaped": escaped(record),
        "equivalent": tuple(fault for fault in record.faults if fault.verdict == EQUIVALENT),
        "nets": tuple((name, sum(f.right for f in found), len(found)) for name, found in nets.items()),
        "misplaced": misplaced(record),
        "whole": len(record.faults) >= record.variants,
        "failed": record.verdict == FAIL,
    }
