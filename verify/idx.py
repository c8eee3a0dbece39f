"""Images and labels out of IDX files, gzip or plain, or one sentence that says what is wrong with them."""

from __future__ import annotations

import gzip
import zlib
from contextlib import nullcontext
from io import BufferedIOBase
from math import prod
from pathlib import Path
from struct import unpack
from typing import Any

import numpy as np

from verify.errors import UserError

Array = np.ndarray[Any, np.dtype[np.uint8]]

GZIP = b"\x1f\x8b"
UNSIGNED_BYTE = 0x08
AXES = {1: "(m,)", 3: "(m, height, width)"}
STEP = 2**20
AGAIN = "it may be cut off or no IDX file at all: fetch it again"


def images_and_labels(images: Path, labels: Path) -> tuple[Array, Array]:
    """The arrays in two IDX files: images (m, height, width), one label an image (m,).

    Raises UserError where one of them cannot be read, or the two do not hold equally many.
    """
    X, Y = read(images, 3), read(labels, 1)
    if len(X) != len(Y):
        raise UserError(
            f"{labels} holds {len(Y)} labels, but {images.name} holds {len(X)} images; expected one label an image: "
            "fetch the two again"
        )
    return X, Y


def read(path: Path, ndim: int) -> Array:
    """The array of unsigned bytes, with `ndim` axes, that one IDX file holds; whether it is gzip, its content tells.

    The file is 0, 0, the type of the elements, the number of axes; the length of each axis, four bytes, the highest
    first; the elements in the order of C (LeCun, Cortes and Burges, the MNIST database). Never reads more than it
    declares, nor makes room for more than there is. Raises UserError where the file is missing, unreadable, damaged,
    truncated or too long, holds no element, or another array than expected.
    """
    if not path.is_file():
        name = path.name.removesuffix(".gz")
        raise UserError(f"{path} does not exist or is not a file; give the folder that holds {name}, plain or as .gz")
    try:
        with path.open("rb") as raw:
            packed = raw.read(len(GZIP)) == GZIP
            raw.seek(0)
            with gzip.GzipFile(fileobj=raw) if packed else nullcontext(raw) as file:
                return _array(file, path, ndim)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}); it may be cut off or damaged: fetch it again") from None


def _array(file: BufferedIOBase, path: Path, ndim: int) -> Array:
    magic = file.read(4)
    expected = bytes((0, 0, UNSIGNED_BYTE, ndim))
    if len(magic) < 4 or magic[:2] != expected[:2]:
        found = f"begins with the bytes {magic.hex(' ')}" if magic else "is empty"
        raise UserError(f"{path} {found}, expected {expected.hex(' ')}; {AGAIN}")
    if magic[2] != UNSIGNED_BYTE:
        raise UserError(
            f"{path} holds elements of the type 0x{magic[2]:02x}, expected 0x{UNSIGNED_BYTE:02x}, unsigned bytes; "
            "convert them"
        )
    if magic[3] != ndim:
        raise UserError(
            f"{path} holds an array with {magic[3]} axes, expected {ndim}: {AXES[ndim]}; give images under the name of "
            "images, and labels under that of labels"
        )
    lengths = file.read(4 * ndim)
    if len(lengths) < 4 * ndim:
        raise UserError(f"{path} ends after {4 + len(lengths)} bytes, before its shape is told; {AGAIN}")
    shape: tuple[int, ...] = unpack(f">{ndim}I", lengths)
    size = prod(shape)
    if size == 0:
        raise UserError(f"{path} holds an array of shape {shape}, which is empty; at least one image is needed")
    elements = _up_to(file, size + 1)
    if len(elements) != size:
        follow = f"only {len(elements)} follow" if len(elements) < size else "more follow"
        raise UserError(f"{path} declares the shape {shape}, which is {size} bytes, but {follow}; {AGAIN}")
    return np.frombuffer(elements, np.uint8).reshape(shape)


def _up_to(file: BufferedIOBase, size: int) -> bytes:
    """The next `size` bytes, or as many as there are: read step by step, for a declared size may be any number."""
    parts = []
    while size > 0 and (part := file.read(min(size, STEP))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
