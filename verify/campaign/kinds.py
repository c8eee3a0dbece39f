"""The kinds of problems that the campaign draws, each ready to be judged as its user would have it judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from manual import deep
from verify.arithmetic.duck import Duck, Straddle
from verify.campaign.nets import layers, names, network, sizes
from verify.campaign.numbers import numbers
from verify.campaign.pairs import PAIRS
from verify.campaign.wrong import Wrong
from verify.catalogue import CATALOGUE
from verify.check import check
from verify.datasets import Dataset
from verify.derivative import judge
from verify.exhaustive import exhaustive
from verify.network import Layer, start, walk
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.row import examine
from verify.runs import exact_values
from verify.setting import Setting
from verify.sketch import sketch
from verify.sketches.parameters import gradient_at, parameters
from verify.sketches.vectors import norm

Array = np.ndarray[Any, Any]
Rng = np.random.Generator


@dataclass(frozen=True)
class Posed:
    """A problem that is ready to be judged: `judged(None)` as it is, `judged(fault)` with one gradient made wrong."""

    what: str
    judged: Callable[[Wrong | None], list[Discrepancy]]
    right: Callable[[], Mapping[str, Array]]  # the float gradients, of which a fault is drawn; empty: there are none


def of_network(rng: Rng, how: str, dtype: str, number: int) -> Posed:
    """All oracles, on every dW[l], db[l] and dX of a deep network with any activations."""
    return _posed(network(rng, how, dtype, number), dtype, number)


def of_floats(rng: Rng, how: str, dtype: str, number: int) -> Posed:
    """The same, in code that runs on floats alone: no certificate, no running bounds, no exact value."""
    problem = network(rng, how, dtype, number)
    spelt = replace(problem, forward=_on_floats(problem.forward), backward=_on_floats(problem.backward))
    return replace(_posed(spelt, dtype, number), right=lambda: _exact(problem))


def _on_floats(function: Callable[..., Any]) -> Callable[..., Any]:
    def spelt(*given: Any, **named: Any) -> Any:
        if any(isinstance(x, Duck) for x in (*given, *named.values())):
            raise TypeError("this code runs on arrays of floats alone")
        return function(*given, **named)

    return spelt


def _posed(problem: Problem, dtype: str, number: int) -> Posed:
    setting = Setting(number, (dtype,), source=False)

    def judged(fault: Wrong | None) -> list[Discrepancy]:
        if fault is None:
            return judge(problem, setting)
        return judge(replace(problem, backward=lambda dout, **given: fault(problem.backward(dout, **given))), setting)

    return Posed(problem.formula, judged, lambda: _exact(problem))


def _exact(problem: Problem) -> dict[str, Array]:
    """The exact gradients, for where a unit saturates the largest element of the float ones may be all rounding."""
    try:
        found = exact_values(problem.backward, {"dout": problem.dout, **problem.inputs}, "float64")
    except Straddle:
        return {}
    return {k: x.mid() for k, x in found.items()}


def of_pair(rng: Rng, how: str, dtype: str, number: int) -> Posed:
    """Somebody's own forward and backward, through `check`."""
    name = str(rng.choice(list(PAIRS)))
    made = PAIRS[name](rng, lambda shape: numbers(rng, shape, how, dtype).astype(dtype))
    told: dict[str, Any] = {"convention": "sum", **made, "seed": number, "seconds": 600}
    right, backward = made["forward"], made.get("backward")

    def judged(fault: Wrong | None) -> list[Discrepancy]:
        if fault is None:
            return list(check(**told, source=False))
        if backward is None:

            def forward(*given: Any) -> Any:
                loss, found = right(*given)
                return loss, fault(by_name(found))

            return list(check(**{**told, "forward": forward}, source=False))

        def spoilt(*given: Any) -> Any:
            return fault(by_name(backward(*given)))

        return list(check(**{**told, "backward": spoilt}, source=False))

    def by_name(found: Any) -> dict[str, Any]:
        if isinstance(found, Mapping):
            return {k.removeprefix("d"): g for k, g in found.items()}
        wrt = made.get("wrt", list(made["inputs"]))
        return dict(zip(wrt, found if isinstance(found, tuple) else (found,), strict=True))

    def gradients() -> dict[str, Any]:
        given, constants = made["inputs"].values(), made.get("constants", {}).values()
        out = right(*given, *constants)
        if backward is None:
            return by_name(out[1])
        out, cache = out if isinstance(out, tuple) else (out, None)
        dout = np.ones(np.shape(out))
        return by_name(backward(dout, cache) if cache is not None else backward(dout, *given, *constants))

    return Posed(name, judged, gradients)


def of_row(rng: Rng, how: str, dtype: str, number: int) -> Posed:
    """A formula of the notes, by all checks of its row, with the campaign's seed."""
    row = DERIVATIVES[int(rng.integers(len(DERIVATIVES)))]
    return Posed(row.id, lambda fault: examine(row, Setting(number, (dtype,), source=False), only="derivative"), dict)


def of_walk(rng: Rng, how: str, dtype: str, number: int) -> Posed:
    """Every tensor of every layer of a small network, against PyTorch's pass: X of any scale, the course's weights."""
    n, m = (*sizes(rng)[:-1], 1), int(rng.integers(1, 10))
    hidden = names(rng, len(n) - 2)
    X = numbers(rng, (n[0], m), how, dtype)
    Y: Array = 1.0 * rng.integers(0, 2, (1, m))
    seed = number % 2**31  # NumPy's old generator takes no more
    data = Dataset("drawn", X, Y, X, Y, None, "", "", "")

    def judged(fault: Wrong | None) -> list[Discrepancy]:
        replaced = {}
        if fault is not None:
            l = int(fault.name[1:])
            layer = Layer()
            formula = getattr(layer, f"d{fault.name[0]}")
            replaced[l] = replace(layer, **{f"d{fault.name[0]}": lambda *given: fault.spoilt(formula(*given))})
        return list(walk(data, n, activations=(*hidden, "sigmoid"), seed=seed, replaced=replaced).rows)

    def right() -> dict[str, Array]:
        parameters = start(n, seed)
        AL, caches = deep.forward_blocks(X, parameters, (*hidden, "sigmoid"))
        found = deep.backward_blocks(AL, Y, caches)
        return {k: found[f"d{k}"] for k in parameters}

    return Posed(f"{'-'.join(map(str, n))} {' '.join((*hidden, 'sigmoid'))}", judged, right)


def of_exhaustive(rng: Rng, how: str, dtype: str, number: int) -> Posed:
    """Every single parameter of a network with a cross-entropy cost."""
    n, m = sizes(rng), int(rng.integers(1, 10))
    activations = (*names(rng, len(n) - 2), "sigmoid")
    X = numbers(rng, (n[0], m), how, dtype)
    Y: Array = 1.0 * rng.integers(0, 2, (n[-1], m))
    parameters = layers(rng, n, how, dtype)

    def right() -> dict[str, Array]:
        AL, caches = deep.forward_blocks(X, parameters, activations)
        found = deep.backward_blocks(AL, Y, caches, sound=True)
        return {k: found[f"d{k}"] for k in parameters}

    def judged(fault: Wrong | None) -> list[Discrepancy]:
        found = right() if fault is None else fault(right())
        return list(exhaustive(X, Y, parameters, activations, {f"d{k}": g for k, g in found.items()}).rows)

    finite = all(np.isfinite(cache.Z).all() for cache in deep.forward_blocks(X, parameters, activations)[1])
    what = f"{'-'.join(map(str, n))} {' '.join(activations)}"
    # A forward that is not finite is refused in a sentence: nothing is said of any gradient.
    return Posed(what, judged, right) if finite else Posed(what, lambda _: [], dict)


def of_sketch(rng: Rng, how: str, dtype: str, number: int) -> Posed:
    """All parameters at once, along random directions, in float64."""
    problem = network(rng, how, dtype, number)
    x = {k: np.asarray(v) for k, v in problem.inputs.items()}

    def function(*given: Any) -> Any:
        return np.sum(problem.dout * problem.forward(**dict(zip(x, given, strict=True))))

    def right() -> dict[str, Array]:
        found = problem.backward(problem.dout, **problem.inputs)
        return {k: np.asarray(g) * problem.averages.get(k, 1) for k, g in found.items()}

    def judged(fault: Wrong | None) -> list[Discrepancy]:
        gradient = right() if fault is None else fault(right())
        if not holds_norm(gradient, x):
            return []
        found = sketch(function, gradient, x, seed=number)
        quantity, notes = "gradient" if fault is None else f"d{fault.name}", "; ".join(found.notes)
        return [Discrepancy("sketch", quantity, "formula", "sketch", found.verdict, finding=notes, seed=number)]

    def seen() -> dict[str, Array]:
        """Those that a fault may be put into: a sketch sees errors of 1e-6 of the whole, so of no lesser part."""
        found = right()
        if not judged(None):
            return {}
        of = parameters(x, None)
        vector, _ = gradient_at(found, of)
        scaled = np.abs(of.scaled(vector.copy()))
        most = {leaf.name: float(scaled[leaf.start : leaf.stop].max()) for leaf in of.leaves}
        return {k: g for k, g in found.items() if most[k] >= norm(scaled) / 4}

    return Posed(problem.formula, judged, seen)


def holds_norm(gradient: Mapping[str, Array], x: Mapping[str, Array]) -> bool:
    """Whether the gradient times the size of x can be told at all: beyond floats it is refused in a sentence."""
    terms = [float(np.max(np.abs(g))) * max(1.0, float(np.max(np.abs(x[k])))) for k, g in gradient.items()]
    return all(term < 1e150 for term in terms)


DERIVATIVES = tuple(row for row in CATALOGUE if "derivative" in row.checks)
KINDS: Mapping[str, tuple[float, Callable[[Rng, str, str, int], Posed]]] = {
    "network": (0.44, of_network),
    "floats alone": (0.06, of_floats),
    "pair": (0.26, of_pair),
    "row": (0.06, of_row),
    "walk": (0.06, of_walk),
    "exhaustive": (0.08, of_exhaustive),
    "sketch": (0.04, of_sketch),
}
