"""side(u): on which side of its kink a comparison stands, as a function of SymPy."""

from __future__ import annotations

import sympy
from sympy import Expr


class side(sympy.Function):  # type: ignore[misc]  # SymPy brings no types
    """+1 where u > 0, −1 where u < 0, and `at` where u is 0. Its derivative is 0 off the kink u = 0.

    Where u is 0 at single places only, `at` is of no account: nothing is claimed there. It tells z > 0 from z ≥ 0 where
    u is 0 in a whole region, as relu(z) is for z < 0.
    """

    nargs = 2

    @classmethod
    def eval(cls, u: Expr, at: Expr) -> Expr | None:
        """Arguments that differ by a factor are one argument: side(−2u, 1) is −side(u, −1)."""
        if u.is_Rational:
            return sympy.sign(u) if u != 0 else at
        content, primitive = sympy.expand(u).as_content_primitive()
        turn = sympy.sign(content) * (-1 if primitive.could_extract_minus_sign() else 1)
        plain = sympy.expand(primitive if turn == sympy.sign(content) else -primitive)
        if plain == u and turn == 1:
            return None
        return turn * cls(plain, turn * at)

    def _eval_derivative(self, _: Expr) -> Expr:
        return sympy.S.Zero
