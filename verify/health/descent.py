"""Sweeps of derivatives and descent: the nudge over h, the graph where a + bc cancels, the step over α; of tables."""

from __future__ import annotations

from typing import Any

import torch

from manual import activations, broadcasting, graph, training
from reference_torch import activations as definitions
from reference_torch import broadcasting as broadcasting_definitions
from reference_torch import graph as graph_definitions
from reference_torch import training as steps
from verify.health.grids import APART, NUDGE, RATE, SIZE
from verify.health.slopes import autograd, by_name, column, constant, each, filled, row
from verify.health.sweep import Function, Sweep

STEP = "w − α dw, w = 1, dw = 3"


def apart(f: Function) -> Function:
    """J = 3(a + bc): the smaller δ, the more of a + bc cancels."""
    return lambda delta: f(-0.21 * (1 - delta), filled(0.7, delta), filled(0.3, delta))[2]


def nudged(h: Any) -> Any:
    return graph.nudge(activations.sigmoid, filled(1, h), h)


def step(rate: Any) -> Any:
    one, three = filled(1, rate), filled(3, rate)
    w, _ = training.step(one, one, three, three, rate)
    return w


def layer_step(rate: Any) -> Any:
    return training.descent({"W1": filled(1, rate)}, {"dW1": filled(3, rate)}, rate)["W1"]


def step_by_torch(rates: Any) -> Any:
    """SGD takes one rate at a time."""
    one, three = filled(1, rates[:1]), filled(3, rates[:1])
    return torch.cat([w for w, _ in (steps.step(one, one, three, three, rate) for rate in rates)])


def table(f: Function) -> Function:
    """The notes' table with every number times s: the calories of its last food, and their share of carbs."""

    def at(s: Any) -> Any:
        return f((s * column(s, *broadcasting.CALORIES.ravel().tolist())).reshape(3, 4))

    return lambda s: {"cal": each(lambda s: at(s)[0][3])(s), "percentage": each(lambda s: at(s)[1][0, 3])(s)}


SWEEPS = (
    Sweep("descent.step", RATE, step, step_by_torch, quantity=STEP),
    Sweep(
        "derivative.nudge", NUDGE, nudged, lambda h: autograd(definitions.sigmoid)(filled(1, h)),
        exact=lambda h: activations.sigmoid_derivative(filled(1, h)), quantity="σ′(1), by a nudge of h",
        note="The exact value is that of the limit. PyTorch’s side is autograd, which needs no h.",
    ),
    Sweep(
        "graph.forward", APART, apart(graph.forward), apart(graph_definitions.forward),
        quantity="J, a = −0.21 (1 − δ), b = 0.7, c = 0.3",
    ),
    Sweep(
        "graph.backward", SIZE, lambda s: by_name("db dc", graph.backward(s, s, s)[3:]),
        lambda s: by_name(
            "db dc",
            (autograd(lambda b: graph_definitions.J(s, b, s))(s), autograd(lambda c: graph_definitions.J(s, s, c))(s)),
        ),
        quantity="db, dc, a = b = c = s",
    ),
    Sweep(
        "broadcast.calories", SIZE, table(broadcasting.percentage), table(broadcasting_definitions.percentage),
        quantity="cal and percentage of a table times s",
    ),
    Sweep(
        "broadcast.rules", SIZE, lambda s: broadcasting.add(row(s), constant(1, s)),
        lambda s: broadcasting_definitions.add(row(s), constant(1, s)), quantity="s + 1",
    ),
    Sweep(
        "deep.descent", RATE, layer_step, step_by_torch, quantity=STEP.replace("w", "W"),
    ),
)  # fmt: skip
