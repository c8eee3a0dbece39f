"""An expression at a point, enclosed in a ball."""

from __future__ import annotations

from functools import reduce
from operator import add, mul

import sympy
from flint import arb, fmpq
from sympy import Expr

from verify.arithmetic.constants import LARGEST_DENOMINATOR
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.side import side

# A few units in the last place of a float64, relative.
DOUBT = arb(2) ** -48


def value_at(e: Expr, known: dict[Expr, arb]) -> arb:
    """An expression at a point, enclosed; not finite where a side is not decided there."""
    if e not in known:
        known[e] = _value_at(e, known)
    return known[e]


def _value_at(e: Expr, known: dict[Expr, arb]) -> arb:
    if e.is_Rational:
        value = arb(fmpq(int(e.p), int(e.q)))
        # What stands for no short fraction (1/√3) was rounded when it was written down, and may be folded with others.
        return value if e.q <= LARGEST_DENOMINATOR else arb(value, abs(value) * DOUBT)
    if e.is_Symbol:
        return arb(size_of(e))
    if e is sympy.E:
        return arb(1).exp()
    args = [value_at(x, known) for x in e.args]
    if e.is_Add:
        return reduce(add, args)
    if e.is_Mul:
        return reduce(mul, args)
    if e.is_Pow:
        return args[0] ** int(e.exp) if e.exp.is_Integer else args[0].sqrt() ** int(2 * e.exp)
    if isinstance(e, side):
        if args[0].is_zero() and e.args[0].has(side) and e.args[1] != 0:
            return args[1]  # 0 in a whole region: a comparison there is what NumPy makes of it
        return arb(1) if args[0] > 0 else arb(-1) if args[0] < 0 else arb("nan")
    name = type(e).__name__
    if name not in ("exp", "log", "tanh"):
        raise Unsupported(f"no proof knows {name}")
    found: arb = getattr(args[0], name)()
    return found


def size_of(letter: Expr) -> int:
    return int(str(letter).removeprefix("size_"))
