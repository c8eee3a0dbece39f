"""What stands beside a formula: its id in the catalogue, how it is written, its shapes, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

# An array or a number of any kind: float32, float64, complex, error bounds, balls. The formulas do not ask which.
Array: TypeAlias = Any
# Arrays by name: W1, b1, W2, b2, ... as the notes number them.
Layers: TypeAlias = Mapping[str, Array]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Formula:
    """The record of one formula.

    `shapes` reads `"W: n p, A_prev: p m, b: n 1 -> n m"`: the name of an argument, its dimensions (names or numbers),
    and after the arrow what comes out. `*` is any shape, `scalar` a number; `layers` stands for arrays by name (W1,
    b1, ...), `names` for one activation a layer, `text` for one name, `sizes` for the numbers of units, `integer`,
    `function` and `generator` for what they say.

    `domain` says by argument which numbers it takes; any real number where it is silent. The words: probability (open
    (0, 1)), label (0 or 1), exp (|z| up to the logarithm of the largest float), positive, pixel (integers 0 to 255).
    """

    id: str
    latex: str
    shapes: str
    source: str
    domain: Mapping[str, str]


def formula(id: str, latex: str, shapes: str, source: str, domain: Mapping[str, str] | None = None) -> Callable[[F], F]:
    """Attach the record to the function below, as `.formula`, and hand the same function back.

    >>> @formula("double", r"f(x) = 2x", "x: * -> *", "an example")
    ... def double(x):
    ...     return 2 * x
    >>> double(4), double.formula.id
    (8, 'double')
    """
    record = Formula(id, latex, shapes, source, MappingProxyType(dict(domain or {})))

    def attach(function: F) -> F:
        vars(function)["formula"] = record
        return function

    return attach
