"""What the rows of a run come to: a verdict a formula, one line a tensor of the network, one exit status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isnan

from reports import exhaustive
from reports.baseline import Known, is_known
from reports.figures import fewest, worst
from verify.records.discrepancy import Discrepancy
from verify.records.formula import FormulaRecord, Slip
from verify.records.network import NetworkRecord
from verify.records.run import Run
from verify.records.training import TrainingRecord
from verify.records.verdict import FAIL, INCONCLUSIVE, concluded, overall

INTERRUPTED = 130  # the exit status that shells know for Ctrl-C
# Why a training stopped, in a word; only of a divergence the record has more to say.
STOPPED = {"interrupted": "interrupted", "time": "the time was up"}


@dataclass(frozen=True)
class Summary:
    """One formula and all its rows."""

    record: FormulaRecord
    rows: tuple[Discrepancy, ...]

    @property
    def verdict(self) -> str:
        return concluded((row.question, row.verdict) for row in self.rows)

    @property
    def oracles(self) -> tuple[tuple[str, str, int], ...]:
        """Which oracles answered, in the order they did: name, verdict, number of rows."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            found.setdefault(row.oracle, []).append(row.verdict)
        return tuple((oracle, overall(verdicts), len(verdicts)) for oracle, verdicts in found.items())

    @property
    def used(self) -> float:
        return worst(row.used for row in self.rows)

    @property
    def digits_mine(self) -> tuple[float, ...]:
        """The digits kept in float64, a row each; float32 could never keep as many."""
        return tuple(row.digits_mine for row in self.rows if row.dtype == "float64")

    @property
    def digits_torch(self) -> tuple[float, ...]:
        return tuple(row.digits_torch for row in self.rows if row.dtype == "float64")


@dataclass(frozen=True)
class Chapter:
    """The formulas of one chapter, in the order of the notes."""

    number: int
    title: str
    formulas: tuple[Summary, ...]

    @property
    def heading(self) -> str:
        return self.title if self.title.startswith(str(self.number)) else f"{self.number} · {self.title}"

    def count(self, verdict: str) -> int:
        return sum(formula.verdict == verdict for formula in self.formulas)


@dataclass(frozen=True)
class Tensor:
    """One tensor of the network, over all the rows that speak of it."""

    quantity: str
    layer: int | None
    shape: str
    max_abs: float
    own: float
    inherited: float
    digits_mine: float
    digits_torch: float
    verdict: str

    @property
    def name(self) -> str:
        """`dW[2]`, unless the quantity already says its layer."""
        numbered = self.layer is None or self.quantity.endswith((f"[{self.layer}]", str(self.layer)))
        return self.quantity if numbered else f"{self.quantity}[{self.layer}]"


def summaries(run: Run) -> tuple[Summary, ...]:
    rows: dict[str, list[Discrepancy]] = {record.id: [] for record in run.formulas}
    for row in run.discrepancies:
        rows.setdefault(row.formula, []).append(row)
    return tuple(Summary(record, tuple(rows[record.id])) for record in run.formulas)


def chapters(run: Run) -> tuple[Chapter, ...]:
    ordered = sorted(summaries(run), key=lambda s: s.record.chapter)
    grouped = groupby(ordered, key=lambda s: (s.record.chapter, s.record.chapter_title))
    return tuple(Chapter(number, title, tuple(formulas)) for (number, title), formulas in grouped)


def all_rows(run: Run) -> tuple[Discrepancy, ...]:
    """The formulas' rows in the order of the notes, then those of no listed formula, of networks, of a training."""
    place = {record.id: i for i, record in enumerate(run.formulas)}
    ordered = sorted(run.discrepancies, key=lambda row: place.get(row.formula, len(place)))
    parts = (
        run.network and run.network.rows,
        run.exhaustive and run.exhaustive.rows,
        run.training and run.training.checks,
    )
    return (*ordered, *(row for rows in parts if rows for row in rows))


def tensors(network: NetworkRecord) -> tuple[Tensor, ...]:
    """One line a tensor, in the order the walk met them."""
    groups: dict[tuple[int | None, str], list[Discrepancy]] = {}
    for row in network.rows:
        groups.setdefault((row.layer, row.quantity), []).append(row)
    return tuple(
        Tensor(
            quantity,
            layer,
            shape=next((row.shape for row in rows if row.shape), ""),
            max_abs=_distance(rows),
            own=worst(row.own for row in rows),
            inherited=worst(row.inherited for row in rows),
            digits_mine=fewest(row.digits_mine for row in rows),
            digits_torch=fewest(row.digits_torch for row in rows),
            verdict=concluded((row.question, row.verdict) for row in rows),
        )
        for (layer, quantity), rows in groups.items()
    )


def _distance(rows: Sequence[Discrepancy]) -> float:
    """max |mine − exact|: where a tensor has rows of its own for it, not that of the rows on PyTorch."""
    exact = worst(row.max_abs for row in rows if row.question != "agreement")
    return worst(row.max_abs for row in rows) if isnan(exact) else exact


def failures(rows: Iterable[Discrepancy]) -> tuple[Discrepancy, ...]:
    return tuple(row for row in rows if row.verdict == FAIL)


def standing(slips: Iterable[Slip]) -> tuple[Slip, ...]:
    """The author's slips that the checks did not refute: a failure of the checks."""
    return tuple(slip for slip in slips if slip.verdict not in ("refuted", "listed"))


def undecided(rows: Iterable[Discrepancy]) -> tuple[str, ...]:
    """The quantities that every oracle left open; an inconclusive row beside a deciding one is not among them.

    A contract is kept or broken: it asks nothing of a quantity.
    """
    found: dict[tuple[str, str, int | None], list[tuple[str, str]]] = {}
    for row in (row for row in rows if row.question != "contract"):
        found.setdefault((row.formula, row.quantity, row.layer), []).append((row.question, row.verdict))
    return tuple(_name(*key) for key, said in found.items() if concluded(said) == INCONCLUSIVE)


def _name(formula: str, quantity: str, layer: int | None) -> str:
    return f"{formula} {quantity}" if layer is None else f"{formula} {quantity}, layer {layer}"


def open_questions(run: Run) -> tuple[str, ...]:
    """Every quantity, and every formula without a single row, that stayed undecided; and what a training left out."""
    silent = tuple(s.record.id for s in summaries(run) if not s.rows)
    network = undecided(run.network.rows) if run.network else ()
    elements = tuple(exhaustive.undecided(run.exhaustive)) if run.exhaustive else ()
    training = tuple(name for name, _ in unanswered(run.training)) if run.training else ()
    return silent + undecided(run.discrepancies) + network + elements + training


def reasons(run: Run) -> dict[str, str]:
    """Why a quantity stayed undecided, by its name, where there is more to say than that no oracle decided."""
    found = exhaustive.undecided(run.exhaustive) if run.exhaustive else {}
    return {**found, **dict(unanswered(run.training) if run.training else ())}


def unanswered(training: TrainingRecord) -> tuple[tuple[str, str], ...]:
    """What a training leaves open, each with the reason: the quantities, and the iterations that were not run."""
    silent = undecided(training.checks)
    reasons = {name: row.finding for row in training.checks for name in undecided([row]) if row.finding}
    found = [(name, reasons.get(name, "no oracle decided")) for name in silent]
    if training.stopped:
        found.append((f"training after iteration {reached(training)}", ended(training)))
    return tuple(found)


def reached(training: TrainingRecord) -> int:
    """The number of the last iteration on record."""
    return training.rows[-1].iteration if training.rows else 0


def ended(training: TrainingRecord) -> str:
    """Why a training stopped before its end; empty where it did not."""
    return STOPPED.get(training.stopped) or training.ended or training.stopped


def exit_status(run: Run, strict: bool = False, known: Known = frozenset()) -> int:
    """0 all pass; 1 something failed; 3 nothing failed, and something stayed undecided (`strict`: 1); 130 interrupted.

    `known` failures, those of a baseline, do not count.
    """
    if run.training and run.training.stopped == "interrupted":
        return INTERRUPTED
    rows: Sequence[Discrepancy] = all_rows(run)
    escaped = run.faults is not None and run.faults.verdict == FAIL
    if any(not is_known(row, known) for row in failures(rows)) or standing(run.slips) or escaped:
        return 1
    # With the formulas only some faults are tried; on their own all of them are to be.
    short = run.faults is not None and not run.formulas and len(run.faults.faults) < run.faults.variants
    looked = rows or (run.faults and run.faults.faults)
    if not looked or short or open_questions(run):
        return 1 if strict else 3
    return 0
