"""The walk through a deep network: every Z, A, dA, dZ, dW, db of every layer, by name, one row a tensor.

Each row has two errors. `inherited`: the whole hand-written pass against PyTorch's whole pass. `own`: the layer's own
formula, fed PyTorch's values of what it takes. A fault in one formula makes exactly that formula's own error leave its
budget; what lies downstream of it only inherits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan
from typing import Any

import numpy as np

from manual import blocks, initialise, losses
from manual.activations import g
from verify.arithmetic.bounds import Bounds, budget
from verify.datasets import Dataset, record
from verify.diagnosis.layers import of_tensor
from verify.diagnosis.match import sentences
from verify.oracles.estimate import Estimate
from verify.oracles.network import torch_pass
from verify.questions import digits, distance, judged, largest, measure, place, ratio, undecided, unexcused
from verify.records.discrepancy import Discrepancy
from verify.records.network import NetworkRecord
from verify.records.verdict import FAIL, INCONCLUSIVE
from verify.runs import Runs, run

Array = np.ndarray[Any, Any]

CONVENTION = (
    "dZ and dA are derivatives of the per-example loss, column i each (of m·J); dW and db are derivatives of J itself "
    "and carry the 1/m. Autograd of J gives dZ/m, so PyTorch's dZ and dA are taken of m·J."
)


def _linear(A_prev: Any, W: Any, b: Any) -> Any:
    return blocks.block_forward(A_prev, W, b, "linear")[0]


def _activated(Z: Any, activation: str) -> Any:
    return g(activation)(Z)


@dataclass(frozen=True)
class Layer:
    """The hand-written formulas of one layer, each of which a test may replace by a wrong one."""

    Z: Callable[..., Any] = _linear
    A: Callable[..., Any] = _activated
    dZ: Callable[..., Any] = blocks.dZ
    dW: Callable[..., Any] = blocks.dW
    db: Callable[..., Any] = blocks.db
    dA_prev: Callable[..., Any] = blocks.dA_prev


@dataclass(frozen=True)
class Network:
    """What is walked: activations g[1] … g[L], and formulas other than the notes' own."""

    activations: tuple[str, ...]
    replaced: Mapping[int, Layer]

    @property
    def depth(self) -> int:
        return len(self.activations)

    def formulas(self, l: int) -> Layer:
        return self.replaced.get(l, Layer())

    def by_hand(self, X: Any, Y: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The whole pass as chapter 3 has it, every tensor by name: forwards, then from l = L down to 1."""
        found: dict[str, Any] = {"A0": X, "Y": Y, **parameters}
        for name, layer in self.order():
            found[name] = self.tensor(name, layer, found)
        return {name: found[name] for name, _ in self.order()}

    def order(self) -> list[tuple[str, int]]:
        """The names in the order of their computation, each with its layer (J has none: 0)."""
        names = [(f"{q}{l}", l) for l in range(1, self.depth + 1) for q in ("Z", "A")] + [("J", 0)]
        return names + [(f"{q}{l}", l) for l in range(self.depth, 0, -1) for q in ("dA", "dZ", "dW", "db")]

    def tensor(self, name: str, l: int, at: Mapping[str, Any]) -> Any:
        """One tensor by its own formula, from the tensors `at` that it takes."""
        own, L = self.formulas(l), self.depth
        if name == "J":
            return losses.cost(at[f"A{L}"], at["Y"])
        activation = self.activations[l - 1]
        match name.removesuffix(str(l)):
            case "Z":
                return own.Z(at[f"A{l - 1}"], at[f"W{l}"], at[f"b{l}"])
            case "A":
                return own.A(at[f"Z{l}"], activation)
            case "dA":
                if l == L:
                    return blocks.dA_L(at[f"A{L}"], at["Y"])
                return self.formulas(l + 1).dA_prev(at[f"W{l + 1}"], at[f"dZ{l + 1}"])
            case "dZ":
                return own.dZ(at[f"dA{l}"], at[f"Z{l}"], activation)
            case "dW":
                return own.dW(at[f"dZ{l}"], at[f"A{l - 1}"])
            case _:
                return own.db(at[f"dZ{l}"])


def start(sizes: Sequence[int], seed: int) -> dict[str, Array]:
    """The course's weights, W[l] = randn/√n[l−1]; but b = randn·0.01, for its b = 0 would hide a lost bias."""
    rng = np.random.RandomState(seed)
    parameters = initialise.course(sizes, rng)
    return parameters | {k: rng.standard_normal(v.shape) * 0.01 for k, v in parameters.items() if k.startswith("b")}


def usual(sizes: Sequence[int]) -> tuple[str, ...]:
    """The notes' activations: ReLU, and a sigmoid at the end.

    >>> usual((5, 4, 3, 1))
    ('relu', 'relu', 'sigmoid')
    """
    return ("relu",) * (len(sizes) - 2) + ("sigmoid",)


def walk(
    dataset: Dataset, sizes: Sequence[int], *, activations: Sequence[str] | None = None, seed: int = 0,
    replaced: Mapping[int, Layer] | None = None,
) -> NetworkRecord:  # fmt: skip
    """Walk the network of these sizes over the training data: ReLU and a sigmoid at the end, where nothing is said."""
    chosen = tuple(activations or usual(sizes))
    network = Network(chosen, replaced or {})
    parameters = start(sizes, seed)
    given = {"X": dataset.X_train, "Y": dataset.Y_train, "parameters": parameters}
    theirs = torch_pass(given, chosen)
    try:
        mine = run(network.by_hand, given, "float64")
    except (ArithmeticError, IndexError, TypeError, ValueError):
        if not network.replaced:
            raise  # the notes' own formulas refuse the data
        mine = None  # some formula does not run: which, its own row says
    rows = [_row(network, name, layer, given, mine, theirs, dataset.name, seed) for name, layer in network.order()]
    return NetworkRecord(
        layers=tuple(sizes),
        activations=chosen,
        m=dataset.X_train.shape[1],
        data=record(dataset),
        seed=seed,
        init="course, but b = randn·0.01",
        dtype="float64",
        cost_mine=float(mine.value["J"]) if mine else nan,
        cost_torch=float(theirs.gradients["J"]),
        cost_exact=mine.exact["J"].text() if mine and "J" in mine.exact else "",
        rows=tuple(rows),
        convention=CONVENTION,
    )


@dataclass(frozen=True)
class Own:
    """A formula's own error, in units of its budget; where that is above 1, what is wrong, and the likely mistake."""

    used: float
    said: str = ""
    diagnosis: str = ""


def _row(
    network: Network, name: str, l: int, given: Mapping[str, Any], mine: Runs | None, theirs: Estimate, case: str,
    seed: int,
) -> Discrepancy:  # fmt: skip
    want = np.asarray(theirs.gradients[name])
    about: dict[str, Any] = {
        "formula": "network", "quantity": name, "layer": l or None, "question": "agreement", "oracle": "autograd",
        "case": case, "seed": seed, "convention": "m·J" if name[:2] in ("dZ", "dA") else "J",
    }  # fmt: skip
    own = _own(network, name, l, given, theirs)
    about |= {"own": own.used, "diagnosis": own.diagnosis}
    if mine is None:
        verdict = FAIL if own.said else INCONCLUSIVE
        finding = f"own: {own.said}" if own.said else "not reached: a formula of another tensor does not run"
        return Discrepancy(verdict=verdict, finding=finding, shape=str(want.shape), **about)
    found = mine.value[name]
    if found.shape != want.shape:
        whose = "own" if own.said else "inherited"
        finding = f"{whose}: by hand {name} has shape {found.shape}, by PyTorch {want.shape}"
        return Discrepancy(verdict=FAIL, finding=finding, shape=str(found.shape), **about)
    if name not in mine.exact:
        verdict = FAIL if own.said else INCONCLUSIVE
        reason = f"not run: {mine.reasons['exact']}"
        return Discrepancy(verdict=verdict, finding=f"own: {own.said}" if own.said else reason, **about)
    exact = mine.exact[name]
    edge = _at_edge(mine.value[f"A{network.depth}"])
    error, limit = unexcused(found, exact.mid(), distance(found, exact), mine.budget[name])
    lost = edge & ~np.isfinite(found) & exact.is_finite()
    limit = np.where(lost, np.inf, limit)
    figures = measure(found, exact.mid(), error, limit, "float64", exact)
    inherited = _share(found, want, limit + theirs.errors[name], edge)
    size = np.abs(exact.mid())
    verdict, finding = judged(figures, "float64"), ""
    if own.said:
        verdict, finding = FAIL, f"own: {own.said}"
    elif inherited > 1:
        verdict, finding = FAIL, f"inherited: the formula of {name} is right, what it is fed is not"
    elif lost.any() and verdict != FAIL:
        first = int(np.argmax(lost))
        element = f"{found.ravel()[first]} at {place(first, found.shape)}, where the exact value is {exact.text(first)}"
        verdict = INCONCLUSIVE
        finding = f"{element}: A[{network.depth}] has become 0 or 1, and the cost is written in it"
    elif np.isnan(own.used) or np.isnan(inherited):
        about_it = [note for note in theirs.notes if note.startswith(f"{name}:")]
        verdict, finding = INCONCLUSIVE, "; ".join(about_it) or "PyTorch's error is not known for any element"
    elif verdict == INCONCLUSIVE:
        finding = undecided(figures)
    if "at" in figures:
        figures["want"] = repr(float(want[tuple(json.loads(figures["at"]))]))
    return Discrepancy(
        verdict=verdict, finding=finding, inherited=inherited,
        oracle_error=largest(theirs.errors[name]),
        digits_mine=digits(error, size, "float64"), digits_torch=digits(distance(want, exact), size, "float64"),
        **{**about, **figures},
    )  # fmt: skip


def _own(network: Network, name: str, l: int, given: Mapping[str, Any], theirs: Estimate) -> Own:
    """The formula fed PyTorch's tensors, which are uncertain by their own error estimates, against PyTorch's."""
    fed: dict[str, Any] = {"A0": given["X"], "Y": given["Y"], **given["parameters"], **theirs.gradients}
    with np.errstate(all="ignore"):
        try:
            found = network.tensor(name, l, fed)
        except (ArithmeticError, IndexError, TypeError, ValueError) as error:
            return Own(inf, f"the formula of {name} raised {type(error).__name__}: {error}")
        # The budget is that of the notes' own formula: a wrong one must not excuse itself.
        notes = replace(network, replaced={})
        bounded = notes.tensor(name, l, {k: Bounds.of(v, err=theirs.errors.get(k, 0.0)) for k, v in fed.items()})
    limit = budget(bounded) + theirs.errors[name]
    want = theirs.gradients[name]
    fits = np.shape(found) == np.shape(want)
    used = _share(found, want, limit, _at_edge(theirs.gradients[f"A{network.depth}"])) if fits else inf
    if not used > 1:
        return Own(used)
    said = f"the formula of {name} is not PyTorch's"
    if not fits:
        said = f"the formula of {name} gives shape {np.shape(found)}, by PyTorch {np.shape(want)}"
    rounding = np.abs(np.asarray(found)) * np.finfo(float).eps * limit.size
    m = given["X"].shape[1]
    return Own(used, said, sentences(of_tensor(name, l, found, want, rounding, theirs.errors[name], fed, m)))


def _at_edge(AL: Any) -> bool:
    """Where A[L] has become 0 or 1, J and dA[L] as the notes write them are outside their domain: log 0, and 0/0."""
    return bool(np.any((AL <= 0) | (AL >= 1)))


def _share(mine: Any, want: Any, budget: Any, edge: bool) -> float:
    """The largest use of a budget; nan where no element has one. At the `edge` a lost element is none to judge by."""
    with np.errstate(all="ignore"):
        error, limit = unexcused(np.asarray(mine), want, np.abs(mine - want), budget)
    known = np.isfinite(limit) & ~(edge & ~np.isfinite(mine))
    return float(np.max(ratio(error, limit)[known])) if np.any(known) else float("nan")
