"""The algebra of a proof: each identity is shown to be one, by a law that it alone may need; and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from sympy import E, Rational, exp, log, sqrt, tanh

from verify.arithmetic.duck import Unsupported
from verify.arithmetic.side import side
from verify.arithmetic.symbols import extent
from verify.oracles.algebra import Algebra

x, y, z = sympy.symbols("x y z")
m, n = extent(3), extent(4)
NAUGHT = log(1 + exp(x)) - x - log(1 + exp(-x))  # which is 0, and SymPy does not see it
MANY = sympy.symbols("u0:30")
inner, outer = sqrt(1 + x), sqrt(1 + sqrt(1 + x))


def sign(u: Any) -> Any:
    return side(u, sympy.S.Zero)


def shortly(e: Any) -> str:
    return str(e)[:60]


# Each is 0, and SymPy leaves it as it is.
IDENTITIES = [
    # fractions
    x * (y + 1) / 3 + x * (y - 2) / 6 - x * y / 2,
    (x + y) ** 2 / y - x**2 / y - 2 * x - y,
    1 / (x + y) - (x - y) / (x**2 - y**2),
    x / (x + 1) + 1 / (x + 1) - 1,
    1 / (x * (x + 1)) - 1 / x + 1 / (x + 1),
    1 / (1 / x + 1 / y) - x * y / (x + y),
    1 / (x / (x + y)) - 1 - y / x,
    (x + y) ** -2 * (x**2 + 2 * x * y + y**2) - 1,
    (2 * x + 2 * y) ** -3 - (x + y) ** -3 / 8,
    (1 / x + 1 / y) ** 3 - (x + y) ** 3 / (x * y) ** 3,
    (1 / x + 1 / y) ** -2 - (x * y) ** 2 / (x + y) ** 2,
    (x**2 * y - x * y**2) ** -1 - 1 / x / y / (x - y),
    1 / (x**2 - y**2) ** 2 - (1 / (x - y) - 1 / (x + y)) ** 2 / (2 * y) ** 2,
    x / (x + 1) ** 2 + 1 / (x + 1) ** 2 + z / (x + 2) ** 2 * (x**2 + 4 * x + 4) - 1 / (x + 1) - z,
    # roots
    (y + sqrt(1 + x)) * (y - sqrt(1 + x)) - y**2 + 1 + x,
    (1 + x) ** Rational(3, 2) - x * sqrt(1 + x) - sqrt(1 + x),
    (1 + x) ** Rational(-1, 2) * (x + x**2) - x * sqrt(1 + x),
    (1 + x) ** Rational(-3, 2) * (x**2 + 2 * x + 1) - sqrt(1 + x),
    (1 + sqrt(x + y)) ** 3 - 1 - 3 * sqrt(x + y) - 3 * (x + y) - (x + y) * sqrt(x + y),
    1 / ((1 + sqrt(x)) ** 2 + y) - 1 / (1 + 2 * sqrt(x) + x + y),
    1 / (1 + sqrt(x)) - (1 - sqrt(x)) / (1 - x),
    (sqrt(1 / x + y) + 1) ** 2 - 1 / x - y - 1 - 2 * sqrt(1 / x + y),
    x * (sqrt(1 / x + y) + 1) ** 3 - x - 3 * x * sqrt(1 / x + y) - 3 - 3 * x * y - sqrt(1 / x + y) * (1 + x * y),
    (outer + outer * inner) ** 2 - 1 - 3 * inner - 3 * (1 + x) - inner * (1 + x),
    # exponentials
    exp(x) * (E + x) - exp(x + 1) - x * exp(x),
    exp(exp(x) * (1 + exp(-x))) - E * exp(exp(x)),
    exp(x * (y + 1)) - exp(x * y) * exp(x),
    (exp(x / 2) + exp(-x / 2)) ** 2 - exp(x) - exp(-x) - 2,
    (exp(x / 3) + 1) ** 3 - exp(x) - 3 * exp(2 * x / 3) - 3 * exp(x / 3) - 1,
    (exp(x / 4) - exp(-x / 4)) ** 2 * exp(x / 2) - (exp(x / 2) - 1) ** 2,
    exp((x * y + x) / (1 + y) ** 2) - exp(x * y / (1 + y) ** 2) * exp(x / (1 + y) ** 2),
    exp(x / 12) * (exp(x / 12) + 1) - exp(x / 6) - exp(x / 12),
    1 / (1 + exp(-x)) - exp(x) / (1 + exp(x)),
    # tanh, in letters of its own
    tanh((x - 1) * (x + 1)) + tanh(1 - x**2),
    tanh((z - x) * (x - z)) + tanh((x - z) ** 2),
    tanh((x * y - 1) * (1 - x - y)) * z + z * tanh(x**2 * y + x * y**2 - x * y - x - y + 1),
    tanh((x - 1) * (x + 1)) * y - y * tanh(x**2 - 1),
    tanh(x * (y + 1) - x * y - x),
    (1 - tanh(x)) * (1 + tanh(x)) - 1 + tanh(x) ** 2,
    # sides
    (y + sign(x)) * (y - sign(x)) - y**2 + 1,
    sign(x) ** 3 * (1 + y) - sign(x) - sign(x) * y,
    (1 + sign(x)) ** 2 / 4 - (1 + sign(x)) / 2,
    1 / (2 + sign(x)) - (2 - sign(x)) / 3,
    1 / ((1 + sign(x)) ** 2 + y) - 1 / (2 + 2 * sign(x) + y),
    1 / ((2 + sign(x)) ** 2 + y) - 1 / (5 + 4 * sign(x) + y),
    side(NAUGHT, sympy.S.One) - 1,
    side(NAUGHT, sympy.S.NegativeOne) + 1,
    # logarithms
    log(1 + exp(x)) - x - log(1 + exp(-x)),
    log(exp(x)) - x,
    log(exp(x / 2)) - x / 2,
    log(exp(x * y - z)) - x * y + z,
    log(2 * exp(x)) - log(2) - x,
    log(m * exp(x)) - log(m) - x,
    log(exp(x) / m) - x + log(m),
    log(3 / (1 + exp(x)) ** 2) - log(3) + 2 * log(1 + exp(x)),
    log(m * n + m) - log(m) - log(1 + n),
    log(exp(x) + exp(y)) - x - log(1 + exp(y - x)),
    log(2 + 2 * exp(x)) - log(2) - log(1 + exp(x)),
    log((x + y) ** 2) - log(x**2 + 2 * x * y + y**2),
    log(-exp(x) * (1 + exp(y))) - log(-exp(x) - exp(x + y)),
    log(1 + exp(x * (y + 1)) - exp(x * y + x)),
    # more functions than there is room for at first
    (y + 1) * sum(map(tanh, MANY)) - y * sum(map(tanh, MANY)) - sum(map(tanh, MANY)),
    (1 + sum(map(sqrt, MANY[:9]))) ** 2 - (sum(map(sqrt, MANY[:9])) - 1) ** 2 - 4 * sum(map(sqrt, MANY[:9])),
]
# Known only to those who write tanh in exponentials.
IN_EXPONENTIALS = [
    tanh(x) - (exp(x) - exp(-x)) / (exp(x) + exp(-x)),
    (1 + tanh(x / 2)) / 2 - 1 / (1 + exp(-x)),
    tanh(2 * x) - 2 * tanh(x) / (1 + tanh(x) ** 2),
    log(1 + tanh(x)) - log(2) - 2 * x + log(1 + exp(2 * x)),
    tanh(1 + tanh(x)) * (exp(2 * (1 + tanh(x))) + 1) - exp(2 + 2 * tanh(x)) + 1,
]
# Not 0 for all values, or not known to be.
OTHERS = [
    x, 1 + 0 * x, tanh(x) - x, exp(x) - 1, exp(2 * x) - 2 * exp(x), exp(x / 2) - exp(x / 3), sqrt(x) - sqrt(y),
    sign(x) - sign(y), sign(x) - 1, tanh(x) - tanh(y), log(x * y) - log(x) - log(y), log(x**2) - 2 * log(x),
    log(x + exp(x)) - x, log(2 * exp(x)) - x, log(-exp(x)) - x, log(-2 * exp(x)) - log(2) - x, log(m - n),
    log(m) - log(n), tanh((x - 1) * (x + 1)) - tanh(1 - x**2), sign((x - 1) * (x + 1)) + sign(1 + x**2), E - 2,
    log(2) - log(3), log(exp(x) - exp(y)) - x - log(1 - exp(y - x)), sqrt(x) - x, sqrt(x) - log(x),
    tanh(x) - sign(x), log(1 + x / y),
    log(x) - log(y), log(x) - log(y) - log(2), sqrt(x) - tanh(x), sign(x) - exp(x), log(x) - tanh(x),
    # no value at all
    1 / (x * (y + 1) - x * y - x) + sqrt(x), 1 / NAUGHT + sqrt(x), log(NAUGHT) + sqrt(x),
    1 / (x * (y + 1) - x * y - x), log(x * (y + 1) - x * y - x), (x * (y + 1) - x * y - x) ** -2,
]  # fmt: skip


@pytest.mark.parametrize("e", IDENTITIES, ids=shortly)
def test_an_identity_is_shown_to_be_one_and_off_by_a_little_it_is_not(e: Any) -> None:
    off = e + (x + y) * sqrt(5 + x) / 1000
    assert e != 0
    for exponential in (False, True):
        algebra = Algebra([e, off], exponential)
        assert (algebra.is_zero(e), algebra.is_zero(off), algebra.is_zero(e)) == (True, False, True)


@pytest.mark.parametrize("e", IN_EXPONENTIALS, ids=shortly)
def test_tanh_is_known_to_exp_where_it_is_written_in_exponentials(e: Any) -> None:
    assert Algebra([e], exponential=True).is_zero(e)
    assert not Algebra([e]).is_zero(e)


@pytest.mark.parametrize("e", OTHERS, ids=shortly)
def test_nothing_else_is_shown_to_be_0(e: Any) -> None:
    assert not Algebra([e]).is_zero(e)
    assert not Algebra([e], exponential=True).is_zero(e)


@pytest.mark.parametrize(("e", "said"), [
    (sympy.sin(x) + 1, "no proof knows sin"), (x**Rational(1, 3), "no proof knows Pow"), (x**y, "no proof knows Pow"),
    (exp(x / 5), "no proof knows exp of 1/5 times a monomial"), (sympy.pi * x, "no proof knows Pi"),
])  # fmt: skip
def test_what_the_algebra_does_not_know_it_names(e: Any, said: str) -> None:
    with pytest.raises(Unsupported, match=f"^{said}$"):
        Algebra([e]).is_zero(e)
