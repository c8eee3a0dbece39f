"""Every rule on every formula that it fits: the distinct faulty variants of the notes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from manual import activations
from verify.cases import assign_sizes, shape_of
from verify.faults.call_rules import CALL_RULES, CallRule
from verify.faults.result_rules import RESULT_RULES, ResultRule, Unfit
from verify.faults.rewriting import rewritten
from verify.faults.source_rules import ARGUMENT, SOURCE_RULES, other_arguments
from verify.row import Row
from verify.signature import Signature, parse

# What only shows on square arrays, where no shape gives it away, is tried on those too.
ON_SQUARES = (
    "transpose lost", "result transposed", "wrong axis", "keepdims lost",
    "element-wise product for a matrix product", "matrix product for an element-wise product",
)  # fmt: skip
CALLED = {"g": activations.g, "g_prime": activations.g_prime}


@dataclass(frozen=True)
class Variant:
    """A formula with one mistake in it. `where` is the line as it reads now, or what comes back wrong."""

    formula: str
    rule: str
    where: str
    function: Callable[..., Any]
    square: bool = False

    @property
    def name(self) -> str:
        return f"{self.formula}: {self.rule}: {self.where}" + " (square)" * self.square


def variants(row: Row) -> Iterator[Variant]:
    """The variants of one row's formula, in the order of the rules."""
    signature = parse(row.formula.formula.shapes)  # type: ignore[attr-defined]
    for rule, where, function in _made(row.formula, signature):
        yield Variant(row.id, rule, where, function)
        if rule in ON_SQUARES and _has_sizes(signature):
            yield Variant(row.id, rule, where, function, square=True)


def _made(formula: Callable[..., Any], signature: Signature) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    for name, rule in SOURCE_RULES.items():
        for line, function in rewritten(formula, rule, CALLED):
            yield name, line, function
    for line, function in rewritten(formula, other_arguments(_alike(signature)), CALLED):
        yield ARGUMENT, line, function
    if not _is_numeric(signature):
        return
    for name, result_rule in RESULT_RULES.items():
        for part, shape in _parts(signature).items():
            if _fits(result_rule, shape, signature):
                yield name, part, _with_result(formula, result_rule, part, signature)
    if _takes_arrays(signature):
        for name, call_rule in CALL_RULES.items():
            yield name, "as a whole", _with_call(formula, call_rule)


def _alike(signature: Signature) -> dict[str, tuple[str, ...]]:
    """For each array among the arguments the others of its shape, which may be taken for it."""
    arrays = {name: dims for name, dims in signature.inputs.items() if signature.is_array(name)}
    return {name: tuple(k for k, d in arrays.items() if d == dims and k != name) for name, dims in arrays.items()}


def _fits(rule: ResultRule, shape: tuple[int, ...], signature: Signature) -> bool:
    m = assign_sizes(signature).get("m", 1)
    try:
        rule(np.ones(shape), m)
    except Unfit:
        return False
    return True


def _words(signature: Signature) -> set[str]:
    return {word for dims in signature.inputs.values() for word in dims}


def _takes_arrays(signature: Signature) -> bool:
    return "layers" in _words(signature) or any(map(signature.is_array, signature.inputs))


def _is_numeric(signature: Signature) -> bool:
    """Whether arrays come back, rather than sizes and shapes."""
    return _takes_arrays(signature) or "generator" in _words(signature)


def _has_sizes(signature: Signature) -> bool:
    dims = [d for name, dims in signature.inputs.items() if signature.is_array(name) for d in dims]
    return len({d for d in dims if d not in ("*", "scalar") and not d.isdigit()}) > 1


def _parts(signature: Signature) -> dict[str, tuple[int, ...]]:
    """The arrays of the result by name, with a shape that they may have: of layers, all their W and all their b."""
    if signature.outputs == {"value": ("layers",)}:
        return {"W": (2, 3), "b": (2, 1)}
    sizes = assign_sizes(signature)
    return {
        name: shape_of(dims, {d: sizes.get(d, 3) for d in dims})
        for name, dims in signature.outputs.items()
        if dims != ("layers",)
    }


def _with_result(f: Callable[..., Any], rule: ResultRule, part: str, signature: Signature) -> Callable[..., Any]:
    """f with one array of its result changed by the rule."""
    names = list(signature.outputs)

    def spoilt(x: Any, m: int) -> Any:
        try:
            return rule(x, m)
        except Unfit:  # a call with a single number, say: it is right
            return x

    @functools.wraps(f)
    def wrong(*args: Any, **named: Any) -> Any:
        result, m = f(*args, **named), _m(signature, args, named)
        if isinstance(result, Mapping):
            return {k: spoilt(v, m) if k.startswith(part) else v for k, v in result.items()}
        if isinstance(result, (tuple, list)) and len(names) == len(result):
            at = names.index(part)
            return tuple(spoilt(x, m) if i == at else x for i, x in enumerate(result))
        return spoilt(result, m)

    return wrong


def _with_call(f: Callable[..., Any], rule: CallRule) -> Callable[..., Any]:
    @functools.wraps(f)
    def wrong(*args: Any, **named: Any) -> Any:
        return rule(f, args, named)

    return wrong


def _m(signature: Signature, args: tuple[Any, ...], named: Mapping[str, Any]) -> int:
    """The number of examples of a call; 1 where its arrays have none."""
    given = {**dict(zip(signature.inputs, args, strict=False)), **named}
    for name, dims in signature.inputs.items():
        if "m" in dims and name in given and np.ndim(given[name]) == len(dims):
            return int(np.shape(given[name])[dims.index("m")])
    return 1
