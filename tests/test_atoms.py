"""What is at hand: each function that is tried has the value of its name, exactly; and which are left out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq

from verify.arithmetic.balls import Balls, precision
from verify.diagnosis.atoms import FUNCTIONS, Atom, atoms, exactly

F = Fraction
# The values at 1/4 and at −3, or the number whose logarithm they are; then those at log 3 and −log 3.
RATIONAL: dict[str, tuple[str, Any, Any]] = {
    "{}": ("itself", F(1, 4), -3), "{}ᵀ": ("turned", F(1, 4), -3), "(1 − {})": ("complement", F(3, 4), 4),
    "(1 + {})": ("complement", F(5, 4), -2), "{}²": ("power", F(1, 16), 9), "(1 − {}²)": ("slope", F(15, 16), -8),
    "(1 + {}²)": ("slope", F(17, 16), 10), "{}(1 − {})": ("slope", F(3, 16), -12), "{}(1 + {})": ("slope", F(5, 16), 6),
    "1/{}": ("power", 4, F(-1, 3)), "1/(1 − {})": ("power", F(4, 3), F(1, 4)),
    "1/(1 + {})": ("power", F(4, 5), F(-1, 2)),
    "relu({})": ("activation", F(1, 4), 0), "[{} > 0]": ("mask", 1, 0), "[{} < 0]": ("mask", 0, 1),
    "leaky({})": ("activation", F(1, 4), F(-3, 100)), "leaky′({})": ("slope", 1, F(1, 100)),
    "leaky′(−{})": ("mask", F(1, 100), 1), "leaky′({}) with 0.1": ("slope", 1, F(1, 10)),
    "|{}|": ("function", F(1, 4), 3),
    "(2{} − 1)": ("complement", F(-1, 2), -7),
}  # fmt: skip
LOGARITHMS: dict[str, tuple[str, Any]] = {
    "log {}": ("function", F(1, 4)), "log(1 − {})": ("function", F(3, 4)), "log(1 + {})": ("function", F(5, 4)),
    "log({}/(1 − {}))": ("function", F(1, 3)),
}  # fmt: skip
EXPONENTIALS: dict[str, tuple[str, Any, Any]] = {
    "exp({})": ("function", 3, F(1, 3)), "exp(−{})": ("function", F(1, 3), 3),
    "(1 + exp({}))": ("function", 4, F(4, 3)),
    "(1 + exp(−{}))": ("function", F(4, 3), 4), "σ({})": ("activation", F(3, 4), F(1, 4)),
    "σ′({})": ("slope", F(3, 16), F(3, 16)), "(1 − σ({}))": ("complement", F(1, 4), F(3, 4)),
    "tanh({})": ("activation", F(4, 5), F(-4, 5)), "tanh′({})": ("slope", F(9, 25), F(9, 25)),
    "σ′({})²": ("slope", F(9, 256), F(9, 256)), "tanh′({})²": ("slope", F(81, 625), F(81, 625)),
    "exp(−|{}|)": ("function", F(1, 3), F(1, 3)),
}  # fmt: skip
SOFTPLUS = "log(1 + exp(−|{}|))"


def value(function: str, x: Any) -> Any:
    """Of a mask the values are floats."""
    with precision():
        return Balls.of(FUNCTIONS[function][1](Balls.of(np.array([x], dtype=object)))).parts[0][0]


def near(found: Any, want: Any) -> bool:
    fraction = Fraction(want)
    with precision():
        return (
            bool(found.contains(arb(fmpq(fraction.numerator, fraction.denominator)))) and found.rad() < arb(2) ** -120
        )


@pytest.mark.parametrize("function", RATIONAL)
def test_a_function_of_a_fraction_is_that_fraction(function: str) -> None:
    kind, *wanted = RATIONAL[function]
    assert FUNCTIONS[function][0] == kind
    constants = "leaky" in function  # 0.01 is a float, as in anybody's code
    for x, want in zip((F(1, 4), F(-3)), wanted, strict=True):
        found = value(function, x)
        assert near(found, want) or (constants and abs(found - arb(fmpq(want.numerator, want.denominator))) < 2.0**-54)


@pytest.mark.parametrize("function", LOGARITHMS)
def test_a_logarithm_of_a_fraction_is_one(function: str) -> None:
    kind, want = LOGARITHMS[function]
    assert FUNCTIONS[function][0] == kind
    with precision():
        assert near(value(function, F(1, 4)).exp(), want)


@pytest.mark.parametrize("function", EXPONENTIALS)
def test_an_exponential_of_a_logarithm_is_a_fraction(function: str) -> None:
    kind, *wanted = EXPONENTIALS[function]
    assert FUNCTIONS[function][0] == kind
    with precision():
        for x, want in zip((arb(3).log(), -arb(3).log()), wanted, strict=True):
            assert near(value(function, x), want)


def test_the_last_is_the_softplus_of_minus_the_size_and_there_are_no_others() -> None:
    with precision():
        for x in (arb(3).log(), -arb(3).log()):
            assert near(value(SOFTPLUS, x).exp(), F(4, 3))
    assert FUNCTIONS[SOFTPLUS][0] == "function"
    assert set(FUNCTIONS) == {*RATIONAL, *LOGARITHMS, *EXPONENTIALS, SOFTPLUS}


def test_at_0_a_relu_is_flat_and_all_masks_are_those_of_what_is_not_above() -> None:
    at = {f: value(f, 0) for f in ("relu({})", "[{} > 0]", "[{} < 0]", "leaky({})", "leaky′({})", "leaky′(−{})")}
    assert [at["relu({})"], at["[{} > 0]"], at["[{} < 0]"], at["leaky({})"], at["leaky′(−{})"]] == [0, 0, 1, 0, 1]
    assert abs(at["leaky′({})"] - arb(fmpq(1, 100))) < 2.0**-54
    assert abs(value("leaky′({}) with 0.1", 0) - arb(fmpq(1, 10))) < 2.0**-54


# --- atoms ----------------------------------------------------------------------------------------------------------
def test_an_atom_is_one_function_of_one_tensor_and_is_computed_exactly() -> None:
    atom = Atom("X", "1/{}")
    assert atom.kind == "power"
    (third,) = exactly(atom.of, {"X": Balls.of(np.array([3.0])), "Y": Balls.of(np.array([2.0]))}).parts[0]
    assert near(third, F(1, 3))
    assert near(exactly(lambda at: 0.25, {}).parts[0][()], F(1, 4))


@pytest.mark.parametrize(
    ("tensor", "function", "text"),
    [
        ("X", "{}", "X"), ("W @ X", "{}", "W @ X"), ("X", "{}²", "X²"), ("W @ X", "{}²", "(W @ X)²"),
        ("W @ X", "tanh′({})", "tanh′(W @ X)"), ("W @ X", "tanh′({})²", "tanh′(W @ X)²"),
        ("X", "{}(1 − {})", "X(1 − X)"), ("W @ X", "{}(1 − {})", "(W @ X)(1 − (W @ X))"), ("X", "exp(−{})", "exp(−X)"),
        ("W @ X", "(1 − σ({}))", "(1 − σ(W @ X))"), ("W @ X", "exp(−{})", "exp(−(W @ X))"),
    ],
)  # fmt: skip
def test_a_tensor_that_is_a_formula_stands_in_brackets_but_where_it_is_the_whole_argument(
    tensor: str, function: str, text: str
) -> None:
    assert Atom(tensor, function).text == text


def functions_of(x: Any, **more: Any) -> list[str]:
    return [atom.function for atom, _ in atoms({"X": np.asarray(x, dtype=np.float64)}, **more)]


def test_of_a_matrix_that_is_positive_all_different_functions_are_there_in_their_order() -> None:
    x = np.array([[0.25, 0.5], [0.125, 0.75]])
    found = functions_of(x)
    # What is the same for every element, or the same as another, is left out.
    gone = {"relu({})", "[{} > 0]", "[{} < 0]", "leaky({})", "leaky′({})", "leaky′(−{})", "leaky′({}) with 0.1", "|{}|",
            "exp(−|{}|)"}  # fmt: skip
    assert found == [f for f in FUNCTIONS if f not in gone]
    for atom, values in atoms({"X": x}):
        assert np.array_equal(values, FUNCTIONS[atom.function][1](x))
        assert atom.tensor == "X"


def test_what_is_not_finite_or_0_everywhere_or_one_number_or_only_turned_about_is_left_out() -> None:
    x = np.array([[-0.25, 0.5], [0.125, 2.0]])
    assert {"log {}", "log(1 − {})", "log({}/(1 − {}))"}.isdisjoint(functions_of(x))
    assert "1/{}" not in functions_of(np.array([[0.0, 1.0]]))
    assert "{}" not in functions_of(np.array([[np.nan, 1.0]]))
    assert "{}" not in functions_of(np.full((2, 2), 3.0))
    assert functions_of(np.full(2, 3.0)) == []
    single = functions_of(np.array([[0.25]]))
    assert single[:3] == ["{}", "(1 − {})", "(1 + {})"]
    assert functions_of(np.array([0.25, 0.5]))[:2] == ["{}", "(1 − {})"]
    assert "{}ᵀ" in functions_of(np.array([[0.25, 0.5]]))
    assert "{}ᵀ" not in functions_of(np.array([[0.25, 0.5], [0.5, 0.75]]))  # it is the same turned


def test_of_plain_tensors_no_function_is_taken_and_every_tensor_is_asked_by_itself() -> None:
    x = np.array([0.25, 0.5])
    found = [(atom.tensor, atom.function) for atom, _ in atoms({"X": x, "Y": x, "Z": x}, frozenset("XZ"))]
    assert found[0] == ("X", "{}")
    assert found[-1] == ("Z", "{}")
    assert [tensor for tensor, _ in found].count("Y") > 10
    assert ("Y", "{}") in found
