"""The activations g, their slopes g′, what they are at 0 and far from it, and what becomes of layers without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from manual import activations, collapse, logistic
from reference_torch import activations as definitions
from reference_torch import collapse as network_definitions
from verify.arithmetic.balls import Balls
from verify.checks.claims import Claim, claims
from verify.checks.derivative import derivative
from verify.checks.identity import identity
from verify.checks.value import value
from verify.row import Check, Row, Setting, Written
from verify.rows.points import KINK, Z_EDGES, Z_TINY

EXP = {"z": "exp"}
EDGES = {**Z_EDGES, **Z_TINY}
KINKS = {**KINK, **Z_EDGES, **Z_TINY}
DEPTHS = (2, 3, 4, 5)
THREE, FOUR = ("relu", "tanh", "sigmoid"), ("leaky_relu", "sigmoid", "linear", "tanh")


def half_and_limits(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """σ(0) = ½, and 1 − σ(z) and σ(−z) lie below 2^(−z), exactly: so σ goes to 1 for large z, to 0 for −z."""
    middle = f(Balls.of(np.array(0.0)))
    yield Claim("σ(0)", bool((middle == 0.5).all()), middle.text(), "½", at="z = 0")
    for z in (10, 20, 40):
        left, right = (f(Balls.of(np.array(float(x)))) for x in (-z, z))
        for limit, gap, at in ((1, 1 - right, f"z = {z}"), (0, left, f"z = −{z}")):
            near = bool((abs(gap) < 2.0**-z).all())
            yield Claim(f"→ {limit}: the distance left", near, gap.text(), f"below 2^−{z}", at=at)


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


def cases_of(below: float) -> Callable[[Callable[..., Any], Setting], Iterator[Claim]]:
    """The notes' two cases; at 0, where there is no derivative, the notes choose 1."""

    def find(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
        for z, want in ((-2.0, below), (0.0, 1.0), (3.0, 1.0)):
            found = float(f(np.array(z)))
            yield Claim("g′", found == want, found, want, at=f"z = {z:g}")

    return find


def layers(L: int) -> str:
    """The shape string of X and of a network of L layers."""
    return ", ".join(["X: n0 m", *(f"W{l}: n{l} n{l - 1}, b{l}: n{l} 1" for l in range(1, L + 1))])


def slope_check(
    g: Callable[..., Any],
    definition: Callable[..., Any],
    edges: dict[str, Any],
    domain: dict[str, str] | None = None,
) -> Check:
    """g′ as the derivative of g, element by element."""
    return derivative("z: *", "z", g, lambda f, dout, z: dout * f(z), definition, domain=domain, edges=edges)


def collapsed(depth: int) -> Check:
    """A network of that depth with g(z) = z, layer by layer, is W′X + b′."""

    def one_layer(f: Callable[..., Any], X: Any, **parameters: Any) -> Any:
        W, b = f(parameters)
        return W @ X + b

    def all_layers(f: Callable[..., Any], X: Any, **parameters: Any) -> Any:
        return collapse.mixed(X, parameters, ("linear",) * depth)

    return identity(layers(depth), one_layer, all_layers)


def weighed(weight: Callable[[int, int], float]) -> Callable[..., Any]:
    """The collapse with b[l] of L layers counted weight(l, L) times."""

    def twin(parameters: Any) -> Any:
        L = len(parameters) // 2
        given = {k: v * weight(int(k[1:]), L) if k.startswith("b") else v for k, v in parameters.items()}
        return collapse.linear_collapse(given)

    return twin


def mixed_check(names: Sequence[str]) -> Check:
    """A[L] of a network with these activations, one a layer, against PyTorch."""
    return value(
        layers(len(names)),
        lambda X, **parameters: network_definitions.mixed(X, parameters, names),
        call=lambda f, X, **parameters: f(X, parameters, names),
    )


ROWS: tuple[Row, ...] = (
    Row(
        activations.sigmoid,
        {
            "value": value("z: *", definitions.sigmoid, domain=EXP, edges=EDGES),
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
            "identity": identity(
                "z: *", lambda f, z: f(z), lambda f, z: activations.sigmoid(z), domain=EXP, edges=Z_TINY
            ),
            "facts": claims("exact", half_and_limits),
        },
        {
            "max for min": ("value", lambda z: np.exp(np.maximum(z, 0)) / (1 + np.exp(-abs(z)))),
            "numerator 1": ("identity", lambda z: 1 / (1 + np.exp(-abs(z)))),
            "σ(|z|)": ("facts", lambda z: activations.sigmoid_sound(abs(z))),
        },
    ),
    Row(
        logistic.slope_in_a,
        {
            "derivative": derivative(
                "z: *", "z", activations.sigmoid, lambda f, dout, z: dout * f(activations.sigmoid(z)),
                definitions.sigmoid, domain=EXP, edges=Z_EDGES,
            ),
            "identity": identity(
                "z: *", lambda f, z: f(activations.sigmoid(z)),
                lambda f, z: activations.sigmoid_derivative(z), domain=EXP,
            ),
        },
        {
            "1 − a²": ("derivative", lambda a: 1 - a**2),
            "a": ("derivative", lambda a: 1 * a),
            "a(a − 1)": ("identity", lambda a: a * (a - 1)),
        },
    ),
    Row(
        activations.tanh,
        {
            "value": value("z: *", definitions.tanh, domain=EXP, edges=EDGES),
            "identity": identity(
                "z: *", lambda f, z: f(z), lambda f, z: 2 * activations.sigmoid(2 * z) - 1, domain=EXP, edges=Z_TINY
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
            "identity": identity("z: *", lambda f, z: f(z), lambda f, z: activations.tanh(z), domain=EXP),
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
    Row(
        collapse.linear_collapse,
        {f"depth {depth}": collapsed(depth) for depth in DEPTHS},
        {
            "b[1] lost": ("depth 2", weighed(lambda l, L: float(l != 1))),
            "b[L] alone": ("depth 3", weighed(lambda l, L: float(l == L))),
            "b[L] lost": ("depth 4", weighed(lambda l, L: float(l != L))),
            "b[1] alone": ("depth 5", weighed(lambda l, L: float(l == 1))),
        },
    ),
    Row(
        collapse.mixed,
        {"value": mixed_check(THREE), "value, other activations": mixed_check(FOUR)},
        {
            "the first g in every layer": (
                "value", lambda X, parameters, names: collapse.mixed(X, parameters, names[:1] * len(names)),
            ),
            "g from right to left": (
                "value, other activations", lambda X, parameters, names: collapse.mixed(X, parameters, names[::-1]),
            ),
        },
    ),
    Row(
        activations.sigmoid_derivative,
        {
            "derivative": slope_check(activations.sigmoid, definitions.sigmoid, EDGES, EXP),
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
            "identity": identity("z: *", lambda f, z: f(z), lambda f, z: activations.sigmoid_derivative(z), domain=EXP),
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
            "4 missing": ("facts", lambda z: activations.sigmoid_derivative_sound(2 * z)),
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
            "cases swapped": ("derivative", lambda z: np.where(z < 0, np.ones_like(z), np.zeros_like(z))),
            "z for 1": ("derivative", activations.relu),
            "0 at 0, as PyTorch has it": ("cases", lambda z: np.where(z > 0, np.ones_like(z), np.zeros_like(z))),
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
            "cases swapped": ("derivative", lambda z: np.where(z < 0, np.ones_like(z), 0.01 * np.ones_like(z))),
            "0.01 at 0, as PyTorch has it": (
                "cases", lambda z: np.where(z > 0, np.ones_like(z), 0.01 * np.ones_like(z))
            ),
        },
        (
            Written(
                "author", r"g'(z) = \begin{cases} 0.01 & z < 0 \\ 1 & z \neq 0 \end{cases}",
                r"g'(z) = \begin{cases} 0.01 & z < 0 \\ 1 & z \geq 0 \end{cases}",
                "z ≠ 0 stands where z ≥ 0 belongs: it would give 1 for negative z too",
                lambda z: np.where(z != 0, np.ones_like(z), 0.01 * np.ones_like(z)),
            ),
        ),
    ),
)  # fmt: skip
