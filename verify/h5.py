"""Images and labels out of one h5 file, or one sentence that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from verify.errors import UserError

Array = np.ndarray[Any, Any]


def read(path: Path, images: str, labels: str) -> tuple[Array, Array]:
    """The arrays stored under the names `images`, (m, height, width, 3) in 0..255, and `labels`, (m,) in {0, 1}.

    Raises UserError where h5py is missing, the file is missing, unreadable or truncated, a name is missing or no array,
    or an array has the wrong shape, type or values.
    """
    try:
        import h5py
    except ImportError:
        raise UserError(
            f"reading {path.name} needs the package h5py, which is not installed: pip install 'handgrad[cats]'"
        ) from None
    if not path.is_file():
        raise UserError(f"{path} does not exist or is not a file; give the folder that holds {path.name}")
    try:
        with h5py.File(path, "r") as file:
            X, Y = (_stored(file, name, path, h5py.Dataset) for name in (images, labels))
    except UserError:
        raise
    except Exception as error:  # a damaged file surfaces as OSError, RuntimeError, ValueError or KeyError
        raise UserError(
            f"{path} cannot be read as an h5 file ({_first_line(error)}); it may be truncated or not an h5 file at "
            "all: fetch it again"
        ) from None
    if X.ndim != 4 or X.shape[3] != 3:
        raise UserError(f"{images!r} in {path} has shape {X.shape}, expected (m, height, width, 3): one image a row")
    if Y.shape != X.shape[:1]:
        raise UserError(
            f"{labels!r} in {path} has shape {Y.shape}, but {images!r} has shape {X.shape}: expected one label an "
            f"image, shape ({X.shape[0]},)"
        )
    if X.size == 0:
        raise UserError(f"{images!r} in {path} has shape {X.shape}, which is empty; at least one image is needed")
    _whole_numbers(X, 255, images, path)
    _whole_numbers(Y, 1, labels, path)
    return X, Y


def _stored(file: Any, name: str, path: Path, dataset: Any) -> Array:
    if name not in file:
        there = ", ".join(sorted(map(repr, file))) or "nothing"
        raise UserError(f"{path} holds no array named {name!r}, only {there}; give the course's own file")
    found = file[name]
    if not isinstance(found, dataset):
        raise UserError(f"{name!r} in {path} is a group, expected an array of numbers; give the course's own file")
    if found.dtype.kind not in ("u", "i", "f"):
        raise UserError(f"{name!r} in {path} has the type {found.dtype}, expected whole numbers; convert it to uint8")
    return np.asarray(found[()])


def _whole_numbers(values: Array, largest: int, name: str, path: Path) -> None:
    """Every value is one of 0, 1, …, largest; NaN and infinity are not."""
    with np.errstate(invalid="ignore"):
        wrong = ~((values >= 0) & (values <= largest) & (values % 1 == 0))
    if wrong.any():
        at = [int(i) for i in np.argwhere(wrong)[0]]
        expected = "0 or 1" if largest == 1 else f"a whole number from 0 to {largest}"
        raise UserError(
            f"{name!r} in {path} holds {values[tuple(at)]} at {at}, expected {expected}; correct the file or leave "
            "that example out"
        )


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
