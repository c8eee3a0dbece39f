"""Two hundred ReLU networks of the course's start (b = 0), with the notes' own backward, which is right.

In a deep one a whole layer may be dead for an example; the next layer then starts exactly on its kink, where two passes
see half a slope. No net was left out, and none was chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from manual import deep, initialise, losses
from verify.peer_cases.case import Case, peer_says

NETS = 200
COURSE = "the course's check"


def nets(number: int = NETS) -> Iterator[Case]:
    """1 to 3 hidden layers of 4 to 8 units, 2 to 5 features, 3 to 8 examples, the cost J."""
    for seed in range(number):
        yield net(seed)


def rejected() -> Iterator[Case]:
    """Those of them that the course's check rejects."""
    return (case for case in nets() if peer_says(case) == case.misjudged)


def net(seed: int) -> Case:
    rng = np.random.default_rng([seed, NETS])
    hidden = [int(n) for n in rng.integers(4, 9, size=rng.integers(1, 4))]
    sizes, m = (int(rng.integers(2, 6)), *hidden, 1), int(rng.integers(3, 9))
    X, Y = rng.standard_normal((sizes[0], m)), rng.integers(0, 2, (1, m)).astype(float)
    parameters = initialise.course(sizes, rng)
    activations = ("relu",) * len(hidden) + ("sigmoid",)

    def blocks(given: tuple[Any, ...]) -> Any:
        return deep.forward_blocks(X, dict(zip(parameters, given, strict=True)), activations)

    def forward(*given: Any) -> Any:
        return losses.cost(blocks(given)[0], Y)

    def backward(dout: Any, *given: Any) -> dict[str, Any]:
        AL, caches = blocks(given)
        grads = deep.backward_blocks(AL, Y, caches)
        return {name: dout * grads[f"d{name}"] for name in parameters}

    name = f"J of the ReLU network {'-'.join(map(str, sizes))} with b = 0 on {m} examples"
    # The numerical oracles have nothing to say at a kink, and take seconds to say so.
    options = {"oracles": ("certificate", "exact")}
    return Case(name, COURSE, True, forward, backward, parameters, np.array(1.0), options=options)
