"""The records that a verification hands on: frozen dataclasses of plain numbers and strings, and nothing else.

Reports are made from these alone, so whatever a report shows stands in one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, nan

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"


@dataclass(frozen=True)
class Discrepancy:
    """One row of a report: what one oracle said to one question about one quantity.

    `own`, `inherited` and `used` are in units of the budget; a number that means nothing in a row is nan.
    """

    formula: str
    quantity: str
    question: str
    oracle: str
    verdict: str
    layer: int | None = None
    shape: str = ""
    case: str = ""
    dtype: str = "float64"
    seed: int = 0
    compared: int = 0
    skipped: int = 0
    max_abs: float = nan
    max_rel: float = nan
    max_ulp: float = nan
    at: str = ""
    mine: str = ""
    want: str = ""
    exact: str = ""
    budget: float = nan
    used: float = nan
    detects: float = nan
    digits_mine: float = nan
    digits_torch: float = nan
    own: float = nan
    inherited: float = nan
    oracle_error: float = nan
    convention: str = ""
    finding: str = ""
    diagnosis: str = ""
    source: str = ""


# The documented order of a report's columns (DESIGN, "The outside, which must stay stable").
COLUMNS = (
    "formula", "quantity", "layer", "shape", "case", "dtype", "seed", "question", "oracle", "compared", "skipped",
    "max_abs", "max_rel", "max_ulp", "at", "mine", "want", "exact", "budget", "used", "detects", "digits_mine",
    "digits_torch", "own", "inherited", "oracle_error", "convention", "finding", "verdict", "diagnosis", "source",
)  # fmt: skip


@dataclass(frozen=True)
class FormulaRecord:
    """What is known of one formula before anything is run."""

    id: str
    chapter: int
    chapter_title: str
    statement: str
    latex: str
    shapes: str
    source: str
    kind: str
    code: str
    sound_of: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Slip:
    """A slip of the notes' author (refuted by the row's own check, with the numbers) or of the scan (listed)."""

    formula: str
    kind: str
    as_written: str
    corrected: str
    verdict: str
    at: str = ""
    mine: str = ""
    want: str = ""
    used: float = nan
    note: str = ""


@dataclass(frozen=True)
class DataRecord:
    """A data set, shown as what it is; `images` are PNG thumbnails, and may be empty.

    `shape`, `positives` and `negatives` are those of the training part; the test part has its own.
    """

    name: str
    shape: tuple[int, ...]
    positives: int
    negatives: int
    source: str
    licence: str
    note: str
    images: tuple[bytes, ...] = ()
    test_shape: tuple[int, ...] = ()
    test_positives: int = 0
    test_negatives: int = 0


@dataclass(frozen=True)
class NetworkRecord:
    """The walk through one network, layer by layer."""

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    m: int
    data: DataRecord
    seed: int
    init: str
    dtype: str
    cost_mine: float
    cost_torch: float
    cost_exact: str
    rows: tuple[Discrepancy, ...]
    convention: str


@dataclass(frozen=True)
class Tally:
    """What became of the elements of one gradient, each of which was judged.

    `zeros` of the passed are 0 by definition and by hand (a dead unit, a feature that is always 0); `kinks` lie behind
    a unit on its kink, so that their derivative is a set. `sees` is the smallest error, relative to the element itself,
    that would have shown in every one of the passed that are not 0; nan where there is none.
    """

    quantity: str
    layer: int
    shape: str
    elements: int
    passed: int
    failed: int
    inconclusive: int
    zeros: int = 0
    kinks: int = 0
    sees: float = nan

    @property
    def verdict(self) -> str:
        """A pass only where every element passes; and of a gradient that is 0 everywhere any multiple would."""
        if self.failed:
            return FAIL
        return PASS if not self.inconclusive and self.zeros < self.elements else INCONCLUSIVE


@dataclass(frozen=True)
class ExhaustiveRecord:
    """Every element of every dW[l] and db[l] of one network, judged numerically.

    `rows`: one a layer for its Z, one a gradient and oracle. `wrong` and `undecided` name elements, the worst first, as
    many as a page holds; the tallies count them all. `columns` is the number of pairs of a unit and an example, which
    are what is moved; `crossed` of them lay too near a kink for differences.
    """

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    m: int
    data: str
    seed: int
    columns: int
    crossed: int
    tallies: tuple[Tally, ...]
    rows: tuple[Discrepancy, ...]
    wrong: tuple[Discrepancy, ...] = ()
    undecided: tuple[Discrepancy, ...] = ()

    @property
    def elements(self) -> int:
        return sum(tally.elements for tally in self.tallies)

    @property
    def verdict(self) -> str:
        found = {tally.verdict for tally in self.tallies}
        if FAIL in found or any(row.verdict == FAIL for row in self.rows):
            return FAIL
        return PASS if found == {PASS} else INCONCLUSIVE


@dataclass(frozen=True)
class Iteration:
    """One row of a training record: the state before the step of that number (so 0 is the start).

    `difference` is |cost_manual − cost_torch|. `spread` is the largest |cost − cost_manual| among the nudged runs: it
    is empirical. `local_used` and `step_used` are rigorous: how far the two gradients at the very same parameters, and
    the two steps from there, lie apart, in units of their running bounds. `distance` is ‖θ_manual − θ_torch‖/‖θ_manual‖
    over all parameters θ, `distance_spread` the largest such distance among the nudged runs. Accuracies are shares of
    1. Numbers that are taken at checkpoints alone are nan between them.
    """

    model: str
    iteration: int
    cost_manual: float
    cost_torch: float
    difference: float
    spread: float
    local_used: float = nan
    step_used: float = nan
    accuracy_train_manual: float = nan
    accuracy_train_torch: float = nan
    accuracy_test_manual: float = nan
    accuracy_test_torch: float = nan
    distance: float = nan
    distance_spread: float = nan


# Two curves further apart than so many spreads have parted.
SPREADS = 8


@dataclass(frozen=True)
class Parting:
    """The first iteration at which the two sides part by more than 8 × the spread, and why, in a sentence."""

    iteration: int
    difference: float
    spread: float
    explained: bool
    reason: str


@dataclass(frozen=True)
class TrainingRecord:
    """One training, by hand and by PyTorch from the same start.

    `rows` are the iterations; `checks` one row a quantity (dW1, …, and cost for the curves), each the worst over the
    checkpoints, which are every `every` iterations. `kink` says which slope the formulas by hand take at a kink: that
    from the left (as the course's code and PyTorch) or from the right (as the notes). `ended` says why fewer iterations
    were run than asked for; empty where all were. `stopped` is "", "interrupted", "time" or "diverged".
    `blurred` is the first iteration from which rounding alone spreads the curves too far to be compared.
    """

    model: str
    layers: tuple[int, ...]
    activations: tuple[str, ...]
    init: str
    seed: int
    learning_rate: float
    iterations: int
    every: int
    runs: int
    data: DataRecord
    rows: tuple[Iteration, ...]
    checks: tuple[Discrepancy, ...]
    parting: Parting | None = None
    stopped: str = ""
    ended: str = ""
    kink: str = "left"
    blurred: int | None = None


@dataclass(frozen=True)
class Series:
    """One line of a picture, point by point. Panels whose `quantity` (what y is) is the same share their scale.

    `panel` and `quantity` are empty where an experiment has one panel, or one quantity.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    panel: str = ""
    quantity: str = ""


@dataclass(frozen=True)
class Statistic:
    """One statistic of an experiment: what was found, what had been stated beforehand, and whether the two agree."""

    name: str
    found: str
    stated: str
    verdict: str


@dataclass(frozen=True)
class Experiment:
    """An experiment of the notes, with the picture of the very numbers that its statistics were taken from.

    `log` names the axes that are logarithmic: "", "x", "y" or "xy". The picture ends at y = `top`, and has `columns`
    panels side by side. An experiment without series has no picture on the page.
    """

    formula: str
    title: str
    statement: str
    found: tuple[Statistic, ...]
    verdict: str
    x_label: str
    y_label: str
    log: str
    series: tuple[Series, ...]
    note: str = ""
    top: float = inf
    columns: int = 2


CAUGHT, EQUIVALENT, ESCAPED = "caught", "equivalent", "escaped"


@dataclass(frozen=True)
class Fault:
    """One mistake put into one formula, and who noticed.

    `where` is the line as it reads with the mistake in it, or what comes back wrong; `square`: tried on arrays whose
    sizes are all equal. `asked` are the oracles that answered, `caught` those that saw it. `shown` says what showed it,
    or what shows that it is no fault. `peers`: what other people's checks say of the same, by name, where they can be
    asked: they differentiate, so only of derivatives. `diagnosis` is the likely mistake, as it was told, and `named`
    whether that is what the rule did: "rightly", "wrongly" (with confidence) or "unnamed"; "" where it was not caught.
    """

    formula: str
    rule: str
    where: str
    square: bool
    asked: tuple[str, ...]
    caught: tuple[str, ...]
    verdict: str
    shown: str
    peers: tuple[tuple[str, str], ...] = ()
    diagnosis: str = ""
    named: str = ""


@dataclass(frozen=True)
class NetworkFault:
    """One wrong formula in one layer of a network, or one wrong element: what is wrong, and what was blamed for it."""

    network: str
    rule: str
    where: str
    wrong: tuple[str, ...]
    blamed: tuple[str, ...]

    @property
    def right(self) -> bool:
        return set(self.wrong) == set(self.blamed)


@dataclass(frozen=True)
class FaultsRecord:
    """Would it notice? Every fault that was tried; `variants` is how many the rules make in all."""

    seed: int
    variants: int
    faults: tuple[Fault, ...]
    network: tuple[NetworkFault, ...] = ()

    @property
    def verdict(self) -> str:
        """A fail where one escaped, or something that is right was blamed."""
        if any(fault.verdict == ESCAPED for fault in self.faults) or not all(fault.right for fault in self.network):
            return FAIL
        return PASS if self.faults else INCONCLUSIVE


@dataclass(frozen=True)
class PeerCase:
    """A gradient, in truth "right" or "wrong", that another check is known to misjudge.

    `peer_says` is what that one said of it in this run: accepts, rejects, or cannot run with the reason; `verdict` and
    `reason` are what was said here.
    """

    name: str
    peer: str
    truth: str
    peer_says: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class Curve:
    """The digits that one side ("by hand", "sound form", "PyTorch") keeps in one precision, point by point.

    `at`, `mine` and `exact` are those of the worst point, `fewest` its digits; at `lost` of the points none is kept. A
    point whose exact value is not known is nan.
    """

    side: str
    dtype: str
    x: tuple[float, ...]
    digits: tuple[float, ...]
    at: str
    mine: str
    exact: str
    fewest: float
    lost: int


@dataclass(frozen=True)
class Health:
    """The digits that a formula keeps against one of its arguments, element by element. No verdict hangs on them.

    `scale` says how the argument is drawn: "both signs", "probability" or "log". `quantity` says what is computed from
    it. `remark` says where PyTorch is the less exact by a digit or more; empty where it is nowhere.
    """

    formula: str
    quantity: str
    varied: str
    scale: str
    curves: tuple[Curve, ...]
    remark: str = ""
    note: str = ""


@dataclass(frozen=True)
class Run:
    """Everything that one `handgrad verify` or `handgrad train` found out."""

    formulas: tuple[FormulaRecord, ...]
    discrepancies: tuple[Discrepancy, ...]
    slips: tuple[Slip, ...]
    network: NetworkRecord | None
    timings: tuple[tuple[str, float], ...]
    environment: Mapping[str, str]
    seed: int
    command: str
    training: TrainingRecord | None = None
    experiments: tuple[Experiment, ...] = ()
    exhaustive: ExhaustiveRecord | None = None
    faults: FaultsRecord | None = None
    peer_cases: tuple[PeerCase, ...] = ()
    health: tuple[Health, ...] = ()


def overall(verdicts: list[str]) -> str:
    """The verdict of several rows: a fail decides; else one deciding row is enough; nothing decided is inconclusive.

    >>> overall(["pass", "inconclusive"]), overall(["pass", "fail"]), overall(["inconclusive"]), overall([])
    ('pass', 'fail', 'inconclusive', 'inconclusive')
    """
    if FAIL in verdicts:
        return FAIL
    return PASS if PASS in verdicts else INCONCLUSIVE


# The questions whose pass says that a formula is right; that its arithmetic holds says nothing about that.
DECIDING = ("formula", "agreement")


def concluded(rows: Iterable[tuple[str, str]]) -> str:
    """The verdict of (question, verdict) pairs: any fail is a fail; a pass is one that says that the formula is right.

    >>> concluded([("formula", "inconclusive"), ("arithmetic", "pass")])
    'inconclusive'
    >>> concluded([("formula", "pass"), ("arithmetic", "fail")]), concluded([("agreement", "pass")])
    ('fail', 'pass')
    """
    found = list(rows)
    if any(verdict == FAIL for _, verdict in found):
        return FAIL
    return overall([verdict for question, verdict in found if question in DECIDING])
