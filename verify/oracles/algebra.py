"""Expressions as sums of fractions of polynomials: the algebra in which a difference is seen to be 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy
from sympy import Expr, ring
from sympy.polys.domains import QQ

from verify.arithmetic.duck import Unsupported
from verify.arithmetic.side import side

# exp(u) is the 12th power of its letter, so that exp(u/2), exp(u/3) and exp(u/4) are powers of the same letter.
FINE = 12

Poly = Any
# Powers of the factors, by their number; and a sum of fractions: what stands before each product of such powers.
Powers = tuple[tuple[int, int], ...]
Sum = dict[Powers, Poly]


class _Full(Exception):
    """More letters are needed than the ring has."""


class Algebra:
    """Expressions as sums of fractions of polynomials, in their letters and those of the functions in them.

    tanh u has a letter of its own, which is quick; or it is (e^2u − 1)/(e^2u + 1), which knows about e^u.
    """

    def __init__(self, expressions: Sequence[Expr], exponential: bool = False) -> None:
        self.exponential = exponential
        free: set[Expr] = set().union(*(e.free_symbols for e in expressions))
        self.letters = sorted(free, key=sympy.default_sort_key)
        self._begin(8)

    def _begin(self, spare: int) -> None:
        """A ring of the letters, and so many more for the values of functions."""
        self.spare = spare
        self.ring, *gens = ring([*self.letters, *(sympy.Dummy() for _ in range(spare))], QQ)
        self.known: dict[Expr, Sum] = {x: self._plain(g) for x, g in zip(self.letters, gens, strict=False)}
        self.free = gens[len(self.letters) :]
        self.values: dict[str, dict[Any, Poly]] = {name: {} for name in ("exp", "log", "root", "side", "tanh")}
        self.squares: dict[Poly, Sum] = {}  # letters whose square is known: roots and sides
        self.logs: dict[Poly, Sum] = {}  # letters that are exp of something: its 12th part
        self.factors: list[Poly] = []
        self.numbers: dict[Poly, int] = {}

    def is_zero(self, expression: Expr) -> bool:
        while True:
            try:
                return not self._reduced(self._joined(self.sum_of(expression))[1])
            except ZeroDivisionError:
                return False  # a divisor that is 0 says nothing
            except _Full:
                self._begin(3 * self.spare)

    # --- sums of fractions -----------------------------------------------------------------------------------------
    def _plain(self, poly: Any) -> Sum:
        return {(): self.ring(poly)}

    def _add(self, terms: Iterable[Sum]) -> Sum:
        total: Sum = {}
        for term in terms:
            for powers, poly in term.items():
                total[powers] = total[powers] + poly if powers in total else poly
        return {powers: poly for powers, poly in total.items() if poly}

    def _times(self, a: Sum, b: Sum) -> Sum:
        return self._add({_together(p, q): x * y} for p, x in a.items() for q, y in b.items())

    def _joined(self, terms: Sum) -> tuple[Powers, Poly]:
        """The sum over one product of powers."""
        if len(terms) == 1:
            return next(iter(terms.items()))
        lowest: dict[int, int] = {}
        for i in {i for powers in terms for i, _ in powers}:
            lowest[i] = min(dict(powers).get(i, 0) for powers in terms)
        total = self.ring.zero
        for powers, poly in terms.items():
            have = dict(powers)
            for i, low in lowest.items():
                if more := have.get(i, 0) - low:
                    poly = poly * self.factors[i] ** more
            total += poly
        return tuple(sorted((i, low) for i, low in lowest.items() if low)), total

    def _inverse(self, terms: Sum) -> Sum:
        powers, poly = self._joined(terms)
        poly = self._reduced(poly)
        if not poly:
            raise ZeroDivisionError
        constant, split = self._split(poly)
        turned = tuple((i, -e) for i, e in powers)
        return {_together(turned, tuple((i, -e) for i, e in split)): self.ring(1 / constant)}

    def _split(self, poly: Poly) -> tuple[Any, Powers]:
        """A polynomial as a number times powers of factors: its letters, and what is left."""
        monomials = list(poly.keys())
        shared = tuple(map(min, zip(*monomials, strict=True)))
        powers = tuple((self._factor(self.ring.gens[k]), e) for k, e in enumerate(shared) if e)
        rest = poly.quo(self.ring({shared: QQ(1)}))
        constant = rest.LC
        rest = rest.monic()
        return constant, powers if rest == 1 else _together(powers, ((self._factor(rest), 1),))

    def _factor(self, poly: Poly) -> int:
        if poly not in self.numbers:
            self.numbers[poly] = len(self.factors)
            self.factors.append(poly)
        return self.numbers[poly]

    def _reduced(self, poly: Poly) -> Poly:
        """The numerator, with each square that is known put in: of sides 1, of roots what stands under them."""
        for letter in reversed(self.squares):
            k = self.ring.gens.index(letter)
            if all(monomial[k] < 2 for monomial in poly):
                continue
            parts: dict[int, Poly] = {}
            for monomial, c in poly.items():
                twice, once = divmod(monomial[k], 2)
                parts.setdefault(twice, {})[(*monomial[:k], once, *monomial[k + 1 :])] = c
            put_in = (self._times(self._plain(p), self._power(self.squares[letter], n)) for n, p in parts.items())
            poly = self._joined(self._add(put_in))[1]
        return poly

    def _power(self, terms: Sum, n: int) -> Sum:
        if n < 0:
            return self._power(self._inverse(terms), -n)
        result = self._plain(1)
        for _ in range(n):
            result = self._times(result, terms)
        return result

    # --- expressions -----------------------------------------------------------------------------------------------
    def sum_of(self, e: Expr) -> Sum:
        if e not in self.known:
            self.known[e] = self._sum_of(e)
        return self.known[e]

    def _sum_of(self, e: Expr) -> Sum:
        if e.is_Rational:
            return self._plain(QQ(e.p, e.q))
        if e is sympy.E:
            return self._exp(self._plain(1))
        if e.is_Add:
            return self._add(map(self.sum_of, e.args))
        if e.is_Mul:
            result = self._plain(1)
            for x in e.args:
                result = self._times(result, self.sum_of(x))
            return result
        if e.is_Pow and e.exp.is_Integer:
            return self._power(self.sum_of(e.base), int(e.exp))
        if e.is_Pow and (2 * e.exp).is_Integer:
            under = self.sum_of(e.base)
            root = self._letter("root", under)
            self.squares.setdefault(root, under)
            return self._times(self._power(under, int(2 * e.exp) // 2), self._plain(root))
        if isinstance(e, sympy.exp):
            return self._exp(self.sum_of(e.args[0]))
        if isinstance(e, sympy.tanh):
            return self._tanh(e.args[0])
        if isinstance(e, side):
            inside = self.sum_of(e.args[0])
            if not inside:
                return self.sum_of(e.args[1])
            sign, under = self._turned(inside)
            letter = self._letter("side", under)
            self.squares.setdefault(letter, self._plain(1))
            return self._plain(sign * letter)
        if isinstance(e, sympy.log):
            return self._log(self.sum_of(e.args[0]))
        raise Unsupported(f"no proof knows {e.func.__name__}")

    def _letter(self, function: str, argument: Any) -> Poly:
        """The letter of a function's value: one for each argument."""
        known = self.values[function]
        key = frozenset(argument.items()) if isinstance(argument, dict) else argument
        if key not in known:
            if not self.free:
                raise _Full
            known[key] = self.free.pop(0)
        return known[key]

    def _turned(self, terms: Sum) -> tuple[int, Sum]:
        """An argument up to its sign: u and −u give the same."""
        turn = -1 if QQ.is_negative(terms[min(terms)].LC) else 1
        return turn, {powers: turn * poly for powers, poly in terms.items()}

    def _exp(self, argument: Sum) -> Sum:
        """exp of a sum is the product of exp of its monomials."""
        result = self._plain(1)
        for powers, poly in argument.items():
            for monomial, c in poly.items():
                times = c * FINE
                if times.denominator != 1:
                    raise Unsupported(f"no proof knows exp of {c} times a monomial")
                letter = self._letter("exp", (powers, monomial))
                self.logs.setdefault(letter, {powers: self.ring({monomial: QQ(1, FINE)})})
                result = self._times(result, {((self._factor(letter), int(times)),): self.ring.one})
        return result

    def _tanh(self, argument: Expr) -> Sum:
        if self.exponential:
            twice = self._exp(self._times(self._plain(2), self.sum_of(argument)))
            one = self._plain(1)
            return self._times(self._add([twice, self._plain(-1)]), self._inverse(self._add([twice, one])))
        inside = self.sum_of(argument)
        if not inside:
            return inside
        sign, under = self._turned(inside)
        return self._plain(sign * self._letter("tanh", under))

    def _log(self, argument: Sum) -> Sum:
        """log of a product is the sum of logs where every factor is positive: exp, sizes, and sums of such."""
        if not argument:
            raise ZeroDivisionError
        powers, poly = self._joined(argument)
        constant, split = self._split(poly)
        parts = _together(powers, split)
        if not (QQ.is_positive(constant) and all(self._positive(self.factors[i]) for i, _ in parts)):
            return self._plain(self._letter("log", argument))
        logs = [self._times(self._plain(n), self._log_of(self.factors[i])) for i, n in parts]
        return self._add([*logs, self._plain(self._letter("log", constant)) if constant != 1 else {}])

    def _log_of(self, factor: Poly) -> Sum:
        return self.logs[factor] if factor in self.logs else self._plain(self._letter("log", factor))

    def _positive(self, poly: Poly) -> bool:
        """Surely positive: a sum with positive numbers before products of positive letters."""
        return all(
            QQ.is_positive(c) and all(self._above_zero(k) for k, e in enumerate(monomial) if e)
            for monomial, c in poly.items()
        )

    def _above_zero(self, k: int) -> bool:
        return bool(self.letters[k].is_positive) if k < len(self.letters) else self.ring.gens[k] in self.logs


def _together(a: Powers, b: Powers) -> Powers:
    """The powers of a product."""
    total = dict(a)
    for i, e in b:
        total[i] = total.get(i, 0) + e
    return tuple(sorted((i, e) for i, e in total.items() if e))
