"""The data sets, as plain records: examples are columns, labels a row, and what each set is stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from verify import folders
from verify.contact_sheet import contact_sheet
from verify.errors import UserError
from verify.photos import cut
from verify.planar import flower
from verify.records.network import DataRecord

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class Dataset:
    """`X_train: (n_x, m)`, `Y_train: (1, m)` in {0, 1}, the same for the test part; floats, pixels between 0 and 1.

    `image_shape` is what a column was before it was unrolled, None where it is no picture.
    """

    name: str
    X_train: Array
    Y_train: Array
    X_test: Array
    Y_test: Array
    image_shape: tuple[int, ...] | None
    source: str
    licence: str
    note: str


def tiles(m_train: int = 209) -> Dataset:
    """scikit-learn's two photos, cut into 64×64×3 tiles and unrolled; the label says which photo.

    Shapes: `X_train: (12288, m_train)`, `X_test: (12288, 50)`. Raises UserError where there are not m_train tiles.
    """
    return _pictures(
        cut(m_train),
        name="photo tiles",
        source="china.jpg and flower.jpg, the two photos that scikit-learn ships",
        licence=(
            "CC BY 2.0; china.jpg by danielbuechele, flower.jpg credited by scikit-learn to danielbuechele and linked "
            "to vultilion's page; here cut into tiles"
        ),
        note=(
            "Tiles of 64×64 pixels cut out of two photographs; the label says which one (0 a temple in China, 1 a "
            "flower). Training tiles come from the left halves and overlap each other, test tiles from the right "
            "halves and do not; no pixel is in both. It is real pixel data of the size of the notes' network, not a "
            "collection of photographs, and no benchmark."
        ),
    )


def breast_cancer() -> Dataset:
    """569 tumours with 30 measurements each: `X_train: (30, 455)`, `X_test: (30, 114)`; 1 is benign."""
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    X_train, Y_train, X_test, Y_test = _split(X, y)
    mean, deviation = X_train.mean(axis=1, keepdims=True), X_train.std(axis=1, keepdims=True)
    return Dataset(
        name="breast cancer",
        X_train=(X_train - mean) / deviation,
        Y_train=Y_train,
        X_test=(X_test - mean) / deviation,
        Y_test=Y_test,
        image_shape=None,
        source="Breast Cancer Wisconsin (Diagnostic), Wolberg, Street and Mangasarian 1995, as scikit-learn ships it",
        licence="CC BY 4.0",
        note="Malignant (0) against benign (1); each measurement has mean 0 and deviation 1 over the training part.",
    )


def digits() -> Dataset:
    """1797 handwritten digits of 8×8 pixels, even (1) against odd (0): `X_train: (64, 1437)`, `X_test: (64, 360)`."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return Dataset(
        "digits",
        *_split(X / 16, y % 2 == 0),
        image_shape=(8, 8),
        source="Optical Recognition of Handwritten Digits, Alpaydin and Kaynak 1998, the part scikit-learn ships",
        licence="CC BY 4.0",
        note="Even digits (1) against odd ones (0); pixels 0 to 16 divided by 16.",
    )


def planar() -> Dataset:
    """The course's planar flower, `X_train: (2, 400)`, and as many points drawn afresh for the test."""
    return Dataset(
        "planar flower",
        *flower(400, seed=1),
        *flower(400, seed=2),
        image_shape=None,
        source="drawn by the course's formula, with seed 1 (training) and 2 (test)",
        licence="none needed: made by a formula",
        note="Points on the petals of a flower in the plane; the label says which half of the turn a point belongs to.",
    )


NAMES: Mapping[str, Callable[[], Dataset]] = {
    "tiles": tiles, "breast-cancer": breast_cancer, "digits": digits, "planar": planar,
}  # fmt: skip


def load(data: str | Path | None = None, classes: tuple[int, int] | None = None) -> Dataset:
    """What `--data` means: one of NAMES (the tiles, where nothing is given), or a folder of the user's own.

    A string that is one of NAMES means that data set; a folder that bears such a name is "./digits", or a Path. Of IDX
    files `classes` are the two to take, the first labelled 0 and the second 1; 0 and 1 where not given. Raises
    UserError on what is no data set, cannot be read, or has no classes to choose.
    """
    if data is None or data in NAMES:
        dataset = NAMES[str(data or "tiles")]()
    else:
        folder = Path(data)
        if folders.kind(folder, NAMES) == "idx":
            return idx_images(folder, classes or (0, 1))
        dataset = cats(folder)
    if classes is not None:
        raise UserError(
            f"two classes, {classes[0]} and {classes[1]}, were chosen, but {dataset.name} has two labels and no more; "
            "choose classes of IDX files alone"
        )
    return dataset


def cats(folder: Path) -> Dataset:
    """The course's own images, from `train_catvnoncat.h5` and `test_catvnoncat.h5` in `folder`.

    Shapes: `X_train: (12288, 209)`, `X_test: (12288, 50)`. Raises UserError on whatever is wrong with the two files.
    """
    return _pictures(
        folders.cats(folder),
        name="cats",
        source="train_catvnoncat.h5 and test_catvnoncat.h5, the course's own images",
        licence="not stated in the files; not part of handgrad",
        note="Photographs with a cat (1) and without one (0), as the course gives them; read from the folder given.",
    )


def idx_images(folder: Path, classes: tuple[int, int]) -> Dataset:
    """Two classes of the grey images in four IDX files, the names of which are Fashion-MNIST's and MNIST's.

    Shapes, for Fashion-MNIST: `X_train: (784, 12000)`, `X_test: (784, 2000)`; the first class is labelled 0, the second
    1. Raises UserError on whatever is wrong with the files or the choice.
    """
    first, second = classes
    return _pictures(
        folders.two_classes(folder, classes),
        name=f"IDX classes {first} and {second}",
        source=f"classes {first} and {second} of the IDX files in {folder}",
        licence=(
            "not stated in the files; not part of handgrad; if they are those of Fashion-MNIST, they are under the MIT "
            "licence, Zalando SE"
        ),
        note=(
            f"Grey images of two of the classes that the files hold, {first} (label 0) and {second} (label 1). What a "
            "class shows, and whose images they are, does not stand in such files."
        ),
    )


def check_layers(layer_sizes: Sequence[int], dataset: Dataset) -> None:
    """Raise UserError, in one sentence, where a list of layer sizes does not fit the data."""
    n_x = dataset.X_train.shape[0]
    given = ",".join(map(str, layer_sizes))
    if len(layer_sizes) < 2:
        raise UserError(f"the layers '{given}' are fewer than two; give input and output at least, such as '{n_x},1'")
    for place, size in enumerate(layer_sizes):
        if size < 1:
            raise UserError(f"layer {place} of '{given}' has {size} units; every layer needs at least 1")
    if layer_sizes[0] != n_x:
        raise UserError(
            f"the layers '{given}' begin with {layer_sizes[0]}, but an example of {dataset.name} has {n_x} features; "
            f"begin with {n_x}"
        )
    if layer_sizes[-1] != 1:
        raise UserError(
            f"the layers '{given}' end with {layer_sizes[-1]} units, but a label is one number, 0 or 1; end with 1"
        )


def thumbnails(dataset: Dataset, count: int = 12) -> tuple[bytes, ...]:
    """PNG pictures (64×64) of `count` training examples, of both labels; none where the data are no pictures."""
    if dataset.image_shape is None:
        return ()
    return contact_sheet(dataset.X_train.T.reshape(-1, *dataset.image_shape), dataset.Y_train[0], count)


def record(dataset: Dataset) -> DataRecord:
    """What a report shows of a data set: both parts, and a contact sheet of the training part."""
    positives, test_positives = int(dataset.Y_train.sum()), int(dataset.Y_test.sum())
    return DataRecord(
        name=dataset.name,
        shape=dataset.X_train.shape,
        positives=positives,
        negatives=dataset.Y_train.size - positives,
        source=dataset.source,
        licence=dataset.licence,
        note=dataset.note,
        images=thumbnails(dataset),
        test_shape=dataset.X_test.shape,
        test_positives=test_positives,
        test_negatives=dataset.Y_test.size - test_positives,
    )


def _split(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> tuple[Array, Array, Array, Array]:
    """Rows into columns, shuffled, four fifths of them for training."""
    order = np.random.RandomState(0).permutation(len(y))
    cut = len(y) * 4 // 5
    columns, labels = X[order].T, y[order].reshape(1, -1).astype(np.float64)
    return columns[:, :cut], labels[:, :cut], columns[:, cut:], labels[:, cut:]


def _pictures(parts: folders.Parts, *, name: str, source: str, licence: str, note: str) -> Dataset:
    """Training images and labels, test images and labels, as columns."""
    train, train_labels, test, test_labels = parts
    X_train, Y_train = _columns(train, train_labels)
    X_test, Y_test = _columns(test, test_labels)
    return Dataset(name, X_train, Y_train, X_test, Y_test, train.shape[1:], source, licence, note)


def _columns(images: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> tuple[Array, Array]:
    """As the notes' `image.unroll` has them, and the same of grey images; with pixels between 0 and 1."""
    return np.ascontiguousarray(images.reshape(len(images), -1).T) / 255, labels.reshape(1, -1).astype(np.float64)
