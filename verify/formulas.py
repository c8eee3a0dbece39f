"""What is known of every formula before anything is run: its record, its kind, its code, in the order of the notes.

Imports `manual` alone, so that `handgrad formulas` answers at once.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import manual
from verify.records.formula import FormulaRecord

CHAPTERS = {1: "1 · Logistic regression", 2: "2 · Shallow network", 3: "3 · Deep network"}

# The rows of the notes in their order, with what kind of statement each is (docs/CHECKS.md says how a kind is checked).
KINDS: dict[int, dict[str, str]] = {
    1: {
        "image.unroll": "shape, value",
        "sigmoid": "value",
        "logistic.predict": "value",
        "logistic.theta": "identity",
        "loss.squared": "value, derivative, counter-example",
        "loss.cross_entropy": "value, derivative",
        "loss.cases": "identity, monotonicity",
        "cost": "value, derivative",
        "cost.convex": "second derivative, experiment, counter-example",
        "descent.step": "update",
        "derivative.nudge": "numerical definition",
        "graph.forward": "value",
        "graph.backward": "derivative",
        "logistic.da": "derivative",
        "sigmoid.slope_in_a": "derivative",
        "logistic.dz": "derivative",
        "logistic.dw_j": "derivative",
        "logistic.mean": "identity",
        "logistic.loop": "value, derivative",
        "logistic.Z": "value",
        "logistic.dZ": "derivative",
        "logistic.dw": "derivative",
        "logistic.db": "derivative",
        "vectorise": "identity, measurement",
        "broadcast.calories": "value",
        "broadcast.rules": "value",
        "rank1.trap": "shape, counter-example",
    },
    2: {
        "shallow.unit": "value, identity",
        "shallow.forward": "value, identity",
        "shallow.shapes": "shape",
        "tanh": "value, identity",
        "relu": "value",
        "leaky_relu": "value",
        "activation.linear_collapse": "identity",
        "activation.mixed": "capability",
        "sigmoid.derivative": "derivative",
        "tanh.derivative": "derivative",
        "relu.derivative": "derivative, kink",
        "leaky_relu.derivative": "derivative, kink",
        "shallow.cost": "value",
        "shallow.dZ2": "derivative",
        "shallow.dW2": "derivative",
        "shallow.db2": "derivative",
        "shallow.dZ1": "derivative",
        "shallow.dW1": "derivative",
        "shallow.db1": "derivative",
        "shallow.descent": "update, training",
        "init.symmetry": "invariant, counter-example",
        "init.random": "value, experiment",
    },
    3: {
        "deep.notation": "shape",
        "deep.forward": "value, identity",
        "deep.shapes": "shape",
        "deep.circuit": "construction, counter-example",
        "deep.block_forward": "interface",
        "deep.block_backward": "interface",
        "deep.dA_L": "derivative",
        "deep.dZ": "derivative",
        "deep.dW": "derivative",
        "deep.db": "derivative",
        "deep.dA_prev": "derivative",
        "deep.dZ_chain": "derivative, identity",
        "deep.descent": "update, training",
        "hyperparameters": "experiment",
    },
}

# Honest remarks that the notes lack.
REMARKS = {
    "sigmoid.derivative": (
        "Right, and keeps no digit at z = 37: 1 − a is 0 there. Autograd of the sigmoid shares the flaw, so agreement "
        "with PyTorch says nothing there."
    ),
    "deep.dA_L": "Right, and gives 0/0 where A has become exactly 0 or 1; the sound start backwards is dZ = A − Y.",
    "loss.cross_entropy": "Right, and loses 8 digits at z = 20 when ŷ = σ(z): 1 − ŷ has lost them.",
    "cost": "Right, and loses 8 digits at z = 20 when A = σ(Z): 1 − A has lost them.",
    "tanh": "Right, and overflows beyond |z| = 710 in this form: ∞/∞.",
    "relu.derivative": "At 0 the notes choose 1, PyTorch chooses 0; every number of [0, 1] is a subgradient there.",
    "leaky_relu.derivative": "At 0 the notes choose 1, PyTorch 0.01; every number of [0.01, 1] is a subgradient there.",
    "deep.circuit": (
        "The exponential gap is one of AND and OR gates: with hidden units that take weighted sums, as neural units "
        "do, n of them in one layer are enough for parity. That third net is built and checked too."
    ),
    "cost.convex": (
        "On separable data the infimum 0 is not attained, so descent converges to no minimum; on data that no line "
        "separates it does."
    ),
}


def functions() -> dict[str, Callable[..., Any]]:
    """Every formula of `manual` by its id, in the order of the notes, each with its variants behind it."""
    found: dict[str, Callable[..., Any]] = {}
    for info in pkgutil.iter_modules(manual.__path__):
        module = importlib.import_module(f"manual.{info.name}")
        for function in vars(module).values():
            if inspect.isfunction(function) and hasattr(function, "formula") and function.__module__ == module.__name__:
                found[function.formula.id] = function
    order = {id: i for i, id in enumerate(chapters())}
    return {id: found[id] for id in sorted(found, key=lambda id: (order[row_of(id)], id))}


def chapters() -> dict[str, tuple[int, str]]:
    """The chapter, and its title, of every row of the notes."""
    return {id: (number, CHAPTERS[number]) for number, rows in KINDS.items() for id in rows}


def row_of(id: str) -> str:
    """The row of the notes that a formula belongs to: itself, or what a variant such as `.sound` is a variant of.

    >>> row_of("sigmoid.derivative.sound"), row_of("deep.circuit.weighted"), row_of("logistic.dZ")
    ('sigmoid.derivative', 'deep.circuit', 'logistic.dZ')
    """
    known = [row for rows in KINDS.values() for row in rows]
    parts = id.split(".")
    return next((row for k in range(len(parts), 0, -1) if (row := ".".join(parts[:k])) in known), id)


def records() -> tuple[FormulaRecord, ...]:
    """The records that reports and `handgrad formulas` show."""
    kinds = {id: kind for rows in KINDS.values() for id, kind in rows.items()}
    found = []
    for id, function in functions().items():
        record, row = function.formula, row_of(id)  # type: ignore[attr-defined]
        number, title = chapters()[row]
        statement = (inspect.getdoc(function) or "").split("\n\n")[0]
        found.append(
            FormulaRecord(
                id=id, chapter=number, chapter_title=title, statement=statement, latex=record.latex,
                shapes=record.shapes, source=record.source, kind=kinds[row] if id == row else f"variant of {row}",
                code=inspect.getsource(function), sound_of=row if id.endswith(".sound") else "",
                remark=REMARKS.get(id, ""),
            )
        )  # fmt: skip
    return tuple(found)
