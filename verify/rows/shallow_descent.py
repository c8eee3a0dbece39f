"""Gradient descent of the shallow network, vectorised and by loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from manual import shallow, shallow_descent
from reference_torch import shallow as definitions
from reference_torch import shallow_descent as descent_definitions
from verify.checks.derivative import derivative
from verify.checks.identity import identity
from verify.checks.proof import proof
from verify.checks.value import value
from verify.row import Row
from verify.rows.shallow import DATA, LABELS, MOVED, SMALL, by_name, same_as
from verify.setting import Check

STEP = f"{DATA}, learning_rate: scalar"
UPDATE = {"Y": "label", "learning_rate": "positive"}


def first_step(
    f: Callable[..., Any], dout: Any, W1: Any, b1: Any, W2: Any, b2: Any, activation: str = "tanh", **data: Any
) -> tuple[Any, ...]:
    """With α = 1, what one step takes away is the derivative of the cost."""
    start = (W1, b1, W2, b2)
    moved = f(**data, W1=W1, b1=b1, W2=W2, b2=b2, learning_rate=1, activation=activation)
    return tuple(dout * (before - after) for before, after in zip(start, moved, strict=True))


def all_nine(g: str) -> Check:
    """dW1, db1, dW2 and db2 of a whole 2-2-1 network, g in its hidden layer, as the derivatives of its cost."""
    return proof(
        SMALL, " ".join(MOVED), lambda **inputs: shallow.cost(**inputs, activation=g),
        lambda f, dout, **inputs: first_step(f, dout, **inputs, activation=g),
        name=f"network 2-2-1, {g}", domain=LABELS,
    )  # fmt: skip


def descent_checks(other: Callable[..., Any]) -> dict[str, Check]:
    """One step, and a few, against SGD; the step as a derivative of the cost; the same written otherwise."""

    def steps(iterations: int, activation: str = "tanh") -> Check:
        constants = {"iterations": iterations, "activation": activation}
        return value(STEP, descent_definitions.descent, domain=UPDATE, constants=constants, outputs=" ".join(MOVED))

    return {
        "update": steps(1),
        "update, relu": steps(1, "relu"),
        "training": steps(4),
        "derivative": derivative(DATA, "W1 b1 W2 b2", shallow.cost, first_step, definitions.cost, domain=LABELS),
        **{f"network 2-2-1, {g}": all_nine(g) for g in ("tanh", "relu")},
        "identity": identity(STEP, by_name(MOVED), same_as(other, MOVED), domain=UPDATE, constants={"iterations": 2}),
    }


def descended(
    f: Callable[..., Any], rate: float = 1, extra: int = 0, g: str = "", kept: tuple[str, ...] = (), m: bool = False
) -> Callable[..., Any]:
    """Descent with a mistake: α scaled, too many or too few steps, the wrong g, some arrays kept, the 1/m left out."""

    def twin(
        X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, learning_rate: Any, iterations: int = 1,
        activation: str = "tanh",
    ) -> Any:  # fmt: skip
        alpha = learning_rate * rate * (X.shape[1] if m else 1)
        moved = f(X, Y, W1, b1, W2, b2, alpha, iterations + extra, g or activation)
        start = (W1, b1, W2, b2)
        return tuple(1 * a if name in kept else b for name, a, b in zip(MOVED, start, moved, strict=True))

    return twin


def one_after_another(
    X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, learning_rate: Any, iterations: int, **others: Any
) -> Any:
    """W2 and b2 moved first, and then dW1 and db1 computed with what they have become."""
    for _ in range(iterations):
        _, _, W2, b2 = shallow_descent.descent(X, Y, W1, b1, W2, b2, learning_rate)
        W1, b1, _, _ = shallow_descent.descent(X, Y, W1, b1, W2, b2, learning_rate)
    return W1, b1, W2, b2


ROWS: tuple[Row, ...] = (
    Row(
        shallow_descent.descent,
        descent_checks(shallow_descent.descent_loop),
        {
            "+α": ("update", descended(shallow_descent.descent, rate=-1)),
            "b1 not updated": ("update", descended(shallow_descent.descent, kept=("b1",))),
            "sigmoid whatever is asked": ("update, relu", descended(shallow_descent.descent, g="sigmoid")),
            "one step too few": ("training", descended(shallow_descent.descent, extra=-1)),
            "W1 after the new W2": ("training", one_after_another),
            "1/m missing": ("derivative", descended(shallow_descent.descent, m=True)),
            "1/m missing in 2-2-1": ("network 2-2-1, tanh", descended(shallow_descent.descent, m=True)),
            "tanh where ReLU is asked": ("network 2-2-1, relu", descended(shallow_descent.descent, g="tanh")),
            "b2 not updated": ("identity", descended(shallow_descent.descent, kept=("b2",))),
        },
    ),
    Row(
        shallow_descent.descent_loop,
        descent_checks(shallow_descent.descent),
        {
            "a quarter of α": ("update", descended(shallow_descent.descent_loop, rate=0.25)),
            "sigmoid whatever is asked": ("update, relu", descended(shallow_descent.descent_loop, g="sigmoid")),
            "one step too many": ("training", descended(shallow_descent.descent_loop, extra=1)),
            "W2 not updated": ("derivative", descended(shallow_descent.descent_loop, kept=("W2",))),
            "W1 not updated": ("network 2-2-1, tanh", descended(shallow_descent.descent_loop, kept=("W1",))),
            "tanh where ReLU is asked": ("network 2-2-1, relu", descended(shallow_descent.descent_loop, g="tanh")),
            "1/m missing": ("identity", descended(shallow_descent.descent_loop, m=True)),
        },
    ),
)  # fmt: skip
