"""The arrays among a formula's inputs: which they are, how others take their place, and what is left as it was."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from verify.errors import UserError
from verify.leaves import chosen, in_double, leaf, leaf_names, replaced

X = np.array([[1.0, 2.0], [3.0, 4.0]])


def given() -> dict[str, Any]:
    return {
        "X": X.copy(), "parameters": OrderedDict(W1=X + 1, b1=np.float32(0.5), n=3), "rate": 0.25, "s": np.float64(2.0),
        "single": X.astype(np.float32), "activation": "relu", "Y": np.array([0, 1]), "kept": [X.copy()], "k": 2,
        "complex": X + 0j, "empty": {},
    }  # fmt: skip


NAMES = ["X", "parameters.W1", "parameters.b1", "rate", "s", "single"]


def sentence(call: Callable[[], Any]) -> str:
    with pytest.raises(UserError) as caught:
        call()
    return str(caught.value)


def test_leaves_are_floats_of_every_kind_one_level_deep_in_the_order_of_the_inputs() -> None:
    assert leaf_names(given()) == NAMES
    assert leaf_names({"a.b": 1.0, "a": 2.0}) == ["a.b", "a"]


def test_a_leaf_is_its_array_by_name_and_a_number_is_one_without_dimensions() -> None:
    inputs = given()
    assert leaf(inputs, "X") is inputs["X"]
    assert leaf(inputs, "parameters.W1") is inputs["parameters"]["W1"]
    for name, dtype, value in (("rate", "f8", 0.25), ("s", "f8", 2.0), ("parameters.b1", "f4", 0.5)):
        found = leaf(inputs, name)
        assert (type(found), found.shape, found.dtype, float(found)) == (np.ndarray, (), dtype, value)
    assert float(leaf({"a.b": 1.0}, "a.b")) == 1.0
    assert float(leaf({"a": 2.0, "a.b": 1.0}, "a.b")) == 1.0
    assert float(leaf({"p": {"W.1": 1.0}}, "p.W.1")) == 1.0


KNOWN = "X, parameters, rate, s, single, activation, Y, kept, k, complex, empty"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Z", f"there is no input 'Z'; the inputs are {KNOWN}"),
        ("parameter", f"there is no input 'parameter'; the inputs are {KNOWN} (did you mean 'parameters'?)"),
        ("parameters.W3", f"there is no input 'parameters.W3'; the inputs are {KNOWN} (did you mean 'parameters'?)"),
        ("X.T", f"there is no input 'X.T'; the inputs are {KNOWN} (did you mean 'X'?)"),
        ("Y", "Y holds int64, which has no derivative; give float32 or float64"),
        ("complex", "complex holds complex128, which has no derivative; give float32 or float64"),
        ("parameters.n", "parameters.n holds int, which has no derivative; give float32 or float64"),
        ("parameters", "parameters holds OrderedDict, which has no derivative; give float32 or float64"),
        ("activation", "activation holds str, which has no derivative; give float32 or float64"),
    ],
)
def test_what_is_no_leaf_is_refused_and_named(name: str, said: str) -> None:
    assert sentence(lambda: leaf(given(), name)) == said


def test_leaves_are_replaced_in_a_fresh_copy_and_the_callers_stay() -> None:
    inputs = given()
    other = replaced(inputs, {"X": 7 * X, "parameters.W1": 8 * X, "rate": np.array(0.5), "s": 3.0})
    assert np.array_equal(other["X"], 7 * X)
    assert np.array_equal(other["parameters"]["W1"], 8 * X)
    # Where a number stood, a number is put: not an array without dimensions.
    assert (type(other["rate"]), other["rate"]) == (np.float64, 0.5)
    assert (type(other["s"]), other["s"]) == (float, 3.0)
    assert list(other) == list(inputs)
    assert np.array_equal(inputs["X"], X)
    assert np.array_equal(inputs["parameters"]["W1"], X + 1)
    assert inputs["rate"] == 0.25
    for kept in ("kept", "Y", "single"):
        assert other[kept] is not inputs[kept]
    other["kept"][0][0, 0] = 99
    assert inputs["kept"][0][0, 0] == 1.0
    # An array stays an array, whatever its dimensions.
    scalar = replaced({"x": np.array(1.0)}, {"x": np.array(2.0)})["x"]
    assert (type(scalar), scalar.shape, float(scalar)) == (np.ndarray, (), 2.0)


def test_in_double_every_leaf_is_float64_at_its_own_value_and_a_narrower_one_is_told() -> None:
    doubled, notes = in_double(given())
    assert notes == ["float32 inputs were taken at their exact values and run in float64"]
    assert {leaf(doubled, name).dtype.name for name in NAMES} == {"float64"}
    for name in NAMES:
        assert np.array_equal(leaf(doubled, name), leaf(given(), name))
    assert type(doubled["rate"]) is type(doubled["parameters"]["b1"]) is np.float64
    assert (doubled["activation"], doubled["Y"].dtype) == ("relu", "int64")
    assert in_double({"x": X})[1] == []
    assert np.array_equal(in_double({"x": np.float32(0.1) * X})[0]["x"], np.float32(0.1) * X)


def test_the_elements_that_are_looked_at_are_all_or_as_many_as_may_be_each_once_and_the_same_every_time() -> None:
    assert chosen(5, 5, 0).tolist() == chosen(5, 9, 0).tolist() == [0, 1, 2, 3, 4]
    some = chosen(1000, 20, 3)
    assert (some.size, np.unique(some).size, some.min() >= 0, some.max() < 1000) == (20, 20, True, True)
    assert some.tolist() == sorted(some.tolist()) == chosen(1000, 20, 3).tolist()
    assert some.tolist() != chosen(1000, 20, 4).tolist()
    assert chosen(1001, 20, 3).tolist() != some.tolist()
    assert chosen(5, 4, 0).size == 4
    assert chosen(0, 4, 0).size == 0
    # Other elements would change what was ever found with the same seed.
    assert chosen(1000, 5, 3).tolist() == [58, 613, 712, 824, 883]
