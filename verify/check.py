"""`check`: somebody's own forward and backward, put to the three questions.

Whatever can be told from the arguments is; whatever cannot is a sentence that names the argument to give.
"""

from __future__ import annotations

import reprlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.cases import upstream
from verify.derivative import judge
from verify.errors import UserError, nearest
from verify.pair import Pair, draws_given_back, told
from verify.problem import FLOATS, Problem
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL
from verify.setting import Setting

Array = np.ndarray[Any, Any]

RETURNS = ("out", "out, cache")
CONVENTIONS = ("sum", "notes")
SUMMED = "every gradient is the derivative of Σ dout∗out"
AVERAGED = "dW and db carry 1/m (m = {m}: derivatives of J), the others do not (derivatives of the per-example loss)"
ORACLES = ("certificate", "proof", "exact", "autograd", "definition", "complex step", "differences", "shapes")


@draws_given_back()
def check(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    *,
    wrt: Sequence[str] | None = None,
    constants: Mapping[str, Any] | None = None,
    returns: str | None = None,
    loss: bool = False,
    reference: Callable[..., Any] | None = None,
    dout: Any = None,
    dtype: Any = None,
    convention: str | None = None,
    domain: Mapping[str, Any] | None = None,
    seconds: float = 20,
    seed: int = 0,
    oracles: Sequence[str] | None = None,
    source: bool = True,
) -> tuple[Discrepancy, ...]:
    """The rows of the report on one forward and its hand-written backward; see `handgrad.check` for the arguments."""
    started = time.monotonic()
    given = _inputs(inputs)
    wrt, oracles = ([x] if isinstance(x, str) else x for x in (wrt, oracles))
    if not isinstance(seed, int) or seed < 0:
        raise UserError(f"seed is {seed!r}; give a whole number from 0 on")
    if not seconds > 0:
        raise UserError(f"seconds is {seconds!r}; give a number above 0")
    if loss and backward is not None:
        raise UserError("backward was given with loss=True, where forward returns the gradients itself; leave one out")
    floating = [k for k, v in given.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]
    precision = _precision(dtype, [given[k] for k in floating])
    _known("oracle", oracles or (), ORACLES)
    if wrt is not None:
        _known("floating input", wrt, floating)
        if not wrt:
            raise UserError(
                f"wrt is empty; give the names to differentiate, among {', '.join(floating)}, or leave it out"
            )
    _known("input", domain or (), given)
    if returns is not None:
        _known("value of returns", [returns], RETURNS)
    if convention is not None:
        _known("convention", [convention], CONVENTIONS)
    pair = Pair(forward, backward, tuple(given), constants or {}, loss, tuple(floating))
    out, cached = told(pair, given, returns)
    pair = replace(pair, cached=cached)
    upstream_gradient = _upstream(dout, out, loss, seed)
    names = tuple(wrt) if wrt is not None else _wrt(pair, upstream_gradient, given, floating)
    problem = Problem(
        formula=getattr(backward or forward, "__name__", "backward"),
        forward=pair.out,
        backward=lambda dout, **given: pair.gradients(dout, names, **given),
        inputs=given,
        wrt=names,
        dout=upstream_gradient,
        reference=_reference(reference, pair),
        domain={k: _interval(k, ends) for k, ends in (domain or {}).items()},
        case="given",
        seed=seed,
        convention=SUMMED,
        subject=forward if loss else backward,
        swapped=lambda function, dout, **given: _with(pair, function).gradients(dout, names, **given),
    )
    m = out.shape[-1] if out.ndim else 1
    averaged = replace(
        problem, averages={k: m for k in names if k[:1] in "Wwb"}, convention=AVERAGED.format(m=m)
    )  # fmt: skip
    setting = Setting(dtypes=(precision,), oracles=frozenset(oracles or ()), deadline=started + seconds, source=source)
    plain = replace(setting, source=False)
    meant = averaged if convention == "notes" else problem
    ambiguous = convention is None and m > 1 and bool(averaged.averages)
    rows = judge(meant, plain if ambiguous else setting)
    if ambiguous and _fails(rows) and not _fails(judge(averaged, plain)):
        divided = _and([f"d{k}" for k in averaged.averages])
        raise UserError(
            f"{divided} are the derivatives of Σ dout∗out divided by m = {m}, the size of "
            "the output's last dimension; give convention='notes' if they are meant to carry the 1/m, and "
            "convention='sum' if not"
        )
    if ambiguous and _fails(rows) and source:
        rows = judge(meant, setting)
    return tuple(_findings(row, pair) for row in rows)


def _with(pair: Pair, function: Callable[..., Any]) -> Pair:
    """The pair with another function where its gradients come from."""
    return replace(pair, forward=function) if pair.loss else replace(pair, backward=function)


def _fails(rows: Sequence[Discrepancy]) -> bool:
    return any(row.verdict == FAIL for row in rows)


def _findings(row: Discrepancy, pair: Pair) -> Discrepancy:
    """What was overwritten is said beside the second question: it is no matter of the formula."""
    if row.question != "arithmetic" or not pair.overwritten:
        return row
    return replace(row, finding="; ".join(filter(None, (row.finding, *sorted(pair.overwritten)))))


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _inputs(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    if inputs is not None and not isinstance(inputs, Mapping):
        raise UserError(f"inputs is a {type(inputs).__name__}; give the arrays by name: inputs={{'W': W, 'x': x}}")
    if not inputs:
        raise UserError(
            "inputs is missing; give the arrays by name, in the order of forward's arguments: inputs={'W': W, 'x': x}"
        )
    given = {k: np.array(v) if isinstance(v, (np.ndarray, np.floating, float)) else v for k, v in inputs.items()}
    for name, value in given.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            if value.size == 0:
                raise UserError(f"{name} has shape {value.shape}, which holds no element; give at least one example")
            if not np.isfinite(value).all():
                at = [int(i) for i in np.argwhere(~np.isfinite(value))[0]]
                raise UserError(f"{name} holds {value[tuple(at)]} at {at}; give finite numbers")
    if not any(isinstance(v, np.ndarray) and v.dtype.kind == "f" for v in given.values()):
        kinds = ", ".join(f"{k} is {_called(v)}" for k, v in given.items())
        raise UserError(
            f"no input is a floating array, so there is nothing to differentiate: {kinds}; give NumPy arrays of "
            "float64 or float32"
        )
    return given


def _called(x: Any) -> str:
    return f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"


def _interval(name: str, ends: Any) -> tuple[float, float]:
    try:
        low, high = map(float, ends)
    except (TypeError, ValueError):
        raise UserError(f"the domain of {name} is {ends!r}; give its two ends, such as (0, 1)") from None
    return low, high


def _precision(dtype: Any, arrays: Sequence[Array]) -> str:
    if dtype is not None:
        try:
            name: str = np.dtype(dtype).name
        except TypeError:
            name = str(dtype).removeprefix("torch.")
        _known("dtype", [name], FLOATS)
        return name
    kinds: list[str] = sorted({a.dtype.name for a in arrays})
    if len(kinds) > 1 or kinds[0] not in FLOATS:
        raise UserError(f"the inputs are of dtypes {', '.join(kinds)}; give dtype='float64' or dtype='float32'")
    return kinds[0]


def _known(kind: str, names: Any, known: Any) -> None:
    for name in names:
        if name not in known:
            raise UserError(
                f"no {kind} is called {name!r}{nearest(name, known)}; there are {', '.join(map(repr, known))}"
            )


def _upstream(dout: Any, out: Array, loss: bool, seed: int) -> Array:
    if dout is None:
        return np.ones(out.shape) if loss else upstream(out.shape, seed)
    if loss:
        raise UserError("dout was given with loss=True; a loss has no upstream gradient: leave dout out")
    try:
        array = np.asarray(dout).astype(np.float64, casting="same_kind")
    except (TypeError, ValueError, RuntimeError):  # the last of a tensor that requires a gradient
        raise UserError(f"dout is {reprlib.repr(dout)}; give an array of real numbers, of shape {out.shape}") from None
    if not np.isfinite(array).all():
        raise UserError("dout holds a number that is not finite; give an upstream gradient of finite numbers")
    if not array.any():
        raise UserError("dout is 0 everywhere, so every gradient would be 0; give another, or leave it out")
    if array.shape != out.shape:
        raise UserError(
            f"dout has shape {array.shape}, but forward's output has shape {out.shape}; the two must be equal"
        )
    return array


def _wrt(pair: Pair, dout: Array, inputs: Mapping[str, Any], floating: Sequence[str]) -> tuple[str, ...]:
    """Every floating input that a gradient comes back for."""
    with np.errstate(all="ignore"):
        found = pair.gradients(dout, (), **inputs)
    if isinstance(found, Mapping) and set(found) - {None}:
        return tuple(name for name in pair.names if name in found)
    raise UserError(
        f"backward returned no gradient for any of {', '.join(floating)}; return them in the order of the inputs, "
        "or by name"
    )


def _reference(reference: Callable[..., Any] | None, pair: Pair) -> Callable[..., Any] | None:
    """The reference in torch, called as a forward is."""
    if reference is None:
        return None
    from verify.oracles.definition import tensor

    def call(**tensors: Any) -> Any:
        return pair.called(reference, tensors, {k: tensor(v) for k, v in pair.constants.items()})

    return call
