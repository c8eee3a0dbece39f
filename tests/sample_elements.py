"""Runs with an exhaustive check of a small network, one for every way in which it may end."""

from __future__ import annotations

from dataclasses import replace

from tests.sample_run import sample_run
from tests.test_exhaustive import drawn, on_a_kink
from verify.records.run import Run

BASE = replace(sample_run(), network=None, experiments=())
NET = drawn((6, 5, 4, 1), 7, ("tanh", "relu", "sigmoid"), 3)


def right() -> Run:
    return replace(BASE, exhaustive=NET.judged())


def wrong() -> Run:
    """One element of dW1 wrong by a thousandth."""
    gradients = NET.gradients()
    gradients["dW1"][3, 2] *= 1.001
    return replace(BASE, exhaustive=NET.judged(gradients), command="handgrad verify --exhaustive --seed 3")


def all_wrong() -> Run:
    """The 1/m of dW1 and dW2 forgotten; 5 of their 50 elements are 0, behind a dead unit, and stay right."""
    gradients = {k: v * 7 if k in ("dW1", "dW2") else v for k, v in NET.gradients().items()}
    return replace(BASE, exhaustive=NET.judged(gradients))


def kinked() -> Run:
    return replace(BASE, exhaustive=on_a_kink("relu").judged())


def dead() -> Run:
    """All units of layer 1 dead: dW1, db1 and dW2 are 0."""
    parameters = {**NET.parameters, "b1": NET.parameters["b1"] * 0 - 100}
    net = replace(NET, parameters=parameters, activations=("relu", "tanh", "sigmoid"))
    return replace(BASE, exhaustive=net.judged())


RUNS = {run.__name__: run for run in (right, wrong, all_wrong, kinked, dead)}
