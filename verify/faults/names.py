"""Which names a fault may rightly be given: by the meaning of its rule, fixed before anything was measured.

A fault is named rightly where a candidate that is told is among its rule's names; wrongly where anything is told with
confidence, of any of its quantities, that is not. Several candidates of which none is right are no name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from verify.diagnosis.match import Match
from verify.faults.source_rules import RELATIVE

RIGHTLY, WRONGLY, UNNAMED = "rightly", "wrongly", "unnamed"
ALIKE = "wrong forwards, and backwards alike"

# What any change of a written factor may truly be called: the factor itself, the slope or activation it belongs to,
# the term that the product differs by, or a number, where the factor is one.
FACTOR = frozenset(
    {"another factor", "slope", "activation", "term", "factor", "average", "off", "sign", "mask", "zero"}
)
TERM = frozenset({"term", "another factor", "slope", "activation", "sign", "factor", "offset", "average", "zero"})
NAMES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "1/m missing": frozenset({"average", "term"}),
        "1/m doubled": frozenset({"average", "term"}),
        "m − 1 for m": frozenset({"average", "term"}),
        "another size for m": frozenset({"average", "term"}),
        "sign": TERM,
        "term missing": TERM | {"element", "row", "column", "mask"},
        "factor missing": FACTOR | {"element", "row", "column", "offset", "sum"},
        "factor doubled": FACTOR | {"element", "row", "column"},
        "transpose lost": frozenset({"transpose", "shape", "sum", "product"}),
        "wrong axis": frozenset({"sum", "shape", "transpose"}),
        "keepdims lost": frozenset({"shape", "sum", "transpose"}),
        "sum missing": frozenset({"sum", "shape"}),
        "mean for sum": frozenset({"average", "factor"}),
        "element-wise product for a matrix product": frozenset({"product", "sum", "shape"}),
        "matrix product for an element-wise product": frozenset({"product", "shape"}),
        "g′ of A": frozenset({"slope"}),
        "Z for A": frozenset({"activation", "slope", "another tensor", "another factor"}),
        "g for g′": frozenset({"slope", "activation", "another factor"}),
        "square lost": frozenset({"slope", "another factor", "term"}),
        **{f"constant off by {by:.0e}": frozenset({"off", "term", "offset"}) for by in RELATIVE},
        "wrong leak": frozenset({"zero", "slope", "mask", "activation", "another factor", "element", "term"}),
        "wrong side of the kink": FACTOR | {"element"},
        "wrong at the kink": frozenset({"element", "slope", "mask"}),
        "modulus lost": frozenset({"another factor", "activation", "sign", "term"}),
        "logarithm lost": frozenset({"another factor", "activation", "term"}),
        "overwritten, not added": frozenset({"term", "sum", "element"}),
        "added twice": frozenset({"factor", "term"}),
        "subtracted, not added": frozenset({"sign", "term"}),
        "another layer's tensor": frozenset({"another tensor", "slope", "activation"}),
        "another argument": frozenset({"another tensor", "another factor", "slope", "term", "activation"}),
        "the last one left out": frozenset({"term", "element", "row", "column", "sum"}),
        "the first one left out": frozenset({"term", "element", "row", "column", "sum"}),
        "stale gradients": frozenset({"another tensor"}),
        "updated before all gradients are known": frozenset({"another tensor"}),
        "sign of the result": frozenset({"sign"}),
        "m times too large": frozenset({"average"}),
        "averaged once more": frozenset({"average"}),
        "added up twice": frozenset({"factor"}),
        **{f"result off by {by:.0e}": frozenset({"off"}) for by in RELATIVE},
        "1e-06 added to one element": frozenset({"element"}),
        "one element lost": frozenset({"element", "zero"}),
        "one row lost": frozenset({"row", "element", "zero"}),
        "one column lost": frozenset({"column", "element", "zero"}),
        "result transposed": frozenset({"transpose"}),
        "flipped": frozenset({"flip"}),
        # Where the check multiplies it with the upstream gradient, the offset is a multiple of that.
        "a constant offset": frozenset({"offset", "term"}),
        "rank-1": frozenset({"shape"}),
        "computed in float32": frozenset({"precision"}),
        "handed back in float32": frozenset({"precision"}),
        "widened to float64": frozenset({"precision"}),
        "an argument overwritten": frozenset({"overwritten"}),
        ALIKE: frozenset({"activation", "slope", "term"}),
    }
)  # fmt: skip


def named(rule: str, matches: Iterable[Match], passes: Callable[[Callable[..., Any]], bool]) -> str:
    """'wrongly' where anything was told with confidence that is not so, else 'rightly' or 'unnamed'.

    A change of the source is a right name where the formula with that change `passes`.
    """
    names = NAMES.get(rule, frozenset())
    fits = [(match, passes(match.repaired) if match.repaired else match.kind in names) for match in matches]
    if any(match.confident and not right for match, right in fits):
        return WRONGLY
    return RIGHTLY if any(right for _, right in fits) else UNNAMED
