"""The slopes g′ of the activations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from manual import activations, logistic
from reference_torch import activations as definitions
from verify.arithmetic.balls import Balls
from verify.checks.claims import Claim, claims
from verify.checks.derivative import derivative
from verify.checks.identity import identity
from verify.row import Row, Written
from verify.rows.activations import EDGES
from verify.rows.points import KINK, Z_EDGES
from verify.setting import Check, Setting


def steepest(at_zero: float) -> Callable[[Callable[..., Any], Setting], Iterator[Claim]]:
    """g′(0), exactly; and g′(±10) ≈ 0: above 0, and less than a thousandth of g′(0)."""

    def find(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
        middle = f(Balls.of(np.array(0.0)))
        yield Claim("g′(0)", bool((middle == at_zero).all()), middle.text(), f"{at_zero:g}", at="z = 0")
        for z in (-10.0, 10.0):
            far = f(Balls.of(np.array(z)))
            small = bool(((far > 0) & (far < middle / 1000)).all())
            yield Claim("g′(±10) ≈ 0", small, far.text(), "above 0, below g′(0)/1000", at=f"z = {z:g}")

    return find


def cases_of(below: float, at_zero: float = 1.0) -> Callable[[Callable[..., Any], Setting], Iterator[Claim]]:
    """The notes' two cases; at 0, where there is no derivative, the notes choose 1."""

    def find(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
        for z, want in ((-2.0, below), (0.0, at_zero), (3.0, 1.0)):
            found = float(f(np.array(z)))
            yield Claim("g′", found == want, found, want, at=f"z = {z:g}")

    return find


def slope_check(g: Callable[..., Any], definition: Callable[..., Any], edges: dict[str, Any]) -> Check:
    """g′ as the derivative of g, element by element."""
    return derivative("z: *", "z", g, lambda f, dout, z: dout * f(z), definition, edges=edges)


ROWS: tuple[Row, ...] = (
    Row(
        logistic.slope_in_a,
        {
            "derivative": derivative(
                "z: *", "z", activations.sigmoid, lambda f, dout, z: dout * f(activations.sigmoid(z)),
                definitions.sigmoid, edges=Z_EDGES,
            ),
            "identity": identity(
                "z: *", lambda f, z: f(activations.sigmoid(z)), lambda f, z: activations.sigmoid_derivative(z)
            ),
        },
        {
            "1 − a²": ("derivative", lambda a: 1 - a**2),
            "a": ("derivative", lambda a: 1 * a),
            "a(a − 1)": ("identity", lambda a: a * (a - 1)),
        },
    ),
    Row(
        activations.sigmoid_derivative,
        {
            "derivative": slope_check(activations.sigmoid, definitions.sigmoid, EDGES),
            "facts": claims("exact", steepest(0.25)),
        },
        {
            "a(1 + a)": ("derivative", lambda z: activations.sigmoid(z) * (1 + activations.sigmoid(z))),
            "z(1 − z)": ("derivative", lambda z: z * (1 - z)),
            "tanh′": ("facts", activations.tanh_derivative),
            "1 − a": ("facts", lambda z: 1 - activations.sigmoid(z)),
        },
        (
            Written(
                "author", r"g'(z) = \frac{1}{1 + e^{-z}}", r"g'(z) = g(z)\,(1 - g(z))",
                "the author's first line gives g itself for its slope", lambda z: 1 / (1 + np.exp(-z)),
            ),
        ),
    ),
    Row(
        activations.sigmoid_derivative_sound,
        {
            "derivative": slope_check(activations.sigmoid, definitions.sigmoid, EDGES),
            "identity": identity("z: *", lambda f, z: f(z), lambda f, z: activations.sigmoid_derivative(z)),
            "facts": claims("exact", steepest(0.25)),
        },
        {
            "σ(z)²": ("derivative", lambda z: activations.sigmoid_sound(z) ** 2),
            "σ(z) + σ(−z)": ("identity", lambda z: activations.sigmoid_sound(z) + activations.sigmoid_sound(-z)),
            "σ(−z) alone": ("facts", lambda z: activations.sigmoid_sound(-z)),
        },
    ),
    Row(
        activations.tanh_derivative,
        {
            "derivative": slope_check(activations.tanh_sound, definitions.tanh, EDGES),
            "facts": claims("exact", steepest(1.0)),
        },
        {
            "1 − tanh z": ("derivative", lambda z: 1 - np.tanh(z)),
            "1 + tanh²z": ("derivative", lambda z: 1 + np.tanh(z) ** 2),
            "a(1 − a)": ("facts", lambda z: np.tanh(z) * (1 - np.tanh(z))),
        },
    ),
    Row(
        activations.tanh_derivative_sound,
        {
            "derivative": slope_check(activations.tanh_sound, definitions.tanh, EDGES),
            "identity": identity("z: *", lambda f, z: f(z), lambda f, z: activations.tanh_derivative(z)),
            "facts": claims("exact", steepest(1.0)),
        },
        {
            "2 for 4": ("derivative", lambda z: 2 * activations.sigmoid_derivative_sound(2 * z)),
            "z for 2z": ("identity", lambda z: 4 * activations.sigmoid_derivative_sound(z)),
            "4 missing": ("facts", lambda z: activations.tanh_derivative(z) / 4),
        },
    ),
    Row(
        activations.relu_derivative,
        {
            "derivative": slope_check(activations.relu, definitions.relu, KINK),
            "cases": claims("figures", cases_of(0.0)),
        },
        {
            "1 everywhere": ("derivative", np.ones_like),
            "cases swapped": ("derivative", lambda z: activations.relu_derivative(-z)),
            "z for 1": ("derivative", activations.relu),
            "0 at 0, as PyTorch has it": ("cases", activations.relu_derivative_left),
        },
    ),
    Row(
        activations.relu_derivative_left,
        {
            "derivative": slope_check(activations.relu, definitions.relu, KINK),
            "cases": claims("figures", cases_of(0.0, at_zero=0.0)),
        },
        {
            "cases swapped": ("derivative", lambda z: activations.relu_derivative_left(-z)),
            "1 at 0, as the notes have it": ("cases", activations.relu_derivative),
        },
    ),
    Row(
        activations.leaky_relu_derivative_left,
        {
            "derivative": slope_check(activations.leaky_relu, definitions.leaky_relu, KINK),
            "cases": claims("figures", cases_of(0.01, at_zero=0.01)),
        },
        {
            "no leak": ("derivative", activations.relu_derivative_left),
            "1 at 0, as the notes have it": ("cases", activations.leaky_relu_derivative),
        },
    ),
    Row(
        activations.leaky_relu_derivative,
        {
            "derivative": slope_check(activations.leaky_relu, definitions.leaky_relu, KINK),
            "cases": claims("figures", cases_of(0.01)),
        },
        {
            "no leak": ("derivative", activations.relu_derivative),
            "cases swapped": ("derivative", lambda z: activations.leaky_relu_derivative(-z)),
            "0.01 at 0, as PyTorch has it": ("cases", activations.leaky_relu_derivative_left),
        },
        (
            Written(
                "author", r"g'(z) = \begin{cases} 0.01 & z < 0 \\ 1 & z \neq 0 \end{cases}",
                r"g'(z) = \begin{cases} 0.01 & z < 0 \\ 1 & z \geq 0 \end{cases}",
                "z ≠ 0 stands where z ≥ 0 belongs: it would give 1 for negative z too",
                lambda z: activations.leaky_relu_derivative_left(abs(z)),
            ),
        ),
    ),
)  # fmt: skip
