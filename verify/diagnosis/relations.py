"""Mine against the right one with the help of what is at hand: one factor, one term, one edit of a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.diagnosis.atoms import Atom, exactly
from verify.diagnosis.edits import edit, instead, kind_of
from verify.diagnosis.expressions import Found, Library
from verify.diagnosis.fit import NEAR, Fit, equal, multiple, rare
from verify.diagnosis.match import Match
from verify.diagnosis.numbers import holds, text
from verify.diagnosis.structure import known_factors

Array = np.ndarray[Any, Any]

RATIOS = 40  # exact looks at pairs of factors
OUTERMOST = 30  # the cost of a function that is missing before all else, or there twice
FORMULA = 100  # the cost of saying what it is, where no mistake is known that makes it so


def edits(
    name: str, mine: Balls, want: Balls, library: Library, right_library: Library | None = None
) -> Iterator[Match]:
    """Both are expressions of what is at hand, and one is the other with one mistake in it."""
    right, wrong = (right_library or library).find(want), library.find(mine)
    for b in wrong:
        for a in right:
            found = edit(a.expression, b.expression)
            if found and a.fit.factor.overlaps(b.fit.factor):
                kind, words = found
                cost = 18 + max(a.expression.cost, b.expression.cost)
                yield Match(kind, f"{name}: {words}; it equals {_said(b)}.", b.fit.residual, cost)
    for b in wrong[:1]:
        wanted = f", and should be {_said(right[0])}" if right else ""
        said = f"the {name} that went in" if _said(b) == name else _said(b)
        yield Match("formula", f"{name} equals {said}{wanted}.", b.fit.residual, FORMULA)


def _said(found: Found) -> str:
    factor = found.fit.factor
    return found.expression.text if holds(factor, Fraction(1)) else f"{text(factor)} ∗ {found.expression.text}"


def beside(name: str, mine: Balls, want: Balls, library: Library) -> Iterator[Match]:
    """The same beside a term that is right: Z = W A + b with a mistake in W A."""
    for atom in library.plain():
        with precision():
            term = np.broadcast_to(library.at_hand[atom.tensor], want.shape)
            right, wrong = want - term, mine - term
        for match in edits(name, wrong, right, library):
            if match.kind != "formula":
                sentence = match.sentence.replace("it equals", f"beside {atom.text} stands")
                yield Match(match.kind, sentence, match.residual, match.cost + 2)


def swapped(name: str, mine: Balls, want: Balls, library: Library) -> Iterator[Match]:
    """mine − want = ±c(E₁ − E₂), c = 1 or 1/m: in a sum of terms one, E₂, has become E₁ by one mistake."""
    with precision():
        gap = mine - want
    for e1, e2, negative in library.differences(gap):
        found = edit(e2, e1)
        if found:
            kind, words = found
            cost = 24 + e1.cost + e2.cost
            yield Match(kind, f"{name}: {words}, in the term {'−' * negative}{e2.text}.", 0.0, cost)


def terms(name: str, mine: Balls, want: Balls, library: Library) -> Iterator[Match]:
    """mine − want is a multiple of an expression: a term is missing, one too many, of the wrong sign or size."""
    with precision():
        gap = mine - want
    for found in library.find(gap):
        factor, term = found.fit.factor, found.expression.text
        if holds(factor, Fraction(-1)):
            words = f"lacks the term {term}"
        elif holds(factor, Fraction(1)):
            words = f"has the term {term} too much, or lacks −{term}"
        elif holds(abs(factor), Fraction(2)):
            words = f"has the wrong sign at the term {term}"
        else:
            words = f"differs from the right one by {text(factor)} ∗ {term}"
        yield Match("term", f"{name} {words}.", found.fit.residual, 20 + 3 * found.expression.cost)


def ratios(name: str, mine: Balls, want: Balls, library: Library) -> Iterator[Match]:
    """mine ∗ h₂ = want ∗ h₁, element by element, h₁ and h₂ being functions of what is at hand, or 1."""
    names, A = library.spread(mine.shape)
    if not names:
        return
    H = np.concatenate([np.ones((1, len(library.places))), A.reshape(len(names), mine.size)[:, library.places]])
    each: list[Atom | None] = [None, *names]
    with np.errstate(all="ignore"):
        P, Q = (H * x.mid().ravel()[library.places] for x in (mine, want))
        near = [
            (j, i)
            for j, p in enumerate(P)
            if np.count_nonzero(p) >= min(mine.size, 2)
            for i in np.flatnonzero(np.max(np.abs(p - Q), axis=1) < NEAR * np.max(np.abs(p)))
        ]
    for j, i in near[:RATIOS]:
        h2, h1 = each[j], each[i]
        fit = _held(mine, want, h2, h1, library.at_hand) if h1 is not h2 else None
        if fit is not None:
            yield _ratio(name, h2, h1, fit.residual)


def _held(mine: Balls, want: Balls, h2: Atom | None, h1: Atom | None, at_hand: Mapping[str, Balls]) -> Fit | None:
    with precision():
        try:
            left = mine * exactly(h2.of, at_hand) if h2 else mine
            right = want * exactly(h1.of, at_hand) if h1 else want
        except Exception:  # a comparison that is not decided, a logarithm of 0
            return None
    return equal(left, right)


def _ratio(name: str, h2: Atom | None, h1: Atom | None, residual: float) -> Match:
    if h1 is None:
        assert h2 is not None
        return Match(kind_of(h2), f"{name} lacks the factor {h2.text}.", residual, 22)
    if h2 is None:
        return Match(kind_of(h1), f"{name} has the factor {h1.text} once too often.", residual, 23)
    kind, words = instead(h2, h1)
    return Match(kind, f"{name}: {words}.", residual, 27 + (h1.tensor != h2.tensor))


def masked(name: str, mine: Balls, want: Balls, library: Library) -> Iterator[Match]:
    """Wrong exactly where a tensor at hand is above 0, or below it."""
    bad = ~overlaps(mine, want)
    if bad.all() or not bad.any():
        return
    for tensor, x in library.at_hand.items():
        if x.shape == want.shape:
            for side, where in (("above", x.mid() > 0), ("below", x.mid() < 0), ("not above", x.mid() <= 0)):
                if np.array_equal(where, bad):
                    yield Match("mask", f"{name} is wrong exactly where {tensor} is {side} 0.", 0.0, 22)
                    break


def _logit(x: Any) -> Any:
    return np.log(x / (1 - x))


def _atanh(x: Any) -> Any:
    return np.log((1 + x) / (1 - x)) / 2


# What may stand outermost: its name, and what undoes it.
OUTER: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = MappingProxyType(
    {
        "σ": (lambda x: 1 / (1 + np.exp(-x)), _logit),
        "tanh": (np.tanh, _atanh),
        "exp": (np.exp, np.log),
        "1/": (lambda x: 1 / x, lambda x: 1 / x),
        "log": (np.log, np.exp),
        "−log": (lambda x: -np.log(x), lambda x: np.exp(-x)),
        "√": (np.sqrt, lambda x: x * x),
        "(…)²": (lambda x: x * x, np.sqrt),
    }
)


def outermost(name: str, mine: Balls, want: Balls, library: Library) -> Iterator[Match]:
    """A mistake inside an outermost function; or that function missing, or taken twice."""
    for function, (does, undoes) in OUTER.items():
        with precision():  # where it is not defined nothing is known, and nothing equal
            inner, right, outer = undoes(mine), undoes(want), does(want)
        if equal(mine, right):
            yield Match("activation", f"{name} lacks the outermost function {function}.", 0.0, OUTERMOST)
        elif equal(mine, outer):
            yield Match("activation", f"{name} has the function {function} once too often.", 0.0, OUTERMOST)
        yield from _inside(f"{name}: what stands within {function}", inner, right, library)


def _inside(name: str, mine: Balls, want: Balls, library: Library) -> Iterator[Match]:
    fit = multiple(mine, want)
    for match in known_factors(name, fit, library.m, {}) if fit else ():
        yield replace(match, cost=OUTERMOST)
    inside = (*edits(name, mine, want, library), *beside(name, mine, want, library), *terms(name, mine, want, library))
    # What something equals is no mistake, and less so within a function that the formula may not have.
    for match in (*(match for match in inside if match.kind != "formula"), *_constant(name, mine, want)):
        yield replace(match, cost=match.cost + 12)


def _constant(name: str, mine: Balls, want: Balls) -> Iterator[Match]:
    with precision():
        fit = multiple(mine - want, Balls.of(np.ones(mine.shape)), want)
    if fit and rare(fit.chance):
        yield Match("term", f"{name} is off by {text(fit.factor)} everywhere.", fit.residual, 20)
