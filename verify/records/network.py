"""The walk through a network, and the data it is taken on."""

from __future__ import annotations

from dataclasses import dataclass

from verify.records.discrepancy import Discrepancy


@dataclass(frozen=True)
class DataRecord:
    """A data set, shown as what it is; `images` are PNG thumbnails, and may be empty.

    `shape`, `positives` and `negatives` are those of the training part; the test part has its own.
    """

    name: str
    shape: tuple[int, ...]
    positives: int
    negatives: int
    source: str
    licence: str
    note: str
    images: tuple[bytes, ...] = ()
    test_shape: tuple[int, ...] = ()
    test_positives: int = 0
    test_negatives: int = 0


@dataclass(frozen=True)
class NetworkRecord:
    """The walk through one network, layer by layer."""

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    m: int
    data: DataRecord
    seed: int
    init: str
    dtype: str
    cost_mine: float
    cost_torch: float
    cost_exact: str
    rows: tuple[Discrepancy, ...]
    convention: str
