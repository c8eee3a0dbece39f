"""Numbers as people read them: 3.1 %, 15.9 digits, 2.2e-16. A number that means nothing is a dash."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, isinf, isnan

DASH = "–"


def number(x: float) -> str:
    """Two significant digits.

    >>> number(2.220446e-16), number(0.0), number(0.25), number(float("nan")), number(float("-inf"))
    ('2.2e-16', '0', '0.25', '–', '−∞')
    """
    if isnan(x):
        return DASH
    if isinf(x):
        return "∞" if x > 0 else "−∞"
    return f"{x:.2g}".replace("e+", "e")


def value(x: float) -> str:
    """A figure of its own, to four significant digits.

    >>> value(0.0884399), value(2.5), value(float("nan")), value(float("inf"))
    ('0.08844', '2.5', 'NaN', '∞')
    """
    return f"{x:.4g}" if isfinite(x) else "NaN" if isnan(x) else number(x)


def share(used: float) -> str:
    """A use of the budget: a percentage inside it, a multiple beyond it.

    >>> share(0.0312), share(0.0), share(2e-9), share(0.996), share(1.0), share(4.2e13)
    ('3.1 %', '0 %', '< 0.01 %', '> 99 %', '100 %', '4.2e13 ×')
    """
    if not isfinite(used):
        return number(used) + (" ×" if isinf(used) else "")
    if used > 1:
        return f"{number(used)} ×" if used >= 1.1 else f"{used:.8g} ×"
    if used in (0, 1):
        return f"{used:.0%}".replace("%", " %")
    if used < 1e-4:
        return "< 0.01 %"
    return "> 99 %" if used > 0.99 else f"{100 * used:.2g} %"


def percent(x: float) -> str:
    """A share of 1 as a percentage, to a tenth; only the whole is 100 %.

    >>> percent(0.98565), percent(1.0), percent(0.9999), percent(0.5), percent(float("nan"))
    ('98.6 %', '100 %', '99.9 %', '50 %', '–')
    """
    if isnan(x):
        return DASH
    shown = 100.0 if x == 1 else min(round(100 * x, 1), 99.9)
    return f"{shown:g} %"


def digits(x: float) -> str:
    """Decimal digits kept, to a tenth, never rounded up.

    >>> digits(15.957), digits(0.0), digits(float("nan"))
    ('15.9', '0.0', '–')
    """
    return DASH if isnan(x) else f"{int(x * 10) / 10:.1f}"


def span(values: Iterable[float]) -> str:
    """The range of some digits.

    >>> span([15.95, 0.0]), span([15.95, 15.94]), span([])
    ('0.0 to 15.9', '15.9', '–')
    """
    known = sorted(x for x in values if not isnan(x))
    if not known:
        return DASH
    low, high = digits(known[0]), digits(known[-1])
    return low if low == high else f"{low} to {high}"


def worst(values: Iterable[float]) -> float:
    """The largest of the numbers that mean something; nan where none does."""
    return max((x for x in values if not isnan(x)), default=float("nan"))


def fewest(values: Iterable[float]) -> float:
    """The smallest of the numbers that mean something; nan where none does."""
    return min((x for x in values if not isnan(x)), default=float("nan"))


def count(n: int) -> str:
    """Thousands apart.

    >>> count(1234567)
    '1,234,567'
    """
    return f"{n:,}"


def plural(n: int, one: str, many: str = "") -> str:
    """A count and its noun.

    >>> plural(1, "formula"), plural(2, "formula"), plural(0, "garble")
    ('1 formula', '2 formulas', '0 garbles')
    """
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def short(text: str, limit: int = 24) -> str:
    """A long number cut; the whole stands in discrepancies.csv and report.json.

    >>> short("0.73105857863000487925115924182183627"), short("0.25")
    ('0.7310585786300048792511…', '0.25')
    """
    return text if len(text) <= limit else text[:limit] + "…"
