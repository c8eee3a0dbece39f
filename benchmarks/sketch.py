"""Sketches of a thousand to a hundred million parameters: `python -m benchmarks.sketch`.

A row is a function and a number P of parameters. `handgrad.sketch` and, beside it, the fast mode of PyTorch's gradcheck
check the same function in turn, each in a process of its own, whose peak of memory is told. Times are in evaluations of
the function, as the side itself computes it. Where a sketch of a right gradient does not pass, the exit status is 1;
unusable arguments: 2.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.alone import THREADS
from benchmarks.ending import ended
from benchmarks.machine import machine
from benchmarks.memory import lifelong
from verify.errors import UserError
from verify.sketch import sketch

Array = np.ndarray[Any, Any]
Record = dict[str, Any]

SIDES = ("sketch", "gradcheck")
DECADES = range(3, 9)
QUICK = 4
# Twice as many as where nothing is said: of a sum of 10⁸ terms so much is rounded off that the default sees too little.
DIRECTIONS = 16
GROWTH = 10  # of what a row needs beside the program itself, from one decade to the next
GIB = 2.0**30
COLUMNS = ("function", "P", "side", "verdict", "evaluations", "× one evaluation", "seconds", "GiB", "detects")


def rosenbrock(x: Any) -> Any:
    """Σ 100(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²: a chain, each summand of two neighbours. In NumPy and in PyTorch."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def rosenbrock_gradient(x: Array) -> Array:
    ahead = x[1:] - x[:-1] ** 2
    gradient = np.zeros_like(x)
    gradient[1:] = 200 * ahead
    gradient[:-1] -= 400 * x[:-1] * ahead + 2 * (1 - x[:-1])
    return gradient


def log_cosh(x: Array) -> Any:
    """Σ log(eˣ + e⁻ˣ)."""
    return np.logaddexp(x, -x).sum()


def log_cosh_torch(x: Any) -> Any:
    import torch

    return torch.logaddexp(x, -x).sum()


# In NumPy, its gradient, and in PyTorch.
FUNCTIONS: dict[str, tuple[Callable[[Array], Any], Callable[[Array], Array], Callable[[Any], Any]]] = {
    "rosenbrock": (rosenbrock, rosenbrock_gradient, rosenbrock),
    "log cosh": (log_cosh, np.tanh, log_cosh_torch),
}


def alone(side: str, name: str, size: int) -> Record:
    """One side at one function and size, in this process, on one thread."""
    function, gradient, by_torch = FUNCTIONS[name]
    base = lifelong()
    x = np.random.default_rng(size).standard_normal(size)
    if side == "sketch":
        sketch(function, gradient, x[:9])  # what happens only once has happened then
        one = _one(lambda: function(x))
        started = perf_counter()
        found = sketch(function, gradient, x, directions=DIRECTIONS)
        seconds = perf_counter() - started
        told: Record = {"verdict": found.verdict, "evaluations": found.evaluations, "detects": found.detects}
    else:
        import torch

        torch.set_num_threads(1)
        calls = 0

        def counted(tensor: Any) -> Any:
            nonlocal calls
            calls += 1
            return by_torch(tensor)

        torch.autograd.gradcheck(by_torch, (torch.from_numpy(x[:9].copy()).requires_grad_(),), fast_mode=True)
        point = torch.from_numpy(x).requires_grad_()
        with torch.no_grad():
            one = _one(lambda: by_torch(point))
        started = perf_counter()
        passed = torch.autograd.gradcheck(counted, (point,), fast_mode=True, raise_exception=False)
        seconds = perf_counter() - started
        told = {"verdict": "pass" if passed else "fail", "evaluations": calls, "detects": None}
    about: Record = {"function": name, "P": size, "side": side}
    return about | told | {"seconds": seconds, "one": one, "base": base, "peak": lifelong()}


def _one(evaluate: Callable[[], Any]) -> float:
    """Seconds of one evaluation: the median of five."""
    times = []
    for _ in range(5):
        started = perf_counter()
        evaluate()
        times.append(perf_counter() - started)
    return median(times)


def rows(names: Sequence[str], largest: int, sides: Sequence[str] = SIDES) -> list[Record]:
    """Size by size, function by function, the sides in turn; what would not fit the memory is left out, and said so."""
    found: list[Record] = []
    for decade in (d for d in DECADES if d <= largest):
        for name in names:
            for side in sides:
                last = next((r for r in found[::-1] if (r["function"], r["side"]) == (name, side)), None)
                note = _left_out(last, _free()) if last else ""
                row = {"function": name, "P": 10**decade, "side": side, "note": note}
                found.append(row if note else _apart(side, name, 10**decade))
    return found


def _left_out(last: Record, free: float) -> str:
    """Why the next size is not tried, going by the last one; empty where it is."""
    if "note" in last:
        return "left out"
    needs = last["base"] + GROWTH * (last["peak"] - last["base"])
    return f"left out: it may need {needs / GIB:.0f} GiB, and {free / GIB:.0f} are free" if needs > free else ""


def _apart(side: str, name: str, size: int) -> Record:
    """`alone` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sketch", "--alone", side, name, str(size)]
    run = subprocess.run(
        command, env=os.environ | dict.fromkeys(THREADS, "1"), capture_output=True, text=True, check=False
    )
    if run.returncode:
        said = run.stderr.strip().splitlines()
        return {"function": name, "P": size, "side": side, "note": said[-1] if said else f"ended by {-run.returncode}"}
    return dict(json.loads(run.stdout))


def _free() -> float:
    """Bytes of memory that are free now; without end where nobody can tell."""
    listed = Path("/proc/meminfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), float("inf"))


def markdown(found: Sequence[Record], of: Mapping[str, str]) -> str:
    """The table, and the machine in a line."""
    words = ("function", "side", "verdict")
    lines = [COLUMNS, [":--" if name in words else "--:" for name in COLUMNS], *map(_cells, found)]
    note = "; ".join(f"{k}: {v}" for k, v in of.items())
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + ["", note, ""])


def _cells(row: Record) -> tuple[str, ...]:
    first = (row["function"], f"{row['P']:,}", row["side"])
    if "note" in row:
        return (*first, row["note"], *[""] * (len(COLUMNS) - 4))
    figures = (f"{row['seconds'] / row['one']:.0f}", f"{row['seconds']:.3g}", f"{row['peak'] / GIB:.2f}")
    return (
        *first,
        row["verdict"],
        str(row["evaluations"]),
        *figures,
        f"{row['detects']:.1e}" if row["detects"] else "",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Time what is asked for, print one table, and return the exit status."""
    options = _parser().parse_args(argv)
    if options.alone:
        side, name, size = options.alone
        print(json.dumps(alone(side, name, int(size))))
        return 0
    return ended(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    if options.out and options.out.suffix != ".md":
        raise UserError(f"--out is {str(options.out)!r}; a table is written as .md")
    if options.largest not in DECADES:
        raise UserError(f"--largest is {options.largest}; give the power of ten, {DECADES[0]} to {DECADES[-1]}")
    found, of = (
        rows(options.function or list(FUNCTIONS), min(options.largest, QUICK if options.quick else 99)),
        machine(),
    )
    text = markdown(found, of)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    print(json.dumps({"machine": of, "rows": found}, indent=1) if options.json else text)
    return int(any(row.get("verdict", "pass") != "pass" for row in found if row["side"] == "sketch"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.sketch", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--function", action="append", default=[], choices=list(FUNCTIONS), help="default: all")
    parser.add_argument("--largest", type=int, default=DECADES[-1], metavar="N", help="P up to 10^N; default: 8")
    parser.add_argument("--quick", action="store_true", help=f"P up to 10^{QUICK}: a look, no measurement")
    parser.add_argument("--json", action="store_true", help="records on standard output")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table too, as .md")
    parser.add_argument("--alone", nargs=3, metavar=("SIDE", "FUNCTION", "P"), help="one row, in this process, as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
