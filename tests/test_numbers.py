"""Factors in words: each that is known, by itself and with the wrong sign; one that is near to 1; any other."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from flint import arb, fmpq

from verify.arithmetic.balls import precision
from verify.diagnosis.numbers import meanings, slightly, text

SIZES = {"W.shape[0]": 3, "b.shape[1]": 1}
UP, DOWN = "n = W.shape[0]: it is added up once too often", "n = W.shape[0]: it is averaged once too often"


def ball(number: str | Fraction) -> Any:
    fraction = Fraction(number)
    with precision():
        return arb(fmpq(fraction.numerator, fraction.denominator))


KNOWN = [
    ("2", "factor", "is 2 times too large", ""),
    ("1/2", "factor", "is half of what it should be", ""),
    ("5", "average", "is m = 5 times too large", "the 1/m is missing"),
    ("1/5", "average", "is m = 5 times too small", "1/m is there twice"),
    ("5/4", "average", "is m/(m − 1) = 5/4 times too large", "m − 1 stands for m"),
    ("4/5", "average", "is (m − 1)/m = 4/5 of what it should be", "m stands for m − 1"),
    ("25", "average", "is m² = 25 times too large", "it is multiplied by m, not divided"),
    ("5/3", "average", "is m/n = 5/3 times what it should be", "n = W.shape[0] stands for m"),
    ("3", "average", "is n = 3 times too large", UP),
    ("1/3", "average", "is n = 3 times too small", DOWN),
]


@pytest.mark.parametrize(("factor", "kind", "words", "why"), KNOWN)
def test_a_known_factor_is_said_in_words_and_with_the_wrong_sign_it_is_a_factor(
    factor: str, kind: str, words: str, why: str
) -> None:
    assert meanings(ball(factor), 5, SIZES) == [(kind, words, why)]
    assert meanings(ball("-" + factor), 5, SIZES) == [("factor", f"{words}, and has the wrong sign", why)]


def test_the_sign_alone_is_told_once_and_1_means_nothing() -> None:
    assert meanings(ball("-1"), 5, SIZES) == [("sign", "has the wrong sign", "")]
    for factor in ("1", "7", "3/5", "9", "1/25"):
        assert meanings(ball(factor), 5, SIZES) == []


def test_of_one_example_no_average_is_spoken_of_and_of_two_every_candidate_is() -> None:
    assert meanings(ball("3"), 1, SIZES) == [("average", "is n = 3 times too large", UP)]
    assert meanings(ball("1/3"), 1, SIZES) == [("average", "is n = 3 times too small", DOWN)]
    assert [words for _, words, _ in meanings(ball("2"), 1, {"n": 2})] == [
        "is 2 times too large", "is n = 2 times too large",
    ]  # fmt: skip
    assert meanings(ball("2/3"), 2, SIZES) == [
        ("average", "is m/n = 2/3 times what it should be", "n = W.shape[0] stands for m")
    ]
    assert [words for _, words, _ in meanings(ball("2"), 2, {})] == [
        "is 2 times too large", "is m = 2 times too large", "is m/(m − 1) = 2/1 times too large",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("factor", "off"),
    [
        (ball("1.000001"), "1e-06"), (ball("0.999999"), "-1e-06"), (ball("1.01"), "1e-02"),
        (1 / ball("1.01"), "-1e-02"), (ball("1.04"), "4e-02"), (1 / ball("1.003"), "-3e-03"),
    ],
)  # fmt: skip
def test_a_factor_that_is_off_by_one_digit_is_said_by_that_also_where_the_right_one_is(factor: Any, off: str) -> None:
    assert meanings(factor, 5, SIZES) == [("off", f"is off by a relative {off}", "")]


def test_off_by_one_digit_is_near_to_1_and_sharp_and_exact_to_what_a_float_of_1_holds() -> None:
    with precision():
        near, step = arb(1) + arb(0.01), arb(2) ** -52
        assert (slightly(near + step), slightly(near + 2 * step), slightly(1 + arb(0.05))) == ("1e-02", "", "")
        assert (slightly(1 + arb(0.04)), slightly(1 - arb(0.04))) == ("4e-02", "-4e-02")
        assert slightly(arb(1.00015)) == ""
        # A radius as large as a 64th of the distance tells no digit.
        radius = round(0.01 / 64 * 2**40) / 2**40
        assert slightly(1 + arb(64 * radius, radius)) == ""
        assert slightly(1 + arb(64 * radius, radius / 2)) == "1e-02"
        assert slightly(arb(1)) == slightly(arb(1, 1e-9)) == slightly(arb("nan")) == ""


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        ("2", "2"), ("-2", "−2"), ("7/3", "7/3"), ("-7/3", "−7/3"), ("1/32", "1/32"), ("1/33", "0.0303"),
        ("-0.12345678", "−0.1235"), ("1.00012345", "1 + 0.00012"), ("0.99987654", "0.9999"),
        ("1.00000000000000000000000123", "1 + 1.2e−24"), ("0.998", "0.998"), ("1025/1024", "1.001"),
        ("1.00097", "1.001"), ("0.99999999", "1 − 1e−08"), ("2.0000001", "2 + 1e−07"), ("-2.0000001", "−2 − 1e−07"),
        ("1234.5678", "1235 − 0.43"), ("12345.678", "1.235e+04"), ("9007199254740992", "9007199254740992"),
        ("9007199254740994", "9.007e+15"), ("-9007199254740994", "−9.007e+15"), ("1e400", "1.000e+400"),
        ("-1e-400", "−1.000e−400"), ("0.00012345", "0.0001234"),
    ],
)  # fmt: skip
def test_any_other_factor_is_a_short_fraction_or_four_digits(factor: str, said: str) -> None:
    assert text(ball(factor)) == said


def test_of_fractions_that_an_enclosure_holds_the_simplest_is_told() -> None:
    assert text(arb(3.4, 0.5)) == "3"
