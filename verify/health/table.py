"""Which sweeps a formula has, or why it has none; and the measurements of those that are asked for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from math import inf

from verify import formulas
from verify.health import activations, backwards, descent, forwards, logistic, losses
from verify.health.sweep import Sweep
from verify.health.worst import measure
from verify.records.health import Health

SHAPES = "It states shapes; no number is computed."
WHOLE = "It computes with whole numbers, 0 and 1 at its inputs: nothing is rounded."
DRAWS = "It draws its numbers, and has no input to sweep."
NOT_SWEPT: Mapping[str, str] = {
    "image.unroll": "It moves numbers; none is computed.",
    "rank1.trap": SHAPES,
    "shallow.shapes": SHAPES,
    "init.symmetry": DRAWS,
    "init.random": DRAWS,
    "deep.notation": SHAPES,
    "deep.shapes": SHAPES,
    "deep.circuit": WHOLE,
    "deep.circuit.and_units": WHOLE,
    "deep.circuit.weighted": WHOLE,
    "hyperparameters": "It is a whole training; how far rounding spreads one, `handgrad train` measures.",
}

_ORDER = {id: i for i, id in enumerate(formulas.chapters())}
SWEEPS: tuple[Sweep, ...] = tuple(
    sorted(
        (
            *activations.SWEEPS, *losses.SWEEPS, *logistic.SWEEPS, *descent.SWEEPS, *forwards.SWEEPS,
            *backwards.SWEEPS,
        ),
        key=lambda sweep: (_ORDER[formulas.row_of(sweep.formula)], sweep.formula),
    )
)  # fmt: skip


def health(ids: Iterable[str], dtypes: Iterable[str], seed: int = 0, deadline: float = inf) -> tuple[Health, ...]:
    """The health of these formulas, in the order of the notes; a sound form is measured beside its row.

    After `deadline`, on the clock of `time.perf_counter`, no sweep is begun.
    """
    wanted = {formulas.row_of(id) if id.endswith(".sound") else id for id in ids}
    chosen, given = [sweep for sweep in SWEEPS if sweep.formula in wanted], tuple(dtypes)
    return tuple(measure(sweep, given, seed) for sweep in chosen if time.perf_counter() < deadline)
