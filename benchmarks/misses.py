"""Does a sketch miss errors as seldom as it says? `python -m benchmarks.misses`.

A wrong gradient is put to many sketches, each with a seed of its own. Each that has all directions within their budgets
missed it, and had stated a probability p of that. Of the misses with p ≤ α there must be no more than a share α of all
sketches; the exact binomial tail is how likely so many of them are where it is just α. What is stated is a bound:
readings are closer to the truth than their budgets say, so that fewer than half as many are missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binom

from benchmarks.ending import ended
from verify.errors import UserError
from verify.sketch import sketch
from verify.sketches.vectors import norm

Array = np.ndarray[Any, Any]

P = 8
LEVELS = (0.5, 0.2, 0.05)
SIZES = (3.0, 10.0, 30.0)  # of the error, in widest budgets of a sketch of the right gradient


@dataclass(frozen=True)
class Count:
    """Of `runs` sketches, `missed` were within their budgets and had stated a probability of at most `level`."""

    directions: int
    size: float
    level: float
    runs: int
    missed: int

    @property
    def tail(self) -> float:
        """P(X ≥ missed) for X binomial of `runs` and `level`: that of so many misses or more."""
        return float(binom.sf(self.missed - 1, self.runs, self.level))


def function(x: Array) -> Any:
    return np.sum(np.cosh(x))


def count(directions: int, size: float, runs: int, understated: float = 1.0) -> list[Count]:
    """Sketches of a gradient that is wrong, in a direction of its own, by `size` widest budgets.

    `understated` divides what is stated, for a test that this would be seen.
    """
    x = np.random.default_rng(0).standard_normal(P)
    right = np.sinh(x)
    budget = sketch(function, right, x, directions=directions, oracles="differences").budget
    stated = []
    for run in range(runs):
        error = np.random.default_rng([1, run]).standard_normal(P)
        s = np.maximum(np.abs(x), np.mean(np.abs(x)))
        error *= size * budget / norm(s * error)
        found = sketch(function, right + error, x, directions=directions, seed=run, oracles="differences")
        if all(direction.used <= 1 for direction in found.directions):
            stated.append(found.misses(size * budget / found.norm) / understated)
    return [Count(directions, size, a, runs, sum(p <= a for p in stated)) for a in LEVELS]


def main(argv: Sequence[str] | None = None) -> int:
    """Print one table; 1 where more was missed than stated, 2 for unusable arguments."""
    parser = argparse.ArgumentParser("python -m benchmarks.misses", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=2000, metavar="N", help="sketches a line; default: 2000")
    runs = parser.parse_args(argv).runs
    return ended(lambda: _run(runs))


def _run(runs: int) -> int:
    if runs < 1:
        raise UserError(f"--runs is {runs}; at least one is needed")
    found = [one for D in (1, 2) for size in SIZES for one in count(D, size, runs)]
    print("| directions | error, in budgets | stated at most | missed | of | share | tail |")
    print("| --: | --: | --: | --: | --: | --: | --: |")
    for one in found:
        counted = f"{one.missed} | {one.runs} | {one.missed / one.runs:.4f} | {one.tail:.2g}"
        print(f"| {one.directions} | {one.size:g} | {one.level:g} | {counted} |")
    return int(any(one.tail < 1e-6 for one in found))


if __name__ == "__main__":
    sys.exit(main())
