"""What the cost of a check hangs on: the features, the examples, the hidden layers, their width, one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.nets import Net


@dataclass(frozen=True)
class Point:
    """A network, and the quantity in which it differs from its neighbours; `at` is that quantity's value."""

    varied: str
    at: int
    net: Net


def points(
    base: Net, features: Iterable[int], examples: Iterable[int], layers: Iterable[int], widths: Iterable[int]
) -> list[Point]:
    """Points on four lines. The base gives what a line does not vary; along `layers` all hidden layers are as wide as
    its first, along `widths` all of its hidden layers are equally wide.

    >>> [point.net.name for point in points(Net((9, 4, 3, 1), 5), [], [], [1, 2], [6])]
    ['9-4-1', '9-4-4-1', '9-6-6-1']
    """
    n, *hidden, last = base.sizes
    return [
        *(Point("features n[0]", k, Net((k, *hidden, last), base.m, base.hidden)) for k in features),
        *(Point("examples m", k, Net(base.sizes, k, base.hidden)) for k in examples),
        *(Point("hidden layers", k, Net((n, *hidden[:1] * k, last), base.m, base.hidden)) for k in layers),
        *(Point("hidden width", k, Net((n, *[k] * len(hidden), last), base.m, base.hidden)) for k in widths),
    ]


# Around the network of the second row of the table.
POINTS = points(
    Net((768, 20, 7, 5, 1), 209),
    features=(192, 768, 3072, 12288),
    examples=(52, 209, 836, 3344),
    layers=(1, 2, 4, 8),
    widths=(5, 10, 20, 40, 80),
)
# A look, no measurement.
QUICK = points(Net((6, 4, 3, 1), 9), features=(6, 12), examples=(9,), layers=(1,), widths=(3,))
