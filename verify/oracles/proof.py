"""The proof: a formula run on letters, its derivative by SymPy, and the difference shown to be 0 by algebra.

What is proved holds for all real values of all entries, off the kinks and wherever both sides are defined, at the
shapes given; 1/m is the reciprocal of a letter, so neither 1/5 nor 1/n proves it. What is not proved is refuted only
where the two sides, in exact arithmetic at the given inputs, surely differ; else it stays open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Expr

from verify.arithmetic.balls import precision
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.kind import boxed
from verify.arithmetic.side import side
from verify.arithmetic.symbols import Symbols, expressions, extent
from verify.oracles.point import size_of, value_at
from verify.oracles.zero import not_vanishing, vanishes
from verify.problem import Problem, floating

Array = np.ndarray[Any, Any]
Point = Mapping[Expr, arb]

PROVED, REFUTED, UNKNOWN = "proved", "refuted", "unknown"
# More letters than this are not tried: the algebra grows with them.
LETTERS = 200
# Precision of a refutation: a difference above 2⁻⁹⁰⁰ or so of the terms shows.
BITS = 1024
# At how many points, besides the given one, `equal` looks for a difference.
POINTS = 4


@dataclass(frozen=True)
class Proof:
    """What became of the identities between two arrays of expressions.

    `letters` counts the letters in them; `at`, `mine` and `want` show the element that refutes. `where` says what the
    statement leaves out: kinks, and places where a side is not defined. `reason` says why it is open.
    """

    verdict: str
    identities: int
    letters: int
    where: str = ""
    at: str = ""
    mine: str = ""
    want: str = ""
    reason: str = ""


def prove(problem: Problem, deadline: float = inf) -> dict[str, Proof]:
    """For each name of `wrt`: is the gradient by hand ∂(Σ dout∗out)/∂x, divided by m where the convention says so?

    Raises Unsupported where a function does not run on letters, or where there are too many of them.
    """
    point: dict[Expr, arb] = {}
    letters = lettered(problem.inputs, point)
    dout = lettered({"dout": np.asarray(problem.dout, dtype=np.float64)}, point)["dout"]
    _few(point)
    # Each call gets letters of its own: what a formula writes into them is not there for the next, nor in x below.
    out = expressions(problem.forward(**lettered(problem.inputs, {})))
    if out.shape != dout.parts[0].shape:
        raise ValueError(f"dout has shape {dout.parts[0].shape}, but the forward's output has shape {out.shape}")
    mine = problem.backward(dout.copy(), **lettered(problem.inputs, {}))
    slopes = backpropagated(zip(out.ravel(), dout.parts[0].ravel(), strict=True))
    found = {}
    for name in problem.wrt:
        x = letters[name].parts[0]
        want = boxed(np.frompyfunc(lambda letter: slopes.get(letter, sympy.S.Zero), 1, 1)(x))
        m = problem.averages.get(name, 1)
        by_hand = np.broadcast_to(expressions(mine[name]), x.shape)
        found[name] = compared(boxed(by_hand * (extent(m) if m > 1 else 1)), want, point, deadline)
    return found


def equal(f: Callable[..., Any], g: Callable[..., Any], inputs: Mapping[str, Any], deadline: float = inf) -> Proof:
    """Are f(**inputs) and g(**inputs) the same for all values of the floating inputs, off the kinks?

    Both return an array, or several in a tuple or by name. A difference is looked for at the inputs given, and at a few
    points more, drawn in (0, 1) where all of an input lies there. Where a formula does not run on letters the proof is
    `unknown`, with the reason.

    >>> x = {"x": np.array([0.5, -2.0])}
    >>> equal(lambda x: x * (1 - x), lambda x: x - x**2, x).verdict
    'proved'
    >>> equal(lambda x: np.maximum(x, 0), lambda x: x, x).at
    '[1]'
    """
    point: dict[Expr, arb] = {}
    try:
        lettered(inputs, point)
        _few(point)
        mine, want = (_side_by_side(h(**lettered(inputs, {}))) for h in (f, g))
        if mine.shape != want.shape:
            return Proof(REFUTED, 0, len(point), reason=f"one gives {mine.size} numbers, the other {want.size}")
        found = compared(mine, want, point, deadline)
        rng = np.random.default_rng(0)
        for _ in range(POINTS if found.verdict == UNKNOWN else 0):
            elsewhere: dict[Expr, arb] = {}
            lettered(_drawn(inputs, rng), elsewhere)
            refutation = _refuted(mine, want, elsewhere)
            if refutation:
                return replace(found, verdict=REFUTED, reason="", **refutation)
        return found
    except Exception as error:  # code that was not written for letters may raise anything
        return Proof(UNKNOWN, 0, len(point), reason=str(error) if isinstance(error, Unsupported) else repr(error))


def compared(mine: Array, want: Array, point: Point, deadline: float = inf) -> Proof:
    """Two arrays of expressions, element by element: refuted at the point, or each difference proved to be 0."""
    free = set().union(*(x.free_symbols for x in (*mine.ravel(), *want.ravel())))
    proof = Proof(UNKNOWN, mine.size, len(free), _where(mine, want))
    refutation = _refuted(mine, want, point)
    if refutation:
        return replace(proof, verdict=REFUTED, **refutation)
    differences = [a - b for a, b in zip(mine.ravel(), want.ravel(), strict=True)]

    def late() -> bool:
        return time.monotonic() > deadline

    first = not_vanishing(differences, late)
    if first is None:
        return replace(proof, verdict=PROVED)
    at = _place(np.unravel_index(first, mine.shape))
    if late():
        return replace(proof, at=at, reason="the time is up")
    sizes = {x: sympy.Integer(size_of(x)) for x in differences[first].free_symbols if x.is_positive}
    if sizes and vanishes(differences[first].xreplace(sizes)):
        alone = ", ".join(map(str, sorted(sizes.values())))
        return replace(proof, at=at, reason=f"it holds for arrays of size {alone} alone")
    return replace(proof, at=at, reason="neither proved nor refuted")


def backpropagated(outputs: Iterable[tuple[Expr, Expr]]) -> dict[Expr, Expr]:
    """∂(Σ weight∗output)/∂x for every letter x: the chain rule, from the outputs inwards.

    Each expression is met once, with SymPy's own slope (`fdiff`) for functions: `diff` would walk to each letter anew.
    """
    reaching: dict[Expr, list[Expr]] = {}
    for output, weight in outputs:
        reaching.setdefault(output, []).append(weight)
    total: dict[Expr, Expr] = {}
    for e in _outside_in(reaching):
        arriving = reaching.get(e)
        if not arriving or isinstance(e, side):
            continue
        total[e] = sympy.Add(*arriving)
        for inner, local in _slopes(e):
            if inner.free_symbols:
                reaching.setdefault(inner, []).append(total[e] * local)
    return {e: slope for e, slope in total.items() if e.is_Symbol}


def _slopes(e: Expr) -> Iterator[tuple[Expr, Expr]]:
    """What an expression is made of, and its slope in each."""
    if e.is_Add:
        yield from ((x, sympy.S.One) for x in e.args)
    elif e.is_Mul:
        for k, x in enumerate(e.args):
            yield x, sympy.Mul(*e.args[:k], *e.args[k + 1 :])
    elif e.is_Pow:
        yield e.base, e.exp * e.base ** (e.exp - 1)
    elif e.is_Function:
        yield e.args[0], e.fdiff(1)


def _outside_in(roots: Iterable[Expr]) -> list[Expr]:
    """Every expression in the roots, once, and before all that it is made of."""
    order: list[Expr] = []
    seen: set[Expr] = set()
    stack = [(root, False) for root in roots]
    while stack:
        e, done = stack.pop()
        if done:
            order.append(e)
        elif e not in seen:
            seen.add(e)
            stack += [(e, True), *((x, False) for x in e.args)]
    return order[::-1]


def _refuted(mine: Array, want: Array, point: Point) -> dict[str, Any]:
    """The first element whose two sides surely differ at the point, in enclosures; nothing where there is none."""
    with precision(BITS):
        known: dict[Expr, arb] = dict(point)
        for i in np.ndindex(mine.shape):
            if mine[i] == want[i]:
                continue
            a, b = (value_at(x[i], known) for x in (mine, want))
            if a.is_finite() and b.is_finite() and not a.overlaps(b):
                texts = (x.str(20, radius=False) for x in (a, b))
                return dict(zip(("at", "mine", "want"), (_place(i), *texts), strict=True))
    return {}


def lettered(inputs: Mapping[str, Any], point: dict[Expr, arb]) -> dict[str, Any]:
    """Floating arrays as letters, named by their place; `point` takes the value of each. Everything else as it is."""

    def one(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: one(f"{name}.{k}", v) for k, v in value.items()}
        if not floating(value):
            return value
        made = Symbols.named(name, np.shape(value))
        point.update(zip(made.parts[0].ravel(), map(arb, np.ravel(value).tolist()), strict=True))
        return made

    return {name: one(name, value) for name, value in inputs.items()}


def _few(point: Point) -> None:
    if len(point) > LETTERS:
        raise Unsupported(
            f"a proof takes at most {LETTERS} letters, one for each number that goes in; here {len(point)} go in"
        )


def _side_by_side(result: Any) -> Array:
    """All that a formula returns, in one row; by name in the order of the names."""
    if isinstance(result, Mapping):
        result = [result[name] for name in sorted(result)]
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return np.concatenate([expressions(x).ravel() for x in parts])


def _drawn(x: Any, rng: np.random.Generator) -> Any:
    """Other numbers of the same kind: in (0, 1) where all of x lies there."""
    if isinstance(x, Mapping):
        return {k: _drawn(v, rng) for k, v in x.items()}
    if not floating(x):
        return x
    low, high = (0.0, 1.0) if np.all((x > 0) & (x < 1)) else (-3.0, 3.0)
    return np.asarray(rng.uniform(low, high, np.shape(x)))


def _where(mine: Array, want: Array) -> str:
    """What the statement leaves out."""
    every = (*mine.ravel(), *want.ravel())
    kinked = any(x.has(side) for x in every)
    below = (p.base for x in every for p in x.atoms(sympy.Pow) if not (p.exp.is_Integer and p.exp.is_positive))
    partial = any(x.has(sympy.log) for x in every) or any(_may_be_zero(b) for b in below)
    return ", ".join(["off the kinks"] * kinked + ["where both sides are defined"] * partial)


def _may_be_zero(base: Expr) -> bool:
    """Whether the divisor is anything else than a size, or a sum that is surely positive, such as 1 + exp(−z)."""
    terms = base.args if base.is_Add else (base,)
    return not all(x.is_positive or isinstance(x, sympy.exp) for x in terms)


def _place(index: Iterable[Any]) -> str:
    found = ", ".join(map(str, index))
    return f"[{found}]" if found else ""
