"""Is a variant that no check refutes wrong at all? The original and the variant on the very same arguments, exactly.

Some rules change nothing: an average over m, written as the size of another array with m columns; a bias of 0 with its
sign lost. Such a variant is no fault, and is listed with what shows it.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from verify.arithmetic.balls import SHARP, Balls, overlaps, precision
from verify.arithmetic.duck import collected
from verify.cases import cases
from verify.faults.variants import Variant
from verify.row import Row, examine
from verify.setting import Setting
from verify.signature import parse

SEEDS = (0, 1, 2)
BITS = 512  # an edge of large numbers takes some of them
MOST = 400  # calls that are compared, of each seed


def equivalent(variant: Variant, row: Row) -> str:
    """What shows that the two are equal: at how many calls, on what numbers; empty where they differ.

    The calls are those that the row's own checks make, all their cases, at three seeds. Whole results are compared,
    also what no check looks at: exact enclosures must overlap; floats, where no call was made in exact arithmetic,
    must be the same to the last bit.
    """
    counts = {"exact": 0, "float": 0}
    for seed in SEEDS:
        kind, calls = _calls(row, seed)
        for args, named in calls:
            found = []
            for f in (row.formula, variant.function):
                try:
                    with precision(BITS):
                        found.append(f(*copy.deepcopy(args), **copy.deepcopy(named)))
                except Exception as error:  # then the other must raise as well
                    found.append(type(error))
            if not _same(*found):
                return ""
            counts[kind] += 1
    if counts["exact"]:
        return (
            _proved(variant, row) or f"the same numbers in exact arithmetic at {counts['exact']} calls of three seeds"
        )
    return f"the same to the last bit at {counts['float']} calls of three seeds" if counts["float"] else ""


def _proved(variant: Variant, row: Row) -> str:
    """That the two are the same for all values, where all arguments are arrays, and algebra shows it."""
    from verify.oracles.proof import PROVED, equal  # SymPy takes half a second to import

    record = row.formula.formula  # type: ignore[attr-defined]
    signature = parse(record.shapes)
    if not all(map(signature.is_array, signature.inputs)):
        return ""
    inputs = next(cases(record.shapes, record.domain, 0)).inputs
    proof = equal(row.formula, variant.function, inputs)
    if proof.verdict != PROVED:
        return ""
    return f"proved by algebra for all values{', ' * bool(proof.where)}{proof.where}: {proof.identities} identities"


def _calls(row: Row, seed: int) -> tuple[str, list[tuple[tuple[Any, ...], dict[str, Any]]]]:
    """The arguments that the row's checks call its formula with: "exact" ones, or "float" ones where there are none."""
    made: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    @functools.wraps(row.formula)
    def watched(*args: Any, **named: Any) -> Any:
        if len(made) < MOST and not _holds_others((args, named)):
            made.append(copy.deepcopy((args, named)))
        return row.formula(*args, **named)

    examine(row, Setting(seed, quick=seed > 0), watched)
    exact = [call for call in made if _holds_balls(call)]
    return ("exact", exact) if exact else ("float", made)


def _leaves(x: Any) -> list[Any]:
    if isinstance(x, Mapping):
        return [leaf for v in x.values() for leaf in _leaves(v)]
    if isinstance(x, (tuple, list)):
        return [leaf for v in x for leaf in _leaves(v)]
    if is_dataclass(x) and not isinstance(x, type):
        return [leaf for field in fields(x) for leaf in _leaves(getattr(x, field.name))]
    return [x]


def _holds_balls(x: Any) -> bool:
    return any(isinstance(leaf, Balls) for leaf in _leaves(x))


def _holds_others(x: Any) -> bool:
    """Bounds, jets, complex numbers: their values say less than those of balls."""
    plain = (Balls, np.ndarray, np.generic, str, int, float, np.random.Generator, np.random.RandomState, type(None))
    return any(not isinstance(leaf, plain) and not callable(leaf) for leaf in _leaves(x)) or any(
        np.iscomplexobj(leaf) for leaf in _leaves(x) if isinstance(leaf, np.ndarray)
    )


def _same(x: Any, y: Any) -> bool:
    left, right = _leaves(x), _leaves(y)
    return len(left) == len(right) and all(map(_equal, left, right))


def _meet(x: Balls, y: Balls) -> bool:
    """Narrow enclosures that overlap wherever there is a value: one of everything overlaps whatever there is."""
    known = x.is_finite()
    if not np.array_equal(known, y.is_finite()):
        return False
    with precision(BITS):
        wide = np.where(known, x.rad() + y.rad(), 0.0)
        size = np.where(known, np.abs(x.mid()), 0.0)
    narrow = np.max(wide, initial=0.0) <= SHARP * np.max(size, initial=0.0) or not wide.any()
    return bool(narrow and (overlaps(x, y) | ~known).all())


def _equal(x: Any, y: Any) -> bool:
    if any(isinstance(side, (type, str)) for side in (x, y)):
        return type(x) is type(y) and bool(x == y)
    x, y = collected(x), collected(y)
    if np.shape(x) != np.shape(y):
        return False
    if isinstance(x, Balls) or isinstance(y, Balls):
        return _meet(Balls.of(x), Balls.of(y))
    same_kind = getattr(x, "dtype", None) == getattr(y, "dtype", None) or np.ndim(x) == 0
    return bool(same_kind and np.array_equal(x, y, equal_nan=np.asarray(x).dtype.kind == "f"))
