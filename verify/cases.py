"""Inputs, drawn from a formula's shape string and domain: a typical case first, then the edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.signature import ANY, SCALAR, Signature, parse

# Every size in a case is different, so that a lost transpose cannot hide; given out in the order of first appearance.
SIZES = (3, 4, 5, 2, 6, 7)
ELEMENTS = 7  # of an element-wise argument

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Case:
    """One set of inputs. `typical` cases are well conditioned: there two definitions must agree to rounding."""

    name: str
    inputs: dict[str, Array]
    typical: bool = True


def single(x: Array) -> Array:
    """Rounded to float32 and back: every input is the same number in both precisions."""
    return np.asarray(x.astype(np.float32), np.float64)


def draw(domain: str | None, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Numbers of a domain word, of moderate size, away from kinks, never tiny.

    Words: "probability" in (0, 1), "label" 0 or 1, "positive", "exp" where e^z is finite, "pixel" 0..255; any real
    number without one.
    """
    if domain == "probability":
        return single(rng.uniform(0.05, 0.95, shape))
    if domain == "label":
        flat = np.arange(int(np.prod(shape))) % 2
        return np.asarray(rng.permutation(flat).reshape(shape), np.float64)
    if domain == "positive":
        return single(rng.uniform(0.2, 2.0, shape))
    if domain == "pixel":
        return np.asarray(rng.integers(256, size=shape), np.float64)
    sign = np.where(rng.random(shape) < 0.5, -1.0, 1.0)
    return single(sign * rng.uniform(0.2, 2.0, shape))


def assign_sizes(signature: Signature) -> dict[str, int]:
    """A different size for every dimension name."""
    names: list[str] = []
    for name, dims in signature.inputs.items():
        if signature.is_array(name):
            names += [d for d in dims if d not in (ANY, SCALAR) and not d.isdigit() and d not in names]
    return dict(zip(names, SIZES, strict=False)) | {n: SIZES[-1] + 1 + i for i, n in enumerate(names[len(SIZES) :])}


def shape_of(dims: tuple[str, ...], sizes: Mapping[str, int]) -> tuple[int, ...]:
    if dims == (ANY,):
        return (ELEMENTS,)
    if dims == (SCALAR,):
        return ()
    return tuple(int(d) if d.isdigit() else sizes[d] for d in dims)


def cases(
    shapes: str, domain: Mapping[str, str], seed: int, edges: Mapping[str, Any] | None = None, square: bool = False
) -> Iterator[Case]:
    """The typical case, the smallest ones (m = 1; every size 1), and the edges given by name.

    With `square` all sizes are equal: what no shape gives away must be seen in the numbers.
    """
    signature = parse(shapes)
    sizes = assign_sizes(signature)
    if square:
        sizes = dict.fromkeys(sizes, SIZES[0])

    def drawn(sizes: Mapping[str, int], stream: int) -> dict[str, Array]:
        rng = np.random.default_rng([seed, stream])
        return {
            name: draw(domain.get(name), shape_of(dims, sizes), rng)
            for name, dims in signature.inputs.items()
            if signature.is_array(name)
        }

    yield Case("typical", drawn(sizes, 0))
    if "m" in sizes:
        yield Case("m = 1", drawn(sizes | {"m": 1}, 1))
    if sizes:
        yield Case("all sizes 1", drawn(dict.fromkeys(sizes, 1), 2))
    for stream, (name, values) in enumerate((edges or {}).items(), start=3):
        whole = drawn(sizes, stream) | dict(values)
        yield Case(name, {k: np.asarray(v, dtype=np.float64) for k, v in whole.items()}, typical=False)


def upstream(shape: tuple[int, ...], seed: int) -> Array:
    """An upstream gradient: random, signed, not uniform, reproducible; never all ones, never tiny."""
    return draw(None, shape, np.random.default_rng([seed, 99]))


def inside(domain: Mapping[str, str], inputs: Mapping[str, Any], dtype: str) -> bool:
    """Whether the inputs lie within the declared float domain of this precision."""
    limit = float(np.log(np.finfo(dtype).max))
    for name, word in domain.items():
        x = np.asarray(inputs[name]).astype(dtype) if name in inputs else np.zeros(0)
        if word == "exp" and np.any(np.abs(x) > limit):
            return False
        if word == "probability" and np.any((x <= 0) | (x >= 1)):
            return False
        if word == "positive" and np.any(x <= 0):
            return False
    return True
