"""What the rows of a report say, in lines short enough to be read: what tests/test_catalogue.py keeps a copy of.

Left out is what rounding decides, and so the machine: figures, and which element is the worst. Of a claim, which has no
shape, it is told what was found, and what was claimed, to three digits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from math import isfinite

from verify.records.discrepancy import Discrepancy

FIGURE = re.compile(r"-?\d+\.\d+(e[+-]?\d+)?|-?\d+e[+-]?\d+|\d{3,}|\d+(?= elements of W1 differ)")


def _shorter(figure: re.Match[str]) -> str:
    """Three digits, but what is so small that it may be rounding alone."""
    return f"{float(figure[0]):.3g}" if abs(float(figure[0])) > 1e-9 else "…"


def told(found: Iterable[Discrepancy], sizes: bool = False) -> list[str]:
    """A line for all quantities of which the same oracles say the same; `sizes`: and are off by the same, of formulas.

    What is wrong is off by much more than rounding, and by how much, to three digits, is no machine's matter.
    """
    answers: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for d in found:
        size = f"off by {d.max_abs:.3g}" if sizes and d.question == "formula" and isfinite(d.max_abs) else ""
        claim = f"{d.mine} for {d.want} {d.at}".strip() if not d.shape and d.want and d.oracle != "experiment" else ""
        texts = (FIGURE.sub("…", text) for text in (d.finding, d.diagnosis, d.source))
        words = (d.verdict, size, d.convention, FIGURE.sub(_shorter, claim), *texts)
        what = f"{d.quantity} {d.shape} {d.compared}-{d.skipped}"
        answers[(d.case, ". ".join(filter(None, words)), what)].append(f"{d.oracle} {d.dtype}")
    quantities: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (case, words, what), oracles in answers.items():
        quantities[(case, ", ".join(oracles), words)].append(what)
    return [f"{case}: {', '.join(what)}: {oracles}: {words}" for (case, oracles, words), what in quantities.items()]
