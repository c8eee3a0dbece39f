"""The activations g."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from manual import activations
from reference_torch import activations as definitions
from verify.arithmetic.balls import Balls
from verify.checks.claims import Claim, claims
from verify.checks.identity import identity
from verify.checks.value import value
from verify.row import Row, Written
from verify.rows.points import KINK, Z_EDGES, Z_TINY
from verify.setting import Setting

EDGES = {**Z_EDGES, **Z_TINY}
KINKS = {**KINK, **Z_EDGES, **Z_TINY}


def half_and_limits(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """σ(0) = ½, and 1 − σ(z) and σ(−z) lie below 2^(−z), exactly: so σ goes to 1 for large z, to 0 for −z."""
    middle = f(Balls.of(np.array(0.0)))
    yield Claim("σ(0)", bool((middle == 0.5).all()), middle.text(), "½", at="z = 0")
    for z in (10, 20, 40):
        left, right = (f(Balls.of(np.array(float(x)))) for x in (-z, z))
        for limit, gap, at in ((1, 1 - right, f"z = {z}"), (0, left, f"z = −{z}")):
            near = bool((abs(gap) < 2.0**-z).all())
            yield Claim(f"→ {limit}: the distance left", near, gap.text(), f"below 2^−{z}", at=at)


ROWS: tuple[Row, ...] = (
    Row(
        activations.sigmoid,
        {
            "value": value("z: *", definitions.sigmoid, edges=EDGES),
            "facts": claims("exact", half_and_limits),
        },
        {
            "sign of the exponent": ("value", lambda z: 1 / (1 + np.exp(z))),
            "1 − e^(−z)": ("value", lambda z: 1 / (1 - np.exp(-z))),
            "e^(−z) on top": ("facts", lambda z: np.exp(-z) / (1 + np.exp(-z))),
            "tanh": ("facts", np.tanh),
        },
    ),
    Row(
        activations.sigmoid_sound,
        {
            "value": value("z: *", definitions.sigmoid, edges=EDGES),
            "identity": identity("z: *", lambda f, z: f(z), lambda f, z: activations.sigmoid(z), edges=Z_TINY),
            "facts": claims("exact", half_and_limits),
        },
        {
            "max for min": ("value", lambda z: np.exp(np.maximum(z, 0)) / (1 + np.exp(-abs(z)))),
            "numerator 1": ("identity", lambda z: 1 / (1 + np.exp(-abs(z)))),
            "σ(|z|)": ("facts", lambda z: activations.sigmoid_sound(abs(z))),
        },
    ),
    Row(
        activations.tanh,
        {
            "value": value("z: *", definitions.tanh, domain={"z": "exp"}, edges=EDGES),
            "identity": identity(
                "z: *", lambda f, z: f(z), lambda f, z: 2 * activations.sigmoid(2 * z) - 1, edges=Z_TINY
            ),
        },
        {
            "signs swapped": ("value", lambda z: (np.exp(z) + np.exp(-z)) / (np.exp(z) - np.exp(-z))),
            "tanh z/2": ("value", lambda z: (np.exp(z) - 1) / (np.exp(z) + 1)),
            "2σ(z) − 1": ("identity", lambda z: 2 * activations.sigmoid(z) - 1),
        },
    ),
    Row(
        activations.tanh_sound,
        {
            "value": value("z: *", definitions.tanh, edges=EDGES),
            "identity": identity("z: *", lambda f, z: f(z), lambda f, z: activations.tanh(z)),
            "shifted sigmoid": identity(
                "z: *", lambda f, z: f(z), lambda f, z: 2 * activations.sigmoid_sound(2 * z) - 1, edges=EDGES
            ),
        },
        {
            "σ(2z), neither stretched nor shifted": ("value", lambda z: activations.sigmoid_sound(2 * z)),
            "sinh": ("identity", lambda z: np.exp(z) / 2 - np.exp(-z) / 2),
            "2σ(z) − 1": ("shifted sigmoid", lambda z: 2 * activations.sigmoid_sound(z) - 1),
        },
    ),
    Row(
        activations.relu,
        {"value": value("z: *", definitions.relu, edges=KINKS)},
        {
            "min(0, z)": ("value", lambda z: np.minimum(0, z)),
            "|z|": ("value", lambda z: np.maximum(-z, z)),
            "nothing cut off": ("value", lambda z: 1 * z),
        },
    ),
    Row(
        activations.leaky_relu,
        {"value": value("z: *", definitions.leaky_relu, edges=KINKS)},
        {
            "min(0.01 z, z)": ("value", lambda z: np.minimum(0.01 * z, z)),
            "slope 0.1": ("value", lambda z: np.maximum(0.1 * z, z)),
            "no leak": ("value", activations.relu),
        },
        (
            Written(
                "author", r"g(z) = \max(0.01, z)", r"g(z) = \max(0.01 z, z)", "the leak has lost its z",
                lambda z: np.maximum(0.01, z),
            ),
        ),
    ),
)  # fmt: skip
