"""The activations g and their slopes g′, element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

import numpy as np

from manual.notation import Array, formula


@formula("sigmoid", r"\sigma(z) = \frac{1}{1 + e^{-z}}", "z: * -> *", "chapter 1", {"z": "exp"})
def sigmoid(z: Array) -> Array:
    """σ(z) = 1/(1+e^(−z)): ½ at 0, towards 1 for large z, towards 0 for large negative z.

    >>> print(sigmoid(0.0))
    0.5
    """
    return 1 / (1 + np.exp(-z))


@formula(
    "sigmoid.sound",
    r"\sigma(z) = \frac{e^{\min(z, 0)}}{1 + e^{-|z|}}",
    "z: * -> *",
    "chapter 1; the sound form overflows nowhere",
)
def sigmoid_sound(z: Array) -> Array:
    """σ(z) = e^(min(z,0)) / (1 + e^(−|z|)): no exponent is ever positive."""
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


@formula(
    "sigmoid.derivative",
    r"g'(z) = g(z)\,(1 - g(z))",
    "z: * -> *",
    "chapter 2; the author's first line, g' = 1/(1+e^(-z)), is a slip",
    {"z": "exp"},
)
def sigmoid_derivative(z: Array) -> Array:
    """g′(z) = g(z)(1−g(z)): ¼ at 0, nearly 0 at ±10. Right everywhere; keeps no digit at z = 37, where 1 − a is 0.

    >>> print(sigmoid_derivative(0.0))
    0.25
    """
    a = sigmoid(z)
    return a * (1 - a)


@formula(
    "sigmoid.derivative.sound",
    r"g'(z) = \sigma(z)\,\sigma(-z)",
    "z: * -> *",
    "chapter 2; 1 - σ(z) = σ(-z), without the subtraction",
)
def sigmoid_derivative_sound(z: Array) -> Array:
    """g′(z) = σ(z)σ(−z): all digits at every z."""
    return sigmoid_sound(z) * sigmoid_sound(-z)


@formula(
    "tanh",
    r"g(z) = \tanh z = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}",
    "z: * -> *",
    "chapter 2; in this form it overflows beyond |z| = 710",
    {"z": "exp"},
)
def tanh(z: Array) -> Array:
    """g(z) = (e^z − e^(−z))/(e^z + e^(−z)), a shifted sigmoid: tanh z = 2σ(2z) − 1."""
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


@formula("tanh.sound", r"g(z) = \tanh z", "z: * -> *", "chapter 2; NumPy's own")
def tanh_sound(z: Array) -> Array:
    """g(z) = tanh z, by the library: it neither overflows nor loses digits near 0."""
    return np.tanh(z)


@formula("tanh.derivative", r"g'(z) = 1 - \tanh^2 z", "z: * -> *", "chapter 2")
def tanh_derivative(z: Array) -> Array:
    """g′(z) = 1 − tanh²z: 1 at 0, nearly 0 at ±10. Right everywhere; keeps no digit at z = 20, where tanh z is 1.

    >>> print(tanh_derivative(0.0))
    1.0
    """
    return 1 - np.tanh(z) ** 2


@formula(
    "tanh.derivative.sound",
    r"g'(z) = 4\,\sigma(2z)\,\sigma(-2z)",
    "z: * -> *",
    "chapter 2; from tanh z = 2σ(2z) - 1, without the subtraction",
)
def tanh_derivative_sound(z: Array) -> Array:
    """g′(z) = 4σ(2z)σ(−2z) = 1/cosh²z: all digits at every z."""
    return 4 * sigmoid_sound(2 * z) * sigmoid_sound(-2 * z)


@formula("relu", r"g(z) = \max(0, z)", "z: * -> *", "chapter 2")
def relu(z: Array) -> Array:
    """g(z) = max(0, z)."""
    return np.maximum(0, z)


@formula(
    "relu.derivative",
    r"g'(z) = \begin{cases} 0 & z < 0 \\ 1 & z \geq 0 \end{cases}",
    "z: * -> *",
    "chapter 2; undefined at 0, where the notes choose 1 (PyTorch chooses 0)",
)
def relu_derivative(z: Array) -> Array:
    """g′(z) = 0 for z < 0, 1 for z ≥ 0. At 0 every number of [0, 1] is a subgradient; the notes choose 1.

    >>> print(relu_derivative(np.array([-2.0, 0.0, 3.0])))
    [0. 1. 1.]
    """
    return np.ones_like(z) - (z < 0)  # 1 − [z < 0]: np.where would branch at every element, ten times as slow


@formula(
    "relu.derivative.left",
    r"g'(z) = \begin{cases} 0 & z \leq 0 \\ 1 & z > 0 \end{cases}",
    "z: * -> *",
    "chapter 2; at 0 the slope from the left, as the course's code and PyTorch have it",
)
def relu_derivative_left(z: Array) -> Array:
    """g′(z) = 0 for z ≤ 0, 1 for z > 0: the same derivative, with the other choice at 0.

    >>> print(relu_derivative_left(np.array([-2.0, 0.0, 3.0])))
    [0. 0. 1.]
    """
    return np.zeros_like(z) + (z > 0)  # 0 + [z > 0]


@formula(
    "leaky_relu", r"g(z) = \max(0.01 z, z)", "z: * -> *", "chapter 2; max(0.01, z), as the author has it, is a slip"
)
def leaky_relu(z: Array) -> Array:
    """g(z) = max(0.01 z, z)."""
    return np.maximum(0.01 * z, z)


@formula(
    "leaky_relu.derivative",
    r"g'(z) = \begin{cases} 0.01 & z < 0 \\ 1 & z \geq 0 \end{cases}",
    "z: * -> *",
    "chapter 2; undefined at 0, where the notes choose 1 (PyTorch 0.01); the author's 1 for z ≠ 0 is a slip",
)
def leaky_relu_derivative(z: Array) -> Array:
    """g′(z) = 0.01 for z < 0, 1 for z ≥ 0. At 0 every number of [0.01, 1] is a subgradient; the notes choose 1.

    >>> print(leaky_relu_derivative(np.array([-2.0, 0.0, 3.0])))
    [0.01 1.   1.  ]
    """
    return np.where(z < 0, 0.01 * np.ones_like(z), np.ones_like(z))


@formula(
    "leaky_relu.derivative.left",
    r"g'(z) = \begin{cases} 0.01 & z \leq 0 \\ 1 & z > 0 \end{cases}",
    "z: * -> *",
    "chapter 2; at 0 the slope from the left, as PyTorch has it",
)
def leaky_relu_derivative_left(z: Array) -> Array:
    """g′(z) = 0.01 for z ≤ 0, 1 for z > 0: the same derivative, with the other choice at 0.

    >>> print(leaky_relu_derivative_left(np.array([-2.0, 0.0, 3.0])))
    [0.01 0.01 1.  ]
    """
    return np.where(z > 0, np.ones_like(z), 0.01 * np.ones_like(z))


def linear(z: Array) -> Array:
    """g(z) = z: no activation at all (see `collapse`)."""
    return z


def linear_derivative(z: Array) -> Array:
    """g′(z) = 1."""
    return np.ones_like(z)


# What a layer's g may be, by name, with its g′. tanh is NumPy's own: the notes' form turns to nan beyond 710.
ACTIVATIONS: Mapping[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = MappingProxyType(
    {
        "sigmoid": (sigmoid, sigmoid_derivative),
        "tanh": (tanh_sound, tanh_derivative),
        "relu": (relu, relu_derivative),
        "leaky_relu": (leaky_relu, leaky_relu_derivative),
        "linear": (linear, linear_derivative),
    }
)
# The same, with the other slope at the kink; known to `g` and `g_prime` too.
FROM_THE_LEFT: Mapping[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = MappingProxyType(
    {"relu_left": (relu, relu_derivative_left), "leaky_relu_left": (leaky_relu, leaky_relu_derivative_left)}
)


def g(activation: str) -> Callable[[Array], Array]:
    """The activation of that name; raises ValueError naming the nearest one where there is none.

    >>> g("rleu")
    Traceback (most recent call last):
    ValueError: no activation is called 'rleu': did you mean 'relu'? Known are sigmoid, tanh, relu, leaky_relu, linear
    """
    return _named(activation)[0]


def g_prime(activation: str) -> Callable[[Array], Array]:
    """The slope g′ of the activation of that name."""
    return _named(activation)[1]


def _named(activation: str) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    if activation in FROM_THE_LEFT:
        return FROM_THE_LEFT[activation]
    if activation not in ACTIVATIONS:
        close = get_close_matches(str(activation), ACTIVATIONS)
        guess = f"did you mean {close[0]!r}? Known" if close else "known"
        raise ValueError(f"no activation is called {activation!r}: {guess} are {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[activation]
