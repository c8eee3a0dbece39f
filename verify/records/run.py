"""Everything that one run found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verify.records.discrepancy import Discrepancy
from verify.records.exhaustive import ExhaustiveRecord
from verify.records.experiment import Experiment
from verify.records.faults import FaultsRecord
from verify.records.formula import FormulaRecord, Slip
from verify.records.health import Health
from verify.records.network import NetworkRecord
from verify.records.peer_case import PeerCase
from verify.records.training import TrainingRecord


@dataclass(frozen=True)
class Run:
    """Everything that one `handgrad verify` or `handgrad train` found out."""

    formulas: tuple[FormulaRecord, ...]
    discrepancies: tuple[Discrepancy, ...]
    slips: tuple[Slip, ...]
    network: NetworkRecord | None
    timings: tuple[tuple[str, float], ...]
    environment: Mapping[str, str]
    seed: int
    command: str
    training: TrainingRecord | None = None
    experiments: tuple[Experiment, ...] = ()
    exhaustive: ExhaustiveRecord | None = None
    faults: FaultsRecord | None = None
    peer_cases: tuple[PeerCase, ...] = ()
    health: tuple[Health, ...] = ()
