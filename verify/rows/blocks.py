"""The building blocks of a deep network: what one layer does forwards, and what it does backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from manual import blocks, losses
from manual.activations import g, g_prime, sigmoid
from reference_torch import blocks as block_definitions
from reference_torch import losses as loss_definitions
from reference_torch.activations import ACTIVATIONS as DEFINED
from verify.checks.claims import Claim, claims
from verify.checks.derivative import derivative
from verify.checks.identity import identity
from verify.checks.proof import proof
from verify.checks.value import value
from verify.row import Row, Written
from verify.rows.deep import block
from verify.rows.points import A_EDGES, KINK, Z_EDGES, renamed
from verify.rows.shallow import LABELS, MOVED, SMALL
from verify.setting import Setting

LAYER = "A_prev: p m, W: n p, b: n 1"
CHAIN = "W_next: q n, dZ_next: q m, Z: n m"
AY = {"A": "probability", "Y": "label"}
SLOPES = ("sigmoid", "tanh", "relu", "leaky_relu")


def defined_block(A_prev: Any, W: Any, b: Any) -> dict[str, Any]:
    made = {activation: block_definitions.block_forward(A_prev, W, b, activation) for activation in DEFINED}
    return {f"A, {name}": A for name, (A, _) in made.items()} | {"Z": made["linear"][1]}


def layer() -> tuple[Any, Any, Any]:
    """A[l−1], W[l] and b[l] for m = 6, n[l−1] = 4, n[l] = 3."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, 6)), rng.normal(size=(3, 4)), rng.normal(size=(3, 1))


def keeps(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In: a[l−1]. Out: a[l] = g(z[l]), and a cache: z[l], the very arrays a[l−1], W[l] and b[l], the name of g[l]."""
    given = dict(zip(("A_prev", "W", "b"), layer(), strict=True))
    A, cache = f(**given, activation="tanh")
    yield Claim("A", A.shape == (3, 6), A.shape, (3, 6))
    for name, x in given.items():
        kept = getattr(cache, name)
        found = "the same" if kept is x else f"another, of shape {np.shape(kept)}"
        yield Claim(f"the cache's {name}", kept is x, found, "the same")
    Z = given["W"] @ given["A_prev"] + given["b"]
    for name, mine, want in (("the cache's Z", cache.Z, Z), ("A, g of the cache's Z", A, np.tanh(cache.Z))):
        same = np.array_equal(mine, want)
        yield Claim(name, same, mine.tolist()[0], want.tolist()[0], want.size, arrays=(mine, want))
    yield Claim("the cache's g", cache.activation == "tanh", cache.activation, "tanh")


def caching(change: Callable[[blocks.Cache, Any], blocks.Cache]) -> Callable[..., Any]:
    """A forward block whose cache is another: `change(cache, A)`."""

    def twin(A_prev: Any, W: Any, b: Any, activation: str) -> Any:
        A, cache = blocks.block_forward(A_prev, W, b, activation)
        return A, change(cache, A)

    return twin


# --- backwards -----------------------------------------------------------------------------------------------------
def back(f: Callable[..., Any], dout: Any, A_prev: Any, W: Any, b: Any) -> Any:
    """dA[l−1], dW[l], db[l] from the cache that the forward block leaves."""
    return f(dout, blocks.block_forward(A_prev, W, b, "tanh")[1])


def layer_forward(A_prev: Any, W: Any, b: Any) -> Any:
    return blocks.block_forward(A_prev, W, b, "tanh")[0]


def layer_definition(A_prev: Any, W: Any, b: Any) -> Any:
    return block_definitions.block_forward(A_prev, W, b, "tanh")[0]


def gives_back(f: Callable[..., Any], setting: Setting) -> Iterator[Claim]:
    """In: da[l] and the cache. Out: da[l−1], dW[l], db[l], in this order, each of the shape of what it belongs to."""
    A_prev, W, b = layer()
    dA = np.random.default_rng(1).normal(size=(3, 6))
    kept = [x.copy() for x in (dA, A_prev, W, b)]
    _, cache = blocks.block_forward(A_prev, W, b, "tanh")
    found = f(dA, cache)
    yield Claim("arrays that come out", len(found) == 3, len(found), 3)
    dZ = blocks.dZ(dA, cache.Z, "tanh")
    wanted = {"dA_prev": blocks.dA_prev(W, dZ), "dW": blocks.dW(dZ, A_prev), "db": blocks.db(dZ)}
    for (name, want), like, mine in zip(wanted.items(), (A_prev, W, b), found, strict=True):
        yield Claim(f"the shape of {name}", mine.shape == like.shape, mine.shape, like.shape)
        same = np.array_equal(mine, want)
        yield Claim(
            f"{name}, by its own formula", same, mine.tolist()[0], want.tolist()[0], want.size, arrays=(mine, want)
        )
    same = all(np.array_equal(x, y) for x, y in zip(kept, (dA, A_prev, W, b), strict=True))
    yield Claim("what went in is left as it was", same, same, True, 4)


def changed(change: Callable[..., Any]) -> Callable[..., Any]:
    """The backward block with what it gives back changed: `change(dA_prev, dW, db, m)`."""
    return lambda dA, cache: change(*blocks.block_backward(dA, cache), dA.shape[1])


AVERAGED = changed(lambda dA_prev, dW, db, m: (dA_prev / m, dW, db))


def slope_of_A(dA: Any, cache: blocks.Cache) -> Any:
    """The backward block with g′ taken of A, not of Z."""
    return blocks.block_backward(dA, replace(cache, Z=g(cache.activation)(cache.Z)))


def slope_left_out(dA: Any, cache: blocks.Cache) -> Any:
    """The backward block with dA in the place of dZ."""
    return blocks.dA_prev(cache.W, dA), blocks.dW(dA, cache.A_prev), blocks.db(dA)


def two_blocks(X: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    """A whole network of two blocks: A[2], and the two caches."""
    A1, below = blocks.block_forward(X, W1, b1, "tanh")
    A2, above = blocks.block_forward(A1, W2, b2, "sigmoid")
    return A2, (below, above)


def back_through_two(f: Callable[..., Any], dout: Any, X: Any, Y: Any, **parameters: Any) -> Any:
    """dW1, db1, dW2, db2 from dA[2] on, block by block."""
    A2, (below, above) = two_blocks(X, **parameters)
    dA1, dW2, db2 = f(blocks.dA_L(A2, Y), above)
    _, dW1, db1 = f(dA1, below)
    return tuple(dout * d for d in (dW1, db1, dW2, db2))


def slope_checks() -> dict[str, Any]:
    """dZ for each g of the notes; where g has a kink, there too."""
    return {
        activation: derivative(
            "Z: n m", "Z", lambda Z, name=activation: g(name)(Z),
            lambda f, dout, Z, name=activation: f(dout, Z, name),
            lambda Z, name=activation: DEFINED[name](Z),
            edges=renamed(KINK, True, z="Z") if "relu" in activation else None,
        )
        for activation in SLOPES
    }  # fmt: skip


def chain_checks() -> dict[str, Any]:
    """dZ[l] from dZ[l+1], with and without a kink in g[l]."""
    return {
        activation: derivative(
            "W_next: q n, Z: n m", "Z", lambda W_next, Z, name=activation: W_next @ g(name)(Z),
            lambda f, dout, W_next, Z, name=activation: f(W_next, dout, Z, name),
            lambda W_next, Z, name=activation: W_next @ DEFINED[name](Z),
        )
        for activation in ("tanh", "relu")
    }  # fmt: skip


def columns(x: Any) -> Iterator[Any]:
    """One example after another."""
    return (x[:, i : i + 1] for i in range(x.shape[1]))


ROWS: tuple[Row, ...] = (
    Row(
        blocks.block_forward,
        {"value": value(LAYER, defined_block, call=block), "interface": claims("shapes", keeps)},
        {
            "b missing": ("value", lambda A_prev, W, b, activation: blocks.block_forward(A_prev, W, b - b, activation)),
            "g missing": ("value", lambda A_prev, W, b, activation: blocks.block_forward(A_prev, W, b, "linear")),
            "A cached for Z": ("interface", caching(lambda cache, A: replace(cache, Z=A))),
            "A cached for A[l−1]": ("interface", caching(lambda cache, A: replace(cache, A_prev=A))),
            "−Z cached": ("interface", caching(lambda cache, A: replace(cache, Z=-cache.Z))),
        },
    ),
    Row(
        blocks.block_backward,
        {
            "dA_prev": derivative(
                LAYER,
                "A_prev",
                layer_forward,
                lambda f, dout, A_prev, W, b: back(f, dout, A_prev, W, b)[0],
                layer_definition,
            ),
            "dW and db": derivative(
                LAYER,
                "W b",
                layer_forward,
                lambda f, dout, A_prev, W, b: back(f, dout, A_prev, W, b)[1:],
                layer_definition,
                averaged=True,
            ),
            "network 2-2-1": proof(
                SMALL,
                " ".join(MOVED),
                lambda X, Y, **parameters: losses.cost(two_blocks(X, **parameters)[0], Y),
                back_through_two,
                name="network 2-2-1, two blocks",
                domain=LABELS,
            ),
            "interface": claims("shapes", gives_back),
        },
        {
            "dA for dZ": ("dA_prev", slope_left_out),
            "dA[l−1] averaged": ("dA_prev", AVERAGED),
            "1/m missing in dW": ("dW and db", changed(lambda dA_prev, dW, db, m: (dA_prev, m * dW, db))),
            "1/m missing in db": ("dW and db", changed(lambda dA_prev, dW, db, m: (dA_prev, dW, m * db))),
            "g′ of A": ("dW and db", slope_of_A),
            "dA[l−1] averaged too": ("network 2-2-1", AVERAGED),
            "dW first": ("interface", changed(lambda dA_prev, dW, db, m: (dW, db, dA_prev))),
            "dW transposed": ("interface", changed(lambda dA_prev, dW, db, m: (dA_prev, dW.T, db))),
        },
    ),
    Row(
        blocks.dA_L,
        {
            "derivative": derivative(
                "A: n m, Y: n m",
                "A",
                lambda A, Y: losses.cross_entropy(A, Y),
                lambda f, dout, A, Y: dout * f(A, Y),
                lambda A, Y: loss_definitions.cross_entropy(A, Y),
                domain=AY,
                edges=renamed(A_EDGES, True, a="A", y="Y"),
            )
        },
        {
            "sign of the first term": ("derivative", lambda A, Y: Y / A + (1 - Y) / (1 - A)),
            "sign of the second term": ("derivative", lambda A, Y: -Y / A - (1 - Y) / (1 - A)),
            "1/m": ("derivative", lambda A, Y: blocks.dA_L(A, Y) / A.shape[1]),
            "A − Y": ("derivative", lambda A, Y: A - Y),
        },
    ),
    Row(
        blocks.dZ_L,
        {
            "derivative": derivative(
                "Z: n m, Y: n m",
                "Z",
                lambda Z, Y: losses.cross_entropy(sigmoid(Z), Y),
                lambda f, dout, Z, Y: dout * f(sigmoid(Z), Y),
                lambda Z, Y: loss_definitions.cross_entropy_sound(Z, Y),
                domain={"Y": "label"},
                edges={"saturated": {"Z": [Z_EDGES["saturated"]["z"]], "Y": [[0.0, 1.0] * 7]}},
            ),
            "identity": identity(
                "Z: n m, Y: n m",
                lambda f, Z, Y: f(sigmoid(Z), Y),
                lambda f, Z, Y: blocks.dZ(blocks.dA_L(sigmoid(Z), Y), Z, "sigmoid"),
                domain={"Y": "label"},
            ),
        },
        {
            "Y − A": ("derivative", lambda A, Y: Y - A),
            "averaged already": ("derivative", lambda A, Y: (A - Y) / A.shape[1]),
            "σ′ multiplied twice": ("identity", lambda A, Y: (A - Y) * A * (1 - A)),
        },
    ),
    Row(
        blocks.dZ,
        slope_checks(),
        {
            "g′ of A, sigmoid": ("sigmoid", lambda dA, Z, activation: blocks.dZ(dA, g(activation)(Z), activation)),
            "g for g′": ("sigmoid", lambda dA, Z, activation: dA * g(activation)(Z)),
            "g′ of A, tanh": ("tanh", lambda dA, Z, activation: blocks.dZ(dA, g(activation)(Z), activation)),
            "1 − z²": ("tanh", lambda dA, Z, activation: dA * (1 - Z**2)),
            "g′ of A, ReLU": ("relu", lambda dA, Z, activation: blocks.dZ(dA, g(activation)(Z), activation)),
            "g′ missing": ("relu", lambda dA, Z, activation: 1 * dA),
            "ReLU for leaky ReLU": ("leaky_relu", lambda dA, Z, activation: blocks.dZ(dA, Z, "relu")),
            "averaged": ("leaky_relu", lambda dA, Z, activation: blocks.dZ(dA, Z, activation) / dA.shape[1]),
        },
    ),
    Row(
        blocks.dW,
        {
            "derivative": derivative(
                "A_prev: p m, W: n p",
                "W",
                lambda A_prev, W: W @ A_prev,
                lambda f, dout, A_prev, W: f(dout, A_prev),
                lambda A_prev, W: W @ A_prev,
                averaged=True,
            ),
            "by examples": identity(
                "dZ: n m, A_prev: p m",
                lambda f, dZ, A_prev: f(dZ, A_prev),
                lambda f, dZ, A_prev: (
                    sum(dz @ a.T for dz, a in zip(columns(dZ), columns(A_prev), strict=True)) / dZ.shape[1]
                ),
            ),
        },
        {
            "1/m missing": ("derivative", lambda dZ, A_prev: dZ @ A_prev.T),
            "transposed": ("derivative", lambda dZ, A_prev: A_prev @ dZ.T / dZ.shape[1]),
            "n for m": ("derivative", lambda dZ, A_prev: dZ @ A_prev.T / dZ.shape[0]),
            "the last example left out": (
                "by examples",
                lambda dZ, A_prev: dZ[:, :-1] @ A_prev[:, :-1].T / dZ.shape[1],
            ),
        },
    ),
    Row(
        blocks.db,
        {
            "derivative": derivative(
                LAYER,
                "b",
                lambda A_prev, W, b: W @ A_prev + b,
                lambda f, dout, A_prev, W, b: f(dout),
                lambda A_prev, W, b: W @ A_prev + b,
                averaged=True,
            ),
            "by examples": identity("dZ: n m", lambda f, dZ: f(dZ), lambda f, dZ: sum(columns(dZ)) / dZ.shape[1]),
        },
        {
            "1/m missing": ("derivative", lambda dZ: np.sum(dZ, axis=1, keepdims=True)),
            "keepdims missing": ("derivative", lambda dZ: np.sum(dZ, axis=1) / dZ.shape[1]),
            "summed over the units": ("derivative", lambda dZ: np.sum(dZ, axis=0, keepdims=True) / dZ.shape[1]),
            "the first example alone": ("by examples", lambda dZ: dZ[:, :1] / dZ.shape[1]),
        },
    ),
    Row(
        blocks.dA_prev,
        {
            "derivative": derivative(
                "W: n p, A_prev: p m",
                "A_prev",
                lambda W, A_prev: W @ A_prev,
                lambda f, dout, W, A_prev: f(W, dout),
                lambda W, A_prev: W @ A_prev,
            ),
            "by examples": identity(
                "W: n p, dZ: n m",
                lambda f, W, dZ: f(W, dZ),
                lambda f, W, dZ: np.concatenate([W.T @ dz for dz in columns(dZ)], axis=1),
            ),
        },
        {
            "ᵀ lost": ("derivative", lambda W, dZ: W @ dZ),
            "averaged": ("derivative", lambda W, dZ: W.T @ dZ / dZ.shape[1]),
            "the last unit left out": ("by examples", lambda W, dZ: W[:-1].T @ dZ[:-1]),
        },
        (
            Written(
                "scan",
                r"dA^{[l-1]} = W^{[l]} dZ^{[l]}",
                r"dA^{[l-1]} = W^{[l]T} dZ^{[l]}",
                "the scan loses the ᵀ of the vectorised form; one example has it: da[l−1] = W[l]ᵀ dz[l]",
            ),
        ),
    ),
    Row(
        blocks.dZ_chain,
        {
            **chain_checks(),
            "identity": identity(
                CHAIN,
                lambda f, W_next, dZ_next, Z: f(W_next, dZ_next, Z, "sigmoid"),
                lambda f, W_next, dZ_next, Z: blocks.dZ(blocks.dA_prev(W_next, dZ_next), Z, "sigmoid"),
            ),
        },
        {
            "g′ of A": (
                "tanh",
                lambda W_next, dZ_next, Z, activation: W_next.T @ dZ_next * g_prime(activation)(g(activation)(Z)),
            ),
            "ᵀ lost": ("tanh", lambda W_next, dZ_next, Z, activation: W_next @ dZ_next),
            "g for g′": ("relu", lambda W_next, dZ_next, Z, activation: W_next.T @ dZ_next * g(activation)(Z)),
            "averaged": (
                "relu",
                lambda W_next, dZ_next, Z, activation: blocks.dZ_chain(W_next, dZ_next, Z, activation) / Z.shape[1],
            ),
            "g′ missing": ("identity", lambda W_next, dZ_next, Z, activation: W_next.T @ dZ_next),
        },
    ),
)
