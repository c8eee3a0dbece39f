"""One network, certified: every derivative in one pass of jets, against one pass for each parameter; what takes time.

What is differentiated is the cost J of the notes' network, forward by the notes' own functions. Before anything is
timed the hand-written backward is held against the certificate, and that against single passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from cProfile import Profile
from dataclasses import dataclass
from math import nan
from pstats import Stats
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.agree import DisagreementError
from benchmarks.machine import watched
from benchmarks.nets import Net
from benchmarks.rounds import Spread, ratio, spread
from manual import initialise, losses
from manual.deep import backward_blocks, forward_blocks
from verify.arithmetic.balls import FIRST_BITS, Balls, overlaps, precision
from verify.arithmetic.kinks import Route
from verify.oracles.certificate import Slopes, certificate
from verify.oracles.decide import ELEMENTS, decide

Array = np.ndarray[Any, Any]

ALONE = 24  # parameters that are also differentiated in a pass of their own, spread over all of them
# What a pass consists of, by the functions that do it: own time, or with what they call. None calls another's.
OWN, WITH_CALLS = 2, 3
PARTS: dict[str, tuple[int, tuple[str, ...]]] = {
    "products": (OWN, ("product",)),
    "in and out": (WITH_CALLS, ("_matrix", "_array")),
    "objects": (
        OWN, (
            "<built-in method _operator.mul>", "<built-in method _operator.truediv>", "plus", "minus",
            "<method 'reduce' of 'numpy.ufunc' objects>",
        ),
    ),
    "zeros": (WITH_CALLS, ("_nonzero",)),
}  # fmt: skip
REST = "rest"


@dataclass(frozen=True)
class Certified:
    """Seconds of one pass for all parameters, of a pass for one, and of the decision, nan where it takes directions."""

    net: Net
    parameters: int
    together: Spread
    alone: Spread
    gain: Spread  # derivatives a second together, over those one by one
    decision: float
    shares: dict[str, float]  # of the time of one pass
    others: float

    @property
    def per_second(self) -> float:
        """Derivatives."""
        return self.parameters / self.together.median


class Subject:
    """A network with random parameters, its forward, its hand-written backward, and the upstream gradient of J: 1."""

    def __init__(self, net: Net) -> None:
        rng = np.random.default_rng(0)
        self.net, self.one = net, np.array(1.0)
        self.X, self.Y = rng.standard_normal((net.sizes[0], net.m)), rng.integers(0, 2, (1, net.m)).astype(float)
        # No bias is 0: a ReLU whose inputs are all 0 would start on its kink.
        self.parameters = {
            name: x if name.startswith("W") else 0.1 * rng.standard_normal(x.shape)
            for name, x in initialise.course(net.sizes, rng).items()
        }
        self.size = sum(x.size for x in self.parameters.values())

    def forward(self, **parameters: Any) -> Any:
        return losses.cost(forward_blocks(self.X, parameters, self.net.activations)[0], self.Y)

    def backward(self, **parameters: Any) -> dict[str, Any]:
        AL, caches = forward_blocks(Balls.of(self.X), parameters, self.net.activations)
        grads = backward_blocks(AL, self.Y, caches)
        return {name: grads[f"d{name}"] for name in self.parameters}

    def together(self) -> Slopes:
        return certificate(self.forward, self.parameters, tuple(self.parameters), self.one, Route())

    def places(self, number: int) -> list[tuple[str, int]]:
        """That many parameters, from the first to the last."""
        each = [(name, i) for name, x in self.parameters.items() for i in range(x.size)]
        return [each[k] for k in np.linspace(0, len(each) - 1, min(number, len(each))).astype(int)]

    def alone(self, name: str, i: int) -> Balls:
        direction = np.zeros((1, *self.parameters[name].shape))
        direction.reshape(-1)[i] = 1
        return certificate(self.forward, self.parameters, [name], self.one, Route(), {name: direction}).want[name]

    def decided(self) -> str:
        return decide(self.forward, self.backward, self.parameters, tuple(self.parameters), self.one).verdict


def check(of: Subject, number: int = ALONE) -> None:
    """Raises DisagreementError where the backward is not right, or single passes and the one for all are disjoint."""
    verdict = of.decided()
    if verdict != "right":
        raise DisagreementError(f"{of.net.name}: the backward by hand is {verdict}")
    want = of.together().want
    for name, i in of.places(number):
        if not overlaps(want[name].reshape(-1)[i : i + 1], of.alone(name, i)).all():
            raise DisagreementError(f"{of.net.name}: a pass for all parameters and one for {name}[{i}] are disjoint")


def measured(net: Net, rounds: int, number: int = ALONE) -> Certified:
    """In every round first the one, then the other: what disturbs the machine falls on both."""
    of = Subject(net)
    places = of.places(number)
    others = watched()
    together, alone = [], []
    with precision(FIRST_BITS):
        check(of, number)
        for _ in range(rounds):
            together.append(seconds(of.together))
            alone.append(seconds(lambda: [of.alone(*place) for place in places]) / len(places))
        shares = profiled(of.together)
        decision = median(seconds(of.decided) for _ in range(rounds)) if of.size <= ELEMENTS else nan
    gain = ratio(alone, [t / of.size for t in together])
    return Certified(net, of.size, spread(together), spread(alone), gain, decision, shares, others())


def seconds(work: Callable[[], Any]) -> float:
    clock = perf_counter()
    work()
    return perf_counter() - clock


def profiled(work: Callable[[], Any]) -> dict[str, float]:
    """The share of each part, and of the rest: Python, and NumPy where it moves objects about."""
    watch = Profile(process_time)  # what other processes take meanwhile is no part of it
    watch.runcall(work)
    found = Stats(watch).stats  # type: ignore[attr-defined]
    total = sum(spent[OWN] for spent in found.values())
    shares = {
        part: sum(spent[which] for (_, _, name), spent in found.items() if name in names) / total
        for part, (which, names) in PARTS.items()
    }
    return {**shares, REST: 1 - sum(shares.values())}


def nets() -> Iterator[Net]:
    """By size; then about as many parameters in one hidden layer, in many, and with more examples."""
    yield from (Net(sizes, 20, "tanh") for sizes in ((5, 6, 2, 1), (20, 15, 5, 1), (70, 10, 20, 1)))
    yield Net((70, 10, 20, 1), 20, "relu")
    yield from (Net(sizes, 20, "tanh") for sizes in ((100, 40, 20, 1), (150, 40, 25, 1)))
    yield from (Net(sizes, 20, "tanh") for sizes in ((20, 42, 1), (20, 16, 16, 12, 10, 1)))
    yield from (Net((70, 10, 20, 1), m, "tanh") for m in (1, 5, 80, 209))
