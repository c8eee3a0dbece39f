"""The contact sheet of a data set: a dozen of its pictures, so that a report shows what was learnt from."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
Places = np.ndarray[Any, np.dtype[np.intp]]

SIDE = 64


def contact_sheet(images: Array, labels: Array, count: int) -> tuple[bytes, ...]:
    """PNG pictures, SIDE pixels each way, of `count` images, or of all where there are fewer.

    Shapes: images `(m, height, width, 3)` or, grey, `(m, height, width)`, from 0 to 1; labels `(m,)`.
    """
    return tuple(_png(images[i]) for i in shown(labels, count))


def shown(labels: Array, count: int) -> list[int]:
    """Which `count` of the m examples are shown: evenly spread ones.

    Where these are all of one label though there are two, half of them are of the one and half of the other: the sheet
    is there to show what the labels tell apart. Labels: `(m,)`, of two values at most.

    >>> shown(np.array([0, 1, 1, 0, 1, 0]), 3), shown(np.array([0, 0, 0, 0, 0, 1]), 3)
    ([0, 2, 4], [0, 2, 5])
    """
    chosen = _spread(np.arange(len(labels)), count)
    kinds = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    if count >= len(kinds) > len(np.unique(labels[chosen])):
        rarer, other = sorted(kinds, key=len)
        some = _spread(rarer, count // 2)
        chosen = np.sort(np.concatenate([some, _spread(other, count - len(some))]))
    return [int(i) for i in chosen]


def _spread(places: Places, count: int) -> Places:
    """`count` of the places, or all where there are fewer, at even distances."""
    count = min(count, len(places))
    return places[np.arange(count) * len(places) // count]


def _png(image: Array) -> bytes:
    from PIL import Image

    picture = Image.fromarray(np.rint(image * 255).astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    file = io.BytesIO()
    picture.save(file, format="PNG", optimize=True)
    return file.getvalue()
