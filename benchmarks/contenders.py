"""Who checks the same gradient: this project, and what else is in use. A contender is a name and a way to judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks import two_passes
from benchmarks.problem import Array, Layers, Problem
from verify.peers.asked import EXTRA
from verify.records.verdict import INCONCLUSIVE

Judge = Callable[[Layers], str]


@dataclass(frozen=True)
class Contender:
    """`rules(problem, elements)` gives judges by the name of their rule, the first of which is timed.

    A judge takes dW1, db1, ... and returns pass, fail, or how many elements stayed undecided. `elements` are those of
    all parameters in one row, None for all; a contender without `parts` always looks at all. Where `slice` is not 0 a
    wrong element is sought among so many, since the verdict on it does not hang on the others. `judges` says in words
    what is compared, `needs` which module must be installed.
    """

    name: str
    title: str
    judges: str
    rules: Callable[[Problem, Array | None], dict[str, Judge]]
    parts: bool = False
    slice: int = 0
    needs: str = ""

    @property
    def absent(self) -> str:
        """Why it cannot run here; empty where it can."""
        return EXTRA if self.needs and find_spec(self.needs) is None else ""


def handgrad(of: Problem, elements: Array | None) -> dict[str, Judge]:
    """The exhaustive check of this project, on every element."""
    from verify.exhaustive import exhaustive

    def judge(gradients: Layers) -> str:
        found = exhaustive(of.X, of.Y, of.parameters, of.net.activations, gradients)
        undecided = sum(tally.inconclusive for tally in found.tallies)
        return f"{undecided} undecided" if found.verdict == INCONCLUSIVE else found.verdict

    return {"": judge}


def gradcheck(of: Problem, elements: Array | None) -> dict[str, Judge]:
    from benchmarks.torch_peer import slow  # imports PyTorch, which the others' memory must not hold

    return slow(of, elements)


def gradcheck_fast(of: Problem, elements: Array | None) -> dict[str, Judge]:
    from benchmarks.torch_peer import fast

    return fast(of, elements)


def check_grads(of: Problem, elements: Array | None) -> dict[str, Judge]:
    from benchmarks.jax_peer import check_grads as peer

    return peer(of, elements)


CONTENDERS = (
    Contender("handgrad", "handgrad, exhaustive", "every element", handgrad),
    Contender("numpy", "NumPy, two passes", "every element", two_passes.rules, parts=True),
    Contender("gradcheck", "torch gradcheck", "every element", gradcheck, parts=True, slice=8),
    Contender("gradcheck-fast", "torch gradcheck, fast", "a direction a tensor", gradcheck_fast),
    Contender("jax", "jax check_grads", "one direction", check_grads, needs="jax"),
)
