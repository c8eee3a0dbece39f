"""A deep network: its notation, its shapes, the forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from manual import blocks, deep, initialise
from manual.activations import ACTIVATIONS, g
from reference_torch import deep as definitions
from verify.checks.claims import Claim, claims
from verify.checks.identity import identity
from verify.checks.value import value
from verify.row import Row
from verify.rows.shallow import answer
from verify.setting import Setting

NET = "X: n0 m, W1: n1 n0, b1: n1 1, W2: n2 n1, b2: n2 1, W3: n3 n2, b3: n3 1"
MIXED = ("leaky_relu", "tanh", "sigmoid")
NETWORKS = ((deep.DRAWN, 7), ((2, 4, 1), 6), ((6, 1), 1), ((7, 5, 3, 2, 1), 4))


# --- notation and shapes -------------------------------------------------------------------------------------------
def network(sizes: Sequence[int], m: int) -> tuple[Any, Any, dict[str, Any], tuple[str, ...]]:
    """X, Y, parameters and activations of a network of these sizes."""
    rng = np.random.default_rng(0)
    names = ("tanh",) * (len(sizes) - 2) + ("sigmoid",)
    return rng.normal(size=(sizes[0], m)), np.arange(m)[np.newaxis] % 2, initialise.course(sizes, rng), names


def drawn(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """The network that the notes draw: n[0] = 3, n[1] = n[2] = 5, n[3] = 3, n[4] = 1, of four layers."""
    found, want = f(deep.DRAWN), {"L": 4, "n0": 3, "n1": 5, "n2": 5, "n3": 3, "n4": 1}
    yield Claim("names", set(found) == set(want), ", ".join(found), ", ".join(want), len(want))
    for name, number in want.items():
        yield Claim(name, found[name] == number, found[name], number)


def counted(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """L layers are passed; a[0] is x; layer l has n[l] rows; ŷ is a[L]: read off real passes."""
    for sizes, m in NETWORKS:
        found, (X, _, parameters, names) = f(sizes), network(sizes, m)
        AL, caches = deep.forward(X, parameters, names)
        L, at = found["L"], f"n = {sizes}"
        yield Claim("L", len(caches) == L, L, len(caches), at=at)
        rows = [caches[0].A_prev.shape[0], *(cache.Z.shape[0] for cache in caches)]
        units = [found[f"n{l}"] for l in range(L + 1)]
        yield Claim("n[0], ..., n[L]", units == rows, units, rows, len(rows), at=at)
        same = caches[0].A_prev is X and AL.shape[0] == found[f"n{L}"]
        yield Claim("a[0] = x and ŷ = a[L]", same, same, True, 2, at=at)


def of_a_pass(sizes: Sequence[int], m: int) -> dict[str, tuple[int, ...]]:
    """The shapes of all arrays of a pass forwards and backwards, by name."""
    X, Y, parameters, names = network(sizes, m)
    AL, caches = deep.forward(X, parameters, names)
    found = {**parameters, **deep.backward(AL, Y, caches), f"A{len(caches)}": AL}
    found |= {f"Z{l}": cache.Z for l, cache in enumerate(caches, start=1)}
    found |= {f"A{l}": cache.A_prev for l, cache in enumerate(caches[1:], start=1)}
    return {name: x.shape for name, x in found.items()}


def shapes_of_a_pass(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """All arrays of a real pass have the shapes that are stated, and no other array is stated."""
    for sizes, m in NETWORKS:
        found, want = f(sizes, m), of_a_pass(sizes, m)
        wrong = [name for name in {**want, **found} if found.get(name) != want.get(name)]
        first = f"{wrong[0]}: {found.get(wrong[0])}" if wrong else f"{len(found)} shapes"
        claimed = f"{wrong[0]}: {want.get(wrong[0])}" if wrong else f"{len(want)} shapes"
        yield Claim("shapes", not wrong, first, claimed, len(want), at=f"n = {tuple(sizes)}, m = {m}")


def wrong_shapes_are_found(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """Parameters of the stated shapes pass; one of another shape is refused in a sentence that names the two shapes."""
    sizes, m = (4, 5, 3, 1), 6
    X, Y, _, names = network(sizes, m)
    stated = f(sizes, m)
    right = {name: np.ones(stated[name]) for l in (1, 2, 3) for name in (f"W{l}", f"b{l}")}
    said = answer(deep.forward, X, right, names)
    yield Claim("the stated shapes", said == "accepted", said, "accepted", len(right))
    for name, x in right.items():
        below = "X" if name == "W1" else f"W{int(name[1]) - (name[0] == 'W')}"
        other = X.shape if below == "X" else right[below].shape
        for change, wrong in (("transposed", x.T), ("a row and a column more", np.pad(x, (0, 1)))):
            if wrong.shape == x.shape:
                continue
            said = answer(deep.forward, X, right | {name: wrong}, names)
            both = all(text in said for text in (name, str(wrong.shape), below, str(other)))
            yield Claim(f"{name} {change}", both, said, f"refused: {name} {wrong.shape}, {below} {other}")
    AL, caches = deep.forward(X, right, names)
    said = answer(deep.backward, AL, Y.T, caches)
    both = all(str(x.shape) in said for x in (Y.T, AL))
    yield Claim("Y transposed", both, said, "refused")


def restated(which: Callable[[str], bool], shape: Callable[[tuple[int, int], int], Any]) -> Callable[..., Any]:
    """The shapes, some of which are stated otherwise: those of the names `which`, as `shape(shape, m)`."""

    def twin(layer_sizes: Sequence[int], m: int) -> dict[str, Any]:
        return {name: shape(s, m) if which(name) else s for name, s in deep.shapes(layer_sizes, m).items()}

    return twin


# --- forwards ------------------------------------------------------------------------------------------------------
def passed(f: Callable[..., Any], X: Any, **parameters: Any) -> dict[str, Any]:
    """Z1, A1, ..., ZL, AL by name, of a pass by `f` with a g of its own in each layer."""
    AL, caches = f(X, parameters, MIXED)
    found = {f"Z{l}": cache.Z for l, cache in enumerate(caches, start=1)}
    return found | {f"A{l}": cache.A_prev for l, cache in enumerate(caches[1:], start=1)} | {f"A{len(caches)}": AL}


def caches_of_a_pass(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """The cache of layer l holds the A of the layer below, W[l] and b[l], the Z that its A is g of, and g's name."""
    X, _, parameters, _ = network((4, 3, 2, 1), 5)
    names = ("relu", "tanh", "sigmoid")
    AL, caches = f(X, parameters, names)
    yield Claim("caches", len(caches) == 3, len(caches), 3)
    below = X
    for l, (cache, name) in enumerate(zip(caches, names, strict=True), start=1):
        yield Claim(f"the name of g[{l}]", cache.activation == name, cache.activation, name)
        kept = {"A_prev": below, "W": parameters[f"W{l}"], "b": parameters[f"b{l}"]}
        for kind, want in kept.items():
            same = np.array_equal(getattr(cache, kind), want)
            mine = getattr(cache, kind)
            about = (mine.tolist(), want.tolist(), want.size)
            yield Claim(f"the cache's {kind}, layer {l}", same, *about, arrays=(mine, want))
        below = g(name)(cache.Z)
    yield Claim("A[L] is g of the last cache's Z", np.array_equal(AL, below), AL.tolist(), below.tolist(), AL.size)


def by_blocks(block: Callable[..., Any]) -> Callable[..., Any]:
    """A forward pass made of these blocks."""

    def twin(X: Any, parameters: Any, activations: Sequence[str]) -> Any:
        A, caches = X, []
        for l, activation in enumerate(activations, start=1):
            A, cache = block(A, parameters[f"W{l}"], parameters[f"b{l}"], activation)
            caches.append(cache)
        return A, caches

    return twin


def recached(change: Callable[..., Any]) -> Callable[..., Any]:
    """A forward pass whose list of caches is another."""

    def twin(X: Any, parameters: Any, activations: Sequence[str]) -> Any:
        AL, caches = deep.forward(X, parameters, activations)
        return AL, change(caches)

    return twin


def b_after_g(A_prev: Any, W: Any, b: Any, activation: str) -> Any:
    A, cache = blocks.block_forward(A_prev, W, b - b, activation)
    return A + b, cache


def forward_checks(other: Callable[..., Any]) -> dict[str, Any]:
    """All Z and A: against the definition, and against the other way of passing."""
    return {
        "value": value(NET, lambda X, **p: definitions.forward(X, p, MIXED), call=passed),
        "identity": identity(NET, passed, lambda f, X, **p: passed(other, X, **p)),
        "caches": claims("exact", caches_of_a_pass),
    }


def block(f: Callable[..., Any], A_prev: Any, W: Any, b: Any) -> dict[str, Any]:
    """A of one layer for every g, and the Z that is kept."""
    made = {activation: f(A_prev, W, b, activation) for activation in ACTIVATIONS}
    return {f"A, {name}": A for name, (A, _) in made.items()} | {"Z": made["linear"][1].Z}


ROWS: tuple[Row, ...] = (
    Row(
        deep.notation,
        {"figures": claims("figures", drawn), "shape": claims("shapes", counted)},
        {
            "the input layer counted": (
                "figures",
                lambda layer_sizes: deep.notation(layer_sizes) | {"L": len(layer_sizes)},
            ),
            "numbered from the output": ("shape", lambda layer_sizes: deep.notation(layer_sizes[::-1])),
        },
    ),
    Row(
        deep.forward,
        forward_checks(deep.forward_loop),
        {
            "b missing": ("value", by_blocks(lambda A, W, b, name: blocks.block_forward(A, W, b - b, name))),
            "b added after g": ("value", by_blocks(b_after_g)),
            "one g for all layers": (
                "identity",
                lambda X, parameters, names: deep.forward(X, parameters, names[-1:] * len(names)),
            ),
            "g missing": ("identity", by_blocks(lambda A, W, b, name: blocks.block_forward(A, W, b, "linear"))),
            "one cache for all layers": ("caches", recached(lambda caches: [caches[-1]] * len(caches))),
            "−W cached": ("caches", recached(lambda caches: [replace(cache, W=-cache.W) for cache in caches])),
        },
    ),
    Row(
        deep.forward_loop,
        forward_checks(deep.forward),
        {
            "the first example for all": (
                "value",
                lambda X, parameters, names: deep.forward(X[:, [0] * X.shape[1]], parameters, names),
            ),
            "examples in reverse order": (
                "identity",
                lambda X, parameters, names: deep.forward(X[:, ::-1], parameters, names),
            ),
            "the last layer's cache first": ("caches", recached(lambda caches: caches[::-1])),
        },
    ),
    Row(
        deep.shapes,
        {"shape": claims("shapes", shapes_of_a_pass), "wrong shapes": claims("shapes", wrong_shapes_are_found)},
        {
            "W transposed": ("wrong shapes", restated(lambda name: name[0] == "W", lambda s, m: s[::-1])),
            "b as wide as the data": ("shape", restated(lambda name: name[0] == "b", lambda s, m: (s[0], m))),
            "examples as the rows of Z": ("shape", restated(lambda name: name[-2] == "Z", lambda s, m: s[::-1])),
            "dW transposed": ("shape", restated(lambda name: name[:2] == "dW", lambda s, m: s[::-1])),
        },
    ),
)
