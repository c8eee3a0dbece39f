"""What is at hand: the tensors by name, and the functions that the notes take of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, precision

Array = np.ndarray[Any, Any]


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _leaky(x: Any, slope: Any) -> Any:
    return np.where(x > 0, x, slope * x)


ONE_HUNDREDTH = 0.01
# kind -> words with {} for the tensor -> function. A slope in terms of z is one in terms of a too.
FUNCTIONS: Mapping[str, tuple[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "{}": ("itself", lambda x: x),
        "{}ᵀ": ("turned", lambda x: x.T),
        "(1 − {})": ("complement", lambda x: 1 - x),
        "(1 + {})": ("complement", lambda x: 1 + x),
        "{}²": ("power", lambda x: x * x),
        "(1 − {}²)": ("slope", lambda x: 1 - x * x),
        "(1 + {}²)": ("slope", lambda x: 1 + x * x),
        "{}(1 − {})": ("slope", lambda x: x * (1 - x)),
        "{}(1 + {})": ("slope", lambda x: x * (1 + x)),
        "1/{}": ("power", lambda x: 1 / x),
        "1/(1 − {})": ("power", lambda x: 1 / (1 - x)),
        "1/(1 + {})": ("power", lambda x: 1 / (1 + x)),
        "log {}": ("function", np.log),
        "log(1 − {})": ("function", lambda x: np.log(1 - x)),
        "exp({})": ("function", np.exp),
        "exp(−{})": ("function", lambda x: np.exp(-x)),
        "(1 + exp({}))": ("function", lambda x: 1 + np.exp(x)),
        "(1 + exp(−{}))": ("function", lambda x: 1 + np.exp(-x)),
        "σ({})": ("activation", _sigmoid),
        "σ′({})": ("slope", lambda x: _sigmoid(x) * _sigmoid(-x)),
        "(1 − σ({}))": ("complement", lambda x: _sigmoid(-x)),
        "tanh({})": ("activation", np.tanh),
        "tanh′({})": ("slope", lambda x: 1 - np.tanh(x) ** 2),
        "σ′({})²": ("slope", lambda x: (_sigmoid(x) * _sigmoid(-x)) ** 2),
        "tanh′({})²": ("slope", lambda x: (1 - np.tanh(x) ** 2) ** 2),
        "relu({})": ("activation", lambda x: np.where(x > 0, x, 0 * x)),
        "[{} > 0]": ("mask", lambda x: np.where(x > 0, 1.0, 0.0)),
        "[{} < 0]": ("mask", lambda x: np.where(x > 0, 0.0, 1.0)),
        "leaky({})": ("activation", lambda x: _leaky(x, ONE_HUNDREDTH)),
        "leaky′({})": ("slope", lambda x: np.where(x > 0, 1.0, ONE_HUNDREDTH)),
        "leaky′(−{})": ("mask", lambda x: np.where(x > 0, ONE_HUNDREDTH, 1.0)),
        "leaky′({}) with 0.1": ("slope", lambda x: np.where(x > 0, 1.0, 0.1)),
        "|{}|": ("function", np.abs),
        "exp(−|{}|)": ("function", lambda x: np.exp(-np.abs(x))),
        "log(1 + exp(−|{}|))": ("function", lambda x: np.log(1 + np.exp(-np.abs(x)))),
        "log(1 + {})": ("function", lambda x: np.log(1 + x)),
        "log({}/(1 − {}))": ("function", lambda x: np.log(x / (1 - x))),
        "(2{} − 1)": ("complement", lambda x: 2 * x - 1),
    }
)


@dataclass(frozen=True)
class Atom:
    """One function of one tensor at hand."""

    tensor: str
    function: str

    @property
    def kind(self) -> str:
        return FUNCTIONS[self.function][0]

    @property
    def text(self) -> str:
        alone = self.function == "{}" or "({})" in self.function or " " not in self.tensor
        return self.function.replace("{}", self.tensor if alone else f"({self.tensor})")

    def of(self, at_hand: Mapping[str, Any]) -> Any:
        return FUNCTIONS[self.function][1](at_hand[self.tensor])


def atoms(floats: Mapping[str, Array], plain: frozenset[str] = frozenset()) -> Iterator[tuple[Atom, Array]]:
    """Every function of every tensor that is finite there, with its float values; of functions that agree, the first.

    Of the tensors `plain` no function is taken.
    """
    for tensor in floats:
        seen: list[Array] = []
        for function in ("{}",) if tensor in plain else FUNCTIONS:
            atom = Atom(tensor, function)
            with np.errstate(all="ignore"):
                value = np.asarray(atom.of(floats))
            if not np.isfinite(value).all() or not value.any() or (np.ptp(value) == 0 and value.size > 1):
                continue
            if not any(np.array_equal(value, other) for other in seen):
                seen.append(value)
                yield atom, value


def exactly(of: Callable[[Mapping[str, Any]], Any], at_hand: Mapping[str, Balls]) -> Balls:
    with precision():
        return Balls.of(of(at_hand))
