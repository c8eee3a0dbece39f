"""Is an expression 0 for all values of its letters? Decided by algebra, not by a simplifier.

Values of functions become letters of their own: one for exp of each monomial, one for tanh, log, side or the root of
each argument. What is left is a sum of fractions of polynomials, and that is 0 where its numerator is the zero
polynomial. The answer True is a proof, wherever the expression is defined and off the kinks; False says only that this
found none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product
from types import MappingProxyType

import numpy as np
import sympy
from flint import arb
from sympy import Expr

from verify.arithmetic.side import side
from verify.oracles.algebra import Algebra
from verify.oracles.point import value_at

# Up to so many comparisons the choices of their sides are tried one by one.
SIDES = 8


def not_vanishing(expressions: Sequence[Expr], until: Callable[[], bool] = bool) -> int | None:
    """The place of the first that is not proved to be 0, off the kinks; None where all are.

    `until` is asked between them; once it says True (which bool() never does) the next one counts as not proved. Raises
    Unsupported for a function unknown here.
    """
    first = Algebra(expressions)
    second = cache(lambda: Algebra(expressions, exponential=True))  # where it is asked for, and once
    for i, e in enumerate(expressions):
        if e == 0:
            continue
        if until():
            return i
        apart = _apart(e)
        if apart and first.is_zero(e):
            continue
        if apart and e.has(sympy.tanh) and second().is_zero(e):
            continue
        if not _on_either_side(e):
            return i
    return None


def vanishes(expression: Expr) -> bool:
    """Whether one expression is proved to be 0.

    >>> x, y = sympy.symbols("x y")
    >>> vanishes((x + y) ** 2 / y - x**2 / y - 2 * x - y), vanishes(sympy.exp(x) - 1)
    (True, False)
    """
    return not_vanishing([expression]) is None


def _on_either_side(e: Expr, chosen: Mapping[Expr, int] = MappingProxyType({})) -> bool:
    """Whether it is 0 whichever signs its comparisons have, those `chosen` so far apart.

    Needed where one stands inside of a function, or decides whether another compares 0.
    """
    while signs := {s: sympy.Integer(chosen[s.args[0]]) for s in e.atoms(side) if s.args[0] in chosen}:
        e = e.xreplace(signs)  # which may bring out another of the same
    if e == 0 or (chosen and _apart(e) and Algebra([e], exponential=True).is_zero(e)):
        return True
    open_ = sorted((s.args[0] for s in e.atoms(side) if not s.args[0].has(side)), key=sympy.default_sort_key)
    if not open_ or len(chosen) >= SIDES or not _not_zero(open_[0]):
        return False
    return all(_on_either_side(e, {**chosen, open_[0]: sign}) for sign in (1, -1))


def _apart(e: Expr) -> bool:
    """Whether everything that is compared is 0 at single places only, whatever the signs of comparisons within it.

    Only then is `off the kinks` off next to nothing, and a comparison one letter, > and ≥ alike.
    """
    for u in {s.args[0] for s in e.atoms(side)}:
        within = list(u.atoms(side))
        if len(within) > SIDES:
            return False
        for signs in product((1, -1), repeat=len(within)):
            chosen = u.xreplace(dict(zip(within, map(sympy.Integer, signs), strict=True)))
            if not _not_zero(chosen):
                return False
    return True


def _not_zero(u: Expr) -> bool:
    """Whether it is surely not 0 at some point: then it is 0 at single places only, for it is analytic.

    Roots are not, where what stands under them may be 0; nothing is said of them.
    """
    if any(not p.exp.is_Integer for p in u.atoms(sympy.Pow)):
        return False
    letters = sorted(u.free_symbols, key=sympy.default_sort_key)
    for low in (0.0, -3.0):
        rng = np.random.default_rng(0)
        known = {x: arb(v) for x, v in zip(letters, rng.uniform(low, low + 2, len(letters)).tolist(), strict=True)}
        value = value_at(u, {x: abs(v) if x.is_positive else v for x, v in known.items()})
        if value.is_finite() and not value.contains(0):
            return True
    return False
