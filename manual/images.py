"""From images to the notes' X and Y."""

from __future__ import annotations

from manual.notation import Array, formula
from manual.shapes import check_labels


@formula(
    "image.unroll",
    r"n_x = 64 \cdot 64 \cdot 3 = 12288, \quad X = [x^{(1)} \; \cdots \; x^{(m)}] \in \mathbb{R}^{n_x \times m},"
    r"\quad Y \in \mathbb{R}^{1 \times m}",
    "images: m 64 64 3, labels: m -> X: 12288 m, Y: 1 m",
    "chapter 1; the pixels of an image in NumPy's order: row, column, colour",
    {"images": "pixel", "labels": "label"},
)
def unroll(images: Array, labels: Array) -> tuple[Array, Array]:
    """Each image (height, width, 3) becomes a column of n_x pixel values; m of them stack to X, the labels to a row Y.

    >>> import numpy as np
    >>> X, Y = unroll(np.zeros((5, 64, 64, 3)), np.zeros(5))
    >>> X.shape, Y.shape
    ((12288, 5), (1, 5))

    Raises ValueError where `images` is not (m, height, width, 3) with m > 0, `labels` is not (m,), or holds another
    number than 0 and 1.
    """
    if images.ndim != 4 or images.shape[3] != 3 or images.shape[0] == 0:
        raise ValueError(f"images has shape {images.shape}; it needs (m, height, width, 3) with at least one image")
    m = images.shape[0]
    if labels.shape != (m,):
        raise ValueError(
            f"labels has shape {labels.shape}, images has shape {images.shape}: one label per image is needed"
        )
    check_labels("labels", labels)
    X = images.reshape(m, -1).T
    Y = labels.reshape(1, m)
    return X, Y
