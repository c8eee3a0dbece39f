"""`python -m benchmarks.digits`: the digits every formula keeps, where fewest, and where PyTorch is the less exact.

As tables in Markdown; names of formulas, or globs, narrow them down.
"""

from __future__ import annotations

import sys
import time
from fnmatch import fnmatchcase

from reports.figures import digits
from reports.health import DTYPES, SIDES, brief
from verify.formulas import functions
from verify.health.table import SWEEPS, health
from verify.machine import one_thread
from verify.records.health import Health


def main(*globs: str) -> None:
    ids = [id for id in functions() if not globs or any(fnmatchcase(id, glob) for glob in globs)]
    clock = time.perf_counter()
    with one_thread():
        found = health(ids, DTYPES)
    seconds = time.perf_counter() - clock
    points = sum(len(c.x) for h in found for c in h.curves)
    print(*worst(found), sep="\n")
    print()
    print(*(f"- `{h.formula}` against {h.varied}: {h.remark}." for h in found if h.remark), sep="\n")
    print(f"\n{len(found)} of {len(SWEEPS)} sweeps, {points:,} values in {seconds:.1f} s")


def worst(found: tuple[Health, ...]) -> list[str]:
    """A row a sweep, precision and side that loses more than three digits somewhere: where most, and how often all."""
    return [
        "| formula | against | dtype | side | fewest digits | at | gives | exact | none kept |",
        "| --- | --- | --- | --- | --: | --- | --: | --: | --: |",
        *(
            f"| `{h.formula}` | {h.varied} | {c.dtype} | {c.side} | {digits(c.fewest)} | {c.at} "
            f"| {brief(c.mine)} | {brief(c.exact)} | {c.lost} of {len(c.x)} |"
            for h in found
            for c in sorted(h.curves, key=lambda c: (DTYPES.index(c.dtype), SIDES.index(c.side)))
            if c.fewest < max(c.digits) - 3
        ),
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
