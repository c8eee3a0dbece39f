"""Derivatives and descent: the nudge, the graph of J = 3(a + bc), and the step along the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

from manual import graph, training
from reference_torch import graph as graph_definitions
from reference_torch import training as steps
from verify.checks.claims import Claim, claims
from verify.checks.derivative import derivative
from verify.checks.identity import identity
from verify.checks.value import value
from verify.row import Row, Written
from verify.setting import Setting

SCALARS = "a: scalar, b: scalar, c: scalar"
STEP = "w: n_x 1, b: scalar, dw: n_x 1, db: scalar, learning_rate: scalar"


def raised(power: int, t: Any) -> Any:
    return t**power


def of_the_inputs(f: Callable[..., Any], dout: Any, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
    """da, db, dc of dv, da, du, db, dc, times the upstream gradient."""
    _, da, _, db, dc = f(a, b, c)
    return dout * da, dout * db, dout * dc


def but(**wrong: Callable[..., Any]) -> Callable[..., Any]:
    """The pass backwards, with some of its derivatives written otherwise."""

    def twin(*inputs: Any) -> tuple[Any, ...]:
        right = dict(zip(graph.BACKWARD_AT_POINT, graph.backward(*inputs), strict=True))
        return tuple((right | {name: d(*inputs) for name, d in wrong.items()}).values())

    return twin


def nudges(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In rational numbers: x² gives 2x + h and x³ gives 3x² + 3xh + h², at every h; so the limits are 2x and 3x²."""
    x = Fraction(7, 3)
    for h in (Fraction(1, 10), Fraction(1, 1000), Fraction(-1, 10**9)):
        for power, want in ((2, 2 * x + h), (3, 3 * x**2 + 3 * x * h + h**2)):
            found = f(partial(raised, power), x, h)
            yield Claim(f"x^{power} nudged by {h}", found == want, found, want, at=f"x = {x}")


def figures(wanted: dict[str, int]) -> Callable[[Callable[..., Any], Setting], Iterator[Claim]]:
    """The figures that the notes work out by hand, at a = 5, b = 3, c = 2."""

    def find(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
        for (name, want), found in zip(wanted.items(), f(**graph.POINT), strict=True):
            yield Claim(name, found == want, int(found), want, at="a = 5, b = 3, c = 2")

    return find


ROWS = (
    Row(
        graph.nudge,
        {
            "definition": claims("exact", nudges),
            "in floats": identity(
                "x: *, h: *",
                lambda f, x, h: f(partial(raised, 2), x, h),
                lambda f, x, h: 2 * x + h,
                domain={"h": "positive"},
            ),
        },
        {
            "half of it": ("in floats", lambda f, x, h: (f(x + h) - f(x)) / h / 2),
            "times h": ("definition", lambda f, x, h: (f(x + h) - f(x)) * h),
            "both sides, over h": ("definition", lambda f, x, h: (f(x + h) - f(x - h)) / h),
        },
    ),
    Row(
        graph.forward,
        {
            "value": value(SCALARS, graph_definitions.forward, outputs="u v J"),
            "figures": claims("figures", figures(dict(graph.FORWARD_AT_POINT))),
        },
        {
            "3a + bc": ("value", lambda a, b, c: (b * c, a + b * c, 3 * a + b * c)),
            "u = b + c": ("figures", lambda a, b, c: (b + c, a + b + c, 3 * (a + b + c))),
        },
    ),
    Row(
        graph.backward,
        {
            "derivative": derivative(
                SCALARS,
                "a b c",
                lambda a, b, c: graph.forward(a, b, c)[2],
                of_the_inputs,
                lambda a, b, c: graph_definitions.forward(a, b, c)[2],
            ),
            "derivative in u": derivative(
                "a: scalar, u: scalar",
                "u",
                lambda a, u: 3 * (a + u),
                lambda f, dout, a, u: dout * f(a, u, u)[2],
                lambda a, u: 3 * (a + u),
            ),
            "derivative in v": derivative(
                "v: scalar", "v", lambda v: 3 * v, lambda f, dout, v: dout * f(v, v, v)[0], lambda v: 3 * v
            ),
            "figures": claims("figures", figures(dict(graph.BACKWARD_AT_POINT))),
        },
        {
            "db and dc swapped": ("derivative", but(db=lambda a, b, c: 3 * b, dc=lambda a, b, c: 3 * c)),
            "du = dv·c": ("derivative in u", but(du=lambda a, b, c: 3 * c)),
            "dv = v": ("derivative in v", but(dv=lambda a, b, c: a)),
            "dv = 1": ("figures", lambda a, b, c: (1, 1, 1, c, b)),
        },
    ),
    Row(
        training.step,
        {"update": value(STEP, steps.step, domain={"learning_rate": "positive"}, outputs="w b")},
        {
            "+α": ("update", lambda w, b, dw, db, learning_rate: (w + learning_rate * dw, b + learning_rate * db)),
            "b not updated": ("update", lambda w, b, dw, db, learning_rate: (w - learning_rate * dw, 1 * b)),
        },
        (
            Written(
                "author",
                r"w_1 := w_1 - dw_1",
                r"w_1 := w_1 - \alpha\, dw_1",
                "the learning rate α is missing",
                lambda w, b, dw, db, learning_rate: (w - dw, b - learning_rate * db),
            ),
        ),
    ),
)
