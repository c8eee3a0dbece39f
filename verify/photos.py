"""scikit-learn's two photos, cut into tiles of 64×64 pixels: real images of the notes' size without a download."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.errors import UserError

Array = np.ndarray[Any, Any]

TILE = 64
TEST = 50
# Tiles overlap inside the left halves, which makes 108 of them a photo; in the right halves they do not overlap.
TRAIN_STRIDE, TEST_STRIDE = 32, 64


def cut(m_train: int) -> tuple[Array, Array, Array, Array]:
    """Training images and labels from the left halves, 50 test images and labels from the right ones.

    Shapes: images `(m, 64, 64, 3)`, whole numbers 0 to 255; labels `(m,)`, 0 for the first photo and 1 for the second.
    Raises UserError where the photos do not give m_train tiles.
    """
    from sklearn.datasets import load_sample_image

    photos = [load_sample_image(name) for name in ("china.jpg", "flower.jpg")]
    middle = photos[0].shape[1] // 2
    left = [_tiles(photo[:, :middle], TRAIN_STRIDE) for photo in photos]
    right = [_tiles(photo[:, middle:], TEST_STRIDE) for photo in photos]
    most = sum(map(len, left))
    if not 2 <= m_train <= most:
        raise UserError(f"{m_train} training tiles were asked for, but the photos give 2 to {most}; ask for as many")
    return *_draw(left, m_train, seed=0), *_draw(right, TEST, seed=1)


def _tiles(half: Array, stride: int) -> Array:
    height, width = half.shape[:2]
    corners = [(r, c) for r in range(0, height - TILE + 1, stride) for c in range(0, width - TILE + 1, stride)]
    return np.stack([half[r : r + TILE, c : c + TILE] for r, c in corners])


def _draw(tiles: list[Array], m: int, seed: int) -> tuple[Array, Array]:
    """m tiles, half of them of each photo (one more of the first where m is odd), shuffled, with their labels."""
    # The legacy generator's stream is frozen: the same tiles with every NumPy.
    rng = np.random.RandomState(seed)
    counts = (m - m // 2, m // 2)
    chosen = [photo[rng.permutation(len(photo))[:count]] for photo, count in zip(tiles, counts, strict=True)]
    order = rng.permutation(m)
    return np.concatenate(chosen)[order], np.repeat([0, 1], counts)[order]
