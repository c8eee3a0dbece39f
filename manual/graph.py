"""Derivatives: a nudge of the argument, and one pass from right to left through the graph of J = 3(a + bc)."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from manual.notation import Array, formula

# The figures that the notes work out by hand.
POINT = MappingProxyType({"a": 5, "b": 3, "c": 2})
FORWARD_AT_POINT = MappingProxyType({"u": 6, "v": 11, "J": 33})
BACKWARD_AT_POINT = MappingProxyType({"dv": 3, "da": 3, "du": 3, "db": 6, "dc": 9})


@formula(
    "derivative.nudge",
    r"\frac{df}{dx} = \lim_{h \to 0} \frac{f(x + h) - f(x)}{h}",
    "f: function, x: *, h: scalar -> *",
    "chapter 1",
)
def nudge(f: Callable[[Array], Array], x: Array, h: Array) -> Array:
    """The change in f over the nudge h of its argument: df/dx, where h is infinitesimal.

    >>> nudge(lambda a: 3 * a, 5.0, 0.5)
    3.0
    """
    return (f(x + h) - f(x)) / h


@formula(
    "graph.forward",
    r"u = bc, \quad v = a + u, \quad J = 3v",
    "a: scalar, b: scalar, c: scalar -> u: scalar, v: scalar, J: scalar",
    "chapter 1; J(a,b,c) = 3(a + bc)",
)
def forward(a: Array, b: Array, c: Array) -> tuple[Array, Array, Array]:
    """u = bc, v = a+u, J = 3v.

    >>> forward(5, 3, 2)
    (6, 11, 33)
    """
    u = b * c
    v = a + u
    J = 3 * v
    return u, v, J


@formula(
    "graph.backward",
    r"\frac{dJ}{dv} = 3, \quad \frac{dJ}{da} = \frac{dJ}{dv} \frac{dv}{da} = 3, \quad \frac{dJ}{du} = 3,"
    r"\quad \frac{dJ}{db} = 3c, \quad \frac{dJ}{dc} = 3b",
    "a: scalar, b: scalar, c: scalar -> dv: scalar, da: scalar, du: scalar, db: scalar, dc: scalar",
    "chapter 1",
)
def backward(a: Array, b: Array, c: Array) -> tuple[Array, Array, Array, Array, Array]:
    """From right to left: dv = 3, da = dv·1, du = dv·1, db = du·c = 3c, dc = du·b = 3b.

    >>> print(*backward(5, 3, 2))
    3 3 3 6 9
    """
    dv = 3 * np.ones_like(a)  # a 3 of the shape and the dtype of a
    da = dv * 1
    du = dv * 1
    db = du * c
    dc = du * b
    return dv, da, du, db, dc
