"""CATALOGUE: every formula with its checks and its wrong twins, in the order of the notes."""

from __future__ import annotations

from verify import formulas
from verify.row import Row
from verify.rows import activations, broadcasting, circuits, deep, descent, initialise, logistic, losses, shallow

ORACLES = (
    "certificate", "exact", "autograd", "definition", "complex step", "differences", "identity", "figures", "shapes",
    "enumeration", "experiment", "counter-example", "measurement",
)  # fmt: skip

_SUBJECTS = (broadcasting, losses, descent, logistic, activations, shallow, initialise, deep, circuits)
_ORDER = {id: i for i, id in enumerate(formulas.functions())}

CATALOGUE: tuple[Row, ...] = tuple(
    sorted((row for subject in _SUBJECTS for row in subject.ROWS), key=lambda row: _ORDER[row.id])
)
