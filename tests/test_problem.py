"""The inputs of a problem in another precision, and on another arithmetic: fresh, and nothing else changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls
from verify.problem import FLOATS, Problem, cast, floating, lift

X = np.array([0.1, -2.0])


def given() -> dict[str, Any]:
    return {
        "x": X.copy(), "s": np.float64(0.1), "rate": 0.1, "Y": np.array([0, 1]), "kept": [[1]], "name": "relu",
        "parameters": {"W": X.copy(), "deeper": {"b": np.float32(0.5)}, "n": 3},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (X, True), (np.float32(1), True), (np.float64(1), True), (np.array(1.0), True), (1.0, False), (1, False),
        (np.array([1]), False), (np.int64(1), False), (X + 0j, False), ([1.0], False), (Balls.of(X), False),
    ],
)  # fmt: skip
def test_what_is_differentiated_are_numpys_floats_and_pythons_own_are_constants(value: Any, wanted: bool) -> None:
    assert floating(value) is wanted


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_are_cast_at_every_depth_and_everything_is_fresh(dtype: str) -> None:
    inputs = given()
    found = cast(inputs, dtype)
    arrays = {"x": found["x"], "W": found["parameters"]["W"]}
    numbers = {"s": found["s"], "b": found["parameters"]["deeper"]["b"]}
    for value in (arrays | numbers).values():
        assert (type(value), value.dtype) == (np.ndarray, dtype)
    assert np.array_equal(found["x"], X.astype(dtype))
    assert np.array_equal(found["parameters"]["W"], X.astype(dtype))
    assert (float(numbers["s"]), float(numbers["b"])) == (float(np.dtype(dtype).type(0.1)), 0.5)
    assert (found["rate"], found["Y"].dtype, found["kept"], found["name"]) == (0.1, "int64", [[1]], "relu")
    assert list(found) == list(inputs)
    assert (list(found["parameters"]), found["parameters"]["n"]) == (["W", "deeper", "n"], 3)
    found["x"][0], found["parameters"]["W"][0], found["Y"][0] = 9, 9, 9
    found["kept"][0].append(2)
    assert inputs["x"][0] == inputs["parameters"]["W"][0] == 0.1
    assert (inputs["Y"][0], inputs["kept"]) == (0, [[1]])


def test_floats_are_lifted_at_every_depth_and_the_rest_is_handed_on_as_it_is() -> None:
    inputs = given()
    found = lift(inputs, lambda x: ("lifted", x))
    for value, x in (
        (found["x"], inputs["x"]), (found["s"], inputs["s"]), (found["parameters"]["W"], inputs["parameters"]["W"]),
        (found["parameters"]["deeper"]["b"], inputs["parameters"]["deeper"]["b"]),
    ):  # fmt: skip
        word, array = value
        assert (word, type(array), array.dtype) == ("lifted", np.ndarray, x.dtype)
        assert np.array_equal(array, x)
    assert found["parameters"]["n"] == 3
    assert all(found[name] is inputs[name] for name in ("rate", "Y", "kept", "name"))
    assert list(found) == list(inputs)


def test_a_problem_of_which_no_more_is_said_is_a_typical_case_inside_its_domain_by_no_convention() -> None:
    assert FLOATS == ("float64", "float32")
    needed = {"formula": "f", "forward": len, "backward": max, "inputs": {}, "wrt": (), "dout": X}
    assert vars(Problem(**needed)) == {
        **needed, "averages": {}, "reference": None, "domain": {}, "case": "typical", "typical": True, "inside": {},
        "seed": 0, "convention": "", "source": "", "layer": None, "subject": None, "swapped": None,
    }  # fmt: skip
