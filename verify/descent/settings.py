"""What a training is asked for, checked before anything is run: every fault is one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from manual.initialise import STARTS
from reference_torch.activations import ACTIVATIONS
from verify.datasets import Dataset, check_layers
from verify.errors import UserError, nearest

# The course's own hidden layers.
HIDDEN = (20, 7, 5, 1)
# Where an activation has a kink, at z = 0: its slopes to the left and to the right.
KINKS = {"relu": (0.0, 1.0), "leaky_relu": (0.01, 1.0)}
SIDES = ("left", "right")
MOST_PARAMETERS = 50_000_000  # ten sides hold them all at once
CHECKPOINTS = 50  # about so many in a run, where nothing is said


@dataclass(frozen=True)
class Settings:
    """The hyperparameters of one training; `activations` has one name a layer, the last of them sigmoid.

    `kink` says which slope the formulas by hand take at a kink: that from the left, as the course's code and PyTorch
    do, or that from the right, as the notes do.
    """

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    init: str
    seed: int
    iterations: int
    learning_rate: float
    every: int
    kink: str = "left"

    @property
    def by_hand(self) -> tuple[str, ...]:
        """The activations as `manual` names them."""
        sided = {name: f"{name}_left" for name in KINKS} if self.kink == "left" else {}
        return tuple(sided.get(name, name) for name in self.activations)

    @property
    def model(self) -> str:
        """Sizes and hidden activations: `12288-20-7-5-1 relu`, `2-4-3-1 tanh,relu`, `12288-1`."""
        hidden = self.activations[:-1]
        names = hidden[:1] if len(set(hidden)) == 1 else hidden
        return " ".join(["-".join(map(str, self.layers)), *([",".join(names)] if names else [])])


def settings(
    dataset: Dataset, layers: Sequence[int] | None, activations: Sequence[str], init: str, seed: int, iterations: int,
    learning_rate: float, every: int | None, kink: str = "left",
) -> Settings:  # fmt: skip
    """The settings, completed from the data where something is left open. Raises UserError on what cannot be used."""
    sizes = tuple(layers) if layers else (dataset.X_train.shape[0], *HIDDEN)
    check_layers(sizes, dataset)
    count = sum(n * (p + 1) for p, n in pairwise(sizes))
    if count > MOST_PARAMETERS:
        raise UserError(
            f"the layers '{','.join(map(str, sizes))}' make {count} parameters; at most {MOST_PARAMETERS} are trained"
        )
    if init not in STARTS:
        raise UserError(f"no start is called {init!r}{nearest(init, STARTS)}; there are {', '.join(STARTS)}")
    if not 0 <= seed < 2**32:
        raise UserError(f"the seed is {seed}; give a whole number from 0 to {2**32 - 1}")
    if iterations < 1:
        raise UserError(f"iterations is {iterations}; at least 1 is needed")
    if not (isfinite(learning_rate) and learning_rate > 0):
        raise UserError(f"the learning rate is {learning_rate}; give a finite number above 0, such as 0.0075")
    if kink not in SIDES:
        raise UserError(f"the slope at a kink is that from {kink!r}; give {' or '.join(SIDES)}")
    if every is not None and every < 1:
        raise UserError(f"checkpoints every {every} iterations are none; give 1 or more")
    return Settings(
        layers=sizes,
        activations=(*hidden_activations(activations, len(sizes) - 2), "sigmoid"),
        init=init,
        seed=seed,
        iterations=iterations,
        learning_rate=learning_rate,
        every=every or max(1, iterations // CHECKPOINTS),
        kink=kink,
    )


def hidden_activations(names: Sequence[str], hidden: int) -> tuple[str, ...]:
    """One name a hidden layer; one name alone stands for all of them."""
    for name in names:
        if name not in ACTIVATIONS:
            raise UserError(
                f"no activation is called {name!r}{nearest(name, ACTIVATIONS)}; there are {', '.join(ACTIVATIONS)}"
            )
    if len(names) == 1:
        return tuple(names) * hidden
    if len(names) != hidden:
        raise UserError(
            f"the activations given are {', '.join(names) or 'none'}, the number of hidden layers is {hidden}; give "
            "one for all of them, or one for each (the output is a sigmoid)"
        )
    return tuple(names)
