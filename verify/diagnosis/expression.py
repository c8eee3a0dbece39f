"""One expression in what is at hand: a product of atoms, summed or not, or the matrix product of two such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.diagnosis.atoms import Atom

Factors = tuple[Atom, ...]


@dataclass(frozen=True)
class Expression:
    """A product of atoms, summed over `axes` where there are some; or the matrix product of two, `turned` or not."""

    left: Factors
    right: Factors = ()
    axes: tuple[int, ...] | None = None
    turned: tuple[bool, bool] = (False, False)

    @property
    def text(self) -> str:
        if self.right:
            left, right = (
                (_factor(x[0]) if len(x) == 1 else f"({_product(x)})") + "ᵀ" * t
                for x, t in zip((self.left, self.right), self.turned, strict=True)
            )
            return f"{left} @ {right}"
        if self.axes is None:
            return _product(self.left)
        return f"Σ {_product(self.left)}" + (f" over axis {self.axes[0]}" if len(self.axes) == 1 else "")

    @property
    def cost(self) -> int:
        return sum(1 + (atom.kind != "itself") for atom in (*self.left, *self.right))

    def of(self, at_hand: Mapping[str, Any], shape: tuple[int, ...]) -> Any:
        x = _times(self.left, at_hand)
        if self.right:
            y = _times(self.right, at_hand)
            return (x.T if self.turned[0] else x) @ (y.T if self.turned[1] else y)
        if self.axes is not None:
            return np.sum(x, axis=self.axes).reshape(shape)
        return np.broadcast_to(x, shape)


def _product(factors: Factors) -> str:
    return factors[0].text if len(factors) == 1 else " ∗ ".join(map(_factor, factors))


def _factor(atom: Atom) -> str:
    """`(W @ X + b)`, where more stands beside it."""
    bare = atom.function == "{}" and " " in atom.tensor and not atom.tensor.startswith("(")
    return f"({atom.text})" if bare else atom.text


def _times(factors: Factors, at_hand: Mapping[str, Any]) -> Any:
    x = factors[0].of(at_hand)
    for atom in factors[1:]:
        x = x * atom.of(at_hand)
    return x


INVERSES = (("{}", "1/{}"), ("(1 − {})", "1/(1 − {})"), ("(1 + {})", "1/(1 + {})"))


def roundabout(x: Expression) -> bool:
    """Z ∗ 1/Z is a way of writing 1."""
    return any(
        Atom(a.tensor, f) in part and Atom(a.tensor, inverse) in part
        for part in (x.left, x.right)
        for a in part
        for f, inverse in INVERSES
    )


def alike(a: Expression, b: Expression) -> bool:
    """Whether one may be the other with one factor changed."""
    same_form = (a.axes, a.turned, len(a.left), len(a.right)) == (b.axes, b.turned, len(b.left), len(b.right))
    return same_form and sum(x not in b.left for x in a.left) + sum(x not in b.right for x in a.right) <= 1
