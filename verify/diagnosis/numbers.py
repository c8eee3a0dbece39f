"""Factors that mean something: m, 1/m, (m − 1)/m, −1, 2, a size of an array, 1 + 10⁻ᵏ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from verify.diagnosis.fit import narrow

# (kind, what the factor is in words, why)
Meaning = tuple[str, str, str]


def known(m: int, sizes: Mapping[str, int]) -> Iterator[tuple[Fraction, Meaning]]:
    """The factors that are recognised, each with its kind and its sentence's end."""
    yield Fraction(-1), ("sign", "has the wrong sign", "")
    yield Fraction(2), ("factor", "is 2 times too large", "")
    yield Fraction(1, 2), ("factor", "is half of what it should be", "")
    if m > 1:
        yield Fraction(m), ("average", f"is m = {m} times too large", "the 1/m is missing")
        yield Fraction(1, m), ("average", f"is m = {m} times too small", "1/m is there twice")
        yield Fraction(m, m - 1), ("average", f"is m/(m − 1) = {m}/{m - 1} times too large", "m − 1 stands for m")
        yield Fraction(m - 1, m), ("average", f"is (m − 1)/m = {m - 1}/{m} of what it should be", "m stands for m − 1")
        yield Fraction(m * m), ("average", f"is m² = {m * m} times too large", "it is multiplied by m, not divided")
    for name, n in sizes.items():
        if n > 1:
            if m > 1:
                words = f"is m/n = {m}/{n} times what it should be"
                yield Fraction(m, n), ("average", words, f"n = {name} stands for m")
            words, why = f"is n = {n} times too", f"n = {name}: it is"
            yield Fraction(n), ("average", f"{words} large", f"{why} added up once too often")
            yield Fraction(1, n), ("average", f"{words} small", f"{why} averaged once too often")


def meanings(factor: Any, m: int, sizes: Mapping[str, int]) -> list[Meaning]:
    """What the factor (an enclosure) may be, every candidate; where nothing is known of it, none."""
    found = []
    for fraction, (kind, words, why) in known(m, sizes):
        if holds(factor, fraction):
            found.append((kind, words, why))
        if fraction != -1 and holds(factor, -fraction):
            found.append(("factor", f"{words}, and has the wrong sign", why))
    if found:
        return found
    inverse = slightly(1 / factor)
    off = slightly(factor) or (f"{-float(inverse):.0e}" if inverse else "")
    return [("off", f"is off by a relative {off}", "")] if off else []


def holds(factor: Any, fraction: Fraction) -> bool:
    return bool(factor.overlaps(arb(fmpq(fraction.numerator, fraction.denominator))))


def slightly(factor: Any) -> str:
    """1 + d where d has one digit, such as 1e-06, as text. A float of it is off by half a unit of 1."""
    d = factor - 1
    if not abs(d) < arb(0.05) or not narrow(d, 2.0**-6):
        return ""
    near = f"{float(d.mid()):.0e}"
    return near if abs(d - arb(float(near))).abs_lower() <= arb(2.0**-52) else ""


def text(factor: Any) -> str:
    """A factor in a sentence: a short fraction where it is one, else four digits."""
    near = float(factor.mid())
    if not near or abs(near) > 2**53:  # 0, or so large that every float is whole; either may be beyond them
        return str(factor.str(4, radius=False)).replace("-", "−")
    for denominator in range(1, 33):
        numerator = round(float((factor * denominator).mid()))
        if holds(factor, Fraction(numerator, denominator)):
            return str(Fraction(numerator, denominator)).replace("-", "−")
    short = f"{near:.4g}"
    if "." not in short and "e" not in short:  # it looks whole, and is not
        short = f"{short} + {float((factor - int(short)).mid()):.2g}"
    return short.replace("-", "−").replace("+ −", "− ")
