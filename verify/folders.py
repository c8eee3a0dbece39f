"""The folders of images that a user may give: the course's h5 files, or IDX files such as Fashion-MNIST's.

Both come as training images, their labels, test images, their labels: `(m, height, width, 3)` or, grey,
`(m, height, width)`, whole numbers from 0 to 255, and `(m,)` in {0, 1}.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from verify import h5, idx
from verify.errors import UserError, nearest

Array = np.ndarray[Any, Any]
Parts: TypeAlias = tuple[Array, Array, Array, Array]

CATS = ("train_catvnoncat.h5", "test_catvnoncat.h5")
IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def kind(folder: Path, known: Collection[str]) -> Literal["cats", "idx"]:
    """Which files the folder holds: one file of a kind decides, and what is missing beside it is seen when it is read.

    `known` are the names that may be given instead. Raises UserError where the folder is missing, is no folder, cannot
    be listed, or holds neither kind of file or both.
    """
    try:
        names = {entry.name.removesuffix(".gz") for entry in folder.iterdir()}
    except FileNotFoundError:
        found = f"does not exist{nearest(folder.name, known)}"
    except NotADirectoryError:
        found = "is not a folder"
    except (OSError, ValueError) as error:
        found = f"cannot be listed ({getattr(error, 'strerror', error)})"
    else:
        course, others = bool(names & set(CATS)), bool(names & set(IDX))
        if course != others:
            return "cats" if course else "idx"
        found = "holds files of both kinds" if course else "holds neither kind of file"
    raise UserError(
        f"{folder} {found}; give the folder that holds either {' and '.join(CATS)} or {', '.join(IDX)}, each plain or "
        f".gz; or name one of {', '.join(known)}"
    )


def cats(folder: Path) -> Parts:
    """The course's own images. Raises UserError on whatever is wrong with the two files."""
    train, train_labels = h5.read(folder / CATS[0], "train_set_x", "train_set_y")
    test, test_labels = h5.read(folder / CATS[1], "test_set_x", "test_set_y")
    _agree(train, test, folder)
    return train, train_labels, test, test_labels


def two_classes(folder: Path, classes: tuple[int, int]) -> Parts:
    """The images of two classes of an IDX set, in their order there; the label says which of the two it is.

    Where a file is there plain and as .gz, the plain one is read. Raises UserError on whatever is wrong with the four
    files, and where the two classes are the same or not both in each part.
    """
    if classes[0] == classes[1]:
        raise UserError(f"the two classes are both {classes[0]}; choose two different ones")
    images, labels, test_images, test_labels = (_plain_or_gz(folder / name) for name in IDX)
    train, test = _chosen(images, labels, classes), _chosen(test_images, test_labels, classes)
    _agree(train[0], test[0], folder)
    return *train, *test


def _chosen(images: Path, labels: Path, classes: tuple[int, int]) -> tuple[Array, Array]:
    X, y = idx.images_and_labels(images, labels)
    there = np.unique(y).tolist()
    for number in classes:
        if number not in there:
            raise UserError(
                f"class {number} is not in {labels}, which holds {', '.join(map(str, there))}; choose two of those"
            )
    chosen = np.isin(y, classes)
    return X[chosen], (y[chosen] == classes[1]).astype(np.uint8)


def _plain_or_gz(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.gz")
    return packed if packed.is_file() and not path.is_file() else path


def _agree(train: Array, test: Array, folder: Path) -> None:
    if train.shape[1:] != test.shape[1:]:
        raise UserError(
            f"the training images in {folder} have shape {train.shape[1:]}, but the test images {test.shape[1:]}; the "
            "two must agree"
        )
