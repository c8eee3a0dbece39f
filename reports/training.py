"""A training in words: the verdict, the reason for it, what was trained on what, and where the two sides stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isnan, nan

from reports.figures import count, number, percent, plural, share, value
from reports.summary import ended, failures, reached, unanswered
from verify.records.network import DataRecord
from verify.records.training import Iteration, Parting, TrainingRecord

SIDES = ("by hand", "by PyTorch")
NAMED = 4  # undecided quantities in the headline; the page has a row for each


def verdict(training: TrainingRecord) -> str:
    """What came out, in one line; `because` has the reason."""
    failed = [row.quantity for row in failures(training.checks)]
    if failed:
        # A wrong gradient makes a wrong step: it is the one to look at.
        gradients = [name for name in failed if name.startswith("d")]
        wrong = "gradient" if gradients else "cost" if {"J", "cost"} & {*failed} else "step"
        return f"The {wrong} by hand fails: {', '.join(gradients or failed)}"
    if training.stopped:
        how = "Diverged" if training.stopped == "diverged" else "Stopped"
        return f"{how} at iteration {count(reached(training))} of {count(training.iterations)}"
    head = f"By hand and by PyTorch: {plural(training.iterations, 'iteration')}, "
    if training.parting:
        explained = "" if training.parting.explained else ", unexplained"
        return f"{head}the curves part at iteration {count(training.parting.iteration)}{explained}"
    if unanswered(training):
        names = [name.removeprefix("training ").partition(",")[0] for name, _ in unanswered(training)]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return f"{head}undecided: {', '.join(names[:NAMED])}{more}"
    if training.blurred is not None:
        blurred = count(training.blurred)
        return f"{head}the curves stay together until iteration {blurred}, where rounding alone spreads them"
    return f"{head}the curves stay together" if training.checks else f"{head}nothing was compared"


def because(training: TrainingRecord) -> str:
    """Why the verdict is no better: the finding of what fails, the end, why they part, what is open; else empty."""
    failed = failures(training.checks)
    if failed:
        return next((row.finding for row in failed if row.finding), "")
    if training.stopped:
        return ended(training)
    if training.parting:
        return _reason(training.parting)
    return next((reason for _, reason in unanswered(training)), "")


def _reason(parting: Parting) -> str:
    return parting.reason.removeprefix("unexplained: ")  # which the verdict says already


def headline(training: TrainingRecord) -> str:
    """The verdict and its reason, in one line."""
    reason = because(training)
    return f"{verdict(training)}: {reason}" if reason else verdict(training)


def lines(training: TrainingRecord) -> Iterator[str]:
    """What the console and summary.md say of a training, a line each."""
    yield data_line(training.data)
    yield (
        f"network {'-'.join(map(str, training.layers))} with {', '.join(training.activations)}; start {training.init}, "
        f"seed {training.seed}; learning rate {training.learning_rate!r}"
    )
    yield f"{iterations(training)}: {'; '.join(_way(training, side) for side in SIDES)}"
    for name, column in (("gradients", "local_used"), ("steps", "step_used")):
        yield f"{name} at the same parameters: {worst(training, column)} of the running bound at worst"
    yield f"curves: {curves(training)}"
    told = [f"{part} {accuracy(training, part)}" for part in ("train", "test") if accuracy(training, part)]
    if told:
        yield f"accuracy: {'; '.join(told)}"


def data_line(data: DataRecord) -> str:
    """The data set with its shapes and balance."""
    return f"data: {data.name}; {'; '.join(f'{name} {text}' for name, text in parts(data))}"


def parts(data: DataRecord) -> tuple[tuple[str, str], ...]:
    """Shape and balance of the training part, and of the test part where there is one."""
    known = (
        ("train", data.shape, data.positives, data.negatives),
        ("test", data.test_shape, data.test_positives, data.test_negatives),
    )
    return tuple(
        (name, f"{' × '.join(map(str, shape))}: {count(positives)} of class 1, {count(negatives)} of class 0")
        for name, shape, positives, negatives in known
        if shape
    )


def iterations(training: TrainingRecord) -> str:
    """How many iterations were run, and how often the two sides were checked."""
    asked, run = training.iterations, reached(training)
    shown = plural(asked, "iteration") if run >= asked else f"{count(run)} of {plural(asked, 'iteration')}"
    return f"{shown}, checked {how_often(training)}"


def how_often(training: TrainingRecord) -> str:
    """How far apart the checkpoints are."""
    return "every iteration" if training.every == 1 else f"every {plural(training.every, 'iteration')}"


def _way(training: TrainingRecord, side: str) -> str:
    first, last = (cost(training, side, k) for k in (0, -1))
    return f"cost {side} from {value(first)} to {value(last)}"


def cost(training: TrainingRecord, side: str, k: int = -1) -> float:
    """The cost of one side in the k-th row; nan where there is none."""
    if not training.rows:
        return nan
    return training.rows[k].cost_manual if side == SIDES[0] else training.rows[k].cost_torch


def worst_row(training: TrainingRecord, column: str) -> Iteration | None:
    """The first row with the largest known figure in a column."""
    known = [row for row in training.rows if not isnan(getattr(row, column))]
    return max(known, key=lambda row: float(getattr(row, column)), default=None)


def worst(training: TrainingRecord, column: str, shown: Callable[[float], str] = share) -> str:
    """The largest figure of a column, and where it was met: `3.1 % (iteration 400)`."""
    row = worst_row(training, column)
    return f"{shown(getattr(row, column))} (iteration {count(row.iteration)})" if row else "not checked"


def curves(training: TrainingRecord) -> str:
    """How far the curves lie apart, and where they part."""
    row = worst_row(training, "difference")
    if row is None:
        return "nothing to compare"
    largest = f"largest difference {worst(training, 'difference', number)}, where the spread is {number(row.spread)}"
    if training.parting is None and training.blurred is not None:
        return f"{largest}; from iteration {count(training.blurred)} on rounding alone spreads them too far to compare"
    if training.parting is None:
        return f"{largest}; they stay together"
    return f"{parting(training)}; {largest}"


def parting(training: TrainingRecord) -> str:
    """Where the curves part, and why."""
    met = training.parting
    if met is None:
        return "none: the costs never differ by more than 8 × the spread and what rounding does to the cost itself"
    what = f"at iteration {count(met.iteration)}, difference {number(met.difference)}, spread {number(met.spread)}"
    return f"{what}{'' if met.explained else ', unexplained'}{met.reason and f': {_reason(met)}'}"


def accuracy(training: TrainingRecord, part: str) -> str:
    """The last accuracy of both sides on one part of the data; empty where none was taken."""
    known = [row for row in training.rows if not isnan(getattr(row, f"accuracy_{part}_manual"))]
    if not known:
        return ""
    mine, torch = (percent(getattr(known[-1], f"accuracy_{part}_{side}")) for side in ("manual", "torch"))
    return f"{mine} on both sides" if mine == torch else f"{mine} by hand, {torch} by PyTorch"
