"""One function in its several arithmetics: what the user ships, its rounding budget, its exact value.

Also the second question, whether the arithmetic holds: the float result against the exact value, within its budget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify.arithmetic.balls import FIRST_BITS, MOST_BITS, SHARP, Balls, precision
from verify.arithmetic.bounds import Bounds, budget
from verify.arithmetic.duck import Straddle, Unsupported, collected
from verify.oracles.ladder import ladder
from verify.problem import cast, lift
from verify.questions import digits, distance, judged, measure, place, ratio, undecided
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE

Array = np.ndarray[Any, Any]
Named = Mapping[str, Any]


@dataclass(frozen=True)
class Runs:
    """The results by name; `budget` and `exact` are empty, with the reason, where the function does not run there."""

    value: dict[str, Array]
    budget: dict[str, Array]
    exact: dict[str, Balls]
    reasons: dict[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()

    def enclosed(self, name: str) -> Balls | None:
        """The exact value, where there is one of the floats' own shape; any other is a fail of the arithmetic."""
        exact = self.exact.get(name)
        return exact if exact is not None and exact.shape == self.value[name].shape else None


def named(result: Any) -> dict[str, Any]:
    return dict(result) if isinstance(result, Mapping) else {"value": result}


def run(function: Callable[..., Any], inputs: Named, dtype: str, *, exactly: bool = True) -> Runs:
    """Run `function(**inputs)` in the dtype, on running bounds and (`exactly`) on balls."""
    given, before = cast(inputs, dtype), cast(inputs, dtype)
    with np.errstate(all="ignore"):
        value = {k: np.asarray(v) for k, v in named(function(**given)).items()}
    findings = [
        f"{'widened' if np.can_cast(dtype, v.dtype) else 'narrowed'}: {k} came back as {v.dtype}"
        for k, v in value.items()
        if v.dtype.kind == "f" and v.dtype != dtype
    ]
    findings += [f"overwrites its argument {k}" for k in before if not _same(before[k], given[k])]
    reasons: dict[str, str] = {}
    budgets: dict[str, Array]
    balls: dict[str, Balls] = {}
    try:
        with np.errstate(all="ignore"):
            bounded = named(function(**lift(cast(inputs, dtype), Bounds.of)))
        budgets = {k: np.broadcast_to(_budget(b), value[k].shape) for k, b in bounded.items() if k in value}
    except Exception as error:  # code that was not written for such numbers may raise anything
        reasons["budget"] = told(error)
        budgets = _laddered(function, inputs, dtype)
        findings.append(
            f"budget from the precision ladder, an estimate: running bounds do not run here ({told(error)})"
        )
    if exactly:
        try:
            balls = exact_values(function, inputs, dtype)
        except Exception as error:
            reasons["exact"] = told(error)
    return Runs(value, budgets, balls, reasons, tuple(findings))


def told(error: BaseException) -> str:
    """What stopped a run on other numbers; ours say it in a sentence, others by their type too."""
    while isinstance(error.__cause__, (Unsupported, Straddle)):
        error = error.__cause__
    return str(error) if isinstance(error, (Unsupported, Straddle)) else f"{type(error).__name__}: {error}"


def _laddered(function: Callable[..., Any], inputs: Named, dtype: str) -> dict[str, Array]:
    """Where running bounds do not run: what float32 and nudged inputs show of the rounding; empirical."""

    def compute(precision: str, given: dict[str, Any]) -> dict[str, Any]:
        return {k: np.asarray(v, dtype=precision) for k, v in named(function(**given)).items()}

    return dict(ladder(compute, inputs, dtype=dtype).errors)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, dict):
        return all(_same(before[k], after[k]) for k in before)
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    return True


def _budget(result: Any) -> Array:
    """A result that no input touched is a plain array, and exact."""
    result = collected(result)
    return budget(result) if isinstance(result, Bounds) else np.asarray(0.0)


def _enclose(result: Any) -> Balls:
    return Balls.of(collected(result))


def exact_values(function: Callable[..., Any], inputs: Named, dtype: str) -> dict[str, Balls]:
    """The exact results: on balls, the precision doubled until their radii are below 2⁻⁶⁴ of the largest element."""
    bits = FIRST_BITS
    while True:
        last = bits >= MOST_BITS
        try:
            with precision(bits), np.errstate(all="ignore"):
                results = named(function(**lift(cast(inputs, dtype), Balls.of)))
                balls = {k: _enclose(v) for k, v in results.items()}
            if last or all(_sharp(b) for b in balls.values()):
                return balls
        except Straddle:  # a comparison that sharper enclosures may decide
            if last:
                raise
        bits *= 2


def _sharp(ball: Balls) -> bool:
    """An enclosure that is not finite may only be too wide: log(1 − a) where a is 1 within its radius."""
    if not ball.is_finite().all():
        return False
    return bool(ball.widest() <= SHARP * ball.largest())


def arithmetic(runs: Runs, quantity: str, dtype: str, inside: bool, **about: Any) -> Discrepancy:
    """Does the arithmetic hold? The float result against the exact value, within its running bound."""
    about = {"quantity": quantity, "question": "arithmetic", "oracle": "exact", "dtype": dtype, **about}
    mine = runs.value[quantity]
    about["shape"] = str(mine.shape)
    findings = list(runs.findings)
    if quantity not in runs.exact or quantity not in runs.budget:
        reason = runs.reasons.get("exact") or runs.reasons.get("budget") or "no exact value"
        return Discrepancy(verdict=INCONCLUSIVE, finding="; ".join((f"not run: {reason}", *findings)), **about)
    exact = runs.exact[quantity]
    if exact.shape != mine.shape:
        finding = f"the float run has shape {mine.shape}, the exact run {exact.shape}"
        return Discrepancy(verdict=FAIL, finding=finding, **about)
    error, limit = distance(mine, exact), runs.budget[quantity]
    want = exact.mid()
    lost = ~np.isfinite(mine) & exact.is_finite()
    if lost.any():
        first = int(np.argmax(lost))
        found = f"{mine.ravel()[first]} at {place(first, mine.shape)}"
        findings.append(f"{found}, where the exact value is {exact.text(first)}")
        if inside:
            # No budget excuses a NaN or an infinity inside the declared domain, unless no float is as large as that.
            limit = np.where(lost & (np.abs(want) <= np.finfo(dtype).max), 0.0, limit)
    figures = measure(mine, want, error, limit, dtype, exact)
    size = np.where(exact.is_finite(), np.abs(want), 0.0)
    gone = (ratio(error, size) >= 1) & (size > exact.rad()) & np.isfinite(error)
    if gone.any():
        first = int(np.argmax(gone))
        found = f"{mine.ravel()[first]} for {exact.text(first)}"
        findings.append(f"no digit left at {place(first, mine.shape)}: {found}")
    verdict = judged(figures, dtype)
    if verdict == INCONCLUSIVE and not findings:
        findings.append(undecided(figures))
    about |= figures
    return Discrepancy(
        digits_mine=digits(error[np.isfinite(error)], size, dtype),
        finding="; ".join(findings),
        verdict=verdict,
        **about,
    )
