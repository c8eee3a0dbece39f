"""One wrong element of 245,973: the exhaustive check must name it, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from manual import deep
from verify.datasets import Dataset, load
from verify.exhaustive import exhaustive
from verify.network import start, usual
from verify.records.faults import NetworkFault

SIZES = (12288, 20, 7, 5, 1)
BY = 1e-4  # of the element itself


def one_element(seed: int = 0, sizes: Sequence[int] = SIZES, dataset: Dataset | None = None) -> Iterator[NetworkFault]:
    """In each dW[l] and db[l] of a network, the notes', one element, drawn among those that are not 0, wrong by BY."""
    dataset, activations = dataset or load(None), usual(sizes)
    parameters = start(sizes, seed)
    rng = np.random.default_rng([seed, 6])
    AL, caches = deep.forward(dataset.X_train, parameters, activations)
    right = deep.backward(AL, dataset.Y_train, caches, sound=True)
    right = {name: right[f"d{name}"] for name in parameters}
    for name, gradient in right.items():
        at = tuple(int(i) for i in rng.choice(np.argwhere(gradient)))
        wrong = {f"d{k}": spoilt(x, at) if k == name else x for k, x in right.items()}
        record = exhaustive(dataset.X_train, dataset.Y_train, parameters, activations, wrong)
        blamed = tuple(f"{row.quantity}{row.at}" for row in record.wrong)
        yield NetworkFault(
            "-".join(map(str, sizes)), f"one element off by {BY:.0e}", f"d{name}", (f"d{name}{list(at)}",), blamed
        )


def spoilt(gradient: Any, at: tuple[int, ...]) -> Any:
    """A copy whose element `at` is too large by BY of itself."""
    wrong = gradient.copy()
    wrong[at] *= 1 + BY
    return wrong
