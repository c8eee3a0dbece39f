"""What a training is asked for: every sentence whole, every limit met and missed by one, and what is completed."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from manual.activations import g_prime
from manual.initialise import STARTS
from reference_torch.activations import ACTIVATIONS
from verify.datasets import Dataset
from verify.descent.settings import KINKS, Settings, hidden_activations, settings
from verify.errors import UserError

ASKED: dict[str, Any] = {
    "layers": (3, 2, 1), "activations": ("relu",), "init": "course", "seed": 1, "iterations": 100,
    "learning_rate": 0.5, "every": None, "kink": "left",
}  # fmt: skip


def dataset(n_x: int = 3) -> Dataset:
    X, Y = np.ones((n_x, 2)), np.array([[0.0, 1.0]])
    return Dataset("small", X, Y, X, Y, None, "made up", "none needed", "ones")


def asked(n_x: int = 3, **other: Any) -> Settings:
    return settings(dataset(n_x), **(ASKED | other))


GIVEN = (
    "the activations given are {}, the number of hidden layers is 1; give one for all of them, or one for each (the "
    "output is a sigmoid)"
)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"layers": (3, 1, 16666666, 1)},
         "the layers '3,1,16666666,1' make 50000003 parameters; at most 50000000 are trained"),
        ({"init": "coarse"}, "no start is called 'coarse' (did you mean 'course'?); there are STARTS"),
        ({"init": "xyz"}, "no start is called 'xyz'; there are STARTS"),
        ({"seed": -1}, "the seed is -1; give a whole number from 0 to 4294967295"),
        ({"seed": 2**32}, "the seed is 4294967296; give a whole number from 0 to 4294967295"),
        ({"iterations": 0}, "iterations is 0; at least 1 is needed"),
        ({"learning_rate": 0.0}, "the learning rate is 0.0; give a finite number above 0, such as 0.0075"),
        ({"learning_rate": -1e-9}, "the learning rate is -1e-09; give a finite number above 0, such as 0.0075"),
        ({"learning_rate": nan}, "the learning rate is nan; give a finite number above 0, such as 0.0075"),
        ({"learning_rate": inf}, "the learning rate is inf; give a finite number above 0, such as 0.0075"),
        ({"kink": "middle"}, "the slope at a kink is that from 'middle'; give left or right"),
        ({"every": 0}, "checkpoints every 0 iterations are none; give 1 or more"),
        ({"activations": ("rleu",)}, "no activation is called 'rleu' (did you mean 'relu'?); there are ACTIVATIONS"),
        ({"activations": ("relu", "xyz")}, "no activation is called 'xyz'; there are ACTIVATIONS"),
        ({"activations": ()}, GIVEN.format("none")),
        ({"activations": ("relu", "tanh")}, GIVEN.format("relu, tanh")),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as raised:
        asked(**wrong)
    said = said.replace("STARTS", ", ".join(STARTS)).replace("ACTIVATIONS", ", ".join(ACTIVATIONS))
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("right", "found"),
    [
        ({"layers": (3, 1, 16666665, 1)}, {"layers": (3, 1, 16666665, 1), "activations": ("relu", "relu", "sigmoid")}),
        ({"seed": 0}, {"seed": 0}),
        ({"seed": 2**32 - 1}, {"seed": 2**32 - 1}),
        ({"iterations": 1}, {"iterations": 1, "every": 1}),
        ({"iterations": 99}, {"iterations": 99, "every": 1}),
        ({"iterations": 2500}, {"iterations": 2500, "every": 50}),
        ({"every": 1}, {"every": 1}),
        ({"every": 7}, {"every": 7}),
        ({"learning_rate": 5e-324}, {"learning_rate": 5e-324}),
        ({"kink": "right"}, {"kink": "right"}),
        ({"layers": None}, {"layers": (3, 20, 7, 5, 1), "activations": ("relu",) * 3 + ("sigmoid",)}),
        ({"layers": (3, 1)}, {"layers": (3, 1), "activations": ("sigmoid",)}),
        ({"layers": [3, 4, 4, 1], "activations": ["tanh", "relu"]},
         {"layers": (3, 4, 4, 1), "activations": ("tanh", "relu", "sigmoid")}),
    ],
)  # fmt: skip
def test_what_is_asked_is_what_is_run_and_what_is_left_open_is_completed(
    right: dict[str, Any], found: dict[str, Any]
) -> None:
    by_default = {"layers": (3, 2, 1), "activations": ("relu", "sigmoid"), "init": "course", "seed": 1,
                  "iterations": 100, "learning_rate": 0.5, "every": 2, "kink": "left"}  # fmt: skip
    assert asked(**right) == Settings(**(by_default | found))


def test_a_kink_is_taken_from_the_left_where_nothing_is_said() -> None:
    given = {k: v for k, v in ASKED.items() if k != "kink"}
    assert settings(dataset(), **given) == asked(kink="left")
    assert Settings((1, 1), ("sigmoid",), "course", 1, 1, 0.5, 1).kink == "left"


def test_one_name_stands_for_all_hidden_layers_or_for_none() -> None:
    assert hidden_activations(["tanh"], 3) == ("tanh",) * 3
    assert hidden_activations(("tanh",), 0) == hidden_activations((), 0) == ()
    assert hidden_activations(["tanh", "relu"], 2) == ("tanh", "relu")


@pytest.mark.parametrize(
    ("layers", "activations", "model"),
    [
        ((12288, 20, 7, 1), ("relu", "relu", "sigmoid"), "12288-20-7-1 relu"),
        ((2, 4, 3, 1), ("tanh", "relu", "sigmoid"), "2-4-3-1 tanh,relu"),
        ((2, 1), ("sigmoid",), "2-1"),
        ((2, 4, 1), ("sigmoid", "sigmoid"), "2-4-1 sigmoid"),
    ],
)
def test_a_model_is_called_by_its_sizes_and_its_hidden_activations(
    layers: tuple[int, ...], activations: tuple[str, ...], model: str
) -> None:
    assert Settings(layers, activations, "course", 1, 1, 0.5, 1).model == model


def test_by_hand_the_slope_at_a_kink_is_the_one_that_was_asked_for() -> None:
    names = ("relu", "tanh", "leaky_relu", "sigmoid")
    sides = {kink: Settings((1,) * 5, names, "course", 1, 1, 0.5, 1, kink).by_hand for kink in ("left", "right")}
    assert sides == {"left": ("relu_left", "tanh", "leaky_relu_left", "sigmoid"), "right": names}
    for name, slopes in KINKS.items():
        for kink, side in (("left", f"{name}_left"), ("right", name)):
            at_0 = float(g_prime(side)(np.array(0.0)))
            assert at_0 == dict(zip(("left", "right"), slopes, strict=True))[kink]
