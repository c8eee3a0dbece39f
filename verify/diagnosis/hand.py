"""What is at hand in a derivative: its inputs, the upstream gradient, and what the forward has computed on its way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Self

import numpy as np

from verify.arithmetic.balls import Balls, overlaps, precision
from verify.arithmetic.duck import collected
from verify.problem import Problem, lift

SIGNS = {"add": "+", "subtract": "−", "multiply": "∗", "divide": "/"}
INNER = ("negative", "log", "log1p")  # steps that nothing is handed on from
LONGEST = 60  # letters of a name
MOST = 8  # intermediate tensors that are kept

_SEEN: ContextVar[dict[str, Balls] | None] = ContextVar("seen", default=None)


class Written(Balls):
    """Balls that know how they were computed, as text: `W @ A_prev + b`; `joined`: by a sign, which binds no more."""

    words = ""
    joined = False

    def copy(self, *_: Any, **__: Any) -> Self:
        result = super().copy()
        result.words, result.joined = self.words, self.joined
        return result

    __copy__ = copy

    def _ufunc(self, name: str, *operands: Any) -> Any:
        result = super()._ufunc(name, *operands)
        if isinstance(result, Written):
            _put(result, *_text(name, operands))
            if name not in INNER:
                _keep(result)
        return result

    def _matmul(self, left: Any, right: Any) -> Self:
        result = super()._matmul(left, right)
        _put(result, f"{_within(left)} @ {_within(right)}", True)
        _keep(result)
        return result

    @property
    def T(self) -> Self:
        result = super().T
        result.words = f"{_within(self)}ᵀ"
        return result


def _put(x: Written, text: str, joined: bool) -> None:
    """A text that is too long for a name is none: in a loop it would grow for ever, and with every step by more."""
    x.words, x.joined = (text, joined) if len(text) <= 2 * LONGEST else ("…", False)


def _text(name: str, operands: tuple[Any, ...]) -> tuple[str, bool]:
    """`W @ A_prev + b`, and whether a sign joins it: what does stands in brackets, but for the product before a sum."""
    if name not in SIGNS:
        return f"{name}({', '.join(map(_words, operands))})", False
    first, second = operands
    alone = name == "add" and " + " not in _words(first)
    text = f"{_words(first) if alone else _within(first)} {SIGNS[name]} {_within(second)}"
    sigmoid = re.fullmatch(r"1 / \(1 \+ exp\(negative\((.+)\)\)\)", text)
    return (f"σ({sigmoid[1]})", False) if sigmoid else (text, True)


def _words(x: Any) -> str:
    if isinstance(x, Written) and x.words:
        return x.words
    return f"{x:g}" if isinstance(x, (int, float)) else "…"


def _within(x: Any) -> str:
    return f"({_words(x)})" if isinstance(x, Written) and x.joined else _words(x)


def _keep(x: Written) -> None:
    """What a layer hands on: sums and products of matrices, and functions of them; the steps inside a σ are not."""
    seen = _SEEN.get()
    if (
        seen is not None
        and "@" in x.words
        and x.size > 1
        and "exp(" not in x.words
        and "…" not in x.words
        and len(x.words) <= LONGEST
        and len(seen) < MOST
    ):
        seen.setdefault(x.words, Balls(x.parts[0]))


def at_hand(problem: Problem) -> dict[str, Any]:
    """Tensors by name: the inputs, dout, out, what the forward computes on its way, and dout carried back by one W."""
    found: dict[str, Any] = {k: v for k, v in problem.inputs.items() if isinstance(v, (np.ndarray, np.floating))}
    found["dout"] = problem.dout
    steps, out = steps_of(problem.forward, problem.inputs)
    if out is not None:
        found |= {k: x for k, x in steps.items() if not (x.shape == out.shape and overlaps(x, out).all())}
        found["out"] = out
    return found | carried(found)


def carried(found: Mapping[str, Any]) -> dict[str, Balls]:
    """Wᵀ @ dout, for every W that carries dout back to a tensor at hand: the dA of the layer below."""
    dout = found["dout"]
    back: dict[str, Balls] = {}
    for name, W in found.items():
        if name in ("dout", "out") or not np.ndim(W) == 2 == np.ndim(dout):
            continue
        for text, turned in ((f"({name}ᵀ @ dout)", W.T), (f"({name} @ dout)", W)):
            shape = (turned.shape[0], dout.shape[1])
            fits = turned.shape[1] == dout.shape[0] and any(
                np.shape(x) == shape for k, x in found.items() if k != "dout"
            )
            if fits and " " not in name:
                with precision():
                    back[text] = Balls.of(turned) @ Balls.of(dout)
    return back


def affine(given: Mapping[str, Any]) -> dict[str, Balls]:
    """wᵀ X + b of the inputs of logistic regression, and σ of it: a loop computes them number by number."""
    found: dict[str, Balls] = {}
    if {"w", "X", "b"} <= set(given) and np.ndim(given["w"]) == 2 and given["w"].shape[0] == given["X"].shape[0]:
        with precision():
            Z = Balls.of(given["w"]).T @ Balls.of(given["X"]) + given["b"]
            found = {"wᵀ @ X + b": Z, "σ(wᵀ @ X + b)": 1 / (1 + np.exp(-Z))}
    return found


def steps_of(function: Any, inputs: Mapping[str, Any]) -> tuple[dict[str, Balls], Balls | None]:
    """What the function computes on its way, by its text; and its result, where that is one array."""
    seen: dict[str, Balls] = {}
    token = _SEEN.set(seen)
    try:
        with precision():
            out = collected(function(**_written(inputs)))
    except Exception:  # code that was not written for such numbers may raise anything
        return {}, None
    finally:
        _SEEN.reset(token)
    return seen, Balls(out.parts[0]) if isinstance(out, Balls) else None


def _written(inputs: Mapping[str, Any]) -> dict[str, Any]:
    def named(name: str, x: Any) -> Any:
        if isinstance(x, Balls):
            y = Written(x.parts[0])
            y.words = name
            return y
        return {k: named(k, v) for k, v in x.items()} if isinstance(x, dict) else x

    return {k: named(k, v) for k, v in lift(inputs, Balls.of).items()}
