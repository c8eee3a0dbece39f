"""The data sets: what they hold, and one sentence for everything that can be wrong with data or layers."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from verify import datasets
from verify.datasets import NAMES, Dataset, check_layers, load, record, thumbnails
from verify.errors import UserError


@pytest.fixture(scope="module")
def tiles() -> Dataset:
    return datasets.tiles()


@pytest.mark.parametrize("make", [datasets.tiles, datasets.breast_cancer, datasets.digits, datasets.planar])
def test_a_set_that_is_not_columns_of_finite_numbers_with_labels_would_break_every_formula(
    make: Callable[[], Dataset],
) -> None:
    data = make()
    for X, Y in ((data.X_train, data.Y_train), (data.X_test, data.Y_test)):
        assert X.dtype == Y.dtype == np.float64
        assert Y.shape == (1, X.shape[1])
        assert np.isfinite(X).all()
        assert set(Y.ravel()) == {0.0, 1.0}
    assert data.X_train.shape[0] == data.X_test.shape[0]
    assert data.note
    assert data.licence
    again = make()
    assert np.array_equal(data.X_train, again.X_train)
    assert np.array_equal(data.Y_test, again.Y_test)


def test_tiles_have_the_sizes_of_the_notes_and_two_halves_that_share_no_pixel(tiles: Dataset) -> None:
    assert tiles.X_train.shape == (12288, 209)
    assert tiles.X_test.shape == (12288, 50)
    assert (tiles.Y_train.sum(), tiles.Y_test.sum()) == (104, 25)
    assert tiles.X_train.min() >= 0
    assert tiles.X_train.max() <= 1
    photos = _photos()
    width = photos[0].shape[1]
    for X, Y, columns in (
        (tiles.X_train, tiles.Y_train, slice(0, width // 2)),
        (tiles.X_test, tiles.Y_test, slice(width // 2, width)),
    ):
        known = [_windows(photo[:, columns]) for photo in photos]
        for column, label in zip(X.T, Y[0], strict=True):
            pixels = np.rint(column * 255).astype(np.uint8).tobytes()
            assert pixels in known[int(label)]
            assert pixels not in known[1 - int(label)]


def _photos() -> list[np.ndarray[Any, Any]]:
    from sklearn.datasets import load_sample_image

    return [load_sample_image(name) for name in ("china.jpg", "flower.jpg")]


def _windows(half: np.ndarray[Any, Any]) -> set[bytes]:
    """Every 64×64 window at a multiple of 32, an independent way to the same tiles."""
    views = np.lib.stride_tricks.sliding_window_view(half, (64, 64), axis=(0, 1))[::32, ::32]
    return {view.transpose(1, 2, 0).tobytes() for row in views for view in row}


def test_no_two_training_tiles_and_no_two_test_tiles_are_the_same(tiles: Dataset) -> None:
    assert len({column.tobytes() for column in tiles.X_train.T}) == 209
    assert len({column.tobytes() for column in tiles.X_test.T}) == 50


def test_a_logistic_regression_learns_something_from_the_tiles_and_does_not_solve_them(tiles: Dataset) -> None:
    """Plain descent by the notes' own rows; 25 of 50 would be guessing, and the two photos are no easy pair."""
    X, Y = tiles.X_train, tiles.Y_train
    w, b = np.zeros((X.shape[0], 1)), 0.0
    for _ in range(500):
        dZ = 1 / (1 + np.exp(-(w.T @ X + b))) - Y
        w -= 0.005 * (X @ dZ.T) / X.shape[1]
        b -= 0.005 * dZ.mean()
    right = int(((w.T @ tiles.X_test + b > 0) == tiles.Y_test).sum())
    print(f"logistic regression: {right} of 50 test tiles right")
    assert 33 <= right < 50  # 33 or more by guessing: once in 60


def test_more_tiles_than_the_photos_hold_is_refused() -> None:
    assert datasets.tiles(216).X_train.shape == (12288, 216)
    with pytest.raises(UserError, match=r"217 training tiles .* 2 to 216"):
        datasets.tiles(217)
    with pytest.raises(UserError, match="0 training tiles"):
        datasets.tiles(0)


def test_the_planar_set_is_the_course_s_own() -> None:
    """The course's script, one point after another, with its seed."""
    np.random.seed(1)
    points = np.zeros((400, 2))
    for j in range(2):
        t = np.linspace(j * 3.12, (j + 1) * 3.12, 200) + np.random.randn(200) * 0.2
        r = 4 * np.sin(4 * t) + np.random.randn(200) * 0.2
        points[200 * j : 200 * (j + 1)] = np.c_[r * np.sin(t), r * np.cos(t)]
    assert np.array_equal(datasets.planar().X_train, points.T)


def test_thumbnails_are_the_pixels_that_were_unrolled(tiles: Dataset) -> None:
    pictures = thumbnails(tiles, 3)
    assert pictures == thumbnails(tiles, 3)
    first = np.asarray(Image.open(io.BytesIO(pictures[0])))
    assert np.array_equal(first.reshape(-1), np.rint(tiles.X_train[:, 0] * 255))
    assert len(thumbnails(tiles, 500)) == 209
    assert Image.open(io.BytesIO(thumbnails(datasets.digits(), 1)[0])).size == (64, 64)
    assert thumbnails(datasets.planar()) == ()


def sheet(labels: list[int], count: int = 12) -> list[int]:
    """The labels of the pictures that are shown: each is as grey as its label says."""
    Y = np.array([labels], dtype=np.float64)
    pictures = thumbnails(Dataset("grey", Y, Y, Y, Y, (1, 1), "", "", ""), count)
    return [int(np.asarray(Image.open(io.BytesIO(picture)))[0, 0] == 255) for picture in pictures]


def test_a_contact_sheet_shows_both_labels_wherever_they_stand() -> None:
    assert sheet([0, 1] * 50) == [i * 100 // 12 % 2 for i in range(12)]
    assert sheet([0] * 500 + [1]) == [0] * 11 + [1]
    assert sheet([0] + [1] * 500) == [0] + [1] * 11
    assert sheet([0] * 600 + [1] * 20) == [0] * 6 + [1] * 6
    assert sheet([0, 1]) == [0, 1]
    assert sheet([0] * 30) == [0] * 12
    assert sheet([0] * 30 + [1], 1) == [0]
    assert sheet([0] * 30 + [1], 2) == [0, 1]


def test_the_record_counts_what_is_there(tiles: Dataset) -> None:
    shown = record(tiles)
    assert (shown.test_shape, shown.test_positives, shown.test_negatives) == ((12288, 50), 25, 25)
    assert (shown.shape, shown.positives, shown.negatives, len(shown.images)) == ((12288, 209), 104, 105, 12)


# --- the course's files ---------------------------------------------------------------------------------------------


def test_without_a_path_the_tiles_are_loaded_and_with_one_the_course_s_images(
    tiles: Dataset, cats_folder: Path
) -> None:
    assert load(None).name == tiles.name
    cats = load(cats_folder)
    assert cats.X_train.shape == (12288, 209)
    assert cats.X_test.shape == (12288, 50)
    assert (cats.Y_train.sum(), cats.Y_test.sum()) == (72, 33)
    assert cats.image_shape == (64, 64, 3)
    assert 0 <= cats.X_train.min() < cats.X_train.max() <= 1


def test_a_truncated_copy_of_the_course_s_file_is_one_sentence(cats_folder: Path, tmp_path: Path) -> None:
    for name in ("train_catvnoncat.h5", "test_catvnoncat.h5"):
        shutil.copyfile(cats_folder / name, tmp_path / name)
    whole = (tmp_path / "test_catvnoncat.h5").read_bytes()
    for size in (0, 7, 2000, len(whole) // 2, len(whole) - 1):
        (tmp_path / "test_catvnoncat.h5").write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"test_catvnoncat\.h5 cannot be read .* truncated"):
            load(tmp_path)


def write_h5(folder: Path, part: str, **arrays: Any) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / f"{part}_catvnoncat.h5", "w") as file:
        for name, array in arrays.items():
            file[f"{part}_set_{name}"] = array


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Three training and two test images of 4×5 pixels, made here."""
    pixels = np.random.default_rng(3).integers(0, 256, (5, 4, 5, 3), dtype=np.uint8)
    write_h5(tmp_path, "train", x=pixels[:3], y=np.array([0, 1, 1]))
    write_h5(tmp_path, "test", x=pixels[3:], y=np.array([1, 0]))
    return tmp_path


def test_columns_of_an_h5_set_are_its_images_unrolled_and_divided_by_255(small: Path) -> None:
    import h5py

    data = load(small)
    with h5py.File(small / "train_catvnoncat.h5") as file:
        for i, image in enumerate(file["train_set_x"]):
            assert np.array_equal(data.X_train[:, i], image.ravel() / 255)
    assert data.Y_train.tolist() == [[0.0, 1.0, 1.0]]


PIXELS = np.full((2, 4, 5, 3), 7, dtype=np.uint8)
LABELS = np.array([0, 1])
NAN = np.where(np.arange(120).reshape(PIXELS.shape) == 1, np.nan, 7.0)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"y": LABELS}, "no array named 'test_set_x', only 'test_set_y'"),
        ({"x": PIXELS}, "no array named 'test_set_y'"),
        ({"x/deeper": PIXELS, "y": LABELS}, "'test_set_x' in .* is a group"),
        ({"x": PIXELS.reshape(2, 60), "y": LABELS}, r"shape \(2, 60\), expected \(m, height, width, 3\)"),
        ({"x": PIXELS[..., :1], "y": LABELS}, r"shape \(2, 4, 5, 1\), expected"),
        ({"x": PIXELS, "y": np.array([0, 1, 1])}, r"shape \(3,\), but 'test_set_x' has shape \(2, 4, 5, 3\)"),
        ({"x": PIXELS, "y": LABELS.reshape(1, 2)}, r"shape \(1, 2\), but"),
        ({"x": PIXELS[:0], "y": LABELS[:0]}, "empty; at least one image is needed"),
        ({"x": PIXELS, "y": np.array([0, 2])}, r"'test_set_y' in .* holds 2 at \[1\], expected 0 or 1"),
        ({"x": PIXELS, "y": np.array([0.5, 1])}, r"holds 0.5 at \[0\]"),
        ({"x": PIXELS, "y": np.array([-1, 1])}, r"holds -1 at \[0\]"),
        ({"x": NAN, "y": LABELS}, r"holds nan at \[0, 0, 0, 1\], expected a whole number from 0 to 255"),
        ({"x": np.where(np.isnan(NAN), np.inf, 7.0), "y": LABELS}, r"holds inf at \[0, 0, 0, 1\]"),
        ({"x": PIXELS.astype(np.int64) * 100, "y": LABELS}, "holds 700 at"),
        ({"x": PIXELS.astype(bool), "y": LABELS}, "has the type bool, expected whole numbers"),
        ({"x": PIXELS, "y": np.array([b"cat", b"dog"])}, "has the type"),
        ({"x": np.full((2, 3, 5, 3), 7), "y": LABELS}, r"shape \(4, 5, 3\), but the test images \(3, 5, 3\)"),
    ],
)
def test_unusable_h5_content_is_one_sentence(small: Path, arrays: dict[str, Any], sentence: str) -> None:
    write_h5(small, "test", **arrays)
    with pytest.raises(UserError, match=sentence) as caught:
        load(small)
    assert "\n" not in str(caught.value)


def test_an_unusable_path_is_one_sentence(small: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(UserError, match="nowhere does not exist; give the folder"):
        load(small / "nowhere")
    with pytest.raises(UserError, match="is not a folder"):
        load(small / "train_catvnoncat.h5")
    with pytest.raises(UserError, match=r"holds neither kind .* train_catvnoncat\.h5 .* or train-images-idx3-ubyte"):
        load(tmp_path_factory.mktemp("empty"))
    (small / "train_catvnoncat.h5").rename(small / "elsewhere.h5")
    with pytest.raises(UserError, match=r"train_catvnoncat\.h5 does not exist or is not a file"):
        load(small)
    (small / "elsewhere.h5").rename(small / "train_catvnoncat.h5")
    (small / "test_catvnoncat.h5").write_text("no h5 at all")
    with pytest.raises(UserError, match="cannot be read as an h5 file"):
        load(small)


# --- IDX files -------------------------------------------------------------------------------------------------------

TRAIN_CLASSES, TEST_CLASSES = [3, 0, 1, 3, 7, 1, 0, 3], [7, 3, 1, 0]
IDX = {"train": ("train", TRAIN_CLASSES), "test": ("t10k", TEST_CLASSES)}


def write_idx(folder: Path, name: str, array: np.ndarray[Any, Any], packed: bool = False) -> None:
    content = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
    (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(content) if packed else content)


def write_part(folder: Path, part: str, images: np.ndarray[Any, Any], classes: list[int], packed: bool = False) -> None:
    write_idx(folder, f"{part}-images-idx3-ubyte", images, packed)
    write_idx(folder, f"{part}-labels-idx1-ubyte", np.array(classes, np.uint8), packed)


def grey(m: int) -> np.ndarray[Any, Any]:
    """m images of 2×3 pixels, all of them different; the extremes 0 and 255 among them."""
    return np.linspace(0, 255, m * 6).astype(np.uint8).reshape(m, 2, 3)


@pytest.fixture(params=[False, True], ids=["plain", "gzip"])
def idx(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with eight training and four test images, of the classes 0, 1, 3 and 7."""
    write_part(tmp_path, "train", grey(8), TRAIN_CLASSES, request.param)
    write_part(tmp_path, "t10k", grey(4), TEST_CLASSES, request.param)
    return tmp_path


@pytest.mark.parametrize("classes", [None, (0, 1), (1, 0), (3, 7), (7, 3)])
def test_an_idx_set_is_the_images_of_two_classes_the_first_labelled_0_and_the_second_1(
    idx: Path, classes: tuple[int, int] | None
) -> None:
    data = load(idx, classes)
    first, second = classes or (0, 1)
    for X, Y, images, numbers in (
        (data.X_train, data.Y_train, grey(8), TRAIN_CLASSES),
        (data.X_test, data.Y_test, grey(4), TEST_CLASSES),
    ):
        wanted = [(image, number) for image, number in zip(images, numbers, strict=True) if number in (first, second)]
        assert np.array_equal(X, np.stack([image.ravel() / 255 for image, _ in wanted], axis=1))
        assert Y.tolist() == [[float(number == second) for _, number in wanted]]
        assert X.dtype == Y.dtype == np.float64
        assert X.min() >= 0
        assert X.max() <= 1
    assert data.image_shape == (2, 3)
    assert data.name == f"IDX classes {first} and {second}"
    assert str(idx) in data.source


def test_every_pixel_from_0_to_255_becomes_a_number_from_0_to_1(tmp_path: Path) -> None:
    images = np.arange(256, dtype=np.uint8).reshape(2, 8, 16)
    for part in ("train", "t10k"):
        write_part(tmp_path, part, images, [0, 1])
    data = load(tmp_path)
    assert data.X_train.T.ravel().tolist() == [pixel / 255 for pixel in range(256)]
    assert (data.X_train.min(), data.X_train.max()) == (0, 1)


def test_the_record_of_an_idx_set_tells_both_parts_and_shows_grey_pictures(idx: Path) -> None:
    shown = record(load(idx, (0, 3)))
    assert (shown.shape, shown.positives, shown.negatives) == ((6, 5), 3, 2)
    assert (shown.test_shape, shown.test_positives, shown.test_negatives) == ((6, 2), 1, 1)
    assert len(shown.images) == 5
    picture = Image.open(io.BytesIO(shown.images[0]))
    assert (picture.size, picture.mode) == ((64, 64), "L")
    assert np.asarray(picture)[[0, 0, 0, 63, 63, 63], [0, 31, 63, 0, 31, 63]].tolist() == grey(8)[0].ravel().tolist()


def test_a_plain_file_beside_a_packed_one_is_the_one_that_is_read(tmp_path: Path) -> None:
    for part, numbers in IDX.values():
        write_part(tmp_path, part, grey(len(numbers)), numbers)
        write_part(tmp_path, part, grey(len(numbers))[::-1], numbers, packed=True)
    assert np.array_equal(load(tmp_path, (3, 7)).X_train[:, 0], grey(8)[0].ravel() / 255)


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        ((3, 3), "the two classes are both 3; choose two different ones"),
        ((0, 9), r"class 9 is not in .*train-labels-idx1-ubyte.*, which holds 0, 1, 3, 7; choose two of those"),
        ((-1, 0), "class -1 is not in"),
        ((256, 0), "class 256 is not in"),
        ((1, 0), r"class 1 is not in .*t10k-labels-idx1-ubyte.*, which holds 0, 3, 7"),
    ],
)
def test_classes_that_cannot_be_told_apart_in_both_parts_are_one_sentence(
    idx: Path, classes: tuple[int, int], sentence: str
) -> None:
    packed = (idx / "t10k-labels-idx1-ubyte.gz").exists()
    write_part(idx, "t10k", grey(4), [7, 3, 3, 0], packed)
    with pytest.raises(UserError, match=sentence) as caught:
        load(idx, classes)
    assert "\n" not in str(caught.value)


def test_idx_files_that_do_not_belong_together_are_one_sentence(tmp_path: Path) -> None:
    write_part(tmp_path, "train", grey(8), TRAIN_CLASSES)
    with pytest.raises(UserError, match=r"t10k-images-idx3-ubyte does not exist or is not a file.* plain or as \.gz"):
        load(tmp_path)
    write_part(tmp_path, "t10k", grey(4).reshape(4, 3, 2), TEST_CLASSES)
    with pytest.raises(UserError, match=r"training images in .* have shape \(2, 3\), but the test images \(3, 2\)"):
        load(tmp_path)
    write_part(tmp_path, "t10k", grey(4), TEST_CLASSES[:3])
    with pytest.raises(UserError, match="t10k-labels-idx1-ubyte holds 3 labels, but t10k-images-idx3-ubyte holds 4"):
        load(tmp_path)
    write_idx(tmp_path, "t10k-images-idx3-ubyte", np.array(TEST_CLASSES, np.uint8))
    with pytest.raises(UserError, match="t10k-images-idx3-ubyte holds an array with 1 axes, expected 3"):
        load(tmp_path)


# --- names and paths -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("tiles", datasets.tiles),
        ("breast-cancer", datasets.breast_cancer),
        ("digits", datasets.digits),
        ("planar", datasets.planar),
    ],
)
def test_a_data_set_is_loaded_by_its_name_and_has_no_classes_to_choose(name: str, make: Callable[[], Dataset]) -> None:
    assert name in NAMES
    assert np.array_equal(load(name).X_train, make().X_train)
    with pytest.raises(UserError, match=f"classes, 0 and 1, were chosen, but {make().name} has two labels"):
        load(name, (0, 1))


def test_the_names_are_known_without_the_packages_that_are_slow_to_import(root: Path) -> None:
    script = (
        "import sys; from verify.datasets import NAMES; print(*NAMES, *{'torch', 'sklearn', 'PIL'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=root, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["tiles", "breast-cancer", "digits", "planar"]


def test_the_course_s_images_have_no_classes_to_choose(small: Path) -> None:
    with pytest.raises(UserError, match="classes, 3 and 7, were chosen, but cats has two labels"):
        load(small, (3, 7))


@pytest.mark.parametrize("given", [str, Path])
def test_a_word_that_is_neither_name_nor_folder_is_one_sentence_that_lists_both(
    given: Callable[[str], str | Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        load(given("brest-cancer"))
    assert str(caught.value) == (
        "brest-cancer does not exist (did you mean 'breast-cancer'?); give the folder that holds either "
        "train_catvnoncat.h5 and test_catvnoncat.h5 or train-images-idx3-ubyte, train-labels-idx1-ubyte, "
        "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each plain or .gz; or name one of tiles, breast-cancer, "
        "digits, planar"
    )
    for word in ("zebra", "no\0name", "x" * 5000):
        with pytest.raises(UserError, match="give the folder that holds") as caught:
            load(given(word))
        assert "\n" not in str(caught.value)


def test_a_name_is_the_data_set_and_a_path_the_folder_even_where_both_are_there(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small / "digits"
    folder.mkdir()
    for name in ("train_catvnoncat.h5", "test_catvnoncat.h5"):
        (small / name).rename(folder / name)
    monkeypatch.chdir(small)
    assert load("digits").name == "digits"
    assert load("./digits").name == "cats"
    assert load(Path("digits")).name == "cats"


def test_a_folder_with_the_files_of_both_kinds_is_not_guessed_about(small: Path) -> None:
    write_part(small, "train", grey(8), TRAIN_CLASSES)
    with pytest.raises(UserError, match="holds files of both kinds; give the folder that holds either"):
        load(small)


# --- layers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ((), "fewer than two"),
        ((12288,), "fewer than two"),
        ((100, 20, 1), "begin with 100, but an example of photo tiles has 12288 features; begin with 12288"),
        ((12288, 20, 2), "end with 2 units"),
        ((12288, 0, 1), "layer 1 of '12288,0,1' has 0 units"),
        ((12288, -3, 1), "layer 1 of .* has -3 units"),
    ],
)
def test_layers_that_do_not_fit_the_data_are_one_sentence(
    tiles: Dataset, layers: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        check_layers(layers, tiles)


def test_layers_that_fit_are_accepted(tiles: Dataset) -> None:
    check_layers((12288, 20, 7, 5, 1), tiles)
    check_layers((12288, 1), tiles)
