"""Logistic regression: one example, then all m of them at once."""

from __future__ import annotations

import numpy as np

from manual import losses
from manual.activations import sigmoid
from manual.notation import Array, formula
from manual.shapes import check_data, check_matrix


@formula(
    "logistic.predict",
    r"\hat{y} = \sigma(w^{T} x + b)",
    "x: n_x 1, w: n_x 1, b: scalar -> 1 1",
    "chapter 1; the scan shows a minus sign for σ",
)
def predict(x: Array, w: Array, b: Array) -> Array:
    """ŷ = P(y=1|x) = σ(wᵀx + b)."""
    return sigmoid(np.dot(w.T, x) + b)


@formula(
    "logistic.theta",
    r"x_0 = 1, \quad \theta = \begin{bmatrix} b \\ w \end{bmatrix}, \quad \hat{y} = \sigma(\theta^{T} x)",
    "x: n_x 1, w: n_x 1, b: scalar -> 1 1",
    "chapter 1; the other notation, equal to logistic.predict",
)
def predict_by_theta(x: Array, w: Array, b: Array) -> Array:
    """ŷ = σ(θᵀx) with x₀ = 1 on top of x and θ = [b; w] ∈ R^(n_x+1)."""
    x = np.concatenate([np.ones_like(x[:1]), x])
    theta = np.concatenate([b * np.ones_like(w[:1]), w])
    return sigmoid(np.dot(theta.T, x))


@formula(
    "logistic.da",
    r"da = \frac{dL}{da} = -\frac{y}{a} + \frac{1 - y}{1 - a}",
    "a: *, y: * -> *",
    "chapter 1",
    {"a": "probability", "y": "label"},
)
def da(a: Array, y: Array) -> Array:
    """da = dL/da = −y/a + (1−y)/(1−a), for the cross-entropy loss."""
    return -y / a + (1 - y) / (1 - a)


@formula("sigmoid.slope_in_a", r"\frac{da}{dz} = a(1 - a)", "a: * -> *", "chapter 1", {"a": "probability"})
def slope_in_a(a: Array) -> Array:
    """da/dz = a(1−a), where a = σ(z)."""
    return a * (1 - a)


@formula(
    "logistic.dz",
    r"dz = \frac{dL}{dz} = da \cdot a(1 - a) = a - y",
    "a: *, y: * -> *",
    "chapter 1",
    {"a": "probability", "y": "label"},
)
def dz(a: Array, y: Array) -> Array:
    """dz = dL/dz = da·a(1−a) = a − y.

    >>> from fractions import Fraction
    >>> a, y = Fraction(1, 5), 1
    >>> da(a, y) * slope_in_a(a) == dz(a, y)
    True
    """
    return a - y


@formula(
    "logistic.dw_j",
    r"dw_1 = x_1\,dz, \quad dw_2 = x_2\,dz, \quad db = dz",
    "x1: scalar, x2: scalar, dz: scalar -> dw1: scalar, dw2: scalar, db: scalar",
    "chapter 1; one example with features x₁, x₂",
)
def dw_j(x1: Array, x2: Array, dz: Array) -> tuple[Array, Array, Array]:
    """dw_j = x_j dz and db = dz, for one example with features x₁, x₂."""
    return x1 * dz, x2 * dz, dz


@formula(
    "logistic.mean",
    r"\frac{\partial J}{\partial w_j} ="
    r" \frac{1}{m} \sum_{i=1}^{m} \frac{\partial}{\partial w_j} L(a^{(i)}, y^{(i)})",
    "X: n_x m, Y: 1 m, w: n_x 1, b: scalar -> n_x 1",
    "chapter 1",
    {"Y": "label"},
)
def mean(X: Array, Y: Array, w: Array, b: Array) -> Array:
    """∂J/∂w: the mean over the examples of the gradient x⁽ⁱ⁾dz⁽ⁱ⁾ of each one's loss."""
    m = X.shape[1]
    examples = [(X[:, i : i + 1], Y[:, i : i + 1]) for i in range(m)]
    return sum(x * dz(predict(x, w, b), y) for x, y in examples) / m


@formula(
    "logistic.Z",
    r"Z = w^{T} X + [b \; b \; \cdots \; b], \quad A = \sigma(Z)",
    "X: n_x m, w: n_x 1, b: scalar -> Z: 1 m, A: 1 m",
    "chapter 1; Z = np.dot(w.T, X) + b",
)
def forward(X: Array, w: Array, b: Array) -> tuple[Array, Array]:
    """Z = wᵀX + [b … b], A = σ(Z): the predictions ŷ of all m examples, a row.

    Raises ValueError where shapes do not fit, m is 0, or X holds NaN or infinity.
    """
    check_weights(X, w, b)
    Z = np.dot(w.T, X) + b
    A = sigmoid(Z)
    return Z, A


@formula("logistic.dZ", "dZ = A - Y", "A: 1 m, Y: 1 m -> 1 m", "chapter 1", {"A": "probability", "Y": "label"})
def dZ(A: Array, Y: Array) -> Array:
    """dZ = A − Y: column i is the derivative of the loss of example i."""
    return A - Y


@formula("logistic.dw", r"dw = \frac{1}{m} X\,dZ^{T}", "X: n_x m, dZ: 1 m -> n_x 1", "chapter 1")
def dw(X: Array, dZ: Array) -> Array:
    """dw = (1/m) X dZᵀ, the derivative of J."""
    m = X.shape[1]
    return np.dot(X, dZ.T) / m


@formula("logistic.db", r"db = \frac{1}{m} \sum_{i=1}^{m} dz^{(i)}", "dZ: 1 m -> scalar", "chapter 1")
def db(dZ: Array) -> Array:
    """db = (1/m) np.sum(dZ), the derivative of J."""
    m = dZ.shape[1]
    return np.sum(dZ) / m


def cost(X: Array, Y: Array, w: Array, b: Array) -> Array:
    """J(w,b): the cost of the predictions. Raises as `forward` and `losses.cost` do."""
    return losses.cost(forward(X, w, b)[1], Y)


def check_weights(X: Array, w: Array, b: Array, Y: Array | None = None) -> None:
    """`X: (n_x, m)`, `w: (n_x, 1)`, `Y: (1, m)` fit, and b is a number. Raises ValueError, naming the shapes."""
    check_data(X, Y)
    check_matrix("w", w, "column")
    if w.shape != (X.shape[0], 1):
        raise ValueError(
            f"w has shape {w.shape}, X has shape {X.shape}: w needs shape {(X.shape[0], 1)}, one number per row of X"
        )
    if getattr(b, "shape", ()) != ():
        raise ValueError(f"b has shape {b.shape}; the b of logistic regression is one number: give b.item()")
