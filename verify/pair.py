"""Somebody's forward and backward, called as their authors meant them to be.

Whether a cache comes with the output, whether constants go by keyword, and which gradient belongs to which input is
told from what the functions take and return; where it cannot be told, a UserError names the argument to give.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify.errors import UserError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Pair:
    """The user's two functions, with what has been told of how to call them."""

    forward: Callable[..., Any]
    backward: Callable[..., Any] | None
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    loss: bool
    floating: tuple[str, ...] = ()
    cached: bool = False
    overwritten: set[str] = field(default_factory=set)  # what the two were seen to write into
    draws: Any = field(default_factory=np.random.get_state)  # where NumPy's global generator begins, every time

    def run(self, inputs: Mapping[str, Any]) -> Any:
        """forward's whole result, on fresh copies: a forward may overwrite what it is given."""
        return self._call(self.forward, "forward", inputs)

    def _call(self, function: Callable[..., Any], name: str, inputs: Mapping[str, Any], *first: Any) -> Any:
        fresh = {k: copy.deepcopy(v) for k, v in inputs.items()}
        constants = copy.deepcopy(dict(self.constants))
        np.random.set_state(self.draws)  # a dropout mask is the same in every run
        result = self.called(function, fresh, constants, *first)
        for k, v in inputs.items():
            if isinstance(v, np.ndarray) and not _unchanged(v, fresh[k]):
                self.overwritten.add(f"{name} overwrites {k}")
        return result

    def out(self, **inputs: Any) -> Any:
        result = self.run(inputs)
        return result[0] if self.cached or self.loss else result

    def gradients(self, dout: Any, wrt: Sequence[str], **inputs: Any) -> Mapping[str, Any]:
        if self.loss:
            return _by_name(self.run(inputs)[1], self.names, self.floating, wrt)
        if self.backward is None:
            raise UserError("backward is missing; give it, or loss=True where forward returns (loss, gradients) itself")
        given = copy.deepcopy(dout)
        if self.cached:
            cache = self.run(inputs)[1]
            before = [x.copy() for x in _arrays(cache)]
            found = self.backward(given, cache)
            if not all(map(_unchanged, before, _arrays(cache))):
                self.overwritten.add("backward overwrites its cache")
        else:
            found = self._call(self.backward, "backward", inputs, given)
        if isinstance(dout, np.ndarray) and not _unchanged(dout, given):
            self.overwritten.add("backward overwrites the upstream gradient")
        return _by_name(found, self.names, self.floating, wrt)

    def called(
        self, function: Callable[..., Any], inputs: Mapping[str, Any], constants: Mapping[str, Any], *first: Any
    ) -> Any:
        """Constants go by keyword where the function has arguments of all these names; else after the inputs.

        Raises UserError where the function cannot take what it would be given.
        """
        places: tuple[Any, ...] = (*first, *inputs.values(), *constants.values())
        named: dict[str, Any] = {}
        try:
            signature = inspect.signature(function)
            if constants and all(name in signature.parameters for name in (*inputs, *constants)):
                places, named = first, {**inputs, **constants}
            signature.bind(*places, **named)
        except TypeError as error:
            which = "forward" if function is self.forward else "backward" if function is self.backward else "reference"
            given = ", ".join([*(["dout"] if which == "backward" else []), *self.names, *self.constants])
            raise UserError(
                f"{which} cannot be called with {given} ({error}); inputs and constants name its arguments in their "
                "order, and a layer that keeps something itself wants a wrapper: lambda dout, x: layer.backward(dout)"
            ) from None
        except ValueError:
            pass  # a function whose signature Python does not know, as that of max
        return function(*places, **named)


def _arrays(tree: Any) -> list[Array]:
    """The arrays in a cache of tuples, lists and dictionaries."""
    if isinstance(tree, np.ndarray):
        return [tree]
    branches = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, (tuple, list)) else ()
    return [x for branch in branches for x in _arrays(branch)]


def _unchanged(before: Array, after: Array) -> bool:
    return np.array_equal(before, after, equal_nan=before.dtype.kind == "f")


@contextmanager
def draws_given_back() -> Iterator[None]:
    """NumPy's global generator stands afterwards where it stood before."""
    before = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(before)


def told(pair: Pair, inputs: Mapping[str, Any], returns: str | None) -> tuple[Array, bool]:
    """forward's output, and whether a cache comes with it."""
    with np.errstate(all="ignore"):
        result, again = pair.run(inputs), pair.run(inputs)
    if not _same(_first(result), _first(again)):
        raise UserError(
            "forward gave two results for the same inputs, so it draws random numbers of its own; draw them outside "
            "and give them as a constant, or seed the generator inside forward"
        )
    if pair.loss:
        if not (isinstance(result, tuple) and len(result) == 2):
            raise UserError(
                "loss=True wants a forward that returns (loss, gradients); it returned " + _described(result)
            )
        if isinstance(result[0], (Mapping, tuple, list)):
            raise UserError(
                "loss=True wants (loss, gradients), in this order; forward returned the gradients first: "
                "wrap it, as in lambda *args: propagate(*args)[::-1]"
            )
        return _output(result[0]), False
    if isinstance(result, tuple) and result and isinstance(result[0], (tuple, list)):
        raise UserError(
            f"forward's output is {_described(tuple(result[0]))}; return one array, putting several outputs together "
            "with np.concatenate, and take their upstream gradient apart in backward"
        )
    if not isinstance(result, tuple):
        if returns == "out, cache":
            raise UserError(f"returns='out, cache' was given, but forward returned {_described(result)}")
        return _output(result), False
    if returns == "out, cache" or (returns is None and len(result) == 2 and not _is_number(result[1])):
        return _output(result[0]), True
    if len(result) == 2:
        raise UserError(
            "forward returned two arrays, which may be (out, cache) or two outputs; give returns='out, cache' where "
            "the second is a cache, or return one array"
        )
    raise UserError(f"forward returned {_described(result)}; return one array, or (out, cache)")


def _is_number(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic, float, int))


def _described(result: Any) -> str:
    if isinstance(result, tuple):
        return f"a tuple of {len(result)}"
    return f"an array of shape {result.shape}" if isinstance(result, np.ndarray) else f"a {type(result).__name__}"


def _output(out: Any) -> Array:
    array = np.asarray(out)
    if array.dtype.kind != "f":
        raise UserError(f"forward's output is of dtype {array.dtype}; a gradient needs floating numbers")
    return array


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, tuple) and result else result


def _same(x: Any, y: Any) -> bool:
    return not _is_number(x) or np.array_equal(x, y, equal_nan=np.asarray(x).dtype.kind == "f")


def _by_name(found: Any, names: Sequence[str], floating: Sequence[str], wrt: Sequence[str]) -> dict[str, Any]:
    """What backward returned, by the name of the input it belongs to."""
    if isinstance(found, Mapping):
        # A dictionary that holds dW and W may hand on W as it was, or as it has become.
        named = {name: found[key] for name in names for key in (name, f"d{name}") if key in found}
        if not named:
            raise UserError(
                f"backward returned a dict with the keys {', '.join(map(str, found))}; "
                f"it wants {', '.join(f'd{n}' for n in names)}"
            )
        missing = [name for name in floating if name not in named]
        strange = [str(key) for key in found if key not in {k for name in names for k in (f"d{name}", name)}]
        if missing and strange and not wrt:
            raise UserError(
                f"backward returned no gradient for {', '.join(missing)}, but {', '.join(strange)}, which is the name "
                f"of none; call it {', '.join(f'd{name}' for name in missing)}, or give wrt=[...] with those to check"
            )
        return {k: v for k, v in named.items() if v is not None and (not wrt or k in wrt)}
    values = list(found) if isinstance(found, (tuple, list)) else [found]
    for order in (list(names), list(floating), list(wrt)):
        if len(values) == len(order):
            return {k: v for k, v in zip(order, values, strict=True) if v is not None and (not wrt or k in wrt)}
    raise UserError(
        f"backward returned {len(values)} gradients for the {len(names)} inputs {', '.join(names)}; "
        "give wrt=[...] with the names that they belong to, in their order"
    )
