"""The building blocks of a deep network: what one layer does forwards, and what it does backwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manual.activations import g, g_prime
from manual.notation import Array, formula


@dataclass(frozen=True)
class Cache:
    """What the forward block of layer l keeps for the backward block: A[l−1], W[l], b[l], Z[l] and the name of g[l]."""

    A_prev: Array
    W: Array
    b: Array
    Z: Array
    activation: str


@formula(
    "deep.block_forward",
    r"Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \quad A^{[l]} = g^{[l]}(Z^{[l]})",
    "A_prev: p m, W: n p, b: n 1, activation: text -> A: n m, cache: layers",
    "chapter 3; in a[l-1], out a[l], cache z[l]",
)
def block_forward(A_prev: Array, W: Array, b: Array, activation: str) -> tuple[Array, Cache]:
    """In: A[l−1]. Out: A[l] = g(Z), Z = W A[l−1] + b; and the cache."""
    Z = W @ A_prev + b
    A = g(activation)(Z)
    return A, Cache(A_prev, W, b, Z, activation)


@formula(
    "deep.dA_L",
    r"dA^{[L]} = -\frac{Y}{A} + \frac{1 - Y}{1 - A}",
    "A: n m, Y: n m -> n m",
    "chapter 3; element-wise; 0/0 where A has become 0 or 1",
    {"A": "probability", "Y": "label"},
)
def dA_L(A: Array, Y: Array) -> Array:
    """dA[L] = −Y/A + (1−Y)/(1−A): the start of the chain, for cross-entropy."""
    return -Y / A + (1 - Y) / (1 - A)


@formula(
    "deep.dA_L.sound",
    r"dZ^{[L]} = A^{[L]} - Y",
    "A: n m, Y: n m -> n m",
    "chapter 3; dA[L] and g[L]' = a(1-a) of a sigmoid layer multiplied out, as in chapters 1 and 2",
    {"A": "probability", "Y": "label"},
)
def dZ_L(A: Array, Y: Array) -> Array:
    """dZ[L] = A − Y: the chain started one step later, at a sigmoid output, where nothing is divided."""
    return A - Y


@formula(
    "deep.dZ",
    r"dZ^{[l]} = dA^{[l]} * g^{[l]\prime}(Z^{[l]})",
    "dA: n m, Z: n m, activation: text -> n m",
    "chapter 3; * is the element-wise product",
)
def dZ(dA: Array, Z: Array, activation: str) -> Array:
    """dZ = dA ∗ g′(Z)."""
    return dA * g_prime(activation)(Z)


@formula(
    "deep.dW",
    r"dW^{[l]} = \frac{1}{m} dZ^{[l]} A^{[l-1]T}",
    "dZ: n m, A_prev: p m -> n p",
    "chapter 3; one example: dz[l] a[l-1]ᵀ",
)
def dW(dZ: Array, A_prev: Array) -> Array:
    """dW = (1/m) dZ A[l−1]ᵀ."""
    m = A_prev.shape[1]
    return dZ / m @ A_prev.T  # dZ is divided rather than dW: it has m columns, dW often far more


@formula(
    "deep.db",
    r"db^{[l]} = \frac{1}{m} \sum_{i=1}^{m} dz^{[l](i)}",
    "dZ: n m -> n 1",
    "chapter 3; one example: dz[l]",
)
def db(dZ: Array) -> Array:
    """db = (1/m) np.sum(dZ, axis=1, keepdims=True)."""
    m = dZ.shape[1]
    return np.sum(dZ, axis=1, keepdims=True) / m


@formula(
    "deep.dA_prev",
    r"dA^{[l-1]} = W^{[l]T} dZ^{[l]}",
    "W: n p, dZ: n m -> p m",
    "chapter 3; the scan of the vectorised form loses the transpose",
)
def dA_prev(W: Array, dZ: Array) -> Array:
    """dA[l−1] = Wᵀ dZ."""
    return np.dot(W.T, dZ)  # not @, which multiplies a column by a row without BLAS


@formula(
    "deep.dZ_chain",
    r"dZ^{[l]} = W^{[l+1]T} dZ^{[l+1]} * g^{[l]\prime}(Z^{[l]})",
    "W_next: q n, dZ_next: q m, Z: n m, activation: text -> n m",
    "chapter 3; deep.dA_prev and deep.dZ joined",
)
def dZ_chain(W_next: Array, dZ_next: Array, Z: Array, activation: str) -> Array:
    """dZ[l] = W[l+1]ᵀ dZ[l+1] ∗ g′(Z[l])."""
    return np.dot(W_next.T, dZ_next) * g_prime(activation)(Z)


@formula(
    "deep.block_backward",
    r"dA^{[l]}, \mathrm{cache} \mapsto dA^{[l-1]}, dW^{[l]}, db^{[l]}",
    "dA: n m, cache: layers -> dA_prev: p m, dW: n p, db: n 1",
    "chapter 3; in da[l] and the cache, out da[l-1], dW[l], db[l]",
)
def block_backward(dA: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """In: dA[l] and the cache. Out: dA[l−1], dW[l], db[l]."""
    dz = dZ(dA, cache.Z, cache.activation)
    return dA_prev(cache.W, dz), dW(dz, cache.A_prev), db(dz)
