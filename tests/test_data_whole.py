"""Every data set whole: its words, its shapes, its numbers, and which of its pictures a report shows."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from manual.images import unroll
from tests.figures import figures
from verify import datasets, folders, h5, idx, photos
from verify.contact_sheet import contact_sheet, shown
from verify.datasets import Dataset, check_layers, load, record, thumbnails
from verify.errors import UserError
from verify.planar import flower

ARRAYS = ("X_train", "Y_train", "X_test", "Y_test")


def whole(data: Dataset) -> dict[str, Any]:
    """Of each array the ends, and sums of which no two orders share both; of a photo, that JPEG decodes, the shape."""
    found = {field.name: getattr(data, field.name) for field in fields(data)}
    for name in ARRAYS:
        x = found[name]
        places = np.arange(x.size).reshape(x.shape) % 1009
        drawn = data.image_shape != (64, 64, 3) or len(x) == 1
        shown = f"{figures(x)} Σ {np.sum(x**2):.6g} {np.sum(x * places):.6g}" if drawn else f"{x.dtype} {x.shape}"
        found[name] = f"{shown} {x.flags.c_contiguous}"
    return found


@pytest.mark.parametrize("name", datasets.NAMES)
def test_a_data_set_is_what_it_was(name: str, snapshot: Any) -> None:
    assert whole(load(name)) == snapshot


def small(colour: bool) -> folders.Parts:
    shape = (2, 3, 3) if colour else (2, 3)
    pixels = np.arange(5 * 18 if colour else 5 * 6, dtype=np.uint8).reshape(5, *shape)
    return pixels[:3], np.array([0, 1, 1]), pixels[3:], np.array([1, 0])


@pytest.mark.parametrize("kind", ["cats", "idx"])
def test_the_set_of_a_folder_is_its_images_and_says_what_is_known_of_them(
    kind: str, snapshot: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(folders, "cats", lambda folder: small(True))
    monkeypatch.setattr(folders, "two_classes", lambda folder, classes: small(False))
    folder = Path("some") / "folder"
    data = datasets.cats(folder) if kind == "cats" else datasets.idx_images(folder, (3, 7))
    assert whole(data) == snapshot


def test_colour_images_become_the_columns_that_the_notes_make_of_them() -> None:
    images, labels, _, _ = small(True)
    X, Y = datasets._columns(images, labels)
    want = unroll(images, labels)
    assert [X.tolist(), Y.tolist()] == [(want[0] / 255).tolist(), want[1].tolist()]


def test_a_record_is_the_set_in_words_and_counts_and_a_dozen_of_its_pictures() -> None:
    X, Y = np.arange(60.0).reshape(4, 15) / 60, (np.arange(15) % 3 == 0).reshape(1, 15) * 1.0
    data = Dataset("a", X, Y, X[:, :4], Y[:, :4], (2, 2), "b", "c", "d")
    pictures = tuple(thumbnails(data))
    assert record(data) == datasets.DataRecord(
        name="a", shape=(4, 15), positives=5, negatives=10, source="b", licence="c", note="d", images=pictures,
        test_shape=(4, 4), test_positives=2, test_negatives=2,
    )  # fmt: skip
    assert len(pictures) == 12
    assert pictures == contact_sheet(X.T.reshape(15, 2, 2), Y[0], 12)
    assert thumbnails(replace(data, image_shape=None)) == ()


@pytest.mark.parametrize(
    ("labels", "count", "places"),
    [
        ([0, 1, 0, 1, 0], 5, [0, 1, 2, 3, 4]),
        ([0, 1, 0, 1, 0], 9, [0, 1, 2, 3, 4]),
        ([0] * 7, 3, [0, 2, 4]),
        ([0] * 6 + [1], 3, [0, 3, 6]),
        ([1] * 6 + [0], 4, [0, 2, 4, 6]),
        ([0] * 5 + [1] * 2, 2, [0, 5]),
        ([0, 1] * 3, 3, [0, 1, 3]),
        ([0] * 5 + [1] * 2, 1, [0]),
        ([0] * 5 + [1] * 2, 0, []),
        ([], 3, []),
    ],
)
def test_the_pictures_are_evenly_spread_and_of_both_labels(labels: list[int], count: int, places: list[int]) -> None:
    assert shown(np.array(labels), count) == places


def test_a_picture_is_packed_as_small_as_png_can() -> None:
    image = np.linspace(0, 1, 12).reshape(2, 2, 3)
    pixels = np.kron(np.rint(image * 255), np.ones((32, 32, 1))).astype(np.uint8)
    sizes = []
    for small in (True, False):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, format="PNG", optimize=small)
        sizes.append(len(file.getvalue()))
    (picture,) = contact_sheet(image[None], np.zeros(1), 1)
    assert len(picture) == sizes[0] < sizes[1]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(picture))), pixels)


def test_the_flower_is_two_petals_by_its_formula() -> None:
    rng = np.random.RandomState(3)
    X, Y = flower(6, seed=3)
    for column, start in ((slice(0, 3), 0.0), (slice(3, 6), 3.12)):
        theta = np.linspace(start, start + 3.12, 3) + rng.randn(3) * 0.2
        r = 4 * np.sin(4 * theta) + rng.randn(3) * 0.2
        assert X[:, column].tolist() == [(r * np.sin(theta)).tolist(), (r * np.cos(theta)).tolist()]
    assert Y.tolist() == [[0, 0, 0, 1, 1, 1]]


def test_tiles_are_half_of_each_photo_in_an_order_drawn_with_the_seed() -> None:
    tiles = [np.arange(4), np.arange(10, 14)]
    for m, seed in ((5, 0), (4, 1)):
        rng = np.random.RandomState(seed)
        first, second = rng.permutation(4)[: m - m // 2], 10 + rng.permutation(4)[: m // 2]
        order = rng.permutation(m)
        chosen, labels = photos._draw(tiles, m, seed)
        assert chosen.tolist() == np.concatenate([first, second])[order].tolist()
        assert labels.tolist() == (chosen >= 10).astype(int).tolist()


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"),
    [(130, 97, (0, 32, 64), (0, 32)), (127, 95, (0, 32), (0,)), (128, 96, (0, 32, 64), (0, 32)), (64, 64, (0,), (0,))],
)
def test_tiles_stand_at_every_stride_up_to_the_edge(height: int, width: int, rows: Any, columns: Any) -> None:
    half = np.arange(height * width).reshape(height, width)
    found = photos._tiles(half, 32)
    corners = [(r, c) for r in rows for c in columns]
    assert [tile[0, 0] for tile in found] == [half[at] for at in corners]
    assert all(np.array_equal(t, half[r : r + 64, c : c + 64]) for t, (r, c) in zip(found, corners, strict=True))


def test_two_tiles_are_the_least(monkeypatch: Any) -> None:
    assert [part.shape for part in photos.cut(2)] == [(2, 64, 64, 3), (2,), (50, 64, 64, 3), (50,)]
    with pytest.raises(
        UserError, match=r"^1 training tiles were asked for, but the photos give 2 to 216; ask for as many$"
    ):
        photos.cut(1)


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ((), "the layers '' are fewer than two; give input and output at least, such as '4,1'"),
        ((4,), "the layers '4' are fewer than two; give input and output at least, such as '4,1'"),
        ((4, 1, 0, 1), "layer 2 of '4,1,0,1' has 0 units; every layer needs at least 1"),
        ((0, 1), "layer 0 of '0,1' has 0 units; every layer needs at least 1"),
        ((3, 1), "the layers '3,1' begin with 3, but an example of a has 4 features; begin with 4"),
        ((4, 1, 2), "the layers '4,1,2' end with 2 units, but a label is one number, 0 or 1; end with 1"),
    ],
)  # fmt: skip
def test_layers_that_do_not_fit_are_told_in_a_whole_sentence(layers: tuple[int, ...], sentence: str) -> None:
    x = np.zeros((4, 2))
    data = Dataset("a", x, x, x, x, None, "", "", "")
    with pytest.raises(UserError) as caught:
        check_layers(layers, data)
    assert str(caught.value) == sentence
    check_layers((4, 1, 1), data)


# --- what cannot be read ----------------------------------------------------------------------------------------------
def said(of: Any) -> str:
    with pytest.raises(UserError) as caught:
        of()
    return str(caught.value)


def test_a_file_that_breaks_while_it_is_read_is_told_by_the_first_line_of_its_error(
    tmp_path: Path, monkeypatch: Any
) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "train.h5"
    path.write_text("no h5")

    def broken(*given: Any) -> Any:
        assert given == (path, "r")
        raise errors.pop()

    monkeypatch.setattr(h5py, "File", broken)
    errors: list[Exception] = [KeyError(), ValueError("first\nsecond")]
    for why in ("first", "KeyError"):
        assert said(lambda: h5.read(path, "x", "y")) == (
            f"{path} cannot be read as an h5 file ({why}); it may be truncated or not an h5 file at all: fetch it again"
        )


def test_an_empty_h5_file_says_so_and_another_lists_what_it_holds(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "train.h5"
    with h5py.File(path, "w"):
        pass
    assert said(lambda: h5.read(path, "x", "y")) == (
        f"{path} holds no array named 'x', only nothing; give the course's own file"
    )
    with h5py.File(path, "w") as file:
        file["b"], file["a"] = np.zeros(1), np.zeros(1)
    assert said(lambda: h5.read(path, "x", "y")) == (
        f"{path} holds no array named 'x', only 'a', 'b'; give the course's own file"
    )


def test_h5_arrays_are_read_as_they_are_whatever_kind_of_number_they_are(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "train.h5"
    for dtype in (np.uint8, np.int64, np.float64):
        X, Y = np.full((2, 1, 2, 3), 255).astype(dtype), np.array([0, 1]).astype(dtype)
        X[0] = 0
        with h5py.File(path, "w") as file:
            file["x"], file["y"] = X, Y
        found = h5.read(path, "x", "y")
        assert [(x.dtype, x.tolist()) for x in found] == [(dtype, X.tolist()), (dtype, Y.tolist())]


def test_h5py_that_is_not_installed_is_asked_for(tmp_path: Path, monkeypatch: Any) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "h5py", None)
    assert said(lambda: h5.read(tmp_path / "train.h5", "x", "y")) == (
        "reading train.h5 needs the package h5py, which is not installed: pip install 'handgrad[cats]'"
    )


def test_a_file_is_read_in_steps_to_the_byte(monkeypatch: Any) -> None:
    from io import BytesIO

    monkeypatch.setattr(idx, "STEP", 4)
    asked: list[int] = []

    class Counted(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size or 0)
            return super().read(size)

    for size, steps, rest in (
        (10, [4, 4, 2], b""),
        (8, [4, 4], b"ij"),
        (9, [4, 4, 1], b"j"),
        (12, [4, 4, 4, 2], b""),
        (0, [], b"abcdefghij"),
    ):
        asked.clear()
        file = Counted(b"abcdefghij")
        assert idx._up_to(file, size) == b"abcdefghij"[:size]
        assert asked == steps
        assert file.getvalue()[file.tell() :] == rest


def test_an_idx_file_that_is_missing_is_asked_for_by_its_plain_name(tmp_path: Path) -> None:
    for name in ("images", "images.gz"):
        assert said(lambda name=name: idx.read(tmp_path / name, 3)) == (  # type: ignore[misc]
            f"{tmp_path / name} does not exist or is not a file; give the folder that holds images, plain or as .gz"
        )


def test_what_is_no_idx_file_or_one_of_another_array_is_told_in_whole_sentences(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_bytes(b"")
    again = "it may be cut off or no IDX file at all: fetch it again"
    assert said(lambda: idx.read(path, 1)) == f"{path} is empty, expected 00 00 08 01; {again}"
    path.write_bytes(bytes([0, 0, 8, 3]))
    assert said(lambda: idx.read(path, 1)) == (
        f"{path} holds an array with 3 axes, expected 1: (m,); give images under the name of images, and labels under "
        "that of labels"
    )


def test_a_folder_that_cannot_be_listed_says_why(tmp_path: Path) -> None:
    rest = (
        "; give the folder that holds either train_catvnoncat.h5 and test_catvnoncat.h5 or train-images-idx3-ubyte, "
        "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each plain or "
        ".gz; or name one of one, two"
    )
    long = tmp_path / ("x" * 5000)
    for folder, found in (
        (long, "cannot be listed (File name too long)"),
        (Path("no\0name"), "cannot be listed (embedded null byte)"),
        (tmp_path / "on", "does not exist (did you mean 'one'?)"),
        (tmp_path, "holds neither kind of file"),
        (Path(__file__), "is not a folder"),
    ):
        assert said(lambda folder=folder: folders.kind(folder, ["one", "two"])) == f"{folder} {found}{rest}"  # type: ignore[misc]
    (tmp_path / "t10k-labels-idx1-ubyte.gz").touch()
    assert folders.kind(tmp_path, []) == "idx"
    course = tmp_path / "course"
    course.mkdir()
    for place in (course, tmp_path):
        (place / "test_catvnoncat.h5").touch()
    assert folders.kind(course, []) == "cats"
    assert said(lambda: folders.kind(tmp_path, ["one", "two"])) == f"{tmp_path} holds files of both kinds{rest}"


def test_images_of_two_sizes_and_a_class_that_is_chosen_twice_are_told_in_whole_sentences(
    tmp_path: Path, monkeypatch: Any
) -> None:
    parts = {"train": np.zeros((2, 3, 4, 3)), "test": np.zeros((2, 4, 3, 3))}
    monkeypatch.setattr(h5, "read", lambda path, images, labels: (parts[path.name.partition("_")[0]], np.zeros(2)))
    shapes = "have shape (3, 4, 3), but the test images (4, 3, 3); the two must agree"
    assert said(lambda: folders.cats(tmp_path)) == f"the training images in {tmp_path} {shapes}"
    monkeypatch.setattr(idx, "images_and_labels", lambda images, labels: (parts[images.name[:5]], np.array([3, 7])))
    parts["train"], parts["t10k-"] = np.zeros((2, 3, 4)), np.zeros((2, 4, 3))
    shapes = "have shape (3, 4), but the test images (4, 3); the two must agree"
    assert said(lambda: folders.two_classes(tmp_path, (3, 7))) == f"the training images in {tmp_path} {shapes}"
    parts["t10k-"] = parts["train"]
    for found in folders.two_classes(tmp_path, (7, 3))[1::2]:
        assert (found.tolist(), found.dtype) == ([1, 0], np.uint8)
    assert (
        said(lambda: folders.two_classes(tmp_path, (7, 7))) == "the two classes are both 7; choose two different ones"
    )


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        (
            np.zeros((2, 5, 4, 3)),
            np.zeros(3),
            ("'y' in {} has shape (3,), but 'x' has shape (2, 5, 4, 3): expected one label an image, shape (2,)"),
        ),
        (
            np.full((1, 1, 1, 3), 256),
            np.zeros(1),
            (
                "'x' in {} holds 256 at [0, 0, 0, 0], expected a whole number from 0 "
                "to 255; correct the file or leave that example out"
            ),
        ),
        (
            np.full((1, 1, 1, 3), 255),
            np.full(1, 2),
            ("'y' in {} holds 2 at [0], expected 0 or 1; correct the file or leave that example out"),
        ),
        (
            np.zeros((0, 1, 1, 3)),
            np.zeros(0),
            ("'x' in {} has shape (0, 1, 1, 3), which is empty; at least one image is needed"),
        ),
        (
            np.zeros((2, 1, 3)),
            np.zeros(2),
            ("'x' in {} has shape (2, 1, 3), expected (m, height, width, 3): one image a row"),
        ),
    ],
)
def test_arrays_that_are_no_images_and_labels_are_told_in_whole_sentences(
    x: Any, y: Any, sentence: str, tmp_path: Path
) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "train.h5"
    with h5py.File(path, "w") as file:
        file["x"], file["y"] = x, y
    assert said(lambda: h5.read(path, "x", "y")) == sentence.format(path)
