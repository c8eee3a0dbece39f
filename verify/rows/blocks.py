"""The building blocks of a deep network: all that one layer does forwards, and all that it does backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from manual import blocks, losses
from manual.activations import g
from reference_torch import blocks as block_definitions
from reference_torch.activations import ACTIVATIONS as DEFINED
from verify.checks.claims import Claim, claims
from verify.checks.derivative import derivative
from verify.checks.proof import proof
from verify.checks.value import value
from verify.row import Row
from verify.rows.deep import block
from verify.rows.shallow import LABELS, MOVED, SMALL
from verify.setting import Setting

LAYER = "A_prev: p m, W: n p, b: n 1"


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
)
