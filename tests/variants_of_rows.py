"""The faulty variants of each formula: made once, for all tests that ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from verify.catalogue import CATALOGUE
from verify.faults import beyond
from verify.faults.variants import Variant, variants
from verify.row import Row

ROWS: Mapping[str, Row] = {row.id: row for row in (*CATALOGUE, *beyond.ROWS)}


@cache
def made(id: str) -> tuple[Variant, ...]:
    return tuple(variants(ROWS[id]))
