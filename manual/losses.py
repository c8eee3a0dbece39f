"""The loss L of one example, and the cost J: the mean of the losses."""

from __future__ import annotations

import numpy as np

from manual.activations import sigmoid
from manual.notation import Array, formula
from manual.shapes import check_labels, check_same

# Where the squared loss curves downwards: (z, y) with a negative second derivative in z.
NOT_CONVEX_AT = (-2.0, 1.0)


@formula(
    "loss.squared",
    r"L(\hat{y}, y) = \frac{1}{2}(\hat{y} - y)^2",
    "y_hat: *, y: * -> *",
    "chapter 1; not used, because with ŷ = σ(z) it is not convex in z",
    {"y": "label"},
)
def squared(y_hat: Array, y: Array) -> Array:
    """L(ŷ,y) = ½(ŷ−y)²."""
    return (y_hat - y) ** 2 / 2


def squared_derivative(y_hat: Array, y: Array) -> Array:
    """dL/dŷ = ŷ − y, for the squared loss."""
    return y_hat - y


def squared_curvature(z: Array, y: Array) -> Array:
    """d²L/dz² for the squared loss with ŷ = a = σ(z) and s = a(1−a): s(s + (a−y)(1−2a)). Negative somewhere:

    >>> bool(squared_curvature(*NOT_CONVEX_AT) < 0)
    True
    """
    a = sigmoid(z)
    s = a * (1 - a)
    return s * (s + (a - y) * (1 - 2 * a))


@formula(
    "loss.cross_entropy",
    r"L(\hat{y}, y) = -\left(y \log \hat{y} + (1 - y) \log(1 - \hat{y})\right)",
    "y_hat: *, y: * -> *",
    "chapter 1",
    {"y_hat": "probability", "y": "label"},
)
def cross_entropy(y_hat: Array, y: Array) -> Array:
    """L(ŷ,y) = −(y log ŷ + (1−y) log(1−ŷ)). Its derivative in ŷ is `logistic.da`."""
    return -(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))


@formula(
    "loss.cross_entropy.sound",
    r"L(\sigma(z), y) = \max(z, 0) - y z + \log(1 + e^{-|z|})",
    "z: *, y: * -> *",
    "chapter 1; the same loss from z rather than ŷ = σ(z)",
    {"y": "label"},
)
def cross_entropy_sound(z: Array, y: Array) -> Array:
    """L(σ(z),y) = max(z,0) − yz + log(1 + e^(−|z|)): finite at every z, also where σ(z) has become 0 or 1."""
    return np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))


@formula(
    "loss.cases",
    r"L(\hat{y}, y) = \begin{cases} -\log \hat{y} & y = 1 \\ -\log(1 - \hat{y}) & y = 0 \end{cases}",
    "y_hat: *, y: * -> *",
    "chapter 1; y = 1 wants ŷ large, y = 0 wants ŷ small",
    {"y_hat": "probability", "y": "label"},
)
def cases(y_hat: Array, y: Array) -> Array:
    """−log ŷ where y is 1 (falls as ŷ grows), −log(1−ŷ) where y is 0 (rises as ŷ grows)."""
    return np.where(y == 1, -np.log(y_hat), -np.log(1 - y_hat))


@formula(
    "cost",
    r"J(w, b) = -\frac{1}{m} \sum_{i=1}^{m}"
    r" \left[y^{(i)} \log \hat{y}^{(i)} + (1 - y^{(i)}) \log(1 - \hat{y}^{(i)})\right]",
    "A: 1 m, Y: 1 m -> scalar",
    "chapter 1; (1 - ŷ) for the factor (1 - y), as the author has it, is a slip",
    {"A": "probability", "Y": "label"},
)
def cost(A: Array, Y: Array) -> Array:
    """J = −(1/m) Σᵢ [y log ŷ + (1−y) log(1−ŷ)], with A the row of ŷ. Loses 8 digits at z = 20; see `cost_sound`.

    Raises ValueError where A and Y differ in shape, m is 0, or a label is neither 0 nor 1.
    """
    check_same("A", A, "Y", Y)
    check_labels("Y", Y)
    m = Y.shape[1]
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m


@formula(
    "cost.sound",
    r"J = \frac{1}{m} \sum_{i=1}^{m} \left[\max(z^{(i)}, 0) - y^{(i)} z^{(i)} + \log(1 + e^{-|z^{(i)}|})\right]",
    "Z: 1 m, Y: 1 m -> scalar",
    "chapter 1; the same cost from Z rather than A = σ(Z)",
    {"Y": "label"},
)
def cost_sound(Z: Array, Y: Array) -> Array:
    """J = (1/m) Σᵢ L(σ(z),y), from Z: the logits form. Raises as `cost` does."""
    check_same("Z", Z, "Y", Y)
    check_labels("Y", Y)
    m = Y.shape[1]
    return np.sum(cross_entropy_sound(Z, Y)) / m
