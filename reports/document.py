"""report.json: every record of a run in one versioned document, one record a line, the same bytes for the same run.

A number that means nothing is null; an infinity is the string "inf" or "-inf"; a picture is base64. Wall times are
left out: they stand in timings.csv.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from math import inf, isfinite, isnan, nan
from typing import Any, TypeVar

from reports.summary import exit_status, summaries
from verify.errors import UserError
from verify.records.discrepancy import Discrepancy
from verify.records.exhaustive import ExhaustiveRecord, Tally
from verify.records.experiment import Experiment, Series, Statistic
from verify.records.faults import Fault, FaultsRecord, NetworkFault
from verify.records.formula import FormulaRecord, Slip
from verify.records.health import Curve, Health
from verify.records.network import DataRecord, NetworkRecord
from verify.records.peer_case import PeerCase
from verify.records.run import Run
from verify.records.training import Iteration, Parting, TrainingRecord

SCHEMA, VERSION = "handgrad-report", 1

Record = TypeVar("Record", FormulaRecord, Discrepancy, Slip, Statistic, Iteration, Parting, PeerCase, Tally, Curve)


def dump(run: Run) -> str:
    """The whole document. Keys are sorted, so that two reports can be told apart with `diff`."""
    network, training = _apart(run.network, "rows"), _apart(run.training, "rows", "checks")
    parts = {
        "command": _line(run.command),
        "discrepancies": _lines(run.discrepancies),
        "environment": _line(dict(run.environment)),
        "exhaustive": _line(_apart(run.exhaustive, "rows", "wrong", "undecided")),
        "exhaustive_rows": _lines(run.exhaustive.rows if run.exhaustive else ()),
        "exhaustive_undecided": _lines(run.exhaustive.undecided if run.exhaustive else ()),
        "exhaustive_wrong": _lines(run.exhaustive.wrong if run.exhaustive else ()),
        "exit_status": _line(exit_status(run)),
        "experiments": _lines(run.experiments),
        "faults": _line(_apart(run.faults, "faults", "network")),
        "faults_in_networks": _lines(run.faults.network if run.faults else ()),
        "faults_tried": _lines(run.faults.faults if run.faults else ()),
        "formulas": _lines(run.formulas),
        "health": _lines(run.health),
        "network": _line(network),
        "network_rows": _lines(run.network.rows if run.network else ()),
        "peer_cases": _lines(run.peer_cases),
        "schema": _line(SCHEMA),
        "seed": _line(run.seed),
        "slips": _lines(run.slips),
        "training": _line(training),
        "training_checks": _lines(run.training.checks if run.training else ()),
        "training_rows": _lines(run.training.rows if run.training else ()),
        "verdicts": _line({s.record.id: s.verdict for s in summaries(run)}),
        "version": _line(VERSION),
    }
    return "{\n" + ",\n".join(f'"{name}": {text}' for name, text in parts.items()) + "\n}\n"


def _apart(
    record: NetworkRecord | ExhaustiveRecord | TrainingRecord | FaultsRecord | None, *long: str
) -> dict[str, Any] | None:
    """A record without its long lists, which the document holds a line each."""
    if record is None:
        return None
    return {f.name: plain(getattr(record, f.name)) for f in fields(record) if f.name not in long}


def plain(value: Any) -> Any:
    """A record as JSON knows it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, float) and not isfinite(value):
        return None if isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, (tuple, list)) else value


def _line(value: Any) -> str:
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False, allow_nan=False)


def _lines(records: Iterable[Any]) -> str:
    lines = [_line(record) for record in records]
    return "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"


def load(text: str) -> Run:
    """The run that a document holds, its wall times apart. Raises UserError on anything that is no such document."""
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise UserError(f"this is no report of handgrad: it is not JSON ({error}); give a report.json") from error
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        raise UserError(f"this is no report of handgrad: its schema is not {SCHEMA!r}; give a report.json")
    if raw.get("version") != VERSION:
        version = raw.get("version")
        raise UserError(f"this report has version {version!r} of the schema, and this handgrad reads {VERSION}")
    try:
        return _run(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"this report is damaged ({type(error).__name__}: {error}); write it anew") from error


def _run(raw: dict[str, Any]) -> Run:
    return Run(
        formulas=tuple(_record(FormulaRecord, r) for r in raw["formulas"]),
        discrepancies=tuple(_record(Discrepancy, r) for r in raw["discrepancies"]),
        slips=tuple(_record(Slip, r) for r in raw["slips"]),
        network=_network(raw["network"], raw["network_rows"]) if raw["network"] else None,
        timings=(),
        environment=raw["environment"],
        seed=raw["seed"],
        command=raw["command"],
        training=_training(raw["training"], raw["training_rows"], raw["training_checks"])
        if raw.get("training")
        else None,
        experiments=tuple(_experiment(e) for e in raw.get("experiments", ())),
        exhaustive=_exhaustive(raw) if raw.get("exhaustive") else None,
        faults=_faults(raw) if raw.get("faults") else None,
        health=tuple(_health(record) for record in raw.get("health", ())),
        peer_cases=tuple(_record(PeerCase, case) for case in raw.get("peer_cases", ())),
    )


def _record(kind: type[Record], raw: Mapping[str, Any]) -> Record:
    floats = {f.name for f in fields(kind) if f.type in ("float", float)}
    values: dict[str, Any] = {k: _float(v) if k in floats else v for k, v in raw.items()}
    return kind(**values)


def _float(value: Any) -> float:
    return nan if value is None else {"inf": inf, "-inf": -inf}[value] if isinstance(value, str) else float(value)


def _experiment(raw: Mapping[str, Any]) -> Experiment:
    lines = [s | {axis: tuple(_float(v) for v in s[axis]) for axis in "xy"} for s in raw["series"]]
    return Experiment(
        **dict(raw)
        | {
            "found": tuple(_record(Statistic, s) for s in raw["found"]),
            "series": tuple(Series(**line) for line in lines),
            "top": _float(raw["top"]),
        }
    )


def _health(raw: Mapping[str, Any]) -> Health:
    curves = [c | {axis: tuple(_float(v) for v in c[axis]) for axis in ("x", "digits")} for c in raw["curves"]]
    return Health(**dict(raw) | {"curves": tuple(_record(Curve, curve) for curve in curves)})


def _data(raw: Mapping[str, Any]) -> DataRecord:
    shapes = {name: tuple(raw[name]) for name in ("shape", "test_shape") if name in raw}  # the first reports lack one
    return DataRecord(**dict(raw) | shapes | {"images": tuple(b64decode(image) for image in raw["images"])})


def _network(raw: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> NetworkRecord:
    return NetworkRecord(
        **dict(raw)
        | {
            "layers": tuple(raw["layers"]),
            "activations": tuple(raw["activations"]),
            "data": _data(raw["data"]),
            "cost_mine": _float(raw["cost_mine"]),
            "cost_torch": _float(raw["cost_torch"]),
            "rows": tuple(_record(Discrepancy, r) for r in rows),
        }
    )


def _exhaustive(raw: Mapping[str, Any]) -> ExhaustiveRecord:
    record = raw["exhaustive"]
    return ExhaustiveRecord(
        **record
        | {
            "layers": tuple(record["layers"]),
            "activations": tuple(record["activations"]),
            "tallies": tuple(_record(Tally, tally) for tally in record["tallies"]),
            "rows": tuple(_record(Discrepancy, r) for r in raw["exhaustive_rows"]),
            "wrong": tuple(_record(Discrepancy, r) for r in raw["exhaustive_wrong"]),
            "undecided": tuple(_record(Discrepancy, r) for r in raw["exhaustive_undecided"]),
        }
    )


def _faults(raw: Mapping[str, Any]) -> FaultsRecord:
    return FaultsRecord(
        **raw["faults"],
        faults=tuple(
            Fault(**_tuples(fault, "asked", "caught") | {"peers": tuple(map(tuple, fault["peers"]))})
            for fault in raw["faults_tried"]
        ),
        network=tuple(NetworkFault(**_tuples(fault, "wrong", "blamed")) for fault in raw["faults_in_networks"]),
    )


def _tuples(raw: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**raw, **{name: tuple(raw[name]) for name in names}}


def _training(
    raw: Mapping[str, Any], rows: Iterable[Mapping[str, Any]], checks: Iterable[Mapping[str, Any]]
) -> TrainingRecord:
    return TrainingRecord(
        **dict(raw)
        | {
            "layers": tuple(raw["layers"]),
            "activations": tuple(raw["activations"]),
            "learning_rate": _float(raw["learning_rate"]),
            "data": _data(raw["data"]),
            "parting": _record(Parting, raw["parting"]) if raw["parting"] else None,
            "rows": tuple(_record(Iteration, r) for r in rows),
            "checks": tuple(_record(Discrepancy, r) for r in checks),
        }
    )
