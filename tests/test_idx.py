"""IDX files: what was written is read, whether packed or not, and whatever is wrong with one is one sentence."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from verify.errors import UserError
from verify.idx import images_and_labels, read

Array = np.ndarray[Any, Any]

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(array: Array, shape: tuple[int, ...] | None = None, kind: int = 8) -> bytes:
    """The bytes of an IDX file, as its format says; `shape` is what it declares, whatever it holds."""
    declared = array.shape if shape is None else shape
    return struct.pack(f">4B{len(declared)}I", 0, 0, kind, len(declared), *declared) + array.tobytes()


@given(
    st.sampled_from((1, 3)).flatmap(lambda n: arrays(np.uint8, array_shapes(min_dims=n, max_dims=n, max_side=6))),
    st.booleans(),
)
def test_an_array_that_was_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, array: Array, packed: bool
) -> None:
    path = tmp_path_factory.mktemp("idx") / "images"
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    found = read(path, array.ndim)
    assert found.dtype == np.uint8
    assert found.shape == array.shape
    assert np.array_equal(found, array)


def test_the_content_and_not_the_name_tells_whether_a_file_is_packed(tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(gzip.compress(idx(IMAGES)))
    (tmp_path / "plain.gz").write_bytes(idx(IMAGES))
    assert np.array_equal(read(tmp_path / "packed", 3), IMAGES)
    assert np.array_equal(read(tmp_path / "plain.gz", 3), IMAGES)


def test_the_first_byte_of_a_length_is_the_highest_and_the_last_axis_runs_fastest(tmp_path: Path) -> None:
    """A file written byte by byte: 1 image of 2 rows and 258 columns."""
    (tmp_path / "images").write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 1, 2]) + b"a" * 258 + b"b" * 258)
    found = read(tmp_path / "images", 3)
    assert found.shape == (1, 2, 258)
    assert [np.unique(row).tolist() for row in found[0]] == [[ord("a")], [ord("b")]]


WHOLE = idx(IMAGES)
HUGE = 2**32 - 1


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty, expected 00 00 08 03"),
        (b"\0\0", "begins with the bytes 00 00, expected 00 00 08 03"),
        (b"GIF89a" + WHOLE, "begins with the bytes 47 49 46 38, expected 00 00 08 03"),
        (idx(IMAGES.astype(">f4"), kind=0x0D), "elements of the type 0x0d, expected 0x08"),
        (idx(IMAGES[0, 0]), r"array with 1 axes, expected 3: \(m, height, width\)"),
        (idx(IMAGES[..., None]), "array with 4 axes, expected 3"),
        (WHOLE[:10], "ends after 10 bytes, before its shape is told"),
        (WHOLE[:16], r"declares the shape \(2, 3, 4\), which is 24 bytes, but only 0 follow"),
        (WHOLE[:-1], r"which is 24 bytes, but only 23 follow"),
        (WHOLE + b"\0", r"which is 24 bytes, but more follow"),
        (idx(IMAGES[:0]), r"shape \(0, 3, 4\), which is empty"),
        (idx(IMAGES, (0, HUGE, HUGE)), "which is empty"),
        (idx(IMAGES, (HUGE, HUGE, HUGE)), "79228162458924105385300197375 bytes, but only 24 follow"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(tmp_path: Path, content: bytes, sentence: str, packed: bool) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(UserError, match=f"train-images-idx3-ubyte .*{sentence}") as caught:
        read(path, 3)
    assert "\n" not in str(caught.value)


def test_a_packed_file_that_is_cut_off_or_damaged_anywhere_is_one_sentence(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (4, 8, 8), dtype=np.uint8)
    whole = gzip.compress(idx(noise), mtime=0)
    path = tmp_path / "images.gz"
    for size in range(2, len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"images\.gz cannot be read .* fetch it again") as caught:
            read(path, 3)
        assert "\n" not in str(caught.value)
    for place in range(10, len(whole)):  # before stands what a reader may pass over, such as the time
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with pytest.raises(UserError, match=r"images\.gz"):
            read(path, 3)
    path.write_bytes(whole + b"no gzip any more")
    with pytest.raises(UserError, match=r"images\.gz cannot be read"):
        read(path, 3)


@given(st.binary(max_size=60), st.sampled_from((b"", b"\0\0\x08\x03", b"\0\0\x08\x01", b"\x1f\x8b\x08")))
def test_no_file_whatever_it_holds_raises_anything_but_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, rest: bytes, start: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "labels"
    path.write_bytes(start + rest)
    said = ""
    try:
        found = read(path, 1)
    except UserError as error:
        said = str(error)
    assert "\n" not in said
    assert "labels" in said if said else idx(found) == start + rest


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_small_file_that_declares_terabytes_takes_no_more_memory_than_it_holds(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "images"
    content = idx(IMAGES, (2**20, 2**10, 2**10))
    path.write_bytes(gzip.compress(content) if packed else content)
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="but only 24 follow"):
            read(path, 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    print(f"peak {peak} bytes")
    assert peak < 2**24  # the declared sizes are 2⁴⁰


def test_a_file_that_goes_on_for_ever_is_left_where_its_array_ends(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(WHOLE + bytes(2**26), 1))
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="but more follow"):
            read(path, 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**24  # 2²⁶ bytes follow


def test_a_file_that_is_not_there_or_no_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("nowhere", "folder"):
        with pytest.raises(UserError, match=f"{name} does not exist or is not a file; give the folder that holds"):
            read(tmp_path / name, 3)


@pytest.mark.skipif(not Path("/proc/self/mem").is_file(), reason="needs Linux's /proc, with a file nobody can read")
def test_a_file_that_the_system_does_not_let_read_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"/proc/self/mem cannot be read \(.*\); it may be cut off or damaged"):
        read(Path("/proc/self/mem"), 3)


def test_images_without_a_label_each_are_refused(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(WHOLE)
    (tmp_path / "labels").write_bytes(idx(np.array([7, 9], dtype=np.uint8)))
    X, Y = images_and_labels(tmp_path / "images", tmp_path / "labels")
    assert (X.shape, Y.tolist()) == ((2, 3, 4), [7, 9])
    for labels in ([7], [7, 9, 7]):
        (tmp_path / "labels").write_bytes(idx(np.array(labels, dtype=np.uint8)))
        with pytest.raises(UserError, match=rf"labels holds {len(labels)} labels, but images holds 2 images"):
            images_and_labels(tmp_path / "images", tmp_path / "labels")
