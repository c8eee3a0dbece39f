"""CATALOGUE: every formula with its checks and its wrong twins, in the order of the notes."""

from __future__ import annotations

from verify import formulas
from verify.row import Row
from verify.rows import (
    activations,
    blocks,
    broadcasting,
    circuits,
    collapse,
    deep,
    descent,
    gradients,
    initialise,
    logistic,
    losses,
    shallow,
    shallow_backward,
    shallow_descent,
    slopes,
    training,
)

ORACLES = (
    "certificate", "proof", "exact", "autograd", "definition", "complex step", "differences", "identity", "figures",
    "shapes", "enumeration", "experiment", "counter-example", "measurement", "contracts",
)  # fmt: skip

_SUBJECTS = (
    broadcasting, losses, descent, logistic, activations, slopes, collapse, shallow, shallow_backward, shallow_descent,
    initialise, deep, blocks, gradients, training, circuits,
)  # fmt: skip
_ORDER = {id: i for i, id in enumerate(formulas.functions())}

CATALOGUE: tuple[Row, ...] = tuple(
    sorted((row for subject in _SUBJECTS for row in subject.ROWS), key=lambda row: _ORDER[row.id])
)
