"""Random nets, their gradients exactly and in PyTorch, and what every numerical oracle is held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from verify.arithmetic.balls import Balls, precision
from verify.oracles.estimate import Estimate
from verify.oracles.ladder import ladder
from verify.questions import BLIND, distance

Array = np.ndarray[Any, Any]
Oracle = Callable[..., Estimate]

# Beyond this |z| of a sigmoid (half of it for tanh) 1 − a keeps less than four of float64's digits: e⁻²⁸ is 6,000 units
# of roundoff. Nets that hold such a unit are counted on their own: what is lost there the ladder may not see.
DEEP = 28.0


class Net(NamedTuple):
    """A random net, its activations named layer by layer, with forwards in NumPy and PyTorch and a backward by hand."""

    kinds: tuple[str, ...]
    inputs: dict[str, Array]
    dout: Array

    def forward(self, X: Any, **p: Any) -> Any:
        for l, kind in enumerate(self.kinds, 1):
            Z = p[f"W{l}"] @ X + p[f"b{l}"]
            X = np.tanh(Z) if kind == "tanh" else 1 / (1 + np.exp(-Z))
        return X

    def reference(self, X: Any, **p: Any) -> Any:
        for l, kind in enumerate(self.kinds, 1):
            Z = p[f"W{l}"] @ X + p[f"b{l}"]
            X = torch.tanh(Z) if kind == "tanh" else torch.sigmoid(Z)
        return X

    def backward(self, dout: Any, X: Any, **p: Any) -> dict[str, Any]:
        kept = [X]
        for l, kind in enumerate(self.kinds, 1):
            Z = p[f"W{l}"] @ kept[-1] + p[f"b{l}"]
            kept.append(np.tanh(Z) if kind == "tanh" else 1 / (1 + np.exp(-Z)))
        found, dA = {}, dout
        for l in range(len(self.kinds), 0, -1):
            A = kept[l]
            dZ = dA * (1 - A * A if self.kinds[l - 1] == "tanh" else A * (1 - A))
            found[f"W{l}"] = dZ @ kept[l - 1].T
            found[f"b{l}"] = dZ.sum(axis=1, keepdims=True)
            dA = p[f"W{l}"].T @ dZ
        return {**found, "X": dA}

    def exact(self) -> dict[str, Balls]:
        with precision(1500):
            return self.backward(Balls.of(self.dout), **{k: Balls.of(x) for k, x in self.inputs.items()})

    def laddered(self, dtype: str) -> Estimate:
        return ladder(lambda d, given: self.backward(self.dout.astype(d), **given), self.inputs, dtype=dtype)

    def deepest(self) -> float:
        """The largest |z| of a unit, on the sigmoid's scale: tanh z is 2σ(2z) − 1."""
        X, deep = self.inputs["X"], 0.0
        for l, kind in enumerate(self.kinds, 1):
            Z = self.inputs[f"W{l}"] @ X + self.inputs[f"b{l}"]
            deep = max(deep, float(np.max(np.abs(Z))) * (2 if kind == "tanh" else 1))
            X = np.tanh(Z) if kind == "tanh" else 1 / (1 + np.exp(-np.clip(Z, -500, 500)))
        return deep


def net(seed: Any, dtype: str = "float64", *, low: float = 1e-2, high: float = 10.0) -> Net:
    """1 to 4 layers of tanh and sigmoid, weights and biases of a scale between `low` and `high`, X of scale 1."""
    rng = np.random.default_rng(seed)
    layers = int(rng.integers(1, 5))
    sizes, m = rng.integers(1, 6, layers + 1), int(rng.integers(1, 6))
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    kinds = tuple(str(rng.choice(["tanh", "sigmoid"])) for _ in range(layers))
    inputs = {"X": rng.standard_normal((sizes[0], m))}
    for l in range(1, layers + 1):
        inputs[f"W{l}"] = scale * rng.standard_normal((sizes[l], sizes[l - 1]))
        inputs[f"b{l}"] = scale * rng.standard_normal((sizes[l], 1))
    # dout is the same number in both precisions.
    dout = rng.standard_normal((sizes[-1], m)).astype(np.float32).astype(np.float64)
    return Net(kinds, {k: x.astype(dtype) for k, x in inputs.items()}, dout)


def use(found: Estimate, name: str, exact: Balls) -> float:
    """The largest |computed − exact| / stated error over the elements compared; -1 where all are skipped.

    On the way: nothing that is not finite counts as compared, and whatever is skipped has an infinite error.
    """
    gradient, error, skipped = (np.asarray(x[name]) for x in (found.gradients, found.errors, found.skipped))
    assert gradient.shape == error.shape == skipped.shape == exact.shape
    assert np.isfinite(gradient[~skipped]).all()
    assert np.isfinite(error[~skipped]).all()
    assert np.isinf(error[skipped]).all()
    far = distance(gradient.astype(np.float64), exact)
    with np.errstate(all="ignore"):
        used = np.where(far == 0, 0.0, far / error)
    return float(np.max(used[~skipped], initial=-1.0))


def blindness(found: Estimate, name: str, exact: Balls) -> float:
    """The largest error stated for an element that is compared, relative to the tensor."""
    error = np.where(found.skipped[name], 0.0, found.errors[name])
    return float(np.max(error) / np.max(np.abs(exact.mid())))


def sees(found: Estimate, one: Net, fault: float) -> None:
    """Assert that every tensor is compared, not blindly, and that its largest element wrong by `fault` is refuted."""
    exact = one.exact()
    for name in one.inputs:
        assert not found.skipped[name].any()
        assert blindness(found, name, exact[name]) <= BLIND["float64"]
        largest = int(np.argmax(np.abs(exact[name].mid())))
        wrong = exact[name].reshape(-1)[largest] * (1 + fault)
        assert distance(found.gradients[name].ravel()[largest], wrong) > found.errors[name].ravel()[largest]


def weighs(oracle: Oracle, tanh: Callable[..., Any], most: float, number: Callable[[Array], Any] = np.asarray) -> None:
    """Assert that each weight of the upstream gradient counts, divided by the scale, with an error up to `most`."""
    x, dout = np.array([0.3, -1.2, 0.8]), np.array([3.0, -5.0, 0.25])
    found = oracle(tanh, {"x": x}, ["x"], dout, 4)
    with precision(300):
        exact = Balls.of(dout) / 4 / np.square(np.cosh(Balls.of(x)))
    assert use(found, "x", exact) <= 1
    assert blindness(found, "x", exact) <= most
    assert found.value is not None
    assert found.value.tolist() == tanh(number(x)).tolist()
