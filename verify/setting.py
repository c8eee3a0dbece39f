"""What a run of the checks may vary, and what a check is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from verify.diagnosis.match import Match
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.experiment import Experiment


@dataclass(frozen=True)
class Setting:
    """What a run of the checks may vary: seed, precisions, and which oracles are asked (all, where none is named).

    `quick` takes the typical cases alone; `square` draws them with all sizes equal, where no shape tells a transpose.
    `show`, where given, is handed the record of every experiment that was made, `take` every derivative that is judged,
    `source` looks for the change of a failing formula's source that mends it, and `mends` says whether the formula
    with a change that the failing check passes is right elsewhere too;
    `timed` the name of every proof and the seconds that it took, `name` the diagnosis of what has failed, by quantity.
    """

    seed: int = 0
    dtypes: tuple[str, ...] = ("float64", "float32")
    oracles: frozenset[str] = frozenset()
    quick: bool = False
    deadline: float = inf
    square: bool = False
    show: Callable[[Experiment], None] | None = None
    take: Callable[[Problem], None] | None = None
    timed: Callable[[tuple[str, float]], None] | None = None
    name: Callable[[Mapping[str, tuple[Match, ...]]], None] | None = None
    source: bool = True
    mends: Callable[[Callable[..., Any]], bool] = lambda function: True

    def asks(self, oracle: str) -> bool:
        return not self.oracles or oracle in self.oracles


# A check takes the formula under test (or a twin in its place), its id, and the setting.
Check = Callable[[Callable[..., Any], str, Setting], list[Discrepancy]]
