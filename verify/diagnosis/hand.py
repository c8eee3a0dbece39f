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
LONGEST = 40  # letters of a name
MOST = 6  # intermediate tensors that are kept

_SEEN: ContextVar[dict[str, Balls] | None] = ContextVar("seen", default=None)


class Written(Balls):
    """Balls that know how they were computed, as text: `W @ A_prev + b`."""

    text = ""

    def _ufunc(self, name: str, *operands: Any) -> Any:
        result = super()._ufunc(name, *operands)
        if isinstance(result, Written):
            result.text = _text(name, operands)
            _keep(result, name)
        return result

    def _matmul(self, left: Any, right: Any) -> Self:
        result = super()._matmul(left, right)
        result.text = f"{_words(left)} @ {_words(right)}"
        _keep(result, "matmul")
        return result

    @property
    def T(self) -> Self:
        result = super().T
        result.text = f"{_words(self)}ᵀ"
        return result


def _text(name: str, operands: tuple[Any, ...]) -> str:
    """`W @ A_prev + b`: a product binds more than a sum, everything else stands in brackets."""
    if name not in SIGNS:
        return f"{name}({', '.join(_words(x, False) for x in operands)})"
    words = [_words(x) for x in operands]
    if name == "add" and isinstance(operands[0], Written) and " + " not in operands[0].text:
        words[0] = _words(operands[0], False)
    return f" {SIGNS[name]} ".join(words)


def _words(x: Any, binary: bool = True) -> str:
    if isinstance(x, Written):
        return f"({x.text})" if binary and " " in x.text and not re.fullmatch(r"\w+\(.*\)", x.text) else x.text
    return f"{x:g}" if isinstance(x, (int, float)) else "…"


def _keep(x: Written, name: str) -> None:
    """Sums and products of matrices are what a layer hands on; the steps inside a σ are not."""
    seen = _SEEN.get()
    if seen is not None and "@" in x.text and x.size > 1 and len(x.text) <= LONGEST and len(seen) < MOST:
        seen[x.text] = Balls(x.parts[0], x.dtype)


def at_hand(problem: Problem) -> dict[str, Any]:
    """Tensors by name: the inputs, dout, out, and the sums and products of matrices within the forward."""
    found: dict[str, Any] = {k: v for k, v in problem.inputs.items() if isinstance(v, (np.ndarray, np.floating))}
    found["dout"] = problem.dout
    seen: dict[str, Balls] = {}
    token = _SEEN.set(seen)
    try:
        with precision():
            out = collected(problem.forward(**_written(problem.inputs)))
    except Exception:  # code that was not written for such numbers may raise anything
        return found
    finally:
        _SEEN.reset(token)
    if not isinstance(out, Balls):
        return found
    last = Balls(out.parts[0], out.dtype)
    steps = {k: x for k, x in seen.items() if not (x.shape == last.shape and overlaps(x, last).all())}
    return found | steps | {"out": last}


def _written(inputs: Mapping[str, Any]) -> dict[str, Any]:
    def named(name: str, x: Any) -> Any:
        if isinstance(x, Balls):
            y = Written(x.parts[0], x.dtype)
            y.text = name
            return y
        return {k: named(k, v) for k, v in x.items()} if isinstance(x, dict) else x

    return {k: named(k, v) for k, v in lift(inputs, lambda x: Balls.of(x, dtype=x.dtype)).items()}
