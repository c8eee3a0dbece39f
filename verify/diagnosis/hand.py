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

SIGNS = {"add": "+", "subtract": "−", "multiply": "∗", "divide": "/", "matmul": "@"}
LONGEST = 60  # letters of a name
MOST = 8  # intermediate tensors that are kept

_SEEN: ContextVar[dict[str, Balls] | None] = ContextVar("seen", default=None)


class Written(Balls):
    """Balls that know how they were computed, as text: `W @ A_prev + b`."""

    words = ""

    def copy(self, order: Any = "C") -> Self:
        result = super().copy(order)
        result.words = self.words
        return result

    __copy__ = copy

    def _ufunc(self, name: str, *operands: Any) -> Any:
        result = super()._ufunc(name, *operands)
        if isinstance(result, Written):
            result.words = _short(_text(name, operands))
            _keep(result, name)
        return result

    def _matmul(self, left: Any, right: Any) -> Self:
        result = super()._matmul(left, right)
        result.words = _short(f"{_words(left)} @ {_words(right)}")
        _keep(result, "matmul")
        return result

    @property
    def T(self) -> Self:
        result = super().T
        result.words = f"{_words(self)}ᵀ"
        return result


def _short(text: str) -> str:
    """A text that is too long for a name is none: in a loop it would grow for ever, and with every step by more."""
    return text if len(text) <= 2 * LONGEST else "…"


def _text(name: str, operands: tuple[Any, ...]) -> str:
    """`W @ A_prev + b`: a product binds more than a sum, everything else stands in brackets."""
    if name not in SIGNS:
        return f"{name}({', '.join(_words(x, False) for x in operands)})"
    words = [_words(x) for x in operands]
    if name == "add" and isinstance(operands[0], Written) and " + " not in operands[0].words:
        words[0] = _words(operands[0], False)
    text = f" {SIGNS[name]} ".join(words)
    sigmoid = re.fullmatch(r"1 / \(1 \+ exp\(negative\((.+)\)\)\)", text)
    return f"σ({sigmoid[1]})" if sigmoid else text


def _is_call(text: str) -> bool:
    """f(…), and nothing after it."""
    opened = re.match(r"[\wσ]+\(", text)
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == ")" and depth == 0:
            return opened is not None and place == len(text) - 1
    return False


def _words(x: Any, binary: bool = True) -> str:
    if isinstance(x, Written) and x.words:
        return f"({x.words})" if binary and " " in x.words and not _is_call(x.words) else x.words
    return f"{x:g}" if isinstance(x, (int, float)) else "…"


def _keep(x: Written, name: str) -> None:
    """What a layer hands on: sums and products of matrices, and functions of them; the steps inside a σ are not."""
    seen = _SEEN.get()
    inside = "exp(" in x.words or name in ("negative", "exp", "log", "log1p")
    if (
        seen is not None
        and "@" in x.words
        and x.size > 1
        and not inside
        and "…" not in x.words
        and len(x.words) <= LONGEST
        and len(seen) < MOST
    ):
        seen.setdefault(x.words, Balls(x.parts[0], x.dtype))


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
    return seen, Balls(out.parts[0], out.dtype) if isinstance(out, Balls) else None


def _written(inputs: Mapping[str, Any]) -> dict[str, Any]:
    def named(name: str, x: Any) -> Any:
        if isinstance(x, Balls):
            y = Written(x.parts[0], x.dtype)
            y.words = name
            return y
        return {k: named(k, v) for k, v in x.items()} if isinstance(x, dict) else x

    return {k: named(k, v) for k, v in lift(inputs, Balls.of).items()}
