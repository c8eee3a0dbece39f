"""What the page shows of a training: its figures, its set-up, its pictures, and the words beside them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from math import isnan

from markupsafe import Markup

from reports import training_plots
from reports.figures import DASH, count, number, percent, plural, share, value
from reports.summary import reached
from reports.training import SIDES, because, cost, how_often, iterations, parting, verdict, worst, worst_row
from verify.records.training import SPREADS, Iteration, TrainingRecord

# Which slope the formulas by hand take where an activation has two.
KINKS = {
    "left": "from the left (ReLU has 0 at z = 0), as PyTorch takes it",
    "right": "from the right (ReLU has 1 at z = 0), as the notes take it; PyTorch takes that from the left",
}
ROUNDED = " A point above it without a parting is what rounding does to the cost itself, whatever the parameters."


@dataclass(frozen=True)
class Picture:
    """A chart, the words that stand for it where it cannot be seen, and its caption."""

    title: str
    svg: Markup
    label: str
    caption: str


def section(training: TrainingRecord) -> dict[str, object]:
    """The names that training.html knows."""
    return {
        "record": training,
        "verdict": verdict(training),
        "because": because(training),
        "facts": facts(training),
        "pairs": pairs(training),
        "sides": sides(training),
        "images": [b64encode(image).decode("ascii") for image in training.data.images],
        "pictures": tuple(picture for picture in pictures(training) if picture.svg),
    }


def facts(training: TrainingRecord) -> tuple[tuple[str, str], ...]:
    """The figures at the head of the section, each with its name; what is not known is left out."""
    found = [(f"Cost at the end, {side}", value(cost(training, side))) for side in SIDES if training.rows]
    for name, column, shown in (
        ("Largest difference of the two costs", "difference", number),
        ("Most of its bound that a gradient used", "local_used", share),
        ("Most of its bound that a step used", "step_used", share),
    ):
        row = worst_row(training, column)
        if row:
            found.append((f"{name}, at iteration {count(row.iteration)}", shown(getattr(row, column))))
    for part, name in (("train", "training"), ("test", "test")):
        row = last_known(training, f"accuracy_{part}_manual")
        if row:
            mine, torch = _accuracies(row, part)
            both = (("", mine),) if mine == torch else ((f", {SIDES[0]}", mine), (f", {SIDES[1]}", torch))
            found += [(f"Accuracy on the {name} part{side}", text) for side, text in both]
    return tuple(found)


def pairs(training: TrainingRecord) -> tuple[tuple[str, str], ...]:
    """What was trained, and how."""
    kinked = any("relu" in activation for activation in training.activations)
    return (
        ("Network", f"{'-'.join(map(str, training.layers))} with {', '.join(training.activations)}"),
        *([("Slope at a kink", KINKS.get(training.kink, training.kink))] if kinked else []),
        ("Start", f"{training.init}, seed {training.seed}"),
        ("Learning rate α", repr(training.learning_rate)),
        ("Iterations", iterations(training)),
        ("Parting", parting(training)),
    )


@dataclass(frozen=True)
class Sides:
    """A figure of both sides at one iteration, in full."""

    name: str
    iteration: int
    mine: str = DASH
    torch: str = DASH
    difference: str = DASH
    spread: str = DASH


def sides(training: TrainingRecord) -> tuple[Sides, ...]:
    """Where both sides began, and where they ended."""
    ends = dict.fromkeys((training.rows[0], training.rows[-1])) if training.rows else {}
    found = [
        Sides("Cost", r.iteration, repr(r.cost_manual), repr(r.cost_torch), number(r.difference), number(r.spread))
        for r in ends
    ]
    for part, name in (("train", "training"), ("test", "test")):
        row = last_known(training, f"accuracy_{part}_manual")
        if row:
            found.append(Sides(f"Accuracy on the {name} part", row.iteration, *_accuracies(row, part)))
    row = last_known(training, "distance")
    if row:
        distances = {"difference": number(row.distance), "spread": number(row.distance_spread)}
        found.append(Sides("Distance of the parameters", row.iteration, **distances))
    return tuple(found)


def last_known(training: TrainingRecord, column: str) -> Iteration | None:
    """The last row that knows a column."""
    return next((row for row in reversed(training.rows) if not isnan(getattr(row, column))), None)


def _accuracies(row: Iteration, part: str) -> tuple[str, str]:
    return percent(getattr(row, f"accuracy_{part}_manual")), percent(getattr(row, f"accuracy_{part}_torch"))


def pictures(training: TrainingRecord) -> tuple[Picture, ...]:
    """The three charts; one without a figure to show has an empty SVG."""
    ends = "; ".join(f"{side} from {value(cost(training, side, 0))} to {value(cost(training, side))}" for side in SIDES)
    met = training.parting
    ruled = f" The dotted rule marks iteration {count(met.iteration)}, where they part." if met else ""
    together = [row for row in training.rows if not met or row.iteration < met.iteration]
    rounded = any(row.difference > SPREADS * row.spread for row in together)
    thin = len(training.rows) > 2 * training_plots.BUCKETS
    few = (
        f" Of the {count(len(training.rows))} rows the first and the last are drawn, and the extremes of every few "
        "between them; training.csv has every one."
    )
    last = f"{ruled}{few if thin else ''}"
    return (
        Picture(
            "Cost",
            Markup(training_plots.costs(training)),
            f"Chart: the cost over {plural(reached(training), 'iteration')}, {ends}",
            "The cost J on the training part before each step: by hand the broad pale line, by PyTorch the dashed one "
            f"drawn over it. Where the dashes run inside the pale line the two coincide.{last}",
        ),
        Picture(
            "Difference of the costs",
            Markup(training_plots.differences(training)),
            "Chart: the difference of the two costs on a log scale, at most "
            f"{worst(training, 'difference', number)}; parting: {parting(training)}",
            "|J by hand − J by PyTorch| on a log scale; exactly 0 is drawn on the floor. The band reaches up to 8 × "
            f"the spread, the largest deviation among {plural(training.runs, 'run')} by hand whose parameters are "
            "nudged by one unit in the last place. It is empirical: it shows what rounding does to this very descent, "
            f"and bounds nothing.{ROUNDED if rounded else ''}{last}",
        ),
        Picture(
            "Accuracy",
            Markup(training_plots.accuracies(training)),
            "Chart: the accuracy of both sides on each part of the data; its last figures stand in the table above",
            f"The share of the examples that each side puts on the right side of ½, {how_often(training)}.{ruled}",
        ),
    )
