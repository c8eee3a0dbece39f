"""Shape strings: `"W: n p, A_prev: p m, b: n 1 -> n m"` is documentation, input drawing and shape check at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verify.errors import UserError

# Dimensions that stand for something other than an array of numbers with named sizes.
ANY, SCALAR = "*", "scalar"
WORDS = frozenset({"layers", "names", "sizes", "integer", "function", "text", "generator"})


@dataclass(frozen=True)
class Signature:
    """What goes in and what comes out: name -> dimensions (names and numbers), in the order of the arguments."""

    inputs: Mapping[str, tuple[str, ...]]
    outputs: Mapping[str, tuple[str, ...]]

    def is_array(self, name: str) -> bool:
        """Whether the argument is an array (or a number) that can be drawn, rather than a list of layers or a name."""
        return not WORDS & set(self.inputs[name])


def parse(text: str) -> Signature:
    """Read a shape string.

    >>> parse("W: n p, A_prev: p m, b: n 1 -> n m").inputs["b"]
    ('n', '1')
    >>> parse("dZ: n m -> dW: n p, db: n 1").outputs
    {'dW': ('n', 'p'), 'db': ('n', '1')}

    Raises UserError where an argument has no dimensions or stands twice.
    """
    left, arrow, right = text.partition("->")
    inputs = _named(left, text)
    if not arrow:
        return Signature(inputs, {})
    outputs = _named(right, text) if ":" in right else {"value": tuple(right.split())}
    return Signature(inputs, outputs)


def _named(side: str, text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (p.strip() for p in side.split(","))):
        name, colon, dims = (s.strip() for s in part.partition(":"))
        if not colon or not dims or not name:
            raise UserError(
                f"the shape string {text!r} has the part {part!r}, which is not of the form 'name: dimensions'; "
                "write, for example, 'W: n p, A_prev: p m, b: n 1 -> n m'"
            )
        if name in found:
            raise UserError(f"the shape string {text!r} names {name} twice; every array needs a name of its own")
        found[name] = tuple(dims.split())
    return found


def sizes_of(signature: Signature, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """The size of every dimension name, from the arrays' shapes.

    >>> sizes_of(parse("W: n p, A_prev: p m -> n m"), {"W": (3, 4), "A_prev": (4, 5)})
    {'n': 3, 'p': 4, 'm': 5}

    Raises UserError naming the two arrays whose shapes do not fit each other.
    """
    sizes: dict[str, int] = {}
    first: dict[str, str] = {}
    for name, dims in signature.inputs.items():
        if name not in shapes or not signature.is_array(name) or dims == (ANY,):
            continue
        shape = shapes[name]
        wanted = () if dims == (SCALAR,) else dims
        if len(shape) != len(wanted):
            raise UserError(
                f"{name} has shape {shape}, which has {len(shape)} dimensions; '{name}: {' '.join(dims)}' has "
                f"{len(wanted)}: reshape it"
            )
        for dim, size in zip(wanted, shape, strict=True):
            known = int(dim) if dim.isdigit() else sizes.setdefault(dim, size)
            if known != size:
                other = f"{first[dim]} of shape {shapes[first[dim]]}" if dim in sizes else "the shape string"
                raise UserError(f"{name} has shape {shape}, but {other} makes {dim} = {known}; the two must agree")
            first.setdefault(dim, name)
    return sizes
