"""side(u): on which side of its kink a comparison stands, as a function of SymPy."""

from __future__ import annotations

import sympy
from sympy import Expr


class side(sympy.Function):  # type: ignore[misc]  # SymPy brings no types
    """+1 where u > 0, −1 where u < 0, and `at` where u is 0. Its derivative is 0 off the kink u = 0.

    Where u is 0 at single places only, `at` is of no account: nothing is claimed there. It tells z > 0 from z ≥ 0 where
    u is 0 in a whole region, as relu(z) is for z < 0.
    """

    @classmethod
    def eval(cls, u: Expr, at: Expr) -> Expr | None:
        """Arguments that differ by a factor are one argument: side(−2u, 1) is −side(u, −1)."""
        if u.is_Rational:
            return sympy.sign(u) if u != 0 else at
        _, plain = sympy.expand(u).as_content_primitive()  # the content is positive, and decides nothing
        if plain.could_extract_minus_sign():
            return -cls(-plain, -at)
        return None if plain == u else cls(plain, at)

    def _eval_derivative(self, _: Expr) -> Expr:
        return sympy.S.Zero
